"""Each finding is made where it should be, and not where it should not."""

import ast
from pathlib import Path

import keras
import pytest

import occasions
from litesmith.diagnostics.documentation import findings
from occasions import OCCASIONS, Bench
from occasions.elsewhere import ELSEWHERE

TESTS = Path(__file__).parent.parent
HOMES = sorted(Path(occasions.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("wrong", [True, False], ids=["made", "not made"])
@pytest.mark.parametrize("code", OCCASIONS)
@pytest.mark.filterwarnings("ignore")
def test_a_finding_is_made_where_something_is_wrong_and_only_there(code, wrong, tmp_path, monkeypatch):
    bench = Bench(wrong, tmp_path, monkeypatch)
    keras.utils.set_random_seed(0)
    with bench.listening():
        OCCASIONS[code](bench)
    if wrong:
        assert code in bench.told
    else:
        assert code not in bench.told
        assert not bench.failed, "what is put right must be done without an error"


def test_every_finding_has_an_occasion_or_tests_of_its_own():
    assert set(OCCASIONS) | set(ELSEWHERE) == set(findings())
    assert not set(OCCASIONS) & set(ELSEWHERE)


@pytest.mark.parametrize("code", ELSEWHERE)
def test_tests_of_a_finding_elsewhere_are_there(code):
    file, made, not_made = ELSEWHERE[code]
    source = (TESTS / file).read_text(encoding="utf-8")
    bodies = {
        node.name: ast.get_source_segment(source, node)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef)
    }
    decorated = {
        node.name: " ".join(ast.unparse(each) for each in node.decorator_list)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef)
    }
    assert code in bodies[made] or findings()[code].__name__ in bodies[made] or code in decorated[made]
    assert made != not_made
    assert "assert" in bodies[not_made]


@pytest.mark.parametrize("home", HOMES, ids=lambda path: path.stem)
def test_occasions_make_no_findings_themselves(home):
    imported = [
        node.module
        for node in ast.walk(ast.parse(home.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
    ]
    allowed = {"litesmith.diagnostics.base"} if home.stem == "__init__" else set()
    assert not {each for each in imported if each and each.startswith("litesmith.diagnostics")} - allowed
