"""Modules and exported programs of torch as what can be converted and compared with."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch.export import ExportedProgram
from torch.export.graph_signature import InputKind, TensorArgument
from torch.utils import _pytree as pytree

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.keras import NotAModel
from litesmith.diagnostics.programs import CannotFollow, MadeForOneSize, NeedsInputs, NoForm
from litesmith.diagnostics.quoting import quoted
from litesmith.frontends.inputs import InputType, flatten_given, given_input, given_inputs, with_batch
from litesmith.frontends.open_sizes import OpenSizes
from litesmith.frontends.options import Options, using
from litesmith.frontends.original import DEFAULT, Imported
from litesmith.frontends.provenance import failing_line, is_users
from litesmith.frontends.shape_text import nested_inputs
from litesmith.frontends.torch.decisions import SizeDecides, check_decisions
from litesmith.frontends.torch.examples import Sizes, first_that_works
from litesmith.frontends.torch.exporting import Called, export, line_of, modules_of, prepared
from litesmith.frontends.torch.interpreter import Interpreter
from litesmith.frontends.torch.tensors import array_of, as_value, torch_dtype
from litesmith.ir.builder import building
from litesmith.ir.calling import Calling
from litesmith.ir.dims import Dim, Shape
from litesmith.ir.graph import Graph, Model, Signature, Value
from litesmith.ir.named_size import NamedSize
from litesmith.ir.nesting import Nesting, flat_nesting, nesting_of
from litesmith.ir.rounding import rounding
from litesmith.ir.source import Source
from litesmith.ir.types import DType
from litesmith.ops.errors import Unsupported


class TorchModule:
    """A module of torch, in inference.

    It is called with its inputs as they are nested: one is its only argument, a list or tuple are its arguments in
    order, a dictionary its arguments by name where it has such, else one argument.
    """

    framework = "torch"

    def __init__(self, module: Any) -> None:
        self.module = module if isinstance(module, torch.nn.Module) else Called(module)
        self.name = type(module).__name__ if isinstance(module, torch.nn.Module) else module.__qualname__

    @property
    def roundings(self) -> float:
        """What the coarsest numbers among its weights leave of its results."""
        return _roundings(self.module.state_dict().values())

    def import_graphs(
        self, inputs: Any, batch: int | None, options: Options, signatures: Mapping[str, Any] | None
    ) -> Imported:
        entries: dict[str, tuple[TorchModule, Any]] = {DEFAULT: (self, inputs)}
        if signatures is not None:
            entries = {
                name: (TorchModule(said[0]), said[1]) if _is_call(said) else (self, said)
                for name, said in signatures.items()
            }
        with using(options):
            made = {name: each._graph(name, given, batch) for name, (each, given) in entries.items()}
        return _imported(made, {name: each for name, (each, _) in entries.items()})

    def said_inputs(self, texts: Sequence[str]) -> Any:
        return nested_inputs(texts)

    def run(self, inputs: Any) -> Any:
        args, kwargs = self._arguments(pytree.tree_map(_tensor, inputs))
        with torch.no_grad(), _in_inference(self.module):
            return _arrays(self.module(*args, **kwargs))

    def run_in_turn(self, calls: Sequence[Any], state: Mapping[str, Any]) -> list[Any]:
        return [self.run(inputs) for inputs in calls]

    def _graph(self, name: str, given: Any, batch: int | None) -> tuple[Signature, Calling]:
        """The module as a graph, for inputs as the caller says them."""
        if given is None:
            raise LitesmithError(NeedsInputs(self.name))
        inputs = self._named(given_inputs(given, "float32"))
        nesting = nesting_of(inputs)
        leaves = [with_batch(leaf, batch) for leaf in nesting.flatten(inputs)]
        graph, values = _with_inputs(name, leaves, OpenSizes())
        shapes = [value.type.shape for value in values]

        def exported(sizes: Sizes) -> ExportedProgram:
            tensors = [_zeros(value, shape) for value, shape in zip(values, sizes, strict=True)]
            args, kwargs = self._arguments(nesting.pack(tensors))
            axes = self._arguments(nesting.pack([_open_axes(shape) for shape in shapes]))
            by_name = dict(zip(self._parameters(), axes[0], strict=False))
            return export(self.module, tuple(args), kwargs, {**by_name, **axes[1]} if kwargs else axes[0], is_users)

        with _in_inference(self.module), _findings(self.name):
            program, sizes = first_that_works(shapes, exported)
            order: list[int] = pytree.tree_leaves(self._arguments(nesting.pack(range(len(leaves)))))
            in_order = [[each[place] for place in order] for each in (shapes, sizes)]
            names = [[str(size) for size in shape] for shape in in_order[0]]
            check_decisions(program, names, in_order[1], lambda other: exported(_back(order, other)), is_users)
            structure = _build(graph, program, [values[place] for place in order])
        return _signed(name, graph, nesting, structure, leaves)

    def _arguments(self, inputs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """What to call the module with, in order and by name."""
        if isinstance(inputs, dict) and inputs.keys() <= set(self._parameters()):
            return (), dict(inputs)
        return (tuple(inputs), {}) if isinstance(inputs, (list, tuple)) else ((inputs,), {})

    def _named(self, inputs: Any) -> Any:
        """Inputs that are arguments in order, by the names of the parameters."""
        names = self._parameters()
        if isinstance(inputs, InputType):
            return replace(inputs, name=names[0]) if names and inputs.name == "input" else inputs
        if not isinstance(inputs, (list, tuple)) or len(names) < len(inputs):
            return inputs
        return type(inputs)(
            replace(leaf, name=name) if isinstance(leaf, InputType) and leaf.name == f"input_{place}" else leaf
            for place, (leaf, name) in enumerate(zip(inputs, names, strict=False))
        )

    def _parameters(self) -> list[str]:
        """The names of the parameters; none where the module says nothing of them."""
        function = self.module.function if isinstance(self.module, Called) else self.module.forward
        parameters = inspect.signature(function).parameters.values()
        return [each.name for each in parameters if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)]


class TorchProgram:
    """An exported program of torch, which says itself what it takes: a tensor, or a list of tensors."""

    framework = "torch"

    def __init__(self, program: ExportedProgram) -> None:
        self.program = program
        self.name = "the exported program"
        specs = [spec for spec in program.graph_signature.input_specs if spec.kind is InputKind.USER_INPUT]
        self.arguments = [spec.arg for spec in specs]
        self.tensors = [place for place, argument in enumerate(self.arguments) if isinstance(argument, TensorArgument)]

    @property
    def roundings(self) -> float:
        """What the coarsest numbers among its weights leave of its results."""
        return _roundings(self.program.state_dict.values())

    def import_graphs(
        self, inputs: Any, batch: int | None, options: Options, signatures: Mapping[str, Any] | None
    ) -> Imported:
        entries = {DEFAULT: inputs} if signatures is None else dict(signatures)
        with using(options):
            made = {name: self._graph(name, given, batch) for name, given in entries.items()}
        return _imported(made, dict.fromkeys(made, self))

    def said_inputs(self, texts: Sequence[str]) -> Any:
        return nested_inputs(texts)

    def run(self, inputs: Any) -> Any:
        given = iter(flat_nesting(len(self.tensors)).flatten(inputs))
        leaves = [
            _tensor(next(given)) if place in self.tensors else argument.value
            for place, argument in enumerate(self.arguments)
        ]
        args, kwargs = pytree.tree_unflatten(leaves, self.program.call_spec.in_spec)
        with torch.no_grad():
            return _arrays(self.program.module()(*args, **kwargs))

    def run_in_turn(self, calls: Sequence[Any], state: Mapping[str, Any]) -> list[Any]:
        return [self.run(inputs) for inputs in calls]

    def _graph(self, name: str, given: Any, batch: int | None) -> tuple[Signature, Calling]:
        """The program as a graph; open sizes may be fixed."""
        known = self._inputs()
        if given is not None:
            said = flatten_given(given)
            known = [given_input(own, each, fixed=True) for own, each in zip(known, said, strict=True)]
        leaves = [with_batch(leaf, batch) for leaf in known]
        graph, values = _with_inputs(name, leaves, OpenSizes())
        by_place = dict(zip(self.tensors, values, strict=True))
        with _findings(self.name):
            structure = _build(graph, self.program, [by_place.get(p) for p in range(len(self.arguments))])
        return _signed(name, graph, flat_nesting(len(leaves)), structure, leaves)

    def _inputs(self) -> list[InputType]:
        """What the program takes; sizes of one symbol have one name."""
        described = {node.name: node.meta["val"] for node in self.program.graph.nodes if node.op == "placeholder"}
        found = []
        for place in self.tensors:
            argument = self.arguments[place]
            tensor = described[argument.name]
            names = tuple(self._size_name(size) for size in tensor.shape)
            shape = tuple(None if named else int(size) for named, size in zip(names, tensor.shape, strict=True))
            dtype = str(tensor.dtype).removeprefix("torch.")
            found.append(InputType(argument.name, shape, dtype, names if any(names) else ()))
        return found

    def _size_name(self, size: Any) -> NamedSize | None:
        """What an open size is called, and how large it may be."""
        if not isinstance(size, torch.SymInt):
            return None
        expression = size.node.expr
        if not expression.is_Symbol:
            raise LitesmithError(NoForm(Source(), self.name, f"an input with a size of {expression}"))
        most = getattr(self.program.range_constraints.get(expression), "upper", None)
        known = int(most) if most is not None and most.is_Integer and most < 2**31 else None
        return NamedSize(str(expression), known)


def original_of(model: Any) -> TorchModule | TorchProgram:
    """A module or an exported program of torch.

    Raises:
        LitesmithError: K303 for other objects of torch.
    """
    if isinstance(model, ExportedProgram):
        return TorchProgram(model)
    if isinstance(model, torch.nn.Module):
        return TorchModule(model)
    raise LitesmithError(NotAModel(f"{type(model).__module__}.{type(model).__qualname__}"))


def _is_call(given: Any) -> bool:
    """Whether it is a pair of what is called and its inputs."""
    return isinstance(given, tuple) and len(given) == 2 and callable(given[0])


def _imported(made: Mapping[str, tuple[Signature, Calling]], originals: Mapping[str, Any]) -> Imported:
    signatures = [signature for signature, _ in made.values()]
    model = Model([signature.graph for signature in signatures], signatures)
    return Imported(model, {name: calling for name, (_, calling) in made.items()}, originals)


def _with_inputs(name: str, leaves: Sequence[InputType], sizes: OpenSizes) -> tuple[Graph, list[Value]]:
    graph = Graph("main" if name == DEFAULT else name)
    return graph, [graph.add_input(sizes.type(leaf), leaf.name) for leaf in leaves]


def _signed(
    name: str, graph: Graph, nesting: Nesting, structure: Any, leaves: Sequence[InputType]
) -> tuple[Signature, Calling]:
    graph.prune()
    paths, _ = pytree.tree_flatten_with_path(structure)
    names = ["/".join(_key(key) for key in path) or "output" for path, leaf in paths if leaf is not None]
    signature = Signature(name, graph, tuple(value.name for value in graph.inputs), tuple(names))
    sizes = tuple(leaf.names for leaf in leaves)
    return signature, Calling(nesting, nesting_of(structure), sizes if any(sizes) else ())


def _key(key: Any) -> str:
    return str(getattr(key, "key", getattr(key, "idx", getattr(key, "name", key))))


def _zeros(value: Value, sizes: Sequence[int]) -> torch.Tensor:
    return torch.zeros(tuple(sizes), dtype=torch_dtype(value.type.dtype))


def _open_axes(shape: Shape) -> frozenset[int]:
    return frozenset(axis for axis, size in enumerate(shape) if isinstance(size, Dim))


def _back(order: Sequence[int], sizes: Sizes) -> Sizes:
    """Sizes of the tensors that a program takes, in the order of the inputs."""
    found: list[Sequence[int]] = [()] * len(order)
    for place, size in zip(order, sizes, strict=True):
        found[place] = size
    return found


def _build(graph: Graph, program: ExportedProgram, arguments: Sequence[Any]) -> Any:
    """The program's operators in a graph, and how its outputs are nested, each by its number."""

    def where_from(node: Any) -> Source:
        return Source(modules_of(node), "", *line_of(node))

    with building(graph):
        results = Interpreter(where_from=where_from).run(prepared(program), arguments)
        found = [None if result is None else as_value(result) for result in results]
    numbers = iter(range(len(found)))
    marked = [None if value is None else next(numbers) for value in found]
    structure = pytree.tree_unflatten(marked, program.call_spec.out_spec)
    if not _is_plain(structure):
        structure = [number for number in marked if number is not None]
    values = [value for value in found if value is not None]
    nesting = nesting_of(structure)
    graph.outputs = [values[number] for number in nesting.flatten(structure)]
    return structure


