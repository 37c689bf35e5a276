"""Sizes as tensors: what a dynamic shape becomes when an operator needs it as an operand."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from typing import Any, SupportsIndex

import numpy as np

from litesmith.ir.builder import Builder, constant, current_builder, emit
from litesmith.ir.dims import Dim, Polynomial, Size, Symbol, Term, is_static
from litesmith.ir.graph import ITSELF, Value
from litesmith.ir.types import DType
from litesmith.ops.errors import Unsupported
from litesmith.ops.measured import as_size
from litesmith.opset.binary import Add, FloorDiv, FloorMod, Maximum, Minimum, Mul
from litesmith.opset.conversion import Cast
from litesmith.opset.joining import Concatenation, Range
from litesmith.opset.rules import sizes_of
from litesmith.opset.shaping import Reshape, ShapeOf
from litesmith.opset.slicing import StridedSlice

FUNCTIONS = {"//": FloorDiv, "%": FloorMod, "min": Minimum, "max": Maximum}


def int32(numbers: Sequence[int] | int) -> Value:
    """An int32 constant: a scalar for a number, a vector for a sequence."""
    return constant(numbers, DType.INT32)


def shape_tensor(sizes: Sequence[Size], *, may_infer: bool = False) -> Value:
    """Sizes as an int32 vector, the cheapest way that is right.

    A constant where all are known. With `may_infer`, one dynamic size becomes the -1 that
    RESHAPE works out itself. Otherwise SHAPE of an input, joined with the known sizes.
    """
    sizes = tuple(sizes)
    dynamic = [i for i, size in enumerate(sizes) if isinstance(size, Dim)]
    if not dynamic:
        return int32(list(map(int, sizes)))
    if may_infer and len(dynamic) == 1 and 0 not in sizes:
        return int32([-1 if isinstance(size, Dim) else size for size in sizes])
    pieces = _pieces(sizes)
    result = pieces[0] if len(pieces) == 1 else emit(Concatenation(axis=0), *pieces)
    if result.producer is not None:
        result.contents = sizes
    return result


def known_sizes(shape: Any) -> tuple[Size, ...]:
    """A shape argument as sizes: a size, a vector of sizes, or a sequence of sizes and scalars.

    Elements of integer tensors that were not computed from sizes are new unknowns, taken not to be negative.

    Raises:
        Unsupported: for vectors whose length is not known, and for what is no size.
    """
    if isinstance(shape, Value):
        return sizes_of(shape) or _measured(shape)
    if isinstance(shape, Dim):
        return (shape,)
    if isinstance(shape, np.ndarray):
        return known_sizes(shape.tolist())
    if isinstance(shape, SupportsIndex):
        return (operator.index(shape),)
    if isinstance(shape, str) or not isinstance(shape, Iterable):
        raise Unsupported(f"{shape!r} among sizes; -1 stands for what is left, and ops.shape(x) has the sizes of x")
    return tuple(size for item in shape for size in known_sizes(item))


def known_size(size: Any) -> Size:
    """An argument that is one size, or a tensor of one element."""
    (only,) = known_sizes(size)
    return only


def _measured(shape: Value) -> tuple[Size, ...]:
    """The elements of an integer scalar or vector, each as a size that is known when the model runs."""
    count = shape.type.elements
    if isinstance(count, Dim) or shape.type.rank > 1 or not shape.type.dtype.is_integer:
        raise Unsupported(f"sizes in a tensor {shape.type}")
    numbers = shape if shape.type.dtype is DType.INT32 else emit(Cast(shape.type.dtype, DType.INT32), shape)
    if shape.type.rank == 0:
        sizes: tuple[Size, ...] = (as_size(numbers, "size"),)
    else:
        last = StridedSlice(shrink_axis_mask=1)
        places = [emit(last, numbers, int32([place]), int32([place + 1]), int32([1])) for place in range(int(count))]
        sizes = tuple(as_size(place, "size") for place in places)
    shape.contents = sizes
    return sizes


def size_tensor(size: Size) -> Value:
    """A size as an int32 vector of one element."""
    return shape_tensor((size,))


def size_scalar(size: Size) -> Value:
    """A size as an int32 scalar."""
    if not isinstance(size, Dim):
        return int32(int(size))
    return _scalar(size_tensor(size), size)


def _scalar(vector: Value, size: Dim) -> Value:
    """The element of a vector of one. The kernel of RESHAPE knows no scalar before it runs."""
    scalar = emit(StridedSlice(shrink_axis_mask=1), vector, int32([0]), int32([1]), int32([1]))
    scalar.contents = (size,)
    return scalar


def _pieces(sizes: Sequence[Size]) -> list[Value]:
    """The sizes as vectors to be joined: known ones together, neighbours of one tensor together."""
    builder = current_builder()
    pieces: list[Value] = []
    position = 0
    while position < len(sizes):
        end = position + 1
        if is_static((sizes[position],)):
            while end < len(sizes) and not isinstance(sizes[end], Dim):
                end += 1
            pieces.append(int32(list(map(int, sizes[position:end]))))
        else:
            anchor = _anchor(builder, sizes[position])
            while (
                anchor and end < len(sizes) and _anchor(builder, sizes[end]) == (anchor[0], anchor[1] + end - position)
            ):
                end += 1
            if anchor:
                pieces.append(_part_of_shape(anchor[0], anchor[1], end - position))
            else:
                pieces.append(_computed(sizes[position]))
        position = end
    return pieces


def _anchor(builder: Builder, size: Size) -> tuple[Value, int] | None:
    """The tensor and axis of the current graph whose size this is, if it is one unknown itself."""
    if not isinstance(size, Dim) or not size.is_symbol:
        return None
    (symbol,) = size.expression.symbols
    return builder.graph.anchors.get(symbol)


def _part_of_shape(value: Value, axis: int, count: int) -> Value:
    if axis == ITSELF:
        return emit(Reshape(), value, int32([1]))
    shape = emit(ShapeOf(), value)
    if count == value.type.rank:
        return shape
    return emit(StridedSlice(), shape, int32([axis]), int32([axis + count]), int32([1]))


def _computed(size: Size) -> Value:
    """A size that is no tensor's own: its expression in int32 arithmetic."""
    assert isinstance(size, Dim)
    terms: list[Value] = []
    constant_term = 0
    for monomial, factor in size.expression.terms:
        if not monomial:
            constant_term = factor
            continue
        product = _atom(monomial[0])
        for atom in monomial[1:]:
            product = emit(Mul(), product, _atom(atom))
        terms.append(product if factor == 1 else emit(Mul(), product, int32([factor])))
    total = terms[0]
    for term in terms[1:]:
        total = emit(Add(), total, term)
    return total if not constant_term else emit(Add(), total, int32([constant_term]))


