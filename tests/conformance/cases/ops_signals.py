"""Convolution, pooling, losses, attention, Fourier transforms and images."""

import numpy as np
from keras import ops

from cases.case import EXACT, Case, does, op
from cases.inputs import constant, f, fixed, ints, named, of, unit

ROW, IMAGE, VOLUME = f(3, 9, 4), f(3, 7, 8, 4), f(3, 5, 6, 4, 2)
FIRST = {"data_format": "channels_first"}


def _kernel(*shape):
    return constant(*shape) / np.float32(np.prod(shape[:-1]) ** 0.5)


def net(name, *arguments, **keywords):
    """An operation that knows the number of its channels."""
    first = keywords.get("data_format") == "channels_first" or keywords.get("axis") == 1
    return op(name, *arguments, **{"known": (1,) if first else (-1,), "bound": 2e-6} | keywords)


NETWORKS: list[Case] = [
    *(net("conv", ROW, _kernel(3, 4, 5), **options) for options in ({}, {"strides": 2, "padding": "same"}, {"dilation_rate": 2}, {"padding": "same"})),
    *(net("conv", IMAGE, _kernel(3, 2, 4, 6), **options) for options in ({}, {"strides": (2, 3), "padding": "same"}, {"dilation_rate": (2, 1)})), net("conv", IMAGE, _kernel(3, 3, 2, 6), padding="same"),
    net("conv", f(3, 4, 7, 8), _kernel(3, 3, 4, 6), **FIRST), net("conv", VOLUME, _kernel(2, 3, 2, 2, 3)), net("conv", VOLUME, _kernel(2, 3, 2, 2, 3), strides=2, padding="same"),
    net("conv", fixed(IMAGE), fixed(f(3, 3, 4, 2))),
    *(net("depthwise_conv", IMAGE, _kernel(3, 3, 4, 2), **options) for options in ({}, {"strides": 2, "padding": "same"}, {"dilation_rate": 2})), net("depthwise_conv", ROW, _kernel(3, 4, 1)),
    net("separable_conv", IMAGE, _kernel(3, 3, 4, 2), _kernel(1, 1, 8, 5)), net("separable_conv", IMAGE, _kernel(3, 3, 4, 2), _kernel(1, 1, 8, 5), strides=2, padding="same"),
    *(net("conv_transpose", IMAGE, _kernel(3, 2, 5, 4), **options) for options in ({}, {"strides": 2, "padding": "same"}, {"strides": 2, "output_padding": 1}, {"dilation_rate": 2})), net("conv_transpose", ROW, _kernel(3, 5, 4), strides=3),
    net("conv_transpose", VOLUME, _kernel(2, 2, 2, 3, 2), strides=2),
    *(op(name, x, 2, **options) for name in ("average_pool", "max_pool") for x in (ROW, IMAGE, VOLUME) for options in ({"strides": 2}, {"strides": 1, "padding": "same"})), *(op(name, IMAGE, 2, backends=("tensorflow", "torch"), because="numpy and JAX want strides") for name in ("average_pool", "max_pool")),
    *(op(name, IMAGE, (3, 2), strides=(1, 2), padding="same") for name in ("average_pool", "max_pool")), op("max_pool", f(3, 4, 6, 8), 2, strides=2, **FIRST),
    *(op(name, x, 2) for name in ("adaptive_average_pool", "adaptive_max_pool") for x in (ROW, IMAGE, VOLUME)), op("adaptive_average_pool", IMAGE, (3, 5)),
    *(net("batch_normalization", x, constant(4), np.abs(constant(4)) + 1, axis=axis, offset=constant(4), scale=constant(4)) for x, axis in ((IMAGE, -1), (f(3, 4, 7), 1))), net("batch_normalization", IMAGE, constant(4), np.abs(constant(4)) + 1, axis=-1),
    *(net("layer_normalization", IMAGE, **options) for options in ({}, {"gamma": constant(4), "beta": constant(4)}, {"axis": (1, 2)})),
    *(net("rms_normalization", IMAGE, **options) for options in ({}, {"scale": constant(4)}, {"axis": 1})),
    *(op("dot_product_attention", f(3, 5, 2, 4), f(3, 7, 2, 4), f(3, 7, 2, 4), **options, known=(-2, -1)) for options in ({}, {"scale": 0.3})),
    op("dot_product_attention", f(3, 6, 2, 4), f(3, 6, 2, 4), f(3, 6, 2, 4), is_causal=True, known=(-2, -1)), op("dot_product_attention", f(3, 6, 2, 4), f(3, 6, 2, 4), f(3, 6, 2, 4), mask=np.tril(np.ones((1, 1, 6, 6), bool)), only_batch=True),
    *(op("unfold", f(3, 2, 6, 7), **options) for options in ({"kernel_size": 2}, {"kernel_size": (3, 2), "stride": 2, "padding": 1}, {"kernel_size": 2, "dilation": 2})),
    op("fold", f(3, 8, 30), (6, 7), 2, only_batch=True), op("fold", f(3, 8, 6), (4, 6), 2, stride=2, only_batch=True),
]  # fmt: skip

