"""The command as a process: quick to start, quiet, and with examples."""

import json
import os
import subprocess
import sys

import pytest

import litesmith

COMMANDS = ("convert", "inspect", "run", "verify", "explain", "doctor")
LIGHT = (
    "import sys; before = set(sys.modules); import litesmith; "
    "new = {name.split('.')[0] for name in set(sys.modules) - before}; "
    "heavy = new & {'numpy', 'keras', 'jax', 'tensorflow', 'torch', 'rich', 'typer', 'flatbuffers', 'ai_edge_litert'}; "
    "assert not heavy, heavy"
)


def process(*arguments, **environment):
    """`python -m litesmith.cli.main` as a user starts it, with nothing configured."""
    variables = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    return subprocess.run(
        [sys.executable, "-m", "litesmith.cli.main", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**variables, **environment},
        timeout=120,
    )


def seconds_of_work(arguments, attempts=3):
    """Processor time of the quickest of some runs: what they take on a machine with nothing else to do."""
    times = []
    for _ in range(attempts):
        before = os.times()
        subprocess.run(arguments, check=True, capture_output=True)
        after = os.times()
        times.append(after.children_user + after.children_system - before.children_user - before.children_system)
    return min(times)


def test_importing_the_package_imports_nothing_heavy_and_is_quick():
    nothing = seconds_of_work([sys.executable, "-c", "pass"])
    assert seconds_of_work([sys.executable, "-c", LIGHT]) - nothing < 0.2


def test_help_is_quick():
    assert seconds_of_work([sys.executable, "-m", "litesmith.cli.main", "--help"]) < 0.5


def test_the_version_is_shown(command):
    assert command("--version").out == f"litesmith {litesmith.__version__}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_shows_an_example(command, name):
    ran = command(name, "--help")
    assert ran.code == 0
    assert f"Example: litesmith {name} " in ran.out
    assert "--json" in ran.out


def test_without_a_command_the_help_is_shown(command):
    ran = command()
    assert all(name in ran.out + ran.err for name in COMMANDS)


def test_a_backend_is_picked_and_said_and_nothing_else_is_printed(keras_file, tmp_path):
    ran = process("convert", keras_file, KERAS_HOME=str(tmp_path / "home"))
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "Keras ran on numpy: no Keras backend is configured" in ran.stdout.splitlines()[-1]
    ran = process("verify", keras_file, keras_file.with_suffix(".tflite"), "--json", KERAS_HOME=str(tmp_path / "home"))
    assert (ran.returncode, ran.stderr) == (0, "")
    assert json.loads(ran.stdout)["ok"]


@pytest.mark.backend
def test_the_configured_backend_is_used_and_must_exist(keras_file):
    ran = process("convert", keras_file, "--json", KERAS_BACKEND="openvino")
    assert json.loads(ran.stdout)["backend"]["backend"] == "openvino"
    assert process("convert", keras_file, KERAS_BACKEND="tensorfow").stderr.startswith("error B102: ")


def test_debug_shows_where_an_error_arose(tmp_path):
    ran = process("convert", tmp_path / "nowhere.keras", "--debug")
    assert ran.returncode == 2
    assert "Traceback" in ran.stderr
    assert "Traceback" not in process("convert", tmp_path / "nowhere.keras").stderr
