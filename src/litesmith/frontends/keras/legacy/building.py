"""Making planned parts: layers of their arguments, and models of calls of layers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import keras

from litesmith.diagnostics.quoting import quoted
from litesmith.frontends.keras.legacy.entries import Malformed, is_constant, is_reference, references
from litesmith.frontends.keras.legacy.functions import NotThisWay
from litesmith.frontends.keras.legacy.layers import TensorFlowCall
from litesmith.frontends.keras.legacy.planning import CALLS, Part
from litesmith.frontends.keras.legacy.size_functions import OF_TENSORS, Sizes
from litesmith.frontends.keras.legacy.sizes import Computed, SizedCall, has_sizes

KEEPS_LISTS = (*CALLS, "ClassMethod", "InstanceMethod", "InstanceProperty")
"""Calls whose first argument stays a list where it has one element."""


class CannotCall(Exception):
    """A function of TensorFlow is called in a way that has no counterpart; the text says which and how."""


class Builder:
    """Makes parts; what a file says is one object is made once."""

    def __init__(self, custom_objects: Mapping[str, Any]) -> None:
        self.custom_objects = dict(custom_objects)
        self.shared: dict[tuple[Any, str], Any] = {}

    def build(self, part: Part) -> Any:
        """The layer or model of a part."""
        number = part.entry.get("shared_object_id")
        key = (number, part.name)
        if isinstance(number, int) and key in self.shared:
            self._take(part, self.shared[key])
            return part.made
        with keras.saving.custom_object_scope(self.custom_objects):
            part.made = self._build(part)
        if isinstance(number, int):
            self.shared[key] = part
        return part.made

    def _take(self, part: Part, other: Part) -> None:
        """Another part's objects, for its inner parts too."""
        part.made = other.made
        for mine, its in zip(part.parts or (), other.parts or (), strict=True):
            self._take(mine, its)
        for key, inner in part.inner.items():
            theirs = other.inner[key]
            for mine, its in zip(inner, theirs, strict=True) if isinstance(inner, list) else [(inner, theirs)]:
                self._take(mine, its)

    def _build(self, part: Part) -> Any:
        if part.is_sequential:
            return self._sequential(part)
        if part.parts is not None:
            return self._functional(part)
        if part.entry["class_name"] in (*KEEPS_LISTS, "TensorFlowOpLayer"):
            assert part.make is not None
            return TensorFlowCall(part.make, allowed(part.name))
        assert part.make is not None
        if "config" in part.arguments:
            config = dict(part.arguments["config"])
            return part.make(config | {"name": allowed(part.name)} if "name" in config else config)
        arguments = {
            key: self.build(value) if isinstance(value, Part) else value for key, value in part.arguments.items()
        }
        arguments |= {key: self._inner(inner) for key, inner in part.inner.items()}
        return part.make(**{**arguments, "name": allowed(part.name)})

    def _inner(self, inner: Any) -> Any:
        return [self._inner(each) for each in inner] if isinstance(inner, list) else self.build(inner)

    def _sequential(self, part: Part) -> Any:
        parts = part.parts or []
        layers = [None if each.is_input else self.build(each) for each in parts]
        model = (part.make or keras.Sequential)(name=allowed(part.name))
        first = self._first_input(part, parts, layers)
        added = [layer for layer in (first, *layers) if layer is not None]
        for number, layer in enumerate(added, 1):
            model.add(layer, rebuild=number == len(added))  # which calls all layers again
        return model

    def _first_input(self, part: Part, parts: list[Part], layers: list[Any]) -> Any:
        """What a Sequential takes: as its first layer says, or the model that begins it."""
        if not parts:
            return None
        if parts[0].is_input:
            return self._input(parts[0])
        config = parts[0].entry["config"]
        own = part.entry["config"]
        shape = config.get("batch_input_shape") if isinstance(config, dict) else None
        if shape is None and isinstance(layers[0], keras.Model) and getattr(layers[0], "inputs", None):
            inner = layers[0].inputs
            if len(inner) == 1:
                return keras.Input(batch_shape=inner[0].shape, dtype=inner[0].dtype, name=f"{layers[0].name}_input")
            return None
        if shape is None and isinstance(own, dict):
            shape = own.get("build_input_shape")
        if not isinstance(shape, list):
            return None
        dtype = config.get("input_dtype") or config.get("dtype") if isinstance(config, dict) else None
        return keras.Input(
            batch_shape=tuple(shape),
            dtype=dtype if isinstance(dtype, str) else None,
            name=allowed(f"{parts[0].name}_input"),
        )

    def _input(self, part: Part) -> Any:
        return keras.Input(name=allowed(part.name), **part.arguments)

    def _functional(self, part: Part) -> Any:
        graph = _Graph(part, self)
        config = part.entry["config"]
        inputs, outputs = graph.ends(config["input_layers"]), graph.ends(config["output_layers"])
        return (part.make or keras.Model)(inputs=inputs, outputs=outputs, name=allowed(part.name))


