"""Weights that old Kerases stored in other forms than Keras 3 has them in."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from litesmith.frontends.keras.legacy.entries import Origin

if TYPE_CHECKING:
    from litesmith.frontends.keras.legacy.planning import Part
    from litesmith.frontends.keras.legacy.stored import Stored

GATES = {"LSTM": 4, "GRU": 3, "CuDNNLSTM": 4, "CuDNNGRU": 3}
CONVOLUTIONS = ("Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose", "ConvLSTM2D")
"""Layers whose first weight is a kernel that Theano turned around."""

ORDERS_OF_KERAS_1 = {"LSTM": ("i", "c", "f", "o"), "GRU": ("z", "r", "h")}
"""Gates in the order that Keras 1 stored their weights in: of each W, U and b."""

ORDERS = {"LSTM": ("i", "f", "c", "o"), "GRU": ("z", "r", "h")}


def converted(part: Part, stored: list[Stored], origin: Origin) -> list[Stored]:
    """The weights of a layer as Keras 3 has them, in their order."""
    class_name = part.entry["class_name"]
    inner = part.inner.get("layer")
    if class_name == "Bidirectional" and inner is not None:
        half = len(stored) // 2
        other = part.inner.get("backward_layer", inner)
        return converted(inner, stored[:half], origin) + converted(other, stored[half:], origin)
    if class_name == "TimeDistributed" and inner is not None:
        return converted(inner, stored, origin)
    if class_name in GATES:
        return _recurrent(class_name.removeprefix("CuDNN"), stored, origin)
    if origin.major == 1:
        stored = _of_keras_1(class_name, stored, part)
    if origin.backend == "theano" and class_name in CONVOLUTIONS and stored:
        stored = [_turned(stored[0]), *stored[1:]]
        if class_name == "ConvLSTM2D":
            stored[1] = _turned(stored[1])
    return stored


def counts(part: Part, is_keras_1: bool) -> tuple[int, int]:
    """How many weights are stored of a layer: those that train, and others; Keras 1 had those of gates apart."""
    layer, inner = part.made, part.inner.get("layer", part)
    is_apart = is_keras_1 and inner.entry["config"].get("consume_less") != "gpu"
    gates = GATES.get(inner.entry["class_name"], 1) if is_apart else 1
    return gates * len(layer.trainable_weights), gates * len(layer.non_trainable_weights)


def _recurrent(class_name: str, stored: list[Stored], origin: Origin) -> list[Stored]:
    gates = GATES[class_name]
    if origin.major == 1 and len(stored) == 3 * gates:
        stored = _joined(stored, class_name)
    if len(stored) != 3 or len(stored[1].shape) != 2:
        return stored
    units = stored[1].shape[0]
    if stored[2].shape != (2 * gates * units,):
        return stored
    kernel, recurrent, bias = stored
    rows = kernel.shape[0]

    def input_kernels(array: np.ndarray) -> np.ndarray:
        """The library multiplies rows by matrices that it reads the other way round."""
        return np.hstack([each.reshape(units, rows).T for each in np.hsplit(array, gates)])

    def recurrent_kernels(array: np.ndarray) -> np.ndarray:
        return np.hstack([each.T for each in np.hsplit(array, gates)])

    if class_name == "GRU":
        biases = _changed(bias, (2, gates * units), lambda array: array.reshape(2, -1))
    else:
        biases = _changed(bias, (gates * units,), lambda array: array.reshape(2, -1).sum(axis=0))
    return [
        _changed(kernel, kernel.shape, input_kernels),
        _changed(recurrent, recurrent.shape, recurrent_kernels),
        biases,
    ]


def _joined(stored: list[Stored], class_name: str) -> list[Stored]:
    """The weights of Keras 1's gates, side by side."""
    by_gate = dict(
        zip(ORDERS_OF_KERAS_1[class_name], (stored[at : at + 3] for at in range(0, len(stored), 3)), strict=True)
    )
    ordered = [by_gate[gate] for gate in ORDERS[class_name]]
    return [_side_by_side([gate[kind] for gate in ordered]) for kind in range(3)]


def _side_by_side(parts: list[Stored]) -> Stored:
    shape = (*parts[0].shape[:-1], sum(part.shape[-1] for part in parts))
    read = [part.read for part in parts]
    return _new(parts[0], shape, lambda: np.concatenate([each() for each in read], axis=-1))


def _of_keras_1(class_name: str, stored: list[Stored], part: Part) -> list[Stored]:
    config: dict[str, Any] = part.entry["config"]
    if not stored:
        return stored
    kernel = stored[0]
    if class_name == "Conv1D" and len(kernel.shape) == 4:
        stored = [_of_sequences(kernel, config), *stored[1:]]
    elif class_name in ("Conv2D", "Conv2DTranspose") and config.get("data_format") == "channels_first":
        order = (2, 3, 1, 0) if class_name == "Conv2D" else (2, 3, 0, 1)
        stored = [_moved(kernel, order), *stored[1:]]
    elif class_name == "Conv3D" and config.get("data_format") == "channels_first":
        stored = [_moved(kernel, (2, 3, 4, 1, 0)), *stored[1:]]
    return stored


def _of_sequences(kernel: Stored, config: dict[str, Any]) -> Stored:
    """Kernels of sequences were those of images: (length, 1, in, out), or (out, in, length, 1)."""
    length, filters = kernel.shape[0], config.get("filters")
    wanted = config.get("kernel_size")
    wanted = wanted[0] if isinstance(wanted, list) else wanted
    if (length, kernel.shape[1], kernel.shape[3]) == (wanted, 1, filters):
        return _changed(kernel, (length, *kernel.shape[2:]), lambda array: array[:, 0])
    out, into, length, _ = kernel.shape
    return _changed(kernel, (length, into, out), lambda array: np.transpose(array[..., 0], (2, 1, 0)))


def _moved(stored: Stored, order: tuple[int, ...]) -> Stored:
    return _changed(stored, tuple(stored.shape[axis] for axis in order), lambda array: array.transpose(order))


def _turned(stored: Stored) -> Stored:
    """Theano convolves; every other backend correlates."""
    axes = tuple(range(len(stored.shape) - 2))
    return _changed(stored, stored.shape, lambda array: np.flip(array, axes))


def _changed(stored: Stored, shape: tuple[int, ...], change: Callable[[np.ndarray], np.ndarray]) -> Stored:
    read = stored.read
    return _new(stored, shape, lambda: np.ascontiguousarray(change(read())))


def _new(stored: Stored, shape: tuple[int, ...], read: Callable[[], np.ndarray]) -> Stored:
    return type(stored)(stored.name, tuple(shape), read)
