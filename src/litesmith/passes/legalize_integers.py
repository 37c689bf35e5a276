"""Computing integers and booleans in a type that the kernel computes right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from litesmith.ir.builder import emit_many
from litesmith.ir.element_types import note_computed
from litesmith.ir.graph import Operation, Value
from litesmith.ir.operator import Operator, Role
from litesmith.ops.array import cast
from litesmith.ops.errors import Unsupported
from litesmith.ops.widening import kernel_dtype
from litesmith.passes.base import Decline, Rewrite


@dataclass(frozen=True)
class LegalizeIntegers(Rewrite):
    """Widen integers that are not quantized, where kernels abort, refuse them, or compute nonsense.

    Which types a kernel takes is said by the operator's definition. The results are cast back,
    which wraps around as the narrow type itself does.

    Before:
        graph main(%x: int8[batch, 4]) {
          %1 = floor_div %x, const int8[] 3 : int8[batch, 4]
          return %1
        }

    After:
        graph main(%x: int8[batch, 4]) {
          %1 = cast(in_data_type=INT8, out_data_type=INT32) %x : int32[batch, 4]
          %2 = floor_div %1, const int32[] 3 : int32[batch, 4]
          %3 = cast(in_data_type=INT32, out_data_type=INT8) %2 : int8[batch, 4]
          return %3
        }
    """

    roots: ClassVar[tuple[type[Operator], ...]] = (Operator,)

    def rewrite(self, operation: Operation) -> Sequence[Value] | Decline | None:
        operator, accepted = operation.operator, operation.operator.kernel_dtypes
        data = [
            position
            for position, operand in enumerate(operation.operands)
            if operand is not None and operator.operand(position).role is not Role.INDEX
        ]
        first = operation.operands[data[0]] if data else None
        if accepted is None or first is None or first.type.dtype in accepted or first.type.quantization is not None:
            return None
        dtype = first.type.dtype
        try:
            taken = kernel_dtype(type(operator), dtype)
        except Unsupported as reason:
            return Decline(str(reason))
        note_computed(dtype, taken, operation.source)
        operands = list(operation.operands)
        for position in data:
            operand = operands[position]
            assert operand is not None
            operands[position] = cast(operand, taken)
        types = [
            result.type.with_dtype(taken) if result.type.dtype is dtype else result.type for result in operation.results
        ]
        results = emit_many(operator, *operands, types=types)
        return [cast(new, old.type.dtype) for new, old in zip(results, operation.results, strict=True)]
