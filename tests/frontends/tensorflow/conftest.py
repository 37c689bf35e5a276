"""Graphs of TensorFlow 1: made in a session, frozen, converted, and compared with what the session computes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import litesmith
from tensorflow_support import v1


@pytest.fixture
def frames() -> Any:
    """Loops and branches become frames, Switches and Merges."""
    v1.disable_control_flow_v2()
    yield
    v1.enable_control_flow_v2()


@pytest.fixture
def check_frozen(frames: Any, tmp_path: Any) -> Any:
    def check(build: Any, *feeds: Any, shapes: Any = None, rtol: float = 1e-5, atol: float = 1e-6) -> list[str]:
        """Freeze a graph of placeholders, convert it, and compare it with the session for each of the feeds.

        The first axes are open, unless `shapes` says otherwise. Returns the names of all operators.
        """
        shapes = shapes or [(None, *array.shape[1:]) if array.ndim else () for array in feeds[0]]
        with tf.Graph().as_default() as graph, v1.Session(graph=graph) as session:
            inputs = [
                v1.placeholder(array.dtype, shape, f"x{place}")
                for place, (array, shape) in enumerate(zip(feeds[0], shapes, strict=True))
            ]
            results = [tf.identity(each, f"y{place}") for place, each in enumerate(tf.nest.flatten(build(*inputs)))]
            names = [each.op.name for each in results]
            frozen = v1.graph_util.convert_variables_to_constants(session, graph.as_graph_def(), names)
            expected = [session.run(results, dict(zip(inputs, feed, strict=True))) for feed in feeds]
        path = tmp_path / "graph.pb"
        path.write_bytes(frozen.SerializeToString())
        said = {f"x{place}": shape for place, shape in enumerate(shapes)}
        lite = litesmith.convert(path, inputs=said, outputs=names, verify=False)
        for feed, arrays in zip(feeds, expected, strict=True):
            found = lite.run({f"x{place}": array for place, array in enumerate(feed)})
            found = found if len(names) > 1 else {names[0]: found}
            for name, array in zip(names, arrays, strict=True):
                assert (found[name].shape, found[name].dtype) == (array.shape, array.dtype)
                np.testing.assert_allclose(found[name], array, rtol=rtol, atol=atol)
        return [each.operator.builtin for graph in lite.model.all_graphs() for each in graph.operations]

    return check
