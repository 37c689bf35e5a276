"""Layers of torch as the fused LSTM."""

import numpy as np
import pytest

import litesmith
from litesmith.diagnostics.base import LitesmithError
from support import builtins_of, compare_arrays

torch = pytest.importorskip("torch")
nn = torch.nn
FUSED = "UNIDIRECTIONAL_SEQUENCE_LSTM"


class Layer(nn.Module):
    """A recurrent layer over x, batch first or not, from states that are not zero; all it returns."""

    def __init__(self, kind=nn.LSTM, begins=False, **options):
        super().__init__()
        torch.manual_seed(0)
        self.layer, self.begins = kind(3, 4, **options), begins
        self.rows = self.layer.num_layers * (2 if self.layer.bidirectional else 1)

    def forward(self, x):
        if not self.begins:
            outputs, states = self.layer(x)
        else:
            batch = x.shape[0 if self.layer.batch_first else 1]
            first = torch.linspace(-1, 1, self.rows * 4).reshape(self.rows, 1, 4).expand(self.rows, batch, 4)
            outputs, states = self.layer(x, (first.contiguous(), (2 * first).contiguous()))
        return outputs, *(states if isinstance(states, tuple) else [states])


def check_fused(module, count, loops=0, rnn="fused"):
    """Convert at open sizes, and compare with torch at batches of 1 and 3."""
    batch_first = module.layer.batch_first
    sizes = ("batch", "time", 3) if batch_first else ("time", "batch", 3)
    lite = litesmith.convert(module.eval(), inputs=[sizes], rnn=rnn, verify=False)
    for batch, length in ((1, 1), (3, 2), (1, 7), (3, 40)):
        shape = (batch, length, 3) if batch_first else (length, batch, 3)
        x = np.random.default_rng(length).standard_normal(shape).astype("float32")
        with torch.no_grad():
            expected = [each.numpy() for each in module(torch.as_tensor(x))]
        compare_arrays(expected, list(lite.run(x)), rtol=2e-6, atol=1e-6)
    assert (builtins_of(lite).count(FUSED), builtins_of(lite).count("WHILE") > 0) == (count, loops > 0)
    return lite


@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize(
    ("options", "count"),
    [({}, 1), ({"bias": False}, 1), ({"num_layers": 2}, 2), ({"num_layers": 2, "bidirectional": True}, 4)],
)
def test_each_layer_in_each_direction_is_one_operator(batch_first, options, count):
    lite = check_fused(Layer(batch_first=batch_first, **options), count)
    assert {loop.form for loop in lite.model.loops} == {"fused"}


def test_first_states_are_taken():
    check_fused(Layer(begins=True, batch_first=True, num_layers=2), 2)


@pytest.mark.parametrize("kind", [nn.GRU, nn.RNN])
def test_what_is_no_lstm_stays_a_loop_and_says_why(kind):
    lite = check_fused(Layer(kind, batch_first=True), 0, loops=1)
    assert "the fused operator does not compute" in lite.model.loops[0].reason


def test_the_default_is_a_loop():
    check_fused(Layer(batch_first=True), 0, loops=1, rnn="while")


def test_a_projection_is_refused_as_without_the_option():
    with pytest.raises(LitesmithError, match="proj_size"):
        litesmith.convert(Layer(proj_size=2, batch_first=True).eval(), inputs=[("batch", "time", 3)], rnn="fused")


def exported(module):
    x = torch.zeros(2, 5, 3)
    return torch.export.export(module.eval(), (x,), dynamic_shapes=({0: torch.export.Dim("batch", min=2)},))


@pytest.mark.filterwarnings("ignore:The tensor attributes")
@pytest.mark.parametrize(
    ("module", "form"),
    [
        (Layer(batch_first=True, num_layers=2, bidirectional=True), "fused"),
        (Layer(nn.GRU, batch_first=True), "loop"),
        (Layer(nn.RNN, batch_first=True), "loop"),
        (Layer(nn.RNN, batch_first=True, nonlinearity="relu"), "loop"),
    ],
)
def test_a_program_that_others_exported(module, form):
    lite = litesmith.convert(exported(module), rnn="fused", verify=False)
    assert {loop.form for loop in lite.model.loops} == {form}
    for batch in (2, 3):
        x = np.random.default_rng(batch).standard_normal((batch, 5, 3)).astype("float32")
        with torch.no_grad():
            expected = [each.numpy() for each in module(torch.as_tensor(x))]
        compare_arrays(expected, list(lite.run(x)), rtol=2e-6, atol=1e-6)


@pytest.mark.filterwarnings("ignore:The tensor attributes")
def test_dropout_of_a_program_that_was_exported_for_training():
    x = torch.zeros(2, 5, 3)
    program = torch.export.export(Layer(num_layers=2, dropout=0.5, batch_first=True).train(), (x,))
    with pytest.raises(LitesmithError, match="as in training"):
        litesmith.convert(program)
