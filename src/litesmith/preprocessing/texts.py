"""Strings as TensorFlow sees them: bytes in UTF-8, in arrays of objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

PUNCTUATION = rb"""!"#$%&()*+,-./:;<=>?@[\]^_`{|}~'"""
"""What `strip_punctuation` takes away."""


def as_bytes(text: Any) -> bytes:
    """A string in UTF-8; bytes as they are."""
    if isinstance(text, bytes):
        return text
    if isinstance(text, str):
        return text.encode()
    raise TypeError(f"{text!r} is no string")


def texts_of(given: Any) -> Array:
    """Strings, nested in lists or in an array, as an array of bytes; one without strings is refused."""
    array = np.asarray(given.numpy() if hasattr(given, "numpy") else given)
    found = np.empty(array.shape, object)
    flat = found.reshape(-1)
    for place, text in enumerate(array.reshape(-1).tolist()):
        flat[place] = as_bytes(text)
    return flat.reshape(array.shape)


def standardized(text: bytes, how: str | None) -> bytes:
    """Lower case of ASCII letters only, and without ASCII punctuation, as `how` says."""
    if how in ("lower", "lower_and_strip_punctuation"):
        text = text.lower()
    if how in ("strip_punctuation", "lower_and_strip_punctuation"):
        text = text.translate(None, PUNCTUATION)
    return text


def split(text: bytes, where: str) -> list[bytes]:
    """Words between ASCII whitespace, or characters."""
    if where == "whitespace":
        return text.split()
    return [character.encode() for character in text.decode(errors="replace")]


def ngrams(tokens: Sequence[bytes], widths: Sequence[int]) -> list[bytes]:
    """All runs of tokens of each width in turn, joined by spaces."""
    return [b" ".join(tokens[start : start + width]) for width in widths for start in range(len(tokens) - width + 1)]
