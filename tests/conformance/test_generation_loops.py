"""Generators of tokens that run in the graph: greedy, beams, and a scan over steps."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops

import litesmith
from generators import LENGTH, VOCABULARY, Generator, empty, prompt, randomize
from support import builtins_of, check_converts


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
