"""TensorFlow's quantizer after training: calibration and integer files."""

from __future__ import annotations

from litesmith.explanations.pattern import Pattern

QUANTIZER = "TensorFlow's quantizer"
WEIGHTS_ONLY = "litesmith convert model.keras --quantize dynamic_int8  # integer weights, without calibration"
FLOAT16 = "litesmith convert model.keras --quantize float16"

PATTERNS = (
    Pattern(
        "no-representative-data",
        QUANTIZER,
        (
            "For full integer quantization, a `representative_dataset` must be specified.",
            "representative_dataset is required when specifying TFLITE_BUILTINS_INT8 or INT8 supported types.",
        ),
        "Integer activations need ranges, which are measured on examples, and none were given.",
        "Give converter.representative_dataset a function that yields some hundred real inputs; or keep "
        "activations in floats "
        "and put the weights alone in 8 bits.",
        (WEIGHTS_ONLY,),
        "LiteRT's sources",
    ),
    Pattern(
        "no-recorded-range",
        QUANTIZER,
        (
            "Max and min for dynamic tensors should be recorded during calibration: Failed for tensor <tensor> Empty",
            "Max and min for dynamic tensors should be recorded during calibration",
            "Empty min/max for tensor",
        ),
        "A tensor was never computed while examples ran: the examples ended at once, or it is inside of a branch "
        "or loop that "
        "none of them took.",
        "Check that the function yields lists of arrays with a batch, and that examples take every branch; keep "
        "recurrent parts "
        "in floats.",
        (WEIGHTS_ONLY,),
        "LiteRT's sources",
    ),
    Pattern(
        "operator-not-quantized",
        QUANTIZER,
        ("Quantization not yet supported for op: '<operator>'.",),
        "{operator} has no integer form, and only integer operators were allowed (TFLITE_BUILTINS_INT8).",
        "Allow TFLITE_BUILTINS beside it, so that this operator stays in floats, or write the layer with others.",
        (WEIGHTS_ONLY,),
        "LiteRT's sources",
    ),
    Pattern(
        "operator-not-16x8",
        QUANTIZER,
        ("Quantization to 16x8-bit not yet supported for op: '<operator>'.",),
        "{operator} has no form with activations of 16 bits.",
        "Take 8 bits, or allow TFLITE_BUILTINS beside, so that this operator stays in floats.",
        (FLOAT16, WEIGHTS_ONLY),
        "LiteRT's sources",
    ),
    Pattern(
        "no-input-range",
        QUANTIZER,
        ("Input tensor missing quantization information. Should be populated during calibration.",),
        "An input was not measured during calibration.",
        "Give examples for every input, under its name where there are several.",
        (WEIGHTS_ONLY,),
        "LiteRT's sources",
    ),
    Pattern(
        "integer-inputs-of-float-file",
        QUANTIZER,
        (
            "The inference_input_type and inference_output_type must be tf.float32.",
            "The inference_input_type and inference_output_type must be in",
        ),
        "Integer inputs and outputs were asked for, while the file is not quantized to integers throughout.",
        "Leave both types at float32, or ask for full integer quantization with a representative_dataset.",
        (WEIGHTS_ONLY,),
        "LiteRT's sources",
    ),
    Pattern(
        "contradicting-types",
        QUANTIZER,
        ("As full integer quantization has been enabled by setting `target_spec.supported_ops`",),
        "Two settings contradict each other: integer operators only, and supported_types that are not int8.",
        "Leave target_spec.supported_types empty, or set it to [tf.int8].",
        (FLOAT16, WEIGHTS_ONLY),
        "LiteRT's sources",
    ),
    Pattern(
        "type-of-unquantized-input",
        QUANTIZER,
        (
            "Unsupported `inference_input_type` value. Expected to be in",
            "Unsupported `inference_output_type` value. Expected to be in",
            "Initial model input is not quantized.",
        ),
        "The type asked for an input or output is not one that this file can have there: what stands there is "
        "not quantized.",
        "Keep float32 at the border, or quantize the whole model to integers.",
        (WEIGHTS_ONLY,),
        "LiteRT's sources",
    ),
    Pattern(
        "shape-of-example",
        "LiteRT's calibrator or interpreter",
        (
            "Cannot set tensor: Size mismatch, expected <expected> for dim <axis> but found",
            "Cannot set tensor: Dimension count mismatch",
            "Cannot set tensor: Dimension mismatch",
        ),
        "An array does not have the shape of the input that it is for: the batch is missing, or several inputs "
        "are in another order.",
        "Give arrays with their batch, and by the names of the inputs rather than by their order.",
        (
            "litesmith inspect model.tflite  # names and shapes of the inputs",
            "litesmith run model.tflite -i in.npz -o out.npz  # arrays by name; open sizes follow them",
        ),
        "LiteRT's sources",
    ),
    Pattern(
        "type-of-example",
        "LiteRT's calibrator or interpreter",
        ("Cannot set tensor: Got value of type <given> but expected type <expected> for input",),
        "An array of {given} was given where the file takes {expected}.",
        "Cast it: numpy makes float64 of Python's numbers, and images are often uint8.",
        ("litesmith.load('model.tflite').run(x)  # casts where no value is lost",),
        "LiteRT's sources",
    ),
    Pattern(
        "not-in-debug-mode",
        "TensorFlow's QuantizationDebugger",
        ("Please check if the quantized model is in debug mode",),
        "The debugger reads measurements that only a file from its own debug mode has.",
        "Make the file with the debugger's options, or compare the outputs of both files yourself.",
        ("litesmith verify model.keras model.tflite --data images.npz",),
        "tensorflow#86949",
    ),
)
