"""A file's bytes as a C array."""

from __future__ import annotations

ALIGNMENT = 16
"""Of the array, as LiteRT's files align their buffers."""

BYTES_A_LINE = 16
HEX = [f"0x{byte:02x}," for byte in range(256)]


def array_header(origin: str, name: str, size: int, constants: str) -> str:
    """The header that declares the array `name`, its length, and more constants."""
    guard = f"{name.upper()}_H_"
    return f"""\
// {origin}
#ifndef {guard}
#define {guard}

#ifdef __cplusplus
extern "C" {{
#endif

extern const unsigned char {name}[{size}];
extern const unsigned int {name}_len;

#ifdef __cplusplus
}}
#endif

{constants}
#endif  // {guard}
"""


def array_source(origin: str, name: str, content: bytes) -> str:
    """The source that defines the array: C11, and C++11 too."""
    lines = (content[start : start + BYTES_A_LINE] for start in range(0, len(content), BYTES_A_LINE))
    rows = "\n".join("  " + " ".join(map(HEX.__getitem__, line)) for line in lines)
    return f"""\
// {origin}
#include "{name}.h"

#include <stdalign.h>

alignas({ALIGNMENT}) const unsigned char {name}[{len(content)}] = {{
{rows}
}};

const unsigned int {name}_len = {len(content)};
"""
