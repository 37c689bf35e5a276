"""Layers that Keras quantized: `quantize("int8" | "int4" | "gptq" | "awq" | "float8")`.

Their integers stand in the file as they are. What Keras computes is computed, in the same steps:

- int8: Keras rounds each row of the input to -127..127 of its own largest magnitude and multiplies integers. Here
  the same whole numbers are multiplied in float32, where their sums are exact up to 2 ** 24, and divided by the
  same scales: a Dense layer gives the bits that Keras' numpy backend gives. They have to be the same, as the next
  layer rounds them again, and a number that falls on the other side of a half is off by 1/127.
- int4, gptq, awq: real inputs times weights that are made real, as exact as float32 products are (1e-6).

`frontends.keras.tracing` asks for these where a layer has a `quantization_mode`; layers of older versions of
Keras, which store their integers otherwise, run their own code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops, quantizers

from litesmith.frontends.keras.arguments import to_tensors, to_values, variable_value
from litesmith.frontends.keras.registry import lowers
from litesmith.ir.constants import Array, Constant
from litesmith.ir.dims import product
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import einsum as products
from litesmith.ops import math
from litesmith.ops.array import as_value, cast, reshape, transpose
from litesmith.ops.einsum import Labels, Term
from litesmith.ops.quantized import (
    IntegerMatrix,
    product_of_integers,
    product_of_rows,
    quantized_by_largest,
    reals,
    rows_of,
)

SINCE = "3.15"
"""Older versions pack int4 along other axes, and have no zero points."""


# --- what Keras stores --------------------------------------------------------


def _numbers(variable: Any) -> Array:
    """The elements of a small variable."""
    constant = variable_value(variable).constant
    assert constant is not None
    return constant.array()


def _stored(variable: Any) -> Constant:
    constant = variable_value(variable).constant
    assert constant is not None
    return constant


def _unpacked(packed: Constant, length: int, axis: int, lowest: int = 0) -> Constant:
    """int4 elements of what `keras.quantizers.pack_int4` put two to a byte along an axis, the first in the low bits.

    `lowest`: what stands for 0 in bytes that hold numbers without a sign.
    """

    def unpack(array: Array) -> Array:
        bytes_ = np.moveaxis(array, axis, -1).view(np.uint8)
        nibbles = np.stack([bytes_ & 15, bytes_ >> 4], -1).reshape(*bytes_.shape[:-1], -1)[..., :length]
        signed = nibbles.astype(np.int8) - lowest if lowest else ((nibbles ^ 8).astype(np.int8) - 8)
        return np.moveaxis(signed, -1, axis).astype(DType.INT4.numpy)

    shape = list(packed.type.shape)
    shape[axis] = length
    type = packed.type.with_dtype(DType.INT4).with_shape(tuple(shape))
    return packed.map(unpack, type, ("unpacked", length, axis, lowest))


def _shifted(stored: Constant, bits: int) -> Constant:
    """Numbers from 0 on, in the integers with a sign that hold them when half of their range is taken off."""
    dtype, lowest = (DType.INT4, 8) if bits <= 4 else (DType.INT8, 128)
    return stored.map(
        lambda array: (array.astype(np.int16) - lowest).astype(dtype.numpy),
        stored.type.with_dtype(dtype),
        ("shifted", dtype),
    )


def _inverse(scale: Array) -> Array:
    """What integers are multiplied by where Keras divides by a scale."""
    return (1 / scale.astype(np.float64)).astype(np.float32)


def _matrix(layer: Any) -> IntegerMatrix:
    """The weights of a layer in one of the modes that compute with real ones."""
    if layer.quantization_mode == "int4":
        outputs = getattr(layer, "_int4_unpacked_column_size", None) or layer._orig_output_dim
        integers = _unpacked(_stored(layer._kernel), outputs, -1).transposed((1, 0))
        scales = _numbers(layer.kernel_scale)
        if scales.ndim == 1:
            return IntegerMatrix(integers, _inverse(scales)[:, None], np.zeros((outputs, 1), np.int64))
        return IntegerMatrix(integers, scales.T, _numbers(layer.kernel_zero).T, _groups(layer))
    bits = _weight_bits(layer) if layer.quantization_mode == "gptq" else 4
    scales, zero_points = _numbers(layer.kernel_scale), _numbers(layer.kernel_zero).astype(np.int64)
    packed = _stored(layer.quantized_kernel)
    integers = _unpacked(packed, len(scales), 0, lowest=8) if bits == 4 else _shifted(packed, bits)
    lowest = 8 if bits <= 4 else 128
    return IntegerMatrix(integers, scales, zero_points - lowest, _groups(layer) if scales.shape[1] > 1 else None)


def _weight_bits(layer: Any) -> int:
    from keras.src.quantizers import gptq_core  # since Keras 3.12

    bits: int = gptq_core.get_weight_bits_for_layer(layer, None)
    return bits


def _groups(layer: Any) -> Array:
    """The group of each input of a layer."""
    return _numbers(layer.g_idx).astype(np.int64)


# --- Dense and EinsumDense -----------------------------------------------------


@lowers("layers.Dense.quantized", "layers.EinsumDense.quantized", since=SINCE)
def dense(layer: Any, inputs: Value, training: Any = None) -> Any:
    """The product in one of the modes, then what adapters (LoRA), bias and activation make of it."""
    if layer.quantization_mode == "float8":
        return to_values(_float8(layer, to_tensors(inputs)))
    if not _is_calibrated(layer):
        return to_values(layer.quantized_call(to_tensors(inputs)))
    contraction = _Contraction(getattr(layer, "equation", "...a,ab->...b"), inputs, _kernel_shape(layer))
    multiply = _integer_product if layer.quantization_mode == "int8" else _real_product
    result, bias = multiply(layer, contraction)
    tensor = to_tensors(result)
    if layer.lora_enabled:
        tensor = ops.cast(ops.add(tensor, _adapted(layer, to_tensors(inputs))), layer.compute_dtype)
    if bias is not None:
        tensor = ops.add(tensor, bias)
    return to_values(tensor if layer.activation is None else layer.activation(tensor))


def _adapted(layer: Any, inputs: Any) -> Any:
    """What the two factors of low rank add."""
    equation = getattr(layer, "equation", "...a,ab->...b")
    rows = ops.matmul(ops.einsum(equation, inputs, layer.lora_kernel_a), layer.lora_kernel_b)
    return (layer.lora_alpha / layer.lora_rank) * rows


def _float8(layer: Any, inputs: Any) -> Any:
    """Inputs and kernel rounded to float8 and back; the bias to bfloat16, as Keras has it in float32."""
    from keras.src.quantizers.quantizers import quantize_and_dequantize

    x, kernel = (
        quantize_and_dequantize(each, ops.convert_to_tensor(scale), "float8_e4m3fn", layer.compute_dtype)
        for each, scale in ((inputs, layer.inputs_scale), (ops.convert_to_tensor(layer._kernel), layer.kernel_scale))
    )
    result = ops.einsum(getattr(layer, "equation", "...a,ab->...b"), x, kernel)
    if layer.bias is not None:
        bias = ops.convert_to_tensor(layer.bias)
        rounded = ops.cast(ops.cast(bias, "bfloat16"), bias.dtype)
        result = ops.add(result, rounded if layer.dtype_policy.compute_dtype == "float32" else bias)
    return result if layer.activation is None else layer.activation(result)


def _is_calibrated(layer: Any) -> bool:
    """Whether a layer has integers: those of GPTQ and AWQ keep their real weights until they saw data."""
    mode = layer.quantization_mode
    return mode in ("int8", "int4") or bool(getattr(layer, f"is_{mode}_calibrated", False))


def _kernel_shape(layer: Any) -> tuple[int, ...]:
    if layer.quantization_mode == "int8":
        return tuple(layer._kernel.shape)
    shape = getattr(layer, "original_kernel_shape", None) or getattr(layer, "kernel_shape", None)
    return tuple(shape or (layer._orig_input_dim, layer._orig_output_dim))


@dataclass(frozen=True)
class _Contraction:
    """The sum of products of an input and a kernel that an equation names."""

    equation: str
    x: Value
    kernel_shape: tuple[int, ...]

    @property
    def labels(self) -> tuple[Labels, Labels, Labels]:
        """Of the input, of the kernel, and of the result."""
        (inputs, kernel), output = products.parse(self.equation, [self.x.type.rank, len(self.kernel_shape)])
        return inputs, kernel, output

    @property
    def inner(self) -> Labels:
        """The axes of the kernel that are summed over."""
        _, kernel, output = self.labels
        return tuple(label for label in kernel if label not in output)

    @property
    def columns(self) -> Labels:
        """The axes of the kernel that the result has."""
        _, kernel, output = self.labels
        return tuple(label for label in kernel if label in output)

    @property
    def is_of_rows(self) -> bool:
        """Whether it is one product of rows of the input and a matrix."""
        inputs, kernel, output = self.labels
        others = set(inputs) - set(self.inner)
        return (
            set(self.inner) <= set(inputs)
            and not set(self.columns) & set(inputs)
            and others <= set(output)
            and all(len(set(labels)) == len(labels) for labels in (inputs, kernel))
        )

    def sizes(self, labels: Labels) -> tuple[int, ...]:
        return tuple(self.kernel_shape[self.labels[1].index(label)] for label in labels)

    def with_input(self, x: Value) -> _Contraction:
        return _Contraction(self.equation, x, self.kernel_shape)

    def of_rows(self, multiply: Callable[[Value], Value]) -> Value:
        """`multiply` of rows [..., inner], with the axes of its result as the equation has them."""
        inputs, _, output = self.labels
        rows = tuple(label for label in inputs if label not in self.inner)
        ordered = Term(self.x, inputs).ordered((*rows, *self.inner))
        sizes = ordered.sizes(rows)
        result = multiply(reshape(ordered.value, (*sizes, product(ordered.sizes(self.inner)))))
        return Term(reshape(result, (*sizes, *self.sizes(self.columns))), (*rows, *self.columns)).ordered(output).value


def _bias_of_columns(layer: Any, contraction: _Contraction) -> Value | None:
    """A bias with a number for each column of the matrix; None for others."""
    if layer.bias is None or not contraction.is_of_rows:
        return None
    columns, output = contraction.columns, contraction.labels[2]
    if output[len(output) - len(columns) :] != columns or tuple(layer.bias.shape) != contraction.sizes(columns):
        return None
    bias = variable_value(layer.bias)
    return reshape(cast(bias, DType.FLOAT32), (product(bias.type.shape),))


def _integer_product(layer: Any, contraction: _Contraction) -> tuple[Value, Any]:
    """Whole numbers times whole numbers, divided by the scales of both as Keras divides; and the bias to add."""
    kernel = _stored(layer._kernel)
    x, scale = _quantized_inputs(layer, contraction.x, _axes(layer))
    numbers = contraction.with_input(x)
    divisor: Any = ops.convert_to_tensor(layer.kernel_scale)
    if scale is not None:
        divisor = ops.multiply(divisor, _as_divisor(layer, scale))
    return _descaled(layer, _product_with(numbers, kernel), divisor), layer.bias


def _product_with(numbers: _Contraction, kernel: Constant) -> Value:
    """The products with integers that stand for themselves."""
    if not numbers.is_of_rows:
        return products.einsum(numbers.equation, [numbers.x, reals(kernel)])
    labels = numbers.labels[1]
    order = [labels.index(label) for label in (*numbers.columns, *numbers.inner)]
    columns, inner = product(numbers.sizes(numbers.columns)), product(numbers.sizes(numbers.inner))
    matrix = kernel.transposed(order).reshaped((int(columns), int(inner)))
    return numbers.of_rows(lambda rows: product_of_integers(rows, matrix))


def _descaled(layer: Any, sums: Value, divisor: Any) -> Value:
    result: Value = to_values(ops.divide(ops.cast(to_tensors(sums), layer.compute_dtype), divisor))
    return result


def _quantized_inputs(layer: Any, x: Value, axes: Any) -> tuple[Value, Any]:
    """Inputs as the layer's quantizer rounds them, in float32, and their scales; as they are without one.

    `axes`: those that share a scale, each row by default.
    """
    quantizer = layer.inputs_quantizer
    if not quantizer:
        return cast(x, DType.FLOAT32), None
    axes = axes or getattr(quantizer, "axis", None) or -1
    lowest, highest = getattr(quantizer, "value_range", (0, 0))
    if type(quantizer) is quantizers.AbsMaxQuantizer and lowest <= -highest and x.type.dtype is DType.FLOAT32:
        numbers, scale = quantized_by_largest(x, axes, highest, quantizer.epsilon)
        return numbers, to_tensors(scale)
    rounded, scale = quantizer(to_tensors(x), axis=axes)
    return cast(to_values(rounded), DType.FLOAT32), scale


def _real_product(layer: Any, contraction: _Contraction) -> tuple[Value, Any]:
    """Inputs times weights that are made real, and the bias if that is still to be added.

    What is quantized of the inputs is divided by its scales behind the product.
    """
    weights = _matrix(layer)
    divisor = variable_value(layer.awq_scales) if layer.quantization_mode == "awq" else None
    rounds_inputs = layer.quantization_mode == "int4" and weights.groups is None
    x, scale = _quantized_inputs(layer, contraction.x, _axes(layer)) if rounds_inputs else (contraction.x, None)
    contraction = contraction.with_input(cast(x, DType.FLOAT32))
    bias = None
    if _is_matrix(contraction, weights):
        bias = _bias_of_columns(layer, contraction) if scale is None and not layer.lora_enabled else None
        result = contraction.of_rows(lambda rows: product_of_rows(_divided(rows, divisor), weights, bias))
    else:
        result = products.einsum(contraction.equation, [contraction.x, _kernel(contraction, weights, divisor)])
    if scale is not None:
        result = _descaled(layer, result, _as_divisor(layer, scale))
    return cast(result, DType(layer.compute_dtype)), layer.bias if bias is None else None


def _axes(layer: Any) -> Any:
    """The axes of the input that share a scale; None for the last."""
    return getattr(layer, "quantization_axis", None)


def _as_divisor(layer: Any, scale: Any) -> Any:
    """The scales of inputs, as the axes of the result stand."""
    return layer._adjust_scale_for_quant(scale, "input") if hasattr(layer, "equation") else scale


def _divided(rows: Value, divisor: Value | None) -> Value:
    return rows if divisor is None else math.divide(rows, cast(divisor, DType.FLOAT32))


def _is_matrix(contraction: _Contraction, weights: IntegerMatrix) -> bool:
    """Whether the stored matrix is the one that rows are multiplied by: its axes are those of the kernel, in order."""
    is_in_order = contraction.labels[1] == (*contraction.inner, *contraction.columns)
    depth = product(contraction.sizes(contraction.inner))
    return contraction.is_of_rows and is_in_order and depth == weights.integers.type.shape[1]


def _kernel(contraction: _Contraction, weights: IntegerMatrix, divisor: Value | None) -> Value:
    """The real kernel as the equation has it, computed when the model runs."""
    return reshape(transpose(_divided(weights.in_order(), divisor), (1, 0)), contraction.kernel_shape)


# --- Embedding and ReversibleEmbedding -----------------------------------------


@lowers("layers.Embedding.quantized", since=SINCE)
def embedding(layer: Any, inputs: Value) -> Any:
    """Rows of integers, then their scales; those of a row have the row's, or one for each block of it."""
    ids = as_value(inputs) if inputs.type.dtype in (DType.INT32, DType.INT64) else cast(inputs, DType.INT32)
    tensor, places = to_tensors(rows_of(_table(layer), ids)), to_tensors(ids)
    tensor = ops.cast(tensor, layer.compute_dtype)
    scale = ops.take(layer.embeddings_scale, places, axis=0)
    if len(layer.embeddings_scale.shape) == 1:
        tensor = ops.divide(tensor, ops.expand_dims(scale, axis=-1))
    else:
        zero = ops.cast(ops.take(layer.embeddings_zero, places, axis=0), scale.dtype)
        if (groups := _groups(layer)).any():
            zero, scale = (ops.take(each, groups.astype(np.int32), axis=-1) for each in (zero, scale))
        tensor = ops.multiply(ops.subtract(tensor, zero), scale)
    if layer.lora_enabled:
        rows = ops.matmul(ops.take(layer.lora_embeddings_a, places, axis=0), layer.lora_embeddings_b)
        tensor = ops.cast(ops.add(tensor, (layer.lora_alpha / layer.lora_rank) * rows), layer.compute_dtype)
    return to_values(tensor)


