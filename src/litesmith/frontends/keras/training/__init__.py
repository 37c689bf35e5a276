"""Training with the roundings of the integers that a model will be converted to."""
