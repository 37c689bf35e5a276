"""Which piece of the user's code is running, or failed."""

import linecache
import sys

import pytest

from litesmith.frontends import provenance
from litesmith.frontends.provenance import columns_of, failing_line, running_line, users_line
from litesmith.ir.source import Place

KNOWS_COLUMNS = sys.version_info >= (3, 11)


def said(place):
    """The expression at a place of this file."""
    line = linecache.getline(place.file, place.line)
    return line[slice(*place.columns)]


def fail(value):
    return 1 + int(value) + 2


def test_the_innermost_user_code_is_found_with_its_columns():
    place = (lambda: users_line(sys._getframe(1)))()
    assert place.file == __file__
    assert "users_line(sys._getframe(1))" in linecache.getline(place.file, place.line)
    if KNOWS_COLUMNS:
        assert said(place) == "users_line(sys._getframe(1))"


def test_nothing_of_the_user_runs_inside_of_the_frame():
    assert users_line(sys._getframe()) == Place()


def test_where_an_exception_came_through_is_found_with_its_columns():
    with pytest.raises(ValueError, match="invalid literal") as raised:
        fail("x")
    place = failing_line(raised.value.__traceback__)
    assert "1 + int(value) + 2" in linecache.getline(place.file, place.line)
    if KNOWS_COLUMNS:
        assert said(place) == "int(value)"


def test_an_expression_of_several_lines_has_no_end_on_its_first():
    with pytest.raises(ValueError, match="invalid literal") as raised:
        fail(
            "x"
        )  # fmt: skip
    outer = raised.value.__traceback__
    columns = columns_of(outer.tb_frame.f_code, outer.tb_lasti)
    assert columns == ((8, None) if KNOWS_COLUMNS else None)


def test_code_that_knows_no_columns_has_its_line_alone(monkeypatch):
    monkeypatch.setattr(provenance, "_positions", lambda code: ())
    place = running_line(sys._getframe())
    assert place.file == __file__
    assert place.columns is None


def test_a_frame_that_has_not_begun_has_no_columns():
    assert columns_of(fail.__code__, -2) is None
