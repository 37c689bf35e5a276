"""Core, activation, normalization, shape, merging, attention and preprocessing layers."""

import numpy as np
from keras import layers, ops

from cases.case import EXACT, Case, held, layer
from cases.inputs import SPECIAL, bools, f, ints, named, of, pos, unit

VECTOR, SEQUENCE, IMAGE = f(3, 8), f(3, 5, 8), f(3, 6, 8, 3)
TOKENS = ints(3, 5, high=10)
ACTIVATIONS = (
    *(
        "celu",
        "elu",
        "exponential",
        "gelu",
        "glu",
        "hard_shrink",
        "hard_sigmoid",
        "hard_silu",
        "hard_tanh",
        "leaky_relu",
    ),
    *("linear", "log_sigmoid", "log_softmax", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "soft_shrink"),
    *("softmax", "softplus", "softsign", "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "tanh"),
    *("tanh_shrink", "threshold"),
)
POLICIES = ("float16", "mixed_float16", "mixed_bfloat16", "float64")
HALF = {"float16": 5e-3, "mixed_float16": 5e-3, "mixed_bfloat16": 5e-2, "float64": 1e-6}
"""What the roundings leave that Keras makes and float32 does not."""
EINSUMS = (
    ("abc,cd->abd", (None, 4), "d"), ("abc,cde->abde", (None, 2, 3), "de"), ("...x,xy->...y", 4, None), ("ab,bc->ac", 4, "c"),
    ("abcd,cde->abe", (None, 4), "e"), ("bac,ac->ba", 5, None),
)  # fmt: skip

CORE: list[Case] = [
    *(layer("Activation", SEQUENCE, activation=name) for name in ACTIVATIONS if name != "threshold"),
    layer("Activation", SPECIAL, activation="relu", bound=EXACT),
    layer("ActivityRegularization", SEQUENCE, l2=0.1, bound=EXACT),
    *(layer("Dense", x, units=4) for x in (VECTOR, SEQUENCE, IMAGE, f(1, 8), ints(3, 8))),
    *(layer("Dense", VECTOR, units=4, activation=name) for name in ("relu", "relu6", "tanh", "sigmoid", "softmax", "gelu", "leaky_relu")),
    layer("Dense", VECTOR, units=4, use_bias=False), layer("Dense", f(3, 1), units=1), layer("Dense", VECTOR, units=4, lora_rank=2),
    *(layer("Dense", VECTOR, units=4, dtype=policy, bound=HALF[policy]) for policy in POLICIES),
    *(layer("EinsumDense", x, equation=text, output_shape=shape, bias_axes=bias, only_batch=text == "bac,ac->ba" or "cde->abe" in text) for x, (text, shape, bias) in zip((SEQUENCE, SEQUENCE, IMAGE, VECTOR, f(3, 5, 2, 4), SEQUENCE), EINSUMS, strict=True)),
    layer("EinsumDense", SEQUENCE, equation="abc,cd->abd", output_shape=(None, 4), activation="relu", lora_rank=2),
    *(layer("Embedding", x, input_dim=10, output_dim=4, known=(), bound=EXACT) for x in (TOKENS, ints(3, high=10), ints(3, 2, 3, high=10), ints(3, 5, high=10, dtype="uint8"))),
    layer("Embedding", TOKENS, input_dim=10, output_dim=4, mask_zero=True, known=(), bound=EXACT), layer("Embedding", TOKENS, input_dim=10, output_dim=4, lora_rank=2, known=()),
    layer("ReversibleEmbedding", TOKENS, input_dim=10, output_dim=4, known=(), bound=EXACT),
    *(held("ReversibleEmbedding", f"there and back, tie_weights={tie}", lambda tie=tie: _there_and_back(tie), TOKENS, known=()) for tie in (True, False)),
    *(layer("Identity", x, bound=EXACT) for x in (VECTOR, of("int32", 3, 4))),
    held("Lambda", "sine", lambda: layers.Lambda(ops.sin), VECTOR), held("Lambda", "arguments", lambda: layers.Lambda(lambda x, by: x * by, arguments={"by": 2.0}), VECTOR),
    layer("Masking", SEQUENCE), held("Masking", "of zeros, before a GRU", lambda: _masked(layers.GRU(3)), named("with zeros", [[[0, 0], [1, 2], [3, 4]], [[1, 1], [0, 0], [2, 0]], [[0, 0]] * 3]), bound=1e-5),
    held("Masking", "before a mean", lambda: _masked(layers.GlobalAveragePooling1D()), named("with zeros", [[[0, 0], [1, 2], [3, 4]], [[1, 1], [0, 0], [2, 0]], [[5, 0]] * 3])),
    *(held("SpectralNormalization", type(inner).__name__, lambda inner=inner: layers.SpectralNormalization(inner), x) for inner, x in ((layers.Dense(4), VECTOR), (layers.Conv2D(4, 3), IMAGE))),
]  # fmt: skip


def _there_and_back(tie):
    embedding = layers.ReversibleEmbedding(10, 4, tie_weights=tie)
    return lambda x: embedding(embedding(x), reverse=True)


def _masked(inner):
    mask = layers.Masking()
    return lambda x: inner(mask(x))


ACTIVATION_LAYERS: list[Case] = [
    *(layer(name, x) for name in ("ELU", "LeakyReLU", "PReLU", "ReLU", "Softmax") for x in (VECTOR, IMAGE) if (name, x) != ("PReLU", IMAGE)), layer("PReLU", IMAGE, only_batch=True),
    layer("ELU", VECTOR, alpha=0.3), layer("LeakyReLU", VECTOR, negative_slope=0.1), layer("PReLU", IMAGE, shared_axes=[1, 2]), layer("PReLU", SEQUENCE, shared_axes=[1]),
    *(layer("ReLU", VECTOR, **options) for options in ({"max_value": 6.0}, {"negative_slope": 0.2}, {"threshold": 0.5}, {"max_value": 2.0, "negative_slope": 0.1, "threshold": 0.3})),
    *(layer("Softmax", SEQUENCE, axis=axis) for axis in (1, -1, (1, 2))),
    held("Softmax", "with a mask", lambda: _softmax_masked(), VECTOR, bools(3, 8)),
]  # fmt: skip


def _softmax_masked():
    softmax = layers.Softmax()
    return lambda inputs: softmax(inputs[0], mask=inputs[1])


NORMALIZATION: list[Case] = [
    *(layer("BatchNormalization", x) for x in (VECTOR, SEQUENCE, IMAGE)), layer("BatchNormalization", f(3, 4, 6, 5), axis=1, known=(1,)),
    *(layer("BatchNormalization", IMAGE, **options) for options in ({"center": False}, {"scale": False}, {"center": False, "scale": False, "epsilon": 0.1})), layer("BatchNormalization", IMAGE, dtype="mixed_float16", bound=5e-3),
    *(layer("GroupNormalization", f(3, 5, 4, 6), groups=groups) for groups in (1, 2, 3, 6, -1)), layer("GroupNormalization", f(3, 6, 5, 4), groups=3, axis=1, known=(1,)), layer("GroupNormalization", f(3, 5, 6), groups=2, center=False, scale=False),
    *(layer("LayerNormalization", x, bound=5e-6) for x in (VECTOR, SEQUENCE, IMAGE)), *(layer("LayerNormalization", SEQUENCE, **options) for options in ({"center": False}, {"scale": False}, {"epsilon": 0.1})), layer("LayerNormalization", IMAGE, axis=[2, 3], known=(2, 3)), layer("LayerNormalization", IMAGE, axis=1, known=(1,)),
    *(layer("RMSNormalization", x) for x in (VECTOR, SEQUENCE)), layer("RMSNormalization", SEQUENCE, epsilon=0.1),
    *(layer("UnitNormalization", x) for x in (VECTOR, IMAGE, named("zeros", [[0.0, 0.0], [3.0, 4.0]]))), layer("UnitNormalization", SEQUENCE, axis=1), layer("UnitNormalization", IMAGE, axis=[1, 2]),
]  # fmt: skip

ROW, VOLUME = f(3, 6, 4), f(3, 4, 5, 6, 2)
SHAPE: list[Case] = [
    *(layer("Flatten", x, bound=EXACT, only_batch=True) for x in (IMAGE, VECTOR, f(3), of("uint8", 3, 4, 2))), layer("Flatten", f(3, 2, 4, 3), data_format="channels_first", bound=EXACT, only_batch=True),
    *(layer("Permute", IMAGE, dims=dims, bound=EXACT, known=()) for dims in ((2, 1, 3), (3, 1, 2), (1, 2, 3))),
    *(layer("RepeatVector", VECTOR, n=n, bound=EXACT) for n in (1, 3)),
    *(layer("Reshape", IMAGE, target_shape=shape, bound=EXACT, only_batch=True) for shape in ((-1, 3), (48, 3), (6, 24), (-1,), (2, 3, 8, 3))), layer("Reshape", SEQUENCE, target_shape=(-1, 2, 4), bound=EXACT),
    *(layer("Cropping1D", ROW, cropping=by, bound=EXACT) for by in (1, (2, 1), (0, 2))), *(layer("Cropping2D", IMAGE, cropping=by, bound=EXACT) for by in (1, (1, 2), ((0, 1), (2, 1)))), *(layer("Cropping3D", VOLUME, cropping=by, bound=EXACT) for by in (1, ((0, 1), (1, 0), (2, 1)))),
    layer("Cropping2D", f(3, 2, 6, 7), cropping=1, data_format="channels_first", bound=EXACT), layer("Cropping3D", f(3, 2, 4, 5, 6), cropping=1, data_format="channels_first", bound=EXACT),
    *(layer("ZeroPadding1D", ROW, padding=by, bound=EXACT) for by in (1, (2, 1))), *(layer("ZeroPadding2D", IMAGE, padding=by, bound=EXACT) for by in (1, (1, 2), ((0, 1), (2, 1)))), *(layer("ZeroPadding3D", VOLUME, padding=by, bound=EXACT) for by in (1, ((0, 1), (1, 0), (2, 1)))),
    layer("ZeroPadding2D", of("uint8", 3, 4, 5, 2), padding=1, bound=EXACT), layer("ZeroPadding2D", f(3, 2, 6, 7), padding=1, data_format="channels_first", bound=EXACT), layer("ZeroPadding1D", f(3, 2, 6), padding=1, data_format="channels_first", bound=EXACT),
    *(layer("UpSampling1D", ROW, size=by, bound=EXACT) for by in (2, 3)), *(layer("UpSampling2D", IMAGE, size=by, bound=EXACT) for by in (2, (1, 3))), *(layer("UpSampling3D", VOLUME, size=by, bound=EXACT) for by in (2, (1, 2, 3))),
    *(layer("UpSampling2D", IMAGE, size=2, interpolation=how, bound=2e-5) for how in ("bilinear", "bicubic", "lanczos3", "lanczos5")), layer("UpSampling2D", f(3, 2, 6, 7), size=2, data_format="channels_first", bound=EXACT), layer("UpSampling3D", f(3, 2, 3, 4, 5), size=2, data_format="channels_first", bound=EXACT),
]  # fmt: skip

TWO, THREE = (f(3, 4, 5), f(3, 4, 1)), (VECTOR, f(3, 8), pos(3, 8))
MERGES = ("Add", "Average", "Maximum", "Minimum", "Multiply")
MERGING: list[Case] = [
    *(layer(name, *inputs, known=()) for name in MERGES for inputs in (TWO, THREE)), *(layer(name, SEQUENCE, f(3, 8), only_batch=True) for name in ("Add",)),
    layer("Subtract", VECTOR, pos(3, 8), known=()), layer("Subtract", *TWO, known=()), layer("Add", of("int32", 3, 4), ints(3, 4), known=(), bound=EXACT), layer("Multiply", of("uint8", 3, 4), ints(3, 4, dtype="uint8"), known=(), bound=EXACT),
    *(layer("Concatenate", f(3, 4, 5), f(3, 2, 5), axis=axis, bound=EXACT) for axis in (1, -2)), layer("Concatenate", *THREE, bound=EXACT, known=()), layer("Concatenate", VECTOR, ints(3, 2), bound=EXACT),
    *(layer("Dot", VECTOR, pos(3, 8), axes=axes, normalize=normalize) for axes, normalize in ((1, False), (-1, True))), layer("Dot", f(3, 4, 5), f(3, 6, 5), axes=2), layer("Dot", f(3, 4, 5), f(3, 5, 6), axes=(2, 1), known=()), layer("Dot", f(3, 4, 5), f(3, 4, 2, 6), axes=1, normalize=True, known=()), layer("Dot", f(3, 5), f(3, 6, 5), axes=(1, 2), known=()), layer("Dot", f(3, 5), unit(3, 5), axes=1, known=()),
]  # fmt: skip


def _self(make, **call):
    def made():
        attention = make()
        return lambda x: attention(x, x, **call)

    return made


def _attended(make, **call):
    def made():
        attention = make()
        return lambda x: attention(x[0], x[1], **call)

    return made


def _masks(make):
    def made():
        attention = make()
        return lambda x: attention(x[:2], mask=[None, x[2]])

    return made


QUERY, VALUE = f(3, 5, 8), f(3, 7, 8)
ATTENTION: list[Case] = [
    *(layer(name, QUERY, VALUE, bound=2e-6, **options) for name in ("Attention", "AdditiveAttention") for options in ({}, {"use_scale": name == "Attention"}, {"dropout": 0.3})),
    layer("Attention", QUERY, VALUE, score_mode="concat", bound=2e-6), layer("Attention", QUERY, VALUE, pos(3, 7, 8), bound=2e-6),
    *(held(name, "with a mask", _masks(lambda name=name: getattr(layers, name)()), QUERY, VALUE, bools(3, 7), known=None, bound=2e-6) for name in ("Attention", "AdditiveAttention")),
    held("Attention", "causal", _attended(lambda: _listed(layers.Attention()), use_causal_mask=True), QUERY, f(3, 5, 8), bound=2e-6),
    *(held("MultiHeadAttention", str(options), _self(lambda options=options: layers.MultiHeadAttention(2, 4, **options)), SEQUENCE, bound=2e-6) for options in ({}, {"value_dim": 3, "use_bias": False}, {"output_shape": 6}, {"dropout": 0.2})),
    held("MultiHeadAttention", "of two", _attended(lambda: layers.MultiHeadAttention(2, 4)), QUERY, VALUE, bound=2e-6), held("MultiHeadAttention", "causal", _self(lambda: layers.MultiHeadAttention(2, 4), use_causal_mask=True), SEQUENCE, bound=2e-6),
    held("MultiHeadAttention", "scores", _self(lambda: layers.MultiHeadAttention(2, 4), return_attention_scores=True), SEQUENCE, bound=2e-6), held("MultiHeadAttention", "over two axes", _self(lambda: layers.MultiHeadAttention(2, 4, attention_axes=(1, 2))), f(3, 4, 3, 8), known=None, bound=2e-6),
    *(held("GroupQueryAttention", str(options), _self(lambda options=options: layers.GroupQueryAttention(4, 4, 2, **options)), SEQUENCE, bound=2e-6) for options in ({}, {"use_bias": False})), held("GroupQueryAttention", "causal", _self(lambda: layers.GroupQueryAttention(4, 4, 2), use_causal_mask=True), SEQUENCE, bound=2e-6),
]  # fmt: skip


def _listed(attention):
    return lambda query, value, **call: attention([query, value], **call)


BINS = [-0.5, 0.0, 0.5]
PREPROCESSING: list[Case] = [
    *(layer("CategoryEncoding", ints(3, 4, high=5), num_tokens=5, output_mode=mode, bound=EXACT, known=()) for mode in ("multi_hot", "count")), layer("CategoryEncoding", ints(3, 1, high=5), num_tokens=5, output_mode="one_hot", bound=EXACT),
    held("CategoryEncoding", "weighted", lambda: _weighted(layers.CategoryEncoding(5, output_mode="count")), ints(3, 4, high=5), pos(3, 4), known=None),
    *(layer("Discretization", x, bin_boundaries=BINS, bound=EXACT, known=()) for x in (VECTOR, named("on bins", [[-0.5, 0.0, 0.5, 9.0]]))), *(layer("Discretization", VECTOR, bin_boundaries=BINS, output_mode=mode, bound=EXACT, only_batch=True) for mode in ("multi_hot", "count")), layer("Discretization", f(3, 1), bin_boundaries=BINS, output_mode="one_hot", bound=EXACT),
    *(layer("Normalization", f(3, 3), mean=[0.0, 1.0, 2.0], variance=[1.0, 2.0, 3.0], invert=invert) for invert in (False, True)), layer("Normalization", IMAGE, axis=None, mean=1.0, variance=2.0),
    *(layer("Rescaling", x, scale=1 / 127.5, offset=-1.0) for x in (IMAGE, of("uint8", 3, 4, 5, 3))), layer("Rescaling", IMAGE, scale=[1.0, 2.0, 3.0]),
    *(layer("CenterCrop", x, height=4, width=5, bound=EXACT) for x in (IMAGE, of("uint8", 3, 6, 8, 3))), layer("CenterCrop", f(3, 4, 4, 3), height=6, width=8, bound=2e-5), layer("CenterCrop", IMAGE, height=6, width=7, bound=2e-5), layer("CenterCrop", f(3, 2, 6, 7), height=6, width=7, data_format="channels_first", bound=2e-5, known=(1,)),
    *(layer("Resizing", IMAGE, height=9, width=5, interpolation=how, bound=2e-5) for how in ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")), *(layer("Resizing", IMAGE, height=6, width=4, bound=2e-5, **{how: True}) for how in ("crop_to_aspect_ratio", "pad_to_aspect_ratio")), layer("Resizing", IMAGE, height=3, width=4, antialias=True, bound=2e-5),
    layer("MelSpectrogram", f(3, 400), fft_length=64, sequence_stride=32, num_mel_bins=16, bound=1e-5, known=()), layer("MelSpectrogram", f(3, 400), fft_length=64, sequence_stride=32, num_mel_bins=16, power_to_db=False, bound=1e-5, known=()),
    *(layer("STFTSpectrogram", f(3, 100, 2), mode=mode, frame_length=16, frame_step=6, fft_length=20, bound=1e-4 if mode == "angle" else 1e-5) for mode in ("log", "magnitude", "psd", "real", "imag", "angle", "stft")), layer("STFTSpectrogram", f(3, 100, 2), frame_length=16, padding="same", expand_dims=True, bound=1e-5),
    held("Pipeline", "scale and crop", lambda: layers.Pipeline([layers.Rescaling(1 / 255), layers.CenterCrop(4, 4)]), IMAGE, bound=2e-5, known=None),
    *(layer(name, of("uint8", 3, 6, 8, 3)) for name in ("AutoContrast", "Solarization")), layer("AutoContrast", IMAGE), layer("Solarization", pos(3, 4, 5, 3), addition_factor=0.1, threshold_factor=0.5, value_range=(0.0, 3.0)),
    layer("ContrastLimitedAdaptiveHistogramEqualization", named("pictures", np.random.default_rng(5).integers(0, 256, (3, 8, 8, 3))), bound=1e-5, only_batch=True),
    held("Equalization", "then scaled", lambda: _then_scaled(layers.Equalization()), named("pictures", np.random.default_rng(5).integers(0, 256, (3, 8, 8, 3))), known=None),
    held("MaxNumBoundingBoxes", "3", lambda: _boxed(), f(3, 6, 6, 3), f(3, 5, 4), pos(3, 5), known=None, bound=EXACT),
]  # fmt: skip


def _weighted(encoding):
    return lambda inputs: encoding(inputs[0], count_weights=inputs[1])


def _then_scaled(first):
    scale = layers.Rescaling(1 / 255)  # alone, it returns its input itself, which Keras takes for a cycle
    return lambda x: scale(first(x))


def _boxed():
    boxes = layers.MaxNumBoundingBoxes(max_number=3, bounding_box_format="xyxy")
    return lambda x: boxes({"images": x[0], "bounding_boxes": {"boxes": x[1], "labels": x[2]}})


CASES = [*CORE, *ACTIVATION_LAYERS, *NORMALIZATION, *SHAPE, *MERGING, *ATTENTION, *PREPROCESSING]
