"""What the array library raises."""

from __future__ import annotations


class Unsupported(Exception):
    """An operation with arguments that have no form in LiteRT operators; the text says which."""
