"""A beginning for the classes and functions that a file needs and does not hold."""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Mapping, Sequence
from typing import Any

NOT_OWN = (
    *("name", "trainable", "dtype", "batch_input_shape", "input_shape", "dynamic", "autocast"),
    *("layers", "input_layers", "output_layers", "build_input_shape"),
)
"""Arguments that every layer has."""

LONGEST = 60


def stub(missing: Mapping[str, Sequence[Any]], weights: Mapping[str, Sequence[tuple[str, tuple[int, ...]]]]) -> str:
    """Python code with an empty class for each name, and an empty function where a name has no entries.

    Args:
        missing: entries of the description by the name of their class.
        weights: (name, shape) of the weights of each layer.
    """
    parts = [_class(name, entries, weights) if entries else _function(name) for name, entries in missing.items()]
    return "\n\n".join(["import keras\n", *parts])


def _function(name: str) -> str:
    return f"@keras.saving.register_keras_serializable()\ndef {_word(name)}(x):\n    raise NotImplementedError\n"


def _class(name: str, entries: Sequence[Any], weights: Mapping[str, Sequence[tuple[str, tuple[int, ...]]]]) -> str:
    configs = [entry["config"] for entry in entries if isinstance(entry.get("config"), dict)]
    arguments: dict[str, Any] = {}
    for config in configs:
        arguments |= {key: value for key, value in config.items() if key not in NOT_OWN and key not in arguments}
    arguments = {key: value for key, value in arguments.items() if key.isidentifier() and not keyword.iskeyword(key)}
    names = [str(entry.get("name") or (entry.get("config") or {}).get("name")) for entry in entries]
    package, _, plain = name.rpartition(">")
    decorator = f"@keras.saving.register_keras_serializable({package!r})" if package else ""
    lines = [decorator or "@keras.saving.register_keras_serializable()", f"class {_word(plain)}(keras.layers.Layer):"]
    lines.append(f'    """Of the layers {", ".join(_safe(each) for each in names[:3])}."""')
    if arguments:
        signature = ", ".join(f"{key}={_shown(value)}" for key, value in arguments.items())
        lines += ["", f"    def __init__(self, {signature}, **options):", "        super().__init__(**options)"]
        lines += [f"        self.{key} = {key}" for key in arguments]
    held = next((weights[each] for each in names if weights.get(each)), ())
    if held:
        lines += ["", "    def build(self, input_shape):"]
        for own, shape in held:
            lines.append(f"        self.{_word(own)} = self.add_weight(name={json.dumps(own)}, shape={shape})")
    lines += ["", "    def call(self, inputs):", "        raise NotImplementedError"]
    if arguments:
        inner = ", ".join(f'"{key}": self.{key}' for key in arguments)
        lines += ["", "    def get_config(self):", f"        return {{**super().get_config(), {inner}}}"]
    return "\n".join(lines) + "\n"


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
