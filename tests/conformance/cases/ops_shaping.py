"""Functions that move, choose, join and make elements: all exact."""

import numpy as np
from keras import ops

from cases import case
from cases.case import EXACT, Case
from cases.inputs import SPECIAL, bools, f, fixed, ints, named, of, pos

X = f(3, 4, 5)
SQUARE = f(3, 4, 4)
TYPES = ("int8", "uint8", "int16", "int32", "bool", "float16")


def op(name, *arguments, **keywords):
    return case.op(name, *arguments, **{"bound": EXACT, **keywords})


def does(name, label, function, *inputs, only_batch=False, **keywords):
    return case.does(
        name, label, function, *inputs, **{"bound": EXACT, "known": None if only_batch else (), **keywords}
    )


def _typed(found):
    """The indices as Keras documents them; its numpy backend gives 64 bits."""
    return found[0], ops.cast(found[1], "int32")


SHAPES: list[Case] = [
    *(op("reshape", X, shape, only_batch=True) for shape in ((-1,), (-1, 20), (-1, 2, 10), (-1, 5, 4, 1))),
    *(op("reshape", fixed(X), shape) for shape in ((60,), (5, 12), (3, -1))),
    *(op("transpose", X, axes=axes) for axes in (None, (0, 2, 1), (2, 0, 1), (-1, 1, 0))),
    *(op("transpose", of(dtype, 3, 4)) for dtype in TYPES),
    op("ravel", X),
    *(op("expand_dims", X, axis) for axis in (0, 1, -1, (1, 3))),
    *(op("squeeze", f(3, 1, 5, 1), axis=axis) for axis in (1, -1, (1, 3))),
    op("squeeze", fixed(f(3, 1, 5, 1))),
    *(op("swapaxes", X, *axes) for axes in ((0, 1), (-1, 1))),
    *(op("moveaxis", X, *axes) for axes in ((0, -1), ((0, 1), (-1, 0)))),
    *(op("flip", X, axis=axis) for axis in (None, 1, (0, 2))),
    op("fliplr", X), op("flipud", X),
    *(op("rot90", X, k=k, axes=axes) for k, axes in ((1, (0, 1)), (2, (1, 2)), (-1, (1, 2)), (4, (0, 1)))),
    *(op("roll", X, shift, axis=axis) for shift, axis in ((1, None), (-2, 1), (7, 2), ((1, 2), (1, 2)))),
    *(op("broadcast_to", fixed(f(4, 1)), shape) for shape in ((4, 5), (3, 4, 5))),
    does("shape", "in a sum", lambda x: x + ops.cast(ops.shape(x)[0], "float32"), X),
    does("size", "in a sum", lambda x: x + ops.cast(ops.size(x), "float32"), X), does("ndim", "in a sum", lambda x: x + ops.ndim(x), X),
    *(op("rearrange", f(3, 4, 6), pattern, **sizes, only_batch=True) for pattern, sizes in (("b s (h d) -> b h s d", {"h": 2}), ("b s d -> b (s d)", {}), ("b (s t) d -> b t d s", {"t": 2}), ("b s d -> (b s) d", {}))),
    op("rearrange", X, "a b c -> c b a"),
    *(op("depth_to_space", f(3, 2, 3, 8), 2, data_format=order, known=(-1,)) for order in ("channels_last",)),
    op("depth_to_space", f(3, 8, 2, 3), 2, data_format="channels_first", known=(1,)),
    op("space_to_depth", f(3, 4, 6, 2), 2, only_batch=True),
    op("space_to_depth", f(3, 2, 4, 6), 2, data_format="channels_first", only_batch=True),
    does("view_as_real", "of a complex number", lambda x: ops.view_as_real(ops.view_as_complex(x)), f(3, 4, 2), known=(-1,)),
    does("view_as_complex", "and its magnitude", lambda x: ops.abs(ops.view_as_complex(x)), f(3, 4, 2), known=(-1,), bound=1e-6),
    does("polar", "and its parts", lambda a, b: ops.view_as_real(ops.polar(a, b)), pos(3, 4), f(3, 4), bound=1e-6),
]  # fmt: skip

