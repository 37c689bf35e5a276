"""The LiteRT interpreter: files that do not load or run, on a computer or phone."""

from __future__ import annotations

from litesmith.explanations.pattern import Pattern

RUNTIME = "The LiteRT runtime"
CONVERT = "litesmith convert model.keras"
INSPECT = "litesmith inspect model.tflite  # the operators that the file has"

PATTERNS = (
    Pattern(
        "select-ops-at-run-time",
        RUNTIME,
        (
            "Select TensorFlow op(s), included in the given model, is(are) not supported by this interpreter.",
            "Regular TensorFlow ops are not supported by this interpreter.",
        ),
        "The file holds operations of TensorFlow (Flex), which need the Flex delegate, and it is not linked.",
        "Convert the model again to builtin operators only; or link the Flex delegate, where the device has one.",
        (f"{CONVERT}  # builtin operators only", INSPECT),
        "LiteRT's sources",
    ),
    Pattern(
        "loop-of-tensorflow-1",
        RUNTIME,
        ("Encountered unresolved custom op: Enter.", "Encountered unresolved custom op: Switch."),
        "The file holds loops or branches of TensorFlow 1 as custom operators: allow_custom_ops=True hid that "
        "they have no form.",
        "Convert again from a model with control flow of TensorFlow 2, without allow_custom_ops.",
        (CONVERT,),
        "tensorflow#35688",
    ),
    Pattern(
        "custom-op-unknown",
        RUNTIME,
        ("Encountered unresolved custom op: <operator>.",),
        "The file holds the custom operator {operator}, whose kernel this interpreter does not have.",
        "Register its kernel in the app, or convert the model again without allow_custom_ops=True, which hid it.",
        (f"{CONVERT}  # no custom operators", INSPECT),
        "LiteRT's sources",
    ),
    Pattern(
        "operator-version",
        "The LiteRT runtime, or LiteRT for Microcontrollers",
        ("Didn't find op for builtin opcode '<operator>' version '<version>'.",),
        "This runtime has no kernel for {operator} in version {version}: it is older than the file wants, or, on "
        "a microcontroller, "
        "the operator was not added to the app's resolver.",
        "Update the runtime; on a microcontroller add the operator to MicroMutableOpResolver; or convert with a "
        "tool that writes "
        "the lowest version that will do.",
        (f"{CONVERT}  # the lowest version of each operator that has the use", INSPECT),
        "LiteRT's sources, tflite-micro#284",
    ),
    Pattern(
        "reshape-of-resized",
        RUNTIME,
        ("num_input_elements != num_output_elements (<given> != <wanted>)",),
        "A RESHAPE has a fixed size written into it, and an input was resized: {given} elements do not fit into "
        "{wanted}.",
        "Convert again with that size open, or call with the sizes of the conversion.",
        (
            f"{CONVERT}  # open sizes stay open in every RESHAPE",
            "litesmith convert model.keras --signature short=1,64 --signature long=1,512  # some fixed sizes in "
            "one file",
        ),
        "LiteRT's sources",
    ),
    Pattern(
        "type-without-kernel",
        RUNTIME,
        (
            "Type <type> is unsupported by op",
            "Type <type> (<number>) is unsupported by op",
            "Type <type> (<number>) not supported.",
        ),
        "An operator's kernel does not compute with elements of {type}.",
        "Convert with another element type: float32 where integers of 16 bits were asked for, int32 in place of int64.",
        (f"{CONVERT}  # types that a kernel lacks are computed in wider ones",),
        "LiteRT's sources",
    ),
    Pattern(
        "axes-without-kernel",
        RUNTIME,
        (
            "StridedSlice op only supports 1D-4D input arrays.",
            "StridedSlice op only supports 1D-5D input arrays.",
            "Transpose op only supports 1D-8D input arrays.",
            "Transpose op only supports 1D-6D input arrays.",
            "Transpose op only supports 1D-5D input arrays.",
        ),
        "A tensor has more axes than this runtime's kernel takes; older runtimes take fewer.",
        "Update the runtime, or merge axes in the model with Reshape.",
        (f"{CONVERT}  # axes are merged where a kernel takes fewer",),
        "LiteRT's sources",
    ),
    Pattern(
        "tables-not-initialized",
        RUNTIME,
        ("hashtable need to be initialized before using",),
        "The file looks values up in a table, which nobody filled: its initialization is a signature or subgraph "
        "of its own.",
        "Call the initialization first, or look texts up in the app.",
        ("litesmith convert model.keras --split-preprocessing",),
        "LiteRT's sources, tensorflow#52206",
    ),
    Pattern(
        "variables-in-compiled-model",
        "LiteRT's CompiledModel",
        ("Variable tensors not yet supported",),
        "The file has an LSTM, RNN or SVDF operator whose state is a variable tensor, which CompiledModel refuses.",
        "Run the file with the Interpreter, or convert recurrent layers to loops.",
        ("litesmith convert model.keras --rnn while",),
        "LiteRT's sources",
    ),
    Pattern(
        "failed-to-prepare",
        RUNTIME,
        ("Node number <number> (<operator>) failed to prepare.",),
        "Operator {operator} refused its inputs; why stands in front of it, and is not known here.",
        "Paste the lines in front of it.",
        (INSPECT, "litesmith convert model.keras  # runs the file before it hands it out"),
        "LiteRT's sources",
        wraps=True,
    ),
)
