"""Attention over a part of the queries at a time, for memory that all at once overflow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from keras import layers, ops

from litesmith.frontends.keras.repairs.rebuilding import layers_of, rebuilt, twin
from litesmith.frontends.keras.repairs.repair import Repair, Repaired, Trouble

PARTS = (2, 4, 8, 16)
ATTENTION = (layers.MultiHeadAttention, layers.GroupQueryAttention)


class AttentionInParts(Repair):
    """The scores of some queries with all keys at a time: each query's row of the softmax is its own."""

    name = "attention_in_parts"
    order = 40

    def candidates(self, model: Any, trouble: Trouble) -> Iterator[Repaired]:
        if trouble.fullest is None:
            return
        found = {path: layer for path, layer in layers_of(model) if isinstance(layer, ATTENTION)}
        chosen = {path for path in found if trouble.fullest == path or trouble.fullest.startswith(f"{path}/")}
        for parts in PARTS if chosen else ():
            if any((_queries(found[path]) or 0) < parts for path in chosen):
                return

            def change(layer: Any, path: str, parts: int = parts) -> Any:
                return _in_parts(twin(layer), parts) if path in chosen else None

            said = f"the queries of {', '.join(sorted(chosen))} in {parts} parts, one after the other"
            yield Repaired(rebuilt(model, change), tuple(sorted(chosen)), said)


def _queries(layer: Any) -> int | None:
    first = layer.input[0] if isinstance(layer.input, (list, tuple)) else layer.input
    size: int | None = first.shape[1]
    return size


def _in_parts(attend: Callable[..., Any], parts: int) -> Callable[..., Any]:
    """The same call of the layer, once for each part of its queries."""

    def call(query: Any, value: Any, key: Any = None, **kwargs: Any) -> Any:
        count, keys = query.shape[1], (value if key is None else key).shape[1]
        mask, causal = kwargs.pop("attention_mask", None), kwargs.pop("use_causal_mask", False)
        bounds = [count * part // parts for part in range(parts + 1)]
        found = []
        for begin, end in pairwise(bounds):
            seen = None if mask is None else mask[..., begin:end, :]
            if causal:
                earlier = np.arange(keys)[None, None, :] <= np.arange(begin, end)[None, :, None]
                seen = earlier if seen is None else ops.logical_and(seen, earlier)
            masked = {} if seen is None else {"attention_mask": seen}
            found.append(attend(query[:, begin:end], value, key=key, **masked, **kwargs))
        return ops.concatenate(found, axis=1)

    return call