CHANCES = named("chances", [[0.1, 0.7, 0.2], [0.3, 0.3, 0.4], [1.0, 0.0, 0.0]])
CLASSES = named("one-hot", [[0, 1, 0], [1, 0, 0], [1, 0, 0]])
TARGETS = named("targets", [1, 0, 2], "int32")
LOSSES: list[Case] = [
    *(op(name, CLASSES, x, from_logits=logits) for name in ("binary_crossentropy", "categorical_crossentropy") for x, logits in ((CHANCES, False), (f(3, 3), True))),
    *(op("sparse_categorical_crossentropy", TARGETS, x, from_logits=logits) for x, logits in ((CHANCES, False), (f(3, 3), True))),
    does("ctc_loss", "of one", lambda t, x: ops.ctc_loss(t, x, ops.array([2, 3, 1]), ops.array([6, 5, 6])), fixed(ints(3, 3, low=1)), fixed(f(3, 6, 5)), bound=1e-5),
    does("ctc_decode", "greedy", lambda x: ops.ctc_decode(x, ops.array([6, 5, 6])), fixed(f(3, 6, 5)), bound=1e-5),
    does("ctc_decode", "beam", lambda x: ops.ctc_decode(x, ops.array([6, 5, 6]), strategy="beam_search", beam_width=4, top_paths=2), fixed(f(3, 6, 5)), bound=1e-5),
]  # fmt: skip

LENGTHS = (1, 8, 12, 31, 128)
FOURIER: list[Case] = [
    *(does("fft", "of a pair", lambda a, b: ops.fft((a, b)), f(3, n), unit(3, n), bound=2e-6) for n in LENGTHS),
    *(does(name, "of a pair", lambda a, b, name=name: getattr(ops, name)((a, b)), f(3, *shape), unit(3, *shape), bound=2e-6) for name in ("fft2", "ifft2") for shape in ((4, 6), (7, 8))),
    *(op("rfft", f(3, n), fft_length=length, bound=2e-6) for n, length in ((9, None), (16, None), (31, 12), (8, 20))),
    *(does("irfft", f"length {length}", lambda a, b, length=length: ops.irfft((a, b), length), f(3, n), unit(3, n), bound=2e-6) for n, length in ((9, None), (9, 15), (12, 20))),
    *(op("stft", f(3, 60), 10, 4, 16, center=center, bound=2e-6) for center in (True, False)), op("stft", f(3, 60), 10, 5, 10, window="hamming", bound=2e-6), op("stft", f(3, 2, 60), 10, 5, 10, window=None, bound=2e-6),
    does("istft", "given back", lambda x: ops.istft(ops.stft(x, 10, 4, 16), 10, 4, 16, length=60), f(3, 60), bound=5e-6),
    *(op("extract_sequences", f(3, 2, 20), *sizes, bound=EXACT) for sizes in ((5, 3), (4, 4), (2, 5))),
]  # fmt: skip


def color(name, *arguments, only_batch=False, **keywords):
    known = (1,) if keywords.get("data_format") == "channels_first" else (-1,)
    return op(name, *arguments, **{"known": None if only_batch else known} | keywords)


