"""Arguments that the other cases leave at their defaults; `arguments.py` finds which those are."""

import numpy as np
from keras import layers, ops

from cases.case import EXACT, Case, does, held, layer, op
from cases.inputs import NAN, constant, f, fixed, ints, named, of, pos, unit
from cases.ops_signals import COLORS, FIRST, FROM, PLACES, TO, TRANSFORMS, _kernel, color, net

X = f(3, 4, 5)
CHANNELS = f(3, 3, 6, 8)
COLUMNS = named("chances in columns", np.random.default_rng(6).dirichlet(np.ones(4), (3, 4)).swapaxes(1, 2))

ELEMENTWISE: list[Case] = [
    *(op(name, named("near", [[1.0, 1.01, 1.1, 0.0, 1e-9]]), named("ones", [[1.0, 1.0, 1.0, 1e-3, 0.0]]), **options, bound=EXACT) for name in ("isclose", "allclose") for options in ({"rtol": 0.05}, {"atol": 0.05})),
    *(op(name, fixed(f(3)), fixed(pos(3)), 4, dtype="float16", bound=5e-3) for name in ("linspace", "logspace")), op("geomspace", fixed(pos(3)), fixed(named("to", [4.0, 5.0, 6.0])), 4, dtype="float16", bound=5e-3),
    *(op(name, fixed(pos(3)), fixed(named("to", [1.0, 2.0, 3.0])), 4, **options, bound=1e-5) for name in ("geomspace", "logspace") for options in ({"endpoint": False}, {"axis": 1})), op("logspace", fixed(pos(3)), fixed(f(3)), 4, base=2.0, bound=1e-5),
    op("zeros_like", X, dtype="int32", bound=EXACT), op("isin", ints(3, 4), [1, 3], assume_unique=True, bound=EXACT),
    *(does(name, "int32", lambda x, name=name, shape=shape: getattr(ops, name)(*shape, dtype="int32") + ops.cast(x, "int32"), fixed(ints(3, 3)), bound=EXACT) for name, shape in (("zeros", [(3, 3)]), ("ones", [(3, 3)]), ("full", ((3, 3), 7)), ("eye", [3]), ("identity", [3]), ("tri", [3]))),
    *(does(name, "float16", lambda x, name=name: ops.zeros_like(getattr(ops, name)(x if name == "empty_like" else (3, 3), dtype="float16")) + x, fixed(f(3, 3)), bound=EXACT) for name in ("empty", "empty_like")),
]  # fmt: skip

SUMS: list[Case] = [
    *(op(name, of("int8", 3, 4), axis=1, dtype="int32", bound=EXACT) for name in ("cumprod", "nancumsum", "nancumprod")), *(op(name, NAN, axis=1, keepdims=True, bound=EXACT) for name in ("nanargmax", "nanargmin")),
    *(op(name, x, q, axis=1, keepdims=True) for name, x, q in (("quantile", X, 0.3), ("percentile", X, 30.0), ("nanquantile", NAN, 0.3), ("nanpercentile", NAN, 30.0))), *(op(name, x, 30.0, axis=1, method="nearest") for name, x in (("percentile", X), ("nanpercentile", NAN))),
    op("argpartition", fixed(named("distinct", [[3.0, 1.0, 2.0], [9.0, 7.0, 8.0]])), 1, axis=0, bound=EXACT),
    op("associative_scan", ops.add, X, reverse=True, axis=1), op("cross", f(3, 3, 4), unit(3, 4, 3), axisa=1, axisb=2, axisc=1, only_batch=True),
    does("scan", "of a length", lambda x: ops.scan(lambda carry, _: (carry * 0.5 + x, carry), x, None, length=4), f(3, 4)), does("scan", "unrolled", lambda x: ops.scan(lambda carry, y: (carry + y, carry), x[0], x, unroll=2), fixed(f(6, 4))),
    *(op(f"segment_{how}", fixed(f(6, 3)), fixed(named("sorted ids", [0, 0, 1, 1, 3, 3], "int32")), num_segments=5, sorted=True) for how in ("min", "prod")),
    op("lstsq", fixed(f(5, 3)), fixed(f(5, 2)), rcond=0.5, bound=1e-4, only_batch=True), op("cholesky_inverse", fixed(named("upper factor", [[2.0, 0.5], [0.0, 1.5]])), upper=True, bound=1e-4, only_batch=True),
    op("unique", fixed(ints(9)), sorted=False, bound=EXACT), does("vectorize", "but one", lambda x: ops.vectorize(lambda v, by: v * by, excluded={1})(x, 2.0), X),
    op("multi_hot", ints(3, 4, high=5), 5, axis=0, bound=EXACT, only_batch=True), op("multi_hot", ints(3, 4, high=5), 5, dtype="int32", bound=EXACT),
]  # fmt: skip

