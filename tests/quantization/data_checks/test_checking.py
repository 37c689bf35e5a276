"""Nine sets of calibration data, of which six are bad; and data of other kinds, with which nothing is wrong."""

from functools import cache

import keras
import numpy as np
import pytest
from keras import layers
from sklearn.datasets import load_diabetes, load_digits

import litesmith
from litesmith import LitesmithError
from litesmith.quantization.data_checks.scaling import is_better

RANDOM = np.random.default_rng(0)


@cache
def digits():
    """Images from 0 to 1, in an order that says nothing, and their classes."""
    images, classes = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(images))
    return (images / 16).astype("float32").reshape(-1, 8, 8, 1)[order], classes[order]


@cache
def network(normalized):
    """A network whose last layer is solved for rather than trained: 99 % of digits are right."""
    images, labels = digits()
    inputs = keras.Input((8, 8, 1), name="pixels")
    x = layers.BatchNormalization(name="normalize")(inputs) if normalized else inputs
    waves = keras.initializers.RandomNormal(stddev=0.3, seed=1)
    hidden = layers.Dense(400, activation=keras.ops.sin, name="hidden", kernel_initializer=waves)
    model = keras.Model(inputs, layers.Dense(10, name="scores")(hidden(layers.Flatten()(x))))
    if normalized:
        layer = model.get_layer("normalize")
        layer.moving_mean.assign([images.mean()])
        layer.moving_variance.assign([images.var()])
    hidden.bias.assign(np.random.default_rng(2).uniform(0, 6, 400))
    features = np.asarray(keras.Model(inputs, hidden.output)(images[:1200]))
    ridge = features.T @ features + np.eye(400)
    weights = np.linalg.solve(ridge, features.T @ (30 * np.eye(10)[labels[:1200]] - 10))
    model.get_layer("scores").set_weights([weights, np.zeros(10)])
    return model


def sets():
    images, labels = digits()
    return {
        "real, 128": images[:128],
        "real, 32": images[128:160],
        "real, 500": images[300:800],
        "uniform noise": RANDOM.uniform(0, 1, (128, 8, 8, 1)).astype("float32"),
        "normal noise": RANDOM.normal(0, 1, (128, 8, 8, 1)).astype("float32"),
        "times 255": images[:128] * 255,
        "-1 to 1": images[:128] * 2 - 1,
        "one class": images[labels == 0][:128],
        "zeros": np.zeros((128, 8, 8, 1), "float32"),
    }


CODES = {
    "real, 128": set(),
    "real, 32": set(),
    "real, 500": set(),
    "uniform noise": {"Q204"},
    "normal noise": {"Q204"},
    "times 255": {"Q205"},
    "-1 to 1": {"Q205"},
    "one class": {"Q207"},
    "zeros": {"Q202", "Q203"},
}


def codes(report):
    return {finding.code for finding in report.findings}


SCALES = ("times 255", "-1 to 1")
"""Sets that a network of random waves is as sure of as of any, so that only a normalization or a probe tells."""


@pytest.mark.parametrize("data", CODES)
@pytest.mark.parametrize(("normalized", "probed"), [(True, False), (True, True), (False, True)])
def test_each_bad_set_is_named_for_what_it_is(data, normalized, probed):
    probe = digits()[0][1300:1500] if probed else None
    report = litesmith.check_calibration(network(normalized), sets()[data], probe)
    assert codes(report) - {"Q210"} == CODES[data]
    assert ("Q210" in codes(report)) <= bool(CODES[data])
    assert bool(report) == (not CODES[data])


def test_a_file_says_nothing_of_normalizations_and_the_rest_still_tells(tmp_path):
    path = litesmith.convert(network(True), verify=False).save(tmp_path / "model.tflite")
    for data in CODES.keys() - set(SCALES):
        assert codes(litesmith.check_calibration(path, sets()[data])) == CODES[data]