PICTURE, COLORS = f(3, 6, 8, 3), named("colors", np.random.default_rng(3).uniform(size=(3, 4, 5, 3)))
TRANSFORMS = np.array(
    [[0.9, -0.3, 1.2, 0.35, 0.8, -0.7, 0, 0], [0, 1, 0, -1, 0, 4, 0, 0], [0.5, 0, 0, 0, 0.5, 0, 0, 0]], "float32"
)
PLACES = np.random.default_rng(4).uniform(-3, 10, (2, 9)).astype("float32")
FROM = np.array([[[0.1, 0.2], [0.3, 4.6], [6.1, -0.3], [5.3, 4.1]]] * 3, "float32")
TO = np.array([[[0, 0], [0, 5.2], [6.1, 0], [5.9, 5]]] * 3, "float32")
METHODS = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")
IMAGES: list[Case] = [
    *(color("image.resize", PICTURE, size, interpolation=method, bound=2e-5) for method in METHODS for size in ((12, 16), (4, 5))),
    *(color("image.resize", PICTURE, (4, 5), interpolation=method, antialias=True, bound=2e-5) for method in METHODS[1:]),
    op("image.resize", f(3, 3, 6, 8), (9, 9), bound=2e-5, **FIRST), *(color("image.resize", PICTURE, (6, 4), bound=2e-5, **{how: True}, only_batch=True) for how in ("crop_to_aspect_ratio", "pad_to_aspect_ratio")),
    op("image.resize", of("uint8", 3, 6, 8, 3), (12, 16), interpolation="nearest", bound=EXACT),
    *(color("image.rgb_to_grayscale", x) for x in (COLORS, of("uint8", 3, 4, 5, 3))), color("image.rgb_to_hsv", COLORS), color("image.hsv_to_rgb", COLORS), color("image.rgb_to_grayscale", f(3, 3, 4, 5), **FIRST),
    *(does("image.affine_transform", f"{method}, {mode}", lambda x, method=method, mode=mode: ops.image.affine_transform(x, TRANSFORMS, method, mode, 1.5), fixed(PICTURE), bound=2e-5) for method in ("nearest", "bilinear") for mode in ("constant", "reflect", "wrap", "mirror", "nearest")),
    *(does("image.perspective_transform", method, lambda x, method=method: ops.image.perspective_transform(x, FROM, TO, method), fixed(f(3, 6, 7, 2)), bound=1e-4) for method in ("nearest", "bilinear")),
    *(op("image.map_coordinates", fixed(f(5, 7)), PLACES, order, fill_mode=mode, bound=1e-5) for order in (0, 1) for mode in ("constant", "nearest", "wrap", "mirror", "reflect")),
    *(color("image.extract_patches", PICTURE, size, **options, bound=EXACT) for size, options in ((2, {}), ((3, 2), {"strides": (1, 2)}), (2, {"padding": "same", "strides": 3}), (2, {"dilation_rate": 2, "strides": 1}))),
    *(color("image.extract_patches_3d", f(3, 4, 5, 6, 2), size, **options, bound=EXACT) for size, options in ((2, {}), ((1, 2, 3), {"strides": 1}))),
    op("image.crop_images", PICTURE, 1, 2, 1, 1, bound=EXACT), op("image.crop_images", PICTURE, 1, 2, target_height=3, target_width=4, bound=EXACT, only_batch=True),
    op("image.pad_images", PICTURE, 1, 2, 1, 0, bound=EXACT), op("image.pad_images", PICTURE, 1, 2, target_height=9, target_width=12, bound=EXACT, only_batch=True),
    *(color("image.gaussian_blur", PICTURE, size, sigma, known=(1, -1)) for size, sigma in (((3, 3), (1.0, 1.0)), ((5, 3), (0.7, 2.0)))), *(color("image.sobel_edges", x) for x in (PICTURE, of("uint8", 3, 4, 5, 3))),
    color("image.ssim", f(3, 13, 14, 3), f(3, 13, 14, 3), 1.0, bound=1e-5), color("image.ssim", COLORS, COLORS, 1.0, filter_size=3, bound=1e-5),
    *(does("image.scale_and_translate", method, lambda x, method=method: ops.image.scale_and_translate(x, (3, 8, 5, 3), np.array([1.7, 0.6], "float32"), np.array([0.3, -1.2], "float32"), (1, 2), method), fixed(PICTURE), bound=1e-5) for method in ("linear", "cubic", "lanczos3", "lanczos5")),
    does("image.elastic_transform", "of no strength", lambda x: ops.image.elastic_transform(x, 0.0, 1.0, seed=3), PICTURE, bound=1e-5),
]  # fmt: skip

CASES = [*NETWORKS, *LOSSES, *FOURIER, *IMAGES]
