"""Comparing a converted model with the one it was made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from litesmith.diagnostics.telling import tell
from litesmith.diagnostics.verification import WrongAfterOtherSizes
from litesmith.frontends.original import Original, steps_of_outputs
from litesmith.ir.dims import Dim
from litesmith.ir.nesting import Nesting
from litesmith.ir.rounding import rounding
from litesmith.lite_face import Face
from litesmith.lite_model import LiteModel
from litesmith.quantization.weights import roundings_of
from litesmith.verification.chance import DRAWS, averages_apart, drawn_outputs
from litesmith.verification.samples import DYNAMIC_SIZE, samples

Array = np.ndarray[Any, Any]
RTOL = 1e-4
ATOL = 1e-5
OTHER_SIZES = {DYNAMIC_SIZE: (29, 53), 101: (97, 113), 224: (160, 192), 401: (389, 409)}
"""What sizes other than the batch are: the first that the model can take, and two to try besides it."""
OTHER_INFINITIES = "infinities or NaNs stand in different places"
NEVER_MORE = 1e-2
"""Of the largest output: the default `atol` is no more, or every model of small outputs would pass."""


@dataclass(frozen=True)
class OutputReport:
    """One output, over all inputs that were tried.

    Attributes:
        max_abs: largest difference of an element.
        max_rel: that difference divided by the largest magnitude of the original's output.
        allowed: largest difference that passes.
        problem: what differs besides numbers, such as the shape.
        averaged: it depends on random numbers, so that the averages of its elements and of their squares over
            several calls were compared; differences and magnitude are theirs.
    """

    name: str
    max_abs: float
    max_rel: float
    allowed: float
    passed: bool
    problem: str | None = None
    averaged: bool = False


@dataclass(frozen=True)
class Report:
    """Whether two models compute the same, output by output."""

    outputs: tuple[OutputReport, ...]
    samples: int
    framework: str = "Keras"
    """What computed the original."""

    @property
    def passed(self) -> bool:
        return all(output.passed for output in self.outputs)

    def to_json(self) -> dict[str, Any]:
        outputs = [asdict(output) for output in self.outputs]
        return {"passed": self.passed, "framework": self.framework, "samples": self.samples, "outputs": outputs}

    def __str__(self) -> str:
        lines = []
        for output in self.outputs:
            verdict = "same" if output.passed else "DIFFERENT"
            numbers = f"max abs {output.max_abs:.3g}, max rel {output.max_rel:.3g}, allowed {output.allowed:.3g}"
            averaged = " on average, as it is drawn at random" if output.averaged else ""
            lines.append(f"{output.name}: {verdict}{averaged} ({output.problem or numbers})")
        return "\n".join(lines)

    def __bool__(self) -> bool:
        return self.passed


def compare(
    original: Original,
    lite: LiteModel,
    data: Any = None,
    atol: float | None = None,
    rtol: float | None = None,
    seed: int = 0,
    signature: str | None = None,
) -> Report:
    """Run both on the same inputs and compare every output.

    Args:
        original: what the file was made of.
        data: inputs nested as the model's; by default seeded ones of batch 1 and 3 (1 where it is fixed).
        atol, rtol: a difference passes up to `atol + rtol * largest magnitude of the output`.
            By default 1e-5, but no more than a hundredth of that magnitude, and 1e-4; the latter is
            larger for a model that is computed in float16 or bfloat16, or whose output is of them,
            as the converted one is computed in float32, and for a file whose weights have fewer bits. An original
            that rounds its outputs to steps says itself how many they may be apart.
        signature: of the file; by default the first.

    Outputs that depend on random numbers are compared by their averages over several calls.
    Where the numbers are right in new interpreters only, they pass with the warning V104.
    """
    face = lite.face(signature)
    drawn = drawn_outputs(face.graph)
    coarse = max(RTOL, original.roundings, roundings_of(lite.model.metadata))
    steps = steps_of_outputs(original)
    computed = _Computed(original, face.outputs)
    batches = [data] if data is not None else _default_inputs(computed, face, seed)
    again = _drawn_in_turn(original, lite, face, batches[-1]) if drawn else []

    def report(pairs: Sequence[tuple[list[Array], list[Array]]]) -> Report:
        def compared(i: int, name: str) -> OutputReport:
            allowed = max(coarse, rounding(pairs[0][0][i].dtype.name)) if rtol is None else rtol
            if i in drawn:
                return _compare_drawn(name, [(a[i], b[i]) for a, b in again], atol, allowed)
            own = steps[i] if atol is None and steps is not None and steps[i] else atol
            return _compare_output(name, [(a[i], b[i]) for a, b in pairs], own, allowed)

        outputs = tuple(compared(i, name) for i, name in enumerate(face.output_names))
        return Report(outputs, len(batches), original.framework)

    if lite.has_state:
        return report(_in_turn(original, lite, face, batches))
    found = report([(computed(inputs), _run(lite, face, inputs)) for inputs in batches])
    if found.passed or len(batches) == 1:
        return found
    alone = report([(computed(inputs), _run(lite.restarted(), face, inputs)) for inputs in batches])
    if not alone.passed:
        return found
    tell(WrongAfterOtherSizes())
    return alone


def default_inputs(original: Original, face: Face, seed: int = 0) -> list[Any]:
    """The inputs that `compare` tries where it is given none, nested as the model's."""
    return _default_inputs(_Computed(original, face.outputs), face, seed)


