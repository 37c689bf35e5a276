"""Write docs/reference/tensorflow.md, from what is imported of TensorFlow's operations.

Run `python tools/tensorflow_page.py`, or with `--check` to see whether the page is up to date.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import textwrap
from types import ModuleType

import pages
from litesmith.frontends.tensorflow import operations
from litesmith.frontends.tensorflow.computing import computed_names
from litesmith.frontends.tensorflow.operations import refused
from litesmith.frontends.tensorflow.registry import import_of, imported_names

NAME = "reference/tensorflow.md"
WIDTH = 140

TITLE = """\
# Operations of TensorFlow

{count} operations of TensorFlow's graphs become operators of LiteRT: those of functions, layers, SavedModels and
frozen graphs ([Graphs of TensorFlow](../python.md#graphs-of-tensorflow)). A finding names any other one, or an
attribute or element type that has no form.

This page is written by `tools/tensorflow_page.py` from what is registered in
`src/litesmith/frontends/tensorflow/operations/`.
"""

REFUSED = """\
## Refused

These have no place in a file. The finding says what to do instead.
"""


def page() -> str:
    """The page: a paragraph for each file of imports, then what is refused, by reason."""
    names = sorted(imported_names() | computed_names())
    by_subject: dict[str, list[str]] = {}
    for name in names:
        by_subject.setdefault(_subject(name), []).append(name)
    sections = [f"**{subject}**\n\n{_listed(members)}\n" for subject, members in sorted(by_subject.items())]
    reasons = [f"*{why[0].upper()}{why[1:]}.*\n\n{_listed(sorted(names))}\n" for why, names in refused.REFUSED.items()]
    return "\n".join([TITLE.format(count=len(names)), *sections, REFUSED, *reasons])


def _subject(name: str) -> str:
    """What the file of an import is about, from the first line of its docstring."""
    rule = import_of(name)
    if rule is None:
        return "Shapes computed while a graph is read"
    module = inspect.getmodule(_inner(rule.function))
    if module is None or not module.__name__.startswith(f"{operations.__name__}."):
        module = next(each for each in _modules() if f'"{name}"' in inspect.getsource(each))
    return (module.__doc__ or "").splitlines()[0].split(":")[0].split(";")[0].rstrip(".")


def _modules() -> list[ModuleType]:
    found = sorted(each.name for each in pkgutil.iter_modules(operations.__path__))
    return [importlib.import_module(f"{operations.__name__}.{name}") for name in found]


def _inner(function: object) -> object:
    """The function of a partial one."""
    return _inner(function.func) if hasattr(function, "func") else function


def _listed(names: list[str]) -> str:
    return "\n".join(textwrap.wrap(", ".join(f"`{name}`" for name in names), WIDTH, break_long_words=False))


if __name__ == "__main__":
    raise SystemExit(pages.main(NAME, page))
