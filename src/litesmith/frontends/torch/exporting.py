"""Functions of torch tensors as exported programs, whose operators know the user's lines."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch.export import Dim, ExportedProgram

from litesmith.frontends.provenance import running_line
from litesmith.frontends.torch.aliasing import functional, is_in_place, needs_functions
from litesmith.frontends.torch.open_lengths import LeavingSizesOpen
from litesmith.frontends.torch.recurrence import KeepingRecurrence
from litesmith.frontends.torch.registry import NEEDS_NONE, import_of, name_of
from litesmith.ir.source import Place

LINE = "litesmith_line"
"""Under which the user's line stands in what a node of a program knows."""

GENERATED = ("<string>", "<eval_with_key>")
"""What files are called that torch makes code of, which has no lines of anybody's."""

IsUsers = Callable[[str], bool]
"""Whether code of a file is the user's."""

_tracing = threading.RLock()


class Called(torch.nn.Module):
    """A function of tensors, as the module that is exported."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *tensors: Any) -> Any:
        """What the function returns."""
        return self.function(*tensors)


def export(
    module: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], open_axes: Any, is_users: IsUsers
) -> ExportedProgram:
    """The program of a module's inference, with the sizes of `open_axes` as symbols.

    Args:
        args, kwargs: example tensors, none of whose open sizes is 0 or 1.
        open_axes: nested like args and kwargs together, a set of axes for each tensor.
        is_users: tells whose code a file holds; lines of the user are noted.
    """
    is_module = isinstance(module, Called)
    with _quiet(), torch.no_grad(), _noting_lines(is_users), KeepingRecurrence(), LeavingSizesOpen():
        shapes = torch.utils._pytree.tree_map(
            lambda axes: dict.fromkeys(axes, Dim.AUTO), open_axes, is_leaf=lambda leaf: isinstance(leaf, frozenset)
        )
        if is_module:
            shapes = (tuple(shapes),)
        # Where torch fails it prints the program so far.
        with contextlib.redirect_stdout(io.StringIO()) as said, contextlib.redirect_stderr(io.StringIO()) as told:
            program = torch.export.export(module, args, kwargs, dynamic_shapes=shapes, strict=False)
    sys.stdout.write(said.getvalue())
    sys.stderr.write(told.getvalue())
    return program


def prepared(program: ExportedProgram) -> ExportedProgram:
    """The program without assignments in place that others see, and with operators that are imported.

    Operators that are not imported are taken apart into those that torch makes of them.
    """
    unknown = unknown_operators(program)
    if unknown:
        table = {each: how for each, how in torch.export.default_decompositions().items() if import_of(each) is None}
    elif needs_functions(program.graph):
        table = {}
    else:
        return program
    with _quiet():
        return program.run_decompositions(table)


def unknown_operators(program: ExportedProgram) -> list[Any]:
    """The operators of ATen and others in a program that have no import."""
    found: dict[Any, None] = {}
    for each in program.graph_module.modules():
        if isinstance(each, torch.fx.GraphModule):
            for node in each.graph.nodes:
                if isinstance(node.target, torch._ops.OpOverload) and not _is_known(node.target):
                    found[node.target] = None
    return list(found)


def _is_known(operator: Any) -> bool:
    """Whether an operator is imported, one that assigns in place as the one that does not, or needs no import."""
    if name_of(operator) in NEEDS_NONE or import_of(operator) is not None:
        return True
    return is_in_place(operator) and (plain := functional(operator)) is not None and import_of(plain) is not None


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without torch's warnings and what it logs of its own workings, which mean nothing to the user."""
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


@contextlib.contextmanager
def _noting_lines(is_users: IsUsers) -> Iterator[None]:
    """Nodes made in this thread are told the innermost line of the user that runs."""
    original = torch.fx.Graph.create_node
    thread = threading.get_ident()

    def create_node(self: Any, *args: Any, **kwargs: Any) -> Any:
        node = original(self, *args, **kwargs)
        line = _users_line(is_users) if threading.get_ident() == thread else None
        if line is not None:
            node.meta["custom"] = {**node.meta.get("custom", {}), LINE: line}
        return node

    with _tracing:
        torch.fx.Graph.create_node = create_node
        try:
            yield
        finally:
            torch.fx.Graph.create_node = original


def _users_line(is_users: IsUsers) -> Place | None:
    """Within the module that is exported."""
    frame = sys._getframe(2)
    inside: Any = frame
    while inside is not None:
        if inside.f_code.co_filename == __file__:
            return None
        if not inside.f_code.co_filename.startswith(GENERATED) and is_users(inside.f_code.co_filename):
            return running_line(inside)
        inside = inside.f_back
    return None


def line_of(node: Any) -> Place:
    """The user's code that a node comes from."""
    return Place(*node.meta.get("custom", {}).get(LINE, ()))


def modules_of(node: Any) -> str:
    """The path of the innermost module that a node comes from."""
    stack: Sequence[Any] = list((node.meta.get("nn_module_stack") or {}).values())
    path = str(stack[-1][0]) if stack else ""
    return "/".join(part for part in path.split(".") if not part.startswith("_empty_nn_module"))
