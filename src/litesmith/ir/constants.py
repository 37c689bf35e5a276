"""Arrays of a graph that are known before it runs, computed only when they are needed."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np

from litesmith.ir.types import DType, TensorType, dtype_of

Array = np.ndarray[Any, Any]

SMALL_BYTES = 512
HELD = "array"
"""What the keys of arrays that constants hold themselves begin with."""


class Identity:
    """Stands for one object in a key, and keeps it alive, so that its address names nothing else."""

    def __init__(self, held: object) -> None:
        self.held = held

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Identity) and other.held is self.held

    def __hash__(self) -> int:
        return id(self.held)


class Constant:
    """A constant tensor: a type and a way to get its elements.

    Weights stay where they are (a Keras variable, a file) until `array()` is called;
    `map` adds a transformation that runs at that time. Constants with equal `key` hold
    the same elements.
    """

    __slots__ = ("_exact", "_load", "_moved", "_write", "key", "type")

    def __init__(
        self,
        type: TensorType,
        load: Callable[[], Array],
        key: Hashable,
        write: Callable[[Array], None] | None = None,
    ) -> None:
        """`load` gives the elements; `write`, where there is one, computes them into an array without another one."""
        self.type = type
        self._load = load
        self._write = write
        self._exact: Constant | None = None
        self._moved: tuple[Constant, tuple[int, ...]] | None = None
        self.key = key

    @staticmethod
    def of(array: Array, dtype: DType | None = None) -> Constant:
        """A constant holding `array` itself; small arrays with equal elements have equal keys."""
        dtype = dtype or dtype_of(array)
        if dtype is not DType.STRING and array.dtype != dtype.numpy:
            array = array.astype(dtype.numpy)
        key: Hashable = (HELD, Identity(array))
        if array.nbytes <= SMALL_BYTES and dtype is not DType.STRING:
            key = (dtype, array.shape, array.tobytes())
        return Constant(TensorType(dtype, array.shape), lambda: array, key)

    @staticmethod
    def of_number(number: Any, dtype: DType) -> Constant:
        """A number in code, or several, which is not rounded to `dtype` where it is computed with in float32."""
        exact = Constant.of(np.asarray(number, np.float32))
        rounded = exact.cast(dtype)
        rounded._exact = exact
        return rounded

    @property
    def is_held(self) -> bool:
        """Whether it is an array in memory, so that its elements need not be computed."""
        return isinstance(self.key, tuple) and self.key[:1] == (HELD,)

    def array(self) -> Array:
        """The elements, as an array of `type.dtype.numpy` and `type.shape`."""
        return self._load()

    def write_into(self, target: Array) -> None:
        """Write the elements into an array of their type and shape."""
        if self._write is not None:
            self._write(target)
        else:
            np.copyto(target, self._load(), casting="no")

    def map(self, function: Callable[[Array], Array], type: TensorType, key: Hashable) -> Constant:
        """`function` of the elements, applied when they are asked for.

        `key` names the function: together with this constant's key it identifies the result.
        """
        load = self._load
        return Constant(type, lambda: function(load()), (self.key, key))

    def transposed(self, axes: Sequence[int]) -> Constant:
        """With its axes in another order. A constant that is transposed back is the one that it was."""
        axes = tuple(axes)
        if axes == tuple(range(len(axes))):
            return self
        if self._moved is not None:
            first, order = self._moved
            return first.transposed([order[axis] for axis in axes])
        shape = tuple(self.type.shape[axis] for axis in axes)
        moved = self.map(lambda array: array.transpose(axes), self.type.with_shape(shape), ("transpose", axes))
        moved._moved = (self, axes)
        return moved

    def reshaped(self, shape: Sequence[int]) -> Constant:
        shape = tuple(shape)
        if shape == self.type.shape:
            return self
        return self.map(lambda array: array.reshape(shape), self.type.with_shape(shape), ("reshape", shape))

    def cast(self, dtype: DType) -> Constant:
        if dtype == self.type.dtype:
            return self
        if self._exact is not None:
            return self._exact.cast(dtype)
        return self.map(lambda array: array.astype(dtype.numpy), self.type.with_dtype(dtype), ("cast", dtype))

    def times(self, factors: Array) -> Constant:
        """The elements times `factors`, which broadcast to this shape; in this constant's element type."""
        load, numpy = self._load, self.type.dtype.numpy
        key = ("times", factors.shape, factors.tobytes())

        def write(target: Array) -> None:
            self.write_into(target)
            np.multiply(target, factors, out=target, casting="same_kind")

        return Constant(self.type, lambda: (load() * factors).astype(numpy, copy=False), (self.key, key), write)
