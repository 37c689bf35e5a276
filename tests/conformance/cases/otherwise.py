"""Cases that Keras itself computes otherwise on one of its backends, or not at all, with what it does there."""

from __future__ import annotations

ATTENTION = "the kernel of JAX takes values that are as long as the keys"
OF_64_BITS = "JAX makes 32 bits of 64"
NEXT = "the next number of float64, which is the same one in float32"
PAIRS = "takes a pair of numbers for each axis only"
WHOLE_NUMBERS = "rounds the elements to whole numbers before it compares them"

OTHERWISE: dict[str, dict[str, str]] = {
    "jax": {
        "layers.MultiHeadAttention(float32[3,5,8], {'value_dim': 3, 'use_bias': False})": ATTENTION,
        "ops.cast(float32[3,4], 'int64')": OF_64_BITS,
        "ops.cast(float32[3,4], 'float64')": OF_64_BITS,
        "ops.image.sobel_edges(uint8[3,4,5,3])": "refuses the -1 of the kernel among uint8",
        "ops.segment_sum(float32[6] fixed, 0..3 int32[6] fixed)": "needs num_segments",
    },
    "torch": {
        "layers.ContrastLimitedAdaptiveHistogramEqualization(pictures)": "pads with the elements at the edge",
        "ops.argpartition(float32[3,7], 2)": WHOLE_NUMBERS,
        "ops.cross(float32[3,4,3], unit[3,4,3])": "takes the first axis of size 3, here the batch",
        "ops.imag(float32[3,4,5])": "takes complex numbers only",
        "ops.nextafter(float32[3,4,5], unit[3,4,5])": NEXT,
        "ops.nonzero(float32[3,4])": "returns the places of all axes in one tensor",
        "ops.pad(float32[3,4,5], 1, mode='constant')": PAIRS,
        "ops.vdot(float32[3,4,5] fixed, unit[3,4,5] fixed)": "takes vectors only",
    },
    "tensorflow": {
        "ops.argpartition(float32[3,7], 2)": WHOLE_NUMBERS,
        "ops.erfinv(unit[3,4,5])": "is right to 1.4e-6",
        "ops.image.affine_transform(float32[3,6,8,3], nearest, constant)": "takes the other one of two elements that are as near",
        "ops.lu_factor(3 conditioned 1x1)": "takes no matrices of one element",
        "ops.nextafter(float32[3,4,5], unit[3,4,5])": NEXT,
        "ops.pad(float32[3,4,5], 1, mode='constant')": PAIRS,
        "ops.scatter_update(float32[3,4,5], float32[4,5], None)": "takes no negative indices",
        "ops.unravel_index(0..19 int32[3,2], (4, 5))": "divides by the sizes in the wrong order where indices have axes",
        "ops.vectorize(float32[3,4,5], of vectors)": "takes no signature",
    },
}
"""By backend, and the name of the case."""


def reason(backend: str, case: str) -> str | None:
    """What Keras does otherwise there, if it does."""
    return OTHERWISE.get(backend, {}).get(case)
