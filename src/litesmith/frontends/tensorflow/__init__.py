"""TensorFlow: graphs and functions as graphs of LiteRT operators, read without TensorFlow."""