class _Graph:
    """The calls of a model's layers, made in an order in which each has its arguments."""

    def __init__(self, part: Part, builder: Builder) -> None:
        self.layers = {each.name: each for each in part.parts or ()}
        if len(self.layers) != len(part.parts or ()):
            raise Malformed(f"two layers of '{part.name}' have one name")
        self.results: dict[tuple[str, int], list[Any]] = {}
        self.first_calls = self._first_calls(part)
        for each in self.layers.values():
            if each.is_input:
                self.results[each.name, 0] = [builder._input(each)]
            else:
                builder.build(each)
        for name, number, node in self._in_order():
            self.results[name, number] = keras.tree.flatten(self._call(self.layers[name], node))

    def _first_calls(self, part: Part) -> dict[str, int]:
        """The number that the first call of each layer has: 1 for models that were called when they were made."""
        lowest: dict[str, int] = {}
        config = part.entry["config"]
        nodes = [each.entry.get("inbound_nodes") for each in self.layers.values()]
        for name, number, _ in references([nodes, config["input_layers"], config["output_layers"]], self.layers):
            lowest[name] = min(number, lowest.get(name, number))
        return {name: number for name, number in lowest.items() if self.layers[name].parts is not None}

    def _in_order(self) -> list[tuple[str, int, Any]]:
        """Calls (layer, number, arguments), after those whose results they take."""
        calls: dict[tuple[str, int], Any] = {}
        for name, layer in self.layers.items():
            nodes = layer.entry.get("inbound_nodes", [])
            if not isinstance(nodes, list):
                raise Malformed(f"the calls of '{name}' are not listed")
            calls.update({(name, number): node for number, node in enumerate(nodes) if not layer.is_input})
        waits: dict[tuple[str, int], int] = {}
        followers: dict[tuple[str, int], list[tuple[str, int]]] = defaultdict(list)
        for key, node in calls.items():
            needs = {self._key(name, number) for name, number, _ in references(node, self.layers)}
            open_needs = {need for need in needs if need not in self.results}
            if not open_needs <= calls.keys():
                raise Malformed(f"'{key[0]}' takes the result of a call that is not there")
            waits[key] = len(open_needs)
            for need in open_needs:
                followers[need].append(key)
        ready = [key for key in calls if not waits[key]]
        for key in ready:
            for follower in followers[key]:
                waits[follower] -= 1
                if not waits[follower]:
                    ready.append(follower)
        if len(ready) != len(calls):
            raise Malformed("the layers take each other's results in a circle")
        return [(*key, calls[key]) for key in ready]

    def _key(self, name: str, number: int) -> tuple[str, int]:
        return name, number - self.first_calls.get(name, 0)

    def ends(self, listed: Any) -> Any:
        """The tensors of a model's inputs or outputs; one in a list is one tensor."""
        if is_reference(listed, self.layers):
            return _with_tensors(self._tensor(listed))
        found = _with_tensors(self._filled(listed))
        return found[0] if isinstance(found, list) and len(found) == 1 else found

    def _call(self, part: Part, node: Any) -> Any:
        arguments: dict[str, Any] = {}
        first = self._first(node, arguments)
        keeps = part.entry["class_name"] in KEEPS_LISTS
        if isinstance(first, list) and len(first) == 1 and not keeps:
            first = first[0]
        given = {key: self._filled(value) for key, value in arguments.items() if value is not None}
        if keeps:
            given.pop("name", None)
        elif given.get("training") is False:
            given.pop("training")
        if isinstance(first, list) and isinstance(part.made, (keras.layers.RNN, keras.layers.Bidirectional)):
            first, states = first[0], first[1:]
            given["initial_state"] = states
        if isinstance(part.made, TensorFlowCall):
            return _called(part, first, given)
        first, given = _with_tensors(first), _with_tensors(given)
        return part.made(first, **given)

    def _first(self, node: Any, arguments: dict[str, Any]) -> Any:
        """The first argument of a call; the others stand beside each tensor of it."""
        if is_constant(node):
            arguments.update(node[3] if len(node) > 3 else {})
            return node[2]
        if is_reference(node, self.layers):
            arguments.update(node[3] if len(node) > 3 else {})
            return self._tensor(node)
        if isinstance(node, list):
            return [self._first(each, arguments) for each in node]
        if isinstance(node, dict):
            return {key: self._first(each, arguments) for key, each in node.items()}
        raise Malformed(f"a layer is called on {str(node)[:40]}")

    def _filled(self, item: Any) -> Any:
        """Arguments with tensors in place of what names them."""
        if is_reference(item, self.layers):
            return self._tensor(item)
        if isinstance(item, list):
            return [self._filled(each) for each in item]
        if isinstance(item, dict):
            return {key: self._filled(each) for key, each in item.items()}
        return item

    def _tensor(self, reference: Any) -> Any:
        name, number, place = reference[:3]
        found = self.results.get(self._key(name, number))
        if found is None or not 0 <= place < len(found):
            raise Malformed(f"'{name}' has no result {number}, {place}")
        return found[place]


def _called(part: Part, first: Any, given: dict[str, Any]) -> Any:
    """What a function of TensorFlow makes of its arguments: tensors, or sizes, which are computed where they are used.

    Raises:
        CannotCall: for arguments that the function does not know, before Keras wraps what it says.
    """
    layer = part.made
    computed = Computed(layer.function, first, given)
    try:
        gives_sizes = layer.function in OF_TENSORS or has_sizes((first, given))
        if not gives_sizes and not isinstance(layer.function(first, **given), Sizes):
            return layer(first, **given)
        found = computed.parts()
    except (NotThisWay, TypeError, ValueError, AttributeError, IndexError, KeyError) as error:
        raise CannotCall(f"{layer.name} with {quoted(error)}") from error
    if found is not None:
        return found
    part.made = SizedCall(computed, layer.name)
    return part.made(computed.tensors())


def _with_tensors(item: Any) -> Any:
    """Arguments with tensors in place of sizes."""
    return keras.tree.map_structure(_as_tensor, item)


def _as_tensor(leaf: Any) -> Any:
    return SizedCall(leaf, f"sizes_{id(leaf)}")(leaf.tensors()) if isinstance(leaf, Computed) else leaf


def allowed(name: str) -> str:
    """A name that Keras 3 takes."""
    return name.replace("/", "_")
