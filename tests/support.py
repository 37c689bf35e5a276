"""What tests share: comparing with Keras, and checking passes by their documentation."""

from __future__ import annotations

import inspect
import re
from typing import Any

import keras
import ml_dtypes
import numpy as np

import litesmith
from litesmith.flatbuffer.read import read
from litesmith.flatbuffer.write import graph_values, to_bytes
from litesmith.frontends.keras.running import run_keras
from litesmith.ir.dims import evaluate, expression
from litesmith.ir.graph import Model
from litesmith.ir.text import model_text
from litesmith.ir.types import DType
from litesmith.lite_model import LiteModel
from litesmith.opset.parse import parse_model
from litesmith.passes.base import Pass, Record
from litesmith.passes.eliminate_dead_code import EliminateDeadCode
from litesmith.runtime.interpreter import RuntimeRefusal, Session
from litesmith.verification.samples import samples

BATCHES = (1, 3)


def check_converts(
    model: Any,
    *inputs: Any,
    rtol: float = 1e-5,
    atol: float = 1e-6,
    convert: dict[str, Any] | None = None,
    numpy_is_wider: bool = False,
) -> LiteModel:
    """Convert a model and compare it with Keras: values, shapes and dtypes.

    `inputs` are structures nested like the model's input (arrays in any batch); without them
    seeded ones are made for batches 1 and 3. Errors count relative to the largest output.
    The file is also read back, written again, and must then compute the same.
    `numpy_is_wider`: Keras' numpy backend returns float64 where the others return float32.
    """
    lite = litesmith.convert(model, verify=False, **(convert or {}))
    if not inputs:
        names = lite.face().size_names
        inputs = tuple(lite.inputs.pack(samples(lite.graph, batch, seed=batch, names=names)) for batch in BATCHES)
    again = LiteModel(to_bytes(read(bytes(lite))))
    for given in inputs:
        expected = lite.outputs.flatten(run_keras(model, given))
        if numpy_is_wider:
            expected = [x.astype("float32") if (x := np.asarray(leaf)).dtype == "float64" else x for leaf in expected]
        check_types(lite, lite.inputs.flatten(given))
        for found in (lite.run(given), again.run(given)):
            compare_arrays(expected, lite.outputs.flatten(found), rtol, atol)
    return lite


def check_types(lite: LiteModel, inputs: list[Any]) -> None:
    """Every tensor has the shape and dtype in the runtime that the graph says it has."""
    graph = lite.graph
    session = Session(bytes(lite), delegates=False)
    arrays = [np.asarray(array, value.type.dtype.numpy) for array, value in zip(inputs, graph.inputs, strict=True)]
    session.run(arrays)
    of_inputs = {
        symbol: (graph.inputs.index(x), axis) for symbol, (x, axis) in graph.anchors.items() if x in graph.inputs
    }
    sizes = {symbol.name: arrays[place].shape[axis] for symbol, (place, axis) in of_inputs.items()}
    details = session._interpreter.get_tensor_details()
    for detail, value in zip(details, graph_values(graph), strict=False):
        if any(expression(size).symbols - of_inputs.keys() for size in value.type.shape):
            continue
        if _is_unread_result_of_a_loop(value):
            continue
        shape = tuple(evaluate(size, sizes) for size in value.type.shape)
        assert tuple(detail["shape"]) == shape, f"{detail['name']} is {detail['shape']}, the graph says {value.type}"
        dtype = np.dtype("int8") if value.type.dtype is DType.INT4 else value.type.dtype.numpy  # numpy has no int4
        assert np.dtype(detail["dtype"]) == dtype or dtype == np.dtype(object)


def _is_unread_result_of_a_loop(value: Any) -> bool:
    """The kernel of WHILE leaves out what its body hands on unchanged and nobody reads."""
    return value.producer is not None and value.producer.operator.builtin == "WHILE" and not value.uses


def check_layer(layer: Any, *shapes: tuple[int | None, ...], dtype: str = "float32", **options: Any) -> LiteModel:
    """`check_converts` for a functional model of one layer on inputs of these shapes (without the batch)."""
    tensors = [keras.Input(shape, dtype=dtype) for shape in shapes]
    outputs = layer(tensors[0] if len(tensors) == 1 else tensors)
    return check_converts(keras.Model(tensors[0] if len(tensors) == 1 else tensors, outputs), **options)


def check_function(function: Any, *arrays: Any, **options: Any) -> LiteModel:
    """`check_converts` for a function of tensors, as the body of a model's layer, on these arrays.

    The arrays' first axis is the batch, unless `dynamic_batch=False`.
    """
    shapes = _specs(arrays, options.pop("dynamic_batch", True))
    arrays = tuple(map(np.asarray, arrays))
    return check_converts(_layer_of(function), list(arrays), convert={"inputs": shapes}, **options)


