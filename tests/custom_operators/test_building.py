"""Kernels built against the sources of both runtimes, and run in LiteRT's runtime in Python.

The folder that LITESMITH_RUNTIME_SOURCES names holds checkouts `litert`, `tflm`, `flatbuffers`, `abseil` and
`gemmlowp`, of the versions that go together. Without it these tests are skipped; building TFLM takes minutes.
"""

import os
import warnings
from pathlib import Path

import pytest

import litesmith
from litesmith.diagnostics.base import FindingWarning

SOURCES = Path(os.environ.get("LITESMITH_RUNTIME_SOURCES", "nowhere"))
LITERT, TFLM = SOURCES / "litert", SOURCES / "tflm"
MICRO = TFLM / "tensorflow/lite/micro"
PLAIN = "-DFLATBUFFERS_LOCALE_INDEPENDENT=0"
LITERT_FLAGS = ("-std=c++20", "-fPIC", PLAIN, f"-I{LITERT}", f"-I{SOURCES}/flatbuffers/include", f"-I{SOURCES}/abseil")
TFLM_FLAGS = (
    *("-std=c++17", "-DTF_LITE_STATIC_MEMORY", "-ffunction-sections", "-Wl,--gc-sections", PLAIN),
    *(f"-I{TFLM}", f"-I{SOURCES}/flatbuffers/include", f"-I{SOURCES}/gemmlowp"),
)
COMMON = [LITERT / "tflite/core/c/common.cc", LITERT / "tflite/array.cc"]
RUNNER = [
    *("kernels/kernel_runner", "kernels/kernel_util", "fake_micro_context", "mock_micro_graph", "test_helpers"),
    *("test_helper_custom_ops", "arena_allocator/single_arena_buffer_allocator", "micro_utils", "micro_log"),
    *("debug_log", "memory_helpers", "flatbuffer_utils", "micro_context", "micro_op_resolver"),
    *("tflite_bridge/flatbuffer_conversions_bridge", "../kernels/kernel_util", "../core/c/common"),
    *("../core/api/flatbuffer_conversions", "../core/api/tensor_utils"),
]

pytestmark = pytest.mark.skipif(
    not LITERT.is_dir(), reason="LITESMITH_RUNTIME_SOURCES names no sources of the runtimes"
)


@pytest.fixture
def kernels(filtering, implement, tmp_path):
    lite = litesmith.convert(filtering, verify=False)
    litesmith.write_kernels(lite, tmp_path / "kernels")
    implement(tmp_path / "kernels/my_fir/my_fir.cc")
    return tmp_path / "kernels"


@pytest.mark.parametrize("stem", ["my_fir", "soft_clip"])
def test_kernels_for_litert_compute_what_the_function_does(kernels, built, stem):
    sources = [kernels / stem / f"{stem}{part}.cc" for part in ("", "_litert", "_litert_test")]
    program = built(*sources, *COMMON, flags=(*LITERT_FLAGS, f"-I{kernels / stem}"), run=False)
    assert os.popen(str(program)).read().startswith("passed: ")


@pytest.mark.parametrize("stem", ["my_fir", "soft_clip"])
def test_kernels_for_microcontrollers_compute_what_the_function_does(kernels, built, stem):
    sources = [kernels / stem / f"{stem}{part}.cc" for part in ("", "_tflm", "_tflm_test")]
    runner = [MICRO / f"{each}.cc" for each in RUNNER]
    program = built(*sources, *runner, flags=(*TFLM_FLAGS, f"-I{kernels / stem}"), run=False)
    assert os.popen(f"{program} 2>&1").read().startswith("passed: ")


def test_the_file_itself_runs_with_the_kernels_and_is_the_same(filtering, kernels, built):
    stems = ("my_fir", "soft_clip")
    sources = [kernels / stem / f"{stem}{part}.cc" for stem in stems for part in ("", "_litert")]
    runtime = [LITERT / "tflite/mutable_op_resolver.cc", LITERT / "tflite/util.cc", *COMMON]
    flags = (*LITERT_FLAGS, "-shared", f"-I{kernels}", *(f"-I{kernels / stem}" for stem in stems))
    library = built(kernels / "register.cc", *sources, *runtime, flags=flags, run=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error", FindingWarning)
        lite = litesmith.convert(filtering, kernels=library)
    assert lite.kernels == (f"{library}:litesmith_register",)
