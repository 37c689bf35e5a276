"""Layers that turn texts and numbers into indices of categories.

Keras runs most of them in TensorFlow alone. They are not run here: what they know is read from them. What takes
integers becomes operators; texts have none, and are left to the app (`boundary.in_app`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from keras.src.backend import standardize_dtype

from litesmith.frontends.keras import stand_ins
from litesmith.frontends.keras.boundary import in_app
from litesmith.frontends.keras.preprocessing_state import lookup_of, require_dense, step_of, tokens_by_index
from litesmith.frontends.keras.registry import lowers
from litesmith.ir.builder import constant
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import hashing, math, vocabulary
from litesmith.ops.array import as_value, cast, is_known_size, squeeze
from litesmith.ops.errors import Unsupported
from litesmith.ops.indexing import select
from litesmith.preprocessing.steps import Hashing, Lookup

TEXTS = "LiteRT has no operators that look texts up or take them apart"
SALTED = "a hash with salt (SipHash) has no form in LiteRT operators"


@lowers("layers.CategoryEncoding")
def category_encoding(layer: Any, inputs: Any, count_weights: Value | None = None) -> Value:
    """Integers as vectors."""
    require_dense(layer)
    if count_weights is not None and layer.output_mode != "count":
        raise Unsupported("count_weights where output_mode is not 'count'")
    weights = None if count_weights is None else cast(count_weights, DType(standardize_dtype(layer.compute_dtype)))
    dtype = DType(standardize_dtype(layer.dtype))
    return vocabulary.encode(as_value(inputs), layer.output_mode, layer.num_tokens, dtype, weights)


@lowers("layers.Discretization")
def discretization(layer: Any, inputs: Any) -> Value:
    """Which of the ranges between boundaries a number is in."""
    require_dense(layer)
    if layer.bin_boundaries is None:
        raise Unsupported("the layer has no boundaries (adapt it, or give it bin_boundaries=)")
    bounds = np.sort(np.array(layer.bin_boundaries, np.float32))
    places = vocabulary.range_of(cast(as_value(inputs), DType.FLOAT32), bounds)
    dtype = DType(standardize_dtype(layer.output_dtype))
    return vocabulary.encode(places, layer.output_mode, len(bounds) + 1, dtype)


@lowers("layers.StringLookup", "layers.IntegerLookup", stand_ins.StringLookup, stand_ins.IntegerLookup)
def lookup(layer: Any, inputs: Any) -> Value:
    """The index of a token, or the token of an index."""
    tokens = as_value(inputs)
    if layer.invert:
        return _inverted(layer, tokens)
    step = lookup_of(layer)
    if tokens.type.dtype is DType.STRING:
        return in_app(step, _path(layer), [tokens], TEXTS)
    if step.unknown > 1 and step.hashed and step.salt is not None:
        return in_app(step, _path(layer), [tokens], SALTED)
    indices = _indices(step, cast(tokens, DType.INT64))
    if step.mode != "tf_idf":
        return vocabulary.encode(indices, step.mode, step.depth, DType.INT64)
    counts = vocabulary.encode(indices, "count", step.depth, DType.FLOAT32)
    return math.multiply(counts, constant(np.array(step.weights, np.float32)))


def _indices(step: Lookup, tokens: Value) -> Value:
    """The indices of int64 tokens; -1 for the mask where it marks nothing."""
    start = step.first_unknown + step.unknown
    place = vocabulary.positions(tokens, [int(token) for token in step.vocabulary])
    is_unknown = math.less(place, as_value(0, DType.INT32))
    index = math.add(place, as_value(start, DType.INT32))
    if step.unknown > 1:
        index = select(is_unknown, math.add(_buckets(step, tokens), _int32(step.first_unknown)), index)
    count = start + len(step.vocabulary) + step.depth + 1
    if step.unknown == 0:
        index = select(is_unknown, _int32(count), index)
    if step.mask is not None:
        is_mask = math.equal(tokens, as_value(int(step.mask), DType.INT64))
        masked = _int32(0 if step.mode == "int" else step.depth)
        index = select(is_mask, masked, index)
    return index if step.unknown else vocabulary.checked(index, count)


def _buckets(step: Lookup, tokens: Value) -> Value:
    """Which of several indices unknown tokens have."""
    if step.hashed:
        return cast(hashing.bucket_of_digits(tokens, step.unknown), DType.INT32)
    return cast(math.floor_mod(tokens, as_value(step.unknown, DType.INT64)), DType.INT32)


def _inverted(layer: Any, indices: Value) -> Value:
    """The tokens of indices, texts among them."""
    tokens = tokens_by_index(layer)
    found = np.array(tokens, np.int64 if layer.vocabulary_dtype != "string" else object)
    return vocabulary.token_at(cast(indices, DType.INT64), found, layer.oov_token)


@lowers("layers.TextVectorization", stand_ins.TextVectorization)
def text_vectorization(layer: Any, inputs: Any) -> Value:
    """Texts to indices of their words, in the app."""
    return in_app(step_of(layer), _path(layer), [as_value(inputs)], TEXTS)


@lowers("layers.Hashing", stand_ins.Hashing)
def hashing_layer(layer: Any, inputs: Any) -> Value:
    """Texts or integers to bins by their hash."""
    values, step = as_value(inputs), step_of(layer)
    assert isinstance(step, Hashing)
    if values.type.dtype is DType.STRING:
        return in_app(step, _path(layer), [values], TEXTS)
    if step.salt is not None:
        return in_app(step, _path(layer), [values], SALTED)
    if step.mode == "one_hot" and values.type.rank and is_known_size(values, -1, 1):
        values = squeeze(values, -1)
    return vocabulary.encode(_bins(step, values), step.mode, step.bins, DType(step.result))


def _bins(step: Hashing, values: Value) -> Value:
    """The bins of integers; floats are cut to integers."""
    whole = cast(values, DType.INT64) if values.type.dtype.is_float else values
    if step.mask is None or step.bins == 1:
        return hashing.bucket_of_digits(whole, step.bins)
    bins = math.add(hashing.bucket_of_digits(whole, step.bins - 1), as_value(1, DType.INT64))
    return select(math.equal(values, as_value(step.mask, values.type.dtype)), as_value(0, DType.INT64), bins)


@lowers("layers.HashedCrossing", stand_ins.HashedCrossing)
def hashed_crossing(layer: Any, inputs: Sequence[Any]) -> Value:
    """Combinations of texts or integers to bins by their hash."""
    values, step = [as_value(each) for each in inputs], step_of(layer)
    if any(value.type.dtype is DType.STRING for value in values):
        return in_app(step, _path(layer), values, TEXTS)
    bins = hashing.cross(values, layer.num_bins)
    return vocabulary.encode(bins, layer.output_mode, layer.num_bins, DType(step.dtype))


def _path(layer: Any) -> str:
    """What the app calls a layer."""
    return str(layer.name)


def _int32(number: int) -> Value:
    return as_value(number, DType.INT32)
