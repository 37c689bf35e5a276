"""Files of Keras models, of every version: looked through first, then opened by Keras or made anew."""

from __future__ import annotations

import contextlib
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.quoting import quoted

if TYPE_CHECKING:
    import h5py

    from litesmith.diagnostics.base import Diagnostic
    from litesmith.frontends.hdf5_safety import CheckedHdf5
    from litesmith.frontends.keras.legacy.entries import Origin

CONFIG_BYTES = 1 << 25
"""More than the description of any model takes; a larger one is a decompression bomb."""

DEEPEST = 200
"""How deep descriptions are nested at most."""


@dataclass
class KerasFile:
    """A `.keras` archive, or an HDF5 file, with a whole model or its weights; it is asked while it is open."""

    path: Path
    is_archive: bool
    archive: zipfile.ZipFile | None = None
    store: CheckedHdf5 | None = None

    @contextlib.contextmanager
    def opened(self) -> Iterator[None]:
        """Look through the file's tables, once, and keep it open.

        Raises:
            LitesmithError: F108, F124.
        """
        with contextlib.ExitStack() as stack:
            if self.is_archive:
                from litesmith.frontends.archive_safety import opened_archive

                self.archive, self.store = stack.enter_context(opened_archive(self.path))
            else:
                from litesmith.frontends.hdf5_safety import opened_hdf5

                self.store = stack.enter_context(opened_hdf5(self.path))
            yield

    def weights(self) -> CheckedHdf5:
        """The weights, in an archive or alone; raises F108 where there are none."""
        if self.store is None:
            raise LitesmithError(self._damaged("its weights are missing"))
        return self.store

    def description(self) -> dict[str, Any]:
        """The model's description, as JSON that nothing was made of yet; raises F108."""
        try:
            config = parsed(self._config_text())
        except (
            zipfile.BadZipFile,
            OSError,
            RuntimeError,
            ValueError,
            EOFError,
            KeyError,
            NotImplementedError,
        ) as error:
            raise LitesmithError(self._damaged(f"the model's description cannot be read ({quoted(error)})")) from error
        if not isinstance(config, dict) or "class_name" not in config or "config" not in config:
            raise LitesmithError(self._damaged("the model's description does not describe a model"))
        return config

    def _damaged(self, problem: str) -> Diagnostic:
        from litesmith.diagnostics.files import DamagedFile

        return DamagedFile(str(self.path), problem)

    def _config_text(self) -> str | bytes:
        if self.archive is not None:
            if self.archive.getinfo("config.json").file_size > CONFIG_BYTES:
                raise ValueError("it is larger than any model's")
            return self.archive.read("config.json")
        from litesmith.frontends.hdf5_safety import attribute

        found = attribute(self.weights().file, "model_config")
        if not isinstance(found, (str, bytes)):
            raise ValueError("it is no text")
        return found

    def origin(self, config: Mapping[str, Any]) -> Origin:
        """Which Keras wrote the file."""
        from litesmith.frontends.keras.legacy.entries import Origin

        if self.archive is None:
            return weights_origin(self.weights().file)
        try:
            metadata = parsed(self.archive.read("metadata.json"))
            version = metadata["keras_version"]
        except (KeyError, ValueError, TypeError, zipfile.BadZipFile):
            is_old = str(config.get("module", "")).startswith("keras.src.engine")
            return Origin("2" if is_old else "3")
        return Origin(version if isinstance(version, str) else "3", "tensorflow")


def weights_origin(file: h5py.File) -> Origin:
    """Which Keras wrote an HDF5 file, by its own attributes or those of the weights in it."""
    from litesmith.frontends.hdf5_safety import attribute
    from litesmith.frontends.keras.legacy.entries import origin_of

    found: dict[str, str | bytes] = {}
    for home in [file, file["model_weights"]] if "model_weights" in file else [file]:
        for name in {"keras_version", "backend"} - found.keys():
            value = attribute(home, name)
            found.update({name: value} if isinstance(value, (str, bytes)) else {})
    return origin_of(found)


