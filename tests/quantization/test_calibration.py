"""Calibration data in the forms that people keep it in, and what is wrong with it before anything runs."""

import collections

import keras
import numpy as np
import pytest
from keras import layers

import litesmith
from litesmith import LitesmithError
from litesmith.quantization.calibration import batches
from litesmith.quantization.sources.errors import UnfitData

IMAGES = np.random.default_rng(0).uniform(0, 1, (12, 8, 6, 3)).astype("float32")
LABELS = np.arange(12)


def face_of(*shapes, dtypes=(), batch=None):
    inputs = [
        keras.Input(shape, name=name, dtype=dtype)
        for shape, name, dtype in zip(shapes, "abc", dtypes or ["float32"] * len(shapes), strict=False)
    ]
    sums = [keras.ops.sum(keras.ops.cast(x, "float32"), axis=tuple(range(1, len(x.shape)))) for x in inputs]
    model = keras.Model(inputs if len(inputs) > 1 else inputs[0], sum(sums[1:], start=sums[0]))
    return litesmith.convert(model, batch=batch, verify=False).face()


@pytest.fixture(scope="module")
def image():
    return face_of((8, 6, 3))


@pytest.fixture(scope="module")
def pair():
    return face_of((4,), (2, 3))


def taken(given, face):
    """The rows that are given to each input."""
    return [np.concatenate(arrays) for arrays in zip(*batches(given, face), strict=True)]


class Batches(keras.utils.PyDataset):
    def __init__(self, count=3):
        super().__init__()
        self.count = count

    @property
    def num_batches(self):
        return self.count

    def __getitem__(self, number):
        return IMAGES[4 * number : 4 * number + 4], LABELS[4 * number : 4 * number + 4]


def by_torch():
    from torch import from_numpy
    from torch.utils.data import DataLoader, TensorDataset

    return DataLoader(TensorDataset(from_numpy(IMAGES), from_numpy(LABELS)), batch_size=5)


def by_tensorflow():
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices((IMAGES, LABELS)).batch(5)


def by_grain():
    grain = pytest.importorskip("grain")
    return grain.MapDataset.source(list(zip(IMAGES, LABELS, strict=True))).batch(5)


FORMS = {
    "an array": lambda: IMAGES,
    "nested lists": lambda: IMAGES.tolist(),
    "inputs and labels": lambda: (IMAGES, LABELS),
    "by name": lambda: {"a": IMAGES},
    "by name, with labels": lambda: {"a": IMAGES, "labels": LABELS},
    "under another name": lambda: {"image": IMAGES},
    "a list of batches": lambda: [IMAGES[:5], IMAGES[5:]],
    "a list of lists": lambda: [[IMAGES[:5]], [IMAGES[5:]]],
    "a list of inputs and labels": lambda: [(IMAGES[:5], LABELS[:5]), (IMAGES[5:], LABELS[5:])],
    "a list of dictionaries": lambda: [{"a": IMAGES[:5]}, {"a": IMAGES[5:]}],
    "a generator function": lambda: lambda: (IMAGES[i : i + 1] for i in range(12)),
    "a generator": lambda: (IMAGES[i : i + 3] for i in range(0, 12, 3)),
    "a function that returns an array": lambda: lambda: IMAGES,
    "float64": lambda: IMAGES.astype("float64"),
    "a PyDataset": Batches,
    "torch": by_torch,
    "tf.data": by_tensorflow,
    "grain": by_grain,
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_inputs_and_leaves_labels_out(form, image):
    (found,) = taken(FORMS[form](), image)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, IMAGES)


def test_files_give_their_arrays(tmp_path, image, pair):
    np.save(tmp_path / "one.npy", IMAGES)
    np.savez(tmp_path / "any.npz", whatever=IMAGES)
    np.savez(tmp_path / "labelled.npz", a=IMAGES, y=LABELS)
    for name in ("one.npy", "any.npz", "labelled.npz"):
        (found,) = taken(str(tmp_path / name), image)
        np.testing.assert_array_equal(found, IMAGES)
    np.savez(tmp_path / "two.npz", b=np.ones((5, 2, 3)), a=np.zeros((5, 4)))
    assert [each.shape for each in taken(tmp_path / "two.npz", pair)] == [(5, 4), (5, 2, 3)]


A, B = np.arange(20.0).reshape(5, 4), np.arange(30.0).reshape(5, 2, 3)
PAIRS = {
    "nested": [A, B],
    "a tuple": (A, B),
    "by name": {"b": B, "a": A},
    "batches": [(A[:2], B[:2]), (A[2:], B[2:])],
    "as many batches as inputs": [[A[:2], B[:2]], [A[2:], B[2:]]],
    "with labels": [((A, B), np.arange(5))],
    "with labels beside": [(A, B, np.arange(5))],
    "named, with labels": [({"a": A, "b": B}, np.arange(5))],
}


@pytest.mark.parametrize("form", PAIRS)
def test_several_inputs_come_in_their_order(form, pair):
    first, second = taken(PAIRS[form], pair)
    np.testing.assert_array_equal(first, A)
    np.testing.assert_array_equal(second, B)


