"""How close quantized nets come to the float ones, beside TensorFlow's converter and ai-edge-quantizer: `make bench-quantization`.

Nets are trained on scikit-learn's digits (minutes; kept in `bench-out/quantization/`), one of each kind per seed. Every file is
run in the LiteRT runtime on images that neither training nor calibration saw. The rivals live in environments of their own, and
all that could die does so in processes of its own; then that is the result.

    python benchmarks/quantization.py --seeds 5               # all
    python benchmarks/quantization.py --parts digits,sets     # some parts
    python benchmarks/quantization.py --parts digits --only cnn.int8 --seeds 1 --keep-rivals
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import Any

import quantization_digits
import quantization_qat
import quantization_sets
import quantization_speed
from quantization_bench import OUT, Bench
from run import about

PARTS: dict[str, Callable[[Bench], tuple[dict[str, Any], str]]] = {
    "digits": quantization_digits.measure,
    "sets": quantization_sets.measure,
    "qat": quantization_qat.measure,
    "speed": quantization_speed.measure,
}


def main() -> None:
    arguments = options()
    OUT.mkdir(parents=True, exist_ok=True)
    bench = Bench(arguments.seeds, arguments.keep_rivals, arguments.only)
    for name in arguments.parts.split(","):
        results, text = PARTS[name](bench)
        print(text, flush=True)
        content = {"about": about() | bench.about(), "results": results}
        (OUT / f"{name}.json").write_text(json.dumps(content, indent=1))
        (OUT / f"{name}.md").write_text(text)


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5, help="how many of each net are trained and measured")
    parser.add_argument("--parts", default=",".join(PARTS), help="which tables, in this order")
    parser.add_argument("--only", default="", help="what is in the names of the cases on digits, such as cnn.int8")
    parser.add_argument("--keep-rivals", action="store_true", help="take the rivals' files of the last run")
    return parser.parse_args()


if __name__ == "__main__":
    main()
