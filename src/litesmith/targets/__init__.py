"""Where models are to run: what each target takes, and what becomes of a graph there."""
