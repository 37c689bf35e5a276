"""Running a file's content in the LiteRT runtime."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter, InterpreterWithCustomOps, OpResolverType

from litesmith.diagnostics.base import Diagnostic, LitesmithError
from litesmith.diagnostics.runtime import KernelsMissing, KernelsNotLoaded, RunFailed, RuntimeRefuses
from litesmith.runtime.kernels import UNLOADABLE, Unloadable, registerer

Array = np.ndarray[Any, Any]
LACKING = ("unresolved custom op", "Select TensorFlow op")
"""What the runtime says, before the first run only, of operators that it does not have."""
UNRESOLVED = re.compile(r"unresolved custom op: ([\w.]+?)\.?(?:\s|$)")


class RuntimeRefusal(LitesmithError):
    """The runtime does not load or run a file; `reason` is the runtime's own text.

    `in_run`: the file was loaded, and it failed on the data.
    """

    def __init__(self, reason: str, in_run: bool = False) -> None:
        in_run = in_run and not any(words in reason for words in LACKING)
        super().__init__(RunFailed(reason) if in_run else _finding(reason))
        self.reason = reason
        self.in_run = in_run


def _finding(reason: str) -> Diagnostic:
    """Why a file is not loaded."""
    missing = UNRESOLVED.search(reason)
    if missing is not None:
        return KernelsMissing(missing[1])
    return KernelsNotLoaded(reason) if reason.startswith(UNLOADABLE) else RuntimeRefuses(reason)


class Session:
    """A loaded model. Inputs of another size than the last time are resized to.

    `delegates`: with the runtime's default delegate (XNNPACK), or its plain kernels only. The delegate
    miscounts tensors without elements, so those go to the plain kernels in any case.
    `quiet`: keep what the runtime writes to the error stream from it.
    `kernels`: libraries with kernels of custom operators (see `kernel_paths`), loaded into this process.
    """

    def __init__(
        self,
        content: bytes,
        threads: int = 1,
        delegates: bool = True,
        quiet: bool = True,
        kernels: Sequence[str] = (),
    ) -> None:
        resolver = OpResolverType.AUTO if delegates else OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        self._content = content
        self._kernels = kernels
        self._delegates = delegates
        self._quietly = _quiet if quiet else contextlib.nullcontext
        try:
            with self._quietly():
                self._interpreter = _interpreter(
                    kernels, model_content=content, num_threads=threads, experimental_op_resolver_type=resolver
                )
        except (ValueError, RuntimeError, Unloadable) as error:
            raise RuntimeRefusal(_text(error)) from None
        self._inputs = self._interpreter.get_input_details()
        self._outputs = self._interpreter.get_output_details()
        self._allocated: tuple[tuple[int, ...], ...] | None = None
        self._is_as_in_the_file = True

    def run(self, arrays: Sequence[Array]) -> list[Array]:
        """Outputs of the first graph for one array per input, in the file's order."""
        if self._delegates and not all(array.size for array in arrays):
            return self._plain.run(arrays)
        shapes = tuple(array.shape for array in arrays)
        try:
            with self._quietly():
                self._allocate(shapes)
                for detail, array in zip(self._inputs, arrays, strict=True):
                    self._interpreter.set_tensor(detail["index"], array)
                self._interpreter.invoke()
        except (ValueError, RuntimeError) as error:
            raise RuntimeRefusal(_text(error), in_run=True) from None
        return [self._output(place) for place in range(len(self._outputs))]

    def _output(self, place: int) -> Array:
        """One output; the runtime does not hand out all of those that have no elements."""
        try:
            output: Array = self._interpreter.get_tensor(self._outputs[place]["index"])
        except ValueError:
            detail = self._interpreter.get_output_details()[place]
            if 0 in detail["shape"]:
                return np.zeros(detail["shape"], detail["dtype"])
            raise
        return output

    def run_signature(self, name: str, arrays: dict[str, Array]) -> dict[str, Array]:
        """Outputs by name of the signature `name`."""
        if self._delegates and not all(array.size for array in arrays.values()):
            return self._plain.run_signature(name, arrays)
        try:
            with self._quietly():
                # Kept, the runner would hold what the interpreter must hold alone to be resized.
                return dict(self._interpreter.get_signature_runner(name)(**arrays))
        except (ValueError, RuntimeError) as error:
            raise RuntimeRefusal(_text(error), in_run=True) from None
        finally:
            self._allocated, self._is_as_in_the_file = None, False

    @cached_property
    def _plain(self) -> Session:
        """The same file without delegates."""
        return Session(self._content, delegates=False, kernels=self._kernels)

    def _allocate(self, shapes: tuple[tuple[int, ...], ...]) -> None:
        if shapes == self._allocated:
            return
        for detail, shape in zip(self._inputs, shapes, strict=True):
            if tuple(detail["shape"]) != shape or not self._is_as_in_the_file:
                self._interpreter.resize_tensor_input(detail["index"], shape)
        self._interpreter.allocate_tensors()
        self._allocated, self._is_as_in_the_file = shapes, False


def _interpreter(kernels: Sequence[str], **options: Any) -> Interpreter:
    if not kernels:
        return Interpreter(**options)
    return InterpreterWithCustomOps(custom_op_registerers=list(map(registerer, kernels)), **options)


def _text(error: Exception) -> str:
    return " ".join(str(error).split())


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without the lines that the runtime writes to the process's error stream by itself.

    When the runtime refuses a model they are what says why, so they are added to the error.
    """
    try:
        descriptor = sys.stderr.fileno()
    except (AttributeError, OSError, ValueError):
        descriptor = 2
    with tempfile.TemporaryFile() as log:
        saved = os.dup(descriptor)
        os.dup2(log.fileno(), descriptor)
        try:
            yield
        except (ValueError, RuntimeError) as error:
            os.fsync(log.fileno())
            log.seek(0)
            said = [line for line in log.read().decode(errors="replace").splitlines() if line.startswith("ERROR")]
            raise type(error)(" ".join([str(error), *said])) from None
        finally:
            os.dup2(saved, descriptor)
            os.close(saved)
