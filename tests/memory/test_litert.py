"""The planned arena beside the addresses that the interpreter gives its tensors."""

import keras
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from keras import layers, ops

from litesmith.flatbuffer.write import graph_values, to_bytes
from litesmith.frontends.keras.importing import import_model
from litesmith.memory.litert import plan
from litesmith.memory.plan import Sizes
from litesmith.passes.pipeline import optimize


def measured(model, shapes):
    """Bytes from the first tensor that is not constant to the end of the last one, those of kernels included."""
    resolver = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = Interpreter(model_content=to_bytes(model), experimental_op_resolver_type=resolver)
    for detail, shape in zip(interpreter.get_input_details(), shapes, strict=True):
        interpreter.resize_tensor_input(detail["index"], shape)
    interpreter.allocate_tensors()
    constants = {place for place, value in enumerate(graph_values(model.main)) if value.is_constant}
    indices = {detail["index"] for detail in interpreter.get_tensor_details()} - constants
    arrays = [interpreter.tensor(index)() for index in sorted(indices)]
    starts = [array.__array_interface__["data"][0] for array in arrays]
    return max(start + array.nbytes for start, array in zip(starts, arrays, strict=True)) - min(starts)


def convolutions():
    x = inputs = keras.Input((32, 32, 3))
    for filters in (8, 16, 32):
        x = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(layers.Flatten()(x)))


def u_net():
    inputs = keras.Input((32, 32, 3))
    fine = layers.Conv2D(4, 3, padding="same", activation="relu")(inputs)
    coarse = layers.UpSampling2D()(layers.Conv2D(8, 3, padding="same")(layers.MaxPooling2D()(fine)))
    return keras.Model(inputs, layers.Conv2D(2, 1)(layers.Concatenate()([fine, coarse])))


def volumes():
    inputs = keras.Input((4, 8, 8, 2))
    return keras.Model(inputs, layers.Conv3D(4, 3)(layers.Conv3D(4, 3, padding="same")(inputs)))


def branches():
    inputs = keras.Input((40,))
    left, right = (layers.Dense(units, activation="tanh")(inputs) for units in (300, 200))
    both = layers.Concatenate()([layers.Dense(50)(left), layers.Dense(50)(right), inputs])
    return keras.Model(inputs, [layers.Dense(3)(both), layers.Activation("sigmoid")(right)])


def in_place():
    inputs = keras.Input((64,))
    x = ops.reshape((ops.tanh(inputs) + 1.5) * 2.0, (-1, 8, 8))
    return keras.Model(inputs, ops.softmax(x - 3.0) / 7.0 + ops.reshape(inputs, (-1, 8, 8)))


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("model", [convolutions, u_net, volumes, branches, in_place])
def test_the_plan_is_the_interpreters(model, batch):
    model = model()
    imported = import_model(model).model
    optimize(imported)
    planned = plan(imported.main, Sizes(batch=batch))
    assert planned.bytes == measured(imported, [(batch, *x.shape[1:]) for x in model.inputs])
    assert max(planned.held().values()) <= planned.bytes
