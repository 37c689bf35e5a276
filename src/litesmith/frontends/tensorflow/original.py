"""Functions of TensorFlow as what can be converted and compared with."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.keras import InputMismatch, NotAModel
from litesmith.diagnostics.programs import CannotFollow, NeedsInputs
from litesmith.diagnostics.quoting import quoted
from litesmith.frontends.inputs import InputType, dtype_name, given_inputs
from litesmith.frontends.options import Options
from litesmith.frontends.original import DEFAULT, Imported
from litesmith.frontends.provenance import failing_line, is_users
from litesmith.frontends.shape_text import nested_inputs
from litesmith.frontends.tensorflow.graph import Body, Reference
from litesmith.frontends.tensorflow.interpreter import WhereFrom
from litesmith.frontends.tensorflow.tracing import Concrete
from litesmith.frontends.tensorflow.variables import Variable
from litesmith.frontends.tensorflow.ways import AnyShape, import_ways
from litesmith.ir.graph import Value
from litesmith.ir.nesting import nesting_of
from litesmith.ir.source import Source


class TensorFlowFunction:
    """A `tf.function`, or a concrete function of one.

    It is called with its inputs as they are nested: one is its only argument, a list or tuple are its arguments in
    order, a dictionary its arguments by name.
    """

    framework = "TensorFlow"
    roundings = 0.0

    def __init__(self, function: Any) -> None:
        self.function = function
        self.name = _name_of(function)

    def import_graphs(
        self, inputs: Any, batch: int | None, options: Options, signatures: Mapping[str, Any] | None
    ) -> Imported:
        entries: dict[str, tuple[Any, Any]] = {DEFAULT: (self.function, inputs)}
        if signatures is not None:
            entries = {name: said if _is_call(said) else (self.function, said) for name, said in signatures.items()}
        ways = {name: ConcreteWay(*self._concrete(function, given)) for name, (function, given) in entries.items()}
        given = {
            name: said for name, (function, said) in entries.items() if _is_concrete(function) or _has_types(function)
        }
        model, callings = import_ways(ways, given, batch)
        return Imported(model, callings, {name: ConcreteFunction(way) for name, way in ways.items()})

    def said_inputs(self, texts: Sequence[str]) -> Any:
        return nested_inputs(texts)

    def run(self, inputs: Any) -> Any:
        return self.run_in_turn([inputs], {})[0]

    def run_in_turn(self, calls: Sequence[Any], state: Mapping[str, Any]) -> list[Any]:
        return ConcreteFunction(ConcreteWay(*self._concrete(self.function, calls[0]))).run_in_turn(calls, state)

    def _concrete(self, function: Any, given: Any) -> tuple[Any, str]:
        """A concrete function, traced for the inputs that the caller says where it does not say them itself."""
        name = _name_of(function)
        if _is_concrete(function):
            return function, name
        try:
            if _has_types(function):
                return function.get_concrete_function(), name
            if given is None:
                raise LitesmithError(NeedsInputs(name))
            specs = _specs(given_inputs(given, "float32"))
            args, kwargs = _arguments(specs)
            return function.get_concrete_function(*args, **kwargs), name
        except LitesmithError:
            raise
        except Exception as error:
            source = Source(name, "", *failing_line(error.__traceback__))
            raise LitesmithError(CannotFollow(source, self.framework, name, quoted(error))) from error


class ConcreteWay:
    """A concrete function as a way to call its graph."""

    path: str | None = None

    def __init__(self, concrete: Any, name: str) -> None:
        self.name = name
        self.concrete = Concrete(concrete, _lines_of(name, concrete.graph))
        self.interpreter = self.concrete.interpreter
        self.specs = concrete.structured_input_signature
        self.inputs = _nested(self.specs, [placeholder.op.name for placeholder in concrete.graph.inputs])

    def build(self, values: Sequence[Value]) -> Any:
        return _packed(self.concrete.function.structured_outputs, self.concrete.results(values))

    @property
    def variables(self) -> Mapping[Hashable, Variable]:
        return self.concrete.variables

    def wanted(self) -> tuple[Body, Sequence[Reference]]:
        return self.concrete.program, self.concrete.wanted


class ConcreteFunction:
    """A concrete function, as what its file is compared with."""

    framework = "TensorFlow"
    roundings = 0.0

    def __init__(self, way: ConcreteWay) -> None:
        self.way = way

    def import_graphs(
        self, inputs: Any, batch: int | None, options: Options, signatures: Mapping[str, Any] | None
    ) -> Imported:
        model, calls = import_ways({DEFAULT: self.way}, {DEFAULT: inputs}, batch)
        return Imported(model, calls, {DEFAULT: self})

    def said_inputs(self, texts: Sequence[str]) -> Any:
        return nested_inputs(texts)

    def run(self, inputs: Any) -> Any:
        return self.run_in_turn([inputs], {})[0]

    def run_in_turn(self, calls: Sequence[Any], state: Mapping[str, Any]) -> list[Any]:
        """Variables hold afterwards what they held before."""
        held = [each for each in self.way.variables.values() if each.origin is not None]
        before = [(each.origin, each.origin.numpy()) for each in held]
        try:
            for each in held:
                if each.name in state:
                    each.origin.assign(state[each.name])
            return [self._run(inputs) for inputs in calls]
        finally:
            for variable, array in before:
                if not np.array_equal(variable.numpy(), array, equal_nan=array.dtype.kind == "f"):
                    variable.assign(array)

    def _run(self, inputs: Any) -> Any:
        nesting = nesting_of(self.way.inputs)
        leaves = iter(tf.constant(array) for array in nesting.flatten(inputs))
        filled = [next(leaves) if isinstance(spec, tf.TypeSpec) else spec for spec in tf.nest.flatten(self.way.specs)]
        args, kwargs = tf.nest.pack_sequence_as(self.way.specs, filled)
        returned = self.way.concrete.function(*args, **kwargs)
        return tf.nest.map_structure(lambda leaf: None if leaf is None else np.asarray(leaf), returned)


def original_of(function: Any) -> TensorFlowFunction:
    """A `tf.function` or a concrete function.

    Raises:
        LitesmithError: K303 for other objects of TensorFlow.
    """
    if not (_is_concrete(function) or hasattr(function, "get_concrete_function")):
        raise LitesmithError(NotAModel(f"{type(function).__module__}.{type(function).__qualname__}"))
    return TensorFlowFunction(function)


def _name_of(function: Any) -> str:
    found = getattr(function, "__name__", None) or getattr(function, "name", None)
    found = found.decode(errors="replace") if isinstance(found, bytes) else found
    return str(found or type(function).__qualname__)


def _is_concrete(function: Any) -> bool:
    return hasattr(function, "structured_input_signature") and hasattr(function, "graph")


def _has_types(function: Any) -> bool:
    """Whether a function says itself what it takes."""
    return getattr(function, "input_signature", None) is not None


def _is_call(given: Any) -> bool:
    """Whether it is a pair of what is called and its inputs."""
    return isinstance(given, tuple) and len(given) == 2 and callable(given[0])


def _nested(specs: Any, names: Sequence[str]) -> Any:
    """The tensors among arguments, as they are nested: one alone, several in a list, or by name."""
    left = iter(names)
    leaves = [_input(spec, next(left)) if isinstance(spec, tf.TypeSpec) else None for spec in tf.nest.flatten(specs)]
    args, kwargs = tf.nest.pack_sequence_as(specs, leaves)
    in_order = [item for item in args if any(tf.nest.flatten(item))]
    by_name = {key: item for key, item in kwargs.items() if any(tf.nest.flatten(item))}
    if by_name and in_order:
        return {leaf.name: leaf for leaf in leaves if leaf is not None}
    return by_name or (in_order[0] if len(in_order) == 1 else in_order)


def _input(spec: Any, name: str) -> InputType:
    if not isinstance(spec, tf.TensorSpec):
        problem = f"the input '{name}' is a {type(spec).__name__}"
        raise LitesmithError(InputMismatch(problem, "tensors"))
    if spec.shape.rank is None:
        return AnyShape(name, (), dtype_name(spec.dtype))
    shape: tuple[int | None, ...] = tuple(spec.shape.as_list())
    return InputType(name, shape, dtype_name(spec.dtype))


def _specs(inputs: Any) -> Any:
    nesting = nesting_of(inputs)
    leaves: list[InputType] = nesting.flatten(inputs)
    return nesting.pack([tf.TensorSpec(leaf.shape, leaf.dtype) for leaf in leaves])


def _arguments(specs: Any) -> tuple[Sequence[Any], Mapping[str, Any]]:
    """What to call a function with, in order and by name."""
    if isinstance(specs, dict):
        return (), specs
    return (specs, {}) if isinstance(specs, (list, tuple)) else ((specs,), {})


def _packed(structure: Any, results: Sequence[Any]) -> Any:
    """What a function returned, with items for its tensors."""
    left = iter(results)
    leaves = [None if leaf is None else next(left) for leaf in tf.nest.flatten(structure)]
    return tf.nest.pack_sequence_as(structure, leaves)


def _lines_of(name: str, graph: Any) -> WhereFrom:
    """The source of a node: the function, and the user's line that called TensorFlow for it."""

    def source(node: Any, depth: int) -> Source | None:
        if depth:
            return None
        for frame in reversed(graph.get_operation_by_name(node.name).traceback):
            if is_users(frame.filename):
                return Source(name, "", frame.filename, frame.lineno)
        return Source(name)

    return source
