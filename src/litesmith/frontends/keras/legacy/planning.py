"""What an old description needs, found before anything is made: classes, arguments and functions of this version."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import keras

from litesmith.diagnostics.files import function_name
from litesmith.diagnostics.old_files import LegacyArgument
from litesmith.frontends.keras.legacy.arguments import fitted, modernized, plain
from litesmith.frontends.keras.legacy.entries import Entry, Malformed, Origin, children, is_entry, is_model, name_of
from litesmith.frontends.keras.legacy.functions import known
from litesmith.frontends.keras.legacy.graph_nodes import operation_of
from litesmith.frontends.keras.legacy.layers import LAYERS, hard_sigmoid_of_keras_2

CALLS = ("TFOpLambda", "SlicingOpLambda")
OTHER_CALLS = ("ClassMethod", "InstanceProperty", "InstanceMethod")
"""Calls on ragged and sparse tensors."""

ACTIVATIONS = ("activation", "recurrent_activation")
ACTIVATION_NAMES = {
    "hard_sigmoid": hard_sigmoid_of_keras_2,
    "softmax_v2": "softmax",
    "swish_v2": "swish",
    "relu_v2": "relu",
}
INNER_LAYERS = ("layer", "backward_layer", "cell", "cells")
"""Arguments of Keras' own wrappers that hold layers."""


@dataclass
class Part:
    """A layer or model of a description, and later what was made of it.

    Attributes:
        entry: what the description says.
        name: as the description says it.
        make: the class, or what else makes it of `arguments`; None for models of layers.
        arguments: of `make`; `inner` are added when they are made.
        inner: layers that are arguments of this one.
        parts: of a model its layers.
        made: the layer, once there is one.
    """

    entry: Entry
    name: str
    make: Callable[..., Any] | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    inner: dict[str, Any] = field(default_factory=dict)
    parts: list[Part] | None = None
    made: Any = None

    @property
    def is_input(self) -> bool:
        return self.entry["class_name"] == "InputLayer"

    @property
    def is_sequential(self) -> bool:
        return self.parts is not None and "input_layers" not in self.entry["config"]


