"""Layers that stand for those of Keras that need TensorFlow, so that a file that has them opens without it.

A stand-in keeps what its layer's description and files say. It computes in Python, where the model is compared with
its conversion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import keras
import numpy as np
from keras.src.saving import serialization_lib

from litesmith.frontends.backends import is_installed
from litesmith.preprocessing.encoding import encoded_shape


class StandIn(keras.Layer):
    """What all stand-ins do; options of the layer's constructor that Keras itself does not know are `settings`."""

    stands_for: ClassVar[str] = ""

    def __init__(self, name: str | None = None, dtype: Any = None, trainable: bool = True, **settings: Any) -> None:
        super().__init__(name=name, dtype=dtype, trainable=trainable)
        self._convert_input_args = False
        self._allow_non_tensor_positional_args = True
        self.settings = settings
        self.built = True

    def __init_subclass__(cls) -> None:
        cls.stands_for = cls.__name__

    def call(self, inputs: Any) -> Any:
        """What the layer makes of arrays."""
        from litesmith.frontends.keras.arguments import to_numpy
        from litesmith.frontends.keras.preprocessing_state import step_of

        arrays = [to_numpy(array) for array in (inputs if isinstance(inputs, (list, tuple)) else [inputs])]
        step = step_of(self)
        return keras.ops.convert_to_tensor(step(*arrays), dtype=step.dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self.settings}


class Vocabulary:
    """What a lookup knows: its vocabulary is in its description, or in a file beside it."""

    def __init__(self, settings: dict[str, Any], vocabulary_dtype: str) -> None:
        self.vocabulary_dtype = vocabulary_dtype
        self.num_oov_indices = settings.get("num_oov_indices", 1)
        self.mask_token = settings.get("mask_token")
        self.oov_token = settings.get("oov_token")
        self.output_mode = settings.get("output_mode", "int")
        self.max_tokens = settings.get("max_tokens")
        self.pad_to_max_tokens = settings.get("pad_to_max_tokens", False)
        self.invert = settings.get("invert", False)
        self.sparse = settings.get("sparse", False)
        self.oov_method = settings.get("oov_method", "floormod")
        self.salt = settings.get("salt")
        self._frozen_vocab_size = settings.get("vocabulary_size")
        self.tokens: tuple[Any, ...] = ()
        self.idf_weights_const: Any = None
        self.is_described = settings.get("vocabulary") is not None
        if self.is_described:
            self.set_vocabulary(settings["vocabulary"], settings.get("idf_weights"))

    def set_vocabulary(self, vocabulary: Any, weights: Any = None) -> None:
        """Take a vocabulary, with the mask and unknown tokens in front or without, and its weights."""
        masks = [self.mask_token] if self.mask_token is not None and self.output_mode == "int" else []
        special = masks + [self.oov_token] * self.num_oov_indices
        has_special = list(vocabulary[: len(special)]) == special
        self.tokens = tuple(vocabulary[len(special) :] if has_special else vocabulary)
        self._frozen_vocab_size = len(special) + len(self.tokens)
        if weights is None:
            return
        found = np.asarray(weights, np.float32)
        front = 0 if has_special else len(special)
        found = np.concatenate([np.full(front, np.average(np.asarray(weights)), np.float32), found])
        self.idf_weights_const = np.concatenate([found, np.zeros(self.depth - len(found), np.float32)])

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[Any]:
        """The tokens, without the mask and unknown ones."""
        return list(self.tokens)

    def load_own_variables(self, store: Any) -> None:
        """The weights of tokens, those of special ones among them."""
        if "idf_weights" in store:
            self.idf_weights_const = np.asarray(store["idf_weights"])

    def load_assets(self, dir_path: str) -> None:
        """The vocabulary, where the description has none."""
        path = Path(dir_path) / "vocabulary.txt"
        if self.is_described or not path.exists():
            return
        lines = path.read_text(encoding="utf-8").splitlines()
        while lines and lines[-1] == "":
            lines.pop()
        self.set_vocabulary(lines if self.vocabulary_dtype == "string" else list(map(int, lines)))

    @property
    def depth(self) -> Any:
        """Of the vectors that indices become."""
        return self.max_tokens if self.pad_to_max_tokens else self._frozen_vocab_size

    @property
    def result(self) -> str:
        """The element type that Keras says the layer returns."""
        return "int64" if self.output_mode == "int" else str(keras.config.floatx())


