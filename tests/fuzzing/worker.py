"""Tries readers on changed files, within limits: `python worker.py FIRST COUNT READER ...`, in a folder of its own.

Prints each case when it begins, and a line of JSON for each that went wrong: another error than a finding, more than
10 s of a processor, or more than 1 GB of memory. What ends the process is seen by the case printed last; what hangs
is ended, with its traceback, after a minute.
"""

import faulthandler
import json
import os
import random
import resource
import shutil
import sys
import time
import traceback
import warnings
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "numpy")
sys.modules["tensorflow"] = None  # nothing here needs it, and Keras would take seconds to import it
sys.path.insert(0, str(Path(__file__).parent.parent))
warnings.simplefilter("ignore")

from fuzzing.readers import READERS
from fuzzing.unexpected import unexpected
from litesmith.diagnostics.base import LitesmithError

MOST_SECONDS, MOST_BYTES, HANG = 10, 1 << 30, 60


def status(field):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(field + ":"))


def tried(name, number):
    """What went wrong, and whether something was read."""
    folder = Path("case")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    Path("/proc/self/clear_refs").write_text("5")
    before, begun = status("VmRSS"), time.process_time()
    problem, is_read = "", False
    try:
        READERS[name](random.Random(f"{name} {number}"), folder)
        is_read = True
    except LitesmithError as error:
        problem = unexpected(error)
    except Exception:
        problem = traceback.format_exc()
    seconds, size = time.process_time() - begun, status("VmHWM") - before
    if seconds > MOST_SECONDS or size > MOST_BYTES:
        problem = f"{seconds:.1f} s, {size >> 20} MB; {problem}"
    return problem, is_read, seconds, size


def main(first, count, names):
    for name in names:
        tried(name, -1)  # what is imported and made once counts for no case
    limit = status("VmSize") + 3 * MOST_BYTES // 2
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    for name in names:
        read, slowest, largest = 0, 0.0, 0
        for number in range(first, first + count):
            print(f"case {name} {number}", flush=True)
            faulthandler.dump_traceback_later(HANG, exit=True)
            problem, is_read, seconds, size = tried(name, number)
            read, slowest, largest = read + is_read, max(slowest, seconds), max(largest, size)
            if problem:
                print(json.dumps({"case": f"{name} {number}", "problem": problem}), flush=True)
        figures = {"reader": name, "read": read, "seconds": round(slowest, 2), "megabytes": largest >> 20}
        print(json.dumps(figures), flush=True)
    faulthandler.cancel_dump_traceback_later()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
