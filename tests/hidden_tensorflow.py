"""Running code where TensorFlow cannot be imported."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

HIDING = """
import importlib.util, json, sys, warnings

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "tensorflow":
            raise ImportError(name)

sys.meta_path.insert(0, Hidden())
find_spec = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "tensorflow" else find_spec(name, *rest)
"""


def without_tensorflow(code: str, folder: Path, timeout: float) -> Any:
    """What code, run in `folder` by a process that cannot import TensorFlow, prints last, as JSON."""
    command = [sys.executable, "-c", HIDING + textwrap.dedent(code)]
    process = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=timeout)
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout.splitlines()[-1])
