"""Branches of TensorFlow 1, which are made of Switches and Merges, as branches over functions.

A Switch hands on what it gets to one of its outputs, and what needs something that was not handed on does not run. So
each node has sides that must be taken for it to run, by the predicates of the Switches in front of it; a node without
operands has those of the nodes that it runs after. A Merge takes what ran: where its operands need different sides of
one predicate, it ends a branch. All that lies between is computed in a function, one for each side.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from litesmith.frontends.tensorflow.frames import (
    MERGES,
    SWITCHES,
    Acts,
    AddPart,
    Effort,
    Nodes,
    constant,
    with_predicate,
)
from litesmith.frontends.tensorflow.graph import MadeNode, Node, Reference
from litesmith.ir.types import DType
from litesmith.ops.errors import Unsupported

Sides = frozenset[tuple[Reference, int]]
"""Predicates, and which side of each must be taken."""

PASSING = frozenset({"Identity", "StopGradient", "Snapshot"})

MOST_SIDES = 64
"""How many branches one node may be inside of."""

MOST_COMPARED = 1_000_000
"""How often branches are compared, to compute what several share once; behind that, each is for itself."""


@dataclass
class _Branch:
    """Merges that one predicate decides, none of which another one of them depends on.

    Attributes:
        needs: the numbers of other branches that they depend on.
    """

    predicate: Reference
    merges: list[str]
    needs: set[int] = field(default_factory=set)


class Branches:
    """The branches that wanted nodes depend on, in a graph without loops."""

    def __init__(
        self, nodes: Nodes, given: Collection[str], wanted: Sequence[Reference], acts: Acts, effort: Effort
    ) -> None:
        self.nodes = {name: node for name, node in nodes.items() if name not in given}
        self.acts = acts
        self.effort = effort
        self.compared = 0
        self.origins: dict[Reference, Reference] = {}
        names = [each.node for each in wanted]
        self.order = _in_order(self.nodes, names)
        read = [*wanted, *(each for name in self.order for each in self.nodes[name].inputs)]
        self.beyond_first = {each.node for each in read if each.index}
        self.rank = {name: place for place, name in enumerate(self.order)}
        self.sides: dict[str, Sides] = {}
        for name in self.order:
            self.effort.spend()
            self.sides[name] = self._sides_of_node(self.nodes[name])
        self.operands: dict[str, tuple[Reference, list[Reference]]] = {}
        self._reach(names)

    def made(self, add_part: AddPart) -> dict[str, Node]:
        """What stands for the branches, and for their Merges."""
        found: dict[str, Node] = {}
        for branch in self._branches():
            node = self._as_node(branch, add_part)
            found[node.name] = node
            for place, merge in enumerate(branch.merges):
                found[merge] = MadeNode(merge, "Identity", [Reference(node.name, "", place)])
        return found

    def _predicate(self, node: Node | None) -> Reference | None:
        """What decides where a Switch hands on what it gets; None for other nodes, and where that is known."""
        if node is None or node.op not in SWITCHES | {"_SwitchN"} or len(node.inputs) != 2:
            return None
        origin = self._origin(node.inputs[1])
        source = self.nodes.get(origin.node)
        is_known = isinstance(source, MadeNode) and source.op == "Const"
        return None if is_known or (source is not None and source.op == "LoopCond") else origin

    def _origin(self, reference: Reference) -> Reference:
        """What is handed on by nodes that only do that."""
        path: dict[Reference, None] = {}
        while reference not in path and reference not in self.origins:
            path[reference] = None
            node = self.nodes.get(reference.node)
            if node is None or node.op not in PASSING or not node.inputs:
                break
            reference = node.inputs[0]
        found = self.origins.get(reference, reference)
        self.origins |= dict.fromkeys(path, found)
        return found

    def _sides_of_node(self, node: Node) -> Sides:
        """The sides that must be taken for a node to run."""
        found = [self._sides(each) for each in node.inputs]
        if node.op in MERGES:
            possible = [sides for sides in found if len({predicate for predicate, _ in sides}) == len(sides)]
            return frozenset.intersection(*possible) if possible else frozenset()
        found += [self.sides[name] for name in node.after if name in self.sides]
        sides = frozenset[tuple[Reference, int]]().union(*found)
        if len(sides) > MOST_SIDES:
            raise Unsupported(f"branches of TensorFlow 1 that are deeper than {MOST_SIDES} inside of one another")
        return sides

    def _sides(self, reference: Reference) -> Sides:
        """The sides that must be taken for an output to be there."""
        predicate = self._predicate(self.nodes.get(reference.node))
        own: Sides = frozenset() if predicate is None else frozenset({(predicate, reference.index)})
        return self.sides.get(reference.node, frozenset()) | own

    def _decided(self, merge: Node) -> tuple[Reference, list[Reference]] | None:
        """The predicate that decides what a Merge takes, and its operands by side; None where none does."""
        sides = [dict(self._sides(each)) for each in merge.inputs]
        shared = [each for each in sides[0] if all(each in others for others in sides)] if sides else []
        for predicate in sorted(shared, key=lambda each: (self.rank.get(each.node, -1), each.index)):
            by_side = {chosen[predicate]: each for chosen, each in zip(sides, merge.inputs, strict=True)}
            if len(by_side) == len(sides) > 1 and set(by_side) == set(range(len(sides))):
                return predicate, [by_side[side] for side in range(len(sides))]
        return None

    def _reach(self, wanted: Iterable[str]) -> None:
        """Note the Merges that end the outermost branches."""
        inside: dict[tuple[Reference, int], set[str]] = {}
        seen, waiting = set[str](), list(wanted)
        while waiting:
            name = waiting.pop()
            node = self.nodes.get(name)
            if node is None or name in seen:
                continue
            seen.add(name)
            decided = self._decided(node) if node.op in MERGES and name not in self.beyond_first else None
            if decided is None:
                waiting += [each.node for each in node.inputs]
                waiting += [each for each in node.after if self.acts(each)]
                continue
            self.operands[name] = decided
            predicate, operands = decided
            waiting.append(predicate.node)
            for side, operand in enumerate(operands):
                visited = inside.setdefault((predicate, side), set())
                _, outside = self._inside(predicate, side, [operand], visited)
                waiting += [each.node for each in outside]

    def _inside(
        self, predicate: Reference, side: int, wanted: Iterable[Reference], seen: set[str]
    ) -> tuple[dict[str, Node], dict[Reference, None]]:
        """The nodes that run on one side only, and what these read that does not; without nodes seen before."""
        nodes: dict[str, Node] = {}
        outside: dict[Reference, None] = {}
        waiting = list(wanted)
        while waiting:
            self.effort.spend()
            reference = waiting.pop()
            node = self.nodes.get(reference.node)
            is_switch = node is not None and self._predicate(node) == predicate
            if node is None or not (is_switch or (predicate, side) in self._sides(reference)):
                outside[Reference(reference.node, "", reference.index)] = None
                continue
            if node.name in seen:
                continue
            seen.add(node.name)
            nodes[node.name] = node
            waiting += node.inputs[:1] if is_switch else node.inputs
            acting = [Reference(each) for each in node.after if self.acts(each)]
            waiting += [each for each in acting if (predicate, side) in self.sides.get(each.node, ())]
        return nodes, outside

    def _branches(self) -> list[_Branch]:
        """Merges together that may be: of one predicate, where no branch depends on itself by way of others."""
        found: list[_Branch] = []
        last: dict[Reference, int] = {}
        behind: dict[str, frozenset[int]] = {}
        for name in self.order:
            inputs = [behind.get(each.node, frozenset()) for each in self.nodes[name].inputs]
            behind[name] = frozenset[int]().union(*inputs)
            if name not in self.operands:
                continue
            predicate, _ = self.operands[name]
            needed = set(behind[name] | behind.get(predicate.node, frozenset()))
            place = last.get(predicate)
            if place is None or self._depend(found, needed, place):
                place = last[predicate] = len(found)
                found.append(_Branch(predicate, []))
            found[place].merges.append(name)
            found[place].needs |= needed
            behind[name] = frozenset({place})
        return found

    def _depend(self, branches: Sequence[_Branch], needed: Iterable[int], place: int) -> bool:
        """Whether branches depend on the one with a number."""
        seen, waiting = set[int](), list(needed)
        while waiting:
            self.compared += 1
            number = waiting.pop()
            if number == place or self.compared > MOST_COMPARED:
                return True
            if number not in seen:
                seen.add(number)
                waiting += branches[number].needs
        return False

    def _as_node(self, branch: _Branch, add_part: AddPart) -> MadeNode:
        """A branch as one node, whose outputs are what its Merges take."""
        name = f"{branch.merges[0]}:if"
        count = len(self.operands[branch.merges[0]][1])
        results = [[self.operands[merge][1][side] for merge in branch.merges] for side in range(count)]
        found = [self._inside(branch.predicate, side, results[side], set()) for side in range(count)]
        operands = list(dict.fromkeys(each for _, outside in found for each in outside))
        arguments = {each: f"{each.node}:{each.index}" for each in operands}
        sides = []
        inner = [node for nodes, _ in found for node in nodes.values()]
        is_case = count > 2 or any(node.op == "_SwitchN" for node in inner)
        names = {node.name for node in inner}
        after = dict.fromkeys(each for node in inner for each in node.after if self.acts(each) and each not in names)
        for side, (nodes, outside) in enumerate(found):
            known = constant(f"{name}:known", side, DType.INT32 if is_case else DType.BOOL)
            part: dict[str, Node] = {known.name: known}
            for node in nodes.values():
                is_decided = self._predicate(node) == branch.predicate
                part[node.name] = with_predicate(node, known) if is_decided else node
            part |= _handed_in(outside, arguments)
            sides.append(add_part(f"{name}:{side}", part, list(arguments.values()), results[side]))
        if is_case:
            return MadeNode(name, "Case", [branch.predicate, *operands], list(after), branches=tuple(sides))
        otherwise, then = sides
        return MadeNode(name, "If", [branch.predicate, *operands], list(after), then_branch=then, else_branch=otherwise)


def _handed_in(outside: Iterable[Reference], arguments: dict[Reference, str]) -> dict[str, Node]:
    """Nodes that hand on arguments in place of the nodes whose outputs they are."""
    by_node: dict[str, dict[int, str]] = {}
    for each in outside:
        by_node.setdefault(each.node, {})[each.index] = arguments[each]
    found: dict[str, Node] = {}
    for name, outputs in by_node.items():
        any_one = next(iter(outputs.values()))
        inputs = [Reference(outputs.get(index, any_one)) for index in range(max(outputs) + 1)]
        found[name] = MadeNode(name, "IdentityN", inputs)
    return found


def _in_order(nodes: Nodes, wanted: Iterable[str]) -> list[str]:
    """The nodes that wanted ones depend on or run after, each behind those; circles are left open."""
    order: list[str] = []
    seen = set[str]()
    waiting = [(name, False) for name in wanted]
    while waiting:
        name, is_ready = waiting.pop()
        if is_ready:
            order.append(name)
        elif name in nodes and name not in seen:
            seen.add(name)
            waiting.append((name, True))
            waiting += [(each.node, False) for each in nodes[name].inputs]
            waiting += [(each, False) for each in nodes[name].after]
    return order
