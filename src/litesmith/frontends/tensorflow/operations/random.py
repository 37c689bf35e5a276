"""Random numbers.

Operations without a state draw the same numbers in each call: where seed and sizes are known, the file holds the very
numbers that TensorFlow draws. All others draw numbers of the same distribution, in a sequence that begins anew with
each loading where a seed is given, and is not TensorFlow's.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from litesmith.frontends.tensorflow import philox
from litesmith.frontends.tensorflow.known import Array, Known
from litesmith.frontends.tensorflow.registry import Item, Sizes, imports, modest
from litesmith.ir.builder import constant
from litesmith.ir.dims import Size, is_static
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import random
from litesmith.ops.array import as_value, cast
from litesmith.ops.errors import Unsupported

NUMBERS_IN_MEMORY = 16
"""How many there are for each that is drawn, while it is."""

PHILOX = (1, 3)
"""The numbers of the algorithm, and of what chooses it on a CPU."""

Draw = Callable[..., Value]


def _seed(seed: int, seed2: int) -> int | None:
    """One of both; None where neither is given."""
    return (seed * 1_000_003 + seed2) % 2**31 or 1 if seed or seed2 else None


def _normal(shape: tuple[Size, ...], seed: int | None) -> Value:
    return random.normal(shape, seed)


def _uniform(shape: tuple[Size, ...], seed: int | None) -> Value:
    return random.uniform(shape, DType.FLOAT32, seed)


def _truncated(shape: tuple[Size, ...], seed: int | None) -> Value:
    return random.truncated_normal(shape, seed)


def _drawn(draw: Draw, shape: Sizes, *, dtype: DType, seed: int = 0, seed2: int = 0) -> Value:
    return cast(draw(tuple(shape), _seed(seed, seed2)), dtype)


for _name, _draw in {
    "RandomUniform": _uniform,
    "RandomStandardNormal": _normal,
    "TruncatedNormal": _truncated,
}.items():
    imports(_name)(partial(_drawn, _draw))


@imports("RandomUniformInt")
def uniform_integers(shape: Sizes, low: Value, high: Value, *, seed: int = 0, seed2: int = 0) -> Value:
    return random.integers(tuple(shape), low, high, _seed(seed, seed2))


@imports("RandomGamma")
def gamma(shape: Sizes, alpha: Value, *, seed: int = 0, seed2: int = 0) -> Value:
    """So many numbers for each alpha."""
    return cast(random.gamma((*shape, *alpha.type.shape), alpha, _seed(seed, seed2)), alpha.type.dtype)


@imports("Multinomial")
def categorical(
    logits: Value, count: Sizes, *, seed: int = 0, seed2: int = 0, output_dtype: DType = DType.INT64
) -> Value:
    return cast(random.categorical(logits, count[0], _seed(seed, seed2)), output_dtype)


@imports("RandomShuffle")
def shuffle(x: Value, *, seed: int = 0, seed2: int = 0) -> Value:
    """Rows in another order."""
    return random.shuffle(x, 0, _seed(seed, seed2), together=True)


@imports("StatelessRandomGetKeyCounter", outputs=("key", "counter"))
def key_and_counter(seed: Item) -> tuple[Any, Any]:
    """Those of a seed that is known; otherwise the seed in place of both."""
    if not isinstance(seed, Known) or seed.is_open:
        return seed, seed
    key, counter = philox.of_seed(seed.array)
    return Known.of(key, DType.UINT64), Known.of(counter, DType.UINT64)


@imports("StatelessRandomGetAlg")
def algorithm() -> Known:
    return Known.of(PHILOX[0], DType.INT32)


def _known(shape: Sizes, *items: Any) -> list[Array] | None:
    """The elements of items, where they and the shape are known."""
    if not is_static(tuple(shape)) or not all(isinstance(item, Known) and not item.is_open for item in items):
        return None
    modest((*shape, NUMBERS_IN_MEMORY))
    return [item.array for item in items]


def _stateless(numbers: Callable[..., Array], draw: Draw, shape: Sizes, key: Any, counter: Any, dtype: DType) -> Value:
    """The numbers themselves, or others of the same distribution where the model computes seed or sizes."""
    known = _known(shape, key, counter)
    if known is None or dtype is DType.FLOAT64:
        return cast(draw(tuple(shape), None), dtype)
    return constant(numbers(*known, tuple(map(int, shape))), dtype)


def _from_key(
    numbers: Callable[..., Array],
    draw: Draw,
    shape: Sizes,
    key: Item,
    counter: Item,
    alg: Item,
    *,
    dtype: DType = DType.FLOAT32,
) -> Value:
    _check(alg)
    return _stateless(numbers, draw, shape, key, counter, dtype)


def _from_seed(
    numbers: Callable[..., Array], draw: Draw, shape: Sizes, seed: Item, *, dtype: DType = DType.FLOAT32
) -> Value:
    return _stateless(numbers, draw, shape, *key_and_counter(seed), dtype)


def _check(alg: Any) -> None:
    if not isinstance(alg, Known) or int(alg.array) not in PHILOX:
        raise Unsupported("random numbers by another algorithm than Philox; leave out alg=")


_FLOATS: dict[str, tuple[Callable[..., Array], Draw]] = {
    "StatelessRandomUniform": (philox.uniform, _uniform),
    "StatelessRandomNormal": (philox.normal, _normal),
    "StatelessTruncatedNormal": (philox.truncated_normal, _truncated),
}
for _name, _both in _FLOATS.items():
    imports(_name)(partial(_from_seed, *_both))
    imports(f"{_name}V2")(partial(_from_key, *_both))


@imports("StatelessRandomUniformIntV2")
def stateless_integers(shape: Sizes, key: Item, counter: Item, alg: Item, low: Item, high: Item) -> Value:
    _check(alg)
    known = _known(shape, key, counter, low, high)
    if known is None:
        bounds = [item.value() if isinstance(item, Known) else as_value(item) for item in (low, high)]
        return random.integers(tuple(shape), bounds[0], bounds[1])
    return constant(philox.integers(known[0], known[1], tuple(map(int, shape)), *known[2:]))


@imports("StatelessRandomUniformInt")
def stateless_integers_of_seed(shape: Sizes, seed: Item, low: Item, high: Item) -> Value:
    return stateless_integers(shape, *key_and_counter(seed), Item(algorithm()), low, high)


@imports("StatelessRandomUniformFullIntV2")
def stateless_words(shape: Sizes, key: Item, counter: Item, alg: Item, *, dtype: DType = DType.UINT64) -> Value:
    _check(alg)
    known = _known(shape, key, counter)
    if known is None:
        raise Unsupported("integers of all bits by a seed or of sizes that the model computes; draw uniform numbers")
    return constant(philox.whole(known[0], known[1], tuple(map(int, shape)), dtype.numpy))


@imports("StatelessRandomUniformFullInt")
def stateless_words_of_seed(shape: Sizes, seed: Item, *, dtype: DType = DType.UINT64) -> Value:
    return stateless_words(shape, *key_and_counter(seed), Item(algorithm()), dtype=dtype)
