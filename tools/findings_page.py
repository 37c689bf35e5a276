"""Write docs/findings.md and docs/findings/CODE.md, from the classes of the findings.

Run `python tools/findings_page.py`, or with `--check` to see whether the pages are up to date.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from itertools import groupby

import pages
from litesmith.diagnostics.base import Diagnostic
from litesmith.diagnostics.documentation import documentation, findings
from litesmith.diagnostics.telling import is_ignorable

INDEX = "findings.md"
FOLDER = "findings"
TITLE = """\
# Findings

Everything that Litesmith has to say about a model carries a code, and every code has a page: what was found, why it
matters, an example, what to do. `litesmith explain CODE` shows the same. The command line ends with exit code 2 where
what was given is at fault, and with 1 where a finding is negative; warnings and notes do not end it, unless warnings
[count as errors](cli.md#which-findings-count).

This page and those of the codes are written by `tools/findings_page.py`, from the classes in
`src/litesmith/diagnostics/`.
"""
WEIGHT = {"error": "an error", "warning": "a warning", "note": "a note"}


def written() -> dict[str, str]:
    """Every page by its path in docs/."""
    return {INDEX: index()} | {f"{FOLDER}/{code}.md": page(finding) for code, finding in findings().items()}


def index() -> str:
    """The list of all codes: families in the order of their letters."""
    families = groupby(findings().items(), key=lambda item: item[0][0])
    return "\n".join([TITLE, *(_family(letter, [finding for _, finding in members]) for letter, members in families)])


def _family(letter: str, members: list[type[Diagnostic]]) -> str:
    rows = [f"| [{each.code}]({FOLDER}/{each.code}.md) | {_summary(each)} |" for each in members]
    return "\n".join(
        [f"## {letter}: {_subject(members[0])}\n", "| code | what was found |", "| --- | --- |", *rows, ""]
    )


def _summary(member: type[Diagnostic]) -> str:
    return documentation(member).summary.replace("|", "\\|")


def _subject(member: type[Diagnostic]) -> str:
    """What the findings of a module are about, from the first line of its docstring."""
    first = (inspect.getmodule(member).__doc__ or "").splitlines()[0]
    about = re.fullmatch(r"Findings about (.*) \(.\.\.\.\).*", first)
    if about is None:
        raise ValueError(f"{member.__module__} does not begin with 'Findings about ... (X...)'")
    return about[1]


def page(member: type[Diagnostic]) -> str:
    """What there is to say of one finding."""
    said = documentation(member)
    return f"""\
# {member.code}: {said.summary}

{WEIGHT[member.severity.value].capitalize()}, {" ".join(_consequences(member))} In Python: `{member.__name__}`.

## Why it matters

{_sentence(said.why)}

## Example

{_sentence(said.example)}

## How to fix it

{_sentence(said.fix)}

---

[All findings](../{INDEX})
"""


def _sentence(text: str) -> str:
    """A section that begins with a capital letter, as it has a title rather than a colon in front of it."""
    return text[:1].upper() + text[1:]


def _consequences(member: type[Diagnostic]) -> Iterator[str]:
    """What becomes of the command that finds it, and whether it can be left out."""
    if member.severity.value == "error":
        yield f"which ends the command with exit code {2 if member.bad_input else 1}."
    elif member.severity.value == "warning":
        yield "which does not stop the work; with `--strict` it counts as an error."
    else:
        yield "which does not stop the work."
    if is_ignorable(member):
        yield f"It can be left out: `--ignore {member.code}`."


if __name__ == "__main__":
    raise SystemExit(pages.main_of_several(FOLDER, written))
