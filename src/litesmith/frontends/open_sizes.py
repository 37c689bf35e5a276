"""What unknown sizes of inputs are while a model is followed."""

from __future__ import annotations

from collections.abc import Mapping

from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.keras import InputMismatch
from litesmith.frontends.inputs import InputType
from litesmith.ir.dims import Dim, Size, symbol
from litesmith.ir.named_size import NamedSize
from litesmith.ir.types import DType, TensorType

BATCH_PROBES = (3, 5)
SIZE_PROBES = ((131, 173), (137, 179), (139, 181), (149, 191), (151, 193), (157, 197), (163, 199), (167, 211))
"""What unknown sizes compute as, in the two runs: primes, large enough for windows to fit."""

LARGEST = 2**31 - 1
"""That an axis can have in a file."""


class OpenSizes:
    """Unknown sizes of inputs: one for each name, one batch for all, one for each other axis.

    Attributes:
        known: by name.
        most: their bounds, of those that have any.
    """

    def __init__(self, run: int = 0, changed: str | None = None, given: Mapping[str, int] | None = None) -> None:
        """`run` chooses the probe values, of all sizes or of the one `changed`; `given` says some of them."""
        self.run = run
        self.changed = changed
        self.given = given or {}
        self.known: dict[str, Dim] = {}
        self.most: dict[str, int] = {}

    def type(self, leaf: InputType) -> TensorType:
        """The type of an input; K302 for sizes that no file can say."""
        wrong = [size for size in leaf.shape if size is not None and not 0 <= size <= LARGEST]
        if wrong:
            raise LitesmithError(InputMismatch(f"the size {wrong[0]} of '{leaf.name}'", f"sizes from 0 to {LARGEST}"))
        names = leaf.names or (None,) * len(leaf.shape)
        sizes: list[Size] = []
        for axis, (size, named) in enumerate(zip(leaf.shape, names, strict=True)):
            sizes.append(self._unknown(leaf.name, axis, named) if size is None else size)
        return TensorType(DType(leaf.dtype), tuple(sizes))

    def new(self, name: str, axis: int) -> Dim:
        """The unknown size of an axis of one more input."""
        return self._unknown(name, axis, None)

    def _unknown(self, name: str, axis: int, named: NamedSize | None) -> Dim:
        known_as = named.name if named else f"{name}.{axis}" if axis else "batch"
        if known_as not in self.known:
            run = self.run if self.changed in (None, known_as) else 0
            probes = self._probes(axis, named.most if named else None)
            self.known[known_as] = symbol(known_as, self.given.get(known_as, probes[run]))
            if named and named.most is not None:
                self.most[known_as] = named.most
        return self.known[known_as]

    def _probes(self, axis: int, most: int | None) -> tuple[int, int]:
        """What a new size computes as in the two runs; below a bound as close to it as can be."""
        count = len(self.known)
        probes = SIZE_PROBES[count % len(SIZE_PROBES)] if axis else BATCH_PROBES
        if most is None or max(probes) <= most:
            return probes
        return most - 2 * count % most, most - (2 * count + 1) % most
