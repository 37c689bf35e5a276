"""Loading Keras' files: what their descriptions need, before anything is made of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
from keras.src.legacy.saving import saving_options, saving_utils
from keras.src.saving import saving_lib, serialization_lib

from litesmith.diagnostics.base import LitesmithError
from litesmith.frontends.keras.stand_ins import standing_in
from litesmith.frontends.keras.stored_state import drawing_late, fill, fill_by_layers

if TYPE_CHECKING:
    from litesmith.frontends.hdf5_safety import CheckedHdf5
    from litesmith.frontends.keras_files import KerasFile

NO_WEIGHTS = re.compile(r"seed_generator/|/idf_weights$")
"""What layers store besides their weights: states of random numbers, and what a lookup weighs tokens with."""

KERAS_PACKAGES = ("keras", "keras_hub", "keras_nlp", "keras_cv", "builtins")
"""Packages that Keras itself imports classes from when a description names them."""

TRAINED_WITH_ROUNDINGS = "litesmith>QatModel"
"""The name of the models of `litesmith.qat`, which are registered when their module is imported."""

CLASS_HOMES = ("layers", "models", "initializers", "regularizers", "constraints", "dtype_policies")
FUNCTION_HOMES = ("activations", "losses", "metrics", "initializers", "regularizers", "constraints", "ops")
"""Modules of Keras in which what is saved by its name alone is looked up."""


def load(file: KerasFile, config: dict[str, Any], custom_objects: Mapping[str, Any]) -> Any:
    """The model in a file of Keras 3, as Keras' own loading makes it; not compiled, and no code in the file is run.

    Args:
        config: the file's description.
    """
    with serialization_lib.SafeModeScope(True), drawing_late():
        if not file.is_archive:
            return _of_hdf5(file, config, custom_objects)
        if file.store is None:  # the weights are in another format
            with file.path.open("rb") as opened, standing_in():
                return saving_lib.load_model(opened, custom_objects=custom_objects, compile=False, safe_mode=True)
        with standing_in():
            with serialization_lib.ObjectSharingScope():
                described = {**config, "compile_config": None}
                model = serialization_lib.deserialize_keras_object(described, custom_objects, safe_mode=True)
            failed = fill(model, file.store, file.archive)
        if failed:
            saving_lib._raise_loading_failure(failed)
        _require_all_weights(file.path, file.store, model)
        return model


def _of_hdf5(file: KerasFile, config: dict[str, Any], custom_objects: Mapping[str, Any]) -> Any:
    """The model in an HDF5 file; Keras' own reading of the description imports TensorFlow."""
    known = {**custom_objects, **keras.saving.get_custom_objects()}
    with saving_options.keras_option_scope(use_legacy_config=True):
        model = saving_utils.model_from_config(_decoded(config), custom_objects=known)
    fill_by_layers(model, file.weights())
    return model


def _decoded(item: Any) -> Any:
    """A description with what JSON has no words for: tuples, bytes, `...`."""
    if isinstance(item, list):
        return [_decoded(each) for each in item]
    if not isinstance(item, dict):
        return item
    found = {key: _decoded(value) for key, value in item.items()}
    match found.get("class_name"):
        case "__tuple__":
            return tuple(found["items"])
        case "__bytes__":
            return found["value"].encode("utf-8")
        case "__ellipsis__":
            return ...
    return found


def _require_all_weights(path: Path, store: CheckedHdf5, model: Any) -> None:
    """Keras loads a model with layers that it could not build without an error, and without their weights."""
    unbuilt = tuple(layer.name for layer in model._flatten_layers() if not layer.built)
    if unbuilt and _stored_weights(store) > len(model.weights):
        from litesmith.diagnostics.files import WeightsNotLoaded

        raise LitesmithError(WeightsNotLoaded(str(path), unbuilt))


def _stored_weights(store: CheckedHdf5) -> int:
    """How many weights a file holds; states of optimizers and of random numbers are none."""
    found = [f"{group}/{name}" for group, arrays in store.arrays.items() for name in arrays]
    return sum(not (name.startswith("optimizer/") or NO_WEIGHTS.search(name)) for name in found)


def unknown_objects(config: Any, custom_objects: Mapping[str, Any]) -> list[str]:
    """Classes and functions that are neither Keras' own, nor registered, nor in `custom_objects`."""
    unknown: dict[str, None] = {}
    for entry, _ in entries_with_owners(config):
        name, module = entry["class_name"], entry.get("module")
        if not isinstance(name, str) or name.startswith("__"):
            continue
        if entry.get("registered_name") == TRAINED_WITH_ROUNDINGS:
            import_module("litesmith.frontends.keras.training.model")
        if name == "function":
            if not _knows_function(entry, module, custom_objects):
                unknown[str(entry["config"])] = None
        elif not _knows_class(name, module, entry.get("registered_name"), custom_objects):
            unknown[name] = None
    return list(unknown)


def undeclared_operators(config: Any) -> list[str]:
    """The custom operators in a description whose functions are not declared."""
    found = [entry["config"] for entry, _ in entries_with_owners(config) if entry["class_name"] == "CustomOperation"]
    if not found:
        return []
    from litesmith.frontends.keras.custom_operators import declared

    names = dict.fromkeys(str(each["operator"]) for each in found if isinstance(each, dict) and "operator" in each)
    return [name for name in names if declared(name) is None]


def entries_of(config: Any, names: list[str]) -> dict[str, list[dict[str, Any]]]:
    """The entries of classes by their names; functions have none."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for entry, _ in entries_with_owners(config):
        if entry["class_name"] in found:
            found[entry["class_name"]].append(entry)
    return found


def entries_with_owners(config: Any, owner: str = "model") -> Iterator[tuple[dict[str, Any], str]]:
    """Every serialized object in a description, with the name of the layer that it belongs to.

    How the model was compiled does not count: it is not loaded.
    """
    if isinstance(config, list):
        for item in config:
            yield from entries_with_owners(item, owner)
    elif isinstance(config, dict):
        if "class_name" in config and "config" in config:
            inner = config["config"]
            owner = inner["name"] if isinstance(inner, dict) and isinstance(inner.get("name"), str) else owner
            yield config, owner
        for key, item in config.items():
            if key != "compile_config":
                yield from entries_with_owners(item, owner)


def _knows_class(name: str, module: Any, registered: Any, custom_objects: Mapping[str, Any]) -> bool:
    if _is_registered((registered, name), custom_objects):
        return True
    if isinstance(module, str):
        return module.split(".")[0] in KERAS_PACKAGES
    homes = (
        keras.layers,
        keras.models,
        keras.initializers,
        keras.regularizers,
        keras.constraints,
        keras.dtype_policies,
    )
    return name in ("Functional", "Policy") or any(hasattr(home, name) for home in homes)


def _knows_function(entry: dict[str, Any], module: Any, custom_objects: Mapping[str, Any]) -> bool:
    name = entry["config"]
    if not isinstance(name, str) or _is_registered((name, entry.get("registered_name")), custom_objects):
        return True
    if isinstance(module, str) and module.split(".")[0] == "keras":
        return True
    plain = name.rpartition(">")[2]
    endings = [known for known in (*custom_objects, *keras.saving.get_custom_objects()) if known.endswith(f">{plain}")]
    return bool(endings) or any(hasattr(getattr(keras, home), name) for home in FUNCTION_HOMES)


def _is_registered(names: tuple[Any, ...], custom_objects: Mapping[str, Any]) -> bool:
    return any(
        isinstance(name, str) and keras.saving.get_registered_object(name, custom_objects=custom_objects) is not None
        for name in names
    )
