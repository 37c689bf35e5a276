"""What old descriptions are made of: entries of a class, its configuration and its calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Entry = Mapping[str, Any]
"""`{"class_name": ..., "config": ..., "name": ..., "inbound_nodes": ...}`"""

MODELS = ("Functional", "Model", "Network", "Sequential")
"""Classes of models, under all the names that they had."""

CONSTANT = "_CONSTANT_VALUE"
"""Stands in front of an argument that no layer made."""


class Malformed(ValueError):
    """A description contradicts itself or has another form than any Keras gave it."""


@dataclass(frozen=True)
class Origin:
    """Which Keras wrote a file.

    Attributes:
        version: as the file has it, `"2.2.4-tf"`; empty for Keras before 1.1.
        backend: that it ran on, where the file says so.
    """

    version: str = ""
    backend: str = ""

    @property
    def major(self) -> int:
        """1, 2 or 3; what says nothing is of Keras 1."""
        first = self.version.partition(".")[0]
        return int(first) if first.isdigit() and len(first) < 3 else 1

    @property
    def is_multi_backend(self) -> bool:
        """Whether Keras itself wrote the file, before it was TensorFlow's alone: versions up to 2.3 without `-tf`."""
        return not self.version.endswith("-tf") and self.version.startswith(("1.", "2.0.", "2.1.", "2.2.", "2.3."))


def is_entry(item: Any) -> bool:
    """Whether an item describes a layer, or another object of a class."""
    return isinstance(item, dict) and isinstance(item.get("class_name"), str) and "config" in item


def is_model(entry: Any) -> bool:
    """Whether an entry describes a model made of layers, whatever its class is called."""
    return is_entry(entry) and (
        entry["class_name"] in MODELS or (isinstance(entry["config"], dict) and "input_layers" in entry["config"])
    )


def children(entry: Entry) -> list[Any]:
    """The layers of a model's entry, in their order."""
    config = entry["config"]
    found = config.get("layers") if isinstance(config, dict) else config
    if not isinstance(found, list) or not all(is_entry(each) for each in found):
        raise Malformed(f"the layers of {entry['class_name']} are not a list of layers")
    return found


def name_of(entry: Entry) -> str:
    """The name of a layer: beside its configuration, or in it."""
    config = entry["config"]
    name = entry.get("name") or (config.get("name") if isinstance(config, dict) else None)
    if not isinstance(name, str):
        raise Malformed(f"a layer of class {entry['class_name']} has no name")
    return name


def references(node: Any, layers: Mapping[str, Any]) -> Iterator[tuple[str, int, int]]:
    """Every (layer, call, result) that the description of a call, or of a model's ends, names."""
    stack = [node]
    while stack:
        item = stack.pop()
        if is_reference(item, layers):
            yield item[0], item[1], item[2]
            stack += item[3:]
        elif isinstance(item, list):
            stack += reversed(item[2:] if is_constant(item) else item)
        elif isinstance(item, dict):
            stack += item.values()


def is_reference(item: Any, layers: Mapping[str, Any]) -> bool:
    """Whether an item is `[layer, call, result]`, or that with further arguments."""
    return (
        isinstance(item, list)
        and len(item) in (3, 4)
        and isinstance(item[0], str)
        and item[0] in layers
        and all(isinstance(number, int) and not isinstance(number, bool) for number in item[1:3])
        and (len(item) == 3 or isinstance(item[3], dict))
    )


def is_constant(item: Any) -> bool:
    """Whether an item is `["_CONSTANT_VALUE", -1, value, further arguments]`."""
    return isinstance(item, list) and len(item) in (3, 4) and item[0] == CONSTANT and item[1] == -1


def origin_of(attributes: Mapping[str, Any]) -> Origin:
    """Which Keras wrote what has these attributes."""
    return Origin(_text(attributes.get("keras_version")), _text(attributes.get("backend")))


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")
