"""Comparing a model that was cut in two with its file and the preprocessing in front of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from litesmith.frontends.original import Computing, Original
from litesmith.lite_model import LiteModel
from litesmith.preprocessing.pipeline import TEXT, Given, Preprocessing
from litesmith.preprocessing.steps import Hashing, Lookup, Step, TextVectorization
from litesmith.verification.comparison import Report, compare
from litesmith.verification.samples import samples

Array = np.ndarray[Any, Any]
BATCHES = (1, 3)
WORDS = 5
"""How many words a text has, and how many tokens an open axis."""
OTHERS = ("Unknown", "it's", "?", "", "Größe")
"""Words besides those that the layers know."""
MOST_TOKENS = 1000


def compare_halves(
    original: Original, lite: LiteModel, preprocessing: Preprocessing, atol: float | None, rtol: float | None
) -> Report:
    """Both on the same seeded texts; where this Keras backend takes no texts, what is behind them on numbers.

    Keras computes with texts on the TensorFlow backend alone. On others the layers of text are not compared.
    """
    from litesmith.frontends.keras.halves import numeric_half, takes_texts

    half = None if takes_texts() else numeric_half(original, preprocessing)
    if half is not None:
        file = lite.restarted()
        file.preprocessing = None
        return compare(Computing(half, original.framework), file, None, atol, rtol)
    inputs = [_sample(lite, preprocessing, batch, seed) for seed, batch in enumerate(BATCHES)]
    return _merged([compare(original, lite, each, atol, rtol) for each in inputs])


def _merged(reports: Sequence[Report]) -> Report:
    """One report of several: for each output the worst."""
    outputs = []
    for same in zip(*(report.outputs for report in reports), strict=True):
        worst = max(same, key=lambda output: (not output.passed, output.max_abs / max(output.allowed, 1e-30)))
        outputs.append(replace(worst, passed=all(output.passed for output in same)))
    return Report(tuple(outputs), sum(report.samples for report in reports), reports[0].framework)


def _sample(lite: LiteModel, preprocessing: Preprocessing, batch: int, seed: int) -> Any:
    """Seeded inputs of the whole model."""
    random = np.random.default_rng(seed)
    face = lite.face()
    numbers = dict(zip(face.input_names, samples(face.graph, batch, seed, names=face.size_names), strict=True))
    leaves = []
    for given in preprocessing.given:
        if given.name in numbers:
            leaves.append(numbers[given.name])
            continue
        shape = tuple((WORDS if axis else batch) if size is None else size for axis, size in enumerate(given.shape))
        leaves.append(_of_app(preprocessing, given, shape, random))
    return preprocessing.nesting.pack(leaves)


def _of_app(preprocessing: Preprocessing, given: Given, shape: tuple[int, ...], random: np.random.Generator) -> Array:
    """What only steps in the app take: tokens that they know and others, integers where they are no texts."""
    taking = [placed.step for placed in preprocessing.placed if given.name in placed.sources]
    known = [token for step in taking for token in _tokens(step)]
    if given.dtype != TEXT:
        others = random.integers(-1000, 1000, shape).astype(given.dtype)
        return np.where(random.random(shape) < 0.5, random.choice(known, shape), others) if known else others
    words = known if _refuses(taking) else [*known, *(token.upper() for token in known), *OTHERS]
    if not any(isinstance(step, TextVectorization) and step.split for step in taking):
        return random.choice(np.array(words), shape)
    texts = [
        " ".join(random.choice(np.array(words), random.integers(0, 2 * WORDS))) for _ in range(int(np.prod(shape)))
    ]
    return np.array(texts).reshape(shape)


def _tokens(step: Step) -> Iterator[Any]:
    """Some of the tokens that a step knows."""
    if isinstance(step, TextVectorization):
        yield from _tokens(step.lookup)
    elif isinstance(step, Lookup):
        yield from step.vocabulary[:MOST_TOKENS]
        yield from [] if step.mask is None else [step.mask]
    elif isinstance(step, Hashing) and step.mask is not None:
        yield step.mask


def _refuses(steps: Sequence[Step]) -> bool:
    """Whether one of the steps takes no tokens but those it knows."""
    lookups = [step.lookup if isinstance(step, TextVectorization) else step for step in steps]
    return any(isinstance(step, Lookup) and step.unknown == 0 for step in lookups)
