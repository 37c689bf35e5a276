PASTED = {
    "list-of-open-shape": """\
loc(callsite("model/lstm/TensorArrayV2_1@__inference_run_model_1" at "PartitionedCall@x")): error: 'tf.TensorListReserve' op requires element_shape to be static during TF Lite transformation pass""",
    "lowering-lists-failed": """\
<unknown>:0: error: failed to legalize TensorList: Lowering tensor list ops is failed. Please consider using Select TF ops and disabling `_experimental_lower_tensor_list_ops` flag in the TFLite converter object. For example, converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS]""",
}
