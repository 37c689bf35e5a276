"""Graphs of TensorFlow that mean something else: nodes with other attributes, constants, operands and operations."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.framework import op_def_registry

TEXTS = {
    "padding": ("SAME", "VALID"),
    "data_format": ("NHWC", "NCHW", "NDHWC", "NCDHW"),
    "mode": ("REFLECT", "SYMMETRIC"),
    "align": ("LEFT_RIGHT", "RIGHT_LEFT", "LEFT_LEFT", "RIGHT_RIGHT"),
    "equation": ("ij,jk->ik", "ij,kj->ki", "...ij,...jk->...ik", "ij,ij->ij", "ij,ij->", "ii->i", "ij->ji"),
    "interpolation": ("NEAREST", "BILINEAR"),
    "fill_mode": ("REFLECT", "WRAP", "CONSTANT", "NEAREST"),
    "kernel_type": ("lanczos1", "lanczos3", "lanczos5", "gaussian", "box", "triangle", "keyscubic", "mitchellcubic"),
    "round_mode": ("HALF_TO_EVEN", "HALF_UP"),
    "bad_indices_policy": ("", "DEFAULT", "ERROR", "IGNORE"),
    "method": ("bilinear", "nearest"),
}
TYPES = (tf.float32, tf.float64, tf.float16, tf.bfloat16, tf.int32, tf.int64, tf.int16, tf.int8, tf.uint8, tf.bool)
OWN_TYPES = frozenset(
    {"DstT", "out_type", "output_type", "out_idx", "index_type", "Targmax", "dtype", "Tout", "shape_type"}
)
"""Those that do not follow from the operands."""
INTEGERS = (-3, -2, -1, 0, 1, 2, 3, 4, 5, 8, 255)
REALS = (-1.0, 0.0, 1e-3, 0.1, 0.5, 1.0, 2.0, 3.5, 10.0)
MOST_BYTES = 1 << 16
"""Of a constant that is changed."""

Nodes = Any
Dice = random.Random


def changed(graph: Any, outputs: Iterable[str], dice: Dice) -> list[str]:
    """Changes a GraphDef in a few places that outputs depend on; says what it did."""
    said: list[str] = []
    bodies = [nodes for nodes in needed(graph, outputs) if nodes]
    wanted = dice.choice((1, 1, 1, 2, 3))
    for _ in range(200):
        nodes = dice.choices(bodies, [len(each) for each in bodies])[0]
        node = dice.choice(nodes)
        what = dice.choices((_attribute, _constant, _operands, _operation), (6, 4, 1, 1))[0](node, nodes, dice)
        if what:
            said.append(f"{node.name} ({node.op}): {what}")
        if len(said) == wanted:
            break
    return said


def needed(graph: Any, outputs: Iterable[str]) -> list[list[Any]]:
    """The nodes that outputs are computed from, and those of each function that is called for them."""
    library = {function.signature.name: function for function in graph.library.function}
    waiting = [(graph.node, [name.partition(":")[0] for name in outputs])]
    found, called = [], set[str]()
    while waiting:
        nodes, names = waiting.pop()
        body = _reached({node.name: node for node in nodes}, names)
        found.append(body)
        for name in sorted({name for node in body for name in _functions(node)} - called):
            called.add(name)
            function = library[name]
            waiting.append((function.node_def, [each.partition(":")[0] for each in function.ret.values()]))
    return found


def _reached(nodes: dict[str, Any], names: list[str]) -> list[Any]:
    seen = set[str]()
    while names:
        name = names.pop()
        if name in nodes and name not in seen:
            seen.add(name)
            names += [each.lstrip("^").partition(":")[0] for each in nodes[name].input]
    return [node for name, node in nodes.items() if name in seen]


def _functions(node: Any) -> list[str]:
    listed = [each.name for value in node.attr.values() for each in value.list.func]
    return listed + [value.func.name for value in node.attr.values() if value.WhichOneof("value") == "func"]


def _attribute(node: Any, nodes: Nodes, dice: Dice) -> str:
    """Another value of an attribute, or its default."""
    definition = op_def_registry.get(node.op)
    if definition is None or node.op in ("Placeholder", "Const", "VarHandleOp"):
        return ""
    known = [each for each in definition.attr if not each.name.startswith("_") and each.type != "func"]
    if not known:
        return ""
    others = [each for each in known if each.type != "type" or each.name in OWN_TYPES]
    if dice.random() < 0.98:
        known = others
    if not known:
        return ""
    attribute = dice.choice(known)
    if attribute.HasField("default_value") and attribute.name in node.attr and dice.random() < 0.1:
        del node.attr[attribute.name]
        return f"{attribute.name} is left out"
    value = node.attr[attribute.name]
    if not value.WhichOneof("value") and attribute.HasField("default_value"):
        value.CopyFrom(attribute.default_value)
    before = value.SerializeToString()
    _other(value, attribute, dice)
    text = str(value).replace("\n", " ")
    return f"{attribute.name} is {text}" if value.SerializeToString() != before else ""


def _other(value: Any, attribute: Any, dice: Dice) -> None:
    kind = attribute.type
    allowed = attribute.allowed_values.list
    if kind == "bool":
        value.b = not value.b
    elif kind == "int":
        value.i = dice.choice((*INTEGERS, value.i + 1, value.i - 1))
    elif kind == "float":
        value.f = dice.choice((*REALS, value.f * 2, -value.f))
    elif kind == "type":
        value.type = dice.choice(allowed.type or [each.as_datatype_enum for each in TYPES])
    elif kind == "string":
        value.s = dice.choice(allowed.s or [each.encode() for each in TEXTS.get(attribute.name, ("",))])
    elif kind == "shape" and value.shape.dim:
        dice.choice(value.shape.dim).size = dice.choice((-1, 1, 2, 3))
    elif kind == "list(int)":
        _other_list(value.list.i, INTEGERS, dice)
    elif kind == "list(float)":
        _other_list(value.list.f, REALS, dice)
    elif kind == "list(bool)":
        _other_list(value.list.b, (True, False), dice)


def _other_list(listed: Any, choices: tuple[Any, ...], dice: Dice) -> None:
    chance = dice.random()
    if listed and chance < 0.5:
        listed[dice.randrange(len(listed))] = dice.choice(choices)
    elif listed and chance < 0.8:
        order = list(listed)
        dice.shuffle(order)
        listed[:] = order
    elif listed and chance < 0.9:
        del listed[-1]
    else:
        listed.append(dice.choice(choices))


def _constant(node: Any, nodes: Nodes, dice: Dice) -> str:
    """Other elements, or another shape."""
    if node.op != "Const" or len(node.attr["value"].tensor.tensor_content) > MOST_BYTES:
        return ""
    array = tf.make_ndarray(node.attr["value"].tensor)
    if array.dtype == object or array.nbytes > MOST_BYTES:
        return ""
    found = _other_shape(array, dice) if array.ndim and dice.random() < 0.25 else _other_elements(array, dice)
    if found.shape == array.shape and (found == array).all():
        return ""
    node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(found, array.dtype))
    for key in [key for key in node.attr if key == "_output_shapes"]:
        del node.attr[key]
    return f"is {found.tolist()}" if found.size < 20 else f"has the shape {found.shape} instead of {array.shape}"


def _other_elements(array: Any, dice: Dice) -> Any:
    found = array.copy().reshape(-1)
    if not found.size:
        return array
    place = dice.randrange(found.size)
    if array.dtype.kind == "b":
        found[place] = not found[place]
    elif array.dtype.kind in "iu":
        smallest = 0 if array.dtype.kind == "u" else -128
        choices = (*INTEGERS, int(found[place]) + 1, int(found[place]) - 1, int(found[place]) * 2)
        found[place] = min(max(dice.choice(choices), smallest), 255 if array.dtype.itemsize > 1 else 127)
        if found.size > 1 and dice.random() < 0.2:
            other = dice.randrange(found.size)
            found[place], found[other] = found[other], found[place]
    elif array.dtype.kind == "f" or array.dtype == tf.bfloat16.as_numpy_dtype:
        if dice.random() < 0.5:
            found[place] = dice.choice(REALS if dice.random() < 0.95 else (np.inf, -np.inf, np.nan, 1e30, -1e-30))
        else:
            found *= array.dtype.type(dice.choice((-1.0, 0.0, 0.5, 3.0, 100.0)))
    return found.reshape(array.shape)


def _other_shape(array: Any, dice: Dice) -> Any:
    choice = dice.randrange(6)
    axis = dice.randrange(array.ndim)
    if choice == 0:
        return array.reshape(array.shape[::-1])
    if choice == 1:
        return array[None] if dice.random() < 0.5 else array[..., None]
    if choice == 2:
        return array.sum(axis, dtype=array.dtype) if array.dtype.kind != "b" else array.any(axis)
    if choice == 3:
        return np.delete(array, -1, axis) if array.shape[axis] else array
    if choice == 4:
        return np.concatenate([array, np.take(array, [-1], axis)], axis) if array.size else array
    return np.take(array, [0], axis) if array.shape[axis] else array


def _operands(node: Any, nodes: Nodes, dice: Dice) -> str:
    """Two operands exchanged, or one that another node reads."""
    places = [place for place, name in enumerate(node.input) if not name.startswith("^")]
    if not places:
        return ""
    place = dice.choice(places)
    if len(places) > 1 and dice.random() < 0.5:
        other = dice.choice(places)
        node.input[place], node.input[other] = node.input[other], node.input[place]
        return f"exchanges its operands {place} and {other}" if node.input[place] != node.input[other] else ""
    names = [name for each in nodes for name in each.input if not name.startswith("^")]
    before, node.input[place] = node.input[place], dice.choice(names)
    return f"reads {node.input[place]} instead of {before}" if before != node.input[place] else ""


def _operation(node: Any, nodes: Nodes, dice: Dice) -> str:
    """Another operation, of as many operands and results."""
    own = op_def_registry.get(node.op)
    groups = [group for group in ALIKE if node.op in group]
    if own is None or not groups:
        return ""
    before, node.op = node.op, dice.choice(groups[0])
    return f"instead of {before}" if node.op != before else ""


ALIKE = (
    (
        *("Add", "AddV2", "Sub", "Mul", "RealDiv", "FloorDiv", "FloorMod", "TruncateMod", "TruncateDiv", "Mod", "Div"),
        *("Maximum", "Minimum", "SquaredDifference", "DivNoNan", "MulNoNan", "Xlogy", "Atan2", "BiasAdd"),
        *("BitwiseAnd", "BitwiseOr", "BitwiseXor", "LeftShift", "RightShift"),
    ),
    ("Less", "LessEqual", "Greater", "GreaterEqual", "Equal", "NotEqual"),
    ("Sum", "Mean", "Prod", "Max", "Min", "EuclideanNorm"),
    ("All", "Any"),
    ("Cumsum", "Cumprod", "CumulativeLogsumexp"),
    ("ArgMax", "ArgMin"),
    ("AvgPool", "MaxPool"),
    (
        *("Neg", "Abs", "Sign", "Floor", "Ceil", "Sqrt", "Square", "Exp", "Expm1", "Log1p", "Sigmoid", "Tanh", "Sin"),
        *("Cos", "Asin", "Acos", "Atan", "Sinh", "Cosh", "Asinh", "Erf", "Erfc", "Relu", "Relu6", "Elu", "Selu"),
        *("Softplus", "Softsign", "Softmax", "LogSoftmax", "LeakyRelu", "Identity", "ZerosLike", "OnesLike"),
    ),
    ("ResizeBilinear", "ResizeNearestNeighbor", "ResizeArea"),
    ("Tile", "BroadcastTo", "Reshape"),
    ("LogicalAnd", "LogicalOr"),
    tuple(f"UnsortedSegment{kind}" for kind in ("Sum", "Prod", "Max", "Min")),
    tuple(f"Segment{kind}" for kind in ("Sum", "Prod", "Max", "Min", "Mean")),
    tuple(f"TensorScatter{kind}" for kind in ("Update", "Add", "Sub", "Max", "Min")),
)
"""Operations that take each other's place; none of those that make large numbers of small errors near a pole."""
