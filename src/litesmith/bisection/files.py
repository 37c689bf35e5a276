"""Files that do not do what their model does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from litesmith.bisection.failing import Failure, Kind
from litesmith.bisection.likeness import Tolerance
from litesmith.bisection.names import LayerNames
from litesmith.bisection.operators import Culprit, first_failing
from litesmith.bisection.parts import Tensor, all_tensors, operations_between
from litesmith.bisection.result import Bisection
from litesmith.bisection.subject import Bisecting, Subject, open_sizes_of
from litesmith.bisection.walking import Fate, Walked, walk
from litesmith.bisection.weights import layers_of_other_weights, layers_of_weights
from litesmith.diagnostics.base import Diagnostic, LitesmithError
from litesmith.diagnostics.bisection import FirstDifference, LayersNotSeen, OnlyInThisFile, OperatorFails, OtherWeights
from litesmith.diagnostics.quoting import quoted
from litesmith.ir.dims import Dim
from litesmith.ir.graph import Value
from litesmith.ir.source import Source
from litesmith.lite_model import LiteModel
from litesmith.quantization.weights import roundings_of
from litesmith.verification.chance import drawn_outputs

if TYPE_CHECKING:
    from litesmith.frontends.keras.recording import Call


class File(Bisecting):
    """A file that does not do what the model does."""

    def __init__(self, subject: Subject, lite: LiteModel, failure: Failure, inputs: Any) -> None:
        super().__init__(subject, failure)
        self.lite = lite
        self.inputs = inputs
        self.face = lite.face(subject.signature)
        self.arrays = self.face.arrays(inputs)
        self.fresh = None if subject.lite is not None else lite
        self.is_in_file = False

    def bisected(self) -> Bisection:
        if self.subject.lite is not None:
            self._convert_anew()
        self.record(self.inputs)
        return self._of_numbers() if self.failure.kind.is_of_numbers else self._of_runtime()

    def _convert_anew(self) -> None:
        """Whether the model, converted now, fails as the file does; if it does not, the fault is the file's."""
        subject = self.subject
        made = subject.trial.converted(subject.original, True)
        if isinstance(made, Failure):
            self.notes += made.findings
            return
        self.fresh = made
        found = subject.trial.numbers(subject.original, made, self.inputs, None, True, isolated=True)
        self.is_in_file = found is None
        if found is not None and found.kind.is_of_numbers and self.failure.kind.is_of_numbers:
            self.failure = found
        elif found is not None and not self.failure.is_like(found):
            self.notes += found.findings

    def _of_runtime(self) -> Bisection:
        """The operator with which the runtime fails, and its layer."""
        kind, seconds = self.failure.kind, self.subject.trial.seconds
        culprit = first_failing(bytes(self.lite), self.face.signature, self.arrays, self.failure, seconds)
        if culprit is None:
            return self._result(kind, None, self.failure.findings, [])
        layer = self._layer_of(culprit)
        how = self.failure.findings[0].message()
        source = self._source(layer)
        found = OperatorFails(source, culprit.name, culprit.place + 1, culprit.operators, how, culprit.tensor)
        suspects = [call for call in self.calls if layer and call.path == layer]
        return self._result(kind, layer, (found,), suspects, culprit)

    def _layer_of(self, culprit: Culprit) -> str | None:
        """The layer that an operator was made from, by the names of its tensors, or else of those that it reads."""
        paths = [call.path for call in self.calls]
        names = LayerNames(paths or self._layers_of_conversion(), self.lite.model.description)
        operation = culprit.operation
        tensors = [*operation.results, *(each for each in operation.operands if each is not None)]
        told = (layer for tensor in tensors for layer in names.layers_of(tensor.name)[:1])
        return next(told, None)

    def _layers_of_conversion(self) -> list[str]:
        """The layers that the graph of the model, converted now, has."""
        graphs = self.fresh.model.all_graphs() if self.fresh is not None else ()
        return [operation.source.layer for graph in graphs for operation in graph.operations]

    def _of_numbers(self) -> Bisection:
        """The first layer that differs, and what lies between it and the last that is right."""
        walked = self._walked()
        first = None if walked is None else walked.first_different
        findings: list[Diagnostic] = []
        suspects: list[Call] = []
        right, between = ([], []) if walked is None or first is None else _in_front_of(first, walked)
        others = self._other_weights([*between, *([] if first is None else [first])])
        if walked is not None and first is not None:
            suspects = [*between, first, *(call for call in walked.calls if call.path and call in walked.claimed)]
            findings.append(self._first_difference(walked, first, right, between))
        elif others is None:
            findings += self.failure.findings
        if others is not None:
            findings.append(others)
        return self._result(self.failure.kind, None if first is None else first.path, findings, suspects, steps=walked)

    def _walked(self) -> Walked | None:
        """All layers beside the file's tensors; None where that cannot be done."""
        if not self.calls:
            return None
        if drawn_outputs(self.face.graph):
            self.notes.append(LayersNotSeen("its outputs depend on random numbers, which differ in each call"))
            return None
        lite, trial = self.lite, self.subject.trial
        try:
            tensors, outputs = all_tensors(bytes(lite), self.face.signature, self.arrays, lite.isolated, trial.seconds)
        except LitesmithError as error:
            self.notes.append(LayersNotSeen(f"the runtime does not hand out its tensors ({quoted(error)})"))
            return None
        coarse = max(self.subject.original.roundings, roundings_of(lite.model.metadata))
        tolerance = Tolerance(trial.atol, trial.rtol, coarse)
        return walk(self.calls, tensors, self._outputs(outputs), lite.model.description, tolerance)

    def _outputs(self, tensors: Sequence[Tensor | None]) -> dict[int, Tensor]:
        """The file's outputs, by `id` of the model's own."""
        own = self.face.outputs.flatten(self.calls[-1].outputs)
        return {id(leaf): tensor for leaf, tensor in zip(own, tensors, strict=True) if tensor is not None}

    def _first_difference(
        self, walked: Walked, first: Call, right: Sequence[Call], between: Sequence[Call]
    ) -> FirstDifference:
        step = walked.steps[walked.calls.index(first)]
        known = {tensor.value for tensor in walked.known}
        claimed = walked.claimed.get(first)
        operations = [] if claimed is None else operations_between(claimed.value, known)
        return FirstDifference(
            self._source(first.path),
            first.path,
            step.max_abs,
            step.allowed,
            step.problem,
            tuple(dict.fromkeys(call.path for call in right)),
            tuple(dict.fromkeys(call.path for call in between if call.is_whole and call.path != first.path)),
            tuple(operation.operator.builtin for operation in operations),
            self.subject.original.framework,
        )

    def _other_weights(self, together: Sequence[Call]) -> Diagnostic | None:
        """Where the fault is in the file alone, why; `together` are the layers that became one with the first."""
        if not self.is_in_file or self.fresh is None:
            return None
        layers = layers_of_other_weights(self.face.graph, self.fresh.graph)
        if not layers:
            return OnlyInThisFile()
        owners = layers_of_weights(self.fresh.graph)
        has_weights = [call.path for call in together if getattr(call.operation, "weights", None) and call.is_whole]
        folded = tuple(dict.fromkeys(path for path in has_weights if path not in owners))
        return OtherWeights(self._source(layers[0]), layers, folded)

    def _source(self, layer: str | None) -> Source:
        """Where a layer's operations come from in the user's code."""
        graphs = self.fresh.model.all_graphs() if self.fresh is not None and layer else ()
        sources = [each.source for graph in graphs for each in graph.operations if each.source.layer == layer]
        return next((each for each in sources if each.file), next(iter(sources), Source(layer or "")))

    def _result(
        self,
        kind: Kind,
        layer: str | None,
        findings: Sequence[Diagnostic],
        suspects: Sequence[Call],
        operator: Culprit | None = None,
        steps: Walked | None = None,
    ) -> Bisection:
        smallest = None
        if not self.is_in_file:
            sizes = open_sizes_of([_shape(value) for value in self.face.graph.inputs], self.arrays)
            smallest, calls = self.smallest(suspects, sizes)
            layer = calls[0].path if len(calls) == 1 else layer
        elif kind.is_of_runtime:
            findings = [*findings, OnlyInThisFile()]
        return Bisection(
            kind,
            self.is_in_file,
            layer or None,
            operator,
            () if steps is None else steps.telling,
            smallest,
            (*findings, *self.notes),
            self.subject.original.framework,
        )


def _in_front_of(first: Call, walked: Walked) -> tuple[list[Call], list[Call]]:
    """The last calls in front of one whose outputs are right, and those between whose outputs are not in the file."""
    if not first.path:
        same = [call for call in walked.calls if walked.fate(call) is Fate.SAME]
        after = walked.calls.index(same[-1]) + 1 if same else 0
        return same[-1:], [call for call in walked.calls[after:-1] if walked.fate(call) is Fate.ABSENT]
    right, between = set(), set()
    waiting = [first]
    while waiting:
        read = {id(tensor) for tensor in waiting.pop().tensors_in}
        for call in walked.calls:
            if call.path and call not in between and any(id(tensor) in read for tensor in call.tensors_out):
                if walked.fate(call) is Fate.SAME:
                    right.add(call)
                elif walked.fate(call) is Fate.ABSENT:
                    between.add(call)
                    waiting.append(call)
    return [call for call in walked.calls if call in right], [call for call in walked.calls if call in between]


def _shape(value: Value) -> list[int | None]:
    return [None if isinstance(size, Dim) else size for size in value.type.shape]
