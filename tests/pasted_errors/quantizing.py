PASTED = {
    "no-representative-data": "ValueError: For full integer quantization, a `representative_dataset` must be specified.",
    "no-recorded-range": """\
RuntimeError: Max and min for dynamic tensors should be recorded during calibration: Failed for tensor model/lstm/while
Empty min/max for tensor model/lstm/while""",
    "operator-not-quantized": "RuntimeError: Quantization not yet supported for op: 'NON_MAX_SUPPRESSION_V4'.",
    "operator-not-16x8": "RuntimeError: Quantization to 16x8-bit not yet supported for op: 'GELU'.",
    "no-input-range": """\
RuntimeError: Input tensor missing quantization information. Should be populated during calibration.""",
    "integer-inputs-of-float-file": "ValueError: The inference_input_type and inference_output_type must be tf.float32.",
    "contradicting-types": """\
ValueError: As full integer quantization has been enabled by setting `target_spec.supported_ops`={tf.lite.OpsSet.TFLITE_BUILTINS_INT8}, thus `target_spec.supported_types` should be left uninitizalized or set to {tf.int8}.""",
    "type-of-unquantized-input": "ValueError: Unsupported `inference_input_type` value. Expected to be in {float32, int8, uint8}, instead got int16.",
    "shape-of-example": "ValueError: Cannot set tensor: Size mismatch, expected 1 for dim 0 but found 224",
    "type-of-example": """\
ValueError: Cannot set tensor: Got value of type FLOAT64 but expected type FLOAT32 for input 0, name: serving_default_x:0""",
    "not-in-debug-mode": "ValueError: Please check if the quantized model is in debug mode.",
}
