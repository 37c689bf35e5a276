"""Ways to call a program of TensorFlow, as graphs with their signatures."""

from __future__ import annotations

import contextlib
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.graphs import DoesNotFit
from litesmith.diagnostics.internal import LoweringFailed
from litesmith.diagnostics.keras import InputMismatch
from litesmith.diagnostics.programs import NeedsInputs, NoForm
from litesmith.diagnostics.quoting import quoted
from litesmith.frontends.inputs import InputType, describe, flatten_given, given_input, with_batch, with_one_bound
from litesmith.frontends.open_sizes import OpenSizes
from litesmith.frontends.original import DEFAULT
from litesmith.frontends.tensorflow.graph import Body, Reference
from litesmith.frontends.tensorflow.interpreter import Interpreter
from litesmith.frontends.tensorflow.registry import as_value, why_without_form
from litesmith.frontends.tensorflow.state import INIT, State, assigning, begin, end, states_of
from litesmith.frontends.tensorflow.variables import Variable
from litesmith.frontends.tensorflow.wire import Malformed
from litesmith.ir.builder import building
from litesmith.ir.calling import Calling
from litesmith.ir.graph import Graph, Model, Signature, Value
from litesmith.ir.nesting import Nesting, nesting_of
from litesmith.ir.operator import TypeRule
from litesmith.ir.source import Source
from litesmith.ops.errors import Unsupported
from litesmith.opset.variable import RESET

CONTRADICTIONS = (TypeRule, LookupError, ValueError, TypeError, ArithmeticError)
"""What imports run into where operands and attributes are such as TensorFlow would not have put into a graph."""


class AnyShape(InputType):
    """An input of whose shape the program says nothing."""


class Way(Protocol):
    """One way to call a program.

    Attributes:
        name: as people call it.
        inputs: nested as it takes them, `InputType` leaves.
        interpreter: what runs the program.
        path: of the file that it is in; None for a program that TensorFlow has looked through.
    """

    name: str
    inputs: Any
    interpreter: Interpreter
    path: str | None

    @property
    def variables(self) -> Mapping[Hashable, Variable]:
        """Those that it may read or assign, each under the same key in all ways that have it."""
        ...

    def build(self, values: Sequence[Value]) -> Any:
        """What it returns for values in place of its inputs, nested as it returns it."""
        ...

    def wanted(self) -> tuple[Body, Sequence[Reference]]:
        """Where its outputs stand in the program."""
        ...


def import_ways(
    ways: Mapping[str, Way], given: Mapping[str, Any], batch: int | None
) -> tuple[Model, dict[str, Calling]]:
    """The graphs of ways by the name of their signature, and how they are called.

    That a variable is assigned is known only when the graphs have run, so they run again: it is no constant then,
    and what is assigned from it is not either.

    `given`: what the caller says of the inputs, by the name of the signature; None for nothing.

    Raises:
        LitesmithError: with the operations that have no form.
    """
    states: list[State] = []
    while True:
        init = assigning(states, INIT)
        found = {name: _signature(name, way, given.get(name), batch, states, init) for name, way in ways.items()}
        held = {key: variable for way in ways.values() for key, variable in way.variables.items()}
        assigned = {key for _, _, changed in found.values() for key in changed}
        if assigned <= {state.key for state in states}:
            break
        known = assigned | {state.key for state in states}
        states = states_of({key: variable for key, variable in held.items() if key in known})
    signatures = [signature for signature, _, _ in found.values()]
    if states:
        signatures.append(Signature(RESET, assigning(states, RESET), (), ()))
    calls = {name: calling for name, (_, calling, _) in found.items()}
    return Model([signature.graph for signature in signatures], signatures), calls


