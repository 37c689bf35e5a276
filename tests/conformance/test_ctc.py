"""Connectionist temporal classification against Keras."""

import keras
import numpy as np
import pytest
from keras import ops

from support import check_function

RNG = np.random.default_rng(10)
LOGITS = RNG.normal(size=(4, 9, 5)).astype("float32")
LABELS = np.array([[1, 2, 2, 3], [4, 1, 1, 1], [3, 3, 3, 3], [1, 2, 3, 4]], "int32")
LABEL_LENGTHS = np.array([4, 2, 0, 1], "int32")
LENGTHS = np.array([9, 6, 3, 7], "int32")


@pytest.mark.parametrize("blank", [0, 4])
def test_loss(blank):
    labels = LABELS if blank == 0 else LABELS - 1
    check_function(
        lambda t, x, n, m: ops.ctc_loss(t, x, n, m, mask_index=blank), labels, LOGITS, LABEL_LENGTHS, LENGTHS
    )


def test_loss_of_labels_that_do_not_fit():
    check_function(
        lambda t, x, n, m: ops.ctc_loss(t, x, n, m), LABELS, LOGITS, np.full(4, 4, "int32"), np.full(4, 3, "int32")
    )


def test_loss_of_sequences_of_unknown_length():
    # One axis is taken for the batch: time is the first one here.
    check_function(
        lambda x: ops.ctc_loss(LABELS[:2], ops.transpose(x, (1, 0, 2)), np.array([4, 2]), np.array([9, 5])),
        np.moveaxis(LOGITS[:2], 1, 0),
    )


def test_loss_layer():
    loss = keras.losses.CTC(reduction=None)
    check_function(lambda t, x: loss(t, x), LABELS, LOGITS)


@pytest.mark.parametrize("merge", [True, False])
@pytest.mark.parametrize("blank", [0, 2])
def test_greedy_decoding(merge, blank):
    x = np.repeat(LOGITS, [1, 3, 1, 2, 1, 1, 1, 2, 1], axis=1)
    check_function(lambda x, n: list(ops.ctc_decode(x, n, merge_repeated=merge, mask_index=blank)), x, LENGTHS + 3)


def test_greedy_decoding_of_sequences_of_unknown_length():
    check_function(
        lambda x: list(ops.ctc_decode(ops.transpose(x, (1, 0, 2)), np.array([9, 5]))), np.moveaxis(LOGITS[:2], 1, 0)
    )


@pytest.mark.parametrize("blank", [0, 3])
@pytest.mark.parametrize(("width", "paths"), [(1, 1), (3, 2), (12, 3)])
def test_beam_search(blank, width, paths):
    x = RNG.normal(size=(4, 14, 5)).astype("float32") * 2  # equal steps would give paths of equal score
    options = {"strategy": "beam_search", "beam_width": width, "top_paths": paths, "mask_index": blank}
    check_function(lambda x, n: list(ops.ctc_decode(x, n, **options)), x, LENGTHS + 3)


def test_beam_search_finds_what_greedy_decoding_does_not():
    x = np.log(np.array([[[0.4, 0.35, 0.25], [0.4, 0.35, 0.25]]], "float32"))
    both = [{"strategy": "greedy"}, {"strategy": "beam_search", "beam_width": 6}]
    lite = check_function(lambda x: [ops.ctc_decode(x, np.array([2]), **options)[0] for options in both], x)
    greedy, searched = lite.run(x)
    assert greedy.tolist() == [[[-1, -1]]]
    assert searched.tolist() == [[[1, -1]]]


def test_beam_search_with_constant_lengths():
    options = {"strategy": "beam_search", "beam_width": 4}
    check_function(lambda x: list(ops.ctc_decode(x, LENGTHS, **options)), LOGITS)
