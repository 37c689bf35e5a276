PASTED = {
    "open-sizes-in-delegate": """\
RuntimeError: Attempting to use a delegate that only supports static-sized tensors with a graph that has dynamic-sized tensors (tensor#42 is a dynamic-sized tensor).""",
    "open-sizes-in-vela": """\
Warning: RESHAPE 'x' is not supported on the NPU. Placing on CPU instead
 - Input(s) and Output tensors must not be dynamic
   Op has dynamic tensor(s): x""",
    "edge-tpu-float": """\
Edge TPU Compiler version 16.0.384591198
Invalid model: model.tflite
Model not quantized""",
    "edge-tpu-limitation": """\
TRANSPOSE_CONV           2          Operation is otherwise supported, but not mapped due to some unspecified limitation""",
    "not-on-gpu": """\
ERROR: Following operations are not supported by GPU delegate:
ARG_MAX: Operation is not supported.
97 operations will run on the GPU, and the remaining 200 operations will run on the CPU.""",
    "arena-too-small": """\
Failed to allocate memory. Needed 627488 but only 203072 was available.
AllocateTensors() failed""",
}
