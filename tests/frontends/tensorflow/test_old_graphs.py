"""Operations that graphs of TensorFlow 1 and of tools have, against TensorFlow."""

import numpy as np
import pytest
import tensorflow as tf

import litesmith
from tensorflow_support import check_tensorflow, floats, refusal

RAW = tf.raw_ops
ROWS = floats(5, 3)
AT = np.array([4, 0, 3], np.int32)


def test_parts_written():
    rows = floats(3, 3, seed=1)
    check_tensorflow(lambda x, y: RAW.InplaceUpdate(x=tf.identity(x), i=AT, v=y), ROWS, rows, dynamic=None)
    check_tensorflow(lambda x, y: RAW.InplaceAdd(x=tf.identity(x), i=AT, v=y), ROWS, rows, dynamic=None)
    check_tensorflow(lambda x, y: RAW.InplaceSub(x=tf.identity(x), i=AT, v=y), ROWS, rows, dynamic=None)
    added = lambda x, y: RAW.ScatterNdNonAliasingAdd(input=x, indices=AT[:, None], updates=y)  # noqa: E731
    check_tensorflow(added, ROWS, rows, dynamic=None)
    check_tensorflow(lambda x: RAW.Empty(shape=[2, 3], dtype=tf.float32, init=True) + x, floats(2, 3), dynamic=None)
    together = lambda x: RAW.ParallelConcat(values=[x[:1], x[1:2]], shape=[2, 3])  # noqa: E731
    check_tensorflow(tf.function(together), ROWS, dynamic=None)


def test_layouts():
    axes = np.array([0, 3, -1, 2], np.int32)
    check_tensorflow(lambda x: RAW.DataFormatDimMap(x=x), axes)
    for vector in (
        np.array([1, 5, 6, 3], np.int32),
        np.array([5, 6], np.int32),
        np.arange(8, dtype="int32").reshape(4, 2),
    ):
        check_tensorflow(lambda x: RAW.DataFormatVecPermute(x=x), vector, dynamic=None)
        check_tensorflow(
            lambda x: RAW.DataFormatVecPermute(x=x, src_format="NCHW", dst_format="NHWC"), vector, dynamic=None
        )


@pytest.mark.parametrize(
    "options", [{}, {"use_peephole": True, "cell_clip": 0.5}, {"cell_clip": -1.0, "forget_bias": 0.0}]
)
def test_cells(options):
    operands = [floats(2, 3), floats(2, 4, seed=1), floats(2, 4, seed=2)]
    weights, peepholes, bias = floats(7, 16, seed=3), [floats(4, seed=seed) for seed in (4, 5, 6)], floats(16, seed=7)

    def lstm(x, state, hidden):
        names = dict(zip(("wci", "wcf", "wco"), peepholes, strict=True))
        return list(RAW.LSTMBlockCell(x=x, cs_prev=state, h_prev=hidden, w=weights, b=bias, **names, **options))

    check_tensorflow(lstm, *operands, rtol=1e-5, atol=1e-5)

    def gru(x, hidden):
        both, own = weights[:, :8], weights[:, 8:12]
        return list(RAW.GRUBlockCell(x=x, h_prev=hidden, w_ru=both, w_c=own, b_ru=bias[:8], b_c=bias[8:12]))

    check_tensorflow(gru, *operands[:2], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("scaled", [True, False])
def test_batch_normalization_that_tensorflow_no_longer_runs(scaled, tmp_path):
    x, mean, variance, offset, scale = floats(2, 4, 4, 3), *np.abs(floats(4, 3, seed=1))
    with tf.Graph().as_default() as graph:
        tf.compat.v1.placeholder(tf.float32, [None, 4, 4, 3], "x")
        names = [tf.constant(each).op.name for each in (mean, variance, offset, scale)]
    definition = graph.as_graph_def()
    node = definition.node.add(op="BatchNormWithGlobalNormalization", name="y", input=["x", *names])
    node.attr["variance_epsilon"].f = 1e-3
    node.attr["scale_after_normalization"].b = scaled
    (tmp_path / "old.pb").write_bytes(definition.SerializeToString())
    found = litesmith.convert(tmp_path / "old.pb", outputs=["y"], verify=False).run(x)
    expected = (x - mean) / np.sqrt(variance + 1e-3) * (scale if scaled else 1) + offset
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("window", "stride"), [(20, 10), (32, 20)])
def test_spectrograms(window, stride):
    sound = floats(200, 2)
    for squared in (True, False):
        spectrum = lambda x: RAW.AudioSpectrogram(  # noqa: E731
            input=x,
            window_size=window,
            stride=stride,
            magnitude_squared=squared,  # noqa: B023
        )
        check_tensorflow(spectrum, sound, dynamic=None, rtol=1e-5, atol=1e-4)


