"""Convolution, pooling, recurrent layers, layers that are active in training only, and those of other frameworks."""

from keras import layers

from cases.case import EXACT, Case, held, layer
from cases.inputs import f, named, of

ROW, IMAGE, VOLUME = f(3, 9, 4), f(3, 7, 8, 4), f(3, 6, 7, 6, 4)
SPATIAL = {"1D": ROW, "2D": IMAGE, "3D": VOLUME}
FIRST = {"1D": f(3, 4, 9), "2D": f(3, 4, 7, 8), "3D": f(3, 4, 5, 6, 4)}
FIRST_KNOWN = {"known": (1,), "data_format": "channels_first"}
WIDER = {"bound": 2e-6}
"""Sums of some hundred products, in another order than Keras adds them."""
CONVOLUTIONS = (
    *({}, {"padding": "same"}, {"strides": 2}, {"strides": 2, "padding": "same"}, {"dilation_rate": 2}),
    *({"dilation_rate": 2, "padding": "same"}, {"groups": 2}, {"groups": 4}, {"use_bias": False, "activation": "relu"}),
)
TRANSPOSED = (
    *({}, {"padding": "same"}, {"strides": 2}, {"strides": 2, "padding": "same"}, {"strides": 3, "output_padding": 1}),
    *({"dilation_rate": 2}, {"use_bias": False, "activation": "relu"}),
)
DEPTHWISE = (
    *({}, {"padding": "same"}, {"strides": 2, "padding": "same"}, {"dilation_rate": 2}, {"depth_multiplier": 2}),
    *({"use_bias": False, "activation": "relu"},),
)
POOLING = ({}, {"strides": 1}, {"padding": "same"}, {"pool_size": 3, "strides": 2, "padding": "same"})

CONVOLUTION: list[Case] = [
    *(layer(f"Conv{rank}", x, filters=4, kernel_size=3, **options, **WIDER) for rank, x in SPATIAL.items() for options in CONVOLUTIONS),
    *(layer(f"Conv{rank}", x, filters=4, kernel_size=1, **WIDER) for rank, x in SPATIAL.items()), *(layer(f"Conv{rank}", x, filters=4, kernel_size=3, padding="same", **FIRST_KNOWN, **WIDER) for rank, x in FIRST.items()),
    layer("Conv1D", ROW, filters=4, kernel_size=3, padding="causal", dilation_rate=2, **WIDER), layer("Conv2D", IMAGE, filters=4, kernel_size=(2, 5), strides=(3, 1), padding="same", **WIDER), layer("Conv2D", f(3, 2, 3, 4), filters=4, kernel_size=7, padding="same", **WIDER),
    layer("Conv2D", IMAGE, filters=4, kernel_size=3, dtype="mixed_float16", bound=5e-3), layer("Conv2D", IMAGE, filters=4, kernel_size=3, dtype="mixed_bfloat16", bound=5e-2),
    *(layer(f"Conv{rank}Transpose", x, filters=3, kernel_size=3, **options, **WIDER) for rank, x in SPATIAL.items() for options in TRANSPOSED), *(layer(f"Conv{rank}Transpose", x, filters=3, kernel_size=2, strides=2, **FIRST_KNOWN, **WIDER) for rank, x in FIRST.items()),
    *(layer(f"DepthwiseConv{rank}", SPATIAL[rank], kernel_size=3, **options, **WIDER) for rank in ("1D", "2D") for options in DEPTHWISE), layer("DepthwiseConv2D", FIRST["2D"], kernel_size=3, **FIRST_KNOWN, **WIDER),
    *(layer(f"SeparableConv{rank}", SPATIAL[rank], filters=5, kernel_size=3, **options, **WIDER) for rank in ("1D", "2D") for options in DEPTHWISE), layer("SeparableConv2D", FIRST["2D"], filters=5, kernel_size=3, **FIRST_KNOWN, **WIDER),
]  # fmt: skip

