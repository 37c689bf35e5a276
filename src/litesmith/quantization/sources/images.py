"""A folder of images as calibration data."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from litesmith.ir.dims import Dim
from litesmith.ir.graph import Value
from litesmith.lite_face import Face, shown
from litesmith.quantization.sources.errors import UnfitData

Array = np.ndarray[Any, Any]
ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
MODES = {1: "L", 3: "RGB", 4: "RGBA"}
"""What Pillow calls images of so many channels."""
BATCH = 32


@dataclass(frozen=True)
class ImageFolder:
    """Images of a folder and the folders in it, resized to what a model takes.

    Attributes:
        path: of the folder.
        values: what black and white become: `(0, 255)`, as models take that begin with a Rescaling layer, `(0, 1)` or
            `(-1, 1)`.
        preprocess: what is done to a batch of float32 numbers afterwards, such as `preprocess_input` of one of Keras'
            applications.
        most: how many images are read at most; of more, some of everywhere in the folder.
    """

    path: str | Path
    values: tuple[float, float] = (0.0, 255.0)
    preprocess: Callable[[Array], Any] | None = None
    most: int = 500

    def check(self) -> None:
        """Raise for what is no folder of images, and where Pillow is missing.

        Raises:
            UnfitData: with the cure.
        """
        if not Path(self.path).is_dir():
            raise UnfitData(f"there is no folder at {self.path}")
        if not self._files():
            raise UnfitData(f"there is no image in {self.path} ({', '.join(ENDINGS)})")
        if importlib.util.find_spec("PIL") is None:
            raise UnfitData('images are read with Pillow, which is not installed: pip install "litesmith[images]"')

    def batches(self, face: Face) -> Iterator[Array]:
        """Batches of the images, of the type of the model's one input.

        Raises:
            UnfitData: for a model that does not take an image.
        """
        value = _image_input(face)
        size, channels, is_first = _form(value)
        count = BATCH if size is not None else 1
        batch: list[Array] = []
        unread: list[str] = []
        for file in self._files():
            image = _read(file, size, channels)
            if image is None:
                unread.append(file.name)
                continue
            batch.append(image)
            if len(batch) == count:
                yield self._prepared(batch, value, is_first)
                batch = []
        if batch:
            yield self._prepared(batch, value, is_first)
        if len(unread) == len(self._files()):
            raise UnfitData(f"none of the images in {self.path} can be read, such as {unread[0]}")

    def _files(self) -> list[Path]:
        found = sorted(
            path
            for path in Path(self.path).rglob("*")
            if path.suffix.lower() in ENDINGS and path.is_file() and not path.name.startswith(".")
        )
        if len(found) <= self.most:
            return found
        return [found[place * len(found) // self.most] for place in range(self.most)]

    def _prepared(self, images: list[Array], value: Value, is_first: bool) -> Array:
        """Bytes as the model takes them: as they are for one of integers."""
        batch = np.stack(images)
        if value.type.dtype.is_float:
            low, high = self.values
            batch = (low + batch.astype(np.float32) * ((high - low) / 255)).astype(np.float32)
            if self.preprocess is not None:
                batch = np.asarray(self.preprocess(batch))
        return batch.transpose(0, 3, 1, 2) if is_first else batch


def _image_input(face: Face) -> Value:
    if len(face.input_names) != 1:
        raise UnfitData(f"a folder of images is for a model of one input, and this one has {len(face.input_names)}")
    (value,) = face.graph.inputs
    sizes = value.type.shape
    if len(sizes) != 4 or not any(size in MODES for size in (sizes[1], sizes[3])):
        raise UnfitData(f"the model's input {face.input_names[0]!r} is {shown(value.type)}, which is no image")
    return value


def _form(value: Value) -> tuple[tuple[int, int] | None, int, bool]:
    """(height and width, None where these are open; channels; whether channels stand first)."""
    _, first, second, last = value.type.shape
    is_first = last not in MODES
    height, width, channels = (second, last, first) if is_first else (first, second, last)
    if isinstance(height, Dim) or isinstance(width, Dim):
        return None, int(channels), is_first
    return (int(height), int(width)), int(channels), is_first


def _read(file: Path, size: tuple[int, int] | None, channels: int) -> Array | None:
    """An image upright and resized, as bytes of (height, width, channels); None where it cannot be read."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(file) as opened:
            image = ImageOps.exif_transpose(opened).convert(MODES[channels])
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        return None
    if size is not None:
        image = image.resize((size[1], size[0]), Image.Resampling.BILINEAR)
    return np.asarray(image, np.uint8).reshape(image.height, image.width, channels)