JOINING: list[Case] = [
    *(op("concatenate", [X, f(3, 2, 5)], axis=axis) for axis in (1, -2)),
    op("concatenate", [X, of("int32", 3, 4, 5)], axis=-1),
    op("concatenate", [X, X, f(3, 4, 1)], axis=-1),
    op("concatenate", [fixed(f(0, 4)), f(3, 4)], axis=0, known=(1,)),
    *(op("stack", [X, f(3, 4, 5)], axis=axis) for axis in (0, 1, -1)),
    *(op(name, [X, X]) for name in ("dstack", "hstack", "vstack")),
    *(op(name, [fixed(f(4)), fixed(f(4))]) for name in ("dstack", "hstack", "vstack")),
    *(op("append", X, f(3, 4, 5), axis=axis) for axis in (None, 1)),
    *(op("split", f(3, 6, 4), parts, axis=1, only_batch=True) for parts in (3, [1, 4])),
    op("split", f(4, 6), 2, axis=-1, only_batch=True),
    op("array_split", f(3, 7, 4), 3, axis=1),
    op("dsplit", f(3, 2, 6), 3, only_batch=True), op("hsplit", f(3, 6, 2), 3, only_batch=True), op("vsplit", fixed(f(6, 2)), 3),
    *(op("unstack", X, axis=axis, only_batch=True) for axis in (1, -1)),
    op("unstack", fixed(X), num=3),
    *(op("tile", X, repeats) for repeats in (2, (1, 2, 3), (2, 1, 1, 1))),
    *(op("repeat", X, repeats, axis=axis) for repeats, axis in ((2, None), (3, 1), (2, 0))),
    op("repeat", X, np.array([1, 0, 2, 1]), axis=1, only_batch=True),
    *(op("meshgrid", fixed(f(3)), fixed(f(4)), indexing=indexing) for indexing in ("xy", "ij")),
    *(op("pad", X, width, mode=mode) for width, mode in ((1, "constant"), (((0, 0), (1, 2), (0, 3)), "constant"))),
    *(op("pad", X, ((0, 0), (1, 2), (0, 3)), mode=mode) for mode in ("reflect", "symmetric")),
    op("pad", X, ((0, 0), (1, 2), (0, 0)), constant_values=7.0), op("pad", of("uint8", 3, 4), ((0, 0), (2, 1))),
    *(op("tril" if low else "triu", SQUARE, k=k) for low in (True, False) for k in (0, 1, -2)),
    *(op("diag", fixed(f(4)), k=k) for k in (0, 2)), op("diag", fixed(f(4, 4)), k=-1), op("diagflat", fixed(f(2, 3)), k=1),
    *(op("diagonal", SQUARE, offset=k, axis1=1, axis2=2) for k in (0, 1, -2)),
    *(op("trace", SQUARE, offset=k, axis1=1, axis2=2, bound=1e-6) for k in (0, 1)),
    *(op("vander", fixed(f(4)), N=n, increasing=up, bound=1e-6) for n, up in ((None, False), (3, True))),
]  # fmt: skip

