"""The user's own classes, from a Python file."""

import sys
from pathlib import Path

import keras
import pytest

from litesmith import LitesmithError
from litesmith.frontends.custom_objects import import_custom_objects, named_objects


def test_classes_and_functions_of_the_file_are_found(tmp_path):
    (tmp_path / "beside.py").write_text("FACTOR = 3\n")
    path = tmp_path / "own_layers.py"
    path.write_text(
        "import keras\nfrom keras import layers\nfrom beside import FACTOR\n"
        "class Scale(layers.Layer):\n    def call(self, x):\n        return x * FACTOR\n"
        "@keras.saving.register_keras_serializable('own')\ndef act(x):\n    return x\n"
    )
    before = list(sys.path)
    found = import_custom_objects(path)
    assert set(found) == {"Scale", "act"}
    assert keras.saving.get_registered_object("own>act") is found["act"]
    assert sys.path == before


@pytest.mark.parametrize(
    ("code", "line", "error"),
    [
        ("x = 1\n\n1 / 0\n", 3, "ZeroDivisionError"),
        ("import no_such_package\n", 1, "No module named 'no_such_package'"),
        ("def f(:\n", 1, "SyntaxError"),
    ],
)
def test_an_error_in_the_file_is_a_finding_with_its_line(tmp_path, code, line, error):
    path = tmp_path / "broken.py"
    path.write_text(code)
    with pytest.raises(LitesmithError, match=f"F111.*{error}") as raised:
        import_custom_objects(path)
    (finding,) = raised.value.diagnostics
    assert (finding.where.file, finding.where.line) == (str(path), line)


def test_a_missing_file_or_another_ending_is_a_finding(tmp_path):
    with pytest.raises(LitesmithError, match="F101"):
        import_custom_objects(tmp_path / "nowhere.py")
    (path := Path(tmp_path / "layers.txt")).write_text("")
    with pytest.raises(LitesmithError, match=r"F111.*does not end in \.py"):
        import_custom_objects(path)


def test_objects_are_given_by_name_or_as_the_file_that_defines_them(tmp_path):
    (tmp_path / "own_functions.py").write_text("def act(x):\n    return x\n")
    assert named_objects(None) is None
    assert named_objects({"act": abs}) == {"act": abs}
    assert list(named_objects(tmp_path / "own_functions.py")) == ["act"]
    assert list(named_objects(str(tmp_path / "own_functions.py"))) == ["act"]


@pytest.mark.parametrize("given", [[Path], (Path,), Path])
def test_objects_without_names_are_answered_with_what_to_write(given):
    with pytest.raises(TypeError, match=r"custom_objects=\{'Path': Path\}"):
        named_objects(given)