def _signature(
    name: str, way: Way, given: Any, batch: int | None, states: Sequence[State], init: Graph
) -> tuple[Signature, Calling, set[Hashable]]:
    """A way as a graph, how it is called, and the keys of the variables that it assigns."""
    nesting = nesting_of(way.inputs)
    leaves = [with_batch(leaf, batch) for leaf in _said(way, nesting.flatten(way.inputs), given)]
    leaves = nesting.flatten(with_one_bound(nesting.pack(leaves)))
    graph, sizes = Graph("main" if name == DEFAULT else name), OpenSizes()
    values = [graph.add_input(sizes.type(leaf), leaf.name) for leaf in leaves]
    with building(graph), _findings(way):
        begin(way.variables, states)
        returned = way.build(values)
        result = nesting_of(returned)
        graph.outputs = [as_value(item) for item in result.flatten(returned)]
        assigned = {key for key, variable in way.variables.items() if variable.is_assigned}
        end(way.variables, states, init)
    graph.prune()
    outputs = tuple(names_of(result))
    names = tuple(leaf.names for leaf in leaves)
    signature = Signature(name, graph, tuple(value.name for value in graph.inputs), outputs)
    return signature, Calling(nesting, result, names if any(names) else ()), assigned


def _said(way: Way, leaves: Sequence[InputType], given: Any) -> list[InputType]:
    """The inputs as the program has them, as far as the caller does not say more of them."""
    if given is None:
        if any(isinstance(leaf, AnyShape) for leaf in leaves):
            raise LitesmithError(NeedsInputs(way.name))
        return list(leaves)
    by_name = dict(given) if isinstance(given, Mapping) else None
    said = flatten_given(given) if by_name is None else [by_name.pop(leaf.name, None) for leaf in leaves]
    if by_name or len(said) != len(leaves):
        problem = f"{', '.join(map(repr, by_name))}" if by_name else f"{len(said)} inputs"
        raise LitesmithError(InputMismatch(problem, describe(list(leaves))))
    return [leaf if each is None else _given(leaf, each) for leaf, each in zip(leaves, said, strict=True)]


def _given(leaf: InputType, given: Any) -> InputType:
    return given_input(leaf, given, fixed=not isinstance(leaf, AnyShape))


@contextlib.contextmanager
def _findings(way: Way) -> Iterator[None]:
    """What has no form, as findings: of operations that nothing is known of, all that the program has."""
    try:
        yield
    except (LitesmithError, Malformed):
        raise
    except Unsupported as reason:
        body, wanted = way.wanted()
        unknown = way.interpreter.unknown(body, wanted)
        if unknown and way.interpreter.failed in [op for op, _ in unknown]:
            findings = [NoForm(source, f"tf.{op}", why_without_form(op)) for op, source in unknown]
            raise LitesmithError(list(dict.fromkeys(findings))) from reason
        source = way.interpreter.source or Source()
        raise LitesmithError(NoForm(source, source.operation or way.name, str(reason))) from reason
    except Exception as error:
        source = way.interpreter.source or Source()
        operation = source.operation or way.name
        if way.path is not None and isinstance(error, CONTRADICTIONS):
            raise LitesmithError(DoesNotFit(way.path, source, operation, quoted(error))) from error
        text = f"{type(error).__name__}: {error}"
        raise LitesmithError(LoweringFailed(source, operation, text)) from error


def names_of(nesting: Nesting) -> list[str]:
    """A name for each leaf: its keys, or its place."""
    if nesting.is_leaf:
        return ["output"]
    found: dict[int, str] = {}

    def visit(tree: Any, path: tuple[Any, ...]) -> None:
        if isinstance(tree, dict):
            for key, item in tree.items():
                visit(item, (*path, key))
        elif isinstance(tree, (list, tuple)):
            for place, item in enumerate(tree):
                visit(item, (*path, place))
        elif tree is not None:
            found[tree] = "/".join(map(str, path))

    visit(nesting.tree, ())
    if all(name.isdigit() for name in found.values()):
        return [f"output_{found[leaf]}" for leaf in sorted(found)]
    return [found[leaf] for leaf in sorted(found)]
