"""Loops of TensorFlow 1, which are made of frames, as loops over functions.

A variable of a loop goes round from Merge by Switch and NextIteration back to Merge, where it comes in by an Enter,
and leaves by an Exit. What rounds only read comes in by an Enter of its own. All Switches of a loop ask one LoopCond.
Whatever lies between belongs to the frame, other loops and branches in it as well, which are taken out in their turn.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import numpy as np

from litesmith.frontends.tensorflow.graph import FunctionName, MadeNode, Node, Reference
from litesmith.ir.types import DType
from litesmith.ops.errors import Unsupported

ENTERS = frozenset({"Enter", "RefEnter"})
EXITS = frozenset({"Exit", "RefExit"})
ROUNDS = frozenset({"NextIteration", "RefNextIteration"})
MERGES = frozenset({"Merge", "RefMerge"})
SWITCHES = frozenset({"Switch", "RefSwitch"})

Acts = Callable[[str], bool]
"""Whether it matters to others that a node of this name runs before them."""

Nodes = Mapping[str, Node]
AddPart = Callable[[str, dict[str, Node], Sequence[str], Sequence[Reference]], FunctionName]
"""Makes a function of a name, nodes, arguments and results."""


LEAST_EFFORT, EFFORT_PER_NODE = 300_000, 16
"""How often nodes may be looked at: so often in all, or so often each on average."""


class NoLoop(Exception):
    """Why what an Exit belongs to is no loop."""


class Effort:
    """How often nodes may still be looked at, to find the loops and branches of a program."""

    def __init__(self, size: int) -> None:
        """`size`: how many nodes there are."""
        self.left = max(LEAST_EFFORT, EFFORT_PER_NODE * size)

    def spend(self) -> None:
        """Count a node that is looked at; raise `Unsupported` where it were too many."""
        self.left -= 1
        if self.left < 0:
            raise Unsupported(
                "loops and branches of TensorFlow 1 that share too much, or are too deep inside of one another"
            )


class Frame:
    """A loop, as far as what is needed of it depends on it.

    Attributes:
        name: of the frame, which the loop's Enters say.
        variables: by the names of their Merges, what they begin with, and what they are after a round.
        constants: by the names of their Enters, what rounds read of the graph around the loop.
        nodes: those of a round and of its condition.
        after: what runs before the loop.
    """

    def __init__(self, nodes: Nodes, given: Collection[str], acts: Acts, condition: Node, effort: Effort) -> None:
        self.effort = effort
        self.graph = nodes
        self.given = given
        self.acts = acts
        self.condition = condition
        self.name = ""
        self.variables: dict[str, tuple[Reference, Reference]] = {}
        self.constants: dict[str, Reference] = {}
        self.nodes: dict[str, Node] = {}
        self.after: dict[str, None] = {}

    def take(self, merge: Node) -> list[Reference]:
        """Add a variable, and what its rounds need; returns what now comes in from around the loop."""
        enter, _ = self._round(merge)
        self.name = self.name or enter.attribute("frame_name")
        outside: list[Reference] = []
        waiting = [self.condition.name, merge.name]
        while waiting:
            self.effort.spend()
            name = waiting.pop()
            if name in self.nodes or name in self.variables or name in self.constants:
                continue
            node = self._node(name)
            if node.op in ENTERS and self._is_ours(node):
                if not _is_constant(node):
                    raise NoLoop(f"{name!r}, which rounds read, comes in for the first round alone")
                self.constants[name] = self._entered(node)
                outside.append(self.constants[name])
            elif node.op in MERGES and self._is_variable(node):
                enter, again = self._round(node)
                self.variables[name] = self._entered(enter), _only(again)
                outside.append(self.variables[name][0])
                waiting.append(_only(again).node)
            else:
                self.nodes[name] = node
                waiting += [each.node for each in node.inputs]
                waiting += [each for each in node.after if self.acts(each)]
        if merge.name not in self.variables:
            raise NoLoop(f"{merge.name!r} belongs to another frame than {self.name!r}")
        return outside

    def loop(self, add_part: AddPart) -> tuple[MadeNode, dict[str, int]]:
        """The loop as one node, and the places of the variables among its outputs."""
        arguments = [*self.variables, *self.constants]
        name = self.condition.name
        cond = add_part(f"{name}:cond", self.nodes, arguments, [_only(self.condition)])
        goes_on = constant(f"{name}:true", True, DType.BOOL)
        nodes = {node.name: with_predicate(node, goes_on) if self._asks(node) else node for node in self.nodes.values()}
        nodes[goes_on.name] = goes_on
        results = [*(again for _, again in self.variables.values()), *map(Reference, self.constants)]
        body = add_part(f"{name}:body", nodes, arguments, results)
        operands = [*(first for first, _ in self.variables.values()), *self.constants.values()]
        loop = MadeNode(f"{name}:while", "While", operands, list(self.after), cond=cond, body=body)
        return loop, {merge: place for place, merge in enumerate(self.variables)}

    def _node(self, name: str) -> Node:
        if name in self.given:
            raise NoLoop(f"an input in place of {name!r}, which is inside of a loop")
        if name not in self.graph:
            raise NoLoop(f"there is no node {name!r}, which it reads")
        return self.graph[name]

    def _entered(self, enter: Node) -> Reference:
        self.after |= dict.fromkeys(enter.after)
        return _only(enter)

    def _is_ours(self, enter: Node) -> bool:
        return "frame_name" in enter and enter.attribute("frame_name") == self.name

    def _is_variable(self, node: Node) -> bool:
        enters = [self.graph[each.node] for each in node.inputs if each.node in self.graph]
        return any(enter.op in ENTERS and self._is_ours(enter) for enter in enters)

    def _round(self, merge: Node) -> tuple[Node, Node]:
        """The Enter and the NextIteration that a variable comes from."""
        sides = [self._node(each.node) for each in merge.inputs]
        enters = [side for side in sides if side.op in ENTERS and "frame_name" in side]
        again = [side for side in sides if side.op in ROUNDS]
        if len(sides) != 2 or not enters or not again:
            raise NoLoop(f"{merge.name!r} is no variable of a loop, which an Enter and a NextIteration lead to")
        if _is_constant(enters[0]):
            raise NoLoop(f"{enters[0].name!r} comes in anew in each round, beside what the round before handed on")
        return enters[0], again[0]

    def _asks(self, node: Node) -> bool:
        """Whether it is a Switch by which variables leave the loop or go on in it."""
        return node.op in SWITCHES and len(node.inputs) == 2 and node.inputs[1].node == self.condition.name


def loops(
    nodes: Nodes, given: Collection[str], wanted: Iterable[Reference], acts: Acts, add_part: AddPart, effort: Effort
) -> Nodes:
    """What stands for the loops that wanted nodes depend on, and for the Exits of these."""
    frames: dict[str, Frame] = {}
    exits: dict[str, tuple[Frame, str]] = {}
    made: dict[str, Node] = {}
    seen, waiting = set(given), [each.node for each in wanted]
    while waiting:
        name = waiting.pop()
        node = nodes.get(name)
        if node is None or name in seen:
            continue
        seen.add(name)
        if node.op not in EXITS:
            waiting += [each.node for each in node.inputs]
            waiting += [each for each in node.after if acts(each)]
            continue
        try:
            merge, condition = _left(nodes, node)
            frame = frames.setdefault(condition.name, Frame(nodes, given, acts, condition, effort))
            waiting += [each.node for each in frame.take(merge)]
            exits[name] = frame, merge.name
        except NoLoop as problem:
            made[name] = MadeNode(name, "Exit", (), problem=str(problem))
    for frame in {id(frame): frame for frame, _ in exits.values()}.values():
        loop, places = frame.loop(add_part)
        made[loop.name] = loop
        for name, (left, merge_name) in exits.items():
            if left is frame:
                made[name] = MadeNode(name, "Identity", [Reference(loop.name, "", places[merge_name])])
    return made


def constant(name: str, item: int | bool, dtype: DType) -> MadeNode:
    """A scalar."""
    return MadeNode(name, "Const", (), value=np.array(item, dtype.numpy), dtype=dtype)


def with_predicate(switch: Node, known: Node) -> Node:
    """A Switch of which is known where it hands on what it gets."""
    attributes = {"num_outs": switch.attribute("num_outs")} if "num_outs" in switch else {}
    return MadeNode(switch.name, switch.op, [switch.inputs[0], Reference(known.name)], switch.after, **attributes)


def _left(nodes: Nodes, exit_: Node) -> tuple[Node, Node]:
    """The Merge of the variable that leaves a loop by an Exit, and the loop's LoopCond."""
    switch = nodes.get(_only(exit_).node)
    if switch is None or switch.op not in SWITCHES or len(switch.inputs) != 2 or _only(exit_).index:
        raise NoLoop(f"{exit_.name!r} is not reached by a Switch that ends a loop")
    merge, condition = (nodes.get(each.node) for each in switch.inputs)
    if merge is None or merge.op not in MERGES or condition is None or not _is_condition(condition):
        raise NoLoop(f"{switch.name!r} does not switch a variable of a loop by its LoopCond")
    return merge, condition


def _is_constant(enter: Node) -> bool:
    """Whether what an Enter hands in is there in each round."""
    return "is_constant" in enter and bool(enter.attribute("is_constant"))


def _is_condition(node: Node) -> bool:
    return node.op == "LoopCond" and len(node.inputs) == 1


def _only(node: Node) -> Reference:
    if len(node.inputs) != 1:
        raise NoLoop(f"{node.name!r} reads {len(node.inputs)} tensors, where {node.op} takes one")
    return node.inputs[0]
