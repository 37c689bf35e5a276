"""Files made to do harm are refused by one finding, before anything of them is unpacked, followed or run."""

import contextlib
import io
import json
import random
import shutil
import time
import zipfile

import h5py
import keras
import numpy as np
import pytest

from bad_files import dense_model
from litesmith import LitesmithError
from litesmith.frontends.open import open_file
from mutations import mutated
from old_files import CORPUS, FILES, OWN, label


def old(folder, change):
    """A file of Keras 2 whose HDF5 tables were changed."""
    path = folder / "model.h5"
    shutil.copy(CORPUS / "tf_keras" / "dense.h5", path)
    with h5py.File(path, "r+") as file:
        change(file)
    return path


def described(folder, change):
    """A file of Keras 2 whose description was changed."""

    def apply(file):
        config = json.loads(file.attrs["model_config"])
        change(config["config"]["layers"])
        file.attrs["model_config"] = json.dumps(config)

    return old(folder, apply)


def archived(folder, *members, compression=zipfile.ZIP_STORED):
    """A sound archive with further files in it."""
    dense_model().save(path := folder / "model.keras")
    with zipfile.ZipFile(path, "a", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def soft_link(file):
    group = file["model_weights/dense/dense"]
    del group["kernel:0"]
    group["kernel:0"] = h5py.SoftLink("/model_weights/dense_1/dense_1/kernel:0")


def external_link(file):
    group = file["model_weights/dense/dense"]
    del group["kernel:0"]
    group["kernel:0"] = h5py.ExternalLink("/etc/passwd", "/x")


def external_values(file):
    group = file["model_weights/dense/dense"]
    del group["kernel:0"]
    group.create_dataset("kernel:0", (4, 5), "float32", external=[("/etc/passwd", 0, 80)])


def virtual_values(file):
    group = file["model_weights/dense/dense"]
    del group["kernel:0"]
    layout = h5py.VirtualLayout((4, 5), "float32")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (4, 5))
    group.create_virtual_dataset("kernel:0", layout)


def bomb(file):
    zeros = np.zeros(10_000_000, "float32")
    file["model_weights"].create_dataset("zeros", data=zeros, compression="gzip")


def endless(file):
    file["model_weights"].create_dataset("large", (10**6, 10**6), "float32", chunks=(1000, 1000))


def circle(file):
    file["model_weights/again"] = file["model_weights"]


HDF5 = [soft_link, external_link, external_values, virtual_values, bomb, endless, circle]


@pytest.mark.parametrize("change", HDF5, ids=lambda change: change.__name__)
def test_hdf5_files_with_links_and_bombs_are_refused(change, tmp_path):
    path = old(tmp_path, change)
    with pytest.raises(LitesmithError, match=r"F124.*is not opened"):
        open_file(path)


def test_weights_in_an_archive_are_looked_through_too(tmp_path):
    dense_model().save(sound := tmp_path / "sound.keras")
    with zipfile.ZipFile(sound) as archive, zipfile.ZipFile(tmp_path / "model.keras", "w") as changed:
        for name in archive.namelist():
            content = archive.read(name)
            if name == "model.weights.h5":
                with h5py.File(store := io.BytesIO(content), "r+") as file:
                    file["elsewhere"] = h5py.ExternalLink("/etc/passwd", "/x")
                content = store.getvalue()
            changed.writestr(name, content)
    with pytest.raises(LitesmithError, match=r"F124.*link to another file"):
        open_file(tmp_path / "model.keras")


@pytest.mark.parametrize("name", ["../../x", "/x", "assets/../../x", "C:\\x", "..\\x"])
def test_archives_that_unpack_elsewhere_are_refused(name, tmp_path):
    with pytest.raises(LitesmithError, match=r"F124.*another folder"):
        open_file(archived(tmp_path, (name, b"x")))


