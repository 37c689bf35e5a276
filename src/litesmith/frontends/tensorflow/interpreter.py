"""From nodes of a TensorFlow graph to operators of the current graph.

What passes between nodes is a value of the graph, or a tensor whose elements are known (`Known`), so that shapes
which a program computes step by step stay sizes; or what stands for a variable, which nodes read and assign.
Nodes that nothing needed depends on, such as assertions, are not looked at.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from typing import Any

from litesmith.frontends.tensorflow.computing import computed, is_computed
from litesmith.frontends.tensorflow.frames import MERGES, Effort
from litesmith.frontends.tensorflow.functional import by_place, functional
from litesmith.frontends.tensorflow.graph import Body, Function, FunctionName, Node, Program, Reference
from litesmith.frontends.tensorflow.known import known_elements
from litesmith.frontends.tensorflow.registry import Import, import_of, why_without_form
from litesmith.frontends.tensorflow.variables import NOT_TAKEN, Checkpoint, Variable
from litesmith.frontends.tensorflow.wire import Malformed
from litesmith.ir.graph import Value
from litesmith.ir.source import Source, current_source, source_scope
from litesmith.ops.errors import Unsupported

MOST_CALLS = 40
"""How deep functions may call one another; TensorFlow's own do not call themselves."""

LEAST_STEPS, STEPS_OF_A_NODE = 10_000, 64
"""How often nodes may be run: so often in all, or so often each on average, counting all functions of the program."""

ASSIGNMENTS = frozenset({
    "AssignVariableOp", "AssignAddVariableOp", "AssignSubVariableOp", "ResourceScatterUpdate", "ResourceScatterAdd",
    "Assign", "AssignAdd", "AssignSub",
    "InitializeTable", "InitializeTableV2", "InitializeTableFromTextFile", "InitializeTableFromTextFileV2",
    "LookupTableImport", "LookupTableImportV2", "LookupTableInsert", "LookupTableInsertV2", "LookupTableRemoveV2",
    "ResourceScatterSub", "ResourceScatterMul", "ResourceScatterDiv", "ResourceScatterMax", "ResourceScatterMin",
    "ResourceScatterNdUpdate", "ResourceScatterNdAdd", "ResourceScatterNdSub", "ResourceScatterNdMax",
    "ResourceScatterNdMin", "ResourceStridedSliceAssign",
})  # fmt: skip
"""Operations that are there for what they do to variables and tables."""

CALLS = frozenset({"PartitionedCall", "StatefulPartitionedCall", "If", "While", "Case"})
"""Operations that may do so by the functions that they call."""

IN_ORDER = frozenset({"NoOp", "ReadVariableOp", "ResourceGather", "ResourceGatherNd"})
"""Operations that matter to others that only run after them: what reads a variable before it is assigned."""

WhereFrom = Callable[[Node, int], Source | None]
"""The origin of operators that are made for a node, so deep in functions; None for that of the call."""


