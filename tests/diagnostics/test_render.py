"""Findings on a terminal."""

import io

from rich.console import Console

from litesmith.diagnostics.files import FileNotFound
from litesmith.diagnostics.keras import UnsupportedOperation
from litesmith.diagnostics.render import render
from litesmith.ir.source import Source


def shown(*findings):
    buffer = io.StringIO()
    Console(file=buffer, color_system=None, soft_wrap=True).print(render(findings))
    return buffer.getvalue().splitlines()


def test_a_finding_shows_code_place_source_line_and_hint(tmp_path):
    path = tmp_path / "layers.py"
    path.write_text("import keras\n\n    return keras.ops.erf(x)\n")
    finding = UnsupportedOperation(Source("block/act", "ops.erf", str(path), 3), "keras.ops.erf")
    assert shown(finding) == [
        "error K101: keras.ops.erf has no LiteRT form that Litesmith knows.",
        f"   in block/act at {path}:3",
        "   3 | return keras.ops.erf(x)",
        f"   {finding.hint()}",
    ]


def test_the_expression_is_marked(tmp_path):
    path = tmp_path / "layers.py"
    path.write_text("def call(x):\n    return keras.ops.erf(x) + 1\n")
    finding = UnsupportedOperation(Source("block/act", "ops.erf", str(path), 2, (11, 27)), "keras.ops.erf")
    assert shown(finding)[2:4] == ["   2 | return keras.ops.erf(x) + 1", "     |        ^^^^^^^^^^^^^^^^"]
    assert str(finding).splitlines()[2:4] == ["    return keras.ops.erf(x) + 1", "           ^^^^^^^^^^^^^^^^"]
    data = finding.to_json()
    assert (data["line"], data["column"], data["end_column"]) == (2, 12, 28)
    assert data["text"] == "    return keras.ops.erf(x) + 1"


def test_a_path_is_shown_from_the_working_folder(tmp_path, monkeypatch):
    (tmp_path / "layers.py").write_text("pass\n")
    monkeypatch.chdir(tmp_path)
    finding = UnsupportedOperation(Source("a", "ops.erf", str(tmp_path / "layers.py"), 1), "keras.ops.erf")
    assert shown(finding)[1] == "   in a at layers.py:1"


def test_a_source_that_cannot_be_read_is_left_out():
    finding = UnsupportedOperation(Source("a", "ops.erf", "<string>", 1), "keras.ops.erf")
    assert shown(finding)[1:] == ["   in a at <string>:1", f"   {finding.hint()}"]


def test_findings_that_say_the_same_share_an_entry():
    same = [UnsupportedOperation(Source(f"block_{i}"), "keras.ops.erf") for i in range(8)]
    lines = shown(*same, FileNotFound("x"))
    assert lines[1:7] == [*[f"   in block_{i}" for i in range(5)], "   and 3 other places"]
    assert sum(line.startswith("error") for line in lines) == 2
    assert "" in lines


def test_brackets_of_a_message_are_not_markup():
    assert shown(FileNotFound("[bold]x[/bold]"))[0] == "error F101: There is no file at [bold]x[/bold]."
