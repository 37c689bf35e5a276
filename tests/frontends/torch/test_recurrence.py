"""What recurrent layers of torch are called where a report tells of them."""

import pytest

import litesmith

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("kind", [torch.nn.LSTM, torch.nn.GRU, torch.nn.RNN])
def test_a_loop_is_of_the_users_layer(kind):
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.steps = kind(4, 3, batch_first=True)

        def forward(self, x):
            return self.steps(x)[0]

    (loop,) = litesmith.convert(Net().eval(), inputs=(1, None, 4), verify=False).model.loops
    assert (loop.layer, loop.operation) == ("steps", f"torch.nn.{kind.__name__}")
