"""Random numbers, in LiteRT operators. Their sequence goes on from call to call.

An operator without a seed draws other numbers in each process. With a seed the sequence is the same after each
loading of the file, but for what is drawn in loops; each operator of a graph has a sequence of its own. All are
computed in float32.
"""

from __future__ import annotations

import math as scalar
from collections.abc import Sequence
from dataclasses import replace

from litesmith.ir.builder import current_builder, emit
from litesmith.ir.dims import Size
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import math, nn, special
from litesmith.ops.array import as_value, broadcast_to, cast, expand_dims, full
from litesmith.ops.control import fori_loop, while_loop
from litesmith.ops.indexing import select, take_along_axis
from litesmith.ops.ordering import argsort
from litesmith.ops.sizes import shape_tensor
from litesmith.opset.random import Multinomial, Random, RandomStandardNormal, RandomUniform

TINY = 2.0**-24
"""Half of the distance between the numbers that RANDOM_UNIFORM draws: in place of 0, whose logarithm is infinite."""

CHUNK = 2**16
"""Integers below this are drawn from one float, evenly but for one part in a hundred."""

Seed = int | None


def uniform(shape: Sequence[Size], dtype: DType = DType.FLOAT32, seed: Seed = None) -> Value:
    """Numbers from 0 up to but without 1."""
    return cast(emit(_seeded(RandomUniform(), seed), shape_tensor(tuple(shape))), dtype)


def normal(shape: Sequence[Size], seed: Seed = None) -> Value:
    """Numbers of mean 0 and variance 1."""
    return emit(_seeded(RandomStandardNormal(), seed), shape_tensor(tuple(shape)))


def truncated_normal(shape: Sequence[Size], seed: Seed = None, limit: float = 2.0) -> Value:
    """Normal numbers among which none is farther than `limit` from 0, by the inverse of their distribution."""
    spread = math.multiply(math.subtract(math.multiply(_inside(shape, seed), 2.0), 1.0), scalar.erf(limit / 2**0.5))
    return math.clip(math.multiply(special.erfinv(spread), 2.0**0.5), -limit, limit)


def integers(shape: Sequence[Size], low: Value, high: Value, seed: Seed = None) -> Value:
    """Integers from `low` up to but without `high`, both of the type that the result has."""
    dtype = low.type.dtype
    count = math.subtract(cast(high, DType.INT64), cast(low, DType.INT64))
    known = None if count.constant is None else int(count.constant.array().max())
    if known is not None and known <= CHUNK:
        scaled = math.floor(math.multiply(uniform(shape, seed=seed), cast(count, DType.FLOAT32)))
        place = math.minimum(cast(scaled, DType.INT64), math.subtract(count, 1))
    else:
        parts = [cast(math.floor(math.multiply(uniform(shape, seed=seed), CHUNK)), DType.INT64) for _ in range(3)]
        wide = math.add(math.multiply(math.add(math.multiply(parts[0], CHUNK), parts[1]), CHUNK), parts[2])
        place = math.floor_mod(wide, count)
    return cast(math.add(cast(low, DType.INT64), place), dtype)


def categorical(logits: Value, count: Size, seed: Seed = None) -> Value:
    """For each row, `count` classes drawn with the probabilities that are the softmax of its logits; int64."""
    return emit(_seeded(Multinomial(), seed), cast(logits, DType.FLOAT32), as_value(count, DType.INT32))


def shuffle(x: Value, axis: int, seed: Seed = None, *, together: bool = False) -> Value:
    """The elements along an axis in another order; one order for all other places, if `together`."""
    rank = x.type.rank
    axis %= rank
    if together:
        noise = uniform([x.type.shape[axis]], seed=seed)
        order = expand_dims(argsort(noise, 0), [place for place in range(rank) if place != axis])
        return take_along_axis(x, broadcast_to(order, x.type.shape), axis)
    return take_along_axis(x, argsort(uniform(x.type.shape, seed=seed), axis), axis)


def gamma(shape: Sequence[Size], alpha: Value, seed: Seed = None) -> Value:
    """Numbers of the gamma distribution of shape `alpha` and scale 1."""
    return math.exp(log_gamma(shape, alpha, seed))


