"""The reference backend is Keras' numpy one: it is the fastest to start and to run."""

import os

from hypothesis import settings

settings.register_profile("thorough", max_examples=2000)
os.environ.setdefault("KERAS_BACKEND", "numpy")
