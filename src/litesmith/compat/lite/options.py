"""What a converter of `tf.lite` can be told. TensorFlow's own enumerations are taken as well: members go by name."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any


class Optimize(enum.Enum):
    """What a converter optimizes for."""

    DEFAULT = "DEFAULT"
    OPTIMIZE_FOR_SIZE = "OPTIMIZE_FOR_SIZE"
    OPTIMIZE_FOR_LATENCY = "OPTIMIZE_FOR_LATENCY"
    EXPERIMENTAL_SPARSITY = "EXPERIMENTAL_SPARSITY"

    def __str__(self) -> str:
        return self.value


class OpsSet(enum.Enum):
    """Which operators a file may hold."""

    TFLITE_BUILTINS = "TFLITE_BUILTINS"
    SELECT_TF_OPS = "SELECT_TF_OPS"
    TFLITE_BUILTINS_INT8 = "TFLITE_BUILTINS_INT8"
    EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8 = (
        "EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8"
    )
    EXPERIMENTAL_STABLEHLO_OPS = "EXPERIMENTAL_STABLEHLO_OPS"

    def __str__(self) -> str:
        return self.value


class RepresentativeDataset:
    """A function that returns an iterator of inputs, as `tf.lite` wraps it."""

    def __init__(self, input_gen: Callable[[], Iterator[Any]]) -> None:
        self.input_gen = input_gen


@dataclass
class TargetSpec:
    """What the file will run on.

    Attributes:
        supported_ops: members of `OpsSet`.
        supported_types: element types of constants.
    """

    supported_ops: Iterable[Any] = field(default_factory=lambda: {OpsSet.TFLITE_BUILTINS})
    supported_types: Iterable[Any] = field(default_factory=set)
    experimental_select_user_tf_ops: Iterable[str] = field(default_factory=set)
    experimental_supported_backends: Iterable[str] = field(default_factory=set)

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in TargetSpec.__dataclass_fields__:
            known = ", ".join(TargetSpec.__dataclass_fields__)
            raise AttributeError(f"a TargetSpec of tf.lite has no {name}; it has {known}")
        super().__setattr__(name, value)


def names(members: Any) -> set[str]:
    """The names of members of an enumeration, whosever it is, or of element types; one alone is a set of it."""
    if members is None:
        return set()
    several = [members] if isinstance(members, (str, enum.Enum, type)) or not isinstance(members, Iterable) else members
    return {str(getattr(each, "name", getattr(each, "__name__", each))) for each in several}
