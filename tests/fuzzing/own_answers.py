"""Compares files made without TensorFlow of changed graphs with its answers: `python own_answers.py`, in their folder.

Prints a line of JSON for each case that went wrong, and at last how many agree and how many are refused.
"""

import json
import sys
import warnings
from pathlib import Path

sys.modules["tensorflow"] = None
sys.path.insert(0, str(Path(__file__).parent.parent))
warnings.simplefilter("ignore")

import numpy as np

import litesmith
from fuzzing.unexpected import unexpected
from litesmith.diagnostics.base import LitesmithError

BOUND = 1e-4
"""Of errors, relative to the largest number: changed weights make larger numbers of them than those of the corpus."""


def difference(found, wanted):
    """How an array differs from what it should be; nothing where it does not."""
    if (found.shape, found.dtype) != (wanted.shape, wanted.dtype):
        return f"{found.dtype}{list(found.shape)} instead of {wanted.dtype}{list(wanted.shape)}"
    if wanted.dtype.kind in "biu":
        wrong = found != wanted
    else:
        numbers = np.abs(wanted[np.isfinite(wanted)], dtype="float64")
        bound = BOUND * max(1e-3, numbers.max(initial=0))
        wrong = ~np.isclose(found, wanted, rtol=BOUND, atol=bound, equal_nan=True)
    return f"{wrong.sum()} of {wrong.size}: {found[wrong][:3]} instead of {wanted[wrong][:3]}" if wrong.any() else ""


def compared(folder, case):
    """Where the file of a graph does something else than the graph."""
    feeds = dict(np.load(folder / "feeds.npz"))
    shapes = {name: (None, *array.shape[1:]) if array.ndim else () for name, array in feeds.items()}
    lite = litesmith.convert(folder / "graph.pb", inputs=shapes, outputs=case["outputs"], verify=False)
    found = lite.run(feeds)
    found = found if isinstance(found, dict) else {case["outputs"][0].removesuffix(":0"): found}
    wanted = dict(zip(case["outputs"], np.load(folder / "answers.npz").values(), strict=True))
    pairs = {name: (found[name.removesuffix(":0")], array) for name, array in wanted.items()}
    return {name: problem for name, pair in pairs.items() if (problem := difference(*pair))}


def main():
    agreed = refused = 0
    for folder in sorted((path.parent for path in Path().glob("*/case.json")), key=lambda path: int(path.name)):
        case, problem = json.loads((folder / "case.json").read_text()), ""
        print(f"case {folder.name} {case}", flush=True)
        try:
            problem = compared(folder, case)
            agreed += not problem
        except LitesmithError as error:
            problem = unexpected(error)
            refused += not problem
        if problem:
            print(json.dumps({"case": folder.name, **case, "problem": problem}), flush=True)
    print(json.dumps({"agreed": agreed, "refused": refused}), flush=True)


if __name__ == "__main__":
    np.seterr(all="ignore")
    main()
