"""Write docs/coverage.md: which layers and operations of Keras convert.

Run `python tools/coverage_page.py`, or with `--check` to see whether the page is up to date. Layers are converted, run
and compared with Keras in a typical use. Operations convert where they have a lowering; those that Keras makes
of others are tried.
"""

from __future__ import annotations

import os

os.environ["KERAS_BACKEND"] = "numpy"

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import keras
from keras import layers, ops

import litesmith
import pages
from litesmith.frontends.keras.registry import lowered_names
from typical_layers import FAMILIES, NOT_CONVERTED, Use

TITLE = """\
# Coverage

What converts today, of the public names of Keras {version}. This page is written by `tools/coverage_page.py`: it
converts each layer in a typical use, runs it in the LiteRT runtime and compares the result with Keras. In other
configurations a layer may give a finding ([limits](limits.md)); a conversion reports all of a model's findings at once.

- Layers: {layers} of {all_layers} convert.
- Operations: {operations} of {all_operations} convert.

Your own layers convert when they are made of what converts, or when you say how they are expressed with
[`@litesmith.lowers`](python.md#your-own-layers).
"""

COMPOSED: dict[str, tuple[tuple[int, ...], Callable[[Any], Any]]] = {
    "bartlett": ((8,), lambda x: x * ops.bartlett(8)),
    "blackman": ((8,), lambda x: x * ops.blackman(8)),
    "geomspace": ((8,), lambda x: x * ops.geomspace(1.0, 100.0, 8)),
    "hamming": ((8,), lambda x: x * ops.hamming(8)),
    "hanning": ((8,), lambda x: x * ops.hanning(8)),
    "image.crop_images": ((8, 8, 3), lambda x: ops.image.crop_images(x, 1, 1, 1, 1)),
    "image.extract_patches": ((8, 8, 3), lambda x: ops.image.extract_patches(x, 4)),
    "image.extract_patches_3d": ((8, 8, 8, 2), lambda x: ops.image.extract_patches_3d(x, 4)),
    "image.pad_images": ((8, 8, 3), lambda x: ops.image.pad_images(x, 1, 1, 1, 1)),
    "image.ssim": ((16, 16, 3), lambda x: ops.image.ssim(x, x * 0.5, 1.0)),
    "kaiser": ((8,), lambda x: x * ops.kaiser(8, 3.0)),
    "layer_normalization": ((8,), ops.layer_normalization),
    "linalg.eig": ((3, 3), lambda x: ops.real(ops.eig(ops.clip(ops.nan_to_num(x), -1.0, 1.0))[0])),
    "logspace": ((8,), lambda x: x * ops.logspace(0.0, 2.0, 8)),
    "normalize": ((8,), ops.normalize),
    "polar": ((8,), lambda x: ops.view_as_real(ops.polar(ops.abs(x), x))),
    "rearrange": ((4, 6), lambda x: ops.rearrange(x, "b (h k) c -> b h k c", k=2)),
    "rms_normalization": ((8,), ops.rms_normalization),
    "saturate_cast": ((8,), lambda x: ops.saturate_cast(x * 300.0, "uint8")),
    "view_as_complex": ((8, 2), lambda x: ops.abs(ops.view_as_complex(x))),
    "view_as_real": ((8, 2), lambda x: ops.view_as_real(ops.view_as_complex(x) * 1j)),
}
"""Operations that Keras makes of others or of numbers alone, and those that always give a finding.

The shape of an example without the batch, and a use. To find the shape of a result, Keras' numpy backend computes
with what happens to be in memory, which `eig` may refuse.
"""

NO_OPERATIONS = frozenset({"convert_to_numpy", "custom_gradient", "dtype", "is_tensor", "jvp", "linalg.jvp"})
"""Functions in `keras.ops` that compute no part of a model."""

Row = tuple[str, bool, str]
"""(name, whether it converts, note)"""


def page() -> str:
    """The page: layers by family, operations by the alphabet."""
    families = {family: list(map(layer_row, uses)) for family, uses in FAMILIES.items()}
    families["Not converted"] = [(name, False, note) for name, note in sorted(NOT_CONVERTED.items())]
    operations = list(operation_rows())
    all_layers = [row for rows in families.values() for row in rows]
    title = TITLE.format(
        version=keras.version(),
        layers=sum(converts for _, converts, _ in all_layers),
        all_layers=len(all_layers),
        operations=sum(converts for _, converts, _ in operations),
        all_operations=len(operations),
    )
    sections = [f"### {family}\n\n{_table('Layer', rows)}" for family, rows in families.items()]
    return "\n".join(
        [title, "## Layers\n", *sections, "## Operations of `keras.ops`\n", _table("Operation", operations)]
    )


def layer_row(use: Use) -> Row:
    """Whether a layer converts; its other names, or what stands in the way."""
    also = other_names(getattr(layers, use.name), use.name, vars(layers))
    note = f"also called {', '.join(also)}" if also else ""
    reason = what_stands_in_the_way(use.model())
    return use.name, reason is None, reason or note


def operation_rows() -> Iterator[Row]:
    """Every public operation once, with its other names."""
    public = dict(_public("image.", ops.image)) | dict(_public("linalg.", ops.linalg)) | dict(_public("", ops))
    seen: set[int] = set()
    for name, function in public.items():
        if id(function) in seen or name in NO_OPERATIONS:
            continue
        seen.add(id(function))
        also = other_names(function, name, public)
        reason = None
        if name in COMPOSED or not {f"ops.{other}" for other in (name, *also)} & lowered_names():
            reason = _tried(name)
        yield name, reason is None, reason or (f"also called {', '.join(also)}" if also else "")


def what_stands_in_the_way(model: Any, **options: Any) -> str | None:
    """The findings of a conversion that compares with Keras; None where it succeeds."""
    try:
        litesmith.convert(model, **options)
    except litesmith.LitesmithError as error:
        return " ".join(dict.fromkeys(f"{finding.code}: {finding.message()}" for finding in error.diagnostics))
    return None


def other_names(member: Any, name: str, room: dict[str, Any]) -> list[str]:
    """The names besides `name` under which `member` stands in a module."""
    return sorted(other for other, same in room.items() if same is member and other != name)


def _tried(name: str) -> str | None:
    """What stands in the way of an operation without a lowering of its own."""
    if name not in COMPOSED:
        return "no lowering yet"
    shape, function = COMPOSED[name]
    x = keras.Input(shape)
    return what_stands_in_the_way(keras.Model(x, layers.Lambda(function)(x)))


def _public(prefix: str, room: Any) -> Iterator[tuple[str, Any]]:
    for name in sorted(vars(room)):
        member = getattr(room, name)
        if not name.startswith("_") and not inspect.ismodule(member):
            yield prefix + name, member


def _table(kind: str, rows: list[Row]) -> str:
    lines = [f"| {kind} | converts | note |", "| --- | --- | --- |"]
    lines += [f"| `{name}` | {'yes' if converts else 'no'} | {_cell(note)} |" for name, converts, note in rows]
    return "\n".join([*lines, ""])


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    raise SystemExit(pages.main("coverage.md", page))
