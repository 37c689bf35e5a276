"""Write docs/findings.md, from the classes of the findings.

Run `python tools/findings_page.py`, or with `--check` to see whether the page is up to date.
"""

from __future__ import annotations

import inspect
import re
from itertools import groupby

import pages
from litesmith.diagnostics.base import Diagnostic
from litesmith.diagnostics.documentation import documentation, findings

TITLE = """\
# Findings

Everything that Litesmith has to say about a model carries a code. `litesmith explain CODE` shows its section of this
page. The command line ends with exit code 2 where what was given is at fault, and with 1 where a finding is negative.

This page is written by `tools/findings_page.py` from the classes in `src/litesmith/diagnostics/`.
"""


def page() -> str:
    """The page: families in the order of their letters, findings in the order of their codes."""
    families = groupby(findings().items(), key=lambda item: item[0][0])
    sections = [(letter, [finding for _, finding in members]) for letter, members in families]
    contents = "\n".join(_contents(members) for _, members in sections)
    return "\n".join([TITLE, contents, "", *(_family(letter, members) for letter, members in sections)])


def _contents(members: list[type[Diagnostic]]) -> str:
    codes = ", ".join(f"[{member.code}](#{member.code.lower()})" for member in members)
    return f"- {_subject(members[0])}: {codes}"


def _family(letter: str, members: list[type[Diagnostic]]) -> str:
    return "\n".join([f"## {letter}: {_subject(members[0])}\n", *map(_section, members)])


def _subject(member: type[Diagnostic]) -> str:
    """What the findings of a module are about, from the first line of its docstring."""
    first = (inspect.getmodule(member).__doc__ or "").splitlines()[0]
    about = re.fullmatch(r"Findings about (.*) \(.\.\.\.\).*", first)
    if about is None:
        raise ValueError(f"{member.__module__} does not begin with 'Findings about ... (X...)'")
    return about[1]


def _section(member: type[Diagnostic]) -> str:
    said = documentation(member)
    exit_code = 2 if member.bad_input else 1
    return f"""\
### {member.code}

**{said.summary}** (`{member.__name__}`, {member.severity.value}, exit code {exit_code})

*Why it matters:* {said.why}

*Example:* {said.example}

*How to fix:* {said.fix}
"""


if __name__ == "__main__":
    raise SystemExit(pages.main("findings.md", page))
