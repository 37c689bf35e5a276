"""What each operator computes, in operations of Keras that gradients flow through; one file per family."""
