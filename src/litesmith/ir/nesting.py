"""How tensors are nested in lists, tuples and dictionaries, and how that is kept in a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Union


@dataclass(frozen=True)
class Nesting:
    """The shape of a structure. Leaves are numbered in Keras' order: dictionaries by key.

    Attributes:
        tree: a leaf's number, None, a list or tuple of trees, or a dictionary of them.
    """

    tree: Tree

    def pack(self, leaves: Sequence[Any]) -> Any:
        """The structure with `leaves` at their places."""
        return _map(self.tree, lambda number: leaves[number])

    def flatten(self, structure: Any) -> list[Any]:
        """The leaves of a structure nested like this; ValueError for another nesting.

        Lists and tuples count as the same.
        """
        found: dict[int, Any] = {}
        _match(self.tree, structure, found, "the input")
        return [found[number] for number in sorted(found)]

    @property
    def is_leaf(self) -> bool:
        return isinstance(self.tree, int)

    def to_json(self) -> Any:
        return _encode(self.tree)

    @staticmethod
    def from_json(data: Any) -> Nesting:
        return Nesting(_decode(data))

    def __str__(self) -> str:
        return json.dumps(self.to_json())


Tree = Union[int, None, "list[Tree]", "tuple[Tree, ...]", "dict[Any, Tree]"]


def nesting_of(structure: Any) -> Nesting:
    """The nesting of a structure of leaves."""
    return Nesting(_number(structure, iter(range(1_000_000))))


def flat_nesting(count: int) -> Nesting:
    """One leaf alone, or a list of several."""
    return Nesting(0 if count == 1 else list(range(count)))


def _number(structure: Any, numbers: Iterator[int]) -> Tree:
    if structure is None:
        return None
    if isinstance(structure, dict):
        numbered = {key: _number(structure[key], numbers) for key in sorted(structure)}
        return {key: numbered[key] for key in structure}
    if isinstance(structure, list):
        return [_number(item, numbers) for item in structure]
    if isinstance(structure, tuple):
        return tuple(_number(item, numbers) for item in structure)
    return next(numbers)


def _map(tree: Tree, function: Callable[[int], Any]) -> Any:
    if tree is None:
        return None
    if isinstance(tree, dict):
        return {key: _map(item, function) for key, item in tree.items()}
    if isinstance(tree, list):
        return [_map(item, function) for item in tree]
    if isinstance(tree, tuple):
        return tuple(_map(item, function) for item in tree)
    return function(tree)


def _match(tree: Tree, structure: Any, found: dict[int, Any], where: str) -> None:
    if isinstance(tree, dict):
        if not isinstance(structure, dict) or set(structure) != set(tree):
            raise ValueError(f"{where} must be a dictionary with the keys {', '.join(map(repr, tree))}")
        for key, item in tree.items():
            _match(item, structure[key], found, f"{where}[{key!r}]")
    elif isinstance(tree, (list, tuple)):
        if len(tree) == 1 and not isinstance(structure, (list, tuple)):
            structure = [structure]
        if not isinstance(structure, (list, tuple)) or len(structure) != len(tree):
            raise ValueError(f"{where} must be a list or tuple of {len(tree)}")
        for i, (item, part) in enumerate(zip(tree, structure, strict=True)):
            _match(item, part, found, f"{where}[{i}]")
    elif tree is not None:
        if isinstance(structure, dict) and len(structure) == 1:
            (structure,) = structure.values()
        elif isinstance(structure, (list, tuple)) and len(structure) == 1 and hasattr(structure[0], "shape"):
            (structure,) = structure
        found[tree] = structure


def _encode(tree: Tree) -> Any:
    """JSON without a way to tell lists from tuples and dictionaries: the first item says which."""
    if isinstance(tree, dict):
        return {"keys": [[key, _encode(item)] for key, item in tree.items()]}
    if isinstance(tree, list):
        return ["list", *map(_encode, tree)]
    if isinstance(tree, tuple):
        return ["tuple", *map(_encode, tree)]
    return tree


def _decode(data: Any) -> Tree:
    if isinstance(data, dict):
        return {key: _decode(item) for key, item in data["keys"]}
    if isinstance(data, list):
        items = [_decode(item) for item in data[1:]]
        return items if data[0] == "list" else tuple(items)
    if data is None or isinstance(data, int):
        return data
    raise ValueError(f"{data!r} is not a nesting")
