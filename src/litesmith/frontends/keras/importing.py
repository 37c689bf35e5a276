"""From a live Keras model to a graph."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import tree

from litesmith.diagnostics.base import Diagnostic, LitesmithError
from litesmith.diagnostics.keras import (
    BatchOfTheFirstFit,
    DiffersEachTime,
    ForgotSuper,
    NotAModel,
    SizeReadAsNumber,
    TextInput,
    UnsupportedArgument,
    UnsupportedOperation,
)
from litesmith.diagnostics.telling import tell
from litesmith.frontends.inputs import BatchWhereOpen, InputType
from litesmith.frontends.keras.boundary import Boundary, cutting
from litesmith.frontends.keras.face import output_names, unique
from litesmith.frontends.keras.running import CallFailed, arguments, is_built, run_keras
from litesmith.frontends.keras.signatures import DEFAULT, Entry, Method, entries_of
from litesmith.frontends.keras.size_questions import Questions
from litesmith.frontends.keras.state import INIT, State, StatefulGraph, assigning, live_states, states_of
from litesmith.frontends.keras.tracing import CannotContinue, Tracer
from litesmith.frontends.open_sizes import OpenSizes
from litesmith.frontends.options import Options, using
from litesmith.frontends.options import options as chosen_options
from litesmith.ir.calling import Calling
from litesmith.ir.compare import first_difference
from litesmith.ir.dims import telling
from litesmith.ir.element_types import note_output
from litesmith.ir.graph import Graph, Model, Signature, Value
from litesmith.ir.kernel_traps import MOST_AXES
from litesmith.ir.nesting import Nesting, flat_nesting, nesting_of
from litesmith.ir.source import Source
from litesmith.ir.types import DType
from litesmith.ops.measured import Probing, probing
from litesmith.opset.unmodeled import Missing
from litesmith.opset.variable import RESET
from litesmith.preprocessing.pipeline import Preprocessing

NO_FORM = (UnsupportedOperation, UnsupportedArgument)
"""What is found of operations; what the user's code raises is found of layers."""


@dataclass(frozen=True)
class ImportedModel:
    """A Keras model as graphs, with how each signature is called, by its name."""

    model: Model
    calls: dict[str, Calling]
    entries: tuple[Entry, ...]
    preprocessing: Preprocessing | None = None
    """What is left to the app, where that was asked for and there is anything."""


@dataclass(frozen=True)
class _Trace:
    """One run of one entry: the graph that it built, what it returned, and where it was cut, if it was."""

    entry: Entry
    kept: StatefulGraph
    structure: Any
    tracer: Tracer
    boundary: Boundary | None
    questions: Questions

    @property
    def graph(self) -> Graph:
        return self.kept.graph

    @property
    def preprocessing(self) -> Preprocessing | None:
        """What is left to the app, if anything."""
        if self.boundary is None or not self.boundary.placed:
            return None
        return self.boundary.preprocessing(self.entry.inputs)

    def signature(self) -> Signature:
        inputs = tuple(value.name for value in self.graph.inputs)
        outputs = output_names(self.entry.model, self.structure)
        return Signature(self.entry.name, self.graph, inputs, tuple(outputs))

    def calling(self) -> Calling:
        if self.preprocessing is not None:
            names = [value.name for value in self.graph.inputs]
            inputs = flat_nesting(1) if len(names) == 1 else Nesting({name: i for i, name in enumerate(names)})
            return Calling(inputs, nesting_of(self.structure))
        sizes = tuple(leaf.names for leaf in tree.flatten(self.entry.inputs))
        return Calling(nesting_of(self.entry.inputs), nesting_of(self.structure), sizes if any(sizes) else ())


def import_model(
    model: Any,
    inputs: Any = None,
    batch: int | None = None,
    options: Options | None = None,
    signatures: Mapping[str, Any] | None = None,
) -> ImportedModel:
    """Run a Keras model on symbolic tensors and return the graph it lowers itself to, one for each signature.

    Raises:
        LitesmithError: with everything that has no LiteRT form, or sizes read as numbers.
    """
    if not isinstance(model, keras.Layer):
        raise LitesmithError(NotAModel(f"{type(model).__module__}.{type(model).__qualname__}"))
    if not hasattr(model, "built"):
        raise LitesmithError(ForgotSuper(type(model).__name__))
    entries = entries_of(model, inputs, batch, signatures)
    if inputs is None and signatures is None and (batch is None or isinstance(batch, BatchWhereOpen)):
        _tell_of_its_batch(model, entries)
    leaves = [leaf for entry in entries for leaf in tree.flatten(entry.inputs)]
    texts = [TextInput(leaf.name) for leaf in leaves if leaf.dtype == "string"]
    if texts and not (options or Options()).split_preprocessing:
        raise LitesmithError(_unique(texts))
    for entry in entries:
        if not is_built(entry.model):
            _build(entry.model, entry.inputs)
    with using(options or Options()):
        traces, live = _follow(entries)
    for trace in traces:
        _note_outputs(trace)
    model = _model([trace.signature() for trace in traces], live)
    calls = {trace.entry.name: trace.calling() for trace in traces}
    return ImportedModel(
        model, calls, tuple(entries), next(filter(None, (trace.preprocessing for trace in traces)), None)
    )


