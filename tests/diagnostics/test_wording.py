"""Findings speak of options to users of the command line, and of arguments to those of Python."""

import ast
import importlib
import inspect
import pkgutil
import re

import pytest

from litesmith import diagnostics
from litesmith.diagnostics.files import CannotWrite, UnknownClasses
from litesmith.diagnostics.wording import by_face, on_command_line

OPTION = re.compile(r"--[a-z]|(?<!\S)-o\b")
ARGUMENTS = "inputs batch verify signature outputs architecture custom_objects split_preprocessing timeout"
ARGUMENT = re.compile(rf"\b({ARGUMENTS.replace(' ', '|')})=")
COMMAND = re.compile(r"`litesmith (convert|inspect|run|verify)")
MODULES = [
    importlib.import_module(f"{diagnostics.__name__}.{each.name}")
    for each in pkgutil.iter_modules(diagnostics.__path__)
]


def told(module):
    """(text, place) of what `message` and `hint` say: the place among the arguments of `by_face`, None elsewhere."""
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.FunctionDef) and node.name in ("message", "hint"):
            yield from _texts(node, None)


def _texts(node, place):
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value, place
    is_choice = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "by_face"
    for child in ast.iter_child_nodes(node):
        yield from _texts(child, node.args.index(child) if is_choice and child in node.args else place)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_options_are_said_on_the_command_line_and_arguments_in_python(module):
    for text, place in told(module):
        assert place == 1 or not OPTION.search(text), text
        assert place == 1 or not COMMAND.search(text), text
        assert place == 0 or not ARGUMENT.search(text), text


def test_one_of_both_is_said():
    assert by_face("a", "b") == "a"
    with on_command_line():
        assert by_face("a", "b") == "b"
    assert by_face("a", "b") == "a"


def test_a_finding_says_the_same_to_its_reader_whoever_made_it():
    unwritten, unknown = CannotWrite("a/b.tflite", "there is no such folder"), UnknownClasses("m.keras", ("Scale",))
    assert "-o" not in unwritten.hint()
    assert "custom_objects=" in unknown.hint()
    with on_command_line():
        assert "-o" in unwritten.hint()
        assert "--custom-objects" in unknown.hint()
