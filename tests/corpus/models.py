"""Small models of all kinds, in the words of Keras 2: `build(k, name)` makes one with the Keras `k`.

Runs on Python 3.6 and later, with TensorFlow's Keras 2.0 to 2.15, `tf_keras`, and Keras 2.2 itself.
"""

import numpy as np

MODELS = {}


def model(function):
    MODELS[function.__name__] = function
    return function


@model
def dense(k, tf):
    layers = k.layers
    net = k.models.Sequential(name="net")
    net.add(layers.Dense(5, activation="relu", input_shape=(4,), kernel_regularizer=k.regularizers.l2(0.01)))
    net.add(layers.Dropout(0.5))
    net.add(layers.Dense(3, activation="softmax", kernel_constraint="max_norm"))
    return net


@model
def convolutions(k, tf):
    layers = k.layers
    x = image = k.layers.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU(max_value=6.0)(x)
    x = layers.DepthwiseConv2D(3, depth_multiplier=2, strides=2, padding="same")(x)
    x = layers.SeparableConv2D(4, 3, activation="elu")(x)
    x = layers.Conv2DTranspose(3, 3, strides=2, padding="same")(x)
    x = layers.ZeroPadding2D(((1, 0), (0, 1)))(x)
    x = layers.MaxPooling2D(2)(x)
    x = layers.UpSampling2D(2)(x)
    x = layers.Cropping2D(1)(x)
    x = layers.GlobalAveragePooling2D()(x)
    return k.models.Model(image, layers.Dense(2)(x))


@model
def convolutions_of_sequences(k, tf):
    layers = k.layers
    net = k.models.Sequential()
    net.add(layers.Conv1D(3, 3, padding="causal", dilation_rate=2, input_shape=(10, 4)))
    net.add(layers.MaxPooling1D(2))
    net.add(layers.SeparableConv1D(4, 2))
    net.add(layers.Reshape((2, 2, -1)))
    net.add(layers.Permute((3, 1, 2)))
    net.add(layers.Flatten())
    net.add(layers.RepeatVector(2))
    net.add(layers.GlobalMaxPooling1D())
    return net


@model
def sequential_in_functional(k, tf):
    """A tower that is called twice, and whose first node is no call."""
    layers = k.layers
    tower = k.models.Sequential(name="tower")
    tower.add(layers.Dense(4, activation="tanh", input_shape=(6,), name="first"))
    tower.add(layers.Dense(3, name="second"))
    left, right = layers.Input((6,), name="left"), layers.Input((6,), name="right")
    distance = layers.Subtract()([tower(left), tower(right)])
    return k.models.Model([left, right], layers.Dense(1)(distance))


@model
def functional_in_sequential(k, tf):
    """A frozen base below a head: of the base, weights that train are stored before those that do not."""
    layers = k.layers
    image = layers.Input((6, 6, 2), name="image")
    x = layers.Conv2D(3, 3, name="frozen")(image)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.Conv2D(3, 3, name="trained", padding="same")(x)
    x = layers.BatchNormalization(name="norm_2")(x)
    base = k.models.Model(image, x, name="base")
    base.get_layer("frozen").trainable = False
    base.get_layer("norm").trainable = False
    return k.models.Sequential([base, layers.GlobalAveragePooling2D(), layers.Dense(2)])


@model
def nested(k, tf):
    """Models in models, with branches whose order their depth decides."""
    layers = k.layers
    x = layers.Input((5,), name="inner_input")
    short = layers.Dense(4, name="short")(x)
    long = layers.Dense(4, name="long_2")(layers.Dense(4, name="long_1")(x))
    inner = k.models.Model(x, layers.Add()([short, long]), name="inner")
    y = layers.Input((5,), name="middle_input")
    middle = k.models.Model(y, layers.Dense(5, name="back")(inner(y)), name="middle")
    z = layers.Input((5,), name="outer_input")
    return k.models.Model(z, [middle(middle(z)), inner(z)])