def _tell_of_its_batch(model: Any, entries: Sequence[Entry]) -> None:
    """Tell of a batch that Keras took from data; layers with state need one that is known."""
    if not isinstance(model, keras.Sequential):
        return
    keeps_state = any(getattr(layer, "stateful", False) for layer in model._flatten_layers())
    for leaf in tree.flatten([entry.inputs for entry in entries]):
        if leaf.shape and leaf.shape[0] is not None and leaf.shape[0] > 1 and not keeps_state:
            tell(BatchOfTheFirstFit(leaf.shape[0], leaf.shape[1:]))


def _note_outputs(trace: _Trace) -> None:
    """Tell of outputs that have another type than a functional model says, as Keras' backends convert some."""
    model = getattr(trace.entry.model, "_functional", None) or trace.entry.model
    declared = [leaf for leaf in tree.flatten(getattr(model, "_outputs_struct", None)) if leaf is not None]
    names = trace.signature().outputs
    if len(declared) == len(names) == len(trace.graph.outputs):
        for name, tensor, value in zip(names, declared, trace.graph.outputs, strict=True):
            note_output(name, tensor.dtype, value.type.dtype)


def _model(signatures: Sequence[Signature], live: Sequence[State]) -> Model:
    """The model of these signatures, and of one that sets the state back where they keep any."""
    signatures = list(signatures)
    if live and any(signature.name == RESET for signature in signatures):
        raise ValueError(f"the signature {RESET!r} is the one that sets the state back; call yours another name")
    if live:
        signatures.append(Signature(RESET, assigning(live, RESET), (), ()))
    return Model([signature.graph for signature in signatures], signatures)


def _follow(entries: Sequence[Entry]) -> tuple[list[_Trace], list[State]]:
    """The traces of all entries, and the states that outputs depend on, which they keep."""
    traces, states = _trace_all(entries)
    live = live_states([trace.kept for trace in traces])
    init = assigning(live, INIT)

    def finished(trace: _Trace) -> Graph:
        trace.kept.keep(live, init)
        _prune(trace.graph)
        if trace.boundary is not None:
            trace.boundary.finish()
        return trace.graph

    graphs = list(map(finished, traces))
    findings = [finding for trace in traces for finding in (*trace.tracer.findings(), *_too_many_axes(trace.graph))]
    findings += [finding for trace in traces if trace.boundary for finding in trace.boundary.findings()]
    if findings:
        failures = [failure for trace in traces for failure in trace.tracer.failures]
        raise LitesmithError(_unique(findings)) from (failures[0] if failures else None)
    for entry, graph, trace in zip(entries, graphs, traces, strict=True):
        if graph.anchors:
            _check_sizes(graph, lambda run, changed: finished(_trace(entry, states, run, changed)))  # noqa: B023
            _check_answers(graph, trace.questions, lambda sizes: _trace(entry, states, given=sizes), finished)  # noqa: B023
    return traces, live


def _trace_all(entries: Sequence[Entry]) -> tuple[list[_Trace], tuple[State, ...]]:
    """The first run of each entry, and the states: variables that any of them assigns.

    That a variable is assigned is known only when the model has run, so it runs again: the variable is
    no constant then, and what is assigned from it is not either.
    """
    states: tuple[State, ...] = ()
    while True:
        traces = [_trace(entry, states) for entry in entries]
        known = {id(state.variable): state.variable for state in states}
        assigned = {key: value for trace in traces for key, value in trace.tracer.scope.assigned.items()}
        if assigned.keys() <= known.keys():
            return traces, states
        states = states_of((known | assigned).values())


def _build(model: Any, types: Any) -> None:
    """Call a model once on zeros, so that all its weights are there before it is followed."""

    def zeros(leaf: InputType) -> Any:
        sizes = tuple(map(int, OpenSizes(0).type(leaf).shape))
        return np.full(sizes, "") if leaf.dtype == "string" else np.zeros(sizes, DType(leaf.dtype).numpy)

    with keras.StatelessScope() if isinstance(model, Method) else contextlib.nullcontext():
        run_keras(model, tree.map_structure(zeros, types))


