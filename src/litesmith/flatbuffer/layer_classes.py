"""Of which classes the layers of a file are: a JSON object in its metadata, paths of layers by the names of classes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from litesmith.ir.graph import Graph

METADATA = "litesmith.layers"
"""Name of the metadata entry."""


def classes_metadata(graphs: Iterable[Graph]) -> dict[str, bytes]:
    """The metadata that keeps the classes of layers; none where they are not known."""
    found: dict[str, str] = {}
    for graph in graphs:
        for source in {operation.source for operation in graph.operations}:
            names = source.layer.split("/")
            if len(names) == len(source.classes):
                for place, name in enumerate(source.classes):
                    found["/".join(names[: place + 1])] = name
    paths: dict[str, list[str]] = {}
    for path, name in sorted(found.items()):
        paths.setdefault(name, []).append(path)
    return {METADATA: json.dumps(paths, separators=(",", ":"), sort_keys=True).encode()} if paths else {}


class LayerClasses:
    """What metadata says of the classes of layers; nothing where there is none, or where it is something else."""

    def __init__(self, metadata: Mapping[str, bytes]) -> None:
        self._classes: dict[str, str] = {}
        try:
            stored = json.loads(metadata.get(METADATA, b"{}"))
            self._classes = {str(path): name for name, paths in stored.items() for path in paths}
        except (ValueError, TypeError, AttributeError, RecursionError):
            pass  # they only help to select layers

    def of(self, path: str) -> tuple[str, ...]:
        """The classes of the layers on a path, outermost first."""
        if path not in self._classes:
            return ()
        names = path.split("/")
        return tuple(self._classes.get("/".join(names[: place + 1]), "") for place in range(len(names)))
