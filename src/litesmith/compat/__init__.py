"""Faces that people's code already has."""
