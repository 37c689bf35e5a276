"""Generators of tokens: caches of keys and values, prefill and decode of one file, and streams."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers, ops

import litesmith
from generators import (
    DEPTH,
    HEADS,
    LENGTH,
    PER_HEAD,
    Generator,
    greedy,
    of_file,
    prompt,
    randomize,
    signatures,
)
from litesmith.frontends.keras.running import variables_of
from litesmith.lite_model import LiteModel
from support import check_function, compare_arrays, converted


@pytest.mark.parametrize("tied", [True, False])
def test_a_file_generates_what_keras_generates(tied):
    model = randomize(Generator(tied))
    lite = litesmith.convert(model, signatures=signatures(model))
    for length in (1, 5, 8):
        expected, logits = greedy(model.prefill, model.decode, prompt(length), 4)
        for each in (lite, LiteModel(bytes(lite))):
            said, found = greedy(*of_file(each), prompt(length), 4)
            np.testing.assert_array_equal(said, expected)
            compare_arrays([logits], [found], rtol=2e-5)
        whole = np.asarray(model(np.concatenate([prompt(length), expected], axis=1)))[:, length - 1 : -1]
        compare_arrays([whole], [found], rtol=2e-5)
    with pytest.raises(ValueError, match="time<=12, not 13"):
        lite.run(prompt(13), signature="prefill")


def test_one_copy_of_the_weights():
    model = randomize(Generator(tied=False))
    lite = litesmith.convert(model, signatures=signatures(model), verify=False)
    for variable in model.weights:
        if variable.numpy().ndim > 1:
            assert len(copies(lite, variable)) == 1, variable.path


def copies(lite, variable):
    """The different elements of constants that come from a variable, however they are scaled."""
    operands = [o for graph in lite.model.all_graphs() for op in graph.operations for o in op.operands if o is not None]
    return {o.constant.array().tobytes() for o in operands if o.constant is not None and o.name == variable.path}


@pytest.mark.parametrize("batch", [1, 3])
def test_several_sequences_at_once(batch):
    model = randomize(Generator())
    lite = litesmith.convert(model, signatures=signatures(model, batch))
    expected, logits = greedy(model.prefill, model.decode, prompt(4, batch), 6)
    said, found = greedy(*of_file(lite), prompt(4, batch), 6)
    np.testing.assert_array_equal(said, expected)
    compare_arrays([logits], [found], rtol=2e-5)


def test_decoding_of_any_batch():
    """As many sequences as the caller has: the batch is a size that stays open in both signatures."""
    model = randomize(Generator())
    lite = litesmith.convert(model, signatures=signatures(model, "batch"))
    for batch in (1, 2, 5):
        expected, _ = greedy(model.prefill, model.decode, prompt(3, batch), 3)
        np.testing.assert_array_equal(greedy(*of_file(lite), prompt(3, batch), 3)[0], expected)


def test_pieces_of_a_prompt():
    """Prefill in pieces of any length, each from where the last one ended."""
    model = randomize(Generator())
    cache = (DEPTH, 2, 1, LENGTH, HEADS, PER_HEAD)
    shapes = {"token": "1,piece<=6:int32", "cache": cache, "place": "1:int32"}
    lite = litesmith.convert(model, signatures={"piece": (model.decode, shapes)})
    tokens, held, place = prompt(10), np.zeros(cache, "float32"), 0
    for length in (4, 1, 3, 2):
        given = {"token": tokens[:, place : place + length], "cache": held, "place": np.array([place], "int32")}
        found = lite.run(given)
        held, place = found["cache"], place + length
    compare_arrays([np.asarray(model(tokens))[:, -length]], [found["logits"]], rtol=2e-5)


@pytest.mark.parametrize(("place", "written"), [(9, 9), (11, 10), (40, 10)])
def test_blocks_that_do_not_fit_are_moved_to_where_they_do(place, written):
    """As JAX documents; Keras' numpy backend raises an error."""
    cache, block = np.zeros((1, LENGTH), "float32"), np.ones((1, 2), "float32")
    lite = converted(lambda c, b, p: ops.slice_update(c, (0, p), b), cache, block, np.int32(0), dynamic_batch=False)
    cache[0, written : written + 2] = 1
    np.testing.assert_array_equal(lite.run([np.zeros_like(cache), block, np.int32(place)]), cache)


def test_known_places_may_count_from_the_end():
    cache, block = np.zeros((3, LENGTH), "float32"), np.ones((3, 2), "float32")
    check_function(lambda c, b: ops.slice_update(c, (0, -3), b), cache, block)
    check_function(
        lambda c: ops.slice(c, (0, -3), (ops.shape(c)[0], 2)), np.arange(36.0, dtype="float32").reshape(3, 12)
    )


@pytest.mark.parametrize("place", [-12, -3, -2, 0, 5])
@pytest.mark.parametrize("whole", [False, True], ids=["by axis", "one tensor"])
def test_places_that_the_call_says_may_count_from_the_end(place, whole):
    """As numpy and JAX count them; the kernels take negative ones for 0, or refuse them."""
    cache, block = np.zeros((3, 12), "float32"), np.ones((3, 2), "float32")
    table = np.arange(36.0, dtype="float32").reshape(3, 12)

    def starts(p):
        return ops.stack([0, p]) if whole else (0, p)

    write = converted(lambda c, b, p: ops.slice_update(c, starts(p), b), cache, block, np.int32(0), dynamic_batch=False)
    read = converted(lambda t, p: ops.slice(t, starts(p), (3, 2)), table, np.int32(0), dynamic_batch=False)
    expected = cache.copy()
    expected[:, place % 12 : place % 12 + 2] = 1
    np.testing.assert_array_equal(write.run([cache, block, np.int32(place)]), expected)
    np.testing.assert_array_equal(read.run([table, np.int32(place)]), table[:, place % 12 : place % 12 + 2])