POOLS: list[Case] = [
    *(layer(f"{kind}Pooling{rank}", x, **{"pool_size": 2} | options) for kind in ("Average", "Max") for rank, x in SPATIAL.items() for options in POOLING),
    *(layer(f"{kind}Pooling{rank}", x, pool_size=2, **FIRST_KNOWN) for kind in ("Average", "Max") for rank, x in FIRST.items()),
    *(layer(f"Global{kind}Pooling{rank}", x, keepdims=keep) for kind in ("Average", "Max") for rank, x in SPATIAL.items() for keep in (False, True)), *(layer(f"Global{kind}Pooling{rank}", x, **FIRST_KNOWN) for kind in ("Average", "Max") for rank, x in FIRST.items()),
    *(layer(f"Adaptive{kind}Pooling{rank}", x, output_size=size) for kind in ("Average", "Max") for rank, x in SPATIAL.items() for size in (2, 3)), *(layer(f"Adaptive{kind}Pooling2D", IMAGE, output_size=(3, 2)) for kind in ("Average", "Max")),
]  # fmt: skip

STEPS = f(3, 5, 4)
PADDED = named(
    "padded", [[[1, 2], [3, -1], [0, 0], [0, 0]], [[1, -1], [2, 2], [1, 1], [3, 0]], [[4, 1], [0, 0], [1, 0], [0, 0]]]
)
RNN_OPTIONS = (
    *({}, {"return_sequences": True}, {"return_state": True}, {"go_backwards": True, "return_sequences": True}),
    *({"unroll": True}, {"use_bias": False}, {"activation": "relu"}, {"dropout": 0.2, "recurrent_dropout": 0.2}),
)
CLOSE = {"bound": 1e-5}


def _masked(make):
    def made():
        mask, inner = layers.Masking(), make()
        return lambda x: inner(mask(x))

    return made


def _started(make, count):
    def made():
        inner = make()
        return lambda x: inner(x[0], initial_state=x[1 : 1 + count])

    return made


