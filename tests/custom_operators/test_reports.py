"""What `inspect` and `check` say of custom operators."""

import keras
import pytest

import litesmith
from litesmith.flatbuffer.write import to_bytes
from litesmith.ir.graph import Graph, Model, Operation
from litesmith.ir.source import Source
from litesmith.ir.types import DType, TensorType
from litesmith.lite_model import LiteModel
from litesmith.opset.unmodeled import Unmodeled
from litesmith.report.summary import summarize


@pytest.fixture
def lite(filtering):
    return litesmith.convert(filtering, batch=1, verify=False)


def test_the_summary_shows_options(lite):
    summary = summarize(lite)
    assert [(use.name, use.version) for use in summary.custom_operators] == [("MyFir", 1), ("SoftClip", 2)]
    assert summary.custom_operators[0].options == {"stride": 2}
    assert summary.to_json()["custom_operators"][1]["options"]["mode"] == "tanh?"
    assert "stride=2" in lite.summary()
    assert "limit=2.5, mode='tanh?', sizes=[1, 2]" in lite.summary()


def test_options_of_another_form_are_said_to_be_so():
    graph = Graph()
    type = TensorType(DType.FLOAT32, (1, 4))
    operator = Unmodeled(name="Other", is_custom=True, custom_options=b"\x01\x02\x03\x04")
    graph.insert(operation := Operation(operator, [graph.add_input(type, "x")], [type], Source("layer")))
    operation.result.name = "y"
    graph.outputs = [operation.result]
    summary = LiteModel(to_bytes(Model([graph]))).summary()
    assert "of a form of its own" in summary


def test_a_model_without_custom_operators_says_nothing_of_them():
    plain = litesmith.convert(keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]), verify=False)
    assert "custom_operators" not in summarize(plain).to_json()
    assert "custom operator" not in plain.summary()


@pytest.mark.parametrize("target", ["cpu", "tflm", "gpu"])
def test_targets_run_them_with_a_kernel_of_the_users(lite, target):
    found = litesmith.check(lite, target)
    assert found.runs
    findings = [finding for finding in found.findings if finding.code == "D207"]
    assert {name for finding in findings for name in finding.operators} == {"CUSTOM MyFir", "CUSTOM SoftClip"}
    fates = {layer.fate.value for layer in found.layers if any("CUSTOM" in name for name in layer.operators)}
    assert fates == {"runs"}


def test_sources_for_microcontrollers_take_the_kernels(lite, tmp_path):
    made = litesmith.embed(lite, tmp_path / "filter.tflite")
    text = next(path.read_text() for path in tmp_path.rglob("*") if "AddCustom" in path.read_text())
    assert made
    assert "const TFLMRegistration* MyFir, const TFLMRegistration* SoftClip" in text
    assert 'resolver.AddCustom("MyFir", MyFir)' in text


def test_models_of_builtin_operators_need_no_kernel():
    plain = litesmith.convert(keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]), batch=1, verify=False)
    assert not [finding for finding in litesmith.check(plain, "tflm").findings if finding.code == "D207"]
