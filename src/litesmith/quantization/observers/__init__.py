"""Which range of an activation its integers stand for, by what was seen of its values: one file for each rule."""
