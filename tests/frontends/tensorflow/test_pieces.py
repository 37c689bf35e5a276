"""Keys of pieces of variables, as TensorFlow writes them."""

import pytest

from litesmith.frontends.tensorflow.pieces import key_of
from litesmith.frontends.tensorflow.wire import Malformed


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", b"rows"),
        ("7 2 0,7:0,2", b"rows"),
        ("7 2 -:-", b"rows"),
        ("7 2 0,4:0,2", b"\0rows\0\1\1\2\x80\x84\x80\x82"),
        ("7 2 4,3:-", b"\0rows\0\1\1\2\x84\x83\x80\x7f"),
        ("70000 0,64", b"\0rows\0\1\1\1\x80\xc0\x40"),
        ("70000 63,65536", b"\0rows\0\1\1\1\xbf\xe1\x00\x00"),
    ],
)
def test_keys(text, key):
    assert key_of("rows", text) == key


@pytest.mark.parametrize("text", ["x", "7 2 0,4", "7 a,b", "7 0,1,2", "70 0," + "9" * 20, "7  0,4"])
def test_what_says_no_piece(text):
    with pytest.raises(Malformed):
        key_of("rows", text)
