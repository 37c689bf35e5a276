"""The reference backend is Keras' numpy one: it is the fastest to start and to run."""

import os

os.environ.setdefault("KERAS_BACKEND", "numpy")
