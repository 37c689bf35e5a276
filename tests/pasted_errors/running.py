PASTED = {
    "select-ops-at-run-time": """\
RuntimeError: Select TensorFlow op(s), included in the given model, is(are) not supported by this interpreter. Make sure you apply/link the Flex delegate before inference. For the Android, it can be resolved by adding "org.tensorflow:tensorflow-lite-select-tf-ops" dependency.Node number 21 (FlexTensorListReserve) failed to prepare.""",
    "loop-of-tensorflow-1": """\
RuntimeError: Encountered unresolved custom op: Enter.Node number 3 (Enter) failed to prepare.""",
    "custom-op-unknown": """\
RuntimeError: Encountered unresolved custom op: TFLite_Detection_PostProcess.
See instructions: https://www.tensorflow.org/lite/guide/ops_custom Node number 63 (TFLite_Detection_PostProcess) failed to prepare.""",
    "operator-version": """\
Didn't find op for builtin opcode 'FULLY_CONNECTED' version '12'. An older version of this builtin might be supported. Are you using an old TFLite binary with a newer model?""",
    "reshape-of-resized": """\
RuntimeError: tensorflow/lite/kernels/reshape.cc:92 num_input_elements != num_output_elements (4608 != 1152)Node number 7 (RESHAPE) failed to prepare.""",
    "type-without-kernel": """\
RuntimeError: tensorflow/lite/kernels/elementwise.cc:100 Type INT16 is unsupported by op Abs.Node number 4 (ABS) failed to prepare.""",
    "axes-without-kernel": """\
RuntimeError: tensorflow/lite/kernels/strided_slice.cc:123 StridedSlice op only supports 1D-4D input arrays.Node number 2 (STRIDED_SLICE) failed to prepare.""",
    "tables-not-initialized": "RuntimeError: hashtable need to be initialized before using",
    "variables-in-compiled-model": "ERROR: [model_load.cc:120] Variable tensors not yet supported",
    "failed-to-prepare": "RuntimeError: something else.Node number 12 (CONV_2D) failed to prepare.",
}
