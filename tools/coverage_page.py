"""Write docs/reference/coverage.md: what converts of Keras, from the table of conformance in tests/conformance/cases/.

Run `python tools/coverage_page.py`, or with `--check` to see whether the page is up to date. What the page promises is
what the tests check of every case; `--measure` converts new cases (with `--again`: all) and
notes their operators in coverage.json.
What the official converter does is in official.json, which `tools/official_coverage.py` writes.
"""

from __future__ import annotations

import os

os.environ.setdefault("KERAS_BACKEND", "numpy")

import argparse
import inspect
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "conformance"))

import keras  # noqa: E402
from cases import table  # noqa: E402
from cases.case import PUBLIC, Case  # noqa: E402

import pages  # noqa: E402
from litesmith.diagnostics.base import LitesmithError  # noqa: E402

NAME = "reference/coverage.md"
OPERATORS = pages.DOCS / "reference" / "coverage.json"
OFFICIAL = pages.DOCS / "reference" / "official.json"
SHOWN = 5
TITLE = """\
# Coverage

What converts, of the public names of Keras {keras}: {cases} cases of {layers} layers and {operations} operations,
which the tests enumerate from Keras, convert, run in the LiteRT runtime and compare with Keras
(`tests/conformance/cases/`). This page is written from them by `tools/coverage_page.py`.

- **Cases**: how many configurations convert, of how many in the table.
- **Error**: the largest that the tests allow, relative to the largest element of an output (for functions of each
  element: to the element), where Keras computes in float32; `exact` means that there is none.
- **Sizes**: which may be left open: the `batch` alone, or `any` but those that weights fix; files ran at several.
- **Operators**: of LiteRT, in these cases; the most frequent first.
- **Official**: how many cases TensorFlow's converter gets right, of those that it was given: {official}.
  Builtin operators only, the batch open, numbers within 1e-4 of Keras on TensorFlow.

Your own layers convert when they are made of what converts, or when you say how they are expressed with
[`@litesmith.lowers`](../python.md#your-own-layers). [Limits](../limits.md) says what to do about findings.
"""
COLUMNS = "| {kind} | cases | error | sizes | operators | official |\n| --- | --- | --- | --- | --- | --- |"


def page() -> str:
    """The page: what cannot be expressed, layers, operations."""
    names = sorted(table.names(), key=str.lower)
    operators = _read(OPERATORS)["operators"]
    official = _read(OFFICIAL)
    layers = [name for name in names if name.startswith("layers.")]
    operations = [name for name in names if name.startswith("ops.")]
    rows = {name: row(name, operators, official["outcomes"]) for name in names}
    title = TITLE.format(
        keras=keras.version(),
        cases=len(table.CASES),
        layers=len(layers),
        operations=len(operations),
        official=_of_official(official),
    )
    return "\n".join(
        [
            title,
            "## What cannot be expressed\n",
            *refusals(),
            "\n## Layers\n",
            COLUMNS.format(kind="Layer"),
            *(rows[name] for name in layers),
            "\n## Operations of `keras.ops`\n",
            COLUMNS.format(kind="Operation"),
            *(rows[name] for name in operations),
            "",
        ]
    )


def refusals() -> list[str]:
    """A table of the cases and layers that give a finding."""
    lines = ["| What | finding | why |", "| --- | --- | --- |"]
    for name, (converts, code, why) in table.OF_OTHERS.items():
        if converts == "no" and name in PUBLIC:
            lines.append(f"| `{name}` | {_link(code)} | {why} |")
    refused = [case for case in table.CASES if case.refused]
    return [*lines, *(f"| `{_cell(case.id)}` | {_link(case.refused)} | {case.because} |" for case in refused)]


def row(name: str, operators: dict[str, list[str]], outcomes: dict[str, str]) -> str:
    """The line of a layer or an operation."""
    short = name.removeprefix("layers.").removeprefix("ops.")
    also = sorted({other.split(".", 1)[1] for other in table.names()[name]} - {f"{room}.{short}" for room in ROOMS})
    shown = f"`{short}`" + (f" ({', '.join(also)})" if also else "")
    if name in table.OF_OTHERS:
        converts, code, note = table.OF_OTHERS[name]
        return f"| {shown} | {converts} | | | {note}{f' ({code})' if code else ''} | |"
    cases = table.cases_of(name)
    right = [case for case in cases if not case.refused]
    cells = (f"{len(right)} of {len(cases)}", _error(right), _sizes(right), _operators(right, operators))
    return f"| {shown} | {' | '.join(cells)} | {_official(cases, outcomes)} |"


