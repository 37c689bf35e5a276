"""Models by the names that Python code gives them."""

import sys

import numpy as np
import pytest

from litesmith.diagnostics.base import LitesmithError
from litesmith.frontends.python_names import from_python, is_python_name

CODE = """
import numpy as np
from beside import FACTOR

def double(x):
    return FACTOR * x

def make():
    return [FACTOR]

class Group:
    member = "member"

def fails():
    return 1 / 0

value = 7
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    (tmp_path / "named_code.py").write_text(CODE)
    (tmp_path / "beside.py").write_text("FACTOR = 2\n")
    (tmp_path / "broken_code.py").write_text("x = 1\nraise RuntimeError('no camera')\n")
    monkeypatch.chdir(tmp_path)
    for name in ("named_code", "beside", "broken_code"):  # as other tests left them
        monkeypatch.delitem(sys.modules, name, raising=False)
    return tmp_path


def test_a_function_with_parameters_is_itself(home):
    assert np.all(from_python("named_code.py:double")(np.ones(3)) == 2)


def test_a_function_without_parameters_makes_the_model(home):
    assert from_python(f"{home}/named_code.py:make") == [2]


def test_other_things_are_themselves(home):
    assert from_python("named_code.py:value") == 7
    assert from_python("named_code.py:Group.member") == "member"


def test_modules_are_found_from_the_folder_in_use(home):
    assert from_python("named_code:make") == [2]


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("nowhere.py:make", "F101", "nowhere.py"),
        ("nowhere:make", "F111", 'python -c "import nowhere"'),
        ("named_code.py:mak", "F114", "Did you mean named_code.py:make?"),
        ("named_code.py:vaule", "F114", "Did you mean named_code.py:value?"),
        ("named_code.py:xyz", "F114", "It defines FACTOR, double, make, Group, fails, value"),
        ("broken_code.py:x", "F111", "no camera"),
        ("named_code.py:fails", "F111", "named_code.py failed: ZeroDivisionError: division by zero"),
    ],
)
def test_mistakes_are_findings(home, name, code, said):
    with pytest.raises(LitesmithError) as raised:
        from_python(name)
    (finding,) = raised.value.diagnostics
    assert finding.code == code
    assert said in str(finding)


def test_a_failing_function_names_its_line(home):
    with pytest.raises(LitesmithError) as raised:
        from_python(f"{home}/named_code.py:fails")
    assert raised.value.diagnostics[0].where.line == CODE.splitlines().index("    return 1 / 0") + 1


def test_paths_are_no_names(home):
    (home / "odd:name").write_text("")
    assert not is_python_name("model.keras")
    assert not is_python_name("odd:name")
    assert not is_python_name(r"C:\\models\\m.keras")
    assert is_python_name("models.py:make")
