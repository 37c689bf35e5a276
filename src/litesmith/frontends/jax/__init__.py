"""JAX: programs (jaxprs) as graphs."""
