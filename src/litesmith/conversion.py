"""A model's graphs, imported, simplified and written."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from litesmith.flatbuffer.layer_classes import classes_metadata
from litesmith.flatbuffer.write import freeze
from litesmith.frontends.options import Options, using
from litesmith.frontends.original import Imported, Original
from litesmith.ir.element_types import noting_types
from litesmith.ir.expectations import expectations_of, noting_normalized
from litesmith.ir.loops import noting_loops
from litesmith.ir.normalizations import noting_normalizations, once_each
from litesmith.lite_model import MAKER, LiteModel, face_metadata
from litesmith.passes.pipeline import PIPELINE, optimize, pipeline_for
from litesmith.quantization.weights import quantize_weights
from litesmith.targets.profile import Profile


def converted(
    original: Original,
    inputs: Any,
    batch: int | None,
    options: Options,
    signatures: Mapping[str, Any] | None,
    quantize: Any = None,
    profile: Profile | None = None,
) -> tuple[LiteModel, Imported]:
    """The LiteRT model of an original, and what it was made of; `profile`: of the operators that this target has."""
    with collecting_no_garbage(), np.errstate(all="ignore"):  # weights may be anything, and so what is made of them
        with noting_types() as types:
            with (
                noting_loops() as loops,
                noting_normalized() as normalized,
                noting_normalizations() as normalizations,
                using(options),
            ):
                imported = original.import_graphs(inputs, batch, options, signatures)
            gc.collect(0)  # the graph of the second run, whose values and operations know each other
            imported.model.expectations = expectations_of(imported.model, normalized)
            imported.model.normalizations = once_each(normalizations)
            imported.model.description = MAKER
            imported.model.metadata.update(face_metadata(imported.calls))
            if not imported.is_finished:
                optimize(
                    imported.model, pipeline_for(profile.operators) if profile and profile.writes_out else PIPELINE
                )
        if quantize is None:
            imported.model.metadata.update(classes_metadata(imported.model.all_graphs()))
        else:
            imported.model.stored_weights = quantize_weights(imported.model, quantize)
        imported.model.framework, imported.model.loops = original.framework, tuple(loops)
        imported.model.computed_types, imported.model.other_outputs = types.computed(), tuple(types.outputs)
        return LiteModel(freeze(imported.model), imported.model, preprocessing=imported.preprocessing), imported


@contextmanager
def collecting_no_garbage() -> Iterator[None]:
    """The many objects of a graph stay; to look through them for garbage is half of a large model's time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
