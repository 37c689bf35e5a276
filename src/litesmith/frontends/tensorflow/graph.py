"""Graphs of TensorFlow: nodes, functions, and how their tensors refer to one another.

A node reads tensors by reference: `node:1` of a graph, `node:output:1` or an argument's name in a function;
`^node` says only that a node runs before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from litesmith.frontends.tensorflow.tensors import array_of, dtype_of, shape_of
from litesmith.frontends.tensorflow.wire import Malformed, Message
from litesmith.ir.types import DType

MOST_NODES = 1 << 20


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
        try:
            if not rest:
                return Reference(node)
            if len(rest) == 1:
                return Reference(node, "", int(rest[0]))
            output, index = rest
            return Reference(node, output, int(index))
        except ValueError:
            raise Malformed(f"{text!r} refers to no output") from None


@dataclass(frozen=True)
class FunctionName:
    """An attribute that is a function."""

    name: str


class Node:
    """One operation of a graph."""

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

    def __repr__(self) -> str:
        return f"<Node {self.name}: {self.op}>"


def attribute_of(message: Message) -> Any:
    """An AttrValue."""
    if message.has(1):
        return _listed(message.message(1))
    for number, read in READ.items():
        if message.has(number):
            return read(message)
    return None


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

    def __init__(self, nodes: list[Message]) -> None:
        if len(nodes) > MOST_NODES:
            raise Malformed(f"a graph of {len(nodes)} nodes")
        self.nodes: dict[str, Node] = {}
        for message in nodes:
            node = Node(message)
            if node.name in self.nodes:
                raise Malformed(f"two nodes are called {node.name!r}")
            self.nodes[node.name] = node

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes.values())


class Function(Body):
    """A function of the library.

    Attributes:
        arguments: the names of its arguments, in order.
        types: their element types.
        results: what it returns, in order.
        always: the nodes that run whether or not something of theirs is returned.
    """

    def __init__(self, message: Message) -> None:
        super().__init__(message.messages(3))
        signature = message.message(1)
        self.name = signature.text(1)
        arguments = signature.messages(2)
        self.arguments = tuple(argument.text(1) for argument in arguments)
        self.types: tuple[DType, ...] = tuple(dtype_of(argument.integer(3)) for argument in arguments)
        returned = message.named(4)
        names = [result.text(1) for result in signature.messages(3)]
        missing = [name for name in names if name not in returned]
        if missing:
            raise Malformed(f"the function {self.name!r} does not say what it returns as {missing[0]!r}")
        self.results = tuple(Reference.parse(returned[name]) for name in names)
        self.always = tuple(message.named(6).values())

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
    """A GraphDef: the nodes of a graph, and the functions that they call."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.messages(1))
        self._library = {each.message(1).text(1): each for each in message.message(2).messages(1)}
        self._functions: dict[str, Function] = {}

    @cached_property
    def size(self) -> int:
        """How many nodes there are, those of functions counted once."""
        return len(self.nodes) + sum(len(each.fields.get(3, ())) for each in self._library.values())

    def function(self, name: str) -> Function:
        """A function of the library, read when it is first asked for."""
        if name not in self._functions:
            if name not in self._library:
                raise Malformed(f"there is no function {name!r}")
            self._functions[name] = Function(self._library[name])
        return self._functions[name]
