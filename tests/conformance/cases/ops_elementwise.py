"""Functions of each element: floats, integers, edges, what is no number, and broadcasting."""

import numpy as np

from cases.case import EXACT, Case, op
from cases.inputs import EDGES, LESS_FAR, POSITIVE, SPECIAL, bools, constant, f, fixed, ints, named, of, pos, unit

X, Y, ROW = f(3, 4, 5), unit(3, 4, 5), constant(5)
SIGNED = named("signed", [[-7, 7, -1, 0], [100, -100, 3, -3]], "int32")
BITS = named("bits", [[0, 1, -1, 5], [2**31 - 1, -(2**31), 1023, -77]], "int32")
SHIFTS = named("shifts", [[0, 1, 4, 9], [2, 7, 30, 3]], "int32")
NARROW = ("int8", "uint8", "int16", "int32")
EACH = {"of_each": True}

KEEPING = ("abs", "absolute", "ceil", "fabs", "floor", "negative", "round", "sign", "square", "trunc")
INFINITE = named("infinite", [[np.inf, -np.inf]])
REALS = (
    *("arcsinh", "arctan", "cbrt", "cos", "cosh", "deg2rad", "erf", "erfc", "exp", "expm1", "i0"),
    *("rad2deg", "sigmoid", "silu", "sin", "sinc", "sinh", "tan", "tanh"),
)
FROM_ZERO = ("log", "log10", "log1p", "log2", "rsqrt", "sqrt")
TESTS = ("isfinite", "isinf", "isnan", "isneginf", "isposinf", "logical_not", "signbit", "isreal")
COMPARISONS = ("equal", "greater", "greater_equal", "less", "less_equal", "not_equal")
LOGICAL = ("logical_and", "logical_or", "logical_xor")
ARITHMETIC = ("add", "divide", "maximum", "minimum", "multiply", "subtract", "true_divide")

UNARY: list[Case] = [
    *(op(name, x, bound=EXACT, of_each=True) for name in KEEPING for x in (X, EDGES, SPECIAL, SIGNED)), op("negative", fixed(f()), bound=EXACT),
    *(op(name, of("uint8", 3, 4), bound=EXACT) for name in ("abs", "negative", "sign", "square")),
    *(op(name, x, **EACH) for name in REALS if name not in ("sigmoid", "silu", "tan") for x in (X,)), op("tan", X, bound=1e-5, of_each=True),
    *(op(name, x, **EACH) for name in REALS if name not in ("i0", "sin", "cos", "tan", "sinc", "sigmoid", "silu") for x in (EDGES,)),
    *(op(name, LESS_FAR, **EACH) for name in ("sigmoid", "silu")),
    *(op(name, INFINITE, **EACH) for name in REALS if name not in ("arcsinh", "i0", "sin", "cos", "tan", "sinc")),
    *(op(name, ints(3, 4, low=-3, high=4), **EACH) for name in REALS if name not in ("erf", "erfc", "silu", "sigmoid")),
    *(op("exp2", x, bound=5e-6, of_each=True) for x in (X, EDGES, INFINITE, ints(3, 4, low=-3, high=4))),
    *(op(name, x, **EACH) for name in FROM_ZERO for x in (pos(3, 4, 5), POSITIVE, ints(3, 4, low=1, high=9)) if name != "rsqrt" or x.values.dtype == np.float32),
    *(op(name, named("zeros and below", [[0.0, -0.0, -0.5]]), **EACH) for name in ("log", "log1p", "sqrt")),
    *(op(name, unit(3, 4, 5), **EACH) for name in ("arccos", "arcsin", "arctanh", "erfinv")),
    op("arctanh", named("edges of 1", [[0.0, -0.0, 0.999], [1.0, -1.0, 1e-20]]), **EACH),
    op("erfinv", named("edges of 1", [[0.0, -0.0, 0.999], [1.0, -1.0, 1e-20]]), **EACH),
    op("arccosh", named("from 1", [[1.0, 1.5, 7.0], [1e10, 1e30, 1.0001]]), **EACH),
    op("reciprocal", pos(3, 4), **EACH),
    op("reciprocal", SPECIAL, **EACH),
    *(op(name, x, bound=EXACT) for name in TESTS for x in (X, SPECIAL, SIGNED)),
    *(op("round", EDGES, decimals=n) for n in (1, -1)),
    *(op("angle", x, **EACH) for x in (X, EDGES)),
    *(op(name, x, bound=EXACT) for name in ("real", "imag", "conj", "conjugate", "copy") for x in (X, SIGNED)),
    *(op(name, x, bound=EXACT) for name in ("bitwise_invert", "bitwise_not") for x in (BITS, of("uint8", 3, 4), bools(3, 4))),
    op("nan_to_num", SPECIAL, bound=EXACT),
    op("nan_to_num", SPECIAL, nan=2.0, posinf=5.0, neginf=-5.0, bound=EXACT),
    op("nan_to_num", SIGNED, bound=EXACT),
    *(op("clip", EDGES, *limits, bound=EXACT) for limits in ((0, 6), (-1.0, 1.0), (None, 2.0), (0.0, None))),
    *(op("clip", of(dtype, 3, 4), 3, 9, bound=EXACT) for dtype in NARROW),
]  # fmt: skip

