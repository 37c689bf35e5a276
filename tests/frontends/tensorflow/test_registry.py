"""What is imported agrees with what TensorFlow registers: operands, attributes with their defaults, outputs."""

import dis
import functools
import inspect

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework import op_def_registry

from litesmith.frontends.tensorflow.computing import computed_names, function_of
from litesmith.frontends.tensorflow.operations.refused import REFUSED
from litesmith.frontends.tensorflow.registry import Known, import_of, imported_names, why_without_form
from tensorflow_support import floats, refusal

NAMES = sorted(imported_names())

WITHOUT_EFFECT = {
    "hints for other kernels": {"use_cudnn_on_gpu", "a_is_sparse", "b_is_sparse", "parallel_iterations", "T_threshold"},
    "of derivatives": {"grad_a", "grad_b", "grad_x", "grad_y"},
    "checks": {"validate_indices", "validate_shape", "message", "summarize", "incompatible_shape_error", "errors"},
    "how shapes are told": {"shape", "output_shapes", "element_shape", "num_elements", "value_shape", "_output_shapes"},
    "how functions are run": {"config", "config_proto", "executor_type"},
    "how gradients are": {"sparse_gradient"},
    "how text is printed": {"first_n", "end", "output_stream"},
    "looked at where loops are found": {"frame_name", "is_constant"},
    "arrays of loops": {
        *("element_shape_except0", "clear_after_read", "identical_element_shapes"),
        "tensor_array_name",
    },
    "names of what is held": {"use_node_name_sharing", "allowed_devices", "debug_name"},
    "how it is stored": {"use_locking", "init", "delete_old_dirs", "allow_missing_files"},
    "sizes of hash tables": {"initial_num_buckets", "max_load_factor", "lower_bound", "key_index"},
    "counts of operands": {"N", "num_row_partition_tensors", "PARAMS_RAGGED_RANK", "OUTPUT_RAGGED_RANK", "Nsplits"},
    "of text files, which are refused": {"vocab_size", "value_index", "delimiter", "offset"},
    "the length of a list that is given": {"resize_if_index_out_of_bounds"},
}
"""Attributes that no import needs to look at, by reason."""
IGNORED = set().union(*WITHOUT_EFFECT.values())

MASKS = {"begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask"}
"""Those that `Masks` reads of a node."""

TAKEN_ONLY = {
    "any order will do": {("TopK", "sorted"), ("TopKV2", "sorted")},
    "how many results there are follows from the operands": {("SplitV", "num_split"), ("Unpack", "num")},
    "exact results are never fewer than wanted": {("ApproxTopK", "recall_target")},
}
"""Attributes that imports take, and do not look at, by reason."""

FOLLOWING = {
    "of the numbers of one size that there are": {
        *(("Angle", "Tout"), ("Complex", "Tout"), ("ComplexAbs", "Tout"), ("Eig", "Tout"), ("Imag", "Tout")),
        *(("Real", "Tout"), ("IRFFT", "Treal"), ("IRFFT2D", "Treal"), ("RFFT", "Tcomplex"), ("RFFT2D", "Tcomplex")),
    },
    "of what functions return": {
        *(("Case", "Tout"), ("If", "Tout"), ("StatelessCase", "Tout"), ("StatelessIf", "Tout")),
        *(("PartitionedCall", "Tout"), ("RemoteCall", "Tout"), ("StatefulPartitionedCall", "Tout")),
    },
    "of what is held, where TensorFlow reads no other": {
        *(("Placeholder", "dtype"), ("Variable", "dtype"), ("VariableV2", "dtype"), ("RestoreV2", "dtypes")),
        *(("ReadVariableOp", "dtype"), ("ResourceGather", "dtype"), ("ResourceGatherNd", "dtype")),
        *(("TensorArrayConcatV3", "dtype"), ("TensorArrayGatherV3", "dtype"), ("TensorArrayReadV3", "dtype")),
        *(("TensorListConcat", "element_dtype"), ("TensorListConcatV2", "element_dtype")),
        *(("TensorListGather", "element_dtype"), ("TensorListGetItem", "element_dtype")),
        *(("TensorListPopBack", "element_dtype"), ("TensorListStack", "element_dtype")),
    },
}
"""Types of results that are said in an attribute, and follow from something else."""


def definition(name):
    found = op_def_registry.get(name)
    assert found is not None, f"TensorFlow has no operation {name}"
    return found


def default_of(attribute):
    """The default that TensorFlow has for an attribute, as a graph's reader would give it; None where it has none."""
    if not attribute.HasField("default_value"):
        return None
    kind = attribute.default_value.WhichOneof("value")
    value = getattr(attribute.default_value, kind)
    return value.decode() if kind == "s" else value if kind in "ifb" else None


@pytest.mark.parametrize("name", NAMES)
def test_operands_are_as_many_as_tensorflow_has(name):
    rule, own = import_of(name), definition(name)
    lists = any(each.number_attr or each.type_list_attr for each in own.input_arg)
    if rule.is_variadic:
        assert lists or len(own.input_arg) >= len(rule.operands) - 1
    else:
        assert not lists
        assert len(rule.operands) == len(own.input_arg)