class _Computed:
    """What the original computes. What it computed once of some inputs it does not compute again."""

    def __init__(self, original: Original, nesting: Nesting) -> None:
        self.original = original
        self.nesting = nesting
        self.computed: list[tuple[Any, list[Array]]] = []

    def __call__(self, inputs: Any) -> list[Array]:
        """The outputs, leaves in order."""
        for known, outputs in self.computed:
            if known is inputs:
                return outputs
        self.computed.append((inputs, _leaves(self.nesting, self.original.run(inputs))))
        return self.computed[-1][1]

    def takes(self, inputs: Any) -> bool:
        """Whether it can compute with inputs of these sizes at all."""
        try:
            self(inputs)
        except Exception:
            return False
        return True


def _in_turn(
    original: Original, lite: LiteModel, face: Face, batches: Sequence[Any]
) -> list[tuple[list[Array], list[Array]]]:
    """What both compute in calls one after the other, and the file once more after it was reset.

    Both begin with the state that the file begins with; neither the original's nor that of `lite` is changed.
    """
    calls = [*batches, batches[0]]
    originals = [_leaves(face.outputs, found) for found in original.run_in_turn(calls, lite.first_state)]
    fresh = lite.restarted()
    converted = [_run(fresh, face, inputs) for inputs in calls]
    fresh.reset()
    return [*zip(originals, converted, strict=True), (originals[0], _run(fresh, face, calls[0]))]


def _drawn_in_turn(
    original: Original, lite: LiteModel, face: Face, inputs: Any
) -> list[tuple[list[Array], list[Array]]]:
    """What both compute of the same inputs in several calls, each of which draws other numbers."""
    originals = original.run_in_turn([inputs] * DRAWS, lite.first_state)
    fresh = lite.restarted() if lite.has_state else lite
    return [(_leaves(face.outputs, found), _run(fresh, face, inputs)) for found in originals]