def test_inputs_that_are_nested_otherwise_keep_their_nesting():
    nested = {"left": keras.Input((3,)), "right": [keras.Input((2,)), keras.Input((1,))]}
    outputs = layers.Concatenate()([nested["left"], *nested["right"]])
    face = litesmith.convert(keras.Model(nested, outputs), verify=False).face()
    given = {"left": np.ones((4, 3)), "right": [np.ones((4, 2)) * 2, np.ones((4, 1)) * 3]}
    for form in (given, [given], [(given, np.arange(4))], lambda: iter([given])):
        assert [each.shape for each in taken(form, face)] == [(4, 3), (4, 2), (4, 1)]


def test_a_fixed_batch_takes_any_number_in_parts():
    face = face_of((8, 6, 3), batch=5)
    assert [each.shape[0] for (each,) in batches(IMAGES, face)] == [5, 5]
    with pytest.raises(UnfitData, match=r"'a' is \(5, 8, 6, 3\), the data \(3, 8, 6, 3\)"):
        list(batches(IMAGES[:3], face))


def first_of(*arrays):
    return collections.namedtuple("Batch", "y x")(*arrays)


SHAPES = {
    "channels first": (IMAGES.transpose(0, 3, 1, 2), r"channels stand first.*transpose\(0, 2, 3, 1\)"),
    "no batch": (IMAGES[0], r"'a' is \(None, 8, 6, 3\), the data \(8, 6, 3\): the axis of the batch is missing"),
    "a list of samples": (list(IMAGES), "the axis of the batch is missing"),
    "a batch of batches": (IMAGES[None], "an axis too many in front"),
    "an axis too many": (IMAGES[..., None], "an axis too many behind"),
    "swapped": (IMAGES.transpose(0, 2, 1, 3), "height and width are swapped"),
    "another size": (np.zeros((4, 16, 16, 3)), "resize them to 8 x 6"),
    "other channels": (np.zeros((4, 8, 6, 1)), "images of 1 channels for a model of 3"),
    "nothing": (np.zeros((0, 8, 9, 3)), "there are no elements in it"),
    "labels in front": ([(LABELS, IMAGES)], r"labels stand in front of the inputs: the first array is \(12,\)"),
    "names of labels in front": ([first_of(LABELS, IMAGES)], "labels stand in front"),
    "text": (np.full((2, 8, 6, 3), "x"), "takes float32, and the data is text"),
    "objects": (np.full((2, 8, 6, 3), {}, object), "holds objects, not numbers"),
    "complex": (IMAGES + 1j, "complex"),
    "an empty list": ([], "not one batch"),
    "an empty batch": ([[]], "a batch is empty"),
    "later": ([IMAGES, IMAGES[:, :4]], r"batch 1: input 'a' is \(None, 8, 6, 3\), the data \(12, 4, 6, 3\)"),
    "other names": ({"x": IMAGES, "y": LABELS}, "called 'x', 'y', and the model's inputs 'a'; 'x' would fit"),
}


@pytest.mark.parametrize("case", SHAPES)
def test_what_does_not_fit_is_said_with_its_cause(case, image):
    given, said = SHAPES[case]
    with pytest.raises(UnfitData, match=said):
        list(batches(given, image))


def test_causes_in_other_models():
    grey, flat, first = face_of((8, 6, 1)), face_of((48,)), face_of((3, 8, 6))
    with pytest.raises(UnfitData, match=r"axis of channels is missing; array\[..., None\]"):
        list(batches(IMAGES[..., 0], grey))
    with pytest.raises(UnfitData, match=r"as many numbers in another shape; array.reshape\(-1, 8, 6, 1\)"):
        list(batches(IMAGES[..., 0].reshape(12, 48), grey))
    with pytest.raises(UnfitData, match=r"channels stand last.*transpose\(0, 3, 1, 2\)"):
        list(batches(IMAGES, first))
    assert taken(IMAGES[..., 0].reshape(12, 48), flat)[0].shape == (12, 48)


def test_inputs_in_another_order_are_told_apart_by_shape_and_type(pair):
    with pytest.raises(UnfitData, match="another order: they fit as 'b', 'a', and the model takes 'a', 'b'"):
        list(batches([B, A], pair))
    tokens = face_of((4,), (4,), dtypes=("int32", "float32"))
    with pytest.raises(UnfitData, match="another order: they fit as 'b', 'a'"):
        list(batches([A + 0.5, A.astype(int)], tokens))
    with pytest.raises(UnfitData, match="called 'x', 'y', 'z'"):
        list(batches({"x": A, "y": B, "z": A}, pair))


def test_numbers_that_are_not_whole_do_not_become_tokens():
    tokens = face_of((4,), dtypes=("int32",))
    assert taken(A, tokens)[0].dtype == np.int32
    with pytest.raises(UnfitData, match="takes int32, and the data is float64 that are not whole numbers"):
        list(batches(A + 0.5, tokens))


def endless():
    import tensorflow as tf

    return tf.data.Dataset.from_tensors(IMAGES).repeat()