RECURRENT: list[Case] = [
    *(layer(name, STEPS, units=3, only_batch="unroll" in options, **options, **CLOSE) for name in ("LSTM", "GRU", "SimpleRNN") for options in RNN_OPTIONS),
    *(held(name, f"masked, {options}", _masked(lambda name=name, options=options: getattr(layers, name)(3, **options)), PADDED, **CLOSE) for name in ("LSTM", "GRU", "SimpleRNN") for options in ({}, {"return_sequences": True}, {"go_backwards": True}, {"return_sequences": True, "zero_output_for_mask": True})),
    *(held(name, "initial state", _started(lambda name=name: getattr(layers, name)(3), count), STEPS, *(f(3, 3) for _ in range(count)), **CLOSE) for name, count in (("LSTM", 2), ("GRU", 1), ("SimpleRNN", 1))),
    layer("GRU", STEPS, units=3, reset_after=False, **CLOSE), *(layer(name, STEPS, units=3, recurrent_activation="hard_sigmoid", **CLOSE) for name in ("LSTM", "GRU")), layer("LSTM", STEPS, units=3, unit_forget_bias=False, **CLOSE), *(layer(name, f(3, 1, 4), units=3, **CLOSE) for name in ("LSTM", "GRU", "SimpleRNN")),
    *(held(f"{name}Cell", "in RNN", lambda name=name: layers.RNN(getattr(layers, f"{name}Cell")(3)), STEPS, **CLOSE) for name in ("LSTM", "GRU", "SimpleRNN")),
    *(held("RNN", str(options), lambda options=options: layers.RNN(layers.GRUCell(3), **options), STEPS, known=None if "unroll" in options else (-1,), **CLOSE) for options in ({}, {"return_sequences": True}, {"return_state": True}, {"unroll": True}, {"go_backwards": True})),
    *(held("StackedRNNCells", str(options), lambda options=options: layers.RNN(layers.StackedRNNCells([layers.LSTMCell(3), layers.GRUCell(2)]), **options), STEPS, **CLOSE) for options in ({}, {"return_sequences": True, "return_state": True})),
    *(held("Bidirectional", f"{name}, {merge}", lambda name=name, merge=merge: layers.Bidirectional(getattr(layers, name)(3, return_sequences=True), merge_mode=merge), STEPS, **CLOSE) for name in ("LSTM", "GRU", "SimpleRNN") for merge in ("concat", "sum", "mul", "ave", None)),
    held("Bidirectional", "masked", _masked(lambda: layers.Bidirectional(layers.LSTM(3, return_sequences=True))), PADDED, **CLOSE), held("Bidirectional", "states", lambda: layers.Bidirectional(layers.LSTM(3, return_state=True)), STEPS, **CLOSE),
    *(held("TimeDistributed", type(inner).__name__, lambda inner=inner: layers.TimeDistributed(inner), x, **CLOSE) for inner, x in ((layers.Dense(3), STEPS), (layers.Conv2D(2, 3), f(3, 2, 5, 6, 2)), (layers.LayerNormalization(), STEPS))),
    *(layer(f"ConvLSTM{rank}", x, filters=2, kernel_size=2, known=tuple(range(2, 6)), **options, **CLOSE) for rank, x in (("1D", f(3, 3, 6, 2)), ("2D", f(3, 3, 5, 4, 2)), ("3D", f(3, 2, 4, 3, 3, 2))) for options in ({}, {"return_sequences": True, "padding": "same"}, {"strides": 2, "return_state": True})),
    layer("ConvLSTM2D", f(3, 3, 5, 5, 2), filters=2, kernel_size=2, dilation_rate=2, known=(2, 3, 4), **CLOSE), layer("ConvLSTM2D", f(3, 3, 2, 5, 4), filters=2, kernel_size=2, data_format="channels_first", known=(2, 3, 4), **CLOSE),
]  # fmt: skip

PICTURE = of("uint8", 3, 8, 8, 3)
FACTORS = (
    *("Brightness", "ColorDegeneration", "Contrast", "ElasticTransform", "Erasing", "GaussianBlur", "Grayscale", "Hue"),
    *("Invert", "Perspective", "Rotation", "Saturation", "Sharpness"),
)
TRAINING: list[Case] = [
    *(layer(name, STEPS, rate=0.2, bound=EXACT) for name in ("AlphaDropout", "Dropout", "GaussianDropout")), layer("GaussianNoise", STEPS, stddev=0.2, bound=EXACT), layer("Dropout", STEPS, rate=0.5, noise_shape=(None, 1, 4), bound=EXACT),
    *(layer(f"SpatialDropout{rank}", x, rate=0.2, bound=EXACT) for rank, x in SPATIAL.items()),
    *(layer(name, x, bound=EXACT) for name in ("AugMix", "CutMix", "MixUp", "RandAugment", "RandomColorJitter", "RandomFlip", "RandomShear") for x in (f(3, 8, 8, 3),)),
    *(layer(f"Random{name}", f(3, 8, 8, 3), factor=0.2, bound=EXACT) for name in FACTORS), layer("RandomPosterization", f(3, 8, 8, 3), factor=4, bound=EXACT), layer("RandomCrop", f(3, 8, 8, 3), height=6, width=6, bound=EXACT), layer("RandomCrop", f(3, 6, 6, 3), height=8, width=8, bound=2e-5),
    layer("RandomTranslation", f(3, 8, 8, 3), height_factor=0.2, width_factor=0.2, bound=EXACT), layer("RandomZoom", f(3, 8, 8, 3), height_factor=0.2, bound=EXACT), *(layer(f"Random{name}", PICTURE, bound=EXACT) for name in ("Flip", "Shear")),
]  # fmt: skip

CASES = [*CONVOLUTION, *POOLS, *RECURRENT, *TRAINING]
