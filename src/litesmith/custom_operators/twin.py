"""A file with custom operators as the runtime can run it without their kernels."""

from __future__ import annotations

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.telling import tell
from litesmith.diagnostics.verification import CustomOperatorsNotRun, NotCompared
from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.copying import copy_model
from litesmith.ir.graph import Model
from litesmith.lite_model import LiteModel
from litesmith.opset.unmodeled import Unmodeled
from litesmith.passes.pipeline import optimize


class NotRunnable(LitesmithError):
    """A file that cannot be run here, because of custom operators without kernels; `reason` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(NotCompared(reason))
        self.reason = reason


def runnable(lite: LiteModel) -> LiteModel:
    """The file itself where its kernels are at hand; else its twin, and the warning V105.

    Raises:
        NotRunnable: where a custom operator has neither a kernel nor a function that can be written out.
    """
    names = custom_operators_of(lite.model)
    if not names or lite.kernels:
        return lite
    twin = twin_of(lite)
    tell(CustomOperatorsNotRun(names), stacklevel=5)
    return twin


def custom_operators_of(model: Model) -> tuple[str, ...]:
    """The names of a model's custom operators, each once."""
    operators = (operation.operator for graph in model.all_graphs() for operation in graph.operations)
    return tuple(dict.fromkeys(each.name for each in operators if isinstance(each, Unmodeled) and each.is_custom))


def twin_of(lite: LiteModel) -> LiteModel:
    """The same graphs with every custom operator written out as its function computes it.

    All else of the file is as it is: its weights, its other operators, and what goes into the custom operators.

    Raises:
        NotRunnable: for a custom operator whose function is not known, or has no form in builtin operators.
    """
    from litesmith.frontends.keras.custom_references import NoReference, write_out_custom_operators

    model = copy_model(lite.model)
    try:
        write_out_custom_operators(model)
    except NoReference as error:
        raise NotRunnable(str(error)) from error
    optimize(model)
    return LiteModel(to_bytes(model), model, preprocessing=lite.preprocessing)
