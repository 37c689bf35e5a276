"""Work in processes that may die: a worker does jobs in turn and writes down when it begins and ends each.

A job during which the process dies, as kernels and converters of C++ do on what they do not expect, has that as its
result, and a new process goes on behind it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
Job = dict[str, Any]
"""What to do: `key` names it, the rest is between who asks and the worker."""
Result = dict[str, Any]
"""What came of it; `error` in words where it failed."""
LIMIT = 1800
"""Seconds without a job's end after which a worker counts as hanging."""


def run_jobs(python: str, script: str, jobs: Sequence[Job], backend: str = "numpy") -> dict[str, Result]:
    """The results of jobs by their keys, done by `script` in processes of `python`."""
    waiting, results = list(jobs), {}
    while waiting:
        lines, code, errors = _journal(python, script, waiting, backend)
        if not lines:
            raise RuntimeError(f"{script} does not start: {errors}")
        results |= {line["key"]: line["result"] for line in lines if "result" in line}
        results |= {line["key"]: {"error": _death(code)} for line in lines if line["key"] not in results}
        waiting = [job for job in waiting if job["key"] not in results]
    return results


def _journal(python: str, script: str, jobs: list[Job], backend: str) -> tuple[list[dict[str, Any]], int | None, str]:
    """What a worker wrote down, its exit status, None of one that hung, and the end of what it said."""
    with tempfile.TemporaryDirectory() as folder:
        job_file, journal, said = (Path(folder) / name for name in ("jobs.json", "journal", "errors"))
        job_file.write_text(json.dumps(jobs))
        journal.touch()
        nice = ["nice", "-n", os.environ.get("BENCH_NICE", "0")]
        environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
        with said.open("w") as errors:
            command = [*nice, python, str(HERE / script), str(job_file), str(journal)]
            process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=errors)
            code = _ended(process, journal)
        lines = [json.loads(line) for line in journal.read_text().splitlines()]
        return lines, code, said.read_text(errors="replace")[-3000:]


def _ended(process: subprocess.Popen[bytes], journal: Path) -> int | None:
    """The exit status of a worker; None of one that began a job long ago, which is ended."""
    while process.poll() is None:
        time.sleep(0.2)
        if time.time() - journal.stat().st_mtime > LIMIT:
            process.kill()
            process.wait()
            return None
    return process.returncode


def _death(code: int | None) -> str:
    if code is None:
        return f"hung ({LIMIT} s)"
    if code < 0:
        return f"died (signal {-code}, {signal.Signals(-code).name})"
    return f"died (exit {code})"


@contextmanager
def timed() -> Iterator[Result]:
    """`seconds` that pass, and `cpu_seconds` of all threads, which say more where others use the machine too."""
    taken: Result = {}
    wall, processors = time.perf_counter(), time.process_time()
    yield taken
    taken |= {"seconds": time.perf_counter() - wall, "cpu_seconds": time.process_time() - processors}


def serve(make: Callable[[Job], Result | None]) -> None:
    """The worker's side: does each job of the file named first, and writes into the file named second."""
    jobs, journal = json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2])
    for job in jobs:
        _write(journal, {"key": job["key"]})
        try:
            result = make(job) or {}
        except Exception as error:
            traceback.print_exc()
            result = {"error": f"{type(error).__name__}: {str(error)[:300]}"}
        _write(journal, {"key": job["key"], "result": result})


def _write(journal: Path, line: dict[str, Any]) -> None:
    with journal.open("a") as file:
        file.write(json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())
