"""Which channels of a graph may be multiplied by a factor, and which of them by the same.

A channel may be multiplied where everything that computes it can compute it so and everything that reads it can divide
by it again: a filter, a bias, a constant operand. What lies between must not care: RELU of 2x is twice that of x.

Every value has an array of labels with as many axes as itself, of size 1 along axes that labels do not differ
along. Equal labels have equal factors; a negative label has one over the factor of the positive one; the label 0 has
the factor 1. What moves values about moves labels likewise (`label_rules`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from litesmith.ir.graph import Graph, Operation, Value
from litesmith.ir.types import DType
from litesmith.opset.enums import Activation
from litesmith.passes.linear import Filtering, activation_of, filtering, is_plain
from litesmith.quantization.channels.label_rules import rule_of
from litesmith.quantization.channels.ties import Labels, Rescaled, Ties, without_factors

Array = np.ndarray[Any, Any]
Unlimited = Callable[[Value], Array | None]
"""Which channels of a result RELU6 does nothing to; None for not known."""


@dataclass(frozen=True)
class Product:
    """An operation that multiplies by a filter, with the labels of the channels that go in and that come out."""

    filtering: Filtering
    into: Labels
    out: Labels


class Channels:
    """The labels of all float32 values of a graph.

    Args:
        unlimited: which channels of a result RELU6 does nothing to. No factor passes RELU6 where that is not known.

    Attributes:
        labels: of each value that an operation computes or the graph is given.
        products: operations that multiply by a filter.
        rescaled: other operands that factors go into.
    """

    def __init__(self, graph: Graph, unlimited: Unlimited = lambda _: None) -> None:
        self.ties = Ties()
        self.labels: dict[Value, Labels] = {}
        self.products: list[Product] = []
        self.rescaled: list[Rescaled] = []
        self._unlimited = unlimited
        self._filters: dict[Any, tuple[Labels, Labels]] = {}
        for value in graph.inputs:
            self.labels[value] = without_factors(value)
        for operation in graph.operations:
            self._visit(operation)
        for value in graph.outputs:
            if value.constant is None:
                self.ties.fix(self.labels[value])
        self._fix_filters_that_others_read(graph)
        self._resolve()

    def of(self, value: Value | None) -> Labels | None:
        """The labels of an operand; None for a constant or one that is left out."""
        return None if value is None else self.labels.get(value)

    def collapsed(self, labels: Labels, *axes: int) -> Labels:
        """Labels that do not differ along axes, where what reads them adds up along these."""
        for axis in axes:
            if labels.shape[axis] > 1:
                first = np.take(labels, [0], axis)
                self.ties.tie(labels, first)
                labels = first
        return labels

    def _visit(self, operation: Operation) -> None:
        made = self._propagated(operation)
        if made is None:
            for value in operation.operands:
                if value in self.labels:
                    self.ties.fix(self.labels[value])
            made = [without_factors(result) for result in operation.results]
        for result, labels in zip(operation.results, made, strict=True):
            self.labels[result] = _shrunk(self._activated(operation, result, labels))

    def _propagated(self, operation: Operation) -> list[Labels] | None:
        """The labels of the results; None where factors would change what is computed."""
        values = [value for value in (*operation.operands, *operation.results) if value is not None]
        if any(value.type.dtype is DType.FLOAT32 and not is_plain(value) for value in values):
            return None
        product = filtering(operation)
        if product is not None:
            return [self._through_filter(operation, product)]
        rule = rule_of(operation)
        return None if rule is None else rule(self, operation)

    def _activated(self, operation: Operation, result: Value, labels: Labels) -> Labels:
        """The labels behind the activation that is part of an operation."""
        activation = activation_of(operation)
        if activation in (Activation.NONE, Activation.RELU):
            return labels
        return self.limited(result, labels) if activation is Activation.RELU6 else self.fixed(labels)

    def limited(self, result: Value, labels: Labels) -> Labels:
        """The labels behind a RELU6: those of channels that it does something to have no factor."""
        free = self._unlimited(result)
        if free is None or labels.shape[-1] not in (1, len(free)):
            return self.fixed(labels)
        labels = np.broadcast_to(labels, (*labels.shape[:-1], len(free)))
        self.ties.fix(labels[..., ~free])
        return labels

    def fixed(self, labels: Labels) -> Labels:
        self.ties.fix(labels)
        return np.zeros_like(labels)

    def _through_filter(self, operation: Operation, product: Filtering) -> Labels:
        """New labels for the channels that come out; a filter that several operations read has one set of them."""
        source = self.labels[product.input]
        source = self.collapsed(source, *range(source.ndim - 1)).reshape(-1)
        into = np.broadcast_to(source, (int(product.input.type.shape[-1]),))
        known_into, out = self._filters.setdefault(product.filter.key, (into, self.ties.new(product.channels)))
        if known_into.shape != into.shape or out.size != product.channels:
            self.fixed(into)
            self.fixed(known_into)
            self.fixed(out)
            return without_factors(operation.result)
        self.ties.tie(known_into, into)
        self.products.append(Product(product, into, out))
        return out.reshape((1,) * (operation.result.type.rank - 1) + (-1,))

    def _fix_filters_that_others_read(self, graph: Graph) -> None:
        """A filter that something else reads too would be stored twice."""
        multiplying = {product.filtering.operation for product in self.products}
        for operation in graph.operations:
            for value in operation.operands:
                constant = None if value is None else value.constant
                if constant is not None and constant.key in self._filters and operation not in multiplying:
                    for labels in self._filters[constant.key]:
                        self.ties.fix(labels)

    def _resolve(self) -> None:
        roots = self.ties.roots
        self.labels = {value: _shrunk(roots(labels)) for value, labels in self.labels.items()}
        self.products = [Product(each.filtering, roots(each.into), roots(each.out)) for each in self.products]
        self.rescaled = [
            Rescaled(each.operation, each.place, roots(each.up), None if each.down is None else roots(each.down))
            for each in self.rescaled
        ]


def _shrunk(labels: Labels) -> Labels:
    """The same labels with size 1 along axes that they do not differ along."""
    for axis in range(labels.ndim):
        first = np.take(labels, [0], axis) if labels.shape[axis] > 1 else labels
        if labels.shape[axis] > 1 and bool((labels == first).all()):
            labels = first
    return labels
