"""Tools that change a model for or in training: pruning, clustering, training for quantization."""

from __future__ import annotations

from litesmith.explanations.pattern import Pattern

TFMOT = "tensorflow_model_optimization"
PRUNES = "prune_low_magnitude can only prune an object of the following types:"
LITE = "litesmith convert model.keras --quantize dynamic_int8  # a quarter of the size, without training"

PATTERNS = (
    Pattern(
        "quantizes-keras-2-only",
        TFMOT,
        (
            "to_quantize can only either be a keras Sequential or Functional model.",
            "to_annotate can only be a keras.layers.Layer instance.",
        ),
        "The package knows models of Keras 2 (tf_keras) only, and takes those of Keras 3 for something else.",
        "Build the model with tf_keras for it, or quantize by other means: after training, or with Keras' own "
        "model.quantize.",
        (LITE, "model.quantize('int8'); lite = litesmith.convert(model)  # Keras' own integers"),
        "tfmot#1140, tfmot#1144",
    ),
    Pattern(
        "prunes-keras-2-only",
        TFMOT,
        (
            f"{PRUNES} <types> You passed an object of type: Sequential.",
            f"{PRUNES} <types> You passed an object of type: Functional.",
        ),
        "The package knows models of Keras 2 (tf_keras) only, and takes those of Keras 3 for something else.",
        "Build the model with tf_keras for it. Zeros alone make a LiteRT file neither smaller nor faster: fewer "
        "bits do.",
        (LITE,),
        "tfmot#1141",
    ),
    Pattern(
        "prunes-layers-only",
        TFMOT,
        (f"{PRUNES}",),
        "prune_low_magnitude was given something that is no layer and no model: the tensor that a layer "
        "returned, or weights, as "
        "happens where it stands as kernel_regularizer. Under Keras 3 it takes no layer either.",
        "Wrap the layer, and call the result: prune_low_magnitude(Dense(8))(x). It is not a regularizer: take "
        "keras.regularizers.L1 there, which drives weights to zero.",
        (LITE,),
        "tfmot#434, tfmot#928",
    ),
    Pattern(
        "prunes-known-layers-only",
        TFMOT,
        ("Please initialize `Prune` with a supported layer.",),
        "The layer is not in the package's list, or is one of Keras 3, where it knows those of Keras 2.",
        "Prune the layers that it knows, one by one, or give the layer a get_prunable_weights method.",
        (LITE,),
        "tfmot#401, keras#16889",
    ),
    Pattern(
        "quantizes-known-layers-only",
        TFMOT,
        ("is not supported. You can quantize this layer by passing a",),
        "The layer is not in the package's list of layers that it can train for quantization.",
        "Leave the layer out (annotate the others one by one), or write a QuantizeConfig for it.",
        (LITE,),
        "tfmot#647",
    ),
    Pattern(
        "quantizes-flat-models-only",
        TFMOT,
        ("Quantizing a tf.keras Model inside another tf.keras Model is not supported.",),
        "The model has another model inside, such as a pretrained base, and the package takes flat ones only.",
        "Put the layers of the inner model into the outer one, or quantize after training.",
        (f"{LITE}; models may be nested",),
        "tfmot#957",
    ),
    Pattern(
        "not-a-regularizer",
        "Keras",
        ("Could not interpret regularizer identifier:",),
        "Something else stands as kernel_regularizer, such as a pruning schedule or wrapper: Keras takes a "
        "regularizer, its name, or "
        "a function of the weights that returns one number.",
        "Give keras.regularizers.L1 or L2. What prunes goes around the layer, or into a callback of fit, not "
        "there. Keras "
        "takes anything that can be called without a word, and fails later: when it trains, or loads the file.",
        ("litesmith convert model.keras  # regularizers are for training only and not part of the file",),
        "Keras' sources",
    ),
    Pattern(
        "pruning-wrapper-in-file",
        "Keras",
        (
            "Could not locate class 'PruneLowMagnitude'.",
            "Unknown layer: 'PruneLowMagnitude'",
            "Unknown layer: PruneLowMagnitude",
        ),
        "The file was saved with the wrappers of pruning around its layers (or one as kernel_regularizer), which "
        "only training needs.",
        "Take them off before saving: tfmot.sparsity.keras.strip_pruning(model); where one stands as "
        "kernel_regularizer, build the "
        "layer without it and set its weights.",
        ("litesmith convert stripped.keras",),
        "nnom#158, tfmot's documentation",
    ),
)
