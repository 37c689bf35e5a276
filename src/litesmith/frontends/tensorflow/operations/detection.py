"""Boxes chosen by their scores, and cut out of images."""

from __future__ import annotations

import numpy as np

from litesmith.frontends.tensorflow.registry import Sizes, imports, modest
from litesmith.ir import dims
from litesmith.ir.dims import Size
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import cropping, detection, indexing, math
from litesmith.ops.array import as_value, cast, slice_axis
from litesmith.ops.detection import PerClass
from litesmith.ops.errors import Unsupported
from litesmith.ops.measured import as_size


@imports("NonMaxSuppression")
def non_max_suppression(boxes: Value, scores: Value, most: Sizes, *, iou_threshold: float = 0.5) -> Value:
    return non_max_suppression_v3(boxes, scores, most, _number(iou_threshold), _number(-np.inf))


@imports("NonMaxSuppressionV2")
def non_max_suppression_v2(boxes: Value, scores: Value, most: Sizes, overlap: Value) -> Value:
    return non_max_suppression_v3(boxes, scores, most, overlap, _number(-np.inf))


@imports("NonMaxSuppressionV3")
def non_max_suppression_v3(boxes: Value, scores: Value, most: Sizes, overlap: Value, least: Value) -> Value:
    found, count = _chosen(boxes, scores, most[0], overlap, least)
    return _first(found, as_size(count, "boxes"))


@imports("NonMaxSuppressionV4", outputs=("selected_indices", "valid_outputs"))
def non_max_suppression_v4(
    boxes: Value, scores: Value, most: Sizes, overlap: Value, least: Value, *, pad_to_max_output_size: bool = False
) -> tuple[Value, Value]:
    found, count = _chosen(boxes, scores, most[0], overlap, least)
    return (found if pad_to_max_output_size else _first(found, as_size(count, "boxes"))), count


@imports("NonMaxSuppressionV5", outputs=("selected_indices", "selected_scores", "valid_outputs"))
def non_max_suppression_v5(
    boxes: Value,
    scores: Value,
    most: Sizes,
    overlap: Value,
    least: Value,
    sigma: Value,
    *,
    pad_to_max_output_size: bool = False,
) -> tuple[Value, Value, Value]:
    """Where scores fall with overlaps, TensorFlow leaves none out for them alone."""
    dtype = scores.type.dtype
    if sigma.constant is None:
        raise Unsupported("a soft_nms_sigma that the model computes; make it a number")
    own, kept, limit, spread = _floats(boxes, scores, least, sigma)
    if float(sigma.constant.array()) > 0:
        found, kept, count = detection.best_apart_softly(own, kept, most[0], limit, spread)
    else:
        found, count = _chosen(boxes, scores, most[0], overlap, least)
        kept = detection.scores_of(kept, found, count)
    if not pad_to_max_output_size:
        size = as_size(count, "boxes")
        found, kept = _first(found, size), _first(kept, size)
    return found, cast(kept, dtype), count


@imports("NonMaxSuppressionWithOverlaps")
def non_max_suppression_with_overlaps(
    overlaps: Value, scores: Value, most: Sizes, overlap: Value, least: Value
) -> Value:
    """Of overlaps [n, n], of a box in the rows with a chosen one in the columns."""
    table, own, limit, above = _floats(overlaps, scores, overlap, least)

    def left(scores: Value, place: Value) -> Value:
        column = indexing.gather(table, place, 1)
        return indexing.select(math.greater(column, limit), as_value(detection.NOTHING, DType.FLOAT32), scores)

    found, _, count = detection.best_in_turn(own, most[0], above, left)
    return _first(found, as_size(count, "boxes"))


@imports("CombinedNonMaxSuppression", outputs=("nmsed_boxes", "nmsed_scores", "nmsed_classes", "valid_detections"))
def combined_non_max_suppression(
    boxes: Value,
    scores: Value,
    each: Sizes,
    most: Sizes,
    overlap: Value,
    least: Value,
    *,
    pad_per_class: bool = False,
    clip_boxes: bool = True,
) -> tuple[Value, ...]:
    wanted = most[0]
    if pad_per_class:
        wanted = dims.minimum(wanted, each[0] * scores.type.shape[2])
    found, *rest = detection.best_of_classes(boxes, scores, PerClass(each[0], wanted, overlap, least))
    return (math.clip(found, 0.0, 1.0) if clip_boxes else found), *rest


def _chosen(boxes: Value, scores: Value, most: Size, overlap: Value, least: Value) -> tuple[Value, Value]:
    own, kept, limit, above = _floats(boxes, scores, overlap, least)
    return detection.best_apart(own, kept, most, limit, above)


def _floats(*values: Value) -> list[Value]:
    return [cast(value, DType.FLOAT32) for value in values]


def _number(x: float) -> Value:
    return as_value(x, DType.FLOAT32)


def _first(x: Value, count: Size) -> Value:
    return slice_axis(x, 0, 0, count)


@imports("CropAndResize")
def crop_and_resize(
    images: Value,
    boxes: Value,
    owners: Value,
    sizes: Sizes,
    *,
    method: str = "bilinear",
    extrapolation_value: float = 0.0,
) -> Value:
    modest((*sizes, images.type.shape[3]))
    return cropping.crop_and_resize(images, boxes, owners, sizes, method == "bilinear", extrapolation_value)
