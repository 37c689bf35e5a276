"""A typical use of every public layer of Keras, family by family."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
from keras import layers, ops

Shape = tuple[int | None, ...]

VECTOR: Shape = (8,)
SEQUENCE: Shape = (None, 8)
WAVE: Shape = (1024, 1)
TOKENS: Shape = (None,)
ROW: Shape = (12, 4)
IMAGE: Shape = (12, 12, 3)
VOLUME: Shape = (8, 8, 8, 2)
SPATIAL: dict[str, Shape] = {"1D": ROW, "2D": IMAGE, "3D": VOLUME}
FILMS: dict[str, Shape] = {"1D": (5, 8, 2), "2D": (5, 8, 8, 2), "3D": (4, 6, 6, 6, 2)}


@dataclass(frozen=True)
class Use:
    """A layer as models have it.

    Attributes:
        name: of its class in `keras.layers`.
        make: makes the layer, or a model of one input that holds it.
        shapes: of the inputs, without the batch.
        dtype: of the inputs.
    """

    name: str
    make: Callable[[], Any]
    shapes: tuple[Shape, ...]
    dtype: str = "float32"

    def model(self) -> keras.Model:
        """A model of this layer alone."""
        tensors = [keras.Input(shape, dtype=self.dtype) for shape in self.shapes]
        inputs = tensors[0] if len(tensors) == 1 else tensors
        return keras.Model(inputs, self.make()(inputs))


def use(name: str, *shapes: Shape, dtype: str = "float32", **arguments: Any) -> Use:
    """The layer called `name`, made with these arguments."""
    return Use(name, lambda: getattr(layers, name)(**arguments), shapes, dtype)


def in_each_rank(name: str, shapes: dict[str, Shape] = SPATIAL, **arguments: Any) -> list[Use]:
    """The layers called `name1D`, `name2D` and `name3D`, as far as they exist; `*` is where the rank stands."""
    names = {rank: name.replace("*", rank) for rank in shapes}
    return [use(names[rank], shapes[rank], **arguments) for rank in shapes if hasattr(layers, names[rank])]


def held(name: str, make: Callable[[Any], Any], shape: Shape = SEQUENCE) -> Use:
    """A class that another layer holds, or a layer that holds others; `make` takes the class."""
    return Use(name, lambda: make(getattr(layers, name)), (shape,))


def _on_itself(attention: Any) -> Callable[[Any], Any]:
    return lambda x: attention(x, x)


def _boxed(**arguments: Any) -> Callable[[], Any]:
    """The layer of bounding boxes, called with images, boxes and labels."""

    def make() -> Any:
        layer = layers.MaxNumBoundingBoxes(bounding_box_format="xyxy", **arguments)
        return lambda x: layer({"images": x[0], "bounding_boxes": {"boxes": x[1], "labels": x[2]}})

    return make


FAMILIES: dict[str, list[Use]] = {
    "Core": [
        use("Activation", VECTOR, activation="gelu"),
        use("ActivityRegularization", VECTOR),
        use("Dense", VECTOR, units=4),
        use("EinsumDense", SEQUENCE, equation="abc,cd->abd", output_shape=(None, 4), bias_axes="d"),
        use("Embedding", TOKENS, dtype="int32", input_dim=10, output_dim=4),
        use("ReversibleEmbedding", TOKENS, dtype="int32", input_dim=10, output_dim=4),
        use("Identity", VECTOR),
        held("Lambda", lambda layer: layer(lambda x: ops.sin(x)), VECTOR),
        use("Masking", SEQUENCE),
        held("SpectralNormalization", lambda layer: layer(layers.Dense(4)), VECTOR),
    ],
    "Activations": [use(name, IMAGE) for name in ("ELU", "LeakyReLU", "PReLU", "ReLU", "Softmax")],
    "Normalization": [
        use("BatchNormalization", IMAGE),
        use("GroupNormalization", IMAGE, groups=3),
        use("LayerNormalization", SEQUENCE),
        use("RMSNormalization", SEQUENCE),
        use("UnitNormalization", VECTOR),
    ],
    "Convolution": [
        *in_each_rank("Conv*", filters=4, kernel_size=3),
        *in_each_rank("Conv*Transpose", filters=4, kernel_size=3, strides=2),
        *in_each_rank("DepthwiseConv*", kernel_size=3),
        *in_each_rank("SeparableConv*", filters=4, kernel_size=3),
    ],
    "Pooling": [
        *in_each_rank("AveragePooling*", pool_size=2),
        *in_each_rank("MaxPooling*", pool_size=2),
        *in_each_rank("GlobalAveragePooling*"),
        *in_each_rank("GlobalMaxPooling*"),
        *in_each_rank("AdaptiveAveragePooling*", output_size=2),
        *in_each_rank("AdaptiveMaxPooling*", output_size=2),
    ],
    "Shape": [
        use("Flatten", IMAGE),
        use("Permute", IMAGE, dims=(2, 1, 3)),
        use("RepeatVector", VECTOR, n=3),
        use("Reshape", IMAGE, target_shape=(-1, 3)),
        *in_each_rank("Cropping*", cropping=1),
        *in_each_rank("UpSampling*", size=2),
        *in_each_rank("ZeroPadding*", padding=1),
    ],
    "Merging": [
        *(use(name, VECTOR, VECTOR) for name in ("Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply")),
        use("Subtract", VECTOR, VECTOR),
        use("Dot", VECTOR, VECTOR, axes=1),
    ],
    "Attention": [
        use("Attention", SEQUENCE, SEQUENCE),
        use("AdditiveAttention", SEQUENCE, SEQUENCE),
        held("MultiHeadAttention", lambda layer: _on_itself(layer(2, 4))),
        held("GroupQueryAttention", lambda layer: _on_itself(layer(4, 4, 2))),
    ],
    "Recurrent": [
        *(use(name, SEQUENCE, units=4) for name in ("LSTM", "GRU", "SimpleRNN")),
        *(held(name, lambda cell: layers.RNN(cell(4))) for name in ("LSTMCell", "GRUCell", "SimpleRNNCell")),
        held("RNN", lambda layer: layer(layers.GRUCell(4), return_sequences=True)),
        held("StackedRNNCells", lambda cell: layers.RNN(cell([layers.LSTMCell(4), layers.GRUCell(3)]))),
        held("Bidirectional", lambda layer: layer(layers.GRU(4))),
        held("TimeDistributed", lambda layer: layer(layers.Dense(4))),
        *in_each_rank("ConvLSTM*", FILMS, filters=2, kernel_size=3),
    ],
    "Preprocessing": [
        use("CategoryEncoding", (3,), dtype="int32", num_tokens=5),
        use("CenterCrop", IMAGE, height=6, width=6),
        use("Discretization", VECTOR, bin_boundaries=[-0.5, 0.0, 0.5]),
        use("Normalization", (3,), mean=[0.0, 1.0, 2.0], variance=[1.0, 2.0, 3.0]),
        use("Rescaling", IMAGE, scale=1 / 255),
        use("Resizing", IMAGE, height=24, width=24),
        use("MelSpectrogram", (1024,), fft_length=128, sequence_stride=64),
        use("STFTSpectrogram", WAVE),
        held("Pipeline", lambda layer: layer([layers.Rescaling(1 / 255), layers.CenterCrop(6, 6)]), IMAGE),
        *(use(name, IMAGE) for name in ("AutoContrast", "Solarization")),
        use("ContrastLimitedAdaptiveHistogramEqualization", IMAGE),
        Use("MaxNumBoundingBoxes", _boxed(max_number=3), (IMAGE, (5, 4), (5,))),
        # It returns its input itself, which Keras takes for a cycle anywhere but at the start of a model.
        held("Equalization", lambda layer: keras.Sequential([layer(), layers.Rescaling(1 / 255)]), IMAGE),
    ],
    "Active in training only": [
        *(use(name, SEQUENCE, rate=0.2) for name in ("AlphaDropout", "Dropout", "GaussianDropout")),
        use("GaussianNoise", SEQUENCE, stddev=0.2),
        *in_each_rank("SpatialDropout*", rate=0.2),
        *(use(name, IMAGE) for name in ("AugMix", "CutMix", "MixUp", "RandAugment")),
        *(
            use(f"Random{name}", IMAGE, factor=0.2)
            for name in (
                *("Brightness", "ColorDegeneration", "Contrast", "ElasticTransform", "Erasing", "GaussianBlur"),
                *("Grayscale", "Hue", "Invert", "Perspective", "Rotation", "Saturation", "Sharpness"),
            )
        ),
        *(use(f"Random{name}", IMAGE) for name in ("ColorJitter", "Flip", "Shear")),
        use("RandomPosterization", IMAGE, factor=4),
        use("RandomCrop", IMAGE, height=6, width=6),
        use("RandomTranslation", IMAGE, height_factor=0.2, width_factor=0.2),
        use("RandomZoom", IMAGE, height_factor=0.2),
    ],
}

NOT_CONVERTED = {
    "FlaxLayer": "holds JAX code",
    "JaxLayer": "holds JAX code",
    "TFSMLayer": "holds a TensorFlow SavedModel",
    "TorchModuleWrapper": "holds torch code",
    "Hashing": "text: exists where TensorFlow is installed only",
    "HashedCrossing": "text: exists where TensorFlow is installed only",
    "IntegerLookup": "text: exists where TensorFlow is installed only",
    "StringLookup": "text: exists where TensorFlow is installed only",
    "TextVectorization": "text: exists where TensorFlow is installed only",
}
"""Layers that no model of ours can hold, and why."""

NO_LAYERS = frozenset({"InputLayer", "InputSpec", "Layer", "Wrapper"})
"""Classes in `keras.layers` that compute nothing."""
