"""Convolutions: a filter moved over the spatial axes of a channels-last tensor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from litesmith.ir.dims import Dim, Size, product, same
from litesmith.ir.graph import Value
from litesmith.ir.operator import (
    Independent,
    Operator,
    TypeRule,
    Types,
    activation,
    bias,
    index,
    required,
    weight,
)
from litesmith.ir.types import DType, TensorType
from litesmith.opset.enums import Activation, Padding
from litesmith.opset.rules import FLOAT, need, need_sizes, window_size

NARROW_INTEGERS = (DType.INT4, DType.INT2)


def _image(value: Value | None, rank: int, name: str = "input") -> TensorType:
    type = need(value, name)
    if type.rank != rank:
        raise TypeRule(f"operand {name!r} has {type.rank} axes, not {rank}")
    return type


def _check_bias(value: Value | None, channels: int) -> None:
    """The kernels read one bias for each output channel, and refuse a missing one."""
    type = need(value, "bias")
    if type.shape != (channels,):
        raise TypeRule(f"operand 'bias' has shape {type.shape}, not ({channels},)")


def _places(
    spatial: Sequence[Size], window: Sequence[Size], strides: Sequence[int], dilations: Sequence[int], padding: Padding
) -> list[Size]:
    """How many places the window has along each spatial axis."""
    padded = padding is Padding.SAME
    return [
        window_size(size, int(extent), stride, dilation, padded)
        for size, extent, stride, dilation in zip(spatial, window, strides, dilations, strict=True)
    ]


@dataclass(frozen=True)
class Conv2D(Operator, builtin="CONV_2D"):
    """Filter [out, height, width, in / groups] over input [batch, height, width, in].

    Groups follow from the sizes. The bias is required: the kernel refuses to work without.
    """

    padding: Padding = Padding.VALID
    stride_w: int = 1
    stride_h: int = 1
    fused_activation_function: Activation = Activation.NONE
    dilation_w_factor: int = 1
    dilation_h_factor: int = 1
    quantized_bias_type: DType = DType.FLOAT32
    operands = (activation(), weight("filter", 0), bias())
    scales = Independent()
    kernel_dtypes = FLOAT

    def scratch(self, operands: Types, results: Types) -> tuple[Size, ...]:
        moves = (self.stride_h, self.stride_w, self.dilation_h_factor, self.dilation_w_factor)
        return _windows_as_rows(operands, results, moves, required(operands[1], "filter").shape[1:3])

    def multiply_accumulates(self, operands: Types, results: Types) -> Size:
        return required(results[0], "output").elements * product(required(operands[1], "filter").shape[1:])

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        image, kernel = _image(operands[0], 4), _image(operands[1], 4, "filter")
        batch, *spatial, channels = image.shape
        out, *window, depth = kernel.shape
        if isinstance(channels, Dim) or channels % depth or out % (channels // depth):
            raise TypeRule(f"{channels} channels do not divide into groups for a filter of shape {kernel.shape}")
        _check_bias(operands[2], out)
        strides, dilations = (self.stride_h, self.stride_w), (self.dilation_h_factor, self.dilation_w_factor)
        places = _places(spatial, window, strides, dilations, self.padding)
        return (TensorType(image.dtype, (batch, *places, out)),)

    def version(self, operands: Types, results: Types) -> int:
        image, kernel = required(operands[0], "input"), required(operands[1], "filter")
        if self.quantized_bias_type is not DType.FLOAT32 and image.dtype is DType.INT16:
            return 8
        if not same(image.shape[3], kernel.shape[3]):
            return 6
        if image.dtype is DType.INT16:
            return 4
        if image.dtype is DType.INT8:
            return 7 if kernel.dtype in NARROW_INTEGERS else 3
        if kernel.dtype is DType.INT8:
            return 5 if kernel.quantization and kernel.quantization.is_per_axis else 2
        return 1


@dataclass(frozen=True)
class DepthwiseConv2D(Operator, builtin="DEPTHWISE_CONV_2D"):
    """Each channel with its own `depth_multiplier` filters: filter [1, height, width, channels * multiplier]."""

    padding: Padding = Padding.VALID
    stride_w: int = 1
    stride_h: int = 1
    depth_multiplier: int = 1
    fused_activation_function: Activation = Activation.NONE
    dilation_w_factor: int = 1
    dilation_h_factor: int = 1
    operands = (activation(), weight("filter", 3), bias())
    scales = Independent()
    kernel_dtypes = FLOAT

    def multiply_accumulates(self, operands: Types, results: Types) -> Size:
        return required(results[0], "output").elements * product(required(operands[1], "filter").shape[1:3])

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        image, kernel = _image(operands[0], 4), _image(operands[1], 4, "filter")
        batch, *spatial, channels = image.shape
        _, *window, out = kernel.shape
        if out != channels * self.depth_multiplier:
            raise TypeRule(f"{channels} channels times {self.depth_multiplier} is not the filter's {out}")
        _check_bias(operands[2], out)
        strides, dilations = (self.stride_h, self.stride_w), (self.dilation_h_factor, self.dilation_w_factor)
        places = _places(spatial, window, strides, dilations, self.padding)
        return (TensorType(image.dtype, (batch, *places, out)),)

    def version(self, operands: Types, results: Types) -> int:
        image, kernel = required(operands[0], "input"), required(operands[1], "filter")
        if image.dtype is DType.INT16:
            return 5
        if image.dtype is DType.INT8:
            return 7 if kernel.dtype in NARROW_INTEGERS else 3
        if kernel.dtype is DType.INT8:
            return 6 if kernel.quantization and kernel.quantization.is_per_axis else 4
        return 2 if (self.dilation_h_factor, self.dilation_w_factor) != (1, 1) else 1


@dataclass(frozen=True)
class TransposeConv(Operator, builtin="TRANSPOSE_CONV"):
    """The gradient of a convolution with respect to its input: filter [out, height, width, in].

    Operands: the result's shape, the filter, the input, a bias.
    """

    padding: Padding = Padding.VALID
    stride_w: int = 1
    stride_h: int = 1
    fused_activation_function: Activation = Activation.NONE
    quantized_bias_type: DType = DType.FLOAT32
    operands = (index("output_shape"), weight("filter", 0), activation(), bias(optional=True))
    scales = Independent()
    kernel_dtypes = FLOAT

    def multiply_accumulates(self, operands: Types, results: Types) -> Size:
        return required(operands[2], "input").elements * product(required(operands[1], "filter").shape[:3])

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        shape = need_sizes(operands[0], "output_shape")
        kernel, image = _image(operands[1], 4, "filter"), _image(operands[2], 4)
        if not same(shape[3], kernel.shape[0]) or not same(image.shape[3], kernel.shape[3]):
            raise TypeRule(f"filter {kernel.shape} does not take {image.shape[3]} channels to {shape[3]}")
        if len(operands) > 3 and operands[3] is not None:
            _check_bias(operands[3], kernel.shape[0])
        return (TensorType(image.dtype, shape),)

    def version(self, operands: Types, results: Types) -> int:
        if self.quantized_bias_type is not DType.FLOAT32:
            return 5
        if self.fused_activation_function is not Activation.NONE:
            return 4
        if len(operands) > 3 and operands[3] is not None:
            return 3
        return 2 if required(operands[1], "filter").dtype is DType.INT8 else 1


@dataclass(frozen=True)
class Conv3D(Operator, builtin="CONV_3D"):
    """Filter [depth, height, width, in, out] over input [batch, depth, height, width, in], without groups."""

    padding: Padding = Padding.VALID
    stride_d: int = 1
    stride_w: int = 1
    stride_h: int = 1
    fused_activation_function: Activation = Activation.NONE
    dilation_d_factor: int = 1
    dilation_w_factor: int = 1
    dilation_h_factor: int = 1
    operands = (activation(), weight("filter", 4), bias(optional=True))
    kernel_dtypes = FLOAT

    def scratch(self, operands: Types, results: Types) -> tuple[Size, ...]:
        strides = (self.stride_d, self.stride_h, self.stride_w)
        dilations = (self.dilation_d_factor, self.dilation_h_factor, self.dilation_w_factor)
        return _windows_as_rows(operands, results, (*strides, *dilations), required(operands[1], "filter").shape[:3])

    def multiply_accumulates(self, operands: Types, results: Types) -> Size:
        return required(results[0], "output").elements * product(required(operands[1], "filter").shape[:4])

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        image, kernel = _image(operands[0], 5), _image(operands[1], 5, "filter")
        batch, *spatial, channels = image.shape
        if not same(channels, kernel.shape[3]):
            raise TypeRule(f"the filter takes {kernel.shape[3]} channels, the input has {channels}")
        strides = (self.stride_d, self.stride_h, self.stride_w)
        dilations = (self.dilation_d_factor, self.dilation_h_factor, self.dilation_w_factor)
        places = _places(spatial, kernel.shape[:3], strides, dilations, self.padding)
        return (TensorType(image.dtype, (batch, *places, kernel.shape[4])),)


@dataclass(frozen=True)
class Conv3DTranspose(Operator, builtin="CONV_3D_TRANSPOSE", options="Conv3D"):
    """The gradient of a 3-D convolution: filter [depth, height, width, out, in]. float32 only."""

    padding: Padding = Padding.VALID
    stride_d: int = 1
    stride_w: int = 1
    stride_h: int = 1
    fused_activation_function: Activation = Activation.NONE
    dilation_d_factor: int = 1
    dilation_w_factor: int = 1
    dilation_h_factor: int = 1
    operands = (index("output_shape"), weight("filter", 3), activation(), bias(optional=True))
    kernel_dtypes = FLOAT

    def multiply_accumulates(self, operands: Types, results: Types) -> Size:
        return required(operands[2], "input").elements * product(required(operands[1], "filter").shape[:4])

    def infer(self, *operands: Value | None) -> tuple[TensorType, ...]:
        shape = need_sizes(operands[0], "output_shape")
        image = _image(operands[2], 5)
        return (TensorType(image.dtype, shape),)


def _windows_as_rows(
    operands: Types, results: Types, moves: tuple[int, ...], window: Sequence[Size]
) -> tuple[Size, ...]:
    """The window of each place of the result as a row of a matrix, which is how the kernel multiplies."""
    if all(size == 1 for size in (*moves, *window)):
        return ()
    image, result = required(operands[0], "input"), required(results[0], "output")
    row = product(window) * image.shape[-1]
    return (product(result.shape[:-1]) * row * image.dtype.bits // 8,)