@model
def shared_layers(k, tf):
    layers = k.layers
    x = layers.Input((4,))
    a, b = layers.Dense(4, name="a"), layers.Dense(4, activation="tanh", name="b")
    return k.models.Model(x, a(b(a(b(a(x))))))


@model
def several_inputs_and_outputs(k, tf):
    layers = k.layers
    one, two = layers.Input((3,), name="one"), layers.Input((3,), name="two")
    merged = [
        layers.Add()([one, two]),
        layers.Multiply()([one, two]),
        layers.Average()([one, two]),
        layers.Maximum()([one, two]),
        layers.Dot(axes=1, normalize=True)([one, two]),
    ]
    joined = layers.Concatenate(axis=-1)(merged)
    return k.models.Model([one, two], [layers.Dense(2, name="a")(joined), layers.Dense(1, name="b")(joined)])


@model
def bidirectional(k, tf):
    layers = k.layers
    net = k.models.Sequential()
    net.add(layers.Embedding(7, 3, mask_zero=True, input_length=6))
    net.add(layers.Bidirectional(layers.LSTM(3, return_sequences=True)))
    net.add(layers.Bidirectional(layers.GRU(2, recurrent_activation="sigmoid"), merge_mode="sum"))
    net.add(layers.Dense(2, activation="sigmoid"))
    return net


def recurrent(name, **options):
    def build(k, tf):
        net = k.models.Sequential()
        net.add(k.layers.GRU(3, return_sequences=True, input_shape=(5, 4), **options))
        net.add(k.layers.GRU(2, go_backwards=True, **options))
        return net

    MODELS[name] = build


recurrent("gru_reset_before", reset_after=False)
recurrent("gru_reset_after", reset_after=True)


@model
def hard_sigmoids(k, tf):
    """Which Keras 3 computes in another way."""
    layers = k.layers
    net = k.models.Sequential()
    net.add(layers.LSTM(3, recurrent_activation="hard_sigmoid", input_shape=(5, 4), return_sequences=True))
    net.add(layers.GRU(3, recurrent_activation="hard_sigmoid", reset_after=False))
    net.add(layers.Dense(3, activation="hard_sigmoid"))
    net.add(layers.Activation("hard_sigmoid"))
    return net


@model
def encoder_decoder(k, tf):
    """States are arguments beside the first."""
    layers = k.layers
    source, target = layers.Input((4, 3), name="source"), layers.Input((5, 2), name="target")
    _, h, c = layers.LSTM(3, return_state=True, name="encoder")(source)
    decoded = layers.LSTM(3, return_sequences=True, name="decoder")(target, initial_state=[h, c])
    return k.models.Model([source, target], layers.TimeDistributed(layers.Dense(2), name="scores")(decoded))


@model
def cells(k, tf):
    layers = k.layers
    net = k.models.Sequential()
    net.add(layers.Masking(0.0, input_shape=(4, 3)))
    net.add(layers.RNN([layers.LSTMCell(3), layers.SimpleRNNCell(2)], return_sequences=True))
    net.add(layers.SimpleRNN(2, activation="relu"))
    return net


@model
def convolutional_lstm(k, tf):
    net = k.models.Sequential()
    net.add(k.layers.ConvLSTM2D(2, 3, padding="same", input_shape=(3, 5, 5, 2)))
    return net


@model
def time_distributed(k, tf):
    layers = k.layers
    net = k.models.Sequential()
    net.add(layers.TimeDistributed(layers.Conv2D(2, 3), input_shape=(3, 6, 6, 1)))
    net.add(layers.TimeDistributed(layers.BatchNormalization()))
    net.add(layers.TimeDistributed(layers.Flatten()))
    net.add(layers.SimpleRNN(3, recurrent_dropout=0.2))
    return net


