"""Linear algebra, in LiteRT operators: loops over columns or rotations, all matrices of a stack at once, in float32."""
