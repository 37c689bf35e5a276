"""Keras: arguments in a file that this version of Keras does not have."""

from __future__ import annotations

from litesmith.explanations.pattern import Pattern

OLD = (
    "litesmith convert old_model.h5  # leaves such arguments out where they make no difference, and says so "
    "where they do"
)

PATTERNS = (
    Pattern(
        "argument-groups",
        "Keras",
        ("Unrecognized keyword arguments passed to <layer>: {'groups'",),
        "The file was written by Keras 2, where {layer} had the argument groups; Keras 3 has none there.",
        "With groups=1 it can be left out: load with a subclass of {layer} that drops it.",
        (OLD,),
        "keras#19151",
    ),
    Pattern(
        "argument-of-recurrent",
        "Keras",
        (
            "Unrecognized keyword arguments passed to <layer>: {'time_major'",
            "Unrecognized keyword arguments passed to <layer>: {'implementation'",
        ),
        "The file was written by Keras 2; Keras 3 has removed an argument of {layer}.",
        "With time_major=False, and any implementation, it can be left out: load with a subclass of {layer} that "
        "drops it.",
        (OLD,),
        "keras#20750",
    ),
    Pattern(
        "argument-batch-input-shape",
        "Keras",
        ("Unrecognized keyword arguments passed to <layer>: {'batch_input_shape'",),
        "{layer} says its input's shape as Keras 2 did.",
        "Put keras.Input(batch_shape=...) in front of the first layer instead.",
        (OLD,),
        "keras#20106",
    ),
    Pattern(
        "argument-weights",
        "Keras",
        ("Unrecognized keyword arguments passed to <layer>: {'weights'",),
        "{layer} was given its weights as an argument, which Keras 3 does not take.",
        "Leave it out and call layer.set_weights(...) after the layer is built.",
        (OLD,),
        "keras-ocr#252",
    ),
    Pattern(
        "file-of-keras-3-in-keras-2",
        "Keras 2",
        ("Unrecognized keyword arguments: ['batch_shape'",),
        "The file was written by Keras 3 and is opened by Keras 2 (TensorFlow up to 2.15, or tf_keras).",
        "Update TensorFlow or Keras; or import keras rather than tf_keras.",
        ("litesmith doctor  # which Keras is installed", "litesmith convert model.keras"),
        "tensorflow#64685",
    ),
    Pattern(
        "file-of-much-older-keras",
        "Keras",
        ("Unrecognized keyword arguments: ['ragged'", "Unrecognized keyword arguments: ['input_dtype'"),
        "The versions that wrote and open the file are years apart.",
        "Open it with the version that wrote it, and save it again.",
        (OLD,),
        "published threads",
    ),
)
