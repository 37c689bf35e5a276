"""Generators of tokens: caches of keys and values, prefill and decode of one file, loops that run in the graph."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers, ops

import litesmith
from litesmith.frontends.keras.running import variables_of
from litesmith.lite_model import LiteModel
from support import builtins_of, check_converts, check_function, compare_arrays, converted

VOCABULARY, WIDTH, HEADS, LENGTH, DEPTH = 40, 16, 4, 12, 2
PER_HEAD = WIDTH // HEADS


def randomize(layer, seed=0):
    random = np.random.default_rng(seed)
    for variable in layer.weights:
        if variable.dtype == "float32" and not variable.path.endswith(("keys", "values")):
            variable.assign(random.normal(0.0, 0.5, variable.shape))
    return layer


def prompt(length=5, batch=1, seed=0):
    return np.random.default_rng([seed, length]).integers(1, VOCABULARY, (batch, length)).astype("int32")


def rotated(x, places):
    """Rotary positions of [batch, length, heads, depth] at places [length]."""
    half = x.shape[-1] // 2
    rates = 1.0 / 100.0 ** (ops.arange(half, dtype="float32") / half)
    angles = (ops.cast(places, "float32")[:, None] * rates)[None, :, None, :]
    first, second = x[..., :half], x[..., half:]
    cos, sin = ops.cos(angles), ops.sin(angles)
    return ops.concatenate([first * cos - second * sin, second * cos + first * sin], axis=-1)


class Block(layers.Layer):
    """A decoder block that writes what it is given into a cache [2, batch, LENGTH, heads, depth], from a place on."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.norms = [layers.RMSNormalization(), layers.RMSNormalization()]
        self.project, self.out = layers.Dense(3 * WIDTH, use_bias=False), layers.Dense(WIDTH)
        self.up, self.down = layers.Dense(2 * WIDTH, activation="gelu"), layers.Dense(WIDTH)

    def build(self, shape):
        for layer in (*self.norms, self.project, self.out, self.up):
            layer.build((None, None, WIDTH))
        self.down.build((None, None, 2 * WIDTH))

    def call(self, x, cache, place):
        batch, length = ops.shape(x)[0], ops.shape(x)[1]
        qkv = ops.reshape(self.project(self.norms[0](x)), (batch, length, 3, HEADS, PER_HEAD))
        places = place + ops.arange(length)
        q, k, v = rotated(qkv[:, :, 0], places), rotated(qkv[:, :, 1], places), qkv[:, :, 2]
        cache = ops.slice_update(cache, (0, 0, place, 0, 0), ops.stack([k, v]))
        seen = ops.arange(LENGTH)[None, :] <= places[:, None]
        attended = ops.dot_product_attention(q, cache[0], cache[1], mask=seen[None, None])
        x = x + self.out(ops.reshape(attended, (batch, length, WIDTH)))
        return x + self.down(self.up(self.norms[1](x))), cache


class Generator(keras.Model):
    """A small decoder whose caches are inputs and outputs: [layers, 2, batch, LENGTH, heads, depth]."""

    def __init__(self, tied=True):
        super().__init__()
        self.table = layers.ReversibleEmbedding(VOCABULARY, WIDTH, tie_weights=tied)
        self.blocks = [Block() for _ in range(DEPTH)]
        self.norm = layers.RMSNormalization()
        self.table.build()
        for block in self.blocks:
            block.build(None)
        self.norm.build((None, None, WIDTH))
        self.built = True

    def hidden(self, tokens, cache, place):
        x = self.table(tokens) * WIDTH**0.5
        new = []
        for i, block in enumerate(self.blocks):
            x, updated = block(x, cache=cache[i], place=place)
            new.append(updated)
        return self.norm(x), ops.stack(new)

    def call(self, tokens):
        return self.table(self.hidden(tokens, empty(ops.shape(tokens)[0]), 0)[0], reverse=True)

    def prefill(self, tokens):
        x, cache = self.hidden(tokens, empty(ops.shape(tokens)[0]), 0)
        return {"logits": self.table(x[:, -1:], reverse=True)[:, 0], "cache": cache}

    def decode(self, token, cache, place):
        x, cache = self.hidden(token, cache, ops.reshape(place, ()))
        return {"logits": self.table(x, reverse=True)[:, 0], "cache": cache}


def empty(batch):
    return ops.zeros((DEPTH, 2, batch, LENGTH, HEADS, PER_HEAD))


def signatures(model, batch=1):
    cache = (DEPTH, 2, batch, LENGTH, HEADS, PER_HEAD)
    return {
        "prefill": (model.prefill, f"{batch},time<={LENGTH}:int32"),
        "decode": (model.decode, {"token": f"{batch},1:int32", "cache": cache, "place": "1:int32"}),
    }


def greedy(prefill, decode, tokens, count):
    """The tokens that follow, and the logits of each."""
    found = prefill(tokens)
    said, logits = [], []
    for place in range(tokens.shape[1], tokens.shape[1] + count):
        logits.append(np.asarray(found["logits"]))
        said.append(np.argmax(logits[-1], axis=-1).astype("int32"))
        found = decode(said[-1][:, None], np.asarray(found["cache"]), np.array([place], "int32"))
    return np.stack(said, axis=1), np.stack(logits, axis=1)


def of_file(lite):
    return (
        lambda tokens: lite.run({"tokens": tokens}, signature="prefill"),
        lambda token, cache, place: lite.run({"token": token, "cache": cache, "place": place}, signature="decode"),
    )


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


