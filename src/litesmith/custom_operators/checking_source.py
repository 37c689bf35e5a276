"""Tests of a kernel in C++: of what it computes alone, of its registration for LiteRT, and of that for TFLM."""

from __future__ import annotations

from collections.abc import Callable
from string import Template

from litesmith.custom_operators.kernel import Kernel, Tensor, written
from litesmith.custom_operators.numbers import Case

COMPARING = Template("""\
int Fail(const char* what) {
  std::printf("FAILED: $name: %s\\n", what);
  return 1;
}

// Real numbers may differ by 1e-5 of the largest, and 1e-6; all others are equal.
template <typename Element>
bool Same(const Element* found, const Element* expected, int count) {
  double largest = 0;
  for (int i = 0; i < count; ++i) {
    const double size = std::fabs(static_cast<double>(expected[i]));
    if (std::isfinite(size) && size > largest) largest = size;
  }
  const double allowed = static_cast<Element>(0.5) != 0 && sizeof(Element) >= 4 ? 1e-6 + 1e-5 * largest : 0;
  for (int i = 0; i < count; ++i) {
    const double a = static_cast<double>(found[i]), b = static_cast<double>(expected[i]);
    const bool same = std::isnan(b) ? std::isnan(a) : a == b || std::fabs(a - b) <= allowed;
    if (!same) {
      std::printf("element %d is %.9g, not %.9g\\n", i, a, b);
      return false;
    }
  }
  return true;
}
""")

SIZES = """
bool SameSizes(const int* found, const int* expected, int rank) {
  for (int axis = 0; axis < rank; ++axis) {
    if (found[axis] != expected[axis]) {
      std::printf("size %d is %d, not %d\\n", axis, found[axis], expected[axis]);
      return false;
    }
  }
  return true;
}
"""

MAIN = Template("""\
}  // namespace
}  // namespace $stem

int main() {
  int failures = 0;
$calls  if (failures == 0) std::printf("passed: $name\\n");
  return failures != 0;
}
""")

COMPUTING = Template("""\
// Whether $stem.cc computes what the Python function of $name does; needs no runtime.
#include "$stem.h"

#include <cmath>
#include <cstdio>
#include <cstring>

#include "${stem}_numbers.h"

namespace $stem {
namespace {

$comparing
$cases$main""")

LITERT = Template("""\
// Whether the kernel of $name for LiteRT computes what its Python function does, called as the runtime calls it.
#include "${stem}_litert.h"

#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <vector>

#include "${stem}_numbers.h"

namespace $stem {
namespace {

$comparing
void Report(TfLiteContext*, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  std::vprintf(format, arguments);
  va_end(arguments);
  std::printf("\\n");
}

TfLiteStatus Resize(TfLiteContext*, TfLiteTensor* tensor, TfLiteIntArray* sizes) {
  size_t bytes = sizeof(double);
  for (int axis = 0; axis < sizes->size; ++axis) bytes *= static_cast<size_t>(sizes->data[axis]);
  TfLiteIntArrayFree(tensor->dims);
  std::free(tensor->data.raw);
  tensor->dims = sizes;
  tensor->data.raw = static_cast<char*>(std::calloc(bytes + 1, 1));
  tensor->bytes = bytes;
  return kTfLiteOk;
}

void Set(TfLiteTensor* tensor, TfLiteType type, const void* data, int rank, const int* sizes) {
  tensor->type = type;
  tensor->dims = TfLiteIntArrayCreate(rank);
  for (int axis = 0; axis < rank; ++axis) tensor->dims->data[axis] = sizes[axis];
  tensor->data.raw = static_cast<char*>(const_cast<void*>(data));
}

TfLiteIntArray* Places(int first, int count) {
  TfLiteIntArray* places = TfLiteIntArrayCreate(count);
  for (int i = 0; i < count; ++i) places->data[i] = first + i;
  return places;
}

$cases$main""")

