"""Sums of products over named axes, and the products of matrices that are cases of them.

A contraction of an activation with a constant is one FULLY_CONNECTED; the constant is put in
order when it is written. One of two activations is a BATCH_MATMUL where both have axes of
their own, and MUL with SUM elsewhere, as for integers, which BATCH_MATMUL does not take.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product as combinations

import numpy as np

from litesmith.ir.builder import constant, constant_value, emit
from litesmith.ir.constants import Constant
from litesmith.ir.dims import Dim, Size, product
from litesmith.ir.graph import Value
from litesmith.ir.operator import TypeRule
from litesmith.ir.types import DType, TensorType
from litesmith.ops.array import broadcast_to, cast, concatenate, reshape, slice_axis, transpose
from litesmith.ops.errors import Unsupported
from litesmith.ops.sizes import int32
from litesmith.opset.binary import Add, Mul, NotEqual
from litesmith.opset.matmul import BatchMatmul, FullyConnected
from litesmith.opset.reduction import Sum
from litesmith.opset.rules import broadcast_sizes

Labels = tuple[str, ...]
"""Names of axes: letters of an equation, `.1`, `.2`, ... for those under its ellipsis, from the last."""

COMPUTED_AS = {
    DType.FLOAT64: DType.FLOAT32,
    DType.FLOAT32: DType.FLOAT32,
    DType.FLOAT16: DType.FLOAT32,
    DType.BFLOAT16: DType.FLOAT32,
    DType.INT32: DType.INT32,
    DType.INT64: DType.INT64,
    DType.INT8: DType.INT32,
    DType.INT16: DType.INT32,
    DType.UINT8: DType.INT32,
    DType.UINT16: DType.INT32,
    DType.UINT32: DType.INT32,
    DType.BOOL: DType.INT32,
}
"""The type that products are computed in; narrower integers wrap when they are cast back."""

MOST_AXES = 8
"""What MUL broadcasts."""

COMPLEX_PRODUCTS: list[Callable[[Sequence[Term], Labels], Value]] = []
"""What contracts terms of complex numbers: `ops.complex` stands on this module, and puts its function here."""


@dataclass(frozen=True)
class Term:
    """A value with a name for each axis."""

    value: Value
    labels: Labels

    def size(self, label: str) -> Size:
        return self.value.type.shape[self.labels.index(label)]

    def sizes(self, labels: Iterable[str]) -> tuple[Size, ...]:
        return tuple(self.size(label) for label in labels)

    def ordered(self, labels: Sequence[str]) -> Term:
        """The same axes in another order."""
        order = [self.labels.index(label) for label in labels]
        return Term(transpose(self.value, order), tuple(labels))

    def without(self, label: str) -> Term:
        """Without an axis of size 1."""
        kept = tuple(other for other in self.labels if other != label)
        return Term(reshape(self.value, self.sizes(kept)), kept)


def einsum(equation: str, operands: Sequence[Value], bias: Value | None = None) -> Value:
    """The sum of products that an equation of numpy's `einsum` names, of values of one type.

    `bias` is added to the result, which it broadcasts to.
    """
    inputs, output = parse(equation, [operand.type.rank for operand in operands])
    terms = [Term(operand, labels) for operand, labels in zip(operands, inputs, strict=True)]
    return contract(terms, output, bias)


def parse(equation: str, ranks: Sequence[int]) -> tuple[list[Labels], Labels]:
    """The names of the axes of each operand and of the result.

    Without `->` the result has the axes under the ellipsis, then the letters that stand once, in order.
    """
    left, arrow, right = equation.replace(" ", "").partition("->")
    written = left.split(",")
    if len(written) != len(ranks):
        raise Unsupported(f"einsum {equation!r} of {len(ranks)} operands")
    inputs = [_expanded(part, rank, equation) for part, rank in zip(written, ranks, strict=True)]
    hidden = max((sum(label[0] == "." for label in labels) for labels in inputs), default=0)
    if not arrow:
        letters = left.replace(",", "").replace(".", "")
        right = "..." + "".join(sorted(letter for letter in set(letters) if letters.count(letter) == 1))
    output = _expanded(right, len(right.replace("...", "")) + ("..." in right) * hidden, equation)
    unknown = set(output) - {label for labels in inputs for label in labels}
    if unknown or len(set(output)) < len(output):
        raise Unsupported(f"einsum {equation!r}: its result has an axis twice, or one that no operand has")
    return inputs, output


def _expanded(written: str, rank: int, equation: str) -> Labels:
    before, ellipsis, after = written.partition("...")
    hidden = rank - len(before) - len(after)
    if hidden < 0 or (hidden and not ellipsis):
        raise Unsupported(f"einsum {equation!r}: {written!r} for {rank} axes")
    return (*before, *(f".{hidden - i}" for i in range(hidden)), *after)


def contract(terms: Sequence[Term], output: Labels, bias: Value | None = None) -> Value:
    """The sum of products of terms over the labels that are not in `output`, plus a bias."""
    _require_same_sizes(terms)
    dtype = terms[0].value.type.dtype
    if dtype is DType.COMPLEX64 and bias is None:
        return COMPLEX_PRODUCTS[0](terms, output)
    computed = COMPUTED_AS.get(dtype)
    if computed is None:
        raise Unsupported(f"sums of products of {dtype}")
    exact = [_diagonals(Term(cast(term.value, computed), term.labels)) for term in terms]
    added = None if bias is None else _bias(cast(bias, computed), output)
    result = exact[0]
    for position, term in enumerate(exact[1:], start=2):
        later = [label for other in exact[position:] for label in other.labels]
        last = position == len(exact)
        needed = output if last else tuple(dict.fromkeys((*output, *later)))
        result, added = _product(result, term, needed, added if last else None)
    result = _summed(result, output).ordered(output)
    value = result.value if added is None else emit(Add(), result.value, _aligned(added, output))
    return emit(NotEqual(), value, constant(0, computed)) if dtype is DType.BOOL else cast(value, dtype)


def _require_same_sizes(terms: Sequence[Term]) -> None:
    """Axes of one name are of one size, or of 1; kernels take others for more rows."""
    known: dict[str, Size] = {}
    for term in terms:
        for label, size in zip(term.labels, term.value.type.shape, strict=True):
            if isinstance(size, Dim) or size == 1:
                continue
            if known.setdefault(label, size) != size:
                shapes = " and ".join(str(term.value.type) for term in terms)
                raise TypeRule(f"a product of {shapes}: sizes {known[label]} and {size} differ")


def _bias(bias: Value, output: Labels) -> Term:
    """A bias without its axes of size 1."""
    term = Term(bias, output[len(output) - bias.type.rank :])
    for label in term.labels:
        if _is_one(term.size(label)):
            term = term.without(label)
    return term


def _is_one(size: Size) -> bool:
    return not isinstance(size, Dim) and size == 1


def _diagonals(term: Term) -> Term:
    """Each label once: of an axis named twice, the elements with equal indices.

    With n elements put behind the n * n of a matrix, its diagonal is the first of n + 1 columns.
    """
    for label in dict.fromkeys(term.labels):
        while term.labels.count(label) > 1:
            first, second = [i for i, other in enumerate(term.labels) if other == label][:2]
            others = [i for i in range(len(term.labels)) if i not in (first, second)]
            matrix = transpose(term.value, [*others, first, second])
            *leading, rows, size = matrix.type.shape
            flat = reshape(matrix, (*leading, rows * size))
            longer = concatenate([flat, slice_axis(flat, -1, 0, size)], -1)
            columns = slice_axis(reshape(longer, (*leading, size, size + 1)), -1, 0, 1)
            labels = (*(term.labels[i] for i in others), label)
            term = Term(reshape(columns, (*leading, size)), labels)
    return term


def _summed(term: Term, needed: Iterable[str]) -> Term:
    """Summed over the labels that nobody needs; there is nothing to sum along axes of size 1."""
    for label in term.labels:
        if label not in needed and _is_one(term.size(label)):
            term = term.without(label)
    kept = tuple(label for label in term.labels if label in needed)
    dropped = [i for i, label in enumerate(term.labels) if label not in needed]
    return Term(emit(Sum(), term.value, int32(dropped)), kept) if dropped else term


def _product(left: Term, right: Term, needed: Labels, bias: Term | None) -> tuple[Term, Term | None]:
    """The product of two terms, summed over what is not needed, and the bias if it is not in it yet."""
    left, right = _without_ones(left, right, needed), _without_ones(right, left, needed)
    left = _summed(left, {*needed, *right.labels})
    right = _summed(right, {*needed, *left.labels})
    shared = [label for label in left.labels if label in right.labels]
    contracted = [label for label in shared if label not in needed]
    is_float = left.value.type.dtype is DType.FLOAT32
    if not contracted or not is_float:
        return _multiplied(left, right, contracted, needed), bias
    if len(shared) == len(contracted) and (left.value.is_constant or right.value.is_constant):
        x, weights = (left, right) if right.value.is_constant else (right, left)
        return _projected(x, weights, contracted, needed, bias)
    if len(shared) in (len(left.labels), len(right.labels)):
        return _multiplied(left, right, contracted, needed), bias
    return _batch_matmul(left, right, needed), bias


def _without_ones(term: Term, other: Term, needed: Labels) -> Term:
    """Without axes of size 1 that the other term has too: those summed, and all where one is constant.

    Axes of size 1 among activations stay, as BATCH_MATMUL broadcasts them.
    """
    free = term.value.is_constant or other.value.is_constant
    for label in term.labels:
        is_one = label in other.labels and _is_one(term.size(label))
        if is_one and (not _is_one(other.size(label)) or term.value.is_constant) and (free or label not in needed):
            term = term.without(label)
    return term


def _aligned(term: Term, labels: Labels) -> Value:
    """A value that broadcasts along axes in the order of `labels`."""
    ordered = term.ordered([label for label in labels if label in term.labels])
    first = min((labels.index(label) for label in ordered.labels), default=len(labels))
    shape = tuple(ordered.size(label) if label in ordered.labels else 1 for label in labels[first:])
    return reshape(ordered.value, shape)


def _multiplied(left: Term, right: Term, contracted: Sequence[str], needed: Labels) -> Term:
    """MUL of two terms, broadcast against each other, and SUM over the contracted labels."""
    kept = [label for label in needed if label in left.labels or label in right.labels]
    orders = [
        (*kept, *contracted),
        (*left.labels, *(label for label in right.labels if label not in left.labels)),
        (*right.labels, *(label for label in left.labels if label not in right.labels)),
    ]
    if len(orders[0]) > MOST_AXES:
        raise Unsupported(f"a product with {len(orders[0])} axes")
    order = min(orders, key=lambda order: sum(_differs(labels, order) for labels in (left.labels, right.labels, kept)))
    multiplied = Term(emit(Mul(), _aligned(left, order), _aligned(right, order)), order)
    return _summed(multiplied, kept)


def _differs(labels: Sequence[str], order: Sequence[str]) -> bool:
    """Whether labels stand in another order."""
    return [label for label in order if label in labels] != list(labels)


def _projected(
    x: Term, weights: Term, contracted: Sequence[str], needed: Labels, bias: Term | None
) -> tuple[Term, Term | None]:
    """FULLY_CONNECTED: an activation times a constant that it shares only contracted labels with."""
    rows = [label for label in x.labels if label not in contracted]
    columns = tuple(label for label in needed if label in weights.labels)
    if any(label in contracted for label in x.labels[: len(rows)]):
        rows = [label for label in needed if label in rows]
        x = x.ordered([*rows, *(label for label in x.labels if label in contracted)])
    inner = x.labels[len(rows) :]
    depth, outputs = product(weights.sizes(inner)), product(weights.sizes(columns))
    matrix = reshape(weights.ordered((*columns, *inner)).value, (outputs, depth))
    merged = reshape(x.value, (*x.sizes(rows), depth))
    offset = None
    if bias is not None and set(bias.labels) <= set(columns) and bias.value.is_constant:
        offset, bias = _flattened(bias, columns, weights.sizes(columns)), None
    result = fully_connected(merged, matrix, offset)
    shape = (*x.sizes(rows), *weights.sizes(columns))
    return Term(reshape(result, shape), (*rows, *columns)), bias


def _flattened(bias: Term, columns: Labels, sizes: tuple[Size, ...]) -> Value:
    """A constant bias as one number for each column."""
    aligned = _aligned(bias, columns)
    assert aligned.constant is not None
    type = TensorType(aligned.type.dtype, sizes)
    return constant_value(_broadcast(aligned.constant, type).reshaped((product(sizes),)), bias.value.name)


def _broadcast(small: Constant, type: TensorType) -> Constant:
    if small.type == type:
        return small
    return small.map(lambda array: np.broadcast_to(array, type.shape), type, ("broadcast", type.shape))


@dataclass(frozen=True)
class _Plan:
    """How two terms become operands of BATCH_MATMUL: which is the left one, and the order of labels."""

    lhs: Term
    rhs: Term
    batch: Labels
    rows: Labels
    columns: Labels
    inner: Labels
    adj_x: bool
    adj_y: bool

    @property
    def lhs_order(self) -> Labels:
        return self.batch + (self.inner + self.rows if self.adj_x else self.rows + self.inner)

    @property
    def rhs_order(self) -> Labels:
        return self.batch + (self.columns + self.inner if self.adj_y else self.inner + self.columns)

    def cost(self, needed: Labels) -> tuple[int, int, bool]:
        """Transpositions; those of them that move the last axis; whether the left operand is read transposed."""
        wanted = tuple(label for label in needed if label in self.batch + self.rows + self.columns)
        moves = [
            (self.lhs.labels, self.lhs_order),
            (self.rhs.labels, self.rhs_order),
            (self.batch + self.rows + self.columns, wanted),
        ]
        moved = [(before, after) for before, after in moves if before != after]
        return len(moved), sum(before[-1] != after[-1] for before, after in moved), self.adj_x


def _plans(left: Term, right: Term, needed: Labels) -> Iterator[_Plan]:
    """The ways to write a contraction as a BATCH_MATMUL."""

    def orders(labels: set[str], *examples: Labels) -> Iterable[Labels]:
        return dict.fromkeys(tuple(label for label in example if label in labels) for example in examples)

    shared = set(left.labels) & set(right.labels)
    batches = orders(shared & set(needed), needed, left.labels, right.labels)
    inners = orders(shared - set(needed), left.labels, right.labels)
    for lhs, rhs in ((left, right), (right, left)):
        rows = orders(set(lhs.labels) - shared, needed, lhs.labels)
        columns = orders(set(rhs.labels) - shared, needed, rhs.labels)
        for choice in combinations(batches, rows, columns, inners, (False, True), (False, True)):
            yield _Plan(lhs, rhs, *choice)


def _batch_matmul(left: Term, right: Term, needed: Labels) -> Term:
    """BATCH_MATMUL of two terms, in the way that transposes least."""
    plan = min(_plans(left, right, needed), key=lambda plan: plan.cost(needed))
    batch = tuple(broadcast_sizes(left.size(label), right.size(label)) for label in plan.batch)
    keep_batch = len(batch) <= 3
    operands = []
    for term, order in ((plan.lhs, plan.lhs_order), (plan.rhs, plan.rhs_order)):
        ordered = term.ordered(order)
        last = [product(ordered.sizes(labels)) for labels in _runs(order, plan)]
        value = ordered.value
        if not keep_batch:
            value = broadcast_to(value, (*batch, *ordered.sizes(order[len(batch) :])))
        leading = ordered.sizes(plan.batch) if keep_batch else (product(batch),)
        operands.append(reshape(value, (*leading, *last)))
    result = emit(BatchMatmul(adj_x=plan.adj_x, adj_y=plan.adj_y), *operands)
    shape = (*batch, *plan.lhs.sizes(plan.rows), *plan.rhs.sizes(plan.columns))
    return Term(reshape(result, shape), plan.batch + plan.rows + plan.columns)


def _runs(order: Labels, plan: _Plan) -> tuple[Labels, Labels]:
    """The labels of the last two axes of an operand."""
    rest = order[len(plan.batch) :]
    inner = tuple(label for label in rest if label in plan.inner)
    free = tuple(label for label in rest if label not in plan.inner)
    return (inner, free) if rest[0] in plan.inner else (free, inner)


def fully_connected(x: Value, weights: Value, bias: Value | None = None) -> Value:
    """X [..., in] times the transpose of weights [out, in], plus bias [out]."""
    outputs = weights.type.shape[0]
    if bias is None:
        bias = constant(np.zeros(int(outputs), np.float32), x.type.dtype)
    shape = (*x.type.shape[:-1], outputs)
    if not 2 <= x.type.rank <= 6:
        x = reshape(x, (product(x.type.shape[:-1]), x.type.shape[-1]))
    return reshape(emit(FullyConnected(keep_num_dims=x.type.rank > 2), x, weights, bias), shape)


def dense(x: Value, kernel: Value, bias: Value | None = None) -> Value:
    """X [..., in] times a kernel [in, out], plus bias [out]."""
    return fully_connected(x, transpose(kernel, (1, 0)), bias)


def matmul(x: Value, y: Value) -> Value:
    """Products of the last two axes, the leading ones broadcast; vectors as numpy takes them."""
    left, right = _matrix_labels(x, ("m", "k")), _matrix_labels(y, ("k", "n"))
    longer = max(left, right, key=len)
    leading = longer[: max(len(longer) - 2, 0)]
    output = (*leading, *(("m",) if "m" in left else ()), *(("n",) if "n" in right else ()))
    return contract([Term(x, left), Term(y, right)], output)


def _matrix_labels(x: Value, last: Labels) -> Labels:
    if x.type.rank == 0:
        raise Unsupported("matmul of a scalar")
    if x.type.rank == 1:
        return ("k",)
    return (*(f".{x.type.rank - 2 - i}" for i in range(x.type.rank - 2)), *last)
