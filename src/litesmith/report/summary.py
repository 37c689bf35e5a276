"""What a LiteRT file holds: signatures, operators, and which layers take how many bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from litesmith.flatbuffer.encoding import encode
from litesmith.flatbuffer.read import read
from litesmith.flatbuffer.write import graph_values
from litesmith.ir.constants import Constant
from litesmith.ir.dims import Dim
from litesmith.ir.element_types import ComputedType, OtherOutput
from litesmith.ir.graph import Model, Operation, Value
from litesmith.ir.loops import LoopForm
from litesmith.ir.losses import Loss
from litesmith.ir.named_size import Names
from litesmith.ir.stored_weights import StoredWeight
from litesmith.ir.types import DType
from litesmith.opset.custom import decode_options
from litesmith.opset.unmodeled import Unmodeled, operator_name

if TYPE_CHECKING:
    from litesmith.lite_model import LiteModel
    from litesmith.quantization.outcome import Quantization


@dataclass(frozen=True)
class TensorFace:
    """An input or output.

    Attributes:
        shape: sizes that may change are None.
        size_names: what those are called, with their bounds, axis by axis; None for those without a name.
    """

    name: str
    dtype: str
    shape: tuple[int | None, ...]
    size_names: tuple[str | None, ...]

    @property
    def sizes(self) -> tuple[int | str | None, ...]:
        """The shape with the names of sizes in it."""
        return tuple(name or size for size, name in zip(self.shape, self.size_names, strict=True))


@dataclass(frozen=True)
class SignatureFace:
    """One way to call the file."""

    name: str
    inputs: tuple[TensorFace, ...]
    outputs: tuple[TensorFace, ...]


@dataclass(frozen=True)
class LayerWeights:
    """One layer's part of the file: how many operators it became, and the bytes of its weights."""

    layer: str
    operators: int
    bytes: int


@dataclass(frozen=True)
class CustomUse:
    """A use of a custom operator; `options` is what its flexbuffer map says, None where it has another form."""

    name: str
    version: int
    layer: str
    options: dict[str, Any] | None


class Framework(NamedTuple):
    """A framework whose programs layers may come as: its name, and how names of its operations begin."""

    name: str
    prefix: str


FRAMEWORKS = {
    "through_jax": Framework("JAX", "jax.lax."),
    "through_tensorflow": Framework("TensorFlow", "tf."),
    "through_torch": Framework("torch", "torch."),
}
"""By the field that says which layers came so."""


@dataclass(frozen=True)
class Summary:
    """A file in numbers.

    Attributes:
        maker: the description that the file's maker wrote into it.
        weight_bytes: of all constants; a buffer that several of them share counts once.
        operators: how often each operator stands in the file, most frequent first.
        layers: those with most weights first. A shared buffer is the first layer's that reads it.
        loops: what became of the loops of a model that was just converted, and why.
        computed_types: element types of a model that was just converted which are computed in others.
        other_outputs: outputs of other types than the model that was just converted says.
        through_jax, through_tensorflow, through_torch: the layers of a model that was just converted which came as
            programs of these.
        stored_weights: in which form the weights of a model that was just converted were put, and why.
        losses: what the outputs of a model that was just made of integers lost.
        quantization: what else was done to it; None for a file that was read.
        custom_operators: the uses of operators whose kernels the runtime must be given, with their options.
    """

    maker: str
    bytes: int
    weight_bytes: int
    graphs: int
    tensors: int
    operators: dict[str, int]
    layers: tuple[LayerWeights, ...]
    signatures: tuple[SignatureFace, ...]
    loops: tuple[LoopForm, ...] = ()
    computed_types: tuple[ComputedType, ...] = ()
    other_outputs: tuple[OtherOutput, ...] = ()
    through_jax: tuple[str, ...] = ()
    through_tensorflow: tuple[str, ...] = ()
    through_torch: tuple[str, ...] = ()
    stored_weights: tuple[StoredWeight, ...] = ()
    losses: tuple[Loss, ...] = ()
    quantization: Quantization | None = None
    custom_operators: tuple[CustomUse, ...] = ()

    def to_json(self) -> dict[str, Any]:
        encoded = asdict(replace(self, quantization=None))
        if self.quantization is not None:
            encoded["quantization"] = self.quantization.to_json()
        unused = {field for field, layers in self._through().items() if not layers}
        unused |= {"computed_types", "other_outputs"} - self.types_json().keys()
        unused |= {
            field for field in ("stored_weights", "losses", "quantization", "custom_operators") if not encoded[field]
        }
        return {key: encoded[key] for key in encoded if key not in unused}

    def through_json(self) -> dict[str, list[str]]:
        """The layers that came through a framework, by the key that machines know it by."""
        return {field: list(layers) for field, layers in self._through().items() if layers}

    def through_lines(self) -> list[str]:
        """The same for people."""
        return [
            f"followed through {FRAMEWORKS[field].name}: {', '.join(layers)}"
            for field, layers in self._through().items()
            if layers
        ]

    def types_json(self) -> dict[str, list[dict[str, Any]]]:
        """What there is to say of element types, by the key that machines know it by."""
        notes = {
            "computed_types": list(map(asdict, self.computed_types)),
            "other_outputs": list(map(asdict, self.other_outputs)),
        }
        return {key: found for key, found in notes.items() if found}

    def types_lines(self, most_layers: int | None = None) -> list[str]:
        """The same for people, with the names of so many layers."""
        lines = [f"output {output}" for output in self.other_outputs]
        if self.computed_types:
            computed = ", ".join(note.text(most_layers) for note in self.computed_types)
            lines.insert(0, f"computed in other types: {computed}; inputs and outputs keep theirs")
        return lines

    def _through(self) -> dict[str, tuple[str, ...]]:
        return {field: getattr(self, field) for field in FRAMEWORKS}

    def __str__(self) -> str:
        from litesmith.report.layout import summary_layout, to_text

        return to_text(summary_layout(self))


