PASTED = {
    "operation-without-builtin": """\
loc(callsite(callsite(fused["Cumsum:", "functional_1/eig_1/Eig@__inference_function_42"] at fused["StatefulPartitionedCall:", "x"]) at fused["StatefulPartitionedCall:", "y"])): error: 'tf.Eig' op is neither a custom op nor a flex op""",
    "needs-select-ops": """\
<unknown>:0: error: failed while converting: 'main':
Some ops are not supported by the native TFLite runtime, you can enable TF kernels fallback using TF Select. See instructions: https://www.tensorflow.org/lite/guide/ops_select
TF Select ops: Eig
Details:
\ttf.Eig(tensor<?x4x4xf32>) -> (tensor<?x4xcomplex<f32>>) : {device = ""}
<unknown>:0: note: Error code: ERROR_NEEDS_FLEX_OPS""",
    "needs-custom-ops": """\
Some ops in the model are custom ops, See instructions to implement custom ops: https://www.tensorflow.org/lite/guide/ops_custom
Custom ops: MyOp
note: Error code: ERROR_NEEDS_CUSTOM_OPS""",
    "toco-operators": """\
tensorflow.lite.python.convert.ConverterError: Some of the operators in the model are not supported by the standard TensorFlow Lite runtime. If those are native TensorFlow operators, you might be able to use the extended runtime by passing --enable_select_tf_ops, or by setting target_ops=TFLITE_BUILTINS,SELECT_TF_OPS when calling tf.lite.TFLiteConverter(). Otherwise, if you have a custom implementation for them you can disable this error with --allow_custom_ops. Here is a list of builtin operators you are using: ADD, MUL. Here is a list of operators for which you will need custom implementations: Erf.""",
    "marked-illegal": """\
error: failed to legalize operation 'tfl.pow' that was explicitly marked illegal
note: see current operation: %12 = "tfl.pow"(%10, %11) : (tensor<1x8xi64>, tensor<i64>) -> tensor<1x8xi64>""",
    "unread-variable": """\
error: missing attribute 'value'
LLVM ERROR: Failed to infer result type(s).
Aborted (core dumped)""",
    "control-flow-v1": "<unknown>:0: note: Error code: ERROR_UNSUPPORTED_CONTROL_FLOW_V1",
    "function-not-inlined": "note: Error code: ERROR_STATEFUL_PARTITIONED_CALL_IN_FINAL_IR",
    "size-over-32-bits": "error: 'tfl.reshape' op result shape dimensions out of 32 bit int type range",
    "variant-type": """\
error: function argument uses variant type. Currently, the variant type is not natively supported in TFLite. Please consider not using the variant type""",
    "process-died": "Segmentation fault (core dumped)",
}
