"""Recurrent layers in configurations that are drawn: layers and cells, arguments, masks, states, sizes and forms."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from keras import layers, ops

from litesmith.diagnostics.base import LitesmithError
from support import check_converts

FEATURES = 3
KINDS = ("LSTM", "GRU", "SimpleRNN")
ACTIVATIONS = [
    "tanh", "sigmoid", "relu", "linear", "hard_sigmoid", "softsign", "elu", "selu", "softmax", "gelu", "silu", "relu6",
    "hard_tanh", "softplus", "celu", "squared", None,
]  # fmt: skip


def squared(x):
    return ops.square(ops.tanh(x))


@dataclass(frozen=True)
class Configuration:
    """A recurrent layer, what it is given, and the form it is converted to.

    Attributes:
        kind: the name of a layer, or of cells in an RNN.
        cells: the arguments of the layer or of its cells, which the layer has too.
        options: the arguments of the layer alone.
        merge: the merge mode of a Bidirectional; "" where there is none.
        backward: the arguments of another layer for the way back, in a Bidirectional.
        states: where initial states come from: zeros, further inputs, or numbers of the model.
        mask: where a mask comes from, and which steps it leaves.
    """

    kind: str
    cells: tuple[dict[str, Any], ...]
    options: dict[str, bool]
    in_rnn: bool = False
    merge: str | None = ""
    backward: dict[str, Any] | None = None
    states: str = "zeros"
    mask: str = "none"
    holes: str = "random"
    time: int | None = None
    batch: int | None = None
    dtype: str = "float32"
    rnn: str = "while"
    calls: tuple[tuple[int, int], ...] = field(default=((1, 5), (3, 4)))

    def layer(self) -> Any:
        options = {**self.options, "dtype": self.dtype}
        if self.in_rnn:
            cells = [getattr(layers, f"{self.kind}Cell")(**cell, dtype=self.dtype) for cell in self.cells]
            layer = layers.RNN(cells if len(cells) > 1 else cells[0], **options)
        else:
            layer = getattr(layers, self.kind)(**self.cells[0], **options)
        if self.merge == "":
            return layer
        back = None
        if self.backward is not None:
            back = getattr(layers, self.kind)(
                **{**self.cells[0], **self.backward}, **{**options, "go_backwards": not options.get("go_backwards")}
            )
        return layers.Bidirectional(layer, merge_mode=self.merge, backward_layer=back, dtype=self.dtype)

    def state_sizes(self) -> list[int]:
        once = [cell["units"] for cell in self.cells for _ in range(2 if self.kind == "LSTM" else 1)]
        return once * (1 if self.merge == "" else 2)

    def model(self) -> Any:
        x = keras.Input((self.time, FEATURES), batch_size=self.batch, name="x")
        layer, inputs, options = self.layer(), [x], {}
        sequence = layers.Masking()(x) if self.mask == "zeros" else x
        if self.mask == "given":
            inputs.append(keras.Input((self.time,), batch_size=self.batch, dtype="bool", name="mask"))
            options["mask"] = inputs[-1]
        if self.states == "inputs":
            states = [
                keras.Input((size,), batch_size=self.batch, name=f"s{i}") for i, size in enumerate(self.state_sizes())
            ]
            inputs += states
            options["initial_state"] = states
        model = keras.Model(inputs, layer(sequence, **options))
        return randomized(model)

    def arrays(self, batch: int, time: int, seed: int) -> list[Any]:
        random = np.random.default_rng(seed)
        batch, time = self.batch or batch, time if self.time is None else self.time
        x = random.standard_normal((batch, time, FEATURES)).astype("float32")
        keep = kept(self.holes, random, batch, time)
        given = [x * keep[..., None] if self.mask == "zeros" else x]
        if self.mask == "given":
            given.append(keep)
        if self.states == "inputs":
            given += [random.standard_normal((batch, size)).astype("float32") for size in self.state_sizes()]
        return given


def kept(holes: str, random: Any, batch: int, time: int) -> Any:
    lengths = random.integers(0, time + 1, (batch, 1))
    return {
        "random": random.random((batch, time)) < 0.6,
        "right": np.arange(time) < lengths,
        "left": np.arange(time) >= lengths,
        "nothing": np.zeros((batch, time), bool),
        "everything": np.ones((batch, time), bool),
    }[holes]


def randomized(model: Any) -> Any:
    """A model whose biases are not zero, so that a bias at a wrong place shows."""
    random = np.random.default_rng(0)
    for weight in model.weights:
        weight.assign(random.uniform(-0.7, 0.7, weight.shape))
    return model


activations = st.sampled_from(ACTIVATIONS).map(lambda name: squared if name == "squared" else name)
rarely = partial(st.sampled_from, [False, False, False, True])


@st.composite
def cell_arguments(draw: Any, kind: str) -> dict[str, Any]:
    options: dict[str, Any] = {"units": draw(st.integers(1, 5)), "use_bias": draw(st.booleans())}
    if draw(st.booleans()):
        options["activation"] = draw(activations)
    if kind != "SimpleRNN" and draw(rarely()):
        options["recurrent_activation"] = draw(activations)
    if kind == "LSTM":
        options["unit_forget_bias"] = draw(st.booleans())
    if kind == "GRU":
        options["reset_after"] = draw(st.booleans())
    for name in ("dropout", "recurrent_dropout"):
        if draw(rarely()):
            options[name] = 0.5
    return options


def arguments_of_time() -> Any:
    names = ("return_sequences", "return_state", "go_backwards", "unroll", "zero_output_for_mask")
    return st.fixed_dictionaries({name: rarely() for name in names[2:]} | {name: st.booleans() for name in names[:2]})


@st.composite
def configurations(draw: Any) -> Configuration:
    kind = draw(st.sampled_from(KINDS))
    in_rnn = draw(rarely())
    merge = "" if in_rnn or not draw(rarely()) else draw(st.sampled_from(["concat", "sum", "ave", "mul", None]))
    cells = tuple(draw(cell_arguments(kind)) for _ in range(draw(st.integers(1, 3)) if in_rnn else 1))
    options = draw(arguments_of_time())
    if merge != "":
        options["go_backwards"] = False
    time = draw(st.sampled_from([None, None, 1, 2, 5, 6]))
    other = draw(cell_arguments(kind)) if merge != "" and draw(st.booleans()) else None
    if other is not None:
        other["units"] = cells[0]["units"]
    length = st.integers(1, 8)
    return Configuration(
        kind,
        cells,
        options,
        in_rnn,
        merge,
        backward=other,
        states=draw(st.sampled_from(["zeros", "zeros", "inputs"])) if not (in_rnn and len(cells) > 1) else "zeros",
        mask=draw(st.sampled_from(["none", "none", "zeros", "given"])),
        holes=draw(st.sampled_from(["random", "right", "left", "nothing", "everything"])),
        time=time,
        batch=draw(st.sampled_from([None, None, 2])),
        dtype=draw(st.sampled_from(["float32"] * 5 + ["mixed_float16", "bfloat16", "float64"])),
        rnn=draw(st.sampled_from(["while", "while", "fused", "unroll"])),
        calls=((1, draw(length)), (3, draw(length))),
    )


@given(configurations())
@settings(max_examples=40)
def test_configurations(configuration):
    if configuration.options["unroll"]:
        assume(configuration.time is not None)
    arrays = [configuration.arrays(*call, seed=i) for i, call in enumerate(configuration.calls)]
    model = configuration.model()
    if configuration.rnn == "unroll" and configuration.time is None:
        with pytest.raises(LitesmithError, match="known number of time steps"):
            check_converts(model, *arrays, convert={"rnn": "unroll"})
        return
    check_converts(model, *arrays, convert={"rnn": configuration.rnn})
