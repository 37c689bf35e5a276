"""The array library over values, in terms of LiteRT operators."""
