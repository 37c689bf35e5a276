"""What a command prints: its result on the output stream, everything else on the error stream."""

from __future__ import annotations

import contextlib
import json
import math
import sys
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import RenderableType

    from litesmith.diagnostics.base import Diagnostic

OK, NEGATIVE, BAD_INPUT = 0, 1, 2


class Output:
    """Where a command's words go.

    Attributes:
        as_json: the output stream gets one JSON object and nothing else.
        debug: errors show the place in the code where they arose.
        told: findings that did not stop the work.
    """

    def __init__(self, as_json: bool, debug: bool) -> None:
        self.as_json = as_json
        self.debug = debug
        self.told: list[Diagnostic] = []
        self._stream = sys.stdout

    @contextlib.contextmanager
    def progress(self, doing: str) -> Iterator[None]:
        """Show what is being done, while it is, on a terminal only."""
        from rich.console import Console

        console = Console(stderr=True)
        if not console.is_terminal:
            yield
            return
        with console.status(f"{doing} ..."):
            yield

    def result(self, data: dict[str, Any], layout: RenderableType) -> None:
        """The command's result: `data` for machines or `layout` for people."""
        if self.as_json:
            findings = [*data.get("findings", ()), *(finding.to_json() for finding in self.told)]
            self._write_json({"ok": True, **data, "findings": findings})
            return
        from rich.console import Console

        Console(file=self._stream, highlight=False, soft_wrap=True).print(layout)

    def raw(self, data: dict[str, Any]) -> None:
        """A result in a format of its own."""
        self._write_json(data)

    def findings(self, diagnostics: Sequence[Diagnostic], data: dict[str, Any] | None = None) -> None:
        """Why there is no result, or a negative one."""
        if self.as_json:
            described = [finding.to_json() for finding in (*self.told, *diagnostics)]
            self._write_json({"ok": False, **(data or {}), "findings": described})
            return
        self._show(diagnostics)

    def tell(self, finding: Diagnostic) -> None:
        """A finding that does not stop the work, once."""
        if finding in self.told:
            return
        self.told.append(finding)
        if not self.as_json:
            self._show([finding])

    def _show(self, diagnostics: Sequence[Diagnostic]) -> None:
        from rich.console import Console

        from litesmith.diagnostics.render import render

        Console(stderr=True, highlight=False, soft_wrap=True).print(render(diagnostics))

    def _write_json(self, data: dict[str, Any]) -> None:
        print(json.dumps(_standard(data), indent=2), file=self._stream)


@contextlib.contextmanager
def reporting(as_json: bool, debug: bool) -> Iterator[Output]:
    """Run a command's work: findings are shown and become the exit code.

    What the user's code or a framework prints meanwhile goes to the error stream.
    """
    from litesmith.diagnostics.wording import on_command_line

    with on_command_line():
        yield from _reporting(as_json, debug)


def _reporting(as_json: bool, debug: bool) -> Iterator[Output]:
    from litesmith.cli.environment import quiet
    from litesmith.diagnostics.base import LitesmithError

    if not debug:
        quiet()
    output = Output(as_json, debug)
    try:
        with contextlib.redirect_stdout(sys.stderr), _telling(output):
            yield output
    except (typer.Exit, typer.BadParameter):
        raise
    except LitesmithError as error:
        output.findings(error.diagnostics)
        _trace(output)
        raise typer.Exit(exit_code(error.diagnostics)) from None
    except Exception as error:
        from litesmith.diagnostics.internal import Unexpected
        from litesmith.diagnostics.quoting import quoted

        output.findings([Unexpected(f"{type(error).__name__}: {quoted(error)}")])
        _trace(output)
        raise typer.Exit(NEGATIVE) from None


@contextlib.contextmanager
def _telling(output: Output) -> Iterator[None]:
    """Findings that code inside warns of are told; other warnings go their way."""
    from litesmith.diagnostics.base import FindingWarning

    with warnings.catch_warnings():
        warnings.simplefilter("always", FindingWarning)
        show = warnings.showwarning

        def tell(message: Any, *where: Any, **options: Any) -> None:
            if isinstance(message, FindingWarning):
                output.tell(message.finding)
            else:
                show(message, *where, **options)

        warnings.showwarning = tell
        yield


def exit_code(diagnostics: Sequence[Diagnostic]) -> int:
    """2 where what was handed in is at fault, 1 where the finding is negative."""
    return BAD_INPUT if any(finding.bad_input for finding in diagnostics) else NEGATIVE


def _trace(output: Output) -> None:
    if output.debug:
        import traceback

        traceback.print_exc()


def _standard(data: Any) -> Any:
    """Data that every JSON parser reads: infinities and NaNs, which JSON does not have, as text."""
    if isinstance(data, dict):
        return {str(key): _standard(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_standard(value) for value in data]
    if isinstance(data, float) and not math.isfinite(data):
        return str(data)
    return data
