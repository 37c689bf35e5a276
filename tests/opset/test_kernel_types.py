"""The element types that a definition says its kernel takes, it takes, and computes right."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from litesmith.ir.types import DType
from litesmith.opset.registry import definitions
from opset.kernel_cases import USES, cases

PROGRAM = Path(__file__).with_name("kernel_cases.py")
ONLY_FLOATS = frozenset({DType.FLOAT32})


@pytest.fixture(scope="module")
def problems():
    """For each case what is wrong with it; a case that ends the process is passed over by the next one."""
    found: dict[int, str | None] = {}
    while len(found) < len(cases()):
        run = subprocess.run(
            [sys.executable, PROGRAM, str(len(found))], capture_output=True, text=True, check=False, timeout=300
        )
        lines = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
        found.update({line["place"]: line["problem"] for line in lines if "problem" in line})
        if len(found) < len(cases()):
            found[len(found)] = f"the process ended: {run.returncode} {run.stderr[-500:]}"
    return found


@pytest.mark.parametrize("place", range(len(cases())), ids=lambda place: "-".join(cases()[place]))
def test_the_kernel_computes_the_type(problems, place):
    assert problems[place] is None


def test_every_operator_of_several_types_is_tried():
    several = {
        name for name, definition in definitions().items() if (definition.kernel_dtypes or ONLY_FLOATS) != ONLY_FLOATS
    }
    assert several <= USES.keys()
