"""Graphs with the control flow of TensorFlow 1 as graphs with that of TensorFlow 2: functions that loop and branch."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from litesmith.frontends.tensorflow.branches import Branches
from litesmith.frontends.tensorflow.frames import EXITS, MERGES, Effort, loops
from litesmith.frontends.tensorflow.graph import Body, Function, Program, Reference
from litesmith.frontends.tensorflow.registry import import_of
from litesmith.frontends.tensorflow.wire import Malformed

Acts = Callable[[Body, str], bool]


def functional(
    program: Program,
    body: Body,
    given: Collection[str],
    wanted: Sequence[Reference],
    always: Sequence[str],
    acts: Acts,
    effort: Effort,
) -> tuple[Body, Sequence[Reference]]:
    """A graph or function without the loops and branches of TensorFlow 1 that some outputs need, and these.

    Args:
        given: nodes in place of which there are items.
        always: nodes that run as well.
        acts: whether it matters to others that a node of a graph runs before them.
    """
    if not body.operations & (EXITS | MERGES):
        return body, wanted
    if isinstance(body, Function) and not body.is_part:
        body, wanted = _by_place(body), [by_place(body, each) for each in wanted]
    run = [*wanted, *map(Reference, always)]
    of_loops = loops(body.nodes, given, run, lambda name: acts(body, name), program.add_part, effort)
    without = Body({**body.nodes, **of_loops})
    branches = Branches(without.nodes, given, run, lambda name: acts(without, name), effort)
    return Body({**without.nodes, **branches.made(program.add_part)}), wanted


def by_place(body: Body, reference: Reference) -> Reference:
    """A reference by the place of an output among all those of the node, as graphs have it."""
    if not reference.output or reference.node not in body.nodes:
        return reference
    rule = import_of(body.nodes[reference.node].op)
    if rule is None or not rule.outputs:
        return Reference(reference.node, "", reference.index)
    if reference.output not in rule.outputs:
        raise Malformed(f"{body.nodes[reference.node].op} has no output {reference.output!r}")
    return Reference(reference.node, "", reference.index + rule.outputs.index(reference.output))


def _by_place(body: Body) -> Body:
    return Body(
        {name: node.reading([by_place(body, each) for each in node.inputs]) for name, node in body.nodes.items()}
    )