def converted(function: Any, *arrays: Any, dynamic_batch: bool = True) -> LiteModel:
    """What `check_function` compares with Keras, for functions that Keras computes otherwise."""
    return litesmith.convert(_layer_of(function), inputs=_specs(arrays, dynamic_batch), verify=False)


def _layer_of(function: Any) -> keras.layers.Layer:
    class Body(keras.layers.Layer):
        def call(self, tensors: Any) -> Any:
            return function(*tensors)

        def compute_output_spec(self, tensors: Any) -> Any:
            return keras.src.backend.compute_output_spec(function, *tensors)

    layer = Body()
    layer.built = True
    return layer


def _specs(arrays: Any, dynamic: bool) -> list[keras.InputSpec]:
    arrays = tuple(map(np.asarray, arrays))
    return [
        keras.InputSpec(shape=((None if dynamic else a.shape[0]), *a.shape[1:]) if a.ndim else (), dtype=a.dtype.name)
        for a in arrays
    ]


def compare_arrays(expected: list[Any], found: list[Any], rtol: float = 1e-5, atol: float = 1e-6) -> None:
    assert len(expected) == len(found)
    for want, got in zip(expected, found, strict=True):
        want, got = np.asarray(want), np.asarray(got)
        assert got.shape == want.shape, f"shape {got.shape}, Keras has {want.shape}"
        assert got.dtype == want.dtype, f"dtype {got.dtype}, Keras has {want.dtype}"
        if want.dtype.kind not in "fV":
            np.testing.assert_array_equal(got, want)
            continue
        if want.dtype.itemsize == 2:
            rtol = max(rtol, 16 * float(ml_dtypes.finfo(want.dtype).eps))  # what the rounding in Keras leaves
        finite = np.isfinite(want.astype(np.float64))
        largest = np.max(np.abs(want[finite].astype(np.float64)), initial=0.0)
        np.testing.assert_allclose(
            got.astype(np.float64), want.astype(np.float64), rtol=0, atol=atol + rtol * largest, equal_nan=True
        )


def builtins_of(lite: LiteModel) -> list[str]:
    """The names of all operators, subgraphs included, in order."""
    return [operation.operator.builtin for graph in lite.model.all_graphs() for operation in graph.operations]


def run_text(model: Model, batch: int = 3) -> list[Any]:
    """What the runtime computes for a graph on seeded inputs, without the delegate where that refuses it."""
    arrays = samples(model.main, batch, seed=0)
    try:
        return Session(to_bytes(model)).run(arrays)
    except RuntimeRefusal:
        return Session(to_bytes(model), delegates=False).run(arrays)


def examples_of(step: type[Pass]) -> list[tuple[str, str]]:
    """The (before, after) graphs in a pass's docstring."""
    text = inspect.cleandoc(step.__doc__ or "")
    pattern = r"Before:\n(.*?)\n\s*After:\n(.*?)(?=\n\s*Before:|\n(?=\S)|\Z)"
    return [(inspect.cleandoc(a), inspect.cleandoc(b)) for a, b in re.findall(pattern, text, re.DOTALL)]


def check_rewrite(step: Pass, before: str, after: str | None, rtol: float = 1e-5) -> Record:
    """Run a pass on a graph given as text and compare with the text it should become.

    Both are run as well and must compute the same. `after=None`: nothing may change.
    """
    model = parse_model(before)
    numbers = run_text(parse_model(before))
    record = Record()
    for graph in list(model.all_graphs()):
        step.run(graph, record)
        EliminateDeadCode().run(graph, Record())
    shown = model_text(model)
    assert shown == model_text(parse_model(after if after is not None else before)), shown
    compare_arrays(numbers, run_text(model), rtol)
    return record


def text_graph(*lines: str, inputs: str, returned: str = "") -> str:
    """A graph whose operations, with one result each, are called %1, %2, ...; it returns the last one."""
    body = "\n".join(f"  %{i} = {line}" for i, line in enumerate(lines, 1))
    return f"graph main({inputs}) {{\n{body}\n  return {returned or f'%{len(lines)}'}\n}}"


def operators_after(step: Pass, text: str, rtol: float = 1e-5) -> list[str]:
    """The operators that a pass leaves of a graph, which must compute what it computed before."""
    model, numbers = parse_model(text), run_text(parse_model(text))
    step.run(model.main, Record())
    EliminateDeadCode().run(model.main, Record())
    compare_arrays(numbers, run_text(model), rtol)
    return [operation.operator.builtin for operation in model.main.operations]