def summarize(lite: LiteModel) -> Summary:
    """The numbers of a file, as they are in the file."""
    content = bytes(lite)
    model = read(content)
    graphs = list(model.all_graphs())
    operations = [operation for graph in graphs for operation in graph.operations]
    layers = _layers(operations)
    return Summary(
        maker=model.description,
        bytes=len(content),
        weight_bytes=sum(layer.bytes for layer in layers),
        graphs=len(graphs),
        tensors=sum(len(graph_values(graph)) for graph in graphs),
        operators=dict(Counter(map(operator_name, operations)).most_common()),
        layers=tuple(sorted(layers, key=lambda layer: -layer.bytes)),
        signatures=tuple(_signatures(lite)),
        loops=lite.model.loops,
        computed_types=lite.model.computed_types,
        other_outputs=lite.model.other_outputs,
        stored_weights=lite.model.stored_weights,
        losses=lite.model.losses,
        quantization=lite.quantization,
        custom_operators=tuple(_custom_uses(operations)),
        **{field: through_layers(lite.model, framework.prefix) for field, framework in FRAMEWORKS.items()},
    )


def through_layers(model: Model, prefix: str) -> tuple[str, ...]:
    """The layers of a Keras model with operators that were made for operations called so; files do not say it."""
    if model.framework != "Keras":
        return ()
    operations = (operation for graph in model.all_graphs() for operation in graph.operations)
    sources = [operation.source for operation in operations if operation.source.operation.startswith(prefix)]
    return tuple(dict.fromkeys(source.layer or "model" for source in sources))


def _layers(operations: list[Operation]) -> list[LayerWeights]:
    counts: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    seen: set[object] = set()
    for operation in operations:
        layer = operation.source.layer
        counts[layer] += 1
        for constant in _constants(operation):
            key = constant.key[:2] if isinstance(constant.key, tuple) else constant.key
            if key not in seen:
                seen.add(key)
                sizes[layer] += _bytes(constant)
    return [LayerWeights(layer, count, sizes[layer]) for layer, count in counts.items() if layer or sizes[layer]]


def _custom_uses(operations: list[Operation]) -> Iterator[CustomUse]:
    for operation in operations:
        custom = operation.operator
        if isinstance(custom, Unmodeled) and custom.is_custom:
            options = decode_options(custom.custom_options)
            yield CustomUse(custom.name, custom.opcode_version, operation.source.layer, options)


def _constants(operation: Operation) -> Iterator[Constant]:
    for operand in operation.operands:
        if operand is not None and operand.constant is not None:
            yield operand.constant


def _bytes(constant: Constant) -> int:
    type = constant.type
    if type.dtype is DType.STRING or type.sparsity is not None:
        return len(encode(constant.array(), type.dtype))
    return type.nbytes


def _signatures(lite: LiteModel) -> Iterator[SignatureFace]:
    """The file's signatures; a file without any is called through its first graph."""
    for face in lite.faces:
        inputs = zip(face.input_names, face.graph.inputs, face.size_names, strict=True)
        outputs = zip(face.output_names, face.graph.outputs, strict=True)
        yield SignatureFace(
            face.signature or face.graph.name,
            tuple(_face(name, value, names) for name, value, names in inputs),
            tuple(_face(name, value, (None,) * value.type.rank) for name, value in outputs),
        )


def _face(name: str, value: Value, names: Names) -> TensorFace:
    shape = tuple(None if isinstance(size, Dim) else int(size) for size in value.type.shape)
    return TensorFace(name, value.type.dtype.value, shape, tuple(str(size) if size else None for size in names))
