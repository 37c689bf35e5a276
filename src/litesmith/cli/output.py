"""What a command prints: its result on the output stream, everything else on the error stream."""

from __future__ import annotations

import contextlib
import json
import math
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import RenderableType

    from litesmith.diagnostics.base import Diagnostic
    from litesmith.diagnostics.telling import Attention, Ignoring

OK, NEGATIVE, BAD_INPUT = 0, 1, 2


class Output:
    """Where a command's words go.

    Attributes:
        as_json: the output stream gets one JSON object and nothing else.
        debug: errors show the place in the code where they arose.
        attention: what findings count for.
        told: findings that did not stop the work; they are shown with the result, or with the errors.
    """

    def __init__(self, as_json: bool, debug: bool, attention: Attention) -> None:
        self.as_json = as_json
        self.debug = debug
        self.attention = attention
        self.told: list[Diagnostic] = []
        self._stream = sys.stdout

    @contextlib.contextmanager
    def progress(self, doing: str) -> Iterator[Callable[[str], None]]:
        """Show what is being done, while it is, on a terminal only; what is given tells how far it is."""
        from rich.console import Console
        from rich.markup import escape

        console = Console(stderr=True)
        if not console.is_terminal:
            yield _unseen
            return
        with console.status(f"{doing} ...") as status:
            yield lambda said: status.update(f"{doing}: {escape(said)} ...")

    def result(self, data: dict[str, Any], layout: RenderableType) -> None:
        """The command's result: `data` for machines or `layout` for people.

        Raises:
            LitesmithError: for warnings that count as errors.
        """
        self.attention.require()
        if self.as_json:
            findings = [*data.get("findings", ()), *(finding.to_json() for finding in self._all(()))]
            self._write_json({"ok": True, **data, "findings": findings, **self._ignored_json()})
            return
        self._show(())
        from rich.console import Console

        Console(file=self._stream, highlight=False, soft_wrap=True).print(layout)

    def raw(self, data: dict[str, Any]) -> None:
        """A result in a format of its own."""
        self._write_json(data)

    def findings(self, diagnostics: Sequence[Diagnostic], data: dict[str, Any] | None = None) -> None:
        """Why there is no result, or a negative one."""
        if self.as_json:
            described = [finding.to_json() for finding in self._all(diagnostics)]
            self._write_json({"ok": False, **(data or {}), "findings": described, **self._ignored_json()})
            return
        self._show(diagnostics)

    def tell(self, finding: Diagnostic) -> None:
        """A finding that does not stop the work, once."""
        if finding not in self.told:
            self.told.append(finding)

    def end(self) -> None:
        """Show what was told, where the command ends without a result."""
        if not self.as_json:
            self._show(())

    def _all(self, diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
        """What was told and not shown yet, and other findings, worst first."""
        from litesmith.diagnostics.base import worst_first

        told, self.told = self.told, []
        return worst_first([*told, *diagnostics])

    def _show(self, diagnostics: Sequence[Diagnostic]) -> None:
        from rich.console import Console

        from litesmith.diagnostics.render import render

        console = Console(stderr=True, highlight=False, soft_wrap=True)
        if found := self._all(diagnostics):
            console.print(render(found))
        if count := len(self.attention.ignored):
            console.print(f"{count} finding{'s' * (count != 1)} ignored")
            self.attention.ignored.clear()

    def _ignored_json(self) -> dict[str, Any]:
        """What was ignored, where something could be."""
        return {"ignored": [each.to_json() for each in self.attention.ignored]} if self.attention.rules else {}

    def _write_json(self, data: dict[str, Any]) -> None:
        print(json.dumps(_standard(data), indent=2), file=self._stream)


def _unseen(said: str) -> None:
    """Nobody watches."""


@contextlib.contextmanager
def reporting(
    as_json: bool, debug: bool, strict: bool = False, ignore: Sequence[str] | None = None
) -> Iterator[Output]:
    """Run a command's work: findings are shown and become the exit code.

    What the user's code or a framework prints meanwhile goes to the error stream. `strict` and `ignore` say what
    findings count for (`attending`).
    """
    from litesmith.diagnostics.wording import on_command_line

    with on_command_line():
        yield from _reporting(as_json, debug, strict, ignore or ())


def _reporting(as_json: bool, debug: bool, strict: bool, ignore: Sequence[str]) -> Iterator[Output]:
    from litesmith.cli.environment import quiet
    from litesmith.diagnostics.base import LitesmithError
    from litesmith.diagnostics.telling import Attention, attending_to

    if not debug:
        quiet()
    output = Output(as_json, debug, Attention(strict, _rules(ignore)))
    try:
        with contextlib.redirect_stdout(sys.stderr), _telling(output), attending_to(output.attention):
            yield output
        output.end()
    except (typer.Exit, typer.BadParameter):
        output.end()
        raise
    except LitesmithError as error:
        output.findings(error.diagnostics)
        _trace(output)
        raise typer.Exit(exit_code(error.diagnostics)) from None
    except Exception as error:
        from litesmith.diagnostics.internal import Unexpected
        from litesmith.diagnostics.quoting import named

        output.findings([Unexpected(named(error))])
        _trace(output)
        raise typer.Exit(NEGATIVE) from None


def _rules(ignore: Sequence[str]) -> tuple[Ignoring, ...]:
    from litesmith.diagnostics.telling import ignoring

    try:
        return tuple(map(ignoring, ignore))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--ignore") from None


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
