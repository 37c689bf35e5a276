"""A beginning for the classes and functions that a file needs and does not hold."""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Mapping, Sequence
from typing import Any

import h5py
from keras.src.utils import naming

from litesmith.frontends.keras.legacy.entries import is_model

NOT_OWN = (
    *("name", "trainable", "dtype", "batch_input_shape", "input_shape", "dynamic", "autocast", "activity_regularizer"),
    *("layers", "input_layers", "output_layers", "build_input_shape"),
)
"""Arguments that every layer or every model has."""

LONGEST = 60
MOST_LAYERS = 8

Weights = Mapping[str, Sequence[tuple[str, tuple[int, ...]]]]
"""(name, shape) of the weights of each layer."""


def stub(missing: Mapping[str, Sequence[Any]], weights: Weights, model: Any = None) -> str:
    """Python code with an empty class for each name, and an empty function where a name has no entries.

    Args:
        missing: entries of the description by the name of their class.
        weights: of the layers, as far as they are known.
        model: the entry of the whole model.
    """
    parts = [_class(name, entries, weights, model) if entries else _function(name) for name, entries in missing.items()]
    return "\n\n".join(["import keras\n", *parts])


def archived_weights(store: h5py.File, missing: Mapping[str, Sequence[Any]]) -> Weights:
    """The weights in a `.keras` file by their places, and of the layers of some classes by the layers' names.

    The file has them by class and number, without names of their own.
    """
    groups: list[str] = []
    store.visititems(lambda name, item: groups.append(name) if _holds_weights(name, item) else None)
    held = {name: [(f"weight_{key}", item.shape) for key, item in store[name].items()] for name in groups}
    found = {name.removesuffix("/vars").removeprefix("layers/"): weights for name, weights in held.items()}
    for name, entries in missing.items():
        kind = naming.to_snake_case(name.rpartition(">")[2])
        places = [each for each in groups if re.fullmatch(rf"(.*/)?{re.escape(kind)}(_\d+)?/vars", each)]
        for entry, place in zip(entries, sorted(places, key=lambda each: (len(each), each)), strict=False):
            found[_name(entry)] = held[place]
    return found


def _holds_weights(name: str, item: Any) -> bool:
    return name.rpartition("/")[2] == "vars" and isinstance(item, h5py.Group) and len(item) > 0


def _name(entry: Any) -> str:
    config = entry.get("config")
    return str(entry.get("name") or (config.get("name") if isinstance(config, dict) else None) or "")


def _function(name: str) -> str:
    return f"@keras.saving.register_keras_serializable()\ndef {_word(name)}(x):\n    raise NotImplementedError\n"


def _class(name: str, entries: Sequence[Any], weights: Weights, model: Any) -> str:
    """A layer; a model where an entry is one, of inputs and outputs whose layers the file has, or of its own code."""
    configs = [entry["config"] for entry in entries if isinstance(entry.get("config"), dict)]
    arguments: dict[str, Any] = {}
    for config in configs:
        arguments |= {key: value for key, value in config.items() if key not in NOT_OWN and key not in arguments}
    arguments = {key: value for key, value in arguments.items() if key.isidentifier() and not keyword.iskeyword(key)}
    has_layers, is_whole = any(map(is_model, entries)), any(entry is model for entry in entries)
    package, _, plain = name.rpartition(">")
    decorator = f"@keras.saving.register_keras_serializable({package!r})" if package else ""
    base = "Model" if has_layers or is_whole else "layers.Layer"
    lines = [decorator or "@keras.saving.register_keras_serializable()", f"class {_word(plain)}(keras.{base}):"]
    lines += _about(entries, weights, has_layers, is_whole)
    if has_layers:
        return "\n".join(lines) + "\n"
    if arguments:
        signature = ", ".join(f"{key}={_shown(value)}" for key, value in arguments.items())
        lines += ["", f"    def __init__(self, {signature}, **options):", "        super().__init__(**options)"]
        lines += [f"        self.{key} = {key}" for key in arguments]
    lines += [] if is_whole else _build(entries, weights)
    lines += ["", "    def call(self, inputs):", "        raise NotImplementedError"]
    if arguments:
        inner = ", ".join(f'"{key}": self.{key}' for key in arguments)
        lines += ["", "    def get_config(self):", f"        return {{**super().get_config(), {inner}}}"]
    return "\n".join(lines) + "\n"


def _about(entries: Sequence[Any], weights: Weights, has_layers: bool, is_whole: bool) -> list[str]:
    """The docstring of a class."""
    if has_layers:
        return [
            '    """Made of inputs and outputs, whose layers the file has; add `call` only if it had one of its own."""'
        ]
    if not is_whole:
        named = [_safe(_name(entry)) for entry in entries if _name(entry)]
        return [f'    """Of the layers {", ".join(named[:3])}."""'] if named else []
    listed = {name: held for name, held in weights.items() if held}
    if not listed:
        return ['    """The whole model."""']
    shapes = [f"{_safe(name)} {', '.join(str(shape) for _, shape in held)}" for name, held in listed.items()]
    more = [f"and {len(shapes) - MOST_LAYERS} more"] if len(shapes) > MOST_LAYERS else []
    lines = [f"        {each}" for each in [*shapes[:MOST_LAYERS], *more]]
    return ['    """The whole model; the file has weights of these layers:', "", *lines, '    """']


def _build(entries: Sequence[Any], weights: Weights) -> list[str]:
    held = next((weights[_name(each)] for each in entries if weights.get(_name(each))), ())
    if not held:
        return []
    made = [f"self.{_word(own)} = self.add_weight(name={json.dumps(own)}, shape={shape})" for own, shape in held]
    return ["", "    def build(self, input_shape):", *(f"        {line}" for line in made)]


def _word(text: str) -> str:
    """A name that Python takes."""
    word = re.sub(r"\W", "_", text) or "_"
    return f"_{word}" if word[0].isdigit() or keyword.iskeyword(word) else word


def _safe(text: str) -> str:
    return re.sub(r"[^\w./-]", "_", text)[:LONGEST]


def _shown(value: Any) -> str:
    """A default; what is long or described is left for the reader to fill in."""
    shown = repr(value)
    return shown if isinstance(value, (int, float, bool, str, list, type(None))) and len(shown) <= LONGEST else "None"
