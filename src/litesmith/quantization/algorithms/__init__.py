"""What makes integers stand for a model better, one file for each algorithm."""
