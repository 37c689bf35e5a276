"""What a function of Keras tensors computes on the torch backend, by way of the program that torch exports of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.keras import SizeReadAsNumber
from litesmith.frontends.keras.arguments import stored_value
from litesmith.frontends.provenance import is_users
from litesmith.ir.dims import Dim
from litesmith.ir.graph import Value
from litesmith.ir.source import Place, current_source


def run(
    function: Callable[..., Sequence[Any]], arguments: Sequence[Value | Dim], variables: Sequence[Any]
) -> list[Value]:
    """What `function` makes of tensors of torch in place of `arguments`, in operators of the current graph."""
    from litesmith.frontends.torch import tracing
    from litesmith.frontends.torch.decisions import SizeDecides
    from litesmith.frontends.torch.tensors import place_of

    stored = [variable for variable in variables if variable._value is not None]
    weights = {place_of(variable._value): stored_value(variable) for variable in stored}
    try:
        return tracing.call(function, arguments, weights, is_users=is_users)
    except SizeDecides as found:
        source = current_source()
        place = source.at(Place(found.file, found.line))
        told = LitesmithError(SizeReadAsNumber(place, found.size, found.what))
        told._keras_call_info_injected = True  # type: ignore[attr-defined]  # or else Keras makes another one of its text
        raise told from found