@model
def activations(k, tf):
    layers = k.layers
    x = inputs = layers.Input((4,))
    branches = [
        layers.LeakyReLU(alpha=0.1)(x),
        layers.ELU(alpha=0.5)(x),
        layers.PReLU()(x),
        layers.ThresholdedReLU(theta=0.5)(x),
        layers.ReLU(max_value=1.0, negative_slope=0.1, threshold=0.2)(x),
        layers.Softmax()(x),
        layers.GaussianNoise(0.1)(x),
        layers.AlphaDropout(0.1)(x),
        layers.GaussianDropout(0.1)(x),
        layers.ActivityRegularization(l2=0.1)(x),
    ]
    names = ["elu", "selu", "softplus", "softsign", "tanh", "sigmoid", "hard_sigmoid", "exponential", "linear"]
    branches += [layers.Activation(name)(x) for name in names]
    return k.models.Model(inputs, layers.Concatenate()(branches))


@model
def attention(k, tf):
    layers = k.layers
    x = inputs = layers.Input((5, 4))
    x = layers.LayerNormalization()(x)
    a, scores = layers.MultiHeadAttention(2, 3, name="heads")(x, x, return_attention_scores=True)
    x = layers.Add()([x, a])
    b = layers.Attention(use_scale=True)([x, a])
    c = layers.AdditiveAttention()([x, a])
    return k.models.Model(inputs, [layers.Concatenate()([b, c]), scores])


@model
def preprocessing(k, tf):
    layers = k.layers
    home = getattr(layers, "experimental").preprocessing if not hasattr(layers, "Rescaling") else layers
    normalization = home.Normalization()
    normalization.adapt(np.random.RandomState(1).normal(3, 2, (50, 6, 6, 2)).astype("float32"))
    x = inputs = layers.Input((6, 6, 2))
    x = home.Rescaling(2.0, offset=1.0)(x)
    x = normalization(x)
    x = home.Resizing(4, 4)(x)
    x = layers.UpSampling2D(2, interpolation="bilinear")(x)
    x = home.RandomFlip()(x)
    return k.models.Model(inputs, layers.Conv2D(2, 3, groups=2)(x))


@model
def functions(k, tf):
    """TensorFlow's functions, called on tensors of Keras."""
    layers = k.layers
    x = inputs = layers.Input((4, 6))
    two = layers.Input((6,))
    y = x * 2 + 1.5
    y = 1.0 / (tf.abs(y) + 1.0) - y / 3.0
    y = tf.reshape(y, (-1, 2, 12))
    y = tf.transpose(y, (0, 2, 1))
    y = tf.nn.relu(tf.concat([y, -y], axis=-1))
    a, b = tf.split(y, 2, axis=1)
    y = tf.stack([a, b], axis=1)
    y = tf.reduce_mean(y, axis=[1, 2], keepdims=False)
    y = tf.matmul(y, tf.constant(np.arange(12).reshape(4, 3) / 10, tf.float32))
    z = tf.maximum(tf.sqrt(tf.square(two)), tf.tanh(two)) ** 2
    z = tf.clip_by_value(tf.where(z > 0.5, z, tf.zeros_like(z)), 0.1, 2.0)
    z = tf.cast(tf.argmax(z, axis=-1), tf.float32)
    return k.models.Model([inputs, two], [layers.Dense(2)(y), tf.expand_dims(z, 1)])


@model
def slices(k, tf):
    layers = k.layers
    x = inputs = layers.Input((5, 6))
    first = x[:, 0]
    some = x[:, 1:4, ::2]
    back = x[..., ::-1]
    wide = x[:, tf.newaxis, 2, 1:]
    flat = [layers.Flatten()(part) for part in (first, some, back, wide)]
    return k.models.Model(inputs, tf.concat(flat, -1))


