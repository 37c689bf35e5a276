"""The fused recurrent operators.

They keep their state in variable tensors, which only the classic interpreter loads, and
which fix the batch unless an operation of the graph writes them.
"""

from __future__ import annotations

from dataclasses import dataclass

from litesmith.ir.dims import Size, product
from litesmith.ir.graph import Value
from litesmith.ir.operator import Independent, Operator, Types, activation, bias, required, state, weight
from litesmith.ir.types import DType, TensorType
from litesmith.opset.enums import Activation
from litesmith.opset.rules import need

GATES = ("input", "forget", "cell", "output")


@dataclass(frozen=True)
class UnidirectionalSequenceLstm(
    Operator, builtin="UNIDIRECTIONAL_SEQUENCE_LSTM", options="UnidirectionalSequenceLSTM"
):
    """A whole LSTM layer: 24 operands, most of them optional.

    input [batch, time, in] (or time first), a kernel and a recurrent kernel [units, in]
    for each gate, peepholes, biases, projection, output and cell state, layer norms.
    """

    fused_activation_function: Activation = Activation.TANH
    cell_clip: float = 0.0
    proj_clip: float = 0.0
    time_major: bool = False
    asymmetric_quantize_inputs: bool = False
    diagonal_recurrent_tensors: bool = False
    operands = (
        activation(),
        *(weight(f"{gate}_kernel", 0) for gate in GATES),
        *(weight(f"{gate}_recurrent_kernel", 0) for gate in GATES),
        *(weight(f"{gate}_peephole", None) for gate in ("input", "forget", "output")),
        *(bias(f"{gate}_bias", optional=True) for gate in GATES),
        weight("projection", 0),
        bias("projection_bias", optional=True),
        state("output_state"),
        state("cell_state"),
        *(weight(f"{gate}_layer_norm", None) for gate in GATES),
    )
    scales = Independent()
    quantized_dtypes = frozenset({DType.INT8})

    def multiply_accumulates(self, operands: Types, results: Types) -> Size:
        """Of every step: each gate has a kernel and a recurrent kernel; the first may be missing."""
        kernels = sum(int(operand.elements) for operand in operands[1:9] if operand is not None)
        return product(required(operands[0], "input").shape[:-1]) * kernels

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        sequence, kernel = need(operands[0], "input"), need(operands[2], "forget_kernel")
        return (TensorType(sequence.dtype, (*sequence.shape[:2], kernel.shape[0])),)

    def version(self, operands: Types, results: Types) -> int:
        if self.diagonal_recurrent_tensors:
            return 4
        if required(operands[0], "input").dtype is DType.FLOAT32 and (
            required(operands[2], "forget_kernel").dtype is DType.INT8
        ):
            return 3 if self.asymmetric_quantize_inputs else 2
        return 1
