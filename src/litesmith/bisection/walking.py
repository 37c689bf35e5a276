"""Walking through a model layer by layer, beside the tensors of its file."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from litesmith.bisection.likeness import Likeness, Tolerance, is_telling, likeness
from litesmith.bisection.names import LayerNames
from litesmith.bisection.parts import Tensor

if TYPE_CHECKING:
    from litesmith.frontends.keras.recording import Call

Array = np.ndarray[Any, Any]


class Fate(enum.Enum):
    """What became of a layer's output: the value is shown."""

    SAME = "same"
    DIFFERENT = "different"
    ABSENT = "not in the file"


@dataclass(frozen=True)
class Step:
    """One call of a layer, and what the file has in its place.

    Attributes:
        layer: its path, as in findings.
        kind: its class.
        call: how often it was called before.
        tensor: that stands for its output in the file; None where none does.
        max_abs: by how much they differ at most; None where nothing was compared.
        allowed: by how much they may.
        problem: what differs besides numbers.
    """

    layer: str
    kind: str
    call: int
    fate: Fate
    tensor: str | None = None
    max_abs: float | None = None
    allowed: float | None = None
    problem: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "fate": self.fate.value}


@dataclass(frozen=True)
class Walked:
    """All calls in the order in which they end, with what became of each.

    Attributes:
        known: the tensors of the file that are right, as they are layers' outputs.
        claimed: for calls whose output differs, the tensor that should be it.
    """

    calls: tuple[Call, ...]
    steps: tuple[Step, ...]
    known: tuple[Tensor, ...]
    claimed: Mapping[Call, Tensor]

    @property
    def first_different(self) -> Call | None:
        """The first call whose output differs."""
        return next(
            (call for call, step in zip(self.calls, self.steps, strict=True) if step.fate is Fate.DIFFERENT), None
        )

    @property
    def telling(self) -> tuple[Step, ...]:
        """The steps; the model's own call only where it alone differs."""
        differing = [step for step in self.steps if step.fate is Fate.DIFFERENT]
        return tuple(step for step in self.steps if step.layer or differing == [step])

    def fate(self, call: Call) -> Fate:
        return self.steps[self.calls.index(call)].fate


def walk(
    calls: Sequence[Call],
    tensors: Sequence[Tensor],
    outputs: Mapping[int, Tensor],
    maker: str,
    tolerance: Tolerance,
) -> Walked:
    """Find each call's output among a file's tensors: by its numbers, wherever it is, or by its name and size.

    A tensor that has a layer's numbers, in whatever layout, is its output. One that has only its name may be something
    on the way there, so that it counts as different only where nothing that follows is right.

    Args:
        calls: in the order in which they end.
        outputs: the tensors that are outputs, by `id` of the model's own output.
        maker: of the file, which says how tensors are named.
    """
    finder = _Finder(calls, tensors, outputs, maker, tolerance)
    found = {call: finder.find(call) for call in calls}
    right = {call for call, (fate, *_) in found.items() if fate is Fate.SAME}
    leading = _leading_to(right, calls)
    steps, claimed = [], {}
    for call, (fate, tensor, like) in found.items():
        if fate is Fate.DIFFERENT and call in leading:
            fate, tensor, like = Fate.ABSENT, None, None
        if fate is Fate.DIFFERENT and tensor is not None:
            claimed[call] = tensor
        steps.append(_step(call, fate, tensor, like))
    known = tuple(tensor for fate, tensor, _ in found.values() if fate is Fate.SAME and tensor is not None)
    return Walked(tuple(calls), tuple(steps), known, claimed)


Found = tuple[Fate, Tensor | None, Likeness | None]


class _Finder:
    def __init__(
        self,
        calls: Sequence[Call],
        tensors: Sequence[Tensor],
        outputs: Mapping[int, Tensor],
        maker: str,
        tolerance: Tolerance,
    ) -> None:
        self.outputs = outputs
        self.tolerance = tolerance
        self.by_size: dict[int, list[Tensor]] = {}
        for tensor in tensors:
            self.by_size.setdefault(tensor.array.size, []).append(tensor)
        names = LayerNames((call.path for call in calls), maker)
        last = {call.path: place for place, call in enumerate(calls)}
        self.named: dict[str, list[Tensor]] = {}
        for tensor in tensors:
            told = names.layers_of(tensor.name)
            if told:
                self.named.setdefault(max(told, key=last.__getitem__), []).append(tensor)
        self.times = {call.path: call.number + 1 for call in calls}

    def find(self, call: Call) -> Found:
        """What became of a call's outputs: the worst of them."""
        try:
            arrays = call.arrays
        except Exception:  # tensors of a framework that is tracing hold no numbers
            return Fate.ABSENT, None, None
        found = [self._find(call, array, id(tensor)) for array, tensor in zip(arrays, call.tensors_out, strict=True)]
        for fate in (Fate.DIFFERENT, Fate.SAME):
            for each in found:
                if each[0] is fate:
                    return each
        return Fate.ABSENT, None, None

    def _find(self, call: Call, array: Array, key: int) -> Found:
        if key in self.outputs:
            tensor = self.outputs[key]
            like = likeness(array, tensor.array, self.tolerance)
            return Fate.SAME if like is not None and like.is_same else Fate.DIFFERENT, tensor, like
        named = [tensor for tensor in self.named.get(call.path, ()) if tensor.array.size == array.size]
        everywhere = self.by_size.get(array.size, []) if is_telling(array, self.tolerance) else []
        for tensor in dict.fromkeys([*reversed(named), *everywhere]):
            like = likeness(array, tensor.array, self.tolerance)
            if like is not None and like.is_same:
                return Fate.SAME, tensor, like
        claimed = self._of_this_time(call, named)
        if claimed is None:
            return Fate.ABSENT, None, None
        return Fate.DIFFERENT, claimed, likeness(array, claimed.array, self.tolerance)

    def _of_this_time(self, call: Call, named: list[Tensor]) -> Tensor | None:
        """The last of the tensors that this call of a shared layer made, if each made as many."""
        times = self.times[call.path]
        if not named or len(named) % times:
            return None
        return named[(call.number + 1) * (len(named) // times) - 1]


def _leading_to(right: set[Call], calls: Sequence[Call]) -> set[Call]:
    """The calls whose outputs lead to one that is right, and so are right themselves."""
    makers: dict[int, list[Call]] = {}
    for call in calls:
        for tensor in call.tensors_out:
            makers.setdefault(id(tensor), []).append(call)
    found: set[Call] = set()
    waiting = list(right)
    while waiting:
        for tensor in waiting.pop().tensors_in:
            new = [call for call in makers.get(id(tensor), ()) if call not in found]
            found.update(new)
            waiting += new
    return found


def _step(call: Call, fate: Fate, tensor: Tensor | None, like: Likeness | None) -> Step:
    name = None if tensor is None else tensor.name
    if like is None:
        problem = None if tensor is None else f"shape {tensor.array.shape}, not {call.arrays[0].shape}"
        return Step(call.path, call.kind, call.number, fate, name, problem=problem)
    return Step(call.path, call.kind, call.number, fate, name, like.max_abs, like.allowed, like.problem)
