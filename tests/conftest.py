"""The reference backend is Keras' numpy one: it is the fastest to start and to run."""

import os

from hypothesis import HealthCheck, settings

# How long an example takes is the machine's affair. The same examples are drawn each time; what makes a failing one
# again is printed with it. `properties/many_random_models.py` draws new ones.
settings.register_profile(
    "quick", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True, print_blob=True
)
settings.load_profile("quick")
os.environ.setdefault("KERAS_BACKEND", "numpy")
