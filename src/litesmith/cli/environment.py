"""The process, made ready for frameworks that like to talk."""

from __future__ import annotations

import logging
import os
import warnings

QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "GLOG_minloglevel": "3", "ABSL_MIN_LOG_LEVEL": "3", "GRPC_VERBOSITY": "NONE"}
"""What TensorFlow, JAX and their libraries read before they print; the user's own settings stay."""


def quiet() -> None:
    """Keep warnings and lines of progress of frameworks off the terminal; call before importing any."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    warnings.simplefilter("ignore")
    for name in ("absl", "tensorflow", "jax", "h5py"):
        logging.getLogger(name).setLevel(logging.ERROR)
