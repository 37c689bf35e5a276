"""The part of a kernel that knows nothing of a runtime: options, sizes of results, and what is computed."""

from __future__ import annotations

from string import Template

from litesmith.custom_operators import cpp
from litesmith.custom_operators.kernel import Kernel, Option, Tensor, written
from litesmith.custom_operators.rules import Rule

HEADER = Template("""\
// What the custom operator $name computes: its options, the sizes of its results, and their elements.
// LiteRT and LiteRT for Microcontrollers call the same code.
#ifndef ${guard}_H_
#define ${guard}_H_

#include <cstdint>

namespace $stem {

// The options of the operator, as the file holds them.
struct Options {
$options};

// Elements in memory, row by row, and how many there are along each axis.
template <typename Element>
struct Tensor {
  Element* data;
  const int* sizes;
};

// Writes the sizes of the results; false where the operator does not take operands of these sizes.
bool Sizes($sizes);

// Computes the results, whose sizes are those that Sizes() wrote; false where that is not implemented.
bool Compute($tensors);

}  // namespace $stem

#endif  // ${guard}_H_
""")

SOURCE = Template("""\
// What the custom operator $name computes.
#include "$stem.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace $stem {
$functions
bool Sizes($sizes) {
$unused$rules}

bool Compute($tensors) {
$body}

}  // namespace $stem
""")

TO_SIZE = "// TODO: write the sizes of the results, and return true."
TO_COMPUTE = "// TODO: compute "
LAST = "  // TODO: other options or sizes than those of the model.\n  return false;\n"


def header(kernel: Kernel) -> str:
    """`NAME.h`."""
    options = "".join(map(_field, kernel.options)) or "  // It has none.\n"
    return HEADER.substitute(_named(kernel), guard=kernel.stem.upper(), options=options)


def source(kernel: Kernel) -> str:
    """`NAME.cc`."""
    rules = _rules(kernel)
    functions = "".join(f"{text}\n" for name, text in cpp.NEEDED.items() if name in rules)
    return SOURCE.substitute(
        _named(kernel),
        functions=f"namespace {{\n\n{functions}\n}}  // namespace\n" if functions else "",
        unused=_unused(["options", *(each.name for each in (*kernel.operands, *kernel.results))]),
        rules=rules,
        body=_body(kernel),
    )


def _named(kernel: Kernel) -> dict[str, str]:
    operands, results = kernel.operands, kernel.results
    sizes = [*(f"const int* {each.name}" for each in operands), *(f"int* {each.name}" for each in results)]
    tensors = [
        *(f"const Tensor<const {each.cpp}>& {each.name}" for each in operands),
        *(f"const Tensor<{each.cpp}>& {each.name}" for each in results),
    ]
    first = "const Options& options, "
    return {
        "name": kernel.name,
        "stem": kernel.stem,
        "sizes": first + ", ".join(sizes),
        "tensors": first + ",\n             ".join(tensors),
    }


def _field(option: Option) -> str:
    if option.cpp is None:
        return f"  // TODO: {option.key!r}, which is {option.value!r} here, is not read from the file yet.\n"
    if option.most is not None:
        items = ", ".join(written(option, each) for each in option.value)
        count = f"  int {option.name}_count = {len(option.value)};\n"
        return f"  {option.cpp} {option.name}[{max(option.most, 1)}] = {{{items}}};\n{count}"
    return f"  {option.cpp} {option.name} = {written(option, option.value)};\n"


def _unused(names: list[str]) -> str:
    """Keeps compilers quiet about what a body does not read."""
    return "".join(f"  (void){name};\n" for name in names)


def _rules(kernel: Kernel) -> str:
    """Statements that write the sizes of results, for each use of other options or sizes."""
    blocks = dict.fromkeys(
        _block(kernel.test(use), kernel, rule) for use, rule in zip(kernel.operator.uses, kernel.rules, strict=True)
    )
    last = "" if any(block.startswith("  return true") or "\n  return true" in block for block in blocks) else LAST
    return "".join(blocks) + last


def _block(test: str, kernel: Kernel, rule: Rule | None) -> str:
    """The sizes by one rule, where it holds."""
    lines = None if rule is None else _sizes(kernel, rule)
    if rule is None or lines is None:
        return f"  {TO_SIZE}\n"
    names = [each.name for each in kernel.operands]
    conditions = [test] if test else []
    conditions += [f"{_at(names, place)} == {size}" for place, size in rule.known.items()]
    conditions += [f"{_at(names, first)} == {_at(names, other)}" for first, other in rule.equal]
    if not conditions:
        return "".join(f"  {line}\n" for line in lines)
    inner = "".join(f"    {line}\n" for line in lines)
    return f"  if ({' && '.join(conditions)}) {{\n{inner}  }}\n"


def _sizes(kernel: Kernel, rule: Rule) -> list[str] | None:
    names = [each.name for each in kernel.operands]
    places = {symbol: _at(names, place) for symbol, place in rule.places.items()}
    sizes = [
        (f"{result.name}[{axis}]", cpp.size_text(size, places))
        for result, shape in zip(kernel.results, rule.results, strict=True)
        for axis, size in enumerate(shape)
    ]
    if any(text is None for _, text in sizes):
        return None
    return [*(f"{place} = {text};" for place, text in sizes), "return true;"]


def _at(names: list[str], place: tuple[int, int]) -> str:
    return f"{names[place[0]]}[{place[1]}]"


def _body(kernel: Kernel) -> str:
    """A loop where each element is computed from those at its place; otherwise what is left to do."""
    unused = _unused(["options", *(each.name for each in (*kernel.operands, *kernel.results))])
    loops: dict[str, list[str]] = {}
    for use, rule in zip(kernel.operator.uses, kernel.rules, strict=True):
        lines = kernel.loop(rule)
        if lines is None or loops.setdefault(kernel.test(use), lines) != lines:
            return f"{unused}{_todo(kernel)}  return false;\n"
    text = unused + _count(kernel.results[0]) + "".join(_loop(test, lines) for test, lines in loops.items())
    return text if "" in loops else f"{text}  // TODO: other options than those of the model.\n  return false;\n"


def _loop(test: str, lines: list[str]) -> str:
    indent = "    " if test else "  "
    inner = "".join(f"{indent}  {line}\n" for line in lines)
    text = f"{indent}for (int64_t i = 0; i < count; ++i) {{\n{inner}{indent}}}\n{indent}return true;\n"
    return f"  if ({test}) {{\n{text}  }}\n" if test else text


def _count(tensor: Tensor) -> str:
    product = " * ".join(f"{tensor.name}.sizes[{axis}]" for axis in range(1, tensor.rank))
    first = f"static_cast<int64_t>({tensor.name}.sizes[0])" if tensor.rank else "1"
    return f"  const int64_t count = {first}{' * ' + product if product else ''};\n"


def _todo(kernel: Kernel) -> str:
    """What is left to write, with the Python code that says it."""
    results = ", ".join(f"{each.name}.data" for each in kernel.results)
    text = f"  {TO_COMPUTE}{results}, then return true."
    if kernel.reference is None:
        return text + "\n"
    code = "".join(f"  //   {line}".rstrip() + "\n" for line in kernel.reference.rstrip().splitlines())
    return f"{text} What it is, in Python:\n  //\n{code}"
