"""The reference backend is Keras' numpy one: it is the fastest to start and to run."""

import os

from hypothesis import HealthCheck, settings

# How long an example takes is the machine's affair. CI draws the same examples each time, `thorough` new ones; what
# makes a failing example again is printed with it.
settings.register_profile(
    "quick", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True, print_blob=True
)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=2000, derandomize=False)
settings.load_profile("quick")
os.environ.setdefault("KERAS_BACKEND", "numpy")
