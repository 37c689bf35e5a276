"""The custom operators of a file, and how it uses them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from litesmith.ir.graph import Model, Operation
from litesmith.ir.types import TensorType
from litesmith.opset.custom import decode_options, encode_options
from litesmith.opset.unmodeled import Unmodeled

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Use:
    """One use of an operator.

    Attributes:
        encoded: the options as the file holds them; `options` is what they say.
        constants: the elements of each operand that is the same in every call; None for others.
    """

    options: Mapping[str, Any]
    encoded: bytes
    operands: tuple[TensorType, ...]
    results: tuple[TensorType, ...]
    constants: tuple[Array | None, ...]

    @property
    def signature(self) -> object:
        """What one kernel takes: how many tensors, of how many axes and which element types."""
        return [[(type.dtype, type.rank) for type in types] for types in (self.operands, self.results)]


@dataclass
class UsedOperator:
    """A custom operator with its uses that one kernel takes.

    Attributes:
        others: how many uses there are besides, of other types or numbers of axes.
    """

    name: str
    version: int
    uses: list[Use] = field(default_factory=list)
    others: int = 0

    def add(self, use: Use) -> None:
        """Take a use that is not known yet; one of other types than the first is only counted."""
        if self.uses and use.signature != self.uses[0].signature:
            self.others += 1
        elif all((use.options, use.operands) != (known.options, known.operands) for known in self.uses):
            self.uses.append(use)


def used_operators(model: Model) -> list[UsedOperator]:
    """The custom operators of a model, in the order in which it uses them."""
    found: dict[tuple[str, int], UsedOperator] = {}
    for graph in model.all_graphs():
        for operation in graph.operations:
            custom = operation.operator
            if isinstance(custom, Unmodeled) and custom.is_custom:
                key = custom.name, custom.opcode_version
                found.setdefault(key, UsedOperator(*key)).add(_use(operation, custom))
    return list(found.values())


def operator_on(
    name: str, version: int, options: Mapping[str, Any], operands: Sequence[TensorType], results: Sequence[TensorType]
) -> UsedOperator:
    """An operator that no file holds yet, with the one use that is described."""
    use = Use(dict(options), encode_options(options), tuple(operands), tuple(results), (None,) * len(operands))
    return UsedOperator(name, version, [use])


def _use(operation: Operation, custom: Unmodeled) -> Use:
    operands = [operand for operand in operation.operands if operand is not None]
    return Use(
        decode_options(custom.custom_options) or {},
        custom.custom_options,
        tuple(operand.type for operand in operands),
        tuple(operation.result_types),
        tuple(None if operand.constant is None else operand.constant.array() for operand in operands),
    )
