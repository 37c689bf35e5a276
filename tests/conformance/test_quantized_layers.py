"""Layers that Keras quantized: their integers go into the file as they are, and the numbers are Keras' own."""

import keras
import ml_dtypes  # noqa: F401 - numpy learns the names of its types
import numpy as np
import pytest
from keras import layers, ops, quantizers

import litesmith
from litesmith.frontends.keras.registry import is_keras_at_least
from litesmith.frontends.keras.running import run_keras
from litesmith.ir.types import DType
from support import builtins_of, check_converts, check_function

if not is_keras_at_least("3.15"):
    pytest.skip("Keras before 3.15 stores integers otherwise, and runs its own code", allow_module_level=True)

RNG = np.random.default_rng(0)
TOKENS = RNG.integers(0, 50, (3, 7)).astype("int32")


@pytest.fixture(autouse=True)
def seeded():
    keras.utils.set_random_seed(0)


def random(*shape):
    return RNG.standard_normal(shape).astype("float32")


def blocks_of(size):
    return quantizers.Int4QuantizationConfig(block_size=size)


def exactly_the_same(model, *inputs):
    """Converted, checked against Keras, and of the very bits that Keras' numpy backend gives."""
    lite = check_converts(model, *inputs)
    for given in inputs:
        np.testing.assert_array_equal(lite.run(given), run_keras(model, given))
    return lite


def weights_of(lite):
    """The element types of the constants in the file that have more than one axis."""
    return sorted({value.type.dtype for value in lite.graph.constants() if value.type.rank > 1}, key=lambda d: d.value)


def of_dense(features=64, **options):
    return keras.Sequential(
        [
            keras.Input((features,)),
            layers.Dense(33, activation="relu", bias_initializer="random_normal", **options),
            layers.Dense(5, **options),
        ]
    )


# --- int8 ----------------------------------------------------------------------


def test_dense_layers_of_int8_give_the_bits_that_keras_gives():
    model = of_dense()
    model.quantize("int8")
    lite = exactly_the_same(model, *(random(batch, 64) for batch in (1, 3, 100)))
    assert weights_of(lite) == [DType.INT8]
    assert builtins_of(lite)[:8] == ["ABS", "REDUCE_MAX", "ADD", "DIV", "MUL", "ROUND", "DEQUANTIZE", "FULLY_CONNECTED"]


def test_rows_of_zeros_and_of_large_and_small_numbers():
    model = of_dense()
    model.quantize("int8")
    exactly_the_same(model, np.zeros((2, 64), "float32"), random(3, 64) * np.float32(1e20), random(3, 64) * 1e-9)


def test_halves_are_rounded_to_even_numbers():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    model.quantize("int8")
    steps = np.arange(-127, 127, 2).astype("float32") / 2
    rows = np.stack([np.full(127, 127 - 1e-7), steps, steps + 1, -steps], 1).astype("float32")
    exactly_the_same(model, rows)


def test_sums_beyond_the_mantissa_of_float32():
    model = keras.Sequential([keras.Input((3000,)), layers.Dense(4, use_bias=False)])
    model.layers[0].kernel.assign(np.abs(random(3000, 4)))
    model.quantize("int8")
    check_converts(model, np.abs(random(3, 3000)), rtol=1e-6)


@pytest.mark.parametrize(
    "name", ["int8_from_float32", "int8_from_mixed_bfloat16", "int4/16_from_float32", "int4/-1_from_float32"]
)
def test_layers_made_with_a_quantized_policy(name):
    model = of_dense(dtype=name)
    for layer in model.layers:
        shape = layer._kernel.shape
        layer._kernel.assign(RNG.integers(-127, 128, shape))
        layer.kernel_scale.assign(RNG.uniform(20, 100, layer.kernel_scale.shape))
    lite = check_converts(model, random(3, 64), rtol=1e-1 if "bfloat16" in name else 1e-5)
    assert (DType.INT8 if name.startswith("int8") else DType.INT4) in weights_of(lite)


