"""What the rules for Ethos-U leave to the CPU is what Vela 5.2.0 left there of the same operations in int8."""

import keras
import pytest
from keras import layers, ops

import litesmith

IMAGE = (16, 16, 8)
FACTS = {
    "a large window": (lambda x: layers.Conv2D(4, 9, padding="same")(x), IMAGE, True, True),
    "strides of 4": (lambda x: layers.Conv2D(4, 3, strides=4)(x), IMAGE, True, True),
    "dilation": (lambda x: layers.Conv2D(4, 3, dilation_rate=2)(x), IMAGE, True, True),
    "depthwise": (lambda x: layers.DepthwiseConv2D(3, padding="same")(x), IMAGE, True, True),
    "depthwise strides of 4": (lambda x: layers.DepthwiseConv2D(3, strides=4)(x), IMAGE, False, True),
    "padded averages of 8": (lambda x: layers.AveragePooling2D(8, 1, padding="same")(x), IMAGE, True, True),
    "padded averages of 9": (lambda x: layers.AveragePooling2D(9, 1, padding="same")(x), IMAGE, False, False),
    "averages of 9": (lambda x: layers.AveragePooling2D(9, 1)(x), IMAGE, True, True),
    "maxima of 9": (lambda x: layers.MaxPooling2D(9, 1, padding="same")(x), IMAGE, True, True),
    "means of images": (lambda x: ops.mean(x, (1, 2)), IMAGE, True, True),
    "means of channels": (lambda x: ops.mean(x, 3), IMAGE, False, False),
    "means of channels of a row": (lambda x: ops.mean(x, 3), (1, 16, 8), True, True),
    "means of everything": (lambda x: ops.mean(x, (1, 2, 3)), IMAGE, False, False),
    "sums of channels": (lambda x: ops.sum(x, 3), IMAGE, True, True),
    "largest of channels": (lambda x: ops.max(x, 3), IMAGE, True, True),
    "every second row": (lambda x: x[:, ::2, ::2], IMAGE, True, True),
    "every second channel": (lambda x: x[..., ::2], IMAGE, False, False),
    "one row": (lambda x: x[:, 3], IMAGE, True, True),
    "argmax of channels": (lambda x: ops.argmax(x, 3), IMAGE, True, True),
    "argmax of rows": (lambda x: ops.argmax(x, 1), IMAGE, False, True),
    "argmax of 200": (lambda x: ops.argmax(x, 3), (4, 4, 200), False, True),
    "mixed twice as large": (lambda x: layers.UpSampling2D(2, interpolation="bilinear")(x), IMAGE, True, True),
    "mixed three times as large": (lambda x: layers.UpSampling2D(3, interpolation="bilinear")(x), IMAGE, False, False),
    "mixed four times as large": (lambda x: layers.UpSampling2D(4, interpolation="bilinear")(x), IMAGE, False, True),
    "mixed half as large": (lambda x: ops.image.resize(x, (8, 8)), IMAGE, False, False),
    "divided": (lambda x: x / (ops.abs(x) + 1.0), IMAGE, False, True),
    "running sums": (lambda x: ops.cumsum(x, 1), IMAGE, False, False),
    "softmax": (lambda x: ops.softmax(x), IMAGE, True, True),
    "joined": (lambda x: ops.concatenate([x, x + 1.0], -1), IMAGE, True, True),
}


@pytest.mark.parametrize("name", FACTS)
def test_what_is_left_to_the_cpu_is_what_vela_leaves(name):
    function, shape, on_u55, on_u85 = FACTS[name]
    inputs = keras.Input(shape)
    model = keras.Model(inputs, function(inputs))
    for target, is_taken in (("ethos-u55", on_u55), ("ethos-u85", on_u85)):
        found = litesmith.check(model, target)
        assert (found.taken == found.operators) is is_taken, [str(each) for each in found.findings]
