"""Running a model on symbolic tensors, so that it lowers itself."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import tree
from keras.src.ops.numpy import GetItem

from litesmith.diagnostics.base import Diagnostic, LitesmithError
from litesmith.diagnostics.internal import LoweringFailed
from litesmith.diagnostics.keras import (
    OutputIsNoTensor,
    OwnLoweringFailed,
    UnsupportedArgument,
    UnsupportedOperation,
    UntraceableLayer,
)
from litesmith.frontends.keras import through
from litesmith.frontends.keras.arguments import to_tensors, to_values
from litesmith.frontends.keras.intercept import intercepting, plain_keras
from litesmith.frontends.keras.provenance import current_layer, running_layer
from litesmith.frontends.keras.registry import (
    CallbackFailed,
    Declined,
    Lowering,
    is_keras_class,
    layer_lowering,
    lowering,
    may_take_complex,
    operation_lowering,
    quantized_lowering,
)
from litesmith.frontends.keras.state import Assignments, State, StatefulGraph
from litesmith.frontends.keras.tensor import LiteTensor, RawFrameworkCall
from litesmith.frontends.provenance import failing_line, is_users, users_line
from litesmith.ir.builder import building, current_builder
from litesmith.ir.dims import Dim, symbol
from litesmith.ir.graph import Graph, Operation, Value
from litesmith.ir.operator import SizesDiffer, TypeRule
from litesmith.ir.source import Place, Source, source_scope
from litesmith.ir.types import DType, TensorType
from litesmith.ops.array import as_value
from litesmith.ops.errors import Unsupported
from litesmith.opset.unmodeled import Missing

JAX_REFUSES = re.compile(
    r"([\w.]+)(?: at \w+>)? (?:as an abstract array|as a JAX value|requires ndarray or scalar).*LiteTensor'>", re.DOTALL
)
"""What JAX says of our tensors, and the function that was called on one."""

NO_METHOD = "'LiteTensor' object has no attribute"
"""What Python says where code of a framework takes our tensors for its own."""


COMPLEX_NUMBERS = "complex numbers; compute with their parts (ops.real, ops.imag)"


class CannotContinue(Exception):
    """An operation has no lowering, and not even its result's shape is known."""


