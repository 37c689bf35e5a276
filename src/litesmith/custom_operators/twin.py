"""A file with custom operators as the runtime can run it without their kernels."""

from __future__ import annotations

from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.copying import copy_model
from litesmith.ir.graph import Model
from litesmith.lite_model import LiteModel
from litesmith.opset.unmodeled import Unmodeled
from litesmith.passes.pipeline import optimize


def custom_operators_of(model: Model) -> tuple[str, ...]:
    """The names of a model's custom operators, each once."""
    operators = (operation.operator for graph in model.all_graphs() for operation in graph.operations)
    return tuple(dict.fromkeys(each.name for each in operators if isinstance(each, Unmodeled) and each.is_custom))


def twin_of(lite: LiteModel) -> LiteModel:
    """The same graphs with every custom operator written out as its function computes it.

    All else of the file is as it is: its weights, its other operators, and what goes into the custom operators.

    Raises:
        NoReference: for a custom operator whose function is not known, or has no form in builtin operators.
    """
    from litesmith.frontends.keras.custom_references import write_out_custom_operators

    model = copy_model(lite.model)
    write_out_custom_operators(model)
    optimize(model)
    return LiteModel(to_bytes(model), model, preprocessing=lite.preprocessing)
