"""Tables of keys in order, written by hand."""

import struct

from graph_bytes import varint
from litesmith.frontends.tensorflow.sorted_table import checksum


def block(entries, compress=None):
    """A block of a table, keys without what they share with the one in front."""
    content, last = b"", b""
    for key, value in entries:
        shared = next((i for i, (a, b) in enumerate(zip(key, last, strict=False)) if a != b), min(len(key), len(last)))
        content += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        last = key
    content += struct.pack("<II", 0, 1)
    kind = 0 if compress is None else 1
    stored = content if compress is None else compress(content)
    crc = checksum(stored + bytes([kind]))
    masked = ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
    return stored + bytes([kind]) + struct.pack("<I", masked)


def in_literals(content):
    """Snappy's form, in pieces that stand there, and a copy of the last byte of each where it comes again."""
    pieces = b"".join(
        bytes([len(part) - 1 << 2]) + part for part in (content[i : i + 50] for i in range(0, len(content), 50))
    )
    return varint(len(content)) + pieces


def table(entries, compress=None):
    data = block(entries, compress)
    index = block([(entries[-1][0], varint(0) + varint(len(data) - 5))])
    footer = varint(0) + varint(0) + varint(len(data)) + varint(len(index) - 5)
    return data + index + footer.ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57)
