"""Layers and operations that are followed through torch, where Keras computes with it."""

import inspect

import keras
import numpy as np
import pytest
from keras import layers, ops

import litesmith
from litesmith.diagnostics.base import LitesmithError
from litesmith.frontends.keras import registry
from litesmith.report.summary import summarize
from support import builtins_of, check_converts

if keras.backend.backend() != "torch":
    pytest.skip("only where Keras computes with torch", allow_module_level=True)

import torch
from torch import nn

X = np.random.default_rng(0).standard_normal((3, 4)).astype("float32")


def model_of(*body, shape=(4,)):
    return keras.Sequential([keras.Input(shape), *body])


class Odd(layers.Layer):
    """Functions of torch on tensors, variables and the results of other layers."""

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], 5), name="kernel")
        self.inner = layers.Dense(5, activation="relu")
        self.inner.build((None, 5))

    def call(self, x):
        h = torch.einsum("bi,ij->bj", x, self.kernel.value)
        h = torch.nn.functional.gelu(h) + torch.sin(h) * self.inner(h)
        return torch.sort(h, dim=-1).values, {"sums": torch.cumsum(ops.exp(h), -1), "size": h.shape[0] * torch.ones(3)}


class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.first, self.norm = nn.Conv2d(channels, channels, 3, padding=1), nn.BatchNorm2d(channels)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x):
        return torch.relu(x + self.second(torch.relu(self.norm(self.first(x)))))


class Wrapped(layers.Layer):
    """A module of torch between images with channels behind, as Keras has them."""

    def __init__(self, module):
        super().__init__()
        self.inner = layers.TorchModuleWrapper(module)

    def call(self, x):
        return ops.transpose(self.inner(ops.transpose(x, (0, 3, 1, 2))), (0, 2, 3, 1))

    def compute_output_spec(self, x):
        return keras.KerasTensor(x.shape)


class OfLstm(layers.Layer):
    def __init__(self):
        super().__init__()
        self.cells = layers.TorchModuleWrapper(nn.LSTM(4, 6, batch_first=True))

    def call(self, x):
        steps, (h, _) = self.cells(x)
        return steps + h[0][:, None]

    def compute_output_spec(self, x):
        return keras.KerasTensor((*x.shape[:2], 6))


class Decides(layers.Layer):
    def call(self, x):
        return torch.relu(x) if x.shape[1] > 100 else torch.sin(x)

    def compute_output_spec(self, x):
        return keras.KerasTensor(x.shape)


def odd_model():
    x = keras.Input((4,))
    first, others = Odd(name="odd")(layers.Dense(4)(x))
    return keras.Model(x, layers.Dense(2, name="last")(first + others["sums"]))


def test_a_layer_full_of_torch_converts_and_is_verified():
    lite = check_converts(odd_model(), X[:1], X)
    litesmith.convert(odd_model())
    assert builtins_of(lite).count("FULLY_CONNECTED") == 4


def test_every_operator_names_the_layer_and_the_users_line():
    lite = litesmith.convert(odd_model(), verify=False)
    (sine,) = (each for each in lite.graph.operations if each.operator.builtin == "SIN")
    lines, first = inspect.getsourcelines(Odd.call)
    (line,) = (first + place for place, text in enumerate(lines) if "torch.sin" in text)
    assert sine.source.layer == "odd"
    assert (sine.source.file, sine.source.line) == (__file__, line)
    assert sine.source.operation == "torch.aten.sin"


def test_the_report_tells_of_it():
    summary = summarize(litesmith.convert(odd_model(), verify=False))
    assert summary.through_torch == ("odd",)
    assert "followed through torch: odd" in str(summary)


def test_weights_stay_where_they_are():
    lite = litesmith.convert(odd_model(), verify=False)
    held = [
        value for each in lite.graph.operations for value in each.operands if value is not None and value.is_constant
    ]
    assert "odd/kernel" in {value.name for value in held}


def test_a_block_of_torch_leaves_no_transposes_between_layers_of_keras():
    body = (layers.Conv2D(8, 3, padding="same"), Wrapped(Block(8)), layers.Conv2D(4, 3))
    lite = check_converts(model_of(*body, shape=(16, 16, 3)), rtol=1e-5)
    assert builtins_of(lite) == ["CONV_2D"] * 3 + ["ADD", "CONV_2D"]


def test_a_block_of_torch_takes_images_of_any_size():
    lite = litesmith.convert(model_of(Wrapped(Block(3)), shape=(None, None, 3)))
    assert "TRANSPOSE" not in builtins_of(lite)


def test_a_recurrent_module_is_a_loop_over_any_length():
    lite = check_converts(model_of(OfLstm(), shape=(None, 4)))
    assert "WHILE" in builtins_of(lite)


def test_what_an_if_decides_by_an_open_size_is_told():
    x = keras.Input((None,))
    with pytest.raises(LitesmithError) as raised:
        litesmith.convert(keras.Model(x, Decides()(x)))
    (finding,) = raised.value.diagnostics
    assert finding.code == "K201"
    assert (finding.source.layer, finding.source.line) == ("decides", Decides.call.__code__.co_firstlineno + 1)


def test_an_operation_without_a_lowering_goes_through_torch(monkeypatch):
    monkeypatch.setattr(registry, "lowering", lambda name: None)
    monkeypatch.setattr("litesmith.frontends.keras.tracing.lowering", lambda name: None)
    x = keras.Input((4,))
    check_converts(keras.Model(x, ops.sinh(x)), X[:1], X)


def test_what_torch_has_no_form_for_is_named():
    class Values(layers.Layer):
        def call(self, x):
            return torch.linalg.matrix_exp(x[:, :, None] * x[:, None])[:, 0]

        def compute_output_spec(self, x):
            return keras.KerasTensor(x.shape)

    with pytest.raises(LitesmithError) as raised:
        litesmith.convert(model_of(Values()))
    assert "aten.linalg_matrix_exp" in str(raised.value)
