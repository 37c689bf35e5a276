"""Graphs that are changed: those of the corpus, and functions of operations that have many attributes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from graph_files import FILES, GRAPHS, expected, label, unpacked

raw = tf.raw_ops

FROM_STATE_OR_CHANCE = frozenset({"tf_1.15/network_v1.zip", "tf_1.15/network_v1.pb", "tf_2.8/counter.zip"})
"""Those whose results depend on calls before, or on random numbers where training is switched on."""


@dataclass(frozen=True)
class Seed:
    """A graph as bytes, the names of its outputs, and what is fed to placeholders by name."""

    graph: bytes
    outputs: tuple[str, ...]
    feeds: dict[str, Any]


def floats(*shape: int) -> Any:
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype("float32")


IMAGES, ROWS, SEQUENCES = floats(2, 9, 8, 4), floats(3, 6), floats(2, 7, 5)
VOLUMES, IDS = floats(1, 5, 6, 7, 2), np.array([0, 2, 1, 2, 0, 3], "int32")

FUNCTIONS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "conv": (lambda x: tf.nn.conv2d(x, floats(3, 3, 4, 2), [1, 2, 1, 1], "SAME", dilations=[1, 1, 1, 1]), (IMAGES,)),
    "explicit": (
        lambda x: tf.nn.conv2d(x, floats(2, 3, 4, 2), 1, [[0, 0], [1, 2], [0, 1], [0, 0]], dilations=2),
        (IMAGES,),
    ),
    "depthwise": (lambda x: tf.nn.depthwise_conv2d(x, floats(3, 2, 4, 2), [1, 1, 1, 1], "VALID"), (IMAGES,)),
    "transposed": (
        lambda x: tf.nn.conv2d_transpose(x, floats(3, 3, 2, 4), [2, 18, 16, 2], [1, 2, 2, 1], "SAME"),
        (IMAGES,),
    ),
    "volumes": (lambda x: tf.nn.conv3d(x, floats(2, 3, 2, 2, 3), [1, 1, 2, 1, 1], "SAME"), (VOLUMES,)),
    "pools": (
        lambda x: [tf.nn.max_pool2d(x, [2, 3], [1, 2], "SAME"), tf.nn.avg_pool2d(x, [3, 2], [2, 1], "VALID")],
        (IMAGES,),
    ),
    "places": (lambda x: list(tf.nn.max_pool_with_argmax(x, [2, 2], [2, 2], "SAME")), (IMAGES,)),
    "resized": (
        lambda x: [
            raw.ResizeBilinear(images=x, size=[5, 13], half_pixel_centers=True),
            raw.ResizeNearestNeighbor(images=x, size=[12, 3], align_corners=True),
        ],
        (IMAGES,),
    ),
    "normalized": (
        lambda x: (
            raw.FusedBatchNormV3(
                x=x,
                scale=floats(4),
                offset=floats(4) + 1,
                mean=floats(4),
                variance=abs(floats(4)) + 0.5,
                is_training=False,
            ).y
        ),
        (IMAGES,),
    ),
    "response": (lambda x: tf.nn.local_response_normalization(x, 2, 1.0, 0.5, 0.75), (IMAGES,)),
    "patches": (
        lambda x: tf.image.extract_patches(x, [1, 2, 3, 1], [1, 2, 1, 1], [1, 1, 2, 1], "SAME"),
        (IMAGES,),
    ),
    "depth": (lambda x: tf.nn.depth_to_space(x, 2), (IMAGES,)),
    "crops": (
        lambda x: tf.image.crop_and_resize(x, [[0.1, 0.2, 0.8, 0.9], [0.0, 0.5, 1.2, 1.0]], [0, 1], [4, 3]),
        (IMAGES,),
    ),
    "products": (
        lambda x: [tf.matmul(x, floats(4, 6), transpose_b=True), tf.matmul(x[None], floats(1, 3, 6), adjoint_a=True)],
        (ROWS,),
    ),
    "sums": (lambda x: tf.einsum("bij,jk->bik", x, floats(5, 4)), (SEQUENCES,)),
    "reductions": (
        lambda x: [tf.reduce_sum(x, [1], keepdims=True), tf.reduce_max(x, [0, 2]), tf.reduce_any(x > 0, 1)],
        (SEQUENCES,),
    ),
    "running": (
        lambda x: [tf.cumsum(x, 1, exclusive=True, reverse=True), tf.math.cumprod(x, -1)],
        (SEQUENCES,),
    ),
    "orders": (
        lambda x: [*tf.math.top_k(x, 3), tf.argmax(x, 1, tf.int32), tf.sort(x, 0), tf.math.in_top_k([0, 5, 2], x, 2)],
        (ROWS,),
    ),
    "sliced": (lambda x: [x[:, 1:6:2], x[..., -2], x[1:, tf.newaxis, ::-1, 2:4]], (SEQUENCES,)),
    "picked": (
        lambda x, ids: [tf.gather(x, ids, axis=1), tf.gather_nd(x, [[0, 2], [1, 3]]), tf.one_hot(ids, 4, 2.0, -1.0)],
        (SEQUENCES, IDS),
    ),
    "written": (
        lambda x: [
            tf.tensor_scatter_nd_update(x, [[0], [2]], floats(2, 6)),
            tf.scatter_nd([[1], [3]], floats(2, 3), [5, 3]),
        ],
        (ROWS,),
    ),
    "segments": (
        lambda x, ids: [tf.math.unsorted_segment_max(x, ids, 5), tf.math.segment_sum(x, tf.sort(ids))],
        (floats(6, 3), IDS),
    ),
    "padded": (
        lambda x: [tf.pad(x, [[1, 0], [2, 1]], constant_values=3.0), tf.pad(x, [[1, 1], [0, 2]], "REFLECT")],
        (ROWS,),
    ),
    "shaped": (
        lambda x: [
            tf.concat([x, x[:, :2]], 1),
            tf.stack([x, x], 1),
            *tf.split(x, [2, 1, 3], 1),
            tf.tile(x, [2, 1]),
            tf.transpose(x, [1, 0]),
            tf.reshape(x, [2, -1]),
            tf.roll(x, [1, 2], [0, 1]),
            tf.reverse(x, [1]),
        ],
        (ROWS,),
    ),
    "turned": (lambda x: tf.reverse_sequence(x, [3, 5], seq_axis=1, batch_axis=0), (SEQUENCES,)),
    "rounded": (
        lambda x: [
            tf.quantization.fake_quant_with_min_max_args(x, -2, 3, num_bits=6),
            raw.QuantizeAndDequantizeV2(input=x, input_min=-2.0, input_max=1.0, num_bits=5, range_given=True),
        ],
        (ROWS,),
    ),
    "bands": (
        lambda x: [tf.linalg.band_part(x, 1, 2), raw.MatrixDiagPartV3(input=x, k=[-1, 2], padding_value=0.5)],
        (floats(2, 5, 4),),
    ),
    "counted": (
        lambda ids: [tf.math.bincount(ids, minlength=6, maxlength=6), raw.Bucketize(input=ids, boundaries=[0.5, 2.0])],
        (IDS,),
    ),
    "loop": (
        lambda x: tf.while_loop(lambda i, _: i < 5, lambda i, h: (i + 1, tf.tanh(h * 0.9 + 0.1)), (0, x))[1],
        (ROWS,),
    ),
    "branch": (lambda x: tf.cond(tf.reduce_sum(x) > 0, lambda: x * 2.0, lambda: tf.abs(x) - 1.0), (ROWS,)),
}
"""What is computed, and of which arrays."""


def of_function(name: str) -> Seed:
    """A function as a frozen graph, whose sizes are open along the first axis."""
    function, arrays = FUNCTIONS[name]
    types = [tf.TensorSpec([None, *array.shape[1:]], array.dtype, f"x{place}") for place, array in enumerate(arrays)]
    traced = tf.function(lambda *x: [tf.identity(each) for each in tf.nest.flatten(function(*x))], autograph=False)
    frozen = convert_variables_to_constants_v2(traced.get_concrete_function(*types), lower_control_flow=False)
    feeds = {tensor.op.name: array for tensor, array in zip(frozen.inputs, arrays, strict=True)}
    outputs = tuple(dict.fromkeys(tensor.name for tensor in frozen.outputs))
    return Seed(frozen.graph.as_graph_def().SerializeToString(), outputs, feeds)


def of_file(name: str, folder: Any) -> Seed:
    """A file of the corpus as a frozen graph."""
    path = GRAPHS / name
    signature, (inputs, outputs) = next(iter(expected(path).items()))
    if path.suffix == ".pb":
        return Seed(path.read_bytes(), tuple(f"{each}:0" for each in outputs), inputs)
    loaded = tf.saved_model.load(str(unpacked(path, folder)))
    frozen = convert_variables_to_constants_v2(loaded.signatures[signature], lower_control_flow=False)
    named = loaded.signatures[signature].structured_input_signature[1]
    keys = {spec.name: key for key, spec in named.items()}
    feeds = {
        tensor.op.name: inputs[keys.get(tensor.op.name, tensor.op.name)]
        for tensor in frozen.inputs
        if tensor.dtype != tf.resource
    }
    outputs = tuple(dict.fromkeys(tensor.name for tensor in frozen.outputs))
    return Seed(frozen.graph.as_graph_def().SerializeToString(), outputs, feeds)


FILE_NAMES = tuple(name for name in map(label, FILES) if name not in FROM_STATE_OR_CHANCE)
