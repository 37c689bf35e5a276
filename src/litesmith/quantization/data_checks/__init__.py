"""Whether calibration data is what a model will see: checked before ranges are taken from it."""
