"""One small conversion from end to end, in a process of its own.

Run as a program, it converts, and prints what came out as one line of JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass

import litesmith
from litesmith.diagnostics.base import Diagnostic
from litesmith.diagnostics.environment import TrialFailed

SECONDS = 300.0
"""How long the trial may take."""

MARK = "litesmith trial: "
LAST = 600
"""Signs that are quoted of what the process said last."""


@dataclass(frozen=True)
class Trial:
    """What the process did: the time it took, from its start to its end, and how much the file differed from Keras."""

    seconds: float
    max_abs: float


def run_trial(backend: str, seconds: float = SECONDS) -> Trial | Diagnostic:
    """Convert a small model on a Keras backend, and compare it; or why that failed."""
    source = os.path.dirname(os.path.dirname(litesmith.__file__))
    paths = os.pathsep.join(filter(None, [source, os.environ.get("PYTHONPATH")]))
    begun = time.perf_counter()
    try:
        ran = subprocess.run(
            [sys.executable, "-m", "litesmith.environment.trial"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={**os.environ, "PYTHONPATH": paths, "PYTHONSAFEPATH": "1", "KERAS_BACKEND": backend},
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        return TrialFailed(backend, f"it took more than {seconds:g} s")
    said = ran.stdout.decode(errors="replace")
    result = next((line.removeprefix(MARK) for line in said.splitlines() if line.startswith(MARK)), None)
    if result is None or ran.returncode:
        words = ran.stderr.decode(errors="replace").strip()[-LAST:]
        return TrialFailed(backend, f"the process ended with {ran.returncode}", words)
    return Trial(round(time.perf_counter() - begun, 2), json.loads(result)["max_abs"])


def main() -> None:
    """Convert a model of a convolution, a pooling and a Dense layer, and compare it with Keras."""
    from litesmith.cli.environment import quiet

    quiet()
    import keras

    model = keras.Sequential(
        [
            keras.Input((8, 8, 3), name="image"),
            keras.layers.Conv2D(4, 3, activation="relu"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(2, name="scores"),
        ]
    )
    report = litesmith.verify(model, litesmith.convert(model))
    if not report.passed:
        raise SystemExit(str(report))
    sys.stdout.write(MARK + json.dumps({"max_abs": max(output.max_abs for output in report.outputs)}) + "\n")


if __name__ == "__main__":
    main()
