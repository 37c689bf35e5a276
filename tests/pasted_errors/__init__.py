"""Errors as people paste them, by the names of the patterns that recognise them; one file per family of patterns."""
