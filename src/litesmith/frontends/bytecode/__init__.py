"""Functions that a file holds as CPython's bytecode: read as expressions, and never run."""
