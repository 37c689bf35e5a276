"""Keras: weights in a file that do not belong to the model."""

from __future__ import annotations

from litesmith.explanations.pattern import Pattern

ARCHITECTURE = "litesmith convert weights.h5 --architecture model.json  # or --architecture module:function"

PATTERNS = (
    Pattern(
        "other-number-of-layers",
        "Keras",
        (
            "Layer count mismatch when loading weights from file. Model expected <expected> layers, found "
            "<found> saved layers.",
        ),
        "The weights are those of another architecture: {found} layers have some, and this model has {expected}.",
        "Build the model that the weights were saved from. Nested models count as one layer.",
        (ARCHITECTURE,),
        "keras#19898",
    ),
    Pattern(
        "other-number-of-weights",
        "Keras",
        ("Weight count mismatch for layer #<number> (named <layer> in the current model, <other> in the save file).",),
        "Layer {layer} has another number of weights in the file ({other}): use_bias, a CuDNN layer, or another "
        "kind of layer.",
        "Compare the settings of this layer with those of the model that was saved.",
        (ARCHITECTURE,),
        "Keras' sources",
    ),
    Pattern(
        "other-shape-of-weight",
        "Keras",
        ("Shape mismatch in <layer> for weight",),
        "A weight of {layer} has another shape in the file: another number of units, filters or classes.",
        "Build the layer as it was when it was saved; a head of your own has its own number of classes "
        "(include_top=False).",
        (ARCHITECTURE,),
        "Keras' sources",
    ),
    Pattern(
        "weights-only",
        "Keras",
        ("No model config found in the file at",),
        "The file holds weights without the model that they belong to: save_weights wrote it.",
        "Build the model in code and call model.load_weights(path).",
        (ARCHITECTURE,),
        "Keras' sources",
    ),
)
