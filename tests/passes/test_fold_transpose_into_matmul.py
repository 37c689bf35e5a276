"""Which transposes BATCH_MATMUL takes over."""

import pytest

from litesmith.passes.fold_transpose_into_matmul import FoldTransposeIntoMatmul
from support import check_rewrite


@pytest.mark.parametrize("adj", [(False, False), (True, False), (False, True), (True, True)], ids=str)
def test_both_operands_are_read_as_they_are(adj):
    adj_x, adj_y = adj
    options, others = f"adj_x={adj_x}, adj_y={adj_y}", f"adj_x={not adj_x}, adj_y={not adj_y}"
    check_rewrite(
        FoldTransposeIntoMatmul(),
        f"""graph main(%x: float32[batch, 2, 4, 4], %y: float32[batch, 2, 4, 4]) {{
          %1 = transpose %x, const int32[4] [0, 1, 3, 2] : float32[batch, 2, 4, 4]
          %2 = transpose %y, const int32[4] [0, 1, 3, 2] : float32[batch, 2, 4, 4]
          %3 = batch_matmul({options}) %1, %2 : float32[batch, 2, 4, 4]
          return %3
        }}""",
        f"""graph main(%x: float32[batch, 2, 4, 4], %y: float32[batch, 2, 4, 4]) {{
          %1 = batch_matmul({others}) %x, %y : float32[batch, 2, 4, 4]
          return %1
        }}""",
    )


@pytest.mark.parametrize("order", ["[0, 2, 1, 3]", "[0, 2, 3, 1]", "[1, 0, 3, 2]"])
def test_other_transposes_stay(order):
    check_rewrite(
        FoldTransposeIntoMatmul(),
        f"""graph main(%x: float32[3, 3, 3, 3], %y: float32[3, 3, 3, 3]) {{
          %1 = transpose %y, const int32[4] {order} : float32[3, 3, 3, 3]
          %2 = batch_matmul %x, %1 : float32[3, 3, 3, 3]
          return %2
        }}""",
        None,
    )