NETWORKS: list[Case] = [
    *(op(name, CHANNELS, 2, **FIRST) for name in ("adaptive_average_pool", "adaptive_max_pool")), op("average_pool", CHANNELS, 2, strides=2, **FIRST),
    net("batch_normalization", X, constant(5), np.abs(constant(5)) + 1, axis=-1, epsilon=0.3), *(net(name, X, epsilon=0.3) for name in ("layer_normalization", "rms_normalization")), op("normalize", named("small", [[1e-3, 1e-3], [0.0, 0.0], [3.0, 4.0]]), epsilon=0.1),
    net("conv_transpose", CHANNELS, _kernel(3, 2, 5, 3), strides=2, **FIRST), net("depthwise_conv", CHANNELS, _kernel(3, 3, 3, 2), **FIRST), *(net("separable_conv", x, _kernel(3, 3, x.values.shape[axis], 2), _kernel(1, 1, 2 * x.values.shape[axis], 5), **options) for x, axis, options in ((CHANNELS, 1, FIRST), (f(3, 7, 8, 4), -1, {"dilation_rate": 2}))),
    op("fold", f(3, 8, 20), (6, 7), 2, dilation=2, only_batch=True), op("fold", f(3, 8, 12), (4, 6), 2, padding=1, stride=2, only_batch=True),
    op("dot_product_attention", f(3, 5, 2, 4), f(3, 7, 2, 4), f(3, 7, 2, 4), bias=f(3, 2, 5, 7), known=(-2, -1), only_batch=True),
    op("categorical_crossentropy", named("one-hot columns", np.eye(4)[np.arange(12).reshape(3, 4) * 5 % 4]), COLUMNS, axis=1), op("sparse_categorical_crossentropy", ints(3, 4), COLUMNS, axis=1, only_batch=True),
    does("ctc_loss", "another blank", lambda t, x: ops.ctc_loss(t, x, ops.array([2, 3, 1]), ops.array([6, 5, 6]), mask_index=4), fixed(ints(3, 3)), fixed(f(3, 6, 5)), bound=1e-5),
    *(does("ctc_decode", str(options), lambda x, options=options: ops.ctc_decode(x, ops.array([6, 5, 6]), **options), fixed(f(3, 6, 5)), bound=1e-5) for options in ({"merge_repeated": False}, {"mask_index": 2})),
    does("istft", "without a window, from the start", lambda x: ops.istft(ops.stft(x, 10, 5, 10, window=None, center=False), 10, 5, 10, window=None, center=False), f(3, 60), bound=5e-6),
]  # fmt: skip

IMAGES: list[Case] = [
    *(color(f"image.{name}", named("colors first", COLORS.values.transpose(0, 3, 1, 2)), **FIRST) for name in ("rgb_to_hsv", "hsv_to_rgb", "sobel_edges")), color("image.gaussian_blur", CHANNELS, (3, 3), (1.0, 1.0), **FIRST, only_batch=True),
    *(op(f"image.{name}", CHANNELS, 1, 2, 1, 1, **FIRST, bound=EXACT) for name in ("crop_images", "pad_images")), color("image.extract_patches", CHANNELS, 2, **FIRST, bound=EXACT), color("image.extract_patches_3d", f(3, 2, 4, 5, 6), 2, **FIRST, bound=EXACT),
    *(color("image.extract_patches_3d", f(3, 5, 6, 7, 2), 2, **options, bound=EXACT) for options in ({"padding": "same", "strides": 2}, {"dilation_rate": 2, "strides": 1})),
    does("image.affine_transform", "channels first", lambda x: ops.image.affine_transform(x, TRANSFORMS, **FIRST), fixed(CHANNELS), bound=2e-5), *(does("image.perspective_transform", str(options), lambda x, options=options: ops.image.perspective_transform(x, FROM, TO, **options), fixed(x), bound=1e-4) for x, options in ((CHANNELS, FIRST), (f(3, 6, 7, 2), {"fill_value": 1.5}))),
    op("image.map_coordinates", fixed(f(5, 7)), PLACES, 1, fill_mode="constant", fill_value=2.5, bound=1e-5), op("image.resize", f(3, 6, 8, 3), (6, 4), pad_to_aspect_ratio=True, fill_value=2.5, bound=2e-5, only_batch=True),
    does("image.scale_and_translate", "smaller, not smoothed", lambda x: ops.image.scale_and_translate(x, (3, 4, 5, 3), np.array([0.6, 0.6], "float32"), np.array([0.3, -1.2], "float32"), (1, 2), "linear", antialias=False), fixed(f(3, 6, 8, 3)), bound=1e-5),
    *(color("image.ssim", named("one", np.random.default_rng(7).uniform(0, 2, (3, 13, 14, 3))), named("other", np.random.default_rng(8).uniform(0, 2, (3, 13, 14, 3))), **options, bound=1e-5) for options in ({"max_val": 2.0}, {"filter_sigma": 1.0}, {"k1": 0.05}, {"k2": 0.1})), color("image.ssim", f(3, 3, 13, 14), unit(3, 3, 13, 14), **FIRST, bound=1e-5),
    *(does("image.elastic_transform", str(options), lambda x, options=options: ops.image.elastic_transform(x, 0.0, 1.0, seed=3, **options), CHANNELS if options == FIRST else f(3, 6, 8, 3), bound=1e-5) for options in ({"interpolation": "nearest"}, {"fill_mode": "constant", "fill_value": 2.0}, FIRST)),
]  # fmt: skip

