"""Layers that prepare images, in inference, compared with Keras in the runtime."""

import inspect

import keras
import numpy as np
import pytest
from keras import layers

from support import check_converts, check_function

RANDOM = np.random.default_rng(8)
FORMATS = ["channels_last", "channels_first"]


def photo(*shape, dtype="float32"):
    return RANDOM.integers(0, 256, shape).astype(dtype)


def check_sizes(layer, *inputs, shape=(None, None, 3)):
    check_converts(keras.Sequential([keras.Input(shape, dtype=inputs[0].dtype.name), layer]), *inputs)


RESIZINGS = [
    {"interpolation": "bilinear", "antialias": True},
    {"interpolation": "nearest"},
    {"interpolation": "bicubic"},
    {"interpolation": "lanczos3", "antialias": True},
    {"interpolation": "lanczos5"},
    {"crop_to_aspect_ratio": True},
    {"pad_to_aspect_ratio": True, "fill_value": 7.0},
    {"pad_to_aspect_ratio": True, "interpolation": "bicubic"},
]


@pytest.mark.parametrize("data_format", FORMATS)
@pytest.mark.parametrize("options", RESIZINGS, ids=str)
def test_resizing(options, data_format):
    x = photo(2, 6, 9, 3) if data_format == "channels_last" else photo(2, 3, 6, 9)
    for size in ((4, 5), (12, 7)):
        layer = layers.Resizing(*size, data_format=data_format, **options)
        check_function(layer, x)
        check_function(lambda x, layer=layer: layer(x[0]), x, dynamic_batch=False)


@pytest.mark.parametrize("options", RESIZINGS[:6], ids=str)
def test_resizing_of_dynamic_sizes(options):
    check_sizes(layers.Resizing(5, 7, **options), photo(1, 6, 9, 3), photo(3, 10, 4, 3))


@pytest.mark.parametrize("option", ["", "crop_to_aspect_ratio"])
def test_resizing_of_bytes_of_dynamic_sizes(option):
    """By powers of two, whose weights float32 holds exactly, so that halves are rounded to the same side."""
    layer = layers.Resizing(8, 8, **({option: True} if option else {}))
    check_sizes(layer, photo(1, 4, 8, 3, dtype="uint8"), photo(3, 16, 4, 3, dtype="uint8"))


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic"])
def test_resizing_to_bytes(interpolation):
    layer = layers.Resizing(8, 12, interpolation, dtype="uint8")
    lite = check_function(layer, photo(2, 4, 6, 3, dtype="uint8"))
    assert lite.graph.outputs[0].type.dtype.value == "uint8"


@pytest.mark.parametrize("data_format", FORMATS)
@pytest.mark.parametrize("size", [(4, 5), (5, 4), (6, 9), (8, 3), (9, 12)])
def test_center_crop(size, data_format):
    x = photo(2, 6, 9, 3) if data_format == "channels_last" else photo(2, 3, 6, 9)
    layer = layers.CenterCrop(*size, data_format=data_format)
    check_function(layer, x)
    check_function(layer, x.astype("uint8"))
    check_function(lambda x: layer(x[0]), x, dynamic_batch=False)


@pytest.mark.parametrize("data_format", FORMATS)
@pytest.mark.parametrize("value_range", [(0, 255), (0, 1), (-1, 1)])
def test_auto_contrast(value_range, data_format):
    x = RANDOM.uniform(*value_range, (2, 6, 7, 3)).astype("float32")
    x[0, :, :, 1] = value_range[1]  # a channel without contrast stays
    layer = layers.AutoContrast(value_range, data_format=data_format)
    check_function(layer, x if data_format == "channels_last" else np.moveaxis(x, -1, 1))


def test_auto_contrast_of_bytes_and_of_dynamic_sizes():
    check_function(layers.AutoContrast(), photo(2, 6, 7, 3, dtype="uint8"))
    check_sizes(layers.AutoContrast(), photo(1, 6, 9, 3), photo(3, 10, 4, 3))


@pytest.mark.parametrize("data_format", FORMATS)
@pytest.mark.parametrize("options", [{"tile_grid_size": (2, 3)}, {"clip_limit": 0.0, "value_range": (0, 1)}])
def test_adaptive_histogram_equalization(options, data_format):
    x = photo(2, 8, 9, 2) / np.float32(options.get("value_range", (0, 1))[1] * 255 if "value_range" in options else 1)
    layer = layers.ContrastLimitedAdaptiveHistogramEqualization(data_format=data_format, **options)
    check_function(layer, x if data_format == "channels_last" else np.moveaxis(x, -1, 1))


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("options", [{}, {"value_range": (0, 1)}, {"bins": 64, "data_format": "channels_first"}])
def test_equalization(options, training):
    layer = layers.Equalization(**options)
    check_function(lambda x: layer(x, training=training), photo(2, 6, 7, 3))


WITHOUT_FACTORS = ("AugMix", "CutMix", "MixUp", "RandAugment", "RandomColorJitter", "RandomFlip", "RandomShear")
FACTORS = {
    **{name: {} for name in WITHOUT_FACTORS},
    "RandomCrop": {"height": 4, "width": 5},
    "RandomTranslation": {"height_factor": 0.2, "width_factor": 0.2},
    "RandomZoom": {"height_factor": 0.2},
    "RandomPosterization": {"factor": 4},
    "Solarization": {"addition_factor": 0.3, "threshold_factor": 0.5},
}
AUGMENTATIONS = sorted(
    name
    for name, layer in inspect.getmembers(layers, inspect.isclass)
    if (name.startswith("Random") or name in FACTORS)
)


@pytest.mark.parametrize("dtype", ["float32", "uint8"])
@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_augmentations_do_in_inference_what_they_do_in_keras(name, dtype):
    layer = getattr(layers, name)(**FACTORS.get(name, {"factor": 0.2}))
    check_function(lambda x: layer(x, training=False), photo(2, 6, 7, 3, dtype=dtype))


def test_a_pipeline_in_front_of_a_model():
    pipeline = layers.Pipeline(
        [
            layers.RandomFlip(),
            layers.Resizing(12, 12, crop_to_aspect_ratio=True),
            layers.RandomRotation(0.2),
            layers.CenterCrop(8, 8),
            layers.RandomGrayscale(0.5),
            layers.Rescaling(1 / 127.5, -1),
        ]
    )
    check_sizes(pipeline, photo(1, 16, 19, 3, dtype="uint8"), photo(3, 13, 14, 3, dtype="uint8"))


def boxes(count=5):
    return {
        "boxes": RANDOM.uniform(0, 6, (2, count, 4)).astype("float32"),
        "labels": RANDOM.integers(0, 9, (2, count)).astype("int32"),
    }


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.MaxNumBoundingBoxes(3, bounding_box_format="xyxy"),
        lambda: layers.MaxNumBoundingBoxes(8, bounding_box_format="xyxy"),
        lambda: layers.Resizing(12, 8, bounding_box_format="xyxy"),
        lambda: layers.CenterCrop(4, 5, bounding_box_format="xyxy"),
        lambda: layers.RandomFlip(bounding_box_format="xyxy"),
    ],
)
def test_images_with_bounding_boxes(make):
    given = {"images": photo(2, 6, 7, 3), "bounding_boxes": boxes()}
    layer = make()

    class Body(keras.Model):
        def call(self, data):
            return layer(data, training=False)

    model = Body()
    model.built = True
    spec = keras.tree.map_structure(lambda a: keras.InputSpec(shape=(None, *a.shape[1:]), dtype=a.dtype.name), given)
    check_converts(model, given, convert={"inputs": spec})
