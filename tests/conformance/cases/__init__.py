"""The table of conformance: every public layer and operation of Keras, in the ways they are used."""
