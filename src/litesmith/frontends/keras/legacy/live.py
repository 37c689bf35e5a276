"""Live models as parts, so that weights of old files can be given to them."""

from __future__ import annotations

from typing import Any

import keras

from litesmith.frontends.keras.legacy.planning import Part


def part_of(layer: Any) -> Part:
    """A layer or model with the layers in it, in the model's order."""
    class_name = "Functional" if type(layer) is keras.Model else type(layer).__name__
    config = {"trainable": bool(getattr(layer, "trainable", True)), "name": layer.name}
    part = Part({"class_name": class_name, "config": config}, layer.name, made=layer)
    if isinstance(layer, keras.Model):
        part.parts = [part_of(each) for each in layer.layers]
    elif isinstance(layer, keras.layers.Bidirectional):
        part.inner = {"layer": part_of(layer.forward_layer), "backward_layer": part_of(layer.backward_layer)}
    elif isinstance(layer, keras.layers.TimeDistributed):
        part.inner = {"layer": part_of(layer.layer)}
    return part