TOLD = {
    "a ViT, pixels from 0 to 255": ((0.017, 2.051), (2.062, 0.025), 1 / 255, True),
    "a ViT, pixels from -1 to 1": ((0.799, 0.913), (2.062, 0.025), 1 / 2, True),
    "a ViT, as it should be": ((2.062, 0.025), (0.799, 0.913), 2, False),
    "a ViT, one class": ((0.06, 0.18), (0.49, 1.44), 2, False),
    "a CNN, pixels from 0 to 255": ((2.22, 0.0), (2.29, 0.01), 1 / 255, True),
    "a CNN, as it should be": ((2.29, 0.01), (2.22, 0.0), 255, False),
    "a CNN, noise": ((0.72, 1.24), (1.22, 0.0), 255, False),
    "a MobileNet, one class": ((0.0, 0.02), (0.25, 0.0), 255, False),
    "an EfficientNet, one class": ((0.01, 0.02), (0.57, 0.0), 255, False),
}
"""(information and entropy as it is, and in another scale; how much larger that is), measured of trained networks."""


@pytest.mark.parametrize("case", TOLD)
def test_outputs_tell_the_scale_that_is_meant(case):
    own, other, factor, expected = TOLD[case]
    assert is_better(own, other, 10, factor, says_so=False) is expected


def test_small_measures_of_a_regression_are_no_classes():
    assert not is_better((0.0, 0.69), (0.6, 0.05), 2, 255, says_so=False)
    assert is_better((0.0, 0.69), (0.6, 0.05), 2, 255, says_so=True)


def test_what_is_found_is_said_in_words_and_as_data():
    report = litesmith.check_calibration(network(True), sets()["times 255"], digits()[0][1300:1400])
    assert "is scaled 0 to 255, and 0 to 1 is meant" in str(report)
    assert "Give x / 255 in place of x" in str(report)
    assert "waste" in str(report)
    data = report.to_json()
    assert data["passed"] is False
    assert data["inputs"]["pixels"] == {"least": 0.0, "most": 255.0}
    assert data["lost_decibels"] > 6
    assert {each["cause"] for each in data["tensors"]} == {"waste"}
    assert sum(each["share"] for each in data["tensors"]) <= 1 + 1e-9


def test_what_other_ranges_cost_is_predicted_as_it_comes():
    """Data of half the contrast: the ranges cut off what the probe has beyond them, and the tensors say so."""
    images = digits()[0]
    network_of_tables = network(False)
    lite = litesmith.convert(network_of_tables, verify=False)
    report = litesmith.check_calibration(lite, images[:300] * 0.5, images[1300:1500])
    assert {each.cause for each in report.tensors[:1]} == {"clip"}
    assert report.tensors[0].saturated > 0.05
    assert report.lost > 10
    own = litesmith.check_calibration(lite, images[1300:1500], images[1300:1500])
    assert own.lost < 0.1


def test_data_that_does_not_fit_is_said_before_anything_is_converted(monkeypatch):
    monkeypatch.setattr("litesmith.quantization.data_checks.checking.converted", None)
    with pytest.raises(LitesmithError, match="there is no file and no folder at nowhere"):
        litesmith.check_calibration(network(True), "nowhere")


def test_findings_can_be_ignored_and_can_be_errors():
    noise = sets()["uniform noise"]
    assert litesmith.check_calibration(network(True), noise, ignore="Q204")
    report = litesmith.check_calibration(network(True), noise, strict=True)
    assert [finding.severity.value for finding in report.findings] == ["error"]


def tokens():
    """Words by rank, as texts have them, behind which there is nothing: and a mask of ones."""
    ids = np.minimum(RANDOM.zipf(1.3, (64, 24)), 499).astype("int32")
    ids[np.arange(24) >= RANDOM.integers(4, 24, 64)[:, None]] = 0
    words, mask = keras.Input((24,), dtype="int32", name="ids"), keras.Input((24,), dtype="int32", name="mask")
    embedded = layers.Embedding(500, 8)(words) * keras.ops.cast(mask, "float32")[..., None]
    outputs = layers.Dense(3, activation="softmax")(layers.GRU(8)(embedded))
    return keras.Model([words, mask], outputs), [ids, np.ones((64, 24), "int32")]


