"""Graphs and checkpoints that are damaged, or made to do harm: a clear finding, soon, and in little memory."""

import random
import struct
import time

import numpy as np
import pytest

import litesmith
from graph_bytes import (
    FLOAT,
    INT32,
    KERNEL,
    SOUND,
    X,
    call,
    constant,
    field,
    function,
    graph,
    node,
    shape,
    tensor,
    varint,
)
from litesmith.diagnostics.base import LitesmithError
from litesmith.frontends.tensorflow.sorted_table import checksum, read_table, unpack_snappy
from litesmith.frontends.tensorflow.wire import Malformed, Message, signed
from table_bytes import in_literals, table


def converted(content, tmp_path, **options):
    path = tmp_path / "graph.pb"
    path.write_bytes(content)
    return litesmith.convert(path, verify=False, **options)


def finding_of(content, tmp_path):
    start = time.perf_counter()
    with pytest.raises(LitesmithError) as raised:
        converted(content, tmp_path)
    assert time.perf_counter() - start < 10
    return raised.value.diagnostics[0]


def test_a_sound_graph(tmp_path):
    x = np.random.default_rng(0).standard_normal((2, 4)).astype("float32")
    np.testing.assert_allclose(converted(SOUND, tmp_path).run(x), 2 * x @ KERNEL, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("seed", range(4))
def test_changed_bytes_give_a_finding_or_a_model(seed, tmp_path):
    chance, told = random.Random(seed), []
    for _ in range(60):
        content = bytearray(SOUND)
        for _ in range(chance.randint(1, 6)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        try:
            converted(bytes(content[: chance.choice([len(content), chance.randrange(len(content))])]), tmp_path)
        except LitesmithError as error:
            told.append(error.diagnostics[0].code)
    assert {"F104", "F108"} <= set(told)


def calls_itself():
    return function("f", call("g", "f", "a"), result="g:output:0")


def calls_twice(depth):
    """Each function calls the next one twice: 2**depth calls."""
    last = function(f"f{depth}", node("n", "Neg", "a"), result="n:y:0")
    more = [
        function(f"f{i}", call("g", f"f{i + 1}", "a"), call("h", f"f{i + 1}", "g:output:0"), result="h:output:0")
        for i in range(depth)
    ]
    return [*more, last]


HUGE = field(1, FLOAT) + field(2, shape(1 << 20, 1 << 20)) + field(5, struct.pack("<f", 1.0))
SIZES = node(
    "n", "Const", dtype=field(6, INT32), value=field(8, tensor(np.array([1 << 15, 1 << 15, 1 << 15], "int32")))
)
ONE = constant("one", np.float32(1).reshape(()))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (
            graph(X, node("c", "Const", dtype=field(6, FLOAT), value=field(8, HUGE)), node("y", "AddV2", "x", "c")),
            "F108",
        ),
        (graph(X, constant("k", KERNEL)[:-9], node("y", "MatMul", "x", "k")), "F104"),
        (graph(X, node("y", "AddV2", "x", "nowhere")), "F108"),
        (graph(X, node("a", "AddV2", "x", "b"), node("b", "Neg", "a"), node("y", "Neg", "b")), "P102"),
        (graph(X, call("y", "f", "x"), functions=[calls_itself()]), "P102"),
        (graph(X, call("y", "f0", "x"), functions=calls_twice(30)), "P102"),
        (graph(X, SIZES, ONE, node("y", "Fill", "n", "one")), "P102"),
        (graph(X, X), "F108"),
        (graph(node("x", "Placeholder", "y", dtype=field(6, FLOAT)), node("y", "Neg", "x")), "F108"),
        (
            graph(node("x", "Placeholder", dtype=field(6, FLOAT), shape=field(7, shape(2**62))), node("y", "Neg", "x")),
            "K302",
        ),
    ],
    ids=[
        *("huge constant", "cut off", "no such node", "circle", "calls itself", "2**30 calls", "huge tensor", "twice"),
        *("no result", "huge input"),
    ],
)
def test_what_is_made_to_do_harm(content, code, tmp_path):
    assert finding_of(content, tmp_path).code == code


@pytest.mark.parametrize("content", [b"\x0a\xff\xff\xff\xff\x7f", b"\x0a", b"\x0b\x00", b"\xff" * 12, b"\x0a\x02\x0a"])
def test_what_is_no_message(content):
    with pytest.raises(Malformed):
        Message(content).message(1).text(1)


def test_integers_of_messages():
    message = Message(field(1, 3) + field(1, -2) + field(2, varint(7) + varint(-1 & (1 << 64) - 1)))
    assert message.integers(1) == [3, -2]
    assert message.integers(2) == [7, -1]
    assert message.integer(1) == -2
    assert signed((1 << 64) - 5) == -5


ENTRIES = [(b"", b"header"), (b"layer/bias", b"1" * 70), (b"layer/kernel", b"2")]


@pytest.mark.parametrize("compress", [None, in_literals])
def test_tables(compress):
    assert read_table(table(ENTRIES, compress)) == dict(ENTRIES)


@pytest.mark.parametrize("place", [3, 60, -46, -3])
def test_damaged_tables(place):
    content = bytearray(table(ENTRIES))
    content[place] ^= 64
    with pytest.raises(Malformed):
        read_table(bytes(content))


def test_copies_of_what_was_unpacked():
    """`abab...` as a piece and a copy that overlaps itself, in all three forms of a copy."""
    for copy in (bytes([4 << 2 | 1, 2]), bytes([7 << 2 | 2, 2, 0]), bytes([7 << 2 | 3, 2, 0, 0, 0])):
        assert unpack_snappy(memoryview(bytes([10, 1 << 2]) + b"ab" + copy)) == b"ab" * 5
    for bad in (bytes([10, 4, 97, 98, 29, 9]), varint(1 << 40), bytes([3, 4, 97]), bytes([1, 4, 97, 98])):
        with pytest.raises(Malformed):
            unpack_snappy(memoryview(bad))


def test_the_checksum_is_castagnolis():
    assert checksum(b"123456789") == 0xE3069283
