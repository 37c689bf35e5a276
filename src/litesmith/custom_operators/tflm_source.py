"""A kernel's registration for LiteRT for Microcontrollers: no memory is taken but the arena's."""

from __future__ import annotations

from string import Template

from litesmith.custom_operators.kernel import Kernel, Tensor

HEADER = Template("""\
// The kernel of the custom operator $name for LiteRT for Microcontrollers.
#ifndef ${guard}_TFLM_H_
#define ${guard}_TFLM_H_

#include "tensorflow/lite/micro/micro_common.h"

namespace $stem {

// For `resolver.AddCustom("$name", $stem::TflmKernel())`.
TFLMRegistration* TflmKernel();

}  // namespace $stem

#endif  // ${guard}_TFLM_H_
""")

SOURCE = Template("""\
// The kernel of the custom operator $name for LiteRT for Microcontrollers: checks tensors, and hands them to $stem.cc.
#include "${stem}_tflm.h"

#include <new>

#include "$stem.h"
#include "${stem}_options.h"
#include "tensorflow/lite/c/common.h"
#include "tensorflow/lite/micro/kernels/kernel_util.h"
#include "tensorflow/lite/micro/micro_context.h"

namespace $stem {
namespace {

void* Init(TfLiteContext* context, const char* buffer, size_t length) {
  void* memory = context->AllocatePersistentBuffer(context, sizeof(Options));
  return memory == nullptr ? nullptr : new (memory) Options(ReadOptions(buffer, length));
}

// Copies the sizes of a tensor after its type and number of axes were checked.
TfLiteStatus Look(TfLiteContext* context, TfLiteTensor* tensor, TfLiteType type, int rank, int* sizes) {
  TF_LITE_ENSURE(context, tensor != nullptr);
  const bool fits = tensor->type == type && tensor->dims->size == rank;
  for (int axis = 0; fits && axis < rank; ++axis) sizes[axis] = tensor->dims->data[axis];
  tflite::GetMicroContext(context)->DeallocateTempTfLiteTensor(tensor);
  TF_LITE_ENSURE_MSG(context, fits, "$name: a tensor has another type or number of axes");
  return kTfLiteOk;
}

TfLiteStatus LookAtOperand(TfLiteContext* context, TfLiteNode* node, int place, TfLiteType type, int rank, int* sizes) {
  TfLiteTensor* tensor = tflite::GetMicroContext(context)->AllocateTempInputTensor(node, place);
  return Look(context, tensor, type, rank, sizes);
}

TfLiteStatus LookAtResult(TfLiteContext* context, TfLiteNode* node, int place, TfLiteType type, int rank, int* sizes) {
  TfLiteTensor* tensor = tflite::GetMicroContext(context)->AllocateTempOutputTensor(node, place);
  return Look(context, tensor, type, rank, sizes);
}

// The runtime plans the memory of results by the sizes in the file, which must be those that are computed.
TfLiteStatus Compare(TfLiteContext* context, const int* planned, const int* computed, int rank) {
  for (int axis = 0; axis < rank; ++axis) TF_LITE_ENSURE_EQ(context, planned[axis], computed[axis]);
  return kTfLiteOk;
}

TfLiteStatus Prepare(TfLiteContext* context, TfLiteNode* node) {
  TF_LITE_ENSURE(context, node->user_data != nullptr);
  const Options& options = *static_cast<Options*>(node->user_data);
  TF_LITE_ENSURE_EQ(context, node->inputs->size, $operand_count);
  TF_LITE_ENSURE_EQ(context, node->outputs->size, $result_count);
$looks  TF_LITE_ENSURE_MSG(context, Sizes(options, $size_arguments),
                     "$name does not take operands of these sizes");
$compares  return kTfLiteOk;
}

TfLiteStatus Eval(TfLiteContext* context, TfLiteNode* node) {
  const Options& options = *static_cast<Options*>(node->user_data);
$views  TF_LITE_ENSURE_MSG(context, Compute(options, $view_arguments), "$name is not implemented");
  return kTfLiteOk;
}

}  // namespace

TFLMRegistration* TflmKernel() {
  static TFLMRegistration registration = tflite::micro::RegisterOp(Init, Prepare, Eval);
  return &registration;
}

}  // namespace $stem
""")


def header(kernel: Kernel) -> str:
    """`NAME_tflm.h`."""
    return HEADER.substitute(name=kernel.name, stem=kernel.stem, guard=kernel.stem.upper())


def source(kernel: Kernel) -> str:
    """`NAME_tflm.cc`."""
    operands, results = list(enumerate(kernel.operands)), list(enumerate(kernel.results))
    sizes = [*(f"{each.name}_sizes" for _, each in operands), *(f"{each.name}_computed" for _, each in results)]
    return SOURCE.substitute(
        name=kernel.name,
        stem=kernel.stem,
        operand_count=len(operands),
        result_count=len(results),
        looks="".join([*(_look("Operand", *each) for each in operands), *(_look("Result", *each) for each in results)]),
        size_arguments=", ".join(sizes),
        compares="".join(
            f"  TF_LITE_ENSURE_OK(context, Compare(context, {each.name}_sizes, {each.name}_computed, {each.rank}));\n"
            for _, each in results
        ),
        views="".join([*(_view("Input", *each) for each in operands), *(_view("Output", *each) for each in results)]),
        view_arguments=", ".join(each.name for _, each in (*operands, *results)),
    )


def _look(side: str, place: int, tensor: Tensor) -> str:
    text = f"  int {tensor.name}_sizes[{max(tensor.rank, 1)}];\n"
    if side == "Result":
        text += f"  int {tensor.name}_computed[{max(tensor.rank, 1)}];\n"
    call = f"LookAt{side}(context, node, {place}, {tensor.lite}, {tensor.rank}, {tensor.name}_sizes)"
    return f"{text}  TF_LITE_ENSURE_OK(context, {call});\n"


def _view(side: str, place: int, tensor: Tensor) -> str:
    constant = "const " if side == "Input" else ""
    eval_tensor = f"{tensor.name}_tensor"
    get = f"tflite::micro::GetEval{side}(context, node, {place})"
    data = f"tflite::micro::GetTensorData<{tensor.cpp}>({eval_tensor})"
    return (
        f"  {constant}TfLiteEvalTensor* {eval_tensor} = {get};\n"
        f"  const Tensor<{constant}{tensor.cpp}> {tensor.name} = {{{data}, {eval_tensor}->dims->data}};\n"
    )
