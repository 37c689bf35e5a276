"""The graphs of `tests/corpus/graphs`: opened, converted, run, and compared with what their TensorFlow computed."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np

import litesmith
from litesmith.diagnostics.base import LitesmithError

GRAPHS = Path(__file__).parent / "corpus" / "graphs"
FILES = sorted([*GRAPHS.rglob("*.zip"), *GRAPHS.rglob("*.pb")])

Arrays = dict[str, Any]


def label(path: Path) -> str:
    return str(path.relative_to(GRAPHS))


def unpacked(path: Path, folder: Path) -> Path:
    """What a file of the corpus is to Litesmith: a folder, or the file itself."""
    if path.suffix == ".pb":
        return path
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    return folder


def expected(path: Path) -> dict[str, tuple[Arrays, Arrays]]:
    """For each signature its inputs and outputs by name."""
    found: dict[str, tuple[Arrays, Arrays]] = {}
    arrays = np.load(path.with_suffix(".npz"))
    for key in arrays:
        side, signature, name = key.split(":", 2)
        found.setdefault(signature, ({}, {}))["xy".index(side)][name] = arrays[key]
    return found


def converted(source: Path, signature: str, **options: Any) -> Any:
    return litesmith.convert(source, signature=signature if source.is_dir() else None, **options)


def differences(source: Path, path: Path, **options: Any) -> dict[str, str]:
    """What is wrong with each signature of a file: where it does not convert, or computes something else."""
    return {
        signature: problem
        for signature, (inputs, outputs) in expected(path).items()
        if (problem := _problem(source, signature, inputs, outputs, options))
    }


def _problem(source: Path, signature: str, inputs: Arrays, outputs: Arrays, options: dict[str, Any]) -> str:
    try:
        found = converted(source, signature, **options).run(inputs)
    except LitesmithError as error:
        return " ".join(
            f"{finding.code} {getattr(finding, 'operation', finding.message())}" for finding in error.diagnostics
        )
    found = found if isinstance(found, dict) else dict(zip(outputs, [found], strict=True))
    if found.keys() != outputs.keys():
        return f"returns {sorted(found)}"
    wrong = [name for name in outputs if not _is_close(found[name], outputs[name])]
    return f"other numbers of {wrong}" if wrong else ""


def _is_close(found: Any, wanted: Any) -> bool:
    """Within 1e-5 of the largest magnitude."""
    if found.shape != wanted.shape or found.dtype != wanted.dtype:
        return False
    return np.allclose(found, wanted, rtol=0, atol=1e-5 * max(1.0, np.abs(wanted).max()))
