"""Functions and programs of JAX and torch (P...), and graphs of TensorFlow in files (G...)."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

import litesmith
from occasions import occasion


@occasion("P101")
def a_function_whose_inputs_are_not_said(bench):
    import jax.numpy as jnp

    litesmith.convert(lambda x: jnp.tanh(x), inputs=None if bench.wrong else (None, 3))


@occasion("P102")
def a_call_back_into_python(bench):
    import jax
    import jax.numpy as jnp

    def function(x):
        return jax.pure_callback(np.sin, x, x) if bench.wrong else jnp.sin(x)

    litesmith.convert(function, inputs=(3,))


@occasion("P103")
def an_if_on_values(bench):
    import jax.numpy as jnp

    def function(x):
        if bench.wrong:
            return x if x[0] > 0 else -x
        return jnp.where(x[:1] > 0, x, -x)

    litesmith.convert(function, inputs=(3,))


@occasion("P104")
def a_function_without_jax(bench):
    if bench.wrong:
        find = importlib.util.find_spec
        bench.patch.setattr(
            importlib.util, "find_spec", lambda name, *rest: None if name == "jax" else find(name, *rest)
        )
    litesmith.convert(lambda x: x * 2.0, inputs=(3,))


@occasion("P105")
def a_size_that_decides(bench):
    torch = pytest.importorskip("torch")

    class Deciding(torch.nn.Module):
        def forward(self, x):
            if bench.wrong and x.shape[1] > 5:
                return x * 2.0
            return x + 1.0

    litesmith.convert(Deciding(), inputs=(1, None), verify=False)


@occasion("P106")
def a_file_of_torch(bench):
    torch = pytest.importorskip("torch")
    linear = torch.nn.Linear(3, 2)
    torch.save(linear.state_dict(), path := bench.folder / "model.pt")
    litesmith.convert(path if bench.wrong else linear, inputs=(None, 3), verify=False)


@occasion("G103")
def a_product_of_matrices_that_do_not_fit(bench):
    tf = pytest.importorskip("tensorflow")
    with tf.Graph().as_default() as graph:
        x = tf.compat.v1.placeholder(tf.float32, (1, 3), name="x")
        tf.matmul(x, tf.constant(np.ones((3, 2), "float32"), name="w"), name="y")
    content = graph.as_graph_def()
    if bench.wrong:
        (weights,) = (node for node in content.node if node.name == "w")
        weights.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(np.ones((4, 2), "float32")))
    (path := bench.folder / "frozen.pb").write_bytes(content.SerializeToString())
    litesmith.convert(path, outputs=["y"])
