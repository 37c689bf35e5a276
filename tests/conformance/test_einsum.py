"""Einsum, matmul and their like against Keras, in the runtime."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import ops

from litesmith.diagnostics.base import LitesmithError
from support import builtins_of, check_converts, check_function, check_layer

SIZES = {"a": 3, "b": 4, "c": 5, "d": 2, "e": 6, "f": 3, "A": 2, "B": 4}


def random(*shape, seed=0, dtype="float32"):
    generator = np.random.default_rng([seed, *shape])
    if np.dtype(dtype).kind == "f":
        return generator.normal(size=shape).astype(dtype)
    return generator.integers(0 if dtype[0] in "ub" else -9, 2 if dtype == "bool" else 9, shape).astype(dtype)


def operands_of(equation, hidden=(2,), seed=0):
    """Seeded arrays for the left side of an equation; `hidden` are the sizes under `...`."""
    arrays = []
    for position, part in enumerate(equation.replace(" ", "").split("->")[0].split(",")):
        before, ellipsis, after = part.partition("...")
        shape = [SIZES[c] for c in before] + list(hidden if ellipsis else ()) + [SIZES[c] for c in after]
        arrays.append(random(*shape, seed=seed + position))
    return arrays


ONE = [
    "ab->ba",
    "ab->b",
    "ab->",
    "abc->cab",
    "abc->ca",
    "aab->ab",
    "aab->b",
    "baa->ab",
    "aa->",
    "aaa->a",
    "...ab->...b",
]
ONE_IMPLICIT = ["ba", "aab", "...ba"]
TWO = [
    "ab,bc->ac",
    "ab,bc->ca",
    "ab,cb->ac",
    "ba,bc->ac",
    "ba,cb->ca",
    "abc,cd->abd",
    "abc,acd->abd",
    "abc,adc->abd",
    "acb,acd->abd",
    "abc,acd->adb",
    "aecd,abcd->acbe",
    "acbe,aecd->abcd",
    "abcd,abed->abce",
    "abcd,cd->ab",
    "abcd,dc->ba",
    "abcd,bcde->ae",
    "abc,bc->abc",
    "abc,bc->a",
    "ab,ab->a",
    "ab,ab->b",
    "ab,ab->",
    "a,b->ab",
    "a,b->",
    "ab,cd->acbd",
    "abc,bd->adc",
    "abe,bcd->acde",
    "aab,bc->ac",
    "abd,bcc->ac",
    "abcdef,fedA->abcA",
    "abcdef,abcdeB->abcdfB",
    "aAb,Abc->aAc",
    "ab , bc -> ac",
    "...b,bc->...c",
    "a...b,bc->a...c",
    "...ab,...bc->...ac",
    "ab...,b->a...",
    "a...,...->a...",
    "ab,bc",
    "ba,bc",
    "...ab,bc",
]
MORE = ["ab,bc,cd->ad", "ab,bc,cd,de->ae", "a,ab,b->a", "abc,cd,bd->a", "ab,ab,ab->ab", "ab,cd,bc->ad"]


EQUATIONS = ONE + ONE_IMPLICIT + TWO + MORE


def has_one_batch(equation):
    """Whether `a` is the first axis of every operand, and no other axis."""
    parts = equation.replace(" ", "").split("->")[0].split(",")
    return all(part.startswith("a") and part.count("a") == 1 for part in parts)


@pytest.mark.parametrize("equation", EQUATIONS)
def test_einsum_of_activations(equation):
    check_function(lambda *x: ops.einsum(equation, *x), *operands_of(equation), dynamic_batch=False, rtol=2e-5)


@pytest.mark.parametrize("equation", [*filter(has_one_batch, EQUATIONS)])
def test_einsum_of_activations_in_any_batch(equation):
    check_function(lambda *x: ops.einsum(equation, *x), *operands_of(equation), rtol=2e-5)


@pytest.mark.parametrize("equation", TWO)
@pytest.mark.parametrize("known", [0, 1])
def test_einsum_with_a_constant(equation, known):
    arrays = operands_of(equation)
    constant = arrays[known]
    place = [0, 1] if known else [1, 0]

    def function(x):
        pair = [x, constant]
        return ops.einsum(equation, pair[place[0]], pair[place[1]])

    check_function(function, arrays[1 - known], dynamic_batch=False, rtol=2e-5)


CONTRACTIONS = [
    "abc,cd->abd",
    "abc,cde->abde",
    "abcd,cde->abe",
    "abcd,dce->abe",
    "abc,bcd->ad",
    "...c,cd->...d",
    "ab,b->a",
]


@pytest.mark.parametrize("equation", CONTRACTIONS)
def test_a_contraction_with_a_constant_is_one_fully_connected(equation):
    x, kernel = operands_of(equation)
    lite = check_function(lambda x: ops.einsum(equation, x, kernel), x, rtol=2e-5)
    assert set(builtins_of(lite)) <= {"FULLY_CONNECTED", "RESHAPE"}
    assert builtins_of(lite).count("FULLY_CONNECTED") == 1


@pytest.mark.parametrize(
    ("equation", "expected"),
    [
        ("abc,acd->abd", ["BATCH_MATMUL"]),
        ("abc,adc->abd", ["BATCH_MATMUL"]),
        ("acb,acd->abd", ["BATCH_MATMUL"]),
        ("abc,acd->adb", ["BATCH_MATMUL"]),
        ("abcd,aced->abce", ["TRANSPOSE", "BATCH_MATMUL", "TRANSPOSE"]),
        ("abc,abc->ab", ["MUL", "SUM"]),
        ("abc,abd->abcd", None),
    ],
)
def test_a_contraction_of_activations_transposes_only_where_it_must(equation, expected):
    lite = check_function(lambda x, y: ops.einsum(equation, x, y), *operands_of(equation), rtol=2e-5)
    if expected is None:
        assert "BATCH_MATMUL" not in builtins_of(lite)
    else:
        assert builtins_of(lite) == expected


def test_axes_of_size_one_broadcast():
    check_function(lambda x, y: ops.einsum("abc,acd->abd", x, y), random(3, 4, 5), random(3, 1, 2), rtol=2e-5)
    check_function(lambda x, y: ops.einsum("abc,bcd->abd", x, y), random(3, 4, 5), random(1, 5, 2), dynamic_batch=False)
    check_function(lambda x, y: ops.einsum("a...b,a...bc->a...c", x, y), random(3, 2, 1, 4), random(3, 1, 3, 4, 2))


@pytest.mark.parametrize("dtype", ["int32", "int64", "int8", "int16", "uint8", "bool", "float16"])
@pytest.mark.parametrize("equation", ["abc,acd->abd", "ab,ab->a", "ab,ac->abc"])
def test_einsum_of_other_types(equation, dtype):
    arrays = [random(*array.shape, seed=i, dtype=dtype) for i, array in enumerate(operands_of(equation))]
    # float16: Keras rounds each partial sum, we only the result.
    check_function(lambda x, y: ops.einsum(equation, x, y), *arrays, rtol=4e-3 if dtype == "float16" else 1e-5)


def test_mixed_types_are_promoted():
    check_function(lambda x, y: ops.einsum("ab,ab->a", x, y), random(3, 4), random(3, 4, dtype="int32"))
    check_function(lambda x, y: ops.matmul(x, y), random(3, 2, 4), random(3, 4, 2, dtype="int8"))


def test_an_equation_that_does_not_fit_is_a_finding():
    with pytest.raises(LitesmithError, match="einsum"):
        check_function(lambda x: ops.einsum("abc->a", x), random(3, 4))


MATMULS = [
    ((3, 4), (3, 4, 5)),
    ((3, 2, 4), (3, 4, 5)),
    ((3, 2, 4), (3, 1, 4, 5)),
    ((3, 6, 2, 4), (3, 1, 4, 5)),
    ((3, 1, 2, 4), (3, 6, 4, 5)),
    ((3, 2, 3, 2, 4), (3, 2, 3, 4, 5)),
    ((3, 2, 1, 2, 2, 4), (3, 1, 3, 2, 4, 5)),
]


@pytest.mark.parametrize(("left", "right"), MATMULS)
@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_matmul_of_activations_broadcasts_leading_axes(left, right, dtype):
    arrays = [random(*left, dtype=dtype), random(*right, seed=1, dtype=dtype)]
    check_function(ops.matmul, *arrays, dynamic_batch=len(left) == len(right), rtol=2e-5)


def test_matmul_of_rank_eight():
    arrays = random(3, 2, 1, 2, 1, 2, 2, 4), random(3, 1, 2, 2, 1, 2, 4, 3)
    check_function(ops.matmul, *arrays, rtol=2e-5)
    with pytest.raises(LitesmithError, match="9 axes"):
        check_function(lambda x, y: ops.matmul(ops.cast(x, "int32"), ops.cast(y, "int32")), *arrays)


@pytest.mark.parametrize("shape", [(4,), (3, 4), (3, 2, 4), (3, 2, 2, 4), (3, 1, 2, 1, 2, 4), (3, 1, 2, 1, 2, 1, 2, 4)])
@pytest.mark.parametrize("weights", [(4,), (4, 5), (1, 4, 5), (1, 1, 4, 5)])
def test_matmul_with_constant_weights_is_fully_connected(shape, weights):
    kernel = random(*weights, seed=1)
    lite = check_function(lambda x: ops.matmul(x, kernel), random(*shape), dynamic_batch=len(shape) > 1, rtol=2e-5)
    assert "FULLY_CONNECTED" in builtins_of(lite)
    assert "BATCH_MATMUL" not in builtins_of(lite)


@pytest.mark.parametrize("weights", [(5, 4), (4,), (2, 5, 4), (1, 5, 4)])
@pytest.mark.parametrize("shape", [(2, 4, 3), (4, 3), (4,)])
def test_matmul_with_constants_on_the_left(shape, weights):
    kernel = random(*weights, seed=1)
    check_function(lambda x: ops.matmul(kernel, x), random(*shape), dynamic_batch=False, rtol=2e-5)


@pytest.mark.parametrize(
    ("function", "left", "right"),
    [
        (ops.dot, (3, 4), (4,)),
        (ops.dot, (3, 4), (4, 5)),
        (ops.dot, (3, 2, 4), (3, 4, 5)),
        (ops.dot, (4,), (4,)),
        (ops.dot, (3, 4), ()),
        (ops.inner, (3, 4), (5, 4)),
        (ops.inner, (4,), (4,)),
        (ops.inner, (3, 2, 4), (5, 4)),
        (ops.inner, (), (3,)),
        (ops.outer, (3,), (4,)),
        (ops.outer, (3, 2), (2, 2)),
        (ops.outer, (), (2, 2)),
        (ops.vdot, (3,), (3,)),
        (ops.vdot, (3, 2), (2, 3)),
        (ops.vdot, (), ()),
        (lambda x, y: ops.tensordot(x, y, 2), (3, 4, 5), (4, 5, 2)),
        (lambda x, y: ops.tensordot(x, y, 0), (3, 4), (2,)),
        (lambda x, y: ops.tensordot(x, y, [[1, 0], [0, 1]]), (3, 4, 5), (4, 3, 2)),
        (lambda x, y: ops.tensordot(x, y, [[-1], [1]]), (3, 4, 5), (4, 5, 2)),
        (lambda x, y: ops.tensordot(x, y, (1, 0)), (3, 4, 5), (4, 5, 2)),
    ],
)
@pytest.mark.parametrize("form", ["activations", "constant", "int32"])
def test_products_of_tensors(function, left, right, form):
    dtype = "int32" if form == "int32" else "float32"
    x, y = random(*left, dtype=dtype), random(*right, seed=1, dtype=dtype)
    if form == "constant":
        check_function(lambda x: function(x, y), x, dynamic_batch=False, rtol=2e-5)
    else:
        check_function(function, x, y, dynamic_batch=False, rtol=2e-5)


EINSUM_DENSE = [
    ("ab,bc->ac", 6, "c", (5,)),
    ("abc,cd->abd", (None, 6), "d", (4, 5)),
    ("...x,xy->...y", 6, "y", (4, 5)),
    ("...x,xy->...y", 6, None, (2, 4, 5)),
    ("abc,cde->abde", (None, 2, 3), "de", (4, 5)),
    ("abc,cde->abde", (None, 2, 3), "e", (4, 5)),
    ("abc,cde->abde", (None, 2, 3), "d", (4, 5)),
    ("abcd,cde->abe", (None, 6), "e", (3, 4, 5)),
    ("abc,cd->adb", (6, 4), "d", (4, 5)),
    ("abc,bd->adc", (6, 5), "d", (4, 5)),
    ("abc,cd->abd", (4, 6), "bd", (4, 5)),
    ("abc,bcd->abd", (4, 6), "bd", (4, 5)),
    ("ab...,bc->ac...", 6, "c", (4, 5)),
    ("aBc,cD->aBD", (None, 6), "D", (4, 5)),
]


@pytest.mark.parametrize(("equation", "output", "bias", "shape"), EINSUM_DENSE)
def test_einsum_dense(equation, output, bias, shape):
    layer = keras.layers.EinsumDense(equation, output, bias_axes=bias, bias_initializer="random_normal")
    check_layer(layer, shape, rtol=2e-5)


@pytest.mark.parametrize("activation", ["relu", "tanh", "softmax"])
def test_einsum_dense_with_an_activation(activation):
    layer = keras.layers.EinsumDense("abc,cd->abd", (None, 6), activation=activation, bias_axes="d")
    check_layer(layer, (4, 5))


@pytest.mark.parametrize(
    ("equation", "output", "bias", "expected"),
    [
        ("abc,cd->abd", (None, 6), "d", ["FULLY_CONNECTED"]),
        ("abc,cde->abde", (None, 2, 3), "de", ["FULLY_CONNECTED", "RESHAPE"]),
        ("abc,cde->abde", (None, 2, 3), "e", ["FULLY_CONNECTED", "RESHAPE"]),
    ],
)
def test_the_bias_of_einsum_dense_is_part_of_the_fully_connected(equation, output, bias, expected):
    layer = keras.layers.EinsumDense(equation, output, bias_axes=bias, bias_initializer="random_normal")
    assert builtins_of(check_layer(layer, (4, 5))) == expected


def test_einsum_dense_of_dynamic_lengths():
    x = keras.Input((None, 5))
    y = keras.layers.EinsumDense("abc,cde->abde", (None, 2, 3), bias_axes="de", bias_initializer="random_normal")(x)
    y = keras.layers.EinsumDense("abde,dec->abc", (None, 5), bias_axes="c")(y)
    check_converts(keras.Model(x, y), *(random(b, t, 5) for b, t in ((1, 4), (3, 7), (2, 1))))


def test_einsum_dense_with_lora():
    layer = keras.layers.EinsumDense("abc,cd->abd", (None, 6), bias_axes="d", lora_rank=2)
    layer.build((None, 4, 5))
    layer.lora_kernel_b.assign(random(*layer.lora_kernel_b.shape))
    check_layer(layer, (4, 5), rtol=2e-5)


def test_dynamic_sizes_contract_and_repeat():
    x, y = keras.Input((None, 5)), keras.Input((None, 5))
    scores = ops.einsum("btd,bsd->bts", x, y)
    model = keras.Model([x, y], [scores, ops.einsum("bts,bsd->bdt", scores, y), ops.einsum("btd,bte->bde", x, x)])
    check_converts(model, *([random(b, t, 5), random(b, s, 5)] for b, t, s in ((1, 4, 3), (3, 7, 2))), rtol=2e-5)


def test_the_diagonal_of_a_dynamic_size():
    x = keras.Input((None, 5))
    gram = ops.einsum("btd,bsd->bts", x, x)
    check_converts(keras.Model(x, ops.einsum("btt->bt", gram)), *(random(b, t, 5) for b, t in ((1, 4), (3, 7))))
