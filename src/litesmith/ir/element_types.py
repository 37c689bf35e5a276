"""Which element types of a model are computed in others, as no kernel takes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from litesmith.ir.source import Source
from litesmith.ir.types import DType


@dataclass(frozen=True)
class ComputedType:
    """An element type of a model that the file computes in another one.

    Attributes:
        layers: where it does so, in order.
    """

    dtype: str
    computed_in: str
    layers: tuple[str, ...]

    def text(self, most_layers: int | None = None) -> str:
        """For people, with the names of so many layers at most."""
        shown = self.layers if most_layers is None else self.layers[:most_layers]
        more = [f"{len(self.layers) - len(shown)} other layers"] if len(self.layers) > len(shown) else []
        return f"{self.dtype} in {self.computed_in} ({', '.join([*shown, *more])})"

    def __str__(self) -> str:
        return self.text()


@dataclass(frozen=True)
class OtherOutput:
    """An output of fewer bits than the model says, as Keras' backend computes it.

    Attributes:
        declared: the type that the model says.
        dtype: the file's.
    """

    output: str
    declared: str
    dtype: str

    def __str__(self) -> str:
        return f"'{self.output}' is {self.dtype}, where the model says {self.declared}"


@dataclass
class NotedTypes:
    """What was noted of element types while a model was converted."""

    layers: dict[tuple[DType, DType], dict[str, None]] = field(default_factory=dict)
    outputs: dict[OtherOutput, None] = field(default_factory=dict)

    def computed(self) -> tuple[ComputedType, ...]:
        """The types that are computed in others, each pair once."""
        return tuple(
            ComputedType(one.value, other.value, tuple(layers)) for (one, other), layers in self.layers.items()
        )


_noted: ContextVar[NotedTypes | None] = ContextVar("litesmith_element_types", default=None)


@contextmanager
def noting_types() -> Iterator[NotedTypes]:
    """The element types that are computed in others by what is built inside."""
    token = _noted.set(found := NotedTypes())
    try:
        yield found
    finally:
        _noted.reset(token)


def note_computed(dtype: DType, computed_in: DType, source: Source) -> None:
    """Let the report tell that an operation's element type is computed in another; truth values go without saying."""
    noted = _noted.get()
    if noted is not None and dtype is not DType.BOOL:
        noted.layers.setdefault((dtype, computed_in), {})[source.layer or "model"] = None


def note_output(name: str, declared: str, dtype: DType) -> None:
    """Let the report tell of an output that has fewer bits than the model says."""
    noted, said = _noted.get(), DType(declared)
    same_kind = (said.is_float, said.is_integer) == (dtype.is_float, dtype.is_integer)
    if noted is not None and same_kind and dtype.bits < said.bits:
        noted.outputs[OtherOutput(name, declared, dtype.value)] = None
