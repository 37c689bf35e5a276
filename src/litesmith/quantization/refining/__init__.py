"""Weights and biases of a quantized model made better on data, layer by layer."""
