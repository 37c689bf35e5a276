"""What a repair of a model is."""

from __future__ import annotations

import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar

from litesmith.preprocessing.pipeline import Preprocessing


@dataclass(frozen=True)
class Trouble:
    """What stands in the way of a model on a target, and what there is to repair it with.

    Attributes:
        layers: paths of layers that cannot run or are slow there, and why.
        fullest: path of the layer that overflows the memory, where one does.
        sizes: what the caller says of the inputs, nested as the model's, as `InputType` leaves.
        data: inputs nested as the model's, where the caller gave some.
        cut: the steps of texts that would be left to the app, or None; called only where it is needed.
    """

    layers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fullest: str | None = None
    sizes: Any = None
    data: Any = None
    cut: Callable[[], Preprocessing | None] = lambda: None

    def concerns(self, path: str) -> bool:
        """Whether a layer, or one within it, is in the way."""
        return any(layer == path or layer.startswith(f"{path}/") for layer in self.layers)


@dataclass(frozen=True)
class Repaired:
    """A model after a repair.

    Attributes:
        layers: paths of the layers that were changed.
        done: what was done, for its user to read.
        preprocessing: what is left to the app, where something is.
    """

    model: Any
    layers: tuple[str, ...]
    done: str
    preprocessing: Preprocessing | None = None


class Repair(ABC):
    """One way to change a Keras model so that it runs on a target.

    Attributes:
        name: what people call it by.
        exact: whether the model computes the same afterwards, up to rounding.
        order: repairs of a lower order come first.
        is_asked_for: whether the caller asked for it, so that it is made even where nothing runs better for it.
    """

    name: ClassVar[str]
    exact: ClassVar[bool] = True
    order: ClassVar[int] = 50
    is_asked_for: ClassVar[bool] = False

    @abstractmethod
    def candidates(self, model: Any, trouble: Trouble) -> Iterator[Repaired]:
        """Models that may run better, the least changed first; nothing where the repair does not apply.

        The model itself is not changed.
        """


@cache
def repairs() -> tuple[Repair, ...]:
    """All repairs: exact ones first, each in its order."""
    package = importlib.import_module("litesmith.frontends.keras.repairs")
    for found in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{found.name}")
    made = [kind() for kind in Repair.__subclasses__()]
    return tuple(sorted(made, key=lambda repair: (not repair.exact, repair.order, repair.name)))
