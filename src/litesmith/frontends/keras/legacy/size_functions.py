"""Functions of TensorFlow that make sizes, `tf.shape(x)`, or compute with them: on plain integers."""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Callable, Sequence
from typing import Any

from keras import ops

from litesmith.frontends.keras.legacy import backend_functions, image_functions  # noqa: F401 (they register functions)
from litesmith.frontends.keras.legacy.functions import FUNCTIONS, NotThisWay
from litesmith.frontends.keras.legacy.shaping_functions import index_of
from litesmith.ir import dims

NOT_SIZES = NotImplemented
"""Returned where the result is no size, so that the function of tensors is taken."""


class Sizes(tuple[Any, ...]):
    """A vector of sizes."""


@functools.cache
def _with_sizes(tensors: Callable[..., Any] | None, sizes: Callable[..., Any]) -> Callable[..., Any]:
    """A function that takes sizes as well."""

    def call(*arguments: Any, **keywords: Any) -> Any:
        if arguments and are_sizes(arguments[0]):
            found = sizes(*arguments, **keywords)
            if found is not NOT_SIZES:
                return found
        if tensors is None:
            raise NotThisWay("tensors in place of sizes")
        return tensors(*arguments, **keywords)

    return call


def on_sizes(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register what the functions of these names do with sizes as their first argument."""

    def register(what: Callable[..., Any]) -> Callable[..., Any]:
        FUNCTIONS.update({name: _with_sizes(FUNCTIONS.get(name), what) for name in names})
        return what

    return register


def are_sizes(value: Any) -> bool:
    """Whether it is a size, a vector of sizes or a list of sizes."""
    if isinstance(value, Sizes):
        return True
    if isinstance(value, (list, tuple)):
        return bool(value) and all(are_sizes(each) for each in value)
    return isinstance(value, int) and not isinstance(value, bool)


def _elementwise(what: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    def call(x: Any, y: Any = None, other: Any = None) -> Any:
        y = other if y is None else y
        if not are_sizes(y):
            return NOT_SIZES
        if isinstance(x, (list, tuple)) or isinstance(y, (list, tuple)):
            count = max(len(each) for each in (x, y) if isinstance(each, (list, tuple)))
            return Sizes(what(one, two) for one, two in zip(_repeated(x, count), _repeated(y, count), strict=True))
        return what(x, y)

    return call


def _repeated(value: Any, count: int) -> Sequence[Any]:
    several = value if isinstance(value, (list, tuple)) else [value]
    return several if len(several) == count else [*several] * count


for _what, _names in {
    operator.add: "math.add add __operators__.add",
    operator.sub: "math.subtract subtract",
    operator.mul: "math.multiply multiply",
    operator.floordiv: "math.floordiv floordiv floor_div",
    operator.mod: "math.floormod floormod math.mod",
    dims.maximum: "math.maximum maximum keras.backend.maximum",
    dims.minimum: "math.minimum minimum keras.backend.minimum",
}.items():
    on_sizes(*_names.split())(_elementwise(_what))


def shape(x: Any, out_type: Any = None, name: Any = None) -> Any:
    """The sizes of a tensor."""
    return Sizes(ops.shape(x))


def size(input: Any, out_type: Any = None) -> Any:
    """The number of a tensor's elements."""
    return dims.product(ops.shape(input))


def rank(input: Any) -> int:
    """The number of a tensor's axes."""
    return len(input.shape)


OF_TENSORS = (shape, size, rank)
"""Functions whose results are sizes, whatever they take."""
FUNCTIONS.update(dict.fromkeys(("shape", "keras.backend.shape", "shape_v2"), shape) | {"size": size, "rank": rank})


@on_sizes("math.negative", "negative", "__operators__.neg")
def _negative(x: Any) -> Any:
    return Sizes(-each for each in x) if isinstance(x, (list, tuple)) else -x


@on_sizes("cast", "keras.backend.cast", "dtypes.cast")
def _cast(x: Any, dtype: str) -> Any:
    return x if "int" in dtype else NOT_SIZES


@on_sizes("__operators__.getitem")
def _getitem(sizes: Any, slice_spec: Any, var: Any = None) -> Any:
    """A size, or some of them; `x[None]` makes a vector of one size."""
    (item, *others) = [index_of(each) for each in (slice_spec if isinstance(slice_spec, list) else [slice_spec])]
    if item is None and isinstance(sizes, int):
        return Sizes([sizes])
    if others or isinstance(sizes, int) or not isinstance(item, (int, slice)):
        return NOT_SIZES
    found = tuple(sizes)[item]
    return Sizes(found) if isinstance(item, slice) else found


@on_sizes("stack", "keras.backend.stack")
def _stack(values: Any, axis: int = 0) -> Any:
    return (
        Sizes(values) if axis in (0, -1) and not any(isinstance(each, (list, tuple)) for each in values) else NOT_SIZES
    )


@on_sizes("concat", "keras.backend.concatenate")
def _concat(values: Any, axis: int = 0) -> Any:
    return Sizes(size for each in values for size in (each if isinstance(each, (list, tuple)) else [each]))


@on_sizes("unstack")
def _unstack(value: Any, num: Any = None, axis: int = 0) -> Any:
    return list(value)


@on_sizes("split")
def _split(value: Any, num_or_size_splits: Any, axis: int = 0, num: Any = None) -> Any:
    count = len(value)
    if isinstance(num_or_size_splits, int):
        num_or_size_splits = [count // num_or_size_splits] * num_or_size_splits
    ends = [sum(num_or_size_splits[:at]) for at in range(len(num_or_size_splits) + 1)]
    return [Sizes(value[start:end]) for start, end in itertools.pairwise(ends)]


@on_sizes("expand_dims", "keras.backend.expand_dims")
def _expand_dims(input: Any, axis: Any = None) -> Any:
    return NOT_SIZES if isinstance(input, (list, tuple)) else Sizes([input])


@on_sizes("squeeze", "keras.backend.squeeze")
def _squeeze(input: Any, axis: Any = None) -> Any:
    return input[0] if isinstance(input, (list, tuple)) and len(input) == 1 else input


@on_sizes("slice", "keras.backend.slice")
def _slice(input_: Any, begin: Any, size: Any) -> Any:
    (start,), (count,) = begin, size
    return Sizes(tuple(input_)[start : None if count == -1 else start + count])


@on_sizes("gather", "keras.backend.gather")
def _gather(params: Any, indices: Any, **others: Any) -> Any:
    return Sizes(params[each] for each in indices) if isinstance(indices, list) else params[indices]


@on_sizes("reverse", "keras.backend.reverse")
def _reverse(tensor: Any, axis: Any = None, axes: Any = None) -> Any:
    return Sizes(reversed(tensor))


def _reduction(what: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    def call(input_tensor: Any, axis: Any = None, keepdims: Any = None, **others: Any) -> Any:
        found = functools.reduce(what, input_tensor) if isinstance(input_tensor, (list, tuple)) else input_tensor
        return Sizes([found]) if keepdims else found

    return call


for _what, _names in {
    operator.mul: "math.reduce_prod reduce_prod keras.backend.prod",
    operator.add: "math.reduce_sum reduce_sum keras.backend.sum",
    dims.maximum: "math.reduce_max reduce_max keras.backend.max",
    dims.minimum: "math.reduce_min reduce_min keras.backend.min",
}.items():
    on_sizes(*_names.split())(_reduction(_what))
