"""Operators of torch on random shapes, element types and arguments."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torch_support import check_torch, floats

import torch  # isort: skip

DTYPES = (torch.float32, torch.int64, torch.int32, torch.int8, torch.uint8, torch.bool)
BINARY = (torch.add, torch.mul, torch.maximum, torch.eq, torch.lt, torch.div, torch.logical_or)
REDUCTIONS = (torch.sum, torch.mean, torch.amax, torch.amin, torch.var, torch.std, torch.logsumexp)

few = settings(max_examples=12)
sizes = st.integers(1, 4)
shapes = st.lists(sizes, min_size=1, max_size=4)


@st.composite
def pairs(draw):
    """Two tensors that broadcast, of any types."""
    shape = draw(shapes)
    other = [draw(st.sampled_from([1, size])) for size in shape[draw(st.integers(0, len(shape) - 1)) :]]
    made = []
    for place, each in enumerate((shape, other)):
        dtype = draw(st.sampled_from(DTYPES))
        made.append((floats(*each, seed=draw(st.integers(0, 9)) + place, scale=3).abs() + 1).to(dtype))
    return made


@st.composite
def slices(draw):
    """A tensor, and a key of slices, integers, new axes and an ellipsis."""
    shape = draw(shapes)
    key = []
    for size in shape:
        kind = draw(st.sampled_from(["slice", "integer", "new", "all"]))
        if kind == "integer":
            key.append(draw(st.integers(-size, size - 1)))
        elif kind == "slice":
            bounds = [draw(st.none() | st.integers(-size - 1, size + 1)) for _ in range(2)]
            key.append(slice(*bounds, draw(st.integers(1, 2))))
        else:
            key.append(slice(None))
            if kind == "new":
                key.append(None)
    return floats(*shape), tuple(key)


@given(pairs(), st.sampled_from(BINARY))
@few
def test_types_and_shapes_of_two_operands(tensors, function):
    check_torch(function, *tensors, dynamic=None)


@given(slices())
@few
def test_keys(sliced):
    tensor, key = sliced
    if 0 in tensor[key].shape:
        return
    check_torch(lambda x: x[key] * 2, tensor, dynamic=None)


@given(st.lists(sizes, min_size=2, max_size=4), st.data(), st.sampled_from(REDUCTIONS), st.booleans())
@few
def test_reductions_of_any_axes(shape, data, function, keep):
    axes = data.draw(st.lists(st.integers(-len(shape), len(shape) - 1), min_size=1, unique_by=lambda a: a % len(shape)))
    counted = 1
    for axis in axes:
        counted *= shape[axis]
    if function in (torch.var, torch.std) and counted == 1:
        return
    check_torch(lambda x: function(x, axes, keepdim=keep), floats(*shape), dynamic=None, rtol=2e-6)


@pytest.mark.parametrize("keep", [True, False])
@given(shapes, st.data())
@few
def test_order_along_any_axis(keep, shape, data):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    check_torch(
        lambda x: [*x.sort(axis, descending=keep), x.argmax(axis, keepdim=keep), *x.median(axis, keepdim=keep)],
        floats(*shape),
        dynamic=None,
    )
