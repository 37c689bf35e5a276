"""Where calibration data comes from: the forms that people keep it in."""
