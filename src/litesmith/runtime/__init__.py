"""The LiteRT runtime, and files on disk."""
