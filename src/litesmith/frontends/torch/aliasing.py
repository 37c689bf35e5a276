"""Assignments in place: whether a program may be read as if each gave a new tensor."""

from __future__ import annotations

from typing import Any

import torch


def is_in_place(target: Any) -> bool:
    """Whether an operator changes its first argument."""
    schema = getattr(target, "_schema", None)
    return schema is not None and schema.is_mutable and schema.name.endswith("_")


def functional(target: Any) -> Any:
    """The operator that gives as a new tensor what another one assigns; None where torch has none."""
    packet = getattr(torch.ops.aten, target._schema.name.partition("::")[2].removesuffix("_"), None)
    return getattr(packet, target._overloadname, None)


def needs_functions(graph: Any) -> bool:
    """Whether an assignment in place is seen through another tensor of the same memory, or by the caller."""
    roots: dict[Any, Any] = {}
    nodes = list(graph.nodes)
    order = {node: place for place, node in enumerate(nodes)}
    for node in nodes:
        roots[node] = _root(node, roots)
    for node in nodes:
        if node.op != "call_function" or not _changes(node.target):
            continue
        if not is_in_place(node.target):
            return True
        changed = node.args[0]
        if roots[changed].op in ("placeholder", "get_attr"):
            return True
        others = [other for other in nodes if roots[other] is roots[changed] and other is not changed]
        others = [other for other in others if order[other] < order[node] and not is_in_place(other.target)]
        if any(order[user] > order[node] for other in others for user in other.users):
            return True
    return False


def _changes(target: Any) -> bool:
    schema = getattr(target, "_schema", None)
    return schema is not None and schema.is_mutable


def _root(node: Any, roots: dict[Any, Any]) -> Any:
    """The node whose memory a node's tensor is part of."""
    schema = getattr(node.target, "_schema", None) if node.op == "call_function" else None
    if schema is None:
        if node.op == "call_function" and getattr(node.target, "__name__", "") == "getitem":
            return roots.get(node.args[0], node)
        return node
    for place, argument in enumerate(schema.arguments):
        shares = argument.alias_info is not None and any(each.alias_info is not None for each in schema.returns)
        if shares and place < len(node.args) and node.args[place] in roots:
            return roots[node.args[place]]
    # An operator that may return its argument itself says so in no schema.
    if schema.name in MAY_RETURN_ARGUMENT and node.args:
        return roots.get(node.args[0], node)
    return node


MAY_RETURN_ARGUMENT = frozenset({
    "aten::reshape", "aten::contiguous", "aten::to", "aten::flatten", "aten::dropout", "aten::feature_dropout",
    "aten::type_as", "aten::alpha_dropout",
})  # fmt: skip
