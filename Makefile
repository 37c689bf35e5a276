# Two commands on a fresh machine: `make demo` and `make test`. Each makes its own environment.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: demo test test-all check format bench bench-layers bench-opening bench-quantization clean

$(VENV)/base: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) install -c constraints.txt -e '.[jax]' scikit-learn
	touch $@

$(VENV)/all: $(VENV)/base
	$(PIP) install -c constraints.txt torch
	$(PIP) install -c constraints.txt -e '.[jax,torch,tensorflow,openvino,dev]'
	touch $@

# Train two small models on real digits, convert, verify, and print the results.
demo: $(VENV)/base
	$(BIN)/python examples/digits.py

# Everything that is quick: style, types, tests on the reference backend and a few on the others.
test: $(VENV)/all check
	$(BIN)/python -m pytest -n 2 -m "not slow"

test-all: $(VENV)/all check
	$(BIN)/python -m pytest -n 2
	$(BIN)/python tests/properties/many_random_models.py --models 2000

check: $(VENV)/all
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/all
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Compare with the official converter, in an environment of its own.
bench: $(VENV)/base
	$(BIN)/python benchmarks/run.py

# Layers whose form is a choice (recurrent, 3-D, attention), in each form.
bench-layers: $(VENV)/base
	$(BIN)/python benchmarks/layers.py

# Opening files beside Keras' own loader, and a SavedModel of 100 MB without TensorFlow.
bench-opening: $(VENV)/all
	$(BIN)/python benchmarks/opening.py

# Quantized nets beside the float ones, TensorFlow's converter and ai-edge-quantizer, each in an environment of its own.
bench-quantization: $(VENV)/base
	KERAS_BACKEND=numpy $(BIN)/python benchmarks/quantization.py

clean:
	rm -rf $(VENV) demo-out bench-out build dist
