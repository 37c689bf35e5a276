"""Comparing a converted model with its original."""