ROOMS = ("nn", "numpy", "linalg", "image")


def _error(cases: list[Case]) -> str:
    largest = max((case.bound for case in cases if "float16" not in case.id), default=None)
    return "" if largest is None else f"{largest:g}" if largest else "exact"


def _sizes(cases: list[Case]) -> str:
    if not cases:
        return ""
    if any(case.has_open_sizes for case in cases):
        return "any"
    return "batch" if any(given.has_batch for case in cases for given in case.inputs) else "known"


def _operators(cases: list[Case], operators: dict[str, list[str]]) -> str:
    """The most frequent operators of the first cases."""
    counted = Counter(name for case in cases for name in dict.fromkeys(operators.get(case.id, ())))
    names = [name for name, _ in counted.most_common()]
    more = f", {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _official(cases: list[Case], outcomes: dict[str, str]) -> str:
    """How many cases are right of those that were measured, and what most of the others fail by."""
    found = [outcomes[case.id] for case in cases if case.id in outcomes]
    found = [outcome for outcome in found if not outcome.startswith("no model")]
    if not found:
        return "not measured"
    failures = Counter(_in_two_words(outcome) for outcome in found if outcome != "right")
    why = f": {failures.most_common(1)[0][0]}" if failures else ""
    return f"{found.count('right')} of {len(found)}{why}"


def _in_two_words(outcome: str) -> str:
    stage, _, reason = outcome.partition(": ")
    if reason.startswith("needs "):
        return reason.partition(",")[0]
    return {"not run": "does not run", "wrong numbers": "wrong numbers"}.get(stage, "not converted")


def _of_official(official: dict[str, Any]) -> str:
    measured = [official["outcomes"][case.id] for case in table.CASES if case.id in official["outcomes"]]
    given = [outcome for outcome in measured if not outcome.startswith("no model")]
    versions = ", ".join(f"{name} {version}" for name, version in official["versions"].items())
    left = len(table.CASES) - len(measured)
    unmeasured = f"; {left} cases not measured" if left else ""
    return f"{given.count('right')} of {len(given)} ({versions}, {official['date']}{unmeasured})"


def _link(code: str) -> str:
    return f"[{code}](../findings/{code}.md)"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _read(path: Path) -> dict[str, Any]:
    empty: dict[str, Any] = {"operators": {}, "outcomes": {}, "versions": {}, "date": ""}
    return empty | (json.loads(path.read_text(encoding="utf-8")) if path.exists() else {})


def stale() -> list[str]:
    """Cases whose operators coverage.json does not have, or has without there being such a case."""
    known = {case.id for case in table.CASES if not case.refused}
    return sorted(known ^ set(_read(OPERATORS)["operators"]))


def measure(again: bool) -> None:
    """Note the operators of the cases that have none yet, or of all; a case that fails keeps what was noted."""
    from cases.measuring import converted

    old = _read(OPERATORS)["operators"]
    found = {}
    for case in table.CASES:
        if case.refused:
            continue
        if case.id in old:
            found[case.id] = old[case.id]
        if case.id in found and not again:
            continue
        try:
            _, lite = converted(case, open_sizes=False)
        except LitesmithError as error:
            print(f"{case.id}: {error.diagnostics[0].message()}", file=sys.stderr)
            continue
        names = (operation.operator.builtin for graph in lite.model.all_graphs() for operation in graph.operations)
        found[case.id] = list(dict.fromkeys(names))
    lines = (f"{json.dumps(case, ensure_ascii=False)}: {json.dumps(names)}" for case, names in found.items())
    OPERATORS.write_text('{"operators": {\n' + ",\n".join(lines) + "\n}}\n", encoding="utf-8")


def main() -> int:
    """Write or check the page."""
    parser = argparse.ArgumentParser(description=inspect.getdoc(sys.modules[__name__]))
    parser.add_argument("--measure", action="store_true", help="convert new cases and note their operators")
    parser.add_argument("--again", action="store_true", help="with --measure: convert all cases")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when the page is out of date")
    arguments = parser.parse_args()
    if arguments.measure:
        measure(arguments.again)
    return pages.main(NAME, page, ["--check"] if arguments.check else [])


if __name__ == "__main__":
    raise SystemExit(main())