class Tracer:
    """Builds a graph from the calls that Keras hands over.

    Attributes:
        found: what could not be lowered, and the operations that stand in the graph for it.
        failures: the exceptions behind those findings that are bugs of lowerings.
        path, classes: names of the layers that are running, and of their classes, the model itself left out.
        inside: how many layers are running, the model counted.
        scope: where variables stand for tensors of the graph.
    """

    def __init__(self, graph: Graph, states: Sequence[State] = ()) -> None:
        self.graph = graph
        self.scope = Assignments(states)
        self.found: list[tuple[Diagnostic, list[Operation]]] = []
        self.failures: list[Exception] = []
        self.path: list[str] = []
        self.classes: list[str] = []
        self.inside = 0
        self.root = sys._getframe()
        self.unknown = 0

    def run(self, model: Callable[..., Any], inputs: Any) -> Any:
        """`model(inputs)` with values for inputs; returns what the model returns, values for tensors."""
        self.root = sys._getframe()
        with building(self.graph), self.scope, intercepting(self), source_scope(Source()):
            self.scope.read_states()
            try:
                outputs = model(to_tensors(inputs))
            except CannotContinue:
                raise LitesmithError([finding for finding, _ in self.found]) from None
            return tree.map_structure(_output_value, outputs)

    def stateful_graph(self) -> StatefulGraph:
        """The graph with what it reads and writes of the states."""
        writes = {state: as_value(to_values(value)) for state, value in self.scope.new_values().items()}
        return StatefulGraph(self.graph, self.scope.reads, writes)

    def findings(self) -> list[Diagnostic]:
        """What stands in the way of the graph's outputs, when all that is computed in vain was removed."""
        return [finding for finding, places in self.found if not places or any(place.graph for place in places)]

    def call_function(self, name: str, original: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """A function of the backend, taken over by the lowering of its public name."""
        with source_scope(source := self._source(name, users_line(self.root))):
            rule = lowering(name)
            if rule is None:
                return self._through_framework(
                    UnsupportedOperation(source, _public(name)), name, original, args, kwargs
                )
            if _has_complex((args, kwargs)) and not (may_take_complex(name) or _is_own(rule)):
                finding = UnsupportedArgument(source, _public(name), COMPLEX_NUMBERS)
                return self._through_framework(finding, name, original, args, kwargs)
            return self._apply(rule, _public(name), original, source, (), args, kwargs)

    def _through_framework(
        self, finding: Diagnostic, name: str, original: Callable[..., Any], args: Any, kwargs: Any
    ) -> Any:
        """A function of the backend that has no form here, as the framework that Keras computes with has it."""
        if through.is_possible() and "random." not in name:
            try:
                return through.call(original, args, kwargs)
            except Unsupported as reason:
                if isinstance(finding, UnsupportedOperation):
                    finding = UnsupportedArgument(finding.source, finding.operation, str(reason))
            except Exception as error:
                if isinstance(finding, UnsupportedOperation):
                    self.failures.append(error)
        return self._placeholder(finding, name, original, args, kwargs)

    def _apply(
        self,
        rule: Lowering,
        name: str,
        original: Callable[..., Any],
        source: Source,
        before: tuple[Any, ...],
        args: Any,
        kwargs: Any,
    ) -> Any:
        """A lowering's result; where it has none, a finding and a placeholder."""
        finding: Diagnostic
        try:
            result = rule(*before, *to_values(args), **to_values(kwargs))
            if _is_own(rule):
                _require_values(result)
            return to_tensors(result)
        except (LitesmithError, CannotContinue, RawFrameworkCall, Declined):
            raise
        except CallbackFailed as failure:
            raise failure.__cause__ or failure from None
        except Unsupported as reason:
            finding = UnsupportedArgument(source, name, str(reason))
            if not (before or _is_own(rule)):
                return self._through_framework(finding, name, original, args, kwargs)
        except Exception as error:
            if isinstance(error, TypeRule):
                _require_accepted(original, args, kwargs)
            if isinstance(error, SizesDiffer):
                problem = f"its tensors fit each other for few inputs only: {error.__cause__ or error}"
                return self._placeholder(UnsupportedArgument(source, name, problem), name, original, args, kwargs)
            self.failures.append(error)
            finding = _failure(rule, name, source, error)
        return self._placeholder(finding, name, original, args, kwargs)

    def call_operation(self, operation: Any, args: Any, kwargs: Any) -> Any:
        """A `keras.Operation`: its `call` leads to functions of the backend, but for indexing."""
        if isinstance(operation, GetItem):
            return self.call_function("ops.get_item", operation.call, args, kwargs)
        rule = operation_lowering(operation)
        if rule is not None:
            return self._lower_call(rule, _class_name(operation, "keras.ops"), operation, args, kwargs)
        return operation.call(*args, **kwargs)

    def call_layer(self, layer: Any, args: Any, kwargs: Any) -> Any:
        """A layer: its lowering if it has one, else its own `call` on our tensors."""
        rule = layer_lowering(layer) if layer.quantization_mode is None else quantized_lowering(layer)
        place, before = len(self.path), self._kept()
        if self.inside:
            self.path.append(layer.name)
            self.classes.append(type(layer).__name__)
        self.inside += 1
        try:
            with running_layer(layer):
                if rule is not None:
                    return self._lower_call(rule, _class_name(layer, "keras.layers"), layer, args, kwargs)
                call = layer.call if layer.quantization_mode is None else layer.quantized_call
                return tree.map_structure(_as_tensor, call(*args, **kwargs))
        except (LitesmithError, CannotContinue):
            raise
        except Exception as error:
            if through.is_possible():
                return self._layer_through_framework(layer, error, before, args, kwargs)
            return self._untraceable(layer, error, args, kwargs)
        finally:
            self.inside -= 1
            del self.path[place:], self.classes[place:]

    def _source(self, operation: str, place: Place) -> Source:
        """What the layer that is running does, at a place of the user's code."""
        return Source("/".join(self.path), operation, classes=tuple(self.classes)).at(place)

    def _kept(self) -> tuple[int, dict[int, Any], dict[int, Any]]:
        """How many findings there are, and what variables stand for, as they are before a layer is called."""
        if not through.is_possible():
            return 0, {}, {}
        return len(self.found), dict(self.scope.state_mapping), dict(self.scope.assigned)

    def _layer_through_framework(
        self, layer: Any, failure: Exception, before: tuple[int, dict[int, Any], dict[int, Any]], args: Any, kwargs: Any
    ) -> Any:
        """A layer that failed on our tensors, as if it had not run before, as its framework computes it."""
        found, (count, held, assigned) = self.found[:], before
        self.found[count:] = []
        self.scope.state_mapping, self.scope.assigned = held, assigned
        call = layer.call if layer.quantization_mode is None else layer.quantized_call
        source = self._source(type(layer).__name__, failing_line(failure.__traceback__))
        try:
            with running_layer(layer), source_scope(source):
                return through.call(call, args, kwargs, layer.variables)
        except (LitesmithError, CannotContinue):
            raise
        except Exception as error:
            self.found[:] = found
            refused = JAX_REFUSES.search(str(failure)) or NO_METHOD in str(failure)
            is_raw = isinstance(failure, RawFrameworkCall) or refused
            told = error if isinstance(error, Unsupported) or is_raw else failure
            return self._untraceable(layer, told.with_traceback(failure.__traceback__), args, kwargs)

    def _lower_call(self, rule: Lowering, name: str, called: Any, args: Any, kwargs: Any) -> Any:
        """What the lowering of a layer or operation makes of one call of it."""
        with source_scope(source := self._source(name, users_line(self.root))):
            return self._apply(rule, name, called, source, (called,), args, kwargs)

    def call_update(self, metric: Any, original: Callable[..., Any], args: Any, kwargs: Any) -> None:
        """The update of a metric, which no output needs unless the model returns the metric's result.

        So one that cannot be followed only leaves the metric's variables unknown.
        """
        before = len(self.found)
        try:
            original(metric, *args, **kwargs)
        except Exception as error:
            if not isinstance(error, (LitesmithError, CannotContinue)):
                source = self._source(type(metric).__name__, failing_line(error.__traceback__))
                finding = UntraceableLayer(source, type(metric).__name__, _first_line(error), "update_state")
                self.found.append((finding, []))
            places = [self._unknown_variable(variable) for variable in metric.variables]
            self.found[before:] = [(finding, places) for finding, _ in self.found[before:]]
        self.scope.forget(metric.variables)

    def _unknown_variable(self, variable: Any) -> Operation:
        type = TensorType(DType(variable.dtype), tuple(variable.shape))
        place = current_builder().add(Missing(name=variable.path), [], [type])
        variable.assign(LiteTensor(place.result))
        return place

    def _untraceable(self, layer: Any, error: Exception, args: Any, kwargs: Any) -> Any:
        source = self._source(type(layer).__name__, failing_line(error.__traceback__))
        finding = UntraceableLayer(source, type(layer).__name__, _first_line(error))
        with source_scope(source):
            return self._placeholder(finding, type(layer).__name__, layer, args, kwargs)

    def _placeholder(self, finding: Diagnostic, name: str, called: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Note a finding, and return tensors of the type that Keras says the result has, so that the import goes on."""
        places: list[Operation] = []
        self.found.append((finding, places))
        try:
            # Keras' numpy backend computes with arrays of no meaning to find a shape.
            with plain_keras(), np.errstate(all="ignore"):
                spec = _output_spec(called, *_plain(args), **_plain(kwargs))
        except Exception as error:
            raise CannotContinue from error
        read = [leaf.value for leaf in tree.flatten((args, kwargs)) if isinstance(leaf, LiteTensor)]

        def missing(leaf: Any) -> Any:
            if not isinstance(leaf, keras.KerasTensor):
                return leaf
            sizes = tuple(self._size(axis, read) if size is None else size for axis, size in enumerate(leaf.shape))
            place = current_builder().add(Missing(name=name), read, [TensorType(DType(leaf.dtype), sizes)])
            current_builder().graph.anchor(place.result)
            places.append(place)
            return LiteTensor(place.result)

        return tree.map_structure(missing, spec)

    def _size(self, axis: int, read: Sequence[Value]) -> Dim:
        """A size that nothing is known about: the one that what was read has there, else a new one.

        Nothing is written of a graph with such a size: it only decides what else is found.
        """
        there = {value.type.shape[axis] for value in read if value.type.rank > axis}
        dynamic = [size for size in there if isinstance(size, Dim)]
        if len(dynamic) == 1:
            return dynamic[0]
        self.unknown += 1
        return symbol(f"unknown_{self.unknown}", 2 + self.unknown)


def _has_complex(arguments: Any) -> bool:
    """Whether complex numbers stand among arguments."""
    if isinstance(arguments, LiteTensor):
        return arguments.value.type.dtype is DType.COMPLEX64
    if isinstance(arguments, dict):
        return any(map(_has_complex, arguments.values()))
    return isinstance(arguments, (list, tuple)) and any(map(_has_complex, arguments))


def _public(name: str) -> str:
    """What the user calls a function of the backend: those that only layers use go by the layer's class."""
    layer = current_layer()
    if name.startswith("backend.") and layer is not None:
        return _class_name(layer, "keras.layers")
    return f"keras.{name}"


def _class_name(called: Any, home: str) -> str:
    """The class of a layer or operation, with its `home` in Keras where it comes with Keras."""
    name = type(called).__name__
    return f"{home}.{name}" if is_keras_class(type(called)) else name


def _is_own(rule: Lowering) -> bool:
    """Whether a lowering is the user's own."""
    code = getattr(inspect.unwrap(rule), "__code__", None)
    return code is not None and is_users(code.co_filename)


def _require_values(result: Any) -> None:
    for leaf in tree.flatten(result):
        if not isinstance(leaf, Value):
            raise TypeError(f"it returned an object of type {type(leaf).__name__} in place of a value of the graph")


def _failure(rule: Lowering, name: str, source: Source, error: Exception) -> Diagnostic:
    """A lowering broke: ours is our bug, one of the user's own is shown with its line."""
    text = f"{type(error).__name__}: {error}"
    if not _is_own(rule):
        return LoweringFailed(source, name, text)
    code = inspect.unwrap(rule).__code__
    place = failing_line(error.__traceback__)
    if place.file is None:
        place = Place(code.co_filename, code.co_firstlineno)
    return OwnLoweringFailed(Source(source.layer, source.operation, *place), name, text)


def _output_spec(called: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What Keras says a layer, an operation or a function returns; layers may say it themselves."""
    if isinstance(called, keras.Operation):
        return called.compute_output_spec(*args, **kwargs)
    leaves = tree.flatten((args, kwargs))

    def function(*tensors: Any) -> Any:
        """The call with its other arguments, such as seeds, out of the backend's sight: JAX takes arrays only."""
        left = iter(tensors)
        filled = [next(left) if isinstance(leaf, keras.KerasTensor) else leaf for leaf in leaves]
        filled_args, filled_kwargs = tree.pack_sequence_as((args, kwargs), filled)
        return called(*filled_args, **filled_kwargs)

    tensors = [leaf for leaf in leaves if isinstance(leaf, keras.KerasTensor)]
    return keras.src.backend.compute_output_spec(function, *tensors)


def _require_accepted(called: Callable[..., Any], args: Any, kwargs: Any) -> None:
    """Raises what Keras raises for these arguments, such as for tensors whose shapes do not go together."""
    with plain_keras(), np.errstate(all="ignore"):
        _output_spec(called, *_plain(args), **_plain(kwargs))


def _plain(arguments: Any) -> Any:
    """Arguments with plain Keras tensors in place of ours."""

    def convert(leaf: Any) -> Any:
        if isinstance(leaf, LiteTensor):
            shape = tuple(None if isinstance(size, Dim) else size for size in leaf.shape)
            return keras.KerasTensor(shape, leaf.dtype)
        return int(leaf) if isinstance(leaf, Dim) else leaf

    return tree.map_structure(convert, arguments)


def _first_line(error: Exception) -> str:
    """What went wrong, without what Keras writes around it."""
    refused = JAX_REFUSES.search(str(error))
    if refused:
        return f"the JAX function {refused[1]} was called on a tensor of the model"
    emphasized = re.findall("\x1b\\[1m(.*?)(?:\n|\x1b\\[0m)", str(error))
    text = (emphasized[-1] if emphasized else str(error)).strip()
    return text.split("\n")[0] or type(error).__name__


def _as_tensor(leaf: Any) -> Any:
    """What a layer returned, as one of our tensors where it is an array or a variable."""
    if isinstance(leaf, LiteTensor) or leaf is None:
        return leaf
    if isinstance(leaf, keras.Variable) or keras.ops.is_tensor(leaf):
        return to_tensors(to_values(leaf))
    return leaf


def _output_value(leaf: Any) -> Any:
    """An output of the model as a value; numbers are constants."""
    if isinstance(leaf, LiteTensor):
        return leaf.value
    if isinstance(leaf, Dim):
        return as_value(leaf)
    if isinstance(leaf, (keras.Variable, bool, int, float, np.ndarray, np.generic)) or keras.ops.is_tensor(leaf):
        return as_value(to_values(leaf))
    if leaf is None:
        return None
    raise LitesmithError(OutputIsNoTensor(f"{type(leaf).__module__}.{type(leaf).__qualname__}"))
