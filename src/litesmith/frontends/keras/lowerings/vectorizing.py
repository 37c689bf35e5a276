"""`keras.ops.vectorize`: a function of scalars, or of small tensors, applied at every place of larger ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import Any

from keras import ops

from litesmith.frontends.keras.registry import lowers
from litesmith.ir.dims import Shape, product
from litesmith.ops.errors import Unsupported
from litesmith.opset.rules import broadcast_shapes

CORE = re.compile(r"\(([^()]*)\)")


@lowers("ops.vectorize")
def vectorize(
    pyfunc: Callable[..., Any], *, excluded: Collection[int | str] | None = None, signature: str | None = None
) -> Callable[..., Any]:
    """The function over all places; in the graph, a loop whose body is `pyfunc`."""
    left_out = set(excluded or ())

    def over_all_places(*args: Any, **kwargs: Any) -> Any:
        if set(kwargs) - left_out:
            raise Unsupported("a vectorized function called with arguments by name that are not excluded")
        places = [place for place in range(len(args)) if place not in left_out]
        ranks = [0] * len(places) if signature is None else _core_ranks(signature)
        tensors = [ops.convert_to_tensor(args[place]) for place in places]

        def one(elements: Sequence[Any]) -> Any:
            given = list(args)
            for place, element in zip(places, elements, strict=True):
                given[place] = element
            return pyfunc(*given, **kwargs)

        return _mapped(one, tensors, ranks)

    return over_all_places


def _core_ranks(signature: str) -> list[int]:
    """How many axes the function takes of each argument, from a signature such as "(m,n),(n)->(m)"."""
    return [len([name for name in core.split(",") if name.strip()]) for core in CORE.findall(signature.split("->")[0])]


def _mapped(function: Callable[[Sequence[Any]], Any], tensors: Sequence[Any], ranks: Sequence[int]) -> Any:
    """The results of a function at all places that tensors have in front of the axes it takes."""
    cores = [tensor.shape[len(tensor.shape) - rank :] for tensor, rank in zip(tensors, ranks, strict=True)]
    fronts = [tensor.shape[: len(tensor.shape) - rank] for tensor, rank in zip(tensors, ranks, strict=True)]
    front: Shape = broadcast_shapes(*fronts)
    if not front:
        return function(tensors)
    rows = [
        ops.reshape(ops.broadcast_to(tensor, (*front, *core)), (product(front), *core))
        for tensor, core in zip(tensors, cores, strict=True)
    ]
    found = ops.vectorized_map(function, rows)

    def shaped(result: Any) -> Any:
        return ops.reshape(result, (*front, *result.shape[1:]))

    return tuple(map(shaped, found)) if isinstance(found, tuple) else shaped(found)
