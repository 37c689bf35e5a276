"""Images transformed, distorted and read at coordinates, compared with Keras in the runtime."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from litesmith import LitesmithError, convert
from support import check_converts, check_function

RANDOM = np.random.default_rng(6)
MODES = ["constant", "nearest", "wrap", "mirror", "reflect"]
FORMATS = ["channels_last", "channels_first"]
ROTATED = [0.9, -0.3, 1.2, 0.35, 0.8, -0.7, 0.0, 0.0]
QUARTER = [0.0, 1.0, 0.0, -1.0, 0.0, 4.0, 0.0, 0.0]
DOUBLED = [0.5, 0.0, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0]
FAR = [3.1, 0.4, -9.3, 0.2, 2.7, -6.6, 0.0, 0.0]
TRANSFORMS = [ROTATED, QUARTER, DOUBLED, FAR]


def image(*shape, dtype="float32"):
    return (RANDOM.standard_normal(shape) * 5).astype(dtype)


def points(*shape):
    """Coordinates in and around images of up to 7 elements, whole ones, halves and edges among them."""
    places = RANDOM.uniform(-9, 16, shape)
    places.reshape(-1)[::3] = RANDOM.integers(-9, 16, places.reshape(-1)[::3].shape)
    places.reshape(-1)[1::7] = RANDOM.integers(-9, 16, places.reshape(-1)[1::7].shape) + 0.5
    return places.astype("float32")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("order", [0, 1])
def test_map_coordinates(order, mode):
    for sizes in ((7,), (5, 7), (1, 4), (3, 4, 5)):
        places = points(len(sizes), 4, 9)
        check_function(
            lambda x, order=order, places=places: [
                ops.image.map_coordinates(x, places, order, mode),
                ops.image.map_coordinates(x, places, order, mode, 2.5),
            ],
            image(*sizes),
            dynamic_batch=False,
        )


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("order", [0, 1])
def test_map_coordinates_that_the_model_computes(order, mode):
    def function(x, places):
        return ops.image.map_coordinates(x, places * 0.5, order, mode, 1.0)

    check_function(function, image(5, 7), points(2, 30), dynamic_batch=False)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", ["uint8", "int32", "int8", "float16", "int64"])
def test_map_coordinates_of_other_element_types(dtype, mode):
    x = RANDOM.integers(0, 100, (5, 7)).astype(dtype)
    for order in (0, 1):
        places = points(2, 40)
        check_function(
            lambda x, order=order, places=places: ops.image.map_coordinates(x, places, order, mode, 3),
            x,
            dynamic_batch=False,
        )


def test_coordinates_may_be_integers():
    places = RANDOM.integers(-3, 9, (2, 20)).astype("int32")
    check_function(lambda x: ops.image.map_coordinates(x, places, 1, "wrap"), image(5, 7), dynamic_batch=False)


@pytest.mark.parametrize("mode", MODES)
def test_coordinates_of_dynamic_sizes(mode):
    class Shifted(layers.Layer):
        def call(self, inputs):
            (x,) = inputs
            rows, columns = ops.shape(x)
            y, x1 = ops.meshgrid(ops.arange(rows), ops.arange(columns), indexing="ij")
            places = ops.stack([ops.cast(y, "float32") * 1.3 - 2.0, ops.cast(x1, "float32") * 1.1 + 1.2])
            return ops.image.map_coordinates(x, places, 1, mode)

    model = Shifted()
    model.built = True
    spec = [keras.InputSpec(shape=(None, None), dtype="float32")]
    check_converts(model, [image(5, 7)], [image(1, 4)], [image(6, 1)], convert={"inputs": spec})


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_affine_transform(interpolation, mode):
    transforms = np.array(TRANSFORMS, "float32")
    check_function(
        lambda x: ops.image.affine_transform(x, transforms, interpolation, mode, 1.5),
        image(4, 5, 6, 3),
        dynamic_batch=False,
    )


@pytest.mark.parametrize("data_format", FORMATS)
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_affine_transforms_that_are_inputs(interpolation, data_format):
    x = image(4, 5, 6, 3) if data_format == "channels_last" else image(4, 3, 5, 6)

    def function(x, transforms):
        return ops.image.affine_transform(x, transforms, interpolation, "reflect", data_format=data_format)

    check_function(function, x, np.array(TRANSFORMS, "float32"))
    check_function(lambda x, t: function(x[0], t[0]), x, np.array(TRANSFORMS, "float32"))


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_one_affine_transform_for_any_batch(transform):
    """Keras' numpy backend wants a transform for each image."""

    def function(x):
        every = ops.tile(ops.array([transform], "float32"), (ops.shape(x)[0], 1))
        return ops.image.affine_transform(x, every)

    check_function(function, image(3, 5, 6, 2))
    x = image(1, 5, 6, 2)
    check_function(lambda x: ops.image.affine_transform(x, np.array(transform, "float32")), x, dynamic_batch=False)


def test_one_affine_transform_is_computed_once_for_all_images():
    layer = layers.Lambda(lambda x: ops.image.affine_transform(x, np.array(ROTATED, "float32")))
    lite = convert(keras.Sequential([keras.Input((5, 6, 2)), layer]), verify=False)
    x = image(3, 5, 6, 2)
    expected = [ops.image.affine_transform(x[i : i + 1], np.array(ROTATED, "float32"))[0] for i in range(3)]
    np.testing.assert_allclose(lite.run(x), np.stack(expected), atol=1e-5)
    assert "FLOOR" not in [operation.operator.builtin for operation in lite.graph.operations]


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
@pytest.mark.parametrize("dtype", ["uint8", "int32", "float16"])
def test_affine_transform_of_other_element_types(dtype, interpolation):
    """Sums whose fractions Keras cuts off are the same where float32 holds the weights exactly."""
    x = RANDOM.integers(0, 256, (4, 5, 6, 3)).astype(dtype)
    shifted, stretched = [1, 0.25, -1.5, 0.125, 0.5, 0.25, 0, 0], [0.75, 0, 2, 0, 1.5, -3, 0, 0]
    transforms = np.array([QUARTER, DOUBLED, shifted, stretched], "float32")
    check_function(lambda x, t: ops.image.affine_transform(x, t, interpolation, "wrap"), x, transforms)


