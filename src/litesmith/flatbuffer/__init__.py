"""LiteRT files: writing and reading."""
