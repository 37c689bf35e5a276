"""What turns a model of some kind into a graph."""
