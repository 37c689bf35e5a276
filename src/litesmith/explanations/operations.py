"""TensorFlow's converter: operations that have no LiteRT operator."""

from __future__ import annotations

from litesmith.explanations.pattern import Pattern

CONVERTER = "TensorFlow's converter"
CONVERT = "litesmith convert model.keras"

PATTERNS = (
    Pattern(
        "operation-without-builtin",
        CONVERTER,
        ("'tf.<op>' op is neither a custom op nor a flex op",),
        "The operation {op} of TensorFlow has no LiteRT operator, or none for its element type, number of axes "
        "or attributes.",
        "Write the layer with operations that have one: Keras layers and keras.ops rather than tf.*. Do not "
        "switch on "
        "Select TF ops: the file then needs a larger runtime, and GPUs, NPUs, microcontrollers and browsers "
        "refuse it.",
        (f"{CONVERT}  # takes most operations apart, and names layer and line of what is left",),
        "LiteRT's sources",
    ),
    Pattern(
        "needs-select-ops",
        CONVERTER,
        (
            "Some ops are not supported by the native TFLite runtime, you can enable TF kernels fallback using "
            "TF Select.",
            "Error code: ERROR_NEEDS_FLEX_OPS",
        ),
        "A summary: the operations listed behind it have no LiteRT operator.",
        "Replace the operations listed as `TF Select ops`. With SELECT_TF_OPS the file would run only where the "
        "Flex delegate "
        "is linked, which adds tens of megabytes and is not there on GPUs, NPUs, microcontrollers and in browsers.",
        (f"{CONVERT}  # builtin operators only, or a finding for each layer that has none",),
        "LiteRT's sources",
        wraps=True,
    ),
    Pattern(
        "needs-custom-ops",
        CONVERTER,
        (
            "Some ops in the model are custom ops, See instructions to implement custom ops",
            "Error code: ERROR_NEEDS_CUSTOM_OPS",
        ),
        "A summary: the operations listed behind it are known neither to LiteRT nor to its Flex delegate.",
        "Replace them by operations of Keras, or keep what they do in the app, in front of the model or behind it. "
        "allow_custom_ops=True only moves the error to the device.",
        (f"{CONVERT}  # names the layer and the line of each",),
        "LiteRT's sources",
        wraps=True,
    ),
    Pattern(
        "toco-operators",
        "TOCO, TensorFlow's converter up to 2.2",
        ("Here is a list of operators for which you will need custom implementations:",),
        "The converter is from 2020 or before, and knows fewer operations than later ones.",
        "Use a newer toolchain; the model itself may be fine.",
        ("litesmith convert model.h5  # opens files of Keras 1 and 2 as well",),
        "TensorFlow up to 2.2",
    ),
    Pattern(
        "marked-illegal",
        "An MLIR converter (TensorFlow's, or litert-torch)",
        ("failed to legalize operation '<operation>' that was explicitly marked illegal",),
        "{operation} was met with an element type, number of axes or open size for which the converter has no rule.",
        "Look at the types of its operands in the message: cast them to float32 or int32, fix open sizes, or "
        "write the "
        "layer with other operations.",
        (CONVERT, "litesmith convert model.keras --batch 1  # where the open size is the batch"),
        "litert-torch#305",
    ),
    Pattern(
        "unread-variable",
        CONVERTER,
        ("error: missing attribute 'value'", "LLVM ERROR: Failed to infer result type(s)."),
        "TensorFlow 2.16 left the variables of a Keras 3 model in the graph as reads, which its converter cannot "
        "type; it ends "
        "the process.",
        "Convert from Keras directly, or update TensorFlow and go through model.export() or "
        "keras.export.ExportArchive.",
        (f"{CONVERT}  # reads the weights from Keras, without TensorFlow",),
        "tensorflow#65012",
    ),
    Pattern(
        "control-flow-v1",
        CONVERTER,
        ("ERROR_UNSUPPORTED_CONTROL_FLOW_V1",),
        "The graph holds loops or branches of TensorFlow 1 (Enter, Exit, Switch, Merge), which have no LiteRT "
        "operator.",
        "Export the model again with control flow of TensorFlow 2, or write the loop out where its length is known.",
        (f"{CONVERT}  # from the Keras model rather than from its frozen graph",),
        "LiteRT's sources, tensorflow#35688",
    ),
    Pattern(
        "function-not-inlined",
        CONVERTER,
        ("ERROR_STATEFUL_PARTITIONED_CALL_IN_FINAL_IR",),
        "A tf.function is still called in the final graph: it could not be put in the place of its call.",
        "Call the function directly rather than through a tf.function of its own, and once per place.",
        (CONVERT,),
        "LiteRT's sources",
    ),
    Pattern(
        "size-over-32-bits",
        CONVERTER,
        ("result shape dimensions out of 32 bit int type range",),
        "A tensor has a size that 32 bits do not hold.",
        "Make the input smaller or take the tensor apart; a size that comes from int64 arithmetic may also be "
        "negative by mistake.",
        ("litesmith convert model.keras --input '1,224,224,3'  # with the sizes that are used",),
        "LiteRT's sources",
    ),
    Pattern(
        "variant-type",
        CONVERTER,
        (
            "Currently, the variant type is not natively supported in TFLite.",
            "operand result uses variant type",
        ),
        "A list of tensors (TensorList) crosses the border of a loop or function: a recurrent layer or a "
        "tf.TensorArray.",
        "Fix the batch and the length, or write the loop with tensors of fixed shape.",
        (f"{CONVERT}  # recurrent layers become loops of plain tensors, at any batch and length",),
        "LiteRT's sources",
    ),
    Pattern(
        "process-died",
        "The operating system",
        ("Segmentation fault (core dumped)", "The kernel appears to have died. It will restart automatically."),
        "Native code of a framework, converter or runtime ended the process.",
        "Run the step in a process of its own, with half of the model at a time, to find the layer that does it.",
        (f"{CONVERT}", "litesmith run model.tflite -i in.npz -o out.npz  # a crash becomes a finding"),
        "many threads",
        wraps=True,
    ),
)
