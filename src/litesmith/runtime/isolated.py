"""Running a file's content in a process of its own, which it may end without harm."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Callable, Sequence
from typing import IO, Any

import numpy as np

import litesmith
from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.runtime import RuntimeDied, RuntimeTooSlow
from litesmith.runtime.channel import Message, receive, send
from litesmith.runtime.interpreter import RuntimeRefusal

Array = np.ndarray[Any, Any]
SECONDS = 300.0
"""How long loading or one call may take, unless the caller says."""

NOISE = ("INFO:", "I0000", "W0000", "WARNING:")


class IsolatedSession:
    """What `Session` does, in a process that is started at the first call and kept.

    Starting it takes about 0.2 s; a call costs about 0.5 ms and the copying of the arrays.
    When the process dies or does not finish in time, the call raises `LitesmithError` (R102,
    R103) and the next one starts another process.
    """

    def __init__(self, content: bytes, threads: int = 1, seconds: float = SECONDS, kernels: Sequence[str] = ()) -> None:
        self._content = content
        self._kernels = kernels
        self._threads = threads
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None
        self._stop: Callable[[], object] = _nothing
        self._lock = threading.Lock()

    def run(self, arrays: Sequence[Array]) -> list[Array]:
        """Outputs of the first graph for one array per input, in the file's order."""
        outputs = self._call(None, {str(i): array for i, array in enumerate(arrays)})
        return [outputs[str(i)] for i in range(len(outputs))]

    def run_signature(self, name: str, arrays: dict[str, Array]) -> dict[str, Array]:
        """Outputs by name of the signature `name`."""
        return self._call(name, arrays)

    def _call(self, signature: str | None, arrays: dict[str, Array]) -> dict[str, Array]:
        with self._lock:
            if self._process is None:
                self._start()
            return dict(self._exchange(Message({"signature": signature}, arrays)).arrays)

    def _start(self) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the process)
        source = os.path.dirname(os.path.dirname(litesmith.__file__))
        paths = os.pathsep.join(filter(None, [source, os.environ.get("PYTHONPATH")]))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "litesmith.runtime.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**os.environ, "PYTHONPATH": paths, "PYTHONSAFEPATH": "1"},
            start_new_session=True,
        )
        self._stop = weakref.finalize(self, _stop, self._process, self._log)
        content = np.frombuffer(self._content, np.uint8)
        self._exchange(Message({"threads": self._threads, "kernels": list(self._kernels)}, {"content": content}))

    def _exchange(self, message: Message) -> Message:
        """The answer to a message; the process is gone when this raises anything but a refusal of a call."""
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        too_slow = threading.Event()
        timer = threading.Timer(self._seconds, _expire, (process, too_slow))
        timer.daemon = True
        timer.start()
        try:
            send(process.stdin, message)  # type: ignore[arg-type]
            answer = receive(process.stdout)  # type: ignore[arg-type]
        except (OSError, EOFError):
            raise self._death(too_slow.is_set()) from None
        except BaseException:
            self._discard()
            raise
        finally:
            timer.cancel()
        if "refusal" in answer.header:
            errors = [line for line in self._lines() if line.startswith("ERROR")]
            self._discard()
            raise RuntimeRefusal(" ".join([answer.header["refusal"], *errors]), answer.header["in_run"])
        return answer

    def _death(self, too_slow: bool) -> LitesmithError:
        assert self._process is not None
        status, words = self._process.wait(), self._last_words()
        self._discard()
        if too_slow:
            return LitesmithError(RuntimeTooSlow(self._seconds))
        return LitesmithError(RuntimeDied(_name(status), words))

    def _discard(self) -> None:
        """End the process; the next call starts another."""
        self._stop()
        self._process = self._log = None

    def _last_words(self) -> str:
        said = [line for line in self._lines() if not line.startswith(NOISE)]
        return " ".join(said[-2:])[-400:]

    def _lines(self) -> list[str]:
        if self._log is None:
            return []
        self._log.seek(0)
        return [line.strip() for line in self._log.read().decode(errors="replace").splitlines() if line.strip()]


def _nothing() -> None:
    """There is no process to stop."""


def _expire(process: subprocess.Popen[bytes], too_slow: threading.Event) -> None:
    too_slow.set()
    process.kill()


def _stop(process: subprocess.Popen[bytes], log: IO[bytes]) -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout, log):
        if stream is not None:
            with contextlib.suppress(OSError):  # what was not sent yet has nobody to go to
                stream.close()


def _name(status: int) -> str:
    """How a process ended: the signal's name, or its exit status."""
    if status >= 0:
        return f"exit status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"
