"""Sizes that the user names and bounds."""

import pytest

from litesmith.ir.named_size import NamedSize, same_name


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("time", NamedSize("time")),
        (" time <= 512 ", NamedSize("time", 512)),
        ("n_1<=2", NamedSize("n_1", 2)),
    ],
)
def test_names_with_bounds_and_without(text, size):
    assert NamedSize.parse(text) == size
    assert NamedSize.parse(str(size)) == size


@pytest.mark.parametrize("text", ["", "512", "time<512", "time<=", "<=512", "time>=3", "a b", "time<=-1"])
def test_other_text_is_no_name(text):
    with pytest.raises(ValueError, match="not the name of a size"):
        NamedSize.parse(text)


@pytest.mark.parametrize("most", [0, 1])
def test_a_bound_that_leaves_one_size_is_a_number(most):
    with pytest.raises(ValueError, match="write the number"):
        NamedSize.parse(f"time<={most}")


def test_the_lower_of_two_bounds_holds():
    assert same_name(NamedSize("time", 5), NamedSize("time", 7)).most == 5
    assert same_name(NamedSize("time"), NamedSize("time", 7)).most == 7
    assert same_name(NamedSize("time"), NamedSize("time")).most is None
