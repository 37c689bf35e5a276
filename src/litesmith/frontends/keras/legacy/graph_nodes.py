"""TensorFlowOpLayer: single operations of TensorFlow's graphs, as TensorFlow 1.13 to 2.3 stored them in models."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from keras import ops

from litesmith.frontends.keras.legacy import size_functions  # noqa: F401 (registers functions)
from litesmith.frontends.keras.legacy.entries import Malformed
from litesmith.frontends.keras.legacy.functions import FUNCTIONS, NotThisWay

TYPES = {
    "DT_FLOAT": "float32",
    "DT_HALF": "float16",
    "DT_BFLOAT16": "bfloat16",
    "DT_DOUBLE": "float64",
    "DT_INT8": "int8",
    "DT_INT16": "int16",
    "DT_INT32": "int32",
    "DT_INT64": "int64",
    "DT_UINT8": "uint8",
    "DT_BOOL": "bool",
}

SAME_ARGUMENTS = {
    "Abs": "math.abs",
    "Add": "math.add",
    "AddV2": "math.add",
    "AddN": "math.add_n",
    "BiasAdd": "nn.bias_add",
    "Ceil": "math.ceil",
    "Cos": "math.cos",
    "Cumsum": "math.cumsum",
    "BroadcastTo": "broadcast_to",
    "DivNoNan": "math.divide_no_nan",
    "Elu": "nn.elu",
    "Equal": "math.equal",
    "Erf": "math.erf",
    "Exp": "math.exp",
    "ExpandDims": "expand_dims",
    "Fill": "fill",
    "Floor": "math.floor",
    "FloorDiv": "math.floordiv",
    "FloorMod": "math.floormod",
    "Greater": "math.greater",
    "GreaterEqual": "math.greater_equal",
    "Identity": "identity",
    "Less": "math.less",
    "LessEqual": "math.less_equal",
    "Log": "math.log",
    "Log1p": "math.log1p",
    "LogicalAnd": "math.logical_and",
    "LogicalNot": "math.logical_not",
    "LogicalOr": "math.logical_or",
    "LogSoftmax": "nn.log_softmax",
    "Maximum": "math.maximum",
    "Minimum": "math.minimum",
    "Mul": "math.multiply",
    "Neg": "math.negative",
    "NotEqual": "math.not_equal",
    "OnesLike": "ones_like",
    "Pad": "pad",
    "Pow": "math.pow",
    "RealDiv": "math.truediv",
    "Reciprocal": "math.reciprocal",
    "Relu": "nn.relu",
    "Relu6": "nn.relu6",
    "Reshape": "reshape",
    "ReverseV2": "reverse",
    "Range": "range",
    "Round": "math.round",
    "Rsqrt": "math.rsqrt",
    "Select": "where",
    "SelectV2": "where",
    "Selu": "nn.selu",
    "Shape": "shape",
    "Sigmoid": "math.sigmoid",
    "Sign": "math.sign",
    "Sin": "math.sin",
    "Slice": "slice",
    "Softmax": "nn.softmax",
    "Softplus": "nn.softplus",
    "Softsign": "nn.softsign",
    "Sqrt": "math.sqrt",
    "Square": "math.square",
    "SquaredDifference": "math.squared_difference",
    "StopGradient": "stop_gradient",
    "Sub": "math.subtract",
    "Tanh": "math.tanh",
    "Tile": "tile",
    "Transpose": "transpose",
    "ZerosLike": "zeros_like",
    "ArgMax": "math.argmax",
    "ArgMin": "math.argmin",
}
"""Operations whose operands are the arguments of a function, in its order."""

REDUCTIONS = {
    "Sum": "math.reduce_sum",
    "Mean": "math.reduce_mean",
    "Max": "math.reduce_max",
    "Min": "math.reduce_min",
    "Prod": "math.reduce_prod",
    "Any": "math.reduce_any",
    "All": "math.reduce_all",
}

Attributes = dict[str, Any]


def operation_of(config: dict[str, Any]) -> tuple[str, Callable[..., Any] | None]:
    """The operation's name, and what it makes of the tensors that it is called on; None for unknown ones."""
    node = config.get("node_def")
    try:
        node = json.loads(node) if isinstance(node, str) else node
    except ValueError:
        raise NotThisWay("a description that is not JSON") from None
    if not isinstance(node, dict) or not isinstance(node.get("op"), str):
        raise Malformed("an operation of TensorFlow has no name")
    constants = {int(place): value for place, value in (config.get("constants") or {}).items()}
    attributes = {key: _attribute(value) for key, value in (node.get("attr") or {}).items()}
    name = node["op"]
    what = _with_attributes(name)
    if what is None:
        return name, None

    def call(tensors: Any) -> Any:
        given = tensors if isinstance(tensors, list) else [tensors]
        rest = iter(given)
        places = range(len(given) + len(constants))
        return what(attributes, [constants[place] if place in constants else next(rest) for place in places])

    return name, call


