"""Models that Keras 1, Keras 2 and tf.keras wrote, made anew with Keras 3."""
