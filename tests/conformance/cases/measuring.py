"""Converting a case with Litesmith, running the file, and comparing with Keras."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import tree

import litesmith
from cases.case import Case, Function
from cases.difference import difference
from litesmith.frontends.keras.running import run_keras
from litesmith.lite_model import LiteModel


def converted(case: Case, open_sizes: bool) -> tuple[Any, LiteModel]:
    """The case's model, and its conversion, with the batch or all that may be open."""
    specs = [
        keras.InputSpec(shape=shape, dtype=given.values.dtype.name)
        for given, shape in zip(case.inputs, case.shapes(open_sizes), strict=True)
    ]
    if case.is_layer:
        model = case.model(open_sizes)
        return model, litesmith.convert(model, verify=False)
    model = Function(case.make())
    given = specs[0] if len(specs) == 1 else specs
    return model, litesmith.convert(model, inputs=given, verify=False)


def error_of(case: Case, open_sizes: bool) -> tuple[float, LiteModel]:
    """The largest error against Keras for all samples, as the case counts it; infinite where shapes or types differ."""
    model, lite = converted(case, open_sizes)
    errors = [0.0]
    for arrays in case.samples(open_sizes):
        given = arrays[0] if len(arrays) == 1 else arrays
        expected = [np.asarray(array) for array in tree.flatten(run_keras(model, given))]
        errors.append(difference(expected, tree.flatten(lite.run(given)), case.of_each))
    return max(errors), lite
