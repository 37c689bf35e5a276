"""Deciding what new variables of Keras begin with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras

Initialize = Callable[[Any, Any], None]
"""Gives a variable its first value, by an initializer."""


@contextmanager
def initializing(make: Callable[[Initialize, Any, Any], None]) -> Iterator[Initialize]:
    """Variables that are made inside begin with what `make` gives them; Keras' own way is handed to it, and yielded."""
    kind: Any = keras.Variable
    is_own = "_initialize_with_initializer" in vars(kind)
    original: Initialize = kind._initialize_with_initializer

    def replaced(variable: Any, initializer: Any) -> None:
        make(original, variable, initializer)

    kind._initialize_with_initializer = replaced
    try:
        yield original
    finally:
        if is_own:
            kind._initialize_with_initializer = original
        else:
            del kind._initialize_with_initializer
