"""A `keras.utils.FeatureSpace` as the model of its features."""

from __future__ import annotations

from typing import Any

import keras


def features_of(space: Any) -> Any:
    """The functional model from the space's inputs to its features; the space itself where it has none yet."""
    if not isinstance(space, keras.utils.FeatureSpace) or not space._is_adapted:
        return space
    return keras.Model(space.get_inputs(), space.get_encoded_features(), name=space.name)
