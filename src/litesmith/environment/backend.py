"""What Keras computes with here, and who chose it."""

from __future__ import annotations

import os
from dataclasses import dataclass

from litesmith.frontends.backends import configured_backend, use_backend

VARIABLE = "KERAS_BACKEND"


@dataclass(frozen=True)
class Backend:
    """A Keras backend; `reason` says why it is this one."""

    backend: str
    reason: str


def keras_backend() -> Backend:
    """The backend that Keras runs on or will; nothing is imported or set.

    Raises:
        LitesmithError: as `use_backend`.
    """
    said, configured = os.environ.get(VARIABLE), configured_backend()
    try:
        choice = use_backend()
    finally:
        if said is None:
            os.environ.pop(VARIABLE, None)
        else:
            os.environ[VARIABLE] = said
    if choice.reason is not None:
        return Backend(choice.backend, choice.reason)
    if choice.backend == said:
        return Backend(choice.backend, f"{VARIABLE} says so")
    if choice.backend == configured:
        return Backend(choice.backend, "keras.json says so")
    return Backend(choice.backend, "Keras is imported already")
