"""Graphs of TensorFlow as bytes, written by hand."""

import numpy as np

FLOAT, INT32 = 1, 3


def varint(number):
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def field(number, content):
    """One field of a message: an integer, or bytes."""
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    content = content.encode() if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(content)) + content


def shape(*sizes):
    return b"".join(field(2, field(1, size)) for size in sizes)


def tensor(array):
    dtype = {"float32": FLOAT, "int32": INT32}[array.dtype.name]
    return field(1, dtype) + field(2, shape(*array.shape)) + field(4, array.tobytes())


def attribute(name, value):
    return field(5, field(1, name) + field(2, value))


def node(name, op, *inputs, **attributes):
    rest = b"".join(attribute(key, value) for key, value in attributes.items())
    return field(1, name) + field(2, op) + b"".join(field(3, each) for each in inputs) + rest


def constant(name, array):
    return node(name, "Const", dtype=field(6, FLOAT), value=field(8, tensor(array)))


X = node("x", "Placeholder", dtype=field(6, FLOAT), shape=field(7, shape(-1, 4)))
KERNEL = np.arange(12, dtype="float32").reshape(4, 3)


def graph(*nodes, functions=()):
    return b"".join(field(1, each) for each in nodes) + field(2, b"".join(field(1, each) for each in functions))


def function(name, *nodes, argument="a", result):
    signature = (
        field(1, name) + field(2, field(1, argument) + field(3, FLOAT)) + field(3, field(1, "r") + field(3, FLOAT))
    )
    returned = field(4, field(1, "r") + field(2, result))
    return field(1, signature) + b"".join(field(3, each) for each in nodes) + returned


def call(name, called, operand):
    return node(name, "PartitionedCall", operand, f=field(10, field(1, called)))


SOUND = graph(X, constant("k", KERNEL), node("y", "MatMul", "x", "k"), call("z", "double", "y"), functions=[
    function("double", node("sum", "AddV2", "a", "a"), result="sum:z:0"),
])  # fmt: skip