class Interpreter:
    """Runs graphs and functions of a program on items.

    Attributes:
        where_from: tells the source of a node.
        variables: by name, those that nodes of the graph are handles of.
        checkpoint: what is restored from.
        source: of the node that was imported last.
        failed: the operation that nothing is known of, where one was met.
    """

    def __init__(
        self, program: Program, where_from: WhereFrom | None = None, checkpoint: Checkpoint | None = None
    ) -> None:
        self.program = program
        self.where_from = where_from or _nothing_known
        self.checkpoint = checkpoint
        self.variables: dict[str, Variable] = {}
        self.source: Source | None = None
        self.failed: str | None = None
        self.depth = 0
        self.calls = 0
        self.steps = 0
        self._effort = Effort(program.size)
        self._functional: dict[Hashable, tuple[Body, Sequence[Reference]]] = {}
        self._assigns: dict[str, bool] = {}

    def run(
        self, body: Body, given: Mapping[str, Any], wanted: Sequence[Reference], always: Iterable[str] = ()
    ) -> list[Any]:
        """The items that `wanted` refers to, with those in `given` for the outputs of nodes of these names.

        Args:
            always: nodes that run as well.
        """
        results: dict[str, list[Any]] = {name: [item] for name, item in given.items()}
        always = list(always)
        body, wanted = self._without_frames(body, given.keys(), wanted, always)
        for node in self._in_order(body, [*(each.node for each in wanted), *always], results.keys()):
            results[node.name] = self._in_place(body, node, results)
        return [_result(body, each, results) for each in wanted]

    def call(self, function: Any, items: Sequence[Any], wanted: Sequence[int] | None = None) -> list[Any]:
        """What a function of the library returns for items: everything, or the results at some places."""
        body = self.program.function(function.name if isinstance(function, FunctionName) else function)
        if len(items) != len(body.arguments):
            raise Malformed(f"{body.name!r} takes {len(body.arguments)} arguments, not {len(items)}")
        if self.calls > MOST_CALLS:
            raise Unsupported("functions that call one another too deep, or themselves")
        deeper = 0 if body.is_part else 1
        self.calls += 1
        self.depth += deeper
        try:
            results = body.results if wanted is None else [body.results[place] for place in wanted]
            always = [name for name in body.always if self.acts(body, name)] if wanted is None else ()
            return self.run(body, dict(zip(body.arguments, items, strict=True)), results, always)
        finally:
            self.calls -= 1
            self.depth -= deeper

    def _without_frames(
        self, body: Body, given: Collection[str], wanted: Sequence[Reference], always: Sequence[str]
    ) -> tuple[Body, Sequence[Reference]]:
        """What takes the place of a body with control flow of TensorFlow 1."""
        key = body, frozenset(given), tuple(wanted), tuple(always)
        if key not in self._functional:
            self._functional[key] = functional(self.program, body, given, wanted, always, self.acts, self._effort)
        return self._functional[key]

    def unknown(self, body: Body, wanted: Sequence[Reference]) -> list[tuple[str, Source]]:
        """The operations that nothing is known of among those that outputs need, with where they stand."""
        found: list[tuple[str, Source]] = []
        waiting: list[tuple[Body, Sequence[Reference], int]] = [(body, wanted, 0)]
        seen = set[str]()
        while waiting:
            place, references, depth = waiting.pop()
            arguments = place.arguments if isinstance(place, Function) else ()
            try:
                place, references = self._without_frames(place, arguments, references, [])
            except (Malformed, Unsupported):
                continue
            for node in self._in_order(place, [each.node for each in references], arguments):
                if import_of(node.op) is None and not is_computed(node.op):
                    source = self.where_from(node, depth) or Source()
                    found.append((node.op, source.doing(f"tf.{node.op}")))
                for name in node.functions():
                    if name not in seen:
                        seen.add(name)
                        called = self.program.function(name)
                        waiting.append((called, called.results, depth if called.is_part else depth + 1))
        return found

    def _in_place(self, body: Body, node: Node, results: Mapping[str, list[Any]]) -> list[Any]:
        """The outputs of a node, whose operators are said to come from where it does."""
        self.steps += 1
        if self.steps > max(LEAST_STEPS, STEPS_OF_A_NODE * self.program.size):
            raise Unsupported(f"functions that call one another too often: {self.steps} nodes are run")
        source = self.where_from(node, self.depth) or current_source()
        self.source = source.doing(f"tf.{node.op}")
        with source_scope(self.source):
            return self._outputs(node, [_result(body, each, results) for each in node.inputs])

    def _outputs(self, node: Node, items: list[Any]) -> list[Any]:
        if NOT_TAKEN in items and node.op not in MERGES:
            return [NOT_TAKEN]
        found = computed(node, items)
        if found is not None:
            return found if isinstance(found, list) else [found]
        rule = import_of(node.op)
        if rule is None:
            self.failed = node.op
            raise Unsupported(f"the TensorFlow operation {node.op}: {why_without_form(node.op)}")
        returned = rule.function(*rule.taken(node.op, items), **self._attributes(node, rule))
        if isinstance(returned, tuple) != bool(rule.outputs) or (rule.outputs and len(returned) != len(rule.outputs)):
            raise TypeError(f"the import of {node.op} does not return what it says that it does")
        outputs = list(returned) if isinstance(returned, (list, tuple)) else [returned]
        return [_as_far_as_known(item) for item in outputs]

    def _attributes(self, node: Node, rule: Import) -> dict[str, Any]:
        given: dict[str, Any] = {
            "run": self.call,
            "node": node,
            "program": self.program,
            "variables": self.variables,
            "checkpoint": self.checkpoint,
        }
        found: dict[str, Any] = {}
        for name, default in rule.attributes.items():
            if name in given:
                found[name] = given[name]
            elif name in node:
                found[name] = rule.attribute(name, node.attribute(name))
            elif default is inspect.Parameter.empty:
                raise Malformed(f"the node {node.name!r} has no attribute {name!r}")
        return found

    def _in_order(self, body: Body, names: Iterable[str], given: Iterable[str]) -> list[Node]:
        """The nodes that others need, each behind those that it needs itself.

        Of nodes that are only said to run before, those that assign variables count.
        """
        done, open_, order = set(given), set[str](), list[Node]()
        waiting = [(name, False) for name in reversed(list(names))]
        while waiting:
            name, is_ready = waiting.pop()
            if name in done:
                continue
            if name not in body.nodes:
                raise Malformed(f"there is no node {name!r}")
            node = body.nodes[name]
            if is_ready:
                done.add(name)
                order.append(node)
                continue
            if name in open_:
                raise Unsupported(f"nodes that depend on themselves, {name!r} among them")
            open_.add(name)
            waiting.append((name, True))
            needed = [*(each.node for each in node.inputs), *(each for each in node.after if self.acts(body, each))]
            waiting += [(each, False) for each in reversed(needed) if each not in done]
        return order

    def acts(self, body: Body, name: str) -> bool:
        """Whether it matters to a node that it runs after this one."""
        node = body.nodes.get(name)
        return node is not None and (node.op in IN_ORDER or node.op in ASSIGNMENTS or self._calls_what_assigns(node))

    def _calls_what_assigns(self, node: Node) -> bool:
        return node.op in CALLS and any(map(self._does_assign, node.functions()))

    def _does_assign(self, name: str) -> bool:
        if name not in self._assigns:
            self._assigns[name] = False
            nodes = list(self.program.function(name))
            self._assigns[name] = any(node.op in ASSIGNMENTS or self._calls_what_assigns(node) for node in nodes)
        return self._assigns[name]


def _nothing_known(node: Node, depth: int) -> None:
    """Where nothing is told of a node's source."""


def _as_far_as_known(item: Any) -> Any:
    """What is known of a shape that operators compute stays known; weights stay values."""
    if isinstance(item, Value) and item.contents is not None:
        return known_elements(item) or item
    return item


def _result(body: Body, reference: Reference, results: Mapping[str, list[Any]]) -> Any:
    outputs = results[reference.node]
    if outputs == [NOT_TAKEN]:
        return NOT_TAKEN
    place = by_place(body, reference).index
    if place >= len(outputs):
        raise Malformed(f"{reference.node!r} has {len(outputs)} outputs, of which number {place} is read")
    return outputs[place]


__all__ = ["Interpreter", "WhereFrom"]
