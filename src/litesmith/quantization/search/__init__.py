"""Recipes tried from cheap to dear, within a budget."""
