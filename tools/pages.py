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
    return _main(f"docs/{name}", lambda: {name: page()}, list, arguments)


def main_of_several(folder: str, written: Callable[[], dict[str, str]], arguments: list[str] | None = None) -> int:
    """Write pages by their paths in `docs/`, and remove what else is in `docs/FOLDER`; with `--check` only compare."""
    return _main(f"docs/{folder}", written, lambda: sorted((DOCS / folder).glob("*.md")), arguments)


def _main(
    what: str,
    written: Callable[[], dict[str, str]],
    there: Callable[[], list[Path]],
    arguments: list[str] | None,
) -> int:
    parser = argparse.ArgumentParser(description=f"Write {what}.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when a page is out of date")
    is_check = parser.parse_args(arguments).check
    pages = written()
    texts: dict[Path, str | None] = dict.fromkeys(there())
    texts |= {DOCS / name: text for name, text in pages.items()}
    differences = [line for path, text in texts.items() for line in _update(path, text, is_check)]
    if differences:
        print(*differences, f"{what} is out of date: write it again without --check.", sep="\n", file=sys.stderr)
    return 1 if differences else 0


def _update(path: Path, text: str | None, is_check: bool) -> list[str]:
    """Give a page its text, or remove it without any; only tell the difference for a check."""
    if not is_check:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True) if text is None else path.write_text(text, encoding="utf-8")
        return []
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    name = path.relative_to(DOCS.parent).as_posix()
    return list(difflib.unified_diff(old.splitlines(), (text or "").splitlines(), name, "as it would be", n=0))
