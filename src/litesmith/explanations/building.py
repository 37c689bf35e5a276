"""Keras: models that cannot be built or saved as they are written."""

from __future__ import annotations

from litesmith.explanations.pattern import Pattern

PATTERNS = (
    Pattern(
        "last-size-open",
        "Keras",
        (
            "The last dimension of the inputs to a Dense layer should be defined",
            "The last dimension of the inputs to `Dense` should be defined",
            "Shapes used to initialize variables must be fully-defined (no `None` dimensions).",
        ),
        "The size of the last axis is open, as with Input(shape=(None,)) in front of Dense: Keras cannot know "
        "how many weights the "
        "layer has. The batch is not part of shape=.",
        "Say the number of features: Input(shape=(16,)). For a sequence of open length, say Input(shape=(None, "
        "16)); only the last "
        "size must be known.",
        ("litesmith convert mine.py:model  # the batch, and lengths of sequences, stay open in the file",),
        "Keras' sources",
    ),
    Pattern(
        "save-format",
        "Keras",
        ("The `save_format` argument is deprecated in Keras 3.",),
        "Keras 3 tells the format from the file's name: model.save(path, save_format='tf') is of Keras 2.",
        "Write model.save('model.keras'). What save_format='tf' made, a SavedModel, is now model.export('folder').",
        ("litesmith convert model.keras", "litesmith convert folder --signature serving_default  # a SavedModel"),
        "Keras' sources",
    ),
    Pattern(
        "extension-to-save",
        "Keras",
        ("Invalid filepath extension for saving.",),
        "Keras 3 saves to .keras or .h5 only; a path without an ending was a SavedModel in Keras 2.",
        "Write model.save('model.keras'), or model.export('folder') for a SavedModel.",
        ("litesmith convert model.keras",),
        "Keras' sources",
    ),
    Pattern(
        "lambda-shape",
        "Keras",
        ("We could not automatically infer the shape of the Lambda's output.",),
        "Keras runs on a backend that could not run the Lambda's function on open sizes.",
        "Give the Lambda output_shape=, or write the function with keras.ops in a Layer.",
        ("litesmith convert model.keras  # shapes of a file's Lambdas are inferred from what they compute",),
        "Keras' sources",
    ),
)