def test_a_quantizer_of_inputs_with_another_range():
    for lowest, highest in ((-7, 7), (-100, 127)):
        chosen = quantizers.AbsMaxQuantizer(axis=-1, value_range=(lowest, highest))
        model = of_dense()
        model.quantize("int8", config=quantizers.Int8QuantizationConfig(activation_quantizer=chosen))
        exactly_the_same(model, random(1, 64), random(3, 64))


def test_inputs_that_are_not_quantized():
    for config in (quantizers.Int8QuantizationConfig(activation_quantizer=None), blocks_of(-1)):
        model = of_dense()
        model.quantize(config=config)
        lite = check_converts(model)
        assert "ROUND" not in builtins_of(lite)
        assert "FULLY_CONNECTED" in builtins_of(lite)


def test_inputs_of_int4_layers_that_are_quantized():
    config = quantizers.Int4QuantizationConfig(
        block_size=-1, activation_quantizer=quantizers.AbsMaxQuantizer(axis=-1, value_range=(-127, 127))
    )
    model = keras.Sequential([keras.Input((64,)), layers.Dense(33)])
    model.quantize(config=config)
    assert "ROUND" in builtins_of(check_converts(model))


# --- int4 ----------------------------------------------------------------------


@pytest.mark.parametrize(("features", "block"), [(64, 16), (64, 24), (64, 128), (7, -1), (7, 1), (7, 3)])
def test_dense_layers_of_int4(features, block):
    """Blocks that fit, that leave a rest, that are longer than the rows; odd numbers of inputs and outputs."""
    model = of_dense(features)
    model.quantize(config=blocks_of(block))
    lite = check_converts(model)
    assert DType.INT4 in weights_of(lite)
    assert DType.FLOAT32 not in weights_of(lite)


def test_the_bias_and_the_activation_of_int4_layers_are_part_of_the_product():
    model = of_dense()
    model.quantize(config=blocks_of(-1))
    assert builtins_of(check_converts(model)) == ["DEQUANTIZE", "FULLY_CONNECTED"] * 2


# --- EinsumDense -----------------------------------------------------------------

EQUATIONS = [
    ("abc,cde->abde", (None, 2, 3), "de", (4, 6)),
    ("abcd,cde->abe", (None, 5), "e", (4, 2, 3)),
    ("abc,cd->adb", (5, 4), "d", (4, 6)),
    ("abc,bd->acd", (6, 5), "d", (4, 6)),
    ("abc,dc->abd", (None, 5), "d", (4, 6)),
    ("abc,bcd->abd", (4, 5), "bd", (4, 6)),
]
"""The first are products of rows and the stored matrix; the last two are not."""


@pytest.mark.parametrize(("equation", "output", "bias", "shape"), EQUATIONS)
@pytest.mark.parametrize("mode", ["int8", "int4 rows", "int4 blocks"])
def test_einsum_dense(mode, equation, output, bias, shape):
    layer = layers.EinsumDense(equation, output, bias_axes=bias, bias_initializer="random_normal", activation="relu")
    model = keras.Sequential([keras.Input(shape), layer])
    config = {"int8": quantizers.Int8QuantizationConfig(), "int4 rows": blocks_of(-1), "int4 blocks": blocks_of(4)}
    model.quantize(config=config[mode])
    inputs = [random(batch, *shape) for batch in (1, 3)]
    lite = exactly_the_same(model, *inputs) if mode == "int8" else check_converts(model, *inputs)
    assert (DType.INT8 if mode == "int8" else DType.INT4) in weights_of(lite)
    assert all(value.type.dtype is not DType.FLOAT32 or value.type.elements <= 20 for value in lite.graph.constants())


def test_einsum_dense_of_inputs_that_are_quantized_in_int4():
    config = quantizers.Int4QuantizationConfig(
        block_size=-1, activation_quantizer=quantizers.AbsMaxQuantizer(value_range=(-127, 127))
    )
    model = keras.Sequential([keras.Input((4, 6)), layers.EinsumDense("abc,cde->abde", (None, 2, 3))])
    model.quantize(config=config)
    check_converts(model)


