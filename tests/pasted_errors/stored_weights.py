PASTED = {
    "other-number-of-layers": """\
ValueError: Layer count mismatch when loading weights from file. Model expected 4 layers, found 2 saved layers.""",
    "other-number-of-weights": """\
ValueError: Weight count mismatch for layer #3 (named lstm in the current model, cu_dnnlstm_1 in the save file). Layer expects 3 weight(s). Received 2 saved weight(s)""",
    "other-shape-of-weight": """\
ValueError: Shape mismatch in scoresfor weight scores/kernel. Weight expects shape (8, 3). Received saved weight with shape (8, 10)""",
    "weights-only": "ValueError: No model config found in the file at weights.h5.",
}
