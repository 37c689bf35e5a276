"""What a value is: its element type, its shape, and how it is quantized."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import ml_dtypes
import numpy as np

from litesmith.ir.dims import Shape, product, same_shape


class DType(enum.Enum):
    """The element types of the LiteRT schema; the value is the name used in text and in Keras."""

    FLOAT32 = "float32"
    FLOAT16 = "float16"
    BFLOAT16 = "bfloat16"
    FLOAT64 = "float64"
    INT2 = "int2"
    INT4 = "int4"
    INT8 = "int8"
    INT16 = "int16"
    INT32 = "int32"
    INT64 = "int64"
    UINT4 = "uint4"
    UINT8 = "uint8"
    UINT16 = "uint16"
    UINT32 = "uint32"
    UINT64 = "uint64"
    BOOL = "bool"
    STRING = "string"
    COMPLEX64 = "complex64"
    COMPLEX128 = "complex128"
    RESOURCE = "resource"
    VARIANT = "variant"
    FLOAT8_E4M3FN = "float8_e4m3fn"
    FLOAT8_E5M2 = "float8_e5m2"

    @cached_property
    def numpy(self) -> np.dtype[Any]:
        """The numpy type of one element; `object` for strings, resources and variants."""
        if self in (DType.STRING, DType.RESOURCE, DType.VARIANT):
            return np.dtype(object)
        extended: Any = getattr(ml_dtypes, self.value, self.value)
        numpy: np.dtype[Any] = np.dtype(extended)
        return numpy

    @property
    def bits(self) -> int:
        """Bits one element takes in a file; 0 for types without a fixed size."""
        packed = {DType.INT2: 2, DType.INT4: 4, DType.UINT4: 4}
        if self in packed:
            return packed[self]
        numpy: np.dtype[Any] = self.numpy
        return 0 if numpy == np.dtype(object) else numpy.itemsize * 8

    @property
    def is_float(self) -> bool:
        return "float" in self.value

    @property
    def is_integer(self) -> bool:
        return "int" in self.value

    def __str__(self) -> str:
        return self.value


def dtype_of(array: np.ndarray[Any, Any]) -> DType:
    """The element type of a numpy array; strings may be of any numpy string type."""
    if array.dtype.kind in "OSU":
        return DType.STRING
    return DType(array.dtype.name)


@dataclass(frozen=True)
class Quantization:
    """How integers stand for reals: `real = (integer - zero_point) * scale`.

    One scale for the whole tensor, one per index of `axis`, or, with `block_size`,
    one per block along the last axis (`scales` then has one entry per block, row-major).
    """

    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    axis: int = 0
    block_size: int = 0
    scale_shape: tuple[int, ...] = ()

    @property
    def is_per_axis(self) -> bool:
        return len(self.scales) > 1


@dataclass(frozen=True)
class SparseAxis:
    """How one axis of a sparse tensor is stored: all places, or (CSR) only those listed."""

    dense_size: int
    segments: tuple[int, ...] | None = None
    indices: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Sparsity:
    """The storage of a constant that leaves out zeros, as the schema describes it."""

    traversal_order: tuple[int, ...]
    block_map: tuple[int, ...]
    axes: tuple[SparseAxis, ...]


@dataclass(frozen=True)
class TensorType:
    """Element type, shape (with dynamic sizes as `Dim`), quantization and storage of a value."""

    dtype: DType
    shape: Shape
    quantization: Quantization | None = None
    sparsity: Sparsity | None = None

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def elements(self) -> int:
        return product(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of the elements as a file stores them (probe values for dynamic sizes)."""
        return (int(self.elements) * self.dtype.bits + 7) // 8

    def with_shape(self, shape: Shape) -> TensorType:
        return replace(self, shape=tuple(shape))

    def with_dtype(self, dtype: DType) -> TensorType:
        """The same shape with other elements, not quantized."""
        return TensorType(dtype, self.shape)

    def matches(self, other: TensorType) -> bool:
        """Whether both are the same type for every value of the unknown sizes."""
        return (
            self.dtype == other.dtype
            and self.quantization == other.quantization
            and same_shape(self.shape, other.shape)
        )

    def __str__(self) -> str:
        return f"{self.dtype}[{', '.join(map(str, self.shape))}]"
