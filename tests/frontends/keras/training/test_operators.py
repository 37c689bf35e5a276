"""Operators as Keras evaluates them beside what the runtime computes: integers and reals."""

import keras
import numpy as np
import pytest
from cases import table
from cases.measuring import converted

import litesmith
from litesmith.frontends.keras.training.graph import Evaluation, missing, steps_of
from litesmith.frontends.keras.training.registry import evaluator
from litesmith.frontends.keras.training.tables import tables
from litesmith.ir.operator import Never
from litesmith.opset.conversion import Dequantize
from litesmith.opset.registry import definitions

WITHOUT = {"UNIDIRECTIONAL_SEQUENCE_LSTM": "gradients through its cell state in integers"}
"""Operators with a kernel for integers that are not evaluated, and why."""

APART = {
    "ops.cdist": "squares of what is one step off",
    "ops.arccos": "a root of what is next to 0, and an angle of it",
    "ops.arcsin": "a root of what is next to 0, and an angle of it",
    "ops.hypot": "divides by what is next to 0",
    "ops.rsqrt": "divides by what is next to 0",
    "ops.qr": "many divisions in turn",
    "ops.image.ssim": "a quotient of what is next to 0",
    "ops.argsort": "an order of what is nearly the same",
}
"""Where more than one step parts both, and why."""


def integer_operators():
    return [kind for kind in definitions().values() if not isinstance(kind.scales, Never)]


@pytest.mark.parametrize("kind", integer_operators(), ids=lambda kind: kind.builtin)
def test_what_has_a_kernel_for_integers_is_evaluated(kind):
    found = evaluator(object.__new__(kind))
    assert (found is None) == (kind.builtin in WITHOUT)


def evaluated(graph, inputs):
    """The outputs as numpy arrays."""
    return [np.asarray(keras.ops.convert_to_numpy(each)) for each in Evaluation(graph, tables(graph))(inputs, {})]


def steps_apart(value, own, found):
    """How many steps of an output (or millionths of the largest, for reals) lie between both."""
    is_rounded = value.producer is not None and isinstance(value.producer.operator, Dequantize)
    steps = steps_of(value.producer.operands[0].type) if is_rounded else None
    step = 1e-5 * max(np.abs(own).max(initial=0), 1e-3) if steps is None else steps.scale
    return np.rint(np.abs(own.astype(np.float64) - found) / step)


def compared(case, quantize):
    """Outputs in the runtime and as evaluated, each with its value; skips what cannot be."""
    with np.errstate(all="ignore"):
        _, lite = converted(case, open_sizes=False)
        if lite.has_state or lite.preprocessing is not None:
            pytest.skip("it keeps state, or texts")
        arrays = next(iter(case.samples(False)))
        given = arrays[0] if len(arrays) == 1 else list(arrays)
        inputs = lite.face().arrays(given)
        if not inputs:
            pytest.skip("nothing goes in")
        made = (
            litesmith.quantize(lite, "int8", calibration=[given] if len(arrays) == 1 else [arrays])
            if quantize
            else lite
        )
        if any(missing(made.graph)):
            pytest.skip("something in it is not evaluated, which `qat` says")
        return zip(made.graph.outputs, made.run_arrays(inputs), evaluated(made.graph, inputs), strict=True)


FIRST = {case.id.partition("(")[0]: case for case in reversed(table.CASES) if not case.refused}
FEW = (
    *("layers.Conv2D", "layers.DepthwiseConv2D", "layers.Conv2DTranspose", "layers.Dense", "layers.AveragePooling2D"),
    *("layers.GroupNormalization", "layers.Softmax", "layers.LeakyReLU", "layers.UpSampling2D", "ops.hard_silu"),
    *("ops.matmul", "ops.concatenate", "ops.image.resize", "ops.mean", "ops.square", "ops.where", "ops.top_k"),
)


@pytest.mark.parametrize("name", FEW)
@pytest.mark.parametrize("quantize", [False, True], ids=["reals", "integers"])
@pytest.mark.filterwarnings("ignore")
def test_the_runtime_computes_the_same(name, quantize):
    for value, own, found in compared(FIRST[name], quantize):
        assert own.shape == found.shape
        assert own.dtype.kind == found.dtype.kind
        assert steps_apart(value, own, found).max(initial=0) <= 1


@pytest.mark.slow
@pytest.mark.parametrize("name", FIRST)
@pytest.mark.parametrize("quantize", [False, True], ids=["reals", "integers"])
@pytest.mark.filterwarnings("ignore")
def test_the_runtime_computes_the_same_of_every_layer_and_operation(name, quantize):
    try:
        outputs = list(compared(FIRST[name], quantize))
    except litesmith.LitesmithError as error:
        pytest.skip(str(error))
    for value, own, found in outputs:
        assert own.shape == found.shape
        if own.dtype.kind == "f" and own.size and np.isfinite(own).all() and name not in APART:
            assert steps_apart(value, own, found).max() <= 1
