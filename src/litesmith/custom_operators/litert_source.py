"""A kernel's registration for LiteRT, and for its Python runtime."""

from __future__ import annotations

from collections.abc import Sequence
from string import Template

from litesmith.custom_operators.kernel import Kernel, Tensor
from litesmith.runtime.kernels import REGISTER

HEADERS = """\
#if __has_include("tflite/c/common.h")
#include "tflite/c/common.h"
#else
#include "tensorflow/lite/c/common.h"
#endif
"""

HEADER = Template("""\
// The kernel of the custom operator $name for LiteRT.
#ifndef ${guard}_LITERT_H_
#define ${guard}_LITERT_H_

$headers
namespace $stem {

// For `resolver.AddCustom("$name", $stem::LiteRtKernel(), $version)`.
TfLiteRegistration* LiteRtKernel();

}  // namespace $stem

#endif  // ${guard}_LITERT_H_
""")

SOURCE = Template("""\
// The kernel of the custom operator $name for LiteRT: checks tensors, and hands them to $stem.cc.
#include "${stem}_litert.h"

#include <initializer_list>

#include "$stem.h"
#include "${stem}_options.h"

namespace $stem {
namespace {

TfLiteTensor* Operand(TfLiteContext* context, const TfLiteNode* node, int place) {
  return &context->tensors[node->inputs->data[place]];
}

TfLiteTensor* Result(TfLiteContext* context, const TfLiteNode* node, int place) {
  return &context->tensors[node->outputs->data[place]];
}

template <typename Element>
Tensor<Element> View(const TfLiteTensor* tensor) {
  return {reinterpret_cast<Element*>(tensor->data.raw), tensor->dims->data};
}

template <typename Element>
Tensor<const Element> ConstView(const TfLiteTensor* tensor) {
  return {reinterpret_cast<const Element*>(tensor->data.raw), tensor->dims->data};
}

void* Init(TfLiteContext*, const char* buffer, size_t length) { return new Options(ReadOptions(buffer, length)); }

void Free(TfLiteContext*, void* options) { delete static_cast<Options*>(options); }

TfLiteStatus Resize(TfLiteContext* context, TfLiteTensor* tensor, int rank, const int* sizes) {
  TfLiteIntArray* shape = TfLiteIntArrayCreate(rank);
  for (int axis = 0; axis < rank; ++axis) shape->data[axis] = sizes[axis];
  return context->ResizeTensor(context, tensor, shape);
}

TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node) {
  const Options& options = *static_cast<Options*>(node->user_data);
  TF_LITE_ENSURE_EQ(context, node->inputs->size, $operand_count);
  TF_LITE_ENSURE_EQ(context, node->outputs->size, $result_count);
$checks
$sizes  TF_LITE_ENSURE_MSG(context, Sizes(options, $size_arguments),
                     "$name does not take operands of these sizes");
$resizes  return kTfLiteOk;
}

TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node) {
  const Options& options = *static_cast<Options*>(node->user_data);
  TF_LITE_ENSURE_MSG(context,
                     Compute(options,
                             $views),
                     "$name is not implemented");
  return kTfLiteOk;
}

}  // namespace

TfLiteRegistration* LiteRtKernel() {
  static TfLiteRegistration* const registration = [] {
    auto* made = new TfLiteRegistration();
    made->init = Init;
    made->free = Free;
    made->prepare = Prepare;
    made->invoke = Eval;
    return made;
  }();
  return registration;
}

}  // namespace $stem
""")

REGISTER_SOURCE = Template("""\
// Registers the kernels with LiteRT's runtime in Python: `litesmith run --kernels`, `kernels=`.
#if __has_include("tflite/mutable_op_resolver.h")
#include "tflite/mutable_op_resolver.h"
#else
#include "tensorflow/lite/mutable_op_resolver.h"
#endif

$includes
extern "C" void $register(tflite::MutableOpResolver* resolver) {
$lines}
""")


def header(kernel: Kernel) -> str:
    """`NAME_litert.h`."""
    return HEADER.substitute(
        name=kernel.name,
        stem=kernel.stem,
        guard=kernel.stem.upper(),
        headers=HEADERS,
        version=kernel.operator.version,
    )


def source(kernel: Kernel) -> str:
    """`NAME_litert.cc`."""
    operands = [(place, each) for place, each in enumerate(kernel.operands)]
    results = [(place, each) for place, each in enumerate(kernel.results)]
    views = [
        *(f"ConstView<{each.cpp}>(Operand(context, node, {place}))" for place, each in operands),
        *(f"View<{each.cpp}>(Result(context, node, {place}))" for place, each in results),
    ]
    sizes = [
        *(f"Operand(context, node, {place})->dims->data" for place, _ in operands),
        *(f"{each.name}_sizes" for _, each in results),
    ]
    return SOURCE.substitute(
        name=kernel.name,
        stem=kernel.stem,
        operand_count=len(operands),
        result_count=len(results),
        checks="".join(
            [*(_check("Operand", *each) for each in operands), *(_check("Result", *each) for each in results)]
        ),
        sizes="".join(f"  int {each.name}_sizes[{max(each.rank, 1)}];\n" for _, each in results),
        size_arguments=",\n                           ".join(sizes),
        resizes="".join(
            f"  TF_LITE_ENSURE_OK(context, Resize(context, Result(context, node, {place}), {each.rank}, "
            f"{each.name}_sizes));\n"
            for place, each in results
        ),
        views=",\n                             ".join(views),
    )


def register_source(kernels: Sequence[Kernel]) -> str:
    """`register.cc`."""
    return REGISTER_SOURCE.substitute(
        register=REGISTER,
        includes="".join(f'#include "{each.stem}/{each.stem}_litert.h"\n' for each in kernels),
        lines="".join(
            f'  resolver->AddCustom("{each.name}", {each.stem}::LiteRtKernel(), {each.operator.version});\n'
            for each in kernels
        ),
    )


def _check(side: str, place: int, tensor: Tensor) -> str:
    found = f"{side}(context, node, {place})"
    checks = f"  TF_LITE_ENSURE_TYPES_EQ(context, {found}->type, {tensor.lite});\n"
    if side == "Operand":
        checks += f"  TF_LITE_ENSURE_EQ(context, {found}->dims->size, {tensor.rank});\n"
    return checks
