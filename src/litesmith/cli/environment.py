"""The process, made ready for frameworks that like to talk."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "GLOG_minloglevel": "3", "ABSL_MIN_LOG_LEVEL": "3", "GRPC_VERBOSITY": "NONE"}
"""What TensorFlow, JAX and their libraries read before they print; the user's own settings stay."""


@contextmanager
def without_sklearn() -> Iterator[None]:
    """Keras imports scikit-learn, where it is installed, for wrappers that no command uses: half of its start."""
    absent = "sklearn" not in sys.modules
    if absent:
        sys.modules["sklearn"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if absent:
            del sys.modules["sklearn"]


def quiet() -> None:
    """Keep warnings and lines of progress of frameworks off the terminal; call before importing any."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    warnings.simplefilter("ignore")
    for name in ("absl", "tensorflow", "jax", "h5py"):
        logging.getLogger(name).setLevel(logging.ERROR)
