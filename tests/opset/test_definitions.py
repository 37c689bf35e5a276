"""Every operator's definition agrees with the schema and names one builtin."""

import dataclasses

import pytest
from ai_edge_litert import schema_py_generated as generated

from litesmith.flatbuffer.schema import DTYPE_NUMBERS, OPERATORS, new_table, option_fields
from litesmith.ir.graph import Graph
from litesmith.ir.operator import Never, Operand, Operator
from litesmith.ir.types import DType
from litesmith.opset.registry import definitions
from litesmith.opset.unmodeled import Unmodeled

KNOWN = {name: definition for name, definition in definitions().items() if definition is not Unmodeled}
parametrize = pytest.mark.parametrize("name", sorted(KNOWN))


@parametrize
def test_the_builtin_exists(name):
    assert name in OPERATORS


@parametrize
def test_fields_are_those_of_the_schemas_table(name):
    definition = KNOWN[name]
    fields = {field.schema_name for field in option_fields(definition)}
    if definition.options_table is None:
        assert not fields
        return
    table = vars(new_table(definition.options_table))
    # quantSpec has no meaning in any released kernel.
    assert fields == set(table) - {"quantSpec"}, definition.options_table


@parametrize
def test_defaults_make_an_instance_that_compares_and_prints(name):
    definition = KNOWN[name]
    assert definition.builtin == name
    if not any(isinstance(getattr(definition(), f.name), Graph) for f in dataclasses.fields(definition)):
        assert definition() == definition()
        assert hash(definition()) == hash(definition())
    assert str(definition()).startswith(name.lower())


@parametrize
def test_operands_and_scales_are_described(name):
    definition = KNOWN[name]
    assert all(isinstance(operand, Operand) for operand in definition.operands)
    assert definition.__doc__
    assert definition.__doc__ != Operator.__doc__
    assert not any(operand.variadic for operand in definition.operands[:-1])
    assert definition.scales is not None


def test_element_types_are_those_of_the_schema():
    numbers = {name: n for name, n in vars(generated.TensorType).items() if not name.startswith("_")}
    assert {dtype.name: number for dtype, number in DTYPE_NUMBERS.items()} == numbers
    assert {dtype.value for dtype in DType} == {name.lower() for name in numbers}


def test_never_is_the_policy_of_what_has_no_integer_form():
    assert KNOWN["CAST"].scales == Never()
