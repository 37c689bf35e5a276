"""TensorFlow's converter: recurrent layers and loops that collect tensors."""

from __future__ import annotations

from litesmith.explanations.pattern import Pattern

CONVERTER = "TensorFlow's converter"
LOOPS = "litesmith convert model.keras  # recurrent layers as WHILE loops, at any batch and length"

PATTERNS = (
    Pattern(
        "list-of-open-shape",
        CONVERTER,
        (
            "requires element_shape to be static during TF Lite transformation pass",
            "requires element_shape to be 1D tensor during TF Lite transformation pass",
            "requires element_shape to be a constant",
        ),
        "A recurrent layer or tf.TensorArray keeps its results in a list of tensors whose shape is open: most "
        "often the batch.",
        "Fix the batch (keras.Input(batch_shape=(1, ...))) and all sizes but the length.",
        (LOOPS, "litesmith convert model.keras --batch 1 --rnn fused  # with LiteRT's own LSTM operator"),
        "LiteRT's sources",
    ),
    Pattern(
        "lowering-lists-failed",
        CONVERTER,
        ("Lowering tensor list ops is failed.",),
        "What follows from a list of tensors with an open shape, in a recurrent layer or tf.TensorArray. The "
        "message's own "
        "advice, Select TF ops, gives a file that many devices refuse.",
        "Fix the batch and all sizes but the length, rather than to switch the lowering off.",
        (LOOPS,),
        "LiteRT's sources",
        wraps=True,
    ),
)
