PASTED = {
    "format-not-supported": """\
ValueError: File format not supported: filepath=saved_model. Keras 3 only supports V3 `.keras` files, legacy H5 format files (`.h5` extension). Note that the legacy SavedModel format is not supported by `load_model()` in Keras 3. In order to reload a TensorFlow SavedModel as an inference-only layer in Keras 3, use `keras.layers.TFSMLayer(saved_model, call_endpoint='serving_default')` (note that your `call_endpoint` might have a different name).""",
    "file-not-found": "ValueError: File not found: filepath=my model.keras. Please ensure the file is an accessible `.keras` zip file.",
    "layer-of-saved-model": "AttributeError: '_UserObject' object has no attribute 'add_slot'",
    "operation-as-layer": """\
ValueError: Unknown layer: 'TFOpLambda'. Please ensure you are using a `keras.utils.custom_object_scope` and that this object is included in the scope.""",
    "functional-of-keras-2": """\
TypeError: Could not deserialize class 'Functional' because its parent module keras.src.engine.functional cannot be imported. Full object config: {'module': 'keras.src.engine.functional', 'class_name': 'Functional'}""",
    "compiled-with": """\
  File "keras/src/legacy/saving/saving_utils.py", line 240, in _resolve_compile_arguments_compat
    serialization.deserialize(obj, module)
TypeError: string indices must be integers, not 'str'""",
    "lambda-in-file": """\
ValueError: Requested the deserialization of a `Lambda` layer whose `function` is a Python lambda. This carries a potential risk of arbitrary code execution and thus it is disallowed by default.""",
    "class-not-known": """\
TypeError: Could not locate class 'Scale'. Make sure custom classes and functions are decorated with `@keras.saving.register_keras_serializable()`. If they are already decorated, make sure they are all imported.""",
    "wrapped-deserialization": """\
TypeError: <class 'mine.Block'> could not be deserialized properly. Please ensure that components that are Python object instances (layers, models, etc.) returned by `get_config()` are explicitly deserialized in the model's `from_config()` method.

config={'module': 'mine', 'class_name': 'Block', 'config': {'name': 'block'}}.

Exception encountered: Block.__init__() missing 1 required positional argument: 'size'""",
    "sequential-called-twice": """\
ValueError: Layer "dense" expects 1 input(s), but it received 2 input tensors. Inputs received: [<KerasTensor shape=(None, 7, 7, 1280)>, <KerasTensor shape=(None, 7, 7, 1280)>]""",
    "no-from-config": """\
TypeError: Unable to reconstruct an instance of 'Scale' because the class is missing a `from_config()` method. Full object config: {}""",
    "not-a-modeling-function": """\
ValueError: Cannot deserialize `keras.utils.get_file` because it is not a modeling function. Non-modeling APIs are disallowed during deserialization for security.""",
    "decompression-bomb": "ValueError: HDF5 dataset is too large: refusing to load a potential decompression bomb.",
}
