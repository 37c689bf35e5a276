import keras
import numpy as np
import pytest
from keras import layers, ops

from support import builtins_of, check_converts, check_function, check_layer

RANDOM = np.random.default_rng(0)
X = RANDOM.standard_normal((3, 5, 6)).astype("float32")

KEYS = {
    "integer": np.s_[:, 2],
    "negative integer": np.s_[:, -1],
    "integer of the batch": np.s_[0],
    "integers": np.s_[0, 1, -2],
    "slice": np.s_[:, 1:4],
    "slice without an end": np.s_[:, 2:],
    "slice without a begin": np.s_[:, :-2],
    "slice counted from the end": np.s_[:, -3:-1],
    "slice with steps": np.s_[:, 1::2, ::3],
    "slice beyond the end": np.s_[:, 3:100],
    "slice of the batch": np.s_[1:],
    "slice of the batch's end": np.s_[-1:],
    "slice backward": np.s_[:, ::-1],
    "slice backward with bounds": np.s_[:, 4:0:-2],
    "slice backward to the first": np.s_[:, 2::-1],
    "slice backward of the batch": np.s_[::-1],
    "slice backward of the batch with bounds": np.s_[-2::-1],
    "new axis": np.s_[:, None],
    "new axes": np.s_[None, :, None, ..., None],
    "ellipsis": np.s_[..., 0],
    "ellipsis in the middle": np.s_[0, ..., 1:3],
    "new axis behind an integer": np.s_[:, 1, None],
    "everything": np.s_[:],
    "list": np.s_[:, [0, 2, -1]],
    "array": np.s_[:, :, np.array([5, 0])],
    "array of two axes": np.s_[:, np.array([[0, 1], [2, -1]])],
    "arrays of neighbours": np.s_[:, np.array([0, 1, -1]), np.array([3, -2, 5])],
    "arrays that broadcast": np.s_[:, np.array([[0], [1]]), np.array([3, 2, 5])],
    "arrays apart": np.s_[np.array([0, 2]), :, np.array([3, -2])],
    "array and integer": np.s_[1, :, np.array([3, -2])],
    "array and integer as neighbours": np.s_[:, 1, np.array([3, -2])],
    "array and new axis": np.s_[:, np.array([3, -2]), None],
    "arrays apart by a new axis": np.s_[:, np.array([3, -2]), None, np.array([0, 1])],
    "array and slice": np.s_[:, np.array([3, -2]), 1:3],
    "mask": np.s_[:, np.array([True, False, True, True, False])],
    "mask of two axes": np.s_[:, RANDOM.random((5, 6)) < 0.5],
    "number of numpy": np.s_[:, np.int64(2)],
}


@pytest.mark.parametrize("name", KEYS)
def test_key(name):
    check_function(lambda x: x[KEYS[name]], X)


@pytest.mark.parametrize("dtype", ["float16", "int32", "int64", "uint8", "bool"])
@pytest.mark.parametrize("name", ["slice with steps", "integers", "arrays of neighbours", "slice backward"])
def test_key_for_every_element_type(name, dtype):
    check_function(lambda x: ops.cast(x, dtype)[KEYS[name]], abs(X) * 5)


@pytest.mark.skipif(keras.backend.backend() != "numpy", reason="tensors of other backends refuse such keys")
def test_key_that_is_a_list_is_a_tuple_for_an_operation_and_indices_for_a_tensor():
    assert check_function(lambda x: x[[0, 1]], X, dynamic_batch=False).graph.outputs[0].type.shape == (2, 5, 6)
    inputs = keras.Input((5, 6))
    check_converts(keras.Model(inputs, ops.get_item(inputs, [0, 1])), X)


TIMES = [RANDOM.standard_normal((batch, time, 4)).astype("float32") for batch, time in [(2, 3), (1, 8)]]
ONE_STEP = RANDOM.standard_normal((2, 1, 4)).astype("float32")


