"""Models that are taken apart (V2..)."""

from __future__ import annotations

import keras
from keras import layers

import litesmith
from bisection.planted import WrongWeight, plant
from occasions import occasion


@occasion("V205")
def a_layer_that_keras_cannot_save(bench):
    class Own(layers.Dense):
        """A layer that does not say how it was made."""

        def get_config(self):
            raise NotImplementedError("no configuration")

    x = keras.Input((4,))
    model = keras.Model(x, (Own if bench.wrong else layers.Dense)(3, name="odd")(layers.ReLU()(x)))
    plant(bench.patch, WrongWeight("odd"))
    found = litesmith.bisect(model)
    bench.told |= {finding.code for finding in found.findings}
