"""Models that take texts, of stand-ins, which need no TensorFlow."""

from typing import Any

import keras
from keras import layers

from litesmith.frontends.keras import stand_ins


def classifier(home: Any = stand_ins) -> keras.Model:
    """Sentences to classes; `home` has the class TextVectorization."""
    keras.utils.set_random_seed(0)
    text = keras.Input((1,), dtype="string", name="text")
    words = home.TextVectorization(
        vocabulary=["the", "quick", "fox", "größe"],
        standardize="lower_and_strip_punctuation",
        split="whitespace",
        output_mode="int",
        output_sequence_length=6,
        name="words",
    )(text)
    x = layers.GlobalAveragePooling1D()(layers.Embedding(6, 4)(words))
    return keras.Model(text, layers.Dense(3, activation="softmax", name="class")(x), name="classifier")


def shop(home: Any = stand_ins) -> keras.Model:
    """A dictionary of texts and numbers: lookups, a hash with salt, crosses of texts and of integers."""
    keras.utils.set_random_seed(0)
    brand = keras.Input((1,), dtype="string", name="brand")
    city = keras.Input((1,), dtype="string", name="city")
    age = keras.Input((1,), dtype="int64", name="age")
    price = keras.Input((2,), name="price")
    lookup = home.StringLookup(vocabulary=["a", "b", "c"], num_oov_indices=2, mask_token=None, name="brands")
    brands = lookup(brand)
    parts = [
        layers.Flatten()(layers.Embedding(5, 3)(brands)),
        layers.CategoryEncoding(5)(lookup(brand)),
        layers.Flatten()(layers.Embedding(9, 2)(home.Hashing(num_bins=9, salt=3, name="age_bins")(age))),
        home.HashedCrossing(num_bins=7, output_mode="one_hot", name="brand_city")([brand, city]),
        home.HashedCrossing(num_bins=4, output_mode="one_hot", name="brand_age")([brands, age]),
        layers.Normalization(mean=[1.0, 2.0], variance=[4.0, 1.0])(price),
    ]
    inputs = {"brand": brand, "city": city, "age": age, "price": price}
    return keras.Model(inputs, layers.Dense(3, name="score")(layers.Concatenate()(parts)), name="shop")