class Remembering(keras.Model):
    """A generator whose caches are its own variables, as is the place that it has come to."""

    def __init__(self):
        super().__init__()
        self.inner = Generator()
        shape = (DEPTH, 2, 1, LENGTH, HEADS, PER_HEAD)
        self.cache = self.add_weight(shape=shape, initializer="zeros", trainable=False, name="keys")
        self.place = self.add_weight(shape=(), dtype="int32", initializer="zeros", trainable=False, name="place")
        self.built = True

    def prefill(self, tokens):
        self.place.assign(0)
        return self.decode(tokens)

    def decode(self, tokens):
        x, cache = self.inner.hidden(tokens, self.cache + 0.0, self.place + 0)
        self.cache.assign(cache)
        self.place.assign(self.place + ops.shape(tokens)[1])
        return self.inner.table(x, reverse=True)[:, -1]


def generated(call, tokens, count):
    """What a model that remembers says after a prompt."""
    said, logits = [], [np.asarray(call("prefill", tokens))]
    for _ in range(count):
        said.append(np.argmax(logits[-1], axis=-1).astype("int32"))
        logits.append(np.asarray(call("decode", said[-1][:, None])))
    return np.concatenate(said), np.concatenate(logits)


def remembering():
    model = randomize(Remembering())
    for variable in variables_of(model):
        if variable.path.endswith(("keys", "place")):
            variable.assign(np.zeros(variable.shape))
    signatures = {"prefill": (model.prefill, "1,time<=7:int32"), "decode": (model.decode, "1,1:int32")}
    return model, litesmith.convert(model, signatures=signatures)


def test_caches_that_are_variables():
    model, lite = remembering()
    expected, logits = generated(lambda name, tokens: getattr(model, name)(tokens), prompt(5), 6)
    for each in (lite, LiteModel(bytes(lite)), LiteModel(bytes(lite), isolated=True)):
        for _ in range(2):
            said, found = generated(lambda name, tokens, each=each: each.run(tokens, signature=name), prompt(5), 6)
            np.testing.assert_array_equal(said, expected)
            compare_arrays([logits], [found], rtol=2e-5)
    assert len(lite.first_state) == 2


def test_the_other_interface_of_the_runtime():
    from ai_edge_litert.compiled_model import CompiledModel

    model = randomize(Generator())
    pinned = signatures(model)
    pinned["prefill"] = (model.prefill, "1,5:int32")
    lite = litesmith.convert(model, signatures=pinned)
    compiled = CompiledModel.from_buffer(bytes(lite))

    def run(name, **given):
        names = list(compiled.get_signature_list())
        face = compiled.get_signature_list()[name]
        index = names.index(name)
        inputs, outputs = compiled.create_input_buffers(index), compiled.create_output_buffers(index)
        for key, buffer in zip(face["inputs"], inputs, strict=True):
            buffer.write(np.ascontiguousarray(given[key]))
        compiled.run_by_index(index, inputs, outputs)
        types = lite.signatures[name]["outputs"]
        return {
            key: buffer.read(int(np.prod(types[key].shape)), np.float32).reshape(types[key].shape)
            for key, buffer in zip(face["outputs"], outputs, strict=True)
        }

    expected, logits = greedy(model.prefill, model.decode, prompt(5), 5)
    said, found = greedy(
        lambda tokens: run("prefill", tokens=tokens),
        lambda token, cache, place: run("decode", token=token, cache=cache, place=place),
        prompt(5),
        5,
    )
    np.testing.assert_array_equal(said, expected)
    compare_arrays([logits], [found], rtol=2e-5)


# --- streams -------------------------------------------------------------------


class Stream(keras.Model):
    """A causal convolution and an attention to the last steps, whose pasts go in and out."""

    kernel, window, width = 3, 4, 6

    def __init__(self):
        super().__init__()
        self.convolution = layers.Conv1D(self.width, self.kernel, activation="relu")
        self.attention = layers.MultiHeadAttention(2, 3)
        self.convolution.build((None, None, self.width))
        self.attention.build((None, None, self.width), (None, None, self.width))
        self.built = True

    def call(self, piece, past, seen):
        x = ops.concatenate([past, piece], axis=1)
        y = self.convolution(x)
        keys = ops.concatenate([seen, y], axis=1)
        ahead = ops.arange(ops.shape(keys)[1])[None] - ops.arange(ops.shape(y)[1])[:, None]
        mask = ops.logical_and(ahead >= 1, ahead <= self.window)
        z = y + self.attention(y, keys, attention_mask=mask[None])
        return {"result": z, "past": x[:, 1 - self.kernel :], "seen": keys[:, -self.window :]}


def test_a_stream_in_pieces_is_the_whole():
    model = randomize(Stream())
    shapes = {"piece": (None, "time", 6), "past": (None, 2, 6), "seen": (None, 4, 6)}
    lite = litesmith.convert(model, inputs=shapes)
    signal = np.random.default_rng(0).normal(size=(2, 20, 6)).astype("float32")
    first = {"past": np.zeros((2, 2, 6), "float32"), "seen": np.zeros((2, 4, 6), "float32")}
    whole = lite.run({"piece": signal, **first})
    compare_arrays([model(signal, **first)["result"]], [whole["result"]], rtol=2e-5)
    state, results, start = first, [], 0
    for length in (1, 7, 3, 9):
        found = lite.run({"piece": signal[:, start : start + length], **state})
        state = {"past": found["past"], "seen": found["seen"]}
        results.append(found["result"])
        start += length
    compare_arrays([whole["result"]], [np.concatenate(results, axis=1)], rtol=2e-5)
