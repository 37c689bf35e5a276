"""The pages of `docs/`: up to date, true, and linked."""

import inspect
import re
from pathlib import Path

import keras
import pytest

import coverage_page
import findings_page
import page_examples
import pages
from litesmith.diagnostics.documentation import findings
from litesmith.frontends.keras import registry
from typical_layers import FAMILIES, NO_LAYERS, NOT_CONVERTED

ROOT = Path(__file__).resolve().parent.parent
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = {"findings.md": findings_page.page, "coverage.md": coverage_page.page}


@pytest.mark.parametrize("name", PAGES)
def test_pages_written_by_programs_are_up_to_date(name, capsys):
    assert pages.main(name, PAGES[name], ["--check"]) == 0, capsys.readouterr().err


def test_check_writes_nothing_and_shows_what_changed(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(pages, "DOCS", tmp_path)
    assert pages.main("page.md", lambda: "one\ntwo\n", ["--check"]) == 1
    assert not (tmp_path / "page.md").exists()
    assert pages.main("page.md", lambda: "one\ntwo\n", []) == 0
    assert pages.main("page.md", lambda: "one\ntwo\n", ["--check"]) == 0
    assert pages.main("page.md", lambda: "one\nthree\n", ["--check"]) == 1
    assert "-two\n+three" in capsys.readouterr().err


def test_every_finding_has_its_section():
    text = findings_page.page()
    for code, finding in findings().items():
        assert f"### {code}\n" in text
        assert f"exit code {2 if finding.bad_input else 1}" in text.partition(f"### {code}\n")[2].partition("###")[0]


def test_every_public_layer_is_in_the_table_once():
    named = [use.name for uses in FAMILIES.values() for use in uses] + list(NOT_CONVERTED) + list(NO_LAYERS)
    assert len(named) == len(set(named))
    covered = {id(getattr(keras.layers, name)) for name in named}
    members = {name: getattr(keras.layers, name) for name in dir(keras.layers)}
    assert [name for name, member in members.items() if inspect.isclass(member) and id(member) not in covered] == []


def test_a_layer_that_does_not_convert_says_why(monkeypatch):
    assert registry.lowering("ops.sinh")
    monkeypatch.delitem(registry._by_name, "ops.sinh")
    x = keras.Input((3,))
    model = keras.Model(x, keras.layers.Lambda(keras.ops.sinh)(x))
    assert coverage_page.what_stands_in_the_way(model).startswith("K101: keras.ops.sinh")


@pytest.mark.parametrize("page", page_examples.pages(), ids=lambda path: path.name)
def test_examples_print_what_their_page_shows(page):
    assert page_examples.rerun(page) == page.read_text(encoding="utf-8")


def test_pages_with_examples_are_found():
    assert {page.name for page in page_examples.pages()} >= {"README.md", "cli.md", "python.md", "limits.md"}


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