@dataclass
class Planner:
    """Plans parts, and collects what cannot be had.

    Attributes:
        refused: arguments without a counterpart.
        missing: entries of unknown classes by their names; names of functions have none.
        calls: functions of TensorFlow without a counterpart, with the layers' names.
    """

    path: str
    origin: Origin
    custom_objects: Mapping[str, Any]
    refused: list[LegacyArgument] = field(default_factory=list)
    missing: dict[str, list[Entry]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def part(self, entry: Entry) -> Part:
        """The plan of an entry, with all that is in it."""
        name = name_of(entry)
        class_name = entry["class_name"]
        if is_model(entry):
            own = None if class_name in ("Functional", "Model", "Network", "Sequential") else self._class(entry)
            return Part(entry, name, own, parts=[self.part(each) for each in children(entry)])
        if not isinstance(entry["config"], dict):
            raise Malformed(f"the arguments of '{name}' are not named")
        if class_name == "InputLayer":
            return self._input(entry, name)
        if class_name in (*CALLS, *OTHER_CALLS, "TensorFlowOpLayer"):
            return Part(entry, name, self._function(entry, name))
        return self._layer(entry, name)

    def _input(self, entry: Entry, name: str) -> Part:
        config = {key: plain(value) for key, value in entry["config"].items()}
        shape = config.get("batch_input_shape", config.get("batch_shape"))
        if not isinstance(shape, list) or not all(size is None or isinstance(size, int) for size in shape):
            raise Malformed(f"the input '{name}' has no shape")
        for key in ("sparse", "ragged", "type_spec"):
            if config.get(key):
                self._refuse(entry, key, config[key], "Such tensors have no form: make the input a plain tensor.")
        return Part(entry, name, arguments={"batch_shape": tuple(shape), "dtype": dtype_of(config)})

    def _layer(self, entry: Entry, name: str) -> Part:
        own = self._custom(entry)
        if own is not None:
            return Part(entry, name, own.from_config, {"config": dict(entry["config"])})
        if entry["class_name"] == "Lambda":
            return self._lambda(entry, name)
        class_name, config = modernized(entry["class_name"], entry["config"])
        cls: Any = (LAYERS.get(class_name) or _layer_class(class_name)) if self._is_of_keras(entry) else None
        if cls is None:
            self.missing.setdefault(entry["class_name"], []).append(entry)
            return Part(entry, name)
        found = fitted(config, accepted(cls))
        for argument, value, advice in found.refused:
            self._refuse(entry, argument, value, advice)
        arguments = found.taken | {key: "zeros" for key in accepted(cls) or () if key.endswith("_initializer")}
        inner = {key: self._inner(arguments.pop(key)) for key in INNER_LAYERS if arguments.get(key) is not None}
        for key in ACTIVATIONS:
            if key in arguments:
                arguments[key] = self._activation(arguments[key])
        if "dtype" in arguments:
            arguments["dtype"] = dtype_of(arguments)
        self._check_resizing(entry, arguments)
        return Part(entry, name, cls, arguments, inner)

    def _lambda(self, entry: Entry, name: str) -> Part:
        """A function that the user named; code was looked for before."""
        function = self._activation(entry["config"].get("function"))
        arguments = {"function": function, "arguments": entry["config"].get("arguments") or {}}
        return Part(entry, name, keras.layers.Lambda, arguments)

    def _check_resizing(self, entry: Entry, arguments: dict[str, Any]) -> None:
        """Until TensorFlow had Keras to itself, corners of pixels counted rather than their middles."""
        if (
            entry["class_name"].startswith("UpSampling")
            and arguments.get("interpolation") == "bilinear"
            and self.origin.is_multi_backend
        ):
            advice = "Keras before 2.4 placed pixels otherwise: resize in the app, or train with today's Keras."
            self._refuse(entry, "interpolation", "bilinear", advice)

    def _inner(self, found: Any) -> Any:
        if isinstance(found, list):
            return [self._inner(each) for each in found]
        if not is_entry(found):
            raise Malformed("a layer in another one is not described")
        inner = found["config"].get("name") if isinstance(found["config"], dict) else None
        return self.part({**found, "name": inner or found["class_name"].lower()})

    def _activation(self, found: Any) -> Any:
        """A function, by its name or description; a Part for a layer that is used as one."""
        if found is None or callable(found):
            return found
        if isinstance(found, dict) and found.get("class_name") == "function":
            own = self._registered(found.get("registered_name"))
            found = found.get("config") if own is None else own
            if callable(found):
                return found
        if is_entry(found):
            return self._inner(found)
        if not isinstance(found, str):
            raise Malformed("an activation is neither a name nor described")
        own = self._registered(found)
        if own is not None:
            return own
        named = ACTIVATION_NAMES.get(found, found)
        if callable(named):
            return named
        known_here = getattr(keras.activations, named, None)
        if known_here is None:
            self.missing.setdefault(found, [])
        return known_here

    def _function(self, entry: Entry, name: str) -> Callable[..., Any] | None:
        config = entry["config"]
        if entry["class_name"] == "TensorFlowOpLayer":
            called, what = operation_of(config)
        elif entry["class_name"] in OTHER_CALLS:
            called, what = str(config.get("method_name") or config.get("attr_name") or name), None
        else:
            called = f"tf.{config.get('function')}"
            own = self.custom_objects.get(called) or self.custom_objects.get(function_name(called))
            what = own or known(called)
        if what is None:
            self.calls.append(f"{called} ({name})")
        return what

    def _class(self, entry: Entry) -> Any:
        own = self._custom(entry)
        if own is None:
            self.missing.setdefault(entry["class_name"], []).append(entry)
        return own

    def _custom(self, entry: Entry) -> Any:
        for name in (entry.get("registered_name"), entry["class_name"]):
            found = self._registered(name)
            if found is not None:
                return found
        return None

    def _registered(self, name: Any) -> Any:
        """A class or function of the user's, given or registered, by its name with a package or without."""
        if not isinstance(name, str):
            return None
        found = keras.saving.get_registered_object(name, custom_objects=dict(self.custom_objects))
        return found if found is not None else self.custom_objects.get(name.rpartition(">")[2])

    def _is_of_keras(self, entry: Entry) -> bool:
        """Whether a class is Keras' own by where it says that it lives; most descriptions do not say."""
        module = entry.get("module")
        return (module is None and ">" not in entry["class_name"]) or str(module).partition(".")[0] in (
            "keras",
            "tf_keras",
            "tensorflow",
        )

    def _refuse(self, entry: Entry, argument: str, value: Any, advice: str) -> None:
        text = repr(value)
        shown = text if len(text) < 60 else f"{text[:57]}..."
        self.refused.append(LegacyArgument(self.path, name_of(entry), entry["class_name"], argument, shown, advice))


def dtype_of(config: Mapping[str, Any]) -> str | None:
    """The name of a type or policy, which may be described."""
    found = config.get("dtype")
    if isinstance(found, dict):
        inner = found.get("config")
        found = inner.get("name") if isinstance(inner, dict) else None
    if not isinstance(found, str) or found.startswith(("_infer", "infer")):
        return None
    return found


def _layer_class(name: str) -> Any:
    """A layer of Keras 3 that is neither a model nor an input, or None."""
    found: Any = getattr(keras.layers, name, None)
    return found if inspect.isclass(found) and issubclass(found, keras.layers.Layer) else None


@functools.cache
def accepted(cls: Any) -> frozenset[str]:
    """Names of the arguments that a class takes, those of the classes that it is made of among them."""
    names: set[str] = set()
    for each in cls.__mro__:
        if "__init__" not in vars(each):
            continue
        parameters = inspect.signature(vars(each)["__init__"]).parameters.values()
        names |= {one.name for one in parameters if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)}
        if not any(one.kind is one.VAR_KEYWORD for one in parameters):
            break
    return frozenset(names - {"self"})
