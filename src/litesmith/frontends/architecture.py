"""Weights of one file in a model that something else describes: JSON, or Python code."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.files import FileNotFound
from litesmith.diagnostics.old_files import NoArchitecture, WeightsDoNotFit
from litesmith.diagnostics.quoting import quoted
from litesmith.frontends.keras_files import KerasFile, functions_in, parsed, weights_origin
from litesmith.frontends.python_names import from_python, is_python_name

if TYPE_CHECKING:
    from litesmith.frontends.hdf5_safety import CheckedHdf5


def open_weights(file: KerasFile, architecture: Any, custom_objects: Mapping[str, Any]) -> Any:
    """The model that `architecture` says, with the weights in a file.

    Args:
        architecture: a Keras model, a function that returns one, `"module:function"`, what `model.to_json()` returned,
            or the path of a file with that.

    Raises:
        LitesmithError: F125 for what is no architecture, F123 where the weights are others than the model's, and
            what is said of the files of models.
    """
    with file.opened():
        return _opened(file, architecture, custom_objects)


def _opened(file: KerasFile, architecture: Any, custom_objects: Mapping[str, Any]) -> Any:
    said = architecture if isinstance(architecture, (str, Path)) else type(architecture).__name__
    found = _model_or_description(architecture, str(said)[:60])
    if isinstance(found, dict):
        functions_in(Path(str(said)[:60]), found, custom_objects)
    try:
        return _filled(file, found, str(said)[:60], custom_objects)
    except LitesmithError:
        raise
    except Exception as error:
        raise LitesmithError(NoArchitecture(str(said)[:60], quoted(error))) from error


def _model_or_description(architecture: Any, said: str) -> Any:
    """A live model, or a description of one."""
    import keras

    if isinstance(architecture, Path) or (isinstance(architecture, str) and not architecture.lstrip().startswith("{")):
        architecture = _of_text(str(architecture))
    elif isinstance(architecture, str):
        architecture = _description(architecture, said)
    if callable(architecture) and not isinstance(architecture, keras.Model):
        try:
            architecture = architecture()
        except Exception as error:
            raise LitesmithError(NoArchitecture(said, f"calling it raised {type(error).__name__}: {error}")) from error
    if isinstance(architecture, dict) and "class_name" in architecture and "config" in architecture:
        return architecture
    if not isinstance(architecture, keras.Model):
        raise LitesmithError(NoArchitecture(said, f"it is {type(architecture).__name__}, not a Keras model"))
    return _built(architecture, said)


def _built(model: Any, said: str) -> Any:
    unbuilt = [layer.name for layer in model._flatten_layers() if not layer.built]
    if unbuilt:
        which = ", ".join(f"'{name}'" for name in unbuilt[:5])
        problem = f"{which} have no weights yet: give the model an Input, or call it once"
        raise LitesmithError(NoArchitecture(said, problem))
    return model


def _of_text(text: str) -> Any:
    if is_python_name(text):
        return from_python(text)
    path = Path(text)
    if not path.is_file():
        raise LitesmithError(FileNotFound(text))
    return _description(path.read_bytes(), text)


def _description(text: str | bytes, said: str) -> Any:
    try:
        return parsed(text)
    except ValueError:
        raise LitesmithError(NoArchitecture(said, "it is not JSON")) from None


def _filled(file: KerasFile, found: Any, said: str, custom_objects: Mapping[str, Any]) -> Any:
    from litesmith.frontends.keras.legacy import opening
    from litesmith.frontends.keras.legacy.entries import origin_of
    from litesmith.frontends.keras.legacy.live import part_of
    from litesmith.frontends.keras.legacy.stored import by_layer

    path, store = str(file.path), file.weights()
    origin = weights_origin(store.file)
    home = store.file.get("model_weights", store.file)
    by_layers = any(name in home.attrs for name in ("layer_names", "layer_names0"))
    if isinstance(found, dict):
        written_by = origin_of(found)
        if written_by.major == 3 or "module" in found:
            found = _of_keras_3(found, said, custom_objects)
        else:
            made_by = written_by if written_by.version else origin
            part = opening.made(said, found, made_by, custom_objects, opening.stored_bytes(store), {})
    if not isinstance(found, dict):
        part = part_of(found)
    if by_layers:
        opening.fill_by_layers(path, part, by_layer(store), origin)
        return part.made
    if not isinstance(found, dict) and "_layer_checkpoint_dependencies" not in store.file:
        return _filled_in_place(file, store, found)
    opening.fill_in_place(path, part, store.file, origin)
    return part.made


def _of_keras_3(config: dict[str, Any], said: str, custom_objects: Mapping[str, Any]) -> Any:
    """The model that Keras 3 described."""
    from keras.src.saving import serialization_lib

    with serialization_lib.SafeModeScope(True):
        model = serialization_lib.deserialize_keras_object(
            {key: value for key, value in config.items() if key != "compile_config"},
            custom_objects=dict(custom_objects),
        )
    return _built(model, said)


def _filled_in_place(file: KerasFile, store: CheckedHdf5, model: Any) -> Any:
    """A model with its weights in a file of Keras 3."""
    from litesmith.frontends.keras.stored_state import fill

    failed = fill(model, store, None)
    if failed:
        problems = tuple(dict.fromkeys(quoted(error) for _, error in failed.values()))
        raise LitesmithError(WeightsDoNotFit(str(file.path), problems))
    return model
