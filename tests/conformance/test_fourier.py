import keras
import numpy as np
import pytest
from keras import layers, ops

import litesmith
from support import builtins_of, check_converts, check_function, check_layer

RANDOM = np.random.default_rng(0)
RTOL = 2e-6  # of the largest output: what float32 sums of this length leave
WINDOWS = ["hann", "hamming", None, np.linspace(0.1, 1, 10).astype("float32")]


def pair(*shape):
    return tuple(RANDOM.standard_normal((2, *shape)).astype("float32"))


def check_sizes(function, *inputs, rtol=5e-6):
    """`check_converts` of a function whose input's sizes are all open, on inputs of several sizes."""

    class Body(layers.Layer):
        def call(self, tensors):
            return function(*tensors)

    model = Body()
    model.built = True
    shapes = [keras.InputSpec(shape=(None,) * array.ndim, dtype="float32") for array in inputs[0]]
    return check_converts(model, *map(list, inputs), convert={"inputs": shapes}, rtol=rtol)


# One product; two stages; three; a convolution; a stage and a convolution.
LENGTHS = [1, 2, 3, 8, 31, 70, 100, 127, 131, 256, 1018, 1024, 4913]


@pytest.mark.parametrize("length", LENGTHS)
def test_fft(length):
    check_function(lambda a, b: ops.fft((a, b)), *pair(3, length), rtol=RTOL)


@pytest.mark.parametrize("length", [1, 9, 131, 400])
@pytest.mark.parametrize("fft_length", [None, 8, 17, 300])
def test_rfft_cuts_or_continues_with_zeros(length, fft_length):
    check_function(lambda x: ops.rfft(x, fft_length), pair(3, length)[0], rtol=RTOL)


@pytest.mark.parametrize("length", [2, 9, 132, 201])
@pytest.mark.parametrize("fft_length", [None, 8, 17, 300, 401])
def test_irfft_cuts_or_continues_with_zeros(length, fft_length):
    check_function(lambda a, b: ops.irfft((a, b), fft_length), *pair(3, length), rtol=RTOL)


@pytest.mark.parametrize("length", [16, 131, 400])
def test_irfft_is_the_inverse_of_rfft(length):
    x = pair(2, length)[0]
    lite = check_function(lambda x: ops.irfft(ops.rfft(x), length), x, rtol=RTOL)
    np.testing.assert_allclose(lite.run([x]), x, atol=4e-6)


@pytest.mark.parametrize("shape", [(3, 4, 5), (2, 3, 100, 7), (3, 6, 150), (3, 131, 8)])
@pytest.mark.parametrize("function", [ops.fft2, ops.ifft2])
def test_fft2(function, shape):
    check_function(lambda a, b: function((a, b)), *pair(*shape), rtol=RTOL)


def test_a_signal_without_a_batch():
    check_function(lambda a, b: ops.fft((a, b)), *pair(12), dynamic_batch=False, rtol=RTOL)


@pytest.mark.parametrize("magnitude", [1e30, 1e-30, 0.0])
def test_magnitudes(magnitude):
    x = pair(3, 200)[0] * np.float32(magnitude)
    check_function(ops.rfft, x, rtol=RTOL, atol=0)


def test_a_pulse_is_exact():
    check_function(ops.rfft, np.eye(16, dtype="float32")[:5] * 3, rtol=1e-7, atol=0)


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_other_floats(dtype):
    check_function(lambda x: ops.rfft(ops.cast(x, dtype)), pair(3, 24)[0])


def test_integers_are_refused_as_backends_differ():
    with pytest.raises(litesmith.LitesmithError, match="cast them to floats"):
        check_function(ops.rfft, np.ones((2, 8), "int32"))


def test_long_transforms_have_small_constants():
    lite = check_function(lambda a, b: ops.fft((a, b)), *pair(1, 4096), rtol=RTOL)
    assert len(bytes(lite)) < 200_000
    assert "TRANSPOSE" not in builtins_of(lite)


SIGNALS = [6, 7, 65]


def test_fft_of_a_length_known_when_the_model_runs():
    check_sizes(lambda a, b: ops.fft((a, b)), *(pair(2, size) for size in SIGNALS))


@pytest.mark.parametrize("fft_length", [None, 32])
def test_rfft_of_a_length_known_when_the_model_runs(fft_length):
    check_sizes(lambda x: ops.rfft(x, fft_length), *(pair(2, size)[:1] for size in SIGNALS))


@pytest.mark.parametrize("fft_length", [None, 32])
def test_irfft_of_a_length_known_when_the_model_runs(fft_length):
    check_sizes(lambda a, b: ops.irfft((a, b), fft_length), *(pair(2, size) for size in SIGNALS))


@pytest.mark.parametrize("function", [ops.fft2, ops.ifft2])
def test_fft2_of_sizes_known_when_the_model_runs(function):
    check_sizes(lambda a, b: function((a, b)), pair(2, 6, 5), pair(1, 7, 9))


@pytest.mark.parametrize(("length", "stride"), [(3, 2), (10, 10), (16, 4), (7, 9), (1, 1), (99, 3), (100, 5)])
def test_extract_sequences(length, stride):
    check_function(lambda x: ops.extract_sequences(x, length, stride), pair(3, 2, 100)[0])


