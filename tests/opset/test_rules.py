import pytest

from litesmith.ir.dims import ceil_div, same, symbol
from litesmith.ir.operator import TypeRule
from litesmith.opset.rules import agreed_size, broadcast_sizes

BATCH, OTHER = symbol("batch", 3), symbol("other", 131)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (4, 4, 4),
        (BATCH, BATCH, BATCH),
        (BATCH, OTHER, BATCH),
        (OTHER * 2, BATCH, OTHER * 2),
        (BATCH, 4, 4),
        (4, BATCH, 4),
        (OTHER, ceil_div(OTHER, 2) * 2, OTHER),
        (ceil_div(ceil_div(OTHER, 2), 2) * 2, ceil_div(OTHER, 2), ceil_div(ceil_div(OTHER, 2), 2) * 2),
    ],
)
def test_sizes_that_must_be_one_size(left, right, expected):
    assert same(agreed_size(left, right), expected)


@pytest.mark.parametrize(("left", "right"), [(4, 5), (BATCH, BATCH + 1), (BATCH * 2, BATCH), (OTHER, OTHER // 2)])
def test_sizes_that_cannot_be_one_size(left, right):
    with pytest.raises(TypeRule, match="differ"):
        agreed_size(left, right)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [(1, 4, 4), (4, 1, 4), (1, BATCH, BATCH), (BATCH, 1, BATCH), (BATCH, 4, 4), (BATCH, OTHER, BATCH)],
)
def test_sizes_broadcast(left, right, expected):
    assert same(broadcast_sizes(left, right), expected)
