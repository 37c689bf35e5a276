"""Functions of `keras.backend`, which code of Keras 1 and 2 calls `K`, in terms of `keras.ops`.

Those that are TensorFlow's under another name stand beside TensorFlow's.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from litesmith.frontends.keras.legacy.functions import NotThisWay, function

LETTERS = "cdefghij"


def _channels_last(data_format: str | None) -> None:
    if (data_format or keras.config.image_data_format()) != "channels_last":
        raise NotThisWay(f"data_format={data_format!r}")


@function("keras.backend.constant", "keras.backend.variable")
def _constant(value: Any, dtype: Any = None, shape: Any = None) -> Any:
    """Floats, even of integers."""
    array = np.asarray(value)
    found = array if shape is None else np.broadcast_to(array, shape)
    return ops.convert_to_tensor(found, dtype=dtype or keras.config.floatx())


@function("keras.backend.elu")
def _elu(x: Any, alpha: float = 1.0) -> Any:
    return ops.elu(x, alpha=alpha)


@function("keras.backend.pow")
def _pow(x: Any, a: Any) -> Any:
    return ops.power(x, a)


@function("keras.backend.batch_dot")
def _batch_dot(x: Any, y: Any, axes: Any = None) -> Any:
    """The products along one axis of each, batch by batch; of two matrices a column."""
    ranks = len(x.shape), len(y.shape)
    if axes is None:
        axes = (ranks[0] - 1, ranks[1] - 1 if ranks[1] == 2 else ranks[1] - 2)
    first, second = (axes, axes) if isinstance(axes, int) else axes
    first, second = first % ranks[0], second % ranks[1]
    if not first or not second:
        raise NotThisWay("products along the batch")
    left = ["b", *LETTERS[: ranks[0] - 1]]
    right = ["b", *LETTERS[ranks[0] - 1 : ranks[0] + ranks[1] - 2].upper()]
    left[first] = right[second] = "a"
    kept = "".join(each for each in left + right[1:] if each != "a")
    found = ops.einsum(f"{''.join(left)},{''.join(right)}->{kept}", x, y)
    return ops.expand_dims(found, 1) if kept == "b" else found


@function("keras.backend.transpose")
def _transpose(x: Any) -> Any:
    return ops.transpose(x)


@function("keras.backend.repeat")
def _repeat(x: Any, n: int) -> Any:
    """A matrix as `n` steps that are alike."""
    return ops.repeat(ops.expand_dims(x, 1), n, axis=1)


@function("keras.backend.resize_images")
def _resize_images(
    x: Any, height_factor: int, width_factor: int, data_format: Any = None, interpolation: str = "nearest"
) -> Any:
    _channels_last(data_format)
    if interpolation != "nearest":
        raise NotThisWay(f"interpolation={interpolation!r}, whose pixels Keras placed otherwise before 2.4")
    return ops.repeat(ops.repeat(x, height_factor, axis=1), width_factor, axis=2)


@function("keras.backend.temporal_padding")
def _temporal_padding(x: Any, padding: Any = (1, 1)) -> Any:
    return ops.pad(x, ((0, 0), tuple(padding), (0, 0)))


@function("keras.backend.spatial_2d_padding")
def _spatial_2d_padding(x: Any, padding: Any = ((1, 1), (1, 1)), data_format: Any = None) -> Any:
    _channels_last(data_format)
    return ops.pad(x, ((0, 0), tuple(padding[0]), tuple(padding[1]), (0, 0)))


@function("keras.backend.pool2d")
def _pool2d(
    x: Any,
    pool_size: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: Any = None,
    pool_mode: str = "max",
) -> Any:
    _channels_last(data_format)
    pool = ops.max_pool if pool_mode == "max" else ops.average_pool
    return pool(x, tuple(pool_size), tuple(strides), padding=padding, data_format="channels_last")
