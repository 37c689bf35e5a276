"""What Keras' preprocessing layers know, as steps: read from the layers, which need not run for it."""

from __future__ import annotations

from typing import Any

import numpy as np

from litesmith.ops.errors import Unsupported
from litesmith.preprocessing.steps import HashedCrossing, Hashing, Lookup, Step, TextVectorization


def step_of(layer: Any) -> Step:
    """What a layer of one of these classes, or a stand-in for one, does; Unsupported for what cannot be said."""
    kind = getattr(layer, "stands_for", None) or next(
        base.__name__ for base in type(layer).__mro__ if base.__name__ in _READERS
    )
    return _READERS[kind](layer)


def lookup_of(layer: Any) -> Lookup:
    """What an IntegerLookup or StringLookup does forwards."""
    require_dense(layer)
    if layer.output_mode != "int" and not layer.pad_to_max_tokens and layer._frozen_vocab_size is None:
        raise Unsupported("the layer has no vocabulary (adapt it, or give it vocabulary=)")
    is_text = layer.vocabulary_dtype == "string"
    return Lookup(
        vocabulary_of(layer),
        layer.num_oov_indices,
        _plain(layer.mask_token),
        layer.output_mode,
        0 if layer.output_mode == "int" else layer.max_tokens if layer.pad_to_max_tokens else layer._frozen_vocab_size,
        _weights(layer),
        is_text or getattr(layer, "oov_method", "floormod") == "farmhash",
        _salt(getattr(layer, "salt", None)),
    )


def vocabulary_of(layer: Any) -> tuple[str | int, ...]:
    """The tokens of a lookup, without the mask and unknown ones."""
    try:
        tokens = layer.get_vocabulary(include_special_tokens=False)
    except Exception as error:  # an empty table of TensorFlow raises errors of several kinds
        raise Unsupported("the layer's vocabulary cannot be read (adapt it, or give it vocabulary=)") from error
    if not len(tokens):
        raise Unsupported("the layer has no vocabulary (adapt it, or give it vocabulary=)")
    return tuple(map(_plain, tokens))


def tokens_by_index(layer: Any) -> list[Any]:
    """What an inverted lookup returns for each index, the mask's and unknown ones among them."""
    tokens = vocabulary_of(layer)
    masks = [_plain(layer.mask_token)] if layer.mask_token is not None else []
    return [*masks, *[_plain(layer.oov_token)] * layer.num_oov_indices, *tokens]


def _text_vectorization(layer: Any) -> TextVectorization:
    for name, value in (("standardize", layer._standardize), ("split", layer._split)):
        if callable(value):
            raise Unsupported(f"{name}= is a function of Python (use one of the names that Keras knows)")
    if layer._ragged:
        raise Unsupported("ragged=True (use output_sequence_length= or leave it out)")
    lookup = lookup_of(layer._lookup_layer)
    if lookup.mode == "one_hot":
        raise Unsupported('output_mode="one_hot" of texts of several lengths (use "multi_hot", or "int" and one_hot)')
    return TextVectorization(
        lookup,
        layer._standardize,
        layer._split,
        None if layer._ngrams is None else tuple(layer._ngrams),
        layer._output_sequence_length,
    )


def _hashing(layer: Any) -> Hashing:
    require_dense(layer)
    mask = _plain(layer.mask_value)
    return Hashing(layer.num_bins, mask, _salt(layer.salt), layer.output_mode, layer.dtype)


def _hashed_crossing(layer: Any) -> HashedCrossing:
    require_dense(layer)
    return HashedCrossing(layer.num_bins, layer.output_mode, layer.dtype)


def require_dense(layer: Any) -> None:
    """Raise Unsupported for a layer that returns sparse tensors."""
    if getattr(layer, "sparse", False):
        raise Unsupported("sparse=True, as LiteRT has no sparse tensors (leave it out)")


def _weights(layer: Any) -> tuple[float, ...] | None:
    if layer.output_mode != "tf_idf":
        return None
    weights = getattr(layer, "idf_weights_const", None)
    if weights is None:
        raise Unsupported("tf_idf without weights (adapt the layer, or give it idf_weights=)")
    return tuple(map(float, np.asarray(weights)))


def _salt(salt: Any) -> tuple[int, int] | None:
    if salt is None:
        return None
    first, second = (salt, salt) if isinstance(salt, int) else salt
    return int(first), int(second)


def _plain(token: Any) -> Any:
    """A token as a string or number of Python."""
    if isinstance(token, bytes):
        return token.decode()
    if token is None or isinstance(token, str):
        return None if token is None else str(token)
    return int(token)


_READERS = {
    "IntegerLookup": lookup_of,
    "StringLookup": lookup_of,
    "TextVectorization": _text_vectorization,
    "Hashing": _hashing,
    "HashedCrossing": _hashed_crossing,
}
