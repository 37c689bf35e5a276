"""Whatever the passes do to a graph, it computes the same."""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from litesmith.opset.parse import parse_model
from litesmith.passes.fold_pad import same_padding
from litesmith.passes.pipeline import optimize
from support import compare_arrays, run_text, text_graph

SIZE, CHANNELS = 6, 3
NUMBERS = st.sampled_from([-2.0, -1.0, -0.3, 0.25, 0.5, 1.0, 1.7, 3.0])
ACTIVATIONS = [
    *("relu %", "relu6 %", "relu_n1_to_1 %"),
    *("maximum %, const float32[] 0.0", "minimum const float32[] 6.0, %"),
]


@dataclass
class Chain:
    """A graph under construction: its lines, and the type of each value."""

    lines: list[str] = field(default_factory=list)
    shapes: list[tuple[int, int]] = field(default_factory=lambda: [(SIZE, CHANNELS)])

    def name(self, place: int) -> str:
        return f"%{place}" if place else "%x"

    def add(self, text: str, size: int, channels: int) -> None:
        """An operation on the last value (`%`) whose result is [batch, size, size, channels]."""
        line = text.replace("%", self.name(len(self.lines))).replace("@", "%")
        self.lines.append(f"{line} : float32[batch, {size}, {size}, {channels}]")
        self.shapes.append((size, channels))


def convolve(draw, chain, size, channels):
    kernel, stride = draw(st.sampled_from([1, 2, 3])), draw(st.sampled_from([1, 2]))
    same = draw(st.booleans())
    if not same and size < kernel:
        return
    rows = -(-size // stride) if same else (size - kernel) // stride + 1
    options = f"padding={'SAME' if same else 'VALID'}, stride_w={stride}, stride_h={stride}"
    if draw(st.booleans()):
        out = channels
        text = f"depthwise_conv_2d({options}) %, const float32[1, {kernel}, {kernel}, {out}], const float32[{out}]"
    else:
        out = draw(st.sampled_from([1, 2, 4]))
        text = f"conv_2d({options}) %, const float32[{out}, {kernel}, {kernel}, {channels}], const float32[{out}]"
    chain.add(text, rows, out)


def multiply(draw, chain, size, channels):
    out = draw(st.sampled_from([1, 3, 4]))
    bias = draw(st.sampled_from(["none", f"const float32[{out}]"]))
    chain.add(f"fully_connected(keep_num_dims=True) %, const float32[{out}, {channels}], {bias}", size, out)


def pad_and_convolve(draw, chain, size, channels):
    stride = draw(st.sampled_from([1, 2]))
    before, after = draw(st.sampled_from([same_padding(size, 3, stride), (1, 1), (0, 1), (2, 1)]))
    padded = size + before + after
    if padded < 3:
        return
    amounts = f"[[0, 0], [{before}, {after}], [{before}, {after}], [0, 0]]"
    chain.add(f"pad %, const int32[4, 2] {amounts}", padded, channels)
    text = f"conv_2d(stride_w={stride}, stride_h={stride}) %, const float32[2, 3, 3, {channels}], const float32[2]"
    chain.add(text, (padded - 3) // stride + 1, 2)


def elementwise(draw, chain, size, channels):
    """A scale or shift of channels, on either side."""
    shape = draw(st.sampled_from(["[]", "[1]", f"[{channels}]", f"[1, {channels}]"]))
    count = channels if str(channels) in shape else 1
    numbers = draw(st.lists(NUMBERS, min_size=count, max_size=count))
    elements = {"[]": numbers[0], f"[1, {channels}]": [numbers]}.get(shape, numbers)
    name = draw(st.sampled_from(["add", "sub", "mul", "div"]))
    known = f"const float32{shape} {elements}"
    on_the_left = name != "div" and draw(st.booleans())
    chain.add(f"{name} {known}, %" if on_the_left else f"{name} %, {known}", size, channels)


def normalize(draw, chain, size, channels):
    """Batch normalization, as it arrives."""
    for name in ("mul", "add"):
        numbers = draw(st.lists(NUMBERS, min_size=channels, max_size=channels))
        chain.add(f"{name} %, const float32[{channels}] {numbers}", size, channels)


def activate(draw, chain, size, channels):
    chain.add(draw(st.sampled_from(ACTIVATIONS)), size, channels)


def join(draw, chain, size, channels):
    """A shortcut from an earlier value of the same type, perhaps the last one."""
    fitting = [place for place, shape in enumerate(chain.shapes) if shape == (size, channels)]
    earlier = chain.name(draw(st.sampled_from(fitting))).replace("%", "@")
    chain.add(f"{draw(st.sampled_from(['add', 'sub', 'maximum']))} %, {earlier}", size, channels)


def compute_again(draw, chain, size, channels):
    """The last operation once more."""
    if chain.lines and chain.shapes[-1] == (size, channels):
        chain.lines.append(chain.lines[-1])
        chain.shapes.append((size, channels))
        join(draw, chain, size, channels)


def compute_constants(draw, chain, size, channels):
    """A scale that the graph itself computes from a constant."""
    elements = draw(st.lists(st.sampled_from([0.25, 1.0, 4.0]), min_size=channels, max_size=channels))
    scaled = chain.name(len(chain.lines)).replace("%", "@")
    chain.lines.append(f"rsqrt const float32[{channels}] {elements} : float32[{channels}]")
    chain.shapes.append((0, 0))
    chain.add(f"mul {scaled}, %", size, channels)


STEPS = [
    *(convolve, multiply, pad_and_convolve, elementwise, elementwise, normalize, normalize),
    *(activate, activate, join, compute_again, compute_constants),
]


@st.composite
def graphs(draw):
    chain = Chain()
    for step in draw(st.lists(st.sampled_from(STEPS), min_size=1, max_size=9)):
        size, channels = chain.shapes[-1]
        if size:
            step(draw, chain, size, channels)
    if not chain.lines:
        normalize(draw, chain, *chain.shapes[-1])
    inputs = f"%x: float32[batch, {SIZE}, {SIZE}, {CHANNELS}]"
    extra = draw(st.sampled_from(["", f", %{max(1, len(chain.lines) - 1)}"]))
    return text_graph(*chain.lines, inputs=inputs, returned=f"%{len(chain.lines)}{extra}")


@settings(max_examples=80, deadline=None)
@given(graphs())
def test_optimized_graphs_compute_the_same(text):
    model = parse_model(text)
    optimize(model, check=True)
    compare_arrays(run_text(parse_model(text)), run_text(model), rtol=1e-5)


@settings(max_examples=30, deadline=None)
@given(graphs())
def test_an_optimized_graph_has_nothing_left_to_do(text):
    model = parse_model(text)
    optimize(model)
    assert not optimize(model).changes
