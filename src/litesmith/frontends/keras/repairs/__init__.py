"""Repairs of Keras models, one file each; found because it is there."""
