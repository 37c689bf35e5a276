"""Making Keras hand its calls over while a model is imported.

Two things are replaced, and everything is put back on every exit: `symbolic_call` of
operations and layers, and the functions of the active backend, which code inside Keras calls
directly. A replacement first looks for an import running in its own thread and for one of our
tensors or dynamic sizes among the arguments; otherwise it calls the original.
"""

from __future__ import annotations

import functools
import importlib
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import CellType, FunctionType, ModuleType
from typing import Any, Protocol

import keras
from keras.src.backend.common import KerasVariable
from keras.src.backend.common.keras_tensor import any_symbolic_tensors
from keras.src.backend.common.stateless_scope import get_stateless_scope
from keras.src.backend.common.variables import standardize_shape
from keras.src.layers import layer as layer_module
from keras.src.layers.layer import Layer
from keras.src.metrics.metric import Metric
from keras.src.ops.operation import Operation

from litesmith.frontends.keras.tensor import LiteTensor
from litesmith.ir.dims import Dim

PREFIXES = {
    "core": "ops.",
    "numpy": "ops.",
    "nn": "ops.",
    "math": "ops.",
    "image": "ops.image.",
    "linalg": "ops.linalg.",
    "random": "random.",
    "rnn": "backend.",
}
"""The modules of a Keras backend, and how the public names of their functions begin."""

RECORDING = frozenset({"keras.src.ops.operation", "keras.src.layers.layer", "keras.src.backend.common.keras_tensor"})
"""Modules where the answer to "is this symbolic?" leads to `symbolic_call`, which is taken over."""

LEFT_ALONE = frozenset({
    "is_tensor", "compute_output_spec", "device_scope", "random_seed_dtype", "cudnn_ok", "remat",
    "draw_seed", "get_device", "to_torch_dtype", "enable_float64",
    "align_operand_types", "get_ov_output", "ov_to_keras_type", "shape_to_ov_output",
})  # fmt: skip
"""Functions that are no operations: they answer a question about the backend, or serve it alone."""

PRIVATE = frozenset({"_get_complex_tensor_from_tuple"})
"""Functions that are operations although their names say otherwise: `keras.ops.polar` calls this one."""

WHOLE = {"_layer_normalization": "ops.layer_normalization", "_rms_normalization": "ops.rms_normalization"}
"""Functions behind operations in which Keras calls functions of torch itself; older versions lack some."""

CONTROL_FLOW = frozenset({
    "cond", "switch", "while_loop", "fori_loop", "scan", "map", "vectorized_map", "associative_scan",
})  # fmt: skip
"""Functions that run other functions, through which they may reach our tensors."""

ALWAYS = frozenset({"vectorize"})
"""Functions that return functions, which may be given our tensors later."""

MOVING = frozenset({"transpose", "reshape"})
"""Functions that only move elements: of a weight they give that same weight, which the file holds once."""

OPERATORS = tuple(f"__{name}__" for name in (
    "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor",
    "eq", "ne", "lt", "le", "gt", "ge",
))  # fmt: skip
"""Methods of binary operators."""


class Importer(Protocol):
    """What handles the calls that are taken over."""

    def call_function(self, name: str, original: Callable[..., Any], args: Any, kwargs: Any) -> Any: ...

    def call_operation(self, operation: Any, args: Any, kwargs: Any) -> Any: ...

    def call_layer(self, layer: Any, args: Any, kwargs: Any) -> Any: ...

    def call_update(self, metric: Any, original: Callable[..., Any], args: Any, kwargs: Any) -> None: ...


Replacement = tuple[Any, str, Any, Any]
"""(owner, attribute, original, replacement)."""

_importer: ContextVar[Importer | None] = ContextVar("litesmith_importer", default=None)
_lock = threading.Lock()
_depth = 0
_installed: list[Replacement] = []


def involves(value: Any) -> bool:
    """Whether one of our tensors, a variable that was given one, or a dynamic size stands among arguments."""
    if isinstance(value, (LiteTensor, Dim)):
        return True
    if isinstance(value, (list, tuple)):
        return any(map(involves, value))
    if isinstance(value, slice):
        return any(map(involves, (value.start, value.stop, value.step)))
    if isinstance(value, KerasVariable):
        scope = get_stateless_scope()
        return scope is not None and isinstance(scope.get_current_value(value), LiteTensor)
    return isinstance(value, dict) and any(map(involves, value.values()))