def parsed(text: str | bytes) -> Any:
    """JSON; ValueError for what is none, or nested deeper than any description."""
    try:
        found = json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    stack = [(found, 0)]
    while stack:
        item, depth = stack.pop()
        if depth > DEEPEST:
            raise ValueError("it is nested too deeply")
        if isinstance(item, (dict, list)):
            stack += [(inner, depth + 1) for inner in (item.values() if isinstance(item, dict) else item)]
    return found


def open_keras(file: KerasFile, custom_objects: Mapping[str, Any]) -> Any:
    """The model in a file."""
    with file.opened():
        return _opened(file, custom_objects)


def _opened(file: KerasFile, custom_objects: Mapping[str, Any]) -> Any:
    try:
        config = file.description()
        functions = functions_in(file.path, config, custom_objects)
        origin = file.origin(config)
        if origin.major < 3:
            return _made_anew(file, config, origin, custom_objects)
        from litesmith.frontends.keras.decoded_lambdas import loading_decoded
        from litesmith.frontends.keras.loading import load

        _require_known(file, config, custom_objects)
        as_stored = file.description() if functions else config  # where functions may have been put in
        with loading_decoded(functions):
            return load(file, as_stored, custom_objects)
    except LitesmithError:
        raise
    except Exception as error:
        from litesmith.diagnostics.files import CannotRebuild, DamagedFile

        damage = _damage(file, error)
        finding = DamagedFile(str(file.path), damage) if damage else CannotRebuild(str(file.path), quoted(error))
        raise LitesmithError(finding) from error


def _made_anew(file: KerasFile, config: dict[str, Any], origin: Origin, custom_objects: Mapping[str, Any]) -> Any:
    from litesmith.frontends.keras.legacy.opening import model_of_archive, model_of_hdf5

    made = model_of_archive if file.is_archive else model_of_hdf5
    return made(str(file.path), config, file.weights(), origin, custom_objects)


def functions_in(path: Path, config: dict[str, Any], custom_objects: Mapping[str, Any]) -> dict[str, Any]:
    """The functions that a description holds as compiled code, which is read and never run; see `decoded_functions`.

    Raises:
        LitesmithError: F107.
    """
    from litesmith.frontends.keras.decoded_lambdas import decoded_functions

    return decoded_functions(str(path), config, custom_objects)


def _require_known(file: KerasFile, config: Any, custom_objects: Mapping[str, Any]) -> None:
    """Raise F106 for classes and functions of nobody, with a beginning of each, and F130 for custom operators."""
    from litesmith.frontends.keras.loading import entries_of, undeclared_operators, unknown_objects

    undeclared = undeclared_operators(config)
    if undeclared:
        from litesmith.diagnostics.custom_operators import UndeclaredOperators

        raise LitesmithError(UndeclaredOperators(str(file.path), tuple(undeclared)))
    unknown = unknown_objects(config, custom_objects)
    if not unknown:
        return
    from litesmith.diagnostics.files import UnknownClasses
    from litesmith.frontends.keras.legacy.opening import stored_shapes
    from litesmith.frontends.keras.legacy.stubs import archived_weights, stub

    found = entries_of(config, unknown)
    weights = archived_weights(file.weights().file, found) if file.is_archive else stored_shapes(file.weights())
    raise LitesmithError(UnknownClasses(str(file.path), tuple(unknown), stub(found, weights, config)))


def _damage(file: KerasFile, error: Exception) -> str | None:
    """What is broken in a file that failed to load, or None when the file is sound."""
    if file.is_archive:
        with contextlib.suppress(Exception), zipfile.ZipFile(file.path) as archive:
            if not any(name.startswith("model.weights.") for name in archive.namelist()):
                return "its weights are missing"
            broken = archive.testzip()
            return f"the content of {broken} does not fit its checksum" if broken else None
        return "its ZIP archive cannot be read"
    return "its HDF5 file cannot be read" if isinstance(error, (OSError, KeyError)) else None