@pytest.mark.parametrize("mode", ["int8", "int4"])
def test_attention_of_dynamic_length(mode):
    x = keras.Input((None, 8))
    model = keras.Model(x, layers.MultiHeadAttention(2, 4)(x, x))
    model.quantize(mode)
    # What softmax rounds otherwise may fall on the other side of a half: 1/127 of one number of a row.
    check_converts(model, *(random(b, t, 8) for b, t in ((1, 4), (3, 7))), rtol=1e-2 if mode == "int8" else 1e-5)


# --- tables ------------------------------------------------------------------------

MODES = {
    "int8": quantizers.Int8QuantizationConfig(),
    "int4 rows": blocks_of(-1),
    "int4 blocks": blocks_of(5),
    "int4": blocks_of(128),
}


@pytest.mark.parametrize("width", [12, 7])
@pytest.mark.parametrize("mode", MODES)
def test_embeddings(mode, width):
    model = keras.Sequential([keras.Input((None,), dtype="int32"), layers.Embedding(50, width)])
    model.quantize(config=MODES[mode])
    lite = exactly_the_same(model, TOKENS, TOKENS[:1, :2])
    assert (DType.INT8 if mode == "int8" else DType.INT4) in weights_of(lite)


@pytest.mark.parametrize(("tied", "width"), [(True, 7), (False, 12)])
@pytest.mark.parametrize("mode", MODES)
def test_reversible_embeddings(mode, width, tied):
    tokens = keras.Input((7,), dtype="int32")
    layer = layers.ReversibleEmbedding(50, width, tie_weights=tied, logit_soft_cap=3.0 if tied else None)
    model = keras.Model(tokens, layer(layer(tokens) * 1.5, reverse=True))
    model.quantize(config=MODES[mode])
    check_converts(model, TOKENS, TOKENS[:1], rtol=1e-6)


def test_reversible_embeddings_of_int4_that_quantize_inputs():
    config = quantizers.Int4QuantizationConfig(block_size=-1, activation_quantizer=quantizers.AbsMaxQuantizer())
    tokens = keras.Input((7,), dtype="int32")
    layer = layers.ReversibleEmbedding(50, 12)
    model = keras.Model(tokens, layer(layer(tokens), reverse=True))
    model.quantize(config=config)
    assert "ROUND" in builtins_of(check_converts(model, TOKENS))


def test_a_table_that_is_read_both_ways_stands_in_the_file_once():
    tokens = keras.Input((7,), dtype="int32")
    layer = layers.ReversibleEmbedding(1000, 64)
    model = keras.Model(tokens, layer(layer(tokens), reverse=True))
    model.quantize("int8")
    assert len(bytes(litesmith.convert(model))) < 1000 * 64 * 1.3


# --- GPTQ and AWQ ------------------------------------------------------------------


def block():
    """What GPTQ and AWQ calibrate: layers between an embedding and the rest."""
    split = layers.EinsumDense("abc,cde->abde", (None, 3, 4), bias_axes="de", bias_initializer="random_normal")
    return keras.Sequential(
        [
            keras.Input((4, 12)),
            layers.Dense(24, activation="relu", bias_initializer="random_normal"),
            split,
            layers.EinsumDense("abde,dec->abc", (None, 12), bias_axes="c"),
        ]
    )


class Tokenizer:
    def tokenize(self, text):
        return np.arange(64) * 7 % 50


def calibrated(config, **options):
    tokens = keras.Input((4,), dtype="int32")
    embedding, calibrated_layers = layers.Embedding(50, 12), block()
    model = keras.Model(tokens, calibrated_layers(embedding(tokens)))
    chosen = config(
        dataset=["some words to calibrate with"],
        tokenizer=Tokenizer(),
        num_samples=2,
        sequence_length=4,
        quantization_layer_structure={"pre_block_layers": [embedding], "sequential_blocks": [calibrated_layers]},
        **options,
    )
    model.quantize(config=chosen)
    return model


@pytest.mark.parametrize("config", [quantizers.GPTQConfig, quantizers.AWQConfig])
def test_what_gptq_and_awq_calibrate(config):
    model = calibrated(config, group_size=5)
    assert model.layers[-1].layers[0].quantization_mode in ("gptq", "awq")
    lite = check_converts(model, TOKENS[:, :4], TOKENS[:1, 3:])
    assert DType.INT4 in weights_of(lite)


