"""What single layers do with text and categories, as data: exact to Keras' layers of the same names.

A step is a frozen dataclass of plain numbers and strings, so that it can be written as JSON and done again in any
language. Called with arrays it returns one; strings are arrays of bytes (`texts.texts_of`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from litesmith.preprocessing.encoding import Mode, encode, encoded_shape
from litesmith.preprocessing.hashing import bucket, cross
from litesmith.preprocessing.texts import as_bytes, ngrams, split, standardized

Array = np.ndarray[Any, Any]
Shape = tuple[Any, ...]
"""Sizes; None or a symbolic size where they are open."""

_kinds: dict[str, type[Step]] = {}


@dataclass(frozen=True)
class Step:
    """What one layer does."""

    kind: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        cls.kind = cls.__name__
        _kinds[cls.kind] = cls

    def __call__(self, *arrays: Array) -> Array:
        raise NotImplementedError

    @property
    def dtype(self) -> str:
        """The element type of the result."""
        raise NotImplementedError

    def shape(self, *shapes: Shape) -> Shape:
        """The shape of the result, None for sizes that depend on the strings."""
        raise NotImplementedError

    def words(self) -> str:
        """What it does, for people."""
        raise NotImplementedError

    def to_json(self) -> dict[str, Any]:
        """The step as plain data."""
        return {"kind": self.kind, **asdict(self)}


def step_from_json(data: Mapping[str, Any]) -> Step:
    """The inverse of `Step.to_json`; ValueError, TypeError or KeyError for what is none."""
    step = _kinds[data["kind"]]
    known = {each.name for each in fields(step)}
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in data.items() if name in known}
    if "lookup" in values:
        values["lookup"] = step_from_json({"kind": "Lookup", **data["lookup"]})
    return step(**values)


@dataclass(frozen=True)
class Lookup(Step):
    """The index of strings or integers in a vocabulary: StringLookup and IntegerLookup.

    Indices are, in this order: 0 for the mask (where there is one, in mode `int`), those of unknown tokens, and
    those of the vocabulary. In other modes a mask marks nothing.

    Attributes:
        vocabulary: tokens, without the mask and unknown ones.
        unknown: how many indices unknown tokens share; 0 refuses them.
        mask: the token that stands for nothing.
        mode: what becomes of indices (`encoding.encode`); `tf_idf` weighs counts.
        depth: of the vectors of other modes than `int`.
        weights: `depth` of them, for `tf_idf`.
        hashed: unknown integers are hashed as their decimal digits; otherwise they are taken modulo `unknown`.
        salt: of the hash of unknown tokens (SipHash); without it FarmHash.
    """

    vocabulary: tuple[str | int, ...]
    unknown: int = 1
    mask: str | int | None = None
    mode: Mode = "int"
    depth: int = 0
    weights: tuple[float, ...] | None = None
    hashed: bool = False
    salt: tuple[int, int] | None = None

    @property
    def first_unknown(self) -> int:
        """The index of the first unknown token."""
        return 1 if self.mask is not None and self.mode == "int" else 0

    @cached_property
    def table(self) -> dict[Any, int]:
        """The index of each token; of the mask -1 where it marks nothing."""
        start = self.first_unknown + self.unknown
        table: dict[Any, int] = {_key(token): start + i for i, token in enumerate(self.vocabulary)}
        if self.mask is not None:
            table[_key(self.mask)] = 0 if self.mode == "int" else -1
        return table

    def index(self, token: Any) -> int:
        """Of one token, bytes or an integer; ValueError for an unknown one where none is allowed."""
        found = self.table.get(token)
        if found is not None:
            return found
        if self.unknown == 0:
            raise ValueError(f"{token!r} is not in the vocabulary, and no index stands for unknown tokens")
        return self.first_unknown + (0 if self.unknown == 1 else self._bucket(token))

    def _bucket(self, token: Any) -> int:
        if isinstance(token, bytes):
            return bucket(token, self.unknown, self.salt)
        if self.hashed:
            return bucket(str(token).encode(), self.unknown, self.salt)
        return int(token % self.unknown)

    def __call__(self, *arrays: Array) -> Array:
        (tokens,) = arrays
        flat = [self.index(token) for token in tokens.reshape(-1).tolist()]
        return self.encoded(np.array(flat, np.int64).reshape(tokens.shape))

    def encoded(self, indices: Array) -> Array:
        """Indices as the mode has them."""
        if self.mode != "tf_idf":
            return encode(indices, self.mode, self.depth, self.dtype)
        counts = encode(indices, "count", self.depth, "float32")
        return counts * np.array(self.weights, np.float32)

    @property
    def dtype(self) -> str:
        return "float32" if self.mode == "tf_idf" else "int64"

    def shape(self, *shapes: Shape) -> Shape:
        return encoded_shape(shapes[0], self.mode, self.depth)

    def words(self) -> str:
        unknown = {0: "refuse others", 1: f"others are {self.first_unknown}"}
        others = unknown.get(self.unknown, f"hash others to {self.unknown} indices")
        return f"look up in {len(self.vocabulary):,} tokens ({others}){_mode_words(self.mode, self.depth)}"


@dataclass(frozen=True)
class TextVectorization(Step):
    """Strings to indices of their words.

    Attributes:
        standardize: `lower`, `strip_punctuation`, `lower_and_strip_punctuation` or None.
        split: `whitespace`, `character`, or None, where the last axis holds the tokens.
        ngrams: how many tokens are joined to one, in turn; None for the tokens themselves.
        length: indices are cut or filled with 0 up to it; None for the longest of the batch.
    """

    lookup: Lookup
    standardize: str | None = None
    split: str | None = None
    ngrams: tuple[int, ...] | None = None
    length: int | None = None

    def __call__(self, *arrays: Array) -> Array:
        (texts,) = arrays
        rows = [list(map(self.lookup.index, tokens)) for tokens in self._tokens(texts)]
        if self.lookup.mode != "int":
            longest = max(map(len, rows), default=0)
            return self.lookup.encoded(_filled(rows, longest, -1))
        length = self.length
        if length is None:
            length = max(map(len, rows), default=0)
        return _filled([row[:length] for row in rows], length, 0)

    def _tokens(self, texts: Array) -> list[list[bytes]]:
        """The tokens of each text."""
        if self.split is None:
            rows = [[standardized(text, self.standardize) for text in row] for row in texts.tolist()]
        else:
            if texts.ndim > 1 and texts.shape[-1] != 1:
                raise ValueError(f"the last axis of texts to split is of size 1, not {texts.shape}")
            rows = [split(standardized(text, self.standardize), self.split) for text in texts.reshape(-1).tolist()]
        return rows if self.ngrams is None else [ngrams(row, self.ngrams) for row in rows]

    @property
    def dtype(self) -> str:
        return self.lookup.dtype

    def shape(self, *shapes: Shape) -> Shape:
        batch = shapes[0][0]
        if self.lookup.mode != "int":
            return (batch, self.lookup.depth)
        if self.length is not None:
            return (batch, self.length)
        if self.split is None and self.ngrams is None:
            return shapes[0]
        return (batch, None)

    def words(self) -> str:
        how = {
            "lower": "lower case",
            "strip_punctuation": "strip punctuation",
            "lower_and_strip_punctuation": "lower case, strip punctuation",
        }
        parts = [how[self.standardize]] if self.standardize else []
        parts += (
            [{"whitespace": "split at whitespace", "character": "split into characters"}[self.split]]
            if (self.split)
            else []
        )
        parts += [f"join runs of {', '.join(map(str, self.ngrams))} tokens"] if self.ngrams else []
        parts.append(self.lookup.words())
        if self.lookup.mode == "int":
            parts.append(f"cut or fill to {self.length}" if self.length is not None else "fill to the longest")
        return ", ".join(parts)


@dataclass(frozen=True)
class Hashing(Step):
    """Strings or integers to one of `bins` by their hash.

    Attributes:
        mask: the value of bin 0, which no other has then.
        salt: of SipHash; without it FarmHash.
        result: element type of the result.
    """

    bins: int
    mask: str | int | None = None
    salt: tuple[int, int] | None = None
    mode: Mode = "int"
    result: str = "int64"

    def _bin(self, value: Any) -> int:
        has_mask = self.mask is not None and self.bins > 1
        if has_mask and value == _key(self.mask):
            return 0
        text = value if isinstance(value, bytes) else str(int(value)).encode()
        return bucket(text, self.bins - has_mask, self.salt) + has_mask

    def __call__(self, *arrays: Array) -> Array:
        (values,) = arrays
        bins = np.array([self._bin(value) for value in values.reshape(-1).tolist()], np.int64).reshape(values.shape)
        return encode(self._squeezed(bins), self.mode, self.bins, self.result)

    def _squeezed(self, bins: Array) -> Array:
        is_single = self.mode == "one_hot" and bins.ndim > 0 and bins.shape[-1] == 1
        return bins[..., 0] if is_single else bins

    @property
    def dtype(self) -> str:
        return self.result

    def shape(self, *shapes: Shape) -> Shape:
        shape = shapes[0]
        if self.mode == "one_hot" and shape and shape[-1] == 1:
            shape = shape[:-1]
        return encoded_shape(shape, self.mode, self.bins)

    def words(self) -> str:
        how = "FarmHash" if self.salt is None else "SipHash"
        return f"hash by {how} to {self.bins:,} bins{_mode_words(self.mode, self.bins)}"


@dataclass(frozen=True)
class HashedCrossing(Step):
    """Combinations of strings or integers to one of `bins` by their hash.

    Attributes:
        result: element type of the result.
    """

    bins: int
    mode: Mode = "int"
    result: str = "int64"

    def __call__(self, *arrays: Array) -> Array:
        columns = [array.reshape(-1).tolist() for array in arrays]
        found = [cross(row, self.bins) for row in zip(*columns, strict=True)]
        return encode(np.array(found, np.int64).reshape(arrays[0].shape), self.mode, self.bins, self.result)

    @property
    def dtype(self) -> str:
        return self.result

    def shape(self, *shapes: Shape) -> Shape:
        return encoded_shape(shapes[0], self.mode, self.bins)

    def words(self) -> str:
        return f"hash combinations to {self.bins:,} bins{_mode_words(self.mode, self.bins)}"


def _key(token: str | int | None) -> Any:
    """A token as arrays have it."""
    return as_bytes(token) if isinstance(token, str) else token


def _filled(rows: Sequence[Sequence[int]], length: int, value: int) -> Array:
    """Rows of one length."""
    filled = np.full((len(rows), length), value, np.int64)
    for row, indices in zip(filled, rows, strict=True):
        row[: len(indices)] = indices
    return filled


def _mode_words(mode: Mode, depth: int) -> str:
    return "" if mode == "int" else f", {mode} of {depth:,}"


__all__ = ["HashedCrossing", "Hashing", "Lookup", "Step", "TextVectorization", "step_from_json"]
