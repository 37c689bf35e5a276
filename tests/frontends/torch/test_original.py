"""Modules of torch and exported programs, converted by themselves."""

import inspect

import numpy as np
import pytest

import litesmith
from litesmith.diagnostics.base import LitesmithError
from litesmith.frontends.original import original_of
from support import builtins_of

torch = pytest.importorskip("torch")
nn = torch.nn
RANDOM = np.random.default_rng(0)


class Block(nn.Module):
    """Two convolutions and what goes around them."""

    def __init__(self, channels, out, stride):
        super().__init__()
        self.first, self.norm = nn.Conv2d(channels, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out)
        self.second, self.last_norm = nn.Conv2d(out, out, 3, 1, 1, bias=False), nn.BatchNorm2d(out)
        self.around = nn.Conv2d(channels, out, 1, stride)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        y = self.relu(self.norm(self.first(x)))
        y = self.last_norm(self.second(y))
        y += self.around(x)
        return self.relu(y)


def residual():
    stem = (nn.Conv2d(3, 8, 7, 2, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
    return nn.Sequential(
        *stem, Block(8, 8, 1), Block(8, 16, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 5)
    )


class Up(nn.Module):
    """Two levels of a U-Net."""

    def __init__(self):
        super().__init__()
        self.down, self.inner = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 8, 3, padding=1)
        self.up, self.out = nn.ConvTranspose2d(8, 4, 2, 2), nn.Conv2d(8, 1, 1)

    def forward(self, x):
        skip = torch.relu(self.down(x))
        inner = torch.relu(self.inner(torch.max_pool2d(skip, 2)))
        return torch.sigmoid(self.out(torch.cat([skip, self.up(inner)], 1)))


class Tagger(nn.Module):
    """Several arguments and outputs."""

    def __init__(self):
        super().__init__()
        self.table, self.cells = nn.Embedding(10, 4), nn.LSTM(4, 6, 2, batch_first=True, bidirectional=True)

    def forward(self, ids, scale):
        steps, (h, _) = self.cells(self.table(ids))
        return {"steps": steps * scale[:, None], "last": h[-1], "nothing": None}


class Decides(nn.Module):
    def forward(self, x):
        return torch.cat([x, x[:, :1]], 1) if x.shape[1] % 2 else x


class ReadsSize(nn.Module):
    def forward(self, x):
        return x + torch.tensor(np.arange(int(x.shape[1]), dtype="float32"))


class ReadsValue(nn.Module):
    def forward(self, x):
        return x * 2 if x.sum() > 0 else x


class Counts(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("calls", torch.zeros(1))

    def forward(self, x):
        self.calls += 1
        return x + self.calls


def line_of(function, text):
    lines, first = inspect.getsourcelines(function)
    return first + next(place for place, line in enumerate(lines) if text in line)


def finding(module, inputs):
    with pytest.raises(LitesmithError) as raised:
        litesmith.convert(module, inputs=inputs)
    return raised.value.diagnostics[0]


def test_of_a_residual_network_one_transpose_is_left():
    lite = litesmith.convert(residual(), inputs=(None, 3, 32, 32))
    assert builtins_of(lite).count("TRANSPOSE") == 1
    assert builtins_of(lite).count("CONV_2D") == 7


def test_operators_name_the_module_and_the_users_line():
    lite = litesmith.convert(residual(), inputs=(None, 3, 32, 32), verify=False)
    (source,) = {each.source for each in lite.graph.operations if each.source.layer == "5/second"}
    assert (source.file, source.line) == (__file__, line_of(Block.forward, "self.second(y)"))
    assert source.operation == "torch.aten.conv2d"


def test_images_of_open_sizes_that_can_be_halved():
    lite = litesmith.convert(Up(), inputs=(None, 3, "height", "width"), verify=False)
    module, images = Up().eval(), torch.as_tensor(RANDOM.standard_normal((2, 3, 24, 16)), dtype=torch.float32)
    lite = litesmith.convert(module, inputs=(None, 3, None, None), verify=False)
    with torch.no_grad():
        np.testing.assert_allclose(lite.run(images.numpy()), module(images), rtol=1e-4, atol=1e-5)


def test_a_transformer_of_open_length():
    layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
    litesmith.convert(nn.TransformerEncoder(layer, 2), inputs=(None, None, 16))


def test_arguments_in_order_and_by_name():
    module = Tagger()
    lite = litesmith.convert(module, inputs=["?,time<=50:int64", (None, 12)])
    assert {name: str(type) for name, type in lite.signatures["serving_default"]["inputs"].items()} == {
        "ids": "int64[batch, time]",
        "scale": "float32[batch, 12]",
    }
    assert builtins_of(lite).count("WHILE") >= 4
    found = lite.run([np.zeros((2, 4), "int64"), np.ones((2, 12), "float32")])
    assert found["nothing"] is None
    assert found["last"].shape == (2, 6)
    litesmith.convert(module, inputs={"ids": "?,time:int64", "scale": (None, 12)})


@pytest.mark.parametrize("cells", [nn.GRU, nn.RNN])
def test_other_recurrent_modules(cells):
    litesmith.convert(cells(4, 6, batch_first=True), inputs=(None, None, 4))


def test_a_module_is_converted_in_inference_and_left_as_it_was():
    module = nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.5), nn.BatchNorm1d(3)).train()
    assert builtins_of(litesmith.convert(module, inputs=(None, 3))) == ["FULLY_CONNECTED"]
    assert all(each.training for each in module.modules())


