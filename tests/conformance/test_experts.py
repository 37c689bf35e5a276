"""Mixtures of experts, and the ways by which tokens get to them."""

from __future__ import annotations

import pytest
from keras import layers, ops

from attending import check_sequence


class Experts(layers.Layer):
    """Two of four feed-forward layers for each token, and how the tokens get there."""

    count, chosen, hidden = 4, 2, 12

    def build(self, shape):
        self.router = self.add_weight(shape=(shape[-1], self.count), name="router")
        self.up = self.add_weight(shape=(self.count, shape[-1], self.hidden), name="up")
        self.down = self.add_weight(shape=(self.count, self.hidden, shape[-1]), name="down")

    def gates(self, x):
        weights, experts = ops.top_k(ops.softmax(ops.matmul(x, self.router)), self.chosen)
        return weights / ops.sum(weights, axis=-1, keepdims=True), experts


class Dense(Experts):
    """All experts see all tokens."""

    def call(self, x):
        weights, experts = self.gates(x)
        share = ops.sum(ops.one_hot(experts, self.count) * weights[..., None], axis=-2)
        hidden = ops.relu(ops.einsum("bsd,edh->bseh", x, self.up))
        return ops.einsum("bseh,ehd,bse->bsd", hidden, self.down, share)


class Switched(Experts):
    """Each token's own experts' matrices are gathered."""

    def call(self, x):
        weights, experts = self.gates(x)
        up, down = ops.take(self.up, experts, axis=0), ops.take(self.down, experts, axis=0)
        hidden = ops.relu(ops.einsum("bsd,bskdh->bskh", x, up))
        return ops.einsum("bskh,bskhd,bsk->bsd", hidden, down, weights)


class Dispatched(Experts):
    """An expert takes as many tokens as it has places: masks of [token, expert, place]."""

    places = 3

    def call(self, x):
        flat = ops.reshape(x, (-1, x.shape[-1]))
        weights, experts = self.gates(flat)
        mask = ops.one_hot(experts[:, 0], self.count)
        place = (ops.cumsum(mask, axis=0) - 1.0) * mask
        mask = mask * ops.cast(place < self.places, "float32")
        slot = ops.minimum(ops.cast(ops.sum(place, axis=-1), "int32"), self.places - 1)
        slots = ops.one_hot(slot, self.places) * ops.sum(mask, axis=-1, keepdims=True)
        dispatch = mask[:, :, None] * slots[:, None, :]
        taken = ops.einsum("tec,td->ecd", dispatch, flat)
        done = ops.einsum("ech,ehd->ecd", ops.relu(ops.einsum("ecd,edh->ech", taken, self.up)), self.down)
        result = ops.einsum("tec,ecd->td", dispatch * weights[:, :1, None], done)
        return ops.reshape(result, ops.shape(x))


class Scattered(Experts):
    """Tokens are sorted by expert and written into its places; what finds none is left out."""

    places = 3

    def call(self, x):
        flat = ops.reshape(x, (-1, x.shape[-1]))
        weights, experts = self.gates(flat)
        expert = experts[:, 0]
        mask = ops.one_hot(expert, self.count, dtype="int32")
        place = ops.take_along_axis(ops.cumsum(mask, axis=0), ops.expand_dims(expert, -1), axis=1)[:, 0] - 1
        fits = place < self.places
        slot = ops.where(fits, expert * self.places + place, self.count * self.places)
        rows = ops.zeros((self.count * self.places + 1, x.shape[-1]))
        rows = ops.scatter_update(rows, slot[:, None], flat)
        taken = ops.reshape(rows[:-1], (self.count, self.places, x.shape[-1]))
        done = ops.matmul(ops.relu(ops.matmul(taken, self.up)), self.down)
        done = ops.pad(ops.reshape(done, (-1, x.shape[-1])), ((0, 1), (0, 0)))
        return ops.reshape(ops.take(done, slot, axis=0) * weights[:, :1], ops.shape(x))


class Segments(Experts):
    """Tokens in the order of their experts, and sums by token at the end."""

    def call(self, x):
        flat = ops.reshape(x, (-1, x.shape[-1]))
        weights, experts = self.gates(flat)
        count = ops.shape(flat)[0]
        order = ops.argsort(ops.reshape(experts, (-1,)))
        token = order // self.chosen
        rows = ops.take(flat, token, axis=0)
        expert = ops.take(ops.reshape(experts, (-1,)), order)
        every = ops.einsum("td,edh->teh", rows, self.up)
        hidden = ops.take_along_axis(ops.relu(every), expert[:, None, None], axis=1)[:, 0]
        done = ops.einsum("th,thd->td", hidden, ops.take(self.down, expert, axis=0))
        done = done * ops.take(ops.reshape(weights, (-1,)), order)[:, None]
        return ops.reshape(ops.segment_sum(done, token, num_segments=count), ops.shape(x))


@pytest.mark.parametrize("kind", [Dense, Switched, Dispatched, Scattered, Segments])
@pytest.mark.parametrize("length", [None, 6])
def test_a_mixture_of_experts(kind, length):
    check_sequence(kind(), length=length, sizes=((1, 6), (3, 5), (2, 1)))


def test_experts_of_which_only_one_runs():
    class Chosen(layers.Layer):
        def build(self, shape):
            self.experts = [layers.Dense(shape[-1], activation="relu") for _ in range(3)]
            for expert in self.experts:
                expert.build(shape)

        def call(self, x):
            best = ops.argmax(ops.mean(x, axis=(0, 1))[:3])
            return ops.switch(best, [*self.experts], x)

    check_sequence(Chosen())
