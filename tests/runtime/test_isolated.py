"""A file that ends its process ends only that; everything else is as in this process."""

import gc
import os
import threading
import time

import ml_dtypes
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from litesmith import LitesmithError
from litesmith.flatbuffer.read import Damaged
from litesmith.flatbuffer.write import to_bytes
from litesmith.lite_model import MAKER, LiteModel
from litesmith.opset.parse import parse_model
from litesmith.report.summary import summarize
from litesmith.runtime.interpreter import Session
from litesmith.runtime.isolated import IsolatedSession

SOUND = """
graph main(%x: float32[batch, 4]) {
  %1 = fully_connected %x, const float32[4, 4] [[1.0, 2.0, 0.0, 1.0], [0.0, 1.0, 0.0, 0.0], [3.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]], none : float32[batch, 4]
  %2 = tanh %1 : float32[batch, 4]
  return %2
}
"""  # noqa: E501
DEADLY = """
graph main(%x: int8[2, 3], %y: int8[2, 3]) {
  %1 = sub %x, %y : int8[2, 3]
  return %1
}
"""
ENDLESS = """
graph always(%i: int32[]) {
  %1 = less_equal %i, %i : bool[]
  return %1
}

graph same(%i: int32[]) {
  %1 = neg %i : int32[]
  return %1
}

graph main(%i: int32[]) {
  %1 = while(cond=@always, body=@same) %i : int32[]
  return %1
}
"""
SAME_EXAMPLES = settings(derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
"""The same each time, however busy the machine is."""


def content(text):
    return to_bytes(parse_model(text))


def changed(at_most):
    """Some places of a file, and the bytes to put there."""
    return st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=at_most)


def test_outputs_are_the_same_at_any_batch():
    data = content(SOUND)
    isolated, direct = IsolatedSession(data), Session(data)
    for batch in (1, 3, 1):
        x = np.random.default_rng(batch).standard_normal((batch, 4)).astype("float32")
        (found,), (expected,) = isolated.run([x]), direct.run([x])
        np.testing.assert_array_equal(found, expected)
        found[:] = 0


def test_a_file_that_aborts_the_process_is_a_finding_and_the_next_call_works():
    x = np.ones((2, 3), np.int8)
    deadly = IsolatedSession(content(DEADLY))
    for _ in range(2):
        with pytest.raises(LitesmithError, match=r"R102.*SIG(ABRT|SEGV)") as raised:
            deadly.run([x, x])
        assert raised.value.diagnostics[0].signal in ("SIGABRT", "SIGSEGV")


def test_a_loop_without_end_is_stopped():
    start = time.monotonic()
    with pytest.raises(LitesmithError, match=r"R103.*1.5 seconds"):
        IsolatedSession(content(ENDLESS), seconds=1.5).run([np.int32(1)])
    assert time.monotonic() - start < 30


def test_what_the_runtime_refuses_says_why():
    session = IsolatedSession(content(SOUND))
    with pytest.raises(LitesmithError, match="R104"):
        session.run([np.ones((1, 5), "float32")])
    assert session.run([np.ones((1, 4), "float32")])[0].shape == (1, 4)
    with pytest.raises(LitesmithError, match="R101"):
        IsolatedSession(b"\x18\x00\x00\x00TFL3" + bytes(100)).run([])


def test_a_process_that_is_killed_is_a_finding():
    session = IsolatedSession(content(SOUND))
    x = np.ones((1, 4), "float32")
    session.run([x])
    session._process.kill()
    with pytest.raises(LitesmithError, match=r"R102.*SIGKILL"):
        session.run([x])
    assert session.run([x])[0].shape == (1, 4)


def test_the_process_goes_with_its_session():
    session = IsolatedSession(content(SOUND))
    session.run([np.ones((1, 4), "float32")])
    process = session._process
    del session
    gc.collect()
    assert process.wait(10) is not None


def test_threads_take_turns():
    session = IsolatedSession(content(SOUND))
    found = {}

    def run(i):
        found[i] = session.run([np.full((1, 4), i, "float32")])[0]

    threads = [threading.Thread(target=run, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    direct = Session(content(SOUND))
    for i in range(4):
        np.testing.assert_array_equal(found[i], direct.run([np.full((1, 4), i, "float32")])[0])


def test_only_foreign_files_are_isolated():
    model = parse_model(SOUND)
    assert not LiteModel(to_bytes(model), model).isolated
    assert LiteModel(to_bytes(model)).isolated
    model.description = MAKER
    assert not LiteModel(to_bytes(model)).isolated
    assert LiteModel(to_bytes(model), isolated=True).isolated
    x = np.ones((2, 4), "float32")
    np.testing.assert_array_equal(LiteModel(content(SOUND)).run(x), LiteModel(to_bytes(model)).run(x))


@pytest.mark.parametrize("place", range(0, 10_000, 997))
@pytest.mark.parametrize("change", [b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\x7f\xff\xff\x7f"])
def test_overwritten_words_never_take_this_process_down(place, change):
    data = bytearray(content(SOUND))
    place %= len(data) - 4
    data[place : place + 4] = change
    _use(bytes(data))


@settings(SAME_EXAMPLES, max_examples=25)
@given(changed(3))
def test_changed_bytes_never_take_this_process_down(changes):
    data = bytearray(content(SOUND))
    for place, byte in changes:
        data[place % len(data)] = byte
    _use(bytes(data))


@settings(SAME_EXAMPLES, max_examples=300)
@given(changed(16), st.integers(8, 10_000))
def test_reading_changed_bytes_gives_a_summary_or_damage(changes, length):
    data = bytearray(content(ENDLESS))
    for place, byte in changes:
        data[place % len(data)] = byte
    try:
        str(summarize(LiteModel(bytes(data[:length]), isolated=True)))
    except Damaged:
        return


def _use(data):
    """Read and run; what goes wrong must be a finding, or inputs that no longer fit."""
    try:
        lite = LiteModel(data, isolated=True, timeout=20)
        lite.run(np.ones((2, 4), "float32"))
    except (Damaged, LitesmithError, ValueError):
        return


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6).reshape(2, 3),
        np.zeros((0, 3), "float32"),
        np.float64(3.5) * np.ones(()),
        np.array([[b"a", b""], [b"long one", "\u00fc".encode()]], object),
        np.array([1.5, -2], ml_dtypes.bfloat16),
        np.array([True, False]),
    ],
)
def test_messages_keep_arrays_as_they_are(array):
    from litesmith.runtime.channel import Message, receive, send

    read, write = os.pipe()
    with os.fdopen(write, "wb") as sender, os.fdopen(read, "rb") as receiver:
        send(sender, Message({"call": 1}, {"x": array}))
        message = receive(receiver)
    assert message.header == {"call": 1}
    assert message.arrays["x"].dtype == array.dtype
    np.testing.assert_array_equal(message.arrays["x"], array)
    assert message.arrays["x"].shape == array.shape
