"""Which layer a tensor of a file stands for, by its name, whoever made the file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from litesmith.flatbuffer.layer_names import layer_of
from litesmith.lite_model import MAKER


class LayerNames:
    """The layers of a model, to be found in names of tensors.

    Litesmith's names are the layers' paths. TensorFlow's converter joins the names of fused operations by semicolons,
    `model/block_1/dense_1/MatMul;model/block_1/dense_1/BiasAdd`: each begins with the model's name, and a number may
    stand behind the name of a layer.
    """

    def __init__(self, paths: Iterable[str], maker: str) -> None:
        self.paths = list(dict.fromkeys(path for path in paths if path))
        self.maker = maker

    def layers_of(self, name: str) -> tuple[str, ...]:
        """The paths of the layers that a tensor's name tells; none where it tells no layer of the model."""
        if self.maker == MAKER:
            path = layer_of(name)
            return (path,) if path in self._known else ()
        found: dict[str, None] = {}
        for part in filter(None, name.split(";")):
            fit = [path for path, pattern in self._patterns.items() if pattern.match(part)]
            if fit:
                found[max(fit, key=lambda path: (path.count("/"), len(path)))] = None
        return tuple(found)

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.paths)

    @cached_property
    def _patterns(self) -> Mapping[str, re.Pattern[str]]:
        return {path: _pattern(path.split("/")) for path in self.paths}


def _pattern(names: Sequence[str]) -> re.Pattern[str]:
    """A path behind the model's name, where a number may follow each layer's, in front of the operation's name."""
    inner = "/".join(rf"{re.escape(name)}(?:_\d+)?" for name in names)
    return re.compile(rf"(?:[^/;]+/)?{inner}(?:/|$)")
