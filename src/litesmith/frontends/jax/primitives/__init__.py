"""What the primitives of `jax.lax` become, one file per family; each is found because it is there."""