def audio():
    """Notes that swell and fade, of many pitches and volumes."""
    time = np.arange(2000) / 8000
    pitches, volumes = RANDOM.uniform(80, 400, (64, 1)), RANDOM.uniform(0.05, 0.8, (64, 1))
    waves = sum(np.sin(2 * np.pi * pitches * k * time + k) / k for k in range(1, 6))
    sounds = volumes * waves * np.sin(np.pi * time / time[-1]) ** 2
    inputs = keras.Input((2000, 1))
    x = layers.Conv1D(8, 16, 8, activation="relu")(inputs)
    return keras.Model(inputs, layers.Dense(4)(layers.GlobalAveragePooling1D()(x))), sounds[..., None].astype("float32")


def table():
    """People, ten numbers each, and several measures, of which the last is the largest of anyone."""
    x, y = load_diabetes(return_X_y=True)
    x = (x / x.std(0)).astype("float32")
    inputs = keras.Input((10,))
    outputs = layers.Dense(3, name="measures")
    model = keras.Model(inputs, outputs(inputs))
    solved = np.linalg.lstsq(np.c_[x, np.ones(len(x))], np.c_[x[:, 0], x[:, 2] + 5, y], rcond=None)[0]
    outputs.set_weights([solved[:-1], solved[-1]])
    return model, x


def picture_and_table():
    images = digits()[0][:100]
    picture, numbers = keras.Input((8, 8, 1), name="picture"), keras.Input((3,), name="numbers")
    joined = layers.Concatenate()([layers.Flatten()(layers.Conv2D(2, 3)(picture)), numbers])
    return keras.Model([picture, numbers], layers.Dense(2)(joined)), [images, RANDOM.gamma(2, 3, (100, 3))]


def to_pictures():
    inputs = keras.Input((8, 8, 1))
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(inputs)
    return keras.Model(inputs, layers.Conv2D(1, 3, padding="same", activation="sigmoid")(x)), digits()[0][:64]


def bytes_that_are_scaled():
    images = digits()[0]
    inputs = keras.Input((8, 8, 1))
    scaled = layers.Rescaling(1 / 255)(inputs)
    return keras.Model(inputs, network(True)(scaled)), np.round(images[:100] * 255)


KINDS = [tokens, audio, table, picture_and_table, to_pictures, bytes_that_are_scaled]


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_wrong_with_real_data_of_other_kinds(kind):
    model, data = kind()
    report = litesmith.check_calibration(model, data)
    assert codes(report) == set(), str(report)


def test_pixels_from_0_to_1_for_a_model_that_scales_bytes_itself():
    model, data = bytes_that_are_scaled()
    (finding,) = litesmith.check_calibration(model, data / 255).findings
    assert (finding.code, finding.found, finding.meant) == ("Q205", "0 to 1", "0 to 255")
    assert "x * 255" in finding.hint()


def test_a_dataset_that_is_sorted_is_looked_at_everywhere():
    images, labels = digits()
    order = np.argsort(labels[:600], kind="stable")
    by_class = [images[order[start : start + 20]] for start in range(0, 600, 20)]
    assert litesmith.check_calibration(network(True), by_class)


def test_a_model_of_a_fixed_batch_is_checked_as_well():
    lite = litesmith.convert(network(True), batch=1, verify=False)
    for data, expected in CODES.items():
        if data in ("real, 32", "uniform noise", "times 255", "one class"):
            assert codes(litesmith.check_calibration(lite, sets()[data])) == expected


def test_copies_are_counted():
    (finding,) = litesmith.check_calibration(network(True), np.repeat(digits()[0][:40], 4, axis=0)).findings
    assert (finding.code, finding.count, finding.distinct) == ("Q203", 160, 40)


def test_gaps_are_counted_and_keep_nothing_from_being_said():
    data = digits()[0][:64].copy()
    data[0, 0, 0], data[1, 1, 1] = np.nan, np.inf
    (finding,) = litesmith.check_calibration(network(True), data).findings
    assert (finding.code, finding.nans, finding.infinities) == ("Q201", 1, 1)
