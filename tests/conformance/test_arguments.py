"""Every argument of a layer or operation that matters in inference has a case that gives it a value of its own."""

import re

import pytest
from cases import table
from cases.arguments import never_given

NOT_OF_INFERENCE = re.compile(
    r"\w*_(initializer|regularizer|constraint)|name|dtype|seed|momentum|renorm\w*|synchronized"
    r"|dropout|recurrent_dropout|noise_shape|l1|l2|use_cudnn|flash_attention|weights"
)
"""Arguments of layers that training, naming or a backend's choice of kernels is about; `dtype` has tests of its own."""

OF_OTHER_TESTS = {
    "lora_alpha": "test_quantized_layers.py",
    "quantization_config": "test_quantized_layers.py",
    "gptq_unpacked_column_size": "test_quantized_layers.py",
    "stateful": "test_state.py",
}

WITHOUT_A_CASE = {
    ("layers.Discretization", "num_bins"): "for adapt",
    ("layers.Discretization", "epsilon"): "for adapt",
    ("layers.Resizing", "fill_mode"): "there is one only",
    ("layers.SpectralNormalization", "power_iterations"): "for training",
    ("ops.dot_product_attention", "attn_logits_soft_cap"): "on TPUs only",
    ("ops.dot_product_attention", "flash_attention"): "the choice of a backend's kernel",
    ("ops.image.resize", "fill_mode"): "there is one only",
    ("ops.moments", "synchronized"): "for training on several devices",
    ("ops.linspace", "retstep"): "returns a number for Python beside the tensor",
    **{
        (name, "sparse"): "LiteRT has no sparse tensors"
        for name in (
            *("layers.CategoryEncoding", "layers.Discretization", "ops.bincount", "ops.convert_to_tensor"),
            *("ops.multi_hot", "ops.one_hot"),
        )
    },
    ("ops.convert_to_tensor", "ragged"): "LiteRT has no ragged tensors",
}
"""Arguments for which there is no case, and why."""

NOTHING_IN_INFERENCE = re.compile(r"layers\.(Random\w+|AugMix|CutMix|MixUp|RandAugment)")


def without_a_case():
    return {
        (name, argument)
        for name in table.names()
        if table.cases_of(name) and not NOTHING_IN_INFERENCE.fullmatch(name)
        for argument in never_given(name)
        if not (argument in OF_OTHER_TESTS or (name.startswith("layers.") and NOT_OF_INFERENCE.fullmatch(argument)))
    }


def test_every_argument_has_a_case():
    assert without_a_case() - WITHOUT_A_CASE.keys() == set()


@pytest.mark.parametrize(("name", "argument"), WITHOUT_A_CASE)
def test_what_has_no_case_is_still_without(name, argument):
    if name in table.names():
        assert argument in never_given(name)
