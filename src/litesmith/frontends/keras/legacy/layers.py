"""Layers and activations that Keras 3 lacks, or has with other numbers under the same name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("litesmith")  # type: ignore[untyped-decorator]
def hard_sigmoid_of_keras_2(x: Any) -> Any:
    """`clip(0.2 x + 0.5, 0, 1)`; Keras 3 has a sixth in place of the fifth.

    It has a name of its own, since Bidirectional makes its layers of their descriptions.
    """
    return ops.clip(0.2 * x + 0.5, 0.0, 1.0)


class TensorFlowCall(keras.layers.Layer):
    """A function of TensorFlow that was called on a tensor of Keras, as a layer of the name that Keras gave it."""

    def __init__(self, function: Callable[..., Any], name: str) -> None:
        super().__init__(name=name, autocast=False)
        self.function = function
        self._convert_input_args = False
        self._allow_non_tensor_positional_args = True
        self.built = True

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """What the function makes of the arguments that it was called with."""
        return self.function(*args, **kwargs)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Of the operations that the function consists of, without computing anything."""
        found = self.function(*args, **kwargs)
        return keras.tree.map_structure(
            lambda each: keras.KerasTensor(each.shape, each.dtype) if isinstance(each, keras.KerasTensor) else each,
            found,
        )


class ThresholdedReLU(keras.layers.Layer):
    """`x` where it is greater than `theta`, else 0."""

    def __init__(self, theta: float = 1.0, **options: Any) -> None:
        super().__init__(**options)
        self.theta = float(theta)
        self.built = True

    def call(self, inputs: Any) -> Any:
        return ops.where(inputs > self.theta, inputs, ops.zeros_like(inputs))


class LocallyConnected(keras.layers.Layer):
    """A convolution without padding that has a kernel of its own at every place (`implementation` 1 of Keras 2).

    Kernels are (places, window * channels, filters); biases (*places, filters).
    """

    axes = 0

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        activation: Any = None,
        use_bias: bool = True,
        implementation: int = 1,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if padding != "valid" or implementation != 1 or data_format == "channels_first":
            raise ValueError("locally connected layers have a form with valid padding, implementation=1, channels last")
        self.filters = filters
        self.kernel_size = _each(kernel_size, self.axes)
        self.strides = _each(strides, self.axes)
        self.activation = activation
        self.use_bias = use_bias

    def build(self, input_shape: Any) -> None:
        *sizes, channels = input_shape[1:]
        if None in sizes:
            raise ValueError("locally connected layers need known sizes")
        places = [
            (size - window) // step + 1
            for size, window, step in zip(sizes, self.kernel_size, self.strides, strict=True)
        ]
        count, window = 1, channels
        for place, size in zip(places, self.kernel_size, strict=True):
            count, window = count * place, window * size
        self.places = places
        self.kernel = self.add_weight(name="kernel", shape=(count, window, self.filters))
        if self.use_bias:
            self.bias = self.add_weight(name="bias", shape=(*places, self.filters))

    def call(self, inputs: Any) -> Any:
        windows = self._windows(inputs)
        found = ops.einsum("npw,pwf->npf", windows, self.kernel)
        found = ops.reshape(found, (-1, *self.places, self.filters))
        found = found + self.bias if self.use_bias else found
        return found if self.activation is None else self.activation(found)

    def _windows(self, inputs: Any) -> Any:
        """What each place sees: (batch, places, window * channels)."""
        size, step = self.kernel_size, self.strides
        if self.axes == 1:
            starts = range(0, self.places[0] * step[0], step[0])
            return ops.stack(
                [ops.reshape(inputs[:, at : at + size[0]], (-1, self.kernel.shape[1])) for at in starts], 1
            )
        patches = ops.image.extract_patches(inputs, size, step, padding="valid", data_format="channels_last")
        return ops.reshape(patches, (-1, self.kernel.shape[0], self.kernel.shape[1]))


class LocallyConnected1D(LocallyConnected):
    """Over one axis."""

    axes = 1


class LocallyConnected2D(LocallyConnected):
    """Over two axes."""

    axes = 2


class Highway(keras.layers.Layer):
    """Of Keras 1: `t * activation(x W + b) + (1 - t) * x` with `t = sigmoid(x W_carry + b_carry)`."""

    def __init__(self, activation: Any = None, bias: bool = True, **options: Any) -> None:
        super().__init__(**options)
        self.activation = activation or keras.activations.linear
        self.use_bias = bias

    def build(self, input_shape: Any) -> None:
        size = input_shape[-1]
        self.kernel = self.add_weight(name="W", shape=(size, size))
        self.carry = self.add_weight(name="W_carry", shape=(size, size))
        self.bias = self.add_weight(name="b", shape=(size,)) if self.use_bias else None
        self.carry_bias = self.add_weight(name="b_carry", shape=(size,)) if self.use_bias else None

    def call(self, inputs: Any) -> Any:
        carry, made = ops.matmul(inputs, self.carry), ops.matmul(inputs, self.kernel)
        carry = ops.sigmoid(carry if self.carry_bias is None else carry + self.carry_bias)
        made = self.activation(made if self.bias is None else made + self.bias)
        return carry * made + (1.0 - carry) * inputs


class MaxoutDense(keras.layers.Layer):
    """Of Keras 1: the greatest of several dense layers."""

    def __init__(self, output_dim: int, nb_feature: int = 4, bias: bool = True, **options: Any) -> None:
        super().__init__(**options)
        self.units, self.features, self.use_bias = output_dim, nb_feature, bias

    def build(self, input_shape: Any) -> None:
        self.kernel = self.add_weight(name="W", shape=(self.features, input_shape[-1], self.units))
        self.bias = self.add_weight(name="b", shape=(self.features, self.units)) if self.use_bias else None

    def call(self, inputs: Any) -> Any:
        found = ops.einsum("ni,fio->nfo", inputs, self.kernel)
        return ops.max(found if self.bias is None else found + self.bias, axis=1)


def _each(value: Any, axes: int) -> tuple[int, ...]:
    return (value,) * axes if isinstance(value, int) else tuple(value)


LAYERS = {
    each.__name__: each for each in (ThresholdedReLU, LocallyConnected1D, LocallyConnected2D, Highway, MaxoutDense)
}
