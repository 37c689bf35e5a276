"""Operators of the user's own: what stands for them where their kernels are missing, and C++ code for kernels."""
