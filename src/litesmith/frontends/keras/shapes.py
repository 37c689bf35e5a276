"""Shapes of inputs as text, which the command line takes: `?,224,224,3`, `ids=?,128:int32` or `1,time<=512`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras import tree

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.keras import InputMismatch
from litesmith.frontends.inputs import describe
from litesmith.frontends.keras.face import model_inputs, tells_inputs
from litesmith.frontends.shape_text import GivenInput, parse_input


def input_specs(model: Any, texts: Sequence[str]) -> Any:
    """`inputs=` for `convert`: None without texts, else what is said of each input of the model.

    Named shapes may come in any order; inputs that are not named keep the model's own shape. A model
    that says nothing of its inputs takes them as they are named.

    Raises:
        LitesmithError: K302 for what is not a shape, or a name that no input has.
    """
    if not texts:
        return None
    specs = [parse_input(text) for text in texts]
    if all(name is None for name, _ in specs):
        unnamed = [given for _, given in specs]
        return unnamed[0] if len(unnamed) == 1 else unnamed
    if all(name is not None for name, _ in specs) and not tells_inputs(model):
        return dict(specs)
    own = model_inputs(model)
    leaves = {leaf.name: GivenInput(leaf.shape) for leaf in tree.flatten(own)}
    for name, given in specs:
        if name not in leaves:
            problem = f"there is no input '{name}'" if name else "either all shapes are named or none"
            raise LitesmithError(InputMismatch(problem, describe(own)))
        leaves[name] = given
    return list(leaves.values())