LIKE = ("empty_like", "ones_like", "zeros_like")
MAKING: list[Case] = [
    *(op(name, x) for name in LIKE[1:] for x in (X, of("int32", 3, 4))), op("ones_like", X, dtype="int32"),
    does("empty_like", "times nothing", lambda x: ops.shape(ops.empty_like(x))[1] + ops.zeros_like(x), X),
    *(op("full_like", X, 2.5, dtype=dtype) for dtype in (None, "int32")),
    *(does(name, "added", lambda x, name=name: x + getattr(ops, name)((4, 5)), X, only_batch=True) for name in ("ones", "zeros")),
    does("empty", "its shape", lambda x: x + float(ops.size(ops.empty((4, 5)))), X),
    does("full", "added", lambda x: x + ops.full((5,), 2.5), X, only_batch=True),
    does("full", "as long as the input", lambda x: ops.full((ops.shape(x)[0], 2), 2.5) + x[:, :2, 0], X, only_batch=True),
    does("eye", "times", lambda x: x * ops.eye(4, 5, k=1), X, only_batch=True),
    does("identity", "times", lambda x: x * ops.identity(4), SQUARE, only_batch=True),
    does("tri", "times", lambda x: x * ops.tri(4, 5, k=-1), X, only_batch=True),
    does("arange", "added", lambda x: x + ops.arange(5, dtype="float32"), X, only_batch=True),
    does("arange", "as long as the input", lambda x: x + ops.cast(ops.arange(ops.shape(x)[0]), "float32")[:, None, None], X),
    does("arange", "in steps", lambda x: x + ops.arange(10, 0, -2, dtype="float32"), X, only_batch=True),
    *(does(name, "times", lambda x, name=name: x * getattr(ops, name)(5), X, only_batch=True, bound=1e-6) for name in ("bartlett", "blackman", "hamming", "hanning")),
    does("kaiser", "times", lambda x: x * ops.kaiser(5, 3.0), X, only_batch=True, bound=1e-6),
    *(does(name, "times", lambda x, name=name: x * getattr(ops, name)(1.0, 2.0, 5), X, only_batch=True, bound=1e-6) for name in ("geomspace", "linspace", "logspace")),
    does("linspace", "between inputs", lambda x, y: ops.linspace(x, y, 4, endpoint=False, axis=-1), X, f(3, 4, 5), bound=1e-6),
    does("logspace", "between inputs", lambda x, y: ops.logspace(x, y, 4), X, X, bound=1e-5),
    does("geomspace", "between inputs", lambda x, y: ops.geomspace(x, y, 4), pos(3, 4), pos(3, 4), bound=1e-5),
]  # fmt: skip

KEYS = [np.s_[:, 2], np.s_[:, 1:4:2], np.s_[..., -1], np.s_[:, ::-1], np.s_[0], np.s_[:, None], np.s_[:, 1:-1, 0]]
PLACES = np.array([[0, 1], [2, 3], [-1, -2], [0, 1]], "int32")
INDEXING: list[Case] = [
    *(does("get_item", str(key), lambda x, key=key: ops.get_item(x, key), X) for key in KEYS),
    *(does("get_item", text, lambda x, key=key: x[key], X) for text, key in (("list", np.s_[:, [0, 2]]), ("arrays", (slice(None), np.array([0, 1]), np.array([3, -2]))))),
    does("get_item", "mask", lambda x: x[x > 0], X),
    *(op("take", X, indices, axis=axis) for indices, axis in ((2, 1), ([0, -1], 1), ([[0, 1], [1, 2]], 2), (3, None))),
    op("take", X, ints(3, 2), axis=1),
    *(op("take", of(dtype, 3, 4), [0, 2], axis=1) for dtype in TYPES),
    op("take_along_axis", X, ints(3, 2, 5, high=3), axis=1), op("take_along_axis", X, ints(3, 4, 5), axis=-1), op("take_along_axis", fixed(X), fixed(ints(7, high=59))),
    *(op("where", bools(3, 4, 5), *pair) for pair in ((X, f(3, 4, 5)), (X, 0.0), (1, 2))), op("where", SPECIAL, SPECIAL, 1.0), op("where", bools(3, 4)),
    does("select", "of two", lambda c, x: ops.select([c, x > 0], [x, x * 2], 3.0), bools(3, 4, 5), X),
    does("slice", "at places", lambda x: ops.slice(x, (0, 1, 2), (ops.shape(x)[0], 2, 3)), X, only_batch=True),
    does("slice", "at an input", lambda x, i: ops.slice(x, i, (2, 3, 4)), fixed(X), fixed(named("start", [0, 1, 1], "int32"))),
    does("slice_update", "at places", lambda x, y: ops.slice_update(ops.copy(x), (0, 1, 2), y), X, f(3, 2, 3)),
    does("slice_update", "at an input", lambda x, y, i: ops.slice_update(ops.copy(x), i, y), fixed(X), fixed(f(2, 2, 3)), fixed(named("start", [0, 1, 1], "int32"))),
    op("scatter", fixed(ints(4, 2, high=3)), fixed(f(4, 5)), (3, 4, 5), bound=1e-6), op("scatter", PLACES, fixed(of("int32", 4)), (3, 4)),
    *(does("scatter_update", f"{how}", lambda x, u, how=how: ops.scatter_update(ops.copy(x), PLACES, u, how), fixed(X), fixed(f(4, 5)), bound=1e-6) for how in (None, "add", "max", "min", "mul")),
    *(op("searchsorted", np.array([-1.0, 0.0, 0.5, 2.0], "float32"), x, side=side) for side in ("left", "right") for x in (fixed(f(7)), f(3, 4))),
    op("searchsorted", fixed(named("sorted", [1, 3, 3, 7], "int32")), fixed(ints(6, high=9))),
    *(op("digitize", x, np.array([-1.0, 0.0, 0.5])) for x in (X, named("on bins", [[-1.0, 0.0, 0.5, 9.0]]))),
    *(op("isin", x, y, invert=invert) for x, y in ((ints(3, 4, high=9), ints(3, 2, high=9)), (X, [0.5, 1.0])) for invert in (False, True)),
    *(op("one_hot", x, 4, axis=axis) for x, axis in ((ints(3, 4), -1), (ints(3, 4), 1))), op("one_hot", named("outside", [[-1, 4, 2]], "int32"), 4, backends=("jax",), because="numpy raises an error"),
    op("one_hot", ints(3), 4, dtype="int32"), *(op("multi_hot", ints(3, 2), 4, axis=axis) for axis in (-1,)),
    *(op("in_top_k", fixed(ints(3)), fixed(f(3, 4)), k) for k in (1, 2)), op("in_top_k", ints(3), f(3, 4), 2),
    *(op("unravel_index", ints(3, 2, high=20), shape) for shape in ((4, 5), (2, 2, 5))),
]  # fmt: skip