PICTURES = named("pictures", np.random.default_rng(5).integers(0, 256, (3, 8, 8, 3)))
UNIT_PICTURES = named("pictures of 0 to 1", PICTURES.values / 255)
FIRST_PICTURES = named("pictures first", PICTURES.values.transpose(0, 3, 1, 2))
SEQUENCE, WAVES = f(3, 5, 8), f(3, 400)
MEL = {"fft_length": 64, "sequence_stride": 32, "num_mel_bins": 16, "bound": 1e-5, "known": ()}


def _self(attention):
    return lambda x: attention(x, x)


def _scaled(equalization):
    return lambda x: equalization(x) / 255.0


def _masked(then):
    mask = layers.Masking(mask_value=2.0)
    return lambda x: then(mask(x))


def _there_and_back(**options):
    embedding = layers.ReversibleEmbedding(10, 4, **options)
    return lambda x: embedding(embedding(x), reverse=True)


def _boxed(number, fill):
    boxes = layers.MaxNumBoundingBoxes(max_number=number, fill_value=fill, bounding_box_format="xyxy")
    return lambda x: boxes({"images": x[0], "bounding_boxes": {"boxes": x[1], "labels": x[2]}})


MARKED = named("with twos", [[[2, 2], [1, 2], [3, 4]], [[1, 1], [2, 2], [2, 0]], [[2, 2]] * 3])
LAYERS: list[Case] = [
    *(layer(f"Adaptive{how}Pooling{axes}D", f(3, 2, *(5, 6, 4)[:axes]), output_size=2, **FIRST, known=(1,)) for how in ("Average", "Max") for axes in (1, 2, 3)),
    *(layer(name, UNIT_PICTURES, value_range=(0.0, 1.0), bound=1e-5) for name in ("AutoContrast",)), *(held("Equalization", str(options), lambda options=options: _scaled(layers.Equalization(**options)), x, known=None, bound=1e-5) for x, options in ((PICTURES, {"bins": 64}), (UNIT_PICTURES, {"value_range": (0, 1)}), (FIRST_PICTURES, FIRST))),
    *(layer("ContrastLimitedAdaptiveHistogramEqualization", x, **options, bound=1e-5, only_batch=True) for x, options in ((PICTURES, {"clip_limit": 2.0}), (PICTURES, {"tile_grid_size": (4, 2)}), (UNIT_PICTURES, {"value_range": (0, 1)}), (FIRST_PICTURES, FIRST))),
    layer("DepthwiseConv1D", f(3, 4, 9), kernel_size=3, **FIRST, known=(1,), bound=2e-6), layer("SeparableConv1D", f(3, 4, 9), filters=5, kernel_size=3, **FIRST, known=(1,), bound=2e-6), layer("ZeroPadding3D", f(3, 2, 4, 5, 6), padding=1, **FIRST, known=(1,), bound=EXACT), *(layer(f"SpatialDropout{axes}D", f(3, 2, *(5, 6, 4)[:axes]), rate=0.3, **FIRST, bound=EXACT) for axes in (2, 3)),
    held("MaxNumBoundingBoxes", "filled up to 7", lambda: _boxed(7, 2), f(3, 6, 6, 3), f(3, 5, 4), pos(3, 5), known=None, bound=EXACT), layer("GroupNormalization", f(3, 5, 6), groups=2, epsilon=0.3), layer("RMSNormalization", f(3, 4, 4), axis=1, only_batch=True), held("Masking", "of twos, before a GRU", lambda: _masked(layers.GRU(3)), MARKED, bound=1e-5),
    *(held(name, str(options), lambda options=options, make=make: _self(make(**options)), SEQUENCE, bound=5e-6) for name, make in (("MultiHeadAttention", lambda **o: layers.MultiHeadAttention(2, 4, **o)), ("GroupQueryAttention", lambda **o: layers.GroupQueryAttention(4, 4, 2, **o))) for options in ({"use_gate": True}, {"sliding_window": 2})),
    held("Lambda", "with a mask", lambda: _padded(layers.Lambda(lambda x: x * 2.0, output_shape=(3, 2), mask=lambda inputs, mask=None: ops.any(ops.not_equal(inputs, 2.0), axis=-1))), MARKED),
    *(layer("MelSpectrogram", WAVES, **MEL, **options) for options in ({"sequence_length": 48}, {"window": "hamming"}, {"sampling_rate": 8000}, {"min_freq": 100.0}, {"max_freq": 6000.0}, {"top_db": 20.0}, {"mag_exp": 1.0}, {"min_power": 1e-2}, {"ref_power": 2.0})),
    *(layer("STFTSpectrogram", f(3, 100, 2), mode="magnitude", frame_length=16, frame_step=6, **options, bound=1e-5) for options in ({"window": "hamming"}, {"periodic": True}, {"scaling": "spectrum"})), layer("STFTSpectrogram", f(3, 2, 100), mode="magnitude", frame_length=16, frame_step=6, **FIRST, bound=1e-5, known=(1,)),
    *(held("ReversibleEmbedding", str(options), lambda options=options: _there_and_back(**options), ints(3, 5, high=10), known=(), bound=2e-6) for options in ({"logit_soft_cap": 2.0}, {"mask_zero": True})), held("ReversibleEmbedding", "backwards in float16", lambda: _there_and_back(reverse_dtype="float16"), ints(3, 5, high=10), known=(), bound=5e-3),
    *(layer("Resizing", x, height=6, width=4, pad_to_aspect_ratio=True, fill_value=2.5, bound=2e-5) for x in (f(3, 6, 8, 3),)), layer("Resizing", CHANNELS, height=9, width=4, **FIRST, known=(1,), bound=2e-5),
]  # fmt: skip


