"""Layers that compute spectra stay real where no rule of a recipe says otherwise."""

import keras
import numpy as np
import pytest
from keras import layers

import litesmith
from litesmith import Recipe
from litesmith.diagnostics.base import FindingWarning
from litesmith.quantization.forms import INTEGER_MODES, WEIGHT_MODES
from litesmith.quantization.measuring import decibels

TIMES = np.arange(2000) / 8000
SOUNDS = np.stack(
    [
        np.sin(2 * np.pi * pitch * TIMES) + 0.1 * np.sin(7 * pitch * TIMES + pitch)
        for pitch in np.linspace(100, 2000, 64)
    ]
).astype("float32")
SPECTRA = {
    "mel": lambda: layers.MelSpectrogram(
        sampling_rate=8000, fft_length=256, sequence_stride=128, num_mel_bins=24, name="sound"
    ),
    "stft": lambda: layers.STFTSpectrogram(mode="log", frame_length=256, frame_step=128, fft_length=256, name="sound"),
}


@pytest.fixture(params=SPECTRA)
def real(request):
    keras.utils.set_random_seed(0)
    sound = keras.Input((2000,))
    x = sound if request.param == "mel" else layers.Reshape((2000, 1))(sound)
    x = SPECTRA[request.param]()(x)
    x = layers.Conv1D(32, 3, activation="relu")(x)
    x = layers.GlobalAveragePooling1D()(x)
    return litesmith.convert(keras.Model(sound, layers.Dense(4)(x)), verify=False)


@pytest.mark.parametrize("mode", INTEGER_MODES)
def test_what_reads_a_spectrum_becomes_integers_and_the_spectrum_does_not(real, mode):
    with pytest.warns(FindingWarning, match="Q101.*computes a spectrum, of which integers hold too little"):
        made = litesmith.quantize(real, mode, SOUNDS, ignore=("Q146", "Q207"))
    selected = litesmith.quantize(
        real, Recipe(mode).use(mode, "sound"), SOUNDS, ignore=("Q101", "Q102", "Q146", "Q207")
    )
    expected = real.run(SOUNDS)
    assert decibels(expected, made.run(SOUNDS)) > decibels(expected, selected.run(SOUNDS)) + 6


@pytest.mark.parametrize("mode", WEIGHT_MODES)
def test_transforms_are_no_weights(real, mode):
    made = litesmith.quantize(real, mode)
    of_sound = [each for each in made.quantization.stored_weights if each.layer == "sound"]
    assert of_sound
    assert {each.form for each in of_sound} == {"float32"}
    assert {each.form for each in made.quantization.stored_weights} > {"float32"}