def captures(value: Any) -> bool:
    """Whether one of our tensors stands among the variables that a function, or one it calls, took from outside."""
    return _captures(value, set())


def _captures(value: Any, seen: set[int]) -> bool:
    if id(value) in seen:
        return False
    seen.add(id(value))
    if isinstance(value, (list, tuple)):
        return any(_captures(item, seen) for item in value)
    if isinstance(value, functools.partial):
        return involves((value.args, value.keywords)) or _captures(value.func, seen)
    function = getattr(value, "__func__", value)
    if not isinstance(function, FunctionType):
        return False
    held = [cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell)]
    held.extend(function.__defaults__ or ())
    return any(involves(item) or _captures(item, seen) for item in held)


def _is_filled(cell: CellType) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:
        return False


@contextmanager
def intercepting(importer: Importer) -> Iterator[None]:
    """Calls in this context that involve our tensors go to `importer`."""
    token = _importer.set(importer)
    _install()
    try:
        yield
    finally:
        _remove()
        _importer.reset(token)


@contextmanager
def plain_keras() -> Iterator[None]:
    """Keras as it is, for a question asked in the middle of an import."""
    token = _importer.set(None)
    try:
        yield
    finally:
        _importer.reset(token)


def _install() -> None:
    global _depth
    with _lock:
        _depth += 1
        if _depth == 1:
            _installed[:] = [*_replacements(), *_updates_of_metrics()]
            for owner, name, _, replacement in _installed:
                setattr(owner, name, replacement)


def _remove() -> None:
    global _depth
    with _lock:
        _depth -= 1
        if _depth == 0:
            for owner, name, original, _ in _installed:
                setattr(owner, name, original)
            _installed.clear()


@functools.cache
def _replacements() -> list[Replacement]:
    """What is replaced in Keras itself and in the backend."""
    found: list[Replacement] = [
        (Operation, "symbolic_call", Operation.symbolic_call, _operation_call(Operation.symbolic_call)),
        (Layer, "symbolic_call", Layer.symbolic_call, _layer_call(Layer.symbolic_call)),
        (Layer, "add_loss", Layer.add_loss, _dropped(Layer.add_loss)),
        (KerasVariable, "__getitem__", KerasVariable.__getitem__, _indexing(KerasVariable.__getitem__)),
    ]
    if hasattr(layer_module, "Node"):  # since Keras 3.10
        found.append((layer_module, "Node", layer_module.Node, _node(layer_module.Node)))
    wrappers: dict[int, Any] = {}
    for module, name, function in _backend_functions():
        public = PREFIXES[module.__name__.rpartition(".")[2]] + name
        wrappers[id(function)] = _function_call(public, function)
    for name, public in WHOLE.items():
        if hasattr(keras.src.ops.nn, name):
            function = getattr(keras.src.ops.nn, name)
            wrappers[id(function)] = _function_call(public, function)
    is_symbolic, standardize = _symbolic_question(any_symbolic_tensors), _standardizing(standardize_shape)
    for module in list(sys.modules.values()):
        module_name = getattr(module, "__name__", "")
        if not module_name.startswith("keras.src"):
            continue
        for name, value in vars(module).items():
            if id(value) in wrappers:
                found.append((module, name, value, wrappers[id(value)]))
            elif value is any_symbolic_tensors and module_name not in RECORDING:
                found.append((module, name, value, is_symbolic))
            elif value is standardize_shape:
                found.append((module, name, value, standardize))
    for owner in _stubborn_tensors():
        methods = {name: vars(owner)[name] for name in OPERATORS if name in vars(owner)}
        found.extend((owner, name, method, _giving_way(method)) for name, method in methods.items())
    return found


def _stubborn_tensors() -> list[type]:
    """The backend's classes of tensors whose operators raise where they do not know the right operand."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow

        return [tensorflow.Tensor, tensorflow.Variable]
    if keras.backend.backend() == "openvino":
        from keras.src.backend.openvino.core import OpenVINOKerasTensor

        return [OpenVINOKerasTensor]
    return []


def _giving_way(original: Callable[..., Any]) -> Callable[..., Any]:
    """A binary operator that leaves a pair with our tensor on the right to that one's reflected operator."""

    @functools.wraps(original)
    def operator(self: Any, other: Any) -> Any:
        return NotImplemented if isinstance(other, LiteTensor) else original(self, other)

    return operator


