"""Boxes chosen and cut out, against TensorFlow."""

import numpy as np
import pytest
import tensorflow as tf

from tensorflow_support import check_tensorflow, floats, refusal

RNG = np.random.default_rng(5)
BOXES = RNG.random((40, 4)).astype("float32")
SCORES = RNG.standard_normal(40).astype("float32")
ON_A_GRID = RNG.integers(0, 4, (40, 4)).astype("float32")
OF_FEW_LEVELS = RNG.integers(0, 5, 40).astype("float32")
"""Overlaps of just the threshold, and boxes of equal scores."""

CHOICES = [(BOXES, SCORES), (ON_A_GRID, OF_FEW_LEVELS), (BOXES[:1], SCORES[:1])]


@pytest.mark.parametrize("overlap", [0.0, 0.25, 0.5, 1.0])
@pytest.mark.parametrize(("boxes", "scores"), CHOICES)
def test_boxes_of_equal_scores_and_overlaps_at_the_threshold_are_chosen_as_tensorflow_does(boxes, scores, overlap):
    for least in (float("-inf"), 1.0, 100.0):
        chosen = lambda b, s: tf.image.non_max_suppression(b, s, 10, overlap, least)  # noqa: B023, E731
        check_tensorflow(chosen, boxes, scores)


def test_choices_of_one_size():
    padded = lambda b, s: tf.image.non_max_suppression_padded(b, s, 20, 0.5, 0.1, pad_to_max_output_size=True)  # noqa: E731
    check_tensorflow(padded, BOXES, SCORES, dynamic=None)
    v4 = lambda b, s: list(tf.raw_ops.NonMaxSuppressionV4(  # noqa: E731
        boxes=b, scores=s, max_output_size=50, iou_threshold=0.3, score_threshold=0.2, pad_to_max_output_size=True
    ))  # fmt: skip
    check_tensorflow(v4, ON_A_GRID, OF_FEW_LEVELS)
    check_tensorflow(lambda b, s: tf.raw_ops.NonMaxSuppression(boxes=b, scores=s, max_output_size=5), BOXES, SCORES)
    v2 = lambda b, s, t: tf.raw_ops.NonMaxSuppressionV2(boxes=b, scores=s, max_output_size=5, iou_threshold=t)  # noqa: E731
    for overlap in (0.5, 1.0):
        check_tensorflow(v2, BOXES, SCORES, np.float32(overlap), dynamic=None)
        check_tensorflow(v2, ON_A_GRID, OF_FEW_LEVELS, np.float32(overlap), dynamic=None)


@pytest.mark.parametrize("sigma", [0.0, 0.5, 0.05])
def test_scores_of_choices(sigma):
    for least in (0.1, float("-inf")):
        chosen = lambda b, s: tf.image.non_max_suppression_with_scores(b, s, 20, 0.3, least, sigma)  # noqa: B023, E731
        check_tensorflow(chosen, BOXES, SCORES)
        check_tensorflow(chosen, ON_A_GRID, OF_FEW_LEVELS)


def test_overlaps_that_are_given():
    overlaps = RNG.random((40, 40)).astype("float32")
    chosen = lambda o, s: tf.image.non_max_suppression_overlaps(o, s, 9, 0.5, 0.1)  # noqa: E731
    check_tensorflow(chosen, overlaps, SCORES, dynamic=None)
    check_tensorflow(chosen, overlaps.round(1), OF_FEW_LEVELS, dynamic=None)


@pytest.mark.parametrize("overlap", [0.5, 1.0])
@pytest.mark.parametrize("sigma", [0.0, 0.5])
def test_no_boxes_are_left(overlap, sigma):
    def chosen(boxes, scores):
        kept = scores > 1.5
        left, own = tf.boolean_mask(boxes, kept), tf.boolean_mask(scores, kept)
        places = tf.image.non_max_suppression(left, own, 5, overlap)
        return places, *tf.image.non_max_suppression_with_scores(left, own, 5, overlap, 0.1, sigma)

    assert (SCORES > 1.5).any()
    check_tensorflow(chosen, BOXES, SCORES)
    check_tensorflow(chosen, BOXES, np.abs(SCORES) - 5)


def test_a_computed_sigma_is_refused():
    def chosen(boxes, scores, sigma):
        return tf.raw_ops.NonMaxSuppressionV5(
            boxes=boxes, scores=scores, max_output_size=5, iou_threshold=0.5, score_threshold=0.0, soft_nms_sigma=sigma
        )

    assert "make it a number" in refusal(chosen, BOXES, SCORES, np.float32(0.5))


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("options", [{}, {"pad_per_class": True}, {"clip_boxes": False, "score_threshold": 0.4}])
def test_the_best_of_all_classes(shared, options):
    boxes = RNG.normal(0.5, 0.4, (2, 30, 1 if shared else 3, 4)).astype("float32")
    scores = RNG.random((2, 30, 3)).astype("float32")
    best = lambda b, s: list(tf.image.combined_non_max_suppression(b, s, 4, 15, **options))  # noqa: E731
    check_tensorflow(best, boxes, scores)
    check_tensorflow(best, boxes, scores, dynamic=1, times=1)


@pytest.mark.parametrize("method", ["bilinear", "nearest"])
@pytest.mark.parametrize("size", [(3, 5), (1, 1), (7, 1)])
def test_parts_of_images(method, size):
    boxes = np.array([[0, 0, 1, 1], [0.2, 0.6, 0.7, 0.1], [-0.5, 0.5, 0.4, 1.4], [0.5, 0.5, 0.5, 0.5]], "float32")
    owners = np.array([0, 1, 1, 0], np.int32)
    cut = lambda images, b, o: tf.image.crop_and_resize(images, b, o, size, method, 2.5)  # noqa: E731
    check_tensorflow(cut, floats(2, 6, 9, 3), boxes, owners, rtol=1e-5, atol=1e-5)
    check_tensorflow(cut, RNG.integers(0, 255, (2, 6, 9, 3)).astype("uint8"), boxes, owners, rtol=1e-5, atol=1e-4)


def test_parts_of_a_size_that_the_image_has():
    boxes = RNG.random((3, 4)).astype("float32")
    cut = lambda images: tf.image.crop_and_resize(images, boxes, [0, 1, 1], tf.shape(images)[1:3])  # noqa: E731
    check_tensorflow(cut, floats(2, 6, 9, 3), dynamic=1, rtol=1e-5, atol=1e-5)
    check_tensorflow(cut, floats(2, 1, 9, 3), dynamic=1, rtol=1e-5, atol=1e-5)


def test_scores_that_fall_to_nothing_do_not_bring_back_what_was_chosen():
    chosen = lambda b, s: tf.image.non_max_suppression_with_scores(b, s, 20, 0.5, 0.1, 1e-4)  # noqa: E731
    check_tensorflow(chosen, ON_A_GRID, OF_FEW_LEVELS)
