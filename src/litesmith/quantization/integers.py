"""A model's real numbers as integers: planned, then rewritten."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from litesmith.ir.graph import Model, Operation, Value
from litesmith.quantization.forms import FORMS, Form
from litesmith.quantization.observers.choosing import Observer
from litesmith.quantization.planning import Plan, plan
from litesmith.quantization.ranges import Histogram
from litesmith.quantization.rewriting import Face, face, rewrite
from litesmith.quantization.unseen import lent


def quantize_integers(
    model: Model,
    histograms: Mapping[Value, Histogram],
    wanted: Face = "float32",
    form_of: Callable[[Operation], Form] = lambda _: FORMS["int8"],
    observer: Observer = "mse",
) -> Plan:
    """Let the first graph compute with integers wherever it is asked to and there is a kernel for it.

    Args:
        histograms: what its activations hold, as `ranges.observe` says.
        wanted: the type of inputs and outputs that are real numbers now.
        form_of: what each operation is to become.
        observer: how ranges follow from what was seen.

    Returns:
        What was planned and done; `left` has the operations that compute with real numbers still.
    """
    graphs = list(model.all_graphs())
    planned = plan(graphs, lent(model, histograms), form_of, observer)
    rewrite(graphs, planned)
    face(model.main, wanted)
    planned.left = [left for left in planned.left if left.operation.graph is not None]
    return planned