TFLM = Template("""\
// Whether the kernel of $name for LiteRT for Microcontrollers computes what its Python function does.
#include "${stem}_tflm.h"

#include <cmath>
#include <cstdio>
#include <cstring>

#include "${stem}_numbers.h"
#include "tensorflow/lite/c/common.h"
#include "tensorflow/lite/micro/kernels/kernel_runner.h"
#include "tensorflow/lite/micro/test_helpers.h"

namespace $stem {
namespace {

$comparing
$cases$main""")


def computing(kernel: Kernel, cases: list[Case]) -> str:
    """`NAME_test.cc`."""
    return _filled(COMPUTING, kernel, [_computing_case(kernel, case, place) for place, case in enumerate(cases)])


def litert(kernel: Kernel, cases: list[Case]) -> str:
    """`NAME_litert_test.cc`."""
    return _filled(LITERT, kernel, [_litert_case(kernel, case, place) for place, case in enumerate(cases)])


def tflm(kernel: Kernel, cases: list[Case]) -> str:
    """`NAME_tflm_test.cc`."""
    return _filled(TFLM, kernel, [_tflm_case(kernel, case, place) for place, case in enumerate(cases)])


def _filled(template: Template, kernel: Kernel, cases: list[str]) -> str:
    named = {"name": kernel.name, "stem": kernel.stem}
    calls = "".join(f"  failures += {kernel.stem}::Case{place}();\n" for place in range(len(cases)))
    return template.substitute(
        named,
        comparing=COMPARING.substitute(named) + ("" if template is TFLM else SIZES),
        cases="\n".join(cases) + "\n",
        main=MAIN.substitute(named, calls=calls),
    )


def _computing_case(kernel: Kernel, case: Case, place: int) -> str:
    prefix = f"kCase{place}"
    lines = ["Options options;", *_assigned(kernel, case)]
    lines += [f"int {each.name}_sizes[{max(each.rank, 1)}] = {{}};" for each in kernel.results]
    sizes = [
        *(f"{prefix}_{each.name}_sizes" for each in kernel.operands),
        *(f"{each.name}_sizes" for each in kernel.results),
    ]
    lines.append(f'if (!Sizes(options, {", ".join(sizes)})) return Fail("Sizes() does not know the sizes");')
    lines += [_same_sizes(each, f"{each.name}_sizes", prefix) for each in kernel.results]
    lines += [
        f"static {each.cpp} {each.name}[{max(array.size, 1)}];"
        for each, array in zip(kernel.results, case.results, strict=True)
    ]
    tensors = [
        *(f"{{{prefix}_{each.name}, {prefix}_{each.name}_sizes}}" for each in kernel.operands),
        *(f"{{{each.name}, {each.name}_sizes}}" for each in kernel.results),
    ]
    lines.append(f'if (!Compute(options, {", ".join(tensors)})) return Fail("Compute() is not implemented");')
    lines += _same(kernel, case, prefix, lambda each: each.name)
    return _function(place, lines)


def _assigned(kernel: Kernel, case: Case) -> list[str]:
    """Statements that set the options of a case."""
    lines = []
    for option in kernel.options:
        if option.cpp is None or option.key not in case.use.options:
            continue
        value = case.use.options[option.key]
        if option.most is None:
            lines.append(f"options.{option.name} = {written(option, value)};")
            continue
        lines += [f"options.{option.name}[{i}] = {written(option, each)};" for i, each in enumerate(value)]
        lines.append(f"options.{option.name}_count = {len(value)};")
    return lines


