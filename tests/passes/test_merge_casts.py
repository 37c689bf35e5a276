"""Which detours over other types lose nothing."""

import pytest

from litesmith.ir.types import DType
from litesmith.passes.merge_casts import MergeCasts, holds
from support import check_rewrite


def detour(source, between, target):
    return f"""graph main(%x: {source}[batch, 4]) {{
      %1 = cast(in_data_type={source.upper()}, out_data_type={between.upper()}) %x : {between}[batch, 4]
      %2 = cast(in_data_type={between.upper()}, out_data_type={target.upper()}) %1 : {target}[batch, 4]
      return %2
    }}"""


@pytest.mark.parametrize(
    ("source", "between", "target"),
    [
        ("int32", "int64", "int8"),
        ("bool", "int32", "float32"),
        ("int16", "float32", "int32"),
        ("uint8", "int32", "float32"),
        ("int8", "float16", "float32"),
    ],
)
def test_a_detour_that_loses_nothing_is_cut_short(source, between, target):
    check_rewrite(
        MergeCasts(),
        detour(source, between, target),
        f"""graph main(%x: {source}[batch, 4]) {{
          %1 = cast(in_data_type={source.upper()}, out_data_type={target.upper()}) %x : {target}[batch, 4]
          return %1
        }}""",
    )


@pytest.mark.parametrize(
    ("source", "between", "target"),
    [
        ("float32", "int32", "float32"),
        ("int32", "float32", "int32"),
        ("int32", "int8", "int32"),
        ("int16", "float32", "int8"),
        ("int8", "float32", "uint8"),
        ("int32", "bool", "int32"),
        ("float32", "float16", "float32"),
    ],
)
def test_a_detour_that_rounds_wraps_or_saturates_stays(source, between, target):
    record = check_rewrite(MergeCasts(), detour(source, between, target), None)
    assert len(record.missed) == 1


def test_there_and_back_again_is_nothing():
    check_rewrite(
        MergeCasts(),
        detour("int32", "int64", "int32").replace("return %2", "%3 = neg %2 : int32[batch, 4]\nreturn %3"),
        """graph main(%x: int32[batch, 4]) {
          %1 = neg %x : int32[batch, 4]
          return %1
        }""",
    )


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        (DType.FLOAT32, DType.INT32, False),
        (DType.FLOAT64, DType.INT32, True),
        (DType.FLOAT32, DType.INT16, True),
        (DType.BFLOAT16, DType.UINT8, True),
        (DType.BFLOAT16, DType.INT16, False),
        (DType.INT16, DType.UINT8, True),
        (DType.INT8, DType.UINT8, False),
        (DType.UINT32, DType.INT8, False),
        (DType.FLOAT16, DType.BFLOAT16, False),
        (DType.BOOL, DType.UINT8, False),
    ],
)
def test_one_type_holds_the_values_of_another(wide, narrow, expected):
    assert holds(wide, narrow) is expected