def check_for_times(function, *inputs):
    model = keras.Sequential([keras.Input((None, 4)), layers.Lambda(function)])
    return check_converts(model, *(inputs or TIMES))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x[:, -1],
        lambda x: x[:, 0],
        lambda x: x[:, 1:],
        lambda x: x[:, 2:],
        lambda x: x[:, :-1],
        lambda x: x[:, :2],
        lambda x: x[:, :5],
        lambda x: x[:, -2:],
        lambda x: x[:, ::-1],
        lambda x: x[:, ::2],
        lambda x: x[:, 1::2],
        lambda x: x[:, -2::-1],
        lambda x: x[:, :0:-1],
        lambda x: x[:, 1:-1],
        lambda x: x[:, None, 1:],
        lambda x: x[:, ops.shape(x)[1] // 2],
        lambda x: x[:, : ops.shape(x)[1] // 2],
        lambda x: x[:, ops.shape(x)[1] // 2 :],
        lambda x: x[:, -(ops.shape(x)[1] // 2) :],
        lambda x: x[:, :: ops.shape(x)[2]],
        lambda x: x[:, np.array([0, -1])],
        lambda x: x[:, np.array([0, -1]), np.array([1, 2])],
        lambda x: x[:, 1:] - x[:, :-1],
        lambda x: ops.concatenate([x[:, :1], x[:, 1:]], 1) + x,
        lambda x: ops.take(x, -1, axis=1),
        lambda x: ops.take(x, ops.arange(ops.shape(x)[1]) // 2, axis=1),
        lambda x: x[ops.arange(ops.shape(x)[0]), -1],
    ],
)
def test_axis_of_dynamic_size(function):
    check_for_times(function)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: ops.concatenate([x[:, 1:], x], 1),
        lambda x: ops.concatenate([x, x[:, 2:]], 1),
        lambda x: ops.concatenate([x[:, :-1], x], 1),
        lambda x: ops.concatenate([x, x[:, :0:-1]], 1),
        lambda x: ops.concatenate([x[:, : ops.shape(x)[1] // 2], x], 1),
        lambda x: ops.concatenate([x[:, 1:] + 1.0, x], 1),
        lambda x: ops.concatenate([x[:, -2:2, None], x[:, :, None]], 1),
        lambda x: ops.concatenate([x[:, 1:-3:-1, None], x[:, :, None]], 1),
    ],
)
def test_slice_that_is_empty_for_one_size(function):
    check_for_times(function, ONE_STEP, *TIMES)


def test_weight_is_cut_to_a_dynamic_size():
    class Positions(layers.Layer):
        def build(self, shape):
            self.table = self.add_weight(shape=(16, shape[-1]), initializer="normal")

        def call(self, x):
            return x + self.table[: ops.shape(x)[1]]

        def compute_output_shape(self, shape):
            return shape

    check_converts(keras.Sequential([keras.Input((None, 4)), Positions()]), *TIMES)


def test_integer_that_the_model_computes():
    check_function(lambda x, i: x[:, i[0]], X[:2], np.array([-2, 0], "int32"), dynamic_batch=False)


@pytest.mark.parametrize("key", [np.s_[:, :0], np.s_[:, 3:3], np.s_[:, 3:1], np.s_[:0]])
def test_slice_of_nothing(key):
    check_function(lambda x: ops.concatenate([x[key], x], axis=0 if isinstance(key, slice) else 1), X)


def test_slice_in_steps_that_the_model_computes_is_a_finding():
    with pytest.raises(Exception, match=r"K102.*ops\.arange"):
        check_function(lambda x, i: x[:, :: i[0]], X[:2], np.array([2, 0], "int32"), dynamic_batch=False)


INDICES = np.array([[0, -1, 4], [3, 2, -5], [1, 1, 1]], "int32")


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
@pytest.mark.parametrize("indices", [2, -1, [0, -2], [[1, 0], [2, 2]]])
def test_take_of_constant_indices(axis, indices):
    check_function(lambda x: ops.take(x, indices, axis=axis), X, dynamic_batch=False)


@pytest.mark.parametrize("axis", [1, -1])
def test_take_of_computed_indices(axis):
    check_function(lambda x, i: ops.take(x, i, axis=axis), X, INDICES)


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "int64", "float32"])
def test_take_for_every_type_of_index(dtype):
    check_function(lambda x, i: ops.take(x, ops.cast(ops.cast(i, dtype), "int32"), axis=1), X, abs(INDICES) % 5)


@pytest.mark.parametrize("dtype", ["float16", "int32", "int64", "uint8", "bool"])
def test_take_for_every_element_type(dtype):
    check_function(lambda x, i: ops.take(ops.cast(x, dtype), i, axis=1), abs(X) * 5, INDICES)


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_take_along_axis(axis):
    shape = [3, 5, 6]
    shape[axis] = 2
    indices = RANDOM.integers(-3, 3, shape).astype("int32")
    check_function(lambda x, i: ops.take_along_axis(x, i, axis=axis), X, indices, dynamic_batch=axis != 0)


def test_take_along_axis_broadcasts():
    indices = RANDOM.integers(-3, 3, (3, 1, 2)).astype("int32")
    check_function(lambda x, i: ops.take_along_axis(x, i, axis=2), X, indices)


def test_take_along_axis_of_everything():
    indices = RANDOM.integers(0, 90, 7).astype("int32")
    check_function(lambda x, i: ops.take_along_axis(x, i), X, indices, dynamic_batch=False)


@pytest.mark.parametrize("vectors", [1, 3])
def test_take_along_axis_with_argmax(vectors):
    check_function(lambda x: ops.take_along_axis(x, ops.argsort(x, -1)[..., :vectors], axis=-1), X)


def test_indices_known_to_be_non_negative_are_taken_as_they_are():
    lite = check_function(lambda x: ops.take(x, ops.argsort(x[0, 0])[:2], axis=2), X)
    assert "SELECT_V2" not in builtins_of(lite)


CONDITION = X > 0


@pytest.mark.parametrize(
    "function",
    [
        lambda c, x: ops.where(c, x, 0.0),
        lambda c, x: ops.where(c, x, -x),
        lambda c, x: ops.where(c, 1, 2),
        lambda c, x: ops.where(c, 1.5, ops.cast(x, "int32")),
        lambda c, x: ops.where(c[:, :1], x[..., :1], x[:, :1]),
        lambda c, x: ops.where(x, x, 7.0),
        lambda c, x: ops.where(ops.cast(c, "int32"), x, ops.cast(x * 3, "int32")),
        lambda c, x: ops.select([c, x < -1], [x, x * 2], 3.0),
    ],
)
def test_where(function):
    check_function(function, CONDITION, X)


def test_slice():
    check_function(lambda x: ops.slice(x, (0, 1, 2), (ops.shape(x)[0], 3, 4)), X)


def test_slice_at_computed_places():
    def window(x, i):
        return ops.slice(x, (0, i[0], ops.shape(x)[2] - 4), (2, 3, 4))

    check_function(window, X[:2], np.array([1, 0], "int32"), dynamic_batch=False)


def test_slice_at_a_vector():
    check_function(lambda x, i: ops.slice(x, i, (2, 3, 4)), X, np.array([0, 2, 1], "int32"), dynamic_batch=False)


def test_slice_update():
    check_function(lambda x, y: ops.slice_update(ops.copy(x), (0, 1, 2), y), X, -X[:, :3, :4])


def test_slice_update_at_computed_places():
    def write(x, y, i):
        return ops.slice_update(ops.copy(x), (0, i[0], i[1]), y)

    check_function(write, X, -X[:, :3, :4], np.array([1, 0, 0], "int32"), dynamic_batch=False)


PLACES = np.array([[0, 1], [2, 3], [-1, -2], [0, 1]], "int32")
UPDATES = RANDOM.standard_normal((4, 6)).astype("float32")


@pytest.mark.parametrize("dtype", ["float32", "int32", "float16", "uint8"])
def test_scatter(dtype):
    check_function(
        lambda i, u: ops.scatter(i, ops.cast(u, dtype), (3, 5, 6)), PLACES, abs(UPDATES * 5), dynamic_batch=False
    )


def test_scatter_at_constant_places():
    check_function(lambda u: ops.scatter(PLACES, u, (3, 5, 6)), UPDATES, dynamic_batch=False)


def test_scatter_into_a_dynamic_shape():
    def last(x, u):
        return ops.scatter(PLACES[:1], u[:1], (ops.shape(x)[0], 5, 6))

    check_function(last, X, np.broadcast_to(UPDATES[:1], (3, 6)))


@pytest.mark.parametrize("reduction", [None, "add", "max", "min", "mul"])
@pytest.mark.parametrize("constant", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "int32", "uint8", "float16"])
def test_scatter_update(reduction, constant, dtype):
    def write(x, i, u):
        places = PLACES if constant else i
        return ops.scatter_update(ops.copy(ops.cast(x, dtype)), places, ops.cast(u, dtype), reduction)

    # Keras rounds to float16 after each of several updates, LiteRT once.
    rtol = 1e-3 if dtype == "float16" else 1e-5
    check_function(write, abs(X) * 3, PLACES, abs(UPDATES) * 3, dynamic_batch=False, rtol=rtol)


def test_scatter_update_of_single_elements():
    places = np.array([[0, 1, 1], [2, 3, 0]], "int32")
    check_function(lambda x, u: ops.scatter_update(ops.copy(x), places, u), X, UPDATES[0, :2], dynamic_batch=False)


@pytest.mark.parametrize("mask_zero", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_embedding_layer(mask_zero, dtype):
    ids = [RANDOM.integers(0, 9, (batch, 4)).astype(dtype) for batch in (1, 3)]
    model = keras.Sequential([keras.Input((4,), dtype=dtype), layers.Embedding(9, 3, mask_zero=mask_zero)])
    check_converts(model, *ids)


def test_embedding_layer_of_a_dynamic_length():
    ids = [RANDOM.integers(0, 9, shape).astype("int32") for shape in ((1, 4), (3, 7))]
    check_converts(keras.Sequential([keras.Input((None,), dtype="int32"), layers.Embedding(9, 3)]), *ids)


def test_embedding_layer_counts_negative_ids_from_the_end():
    ids = np.array([[-1, 0, -9]], "int32")
    check_converts(keras.Sequential([keras.Input((3,), dtype="int32"), layers.Embedding(9, 3)]), ids)


def test_lambda_with_slices():
    check_layer(layers.Lambda(lambda x: x[:, 1:, ::2] * 2), (4, 6))
