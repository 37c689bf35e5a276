"""Random models compute the same in LiteRT as in Keras, with passes and without.

A model is drawn step by step. Each step is tried at once, on symbolic tensors and on arrays of
two batch sizes; what Keras does not take, or what makes huge numbers, is left out and counted.
`many_random_models.py` draws thousands, in batches that it names the seeds of.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any
from unittest.mock import patch

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, event, given, note, settings
from hypothesis import strategies as st
from keras.src.random import seed_generator

from litesmith.diagnostics.base import LitesmithError
from litesmith.flatbuffer.write import to_bytes
from litesmith.frontends.keras.importing import import_model
from litesmith.frontends.keras.running import run_keras
from litesmith.passes.pipeline import PIPELINE, optimize
from litesmith.runtime.interpreter import Session
from properties import layer_steps, numeric_steps, wider_steps
from properties.steps import STEPS, Known
from support import compare_arrays

BATCHES = (1, 3)
"""Of the two calls."""
OPEN = ((4, 5), (4, 5), (6, 2), (1, 7))
"""What an open size may be in the two calls."""
USUAL = ["float32", "float32", "float32", "int32", "bool"]
DTYPES = [*["float32"] * 6, *["int32"] * 3, *["bool"] * 2, "int8", "uint8", "int16", "int64", "uint32", "float16"]
"""What an input may be."""
NEEDED = ("legalize", "loops")
"""Stages without which kernels refuse a graph, or compute something else."""
MOST_ELEMENTS = 4000
LARGEST = 1e4
FEWEST = 3
"""Steps of a model."""
TRIED: Counter[tuple[str, str]] = Counter()
"""How many steps of each kind were used, or why not."""
WIDER = [*STEPS, *wider_steps.STEPS, *numeric_steps.STEPS, *layer_steps.STEPS]
NO_FORM: Counter[str] = Counter()
"""How many models have no form in LiteRT, by what the finding says."""
SETTINGS = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)


def array_of(shape, dtype, seed):
    """Exact numbers with ties, zeros and negative zeros."""
    random = np.random.default_rng(seed)
    if dtype == "bool":
        return random.random(shape) < 0.5
    if "int" in dtype:
        return random.integers(0 if dtype.startswith("u") else -4, 5, shape).astype(dtype)
    return (random.integers(-8, 9, shape) * np.float32(0.25) * random.choice([-1, 1], shape)).astype(dtype)


@dataclass
class Drawn:
    """A model, the inputs it is called on, and how it was made."""

    lines: list[str] = field(default_factory=list)
    calls: list[list[np.ndarray]] = field(default_factory=list)
    model: Any = None
    steps: int = 0

    def __repr__(self):
        return "\n".join(["a model:", *self.lines])


def draw_inputs(draw, drawn, dtypes):
    size = st.sampled_from([1, 2, 3, 4, 4, 6, OPEN[0], draw(st.sampled_from(OPEN))])
    inputs = []
    for i in range(draw(st.integers(1, 3))):
        sizes = draw(st.lists(size, min_size=0 if i else 1, max_size=3))
        dtype = draw(st.sampled_from(dtypes if i else ["float32"]))
        tensor = keras.Input([None if isinstance(n, tuple) else n for n in sizes], dtype=dtype, name=f"in{i}")
        shapes = [(batch, *(n[k] if isinstance(n, tuple) else n for n in sizes)) for k, batch in enumerate(BATCHES)]
        arrays = [array_of(shape, dtype, seed=10 * i + k) for k, shape in enumerate(shapes)]
        inputs.append(Known(f"in{i}", tensor, arrays, exact=True))
        drawn.lines.append(f"in{i} = {dtype}{tuple(sizes)}")
    return inputs


class Unfit(Exception):
    """Why a step does not become part of the model."""


def tried(step, name):
    """The value that a step gives. `Unfit` when Keras does not take it, or it is too large or too odd to compare."""
    try:
        with np.errstate(all="ignore"):
            arrays = [np.asarray(step.function(*(x.arrays[k] for x in step.operands))) for k in range(len(BATCHES))]
            # Keras' numpy backend infers shapes by calling on arrays that it leaves as they come from memory.
            with patch.object(np, "empty", np.ones):
                tensor = step.function(*(operand.tensor for operand in step.operands))
    except Exception as error:
        raise Unfit(f"Keras: {type(error).__name__}") from error
    if not isinstance(tensor, keras.KerasTensor) or arrays[0].dtype != tensor.dtype:
        raise Unfit("Keras' numpy backend gives another type")
    if any(len(array.shape) != len(tensor.shape) for array in arrays) or any(
        known not in (None, size) for array in arrays for known, size in zip(tensor.shape, array.shape, strict=True)
    ):
        raise Unfit("Keras' numpy backend gives another shape")
    rounded = tensor.dtype == "float16" and all(operand.dtype != "float16" for operand in step.operands)
    if tensor.dtype == "float64" or rounded:  # which the numpy backend makes of other types
        raise Unfit(f"Keras' numpy backend gives {tensor.dtype}")
    if not all(array.size for array in arrays):
        raise Unfit("empty")
    if any(array.size > MOST_ELEMENTS for array in arrays):
        raise Unfit("too many elements")
    if not all(np.all(np.abs(array.astype("float64")) < LARGEST) for array in arrays):
        raise Unfit("large or not a number")
    return Known(name, tensor, arrays, step.exact, step.operands)


def draw_step(draw, steps, values):
    """One more value, and the line that says how it is made; None where nothing came of it."""
    kind = draw(st.sampled_from(steps))
    step = kind(draw, values)
    if not step:
        TRIED[kind.__name__, "no operands"] += 1
        return None
    try:
        value = tried(step, f"v{len(values)}")
    except Unfit as why:
        TRIED[kind.__name__, str(why)] += 1
        return None
    TRIED[kind.__name__, "used"] += 1
    return value, f"{value.name} = {step} : {value.dtype}{value.tensor.shape}"


@st.composite
def models(draw, steps=STEPS, most=15, dtypes=USUAL):
    with weights_drawn_from(draw(st.integers(0, 9))):
        return draw_model(draw, steps, most, dtypes)


@contextlib.contextmanager
def weights_drawn_from(seed):
    """Initializers made inside have seeds of their own generator, as Hypothesis draws with Python's."""
    with patch.object(seed_generator, "python_random", Random(seed)):
        yield


