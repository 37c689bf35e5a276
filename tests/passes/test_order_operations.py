import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras import Input, Model, layers

from litesmith.frontends.keras.importing import import_model
from litesmith.ir.verify import verify_model
from litesmith.passes.base import Record
from litesmith.passes.order_operations import OrderOperations, most_bytes
from litesmith.passes.pipeline import optimize
from support import check_converts, check_rewrite, text_graph

WIDTHS = st.lists(st.integers(1, 40), min_size=1, max_size=4)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(branches=st.lists(WIDTHS, min_size=2, max_size=5))
def test_no_order_that_holds_more_is_taken(branches):
    """Branches of layers of many widths, which Keras runs depth by depth."""
    x = Input((8,))
    ends = []
    for widths in branches:
        value = x
        for width in widths:
            value = layers.Dense(width, activation="tanh")(value)
        ends.append(value)
    model = import_model(Model(x, layers.Concatenate()(ends))).model
    before = most_bytes(model.main, model.main.operations)
    optimize(model)
    assert most_bytes(model.main, model.main.operations) <= before
    verify_model(model)


def test_a_chain_stays_as_it_is():
    check_rewrite(
        OrderOperations(),
        text_graph("relu %x : float32[batch, 4]", "abs %1 : float32[batch, 4]", inputs="%x: float32[batch, 4]"),
        None,
    )


def test_branches_of_a_network_are_run_one_after_the_other():
    x = Input((16, 16, 4))
    branches = [layers.GlobalMaxPooling2D()(layers.Conv2D(64, 3, activation="relu")(x)) for _ in range(4)]
    model = Model(x, layers.Add()(branches))
    graph = check_converts(model).graph
    convolved = 14 * 14 * 64 * 4
    assert most_bytes(graph, graph.operations) < 2 * convolved


def test_operations_that_nobody_reads_are_kept():
    model = import_model(Model(x := Input((4,)), layers.ReLU()(x))).model
    graph = model.main
    before = set(graph.operations)
    OrderOperations().run(graph, Record())
    assert set(graph.operations) == before


def test_what_is_read_twice_is_held_once():
    graph = import_model(Model(x := Input((4,), dtype="float32"), layers.Add()([x, x]))).model.main
    assert most_bytes(graph, graph.operations) == 2 * 4 * np.float32().itemsize