def _table(layer: Any) -> Constant:
    """The integers of an embedding [ids, width]."""
    table = _stored(layer._embeddings)
    return table if layer.quantization_mode == "int8" else _unpacked(table, layer._orig_output_dim, -1)


@lowers("layers.ReversibleEmbedding.quantized", since=SINCE)
def reversible_embedding(layer: Any, inputs: Value, reverse: bool = False) -> Any:
    """Forwards an embedding; backwards the product of inputs, quantized, with the table or one of its own."""
    if not reverse:
        return embedding(layer, inputs)
    x, scale = _quantized_inputs(layer, inputs, None)
    inputs_scale = ops.ones((1,), dtype=layer.compute_dtype) if scale is None else scale
    integers, scales = _reverse(layer)
    if len(scales.shape) == 1:
        result = _descaled(layer, product_of_integers(x, integers), ops.multiply(inputs_scale, scales))
    else:
        zero_points = layer.embeddings_zero if layer.tie_weights else layer.reverse_embeddings_zero
        turned = np.asarray if layer.tie_weights else np.transpose
        weights = IntegerMatrix(integers, turned(_numbers(scales)), turned(_numbers(zero_points)), _groups(layer))
        result = _descaled(layer, product_of_rows(x, weights), inputs_scale)
    return _soft_capped(result, layer.logit_soft_cap)


def _reverse(layer: Any) -> tuple[Constant, Any]:
    """The integers [ids, width] that inputs are multiplied by backwards, and their scales."""
    if layer.tie_weights:
        return _table(layer), layer.embeddings_scale
    integers = _stored(layer.reverse_embeddings)
    if layer.quantization_mode == "int4":
        integers = _unpacked(integers, layer.output_dim, 0)
    return integers.transposed((1, 0)), layer.reverse_embeddings_scale


def _soft_capped(logits: Value, cap: float | None) -> Value:
    if cap is None:
        return logits
    result: Value = to_values(ops.multiply(ops.tanh(ops.divide(to_tensors(logits), cap)), cap))
    return result
