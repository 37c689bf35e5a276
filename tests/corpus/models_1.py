"""Small models in the words of Keras 1."""

MODELS = {}


def model(function):
    MODELS[function.__name__] = function
    return function


@model
def convolutions(k, tf):
    layers = k.layers
    net = k.models.Sequential()
    options = {"border_mode": "same", "init": "glorot_normal", "dim_ordering": "tf"}
    net.add(layers.Convolution2D(3, 3, 3, input_shape=(8, 8, 2), activation="relu", W_regularizer="l2", **options))
    net.add(layers.BatchNormalization(mode=0, axis=3))
    net.add(layers.MaxPooling2D((2, 2), dim_ordering="tf"))
    net.add(layers.AtrousConvolution2D(2, 2, 2, atrous_rate=(2, 2), dim_ordering="tf", bias=False))
    net.add(layers.UpSampling2D((2, 2), dim_ordering="tf"))
    net.add(layers.ZeroPadding2D((1, 1), dim_ordering="tf"))
    net.add(layers.SpatialDropout2D(0.3, dim_ordering="tf"))
    net.add(layers.GlobalAveragePooling2D(dim_ordering="tf"))
    net.add(layers.Dropout(0.2))
    net.add(layers.Dense(2, W_constraint="maxnorm"))
    return net


@model
def convolutions_th(k, tf):
    """Channels first, as Theano has them."""
    layers = k.layers
    net = k.models.Sequential()
    net.add(layers.Convolution2D(3, 3, 2, input_shape=(2, 7, 6), subsample=(2, 1), dim_ordering="th"))
    net.add(layers.LeakyReLU(alpha=0.2))
    net.add(layers.AveragePooling2D((2, 2), strides=(1, 1), border_mode="valid", dim_ordering="th"))
    net.add(layers.Flatten())
    net.add(layers.Dense(2, init="uniform"))
    return net


@model
def convolutions_of_sequences(k, tf):
    layers = k.layers
    net = k.models.Sequential()
    net.add(layers.Convolution1D(nb_filter=3, filter_length=3, border_mode="same", input_dim=4, input_length=8))
    net.add(layers.MaxPooling1D(pool_length=2))
    net.add(layers.TimeDistributed(layers.Dense(3)))
    net.add(layers.GlobalMaxPooling1D())
    net.add(layers.RepeatVector(3))
    net.add(layers.Reshape((9,)))
    net.add(layers.Dense(output_dim=2, b_regularizer="l1"))
    return net


@model
def recurrent(k, tf):
    layers = k.layers
    net = k.models.Sequential()
    net.add(layers.Embedding(7, 4, input_length=5, dropout=0.1))
    net.add(layers.LSTM(3, return_sequences=True, inner_init="orthogonal", dropout_W=0.2, consume_less="gpu"))
    net.add(layers.GRU(3, return_sequences=True, inner_activation="sigmoid"))
    net.add(layers.Bidirectional(layers.LSTM(2, return_sequences=True)))
    net.add(layers.SimpleRNN(3, W_regularizer="l2", dropout_U=0.1))
    net.add(layers.Dense(2, activation="softmax"))
    return net


@model
def merged(k, tf):
    layers = k.layers
    one, two = layers.Input((4,), name="one"), layers.Input((4,), name="two")
    shared = layers.Dense(3, activation="hard_sigmoid", name="shared")
    a, b = shared(one), shared(two)
    modes = [layers.merge([a, b], mode=mode) for mode in ("sum", "mul", "ave", "max", "concat")]
    modes.append(layers.merge([a, b], mode="dot", dot_axes=1))
    joined = layers.merge(modes, mode="concat", concat_axis=-1)
    return k.models.Model(input=[one, two], output=layers.Dense(2)(joined))


@model
def merged_models(k, tf):
    """A Sequential that begins with the ends of two others."""
    layers = k.layers
    left = k.models.Sequential([layers.Dense(3, input_shape=(4,), name="left")])
    right = k.models.Sequential([layers.Dense(3, input_dim=2, name="right")])
    net = k.models.Sequential()
    net.add(layers.Merge([left, right], mode="concat"))
    net.add(layers.Dense(2))
    return net


@model
def dense(k, tf):
    layers = k.layers
    net = k.models.Sequential()
    net.add(layers.Dense(4, input_dim=3, activation="tanh"))
    net.add(layers.Highway(activation="relu"))
    net.add(layers.MaxoutDense(3, nb_feature=2))
    net.add(layers.PReLU())
    net.add(layers.ELU(0.7))
    net.add(layers.ThresholdedReLU(0.3))
    net.add(layers.GaussianNoise(0.1))
    net.add(layers.Masking())
    net.add(layers.ActivityRegularization(l1=0.1))
    return net
