"""Attention layers against Keras, in the runtime, for any batch and length."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers, ops

from support import builtins_of, check_converts, check_function

LENGTHS = ((1, 5, 3), (3, 7, 9), (2, 4, 4))
"""Batch, targets, sources."""
SAME_LENGTHS = ((1, 5, 5), (3, 7, 7))


def random(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(size=shape).astype("float32")


def keep(*shape, seed=0):
    """A mask in which every row keeps something."""
    mask = np.random.default_rng([seed, *shape]).random(shape) < 0.6
    mask[..., 0] = True
    return mask


def check(layer, *, sizes=(6, 6), given=LENGTHS, static=False, masks=(), names=("query", "value"), **call):
    """A layer called on sequences of features `sizes`, with `masks` of shapes given as letters b, t, s."""
    targets, sources = (given[0][1], given[0][2]) if static else (None, None)
    lengths = [targets, *[sources] * (len(sizes) - 1)]
    tensors = [keras.Input((length, size)) for length, size in zip(lengths, sizes, strict=True)]
    axes = {"t": targets, "s": sources, "1": 1}
    masking = {name: keras.Input([axes[c] for c in letters[1:]], dtype="bool") for name, letters in masks}
    outputs = layer(**dict(zip(names, tensors, strict=True)), **masking, **call)
    model = keras.Model([*tensors, *masking.values()], outputs)
    inputs = []
    for batch, long, short in given[:1] if static else given:
        sizes_of = {"b": batch, "t": long, "s": short, "1": 1}
        arrays = [random(batch, short if i else long, size, seed=i) for i, size in enumerate(sizes)]
        inputs.append([*arrays, *(keep(*(sizes_of[c] for c in letters)) for _, letters in masks)])
    return check_converts(model, *inputs, rtol=2e-5)


def multi_head(**options):
    return layers.MultiHeadAttention(**{"num_heads": 2, "key_dim": 4, "bias_initializer": "random_normal", **options})


@pytest.mark.parametrize("static", [False, True])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"use_bias": False},
        {"value_dim": 5},
        {"output_shape": 7},
        {"output_shape": (3, 2)},
        {"num_heads": 1},
        {"use_gate": True},
        {"dropout": 0.5},
        {"sliding_window": 2},
        {"flash_attention": False},
    ],
    ids=str,
)
def test_multi_head_attention(options, static):
    check(multi_head(**options), static=static)


@pytest.mark.parametrize("static", [False, True])
@pytest.mark.parametrize("scores", [False, True])
@pytest.mark.parametrize("causal", [False, True])
def test_multi_head_attention_to_a_key_of_its_own(static, scores, causal):
    call = {"return_attention_scores": scores, "use_causal_mask": causal}
    check(multi_head(), sizes=(6, 5, 3), names=("query", "value", "key"), static=static, **call)


MASKS = [
    [("attention_mask", "bts")],
    [("attention_mask", "b1s")],
    [("query_mask", "bt")],
    [("value_mask", "bs")],
    [("key_mask", "bs")],
    [("query_mask", "bt"), ("value_mask", "bs"), ("attention_mask", "bts")],
]


@pytest.mark.parametrize("static", [False, True])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("masks", MASKS, ids=str)
def test_masks_of_multi_head_attention(masks, causal, static):
    check(multi_head(), masks=masks, use_causal_mask=causal, static=static)


@pytest.mark.parametrize("masks", [MASKS[0], MASKS[3]], ids=str)
@pytest.mark.parametrize("causal", [False, True])
def test_scores_under_masks(masks, causal):
    check(multi_head(), masks=masks, use_causal_mask=causal, return_attention_scores=True)


def test_a_row_that_is_masked_completely_is_uniform_as_in_keras():
    x, mask = keras.Input((4, 6)), keras.Input((4, 4), dtype="bool")
    nothing = np.zeros((2, 4, 4), bool)
    nothing[1, 2:] = True
    attention = multi_head(name="fused")(x, x, attention_mask=mask)
    scores = multi_head(name="scores")(x, x, attention_mask=mask, return_attention_scores=True)
    check_converts(keras.Model([x, mask], [attention, *scores]), [random(2, 4, 6), nothing], rtol=2e-5)


def test_a_mask_made_by_an_embedding_reaches_attention():
    ids = keras.Input((None,), dtype="int32")
    x = layers.Embedding(9, 6, mask_zero=True)(ids)
    model = keras.Model(ids, multi_head()(x, x, use_causal_mask=True))
    tokens = np.array([[3, 1, 4, 0, 0], [5, 2, 6, 5, 0]], "int32")
    check_converts(model, tokens, tokens[:1, :3], rtol=2e-5)


@pytest.mark.parametrize("axes", [(1,), (2,), (1, 2), (-3,), (2, 1)], ids=str)
@pytest.mark.parametrize("scores", [False, True])
def test_attention_along_other_axes(axes, scores):
    query, value = keras.Input((3, 4, 6)), keras.Input((3, 4, 6))
    outputs = multi_head(attention_axes=axes)(query, value, return_attention_scores=scores)
    check_converts(keras.Model([query, value], outputs), rtol=2e-5)


def test_attention_along_two_dynamic_axes():
    x = keras.Input((None, None, 6))
    model = keras.Model(x, multi_head(attention_axes=(1, 2))(x, x))
    check_converts(model, random(1, 3, 4, 6), random(2, 5, 2, 6), rtol=2e-5)


def test_attention_along_two_axes_under_a_mask():
    x, mask = keras.Input((3, 4, 6)), keras.Input((3, 4, 3, 4), dtype="bool")
    model = keras.Model([x, mask], multi_head(attention_axes=(1, 2))(x, x, attention_mask=mask))
    check_converts(model, [random(2, 3, 4, 6), keep(2, 3, 4, 3, 4)], rtol=2e-5)


def grouped(**options):
    return layers.GroupQueryAttention(
        **{
            "head_dim": 4,
            "num_query_heads": 4,
            "num_key_value_heads": 2,
            "bias_initializer": "random_normal",
            **options,
        }
    )


@pytest.mark.parametrize("static", [False, True])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("scores", [False, True])
@pytest.mark.parametrize("heads", [1, 2, 4])
def test_grouped_query_attention(heads, scores, causal, static):
    call = {"return_attention_scores": scores, "use_causal_mask": causal}
    check(grouped(num_key_value_heads=heads), static=static, **call)


@pytest.mark.parametrize("masks", MASKS[:4], ids=str)
@pytest.mark.parametrize("causal", [False, True])
def test_masks_of_grouped_query_attention(masks, causal):
    check(grouped(use_gate=True), masks=masks, use_causal_mask=causal)


class Called(layers.Layer):
    """An attention layer that takes a list of tensors, and one of masks, by separate arguments."""

    def __init__(self, inner, **call):
        super().__init__()
        self.inner, self.options = inner, call

    def call(self, query, value, key=None, query_mask=None, value_mask=None):
        masks = None if query_mask is None and value_mask is None else [query_mask, value_mask]
        inputs = [query, value] if key is None else [query, value, key]
        return self.inner(inputs, mask=masks, **self.options)


ATTENTION = [
    layers.Attention,
    lambda: layers.Attention(use_scale=True),
    lambda: layers.Attention(score_mode="concat"),
    lambda: layers.Attention(score_mode="concat", use_scale=True, dropout=0.3),
    layers.AdditiveAttention,
    lambda: layers.AdditiveAttention(use_scale=False),
]


@pytest.mark.parametrize("make", ATTENTION)
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("masks", [[], [("value_mask", "bs")], [("query_mask", "bt"), ("value_mask", "bs")]], ids=str)
def test_attention_without_heads(make, causal, masks):
    check(Called(make(), use_causal_mask=causal), masks=masks)


@pytest.mark.parametrize("make", ATTENTION)
def test_attention_without_heads_to_a_key_of_its_own(make):
    layer = Called(make(), return_attention_scores=True)
    check(layer, sizes=(6, 5, 6), names=("query", "value", "key"))
    check(layer, sizes=(6, 5, 6), names=("query", "value", "key"), static=True)


QKV = (random(2, 5, 4, 8), random(2, 3, 4, 8, seed=1), random(2, 3, 4, 8, seed=2))


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("mask", [None, (2, 4, 5, 3), (2, 1, 5, 3), (2, 1, 1, 3), (1, 1, 5, 3)])
@pytest.mark.parametrize("bias", [None, (2, 4, 5, 3), (2, 1, 1, 3)])
def test_dot_product_attention(bias, mask, causal):
    extra = [] if bias is None else [random(*bias, seed=3)]
    extra += [] if mask is None else [keep(*mask)]

    def function(q, k, v, *rest):
        rest = list(rest)
        added = rest.pop(0) if bias is not None else None
        kept = rest.pop(0) if mask is not None else None
        return ops.dot_product_attention(q, k, v, bias=added, mask=kept, is_causal=causal)

    dynamic = mask is None or mask[0] != 1
    check_function(function, *QKV, *extra, dynamic_batch=dynamic, rtol=2e-5)


@pytest.mark.parametrize("scale", [None, 1.0, 0.3])
def test_dot_product_attention_scales_the_logits(scale):
    check_function(lambda q, k, v: ops.dot_product_attention(q, k, v, scale=scale), *QKV, rtol=2e-5)


def test_dot_product_attention_of_one_key_for_all_heads():
    q, k, v = QKV
    check_function(ops.dot_product_attention, q, k[:, :, :1], v[:, :, :1], rtol=2e-5)


@pytest.mark.parametrize("causal", [False, True])
def test_dot_product_attention_of_groups_repeats_keys(causal):
    from litesmith import convert

    class Attend(layers.Layer):
        def call(self, q, k, v):
            return ops.dot_product_attention(q, k, v, is_causal=causal)

        def compute_output_spec(self, q, k, v):
            return keras.KerasTensor(q.shape, q.dtype)

    def build(heads):
        tensors = [keras.Input((None, n, 8)) for n in (4, heads, heads)]
        return keras.Model(tensors, Attend()(*tensors))

    q, k, v = QKV[0], QKV[1][:, :, :2], QKV[2][:, :, :2]
    expected = build(4)([q, np.repeat(k, 2, axis=2), np.repeat(v, 2, axis=2)])
    # Keras' numpy backend does not run groups, so the file is compared with repeated keys.
    found = convert(build(2), verify=False).run([q, k, v])
    np.testing.assert_allclose(found, expected, atol=2e-5)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_dot_product_attention_of_short_floats(dtype):
    def function(q, k, v):
        short = [ops.cast(x, dtype) for x in (q, k, v)]
        return ops.cast(ops.dot_product_attention(*short), "float32")

    # Keras rounds the weights to the short type before the second product.
    check_function(function, *QKV, rtol=2e-2 if dtype == "bfloat16" else 2e-3)


AXES = [-1, 1, 2, (1,), (1, 2), (2, 3), (1, 3), (3, 1, 2)]


@pytest.mark.parametrize("axis", AXES, ids=str)
def test_softmax_layer(axis):
    x = keras.Input((3, 4, 5))
    check_converts(keras.Model(x, layers.Softmax(axis)(x)))


@pytest.mark.parametrize("axis", AXES, ids=str)
@pytest.mark.parametrize("dtype", ["bool", "float32"])
def test_softmax_layer_under_a_mask(axis, dtype):
    x, mask = keras.Input((3, 4, 5)), keras.Input((3, 1, 5), dtype=dtype)
    kept = keep(2, 3, 1, 5)
    kept[1, 1] = False
    model = keras.Model([x, mask], layers.Softmax(axis)(x, mask=mask))
    check_converts(model, [random(2, 3, 4, 5), kept.astype(dtype)])


def test_heads_take_the_fewest_operators():
    x = keras.Input((16, 8))
    lite = check_converts(keras.Model(x, multi_head()(x, x)), rtol=2e-5)
    projected = ["FULLY_CONNECTED", "RESHAPE", "TRANSPOSE"]
    rest = ["BATCH_MATMUL", "SOFTMAX", "BATCH_MATMUL", "TRANSPOSE", "RESHAPE", "FULLY_CONNECTED"]
    found = [name for name in builtins_of(lite) if name != "MUL"]
    assert sorted(found) == sorted(projected * 3 + rest)


def test_groups_share_keys_without_copies():
    x = keras.Input((16, 8))
    lite = check_converts(keras.Model(x, grouped()(x, x, use_causal_mask=True)), rtol=2e-5)
    assert not {"GATHER", "TILE", "BROADCAST_TO"} & set(builtins_of(lite))


def test_a_subclass_with_attention_of_its_own_is_followed():
    class Reversed(layers.GroupQueryAttention):
        def _compute_attention(self, query, key, value, attention_mask=None, training=None):
            return query - key + value, None

    check(Reversed(4, 4, 2), given=SAME_LENGTHS)


def test_layers_called_twice_share_weights():
    layer = multi_head()
    x, y = keras.Input((None, 6)), keras.Input((None, 6))
    lite = check_converts(keras.Model([x, y], [layer(x, y), layer(y, x)]), rtol=2e-5)
    kernels = {
        operand.constant.key
        for operation in lite.graph.operations
        for operand in operation.operands[1:2]
        if operation.operator.builtin == "FULLY_CONNECTED" and operand.constant is not None
    }
    assert len(kernels) <= 6


def test_a_soft_cap_is_refused_by_keras_itself_but_on_some_devices():
    from litesmith import LitesmithError

    with pytest.raises(LitesmithError, match="attn_logits_soft_cap"):
        check_function(lambda q, k, v: ops.dot_product_attention(q, k, v, attn_logits_soft_cap=5.0), *QKV)


def test_flash_attention_is_a_matter_of_the_backend():
    from litesmith import convert

    x = keras.Input((4, 6))
    plain, flash = multi_head(), multi_head(flash_attention=True)
    expected = keras.Model(x, plain(x, x))
    model = keras.Model(x, flash(x, x))
    flash.set_weights(plain.get_weights())
    given = random(2, 4, 6)
    # Keras' numpy backend refuses flash attention, so the file is compared with the plain layer.
    np.testing.assert_allclose(convert(model, verify=False).run(given), expected(given), atol=2e-5)


@pytest.mark.parametrize("make", [layers.Attention, lambda: layers.Attention(use_scale=True)])
def test_attention_without_heads_transposes_nothing(make):
    x = keras.Input((4, 6))
    lite = check_converts(keras.Model(x, make()([x, x])), rtol=2e-5)
    assert [name for name in builtins_of(lite) if name != "MUL"] == ["BATCH_MATMUL", "SOFTMAX", "BATCH_MATMUL"]
