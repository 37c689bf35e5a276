"""A text by which an error is recognised, with its cause and cure."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

QUOTES = "'\"`\u2018\u2019\u201c\u201d"
PLACEHOLDER = re.compile(r"<(\w+)>")
ENDS = ":;,!=(){}[]#"
LONGEST = 300
"""Signs, without white space, that a placeholder may stand for."""


@dataclass(frozen=True)
class Pattern:
    """One error of another tool.

    Attributes:
        name: what it is called in JSON; unique.
        said_by: the tool whose words these are.
        texts: its wordings. `<name>` stands for what differs; white space and kinds of quotes do not count.
        cause: what went wrong. Together with `cure` it may use the placeholders of all wordings: `{name}`.
        cure: what to do, whatever tool is used.
        instead: commands of Litesmith, or lines of Python, that avoid the error.
        source: where the text was found.
        wraps: the text stands around another error, or sums errors up; where another pattern is found, that is
            the cause.
    """

    name: str
    said_by: str
    texts: tuple[str, ...]
    cause: str
    cure: str
    instead: tuple[str, ...]
    source: str
    wraps: bool = False

    @functools.cached_property
    def expressions(self) -> tuple[re.Pattern[str], ...]:
        """The wordings as regular expressions over text that `squeezed` made."""
        return tuple(map(_expression, self.texts))

    @property
    def literals(self) -> tuple[int, ...]:
        """How many signs of each wording are fixed."""
        return tuple(len("".join(PLACEHOLDER.sub("", text).split())) for text in self.texts)


def _expression(text: str) -> re.Pattern[str]:
    literals, names = PLACEHOLDER.split(text)[::2], PLACEHOLDER.split(text)[1::2]
    if not literals[0].strip() or not literals[-1].strip():
        raise ValueError(f"a text begins and ends with words, not with a placeholder: {text!r}")
    parts = [_literal(literals[0])]
    for name, before, after in zip(names, literals, literals[1:], strict=False):
        parts.append(f"(?P<{name}>{_sign_between(before, after)}{{1,{LONGEST}}}?)")
        parts.append(_literal(after))
    return re.compile("".join(parts), re.IGNORECASE)


def _sign_between(before: str, after: str) -> str:
    """A sign that a placeholder may stand for: not the quote or the punctuation that ends it."""
    if before[-1] in QUOTES and after[0] in QUOTES:
        return "[^']"
    return f"[^{re.escape(after[0])}]" if after[0] in ENDS else "."


def _literal(text: str) -> str:
    """Fixed words without white space, quoted or not: where texts are pasted, quotes come and go."""
    return "".join("'*" if sign in QUOTES or sign.isspace() else re.escape(sign) for sign in text)
