"""Models on targets (D...)."""

from __future__ import annotations

from keras import layers, ops

import litesmith
from occasions import occasion
from occasions.keras_models import Called, model_of


def checked(bench, layer, shape=(4,), target="tflm", **options):
    bench.tells(litesmith.check(model_of(layer, shape), target, **options))


def board(bench, text):
    (path := bench.folder / "board.toml").write_text(text)
    return str(path)


@occasion("D101")
def a_target_by_a_wrong_name(bench):
    checked(bench, layers.Dense(2), target="tfml" if bench.wrong else "tflm")


@occasion("D102")
def a_key_that_there_is_not(bench):
    key = "static_shape" if bench.wrong else "static_shapes"
    checked(bench, layers.Dense(2), target=board(bench, f'like = "tflm"\n{key} = true\n'))


@occasion("D103")
def sources_for_a_phone(bench):
    lite = litesmith.convert(model_of(layers.Dense(2)), batch=1, verify=False)
    litesmith.embed(lite, bench.folder / "model.tflite", target="cpu" if bench.wrong else "tflm")


@occasion("D201")
def an_operator_that_the_target_lacks(bench):
    checked(
        bench,
        Called(ops.cumsum if bench.wrong else ops.tanh),
        target=board(bench, 'like = "tflm"\nwithout = ["CUMSUM"]\n'),
    )


@occasion("D202")
def reals_on_a_chip_of_integers(bench):
    checked(bench, layers.Dense(2), target="edgetpu" if bench.wrong else "cpu")


@occasion("D203")
def open_sizes_where_they_must_be_known(bench):
    checked(bench, Called(ops.tanh), (None,), **({} if bench.wrong else {"inputs": (1, 4)}))


@occasion("D204")
def a_board_that_is_too_small(bench):
    checked(bench, layers.Dense(2), target=board(bench, f'like = "tflm"\nweights = {100 if bench.wrong else 100000}\n'))


@occasion("D205")
def an_operator_without_a_delegate(bench):
    checked(bench, Called(ops.cumsum if bench.wrong else ops.tanh), target="cpu", batch=1)


@occasion("D206")
def a_batch_that_is_not_said(bench):
    checked(bench, layers.Dense(2), batch=None if bench.wrong else 1)
