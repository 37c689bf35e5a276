"""What Keras' operations and layers are in terms of `ops`, one file per family."""
