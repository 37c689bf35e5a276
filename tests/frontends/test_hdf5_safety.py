"""Arrays are read right from the file where they lie in it as numpy has them, and by the library elsewhere."""

import h5py
import numpy as np
import pytest
from h5py import h5t

from litesmith import LitesmithError
from litesmith.frontends.hdf5_safety import opened_hdf5

NUMBERS = np.arange(24).reshape(2, 3, 4)
RIGHT_FROM_THE_FILE = {
    "float32": NUMBERS.astype("<f4"),
    "float64": NUMBERS.astype("<f8"),
    "float16": NUMBERS.astype("<f2"),
    "other order of bytes": NUMBERS.astype(">f4"),
    "int8": NUMBERS.astype("i1"),
    "uint16": NUMBERS.astype("<u2"),
    "one": np.float32(3.5),
}
BY_THE_LIBRARY = {
    "bool": NUMBERS > 3,
    "complex": NUMBERS * 1j,
    "none": np.zeros((0, 3), "float32"),
}


def stored(folder, **arrays):
    with h5py.File(path := folder / "arrays.h5", "w") as file:
        for name, array in arrays.items():
            file.create_dataset(f"group/{name}", data=array)
    return path


@pytest.mark.parametrize("name", [*RIGHT_FROM_THE_FILE, *BY_THE_LIBRARY])
def test_elements(name, tmp_path):
    expected = {**RIGHT_FROM_THE_FILE, **BY_THE_LIBRARY}[name]
    with opened_hdf5(stored(tmp_path, x=expected)) as store:
        array = store.arrays["group"]["x"]
        assert (array.place is not None) == (name in RIGHT_FROM_THE_FILE)
        found = array.read()
        np.testing.assert_array_equal(found, store.file["group/x"][()])
    np.testing.assert_array_equal(found, expected)
    assert (found.dtype, found.shape) == (np.asarray(expected).dtype, np.shape(expected))
    assert found.flags.writeable


def test_packed_arrays(tmp_path):
    with h5py.File(path := tmp_path / "packed.h5", "w") as file:
        file.create_dataset("x", data=NUMBERS, compression="gzip", chunks=(1, 3, 2))
    with opened_hdf5(path) as store:
        assert store.arrays[""]["x"].place is None
        np.testing.assert_array_equal(store.arrays[""]["x"].read(), NUMBERS)


def test_numbers_that_numpy_does_not_have_are_not_taken_for_its_own(tmp_path):
    """Of 32 bits with a wider exponent, which numpy reads as other ones."""
    kind = h5t.IEEE_F32LE.copy()
    kind.set_fields(31, 21, 10, 0, 21)
    kind.set_ebias(511)
    with h5py.File(path := tmp_path / "odd.h5", "w") as file:
        made = h5py.h5d.create(file.id, b"x", kind, h5py.h5s.create_simple((3,)))
        made.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([1.5, -2, 0.25]))
    with opened_hdf5(path) as store:
        array = store.arrays[""]["x"]
        assert array.place is None
        np.testing.assert_array_equal(array.read(), [1.5, -2, 0.25])


def test_a_file_that_ends_before_its_arrays(tmp_path):
    path = stored(tmp_path, x=np.zeros(1000, "float32"))
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(LitesmithError) as caught, opened_hdf5(path):
        pass
    assert caught.value.diagnostics[0].code == "F108"


def test_states_of_training_are_not_looked_through(tmp_path):
    with h5py.File(path := tmp_path / "trained.h5", "w") as file:
        file["optimizer_weights/elsewhere"] = h5py.ExternalLink("/etc/passwd", "/x")
        file["model_weights/x"] = NUMBERS
    with opened_hdf5(path) as store:
        assert store.arrays.keys() == {"model_weights"}
