"""The layers of the table under the dtype policies of Keras: models, inputs, and how far results may be apart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import ml_dtypes
import numpy as np
from cases.case import Case, trained
from keras import tree

from litesmith.frontends.keras.running import run_keras
from litesmith.ir.types import DType

Array = np.ndarray[Any, Any]


@keras.saving.register_keras_serializable("litesmith tests")
class MixedFloat64(keras.dtype_policies.DTypePolicy):
    """Computes in float64 with variables of float32, as the mixed policies of Keras do with smaller types."""

    def __init__(self, name: str = "mixed_float64") -> None:
        super().__init__(name)

    def _parse_name(self, name: str) -> tuple[str, str]:
        return "float64", "float32"


POLICIES = ("mixed_float16", "float16", "mixed_bfloat16", "bfloat16", "float64", "mixed_float64")
COARSEST = {"float16": 2**-10, "bfloat16": 2**-7, "float64": 2**-23}
"""The distance of neighbouring numbers at 1: of the policy's type, or of float32, in which float64 is computed."""
ROUNDINGS = 16
"""Keras rounds after each operation, the file only at its end. The deepest layers of the table have some forty
operations in a row; random errors of half a unit each leave three units of the largest element, sums over window or
channels a few times that. `verify` allows as many."""


def policy(name: str) -> keras.DTypePolicy:
    """The policy of this name."""
    return MixedFloat64() if name == "mixed_float64" else keras.DTypePolicy(name)


@contextmanager
def under(name: str) -> Iterator[None]:
    """Layers that are made inside have this policy, unless they have one of their own."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy(name))
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def arrays_of(case: Case, name: str) -> list[Array]:
    """The inputs of a case as numbers that the policy's type holds: of the type, or of float32 where it is mixed."""
    dtype = DType(policy(name).compute_dtype).numpy
    floats = np.dtype("float32") if name.startswith("mixed") else dtype
    given = [given.values for given in case.inputs]
    with np.errstate(over="ignore"):
        return [array.astype(dtype).astype(floats) if array.dtype == np.float32 else array for array in given]


def model_of(case: Case, name: str, arrays: list[Array]) -> keras.Model:
    """The case's layer in a functional model under a policy."""
    with under(name):
        tensors = [
            keras.Input(batch_shape=shape, dtype=array.dtype.name, name=f"input_{i}")
            for i, (shape, array) in enumerate(zip(case.shapes(False), arrays, strict=True))
        ]
        return trained(keras.Model(tensors, case.make()(tensors[0] if len(tensors) == 1 else tensors)))


def computed(model: keras.Model, given: Any) -> list[Array]:
    """What Keras computes."""
    with np.errstate(all="ignore"):
        return [np.asarray(leaf) for leaf in tree.flatten(run_keras(model, given))]


def coarsest(model: keras.Model, name: str) -> float:
    """The rounding of the coarsest type that a layer of the model computes in, as some have a policy of their own."""
    layers = model._flatten_layers()
    types = [policy(name).compute_dtype, *(layer.compute_dtype for layer in layers)]
    return max(COARSEST.get(dtype, COARSEST["float64"]) for dtype in types)


def distance(expected: Array, found: Array) -> float:
    """The largest difference relative to the largest element; infinite where integers or infinities differ."""
    if expected.dtype.kind not in "fV":
        return 0.0 if np.array_equal(expected, found) else float("inf")
    want, got = expected.astype(np.float64), found.astype(np.float64)
    finite = np.isfinite(want)
    if not np.array_equal(want[~finite], got[~finite], equal_nan=True):
        return float("inf")
    largest = np.max(np.abs(want[finite]), initial=float(ml_dtypes.finfo(ml_dtypes.bfloat16).tiny))
    return float(np.max(np.abs(want[finite] - got[finite]), initial=0.0) / largest)
