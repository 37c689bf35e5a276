"""Pages of `docs/` that are written by programs, and the check that they are up to date."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Callable
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"


def main(name: str, page: Callable[[], str], arguments: list[str] | None = None) -> int:
    """Write the page `docs/NAME`; with `--check` only compare.

    Returns:
        The exit code: 1 where `--check` finds the page missing or out of date.
    """
    parser = argparse.ArgumentParser(description=f"Write docs/{name}.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when the page is out of date")
    path = DOCS / name
    if not parser.parse_args(arguments).check:
        path.write_text(page(), encoding="utf-8")
        return 0
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    lines = list(difflib.unified_diff(old.splitlines(), page().splitlines(), f"docs/{name}", "as it would be", n=0))
    if lines:
        print(*lines, sep="\n", file=sys.stderr)
        print(f"docs/{name} is out of date: write it again without --check.", file=sys.stderr)
    return 1 if lines else 0
