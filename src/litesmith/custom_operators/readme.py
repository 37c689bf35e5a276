"""What stands beside the sources of kernels: what they are, what is left to do, and how they are built."""

from __future__ import annotations

from collections.abc import Sequence
from string import Template

from litesmith.custom_operators.kernel import Kernel

README = Template("""\
# Kernels of custom operators

Litesmith wrote these from $origin.

| operator | folder | what is left to do |
| --- | --- | --- |
$rows

Each folder holds

- `NAME.h`, `NAME.cc`: the options, the sizes of the results, and `Compute()`. Everything that is left to do is marked
  TODO in `NAME.cc`, which Litesmith does not write again once it is there.
- `NAME_litert.cc`: the kernel for LiteRT, which calls these. `NAME_tflm.cc`: the one for LiteRT for Microcontrollers,
  which takes no memory but the arena's.
- `NAME_test.cc`, `NAME_litert_test.cc`, `NAME_tflm_test.cc`: tests of each. `NAME_numbers.h` holds their numbers:
  seeded operands, and what the Python function returns for them.

## Test what is computed

    g++ -std=c++17 -I FOLDER FOLDER/NAME.cc FOLDER/NAME_test.cc -o test && ./test

for FOLDER and NAME of the table, such as

    g++ -std=c++17 -I $stem $stem/$stem.cc $stem/${stem}_test.cc -o test && ./test

## LiteRT

`LITERT` is a checkout of LiteRT's sources, `FLATBUFFERS` and `ABSEIL` are those of the versions that it uses.

    FLAGS="-std=c++20 -O2 -fPIC -DFLATBUFFERS_LOCALE_INDEPENDENT=0 -I LITERT -I FLATBUFFERS/include -I ABSEIL"
    g++ $$FLAGS -I $stem $stem/$stem.cc $stem/${stem}_litert.cc $stem/${stem}_litert_test.cc \\
        LITERT/tflite/core/c/common.cc LITERT/tflite/array.cc -o test && ./test

In the app: `resolver.AddCustom("$name", $stem::LiteRtKernel(), $version);`

For LiteRT in Python, and so for `litesmith run`, `verify` and `convert` with `--kernels libkernels.so`:

    g++ $$FLAGS -shared -I . $includes register.cc $sources \\
        LITERT/tflite/mutable_op_resolver.cc LITERT/tflite/util.cc LITERT/tflite/array.cc \\
        LITERT/tflite/core/c/common.cc -o libkernels.so

Compile it with the compiler that the runtime was built with, as far as C++ libraries go: on Linux, that is libstdc++.

## LiteRT for Microcontrollers

`TFLM` is a checkout of tflite-micro. Add `$stem/$stem.cc` and `$stem/${stem}_tflm.cc` to the sources of the program,
and the folder to its include paths:

    g++ -std=c++17 -fsyntax-only -I TFLM -I FLATBUFFERS/include -I $stem $stem/${stem}_tflm.cc

In the program: `resolver.AddCustom("$name", $stem::TflmKernel());` The test `${stem}_tflm_test.cc` links against the
library that tflite-micro's makefile builds (`make -f tensorflow/lite/micro/tools/make/Makefile microlite`), and its
`kernel_runner.cc`, `fake_micro_context.cc`, `mock_micro_graph.cc` and `test_helpers.cc`.
""")


def readme(origin: str, kernels: Sequence[Kernel], left: Sequence[str]) -> str:
    """`README.md`; `left` says for each kernel what is left to do."""
    first = kernels[0]
    return README.substitute(
        origin=origin,
        rows="\n".join(f"| {each.name} | `{each.stem}/` | {what} |" for each, what in zip(kernels, left, strict=True)),
        name=first.name,
        stem=first.stem,
        version=first.operator.version,
        includes=" ".join(f"-I {each.stem}" for each in kernels),
        sources=" ".join(f"{each.stem}/{each.stem}.cc {each.stem}/{each.stem}_litert.cc" for each in kernels),
    )
