"""Run the examples of README.md and of docs/, and write what they print behind them.

Run `python tools/page_examples.py` (all pages, or those named), or with `--check` to see whether what the pages show
is still so. The blocks of a page run from top to bottom in one empty folder:

- `python` blocks share their variables. One that begins with a comment `# name.py` is that file instead, and so is a
  `toml` block.
- A `text` block right behind a `python` block is what that prints.
- In `console` blocks, lines that begin with `$ litesmith` run. They must end with exit code 0, or `$ echo $?` must
  follow. Other commands are not run, and keep the output that they have.
"""

from __future__ import annotations

import os

os.environ["KERAS_BACKEND"] = "numpy"

import contextlib
import io
import re
import shlex
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
from typer.testing import CliRunner

from litesmith.cli.main import app

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(
    r"^```(python|console|text|toml)\n(.*?)^```\n(?:\n```(text)\n(.*?)^```\n)?", re.DOTALL | re.MULTILINE
)
FIGURES = re.compile(r"[\d.,]+ (ms|s|bytes|kB|MB)\b|\d+(\.\d+)?e[-+]?\d+|\d+\.\d+|\d{4,}|(?<=max ...) 0\b|[ ─━]{2,}")
"""What differs between machines and versions: times, errors, sizes, and the widths of columns."""


def pages() -> list[Path]:
    """The pages that have examples."""
    return [page for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))) if _has_examples(page)]


def _has_examples(page: Path) -> bool:
    return re.search(r"^```python|^\$ litesmith", page.read_text(encoding="utf-8"), re.MULTILINE) is not None


def rerun(page: Path) -> str:
    """The page's text with what its examples print now."""
    text = page.read_text(encoding="utf-8")
    variables: dict[str, Any] = {"__name__": "example"}
    keras.backend.clear_session()  # names such as `dense_3` count from the beginning

    def block(match: re.Match[str]) -> str:
        language, source, _, shown = match.groups()
        if language == "text":
            return match[0]
        if language == "toml":
            _file(source)
            return match[0]
        if language == "console":
            return _unless_same(match[0], f"```console\n{_session(source)}```\n")
        first_line = text[: match.start()].count("\n") + 2
        printed = _python(source, page, first_line, variables)
        return match[0] if shown is None else _unless_same(match[0], _python_block(source, printed))

    with _empty_folder():
        return BLOCK.sub(block, text)


def _unless_same(old: str, new: str) -> str:
    """The old text where only figures differ: those of a quiet machine, and of whole processes, may stay."""
    return old if without_figures(old) == without_figures(new) else new


def _python_block(source: str, printed: str) -> str:
    return f"```python\n{source}```\n\n```text\n{printed}```\n"


def without_figures(text: str) -> str:
    """The text with one sign for each figure that differs between machines."""
    return FIGURES.sub("#", text)


def _file(source: str) -> bool:
    """Write a block that begins with the name of a file to that file."""
    file = re.match(r"# (\w+\.\w+)\n", source)
    if file:
        Path(file[1]).write_text(source, encoding="utf-8")
    return file is not None


def _python(source: str, page: Path, first_line: int, variables: dict[str, Any]) -> str:
    """What a block prints; errors name the page's line."""
    if _file(source):
        return ""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile("\n" * (first_line - 1) + source, str(page), "exec"), variables)
    return "".join(line.rstrip() + "\n" for line in printed.getvalue().splitlines())


def _session(source: str) -> str:
    """A console block with the output of its commands."""
    lines: list[str] = []
    code = 0
    for part in re.split(r"^(?=\$ )", source, flags=re.MULTILINE):
        command, _, shown = part.partition("\n")
        if command == "$ echo $?":
            shown, code = f"{code}\n", 0
        elif code:
            raise AssertionError(f"exit code {code}, and no `$ echo $?` behind it:\n{''.join(lines)}")
        elif command.startswith("$ litesmith "):
            code, shown = _command(shlex.split(command)[2:])
        lines.append(f"{command}\n{shown}" if command else shown)
    if code:
        raise AssertionError(f"exit code {code}, and no `$ echo $?` behind it:\n{''.join(lines)}")
    return "".join(line.rstrip() + "\n" for line in "".join(lines).splitlines())


def _command(arguments: list[str]) -> tuple[int, str]:
    """A command's exit code and output, as in a process that has not imported or registered the page's classes."""
    registered = keras.saving.get_custom_objects()
    known, path = dict(registered), list(sys.path)
    modules = {name: sys.modules.pop(name) for name in _imported_from(Path.cwd())}
    registered.clear()
    sys.path.remove(str(Path.cwd()))
    try:
        result = CliRunner().invoke(app, arguments, env={"COLUMNS": "100"})
    finally:
        registered.update(known)
        sys.path[:] = path
        sys.modules.update(modules)
    return result.exit_code, result.output


def _imported_from(folder: Path) -> list[str]:
    return [
        name for name, module in sys.modules.items() if Path(getattr(module, "__file__", None) or "/").parent == folder
    ]


@contextlib.contextmanager
def _empty_folder() -> Iterator[None]:
    """Run in a folder of its own, whose modules can be imported and are forgotten afterwards."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made).resolve()
        os.chdir(folder)
        sys.path.insert(0, str(folder))
        try:
            yield
        finally:
            os.chdir(before)
            sys.path.remove(str(folder))
            for name in _imported_from(folder):
                del sys.modules[name]


def main(arguments: list[str]) -> int:
    """Write the pages, or compare them."""
    check = "--check" in arguments
    chosen = [Path(argument).resolve() for argument in arguments if argument != "--check"] or pages()
    stale = 0
    for page in chosen:
        old, new = page.read_text(encoding="utf-8"), rerun(page)
        if old == new:
            continue
        stale += 1
        if not check:
            page.write_text(new, encoding="utf-8")
        print(f"{page.name}: {'out of date' if check else 'written'}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
