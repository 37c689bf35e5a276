"""Measures cases, whose ids come line by line, with the official converter; `official_coverage.py` starts this.

For each it prints a line of JSON: what became of the case, in two words.
"""

from __future__ import annotations

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

import json
import re
import resource
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "conformance"))

import keras
import numpy as np
import tensorflow as tf
from cases.case import Case
from cases.difference import difference
from cases.table import CASES
from keras import tree

SECONDS = 120
"""Of computing, for a case; the process ends where one takes more."""
RIGHT = 1e-4
"""Relative to the largest output: what no case's bound goes below here."""


def outcome(case: Case) -> str:
    """`right`, or what went wrong first: in Keras, the converter, the runtime, or the numbers."""
    try:
        model = case.model()
        expected = [tree.flatten(keras_result(model, arrays)) for arrays in case.samples(False)]
    except Exception as error:
        return f"no model: {first_line(error)}"
    try:
        content = tf.lite.TFLiteConverter.from_keras_model(model).convert()
    except Exception as error:
        return f"not converted: {first_line(error)}"
    try:
        interpreter = tf.lite.Interpreter(model_content=content, num_threads=1)
        found = [result(interpreter, arrays) for arrays in case.samples(False)]
    except Exception as error:
        return f"not run: {first_line(error)}"
    errors = [same(want, got, case) for want, got in zip(expected, found, strict=True)]
    return "right" if max(errors) <= max(case.bound, RIGHT) else f"wrong numbers: {max(errors):.1e}"


def keras_result(model: keras.Model, arrays: list[np.ndarray[Any, Any]]) -> Any:
    """What Keras computes."""
    given = arrays[0] if len(arrays) == 1 else arrays
    return tree.map_structure(
        lambda tensor: np.asarray(keras.ops.convert_to_numpy(tensor)), model(given, training=False)
    )


def result(interpreter: Any, arrays: list[np.ndarray[Any, Any]]) -> list[np.ndarray[Any, Any]]:
    """The file's outputs for these inputs, in the order of their names in the signature."""
    inputs = sorted(interpreter.get_input_details(), key=lambda detail: number(detail["name"]))
    for detail, array in zip(inputs, arrays, strict=True):
        interpreter.resize_tensor_input(detail["index"], array.shape)
    interpreter.allocate_tensors()
    for detail, array in zip(inputs, arrays, strict=True):
        interpreter.set_tensor(detail["index"], array)
    interpreter.invoke()
    (signature,) = interpreter._get_full_signature_list().values()
    names = sorted(signature["outputs"], key=number)
    return [interpreter.get_tensor(signature["outputs"][name]) for name in names]


def number(name: str) -> int:
    """The last number in a name: inputs and outputs are numbered in their order."""
    found = re.findall(r"\d+", name.partition(":")[0])
    return int(found[-1]) if found else 0


def same(expected: list[Any], found: list[Any], case: Case) -> float:
    """The error, where types of results may be others: only the numbers count."""
    cast = [np.asarray(got).astype(np.asarray(want).dtype) for want, got in zip(expected, found, strict=False)]
    return float(difference(expected, cast + found[len(expected) :], case.of_each))


def first_line(error: Exception) -> str:
    """What an error says of its kind."""
    text = str(error)
    missing = sorted(set(re.findall(r"\btf\.(\w+)\(", text.partition("Details:")[2])))
    if missing:
        return "needs " + ", ".join(missing[:3])
    lines = [line.strip() for line in text.splitlines() if line.strip() and "Exception encountered" not in line]
    return f"{type(error).__name__}: {lines[0][:120] if lines else ''}"


def main() -> None:
    """Answer until the input ends."""
    cases = {case.id: case for case in CASES}
    print(json.dumps({"versions": {"tensorflow": tf.__version__, "keras": keras.version()}}), flush=True)
    for line in sys.stdin:
        used = resource.getrusage(resource.RUSAGE_SELF)
        resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + SECONDS, resource.RLIM_INFINITY))
        print(json.dumps({"outcome": outcome(cases[json.loads(line)])}), flush=True)


if __name__ == "__main__":
    main()
