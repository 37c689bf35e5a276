"""Descriptions of Keras 1, in the words of Keras 2."""

from __future__ import annotations

from typing import Any

from litesmith.frontends.keras.legacy.entries import Entry, Malformed, children, is_entry, name_of

Config = dict[str, Any]

LAYERS = {
    "AtrousConvolution1D": "Conv1D",
    "AtrousConvolution2D": "Conv2D",
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "Convolution3D": "Conv3D",
    "Deconvolution2D": "Conv2DTranspose",
    "SeparableConvolution2D": "SeparableConv2D",
    "TimeDistributedDense": "Dense",
}
MERGES = {
    "sum": "Add",
    "mul": "Multiply",
    "ave": "Average",
    "max": "Maximum",
    "min": "Minimum",
    "concat": "Concatenate",
    "dot": "Dot",
    "cos": "Dot",
}
ARGUMENTS = {
    "bias": "use_bias",
    "border_mode": "padding",
    "dim_ordering": "data_format",
    "filter_length": "kernel_size",
    "inner_activation": "recurrent_activation",
    "length": "size",
    "nb_filter": "filters",
    "output_dim": "units",
    "p": "rate",
    "pool_length": "pool_size",
    "sigma": "stddev",
    "stride": "strides",
    "subsample": "strides",
    "subsample_length": "strides",
    "atrous_rate": "dilation_rate",
    "theta": "theta",
}
"""Names of arguments that mean the same in every layer."""

OF_TRAINING = (
    *("W_regularizer", "b_regularizer", "U_regularizer", "W_constraint", "b_constraint", "dropout_W", "dropout_U"),
    *("beta_init", "gamma_init", "depthwise_regularizer", "pointwise_regularizer", "U_constraint", "momentum"),
)
ORDERINGS = {"tf": "channels_last", "th": "channels_first"}
OWN_WORDS = ("Highway", "MaxoutDense")
"""Layers that only Keras 1 has, whose arguments keep their names."""


def in_keras_2(entry: Entry) -> dict[str, Any]:
    """An entry of Keras 1, with all that is in it, as Keras 2 would have described it."""
    if entry["class_name"] == "Sequential":
        return _sequential(entry)
    config = entry["config"]
    if isinstance(config, dict) and "layers" in config:
        layers = [in_keras_2(each) for each in children(entry)]
        return {**entry, "config": {**config, "layers": layers}}
    if not isinstance(config, dict):
        raise Malformed(f"the arguments of {entry['class_name']} are not named")
    config = {key: in_keras_2(value) if is_entry(value) and _is_layer(key) else value for key, value in config.items()}
    if entry["class_name"] == "Merge":
        return {**entry, **_merge(config)}
    return {
        **entry,
        "class_name": LAYERS.get(entry["class_name"], entry["class_name"]),
        "config": _layer(entry, config),
    }


def _is_layer(argument: str) -> bool:
    return argument in ("layer", "backward_layer", "forward_layer")


def _sequential(entry: Entry) -> dict[str, Any]:
    """A Sequential whose first layer merges others is a graph with several inputs."""
    listed = children(entry)
    name = entry.get("name") or "sequential_1"
    if listed and listed[0]["class_name"] == "Merge" and listed[0]["config"].get("layers"):
        return {**entry, "class_name": "Model", "config": _joined(name, listed)}
    layers = [in_keras_2(each) for each in listed]
    config = {"name": name, "layers": layers}
    return {**entry, "name": name, "config": config}


def _joined(name: str, listed: list[Any]) -> Config:
    """The graph of models that a Merge joins, and of the layers behind it."""
    merge, *rest = listed
    inputs, branches, ends = [], [], []
    for at, branch in enumerate(merge["config"]["layers"]):
        first = children(branch)[0]["config"] if branch["class_name"] == "Sequential" else {}
        shape = first.get("batch_input_shape")
        if shape is None:
            raise Malformed("a branch of a Merge has no shape")
        source, made = f"{name}_input_{at + 1}", in_keras_2({**branch, "name": f"{name}_branch_{at + 1}"})
        types = {"batch_input_shape": shape, "dtype": first.get("input_dtype", "float32"), "name": source}
        inputs.append({"class_name": "InputLayer", "name": source, "config": types, "inbound_nodes": []})
        branches.append({**made, "inbound_nodes": [[[source, 0, 0]]]})
        ends.append([made["name"], 1, 0])
    own = {key: value for key, value in merge["config"].items() if key != "layers"}
    joined = {"class_name": "Merge", "name": own.get("name", "merge"), "config": own, "inbound_nodes": [ends]}
    layers = [*inputs, *branches, in_keras_2(joined)]
    for entry in rest:
        made = in_keras_2(entry)
        layers.append({**made, "name": name_of(made), "inbound_nodes": [[[layers[-1]["name"], 0, 0]]]})
    outputs = [[layers[-1]["name"], 0, 0]]
    return {
        "name": name,
        "layers": layers,
        "input_layers": [[each["name"], 0, 0] for each in inputs],
        "output_layers": outputs,
    }


def _merge(config: Config) -> dict[str, Any]:
    mode = config.get("mode")
    if mode not in MERGES or config.get("mode_type", "raw") != "raw":
        raise Malformed(f"Merge '{config.get('name')}' has a function for its mode")
    arguments: Config = {"name": config.get("name", "merge")}
    if mode == "concat":
        arguments["axis"] = config.get("concat_axis", -1)
    if mode in ("dot", "cos"):
        axes = config.get("dot_axes", -1)
        arguments |= {"axes": axes, "normalize": mode == "cos"}
    return {"class_name": MERGES[mode], "config": arguments}


def _layer(entry: Entry, config: Config) -> Config:
    class_name = entry["class_name"]
    found = {key: value for key, value in config.items() if key not in OF_TRAINING}
    if class_name in OWN_WORDS:
        return {key: value for key, value in found.items() if key not in ("init", "transform_bias")}
    if class_name == "Embedding":
        return {key: value for key, value in found.items() if key not in ("dropout", "init")}
    if "nb_row" in found:
        found["kernel_size"] = [found.pop("kernel_dim1", None), found.pop("nb_row"), found.pop("nb_col")][1:]
    if "kernel_dim1" in found:
        found["kernel_size"] = [found.pop(f"kernel_dim{axis}") for axis in (1, 2, 3)]
    renamed = {ARGUMENTS.get(key, key): value for key, value in found.items()}
    if class_name == "RepeatVector":
        renamed["n"] = found["n"]
    if renamed.get("data_format") in ORDERINGS:
        renamed["data_format"] = ORDERINGS[renamed["data_format"]]
    if class_name == "BatchNormalization" and renamed.get("mode", 0) == 0:
        renamed.pop("mode", None)
    if class_name == "Deconvolution2D":
        renamed.pop("output_shape", None)
    if class_name in ("ZeroPadding2D", "Cropping2D", "ZeroPadding3D", "Cropping3D"):
        renamed = {key: _pairs(value) if key in ("padding", "cropping") else value for key, value in renamed.items()}
    return renamed


def _pairs(value: Any) -> Any:
    """`[top, bottom, left, right]`, as Keras 1 also had it, in pairs."""
    if isinstance(value, list) and len(value) == 4 and all(isinstance(each, int) for each in value):
        return [value[:2], value[2:]]
    return value
