"""Computing with element types that a kernel does not take, in a wider type that it does."""

from __future__ import annotations

from collections.abc import Callable

from litesmith.ir.builder import emit
from litesmith.ir.element_types import note_computed
from litesmith.ir.graph import Value
from litesmith.ir.operator import Operator, Role
from litesmith.ir.source import current_source
from litesmith.ir.types import DType
from litesmith.ops.array import cast
from litesmith.ops.errors import Unsupported

WIDER = {
    DType.BOOL: (DType.INT32,),
    DType.INT8: (DType.INT32, DType.INT64),
    DType.UINT8: (DType.INT32, DType.INT64),
    DType.INT16: (DType.INT32, DType.INT64),
    DType.UINT16: (DType.INT32, DType.INT64),
    DType.INT32: (DType.INT64,),
    DType.UINT32: (DType.INT64,),
    DType.FLOAT16: (DType.FLOAT32,),
    DType.BFLOAT16: (DType.FLOAT32,),
    DType.FLOAT64: (DType.FLOAT32,),
}
"""Types that hold all numbers of a type, cheapest first; float64 is computed in float32, with its precision."""


COMPLEX_FORMS: list[Callable[..., Value | None]] = []
"""What computes operators of complex numbers: `ops.complex` stands on this module, and puts its function here."""


def kernel_dtype(operator: type[Operator], dtype: DType) -> DType:
    """The type that an operator computes elements of `dtype` in; `Unsupported` when there is none."""
    accepted = operator.kernel_dtypes
    if accepted is None or dtype in accepted:
        return dtype
    for wider in WIDER.get(dtype, ()):
        if wider in accepted:
            return wider
    raise Unsupported(f"{operator.builtin} of {dtype}: no kernel takes it, nor a type that holds all its numbers")


def compute(operator: Operator, *operands: Value) -> Value:
    """The operator's result, of the operands' type or boolean, computed in a type that its kernel takes.

    Integers wrap around as they would in their own type.
    """
    roles = [operator.operand(position).role for position in range(len(operands))]
    dtype = operands[next(i for i, role in enumerate(roles) if role is not Role.INDEX)].type.dtype
    for form in COMPLEX_FORMS if dtype is DType.COMPLEX64 else ():
        if (result := form(operator, *operands)) is not None:
            return result
    taken = kernel_dtype(type(operator), dtype)
    if taken is not dtype:
        note_computed(dtype, taken, current_source())
    result = emit(
        operator,
        *(
            operand if role is Role.INDEX else cast(operand, taken)
            for operand, role in zip(operands, roles, strict=True)
        ),
    )
    return cast(result, dtype) if result.type.dtype is taken else result
