"""The pages of `docs/`: up to date, true, and linked."""

import re
from pathlib import Path

import pytest

import coverage_page
import findings_page
import page_examples
import pages
import tensorflow_page
from litesmith.diagnostics.base import Severity
from litesmith.diagnostics.documentation import findings

ROOT = Path(__file__).resolve().parent.parent
DOCS = sorted((ROOT / "docs").rglob("*.md"))
PAGES = {
    coverage_page.NAME: coverage_page.page,
    tensorflow_page.NAME: tensorflow_page.page,
}


@pytest.mark.parametrize("name", PAGES)
def test_pages_written_by_programs_are_up_to_date(name, capsys):
    assert pages.main(name, PAGES[name], ["--check"]) == 0, capsys.readouterr().err


def test_the_pages_of_findings_are_up_to_date(capsys):
    assert pages.main_of_several(findings_page.FOLDER, findings_page.written, ["--check"]) == 0, capsys.readouterr().err


def test_pages_of_findings_that_are_no_more_are_noticed_and_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(pages, "DOCS", tmp_path)
    (tmp_path / "findings").mkdir()
    (old := tmp_path / "findings" / "K999.md").write_text("It was.")
    written = {"findings.md": "All.\n", "findings/K101.md": "One.\n"}
    assert pages.main_of_several("findings", lambda: written, ["--check"]) == 1
    assert old.exists()
    assert pages.main_of_several("findings", lambda: written, []) == 0
    assert not old.exists()
    assert pages.main_of_several("findings", lambda: written, ["--check"]) == 0


def test_check_writes_nothing_and_shows_what_changed(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(pages, "DOCS", tmp_path)
    assert pages.main("page.md", lambda: "one\ntwo\n", ["--check"]) == 1
    assert not (tmp_path / "page.md").exists()
    assert pages.main("page.md", lambda: "one\ntwo\n", []) == 0
    assert pages.main("page.md", lambda: "one\ntwo\n", ["--check"]) == 0
    assert pages.main("page.md", lambda: "one\nthree\n", ["--check"]) == 1
    assert "-two\n+three" in capsys.readouterr().err


def test_every_finding_has_its_page():
    written = findings_page.written()
    for code, finding in findings().items():
        text = written[f"findings/{code}.md"]
        assert text.startswith(f"# {code}: ")
        assert ("exit code" in text) == (finding.severity is Severity.ERROR)
        if finding.severity is Severity.ERROR:
            assert f"with exit code {2 if finding.bad_input else 1}" in text
        assert f"](findings/{code}.md)" in written["findings.md"]
    assert "--ignore V103" in written["findings/V103.md"]
    assert "--ignore" not in written["findings/K103.md"]


def test_every_case_has_its_operators_on_the_page():
    assert coverage_page.stale() == []


def test_a_row_of_coverage_tells_what_the_official_converter_does():
    name = "ops.sinh"
    cases = coverage_page.table.cases_of(name)
    assert len(cases) > 1
    outcomes = {case.id: "not converted: needs Sinh" for case in cases}
    assert coverage_page.row(name, {}, outcomes).endswith(f"| 0 of {len(cases)}: needs Sinh |")
    outcomes[cases[0].id] = "right"
    assert coverage_page.row(name, {}, outcomes).endswith(f"| 1 of {len(cases)}: needs Sinh |")
    outcomes[cases[0].id] = "no model: ValueError"
    assert coverage_page.row(name, {}, outcomes).endswith(f"| 0 of {len(cases) - 1}: needs Sinh |")
    assert coverage_page.row(name, {}, {}).endswith("| not measured |")


@pytest.mark.parametrize("page", page_examples.pages(), ids=lambda path: path.name)
def test_examples_print_what_their_page_shows(page):
    assert page_examples.rerun(page) == page.read_text(encoding="utf-8")


def test_pages_with_examples_are_found():
    assert {page.name for page in page_examples.pages()} >= {"README.md", "cli.md", "python.md", "limits.md"}


def test_the_readme_counts_as_the_coverage_page_does():
    coverage = (ROOT / "docs/reference/coverage.md").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    cases, layers, operations = re.findall(r"(\d+) cases of (\d+) layers and (\d+) operations", coverage)[0]
    right, given = re.findall(r"those that it was given: (\d+) of (\d+)", coverage)[0]
    assert (
        f"{layers} layers and {operations} operations in more than {int(cases) // 100 * 100:,} configurations" in readme
    )
    assert "three quarters" in readme
    assert abs(int(right) / int(given) - 0.75) < 0.03


PAGE = """
```python
# count.py
def count():
    return 1 + {one}
```

```python
import count
print(count.count())
```

```text
{shown}
```

```console
$ litesmith convert nowhere.keras
error {code}: There is no file at nowhere.keras.
   Check the spelling, and the folder.
$ echo $?
{exit_code}
```
"""
TRUE = {"one": 1, "shown": 2, "code": "F101", "exit_code": 2}


def test_a_page_that_shows_what_is_so_stays(tmp_path):
    (page := tmp_path / "page.md").write_text(PAGE.format(**TRUE))
    assert page_examples.rerun(page) == page.read_text()


def test_times_and_errors_may_differ_and_words_may_not(tmp_path):
    page = tmp_path / "page.md"
    for shown, stays in (("took 3.1 s, off by 2e-07", True), ("took 35 ms, off by 1.1e-6", True), ("took long", False)):
        text = f'```python\nprint("took 0.21 s, off by 1.5e-07")\n```\n\n```text\n{shown}\n```\n'
        page.write_text(text)
        assert (page_examples.rerun(page) == text) is stays


@pytest.mark.parametrize("wrong", [{"shown": 3}, {"code": "F102"}, {"exit_code": 1}])
def test_a_page_that_shows_something_else_is_put_right(wrong, tmp_path):
    (page := tmp_path / "page.md").write_text(PAGE.format(**TRUE | wrong))
    assert page_examples.rerun(page) == PAGE.format(**TRUE)


def test_a_command_that_fails_must_say_so(tmp_path):
    (page := tmp_path / "page.md").write_text(PAGE.format(**TRUE).replace("$ echo $?\n2\n", ""))
    with pytest.raises(AssertionError, match="exit code 2"):
        page_examples.rerun(page)


def test_an_example_that_breaks_names_the_line_of_its_page(tmp_path):
    (page := tmp_path / "page.md").write_text("Text.\n\n```python\nx = 1\nx / 0\n```\n")
    with pytest.raises(ZeroDivisionError) as error:
        page_examples.rerun(page)
    last = error.traceback[-1]
    assert (Path(last.path).name, last.lineno + 1) == ("page.md", 5)


@pytest.mark.parametrize("page", [*DOCS, ROOT / "README.md"], ids=lambda path: path.name)
def test_links_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if link.startswith("http"):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def anchors(page):
    """The anchors that a page's headings get."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
