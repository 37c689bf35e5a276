"""The intermediate representation: graphs of LiteRT operators on typed values."""