def test_affine_transform_of_dynamic_sizes():
    def function(x):
        every = ops.tile(ops.array([ROTATED], "float32"), (ops.shape(x)[0], 1))
        return ops.image.affine_transform(x, every, fill_mode="mirror")

    model = keras.Sequential([keras.Input((None, None, 2)), layers.Lambda(function)])
    check_converts(model, image(1, 5, 6, 2), image(3, 9, 4, 2))


QUADRILATERALS = np.array(
    [
        [[0.1, 0.2], [0.3, 4.6], [6.1, -0.3], [5.3, 4.1]],
        [[0, 0], [0, 5], [6, 0], [6, 5]],
        [[1.2, 0.9], [-0.3, 5.4], [5.6, 0.7], [7.2, 4.6]],
    ],
    "float32",
)
CORNERS = np.array([[[0, 0], [0, 5.2], [6.1, 0], [5.9, 5]]] * 3, "float32")


@pytest.mark.parametrize("data_format", FORMATS)
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_perspective_transform(interpolation, data_format):
    x = image(3, 6, 7, 2) if data_format == "channels_last" else image(3, 2, 6, 7)

    def function(x, start, end):
        return ops.image.perspective_transform(x, start, end, interpolation, 1.5, data_format)

    # Both homographies are computed in float32, Keras' by a system of equations.
    check_function(function, x, QUADRILATERALS, CORNERS, rtol=1e-4)
    check_function(lambda x: function(x, QUADRILATERALS[0], CORNERS[0]), x, rtol=1e-4)
    check_function(lambda x: function(x[1], QUADRILATERALS[2], CORNERS[0]), x, rtol=1e-4, dynamic_batch=False)


def test_perspective_of_the_same_points_is_the_image():
    x = image(3, 6, 7, 2)
    check_function(lambda x: ops.image.perspective_transform(x, CORNERS[0], CORNERS[0]), x, rtol=1e-4)


def test_perspective_transform_of_large_images():
    scale = np.array([300 / 6, 200 / 5], "float32")
    x = np.add.outer(np.arange(200.0), np.arange(300.0)).astype("float32")[None, :, :, None]

    def function(x, start, end):
        return ops.image.perspective_transform(x, start, end)

    inner = CORNERS[:1] * 0.6 + 1.1
    # Where the edge of the image is crossed, both may be on other sides of it.
    check_function(function, x, inner * scale, CORNERS[:1] * scale, rtol=1e-4)


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_perspective_transform_of_integers(interpolation):
    x = RANDOM.integers(0, 256, (3, 6, 7, 2)).astype("uint8")
    check_function(
        lambda x, start, end: ops.image.perspective_transform(x, start, end, interpolation), x, QUADRILATERALS, CORNERS
    )


def test_perspective_transform_of_dynamic_sizes():
    """Keras finds out about shapes with an image of 82 x 82, which it pads to millions where the points vanish."""
    layer = layers.Lambda(
        lambda x: ops.image.perspective_transform(x, QUADRILATERALS[2], CORNERS[0]), output_shape=(None, None, 2)
    )
    check_converts(
        keras.Sequential([keras.Input((None, None, 2)), layer]), image(1, 5, 6, 2), image(3, 9, 4, 2), rtol=1e-4
    )


@pytest.mark.parametrize("data_format", FORMATS)
@pytest.mark.parametrize("mode", MODES)
def test_elastic_transform_of_no_strength(mode, data_format):
    check_function(
        lambda x: ops.image.elastic_transform(x, 0.0, 1.0, fill_mode=mode, seed=3, data_format=data_format),
        image(2, 5, 6, 3),
    )


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_elastic_transform_of_one_color(interpolation):
    x = np.full((2, 9, 8, 3), 0.7, "float32")
    check_function(lambda x: ops.image.elastic_transform(x, 20.0, 2.0, interpolation, "reflect", seed=3), x)


def test_elastic_transform_moves_as_far_as_that_of_keras():
    """Along a slope, what an element gained is how far it was moved."""
    x = np.broadcast_to(np.arange(64.0, dtype="float32")[:, None], (8, 64, 64))[..., None]
    model = keras.Sequential(
        [keras.Input((64, 64, 1)), layers.Lambda(lambda x: ops.image.elastic_transform(x, 10.0, 2.0, seed=3))]
    )
    lite = convert(model, verify=False)
    first, second = (lite.run(x) - x for _ in range(2))
    keras_moves = ops.image.elastic_transform(x, 10.0, 2.0, seed=3) - x
    inside = slice(16, 48)
    assert 0.8 < first[:, inside].std() / keras_moves[:, inside].std() < 1.25
    assert abs(first[:, inside].mean()) < first[:, inside].std() / 4
    assert np.abs(first - second).max() > 0.1


def test_elastic_transform_of_integers_is_refused():
    layer = layers.Lambda(lambda x: ops.image.elastic_transform(x), output_shape=(5, 6, 3), dtype="uint8")
    with pytest.raises(LitesmithError, match="cast them to float32"):
        convert(keras.Sequential([keras.Input((5, 6, 3), dtype="uint8"), layer]))
