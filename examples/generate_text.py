"""A text generator on a device: prefill and decode of one file, which share the weights, and a cache between them.

A small transformer learns a rhyme by heart, character by character. The converted file goes on with it as Keras does.

Run with `python examples/generate_text.py`. Takes half a minute.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np
from keras import layers, ops

import litesmith

TEXT = """
one, two, three, four, five, once i caught a fish alive,
six, seven, eight, nine, ten, then i let it go again.
"""
CHARACTERS = sorted(set(TEXT))
LENGTH, WIDTH, HEADS, BLOCKS = 48, 48, 4, 1
CACHE = (BLOCKS, 2, 1, LENGTH, HEADS, WIDTH // HEADS)  # keys and values of every block, place and head


class Block(layers.Layer):
    """Attention to all that came before, and a feed-forward layer. `place` is where `x` stands in the text."""

    def __init__(self):
        super().__init__()
        self.norms = [layers.RMSNormalization(), layers.RMSNormalization()]
        self.project, self.out = layers.Dense(3 * WIDTH, use_bias=False), layers.Dense(WIDTH)
        self.up, self.down = layers.Dense(4 * WIDTH, activation="gelu"), layers.Dense(WIDTH)

    def call(self, x, cache, place):
        batch, count = ops.shape(x)[0], ops.shape(x)[1]
        projected = ops.reshape(self.project(self.norms[0](x)), (batch, count, 3, HEADS, WIDTH // HEADS))
        query, key, value = (projected[:, :, i] for i in range(3))
        cache = ops.slice_update(cache, (0, 0, place, 0, 0), ops.stack([key, value]))
        seen = ops.arange(LENGTH)[None, :] <= place + ops.arange(count)[:, None]
        attended = ops.dot_product_attention(query, cache[0], cache[1], mask=seen[None, None])
        x = x + self.out(ops.reshape(attended, (batch, count, WIDTH)))
        return x + self.down(self.up(self.norms[1](x))), cache


class Generator(keras.Model):
    def __init__(self):
        super().__init__()
        self.characters, self.places = layers.Embedding(len(CHARACTERS), WIDTH), layers.Embedding(LENGTH, WIDTH)
        self.blocks = [Block() for _ in range(BLOCKS)]
        self.logits = layers.Dense(len(CHARACTERS))

    def step(self, tokens, cache, place):
        """The logits of what follows each token, and the cache with the tokens in it."""
        x = self.characters(tokens) + self.places(place + ops.arange(ops.shape(tokens)[1]))
        caches = []
        for i, block in enumerate(self.blocks):
            x, updated = block(x, cache=cache[i], place=place)
            caches.append(updated)
        return self.logits(x), ops.stack(caches)

    def call(self, tokens):
        """For training: the logits of all places at once."""
        return self.step(tokens, ops.zeros((*CACHE[:2], ops.shape(tokens)[0], *CACHE[3:])), 0)[0]

    def prefill(self, tokens):
        logits, cache = self.step(tokens, ops.zeros(CACHE), 0)
        return {"token": ops.argmax(logits[:, -1:], axis=-1), "cache": cache}

    def decode(self, token, cache, place):
        logits, cache = self.step(token, cache, place[0])
        return {"token": ops.argmax(logits, axis=-1), "cache": cache}


def trained():
    keras.utils.set_random_seed(0)
    tokens = np.array([CHARACTERS.index(character) for character in TEXT], "int32")
    windows = np.lib.stride_tricks.sliding_window_view(tokens, LENGTH + 1)
    model = Generator()
    model.compile(keras.optimizers.Adam(5e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(windows[:, :-1], windows[:, 1:], batch_size=16, epochs=30, verbose=0)
    return model


def generate(prefill, decode, prompt):
    """The text that goes on from a prompt until the cache is full, always with the likeliest character."""
    found = prefill(np.array([[CHARACTERS.index(character) for character in prompt]], "int32"))
    text = prompt
    for place in range(len(prompt), LENGTH):
        token = np.asarray(found["token"]).astype("int32")
        text += CHARACTERS[token.item()]
        found = decode(token, np.asarray(found["cache"]), np.array([place], "int32"))
    return text


def main():
    model = trained()
    lite = litesmith.convert(
        model,
        signatures={
            "prefill": (model.prefill, f"1,time<={LENGTH}:int32"),  # prompts of any length up to the cache's
            "decode": (model.decode, {"token": "1,1:int32", "cache": CACHE, "place": "1:int32"}),
        },
        verify=False,  # done below, by what they generate
    )
    path = lite.save("generator.tflite")

    lite = litesmith.load(path)
    texts = {}
    for prompt in ("\none, two, ", "six, seven,"):
        of_keras = generate(model.prefill, model.decode, prompt)
        of_file = generate(
            lambda tokens: lite.run({"tokens": tokens}, signature="prefill"),
            lambda token, cache, place: lite.run({"token": token, "cache": cache, "place": place}, signature="decode"),
            prompt,
        )
        texts[prompt] = (of_keras, of_file)
        print(f"{of_file.strip()} ... the same text as Keras: {of_file == of_keras}")
    weights = sum(weight.numpy().nbytes for weight in model.trainable_variables)
    print(f"{os.path.getsize(path):,} bytes, {weights:,} of them weights")
    return {"texts": texts, "bytes": os.path.getsize(path), "weights": weights}


if __name__ == "__main__":
    main()