def _compare_drawn(name: str, pairs: list[tuple[Array, Array]], atol: float | None, rtol: float) -> OutputReport:
    """An output of several calls on the same inputs, by averages: chance and the usual limit may part them."""
    originals, converted = [a for a, _ in pairs], [b for _, b in pairs]
    shapes = [sorted({array.shape for array in arrays}) for arrays in (originals, converted)]
    if shapes[0] != shapes[1]:
        problem = f"shape {shapes[1][0]}, not {shapes[0][0]}"
        return OutputReport(name, np.inf, np.inf, 0.0, False, problem, averaged=True)
    found = averages_apart(originals, converted)
    limits = [
        chance + (_default_atol(magnitude) if atol is None else atol) + rtol * magnitude
        for _, magnitude, chance in found
    ]
    worst = max(range(len(found)), key=lambda i: found[i][0] / limits[i])
    distance, magnitude, _ = found[worst]
    relative, passed = distance / max(magnitude, 1e-30), distance <= limits[worst]
    return OutputReport(name, distance, relative, limits[worst], passed, averaged=True)


def _run(lite: LiteModel, face: Face, inputs: Any) -> list[Array]:
    return face.outputs.flatten(lite.run(inputs, face.signature))


def _default_inputs(computed: _Computed, face: Face, seed: int) -> list[Any]:
    """Seeded inputs of two batch sizes; three where other sizes are dynamic, which take what the model can."""

    def inputs(batch: int, size: int | Sequence[int]) -> Any:
        return face.inputs.pack(samples(face.graph, batch, seed + batch, size, face.size_names))

    if not any(isinstance(size, Dim) for value in face.graph.inputs for size in value.type.shape[1:]):
        return [inputs(1, ()), inputs(3, ())]
    for size, (less, more) in OTHER_SIZES.items():
        first = inputs(1, size)
        if computed.takes(first) or size == max(OTHER_SIZES):
            second = [inputs(3, (less, more)), inputs(3, less)]
            third = [inputs(2, more)]
            return [
                first,
                next(filter(computed.takes, second), inputs(3, size)),
                next(filter(computed.takes, third), inputs(2, size)),
            ]
    raise AssertionError("the largest size is the last")


def _leaves(nesting: Nesting, outputs: Any) -> list[Array]:
    return [np.asarray(leaf) for leaf in nesting.flatten(outputs)]


def _compare_output(name: str, pairs: list[tuple[Array, Array]], atol: float | None, rtol: float) -> OutputReport:
    worst_abs, worst_rel, allowed = 0.0, 0.0, 0.0
    passed, problem = True, None
    for original, converted in pairs:
        if original.shape != converted.shape:
            return OutputReport(name, np.inf, np.inf, 0.0, False, f"shape {converted.shape}, not {original.shape}")
        difference, magnitude, kinds = differences(original, converted)
        limit = _default_atol(magnitude) if atol is None else atol
        limit = limit + rtol * magnitude if original.dtype.kind in "fV" else 0.0
        worst_abs, worst_rel = max(worst_abs, difference), max(worst_rel, difference / max(magnitude, 1e-30))
        allowed = max(allowed, limit)
        passed = passed and difference <= limit and not kinds
        problem = problem or kinds
    return OutputReport(name, worst_abs, worst_rel, allowed, passed, problem)


def _default_atol(magnitude: float) -> float:
    return min(ATOL, NEVER_MORE * magnitude) if magnitude else ATOL


def differences(original: Array, converted: Array) -> tuple[float, float, str | None]:
    """(largest difference, largest magnitude, where infinities or NaNs differ), all elements taken."""
    if original.size == 0:
        return 0.0, 0.0, None
    if original.dtype.kind in "OSU":
        return float(np.any(original != converted)), 1.0, None
    a, b = _reals(original), _reals(converted)
    finite = np.isfinite(a)
    kinds = None
    if not np.array_equal(finite, np.isfinite(b)) or not np.array_equal(a[~finite], b[~finite], equal_nan=True):
        kinds = OTHER_INFINITIES
    both = finite & np.isfinite(b)
    if not both.any():
        return 0.0, 0.0, kinds
    return float(np.max(np.abs(a[both] - b[both]))), float(np.max(np.abs(a[both]))), kinds


def _reals(x: Array) -> Array:
    """Elements as float64, both parts of complex ones."""
    return np.stack([x.real, x.imag]).astype(np.float64) if x.dtype.kind == "c" else x.astype(np.float64)
