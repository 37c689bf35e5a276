"""Changed graphs that TensorFlow still runs compute the same in a file, or are refused.

What was found to differ by no fault of the file is not among the changes: random numbers where a placeholder switches
training on; tensors inside of a branch that is not taken, of which TensorFlow returns no elements; memory that nobody
wrote (`Empty` without `init`, decompositions told to leave vectors out); signs and phases of singular and eigenvectors;
numbers close to a pole; `Round` of integers, of which TensorFlow 2.21 makes zeros; bicubic resizing, whose weights
TensorFlow takes from a table; infinite weights, of which kernels of LiteRT make the largest number.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("tensorflow")

HERE = Path(__file__).parent
QUICK, MANY = 30, {"functions": 1200, "files": 300}
AT_ONCE = 100
"""How many are tried in one process, which keeps what it made of each."""


def answered(group, first, count, folder):
    """Have TensorFlow answer, going on behind those cases on which it ends."""
    end = first + count
    while first < end:
        most = min(AT_ONCE, end - first)
        command = [sys.executable, str(HERE / "tensorflow_answers.py"), group, str(first), str(most)]
        process = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        begun = [line for line in process.stdout.splitlines() if line.startswith("case ")]
        assert begun, process.stderr[-2000:]
        first = int(begun[-1].split()[1]) + 1


def compared(folder):
    """What differs, and how many files agree."""
    command = [sys.executable, str(HERE / "own_answers.py")]
    process = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    lines = process.stdout.splitlines()
    assert process.returncode == 0, (lines[-1:], process.stderr[-2000:])
    *wrong, figures = [json.loads(line) for line in lines if line.startswith("{")]
    return wrong, figures["agreed"]


def test_changed_operations(tmp_path):
    answered("functions", 0, QUICK, tmp_path)
    wrong, agreed = compared(tmp_path)
    assert wrong == []
    assert agreed > QUICK // 2


@pytest.mark.slow
@pytest.mark.parametrize("group", MANY)
def test_many_changed_graphs(group, tmp_path):
    answered(group, 10_000, MANY[group], tmp_path)
    wrong, agreed = compared(tmp_path)
    assert wrong == []
    assert agreed > MANY[group] // 2
