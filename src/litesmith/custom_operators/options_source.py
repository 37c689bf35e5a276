"""Reading an operator's options from the file, in C++."""

from __future__ import annotations

from string import Template

from litesmith.custom_operators.kernel import Kernel, Option

SOURCE = Template("""\
// The options of the custom operator $name, read from the flexbuffer map that the file holds.
#ifndef ${guard}_OPTIONS_H_
#define ${guard}_OPTIONS_H_

#include <cstddef>
#include <cstdint>

#include "flatbuffers/flexbuffers.h"

#include "$stem.h"

namespace $stem {
$list
inline Options ReadOptions(const char* buffer, size_t length) {
  Options options;
  if (buffer == nullptr || length == 0) return options;
  const flexbuffers::Map map = flexbuffers::GetRoot(reinterpret_cast<const uint8_t*>(buffer), length).AsMap();
$reads  (void)map;
  return options;
}

}  // namespace $stem

#endif  // ${guard}_OPTIONS_H_
""")

LIST = """
// Reads a list; returns how many elements it has, of which at most `most` are kept.
template <typename Element, typename Read>
int ReadList(const flexbuffers::Reference& list, Element* elements, int most, Read read) {
  const int count = static_cast<int>(list.IsTypedVector() ? list.AsTypedVector().size() : list.AsVector().size());
  for (int i = 0; i < count && i < most; ++i) {
    elements[i] = read(list.IsTypedVector() ? list.AsTypedVector()[i] : list.AsVector()[i]);
  }
  return count;
}
"""

READERS = {
    "bool": "AsBool()",
    "int64_t": "AsInt64()",
    "double": "AsDouble()",
    "const char*": "AsString().c_str()",
}


def source(kernel: Kernel) -> str:
    """`NAME_options.h`."""
    lists = any(option.most is not None for option in kernel.options)
    return SOURCE.substitute(
        name=kernel.name,
        stem=kernel.stem,
        guard=kernel.stem.upper(),
        list=LIST if lists else "",
        reads="".join(map(_read, kernel.options)),
    )


def _read(option: Option) -> str:
    if option.cpp is None:
        return f'  // TODO: read map["{option.key}"].\n'
    reader = READERS[option.cpp]
    if option.most is None:
        return f'  options.{option.name} = map["{option.key}"].{reader};\n'
    read = f"[](const flexbuffers::Reference& item) {{ return item.{reader}; }}"
    into = f"options.{option.name}, {max(option.most, 1)}"
    return f'  options.{option.name}_count = ReadList(map["{option.key}"], {into},\n      {read});\n'
