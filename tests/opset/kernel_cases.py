"""One use of each operator whose kernel computes with several element types; run as a program, it tries them.

Kernels end the process on types that they do not expect, so that this is a program of its own: it prints the case that
it begins, and then what came out of it. Values are small whole numbers, which every type holds.
"""

from __future__ import annotations

import json
import sys

import numpy as np

from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.types import DType
from litesmith.opset.parse import parse_model
from litesmith.opset.registry import definitions
from litesmith.runtime.interpreter import Session

PLAIN = (
    *("float32", "float16", "bfloat16", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "bool"),
    "float64",
)
"""The types that arrays can be given and taken in."""
SHAPES = {"x": (2, 3, 4), "y": (2, 3, 4), "c": (2, 3, 4), "f": (1, 4, 4, 4), "s": (3,), "g": (2, 2)}
"""The inputs that a use may read; c is boolean."""

ELEMENTWISE = (
    *("ADD", "SUB", "MUL", "DIV", "MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE"),
    *("POW", "FLOOR_DIV", "FLOOR_MOD", "BITWISE_XOR", "RIGHT_SHIFT"),
)
COMPARISONS = ("EQUAL", "NOT_EQUAL", "LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL")
USES = {
    **{name: f"{name.lower()} %x, %y : D[2, 3, 4]" for name in ELEMENTWISE},
    **{name: f"{name.lower()} %x, %y : bool[2, 3, 4]" for name in COMPARISONS},
    **{name: f"{name.lower()} %x, %y : D[2, 3, 4]" for name in ("LOGICAL_AND", "LOGICAL_OR")},
    **{name: f"{name.lower()} %x : D[2, 3, 4]" for name in ("ABS", "NEG", "SIGN", "ZEROS_LIKE", "LOGICAL_NOT")},
    **{
        name: f"{name.lower()} %x, const int32[1] [1] : D[2, 4]"
        for name in ("SUM", "MEAN", "REDUCE_PROD", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_ANY", "REDUCE_ALL")
    },
    **{name: f"{name.lower()}(output_type=INT32) %x, const int32[] 1 : int32[2, 4]" for name in ("ARG_MAX", "ARG_MIN")},
    "CUMSUM": "cumsum %x, const int32[] 1 : D[2, 3, 4]",
    "CONCATENATION": "concatenation(axis=1) %x, %y : D[2, 6, 4]",
    "PACK": "pack(values_count=2, axis=1) %x, %y : D[2, 2, 3, 4]",
    "UNPACK": "unpack(num=2, axis=0) %x : D[3, 4], D[3, 4]",
    "SPLIT": "split(num_splits=2) const int32[] 2, %x : D[2, 3, 2], D[2, 3, 2]",
    "SPLIT_V": "split_v(num_splits=2) %x, const int32[2] [1, 3], const int32[] 2 : D[2, 3, 1], D[2, 3, 3]",
    "PAD": "pad %x, const int32[3, 2] [[0, 0], [1, 0], [0, 2]] : D[2, 4, 6]",
    "PADV2": "padv2 %x, const int32[3, 2] [[0, 0], [1, 0], [0, 2]], const D[] 1 : D[2, 4, 6]",
    "DEPTH_TO_SPACE": "depth_to_space(block_size=2) %f : D[1, 8, 8, 1]",
    "SPACE_TO_DEPTH": "space_to_depth(block_size=2) %f : D[1, 2, 2, 16]",
    "RESIZE_NEAREST_NEIGHBOR": "resize_nearest_neighbor %f, const int32[2] [6, 6] : D[1, 6, 6, 4]",
    "GATHER": "gather(axis=1) %x, const int32[2] [2, 0] : D[2, 2, 4]",
    "GATHER_ND": "gather_nd %x, const int32[2, 2] [[1, 0], [0, 2]] : D[2, 4]",
    "SCATTER_ND": "scatter_nd const int32[3, 1] [[4], [0], [2]], %s, const int32[1] [6] : D[6]",
    "REVERSE_V2": "reverse_v2 %x, const int32[1] [1] : D[2, 3, 4]",
    "REVERSE_SEQUENCE": "reverse_sequence(seq_dim=1) %x, const int32[2] [2, 3] : D[2, 3, 4]",
    "TOPK_V2": "topk_v2 %x, const int32[] 2 : D[2, 3, 2], int32[2, 3, 2]",
    "ONE_HOT": "one_hot const int32[2] [1, 0], const int32[] 3, const D[] 1, const D[] 0 : D[2, 3]",
    "UNIQUE": "unique(idx_out_type=INT32) %s : D[3], int32[3]",
    **{
        name: f"{name.lower()} %x, const int32[2] [1, 0], const int32[] 2 : D[2, 3, 4]"
        for name in (f"UNSORTED_SEGMENT_{kind}" for kind in ("SUM", "PROD", "MAX", "MIN"))
    },
    "SELECT_V2": "select_v2 %c, %x, %y : D[2, 3, 4]",
    "TILE": "tile %x, const int32[3] [1, 2, 1] : D[2, 6, 4]",
    "SLICE": "slice %x, const int32[3] [0, 1, 1], const int32[3] [2, 1, 2] : D[2, 1, 2]",
    "STRIDED_SLICE": (
        "strided_slice %x, const int32[3] [0, 2, 0], const int32[3] [2, 0, 4], const int32[3] [1, -1, 2] : D[2, 2, 2]"
    ),
    "TRANSPOSE": "transpose %x, const int32[3] [2, 0, 1] : D[4, 2, 3]",
    "BROADCAST_TO": "broadcast_to %s, const int32[2] [2, 3] : D[2, 3]",
    "MIRROR_PAD": "mirror_pad %x, const int32[3, 2] [[0, 0], [1, 1], [0, 0]] : D[2, 5, 4]",
    "DYNAMIC_UPDATE_SLICE": (
        "dynamic_update_slice %x, const D[1, 1, 2] [[[1, 0]]], const int32[3] [0, 1, 1] : D[2, 3, 4]"
    ),
    "RESHAPE": "reshape %x, const int32[2] [6, 4] : D[6, 4]",
    "MATRIX_DIAG": "matrix_diag %s : D[3, 3]",
    "MATRIX_SET_DIAG": "matrix_set_diag %g, const D[2] [1, 0] : D[2, 2]",
}
"""The text of one use of each operator, D for the element type."""
IN_EVERY_TYPE = frozenset({
    "SELECT_V2", "TILE", "SLICE", "STRIDED_SLICE", "TRANSPOSE", "BROADCAST_TO", "MIRROR_PAD", "DYNAMIC_UPDATE_SLICE",
    "RESHAPE",
})  # fmt: skip
"""Operators that record no types, since their kernels take all."""


def cases() -> list[tuple[str, str]]:
    """(operator, element type): every type that the kernel is said to take."""
    known = definitions()
    return [
        (name, dtype)
        for name in USES
        for dtype in PLAIN
        if (name in IN_EVERY_TYPE if known[name].kernel_dtypes is None else DType(dtype) in known[name].kernel_dtypes)
    ]


def outcome(name: str, dtype: str, values: str) -> list[list[float]]:
    """What the kernel computes of numbers that the type `values` holds, as plain numbers."""
    use = USES[name].replace("D[", f"{dtype}[")
    inputs = [letter for letter in SHAPES if f"%{letter}" in use]
    if dtype == "bool":
        use = use.replace("bool[] 1", "bool[] True").replace("bool[] 0", "bool[] False")
        use = use.replace("[1, 0]]]", "[True, False]]]").replace("bool[2] [1, 0]", "bool[2] [True, False]")
    arrays, types = [], []
    for letter in inputs:
        kind = DType.BOOL if letter == "c" else DType(dtype)
        low, high = (0, 2) if values == "bool" or letter == "c" else (1, 4)
        arrays.append(np.random.default_rng(ord(letter)).integers(low, high, SHAPES[letter]).astype(kind.numpy))
        types.append(f"%{letter}: {kind.value}[{', '.join(map(str, SHAPES[letter]))}]")
    count = use.split(" : ")[1].count("[")
    results = ", ".join(f"%{place + 1}" for place in range(count))
    text = f"graph main({', '.join(types)}) {{\n  {results} = {use}\n  return {results}\n}}"
    found = Session(to_bytes(parse_model(text)), delegates=False).run(arrays)
    return [np.asarray(array).astype("float64").ravel().tolist() for array in found]


def main() -> None:
    """Try the cases from a place on; one line of JSON before each of them, and one after it."""
    for place, (name, dtype) in list(enumerate(cases()))[int(sys.argv[1]) :]:
        _tell({"place": place})
        try:
            reference = reference_type(name, dtype)
            found, expected = outcome(name, dtype, dtype), outcome(name, reference, dtype)
            problem = None if found == expected else f"{found}, as {reference} {expected}"
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
        _tell({"place": place, "problem": problem})


def _tell(fact: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(fact) + "\n")
    sys.stdout.flush()


def reference_type(name: str, dtype: str) -> str:
    """A type whose kernel every model uses: the same numbers come out of it."""
    if dtype == "bool":
        return "int32" if "int32" in taken(name) else "bool"
    return "int32" if "int32" in taken(name) and DType(dtype).is_integer else "float32"


def taken(name: str) -> list[str]:
    """The types that an operator's kernel takes."""
    return [dtype for case, dtype in cases() if case == name]


if __name__ == "__main__":
    main()