def filled(config, shuffled=False):
    """A block with random integers, scales and zero points where calibration would have put some."""
    model, mode = block(), config.mode
    for layer in model.layers:
        layer.quantize(mode, config=config)
        rows, highest = layer.g_idx.shape[0], 2**config.weight_bits
        packed = 256 if config.weight_bits == 4 else highest
        layer.quantized_kernel.assign(RNG.integers(0, packed, layer.quantized_kernel.shape))
        layer.kernel_scale.assign(RNG.uniform(0.01, 0.02, layer.kernel_scale.shape))
        layer.kernel_zero.assign(RNG.integers(0, highest, layer.kernel_zero.shape))
        groups = np.arange(rows) // (rows if config.group_size == -1 else config.group_size)
        layer.g_idx.assign(RNG.permutation(groups) if shuffled else groups)
        setattr(layer, f"is_{mode}_calibrated", True)
        if mode == "awq":
            layer.awq_scales.assign(RNG.uniform(0.5, 2, layer.awq_scales.shape))
    return model


@pytest.mark.parametrize(
    ("bits", "group", "shuffled"),
    [
        (4, -1, False),
        (4, 8, False),
        (4, 8, True),
        (4, 5, True),
        (8, -1, False),
        (8, 5, False),
        (3, 8, True),
        (2, -1, False),
    ],
)
def test_gptq(bits, group, shuffled):
    lite = check_converts(filled(quantizers.GPTQConfig(None, None, weight_bits=bits, group_size=group), shuffled))
    assert (DType.INT8 if bits == 8 else DType.INT4) in weights_of(lite)


@pytest.mark.parametrize("group", [-1, 8, 5])
def test_awq(group):
    lite = check_converts(filled(quantizers.AWQConfig(None, None, group_size=group)))
    assert DType.INT4 in weights_of(lite)


# --- float8 ------------------------------------------------------------------------


def test_float8():
    model = of_dense()
    model.quantize("float8")
    for layer in model.layers:
        layer.inputs_scale.assign(0.013)
        layer.kernel_scale.assign(0.001)
    lite = check_converts(model, random(1, 64), random(3, 64) * 10, random(3, 64) * 1e-4)
    assert "BITCAST" in builtins_of(lite)


@pytest.mark.parametrize("dtype", ["float8_e4m3fn", "float8_e5m2"])
def test_numbers_that_float8_does_not_hold(dtype):
    """Halves, subnormal numbers, the largest and what is beyond, signs of zeros."""
    held = np.arange(256, dtype="uint8").view(dtype).astype("float32")
    held = np.sort(held[np.isfinite(held)])
    halves = (held[1:] + held[:-1]) / 2
    largest = held[-1] * np.array([1, 1.03, 1.0357143, 1.04, 1.0714285, 1.08, 1.2, 10, np.inf, np.nan], "float32")
    numbers = np.concatenate([held, halves, halves * 1.0001, halves * 0.9999, largest, -largest, random(50)])
    lite = check_function(lambda x: ops.cast(ops.cast(x, dtype), "float32"), numbers.astype("float32"))
    with np.errstate(all="ignore"):
        expected = numbers.astype("float32").astype(dtype).astype("float32")
    found = lite.run([numbers.astype("float32")])
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(np.signbit(found[expected == 0]), np.signbit(expected[expected == 0]))


def test_einsum_dense_of_float8():
    model = keras.Sequential([keras.Input((4, 6)), layers.EinsumDense("abc,cde->abde", (None, 2, 3), bias_axes="de")])
    model.quantize("float8")
    check_converts(model)


# --- LoRA ------------------------------------------------------------------------


def with_adapters(layer, *shape, dtype="float32"):
    """A model of one layer whose factors of low rank are not zero."""
    model = keras.Sequential([keras.Input(shape, dtype=dtype), layer])
    layer.enable_lora(2, lora_alpha=3)
    for variable in layer.weights:
        if "lora" in variable.path:
            variable.assign(random(*variable.shape) * 0.1)
    return model


