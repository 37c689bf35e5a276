"""Operators on resource variables: tensors that live from one call of the model to the next."""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.ir.graph import Value
from litesmith.ir.operator import Operator, activation, state
from litesmith.ir.types import DType, TensorType

RESET = "reset"
"""The signature of a file that gives its variables their first values again."""


@dataclass(frozen=True)
class VarHandle(Operator, builtin="VAR_HANDLE"):
    """The variable of a name; the same one in every signature of the file."""

    container: str = ""
    shared_name: str = ""
    operands = ()

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        return (TensorType(DType.RESOURCE, (1,)),)


@dataclass(frozen=True)
class ReadVariable(Operator, builtin="READ_VARIABLE"):
    """What a variable holds; garbage before it was assigned."""

    operands = (state("resource"),)
    is_deterministic = False


@dataclass(frozen=True)
class AssignVariable(Operator, builtin="ASSIGN_VARIABLE"):
    """Makes a variable hold a value."""

    operands = (state("resource"), activation("value"))
    has_side_effects = True

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        return ()
