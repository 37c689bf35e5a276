"""What operators of ATen are in the array library: one file for each family, found because it is there."""
