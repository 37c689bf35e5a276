"""Functions of JAX arrays, and what can be called like one, as what can be converted and compared with."""

from __future__ import annotations

import contextlib
import importlib.util
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.programs import CannotFollow, NeedsInputs, NoForm, NoFramework
from litesmith.diagnostics.quoting import quoted
from litesmith.frontends.inputs import InputType, given_inputs, with_batch
from litesmith.frontends.jax.lines import users_place
from litesmith.frontends.open_sizes import OpenSizes
from litesmith.frontends.options import Options
from litesmith.frontends.original import DEFAULT, Imported
from litesmith.frontends.provenance import failing_line
from litesmith.frontends.shape_text import nested_inputs
from litesmith.ir.builder import building
from litesmith.ir.calling import Calling
from litesmith.ir.graph import Graph, Model, Signature
from litesmith.ir.nesting import nesting_of
from litesmith.ir.source import Source
from litesmith.ops.errors import Unsupported


class JaxFunction:
    """A function of JAX arrays.

    It is called with its inputs as they are nested: one is its only argument, a list or tuple are its arguments in
    order; a dictionary is its arguments by name where it has such, else one argument.
    """

    framework = "JAX"
    roundings = 0.0

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.name = getattr(function, "__qualname__", None) or type(function).__qualname__

    def import_graphs(
        self, inputs: Any, batch: int | None, options: Options, signatures: Mapping[str, Any] | None
    ) -> Imported:
        entries = self._entries(inputs, signatures)
        traced = {name: each._graph(name, given, batch) for name, (each, given) in entries.items()}
        calls = {name: calling for name, (_, calling) in traced.items()}
        found = [signature for signature, _ in traced.values()]
        model = Model([signature.graph for signature in found], found)
        return Imported(model, calls, {name: each for name, (each, _) in entries.items()})

    def said_inputs(self, texts: Sequence[str]) -> Any:
        return nested_inputs(texts)

    def run(self, inputs: Any) -> Any:
        import jax

        args, kwargs = self._arguments(inputs)
        return jax.tree_util.tree_map(np.asarray, jax.jit(self.function)(*args, **kwargs))

    def run_in_turn(self, calls: Sequence[Any], state: Mapping[str, Any]) -> list[Any]:
        return [self.run(inputs) for inputs in calls]

    def _entries(self, inputs: Any, signatures: Mapping[str, Any] | None) -> dict[str, tuple[JaxFunction, Any]]:
        """By the name of a signature, the function that it calls and what is said of its inputs."""
        if signatures is None:
            return {DEFAULT: (self, inputs)}
        return {
            name: (JaxFunction(given[0]), given[1]) if _is_call(given) else (self, given)
            for name, given in signatures.items()
        }

    def _graph(self, name: str, given: Any, batch: int | None) -> tuple[Signature, Calling]:
        """The function as a graph, for inputs as the caller says them."""
        import jax

        if given is None:
            raise LitesmithError(NeedsInputs(self.name))
        inputs = jax.tree_util.tree_map(partial(_as_jax_takes_it, batch), self._named(given_inputs(given, "float32")))
        nesting, sizes, result, lines = nesting_of(inputs), OpenSizes(), _Result(), _Lines(self.name)
        leaves: list[InputType] = nesting.flatten(inputs)
        graph = Graph("main" if name == DEFAULT else name)
        values = [graph.add_input(sizes.type(leaf), leaf.name) for leaf in leaves]

        def on_tracers(*arrays: Any) -> list[Any]:
            args, kwargs = self._arguments(nesting.pack(arrays))
            return result.take(self.function(*args, **kwargs))

        from litesmith.frontends.jax import tracing

        with building(graph), self._findings(lines):
            graph.outputs = tracing.call(on_tracers, values, where_from=lines.of)
        graph.prune()
        signature = Signature(name, graph, tuple(value.name for value in graph.inputs), tuple(result.names()))
        names = tuple(leaf.names for leaf in leaves)
        return signature, Calling(nesting, nesting_of(result.structure), names if any(names) else ())

    @contextlib.contextmanager
    def _findings(self, lines: _Lines) -> Iterator[None]:
        """What is raised inside, as findings."""
        try:
            yield
        except LitesmithError:
            raise
        except Unsupported as reason:
            raise LitesmithError(NoForm(lines.latest, self.name, str(reason))) from reason
        except Exception as error:
            source = Source(self.name, "", *failing_line(error.__traceback__))
            raise LitesmithError(CannotFollow(source, self.framework, self.name, quoted(error))) from error

    def _arguments(self, inputs: Any) -> tuple[Sequence[Any], Mapping[str, Any]]:
        """What to call the function with, in order and by name."""
        if isinstance(inputs, dict) and inputs.keys() <= set(self._parameters()):
            return (), inputs
        return (inputs, {}) if isinstance(inputs, (list, tuple)) else ((inputs,), {})

    def _named(self, inputs: Any) -> Any:
        """Inputs that are arguments in order, by the names of the function's parameters."""
        names = self._parameters()
        if isinstance(inputs, InputType):
            return replace(inputs, name=names[0]) if names and inputs.name == "input" else inputs
        if not isinstance(inputs, (list, tuple)) or len(names) < len(inputs):
            return inputs
        named = zip(inputs, names, strict=False)
        return type(inputs)(
            replace(leaf, name=name) if isinstance(leaf, InputType) and leaf.name == f"input_{place}" else leaf
            for place, (leaf, name) in enumerate(named)
        )

    def _parameters(self) -> list[str]:
        """The names of the function's parameters; none where it says nothing of them."""
        try:
            parameters = inspect.signature(self.function).parameters.values()
        except (TypeError, ValueError):
            return []
        return [each.name for each in parameters if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)]


