"""What an exception of a framework says, in one line."""

from __future__ import annotations

import re

ANSI = re.compile(r"\x1b\[[0-9;]*m")
WRAPPING = re.compile(r"^(Exception encountered when calling .*|Error encountered:|Could not automatically infer .*)$")
CAUSE = "Exception encountered: "
APPENDED = (" Full object config", " config={", " Arguments received by")
"""Where Keras goes on with the configuration of everything."""

LONGEST = 300


def named(error: BaseException) -> str:
    """The type of an exception, and what it says."""
    said, name = quoted(error), type(error).__name__
    return said if said == name or said.startswith(f"{name}: ") else f"{name}: {said}"


def quoted(error: BaseException) -> str:
    """The first line that says something, without a full stop; a cause that the text quotes comes first.

    Keras puts a line of its own around the errors of layers, and whole configurations behind them.
    """
    is_key = (
        isinstance(error, KeyError) and error.args
    )  # its text quotes the key, and so all that Keras wrote around it
    said = error.args[0] if is_key else error
    lines = [line.strip() for line in ANSI.sub("", str(said)).splitlines()]
    causes = [line.removeprefix(CAUSE) for line in lines if line.startswith(CAUSE)]
    telling = [line for line in lines if line and not WRAPPING.match(line)]
    text = (causes[-1:] or telling or [type(error).__name__])[0]
    text = f"KeyError: {text}" if is_key else text
    for appended in APPENDED:
        text = text.partition(appended)[0]
    return text[: LONGEST - 3].rstrip() + "..." if len(text) > LONGEST else text.rstrip(". ")
