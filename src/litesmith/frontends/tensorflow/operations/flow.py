"""What hands on its operands, and calls of functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from litesmith.frontends.tensorflow.graph import FunctionName
from litesmith.frontends.tensorflow.known import Known
from litesmith.frontends.tensorflow.registry import Item, Run, imports
from litesmith.ir.types import DType
from litesmith.ops.errors import Unsupported


@imports("NoOp", "Assert", "ControlTrigger")
def nothing(*operands: Item) -> list[Any]:
    return []


@imports(
    *("Identity", "StopGradient", "PreventGradient", "Snapshot", "EnsureShape", "CheckNumerics", "DeepCopy"),
    "PlaceholderWithDefault",
)
def unchanged(x: Item) -> Any:
    return x


@imports("IdentityN", "RefIdentity")
def all_unchanged(*operands: Item) -> list[Any]:
    return list(operands)


@imports("Placeholder")
def placeholder() -> list[Any]:
    raise Unsupported("an input of the graph that is not among those that are given")


@imports("Const", "HostConst")
def constant(*, value: np.ndarray[Any, Any], dtype: DType) -> Known:
    return Known.of(value, dtype)


@imports("PartitionedCall", "StatefulPartitionedCall", "RemoteCall")
def call(*operands: Item, f: FunctionName, run: Run) -> list[Any]:
    return run(f, operands)
