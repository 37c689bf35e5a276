"""Files of other converters, whose inputs stand in an order of their own."""

from __future__ import annotations

from typing import Any

from litesmith.frontends.original import Original
from litesmith.ir.calling import Calling
from litesmith.ir.graph import Model
from litesmith.ir.nesting import Nesting, nesting_of
from litesmith.lite_face import METADATA, face_metadata
from litesmith.lite_model import LiteModel


def in_models_order(lite: LiteModel, original: Original) -> LiteModel:
    """A file that is called as its original is, where it does not say how, and its inputs are named as the original's.

    TensorFlow's converter keeps the names of inputs, not their order.
    """
    face, named = lite.face(), getattr(original, "named_inputs", None)
    if METADATA in lite.model.metadata or named is None or len(face.input_names) < 2:
        return lite
    names = nesting_of(named).flatten(named)
    if sorted(map(str, names)) != sorted(face.input_names) or len(set(names)) < len(names):
        return lite
    places: Any = nesting_of(named).pack([face.input_names.index(name) for name in names])
    model = lite.model
    metadata = {**model.metadata, **face_metadata({"": Calling(Nesting(places), face.outputs)})}
    ordered = Model(model.graphs, model.signatures, metadata, model.description)
    return LiteModel(bytes(lite), ordered, lite.isolated, lite.timeout, lite.preprocessing, lite.kernels)