def _padded(then):
    return lambda x: layers.GlobalAveragePooling1D()(then(x))


STEPS = f(3, 5, 4)
CELL = {"GRUCell": ({"activation": "relu"}, {"recurrent_activation": "tanh"}, {"use_bias": False}, {"reset_after": False}), "LSTMCell": ({"activation": "relu"}, {"recurrent_activation": "tanh"}, {"use_bias": False}, {"unit_forget_bias": False}), "SimpleRNNCell": ({"activation": "relu"}, {"use_bias": False})}  # fmt: skip
CONVOLVED = ({"activation": "relu"}, {"recurrent_activation": "tanh"}, {"use_bias": False}, {"unit_forget_bias": False}, {"go_backwards": True})  # fmt: skip
RECURRENT: list[Case] = [
    *(held(name, str(options), lambda name=name, options=options: layers.RNN(getattr(layers, name)(3, **options)), STEPS, bound=1e-5) for name, every in CELL.items() for options in every),
    held("RNN", "zeros where masked", lambda: _masked(layers.RNN(layers.GRUCell(3), return_sequences=True, zero_output_for_mask=True)), MARKED, bound=1e-5), held("Bidirectional", "another way back", lambda: layers.Bidirectional(layers.GRU(3), backward_layer=layers.LSTM(2, go_backwards=True)), STEPS, bound=1e-5),
    *(layer(f"ConvLSTM{axes}D", f(3, 3, *(5, 4, 3)[:axes], 2), filters=2, kernel_size=2, padding="same", **options, bound=1e-5, only_batch=True) for axes in (1, 2, 3) for options in CONVOLVED),
    *(layer(f"ConvLSTM{axes}D", f(3, 3, 2, *(6, 5, 4)[:axes]), filters=2, kernel_size=2, padding="same", **FIRST, bound=1e-5, only_batch=True) for axes in (1, 3)), *(layer(f"ConvLSTM{axes}D", f(3, 3, *(6, 5, 4)[:axes], 2), filters=2, kernel_size=2, padding="same", dilation_rate=2, bound=1e-5, only_batch=True) for axes in (1, 3)),
]  # fmt: skip

CASES = [*ELEMENTWISE, *SUMS, *NETWORKS, *IMAGES, *LAYERS, *RECURRENT]
