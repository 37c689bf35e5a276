"""Findings as SARIF 2.1.0, which code review tools show beside the lines they are about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litesmith import __version__
from litesmith.diagnostics.base import Diagnostic, Severity
from litesmith.diagnostics.excerpt import excerpt
from litesmith.ir.source import Source

LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif_log(findings: Sequence[Diagnostic], ignored: Sequence[Diagnostic] = ()) -> dict[str, Any]:
    """A log with one run; a finding in the user's code has its file and line, one of a layer the layer's path.

    Those that are `ignored` stand behind the others, as suppressed.
    """
    kinds = {type(finding).code: type(finding) for finding in (*findings, *ignored)}
    suppressed = [{**_result(finding), "suppressions": [{"kind": "external"}]} for finding in ignored]
    rules = [{"id": code, "shortDescription": {"text": _title(kind)}} for code, kind in kinds.items()]
    driver = {"name": "Litesmith", "version": __version__, "rules": rules}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "results": [*map(_result, findings), *suppressed],
            }
        ],
    }


def _title(kind: type[Diagnostic]) -> str:
    return (kind.__doc__ or kind.__name__).strip().splitlines()[0]


def _result(finding: Diagnostic) -> dict[str, Any]:
    said = " ".join(filter(None, [finding.message(), finding.hint()]))
    result: dict[str, Any] = {"ruleId": finding.code, "level": LEVELS[finding.severity], "message": {"text": said}}
    place = finding.where
    location: dict[str, Any] = {}
    if place is not None and place.file:
        region = {"region": _region(place)} if place.line else {}
        location["physicalLocation"] = {"artifactLocation": {"uri": place.file}, **region}
    if place is not None and place.layer:
        location["logicalLocations"] = [{"fullyQualifiedName": place.layer, "kind": "member"}]
    return {**result, "locations": [location]} if location else result


def _region(place: Source) -> dict[str, Any]:
    """The user's line, and the expression on it where that is known."""
    line = excerpt(place)
    region: dict[str, Any] = {"startLine": place.line}
    if line is not None:
        region["snippet"] = {"text": line.expression or line.text}
        if line.columns is not None:
            region["startColumn"], region["endColumn"] = line.columns
    return region
