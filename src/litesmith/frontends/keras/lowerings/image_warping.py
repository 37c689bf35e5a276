"""Images seen from elsewhere: transformed, distorted, and read at any coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from litesmith.frontends.keras.lowerings.layout import images_last
from litesmith.frontends.keras.lowerings.promotion import promote
from litesmith.frontends.keras.registry import lowers
from litesmith.ir.dims import product
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import image_filters, math, random
from litesmith.ops import image_warping as warping
from litesmith.ops.array import as_value, cast, expand_dims, reshape, split, squeeze, unstack
from litesmith.ops.errors import Unsupported
from litesmith.ops.image_warping import Sampling, Ties

INTERPOLATIONS = {"nearest": 0, "bilinear": 1}
TIES: dict[str, Ties] = {"numpy": "up", "jax": "away"}
"""Which element is nearest in the middle between two, in the backends where it is not the even one."""


def _sampling(order: int, fill_mode: str, fill_value: Any) -> Sampling:
    if fill_mode not in warping.OUTSIDE or order not in (0, 1):
        raise Unsupported(f"order={order!r}, fill_mode={fill_mode!r}")
    ties = TIES.get(keras.backend.backend(), "even")
    return Sampling(order == 1, fill_mode, fill_value, ties)  # type: ignore[arg-type]


@lowers("ops.image.map_coordinates")
def map_coordinates(
    inputs: Any, coordinates: Any, order: int, fill_mode: str = "constant", fill_value: Any = 0.0
) -> Value:
    (x,) = promote(inputs)
    places = [cast(as_value(along), DType.FLOAT32) for along in _rows(coordinates)]
    shape = places[0].type.shape
    flat = [reshape(along, (product(shape),)) for along in places]
    return reshape(_rounded(warping.sample(x, flat, _sampling(order, fill_mode, fill_value)), x.type.dtype), shape)


def _rows(coordinates: Any) -> Sequence[Any]:
    return coordinates if isinstance(coordinates, (list, tuple)) else unstack(as_value(coordinates), 0)


def _rounded(x: Value, dtype: DType) -> Value:
    """Computed elements as the type of the image: integers are rounded, their halves as the backend does."""
    if dtype.is_float or x.type.dtype is dtype:
        return cast(x, dtype)
    return cast(warping.rounded(x, "away" if keras.backend.backend() in TIES else "even"), dtype)


@lowers("ops.image.affine_transform")
def affine_transform(
    images: Any,
    transform: Any,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: Any = 0,
    data_format: str | None = None,
) -> Value:
    """The last two numbers of a transform count for nothing, as Keras documents for all backends but TensorFlow."""
    (x,) = promote(images)
    matrices = as_value(transform, DType.FLOAT32)
    sampling = _sampling(INTERPOLATIONS[interpolation], fill_mode, fill_value)
    if matrices.type.rank == 1:
        matrices = expand_dims(matrices, 0)

    def transformed(image: Value) -> Value:
        coordinates = warping.affine_coordinates(matrices, *image.type.shape[1:3])
        return warping.warp(image, coordinates, sampling)

    truncates = keras.backend.backend() in ("numpy", "tensorflow")
    seen = images_last(x, data_format, transformed)
    return cast(seen, x.type.dtype) if truncates else _rounded(seen, x.type.dtype)


@lowers("ops.image.perspective_transform")
def perspective_transform(
    images: Any,
    start_points: Any,
    end_points: Any,
    interpolation: str = "bilinear",
    fill_value: Any = 0,
    data_format: str | None = None,
) -> Value:
    x = as_value(images)
    sampling = _sampling(INTERPOLATIONS[interpolation], "constant", fill_value)
    start, end = (_with_batch(as_value(points, DType.FLOAT32)) for points in (start_points, end_points))

    def transformed(image: Value) -> Value:
        return warping.warp(image, warping.homography_coordinates(start, end, *image.type.shape[1:3]), sampling)

    return _rounded(images_last(x, data_format, transformed), x.type.dtype)


def _with_batch(points: Value) -> Value:
    return expand_dims(points, 0) if points.type.rank == 2 else points


@lowers("ops.image.elastic_transform")
def elastic_transform(
    images: Any,
    alpha: Any = 20.0,
    sigma: Any = 5.0,
    interpolation: str = "bilinear",
    fill_mode: str = "reflect",
    fill_value: Any = 0.0,
    seed: Any = None,
    data_format: str | None = None,
) -> Value:
    """Other displacements in each call: seeds are not followed."""
    x = as_value(images)
    dtype = x.type.dtype
    if not dtype.is_float:
        raise Unsupported(f"images of {dtype}, whose displacements Keras rounds to 0 (cast them to float32)")
    if isinstance(sigma, Value):
        if sigma.constant is None:
            raise Unsupported("a sigma that the model computes, as the size of the blur follows from it")
        sigma = float(sigma.constant.array())
    sampling = _sampling(INTERPOLATIONS[interpolation], fill_mode, fill_value)
    bell = image_filters.gaussian(int(6 * sigma) | 1, sigma)

    def distorted(image: Value) -> Value:
        noise = image_filters.blur(random.normal((*image.type.shape[:3], 2)), bell, bell)
        moves = math.multiply(noise, math.multiply(as_value(alpha, DType.FLOAT32), sigma))
        across, down = (squeeze(part, -1) for part in split(moves, 2, -1))
        y, x = warping.grid(*image.type.shape[1:3])
        return warping.warp(image, [math.add(down, y), math.add(across, x)], sampling)

    return cast(images_last(x, data_format, distorted), dtype)