def _trace(
    entry: Entry,
    states: Sequence[State],
    run: int = 0,
    changed: str | None = None,
    given: Mapping[str, int] | None = None,
) -> _Trace:
    """One run; `run` chooses the probe values of unknown sizes, of all of them or of the one `changed`.

    `given`: the probe values of some sizes.
    """
    graph = Graph("main" if entry.name == DEFAULT else entry.name)
    sizes = OpenSizes(run, changed, given or {})
    leaves = tree.flatten(entry.inputs)
    names = unique([leaf.name for leaf in leaves])
    boundary = Boundary(graph, sizes.new) if chosen_options().split_preprocessing else None
    take = graph.add_input if boundary is None else boundary.take_input
    values = [take(sizes.type(leaf), name) for leaf, name in zip(leaves, names, strict=True)]
    tracer = Tracer(graph, states)
    questions = Questions(sizes.known, sizes.most, lambda: "/".join(tracer.path))
    chosen = Probing(lambda name: run if changed in (None, name) else 0, sizes.given, sizes.known)
    with probing(chosen), cutting(boundary), telling(questions.ask):
        structure = tracer.run(lambda tensors: _call(entry.model, tensors), tree.pack_sequence_as(entry.inputs, values))
    graph.outputs = [leaf for leaf in tree.flatten(structure) if isinstance(leaf, Value)]
    return _Trace(entry, tracer.stateful_graph(), structure, tracer, boundary, questions)


def _too_many_axes(graph: Graph) -> Iterator[Diagnostic]:
    """Where tensors of more axes than any kernel takes come from; what is made of them is not told as well."""
    refusal = f"axes, where LiteRT takes {MOST_AXES} at most"
    told = {value for value in graph.inputs if value.type.rank > MOST_AXES}
    for value in told:
        yield UnsupportedArgument(Source(), "keras.Input", f"'{value.name}' has {value.type.rank} {refusal}")
    for operation in (operation for each in Model([graph]).all_graphs() for operation in each.operations):
        most = max((value.type.rank for value in operation.results), default=0)
        if not told.isdisjoint(operation.operands) or isinstance(operation.operator, Missing):
            told.update(operation.results)
        elif most > MOST_AXES:
            told.update(operation.results)
            name = f"keras.{operation.source.operation}"
            yield UnsupportedArgument(operation.source, name, f"a tensor of {most} {refusal}")


def _prune(graph: Graph) -> None:
    """Remove what is computed in vain, in loops and branches as well."""
    graphs = list(Model([graph]).all_graphs())
    for each in graphs:
        each.prune()
    for unread in set(graphs) - set(Model([graph]).all_graphs()):
        unread.outputs = []
        unread.prune()


def _call(model: Any, tensors: Any) -> Any:
    """The model's inference; what stops it before it calls any layer is about its arguments."""
    args, kwargs = arguments(model, tensors)
    try:
        return model(*args, **kwargs)
    except (LitesmithError, CannotContinue):
        raise
    except Exception as error:
        raise CallFailed(tensors, error) from error


def _check_sizes(first: Graph, again: Callable[[int, str | None], Graph]) -> None:
    """Both runs must give one graph: where they differ, a size was read as a number.

    `again` runs the model with the probe values of a run, of all sizes or of the one called so.
    """
    difference = first_difference(first, again(1, None))
    if difference is None:
        return
    repeated = first_difference(first, again(0, None))
    if repeated is not None:
        raise LitesmithError(DiffersEachTime(repeated.source, repeated.what))
    unknown = sorted({symbol.name for symbol in first.anchors})
    read = [name for name in unknown if first_difference(first, again(1, name)) is not None]
    raise LitesmithError(SizeReadAsNumber(difference.source, ", ".join(read or unknown), difference.what))


def _check_answers(
    first: Graph,
    questions: Questions,
    again: Callable[[Mapping[str, int]], _Trace],
    finished: Callable[[_Trace], Graph],
) -> None:
    """What Python code asks about a size must not change the graph; it may refuse the size that is answered otherwise.

    `again` runs the model with some sizes given.
    """
    for question in questions.other_answers():
        graph: Graph | None = None
        try:
            trace = again({question.size: question.value})
            graph, findings = finished(trace), trace.tracer.findings()
        except LitesmithError as error:
            findings = list(error.diagnostics)
        except Exception:  # of the model itself, which does not take such a size
            continue
        is_refused = bool(findings) and not any(isinstance(finding, NO_FORM) for finding in findings)
        if not is_refused and (graph is None or findings or first_difference(first, graph) is not None):
            raise LitesmithError(SizeReadAsNumber(question.source, question.size, "what follows from an `if` about it"))


def _unique(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    return list(dict.fromkeys(diagnostics))


__all__ = ["ImportedModel", "import_model"]