def _atom(atom: Symbol | Term) -> Value:
    if isinstance(atom, Symbol):
        return _symbol(current_builder(), atom)
    if atom.function == "//" and (rounded := _negative_over(atom.left, atom.right.constant)) is not None:
        return rounded
    return emit(FUNCTIONS[atom.function](), _polynomial(atom.left), _polynomial(atom.right))


def _negative_over(polynomial: Polynomial, by: int | None) -> Value | None:
    """`-size // by`, as it is for sizes rounded up: from the number of every `by`th of the numbers below the size.

    The size may be the smaller one of an unknown and a number.

    The runtime computes that before it runs, so that tensors of such a size are allocated once; with
    FLOOR_DIV, it would allocate them, and prepare all that reads them, in each call.
    """
    if by is None or by < 1 or len(polynomial.terms) != 1:
        return None
    ((monomial, factor),) = polynomial.terms
    if factor != -1 or len(monomial) != 1:
        return None
    found = _below(monomial[0])
    if found is None:
        return None
    symbol, most = found
    vector = _atom(symbol)
    (size,) = sizes_of(vector) or (Dim(1, symbol),)
    numbers = emit(Range(), int32(0), _scalar(vector, Dim(int(size), symbol)), int32(1))
    upto = StridedSlice(begin_mask=1, end_mask=int(most is None))
    every = emit(upto, numbers, int32([0]), int32([most or 0]), int32([by]))
    return emit(Mul(), emit(ShapeOf(), every), int32([-1]))


def _below(atom: Symbol | Term) -> tuple[Symbol, int | None] | None:
    """The unknown that a size is, and the number that it is at most; None where it is anything else."""
    if isinstance(atom, Symbol):
        return atom, None
    sides = (atom.left, atom.right)
    most = next((side.constant for side in sides if side.constant is not None), None)
    symbols = [symbol for side in sides for symbol in side.symbols if side == Polynomial.of(symbol)]
    return (symbols[0], most) if atom.function == "min" and most is not None and symbols else None


def _polynomial(polynomial: Polynomial) -> Value:
    known = polynomial.constant
    return int32([known]) if known is not None else _computed(Dim(0, polynomial))


def _symbol(builder: Builder, symbol: Symbol) -> Value:
    """An unknown as a vector of one element, read where a tensor has it as a size.

    A subgraph whose own inputs do not have it gets it from the graph around it.
    """
    anchor = builder.graph.anchors.get(symbol)
    if anchor is not None:
        return _part_of_shape(*anchor, 1)
    if builder.parent is None:
        raise LookupError(f"no tensor of {builder.graph} has the size {symbol}")
    return builder.reach(builder.parent.in_place(lambda: _symbol(current_builder(), symbol)))
