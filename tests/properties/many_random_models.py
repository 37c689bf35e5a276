"""Draws random models by the thousand: batches, each in a process of its own, from a seed that is printed.

    python tests/properties/many_random_models.py --models 2000 --batch 100 --seed 7

makes batches with the seeds 7, 8, ... of each kind. A batch that fails prints its smallest failing model; the same
kind, seed and batch size make it again. A batch that takes too much time or memory, or ends with a signal, fails.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import secrets
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

KINDS = ("ordinary", "wider")
MEMORY = 8 << 30
"""Bytes of address space that a batch may take."""
START, EACH = 300, 10
"""Seconds that a batch may take to start, and for a model, the search for the smallest failing one included."""


def run_batch(kind: str, seed: int, count: int) -> None:
    """In the process of a batch: draw and check; the last line printed says in JSON what was drawn."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.environ.setdefault("KERAS_BACKEND", "numpy")
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    import hypothesis

    from properties import test_random_models as tests

    passed: Counter[str] = Counter()

    @hypothesis.seed(seed)
    @hypothesis.settings(tests.SETTINGS, max_examples=count, derandomize=False, database=None, print_blob=False)
    @hypothesis.given(tests.models(tests.WIDER, 30, tests.DTYPES) if kind == "wider" else tests.models())
    def check(drawn: Any) -> None:
        tests.check(drawn)
        passed["models"] += 1
        passed["steps"] += drawn.steps

    check()
    steps = Counter[str]()
    for (_, outcome), times in tests.TRIED.items():
        steps[outcome] += times
    sys.stdout.write(json.dumps({"models": passed, "no form": tests.NO_FORM, "steps": steps}))


def started(kind: str, seed: int, count: int) -> tuple[str, dict[str, Any]]:
    """What a batch printed, and what it says of itself: nothing where it failed."""
    command = [sys.executable, __file__, "--only", kind, "--seed", str(seed), "--batch", str(count)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=START + EACH * count, check=False)
    except subprocess.TimeoutExpired:
        return "It took too long.", {}
    if done.returncode:
        return f"{done.stdout}\n{done.stderr}\nended with {done.returncode}", {}
    return "", json.loads(done.stdout.splitlines()[-1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=2000, help="of each kind")
    parser.add_argument("--batch", type=int, default=100, help="models of a batch")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 31), help="of the first batch")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--only", choices=KINDS, help="one batch, in this process")
    options = parser.parse_args()
    if options.only:
        run_batch(options.only, options.seed, options.batch)
        return 0
    failed = False
    for kind in options.kinds:
        models, no_form, steps = Counter[str](), Counter[str](), Counter[str]()
        for place in range(-(-options.models // options.batch)):
            began, seed = time.monotonic(), options.seed + place
            output, counts = started(kind, seed, options.batch)
            failed |= not counts
            for found, name in ((models, "models"), (no_form, "no form"), (steps, "steps")):
                found.update(counts.get(name, {}))
            result = f"{counts['models']['models']} models passed" if counts else f"FAILED\n{output}"
            say(f"{kind}, seed {seed}, batch {options.batch}: {result} ({time.monotonic() - began:.0f} s)")
        say(f"{kind}: {models['models']} models of {models['steps']} steps passed")
        say(f"  steps tried: {dict(steps.most_common())}")
        say(f"  models without a form: {dict(no_form.most_common())}")
    return int(failed)


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
