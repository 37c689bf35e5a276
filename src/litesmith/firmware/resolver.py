"""The operators of a file, as LiteRT for Microcontrollers is told of them: a `MicroMutableOpResolver` of just these."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from litesmith.firmware.names import identifier
from litesmith.ir.graph import Model
from litesmith.opset.unmodeled import operator_name
from litesmith.opset.variable import VarHandle

EXCEPTIONS = {
    "BATCH_MATMUL": "BatchMatMul",
    "CUMSUM": "CumSum",
    "PADV2": "PadV2",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "UnidirectionalSequenceLSTM",
}
"""Operators whose methods are not named by the rule (tflite-micro's `micro_mutable_op_resolver.h`)."""

CUSTOM = "CUSTOM "
"""In front of the names of custom operators."""


def method(operator: str) -> str:
    """The method of the resolver that adds an operator: `AddConv2D` for CONV_2D."""
    words = (word if word[0].isdigit() else word.capitalize() for word in operator.split("_"))
    return "Add" + EXCEPTIONS.get(operator, "".join(words))


def operators_of(model: Model) -> tuple[str, ...]:
    """The operators of all graphs of a file, each once, by name."""
    return tuple(sorted({operator_name(each) for graph in model.all_graphs() for each in graph.operations}))


def resource_variables(model: Model) -> int:
    """How many variables the graphs of a file share, for which the interpreter needs places."""
    operators = (each.operator for graph in model.all_graphs() for each in graph.operations)
    return len({operator.shared_name for operator in operators if isinstance(operator, VarHandle)})


def resolver_header(origin: str, name: str, operators: Sequence[str], variables: int) -> str:
    """C++: the type of the resolver, the function that fills it, and the number of variables where there are any.

    The function is given the kernels of custom operators, in their order.
    """
    guard, camel = f"{name.upper()}_RESOLVER_H_", "".join(word[:1].upper() + word[1:] for word in name.split("_"))
    customs = [operator.removeprefix(CUSTOM) for operator in operators if operator.startswith(CUSTOM)]
    kernels = "".join(f", const TFLMRegistration* {identifier(each)}" for each in customs)
    return f"""\
// {origin}
#ifndef {guard}
#define {guard}

#include "tensorflow/lite/c/common.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"

using {camel}Resolver = tflite::MicroMutableOpResolver<{len(operators)}>;

inline TfLiteStatus Add{camel}Operators({camel}Resolver& resolver{kernels}) {{
{_calls(operators)}
  return kTfLiteOk;
}}
{_variables(camel, variables)}
#endif  // {guard}
"""


def _calls(operators: Iterable[str]) -> str:
    return "\n".join(f"  TF_LITE_ENSURE_STATUS(resolver.{_call(operator)});" for operator in operators)


def _call(operator: str) -> str:
    if not operator.startswith(CUSTOM):
        return f"{method(operator)}()"
    name = operator.removeprefix(CUSTOM)
    return f'AddCustom("{name}", {identifier(name)})'


def _variables(camel: str, count: int) -> str:
    if not count:
        return ""
    return f"""
// For tflite::MicroResourceVariables::Create, whose result the interpreter is given.
constexpr int k{camel}ResourceVariables = {count};
"""
