"""Files that are almost those of the corpus: bytes changed, ends cut off, descriptions with other values in them."""

from __future__ import annotations

import json
import random
import shutil
import zipfile
from pathlib import Path

import h5py

VALUES = (
    None,
    True,
    -1,
    0,
    1,
    7,
    2**31,
    10**12,
    1e300,
    "",
    "x",
    [],
    [3, 3],
    {},
    "tanh",
    [None, 10**9],
    {"class_name": "Dense"},
)


def mutated(source: Path, target: Path, seed: int) -> Path:
    """A file like `source`, the same for the same seed."""
    dice = random.Random(f"{source.name} {seed}")
    if dice.random() < 0.5:
        return _other_bytes(source, target, dice)
    return _other_description(source, target, dice)


def _other_bytes(source: Path, target: Path, dice: random.Random) -> Path:
    content = bytearray(source.read_bytes())
    kind = dice.choice(("flip", "flip", "flip", "cut", "zero", "copy", "text"))
    if kind == "cut":
        content = content[: dice.randrange(len(content))]
    elif kind in ("zero", "copy"):
        size, at, other = dice.randrange(1, 200), dice.randrange(len(content)), dice.randrange(len(content))
        content[at : at + size] = bytes(size) if kind == "zero" else content[other : other + size]
    else:
        start = max(content.find(b'{"'), 0) if kind == "text" else 0
        end = min(start + 4000, len(content)) if kind == "text" else len(content)
        for _ in range(dice.choice((1, 1, 2, 5, 20))):
            content[dice.randrange(start, end)] = dice.choice((0, 0xFF, dice.randrange(256)))
    target.write_bytes(content)
    return target


def _other_description(source: Path, target: Path, dice: random.Random) -> Path:
    if source.suffix == ".keras":
        with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
            for name in old.namelist():
                content = old.read(name)
                new.writestr(name, _changed(content, dice) if name == "config.json" else content)
        return target
    shutil.copy(source, target)
    with h5py.File(target, "r+") as file:
        file.attrs["model_config"] = _changed(file.attrs["model_config"], dice)
    return target


def _changed(text: str | bytes, dice: random.Random) -> str:
    """A description with another value at a few places, or without one, or with one twice."""
    config = json.loads(text)
    for _ in range(dice.choice((1, 1, 1, 2, 4))):
        holder, key = dice.choice(list(_places(config)))
        kind = dice.random()
        if kind < 0.7:
            holder[key] = dice.choice(VALUES)
        elif kind < 0.85:
            del holder[key]
        elif isinstance(holder, list):
            holder.append(holder[key])
        elif isinstance(holder[key], (int, float)) and not isinstance(holder[key], bool):
            holder[key] = holder[key] * dice.choice((-1, 1000, 10**6))
    return json.dumps(config)


def _places(item):
    stack = [item]
    while stack:
        holder = stack.pop()
        keys = list(holder) if isinstance(holder, dict) else range(len(holder))
        for key in keys:
            yield holder, key
            if isinstance(holder[key], (dict, list)):
                stack.append(holder[key])
