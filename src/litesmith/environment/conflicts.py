"""Packages and settings that are known not to work together, though their metadata does not say so."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from litesmith.diagnostics.base import Diagnostic
from litesmith.diagnostics.environment import InTheWay


@dataclass(frozen=True)
class Conflict:
    """Versions that do not work together.

    Attributes:
        packages: specifiers of versions by package, `""` for any; all must be installed.
        setting: an environment variable that must be set besides (to other than `0`); None for none.
        what: what does not work.
        cure: what to do.
        source: where it was found.
    """

    packages: Mapping[str, str]
    what: str
    cure: str
    source: str
    setting: str | None = None


def _both(one: str, other: str) -> Conflict:
    return Conflict(
        {one: "", other: ""},
        f"{one} and {other} install files of the same names: which of them is imported is chance.",
        f"pip uninstall {one} {other}, then install one of them.",
        "their lists of files",
    )


def _converter_of_2_16(package: str) -> Conflict:
    return Conflict(
        {package: ">=2.16,<2.17", "keras": ">=3"},
        "The converter of TensorFlow 2.16 does not take models of Keras 3 (no _get_save_spec; missing attribute "
        "'value').",
        "Convert with Litesmith, which does not use it, or update TensorFlow.",
        "tensorflow#63867, tensorflow#65012",
    )


CONFLICTS = (
    _converter_of_2_16("tensorflow"),
    _converter_of_2_16("tensorflow-cpu"),
    Conflict(
        {"tensorflow-model-optimization": "", "keras": ">=3"},
        "tensorflow-model-optimization refuses models and layers of Keras 3.",
        "Use it with models of tf_keras, or quantize with litesmith.convert(quantize=...) or Keras' model.quantize.",
        "tfmot#1119, tfmot#1141",
    ),
    Conflict(
        {"tflite-runtime": "", "numpy": ">=2"},
        "tflite-runtime is compiled for NumPy 1 and ends with an error under NumPy 2.",
        "pip uninstall tflite-runtime: ai-edge-litert, which is installed with Litesmith, takes its place.",
        "NumPy's guide to 2.0: modules compiled for 1.x do not run",
    ),
    Conflict(
        {"tf_keras": "", "keras": ">=3"},
        "TF_USE_LEGACY_KERAS is set: tf.keras is tf_keras (Keras 2), whose models are not those of keras (K303).",
        "Unset TF_USE_LEGACY_KERAS, or build models with `import keras`.",
        "TensorFlow's notes on 2.16",
        setting="TF_USE_LEGACY_KERAS",
    ),
    _both("keras", "keras-nightly"),
    _both("tensorflow", "tensorflow-cpu"),
    _both("tensorflow", "tf-nightly"),
    _both("ai-edge-litert", "ai-edge-litert-nightly"),
)


def conflicts(versions: Mapping[str, str]) -> Iterator[Diagnostic]:
    """A finding for each conflict among these versions, in this process' settings.

    None without the package `packaging`, whose absence `unmet_requirements` finds.
    """
    if importlib.util.find_spec("packaging") is None:
        return
    for conflict in CONFLICTS:
        if _applies(conflict, versions):
            found = ", ".join(f"{name} {versions[name]}" for name in conflict.packages)
            yield InTheWay(conflict.what, conflict.cure, found, conflict.source)


def _applies(conflict: Conflict, versions: Mapping[str, str]) -> bool:
    from packaging.specifiers import SpecifierSet

    if conflict.setting is not None and os.environ.get(conflict.setting, "0") in {"", "0"}:
        return False
    return all(
        name in versions and SpecifierSet(specifier).contains(versions[name], prereleases=True)
        for name, specifier in conflict.packages.items()
    )