class _Result:
    """How what a function returned is nested."""

    def __init__(self) -> None:
        self.structure: Any = None

    def take(self, returned: Any) -> list[Any]:
        """The arrays that a function returned."""
        import jax

        leaves: list[Any] = jax.tree_util.tree_leaves(returned)
        nesting = nesting_of(returned)
        fits = len(nesting.flatten(returned)) == len(leaves)  # classes of the user's are nested for JAX alone
        self.structure = nesting.pack(range(len(leaves))) if fits else list(range(len(leaves)))
        return leaves

    def names(self) -> list[str]:
        """A name for each: its keys, or its place."""
        import jax

        paths, _ = jax.tree_util.tree_flatten_with_path(self.structure)
        if len(paths) == 1 and not paths[0][0]:
            return ["output"]
        return ["/".join(str(getattr(key, "key", getattr(key, "idx", key))) for key in path) for path, _ in paths]


def original_of(function: Any) -> JaxFunction:
    """A function, or another object that is called on arrays.

    Raises:
        LitesmithError: P104 where JAX is not installed.
    """
    if importlib.util.find_spec("jax") is None:
        raise LitesmithError(NoFramework("JAX", getattr(function, "__qualname__", type(function).__qualname__)))
    return JaxFunction(function)


def _is_call(given: Any) -> bool:
    """Whether it is a pair of what is called and its inputs."""
    return isinstance(given, tuple) and len(given) == 2 and callable(given[0])


def _as_jax_takes_it(batch: int | None, leaf: InputType) -> InputType:
    """An input of an element type that JAX computes with: without its 64 bit mode it has none of 64 bits."""
    import jax

    dtype = str(jax.dtypes.canonicalize_dtype(leaf.dtype))
    return with_batch(InputType(leaf.name, leaf.shape, dtype, leaf.names), batch)


class _Lines:
    """The lines of a function's code that called JAX.

    Attributes:
        latest: that of the equation that is imported.
    """

    def __init__(self, function: str) -> None:
        self.function = function
        self.latest = Source(function)

    def of(self, equation: Any) -> Source:
        """The source of an equation."""
        self.latest = Source(self.function, "", *users_place(equation))
        return self.latest