ADAPTED = {
    "Dense": (lambda: layers.Dense(5, bias_initializer="random_normal", activation="tanh"), (6,)),
    "EinsumDense": (lambda: layers.EinsumDense("abc,cde->abde", (None, 2, 3), bias_axes="de"), (4, 6)),
    "Embedding": (lambda: layers.Embedding(50, 6), (7,)),
}


@pytest.mark.parametrize("name", ADAPTED)
@pytest.mark.parametrize("mode", [None, "int8", "int4 rows", "int4 blocks"])
def test_adapters_of_low_rank(name, mode):
    """Merged into real weights; beside integer ones."""
    build, shape = ADAPTED[name]
    model = with_adapters(build(), *shape, dtype="int32" if name == "Embedding" else "float32")
    if mode is not None:
        adapters = {v.path: np.array(v) for v in model.weights if "lora" in v.path}
        model.quantize(config=MODES[mode])
        assert adapters.keys() == {v.path for v in model.weights if "lora" in v.path}
    inputs = [TOKENS] if name == "Embedding" else [random(3, *shape)]
    lite = check_converts(model, *inputs, rtol=1e-5)
    dtypes = weights_of(lite)
    assert dtypes == [DType.FLOAT32] if mode is None else dtypes[-1] in (DType.INT8, DType.INT4)


def test_adapters_are_merged_into_real_weights():
    lite = check_converts(with_adapters(layers.Dense(5, activation="relu"), 6))
    assert builtins_of(lite) == ["FULLY_CONNECTED"]


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (layers.Conv1D(4, 3), (8, 3)),
        (layers.Conv2D(4, 3, activation="relu"), (8, 8, 3)),
        (layers.Conv3D(4, 2), (4, 4, 4, 3)),
        (layers.ReversibleEmbedding(50, 6), (7,)),
    ],
    ids=lambda case: type(case).__name__,
)
def test_adapters_of_other_layers(layer, shape):
    is_table = isinstance(layer, layers.Embedding)
    layer = type(layer).from_config(layer.get_config())
    model = with_adapters(layer, *shape, dtype="int32" if is_table else "float32")
    check_converts(model, TOKENS if is_table else random(3, *shape), rtol=2e-5)


@pytest.mark.parametrize(
    ("wrapped", "shape"), [(layers.Dense(5), (6,)), (layers.Conv2D(4, 3), (8, 8, 3))], ids=["Dense", "Conv2D"]
)
def test_spectral_normalization(wrapped, shape):
    layer = layers.SpectralNormalization(type(wrapped).from_config(wrapped.get_config()), power_iterations=3)
    model = keras.Sequential([keras.Input(shape), layer])
    model(random(2, *shape), training=True)
    check_converts(model, random(3, *shape))


# --- files -------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["int8", "int4"])
def test_a_saved_model_converts_to_what_the_model_converts_to(mode, tmp_path):
    model = keras.Sequential([keras.Input((7,), dtype="int32"), layers.Embedding(50, 12), layers.Dense(4)])
    model.quantize(mode)
    model.save(tmp_path / "model.keras")
    lite = litesmith.convert(str(tmp_path / "model.keras"))
    np.testing.assert_array_equal(lite.run(TOKENS), litesmith.convert(model).run(TOKENS))


SIZES = {"int8": 0.26, "int4 rows": 0.14, "int4 blocks": 0.16}
"""Of the float file: a quarter, an eighth, and 12 bytes for each block of 128."""


@pytest.mark.parametrize("mode", SIZES)
def test_the_file_is_as_small_as_the_integers(mode):
    def build():
        tokens = keras.Input((7,), dtype="int32")
        x = layers.Embedding(300, 256)(tokens)
        x = layers.EinsumDense("abc,cde->abde", (None, 4, 128), bias_axes="de")(x)
        return keras.Model(tokens, layers.Dense(256)(layers.Reshape((7, 512))(x)))

    plain, model = build(), build()
    model.quantize(config={"int8": MODES["int8"], "int4 rows": MODES["int4 rows"], "int4 blocks": blocks_of(128)}[mode])
    files = [len(bytes(litesmith.convert(each, verify=False))) for each in (model, plain)]
    assert files[0] < SIZES[mode] * files[1]
