"""Installed packages, by what their metadata says; none is imported."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from dataclasses import dataclass

NEEDED = ("keras", "numpy", "ai-edge-litert", "flatbuffers", "h5py", "ml_dtypes", "rich", "typer")
"""What Litesmith does not work without."""

OPTIONAL = (
    "jax",
    "jaxlib",
    "tensorflow",
    "tensorflow-cpu",
    "tf-nightly",
    "torch",
    "openvino",
    "keras-nightly",
    "ai-edge-litert-nightly",
    "tf_keras",
    "tensorflow-model-optimization",
    "tflite-runtime",
    "litert-torch",
)
"""What Keras can compute with, and what has to do with Keras or LiteRT and can be in the way."""

NIGHTLY = {"keras": "keras-nightly", "ai-edge-litert": "ai-edge-litert-nightly"}
"""What serves as a needed package as well."""


@dataclass(frozen=True)
class Package:
    """A package; `version` is None where it is not installed."""

    name: str
    version: str | None
    needed: bool


def installed() -> tuple[Package, ...]:
    """All needed packages, and the optional ones that are installed."""
    found = [Package(name, version_of(name), name in NEEDED) for name in (*NEEDED, *OPTIONAL)]
    return tuple(package for package in found if package.needed or package.version is not None)


def version_of(name: str) -> str | None:
    """The version of an installed distribution."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def versions(packages: tuple[Package, ...]) -> Mapping[str, str]:
    """The versions of those that are installed."""
    return {package.name: package.version for package in packages if package.version is not None}
