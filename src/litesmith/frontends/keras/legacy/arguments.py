"""Arguments of layers that were dropped or renamed between Keras 2 and Keras 3."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Config = dict[str, Any]

GIVEN_ELSEWHERE = frozenset(
    {
        # the shapes and types of inputs, which their layers say
        *("batch_input_shape", "input_shape", "input_dtype", "batch_size", "build_input_shape"),
        # values for weights, all of which the file has
        "weights",
        # how the same numbers are computed, and how weights were found
        *("implementation", "consume_less", "fused", "enable_caching_device", "input_length", "_expects_mask_arg"),
        # what attention was built for
        *("query_shape", "key_shape", "value_shape", "_query_shape", "_key_shape", "_value_shape"),
        # of weights that are never drawn, and of what is drawn in training only
        *("init", "inner_init", "forget_bias_init", "activity_regularizer", "rng_type"),
    }
)
"""Arguments that change no result."""

WHERE_NOT_TAKEN = frozenset({"input_dim", "softmax_robust_masking", "trainable", "dtype", "name"})
"""Arguments that change no result in layers of Keras 3 that do not take them."""

OF_TRAINING = ("_initializer", "_regularizer", "_constraint")
"""Ends of names of arguments that matter to new and to changing weights only."""


@dataclass(frozen=True)
class Dropped:
    """An argument that Keras 3 does not have: values that change nothing, and what to do about others."""

    harmless: tuple[Any, ...]
    advice: str


DROPPED = {
    "time_major": Dropped((False,), "Swap the first two axes before and after the layer, which has them batch first."),
    "ragged": Dropped((False, None), "Ragged tensors have no form: pad the input to one length."),
    "sparse": Dropped((False, None), "Sparse tensors have no form: make the input dense."),
    "type_spec": Dropped((None,), "Tensors of other types have no form: make the input a plain tensor."),
    "groups": Dropped((1, None), "Cut the input into groups, one layer for each, and join the results."),
    "renorm": Dropped((False,), "Make the model with plain BatchNormalization, whose moving statistics are the same."),
    "virtual_batch_size": Dropped((None,), "Make the model without virtual batches."),
    "adjustment": Dropped((None,), "Make the model without an adjustment."),
    "causal": Dropped((False, None), "Call the layer with use_causal_mask=True."),
    "num_constants": Dropped((None, 0), "Join the constants to every step of the input."),
    "dynamic": Dropped((False, None), "Write the layer's call with keras.ops."),
    "optional": Dropped((False, None), "Make the model without the optional input."),
    "output_mode": Dropped(("int",), "Make the model with keras.layers of this version."),
}
"""Arguments by their names; checked where the layer does not take them."""

BESIDE = {"renorm": ("renorm_clipping", "renorm_momentum")}
"""Arguments that mean nothing where another has its harmless value."""

ALIASES = {
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "SyncBatchNormalization": "BatchNormalization",
    "AddLoss": "Identity",
    "AddMetric": "Identity",
    "RandomHeight": "Identity",
    "RandomWidth": "Identity",
}
"""Layers that another one of Keras 3 does the same as, in inference."""

IDENTITIES = frozenset(name for name, other in ALIASES.items() if other == "Identity")

RENAMED = {
    "LeakyReLU": {"alpha": "negative_slope"},
    "Discretization": {"bins": "bin_boundaries"},
}


def plain(value: Any) -> Any:
    """Arrays and tuples that JSON could not hold, as numbers and lists."""
    if isinstance(value, dict) and value.get("class_name") == "__tuple__":
        return [plain(item) for item in value.get("items", ())]
    if isinstance(value, dict) and value.get("class_name") == "__numpy__":
        return plain(value.get("config", {}).get("value"))
    if isinstance(value, dict) and value.get("type") == "ndarray":
        return plain(value.get("value"))
    if isinstance(value, dict) and value.get("class_name") == "TensorShape":
        return plain(value.get("items"))
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def modernized(class_name: str, config: Config) -> tuple[str, Config]:
    """The class and arguments of Keras 3 for a layer of Keras 2; what Keras 3 does not have stays as it is."""
    name = ALIASES.get(class_name, class_name)
    renamed = RENAMED.get(name, {})
    arguments = {renamed.get(key, key): plain(value) for key, value in config.items()}
    if class_name in IDENTITIES:
        arguments = {key: value for key, value in arguments.items() if key in ("name", "trainable", "dtype")}
    for change in CHANGES.get(class_name, CHANGES.get(name, ())):
        change(arguments)
    return CUDNN.get(name, name), arguments


def _one_axis(arguments: Config) -> None:
    axis = arguments.get("axis")
    if isinstance(axis, list) and len(axis) == 1:
        arguments["axis"] = axis[0]


def _resets_before(arguments: Config) -> None:
    """Until 2.1 there was no other way."""
    arguments.setdefault("reset_after", False)


def _as_cudnn(arguments: Config) -> None:
    arguments.update(activation="tanh", recurrent_activation="sigmoid")


def _resets_after(arguments: Config) -> None:
    arguments["reset_after"] = True


CUDNN = {"CuDNNLSTM": "LSTM", "CuDNNGRU": "GRU"}
CHANGES: dict[str, tuple[Callable[[Config], None], ...]] = {
    "BatchNormalization": (_one_axis,),
    "BatchNormalizationV1": (_one_axis,),
    "BatchNormalizationV2": (_one_axis,),
    "SyncBatchNormalization": (_one_axis,),
    "GRU": (_resets_before,),
    "GRUCell": (_resets_before,),
    "CuDNNGRU": (_as_cudnn, _resets_after),
    "CuDNNLSTM": (_as_cudnn,),
}


@dataclass
class Fitted:
    """Arguments of a layer, sorted: what Keras 3 takes, and what it cannot do without.

    Attributes:
        taken: arguments for the constructor.
        refused: (argument, value, advice) of what would change results.
    """

    taken: Config = field(default_factory=dict)
    refused: list[tuple[str, Any, str]] = field(default_factory=list)


def fitted(arguments: Config, accepted: frozenset[str] | None) -> Fitted:
    """The arguments that a constructor takes, `accepted` (None: any); the others are dropped or refused."""
    found = Fitted()
    moot = {other for key, others in BESIDE.items() if not arguments.get(key) for other in others}
    for key, value in arguments.items():
        if key in GIVEN_ELSEWHERE or key in moot or key.endswith(OF_TRAINING):
            continue
        if key in ALWAYS_CHECKED and not _is_harmless(value, DROPPED[key].harmless):
            found.refused.append((key, value, DROPPED[key].advice))
        elif accepted is None or key in accepted:
            found.taken[key] = value
        elif key in WHERE_NOT_TAKEN:
            continue
        elif key in DROPPED:
            if not _is_harmless(value, DROPPED[key].harmless):
                found.refused.append((key, value, DROPPED[key].advice))
        else:
            found.refused.append((key, value, "Make the layer anew with arguments of Keras 3 (architecture=)."))
    return found


ALWAYS_CHECKED = ("time_major", "ragged")
"""Arguments that some constructors still take without doing what they say."""


def _is_harmless(value: Any, harmless: tuple[Any, ...]) -> bool:
    return any(value is each or (value == each and type(value) is type(each)) for each in harmless)