def log_gamma(shape: Sequence[Size], alpha: Value, seed: Seed = None) -> Value:
    """Logarithms of what `gamma` draws: they are finite where it is too small for float32.

    By rejection (Marsaglia and Tsang, 2000): numbers are drawn in a loop until one is taken at each place, mostly the
    first. For `alpha + 1`; the power 1 / alpha of a uniform number makes `alpha` of it.
    """
    sizes = tuple(shape)
    alpha = broadcast_to(cast(alpha, DType.FLOAT32), sizes)
    shift = math.add(alpha, 2 / 3)
    scale = math.rsqrt(math.multiply(shift, 9.0))

    def step(carried: list[Value]) -> Sequence[Value]:
        taken, found = carried
        drawn = normal(sizes, seed)
        root = math.add(math.multiply(drawn, scale), 1.0)
        cube = math.multiply(math.square(root), root)
        log_cube = math.log(math.maximum(cube, TINY))
        bound = math.add(math.subtract(1.0, cube), log_cube)
        bound = math.add(math.multiply(math.square(drawn), 0.5), math.multiply(shift, bound))
        fits = math.logical_and(math.greater(cube, 0.0), math.less(math.log(_inside(sizes, seed)), bound))
        new = math.logical_and(math.logical_not(taken), fits)
        value = math.add(math.log(shift), log_cube)
        return [math.logical_or(taken, fits), select(new, value, found)]

    nothing = [full(sizes, False, DType.BOOL), full(sizes, 0, DType.FLOAT32)]
    _, found = while_loop(lambda carried: math.logical_not(math.all(carried[0])), step, nothing, "gamma")
    return math.add(found, math.divide(math.log(_inside(sizes, seed)), alpha))


def beta(shape: Sequence[Size], alpha: Value, beta: Value, seed: Seed = None) -> Value:
    """Numbers of the beta distribution: a / (a + b) of two numbers of gamma distributions."""
    return nn.sigmoid(math.subtract(log_gamma(shape, alpha, seed), log_gamma(shape, beta, seed)))


def binomial(shape: Sequence[Size], counts: Value, probabilities: Value, seed: Seed = None) -> Value:
    """How many of `counts` trials succeed, each with its probability; a loop over the trials. float32."""
    sizes = tuple(shape)
    trials = broadcast_to(cast(counts, DType.FLOAT32), sizes)
    chance = broadcast_to(cast(probabilities, DType.FLOAT32), sizes)

    def step(place: Value, carried: list[Value]) -> Sequence[Value]:
        happens = math.less(uniform(sizes, seed=seed), chance)
        counted = math.less(cast(place, DType.FLOAT32), trials)
        return [math.add(carried[0], cast(math.logical_and(happens, counted), DType.FLOAT32))]

    most = cast(math.max(cast(counts, DType.FLOAT32)), DType.INT32)
    (found,) = fori_loop(0, most, step, [full(sizes, 0, DType.FLOAT32)], "binomial")
    return found


def dropout(x: Value, rate: float, noise_shape: Sequence[Size] | None = None, seed: Seed = None) -> Value:
    """X with each element zero at a rate, and the others grown so that the mean stays.

    `noise_shape` broadcasts against x: what shares a place in it is dropped together.
    """
    if rate == 0:
        return x
    zeros = full((1,) * x.type.rank, 0, x.type.dtype)
    if rate == 1:
        return math.multiply(x, zeros)
    noise = uniform(x.type.shape if noise_shape is None else noise_shape, DType.FLOAT32, seed)
    return select(math.greater_equal(noise, rate), math.divide(x, 1 - rate), zeros)


def _inside(shape: Sequence[Size], seed: Seed) -> Value:
    """Uniform numbers without 0."""
    return math.maximum(uniform(shape, seed=seed), TINY)


def _seeded(operator: Random | Multinomial, seed: Seed) -> Random | Multinomial:
    """The operator with a seed, and a second one that no other operator of the graph has.

    In the graphs of loops and branches the runtime begins a sequence again in each call, so those have no seed.
    """
    builder = current_builder()
    if seed is None or builder.parent is not None:
        return operator
    drawing = sum(isinstance(operation.operator, (Random, Multinomial)) for operation in builder.graph.operations)
    return replace(operator, seed=seed % 2**31, seed2=drawing + 1)
