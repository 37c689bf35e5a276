"""Keras 3: files of models that do not open."""

from __future__ import annotations

from litesmith.explanations.pattern import Pattern

KERAS = "Keras"
OLD = "litesmith convert old_model.h5  # opens what Keras 1, 2 and 3 saved"
SAVED_MODEL = "litesmith convert saved_model  # reads a SavedModel without TensorFlow"
CUSTOM = "litesmith convert model.keras --custom-objects my_layers.py"

PATTERNS = (
    Pattern(
        "format-not-supported",
        KERAS,
        ("File format not supported: filepath=<path>. Keras 3 only supports V3",),
        "{path} is not a .keras or .h5 file: most often a SavedModel folder of Keras 2, which Keras 3 does not "
        "open, or a wrong path.",
        "Open it as a graph (keras.layers.TFSMLayer) for inference only, or open it with tf_keras and save it as .h5.",
        (SAVED_MODEL,),
        "keras#18709",
    ),
    Pattern(
        "file-not-found",
        KERAS,
        ("File not found: filepath=<path>. Please ensure",),
        "There is no file at {path}, or it is called .keras and is of another format, such as HDF5.",
        "Check the path. Where the file exists, rename it to .h5 if it begins with \\x89HDF.",
        ("litesmith convert model.keras  # tells files by their content, not by their names",),
        "Keras' sources",
    ),
    Pattern(
        "layer-of-saved-model",
        KERAS,
        (
            "'_UserObject' object has no attribute 'add_slot'",
            "is neither an attribute of the reloaded SavedModel, nor an entry in the `signatures` field",
            "Binding inputs to tf.function failed due to `too many positional arguments`",
            "The TFSMLayer is only currently supported with the TensorFlow backend.",
        ),
        "keras.layers.TFSMLayer, which wraps a SavedModel, does not take this one: other names of signatures, "
        "inputs given by "
        "position, what an old optimizer left, or a backend other than TensorFlow.",
        "Give call_endpoint= the name of one of its signatures and the inputs by name; use the TensorFlow backend.",
        (SAVED_MODEL, "litesmith convert saved_model --signature serving_default"),
        "keras#20813, Keras' sources",
    ),
    Pattern(
        "operation-as-layer",
        KERAS,
        (
            "Unknown layer: 'TFOpLambda'",
            "Unknown layer: TFOpLambda",
            "Unknown layer: 'SlicingOpLambda'",
            "Unknown layer: SlicingOpLambda",
            "Unknown layer: 'TensorFlowOpLayer'",
            "Unknown layer: TensorFlowOpLayer",
            "Could not locate class 'TFOpLambda'.",
            "Could not locate class 'SlicingOpLambda'.",
        ),
        "The file is a functional model of Keras 2 that calls functions of tf.* on its tensors, which Keras 3 "
        "does not open.",
        "Build the model anew with keras.ops and load its weights, or open it with tf_keras.",
        (OLD,),
        "Keras' sources",
    ),
    Pattern(
        "functional-of-keras-2",
        KERAS,
        (
            "Unknown layer: 'Functional'",
            "Unknown layer: Functional",
            "Could not deserialize class 'Functional' because its parent module",
            "Could not locate class 'Functional'.",
        ),
        "The .keras file was written by Keras 2.13 to 2.15, whose modules have other names.",
        "Save it again from the version that wrote it, as .h5, or open it with tf_keras.",
        ("litesmith convert model.keras  # opens these files too",),
        "keras#19089",
    ),
    Pattern(
        "compiled-with",
        KERAS,
        (
            "in _resolve_compile_arguments_compat",
            "Could not locate function 'mse'.",
            "Could not locate function 'mae'.",
        ),
        "The settings of training in the file (loss, metrics, optimizer) are of another version of Keras. The "
        "model itself may be fine.",
        "Load it with compile=False, and compile it again for training.",
        ("litesmith convert old_model.h5  # does not look at settings of training",),
        "keras#19151, keras#19330",
    ),
    Pattern(
        "lambda-in-file",
        KERAS,
        (
            "Requested the deserialization of a `Lambda` layer whose `function` is a Python lambda.",
            "Requested the deserialization of a `Lambda` layer with a Python `lambda` inside it.",
        ),
        "The file holds compiled Python code, which could do anything when it runs, and depends on the version "
        "of Python.",
        "Only where you trust the file: keras.config.enable_unsafe_deserialization() or safe_mode=False. Better, "
        "make a Layer of "
        "the function and save again.",
        ("litesmith convert model.keras  # reads expressions from the code without running it",),
        "Keras' sources",
    ),
    Pattern(
        "class-not-known",
        KERAS,
        ("Could not locate class '<name>'.", "Unknown layer: '<name>'."),
        "The file uses the class {name}, whose code is not in it and not registered.",
        "Import the code, decorate the class with @keras.saving.register_keras_serializable(), or give "
        "load_model(custom_objects=...).",
        (f"{CUSTOM}  # lists all that are missing, with a draft of each class",),
        "keras#21046, keras#19899",
    ),
    Pattern(
        "wrapped-deserialization",
        KERAS,
        ("could not be deserialized properly. Please ensure that components that are Python object instances",),
        "A layer of the file could not be made; why stands behind `Exception encountered` at the end, and is not "
        "known here.",
        "Paste what stands behind it. Often a class of your own does not turn the layers in its config into "
        "objects in from_config.",
        (CUSTOM,),
        "keras#20167",
        wraps=True,
    ),
    Pattern(
        "sequential-called-twice",
        KERAS,
        (
            "expects 1 input(s), but it received 2 input tensors",
            "expected 1 input(s). Received 2 instead",
        ),
        "A Sequential model around a functional base was saved, and on loading the base appears to have two outputs.",
        "Build the model anew and load its weights, or save it as a functional model.",
        (OLD,),
        "tensorflow#63853, keras#20084",
    ),
    Pattern(
        "no-from-config",
        KERAS,
        ("because the class is missing a `from_config()` method",),
        "A class of your own cannot be made from what the file says of it.",
        "Derive it from keras.layers.Layer and write get_config; or convert the live model, which needs neither.",
        ("lite = litesmith.convert(model)  # the live model", CUSTOM),
        "Keras' sources",
    ),
    Pattern(
        "not-a-modeling-function",
        KERAS,
        ("because it is not a modeling function. Non-modeling APIs are disallowed",),
        "The file names a function that a model has no use for, as an attack would; newer versions of Keras do "
        "not run it.",
        "Do not open the file unless you know where it comes from. In a file of your own, put the call into a Layer.",
        ("litesmith convert model.keras  # never runs code that a file names",),
        "Keras' sources",
    ),
    Pattern(
        "decompression-bomb",
        KERAS,
        ("refusing to load a potential decompression bomb",),
        "The file is small, and says that its content is huge: it is damaged or made to fill the memory.",
        "Get the file again from a source that you trust.",
        ("litesmith convert model.keras  # refuses such files too (F124)",),
        "Keras' sources",
    ),
)
