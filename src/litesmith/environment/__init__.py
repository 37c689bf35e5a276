"""The environment that Litesmith runs in: what is installed, what is in the way, and whether it works."""