def custom_classes(k):
    class Scale(k.layers.Layer):
        def __init__(self, factor=2.0, **options):
            super(Scale, self).__init__(**options)
            self.factor = factor

        def build(self, shape):
            self.scale = self.add_weight(name="scale", shape=(int(shape[-1]),), initializer="ones")
            super(Scale, self).build(shape)

        def call(self, inputs):
            return inputs * self.scale * self.factor

        def compute_output_shape(self, shape):
            return shape

        def get_config(self):
            config = super(Scale, self).get_config()
            config["factor"] = self.factor
            return config

    def twice(x):
        return x * 2

    return {"Scale": Scale, "twice": twice}


@model
def custom(k, tf):
    own = custom_classes(k)
    layers = k.layers
    net = k.models.Sequential()
    net.add(layers.Dense(3, input_shape=(4,), activation=own["twice"]))
    net.add(own["Scale"](3.0, name="scaled"))
    net.add(layers.Activation(own["twice"]))
    return net


@model
def compiled(k, tf):
    """A loss of the user's own, and the optimizer's states."""

    def my_loss(truth, guess):
        return (truth - guess) ** 2

    net = k.models.Sequential([k.layers.Dense(2, input_shape=(3,))])
    net.compile("adam", my_loss, metrics=["mae"])
    net.fit(np.ones((2, 3)), np.ones((2, 2)), verbose=0)
    return net


@model
def half(k, tf):
    policy = k.mixed_precision.Policy("mixed_float16") if hasattr(k, "mixed_precision") else "float16"
    x = inputs = k.layers.Input((4,))
    x = k.layers.Dense(3, activation="relu", dtype=policy)(x)
    return k.models.Model(inputs, k.layers.Dense(2, dtype="float32")(x))


@model
def unusual_axes(k, tf):
    layers = k.layers
    x = inputs = layers.Input((3, 6, 6))
    x = layers.BatchNormalization(axis=1, scale=False)(x)
    x = layers.Permute((2, 3, 1))(x)
    x = layers.BatchNormalization(axis=-1, center=False, epsilon=0.01)(x)
    return k.models.Model(inputs, layers.GlobalMaxPooling2D()(x))


@model
def open_sizes(k, tf):
    layers = k.layers
    x = inputs = layers.Input((None, None, 3))
    x = layers.Conv2D(2, 3, strides=2, padding="same")(x)
    return k.models.Model(inputs, layers.Conv2D(2, 1)(x))


@model
def cudnn(k, tf):
    """Which only GPUs run: its numbers are those of LSTM and GRU with the same weights."""
    layers = k.layers
    net = k.models.Sequential()
    net.add(layers.CuDNNLSTM(3, return_sequences=True, input_shape=(5, 4)))
    net.add(layers.Bidirectional(layers.CuDNNGRU(2, return_sequences=True)))
    net.add(layers.CuDNNGRU(2))
    return net


def without_cudnn(k):
    layers = k.layers
    net = k.models.Sequential()
    net.add(layers.LSTM(3, recurrent_activation="sigmoid", return_sequences=True, input_shape=(5, 4)))
    gru = {"recurrent_activation": "sigmoid", "reset_after": True}
    net.add(layers.Bidirectional(layers.GRU(2, return_sequences=True, **gru)))
    net.add(layers.GRU(2, **gru))
    return net


@model
def locally_connected(k, tf):
    net = k.models.Sequential()
    net.add(k.layers.LocallyConnected2D(2, 3, input_shape=(5, 5, 2)))
    net.add(k.layers.Reshape((9, 2)))
    net.add(k.layers.LocallyConnected1D(3, 2))
    return net


@model
def models_as_layers(k, tf):
    """A model for every step, and one that was made without an input, whose first node is a call."""
    layers = k.layers
    step = k.models.Sequential(name="step")
    step.add(layers.Dense(3, input_shape=(4,), name="step_dense"))
    step.add(layers.BatchNormalization(name="step_norm"))
    late = k.models.Sequential([layers.Dense(3, activation="tanh", name="late_dense")], name="late")
    x = inputs = layers.Input((5, 4))
    x = layers.TimeDistributed(step, name="steps")(x)
    x = late(late(x))
    return k.models.Model(inputs, layers.GlobalAveragePooling1D()(x))


