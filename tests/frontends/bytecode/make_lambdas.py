"""Write the bytecode of some functions, of the Python that runs this, to lambdas.json.

For each Python from 3.6 to 3.13: `pythonX.Y make_lambdas.py`. The functions are such as people put into
Lambda layers.
"""

import base64
import json
import marshal
import os
import sys

HOME = os.path.dirname(os.path.abspath(__file__))


def around(scale, axis):
    return lambda x: K.sum(x * scale, axis=axis)  # noqa: F821


def several_lines(x):
    import tensorflow as tf

    y = x * 2.0
    more, less = y + 1, y - 1
    return tf.concat([more, less], axis=-1)


def imports_a_member(x, size=(4, 4)):
    from tensorflow.image import resize

    return resize(x, size)


def changes_in_place(x):
    x += 1
    x *= 2
    return x / 4


# fmt: off
FUNCTIONS = {
    "double": lambda x: x * 2,
    "polynomial": lambda x: -x ** 2 + 3 * x - 1.5,
    "item": lambda x: x[:, 0],
    "slices": lambda x: x[:, 1:-1, ::2],
    "a slice": lambda x: x[1:],
    "new axis": lambda x: x[..., None],
    "backend": lambda x: K.mean(x, axis=1),  # noqa: F821
    "keywords": lambda x: tf.reduce_sum(x, axis=[1, 2], keepdims=True),  # noqa: F821
    "method": lambda x: tf.math.l2_normalize(x, -1),  # noqa: F821
    "two inputs": lambda xs: xs[0] * xs[1] + K.exp(xs[0] / 2),  # noqa: F821
    "comparison": lambda x: K.cast(x > 0.5, "float32"),  # noqa: F821
    "sizes": lambda x: K.reshape(x, (-1, K.int_shape(x)[1] * 2)),  # noqa: F821
    "get_shape": lambda x: x.get_shape().as_list()[-1] * x,
    "list": lambda x: tf.transpose(x, [0, 2, 1]),  # noqa: F821
    "long list": lambda x: tf.tile(x, [1, 2, 3]),  # noqa: F821
    "constants": lambda x: x * (2 * 3.14) + np.sqrt(64.0),  # noqa: F821
    "plus": lambda x: +x,
    "large number": lambda x: x + 12345678901234567890,
    "default": lambda x, factor=3: x * factor,
    "matrix": lambda x: x @ x,
    "pairs": lambda x: tf.nn.relu(x[:, :2]) - abs(x[:, 2:]),  # noqa: F821
    "closure": around(0.5, -1),
    "several lines": several_lines,
    "import": imports_a_member,
    "in place": changes_in_place,
    "a branch": lambda x: x if x.shape[1] else -x,
    "a loop": lambda x: [each for each in x],  # noqa: C416
    "a function": lambda x: (lambda y: y)(x),
    "any arguments": lambda *xs: xs[0],
    "spread": lambda x: K.sum(**x),  # noqa: F821
}
# fmt: on


def main():
    path = os.path.join(HOME, "lambdas.json")
    found = {}
    if os.path.exists(path):
        with open(path) as file:
            found = json.load(file)
    version = "{}.{}".format(*sys.version_info[:2])
    found[version] = {
        name: base64.b64encode(marshal.dumps(function.__code__)).decode() for name, function in FUNCTIONS.items()
    }
    with open(path, "w") as file:
        json.dump({version: found[version] for version in sorted(found)}, file, indent=1, sort_keys=True)
        file.write("\n")


if __name__ == "__main__":
    main()
