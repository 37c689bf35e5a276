"""All cases, and which public names of Keras need none."""

from __future__ import annotations

import inspect
from typing import Any

from cases import layers_core, layers_spatial, ops_elementwise, ops_shaping, ops_signals, ops_sums, options
from cases.case import PUBLIC, Case

ALL: list[Case] = [
    *layers_core.CASES,
    *layers_spatial.CASES,
    *ops_elementwise.CASES,
    *ops_shaping.CASES,
    *ops_sums.CASES,
    *ops_signals.CASES,
    *options.CASES,
]
CASES = [case for case in ALL if case.exists]

COMPUTE_NOTHING = frozenset(
    {
        *("layers.Input", "layers.InputLayer", "layers.InputSpec", "layers.Layer", "layers.Wrapper"),
        *("ops.convert_to_numpy", "ops.custom_gradient", "ops.dtype", "ops.is_tensor", "ops.jvp"),
    }
)
"""Public names that are no part of a model's inference."""

OF_OTHERS = {
    "layers.FlaxLayer": ("yes", "", "on the JAX backend"),
    "layers.JaxLayer": ("yes", "", "on the JAX backend"),
    "layers.TFSMLayer": ("yes", "", "on the TensorFlow backend"),
    "layers.TorchModuleWrapper": ("yes", "", "on the torch backend"),
    "layers.Hashing": ("yes", "", "numbers; text stays in the app"),
    "layers.HashedCrossing": ("yes", "", "numbers; text stays in the app"),
    "layers.IntegerLookup": ("yes", "", "tests of its own, as Keras computes it in TensorFlow"),
    "layers.StringLookup": ("no", "K304", "LiteRT has no operators for text: it stays in the app"),
    "layers.TextVectorization": ("no", "K304", "LiteRT has no operators for text: it stays in the app"),
}
"""(converts, finding, note) of layers that Keras computes with one framework only; they have tests of their own."""


def names() -> dict[str, list[str]]:
    """Every public layer and operation of this Keras by its shortest name, with its other names."""
    found: dict[int, list[str]] = {}
    for name, member in PUBLIC.items():
        if name.startswith("ops.") or inspect.isclass(member):
            found.setdefault(id(member), []).append(name)
    tabled = {case.name for case in ALL}
    rows = (sorted(same, key=lambda name: (name not in tabled, name.count("."), name)) for same in found.values())
    return {first: others for first, *others in rows if first not in COMPUTE_NOTHING}


def missing() -> list[str]:
    """Public names of this Keras that no case has."""
    tabled = {id(PUBLIC[case.name]) for case in CASES} | {id(PUBLIC.get(name)) for name in OF_OTHERS}
    return sorted(name for name in names() if id(PUBLIC[name]) not in tabled)


def cases_of(name: str) -> list[Case]:
    """The cases of a layer or operation under any of its names."""
    member: Any = PUBLIC[name]
    return [case for case in CASES if PUBLIC[case.name] is member]
