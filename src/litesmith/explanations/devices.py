"""Delegates, compilers for accelerators, and microcontrollers: files that a device does not take."""

from __future__ import annotations

from litesmith.explanations.pattern import Pattern

ONE = "litesmith convert model.keras --batch 1  # no open sizes, if the batch is the only one"
INPUT = "litesmith convert model.keras --input '1,224,224,3'"
INSPECT = "litesmith inspect model.tflite  # the operators that the file has"

PATTERNS = (
    Pattern(
        "open-sizes-in-delegate",
        "A delegate of LiteRT",
        (
            "Attempting to use a delegate that only supports static-sized tensors with a graph that has "
            "dynamic-sized tensors",
        ),
        "The delegate wants all sizes to be known, and the file leaves some open or computes them.",
        "Convert again with every size fixed, the batch included.",
        (ONE, INPUT),
        "LiteRT's sources",
    ),
    Pattern(
        "open-sizes-in-vela",
        "Vela, the compiler for Arm Ethos-U",
        ("Input(s) and Output tensors must not be dynamic",),
        "An operator has open sizes and stays on the CPU.",
        "Convert again with every size fixed, the batch included.",
        (ONE, INPUT),
        "Vela, tensorflow#50241",
    ),
    Pattern(
        "edge-tpu-float",
        "The compiler for Edge TPU",
        ("Model not quantized",),
        "The Edge TPU computes in integers of 8 bits only, and the file, or a part of it, is in floats.",
        "Quantize weights and activations to int8 with examples, inputs and outputs included. What Litesmith's "
        "--quantize does "
        "(weights only) is not enough for this device.",
        (INSPECT,),
        "coral/edgetpu#168",
    ),
    Pattern(
        "edge-tpu-limitation",
        "The compiler for Edge TPU",
        ("Operation is otherwise supported, but not mapped due to some unspecified limitation",),
        "The operator exists there, but not with these sizes, strides or open shapes, or it stands behind one "
        "that stays on the CPU.",
        "Fix all sizes and the batch to 1, keep to 4 axes, and look at the first operator that is not mapped.",
        (ONE, INSPECT),
        "coral/edgetpu#313",
    ),
    Pattern(
        "not-on-gpu",
        "The GPU delegate of LiteRT",
        ("Following operations are not supported by GPU delegate:",),
        "The operators listed behind it run on the CPU, and so may everything behind the first of them.",
        "Fix the batch, keep to 4 axes, and replace the operators listed; lookups and integer arithmetic belong "
        "into the app.",
        (ONE, INSPECT),
        "LiteRT's sources, tensorflow#57907",
    ),
    Pattern(
        "arena-too-small",
        "LiteRT for Microcontrollers",
        ("Needed <needed> but only <available> was available", "Requested: <needed>, available <available>, missing:"),
        "The arena has {available} bytes left where {needed} more are needed for tensors.",
        "Make the arena larger, or the model's largest tensors smaller: fewer channels in front, a smaller "
        "input, batch 1, int8.",
        (ONE, INSPECT),
        "tflite-micro's sources",
    ),
)
