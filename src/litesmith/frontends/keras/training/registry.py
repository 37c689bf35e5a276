"""What evaluates an operator: the functions in `operators/`, found because they are there."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import keras
import numpy as np

from litesmith.frontends.keras.training import operators
from litesmith.frontends.keras.training.rounding import Steps, half_to_even
from litesmith.ir.graph import Operation
from litesmith.ir.operator import Operator

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Call:
    """One operation as it is evaluated.

    Attributes:
        operands: tensors, or numpy arrays where they are known before the model runs; integers that stand for real
            numbers are float32. None where one is left out.
        steps: of each operand, how its integers stand for real numbers; None for those that are not such.
        made: of each result, likewise.
    """

    operation: Operation
    operands: tuple[Any, ...]
    steps: tuple[Steps | None, ...]
    made: tuple[Steps | None, ...]

    @property
    def operator(self) -> Any:
        return self.operation.operator

    def given(self, place: int) -> Any:
        """An operand; None for one that is left out."""
        return self.operands[place] if place < len(self.operands) else None

    def real(self, place: int) -> Any:
        """An operand as the real numbers that it stands for."""
        steps, operand = self.steps[place], self.operands[place]
        return operand if steps is None or operand is None else steps.real(operand)

    def known(self, place: int) -> np.ndarray[Any, Any]:
        """An operand that must be known before the model runs.

        Raises:
            NotKnown: where the model computes it.
        """
        operand = self.operands[place]
        if not is_known(operand):
            raise NotKnown(self.operation)
        return np.asarray(operand)

    def rounded(self, real: Any, place: int = 0, nearest: Any = half_to_even) -> Any:
        """A result as the integers that it is rounded to, where it is of such."""
        steps = self.made[place]
        return real if steps is None else steps.integers(steps.count(real), nearest=nearest)


class NotKnown(Exception):
    """Something that decides about sizes is computed by the model."""

    def __init__(self, operation: Operation) -> None:
        super().__init__(f"{operation.operator.builtin} of {operation.source} reads sizes that the model computes")
        self.operation = operation


def is_known(operand: Any) -> bool:
    """Whether an operand is an array of numpy, rather than a tensor of the backend."""
    return isinstance(operand, (np.ndarray, np.generic))


def library(*operands: Any, sizes: Iterable[Any] = ()) -> Any:
    """Numpy for what is known, where sizes are too; Keras' operations for everything else, which are called alike."""
    are_known = all(isinstance(size, (int, np.integer)) for size in sizes)
    return np if are_known and all(map(is_known, operands)) else keras.ops


Evaluate = Callable[[Call], Any]
_EVALUATORS: dict[type[Operator], Evaluate] = {}


def evaluates(*kinds: type[Operator]) -> Callable[[Function], Function]:
    """Register what evaluates operators: a function of a `Call`, which returns a tensor or a tuple of them."""

    def register(function: Function) -> Function:
        for kind in kinds:
            _EVALUATORS[kind] = function
        return function

    return register


def computes(*kinds: type[Operator]) -> Callable[[Function], Function]:
    """Register a function of the operator and of real numbers; integers are made of what it returns."""

    def register(function: Function) -> Function:
        def evaluate(call: Call) -> Any:
            return call.rounded(function(call.operator, *map(call.real, range(len(call.operands)))))

        for kind in kinds:
            _EVALUATORS[kind] = evaluate
        return function

    return register


@cache
def _discover() -> None:
    for module in sorted(found.name for found in pkgutil.iter_modules(operators.__path__)):
        importlib.import_module(f"{operators.__name__}.{module}")


def evaluator(operator: Operator) -> Evaluate | None:
    """What evaluates an operator; None where nothing does."""
    _discover()
    return _EVALUATORS.get(type(operator))