@pytest.mark.parametrize("dtype", ["int32", "float16", "uint8"])
def test_extract_sequences_of_other_types(dtype):
    check_function(lambda x: ops.extract_sequences(ops.cast(x, dtype), 4, 2), abs(pair(3, 20)[0]) * 9)


@pytest.mark.parametrize(("length", "stride"), [(5, 3), (6, 3), (4, 4)])
def test_extract_sequences_of_a_length_known_when_the_model_runs(length, stride):
    check_sizes(lambda x: ops.extract_sequences(x, length, stride), *(pair(2, size)[:1] for size in (6, 7, 50)))


@pytest.mark.parametrize("window", WINDOWS, ids=["hann", "hamming", "none", "array"])
@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize(("stride", "fft_length"), [(5, 10), (3, 16), (10, 13)])
def test_stft(window, center, stride, fft_length):
    x = pair(3, 2, 60)[0]
    check_function(lambda x: ops.stft(x, 10, stride, fft_length, window, center), x, rtol=RTOL)


@pytest.mark.parametrize("window", WINDOWS, ids=["hann", "hamming", "none", "array"])
@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize(("stride", "fft_length"), [(5, 10), (3, 16)])
@pytest.mark.parametrize("length", [None, 30])
def test_istft(window, center, stride, fft_length, length):
    x = pair(2, 9, fft_length // 2 + 1)
    # Where windows hardly overlap, what is left of a sum is divided by a small number.
    check_function(lambda a, b: ops.istft((a, b), 10, stride, fft_length, length, window, center), *x, rtol=1e-5)


def test_istft_gives_the_signal_back():
    x = pair(2, 96)[0]
    lite = check_function(lambda x: ops.istft(ops.stft(x, 16, 4, 16), 16, 4, 16, length=96), x, rtol=RTOL)
    np.testing.assert_allclose(lite.run([x]), x, atol=2e-6)


@pytest.mark.parametrize("center", [True, False])
def test_stft_of_a_length_known_when_the_model_runs(center):
    check_sizes(lambda x: ops.stft(x, 10, 4, 16, "hann", center), *(pair(2, size)[:1] for size in (16, 17, 50)))


@pytest.mark.parametrize("window", ["hann", None])
@pytest.mark.parametrize("length", [None, 30])
def test_istft_of_a_length_known_when_the_model_runs(window, length):
    inputs = [pair(2, count, 9) for count in (9, 10, 17)]
    shapes = [keras.InputSpec(shape=(None, None, 9), dtype="float32")] * 2

    class Body(layers.Layer):
        def call(self, tensors):
            return ops.istft(tensors, 10, 4, 16, length, window)

    model = Body()
    model.built = True
    check_converts(model, *map(list, inputs), convert={"inputs": shapes}, rtol=1e-5)


@pytest.mark.parametrize("mode", ["log", "magnitude", "psd", "real", "imag", "angle", "stft"])
@pytest.mark.parametrize("expand_dims", [False, True])
def test_stft_spectrogram(mode, expand_dims):
    layer = layers.STFTSpectrogram(mode, frame_length=16, frame_step=6, fft_length=20, expand_dims=expand_dims)
    check_layer(layer, (100, 2), rtol=1e-4 if mode == "angle" else 1e-5)


@pytest.mark.parametrize("options", [
    {"padding": "same"},
    {"window": None, "scaling": None},
    {"window": "hamming", "periodic": True, "scaling": "spectrum"},
    {"data_format": "channels_first", "padding": "same", "expand_dims": True},
    {"data_format": "channels_first"},
    {"frame_step": 16, "fft_length": 64},
], ids=str)  # fmt: skip
def test_stft_spectrogram_options(options):
    shape = (2, 100) if "data_format" in options else (100, 2)
    check_layer(layers.STFTSpectrogram("magnitude", frame_length=16, **options), shape)


def test_stft_spectrogram_of_an_open_length():
    inputs = keras.Input((None, 1))
    model = keras.Model(inputs, layers.STFTSpectrogram("log", frame_length=16, frame_step=8)(inputs))
    check_converts(model, *(RANDOM.standard_normal((2, size, 1)).astype("float32") for size in (16, 40, 101)))


@pytest.mark.parametrize("options", [
    {},
    {"power_to_db": False, "mag_exp": 1.0},
    {"sequence_length": 50, "window": "hamming"},
    {"window": None, "min_freq": 100.0, "max_freq": 4000.0, "num_mel_bins": 20},
    {"top_db": 40.0, "ref_power": 2.0, "min_power": 1e-5},
    {"fft_length": 100},
], ids=str)  # fmt: skip
def test_mel_spectrogram(options):
    layer = layers.MelSpectrogram(**{"fft_length": 64, "sequence_stride": 32, "num_mel_bins": 16} | options)
    check_layer(layer, (400,))


def test_mel_spectrogram_of_its_usual_length():
    check_layer(layers.MelSpectrogram(), (4000,))


def test_mel_spectrogram_of_an_open_length():
    inputs = keras.Input((None,))
    layer = layers.MelSpectrogram(fft_length=64, sequence_stride=32, num_mel_bins=16)
    model = keras.Model(inputs, layer(inputs))
    check_converts(model, *(RANDOM.standard_normal((2, size)).astype("float32") for size in (64, 100, 401)))
