"""The LiteRT operators, one file per family, each definition complete."""
