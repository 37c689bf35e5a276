PASTED = {
    "last-size-open": """\
ValueError: The last dimension of the inputs to a Dense layer should be defined. Found None. Full input shape received: (None, None)""",
    "save-format": """\
ValueError: The `save_format` argument is deprecated in Keras 3. Please remove this argument and pass a file path with either `.keras` or `.h5` extension.Received: save_format=tf""",
    "extension-to-save": """\
ValueError: Invalid filepath extension for saving. Please add either a `.keras` extension for the native Keras format (recommended) or a `.h5` extension. Use `model.export(filepath)` if you want to export a SavedModel for use with TFLite/TFServing/etc. Received: filepath=model.""",
    "lambda-shape": """\
NotImplementedError: We could not automatically infer the shape of the Lambda's output. Please specify the `output_shape` argument for this Lambda layer.""",
}
