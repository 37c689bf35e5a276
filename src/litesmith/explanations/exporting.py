"""From Keras to a SavedModel or a function, on the way to TensorFlow's converter or Keras' own export."""

from __future__ import annotations

from litesmith.explanations.pattern import Pattern

CONVERTER = "TensorFlow's converter"
CONVERT = "litesmith convert model.keras"
EXPORT = "litesmith.enable_keras_export()  # model.export(path, format='litert') then works on every backend"

PATTERNS = (
    Pattern(
        "no-save-spec",
        CONVERTER,
        ("object has no attribute '_get_save_spec'",),
        "from_keras_model asks for a method of Keras 2, and the model is of Keras 3 (or of keras where tf.keras "
        "was meant).",
        "Convert with a tool that knows Keras 3, or go through model.export(); with TensorFlow before 2.16 "
        "import from "
        "tf.keras only.",
        (CONVERT, "lite = litesmith.convert(model)  # the live model"),
        "tensorflow#63867",
    ),
    Pattern(
        "no-call-context",
        CONVERTER,
        ("get_call_context_function()().enter",),
        "TensorFlow asks Keras for a hook that newer versions of Keras 3 no longer register; the result is that "
        "None is called.",
        "Convert with a tool that does not go through that hook, or export a SavedModel with model.export() and "
        "convert that.",
        (CONVERT, "litesmith doctor  # which versions are installed"),
        "tensorflow#117453",
    ),
    Pattern(
        "never-called",
        "Keras",
        (
            "The model provided has never been called. It must be called at least once before export.",
            "The model provided has never called.",
            "cannot be saved because the input shapes have not been set.",
            "This model has not yet been built.",
            "but the layer isn't built. You can build it manually via:",
        ),
        "The model has no inputs yet: a subclassed or Sequential model that was neither built nor called.",
        "Call it once on an example, call model.build(shape), or begin a Sequential model with keras.Input.",
        (
            "litesmith convert mine.py:model --input '?,224,224,3'",
            "lite = litesmith.convert(model, inputs=(None, 224, 224, 3))",
        ),
        "Keras' and TensorFlow's sources",
    ),
    Pattern(
        "export-failed",
        CONVERTER,
        ("SavedModel export failed, and legacy Keras fallback tracing also failed to produce any output tensors.",),
        "The SavedModel could not be made; why stands behind `SavedModel export error`, and is not known here.",
        "Paste what stands behind it, or save the model with model.save('model.keras') and convert that.",
        (CONVERT,),
        "TensorFlow's sources",
        wraps=True,
    ),
    Pattern(
        "freezing-instead",
        CONVERTER,
        ("SavedModel conversion failed. Fallback to freezing Keras model:",),
        "The first way to convert failed and another is tried, which may lose names and fused layers.",
        "Treat it as a failure: what stands behind it is the cause.",
        (CONVERT,),
        "TensorFlow's sources",
        wraps=True,
    ),
    Pattern(
        "open-size",
        CONVERTER,
        ("None is only supported in the 1st dimension. Tensor '<tensor>' has invalid shape '<shape>'.",),
        "Input {tensor} has the shape {shape}: the converter leaves only the batch open.",
        "Fix the other sizes, or use a converter that keeps them open.",
        (
            f"{CONVERT}  # keeps every size open that the model leaves open",
            "litesmith convert model.keras --input '1,224,224,3'",
        ),
        "TensorFlow's sources",
    ),
    Pattern(
        "expected-resource",
        "TensorFlow",
        ("was passed float from <node> incompatible with expected resource.",),
        "A variable ({node}) was frozen to a number, while an operation of the graph still assigns it: "
        "BatchNormalization in "
        "training, or variables that were frozen twice.",
        "Export the model with training=False, and keep the object that owns the variables alive (tf.Module, "
        "trackable_obj=).",
        (f"{CONVERT}  # converts inference, from the Keras model",),
        "tensorflow#43833",
    ),
    Pattern(
        "several-functions",
        CONVERTER,
        ("This converter can only convert a single ConcreteFunction.",),
        "Several functions were given, and this way of converting takes one.",
        "Make a file of each, or use a form that takes several signatures.",
        (
            "lite = litesmith.convert(model, signatures={'encode': (model.encode, (None, 8))})  # several in one file",
            "litesmith convert saved_model --signature serving_default",
        ),
        "TensorFlow's sources",
    ),
    Pattern(
        "several-signatures",
        CONVERTER,
        ("Only support a single signature key.",),
        "The SavedModel has several signatures, and this way of converting takes one.",
        "Name one of them.",
        ("litesmith convert saved_model --signature serving_default",),
        "TensorFlow's sources",
    ),
    Pattern(
        "no-such-signature",
        CONVERTER,
        ("No '<signature>' in the SavedModel's SignatureDefs.",),
        "The SavedModel has no signature {signature}; the message lists those that it has.",
        "Take one of those listed: model.export() of Keras 3 calls it serve, and serving_default beside it.",
        ("litesmith convert saved_model --signature serve",),
        "TensorFlow's sources",
    ),
    Pattern(
        "saved-model-assets",
        CONVERTER,
        ("SavedModels with assets/ directory are not supported.",),
        "The model looks up texts in a vocabulary that is kept in a file, which a LiteRT file cannot hold.",
        "Leave the layers of text to the app and convert what comes behind them.",
        ("litesmith convert model.keras --split-preprocessing",),
        "TensorFlow's sources",
    ),
    Pattern(
        "resource-to-array",
        "TensorFlow",
        ("Cannot convert a Tensor of dtype resource to a NumPy array",),
        "A table of a vocabulary (TextVectorization, StringLookup, or tf.lookup in a Lambda) is part of the model.",
        "Look texts up in the app, and let the model begin with the numbers.",
        ("litesmith convert model.keras --split-preprocessing",),
        "tensorflow#42673",
    ),
    Pattern(
        "export-needs-tensorflow",
        "Keras",
        (
            "The LiteRT export API is currently only available with the TensorFlow and PyTorch backends.",
            "The LiteRT export API is currently only available with the TensorFlow backend.",
            "LiteRT export requires TensorFlow or PyTorch backend.",
        ),
        "Keras' own export to LiteRT runs on the TensorFlow and torch backends only, and Keras runs on another "
        "one, such as JAX.",
        "Load the model's file under another backend, or use a converter that does not need one.",
        (f"{CONVERT}  # on any backend", EXPORT),
        "Keras' sources",
    ),
    Pattern(
        "torch-export-failed",
        "Keras",
        ("Failed to convert PyTorch model to LiteRT.",),
        "litert-torch refused the model; why stands behind `Original error`, and is not known here.",
        "Paste what stands behind it. Open sizes, functions outside of Keras and control flow are the usual reasons.",
        (CONVERT, EXPORT),
        "Keras' sources",
        wraps=True,
    ),
    Pattern(
        "keras-tensor-in-tensorflow",
        "Keras",
        (
            "A KerasTensor cannot be used as input to a TensorFlow function.",
            "A KerasTensor is symbolic: it's a placeholder for a shape an a dtype.",
        ),
        "A function of tf.* was called on the tensors of a functional model; Keras 2 took that, Keras 3 does not.",
        "Call the function of the same name in keras.ops, or put the call into the call method of a Layer.",
        ("litesmith convert old_model.h5  # files of Keras 2 with such calls are opened and converted",),
        "Keras' sources",
    ),
)
