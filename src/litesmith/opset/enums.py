"""The schema's enumerations, with its numbers."""

from __future__ import annotations

import enum


class Padding(enum.IntEnum):
    """How a window moves over the edges: SAME pads with what is neutral, VALID does not pad."""

    SAME = 0
    VALID = 1


class Activation(enum.IntEnum):
    """What an operator applies to its result.

    Kernels honour only the first four: fused TANH and SIGN_BIT are silently ignored by
    CONV_2D and ADD and refused by FULLY_CONNECTED.
    """

    NONE = 0
    RELU = 1
    RELU_N1_TO_1 = 2
    RELU6 = 3
    TANH = 4
    SIGN_BIT = 5


class WeightsFormat(enum.IntEnum):
    """How the weights of a fully connected layer are laid out."""

    DEFAULT = 0
    SHUFFLED4X16INT8 = 1


class MirrorMode(enum.IntEnum):
    """Whether mirrored padding repeats the outermost element (SYMMETRIC) or not."""

    REFLECT = 0
    SYMMETRIC = 1
