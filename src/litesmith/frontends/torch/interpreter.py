"""From a program of torch to operators of the current graph.

What a program computes from constants alone, torch computes at conversion. Weights are left out of that: they stay
constants of the graph, whose elements are read when the file is written.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.export import ExportedProgram
from torch.export.graph_signature import ConstantArgument, InputKind, OutputKind

from litesmith.frontends.torch import higher_order
from litesmith.frontends.torch.aliasing import functional, is_in_place
from litesmith.frontends.torch.exporting import line_of
from litesmith.frontends.torch.recurrence import called_by_users
from litesmith.frontends.torch.registry import NEVER_MATTERS, Deferred, Import, import_of, name_of
from litesmith.frontends.torch.sizes import computed
from litesmith.frontends.torch.tensors import as_values, dtype_of, held_value
from litesmith.ir.dims import Dim
from litesmith.ir.graph import Value
from litesmith.ir.source import Source, current_source, source_scope
from litesmith.ir.types import DType
from litesmith.ops.array import cast
from litesmith.ops.errors import Unsupported

Known = Any
"""A tensor that a program computed from constants, a number, or nested lists of those."""

Weights = Callable[[Any], "Value | None"]
"""The value of the graph that stands for a tensor that the program holds, where it is a known weight."""

WhereFrom = Callable[[Any], Source]
"""The origin of operators that are made for a node."""

DRAWING = frozenset({
    "aten.rand", "aten.randn", "aten.randint", "aten.rand_like", "aten.randn_like", "aten.randint_like",
    "aten.bernoulli", "aten.multinomial", "aten.normal", "aten.randperm", "aten.uniform", "aten.exponential",
})  # fmt: skip
"""Operators that give other numbers in each call."""

SAID_BY_RESULT = frozenset({"dtype", "half_to_float"})
"""Arguments that only the element type of the result depends on."""

LARGE = 1 << 16
"""Constants of more elements that are not weights stay lazy as those do, as far as they are floats."""


class Interpreter:
    """Runs programs on values of the graph and on tensors that are known.

    Attributes:
        weights: values for tensors that the program holds.
        where_from: tells the source of a node.
    """

    def __init__(self, weights: Weights | None = None, where_from: WhereFrom | None = None) -> None:
        self.weights = weights or (lambda _: None)
        self.where_from = where_from or _own_source

    def run(self, program: ExportedProgram, arguments: Sequence[Any]) -> list[Value | Known]:
        """The results of a program; `arguments` are those that it takes, leaves in order."""
        signature = program.graph_signature
        given = iter(arguments)
        inputs: list[Any] = []
        for spec in signature.input_specs:
            if isinstance(spec.arg, ConstantArgument):
                inputs.append(spec.arg.value)
                next(given)
            elif spec.kind is InputKind.USER_INPUT:
                inputs.append(next(given))
            elif spec.kind in (InputKind.PARAMETER, InputKind.BUFFER, InputKind.CONSTANT_TENSOR):
                inputs.append(self._held(program, str(spec.target), spec.kind))
            else:
                raise Unsupported(f"an input that is no tensor: {spec.kind.name.lower()}")
        results = self.run_graph(program.graph_module, inputs)
        found = []
        for output, result in zip(signature.output_specs, results, strict=True):
            if output.kind is OutputKind.BUFFER_MUTATION:
                raise Unsupported(
                    f"the buffer {output.target} is assigned; take what changes as an argument, and return it"
                )
            if output.kind is OutputKind.USER_OUTPUT:
                found.append(result)
        return found

    def _held(self, program: ExportedProgram, target: str, kind: InputKind) -> Value | Known:
        """A tensor of the program itself: of parameters and large arrays of floats the elements are not looked at."""
        held = program.state_dict.get(target)
        tensor = program.constants[target] if held is None else held
        found = self.weights(tensor)
        if found is not None:
            return found
        is_large = tensor.is_floating_point() and tensor.numel() > LARGE
        if kind is InputKind.PARAMETER or isinstance(tensor, torch.nn.Parameter) or is_large:
            return held_value(tensor, target)
        return tensor.detach()

    def run_graph(self, module: Any, arguments: Sequence[Any]) -> list[Any]:
        """The results of a graph of nodes."""
        known: dict[Any, Any] = {}
        given = iter(arguments)
        live = _live(module.graph)
        for node in module.graph.nodes:
            if node.op == "placeholder":
                known[node] = next(given)
            elif node.op == "output":
                return list(torch.utils._pytree.tree_flatten(_filled(node.args[0], known))[0])
            elif node.op == "get_attr":
                known[node] = self._attribute(module, node.target)
            elif node in live:
                known[node] = self._result(module, node, known)
                if is_in_place(node.target):
                    known[node.args[0]] = known[node]
        raise ValueError("a program without an output")

    def _attribute(self, module: Any, path: str) -> Any:
        found = module
        for name in path.split("."):
            found = getattr(found, name)
        if isinstance(found, torch.Tensor):
            return self.weights(found) or found.detach()
        return found

    def _result(self, module: Any, node: Any, known: dict[Any, Any]) -> Any:
        args = _filled(node.args, known)
        kwargs = _filled(node.kwargs, known)
        if node.target is operator.getitem:
            return args[0][args[1]]
        with source_scope(self.where_from(node)):
            if isinstance(node.target, torch._ops.OpOverload):
                return self._operator(node, args, kwargs)
            if isinstance(node.target, torch._ops.HigherOrderOperator):
                return higher_order.call(node.target, self.run_graph, args)
            if node.op == "call_module":
                return self.run_graph(module.get_submodule(node.target), args)
            return computed(node.target, args)

    def _operator(self, node: Any, args: Any, kwargs: Any) -> Any:
        target, name = node.target, name_of(node.target)
        if is_in_place(target):
            name = name.removesuffix("_")
            target = functional(target)
        if name == "aten.sym_size" and isinstance(args[0], (Value, Dim)):
            return args[0] if isinstance(args[0], Dim) else args[0].type.shape[args[1]]
        if target is not None and name not in DRAWING and not _involves_graph((args, kwargs)):
            with torch.no_grad():
                return target(*args, **kwargs)
        rule = import_of(target or node.target)
        if rule is None:
            raise Unsupported(f"the torch operator {name} has no LiteRT form that Litesmith knows")
        with source_scope(current_source().doing(called_by_users(name, args))):
            result = rule.function(**self._arguments(target or node.target, name, rule, args, kwargs, node))
        return _checked(name, result, node.meta.get("val"))

    def _arguments(
        self, target: Any, name: str, rule: Import, args: Sequence[Any], kwargs: Mapping[str, Any], node: Any
    ) -> dict[str, Any]:
        """What an import is called with: the arguments that it names, by name."""
        found: dict[str, Any] = {}
        for place, argument in enumerate(target._schema.arguments):
            is_given = place < len(args) or argument.name in kwargs
            given = args[place] if place < len(args) else kwargs.get(argument.name)
            known_as = "x" if argument.name in ("self", "input") and argument.name not in rule.names else argument.name
            if known_as in rule.names:
                if is_given:
                    found[known_as] = as_values(given)
                elif argument.has_default_value():
                    found[known_as] = argument.default_value
            elif argument.name in SAID_BY_RESULT and "dtypes" in rule.names:
                continue
            elif is_given and argument.name not in NEVER_MATTERS and given != argument.default_value:
                raise Unsupported(f"the torch operator {name} with {argument.name}={given}")
        if "dtypes" in rule.names:
            found["dtypes"] = _dtypes(node.meta.get("val"))
        return found


def _filled(argument: Any, known: dict[Any, Any]) -> Any:
    """Arguments of a node with what is known in place of nodes."""
    if isinstance(argument, torch.fx.Node):
        if isinstance(known[argument], Deferred):
            known[argument] = known[argument].make()
        return known[argument]
    if isinstance(argument, slice):
        return slice(*(_filled(each, known) for each in (argument.start, argument.stop, argument.step)))
    if isinstance(argument, (list, tuple)):
        return (
            type(argument)(_filled(item, known) for item in argument)
            if type(argument) in (list, tuple)
            else ([_filled(item, known) for item in argument])
        )
    if isinstance(argument, Mapping):
        return {key: _filled(item, known) for key, item in argument.items()}
    return argument


def _live(graph: Any) -> set[Any]:
    """The nodes that results depend on; assertions are none."""
    needed: set[Any] = set()
    for node in reversed(list(graph.nodes)):
        is_kept = node.op == "output" or (is_in_place(node.target) and node.args[0] in needed)
        if is_kept or node in needed:
            needed.add(node)
            needed.update(node.all_input_nodes)
    return needed


def _involves_graph(argument: Any) -> bool:
    """Whether a value of the graph or an open size stands among arguments."""
    if isinstance(argument, (list, tuple)):
        return any(map(_involves_graph, argument))
    if isinstance(argument, dict):
        return any(map(_involves_graph, argument.values()))
    return isinstance(argument, (Value, Dim))


def _dtypes(described: Any) -> list[DType]:
    """The element types of an operator's results."""
    results = described if isinstance(described, (list, tuple)) else [described]
    return [dtype_of(each.dtype) if isinstance(each, torch.Tensor) else DType.FLOAT32 for each in results]


def _checked(name: str, result: Any, described: Any) -> Any:
    """A result is what torch says it is, as far as that is known; an import that is wrong does not go unnoticed.

    Integers of other widths, as most indices are, become torch's.
    """
    if isinstance(described, (list, tuple)):
        return [_checked(name, each, one) for each, one in zip(result, described, strict=True)]
    if not isinstance(described, torch.Tensor) or result is None or isinstance(result, Deferred):
        return result
    dtype = dtype_of(described.dtype)
    if result.type.dtype is not dtype and result.type.dtype.is_integer and dtype.is_integer:
        result = cast(result, dtype)
    same = result.type.dtype is dtype and result.type.rank == described.ndim
    sizes = zip(result.type.shape, described.shape, strict=True) if same else ()
    if not same or any(type(b) is int and not isinstance(a, Dim) and a != b for a, b in sizes):
        raise TypeError(f"the import of {name} gives {result.type}, where torch has {described.dtype}{described.shape}")
    return result


def _own_source(node: Any) -> Source:
    """The source of a node: the layer that is followed, and the user's line."""
    return current_source().at(line_of(node))
