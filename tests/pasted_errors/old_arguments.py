PASTED = {
    "argument-groups": """\
TypeError: Error when deserializing class 'DepthwiseConv2D' using config={'name': 'expanded_conv_depthwise'}.
Exception encountered: Unrecognized keyword arguments passed to DepthwiseConv2D: {'groups': 1}""",
    "argument-of-recurrent": "ValueError: Unrecognized keyword arguments passed to LSTM: {'time_major': False}",
    "argument-batch-input-shape": "ValueError: Unrecognized keyword arguments passed to Dense: {'batch_input_shape': [None, 4]}",
    "argument-weights": "ValueError: Unrecognized keyword arguments passed to Dense: {'weights': [array([[0.1]])]}",
    "file-of-keras-3-in-keras-2": """\
TypeError: Error when deserializing class 'InputLayer' using config={'batch_shape': [None, 4], 'dtype': 'float32'}.
Exception encountered: Unrecognized keyword arguments: ['batch_shape']""",
    "file-of-much-older-keras": "TypeError: Unrecognized keyword arguments: ['ragged']",
}
