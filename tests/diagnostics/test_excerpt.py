"""The user's own line, and what on it is marked."""

import linecache

import pytest

from litesmith.diagnostics.excerpt import excerpt
from litesmith.ir.source import Source


@pytest.fixture
def at(tmp_path):
    def make(text, columns=None, line=1):
        path = tmp_path / "layers.py"
        path.write_text(text, encoding="utf-8")
        return Source("layer", "ops.sin", str(path), line, columns)

    return make


def test_an_expression_is_marked_below_the_line_without_its_indent(at):
    found = excerpt(at("    return ops.sin(x) + 1\n", (11, 21)))
    assert (found.text, found.expression) == ("return ops.sin(x) + 1", "ops.sin(x)")
    assert found.underline() == "       ^^^^^^^^^^"
    assert found.columns == (12, 22)
    assert found.line[found.columns[0] - 1 : found.columns[1] - 1] == "ops.sin(x)"


def test_columns_that_count_bytes_become_characters(at):
    line = "größe = ops.sin(x)"
    start = len("größe = ".encode())
    found = excerpt(at(line, (start, start + 10)))
    assert (found.expression, found.columns) == ("ops.sin(x)", (9, 19))
    assert found.underline() == "        ^^^^^^^^^^"


def test_wide_characters_and_tabs_stand_above_their_marks(at):
    found = excerpt(at("\t尺寸\t= f(x)", (10, 14)))
    assert found.expression == "f(x)"
    assert found.underline() == "    \t  ^^^^"


def test_an_expression_of_several_lines_is_marked_to_the_end_of_its_first(at):
    found = excerpt(at("    y = ops.sin(  # of\n        x)\n", (8, None)))
    assert found.expression == "ops.sin(  # of"


def test_a_line_without_columns_has_no_marks(at):
    found = excerpt(at("    y = f(x)\n"))
    assert (found.text, found.underline(), found.columns) == ("y = f(x)", "", None)


def test_a_line_that_became_shorter_has_no_marks(at):
    found = excerpt(at("y\n", (8, 12)))
    assert (found.underline(), found.columns) == ("", None)


def test_a_file_that_changed_is_read_again(at):
    source = at("one = 1\n")
    assert excerpt(source).text == "one = 1"
    at("another = 2\n")
    assert excerpt(source).text == "another = 2"


def test_code_that_is_gone_has_no_line(at, tmp_path):
    source = at("y = f(x)\n", (4, 8))
    assert excerpt(Source("layer", "", "<stdin>", 1)) is None
    assert excerpt(Source("layer")) is None
    assert excerpt(Source("layer", "", source.file, 99)) is None
    (tmp_path / "layers.py").unlink()
    assert excerpt(source) is None


def test_cells_of_notebooks_have_lines(monkeypatch):
    name = "<ipython-input-3-abc>"
    cell = (8, None, ["y = f(x)\n"], name)
    monkeypatch.setitem(linecache.cache, name, cell)
    assert excerpt(Source("layer", "", name, 1, (4, 8))).expression == "f(x)"