def _attribute(value: Any) -> Any:
    """What an attribute holds: JSON has integers as texts."""
    if not isinstance(value, dict) or len(value) != 1:
        return value
    ((kind, inner),) = value.items()
    if kind == "i":
        return int(inner)
    if kind == "list" and isinstance(inner, dict):
        return [_attribute({key: item}) for key, items in inner.items() for item in items]
    return TYPES.get(inner, inner) if kind == "type" else inner


def _with_attributes(name: str) -> Callable[[Attributes, list[Any]], Any] | None:
    if name in SAME_ARGUMENTS:
        what = FUNCTIONS[SAME_ARGUMENTS[name]]
        return lambda attributes, operands: what(*operands)
    if name in REDUCTIONS:
        what = FUNCTIONS[REDUCTIONS[name]]
        return lambda attributes, operands: what(*operands, keepdims=bool(attributes.get("keep_dims")))
    return SPECIAL.get(name)


def _cast(attributes: Attributes, operands: list[Any]) -> Any:
    return FUNCTIONS["cast"](operands[0], attributes["DstT"])


def _concat(attributes: Attributes, operands: list[Any]) -> Any:
    return FUNCTIONS["concat"](operands[:-1], axis=operands[-1])


def _pack(attributes: Attributes, operands: list[Any]) -> Any:
    return FUNCTIONS["stack"](operands, axis=attributes.get("axis", 0))


def _unpack(attributes: Attributes, operands: list[Any]) -> Any:
    return FUNCTIONS["unstack"](operands[0], num=attributes["num"], axis=attributes.get("axis", 0))


def _split(attributes: Attributes, operands: list[Any]) -> Any:
    return FUNCTIONS["split"](operands[1], attributes["num_split"], axis=operands[0])


def _split_v(attributes: Attributes, operands: list[Any]) -> Any:
    return FUNCTIONS["split"](operands[0], operands[1], axis=operands[2])


def _squeeze(attributes: Attributes, operands: list[Any]) -> Any:
    return FUNCTIONS["squeeze"](operands[0], axis=attributes.get("squeeze_dims") or None)


def _matmul(attributes: Attributes, operands: list[Any]) -> Any:
    first, second = ("transpose_a", "transpose_b") if "transpose_a" in attributes else ("adj_x", "adj_y")
    what = FUNCTIONS["linalg.matmul"]
    return what(*operands, transpose_a=attributes.get(first, False), transpose_b=attributes.get(second, False))


def _gather(attributes: Attributes, operands: list[Any]) -> Any:
    what = FUNCTIONS["gather"]
    return what(operands[0], operands[1], axis=operands[2], batch_dims=attributes.get("batch_dims", 0))


def _leaky_relu(attributes: Attributes, operands: list[Any]) -> Any:
    return ops.leaky_relu(operands[0], negative_slope=attributes.get("alpha", 0.2))


def _strided_slice(attributes: Attributes, operands: list[Any]) -> Any:
    tensor, begin, end, strides = operands
    if not all(isinstance(each, (list, tuple)) for each in (begin, end, strides)):
        raise NotThisWay("StridedSlice with places that the model computes")

    def has(mask: str, axis: int) -> bool:
        return bool(attributes.get(mask, 0) >> axis & 1)

    items: list[Any] = []
    for axis, (start, stop, step) in enumerate(zip(begin, end, strides, strict=True)):
        if has("ellipsis_mask", axis):
            items.append(Ellipsis)
        elif has("new_axis_mask", axis):
            items.append(None)
        elif has("shrink_axis_mask", axis):
            items.append(start)
        else:
            first = None if has("begin_mask", axis) else start
            items.append(slice(first, None if has("end_mask", axis) else stop, step))
    return FUNCTIONS["__operators__.getitem"](tensor, items)


def _resize_bilinear(attributes: Attributes, operands: list[Any]) -> Any:
    if not attributes.get("half_pixel_centers") or attributes.get("align_corners"):
        raise NotThisWay("ResizeBilinear without half_pixel_centers")
    return FUNCTIONS["image.resize"](operands[0], operands[1])


SPECIAL: dict[str, Callable[[Attributes, list[Any]], Any]] = {
    "BatchMatMul": _matmul,
    "BatchMatMulV2": _matmul,
    "Cast": _cast,
    "ConcatV2": _concat,
    "GatherV2": _gather,
    "LeakyRelu": _leaky_relu,
    "MatMul": _matmul,
    "Pack": _pack,
    "ResizeBilinear": _resize_bilinear,
    "Split": _split,
    "SplitV": _split_v,
    "Squeeze": _squeeze,
    "StridedSlice": _strided_slice,
    "Unpack": _unpack,
}