def used_up():
    generator = iter([IMAGES])
    next(generator)
    return generator


def fails():
    yield IMAGES
    raise OSError("the disk is full")


SOURCES = {
    "a number": (lambda: 3, "not a int"),
    "a class": (lambda: Batches, "it is the class Batches; give an object of it"),
    "a model": (lambda: keras.Sequential([keras.Input((2,)), layers.Dense(1)]), "it is a model"),
    "arguments": (lambda: lambda path, size=3: [], r"takes arguments \(path\)"),
    "no yield": (lambda: lambda: None, "returns nothing; a generator function says `yield`"),
    "a function of functions": (lambda: lambda: lambda: [IMAGES], "returns a function"),
    "no end": (endless, "there is no end to this"),
    "a PyDataset without end": (lambda: Batches(None), "there is no end to this Batches"),
    "used up": (used_up, "it was used up before: give the function that makes it"),
    "failing": (lambda: fails, "batch 1: the data fails: OSError, the disk is full"),
    "no file": (lambda: "nowhere.npz", "there is no file and no folder at nowhere.npz"),
    "another file": (lambda: __file__, "no .npz or .npy file, and no folder of images"),
    "a map-style dataset": (lambda: by_torch().dataset, "the axis of the batch is missing"),
}


@pytest.mark.parametrize("case", SOURCES)
def test_what_is_no_data_is_said(case, image):
    given, said = SOURCES[case]
    with pytest.raises(UnfitData, match=said):
        list(batches(given(), image))


def test_damaged_files_are_said(tmp_path, image):
    (tmp_path / "a.npz").write_bytes(b"PK\x03\x04 and no more")
    (tmp_path / "b.npy").write_bytes(b"\x93NUMPY\x01\x00")
    for name in ("a.npz", "b.npy"):
        with pytest.raises(UnfitData, match=f"{name} cannot be read"):
            list(batches(tmp_path / name, image))


def test_quantizing_says_it_as_a_finding():
    model = keras.Sequential([keras.Input((8, 6, 3)), layers.Conv2D(2, 3)])
    with pytest.raises(LitesmithError, match="channels stand first") as raised:
        litesmith.convert(model, quantize="int8", calibration=IMAGES.transpose(0, 3, 1, 2), verify=False)
    assert [finding.code for finding in raised.value.diagnostics] == ["Q103"]


def endless():
    rng = np.random.default_rng(0)
    while True:
        yield rng.standard_normal((64, 4)).astype("float32")


class Endless:
    def __iter__(self):
        return endless()


NET = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
USES = {
    "convert": lambda data: litesmith.convert(NET, verify=False, quantize="int8", calibration=data),
    "quantize": lambda data: litesmith.quantize(litesmith.convert(NET, verify=False), "int8", data),
    "check_calibration": lambda data: litesmith.check_calibration(NET, data),
    "search": lambda data: litesmith.search(
        litesmith.convert(NET, verify=False), data, litesmith.Budget(min_decibels=1, max_evaluations=1)
    ),
    "analyze": lambda data: litesmith.analyze(NET, litesmith.quantize(litesmith.convert(NET), "int8", data()), data),
    "qat": lambda data: litesmith.qat(NET, quantize="int8", calibration=data),
}


@pytest.mark.parametrize("use", USES)
def test_data_without_an_end_is_taken_in_part_wherever_it_goes(use):
    with pytest.warns(UserWarning, match="Q107: .* the first 1024 samples were taken"):
        USES[use](endless)


def test_weights_are_rounded_with_no_more_data_than_is_looked_at(recwarn):
    litesmith.convert(NET, verify=False, quantize="weights_int8", calibration=endless)
    assert not [each for each in recwarn if "Q107" in str(each.message)]


@pytest.mark.parametrize("given", [endless(), Endless(), lambda: Endless()], ids=["generator", "object", "function"])
def test_what_has_no_length_is_not_asked_for_more_than_is_taken(given):
    with pytest.warns(UserWarning, match="Q107"):
        assert sum(len(array) for (array,) in batches(given, face_of((4,)))) == 1024


def test_what_has_a_length_or_an_end_is_taken_whole(recwarn):
    rows = np.ones((250, 4), np.float32)
    for given in ([rows] * 5, lambda: np.ones((1250, 4), np.float32), [np.ones((1250, 4), np.float32)]):
        assert sum(len(array) for (array,) in batches(given, face_of((4,)))) == 1250
    assert sum(len(array) for (array,) in batches((rows for _ in range(4)), face_of((4,)))) == 1000
    assert not [each for each in recwarn if "Q107" in str(each.message)]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (np.zeros((0, 4), np.float32), "no sample for input 'a'"),
        ([np.ones((8, 4), np.float32), np.full((8, 4), np.nan, np.float32)], "batch 1: .*NaN or infinite throughout"),
        ({}, "no array in it; the model's inputs are 'a'"),
    ],
    ids=["no samples", "no numbers", "no arrays"],
)
def test_data_that_shows_nothing_is_refused(given, said):
    with pytest.raises(UnfitData, match=said):
        list(batches(given, face_of((4,))))
