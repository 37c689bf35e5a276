"""Layers that compute spectra, which stay real by default: integers hold too little of what they compute.

Powers of a spectrum span many decades, and their logarithm shows all of them alike; what the layer multiplies by is a
transform that is known exactly, not trained. Measured on sines with overtones, decibels of outputs above the error:
MelSpectrogram alone 15 with weights of 8 bits, 7 with `dynamic_int8`, 3 with 4 bits; in front of a convolution 14 with
int8, and 44 where it stays real.
"""

from __future__ import annotations

from litesmith.ir.graph import Operation
from litesmith.quantization.forms import FORMS, REAL, Form

LAYERS = frozenset({"MelSpectrogram", "STFTSpectrogram"})
"""Classes of Keras layers."""
REASON = "it computes a spectrum, of which integers hold too little, and no rule of a recipe selects it"


def computes_spectrum(operation: Operation) -> bool:
    """Whether an operation is part of such a layer."""
    return not LAYERS.isdisjoint(operation.source.classes)


def default_form(operation: Operation, mode: str) -> Form:
    """What an operation becomes in a mode where no rule says otherwise."""
    return REAL if computes_spectrum(operation) else FORMS[mode]