ORDER: list[Case] = [
    *(op(name, X, axis=axis) for name in ("sort", "argsort") for axis in (-1, 1, None) if not (name == "sort" and axis is None)),
    op("sort", ints(3, 6, high=4)), op("argsort", ints(3, 6, high=4), backends=("jax",), because="numpy does not sort equal integers in their order"), op("sort", of("uint8", 3, 6)), op("sort", f(3, 1)),
    *(does("top_k", f"{k}, {options}", lambda x, k=k, options=options: _typed(ops.top_k(x, k, **options)), x) for x, k, options in ((f(3, 7), 1, {}), (f(3, 7), 3, {}), (named("different", [[5, -1, 3, 9], [2, 7, 1, 0]], "int32"), 2, {}))), does("top_k", "unsorted", lambda x: ops.sort(ops.top_k(x, 2, sorted=False)[0]), X),
    *(does("argpartition", f"{kth}", lambda x, kth=kth: ops.sort(ops.take_along_axis(x, ops.argpartition(x, kth), -1)[..., :kth]), f(3, 7)) for kth in (2, 4)),
    *(op(name, X, axis=axis, keepdims=keep) for name in ("argmax", "argmin") for axis, keep in ((None, False), (1, False), (-1, True))),
    *(op(name, x, axis=-1) for name in ("argmax", "argmin") for x in (ints(3, 6), of("uint8", 3, 4), of("bool", 3, 4))),
    *(op("unique", fixed(ints(9)), **options) for options in ({}, {"return_counts": True}, {"return_inverse": True, "return_index": True}, {"size": 6, "fill_value": -1})),
    *(op("unique", fixed(ints(6, 2, high=2)), axis=axis) for axis in (0, None)), op("nonzero", f(3, 4)), op("nonzero", bools(3, 4)),
    op("nonzero", ints(3, 4)),
    *(op("count_nonzero", x, axis=axis) for x in (ints(3, 4), bools(3, 4)) for axis in (None, 0, 1)),
]  # fmt: skip

CASES = [*SHAPES, *JOINING, *MAKING, *INDEXING, *ORDER]