def test_archives_with_links_are_refused(tmp_path):
    link = zipfile.ZipInfo("assets/link")
    link.external_attr = 0o120777 << 16
    with pytest.raises(LitesmithError, match=r"F124.*is a link"):
        open_file(archived(tmp_path, (link, b"/etc/passwd")))


def test_archives_that_hold_a_file_twice_are_refused(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate"):
        path = archived(tmp_path, ("config.json", b"{}"))
    with pytest.raises(LitesmithError, match=r"F124.*twice"):
        open_file(path)


def test_archives_that_unpack_to_far_more_are_refused(tmp_path):
    path = archived(tmp_path, ("assets/zeros", bytes(50_000_000)), compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(LitesmithError, match=r"F124.*unpacks to"):
        open_file(path)


def test_descriptions_nested_too_deeply_are_damaged(tmp_path):
    for depth in (1000, 100_000):
        text = '{"class_name": "Sequential", "config": ' + "[" * depth + "]" * depth + "}"
        with zipfile.ZipFile(path := tmp_path / "deep.keras", "w") as archive:
            archive.writestr("config.json", text)
        with pytest.raises(LitesmithError, match=r"F108.*nested too deeply"):
            open_file(path)


@pytest.mark.parametrize("units", [10**7, 10**10, 10**18])
def test_weights_that_the_file_cannot_have_are_not_made(units, tmp_path):
    def large(layers):
        layers[1]["config"]["units"] = units

    started = time.perf_counter()
    with pytest.raises(LitesmithError, match=r"F124.*the model would have weights|F110"):
        open_file(described(tmp_path, large))
    assert time.perf_counter() - started < 5


def test_memory_for_weights_is_as_before_after_an_error(tmp_path):
    def large(layers):
        layers[1]["config"]["units"] = 10**9

    with pytest.raises(LitesmithError):
        open_file(described(tmp_path, large))
    drawn = keras.layers.Dense(100)
    drawn.build((None, 100))
    assert np.asarray(drawn.kernel).std() > 0.01


def test_a_class_by_the_path_of_its_module_is_not_imported(tmp_path):
    def elsewhere(layers):
        layers[1] |= {"class_name": "Popen", "module": "subprocess", "config": {"name": "dense", "args": ["true"]}}

    with pytest.raises(LitesmithError, match=r"F106.*Popen"):
        open_file(described(tmp_path, elsewhere))


@pytest.mark.parametrize("path", random.Random(0).sample(FILES, 24), ids=label)
def test_other_bytes_are_a_finding_or_the_model(path, tmp_path):
    """Any model may come of other bytes, an error of another kind may not."""
    for seed in range(2):
        target = tmp_path / f"{seed}{path.suffix}"
        with contextlib.suppress(LitesmithError):
            open_file(mutated(path, target, seed), OWN)


def many_names_in_one(file):
    """Names that are all one long text, which is stored once: 3 GB of 3 MB."""
    file.attrs["long"] = "x" * 3_000_000
    file.attrs.create("layer_names", ["y" * 40] * 1000, dtype=h5py.string_dtype())


def test_texts_that_are_stored_once_and_read_many_times_are_refused(tmp_path):
    path = old(tmp_path, many_names_in_one)
    content = bytearray(path.read_bytes())
    heap = content.rfind(b"GCOL", 0, content.find(b"x" * 1000))
    short = [at for at in _places(content, (40).to_bytes(4, "little")) if content[at + 12 : at + 16] != bytes(4)]
    changed = 0
    for at in short:
        other = int.from_bytes(content[at + 4 : at + 12], "little")
        if content[other : other + 4] == b"GCOL":
            content[at : at + 16] = (
                (3_000_000).to_bytes(4, "little") + heap.to_bytes(8, "little") + (1).to_bytes(4, "little")
            )
            changed += 1
    assert changed == 1000
    path.write_bytes(content)
    with pytest.raises(LitesmithError, match=r"F124.*its texts are longer than the file"):
        open_file(path)


def _places(content, text):
    at = content.find(text)
    while at >= 0:
        yield at
        at = content.find(text, at + 1)
