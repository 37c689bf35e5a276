"""Files that the runtime does not run, and comparisons (R..., V...)."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

import litesmith
from bad_files import dense_model
from litesmith.flatbuffer.write import to_bytes
from litesmith.opset.parse import parse_model
from litesmith.runtime.interpreter import Session
from occasions import occasion

SUB = """
graph main(%x: {dtype}[2, 3], %y: {dtype}[2, 3]) {{
  %1 = sub %x, %y : {dtype}[2, 3]
  return %1
}}
"""
"""Of int8 without scales, its kernel ends the process."""

LOOP = """
graph condition(%i: int32[]) {{
  %1 = {test} %i, %i : bool[]
  return %1
}}

graph body(%i: int32[]) {{
  %1 = neg %i : int32[]
  return %1
}}

graph main(%i: int32[]) {{
  %1 = while(cond=@condition, body=@body) %i : int32[]
  return %1
}}
"""
"""It goes on for ever while each number is at most itself, and not at all while it is less."""


def written(bench, text):
    (path := bench.folder / "model.tflite").write_bytes(to_bytes(parse_model(text)))
    return path


@occasion("R101")
def a_file_that_the_runtime_refuses(bench):
    path = litesmith.convert(dense_model(), verify=False).save(bench.folder / "model.tflite")
    lite = litesmith.load(path, isolated=True)
    if bench.wrong:
        lite._content = b"\x18\x00\x00\x00TFL3" + bytes(100)
    lite.run(np.ones((1, 4), "float32"))


@occasion("R102")
def a_kernel_that_ends_the_process(bench):
    path = written(bench, SUB.format(dtype="int8" if bench.wrong else "float32"))
    x = np.ones((2, 3), "int8" if bench.wrong else "float32")
    litesmith.load(path).run([x, x])


@occasion("R103")
def a_runtime_that_does_not_end(bench):
    path = written(bench, LOOP.format(test="less_equal" if bench.wrong else "less"))
    litesmith.load(path, timeout=3.0 if bench.wrong else 60.0).run(np.int32(1))


@occasion("R104")
def an_id_that_a_table_does_not_have(bench):
    ids = keras.Input((2,), dtype="int32")
    model = keras.Model(ids, layers.Embedding(4, 2)(ids))
    litesmith.convert(model, verify=False).run(np.array([[1, 9 if bench.wrong else 3]], "int32"))


@occasion("V101")
def a_file_of_other_weights(bench):
    model = dense_model()
    path = litesmith.convert(model, verify=False).save(bench.folder / "model.tflite")
    if bench.wrong:
        model.layers[0].kernel.assign(model.layers[0].kernel * 2.0)
    model.save(bench.folder / "model.keras")
    bench.command("verify", bench.folder / "model.keras", path)


@occasion("V102")
def a_file_of_another_model(bench):
    path = litesmith.convert(dense_model(), verify=False).save(bench.folder / "model.tflite")
    wider = keras.Sequential([keras.Input((9,)), layers.Dense(2)])
    (wider if bench.wrong else dense_model()).save(bench.folder / "model.keras")
    if not bench.wrong:
        path = litesmith.convert(bench.folder / "model.keras", verify=False).save(path)
    bench.command("verify", bench.folder / "model.keras", path)


@occasion("V103")
def a_model_that_cannot_be_run_here(bench):
    if bench.wrong:
        bench.patch.setattr(
            "litesmith.verification.conversions.why_not_compared", lambda _: "its framework is not installed"
        )
    litesmith.convert(dense_model())


@occasion("V104")
def a_runtime_that_is_wrong_after_other_sizes(bench):
    """The fault depends on addresses of memory: here every call of other sizes than a session's first is off."""
    model = dense_model()
    lite = litesmith.convert(model, verify=False)
    sizes: dict[Session, int] = {}
    run = Session.run

    def forgetful(session, arrays):
        first = sizes.setdefault(session, len(arrays[0]))
        return [output + (first != len(arrays[0])) for output in run(session, arrays)]

    if bench.wrong:
        bench.patch.setattr(Session, "run", forgetful)
    litesmith.verify(model, lite)


@occasion("X201")
def what_nobody_thought_of(bench):
    dense_model().save(path := bench.folder / "model.keras")
    if bench.wrong:

        def breaks(*_, **__):
            raise RuntimeError("the moon is full")

        bench.patch.setattr("litesmith.conversion.optimize", breaks)
    bench.command("convert", path)