def test_what_is_heard():
    def heard(x):
        spectrum = RAW.AudioSpectrogram(input=x, window_size=480, stride=320, magnitude_squared=True)
        return RAW.Mfcc(spectrogram=spectrum, sample_rate=16000, dct_coefficient_count=10)

    check_tensorflow(heard, floats(2000, 1), dynamic=None, rtol=1e-5, atol=1e-4)


def test_transforms_of_several_axes():
    x = floats(2, 6, 8)
    check_tensorflow(lambda x: tf.abs(tf.signal.rfft2d(x)), x, atol=1e-4)
    check_tensorflow(lambda x: tf.math.real(tf.signal.rfft2d(x, [8, 4])), x, atol=1e-4)
    check_tensorflow(lambda x: tf.signal.irfft2d(tf.signal.rfft2d(x)), x, atol=1e-5)
    volume = floats(2, 4, 3, 5)
    check_tensorflow(lambda x: tf.math.imag(tf.signal.fft3d(tf.complex(x, x[::-1]))), volume, dynamic=None, atol=1e-4)
    check_tensorflow(lambda x: tf.math.real(tf.signal.ifft3d(tf.complex(x, x[::-1]))), volume, dynamic=None, atol=1e-5)


def test_linear_algebra():
    matrix = floats(2, 4, 4) + 3 * np.eye(4, dtype="float32")
    check_tensorflow(lambda a: list(tf.linalg.lu(a)), matrix, dynamic=None, rtol=1e-4, atol=1e-4)

    def put_together(a):
        values, vectors = tf.linalg.eig(a)
        whole = vectors * values[:, None]
        return tf.abs(tf.matmul(tf.cast(a, tf.complex64), vectors) - whole)

    check_tensorflow(put_together, matrix, dynamic=None, atol=1e-4)
    check_tensorflow(lambda x: tf.math.ndtri(x), np.array([0.1, 0.5, 0.9, 0.01], "float32"), rtol=1e-5)


X = floats(4, 5, 3)


@pytest.mark.parametrize(
    "key",
    [
        (slice(1, 3),),
        (slice(None), 2),
        (Ellipsis, slice(0, 2)),
        (slice(-2, None), slice(1, -1), 0),
        (1, tf.newaxis, slice(2, 4)),
    ],
)
def test_slices_written(key):
    part = floats(*np.asarray(X[tuple(None if each is tf.newaxis else each for each in key)]).shape, seed=1)
    write = lambda x, part: tf.raw_ops.TensorStridedSliceUpdate(**slice_of(x, key), input=x, value=part)  # noqa: E731
    check_tensorflow(write, X, part, dynamic=None)
    check_tensorflow(lambda x: write(x, tf.fill([1] * part.ndim, 7.0)), X, dynamic=None)


def slice_of(x, key):
    """The operands and attributes of the StridedSlice of a key."""
    with tf.Graph().as_default() as graph:
        tf.zeros(x.shape)[key]
    (node,) = (each for each in graph.get_operations() if each.type == "StridedSlice")
    masks = {name: node.get_attr(name) for name in ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask")}
    bounds = [tf.get_static_value(each) for each in node.inputs[1:]]
    return {
        **masks,
        "shrink_axis_mask": node.get_attr("shrink_axis_mask"),
        **dict(zip(("begin", "end", "strides"), bounds, strict=True)),
    }


def test_steps_that_are_written_are_refused():
    write = lambda x: tf.raw_ops.TensorStridedSliceUpdate(**slice_of(x, slice(0, 4, 2)), input=x, value=x[:2])  # noqa: E731
    assert "tensor_scatter_nd_update" in refusal(write, X)


def test_what_is_printed_is_left_out():
    check_tensorflow(lambda x: tf.compat.v1.Print(x, [x[0]], "x") + 1, floats(3), dynamic=None)
