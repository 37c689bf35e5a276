"""Attention, and the softmax under a mask that it is made of."""

from __future__ import annotations

from typing import Any

from keras.layers import GroupQueryAttention

from litesmith.frontends.keras.arguments import to_tensors, to_values
from litesmith.frontends.keras.lowerings.promotion import own_float, promote
from litesmith.frontends.keras.registry import lowers
from litesmith.ir.builder import constant
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import attention, math
from litesmith.ops.array import as_value, cast, expand_dims
from litesmith.ops.errors import Unsupported


@lowers("ops.dot_product_attention")
def dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    bias: Any = None,
    mask: Any = None,
    scale: Any = None,
    is_causal: bool = False,
    flash_attention: Any = None,
    attn_logits_soft_cap: Any = None,
) -> Value:
    """The logits and their softmax are float32, whatever the operands are."""
    if attn_logits_soft_cap is not None:
        raise Unsupported("attn_logits_soft_cap")
    operands = promote(query, key, value)
    queries, keys, values = (cast(operand, DType.FLOAT32) for operand in operands)
    result = attention.dot_product_attention(
        queries,
        keys,
        values,
        bias=None if bias is None else as_value(bias, DType.FLOAT32),
        mask=None if mask is None else as_value(mask, DType.BOOL),
        scale=keys.type.shape[-1] ** -0.5 if scale is None else scale,
        is_causal=is_causal,
    )
    return cast(result, operands[0].type.dtype)


@lowers("layers.Softmax", since="3.13")
def softmax(layer: Any, inputs: Any, mask: Any = None) -> Value:
    """A mask of numbers keeps what is over 0.5; what is masked is 0, whole rows too.

    Keras 3.12 adds a large negative number times 1 - mask to the logits, and 3.9 leaves masked rows as they are then.
    """
    x = own_float(inputs)
    logits = cast(x, DType.FLOAT32)
    if mask is None:
        return cast(attention.softmax(logits, layer.axis), x.type.dtype)
    kept = mask if mask.type.dtype is DType.BOOL else math.greater(mask, constant(0.5, mask.type.dtype))
    return cast(attention.masked_softmax(logits, layer.axis, kept), x.type.dtype)


@lowers("layers.GroupedQueryAttention")
def grouped_query_attention(layer: Any, query: Value, value: Value, key: Any = None, **options: Any) -> Any:
    """Keys and values are shared by the heads of a group rather than repeated for each.

    Where Keras does not call `dot_product_attention`, the layer's own `call` runs.
    """
    queries, values, keys, asked = to_tensors([query, value, value if key is None else key, options])
    is_own = type(layer)._compute_attention is not GroupQueryAttention._compute_attention
    if is_own or layer.dropout > 0 or asked.pop("return_attention_scores", False):
        return to_values(layer.call(queries, values, keys, **to_tensors(options)))
    asked.pop("training", None)
    is_causal = asked.pop("use_causal_mask", False)
    mask = to_values(layer._compute_attention_mask(queries, values, **asked))
    attended = dot_product_attention(
        to_values(layer._query_dense(queries)),
        to_values(layer._key_dense(keys)),
        to_values(layer._value_dense(values)),
        mask=None if mask is None else expand_dims(mask, range(1, 5 - mask.type.rank)),
        scale=layer._inverse_sqrt_head_dim,
        is_causal=is_causal,
    )
    if getattr(layer, "use_gate", False):
        attended = math.multiply(attended, to_values(layer._gate_dense(queries)))
    return to_values(layer._output_dense(to_tensors(attended)))