def draw_model(draw, steps, most, dtypes):
    drawn = Drawn()
    inputs = draw_inputs(draw, drawn, dtypes)
    values = list(inputs)
    wanted = len(inputs) + draw(st.integers(FEWEST, most))
    for _ in range(2 * wanted):
        step = draw_step(draw, steps, values)
        if step:
            values.append(step[0])
            drawn.lines.append(step[1])
        if len(values) == wanted:
            break
    assume(len(values) >= len(inputs) + FEWEST)
    drawn.steps = len(values) - len(inputs)
    read = {operand.name for value in values for operand in value.operands}
    outputs = [value for value in values if value.name not in read or draw(st.integers(0, 9)) == 0]
    drawn.lines.append(f"return {', '.join(value.name for value in outputs)}")
    drawn.model = keras.Model([value.tensor for value in inputs], [value.tensor for value in outputs])
    drawn.calls = [[value.arrays[k] for value in inputs] for k in range(len(BATCHES))]
    return drawn


def imported(model):
    try:
        return import_model(model).model
    except LitesmithError as error:
        codes = {finding.code for finding in error.diagnostics}
        if codes != {"K102"}:
            raise
        NO_FORM[str(error).splitlines()[0]] += 1
        event(f"no form: {str(error).splitlines()[0]}")
        assume(False)


@settings(SETTINGS)
@given(models())
def test_random_models(drawn):
    check(drawn)


@pytest.mark.slow
@settings(SETTINGS)
@given(models(WIDER, 30, DTYPES))
def test_random_models_of_more_steps_and_types(drawn):
    check(drawn)


def check(drawn):
    plain, optimized = imported(drawn.model), imported(drawn.model)
    optimize(plain, [stage for stage in PIPELINE if stage.name in NEEDED])
    optimize(optimized, check=True)
    expected = [keras.tree.flatten(run_keras(drawn.model, call)) for call in drawn.calls]
    for kind, graphs in (("as it is", plain), ("optimized", optimized)):
        note(kind)
        session = Session(to_bytes(graphs))
        for call, outputs in zip(drawn.calls, expected, strict=True):
            compare_arrays(outputs, session.run(call), rtol=1e-4, atol=1e-4)
