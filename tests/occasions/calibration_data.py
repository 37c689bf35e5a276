"""Calibration data that is not what a model will see (Q201-Q211)."""

from __future__ import annotations

from functools import cache

import keras
import numpy as np
from keras import layers

import litesmith
from occasions import occasion

IMAGES = 48


@cache
def model():
    """A model that knows four textures apart, behind a normalization that was trained with pixels from 0 to 1."""
    inputs = keras.Input((12, 12, 1), name="pixels")
    normalize = layers.BatchNormalization(name="normalize")
    scores = layers.Dense(4, name="scores")(layers.Flatten()(normalize(inputs)))
    made = keras.Model(inputs, layers.Softmax(name="likely")(scores))
    images, labels = textures(200)
    normalize.moving_mean.assign([images.mean()])
    normalize.moving_variance.assign([images.var()])
    rows = ((images - images.mean()) / images.std()).reshape(len(images), -1)
    targets = 20 * np.eye(4)[labels] - 5
    weights = np.linalg.lstsq(np.c_[rows, np.ones(len(rows))], targets, rcond=1e-3)[0]
    made.get_layer("scores").set_weights([weights[:-1], weights[-1]])
    return made


def textures(count, seed=0):
    """Blurred stripes and blobs from 0 to 1, of four kinds in turn, and their kinds."""
    random = np.random.default_rng(seed)
    x, y = np.meshgrid(np.linspace(0, 1, 12), np.linspace(0, 1, 12))
    labels = np.arange(count) % 4
    phases, sizes = random.uniform(0, 0.6, count), random.uniform(0.6, 1.0, count)
    kinds = [
        lambda p: np.sin(6 * (x + p / 4)),
        lambda p: np.sin(6 * (y + p / 4)),
        lambda p: np.cos(3 * (x + y + p / 4)),
        lambda p: 1 - 3 * ((x - 0.5) ** 2 + (y - 0.4 - p / 4) ** 2),
    ]
    made = np.stack([kinds[label](p) * size for label, p, size in zip(labels, phases, sizes, strict=True)])
    return (np.clip(made, -1, 1) / 2 + 0.5)[..., None].astype("float32"), labels


def told(bench, wrong, right=None, probe=None):
    """Check data that is wrong, or right."""
    right = textures(IMAGES)[0] if right is None else right
    bench.tells(litesmith.check_calibration(model(), wrong if bench.wrong else right, probe))


@occasion("Q201")
def gaps(bench):
    wrong = textures(IMAGES)[0]
    wrong[3, 4, 4] = np.nan
    told(bench, wrong)


@occasion("Q202")
def zeros(bench):
    told(bench, np.zeros((IMAGES, 12, 12, 1), "float32"))


@occasion("Q203")
def few(bench):
    told(bench, textures(12)[0])


@occasion("Q204")
def noise(bench):
    told(bench, np.random.default_rng(0).uniform(0, 1, (IMAGES, 12, 12, 1)).astype("float32"))


@occasion("Q205")
def bytes_in_place_of_units(bench):
    told(bench, textures(IMAGES)[0] * 255)


@occasion("Q206")
def inverted(bench):
    told(bench, textures(IMAGES)[0] * 0.2 + 0.8)


@occasion("Q207")
def one_class(bench):
    told(bench, textures(4 * IMAGES)[0][::4])


@occasion("Q208")
def frames_of_a_still_camera(bench):
    random = np.random.default_rng(0)
    frames = textures(4)[0][:1] + random.uniform(0, 0.02, (IMAGES, 1, 1, 1)).astype("float32")
    told(bench, np.clip(frames, 0, 1) + 1e-3 * textures(IMAGES)[0])


@occasion("Q209")
def odd_samples(bench):
    inputs = keras.Input((16,), name="measured")
    table = keras.Model(inputs, layers.Dense(1)(layers.Dense(8, activation="relu")(inputs)))
    data = np.random.default_rng(0).standard_normal((IMAGES, 16)).astype("float32")
    if bench.wrong:
        data[7] *= 300
    bench.tells(litesmith.check_calibration(table, data))


@occasion("Q210")
def a_probe_of_another_kind(bench):
    inputs = keras.Input((16,), name="measured")
    table = keras.Model(inputs, layers.Dense(1)(layers.Dense(8, activation="relu")(inputs)))
    data = np.random.default_rng(0).standard_normal((400, 16)).astype("float32")
    probe = data[:64] * (10 if bench.wrong else 1)
    bench.tells(litesmith.check_calibration(table, data[64:], probe))


@occasion("Q211")
def a_folder_that_says_nothing_of_its_scale(bench):
    image = __import__("pytest").importorskip("PIL.Image")
    for place, array in enumerate(textures(IMAGES)[0]):
        image.fromarray((array[..., 0] * 255).astype("uint8")).save(bench.folder / f"{place:02}.png")
    inputs = keras.Input((12, 12, 1))
    regression = keras.Model(inputs, layers.Dense(1)(layers.Flatten()(inputs)))
    given = str(bench.folder) if bench.wrong else litesmith.ImageFolder(bench.folder, values=(0, 255))
    bench.tells(litesmith.check_calibration(regression, given))
