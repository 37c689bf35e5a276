"""`keras.random`.

With an integer for a seed Keras draws the same numbers in each call: where sizes are known they are constants of the
file, the very numbers that the Keras backend in use draws. All else is drawn by operators, from the same distribution;
where a `SeedGenerator` was given a seed, in a sequence that is the same after each loading.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from litesmith.frontends.keras.arguments import array_value, to_numpy
from litesmith.frontends.keras.intercept import plain_keras
from litesmith.frontends.keras.lowerings.promotion import dtype_or
from litesmith.frontends.keras.registry import lowers
from litesmith.ir.dims import Size, is_static
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math, random
from litesmith.ops.array import as_value, cast, full
from litesmith.ops.indexing import select, take_along_axis
from litesmith.ops.sizes import known_sizes

FLOAT = DType.FLOAT32


@lowers("random.normal")
def normal(shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None) -> Value:
    sizes = known_sizes(shape)
    drawn = _drawn("normal", seed, sizes)
    standard = random.normal(sizes, _seed(seed)) if drawn is None else drawn
    return cast(_moved(standard, mean, stddev), _float(dtype))


@lowers("random.truncated_normal")
def truncated_normal(shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None) -> Value:
    sizes = known_sizes(shape)
    drawn = _drawn("truncated_normal", seed, sizes)
    standard = random.truncated_normal(sizes, _seed(seed)) if drawn is None else drawn
    return cast(_moved(standard, mean, stddev), _float(dtype))


@lowers("random.uniform")
def uniform(shape: Any, minval: Any = 0.0, maxval: Any = 1.0, dtype: Any = None, seed: Any = None) -> Value:
    sizes = known_sizes(shape)
    drawn = _drawn("uniform", seed, sizes)
    standard = random.uniform(sizes, FLOAT, _seed(seed)) if drawn is None else drawn
    low, high = as_value(minval, FLOAT), as_value(maxval, FLOAT)
    return cast(_moved(standard, low, math.subtract(high, low)), _float(dtype))


@lowers("random.randint")
def randint(shape: Any, minval: Any, maxval: Any, dtype: Any = "int32", seed: Any = None) -> Value:
    sizes = known_sizes(shape)
    drawn = _drawn("randint", seed, sizes, minval, maxval, dtype=dtype)
    if drawn is not None:
        return drawn
    wanted = dtype_or(dtype, DType.INT32)
    return random.integers(sizes, as_value(minval, wanted), as_value(maxval, DType.INT64), _seed(seed))


@lowers("random.categorical")
def categorical(logits: Any, num_samples: Any, dtype: Any = "int64", seed: Any = None) -> Value:
    drawn = _drawn("categorical", seed, (), logits, num_samples, dtype=dtype, shaped=False)
    if drawn is not None:
        return drawn
    return cast(random.categorical(as_value(logits), num_samples, _seed(seed)), dtype_or(dtype, DType.INT64))


@lowers("random.dropout")
def dropout(inputs: Value, rate: float, noise_shape: Any = None, seed: Any = None) -> Value:
    inputs = as_value(inputs)
    if noise_shape is not None:
        sizes = zip(noise_shape, inputs.type.shape, strict=True)
        noise_shape = [full if size is None else size for size, full in sizes]
    shape = inputs.type.shape
    if isinstance(seed, int) and is_static(shape) and 0 < rate < 1:
        kept = _constant("dropout", seed, np.ones(tuple(map(int, shape)), "float32"), rate, noise_shape)
        zeros = full((1,) * inputs.type.rank, 0, inputs.type.dtype)
        return select(math.greater(kept, 0.0), math.divide(inputs, 1 - rate), zeros)
    return random.dropout(inputs, rate, noise_shape, _seed(seed))


@lowers("random.shuffle")
def shuffle(x: Any, axis: int = 0, seed: Any = None) -> Value:
    x = as_value(x)
    if isinstance(seed, int) and is_static(x.type.shape):
        places = np.arange(int(x.type.shape[axis]), dtype="int32")
        behind = (1,) * (x.type.rank - 1 - axis % x.type.rank)
        alike = np.broadcast_to(places.reshape(-1, *behind), tuple(map(int, x.type.shape)))
        return take_along_axis(x, _constant("shuffle", seed, alike.copy(), axis), axis)
    return random.shuffle(x, axis, _seed(seed), together=keras.backend.backend() == "tensorflow")


@lowers("random.gamma")
def gamma(shape: Any, alpha: Any, dtype: Any = None, seed: Any = None) -> Value:
    sizes = known_sizes(shape)
    drawn = _drawn("gamma", seed, sizes, alpha, dtype=dtype)
    found = random.gamma(sizes, as_value(alpha, FLOAT), _seed(seed)) if drawn is None else drawn
    return cast(found, _float(dtype))


@lowers("random.beta")
def beta(shape: Any, alpha: Any, beta: Any, dtype: Any = None, seed: Any = None) -> Value:
    sizes = known_sizes(shape)
    drawn = _drawn("beta", seed, sizes, alpha, beta, dtype=dtype)
    if drawn is not None:
        return drawn
    return cast(random.beta(sizes, as_value(alpha, FLOAT), as_value(beta, FLOAT), _seed(seed)), _float(dtype))


@lowers("random.binomial")
def binomial(shape: Any, counts: Any, probabilities: Any, dtype: Any = None, seed: Any = None) -> Value:
    sizes = known_sizes(shape)
    drawn = _drawn("binomial", seed, sizes, counts, probabilities, dtype=dtype)
    if drawn is not None:
        return drawn
    trials, chance = as_value(counts, FLOAT), as_value(probabilities, FLOAT)
    return cast(random.binomial(sizes, trials, chance, _seed(seed)), _float(dtype))


def _float(dtype: Any) -> DType:
    return dtype_or(dtype, DType(keras.config.floatx()))


def _moved(standard: Value, offset: Any, scale: Any) -> Value:
    """Numbers of a standard distribution at another place and in another scale."""
    if isinstance(offset, (int, float)) and isinstance(scale, (int, float)) and (offset, scale) == (0, 1):
        return standard
    scaled = math.multiply(standard, as_value(scale, FLOAT))
    return math.add(scaled, as_value(offset, FLOAT))


def _seed(seed: Any) -> int | None:
    """The number that a sequence is begun with; None where Keras itself takes any."""
    return (
        seed._initial_seed if isinstance(seed, keras.random.SeedGenerator) else seed if isinstance(seed, int) else None
    )


def _drawn(
    name: str, seed: Any, sizes: tuple[Size, ...], *given: Any, dtype: Any = None, shaped: bool = True
) -> Value | None:
    """What Keras draws with this seed; None where it depends on anything that is known in a call only."""
    plain = [None if isinstance(x, Value) and x.constant is None else _plain(x) for x in given]
    if not isinstance(seed, int) or not is_static(sizes) or any(x is None for x in plain):
        return None
    shape = [tuple(map(int, sizes))] if shaped else []
    return _constant(name, seed, *shape, *plain, **({} if dtype is None else {"dtype": dtype}))


def _plain(given: Any) -> Any:
    return given.constant.array() if isinstance(given, Value) and given.constant is not None else given


def _constant(name: str, seed: int, *args: Any, **kwargs: Any) -> Value:
    with plain_keras():
        return array_value(to_numpy(getattr(keras.random, name)(*args, seed=seed, **kwargs)))
