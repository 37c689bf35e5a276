"""Making a model run on a target: which repairs, in what order, and the proof of each."""
