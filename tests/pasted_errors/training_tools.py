PASTED = {
    "quantizes-keras-2-only": """\
ValueError: `to_quantize` can only either be a keras Sequential or Functional model.""",
    "prunes-keras-2-only": """\
ValueError: `prune_low_magnitude` can only prune an object of the following types: keras.models.Sequential, keras functional model, keras.layers.Layer, list of keras.layers.Layer. You passed an object of type: Sequential.""",
    "prunes-layers-only": """\
ValueError: `prune_low_magnitude` can only prune an object of the following types: tf.keras.models.Sequential, tf.keras functional model, tf.keras.layers.Layer, list of tf.keras.layers.Layer. You passed an object of type: ResourceVariable.""",
    "prunes-known-layers-only": """\
ValueError: Please initialize `Prune` with a supported layer. Layers should either be a `PrunableLayer` instance, or should be supported by the PruneRegistry. You passed: <class 'mine.Scale'>""",
    "quantizes-known-layers-only": """\
RuntimeError: Layer rescaling:<class 'keras.layers.preprocessing.image_preprocessing.Rescaling'> is not supported. You can quantize this layer by passing a `tfmot.quantization.keras.QuantizeConfig` instance to the `quantize_annotate_layer` API.""",
    "quantizes-flat-models-only": """\
ValueError: Quantizing a tf.keras Model inside another tf.keras Model is not supported.""",
    "not-a-regularizer": """\
ValueError: Could not interpret regularizer identifier: {'pruning_schedule': <tensorflow_model_optimization.python.core.sparsity.keras.pruning_schedule.PolynomialDecay object at 0x7f>}""",
    "pruning-wrapper-in-file": """\
TypeError: Could not locate class 'PruneLowMagnitude'. Make sure custom classes and functions are decorated with `@keras.saving.register_keras_serializable()`.""",
}