class _Lookup(StandIn):
    """A lookup, whose attributes are those of its vocabulary."""

    vocabulary_dtype: ClassVar[str] = "int64"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.vocabulary = Vocabulary(self.settings, self.vocabulary_dtype)

    def __getattr__(self, name: str) -> Any:
        if name in ("vocabulary", "settings") or "vocabulary" not in vars(self):
            raise AttributeError(name)
        return getattr(self.vocabulary, name)

    def load_own_variables(self, store: Any) -> None:
        self.vocabulary.load_own_variables(store)

    def load_assets(self, dir_path: str) -> None:
        self.vocabulary.load_assets(dir_path)

    def compute_output_spec(self, inputs: Any) -> Any:
        known = self.vocabulary
        shape = encoded_shape(tuple(inputs.shape), known.output_mode, known.depth)
        return keras.KerasTensor(shape, known.result)


class IntegerLookup(_Lookup):
    """Stands for `keras.layers.IntegerLookup`."""


class StringLookup(_Lookup):
    """Stands for `keras.layers.StringLookup`."""

    vocabulary_dtype = "string"


class TextVectorization(StandIn):
    """Stands for `keras.layers.TextVectorization`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        settings = self.settings
        self._standardize = settings.get("standardize")
        self._split = settings.get("split")
        ngrams = settings.get("ngrams")
        self._ngrams = tuple(range(1, ngrams + 1)) if isinstance(ngrams, int) else ngrams and tuple(ngrams)
        self._ragged = settings.get("ragged", False)
        self._output_sequence_length = settings.get("output_sequence_length")
        names = ("max_tokens", "vocabulary", "idf_weights", "pad_to_max_tokens", "output_mode", "sparse")
        given = {name: settings[name] for name in (*names, "vocabulary_size") if name in settings}
        self._lookup_layer = Vocabulary({"mask_token": "", "oov_token": "[UNK]", **given}, "string")

    def load_own_variables(self, store: Any) -> None:
        self._lookup_layer.load_own_variables(store)

    def load_assets(self, dir_path: str) -> None:
        self._lookup_layer.load_assets(dir_path)

    def compute_output_spec(self, inputs: Any) -> Any:
        known = self._lookup_layer
        width = self._output_sequence_length if known.output_mode == "int" else known.depth
        return keras.KerasTensor((inputs.shape[0], width), known.result)


class _Hash(StandIn):
    """A hash, which knows nothing but its settings."""

    def __init__(self, **options: Any) -> None:
        mode = options.get("output_mode", "int")
        if options.get("dtype") is None:
            options["dtype"] = "int64" if mode == "int" else keras.config.floatx()
        super().__init__(**options)
        self.num_bins = self.settings["num_bins"]
        self.mask_value = self.settings.get("mask_value")
        self.salt = self.settings.get("salt")
        self.sparse = self.settings.get("sparse", False)
        self.output_mode = mode

    def compute_output_spec(self, inputs: Any) -> Any:
        from litesmith.frontends.keras.preprocessing_state import step_of

        tensors = inputs if isinstance(inputs, (list, tuple)) else [inputs]
        return keras.KerasTensor(step_of(self).shape(*(tuple(tensor.shape) for tensor in tensors)), self.dtype)


class Hashing(_Hash):
    """Stands for `keras.layers.Hashing`."""


class HashedCrossing(_Hash):
    """Stands for `keras.layers.HashedCrossing`."""


STAND_INS = {
    each.stands_for: each for each in (IntegerLookup, StringLookup, TextVectorization, Hashing, HashedCrossing)
}


@contextmanager
def standing_in() -> Iterator[None]:
    """Where TensorFlow is missing, Keras makes stand-ins of the layers that need it when it opens a file."""
    if is_installed("tensorflow"):
        yield
        return
    original: Callable[..., Any] = serialization_lib._retrieve_class_or_fn

    def retrieve(name: str, registered_name: Any, module: Any, *args: Any, **kwargs: Any) -> Any:
        if module == "keras.layers" and registered_name is None and name in STAND_INS:
            return STAND_INS[name]
        return original(name, registered_name, module, *args, **kwargs)

    serialization_lib._retrieve_class_or_fn = retrieve
    try:
        yield
    finally:
        serialization_lib._retrieve_class_or_fn = original
