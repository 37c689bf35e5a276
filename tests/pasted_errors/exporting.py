PASTED = {
    "no-save-spec": """\
  File "tensorflow/lite/python/lite.py", line 1605, in _convert_as_saved_model
AttributeError: 'Sequential' object has no attribute '_get_save_spec'. Did you mean: '_set_save_spec'?""",
    "no-call-context": """\
  File ".../tensorflow/lite/python/tflite_keras_util.py", line 188, in _wrapped_model
    with keras_deps.get_call_context_function()().enter(
TypeError: 'NoneType' object is not callable""",
    "never-called": """\
ValueError: The model provided has never been called. It must be called at least once before export.""",
    "export-failed": """\
ValueError: SavedModel export failed, and legacy Keras fallback tracing also failed to produce any output tensors. SavedModel export error: something of its own""",
    "freezing-instead": "WARNING:absl:SavedModel conversion failed. Fallback to freezing Keras model: what was wrong",
    "open-size": "ValueError: None is only supported in the 1st dimension. Tensor 'input_1' has invalid shape '[None, None, None, 3]'.",
    "expected-resource": """\
ValueError: Input 0 of node StatefulPartitionedCall/bn/AssignMovingAvg was passed float from Func/StatefulPartitionedCall/input/_2:0 incompatible with expected resource.""",
    "several-functions": "ValueError: This converter can only convert a single ConcreteFunction. Converting multiple functions is under development.",
    "several-signatures": "ValueError: Only support a single signature key.",
    "no-such-signature": "ValueError: No 'predict' in the SavedModel's SignatureDefs. Possible values are 'serving_default,serve'.",
    "saved-model-assets": "ValueError: SavedModels with assets/ directory are not supported.",
    "resource-to-array": "NotImplementedError: Cannot convert a Tensor of dtype resource to a NumPy array.",
    "export-needs-tensorflow": """\
ValueError: The LiteRT export API is currently only available with the TensorFlow and PyTorch backends.""",
    "torch-export-failed": """\
RuntimeError: Failed to convert PyTorch model to LiteRT. Common causes: unsupported operations, dynamic shapes, or complex control flow. Original error: something""",
    "keras-tensor-in-tensorflow": """\
ValueError: A KerasTensor cannot be used as input to a TensorFlow function. A KerasTensor is a symbolic placeholder for a shape and dtype, used when constructing Keras Functional models or Keras Functions. You can only use it as input to a Keras layer or a Keras operation (from the namespaces `keras.layers` and `keras.ops`).""",
}