@model
def sizes(k, tf):
    """Shapes that the model computes of others."""
    layers = k.layers
    x = inputs = layers.Input((None, 8))
    batch, steps = tf.shape(x)[0], tf.shape(x)[1]
    y = tf.reshape(x, [batch, steps, 2, 4])
    y = tf.reshape(y, tf.stack([batch, steps * 2, 4]))
    first, second, _ = tf.unstack(tf.shape(y))
    y = tf.reshape(y, [first, second // 2, 8])
    row = tf.tile(tf.constant([[[1.0, 2.0]]]), [batch, steps, 1])
    ones = tf.ones(tf.concat([tf.shape(x)[:-1], [1]], 0))
    places = tf.cast(tf.range(steps), tf.float32)[None, :, None] * ones
    y = tf.concat([y, row, places, tf.zeros([batch, steps, 1])], -1)
    y = y / tf.cast(steps, tf.float32)
    whole = tf.reshape(y, [tf.reduce_prod(tf.shape(y)[:2]), 12])
    y = tf.reshape(layers.Dense(3)(whole), [batch, -1, 3])
    return k.models.Model(inputs, [y[:, : steps - 1], layers.GlobalMaxPooling1D()(y)])


def name_globally(k, tf):
    """What code in Lambda layers calls Keras' backend and TensorFlow, as files do not hold what closures refer to."""
    globals().update(K=k.backend, tf=tf)


def euclidean_distance(vects):
    x, y = vects
    sum_square = K.sum(K.square(x - y), axis=1, keepdims=True)
    return K.sqrt(K.maximum(sum_square, K.epsilon()))


def euclidean_shape(shapes):
    one, _ = shapes
    return (one[0], 1, one[2])


def antirectifier(x):
    x -= K.mean(x, axis=1, keepdims=True)
    x = K.l2_normalize(x, axis=1)
    return K.concatenate([K.relu(x), K.relu(-x)], axis=1)


def channel_shuffle(x, groups):
    height, width, channels = K.int_shape(x)[1:]
    x = K.reshape(x, [-1, height, width, groups, channels // groups])
    x = K.permute_dimensions(x, (0, 1, 2, 4, 3))
    return K.reshape(x, [-1, height, width, channels])


def joined(k, parts, inputs):
    layers = k.layers
    flat = layers.Concatenate()([layers.Flatten()(part) if len(part.shape) > 2 else part for part in parts])
    return k.models.Model(inputs, [flat, layers.Dense(2)(flat)])


# ruff: noqa: F821
@model
def lambdas(k, tensorflow):
    """Code of Lambda layers that calls Keras' backend."""
    name_globally(k, tensorflow)
    make, layers = k.layers.Lambda, k.layers
    x, other = layers.Input((4, 6), name="x"), layers.Input((4, 6), name="other")
    image = layers.Input((4, 4, 8), name="image")
    scale, shift, axes = 0.5, -1.0, [2, 2]
    parts = [
        make(lambda x: (x - shift) / scale)(x),
        make(lambda x: K.l2_normalize(x, axis=-1), name="unit")(x),
        make(lambda x: K.mean(x, axis=1, keepdims=True))(x),
        make(lambda x: x[0] * x[1])([x, other]),
        make(lambda tensors: K.abs(tensors[0] - tensors[1]))([x, other]),
        make(euclidean_distance, output_shape=euclidean_shape)([x, other]),
        make(lambda x: K.batch_dot(x[0], x[1], axes=axes))([x, other]),
        make(lambda x: K.batch_dot(x[0], K.permute_dimensions(x[1], (0, 2, 1))))([x, other]),
        make(lambda x, axis: K.reverse(x, axes=axis), arguments={"axis": 1})(x),
        make(antirectifier)(x),
        make(lambda x: K.squeeze(K.expand_dims(x, axis=2), 2) * 3)(x),
        make(lambda x: x[:, -1] + x[:, 1:3, ::2][:, 0, :1])(x),
        make(lambda x: K.softmax(K.relu(x, max_value=1.0)))(x),
        make(lambda x: K.cast(K.greater(x, 0), "float32"))(x),
        make(lambda x: K.repeat_elements(x, 2, axis=1))(x),
        make(lambda x: K.reshape(x, (-1, 24)) * K.constant([1, 2] * 12))(x),
        make(lambda x: K.reshape(x, (K.shape(x)[0], 12, 2)))(x),
        make(lambda x: K.concatenate([K.max(x, axis=-1), K.std(x, axis=-1)], axis=-1))(x),
        make(lambda x: K.hard_sigmoid(x) + K.clip(x, -0.5, 0.5) ** 2)(x),
        make(channel_shuffle, arguments={"groups": 2})(image),
        make(lambda x: K.resize_images(x, 2, 2, "channels_last"))(image),
        make(lambda x: K.spatial_2d_padding(x, ((1, 0), (0, 1))))(image),
        make(lambda x: K.pool2d(x, (2, 2), strides=(2, 2), padding="same", pool_mode="avg"))(image),
        make(lambda x: x[..., ::-1] - K.mean(x, axis=[1, 2, 3], keepdims=True))(image),
    ]
    return joined(k, parts, [x, other, image])


@model
def lambdas_of_tensorflow(k, tensorflow):
    """Code of Lambda layers that calls TensorFlow, and a function of TensorFlow itself."""
    name_globally(k, tensorflow)
    make, layers = k.layers.Lambda, k.layers
    x, other = layers.Input((4, 6), name="x"), layers.Input((6, 3), name="other")
    image = layers.Input((4, 4, 8), name="image")
    size = (6, 8)
    parts = [
        *make(lambda x: tf.split(x, 3, axis=-1))(x),
        make(tensorflow.nn.l2_normalize, arguments={"axis": 1}, name="unit")(x),
        make(lambda x: tf.math.l2_normalize(x, axis=1))(x),
        make(lambda x: tf.reduce_mean(x, [1, 2], keepdims=True))(x),
        make(lambda x: tf.concat([x, x**2], axis=-1))(x),
        make(lambda x: tf.matmul(x[0], x[1]))([x, other]),
        make(lambda x: tf.einsum("bij,bjk->bki", x[0], x[1]))([x, other]),
        make(lambda x: tf.reshape(x, (tf.shape(x)[0], 24)))(x),
        make(lambda x: tf.reshape(x, tf.stack([tf.shape(x)[0], 2, 12])))(x),
        make(lambda x: tf.where(x > 0, x, 0.1 * x))(x),
        make(lambda x: tf.gather(x, [2, 0], axis=1))(x),
        make(lambda x: tf.norm(x, axis=-1))(x),
        make(lambda x, times: tf.tile(tf.expand_dims(x, 1), times), arguments={"times": [1, 2, 1, 1]})(x),
        make(lambda x: tf.math.top_k(x, k=3)[0])(x),
        make(lambda x: tf.pad(x, [[0, 0], [1, 2], [0, 0]]))(x),
        make(lambda x: tf.cumsum(x, axis=1, exclusive=True, reverse=True))(x),
        make(lambda x: tf.one_hot(tf.argmax(x, axis=-1), depth=6))(x),
        make(lambda x: tf.nn.depth_to_space(x, 2))(image),
        make(lambda x: tf.nn.lrn(x, 2, bias=2.0, alpha=1e-1, beta=0.75))(image),
        make(lambda x: tf.image.resize(x, size))(image),
        make(lambda x: tf.image.resize(x, size, method=tf.image.ResizeMethod.NEAREST_NEIGHBOR))(image),
        make(lambda x: tf.cast(x, tf.float32) / 255.0 - [0.1] * 8)(image),
    ]
    return joined(k, parts, [x, other, image])