def _litert_case(kernel: Kernel, case: Case, place: int) -> str:
    prefix, operands, results = f"kCase{place}", len(kernel.operands), len(kernel.results)
    lines = [f"std::vector<TfLiteTensor> tensors({operands + results});"]
    for index, each in enumerate(kernel.operands):
        data = f"{prefix}_{each.name}, {each.rank}, {prefix}_{each.name}_sizes"
        lines.append(f"Set(&tensors[{index}], {each.lite}, {data});")
    lines += [f"tensors[{operands + index}].type = {each.lite};" for index, each in enumerate(kernel.results)]
    lines += [
        "TfLiteContext context = {};",
        "context.tensors = tensors.data();",
        "context.tensors_size = tensors.size();",
        "context.ResizeTensor = Resize;",
        "context.ReportError = Report;",
        "TfLiteNode node = {};",
        f"node.inputs = Places(0, {operands});",
        f"node.outputs = Places({operands}, {results});",
        "const TfLiteRegistration* kernel = LiteRtKernel();",
        f"const char* options = reinterpret_cast<const char*>({prefix}_options);",
        f"node.user_data = kernel->init(&context, options, {len(case.use.encoded)});",
        'if (kernel->prepare(&context, &node) != kTfLiteOk) return Fail("Prepare");',
    ]
    found = {each.name: f"tensors[{operands + index}]" for index, each in enumerate(kernel.results)}
    lines += [_same_sizes(each, f"{found[each.name]}.dims->data", prefix) for each in kernel.results]
    lines.append('if (kernel->invoke(&context, &node) != kTfLiteOk) return Fail("Eval");')
    lines += _same(
        kernel, case, prefix, lambda each: f"reinterpret_cast<const {each.cpp}*>({found[each.name]}.data.raw)"
    )
    lines[-1:] = ["kernel->free(&context, node.user_data);", lines[-1]]
    return _function(place, lines)


def _tflm_case(kernel: Kernel, case: Case, place: int) -> str:
    prefix, count = f"kCase{place}", len(kernel.operands)
    lines = []
    for each, array in zip((*kernel.operands, *kernel.results), (*case.operands, *case.results), strict=True):
        numbers = ", ".join(map(str, (array.ndim, *array.shape)))
        lines.append(f"static int {each.name}_dims[] = {{{numbers}}};")
    lines += [
        f"static {each.cpp} {each.name}[{max(array.size, 1)}];"
        for each, array in zip(kernel.results, case.results, strict=True)
    ]
    made = [
        *((each, f"{prefix}_{each.name}") for each in kernel.operands),
        *((each, each.name) for each in kernel.results),
    ]
    tensors = [
        f"tflite::testing::CreateTensor({data}, tflite::testing::IntArrayFromInts({each.name}_dims))"
        for each, data in made
    ]
    lines.append("TfLiteTensor tensors[] = {" + ", ".join(tensors) + "};")
    inputs, outputs = range(count), range(count, count + len(kernel.results))
    for side, places in (("inputs", inputs), ("outputs", outputs)):
        lines.append(f"static int {side}[] = {{{', '.join(map(str, (len(places), *places)))}}};")
    lines += [
        f"tflite::micro::KernelRunner runner(*TflmKernel(), tensors, {len(made)},",
        "                                   tflite::testing::IntArrayFromInts(inputs),",
        "                                   tflite::testing::IntArrayFromInts(outputs), nullptr);",
        f"const char* options = reinterpret_cast<const char*>({prefix}_options);",
        f'if (runner.InitAndPrepare(options, {len(case.use.encoded)}) != kTfLiteOk) return Fail("Prepare");',
        'if (runner.Invoke() != kTfLiteOk) return Fail("Eval");',
    ]
    return _function(place, [*lines, *_same(kernel, case, prefix, lambda each: each.name)])


def _same_sizes(tensor: Tensor, found: str, prefix: str) -> str:
    return (
        f'if (!SameSizes({found}, {prefix}_{tensor.name}_sizes, {tensor.rank})) return Fail("sizes of {tensor.name}");'
    )


def _same(kernel: Kernel, case: Case, prefix: str, found: Callable[[Tensor], str]) -> list[str]:
    lines = []
    for each, array in zip(kernel.results, case.results, strict=True):
        compared = f"Same<{each.cpp}>({found(each)}, {prefix}_{each.name}, {array.size})"
        lines.append(f'if (!{compared}) return Fail("{each.name}");')
    return [*lines, "return 0;"]


def _function(place: int, lines: list[str]) -> str:
    body = "".join(f"  {line}\n" for line in lines)
    return f"int Case{place}() {{\n{body}}}\n"
