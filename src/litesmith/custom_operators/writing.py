"""Writing C++ kernels of custom operators, with their tests."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from litesmith.custom_operators import (
    checking_source,
    computing_source,
    litert_source,
    numbers,
    options_source,
    tflm_source,
)
from litesmith.custom_operators.kernel import Kernel, Unwritable
from litesmith.custom_operators.readme import readme
from litesmith.custom_operators.uses import UsedOperator, operator_on, used_operators
from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.custom_operators import (
    KernelNotWritten,
    NoCustomOperators,
    NoReferenceNumbers,
    OperandsNotSaid,
    UsesLeftOut,
)
from litesmith.diagnostics.telling import tell
from litesmith.flatbuffer.read import read
from litesmith.frontends.custom_objects import named_objects
from litesmith.frontends.inputs import InputType, given_inputs
from litesmith.frontends.open import read_litert
from litesmith.frontends.python_names import from_python, is_python_name
from litesmith.ir.dims import Size, symbol
from litesmith.ir.nesting import nesting_of
from litesmith.ir.types import DType, TensorType
from litesmith.lite_model import LiteModel
from litesmith.runtime.saving import save_bytes

DONE = "nothing: its elements are computed one by one"
COMPUTE = "`Compute()`"
SIZES = "`Sizes()` and `Compute()`"


@dataclass(frozen=True)
class WrittenKernel:
    """One operator's sources.

    Attributes:
        folder: in the folder that was given; files in it are named after it.
        is_whole: whether `Compute()` and `Sizes()` were written; otherwise they are left to do.
        has_numbers: whether its tests compare numbers.
        kept: files that were there already, which may hold the user's own code.
    """

    operator: str
    version: int
    folder: str
    is_whole: bool
    has_numbers: bool
    files: tuple[str, ...]
    kept: tuple[str, ...]


@dataclass(frozen=True)
class WrittenKernels:
    """What was written, and where."""

    folder: str
    kernels: tuple[WrittenKernel, ...]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def lines(self) -> list[str]:
        """What there is, and what is left to do, a line for each operator."""
        found = []
        for each in self.kernels:
            left = "written whole" if each.is_whole else f"to do: Compute() in {each.folder}/{each.folder}.cc"
            kept = f"; kept: {', '.join(each.kept)}" if each.kept else ""
            found.append(f"{each.operator}  {self.folder}/{each.folder}/  {left}{kept}")
        return found

    def __str__(self) -> str:
        return "\n".join(self.lines())


def write_kernels(
    model: Any,
    path: str | Path,
    inputs: Any = None,
    options: Mapping[str, Any] | None = None,
    custom_objects: Mapping[str, Any] | str | Path | None = None,
) -> WrittenKernels:
    """Write C++ kernels for custom operators: for LiteRT and for LiteRT for Microcontrollers, with tests of both.

    A kernel's code knows the options, the sizes of its results as far as the operator's function says them, and
    computes them where each element is made of those at its place; the rest is left to do. Tests compare with what
    the function returns for seeded operands.

    Args:
        model: a `LiteModel`, the path of a `.tflite` file, a function decorated with `litesmith.custom_op`, or the name
            of one: `"file.py:function"`.
        path: of the folder, which is made. A file `NAME.cc` that is there already is left as it is.
        inputs: for a function: shapes or arrays for its tensors, in order or by name.
        options: for a function: those that have no default, or another value.
        custom_objects: as for `litesmith.convert`: the Python file that declares the functions of a file's operators.

    Raises:
        LitesmithError: F130.. where there is nothing to write, or it cannot be written.
    """
    named_objects(custom_objects)
    origin, operators = _operators(model, inputs, options)
    kernels = [_kernel(operator) for operator in operators]
    folder = Path(path)
    written = [_write(kernel, folder) for kernel in kernels]
    left = [
        DONE if each.is_whole else COMPUTE if all(kernel.rules) else SIZES
        for each, kernel in zip(written, kernels, strict=True)
    ]
    _save(folder / "register.cc", litert_source.register_source(kernels))
    _save(folder / "README.md", readme(origin, kernels, left))
    return WrittenKernels(str(folder), tuple(written))


def _operators(model: Any, inputs: Any, options: Mapping[str, Any] | None) -> tuple[str, list[UsedOperator]]:
    """What the operators are of, and each with its uses."""
    if isinstance(model, str) and is_python_name(model):
        found = from_python(model)
    elif isinstance(model, (str, Path)):
        found = read(read_litert(Path(model)))
    else:
        found = model.model if isinstance(model, LiteModel) else model
    said = str(model) if isinstance(model, (str, Path)) else "a model"
    if hasattr(found, "all_graphs"):
        if inputs is not None or options is not None:
            raise ValueError("a file says what its operators take; leave inputs= and options= out")
        operators = used_operators(found)
        if not operators:
            raise LitesmithError(NoCustomOperators(said))
        return said, operators
    if not hasattr(found, "operand_names"):
        raise LitesmithError(NoCustomOperators(said))
    return f"the function {found.__name__}", [_of_function(found, inputs, options or {})]


def _of_function(function: Any, inputs: Any, options: Mapping[str, Any]) -> UsedOperator:
    """An operator on operands that the caller says."""
    from litesmith.frontends.keras.custom_references import NoReference, reference_graph, reference_outputs

    if inputs is None:
        raise LitesmithError(OperandsNotSaid(function.name, function.operand_names))
    types = [_type(leaf, place) for place, leaf in enumerate(_leaves(function, inputs))]
    said = {**function.option_defaults, **options}
    try:
        graph = reference_graph(function.name, types, said)
        results = [value.type for value in graph.outputs]
    except NoReference:
        zeros = [np.zeros(tuple(map(int, type.shape)), type.dtype.numpy) for type in types]
        try:
            found = reference_outputs(function.name, zeros, said)
        except NoReference as reason:
            raise LitesmithError(KernelNotWritten(function.name, str(reason))) from reason
        results = [TensorType(DType(array.dtype.name), array.shape) for array in found]
    return operator_on(function.name, function.version, said, types, results)


def _leaves(function: Any, inputs: Any) -> list[InputType]:
    found = given_inputs(inputs, "float32")
    if isinstance(found, dict) and set(found) == set(function.operand_names):
        return [found[name] for name in function.operand_names]
    leaves: list[InputType] = nesting_of(found).flatten(found)
    return leaves


def _type(leaf: InputType, place: int) -> TensorType:
    """Unknown sizes of first axes are one batch, others are one where they have one name."""
    names = [named and named.name for named in leaf.names] or [None] * len(leaf.shape)

    def size(axis: int) -> Size:
        known = leaf.shape[axis]
        named = names[axis] or (f"operand_{place}_{axis}" if axis else "batch")
        return symbol(named, 3 + axis) if known is None else known

    return TensorType(DType(leaf.dtype), tuple(map(size, range(len(leaf.shape)))))


def _kernel(operator: UsedOperator) -> Kernel:
    from litesmith.frontends.keras.custom_operators import declared

    function = declared(operator.name)
    names: Sequence[str] = () if function is None else function.operand_names
    code: str | None = None
    if function is not None:
        try:
            code = inspect.cleandoc(inspect.getsource(function.function))
        except (OSError, TypeError):
            code = None
    kernel = Kernel(operator, tuple(names), code)
    try:
        kernel.check()
    except Unwritable as reason:
        raise LitesmithError(KernelNotWritten(operator.name, str(reason))) from None
    if operator.others:
        tell(UsesLeftOut(operator.name, operator.others), stacklevel=3)
    return kernel


def _write(kernel: Kernel, folder: Path) -> WrittenKernel:
    """Write one operator's files; tests without numbers are not written."""
    stem = kernel.stem
    computing = computing_source.source(kernel)
    files = {
        f"{stem}.h": computing_source.header(kernel),
        f"{stem}.cc": computing,
        f"{stem}_options.h": options_source.source(kernel),
        f"{stem}_litert.h": litert_source.header(kernel),
        f"{stem}_litert.cc": litert_source.source(kernel),
        f"{stem}_tflm.h": tflm_source.header(kernel),
        f"{stem}_tflm.cc": tflm_source.source(kernel),
    }
    try:
        cases = numbers.cases_of(kernel)
        files |= {
            f"{stem}_numbers.h": numbers.source(kernel, cases),
            f"{stem}_test.cc": checking_source.computing(kernel, cases),
            f"{stem}_litert_test.cc": checking_source.litert(kernel, cases),
            f"{stem}_tflm_test.cc": checking_source.tflm(kernel, cases),
        }
    except numbers.NoNumbers as reason:
        cases = []
        tell(NoReferenceNumbers(kernel.name, str(reason)), stacklevel=4)
    kept = [name for name, text in files.items() if name == f"{stem}.cc" and _is_other(folder / stem / name, text)]
    for name, text in files.items():
        if name not in kept:
            _save(folder / stem / name, text)
    is_whole = not any(words in computing for words in (computing_source.TO_COMPUTE, computing_source.TO_SIZE))
    return WrittenKernel(kernel.name, kernel.operator.version, stem, is_whole, bool(cases), tuple(files), tuple(kept))


def _is_other(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8", errors="replace") != text


def _save(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        from litesmith.diagnostics.files import CannotWrite

        raise LitesmithError(CannotWrite(str(path), str(error.strerror or error).lower())) from error
    save_bytes(text.encode(), path)
