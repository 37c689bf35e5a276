"""The form of an operator's definition: one frozen dataclass per LiteRT operator.

A subclass says everything known about its operator: the options as dataclass fields
(named as in the LiteRT schema, in snake case), the operands and their roles, how results
are typed, how scales relate when it is quantized, and the lowest operator version that a
use of it needs.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar

from litesmith.ir.dims import Size
from litesmith.ir.types import DType, TensorType

if TYPE_CHECKING:
    from litesmith.ir.graph import Graph, Value

Types = Sequence["TensorType | None"]


class TypeRule(Exception):
    """Operands that an operator cannot take; the text names the operand and the rule."""


class SizesDiffer(TypeRule):
    """Two sizes that would have to be equal are so only where an unknown size has some value."""


class Role(enum.Enum):
    """What an operand is for: decides how it is quantized and where it may live."""

    ACTIVATION = "activation"
    WEIGHT = "weight"
    BIAS = "bias"
    INDEX = "index"
    STATE = "state"


@dataclass(frozen=True)
class Operand:
    """One operand position.

    Attributes:
        channel_axis: for weights, the axis along which scales may differ.
        variadic: this and all further operands.
    """

    name: str
    role: Role = Role.ACTIVATION
    channel_axis: int | None = None
    optional: bool = False
    variadic: bool = False


def activation(name: str = "input", *, optional: bool = False, variadic: bool = False) -> Operand:
    """An operand that the model computes."""
    return Operand(name, Role.ACTIVATION, optional=optional, variadic=variadic)


def weight(name: str, channel_axis: int | None) -> Operand:
    """A trained operand; scales may differ along `channel_axis`."""
    return Operand(name, Role.WEIGHT, channel_axis)


def bias(name: str = "bias", *, optional: bool = False) -> Operand:
    """An operand added to the result, one number a channel."""
    return Operand(name, Role.BIAS, 0, optional=optional)


def index(name: str, *, optional: bool = False) -> Operand:
    """An operand of sizes, axes, places or conditions, never quantized."""
    return Operand(name, Role.INDEX, optional=optional)


def state(name: str, *, optional: bool = False) -> Operand:
    """An operand that keeps its value between calls."""
    return Operand(name, Role.STATE, optional=optional)


@dataclass(frozen=True)
class Independent:
    """Each activation has a scale of its own."""


@dataclass(frozen=True)
class Same:
    """Results share scale and zero point with the activations."""


@dataclass(frozen=True)
class Fixed:
    """The int8 result has this scale and zero point, whatever its range.

    `scale16` is the scale of an int16 result (zero point 0).
    """

    scale: float
    zero_point: int
    scale16: float = 1 / 32768


@dataclass(frozen=True)
class Never:
    """Has no integer form, or none that means the same."""


ScalePolicy = Independent | Same | Fixed | Never


@dataclass(frozen=True)
class Operator:
    """Base of all definitions; an instance is the operator with its options."""

    builtin: ClassVar[str]
    """Name in the schema's `BuiltinOperator`."""
    options_table: ClassVar[str | None]
    """Name of the schema's options table, or None."""
    operands: ClassVar[tuple[Operand, ...]]
    scales: ClassVar[ScalePolicy] = Never()
    quantized_dtypes: ClassVar[frozenset[DType]] = frozenset({DType.INT8, DType.INT16})
    """Element types of integer activations that the kernel takes, where `scales` is not `Never`."""
    kernel_dtypes: ClassVar[frozenset[DType] | None] = None
    """Element types, not quantized, that the kernel computes right; None where that is not recorded."""
    in_place: ClassVar[tuple[int, ...]] = ()
    """Operands in whose memory the kernel may write its result (`inplace_operator` of its registration)."""
    keeps_data: ClassVar[bool] = False
    """Whether the result is the data of the operand in place, so that both may stay in one memory."""
    has_side_effects: ClassVar[bool] = False
    is_deterministic: ClassVar[bool] = True

    def __init_subclass__(cls, builtin: str | None = None, options: str | None = "", **kwargs: Any) -> None:
        """`builtin` makes a class an operator; without it the class is a family's base.

        `options` is the schema's table without the ending `Options`; by default the class
        name, and None for an operator that has no table.
        """
        super().__init_subclass__(**kwargs)
        if builtin is not None:
            cls.builtin = builtin
            cls.options_table = None if options is None else f"{options or cls.__name__}Options"

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        """The types of the results; raises `TypeRule` for operands that do not fit."""
        raise NotImplementedError(f"{type(self).__name__} does not say what its results are")

    def shapes(self, *operands: Value | None) -> tuple[tuple[Size | None, ...], ...]:
        """The sizes of the results, None for those that the data decides; raises as `infer` does."""
        return tuple(type.shape for type in self.infer(*operands))

    def version(self, operands: Types, results: Types) -> int:
        """The lowest version of the operator that has these types and options.

        The version is only a key for looking up a kernel, and old runtimes know only low ones.
        """
        return 1

    def multiply_accumulates(self, operands: Types, results: Types) -> Size:
        """How many products are summed up; 0 for operators that are not made of sums of products."""
        return 0

    def scratch(self, operands: Types, results: Types) -> tuple[Size, ...]:
        """Bytes of each piece of memory that LiteRT's kernel takes for itself while it runs (without delegates)."""
        return ()

    def subgraphs(self) -> tuple[Graph, ...]:
        """Graphs this operator runs, such as a loop's body."""
        return ()

    def operand(self, position: int) -> Operand:
        """The description of the operand at `position`."""
        if position < len(self.operands):
            return self.operands[position]
        last = self.operands[-1]
        if not last.variadic:
            raise IndexError(f"{self.builtin} has {len(self.operands)} operands, not {position + 1}")
        return last

    def __str__(self) -> str:
        options = [f"{field.name}={_show(getattr(self, field.name))}" for field in fields(self)]
        return self.builtin.lower() + (f"({', '.join(options)})" if options else "")


def _show(value: object) -> str:
    if isinstance(value, enum.Enum):
        return value.name
    name = getattr(value, "name", None)
    return f"@{name}" if name is not None else repr(value)


def version_by_dtype(dtype: DType, **versions: int) -> int:
    """The version listed for a type (`INT8=2`), 1 for a type that is not listed."""
    return versions.get(dtype.name, 1)


def required(operand: TensorType | None, name: str) -> TensorType:
    """The type of an operand that must be there."""
    if operand is None:
        raise TypeRule(f"operand {name!r} is missing")
    return operand
