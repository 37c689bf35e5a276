"""The tensor that a model is run on to be imported: a `KerasTensor` that stands for a value of the graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from keras import KerasTensor

from litesmith.frontends.keras.lowerings.promotion import as_arrays
from litesmith.ir.dims import Dim
from litesmith.ir.graph import Value

UFUNCS = {
    "add": "add",
    "subtract": "sub",
    "multiply": "mul",
    "divide": "truediv",
    "true_divide": "truediv",
    "floor_divide": "floordiv",
    "remainder": "mod",
    "power": "pow",
    "matmul": "matmul",
    "logical_and": "and",
    "logical_or": "or",
    "bitwise_and": "and",
    "bitwise_or": "or",
    "bitwise_xor": "xor",
    "less": "lt",
    "less_equal": "le",
    "greater": "gt",
    "greater_equal": "ge",
    "equal": "eq",
    "not_equal": "ne",
}
"""numpy's functions that are operators: what `array * tensor` arrives as."""

REVERSED = {
    "lt": "gt",
    "le": "ge",
    "gt": "lt",
    "ge": "le",
    "eq": "eq",
    "ne": "ne",
    "add": "radd",
    "sub": "rsub",
    "mul": "rmul",
    "truediv": "rtruediv",
    "floordiv": "rfloordiv",
    "mod": "rmod",
    "pow": "rpow",
    "matmul": "rmatmul",
    "and": "rand",
    "or": "ror",
    "xor": "rxor",
}


OPERATORS = {"abs", "neg", *UFUNCS.values(), *(name for name in REVERSED.values() if name.startswith("r"))}
"""What Python calls on a tensor, without the underscores."""


class RawFrameworkCall(TypeError):
    """A function of a framework was given a symbolic tensor."""


class LiteTensor(KerasTensor):
    """A Keras tensor with the shape (dynamic sizes as `Dim`) and dtype of `value`."""

    def __init__(self, value: Value) -> None:
        self._shape = value.type.shape
        self._dtype = value.type.dtype.value
        self._sparse = self._ragged = False
        self._ragged_rank = self._row_splits_dtype = None
        self.record_history = False
        self.name = value.name
        self.value = value

    def __array_ufunc__(self, ufunc: Any, method: str, *operands: Any, **options: Any) -> Any:
        """Arithmetic of numpy arrays with this tensor comes here; numpy's other functions are refused."""
        name = UFUNCS.get(ufunc.__name__)
        if name is None or method != "__call__" or options:
            raise RawFrameworkCall(f"numpy.{ufunc.__name__} was called on a tensor of the model")
        left, right = operands
        if isinstance(left, LiteTensor):
            return getattr(left, f"__{name}__")(right)
        return getattr(right, f"__{REVERSED[name]}__")(left)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        raise RawFrameworkCall(f"numpy.{function.__name__} was called on a tensor of the model")

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise RawFrameworkCall("numpy was called on a tensor of the model")

    @property
    def __jax_array__(self) -> Any:
        # JAX looks for this attribute before it gives way to our reflected operators.
        raise AttributeError("__jax_array__")

    def __tf_tensor__(self, dtype: Any = None, name: Any = None) -> Any:
        raise RawFrameworkCall("a TensorFlow function was called on a tensor of the model")

    @classmethod
    def __torch_function__(cls, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Torch's operators with a torch tensor on the left come here; its functions are refused."""
        name = getattr(function, "__name__", "").strip("_")
        reflected = REVERSED.get(name) or (name if name in REVERSED.values() else None)
        if reflected and len(args) == 2 and isinstance(args[1], LiteTensor):
            return getattr(args[1], f"__{reflected}__")(args[0])
        raise RawFrameworkCall(f"torch.{name} was called on a tensor of the model")

    def __len__(self) -> int:
        return int(self._shape[0])

    def __iter__(self) -> Iterator[LiteTensor]:
        if isinstance(self._shape[0], Dim):
            raise RawFrameworkCall(f"a loop over the dynamic size {self._shape[0]}")
        from keras import ops

        return iter(ops.unstack(self))

    def __getitem__(self, key: Any) -> Any:
        from keras.src.ops.numpy import GetItem

        # The operation takes a list for a tuple, where tensors take it for indices.
        return GetItem().symbolic_call(self, np.asarray(key) if isinstance(key, list) else key)

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> Any:
        from keras import ops

        return ops.equal(self, other)

    def __and__(self, other: Any) -> Any:
        # Keras' symbolic tensors take integers for booleans here; those of its backends combine their bits.
        from keras import ops

        return ops.bitwise_and(self, other)

    def __or__(self, other: Any) -> Any:
        from keras import ops

        return ops.bitwise_or(self, other)

    def __xor__(self, other: Any) -> Any:
        from keras import ops

        return ops.bitwise_xor(self, other)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __invert__(self) -> Any:
        from keras import ops

        return ops.bitwise_not(self)

    def __repr__(self) -> str:
        return f"<LiteTensor {self.name}: {self.value.type}>"


def _as_operator(name: str) -> Callable[..., Any]:
    """The operator of Python, as the backend's arrays have it."""
    function = getattr(LiteTensor, name)

    def operator(*operands: Any) -> Any:
        with as_arrays():
            return function(*operands)

    return operator


for _name in OPERATORS:
    setattr(LiteTensor, f"__{_name}__", _as_operator(f"__{_name}__"))
