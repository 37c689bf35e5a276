"""Runs the examples in the working folder, in one process, and prints what they return as JSON."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))

import convert_a_model
import custom_layer
import generate_text
import variable_length

found, report = custom_layer.main()
accuracies = variable_length.main()
results = {
    "convert_a_model": convert_a_model.main(),
    "variable_length": [[*key, accuracy] for key, accuracy in accuracies.items()],
    "generate_text": generate_text.main(),
    "custom_layer": {"found": found, "passed": report.passed, "max_abs": report.outputs[0].max_abs},
}
sys.stdout.write(json.dumps(results))
