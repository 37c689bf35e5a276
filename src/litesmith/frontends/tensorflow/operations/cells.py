"""Steps of recurrent networks in one operation."""

from __future__ import annotations

from litesmith.frontends.tensorflow.registry import imports
from litesmith.ir.graph import Value
from litesmith.ops import math, nn
from litesmith.ops.array import concatenate, split
from litesmith.ops.einsum import matmul

OF_LSTM = ("i", "cs", "f", "o", "ci", "co", "h")


@imports("LSTMBlockCell", outputs=OF_LSTM)
def lstm_cell(
    x: Value,
    state: Value,
    hidden: Value,
    weights: Value,
    from_state_i: Value,
    from_state_f: Value,
    from_state_o: Value,
    bias: Value,
    *,
    forget_bias: float = 1.0,
    cell_clip: float = 3.0,
    use_peephole: bool = False,
) -> tuple[Value, ...]:
    """Gates stand in the order input, candidate, forget, output; the state is not clipped for a limit of 0 or less."""
    i, candidate, f, o = split(math.add(matmul(concatenate([x, hidden], 1), weights), bias), 4, 1)
    f = math.add(f, forget_bias)
    if use_peephole:
        i = math.add(i, math.multiply(state, from_state_i))
        f = math.add(f, math.multiply(state, from_state_f))
    i, f, candidate = nn.sigmoid(i), nn.sigmoid(f), nn.tanh(candidate)
    new = math.add(math.multiply(candidate, i), math.multiply(state, f))
    new = math.clip(new, -cell_clip, cell_clip) if cell_clip > 0 else new
    o = nn.sigmoid(math.add(o, math.multiply(new, from_state_o)) if use_peephole else o)
    shown = nn.tanh(new)
    return i, new, f, o, candidate, shown, math.multiply(shown, o)


@imports("GRUBlockCell", outputs=("r", "u", "c", "h"))
def gru_cell(
    x: Value, hidden: Value, gates: Value, weights: Value, gates_bias: Value, bias: Value
) -> tuple[Value, ...]:
    """The reset gate, the update gate, the candidate and the new state."""
    both = nn.sigmoid(math.add(matmul(concatenate([x, hidden], 1), gates), gates_bias))
    reset, update = split(both, 2, 1)
    seen = concatenate([x, math.multiply(reset, hidden)], 1)
    candidate = nn.tanh(math.add(matmul(seen, weights), bias))
    kept = math.multiply(update, hidden)
    return reset, update, candidate, math.add(kept, math.multiply(math.subtract(1.0, update), candidate))
