"""Preprocessing layers in many configurations, with inputs: each a function that makes the layer, and arrays."""

import itertools
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from keras import layers

RNG = np.random.default_rng(0)
WORDS = RNG.choice(["a", "b", "zz", "c d", "", "[UNK]", "ö"], (3, 4))
NUMBERS = RNG.choice([10, 20, 30, -7, 0, 5, 2**40, 12345678901234], (3, 4))
TEXTS = np.array(["The quick, brown fox! jumped", "over  THE lazy\tdog's Ünïted\u00a0x", "", "  a-b 'quick' \x1c\x0b~"])
SHAPED = (lambda x: x, lambda x: x[:, :1], lambda x: x[0], lambda x: x[:, :, None])
MODES = ("int", "one_hot", "multi_hot", "count")


class Case(NamedTuple):
    """One layer and what it is called with."""

    name: str
    make: Callable[[], Any]
    inputs: tuple[Any, ...]


def _cases(kind: str, arrays: Any, **options: Any) -> Iterator[Case]:
    for shape in SHAPED:
        array = shape(arrays)
        name = f"{kind}-{'-'.join(f'{k}={v}' for k, v in options.items() if k != 'vocabulary')}-{array.shape}"
        yield Case(name, partial(getattr(layers, kind), **options), (array,))


def string_lookups() -> Iterator[Case]:
    for mode, unknown, mask, salt in itertools.product((*MODES, "tf_idf"), (1, 3), (None, ""), (None, (3, 4))):
        weights = {"idf_weights": [0.1, 0.2, 0.7]} if mode == "tf_idf" else {}
        common = {"vocabulary": ["a", "b", "ö"], "output_mode": mode, "mask_token": mask, "salt": salt, **weights}
        yield from _cases("StringLookup", WORDS, num_oov_indices=unknown, **common)
        if mode != "int" and mode != "one_hot" and unknown == 1:
            yield from _cases("StringLookup", WORDS, pad_to_max_tokens=True, max_tokens=9, **common)


def integer_lookups() -> Iterator[Case]:
    salts = (("floormod", None), ("farmhash", None), ("farmhash", 7))
    for mode, unknown, mask, (method, salt) in itertools.product((*MODES, "tf_idf"), (1, 3), (None, 0), salts):
        weights = {"idf_weights": [0.1, 0.2, 0.7]} if mode == "tf_idf" else {}
        common = {"vocabulary": [10, 20, -30], "output_mode": mode, "mask_token": mask, **weights}
        if unknown > 1 or method == "floormod":
            yield from _cases("IntegerLookup", NUMBERS, num_oov_indices=unknown, oov_method=method, salt=salt, **common)


def hashings() -> Iterator[Case]:
    for bins, mode, salt in itertools.product((1, 7), MODES, (None, 133, (1, 2))):
        for mask in (None, "a"):
            yield from _cases("Hashing", WORDS, num_bins=bins, output_mode=mode, salt=salt, mask_value=mask)
        for mask in (None, 10):
            yield from _cases("Hashing", NUMBERS, num_bins=bins, output_mode=mode, salt=salt, mask_value=mask)


def crossings() -> Iterator[Case]:
    columns = ((WORDS[:, :1], WORDS[:, 1:2]), (WORDS[0], NUMBERS[0]), (NUMBERS[0], NUMBERS[1], WORDS[0]))
    for mode, given in itertools.product(("int", "one_hot"), columns):
        yield Case(f"HashedCrossing-{mode}", partial(layers.HashedCrossing, 11, output_mode=mode), given)


def text_vectorizations() -> Iterator[Case]:
    vocabulary = ["the", "quick", "brown fox", "q", "a", "ab", "The", "ü"]
    standards = ("lower", "strip_punctuation", "lower_and_strip_punctuation", None)
    outputs = (("int", None), ("int", 3), ("int", 9), ("multi_hot", None), ("count", None), ("tf_idf", None))
    choices = itertools.product(standards, ("whitespace", "character"), (None, 2, (3, 1)), outputs)
    for standardize, split, ngrams, (mode, length) in choices:
        options = {"standardize": standardize, "split": split, "ngrams": ngrams, "output_mode": mode}
        if mode == "tf_idf":
            options["idf_weights"] = np.linspace(0.1, 2, len(vocabulary)).tolist()
        make = partial(layers.TextVectorization, vocabulary=vocabulary, output_sequence_length=length, **options)
        yield Case(f"TextVectorization-{standardize}-{split}-{ngrams}-{mode}-{length}", make, (TEXTS,))
    for ngrams, (mode, length) in itertools.product((None, 2), outputs[:-1]):
        make = partial(
            layers.TextVectorization,
            vocabulary=["a", "b", "a b"],
            split=None,
            ngrams=ngrams,
            output_mode=mode,
            output_sequence_length=length,
        )
        yield Case(f"TextVectorization-tokens-{ngrams}-{mode}-{length}", make, (WORDS,))