# --- loops in the graph --------------------------------------------------------


class Greedy(Generator):
    """Generates inside of the graph until a token says stop, or there is no more room."""

    stop = 7

    def call(self, tokens):
        x, cache = self.hidden(tokens, empty(1), 0)
        token = ops.cast(ops.argmax(self.table(x[:, -1], reverse=True), axis=-1), "int32")
        length = ops.shape(tokens)[1]
        text = ops.slice_update(ops.zeros((1, LENGTH), "int32"), (0, 0), tokens)

        def goes_on(place, token, text, cache):
            return ops.logical_and(place < LENGTH, token[0] != self.stop)

        def step(place, token, text, cache):
            text = ops.slice_update(text, (0, place), token[:, None])
            x, cache = self.hidden(token[:, None], cache, place)
            return place + 1, ops.cast(ops.argmax(self.table(x[:, 0], reverse=True), axis=-1), "int32"), text, cache

        place, token, text, cache = ops.while_loop(goes_on, step, (length, token, text, cache))
        return text, place


@pytest.mark.parametrize("bounded", [True, False])
def test_greedy_generation_in_the_graph(bounded):
    model = randomize(Greedy(), seed=3)
    model.stop = -1
    model.stop = int(np.asarray(model(prompt(3))[0])[0, 6])
    shape = "1,time<=8:int32" if bounded else "1,3:int32"
    lite = litesmith.convert(model, inputs=shape)
    assert builtins_of(lite).count("WHILE") == 1
    for length in (1, 3, 8) if bounded else (3,):
        text, place = lite.run(prompt(length))
        expected_text, expected_place = model(prompt(length))
        np.testing.assert_array_equal(text, expected_text)
        assert int(place) == int(expected_place)
    assert int(lite.run(prompt(3))[1]) <= 6


class Beams(Generator):
    """Keeps the best of all continuations, with their caches, for a known number of steps."""

    width, steps = 3, 5

    def call(self, tokens):
        batch, beams = ops.shape(tokens)[0], self.width
        length = tokens.shape[1]
        x, cache = self.hidden(tokens, empty(batch), 0)
        scores = ops.log_softmax(self.table(x[:, -1], reverse=True))
        best, token = ops.top_k(scores, beams)
        cache = ops.repeat(cache, beams, axis=2)
        said = ops.zeros((batch, beams, self.steps), "int32")
        said = ops.slice_update(said, (0, 0, 0), token[..., None])

        def step(i, carried):
            best, said, token, cache = carried
            x, cache = self.hidden(ops.reshape(token, (-1, 1)), cache, length + i - 1)
            scores = ops.log_softmax(self.table(x[:, 0], reverse=True))
            total = best[..., None] + ops.reshape(scores, (batch, beams, VOCABULARY))
            best, flat = ops.top_k(ops.reshape(total, (batch, beams * VOCABULARY)), beams)
            parent, token = flat // VOCABULARY, flat % VOCABULARY
            said = ops.take_along_axis(said, parent[..., None], axis=1)
            said = ops.slice_update(said, (0, 0, i), token[..., None])
            rows = ops.reshape(ops.arange(batch)[:, None] * beams + parent, (-1,))
            return best, said, token, ops.take(cache, rows, axis=2)

        best, said, _, _ = ops.fori_loop(1, self.steps, step, (best, said, token, cache))
        return {"said": said, "scores": best}


def test_beam_search_in_the_graph():
    model = randomize(Beams(), seed=4)
    lite = check_converts(model, prompt(4), prompt(4, 3), convert={"inputs": "batch,4:int32"}, rtol=2e-5)
    found = lite.run(prompt(4))
    # The best of the beams are worth what the model says of them.
    text = np.concatenate([np.repeat(prompt(4), 3, axis=0), found["said"][0]], axis=1)
    logits = np.asarray(ops.log_softmax(Generator.call(model, text)))
    worth = sum(logits[np.arange(3), 3 + i, found["said"][0, :, i]] for i in range(5))
    np.testing.assert_allclose(found["scores"][0], worth, rtol=1e-4)


class Scanned(Generator):
    """Generates a known number of tokens by `ops.scan`."""

    def call(self, tokens):
        x, cache = self.hidden(tokens, empty(ops.shape(tokens)[0]), 0)
        token = ops.cast(ops.argmax(self.table(x[:, -1], reverse=True), axis=-1), "int32")

        def step(carry, place):
            token, cache = carry
            x, cache = self.hidden(token[:, None], cache, place)
            logits = self.table(x[:, 0], reverse=True)
            return (ops.cast(ops.argmax(logits, axis=-1), "int32"), cache), (token, ops.max(logits, axis=-1))

        _, (said, scores) = ops.scan(step, (token, cache), ops.add(ops.arange(4), ops.shape(tokens)[1]))
        return ops.transpose(said), ops.transpose(scores)


@pytest.mark.parametrize("length", ["4", "time<=6"])
def test_a_scan_over_steps_of_generation(length):
    model = randomize(Scanned(), seed=5)
    lite = check_converts(model, prompt(4), prompt(4, 2), convert={"inputs": f"batch,{length}:int32"}, rtol=2e-5)
    if length != "4":
        expected, found = model(prompt(6)), lite.run(prompt(6))
        np.testing.assert_array_equal(found[0], expected[0])


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
