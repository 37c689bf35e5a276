"""Random models compute the same in LiteRT as in Keras, with passes and without.

A model is drawn step by step. Each step is tried at once, on symbolic tensors and on arrays of
two batch sizes; what Keras does not take, or what makes huge numbers, is left out.
`--hypothesis-profile=thorough` draws many more than the default hundred.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, event, given, note, settings
from hypothesis import strategies as st

from litesmith.diagnostics.base import LitesmithError
from litesmith.flatbuffer.write import to_bytes
from litesmith.frontends.keras.importing import import_model
from litesmith.frontends.keras.running import run_keras
from litesmith.passes.pipeline import PIPELINE, optimize
from litesmith.runtime.interpreter import Session
from properties.steps import STEPS, Known
from properties.wider_steps import STEPS as MORE
from support import compare_arrays

SIZES = ({0: 1, None: 4}, {0: 3, None: 5})
"""For each of two calls, the batch and every other unknown size."""
USUAL = ["float32", "float32", "float32", "int32", "bool"]
DTYPES = [*["float32"] * 6, *["int32"] * 3, *["bool"] * 2, "int8", "uint8", "int16", "int64", "uint32", "float16"]
"""What an input may be."""
MOST_ELEMENTS = 4000
LARGEST = 1e4
PHASES = [Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink]


def array_of(tensor, sizes, seed):
    """Exact numbers with ties, zeros and negative zeros."""
    shape = tuple(
        sizes[0] if axis == 0 else sizes[None] if size is None else size for axis, size in enumerate(tensor.shape)
    )
    random = np.random.default_rng(seed)
    if tensor.dtype == "bool":
        return random.random(shape) < 0.5
    if "int" in tensor.dtype:
        return random.integers(0 if tensor.dtype.startswith("u") else -4, 5, shape).astype(tensor.dtype)
    return (random.integers(-8, 9, shape) * np.float32(0.25) * random.choice([-1, 1], shape)).astype(tensor.dtype)


@dataclass
class Drawn:
    """A model, the inputs it is called on, and how it was made."""

    lines: list[str] = field(default_factory=list)
    calls: list[list[np.ndarray]] = field(default_factory=list)
    model: Any = None

    def __repr__(self):
        return "\n".join(["a model:", *self.lines])


def draw_inputs(draw, drawn, dtypes):
    size = st.sampled_from([1, 2, 3, 4, 4, 6, None])
    inputs = []
    for i in range(draw(st.integers(1, 3))):
        shape = tuple(draw(st.lists(size, min_size=0 if i else 1, max_size=3)))
        dtype = draw(st.sampled_from(dtypes if i else ["float32"]))
        tensor = keras.Input(shape, dtype=dtype, name=f"in{i}")
        arrays = [array_of(tensor, sizes, seed=10 * i + k) for k, sizes in enumerate(SIZES)]
        inputs.append(Known(f"in{i}", tensor, arrays, exact=True))
        drawn.lines.append(f"in{i} = {dtype}{shape}")
    return inputs


def tried(step, name):
    """The value that a step gives; None when Keras does not take it, or it is too large or too odd to compare."""
    try:
        with np.errstate(all="ignore"):
            arrays = [
                np.asarray(step.function(*(operand.arrays[k] for operand in step.operands))) for k in range(len(SIZES))
            ]
            tensor = step.function(*(operand.tensor for operand in step.operands))
    except Exception:
        return None
    for array in arrays:
        if not 0 < array.size <= MOST_ELEMENTS or not np.all(np.abs(array.astype("float64")) < LARGEST):
            return None
    if not isinstance(tensor, keras.KerasTensor) or arrays[0].dtype != tensor.dtype:
        return None
    rounded = tensor.dtype == "float16" and all(operand.dtype != "float16" for operand in step.operands)
    if tensor.dtype == "float64" or rounded:  # which the numpy backend makes of other types
        return None
    return Known(name, tensor, arrays, step.exact, step.operands)


@st.composite
def models(draw, steps=STEPS, most=15, dtypes=USUAL):
    drawn = Drawn()
    inputs = draw_inputs(draw, drawn, dtypes)
    values = list(inputs)
    for _ in range(draw(st.integers(3, most))):
        step = draw(st.sampled_from(steps))(draw, values)
        value = tried(step, f"v{len(values)}") if step else None
        if value is not None:
            values.append(value)
            drawn.lines.append(f"{value.name} = {step} : {value.dtype}{value.tensor.shape}")
    read = {operand.name for value in values for operand in value.operands}
    outputs = [value for value in values if value.name not in read or draw(st.integers(0, 9)) == 0]
    drawn.lines.append(f"return {', '.join(value.name for value in outputs)}")
    drawn.model = keras.Model([value.tensor for value in inputs], [value.tensor for value in outputs])
    drawn.calls = [[value.arrays[k] for value in inputs] for k in range(len(SIZES))]
    return drawn


def imported(model):
    try:
        return import_model(model).model
    except LitesmithError as error:
        codes = {finding.code for finding in error.diagnostics}
        if codes != {"K102"}:
            raise
        event(f"no form: {str(error).splitlines()[0]}")
        assume(False)


@settings(deadline=None, suppress_health_check=list(HealthCheck), phases=PHASES)
@given(models())
def test_random_models(drawn):
    check(drawn)


@pytest.mark.slow
@settings(deadline=None, suppress_health_check=list(HealthCheck), phases=PHASES)
@given(models([*STEPS, *MORE], 30, DTYPES))
def test_random_models_of_more_steps_and_types(drawn):
    check(drawn)


def check(drawn):
    plain, optimized = imported(drawn.model), imported(drawn.model)
    optimize(plain, PIPELINE[:1])
    optimize(optimized, check=True)
    expected = [keras.tree.flatten(run_keras(drawn.model, call)) for call in drawn.calls]
    for kind, graphs in (("as it is", plain), ("optimized", optimized)):
        note(kind)
        session = Session(to_bytes(graphs))
        for call, outputs in zip(drawn.calls, expected, strict=True):
            compare_arrays(outputs, session.run(call), rtol=1e-4, atol=1e-4)
