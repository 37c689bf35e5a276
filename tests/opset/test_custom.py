"""Options of custom operators."""

import numpy as np
import pytest

from litesmith.ir.dims import symbol
from litesmith.opset.custom import Custom, NotAnOption, decode_options, encode_options

OPTIONS = {
    "flag": True,
    "count": -5,
    "large": 2**40,
    "half": 0.1,
    "mode": "same",
    "nothing": None,
    "sizes": [1, 2, 3],
    "mixed": [1, "a", 2.5],
    "empty": [],
    "nested": {"a": 1},
}


def test_options_come_back_as_they_were():
    assert decode_options(encode_options(OPTIONS)) == OPTIONS
    assert decode_options(encode_options({})) == {}


def test_numbers_of_numpy_and_tuples_are_plain():
    assert decode_options(encode_options({"n": np.int64(3), "x": np.float32(0.5), "t": (1, 2)})) == {
        "n": 3,
        "x": 0.5,
        "t": [1, 2],
    }


@pytest.mark.parametrize("value", [object(), np.zeros(3), 2**70, float("nan"), {1: 2}, b"bytes"])
def test_what_options_cannot_hold_is_refused(value):
    with pytest.raises(NotAnOption, match=r"the option 'x' is .*; options are truth values"):
        encode_options({"x": value})


def test_a_size_that_is_not_known_is_no_option():
    with pytest.raises(NotAnOption, match="a size that is known only when the model runs"):
        encode_options({"n": symbol("batch", 3)})


@pytest.mark.parametrize("data", [b"abc", b"\xff" * 40, encode_options({"a": 1})[:-2]])
def test_bytes_that_are_no_map_are_none(data):
    assert decode_options(data) is None


def test_no_bytes_are_no_options():
    assert decode_options(b"") == {}


def test_its_text_shows_its_options():
    custom = Custom(name="MyFir", custom_options=encode_options({"stride": 2, "mode": "same"}))
    assert str(custom) == "custom MyFir(mode='same', stride=2)"