BINARY: list[Case] = [
    *(op(name, *pair, **EACH) for name in ARITHMETIC for pair in ((X, Y), (2.0, Y), (f(3, 1, 5), f(3, 4, 1)))), *(op(name, X, ROW, known=(-1,), **EACH) for name in ARITHMETIC),
    *(op(name, X, fixed(f(5)), known=(-1,), **EACH) for name in ("add", "divide", "maximum")),
    *(op(name, of(dtype, 3, 4), ints(3, 4, low=1, high=5, dtype=dtype), bound=EXACT) for name in ARITHMETIC[:6] if name != "divide" for dtype in NARROW),
    *(op(name, SPECIAL, SPECIAL, **EACH) for name in ("add", "subtract", "multiply", "divide")),
    op("divide", SIGNED, ints(2, 4, low=1, high=5)),
    *(op(name, *pair, bound=EXACT) for name in COMPARISONS for pair in ((X, Y), (SPECIAL, SPECIAL), (SIGNED, 3), (of("uint8", 3, 4), ints(3, 4, dtype="uint8")), (f(3, 1, 5), f(3, 4, 1)))),
    *(op(name, *pair, bound=EXACT) for name in LOGICAL for pair in ((bools(3, 4), ints(3, 4)), (X, Y), (SPECIAL, SPECIAL))),
    *(op(name, SIGNED, named("divisors", [[2, 2, -3, 5], [7, 7, -2, -2]], "int32"), bound=EXACT) for name in ("floor_divide", "mod", "fmod")),
    *(op(name, *pair) for name in ("floor_divide", "mod", "fmod") for pair in ((X, Y), (X, 0.7), (SIGNED, 3))),
    *(op(name, ints(3, 4, high=2**32, dtype="uint32"), ints(3, 4, low=1, high=40, dtype="uint32"), bound=EXACT) for name in ("floor_divide", "mod", "power")),
    op("divide_no_nan", X, named("zeros", [[[0.0, 1.0, -2.0, 0.0, 3.0]]] * 3), **EACH),
    *(op("power", *pair, **EACH) for pair in ((pos(3, 4), f(3, 4)), (X, 2), (X, 3), (pos(3, 4), 0.5), (pos(3, 4), -1.5), (2.0, X))),
    op("power", ints(3, 4, low=-3), ints(3, 4), bound=EXACT),
    *(op("arctan2", *pair, **EACH) for pair in ((X, Y), (named("signs", [[0.0, -0.0, 1, -1]]), named("signs too", [[-1.0, -1.0, 0, 0]])))),
    *(op(name, *pair, **EACH) for name in ("logaddexp", "logaddexp2", "hypot") for pair in ((X, Y), (EDGES, EDGES))),
    *(op("heaviside", *pair, bound=EXACT) for pair in ((X, Y), (EDGES, 0.5))),
    *(op(name, *pair, bound=EXACT) for name in ("fmax", "fmin") for pair in ((X, Y), (SPECIAL, named("other", [[1.0, 2, np.nan], [3, np.nan, 4]])))),
    op("nextafter", X, Y, bound=EXACT, of_each=True),
    op("nextafter", named("steps", [[0.0, 1.0, -1.0, 1e-40]]), named("goals", [[1.0, -np.inf, 0.0, 0.0]]), bound=EXACT, of_each=True, backends=("numpy",), because="JAX takes the smallest numbers for 0"),
    op("ldexp", X, ints(3, 4, 5, low=-3), bound=EXACT),
    *(op(name, ints(3, 4, low=-20, high=40), ints(3, 4, low=1, high=30), bound=EXACT) for name in ("gcd", "lcm")),
    op("gcd", named("zeros", [[0, 0, 12, 2**31 - 1]], "int32"), named("zeros too", [[0, 5, 0, 7]], "int32"), bound=EXACT),
    *(op(f"bitwise_{name}", *pair, bound=EXACT) for name in ("and", "or", "xor") for pair in ((BITS, named("other bits", [[7, -8, 3, 12], [1, -1, 2**30, 99]], "int32")), (of("uint8", 3, 4), ints(3, 4, dtype="uint8")), (BITS, 6), (bools(3, 4), ints(3, 4, high=2, dtype="bool")))),
    *(op(name, *pair, bound=EXACT) for name in ("bitwise_left_shift", "bitwise_right_shift", "left_shift", "right_shift") for pair in ((BITS, SHIFTS), (BITS, 3), (of("uint8", 3, 4), ints(3, 4, dtype="uint8")))),
    *(op("isclose", *pair, bound=EXACT) for pair in ((X, Y), (SPECIAL, SPECIAL))),
    op("isclose", SPECIAL, SPECIAL, equal_nan=True, rtol=1e-3, bound=EXACT),
    *(op("allclose", *pair, bound=EXACT) for pair in ((X, Y), (X, X))),
    op("allclose", SPECIAL, SPECIAL, equal_nan=True, bound=EXACT),
]  # fmt: skip

