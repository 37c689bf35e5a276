"""Graphs of TensorFlow: nodes, functions, and how their tensors refer to one another.

A node reads tensors by reference: `node:1` of a graph, `node:output:1` or an argument's name in a function;
`^node` says only that a node runs before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from litesmith.frontends.tensorflow.spreading import Spreads
from litesmith.frontends.tensorflow.tables import Table
from litesmith.frontends.tensorflow.tensors import array_of, dtype_of, shape_of
from litesmith.frontends.tensorflow.wire import Malformed, Message

MOST_NODES = 1 << 20
MOST_OUTPUTS = 1 << 16


@dataclass(frozen=True)
class Reference:
    """One output of a node, or an argument of a function.

    Attributes:
        output: what a function calls the output, which may be a list; empty in graphs.
        index: the place in that list, or in a graph among all outputs of the node.
    """

    node: str
    output: str = ""
    index: int = 0

    @staticmethod
    def parse(text: str) -> Reference:
        """The output that a text such as `node:output:1` refers to."""
        node, *rest = text.split(":")
        index = rest[-1] if rest else "0"
        if len(rest) > 2 or not index.isdecimal() or int(index[:9]) > MOST_OUTPUTS:
            raise Malformed(f"{text!r} refers to no output")
        return Reference(node, rest[0] if len(rest) == 2 else "", int(index))


@dataclass(frozen=True)
class FunctionName:
    """An attribute that is a function."""

    name: str


class Node:
    """One operation of a graph.

    Attributes:
        inputs: what it reads, in order.
        after: the names of nodes that run before it.
    """

    def __init__(self, message: Message) -> None:
        self.name = message.text(1)
        self.op = message.text(2)
        inputs = message.texts(3)
        self.inputs = tuple(Reference.parse(text) for text in inputs if not text.startswith("^"))
        self.after = tuple(text[1:] for text in inputs if text.startswith("^"))
        self._message = message

    @cached_property
    def _attributes(self) -> Mapping[str, Message]:
        return self._message.entries(5)

    def __contains__(self, attribute: str) -> bool:
        return attribute in self._attributes

    def attribute(self, name: str) -> Any:
        """An attribute: a number, a text, a type, a shape, an array, a function, or a tuple of these."""
        return attribute_of(self._attributes[name])

    def functions(self) -> list[str]:
        """The names of the functions that its attributes name."""
        listed = [each.message(1).messages(9) for each in self._attributes.values()]
        single = [each.message(10) for each in self._attributes.values() if each.has(10)]
        return [function.text(1) for functions in (single, *listed) for function in functions]

    def reading(self, inputs: Sequence[Reference]) -> Node:
        """The same operation of other inputs."""
        node = copy(self)
        node.inputs = tuple(inputs)
        return node

    def __repr__(self) -> str:
        return f"<Node {self.name}: {self.op}>"


class MadeNode(Node):
    """One that stands for others, with its attributes as they are."""

    def __init__(
        self, name: str, op: str, inputs: Sequence[Reference], after: Sequence[str] = (), **attributes: Any
    ) -> None:
        self.name = name
        self.op = op
        self.inputs = tuple(inputs)
        self.after = tuple(after)
        self._made = attributes

    def __contains__(self, attribute: str) -> bool:
        return attribute in self._made

    def attribute(self, name: str) -> Any:
        return self._made[name]

    def functions(self) -> list[str]:
        values = [each if isinstance(each, tuple) else (each,) for each in self._made.values()]
        return [item.name for items in values for item in items if isinstance(item, FunctionName)]


def attribute_of(message: Message) -> Any:
    """An AttrValue."""
    if message.has(1):
        return _listed(message.message(1))
    for number, read in READ.items():
        if message.has(number):
            return read(message)
    raise Malformed("an attribute without a value")


READ: dict[int, Any] = {
    2: lambda message: message.text(2),
    3: lambda message: message.integer(3),
    4: lambda message: message.real(4),
    5: lambda message: bool(message.integer(5)),
    6: lambda message: dtype_of(message.integer(6)),
    7: lambda message: shape_of(message.message(7)),
    8: lambda message: array_of(message.message(8)),
    10: lambda message: FunctionName(message.message(10).text(1)),
}
"""How the value of an attribute is read, by the field that it stands in."""


def _listed(message: Message) -> tuple[Any, ...]:
    lists: list[Any] = [
        message.texts(2),
        message.integers(3),
        message.reals(4, "<f4").tolist(),
        map(bool, message.integers(5)),
        map(dtype_of, message.integers(6)),
        map(shape_of, message.messages(7)),
        map(array_of, message.messages(8)),
        (FunctionName(each.text(1)) for each in message.messages(9)),
    ]
    return tuple(item for items in lists for item in items)


class Body:
    """Nodes by name: what a graph and a function have in common."""

    def __init__(self, nodes: dict[str, Node]) -> None:
        self.nodes = nodes

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes.values())

    @cached_property
    def operations(self) -> frozenset[str]:
        """Which operations its nodes are."""
        return frozenset(node.op for node in self)


def _nodes(messages: Sequence[Message]) -> dict[str, Node]:
    if len(messages) > MOST_NODES:
        raise Malformed(f"a graph of {len(messages)} nodes")
    nodes: dict[str, Node] = {}
    for message in messages:
        node = Node(message)
        if node.name in nodes:
            raise Malformed(f"two nodes are called {node.name!r}")
        nodes[node.name] = node
    return nodes


class Function(Body):
    """Nodes that compute results of arguments.

    Attributes:
        arguments: the names of its arguments, in order.
        results: what it returns, in order.
        always: the nodes that run whether or not something of theirs is returned.
        is_part: whether its nodes are those of the graph that calls it.
    """

    def __init__(
        self,
        name: str,
        nodes: dict[str, Node],
        arguments: Sequence[str],
        results: Sequence[Reference],
        always: Sequence[str] = (),
        is_part: bool = False,
    ) -> None:
        super().__init__(nodes)
        self.name = name
        self.arguments = tuple(arguments)
        self.results = tuple(results)
        self.always = tuple(always)
        self.is_part = is_part

    @staticmethod
    def read(message: Message) -> Function:
        """A function of the library."""
        signature = message.message(1)
        name = signature.text(1)
        returned = message.named(4)
        names = [result.text(1) for result in signature.messages(3)]
        missing = [each for each in names if each not in returned]
        if missing:
            raise Malformed(f"the function {name!r} does not say what it returns as {missing[0]!r}")
        return Function(
            name,
            _nodes(message.messages(3)),
            [argument.text(1) for argument in signature.messages(2)],
            [Reference.parse(returned[each]) for each in names],
            list(message.named(6).values()),
        )

    def needed_for(self, results: Iterable[int]) -> set[int]:
        """The places of the arguments that results are computed from."""
        places = {name: place for place, name in enumerate(self.arguments)}
        waiting, seen = [self.results[place].node for place in results], set[str]()
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                node = self.nodes.get(name)
                waiting += [each.node for each in node.inputs] if node is not None else []
        return {places[name] for name in seen if name in places}


class Program(Body):
    """A GraphDef: the nodes of a graph, and the functions that they call.

    Attributes:
        tables: what stands for its lookup tables, by name, as far as their nodes were imported.
        spreads: its tensors that were spread over the batch.
    """

    def __init__(self, message: Message) -> None:
        self.tables: dict[str, Table] = {}
        self.spreads = Spreads()
        super().__init__(_nodes(message.messages(1)))
        self._library = {each.message(1).text(1): each for each in message.message(2).messages(1)}
        self._functions: dict[str, Function] = {}

    @cached_property
    def size(self) -> int:
        """How many nodes there are, those of functions counted once."""
        return len(self.nodes) + sum(len(each.fields.get(3, ())) for each in self._library.values())

    def function(self, name: str) -> Function:
        """A function of the library, read when it is first asked for, or a part of the graph."""
        if name not in self._functions:
            if name not in self._library:
                raise Malformed(f"there is no function {name!r}")
            self._functions[name] = Function.read(self._library[name])
        return self._functions[name]

    def add_part(
        self, name: str, nodes: dict[str, Node], arguments: Sequence[str], results: Sequence[Reference]
    ) -> FunctionName:
        """A part of the graph as a function, under a name that no other one has."""
        unique = f"{name}:{len(self._functions)}"
        while unique in self._functions or unique in self._library:
            unique += ":"
        self._functions[unique] = Function(unique, nodes, arguments, results, is_part=True)
        return FunctionName(unique)
