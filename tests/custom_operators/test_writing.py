"""C++ kernels that are written for custom operators."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import litesmith
from litesmith import LitesmithError


def test_what_is_computed_element_by_element_is_written_whole_and_passes_its_test(filtering, built, tmp_path):
    written = litesmith.write_kernels(litesmith.convert(filtering, verify=False), tmp_path / "kernels")
    fir, clip = written.kernels
    assert (fir.operator, fir.is_whole, fir.has_numbers) == ("MyFir", False, True)
    assert (clip.operator, clip.version, clip.is_whole, clip.has_numbers) == ("SoftClip", 2, True, True)
    folder = tmp_path / "kernels" / "soft_clip"
    ran = built(folder / "soft_clip.cc", folder / "soft_clip_test.cc")
    assert (ran.returncode, ran.stdout) == (0, "passed: SoftClip\n")


def test_what_is_left_to_do_fails_its_test_until_it_is_done(filtering, built, implement, tmp_path):
    litesmith.write_kernels(litesmith.convert(filtering, verify=False), tmp_path)
    source, test = tmp_path / "my_fir" / "my_fir.cc", tmp_path / "my_fir" / "my_fir_test.cc"
    ran = built(source, test)
    assert (ran.returncode, ran.stdout) == (1, "FAILED: MyFir: Compute() is not implemented\n")
    implement(source)
    assert built(source, test).stdout == "passed: MyFir\n"
    source.write_text(source.read_text().replace("i * options.stride + k", "i * options.stride"))
    ran = built(source, test)
    assert ran.returncode == 1
    assert "FAILED: MyFir: output" in ran.stdout


def test_a_source_that_is_there_already_is_kept(filtering, implement, tmp_path):
    lite = litesmith.convert(filtering, verify=False)
    litesmith.write_kernels(lite, tmp_path)
    implement(source := tmp_path / "my_fir" / "my_fir.cc")
    filled = source.read_text()
    (tmp_path / "my_fir" / "my_fir_litert.cc").write_text("damaged")
    fir, clip = litesmith.write_kernels(lite, tmp_path).kernels
    assert (fir.kept, clip.kept) == (("my_fir.cc",), ())
    assert source.read_text() == filled
    assert "LiteRtKernel" in (tmp_path / "my_fir" / "my_fir_litert.cc").read_text()


def test_sizes_follow_from_those_of_operands_as_the_function_says(functions, tmp_path):
    litesmith.write_kernels(functions.my_fir, tmp_path, inputs=[(None, 64), (5,)])
    text = (tmp_path / "my_fir" / "my_fir.cc").read_text()
    assert "if (options.stride == 1 && taps[0] == 5) {" in text
    assert "output[0] = x[0];\n    output[1] = x[1] - 4;" in text


def test_operands_go_by_name_and_options_by_value(functions, tmp_path):
    litesmith.write_kernels(functions.my_fir, tmp_path, inputs={"taps": (3,), "x": (None, 64)}, options={"stride": 4})
    assert "options.stride == 4 && taps[0] == 3" in (tmp_path / "my_fir" / "my_fir.cc").read_text()


def test_uses_of_several_sizes_and_options_are_in_one_kernel(functions, built, implement, tmp_path):
    inputs = keras.Input((30,))
    taps = np.array([0.5, 0.25], np.float32), np.arange(5, dtype=np.float32)
    outputs = [functions.my_fir(inputs, taps[0], stride=2), functions.my_fir(inputs, taps[1], stride=3)]
    lite = litesmith.convert(keras.Model(inputs, outputs), verify=False)
    (kernel,) = litesmith.write_kernels(lite, tmp_path).kernels
    implement(source := tmp_path / "my_fir" / "my_fir.cc")
    text = source.read_text()
    assert "options.stride == 2 && taps[0] == 2" in text
    assert "options.stride == 3 && taps[0] == 5" in text
    test = tmp_path / "my_fir" / "my_fir_test.cc"
    assert "Case1()" in test.read_text()
    assert built(source, test).stdout == "passed: MyFir\n"
    assert not kernel.kept


def every_element(x, y):
    return (
        (x + y) * x - y / (x * x + 1),
        ops.exp(-ops.square(x)) + ops.sin(y) * ops.cos(x) + ops.log(ops.abs(y) + 1),
        ops.relu6(x) + ops.sigmoid(y) + ops.hard_swish(x) + ops.leaky_relu(y, 0.1) + ops.elu(x),
        ops.where(x > y, ops.maximum(x, 0.5), ops.minimum(y, -0.5)) + ops.sign(x),
        ops.floor(x * 3) + ops.ceil(y * 3) + ops.rsqrt(ops.abs(x) + 1) + ops.sqrt(ops.abs(y)),
        ops.logical_and(x > 0, ops.logical_not(y > 0)),
        ops.cast(y > 0, "int32") * 3,
    )


def test_loops_compute_what_the_function_does(built, tmp_path):
    function = litesmith.custom_op("Each.One")(every_element)
    (kernel,) = litesmith.write_kernels(function, tmp_path, inputs=[(None, 33), (None, 33)]).kernels
    assert kernel.is_whole
    assert kernel.folder == "each_one"
    folder = tmp_path / "each_one"
    assert built(folder / "each_one.cc", folder / "each_one_test.cc").stdout == "passed: Each.One\n"


@pytest.mark.parametrize(
    "function",
    [
        lambda x: ops.sum(x, axis=-1, keepdims=True) + x,
        lambda x: ops.flip(x, axis=-1),
        lambda x: x + np.arange(4, dtype=np.float32),
        lambda x: ops.round(x),
    ],
)
def test_what_is_not_element_by_element_is_left_to_do(function, tmp_path):
    (kernel,) = litesmith.write_kernels(litesmith.custom_op("Other")(function), tmp_path, inputs=(None, 4)).kernels
    assert not kernel.is_whole


def test_a_function_of_numpy_has_numbers_but_no_rule(functions, tmp_path):
    (kernel,) = litesmith.write_kernels(functions.ordered, tmp_path, inputs=(3, 4)).kernels
    assert kernel.has_numbers
    assert not kernel.is_whole
    assert "if (x[0] == 3 && x[1] == 4) {\n    output[0] = 3;" in (tmp_path / "sorted" / "sorted.cc").read_text()


def test_names_that_cpp_reserves_are_changed(built, tmp_path):
    @litesmith.custom_op("Switch")
    def switch(float, options, *, double=2.0, count=1):
        return (float + options) * double * count

    (kernel,) = litesmith.write_kernels(switch, tmp_path, inputs=[(4,), (4,)]).kernels
    assert kernel.folder == "switch_"
    assert kernel.is_whole
    folder = tmp_path / "switch_"
    assert built(folder / "switch_.cc", folder / "switch__test.cc").stdout == "passed: Switch\n"


def test_registration_names_the_operators_and_versions(filtering, tmp_path):
    litesmith.write_kernels(litesmith.convert(filtering, verify=False), tmp_path)
    text = (tmp_path / "register.cc").read_text()
    assert 'extern "C" void litesmith_register(tflite::MutableOpResolver* resolver) {' in text
    assert 'resolver->AddCustom("MyFir", my_fir::LiteRtKernel(), 1);' in text
    assert 'resolver->AddCustom("SoftClip", soft_clip::LiteRtKernel(), 2);' in text
    readme = (tmp_path / "README.md").read_text()
    assert "| MyFir | `my_fir/` | `Compute()` |" in readme
    assert "| SoftClip | `soft_clip/` | nothing" in readme


def code_of(call):
    with pytest.raises(LitesmithError) as caught:
        call()
    (finding,) = caught.value.diagnostics
    return finding.code


def test_what_is_no_custom_operator_is_refused(tmp_path):
    plain = litesmith.convert(keras.Sequential([keras.Input((4,)), layers.Dense(3)]), verify=False)
    assert code_of(lambda: litesmith.write_kernels(plain, tmp_path / "a")) == "F131"
    assert code_of(lambda: litesmith.write_kernels(len, tmp_path / "a")) == "F131"
    assert not (tmp_path / "a").exists()


def test_a_function_needs_shapes(functions, tmp_path):
    assert code_of(lambda: litesmith.write_kernels(functions.my_fir, tmp_path / "a")) == "F135"


def test_types_that_no_kernel_takes_are_refused(tmp_path):
    function = litesmith.custom_op("Real")(ops.real)
    function = litesmith.custom_op("Real")(lambda x: ops.real(x))
    spec = keras.KerasTensor((4,), "complex64")
    assert code_of(lambda: litesmith.write_kernels(function, tmp_path, inputs=[spec])) == "F133"


def test_a_file_of_others_gets_a_kernel_without_tests(filtering, tmp_path, recwarn):
    from litesmith.frontends.keras import custom_operators

    path = litesmith.convert(filtering, verify=False).save(tmp_path / "model.tflite")
    custom_operators._declared.clear()
    fir, _ = litesmith.write_kernels(path, tmp_path / "kernels").kernels
    assert not fir.has_numbers
    assert not (tmp_path / "kernels" / "my_fir" / "my_fir_test.cc").exists()
    codes = [each.message.finding.code for each in recwarn if hasattr(each.message, "finding")]
    assert codes == ["F132", "F132"]
    assert "// TODO: write the sizes" in (tmp_path / "kernels" / "my_fir" / "my_fir.cc").read_text()


def test_uses_of_other_types_are_told(functions, tmp_path, recwarn):
    double = litesmith.custom_op("Double")(lambda x: x + x)
    a, b = keras.Input((4,)), keras.Input((4,), dtype="int32")
    lite = litesmith.convert(keras.Model([a, b], [double(a), double(b)]), verify=False)
    (kernel,) = litesmith.write_kernels(lite, tmp_path).kernels
    assert kernel.is_whole
    assert [each.message.finding.code for each in recwarn if hasattr(each.message, "finding")] == ["F134"]
