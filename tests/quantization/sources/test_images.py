"""A folder of images: read, turned, resized and scaled as a model takes them, or what is missing said with its cure."""

import importlib.util

import keras
import numpy as np
import pytest
from keras import layers

import litesmith
from litesmith import ImageFolder
from litesmith.quantization.calibration import batches
from litesmith.quantization.sources.errors import UnfitData

HAS_PILLOW = importlib.util.find_spec("PIL") is not None
needs_pillow = pytest.mark.skipif(not HAS_PILLOW, reason="Pillow reads the images")


def face_of(*shape, dtype="float32"):
    inputs = keras.Input(shape, dtype=dtype)
    return litesmith.convert(keras.Model(inputs, keras.ops.cast(inputs, "float32") * 2), verify=False).face()


def image_file(path, array, **options):
    from PIL import Image

    path.parent.mkdir(exist_ok=True, parents=True)
    Image.fromarray(array).save(path, **options)


@pytest.fixture
def folder(tmp_path):
    """Two folders of a class each: half red, half black, 40 wide and 20 high."""
    red = np.zeros((20, 40, 3), "uint8")
    red[:, 20:, 0] = 255
    for name in ("a/1.png", "a/2.PNG", "b/3.bmp"):
        image_file(tmp_path / name, red)
    image_file(tmp_path / "b/.hidden.png", red)
    (tmp_path / "b/notes.txt").write_text("not an image")
    return tmp_path


@needs_pillow
def test_images_of_all_folders_are_resized_and_numbers_from_0_to_255(folder):
    ((batch,),) = batches(str(folder), face_of(10, 20, 3))
    assert (batch.shape, batch.dtype) == ((3, 10, 20, 3), np.float32)
    assert (batch[:, :, :8] == 0).all()
    assert (batch[:, :, 12:, 0] == 255).all()
    assert (batch[..., 1:] == 0).all()


@needs_pillow
@pytest.mark.parametrize("values", [(0, 1), (-1, 1), (0, 255)])
def test_black_and_white_become_what_is_said(folder, values):
    ((batch,),) = batches(ImageFolder(folder, values), face_of(10, 20, 3))
    assert (batch.min(), batch.max()) == values


@needs_pillow
def test_preparation_of_an_application_runs_on_what_it_takes(folder):
    prepare = keras.applications.mobilenet_v2.preprocess_input
    ((batch,),) = batches(ImageFolder(folder, preprocess=prepare), face_of(10, 20, 3))
    assert (batch.min(), batch.max()) == (-1, 1)


@needs_pillow
@pytest.mark.parametrize(
    ("shape", "dtype"), [((10, 20, 1), "float32"), ((3, 10, 20), "float32"), ((10, 20, 3), "uint8")]
)
def test_other_forms_of_images(folder, shape, dtype):
    ((batch,),) = batches(folder, face_of(*shape, dtype=dtype))
    assert (batch.shape, batch.dtype) == ((3, *shape), np.dtype(dtype))
    assert batch.max() == (76 if 1 in shape else 255)  # the light of red


@needs_pillow
def test_images_for_open_sizes_keep_their_own(folder):
    found = list(batches(folder, face_of(None, None, 3)))
    assert [batch.shape for (batch,) in found] == [(1, 20, 40, 3)] * 3


@needs_pillow
def test_of_many_images_some_of_everywhere_are_read(tmp_path):
    for place in range(12):
        image_file(tmp_path / f"{place:02}.png", np.full((4, 4, 3), place, "uint8"))
    ((batch,),) = batches(ImageFolder(tmp_path, most=4), face_of(4, 4, 3))
    assert batch[:, 0, 0, 0].tolist() == [0, 3, 6, 9]


@needs_pillow
def test_a_photo_is_turned_upright(tmp_path):
    from PIL import Image

    turned = Image.Exif()
    turned[0x0112] = 6  # the camera was held upright: turn it to the right
    array = np.zeros((8, 16, 3), "uint8")
    array[:, :8] = 255
    image_file(tmp_path / "photo.png", array, exif=turned)
    ((batch,),) = batches(tmp_path, face_of(16, 8, 3))
    assert (batch[0, :8] == 255).all()
    assert (batch[0, 8:] == 0).all()


@needs_pillow
def test_images_that_cannot_be_read_are_left_out_unless_all_are(folder, tmp_path_factory):
    (folder / "a/1.png").write_bytes(b"no image")
    assert sum(len(batch) for (batch,) in batches(folder, face_of(10, 20, 3))) == 2
    alone = tmp_path_factory.mktemp("alone")
    (alone / "x.jpg").write_bytes(b"no image")
    with pytest.raises(UnfitData, match=r"none of the images .* can be read, such as x.jpg"):
        list(batches(alone, face_of(10, 20, 3)))


@needs_pillow
def test_a_model_that_takes_no_image_is_said(folder):
    with pytest.raises(UnfitData, match=r"is \(None, 4\), which is no image"):
        list(batches(folder, face_of(4)))
    left, right = keras.Input((4, 4, 3)), keras.Input((4, 4, 3))
    face = litesmith.convert(keras.Model([left, right], left + right), verify=False).face()
    with pytest.raises(UnfitData, match="a model of one input, and this one has 2"):
        list(batches(folder, face))


@needs_pillow
@pytest.mark.filterwarnings("ignore::litesmith.diagnostics.base.FindingWarning")
def test_a_model_is_quantized_on_a_folder(folder):
    model = keras.Sequential([keras.Input((10, 20, 3)), layers.Rescaling(1 / 255), layers.Conv2D(2, 3)])
    lite = litesmith.convert(model, quantize="int8", calibration=str(folder), verify=False)
    assert lite.model.losses[0].decibels > 20


def test_what_is_missing_is_said_with_its_cure(tmp_path, monkeypatch):
    with pytest.raises(UnfitData, match=r"there is no image in .*\.jpg"):
        list(batches(tmp_path, face_of(4, 4, 3)))
    with pytest.raises(UnfitData, match="there is no folder at"):
        ImageFolder(tmp_path / "nowhere").check()
    (tmp_path / "a.png").write_bytes(b"")
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "PIL" else find(name))
    with pytest.raises(UnfitData, match=r'pip install "litesmith\[images\]"'):
        list(batches(tmp_path, face_of(4, 4, 3)))
