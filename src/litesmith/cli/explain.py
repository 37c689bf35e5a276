"""`litesmith explain`: what a finding or an error text means."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from litesmith.cli.options import Debug, Json
from litesmith.cli.output import reporting

if TYPE_CHECKING:
    from rich.console import Group

    from litesmith.explanations.answer import ErrorAnswer, FindingAnswer

STANDARD_INPUT = "-"


def explain(
    text: Annotated[
        str,
        typer.Argument(
            metavar="CODE|TEXT|-",
            help="A finding's code, such as K101; an error's text, in quotes; or -, to read it from the input stream.",
            show_default=False,
        ),
    ],
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Say what a finding, or an error of another converter, Keras, a quantizer or a runtime, means, and what to do."""
    with reporting(as_json, debug) as out:
        from litesmith.explanations.answer import explain as explained

        try:
            answer = explained(standard_input() if text == STANDARD_INPUT else text)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="CODE") from None
        out.result({"command": "explain", **answer.to_json()}, _layout(answer))


def standard_input() -> str:
    """All of the input stream; signs that are not UTF-8 are no reason to fail."""
    return sys.stdin.buffer.read().decode(errors="replace")


def _layout(answer: FindingAnswer | ErrorAnswer) -> Group:
    from rich.console import Group
    from rich.text import Text

    head, _, rest = answer.title.partition(": ")
    sections = [
        Text.assemble((f"{title}:", "bold"), "" if text.startswith("\n") else " ", text)
        for title, text in answer.sections.items()
    ]
    return Group(Text.assemble((f"{head}: ", "bold"), rest), *sections)
