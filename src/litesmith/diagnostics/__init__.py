"""Findings: what Litesmith has to tell about a model."""
