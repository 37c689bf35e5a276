"""Numbers that a kernel is tested with: seeded operands, and what its function computes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from litesmith.custom_operators import cpp
from litesmith.custom_operators.kernel import Kernel, Tensor
from litesmith.custom_operators.uses import Use
from litesmith.ir.dims import Dim, evaluate, expression
from litesmith.ir.types import DType

Array = np.ndarray[Any, Any]
MOST_ELEMENTS = 1 << 16
"""Of all tensors of a case: a source file of more numbers takes compilers long."""
OPEN_SIZES = (3, 7, 5)
"""What unknown sizes are, in turn."""


class NoNumbers(Exception):
    """A kernel that cannot be tested with numbers; the text says why."""


@dataclass(frozen=True)
class Case:
    """One call: arrays for the operands and results of a use."""

    use: Use
    operands: tuple[Array, ...]
    results: tuple[Array, ...]


def cases_of(kernel: Kernel) -> list[Case]:
    """A case for each use; raises `NoNumbers`."""
    return [_case(kernel, use, seed) for seed, use in enumerate(kernel.operator.uses)]


def _case(kernel: Kernel, use: Use, seed: int) -> Case:
    from litesmith.frontends.keras.custom_references import NoReference, reference_outputs

    random = np.random.default_rng(seed)
    symbols = sorted({each.name for type in use.operands for size in type.shape for each in expression(size).symbols})
    sizes = {name: OPEN_SIZES[place % len(OPEN_SIZES)] for place, name in enumerate(symbols)}
    operands = tuple(
        constant if constant is not None else _sample(type.dtype, _shape(type.shape, sizes), random)
        for type, constant in zip(use.operands, use.constants, strict=True)
    )
    try:
        results = tuple(reference_outputs(kernel.name, operands, use.options))
    except NoReference as reason:
        raise NoNumbers(str(reason)) from reason
    expected = [(each.type.dtype.numpy, each.rank) for each in kernel.results]
    if [(array.dtype, array.ndim) for array in results] != expected:
        results = _converted(results, kernel)
    if sum(array.size for array in (*operands, *results)) > MOST_ELEMENTS:
        raise NoNumbers(f"its tensors have more than {MOST_ELEMENTS} elements")
    return Case(use, operands, results)


def _converted(results: tuple[Array, ...], kernel: Kernel) -> tuple[Array, ...]:
    """Results in the types that the file says, where Keras' numpy backend has wider ones."""
    if [array.ndim for array in results] != [each.rank for each in kernel.results]:
        raise NoNumbers("its function returns tensors of other axes than the operator does")
    return tuple(array.astype(each.type.dtype.numpy) for array, each in zip(results, kernel.results, strict=True))


def _shape(shape: tuple[int, ...], sizes: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(evaluate(size, sizes) if isinstance(size, Dim) else size for size in shape)


def _sample(dtype: DType, shape: tuple[int, ...], random: np.random.Generator) -> Array:
    if dtype is DType.BOOL:
        return random.random(shape) < 0.5
    if dtype.is_integer:
        return random.integers(0, 8, shape).astype(dtype.numpy)
    return random.standard_normal(shape).astype(dtype.numpy)


def source(kernel: Kernel, cases: list[Case]) -> str:
    """`NAME_numbers.h`."""
    guard = f"{kernel.stem.upper()}_NUMBERS_H_"
    blocks = [text for place, case in enumerate(cases) for text in _arrays(kernel, case, f"kCase{place}")]
    body = "\n\n".join(blocks)
    return (
        f"// Numbers that the kernel of {kernel.name} is tested with: seeded operands, and what its function returns.\n"
        f"#ifndef {guard}\n#define {guard}\n\n#include <cmath>\n#include <cstdint>\n\n"
        f"namespace {kernel.stem} {{\n\n{body}\n\n}}  // namespace {kernel.stem}\n\n#endif  // {guard}\n"
    )


def _arrays(kernel: Kernel, case: Case, prefix: str) -> list[str]:
    options = [f"0x{byte:02x}" for byte in case.use.encoded]
    return [
        cpp.array(f"{prefix}_options", "unsigned char", options),
        *_tensors(kernel.operands, case.operands, prefix),
        *_tensors(kernel.results, case.results, prefix),
    ]


def _tensors(tensors: tuple[Tensor, ...], arrays: tuple[Array, ...], prefix: str) -> list[str]:
    texts = []
    for tensor, array in zip(tensors, arrays, strict=True):
        texts.append(cpp.array(f"{prefix}_{tensor.name}_sizes", "int", map(str, array.shape)))
        texts.append(cpp.array(f"{prefix}_{tensor.name}", tensor.cpp, cpp.elements(array, tensor.type.dtype)))
    return texts
