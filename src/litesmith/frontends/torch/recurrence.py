"""Recurrent layers as one operator of a program, where torch would write them out step by step.

torch takes the steps of `nn.LSTM` and its like apart while it exports, which fixes their number. While a program is
traced here, the functions that these modules call become this operator instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

OPERATOR = "litesmith::recurrent"
KINDS: dict[Callable[..., Any], str] = {
    torch.lstm: "lstm",
    torch.gru: "gru",
    torch.rnn_tanh: "tanh",
    torch.rnn_relu: "relu",
}
MODULES = {"lstm": "LSTM", "gru": "GRU", "tanh": "RNN", "relu": "RNN"}


def called_by_users(name: str, arguments: Sequence[Any]) -> str:
    """What users call an operator of a program: `torch.aten.add`, and `torch.nn.LSTM` for the one of this module."""
    is_own = name == OPERATOR.replace("::", ".")
    return f"torch.nn.{MODULES[arguments[0]]}" if is_own else f"torch.{name}"


@torch.library.custom_op(OPERATOR, mutates_args=())  # type: ignore[untyped-decorator]
def recurrent(
    kind: str,
    x: torch.Tensor,
    states: list[torch.Tensor],
    weights: list[torch.Tensor],
    has_biases: bool,
    layers: int,
    bidirectional: bool,
    batch_first: bool,
) -> list[torch.Tensor]:
    """What `torch.lstm` and its like return: the outputs, and the states after the last step."""
    function = next(function for function, known_as in KINDS.items() if known_as == kind)
    first = states if kind == "lstm" else states[0]
    return list(function(x, first, weights, has_biases, layers, 0.0, False, bidirectional, batch_first))


@recurrent.register_fake  # type: ignore[untyped-decorator]
def _types(
    kind: str,  # noqa: ARG001 (the arguments of the operator)
    x: torch.Tensor,
    states: list[torch.Tensor],
    weights: list[torch.Tensor],  # noqa: ARG001
    has_biases: bool,  # noqa: ARG001
    layers: int,  # noqa: ARG001
    bidirectional: bool,
    batch_first: bool,  # noqa: ARG001
) -> list[torch.Tensor]:
    features = states[0].shape[-1] * (2 if bidirectional else 1)
    return [x.new_empty((*x.shape[:2], features)), *(torch.empty_like(state) for state in states)]


class KeepingRecurrence(TorchFunctionMode):
    """A context in which recurrent layers are calls of the operator."""

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kind = KINDS.get(function)
        if kind is None or kwargs or isinstance(args[2], torch.Tensor):  # the sizes of a packed sequence
            return function(*args, **(kwargs or {}))
        x, first, weights, has_biases, layers, _, _, bidirectional, batch_first = args
        states = [first] if isinstance(first, torch.Tensor) else list(first)
        return tuple(recurrent(kind, x, states, list(weights), has_biases, layers, bidirectional, batch_first))