def test_signatures_share_weights():
    module = nn.Linear(100, 100)
    one = litesmith.convert(module, inputs=(None, 100))
    two = litesmith.convert(module, signatures={"one": (1, 100), "many": (None, 100)})
    assert len(bytes(two)) < 1.2 * len(bytes(one))


def test_exported_programs_say_what_they_take():
    module = residual().eval()
    sizes = ({0: torch.export.Dim("many", max=64)},)
    program = torch.export.export(module, (torch.zeros(2, 3, 32, 32),), dynamic_shapes=sizes)
    lite = litesmith.convert(program)
    assert str(lite.graph.inputs[0].type).endswith(", 3, 32, 32]")
    decomposed = litesmith.convert(program.run_decompositions(), batch=1)
    assert str(decomposed.graph.inputs[0].type) == "float32[1, 3, 32, 32]"
    assert builtins_of(decomposed).count("CONV_2D") == 7


def test_an_exported_program_of_several_arguments():
    program = torch.export.export(Tagger().eval(), (torch.zeros(2, 4, dtype=torch.int64), torch.ones(2, 12)))
    assert set(litesmith.convert(program).run([np.zeros((2, 4), "int64"), np.ones((2, 12), "float32")])) == {
        "steps",
        "last",
        "nothing",
    }


def test_what_an_if_decides_by_an_open_size_is_told():
    found = finding(Decides(), (None, None))
    assert (found.code, found.size) == ("P105", "x.1")
    assert found.source.line == line_of(Decides.forward, "if x.shape")
    litesmith.convert(Decides(), inputs=(None, 5))


def test_a_size_that_is_read_as_a_number_is_told():
    found = finding(ReadsSize(), (None, None))
    assert (found.code, found.size) == ("P105", "x.1")
    assert found.source.line == line_of(ReadsSize.forward, "int(x.shape")


def test_what_torch_cannot_follow_is_told():
    assert finding(ReadsValue(), (None, 3)).code == "P103"
    assert finding(nn.Linear(3, 2), None).code == "P101"
    assert finding(nn.Linear(3, 2), (None, 4)).code == "P103"


def test_a_module_that_assigns_its_buffers_is_refused():
    assert "calls" in finding(Counts(), (None, 3)).message()


def test_numbers_of_less_precision_are_allowed_for():
    assert original_of(nn.Linear(3, 2)).roundings == 0
    assert original_of(nn.Linear(3, 2).half()).roundings > 0
    litesmith.convert(nn.Linear(3, 2).bfloat16(), inputs="?,3:bfloat16")


def test_files_of_torch_are_not_loaded(tmp_path):
    program = torch.export.export(nn.Linear(3, 2), (torch.zeros(1, 3),))
    torch.export.save(program, tmp_path / "model.pt2")
    torch.save(nn.Linear(3, 2).state_dict(), tmp_path / "weights.pt")
    for name, is_program in (("model.pt2", True), ("weights.pt", False)):
        with pytest.raises(LitesmithError) as raised:
            litesmith.convert(tmp_path / name)
        (found,) = raised.value.diagnostics
        assert (found.code, found.is_program) == ("P106", is_program)
