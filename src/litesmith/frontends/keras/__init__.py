"""Keras models, imported by running them."""