def _is_plain(structure: Any) -> bool:
    """Whether something is nested in lists, tuples and dictionaries only."""
    if isinstance(structure, dict):
        return all(map(_is_plain, structure.values()))
    if isinstance(structure, (list, tuple)):
        return all(map(_is_plain, structure))
    return structure is None or isinstance(structure, int)


def _tensor(array: Any) -> torch.Tensor:
    """An array as a tensor that does not share its memory."""
    array = np.asarray(array)
    if array.dtype == DType.BFLOAT16.numpy:
        return torch.from_numpy(array.view(np.int16).copy()).view(torch.bfloat16)
    return torch.from_numpy(np.array(array))


def _arrays(returned: Any) -> Any:
    """Tensors and numbers as arrays, nested in lists, tuples and dictionaries."""
    if not _is_plain(pytree.tree_map(lambda _: 0, returned)):
        returned = [leaf for leaf in pytree.tree_leaves(returned) if leaf is not None]
    return pytree.tree_map(lambda leaf: leaf if leaf is None else array_of(torch.as_tensor(leaf)), returned)


def _roundings(tensors: Any) -> float:
    return max((rounding(str(tensor.dtype).removeprefix("torch.")) for tensor in tensors), default=0.0)


@contextlib.contextmanager
def _in_inference(module: torch.nn.Module) -> Iterator[None]:
    """The module and those in it as `eval` leaves them, and afterwards as they were."""
    trained = [each for each in module.modules() if each.training]
    module.eval()
    try:
        yield
    finally:
        for each in trained:
            each.training = True


@contextlib.contextmanager
def _findings(name: str) -> Iterator[None]:
    """What is raised inside, as findings."""
    try:
        yield
    except LitesmithError:
        raise
    except SizeDecides as found:
        raise LitesmithError(
            MadeForOneSize(Source(name, "", found.file, found.line), found.size, found.what)
        ) from found
    except Unsupported as reason:
        raise LitesmithError(NoForm(Source(name), name, str(reason))) from reason
    except Exception as error:
        source = Source(name, "", *failing_line(error.__traceback__))
        raise LitesmithError(CannotFollow(source, "torch", name, quoted(error))) from error
