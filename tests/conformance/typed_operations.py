"""Every function of `keras.ops` on tensors of an element type: how it is called, and what it gives."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import keras
import numpy as np
from keras import ops

from litesmith.ir.types import DType

TYPES = (
    *("float16", "bfloat16", "float32", "float64", "bool"),
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32"),
)
MATRIX, IMAGE, SQUARE, VECTOR = (3, 4), (1, 4, 4, 3), (3, 3), (6,)
GUESSES = ((MATRIX,), (MATRIX, MATRIX), (SQUARE,), (SQUARE, SQUARE), (MATRIX,) * 3, (IMAGE,))
"""Shapes of the tensors that a function is tried with."""

Use = tuple[tuple[tuple[int, ...], ...], Callable[..., Any]]
"""The shapes of tensors, and a function of them."""

NO_TENSORS = frozenset(
    {
        *("arange", "bartlett", "blackman", "convert_to_numpy", "convert_to_tensor", "custom_gradient"),
        *("dtype", "empty", "empty_like", "eye", "full", "hamming", "hanning", "identity", "is_tensor"),
        *("jvp", "ndim", "size", "kaiser", "linalg.jvp", "linspace", "nonzero", "ones", "shape", "shuffle"),
        *("tri", "unique", "unstack", "vectorize", "zeros", "geomspace"),
    }
)
"""What takes no tensors, gives a shape that depends on them, or is no computation."""
OTHER_TESTS = frozenset(
    {
        *("argpartition", "correlate", "ctc_decode", "ctc_loss", "depth_to_space", "dsplit", "eig"),
        *("einsum", "fft", "fft2", "ifft2", "image.elastic_transform", "image.perspective_transform"),
        *("irfft", "istft", "linalg.eig", "polar", "rfft", "space_to_depth", "stft", "threshold"),
        *("view_as_complex", "vsplit", "hsplit", "logspace", "sparse_categorical_crossentropy", "svd"),
        *("linalg.svd", "eigh", "linalg.eigh", "qr", "linalg.qr", "cholesky", "linalg.cholesky"),
        *("cholesky_inverse", "linalg.cholesky_inverse", "rearrange", "scan", "switch", "while_loop"),
        *("cond", "fori_loop", "get_item", "map", "vectorized_map", "associative_scan", "view", "image.ssim"),
    }
)
"""What has arguments, or results such as signs, that its own tests know how to compare."""
ONES = np.ones(4, "float32")
USES: dict[str, Use] = {
    "array_split": ((MATRIX,), lambda x: ops.array_split(x, 3, 1)),
    "average": ((MATRIX,), lambda x: ops.average(x, 1)),
    "batch_normalization": ((MATRIX,), lambda x: ops.batch_normalization(x, ONES, ONES, 1)),
    "bincount": ((VECTOR,), lambda x: ops.bincount(ops.abs(x), minlength=6)),
    "bitwise_left_shift": ((MATRIX,), lambda x: ops.bitwise_left_shift(x, 1)),
    "bitwise_right_shift": ((MATRIX,), lambda x: ops.bitwise_right_shift(x, 1)),
    "broadcast_to": ((MATRIX,), lambda x: ops.broadcast_to(x, (2, 3, 4))),
    "cast": ((MATRIX,), lambda x: ops.cast(x, "float32")),
    "clip": ((MATRIX,), lambda x: ops.clip(x, 0, 3)),
    "concatenate": ((MATRIX, MATRIX), lambda x, y: ops.concatenate([x, y], 1)),
    "conv": (((1, 6, 2), (3, 2, 3)), ops.conv),
    "conv_transpose": (((1, 6, 2), (3, 3, 2)), lambda x, k: ops.conv_transpose(x, k, 1)),
    "cross": (((2, 3), (2, 3)), ops.cross),
    "cumprod": ((MATRIX,), lambda x: ops.cumprod(x, 1)),
    "cumsum": ((MATRIX,), lambda x: ops.cumsum(x, 1)),
    "depthwise_conv": (((1, 6, 2), (3, 2, 1)), ops.depthwise_conv),
    "digitize": ((MATRIX,), lambda x: ops.digitize(x, np.array([0.0, 1.0, 2.0]))),
    "dot": ((MATRIX, (4, 3)), ops.dot),
    "dot_product_attention": (((1, 3, 2, 4),), lambda x: ops.dot_product_attention(x, x, x)),
    "dstack": ((MATRIX, MATRIX), lambda x, y: ops.dstack([x, y])),
    "expand_dims": ((MATRIX,), lambda x: ops.expand_dims(x, 1)),
    "extract_sequences": (((3, 8),), lambda x: ops.extract_sequences(x, 4, 2)),
    "fold": (((1, 4, 4),), lambda x: ops.fold(x, (3, 3), 2)),
    "full_like": ((MATRIX,), lambda x: ops.full_like(x, 2)),
    "hstack": ((MATRIX, MATRIX), lambda x, y: ops.hstack([x, y])),
    "histogram": ((VECTOR,), lambda x: ops.histogram(x, 4, (0, 4))),
    "image.affine_transform": (
        (IMAGE,),
        lambda x: ops.image.affine_transform(x, np.array([[1, 0, 1, 0, 1, 0, 0, 0]], "float32")),
    ),
    "image.crop_images": ((IMAGE,), lambda x: ops.image.crop_images(x, 1, 1, 1, 1)),
    "image.extract_patches": ((IMAGE,), lambda x: ops.image.extract_patches(x, 2)),
    "image.extract_patches_3d": (((1, 4, 4, 4, 2),), lambda x: ops.image.extract_patches_3d(x, 2)),
    "image.map_coordinates": (
        ((4, 4),),
        lambda x: ops.image.map_coordinates(x, np.array([[0.0, 1.0], [1.0, 2.0]], "float32"), 1),
    ),
    "image.pad_images": ((IMAGE,), lambda x: ops.image.pad_images(x, 1, 1, 1, 1)),
    "image.resize": ((IMAGE,), lambda x: ops.image.resize(x, (8, 8), "nearest")),
    "image.scale_and_translate": (
        (IMAGE,),
        lambda x: ops.image.scale_and_translate(x, (1, 4, 4, 3), ONES[:2], ONES[:2] * 0, (1, 2), "linear"),
    ),
    "in_top_k": (((3,), MATRIX), lambda x, y: ops.in_top_k(ops.cast(x, "int32"), ops.cast(y, "float32"), 2)),
    "inner": ((MATRIX, MATRIX), ops.inner),
    "isin": ((MATRIX,), lambda x: ops.isin(x, [1, 2])),
    "kron": ((MATRIX, MATRIX), ops.kron),
    "ldexp": ((MATRIX,), lambda x: ops.ldexp(x, np.array([1, 2, 3, 0], "int32"))),
    "left_shift": ((MATRIX,), lambda x: ops.left_shift(x, 1)),
    "matmul": ((MATRIX, (4, 3)), ops.matmul),
    "meshgrid": (((3,), (4,)), ops.meshgrid),
    "moments": ((MATRIX,), lambda x: ops.moments(x, 1)),
    "moveaxis": ((MATRIX,), lambda x: ops.moveaxis(x, 0, 1)),
    "multi_hot": ((MATRIX,), lambda x: ops.multi_hot(x, 6)),
    "nanquantile": ((MATRIX,), lambda x: ops.nanquantile(x, 0.5, axis=1)),
    "nanpercentile": ((MATRIX,), lambda x: ops.nanpercentile(x, 50.0, axis=1)),
    "one_hot": ((VECTOR,), lambda x: ops.one_hot(x, 6)),
    "outer": (((3,), (4,)), ops.outer),
    "pad": ((MATRIX,), lambda x: ops.pad(x, ((1, 0), (0, 1)))),
    "percentile": ((MATRIX,), lambda x: ops.percentile(x, 50.0, axis=1)),
    "quantile": ((MATRIX,), lambda x: ops.quantile(x, 0.5, axis=1)),
    "repeat": ((MATRIX,), lambda x: ops.repeat(x, 2, 1)),
    "reshape": ((MATRIX,), lambda x: ops.reshape(x, (4, 3))),
    "right_shift": ((MATRIX,), lambda x: ops.right_shift(x, 1)),
    "roll": ((MATRIX,), lambda x: ops.roll(x, 1, 1)),
    "saturate_cast": ((MATRIX,), lambda x: ops.saturate_cast(x, "uint8")),
    "scatter": (((3,),), lambda x: ops.scatter(np.array([[0], [2], [1]]), x, (4,))),
    "scatter_update": (((4,), (2,)), lambda x, y: ops.scatter_update(x, np.array([[0], [2]]), y)),
    "searchsorted": ((VECTOR,), lambda x: ops.searchsorted(np.array([0, 1, 2, 3], "float32"), x)),
    "segment_max": ((MATRIX,), lambda x: ops.segment_max(x, np.array([0, 0, 1]), 2)),
    "segment_min": ((MATRIX,), lambda x: ops.segment_min(x, np.array([0, 0, 1]), 2)),
    "segment_prod": ((MATRIX,), lambda x: ops.segment_prod(x, np.array([0, 0, 1]), 2)),
    "segment_sum": ((MATRIX,), lambda x: ops.segment_sum(x, np.array([0, 0, 1]), 2)),
    "select": ((MATRIX, MATRIX), lambda x, y: ops.select([x > y], [x], y)),
    "separable_conv": (((1, 6, 2), (3, 2, 1), (1, 2, 3)), ops.separable_conv),
    "slice": ((MATRIX,), lambda x: ops.slice(x, (0, 1), (2, 2))),
    "slice_update": ((MATRIX, (2, 2)), lambda x, y: ops.slice_update(x, (0, 1), y)),
    "split": ((MATRIX,), lambda x: ops.split(x, 2, 1)),
    "stack": ((MATRIX, MATRIX), lambda x, y: ops.stack([x, y], 1)),
    "swapaxes": ((MATRIX,), lambda x: ops.swapaxes(x, 0, 1)),
    "take": ((MATRIX,), lambda x: ops.take(x, [0, 2], 1)),
    "take_along_axis": ((MATRIX,), lambda x: ops.take_along_axis(x, np.array([[0], [1], [2]], "int32"), 1)),
    "tensordot": ((MATRIX, (4, 3)), lambda x, y: ops.tensordot(x, y, 1)),
    "tile": ((MATRIX,), lambda x: ops.tile(x, (1, 2))),
    "top_k": ((MATRIX,), lambda x: ops.top_k(x, 2)[0]),
    "unfold": (((1, 2, 4, 4),), lambda x: ops.unfold(x, 2)),
    "unravel_index": ((VECTOR,), lambda x: ops.unravel_index(x, (2, 4))),
    "vander": ((VECTOR,), lambda x: ops.vander(x, 3)),
    "vdot": ((VECTOR, VECTOR), ops.vdot),
    "vstack": ((MATRIX, MATRIX), lambda x, y: ops.vstack([x, y])),
    "where": ((MATRIX, MATRIX), lambda x, y: ops.where(np.array([True, False, True, True]), x, y)),
    **{
        name: (((1, 6, 2),), lambda x, name=name: getattr(ops, name)(x, 3))
        for name in ("max_pool", "average_pool", "adaptive_average_pool", "adaptive_max_pool")
    },
}
"""Functions with arguments that cannot be guessed."""


def names() -> Iterator[str]:
    """The public functions of `keras.ops` that there are in this Keras."""
    for prefix, module in (("", ops), ("image.", ops.image), ("linalg.", ops.linalg)):
        for name, function in sorted(vars(module).items()):
            is_public = not name.startswith("_") and callable(function) and not inspect.isclass(function)
            if is_public and prefix + name not in NO_TENSORS | OTHER_TESTS:
                yield prefix + name


def function_of(name: str) -> Callable[..., Any]:
    """The function of this name."""
    found: Any = ops
    for part in name.split("."):
        found = getattr(found, part)
    return found


@cache
def use_of(name: str) -> Use | None:
    """How a function is called: as it is said to be, or on the first shapes that it takes."""
    if name in USES:
        return USES[name]
    for shapes in GUESSES:
        for dtype in ("float32", "int32", "bool"):
            try:
                function_of(name)(*arrays_of(shapes, dtype))
            except Exception:
                continue
            return shapes, function_of(name)
    return None


def arrays_of(shapes: tuple[tuple[int, ...], ...], dtype: str) -> list[np.ndarray]:
    """Small numbers that every type holds, none of them 0 in the second tensor, which may be a divisor."""
    random = np.random.default_rng(0)
    kind = DType(dtype)
    arrays = []
    for place, shape in enumerate(shapes):
        low = int(place > 0)
        if dtype == "bool":
            array = np.ones(shape) if place else random.random(shape) < 0.5
        elif kind.is_integer:
            array = random.integers(low if dtype.startswith("u") or place else -4, 6, shape)
        else:
            array = random.integers(low if place else -8, 9, shape) * 0.25
        arrays.append(array.astype(kind.numpy))
    return arrays


def computed(function: Callable[..., Any], arrays: list[np.ndarray]) -> list[np.ndarray] | None:
    """What Keras computes; None of what it does not take."""
    try:
        with np.errstate(all="ignore"):
            return [np.asarray(leaf) for leaf in keras.tree.flatten(function(*map(ops.convert_to_tensor, arrays)))]
    except Exception:
        return None


def declared(function: Callable[..., Any], arrays: list[np.ndarray]) -> list[str]:
    """The types of the results that Keras says a function has."""
    tensors = [keras.KerasTensor(array.shape, array.dtype.name) for array in arrays]
    try:
        return [leaf.dtype for leaf in keras.tree.flatten(function(*tensors))]
    except Exception:
        return []