def _symbolic_question(original: Callable[..., bool]) -> Callable[..., bool]:
    """Functions of `keras.ops` make an operation to be recorded for symbolic tensors; ours need none.

    Answered with no, they call the backend at once, which halves the time that Keras takes.
    """

    @functools.wraps(original)
    def any_symbolic(args: Any = None, kwargs: Any = None) -> bool:
        if _importer.get() is not None and (involves(args) or involves(kwargs)):
            return False
        return original(args, kwargs)

    return any_symbolic


def _standardizing(original: Callable[..., Any]) -> Callable[..., Any]:
    """Keras before 3.13 takes sizes of no other class than `int`."""

    @functools.wraps(original)
    def standardize(shape: Any) -> Any:
        if _importer.get() is not None and isinstance(shape, tuple) and involves(shape):
            return shape
        return original(shape)

    return standardize


def _backend_functions() -> Iterator[tuple[ModuleType, str, FunctionType]]:
    package = f"keras.src.backend.{keras.backend.backend()}"
    for short in PREFIXES:
        module = importlib.import_module(f"{package}.{short}")
        for name, value in vars(module).items():
            is_public = name in PRIVATE or not name.startswith("_")
            if not is_public or name in LEFT_ALONE or not isinstance(value, FunctionType):
                continue
            if value.__module__ == module.__name__:
                yield module, name, value


def _function_call(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
    runs_functions = original.__name__ in CONTROL_FLOW
    is_always_taken = name.startswith("random.") or original.__name__ in ALWAYS
    moves = original.__name__ in MOVING

    @functools.wraps(original)
    def call(*args: Any, **kwargs: Any) -> Any:
        importer = _importer.get()
        if importer is None:
            return original(*args, **kwargs)
        if (
            is_always_taken  # numbers drawn now would be constants of the file
            or involves(args)
            or involves(kwargs)
            or (runs_functions and captures((*args, *kwargs.values())))
            or (moves and any(map(_is_weight, (*args, *kwargs.values()))))
        ):
            return importer.call_function(name, original, args, kwargs)
        return original(*args, **kwargs)

    return call


def _is_weight(argument: Any) -> bool:
    """Whether it is a variable of floats; others hold what has to be unpacked, which is done at conversion."""
    return isinstance(argument, KerasVariable) and argument.dtype.startswith(("float", "bfloat"))


def _indexing(original: Callable[..., Any]) -> Callable[..., Any]:
    """`variable[key]`, where a size or a tensor of ours stands in the key."""
    return _function_call("ops.get_item", original)


def _operation_call(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def symbolic_call(self: Any, *args: Any, **kwargs: Any) -> Any:
        importer = _importer.get()
        if importer is None or not (involves(args) or involves(kwargs) or involves(vars(self))):
            return original(self, *args, **kwargs)
        return importer.call_operation(self, args, kwargs)

    return symbolic_call


def _layer_call(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def symbolic_call(self: Any, *args: Any, **kwargs: Any) -> Any:
        importer = _importer.get()
        if importer is None or not (involves(args) or involves(kwargs)):
            return original(self, *args, **kwargs)
        return importer.call_layer(self, args, kwargs)

    return symbolic_call


def _dropped(original: Callable[..., Any]) -> Callable[..., Any]:
    """`add_loss`: inference has no use for losses, and Keras takes those of the backend's tensors only."""

    @functools.wraps(original)
    def add_loss(self: Any, loss: Any) -> None:
        if _importer.get() is None or not involves(loss):
            original(self, loss)

    return add_loss


def _updates_of_metrics(base: type[Any] = Metric) -> Iterator[Replacement]:
    """`update_state` of every class of metrics there is by now, the user's own among them."""
    for metric in base.__subclasses__():
        if "update_state" in vars(metric):
            yield metric, "update_state", metric.update_state, _update(metric.update_state)
        yield from _updates_of_metrics(metric)


def _update(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def update_state(self: Any, *args: Any, **kwargs: Any) -> Any:
        importer = _importer.get()
        if importer is None or not (involves(args) or involves(kwargs)):
            return original(self, *args, **kwargs)
        return importer.call_update(self, original, args, kwargs)

    return update_state


def _node(original: Any) -> Any:
    """Keras records each call on symbolic tensors in the layer; ours leave no trace there."""

    @functools.wraps(original)
    def node(operation: Any, call_args: Any = None, call_kwargs: Any = None, outputs: Any = None) -> Any:
        if _importer.get() is not None and (involves(call_args) or involves(call_kwargs)):
            return None
        return original(operation=operation, call_args=call_args, call_kwargs=call_kwargs, outputs=outputs)

    return node
