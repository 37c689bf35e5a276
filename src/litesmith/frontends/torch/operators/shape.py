"""Shapes: the same elements elsewhere, repeated, joined or taken apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litesmith.frontends.torch.operators.elementwise import converted
from litesmith.frontends.torch.promotion import as_one_type
from litesmith.frontends.torch.registry import imports
from litesmith.ir.dims import Dim, Shape, Size, product
from litesmith.ir.graph import Value
from litesmith.ir.types import DType
from litesmith.ops import array, math, rearranging
from litesmith.ops import complex as complexes
from litesmith.ops.array import axes_of, axis_of
from litesmith.ops.creation import diagonal as diagonal_of
from litesmith.ops.creation import meshgrid as grids_of
from litesmith.ops.errors import Unsupported
from litesmith.ops.indexing import gather
from litesmith.ops.sizes import known_sizes


@imports("view.default", "_unsafe_view", "reshape", "view_copy.default")
def reshape(x: Value, size: Shape | None = None, shape: Shape | None = None) -> Value:
    """One size may be -1."""
    given = size if size is not None else shape
    assert given is not None
    return array.reshape(x, known_sizes(given))


@imports("_reshape_alias", "_reshape_copy", "reshape_as", "view_as")
def reshape_as(x: Value, size: Shape | None = None, other: Value | None = None) -> Value:
    return array.reshape(x, other.type.shape if other is not None else known_sizes(size))


@imports("flatten.using_ints")
def flatten(x: Value, start_dim: int = 0, end_dim: int = -1) -> Value:
    if not x.type.rank:
        return array.reshape(x, (1,))
    first, last = axis_of(start_dim, x.type.rank), axis_of(end_dim, x.type.rank)
    sizes = x.type.shape
    return array.reshape(x, (*sizes[:first], product(sizes[first : last + 1]), *sizes[last + 1 :]))


@imports("unflatten.int")
def unflatten(x: Value, dim: int, sizes: Shape) -> Value:
    place = axis_of(dim, x.type.rank)
    parts = list(known_sizes(sizes))
    if any(not isinstance(size, Dim) and size == -1 for size in parts):
        left = product(size for size in parts if isinstance(size, Dim) or size != -1)
        parts = [x.type.shape[place] // left if not isinstance(s, Dim) and s == -1 else s for s in parts]
    return array.reshape(x, (*x.type.shape[:place], *parts, *x.type.shape[place + 1 :]))


@imports("squeeze", "squeeze_copy")
def squeeze(x: Value, dim: int | Sequence[int] | None = None) -> Value:
    """Axes of size 1 dropped; others stay."""
    places = axes_of(dim, x.type.rank) if x.type.rank else ()
    if any(isinstance(x.type.shape[place], Dim) for place in places):
        raise Unsupported("squeeze of an axis of open size, which is dropped where the size is 1: name other axes")
    dropped = [place for place in places if not isinstance(x.type.shape[place], Dim) and x.type.shape[place] == 1]
    return array.squeeze(x, dropped) if dropped else x


@imports("unsqueeze", "unsqueeze_copy")
def unsqueeze(x: Value, dim: int) -> Value:
    return array.expand_dims(x, dim % (x.type.rank + 1))


@imports("permute", "permute_copy")
def permute(x: Value, dims: Sequence[int]) -> Value:
    return array.transpose(x, [axis_of(dim, x.type.rank) for dim in dims])


@imports("transpose.int", "swapaxes", "swapdims", "transpose_copy.int")
def transpose(
    x: Value,
    dim0: int | None = None,
    dim1: int | None = None,
    axis0: int | None = None,
    axis1: int | None = None,
) -> Value:
    first, second = (dim0 if dim0 is not None else axis0), (dim1 if dim1 is not None else axis1)
    assert first is not None
    assert second is not None
    return rearranging.swap_axes(x, first, second) if x.type.rank else x


@imports("t", "numpy_T", "matrix_H", "mT", "adjoint", "t_copy")
def transposed(x: Value) -> Value:
    if x.type.dtype is DType.COMPLEX64:
        raise Unsupported("the transpose of complex matrices")
    return rearranging.swap_axes(x, -1, -2) if x.type.rank > 1 else x


@imports("movedim.intlist", "moveaxis.intlist", "movedim.int", "moveaxis.int")
def movedim(x: Value, source: Any, destination: Any) -> Value:
    return array.move_axis(x, source, destination)


@imports("expand", "broadcast_to", "expand_copy")
def expand(x: Value, size: Shape) -> Value:
    """-1 keeps the size that there is."""
    sizes = known_sizes(size)
    own = (*[1] * (len(sizes) - x.type.rank), *x.type.shape)
    kept = (old if not isinstance(new, Dim) and new == -1 else new for new, old in zip(sizes, own, strict=True))
    return array.broadcast_to(x, tuple(kept))


@imports("expand_as")
def expand_as(x: Value, other: Value) -> Value:
    return array.broadcast_to(x, other.type.shape)


@imports("broadcast_tensors")
def broadcast_tensors(tensors: Sequence[Value]) -> Sequence[Value]:
    shape = array.broadcast_shape(*tensors)
    return [array.broadcast_to(each, shape) for each in tensors]


@imports("repeat", "tile")
def repeat(x: Value, repeats: Shape | None = None, dims: Shape | None = None) -> Value:
    times = known_sizes(repeats if repeats is not None else dims)
    times = (*[1] * (x.type.rank - len(times)), *times)
    grown = array.reshape(x, (*[1] * (len(times) - x.type.rank), *x.type.shape))
    return array.tile(grown, times)


@imports("repeat_interleave.self_int")
def repeat_interleave(x: Value, repeats: Size, dim: int | None = None) -> Value:
    rows = array.reshape(x, (-1,)) if dim is None else x
    return rearranging.repeat(rows, (repeats,), 0 if dim is None else dim)


@imports("repeat_interleave.self_Tensor")
def repeat_each(x: Value, repeats: Value, dim: int | None = None) -> Value:
    rows = array.reshape(x, (-1,)) if dim is None else x
    place = 0 if dim is None else dim
    if repeats.type.elements == 1 or repeats.constant is not None:
        counts = known_sizes(repeats if repeats.type.rank else array.reshape(repeats, (1,)))
        return rearranging.repeat(rows, counts, place)
    return rearranging.repeat_each(rows, repeats, place)


@imports("cat", "concat", "concatenate")
def cat(tensors: Sequence[Value], dim: int = 0) -> Value:
    """Empty vectors among tensors of more axes are left out."""
    rank = max(each.type.rank for each in tensors)
    kept = [each for each in tensors if each.type.rank == rank]
    parts = as_one_type(*kept)
    return array.concatenate(parts, dim)


@imports("stack")
def stack(tensors: Sequence[Value], dim: int = 0) -> Value:
    return array.stack(as_one_type(*tensors), dim)


@imports("hstack")
def hstack(tensors: Sequence[Value]) -> Value:
    return array.concatenate(as_one_type(*tensors), 0 if tensors[0].type.rank == 1 else 1)


@imports("split.Tensor", "split.default", "unsafe_split.Tensor")
def split(x: Value, split_size: Size, dim: int = 0) -> Sequence[Value]:
    size = x.type.shape[axis_of(dim, x.type.rank)]
    if isinstance(size, Dim) or isinstance(split_size, Dim):
        raise Unsupported("a split of an axis of open size, whose number of parts is not known")
    sizes = [min(split_size, size - start) for start in range(0, size, split_size)]
    return array.split(x, sizes or [0], dim)


@imports("split_with_sizes", "split.sizes", "split_with_sizes_copy", "unsafe_split_with_sizes")
def split_with_sizes(
    x: Value, split_sizes: Shape | None = None, split_size: Shape | None = None, dim: int = 0
) -> Sequence[Value]:
    return array.split(x, known_sizes(split_sizes if split_sizes is not None else split_size), dim)


@imports("chunk", "unsafe_chunk")
def chunk(x: Value, chunks: int, dim: int = 0) -> Sequence[Value]:
    size = x.type.shape[axis_of(dim, x.type.rank)]
    if isinstance(size, Dim):
        raise Unsupported("chunks of an axis of open size, whose number is not known")
    return split(x, max(-(-size // chunks), 1), dim)


@imports("tensor_split.sections", "tensor_split.indices")
def tensor_split(
    x: Value, sections: int | None = None, indices: Sequence[int] | None = None, dim: int = 0
) -> Sequence[Value]:
    size = x.type.shape[axis_of(dim, x.type.rank)]
    if isinstance(size, Dim):
        raise Unsupported("a split of an axis of open size, whose number of parts is not known")
    if sections is not None:
        return array.split(x, [size // sections + (place < size % sections) for place in range(sections)], dim)
    ends = [min(max(index if index >= 0 else size + index, 0), size) for index in indices or ()]
    starts = [0, *ends]
    return [array.slice_axis(x, dim, start, end) for start, end in zip(starts, [*ends, size], strict=True)]


@imports("unbind", "unbind_copy.int")
def unbind(x: Value, dim: int = 0) -> Sequence[Value]:
    return array.unstack(x, dim)


@imports("ravel")
def ravel(x: Value) -> Value:
    return array.reshape(x, (-1,))


@imports("flip")
def flip(x: Value, dims: Sequence[int]) -> Value:
    return array.flip(x, tuple(dims)) if dims else x


@imports("fliplr")
def fliplr(x: Value) -> Value:
    return array.flip(x, (1,))


@imports("flipud")
def flipud(x: Value) -> Value:
    return array.flip(x, (0,))


@imports("rot90")
def rot90(x: Value, k: int = 1, dims: Sequence[int] = (0, 1)) -> Value:
    return rearranging.rotate(x, k, *dims)


@imports("roll")
def roll(x: Value, shifts: Sequence[Size], dims: Sequence[int] = ()) -> Value:
    """Without axes, all elements as one row."""
    if not dims:
        return array.reshape(rearranging.roll(array.reshape(x, (-1,)), shifts[0], 0), x.type.shape)
    for shift, dim in zip(shifts, dims, strict=True):
        x = rearranging.roll(x, shift, dim)
    return x


@imports("diagonal", "linalg_diagonal", "diagonal_copy")
def diagonal(x: Value, offset: int = 0, dim1: int | None = None, dim2: int | None = None) -> Value:
    return diagonal_of(x, offset, 0 if dim1 is None else dim1, 1 if dim2 is None else dim2)


@imports("meshgrid", "meshgrid.indexing")
def meshgrid(tensors: Sequence[Value], indexing: str = "ij") -> Sequence[Value]:
    vectors = [array.reshape(each, (-1,)) for each in tensors]
    return grids_of(vectors, indexing == "xy")


@imports("pixel_shuffle")
def pixel_shuffle(x: Value, upscale_factor: int) -> Value:
    """[..., channels * r * r, height, width] to [..., channels, height * r, width * r]."""
    *lead, channels, height, width = x.type.shape
    r = upscale_factor
    apart = array.reshape(x, (product(lead), channels // (r * r), r, r, height, width))
    mixed = array.transpose(apart, (0, 1, 4, 2, 5, 3))
    return array.reshape(mixed, (*lead, channels // (r * r), height * r, width * r))


@imports("pixel_unshuffle")
def pixel_unshuffle(x: Value, downscale_factor: int) -> Value:
    *lead, channels, height, width = x.type.shape
    r = downscale_factor
    apart = array.reshape(x, (product(lead), channels, height // r, r, width // r, r))
    mixed = array.transpose(apart, (0, 1, 3, 5, 2, 4))
    return array.reshape(mixed, (*lead, channels * r * r, height // r, width // r))


@imports("channel_shuffle", "native_channel_shuffle")
def channel_shuffle(x: Value, groups: int) -> Value:
    channels = x.type.shape[1]
    order = [place // groups + (place % groups) * (channels // groups) for place in range(channels)]
    return gather(x, order, 1)


@imports("view_as_real", "view_as_real_copy")
def view_as_real(x: Value) -> Value:
    return array.as_floats(x)


@imports("view_as_complex", "view_as_complex_copy")
def view_as_complex(x: Value) -> Value:
    return array.as_complex(x)


@imports("real")
def real(x: Value) -> Value:
    return complexes.real(x)


@imports("imag")
def imag(x: Value) -> Value:
    return complexes.imag(x)


@imports("conj", "_conj", "conj_physical", "_conj_physical", "_conj_copy")
def conj(x: Value) -> Value:
    return complexes.conjugate(x)


@imports("angle")
def angle(x: Value) -> Value:
    return complexes.angle(converted(x, DType.COMPLEX64))


@imports("complex")
def complex_(real: Value, imag: Value) -> Value:
    return complexes.combine(real, imag)


@imports("polar")
def polar(abs: Value, angle: Value) -> Value:
    return complexes.combine(math.multiply(abs, math.cos(angle)), math.multiply(abs, math.sin(angle)))