SIGMOIDS = (
    *("celu", "elu", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_tanh", "leaky_relu", "log_sigmoid"),
    *("relu", "relu6", "selu", "sigmoid", "silu", "soft_shrink", "softplus", "softsign", "sparse_plus"),
    *("sparse_sigmoid", "squareplus", "tanh_shrink"),
)
ACTIVATIONS: list[Case] = [
    *(op(name, x) for name in SIGMOIDS for x in (X, named("large", [[90.0, -90.0, 1000.0, -1000.0, 0.0, -0.0]]))),
    *(op(name, X, 0.3) for name in ("celu", "elu", "leaky_relu", "hard_shrink", "soft_shrink")),
    op("relu", SIGNED, bound=EXACT), op("relu6", SIGNED, bound=EXACT, backends=("numpy",), because="JAX makes floats of integers"),
    op("relu", SPECIAL, bound=EXACT),
    op("gelu", X, approximate=False),
    op("gelu", EDGES, approximate=True),
    op("squareplus", X, b=2),
    op("threshold", X, 0.3, -1.0, bound=EXACT),
    op("threshold", SIGNED, 2, 5, bound=EXACT),
    *(op(name, X, axis=axis) for name in ("softmax", "log_softmax", "sparsemax") for axis in (-1, 1)),
    *(op(name, X, axis=(1, 2)) for name in ("softmax",)),
    op("softmax", X, axis=None),
    *(op(name, named("large", [[1e4, -1e4, 0.0], [90.0, 89.0, -90.0]])) for name in ("softmax", "log_softmax", "sparsemax", "logsumexp")),
    *(op("logsumexp", X, axis=axis, keepdims=keep) for axis, keep in ((None, False), (-1, True), ((0, 2), False))),
    *(op("glu", f(3, 4, 6), axis=axis, known=(axis,)) for axis in (-1, 1)),
    op("normalize", X), op("normalize", X, axis=1, order=1), op("normalize", X, order=3),
    op("normalize", named("zeros", [[0.0, 0.0], [3.0, 4.0]])),
]  # fmt: skip

TYPES = ("float32", "float16", "int8", "uint8", "int16", "int32", "bool")
CASTS: list[Case] = [
    *(op("cast", of(source, 3, 4), target, bound=EXACT) for source in TYPES for target in ("float32", "int32", "uint8", "bool", "float16") if source != target and (source, target) not in (("float32", "uint8"), ("float16", "uint8"))),
    op("cast", f(3, 4), "bfloat16", bound=EXACT), op("cast", f(3, 4), "int64", bound=EXACT), op("cast", f(3, 4), "float64", bound=EXACT),
    *(op("saturate_cast", named("out of range", [[300.0, -5.0, 7.9, 127.5, -200.0]]), dtype, bound=EXACT) for dtype in ("uint8", "int8", "int32", "float32")),
    op("saturate_cast", SIGNED, "uint8", bound=EXACT),
    op("stop_gradient", X, bound=EXACT), op("convert_to_tensor", X, bound=EXACT), op("convert_to_tensor", X, dtype="int32", bound=EXACT),
    op("array", X, bound=EXACT), op("array", SIGNED, dtype="float32", bound=EXACT),
    op("view", X, dtype="int32", bound=EXACT), op("view", BITS, dtype="float32", bound=EXACT), op("view", of("uint8", 3, 4), dtype="int8", bound=EXACT),
]  # fmt: skip

CASES = [*UNARY, *BINARY, *ACTIVATIONS, *CASTS]
