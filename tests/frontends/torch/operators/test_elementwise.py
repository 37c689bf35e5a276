"""Functions of each element by itself, many in one program each."""

import numpy as np
import pytest

from torch_support import check_torch, floats, imported_operators, refusal

import torch  # isort: skip
import torch.nn.functional as F  # isort: skip

X, Y = floats(3, 4, 5), floats(3, 4, 5, seed=1)
POSITIVE = X.abs() + 0.5
WITHIN_ONE = torch.tanh(X) * 0.9
RANDOM = np.random.default_rng(0)
INTEGERS = torch.as_tensor(RANDOM.integers(-7, 8, (3, 4, 5)))
DIVISORS = torch.as_tensor(RANDOM.integers(1, 5, (3, 4, 5)))
EXTREME = torch.tensor([0.0, -0.0, float("inf"), -float("inf"), float("nan"), 1e30, -1e30, 0.5, -0.5, 1.5, 2.5, -100.0])

OF_REALS = (
    "sin cos tan sinh cosh tanh asinh sigmoid erf erfc i0 sinc floor ceil trunc round frac neg abs sign square "
    "deg2rad rad2deg expm1 exp2 positive relu"
)
OF_POSITIVE = "sqrt rsqrt reciprocal exp log log1p log2 log10 lgamma digamma"
OF_EXTREME = "floor ceil trunc round sign signbit isnan isinf isfinite isposinf isneginf nan_to_num abs sqrt"
ACTIVATIONS = (
    "relu6 silu selu hardsigmoid hardswish logsigmoid mish gelu leaky_relu elu celu hardtanh softplus softshrink "
    "hardshrink tanhshrink softsign"
)
OF_TWO = "add sub mul div maximum minimum atan2 hypot logaddexp logaddexp2 fmod remainder copysign fmax fmin xlogy"
OF_INTEGERS = "add sub mul div fmod remainder maximum minimum floor_divide bitwise_and bitwise_or bitwise_xor gcd lcm"
COMPARING = "lt le gt ge eq ne logical_and logical_or logical_xor"


def all_of(names, home=torch):
    functions = [getattr(home, name) for name in names.split()]
    return lambda *tensors: [function(*tensors) for function in functions]


@pytest.mark.parametrize(
    ("names", "tensor"),
    [
        (OF_REALS, X),
        (OF_POSITIVE, POSITIVE),
        ("asin acos atan atanh erfinv logit", WITHIN_ONE.abs() * 0.9 + 0.01),
        ("relu abs neg sign square sin sqrt exp", DIVISORS),
        ("logical_not bitwise_not", INTEGERS > 0),
        ("bitwise_not logical_not", INTEGERS),
    ],
)
def test_functions_of_one(names, tensor):
    check_torch(all_of(names), tensor)


def test_what_is_no_number_and_infinities():
    check_torch(all_of(OF_EXTREME), EXTREME)
    check_torch(torch.sigmoid, EXTREME.clamp(-1e20, 1e20))  # beyond 4e26 XNNPACK's is NaN on processors with AVX-512
    check_torch(lambda x: (x == x, x != x, x == float("inf"), x < 1, torch.isclose(x, x, equal_nan=True)), EXTREME)


def test_activations():
    check_torch(all_of(ACTIVATIONS, F), X * 3)


def test_activations_with_arguments():
    def function(x):
        return [
            F.gelu(x, approximate="tanh"),
            F.threshold(x, 0.1, 20.0),
            F.glu(x, 1),
            F.prelu(x, torch.tensor([0.1, 0.2, 0.3, 0.4])),
            F.prelu(x, torch.tensor([0.3])),
            F.leaky_relu(x, 0.2),
            F.elu(x, 0.5),
            F.softplus(x, beta=2, threshold=1),
            F.hardtanh(x, -0.2, 0.4),
            F.softmax(x, 1),
            F.log_softmax(x, -1),
            F.softmin(x, 2),
        ]

    check_torch(function, X)


@pytest.mark.parametrize(
    ("names", "tensors"),
    [(OF_TWO, (X, POSITIVE)), (OF_INTEGERS, (INTEGERS, DIVISORS)), (COMPARING, (INTEGERS, DIVISORS))],
)
def test_functions_of_two(names, tensors):
    check_torch(all_of(names), *tensors)


def test_element_types_are_promoted_as_torch_does_it():
    def function(whole, real, small):
        scalar = torch.tensor(2.0, dtype=torch.float64)
        return [
            *(whole + real, whole * 2.5, whole / real, whole // real, whole**2, real**2, whole % 3, whole + True),
            *(small + whole, small * 2, small.float() + small, (small > 0) + small, real * scalar, small + scalar),
            *(whole / whole, torch.div(whole, 3, rounding_mode="trunc"), torch.true_divide(small, 2)),
        ]

    check_torch(function, INTEGERS, POSITIVE, INTEGERS.to(torch.int8))


def test_division_and_powers_of_every_kind():
    def function(x, y):
        return [
            *(torch.div(x, y, rounding_mode="trunc"), torch.div(x, y, rounding_mode="floor"), x // y, x % y),
            *(y**3, y**0.5, 2.0**x, y**-1, y.pow(2.5), y.pow(y), torch.rsub(x, y), x.sub(y, alpha=2)),
            *(torch.lerp(x, y, 0.3), torch.addcmul(x, x, y, value=2), torch.addcdiv(x, x, y), torch.heaviside(x, y)),
            *(torch.round(x, decimals=2), x.clamp(-0.5, 0.5), x.clamp(min=0), x.clamp(max=0.3), x.clamp(-y, y)),
            *(
                torch.where(x > 0, x, y),
                torch.where(x > 0, x, 0.0),
                torch.where(x > 0, 1, 0),
                x.masked_fill(x > 0, -1e9),
            ),
        ]

    check_torch(function, X, POSITIVE)


def test_element_types_asked_for():
    check_torch(
        lambda x: [x.int(), x.bool(), x.long(), x.to(torch.uint8), x.double() * 2, x.type_as(x > 0)], POSITIVE * 3
    )


def test_bits_are_shifted():
    check_torch(lambda x: [x << 2, x >> 1], DIVISORS.int())


def assigned_to_slices(x):
    z = x.clone()
    z[:, 1:3] *= 2
    z[:, 0] = 7
    first = z[:, 0]
    first += x[:, 1]
    return z


def assigned_through_masks(x):
    z = torch.zeros_like(x)
    z[:, ::2] = x[:, ::2]
    z[x > 0] = 5.0
    return z


@pytest.mark.parametrize("function", [assigned_to_slices, assigned_through_masks])
def test_assignments_in_place_are_seen_through_other_tensors(function):
    check_torch(function, X)


def test_an_assignment_in_place_that_nothing_else_sees_costs_nothing():
    graph = check_torch(lambda x: F.relu(x * 2, inplace=True).add_(1).mul_(3), X)
    assert imported_operators(graph) == ["MUL", "RELU", "ADD", "MUL"] or len(imported_operators(graph)) <= 4


def test_dropout_in_training_is_refused():
    assert "eval()" in refusal(lambda x: F.dropout(x, 0.5, training=True), X)
    check_torch(lambda x: F.dropout(x, 0.5, training=False), X)