@pytest.mark.parametrize("name", NAMES)
def test_no_attribute_that_matters_is_left_out(name):
    rule, own = import_of(name), definition(name)
    types = {each.name for each in own.attr if each.type in ("type", "list(type)")}
    left_out = {each.name for each in own.attr} - types - set(rule.attributes) - IGNORED
    assert left_out <= (MASKS if "node" in rule.attributes else set())


@pytest.mark.parametrize("name", NAMES)
def test_what_is_taken_is_looked_at(name):
    rule = import_of(name)
    unread = {(name, each) for each in rule.attributes} - {(name, each) for each in names_read(rule.function)}
    assert unread <= set().union(*TAKEN_ONLY.values())


@pytest.mark.parametrize("name", NAMES)
def test_types_of_results_that_do_not_follow_from_the_operands_are_taken(name):
    rule, own = import_of(name), definition(name)
    of_operands = {each.type_attr or each.type_list_attr for each in own.input_arg}
    of_results = {each.type_attr or each.type_list_attr for each in own.output_arg} - {""}
    left_out = {(name, each) for each in of_results - of_operands - set(rule.attributes)}
    assert left_out <= set().union(*FOLLOWING.values())


@pytest.mark.parametrize("name", sorted(computed_names()))
def test_what_is_computed_while_importing_looks_at_all_attributes(name):
    own, function = definition(name), function_of(name)
    of_operands = {each.type_attr or each.number_attr or each.type_list_attr for each in own.input_arg}
    left_out = {each.name for each in own.attr} - of_operands - constants_of(function) - IGNORED - {"num"}
    assert left_out <= (MASKS if "Masks" in names_read(function) else set())


def code_of(function):
    """The code of a function, and of those that are defined in it."""
    while isinstance(function, functools.partial):
        function = function.func
    found = [function.__code__]
    for code in found:
        found += [each for each in code.co_consts if inspect.iscode(each)]
    return found


def names_read(function):
    """The names of local and global variables that a function reads."""
    kinds = ("LOAD_FAST", "LOAD_DEREF", "LOAD_CLOSURE", "LOAD_GLOBAL")
    steps = [step for code in code_of(function) for step in dis.get_instructions(code)]
    read = [step.argval for step in steps if any(kind in step.opname for kind in kinds)]
    return {name for each in read for name in (each if isinstance(each, tuple) else (each,))}


def constants_of(function):
    return {each for code in code_of(function) for each in code.co_consts if isinstance(each, str)}


@pytest.mark.parametrize("name", NAMES)
def test_defaults_are_tensorflows(name):
    rule, own = import_of(name), definition(name)
    known = {each.name: default_of(each) for each in own.attr}
    for attribute, default in rule.attributes.items():
        if attribute in ("run", "node", "program", "variables", "checkpoint") or attribute not in known:
            continue
        if known[attribute] is None or default is inspect.Parameter.empty:
            continue
        assert default == pytest.approx(known[attribute]), attribute


@pytest.mark.parametrize("name", NAMES)
def test_outputs_are_named_as_tensorflow_names_them(name):
    rule, own = import_of(name), definition(name)
    if rule.outputs:
        assert rule.outputs == tuple(each.name for each in own.output_arg)
    else:
        assert len(own.output_arg) <= 1


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (lambda x: tf.strings.length(tf.strings.as_string(x)), "do it before the model"),
        (lambda x: tf.io.decode_raw(tf.io.read_file("x"), tf.float32) + x, "decode it in the app"),
        (lambda x: tf.quantization.quantize(x, -1.0, 1.0, tf.qint8).output_min, "convert the graph of floats"),
        (lambda x: tf.numpy_function(np.sin, [x], tf.float32), "write that part in functions of tf"),
        (lambda x: tf.cast(x, tf.bfloat16) + tf.raw_ops.Cast(x=x, DstT=tf.bfloat16, Truncate=True), "Truncate"),
        (lambda x: tf.gather_nd(x, [[0]], bad_indices_policy="IGNORE"), "bad_indices_policy"),
    ],
)
def test_what_is_refused_says_what_to_do(function, text):
    assert text in refusal(function, floats(4))


@pytest.mark.parametrize("name", [name for names in REFUSED.values() for name in names])
def test_what_is_refused_is_an_operation_without_an_import(name):
    assert definition(name).name == name
    assert import_of(name) is None
    assert why_without_form(name) != why_without_form("NoSuchOperation")


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (lambda x: tf.image.extract_patches(x, [1, 99, 99, 1], [1, 1, 1, 1], [1, 1, 1, 1], "SAME"), "9801 elements"),
        (lambda x: tf.random.stateless_normal([2**25], [1, 2]), "a tensor of"),
        (lambda x: tf.linalg.diag(x[0, :, 0, 0], k=2**28), "a tensor of"),
        (lambda x: tf.dynamic_partition(x[0, 0, 0], [1], 5000), "5000 tensors"),
    ],
)
def test_what_no_device_could_hold_is_refused(function, text):
    assert text in refusal(function, floats(1, 2, 2, 1))


def test_operands_of_known_elements_are_asked_for():
    assert Known in import_of("Mfcc").operands
