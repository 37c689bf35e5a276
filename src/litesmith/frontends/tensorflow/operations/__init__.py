"""What operations of TensorFlow are in LiteRT operators: one file per family, found because it is there."""
