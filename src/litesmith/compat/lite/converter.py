"""`tf.lite.TFLiteConverter` in terms of `litesmith.convert`."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from litesmith import api
from litesmith.compat.lite.options import TargetSpec, names
from litesmith.compat.lite.representative import called, problems_of
from litesmith.diagnostics.base import Diagnostic, LitesmithError, Severity
from litesmith.diagnostics.compat import OtherIntegers
from litesmith.diagnostics.telling import tell
from litesmith.lite_model import LiteModel

NO_EFFECT: Mapping[str, tuple[Any, str]] = {
    "allow_custom_ops": (False, "files hold builtin operators only"),
    "experimental_new_converter": (True, "there is one converter"),
    "experimental_new_quantizer": (True, "there is one quantizer"),
    "experimental_enable_resource_variables": (True, "what a model keeps from call to call is always kept so"),
    "exclude_conversion_metadata": (False, "no such metadata is written"),
    "experimental_use_buffer_offset": (False, "large files are written so by themselves"),
    "unfold_batchmatmul": (True, "matrix products are in the form that runs fastest"),
    "unfold_large_splat_constant": (False, "constants are stored once"),
    "_experimental_lower_tensor_list_ops": (True, "no lists of tensors arise"),
    "_experimental_default_to_single_batch_in_tensor_list_ops": (False, "no lists of tensors arise"),
}
"""Options of TensorFlow's converter that make no difference here: their usual values, and why."""
FLOAT32 = "float32"
FLOAT16 = "float16"
SELECT = "SELECT_TF_OPS"
SPARSITY = "EXPERIMENTAL_SPARSITY"
DEPRECATED = {"OPTIMIZE_FOR_SIZE", "OPTIMIZE_FOR_LATENCY"}
INT8, UINT8 = "int8", "uint8"
INT8_SET = "TFLITE_BUILTINS_INT8"
INT16_SET = "EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8"


class NoEffect(UserWarning):
    """An option makes no difference."""


class TFLiteConverter:
    """Converts what one of the `from_...` was given; options are set as attributes before `convert`.

    Attributes:
        optimizations: members of `Optimize`.
        representative_dataset: a function that yields inputs.
        target_spec: what the file will run on.
        inference_input_type, inference_output_type: element types of a quantized file's inputs and outputs.
    """

    optimizations: Sequence[Any]
    representative_dataset: Any
    target_spec: TargetSpec
    inference_input_type: Any
    inference_output_type: Any

    def __init__(self, convert: Callable[..., LiteModel]) -> None:
        """`convert`: `litesmith.convert` of the model, which takes its other options; use one of the `from_...`."""
        usual = {
            "optimizations": [],
            "representative_dataset": None,
            "target_spec": TargetSpec(),
            "inference_input_type": FLOAT32,
            "inference_output_type": FLOAT32,
            **{name: value for name, (value, _) in NO_EFFECT.items()},
        }
        self.__dict__.update(usual, _made=convert, _usual=frozenset(usual))

    def __setattr__(self, name: str, value: Any) -> None:
        known: frozenset[str] = self.__dict__["_usual"]
        if name not in known:
            (similar, *_) = [*difflib.get_close_matches(name, known, 1), None]
            hint = f"; did you mean {similar}?" if similar else ""
            raise AttributeError(f"TFLiteConverter has no option {name}{hint}")
        super().__setattr__(name, value)

    @classmethod
    def from_keras_model(cls, model: Any) -> TFLiteConverter:
        """A converter of a Keras model, on any backend."""
        return cls(partial(api.convert, model))

    @classmethod
    def from_keras_model_file(cls, model_file: str | Path, custom_objects: Any = None) -> TFLiteConverter:
        """A converter of a Keras model's file, as `tf.lite` of TensorFlow 1 had it."""
        return cls(partial(api.convert, model_file, custom_objects=custom_objects))

    @classmethod
    def from_saved_model(
        cls, saved_model_dir: str | Path, signature_keys: Sequence[str] | None = None, tags: Any = None
    ) -> TFLiteConverter:
        """A converter of a SavedModel directory; TensorFlow is not needed."""
        if tags is not None and names(tags) != {"serve"}:
            raise ValueError(f"the graph that is converted is tagged 'serve', not {tags}")
        if signature_keys is not None and len(signature_keys) > 1:
            raise ValueError("one signature of a SavedModel is converted at a time")
        signature = signature_keys[0] if signature_keys else None
        return cls(partial(api.convert, saved_model_dir, signature=signature))

    @classmethod
    def from_concrete_functions(cls, funcs: Sequence[Any], trackable_obj: Any = None) -> TFLiteConverter:
        """A converter of a concrete function of TensorFlow; its variables are found through it."""
        del trackable_obj
        if not isinstance(funcs, (list, tuple)) or len(funcs) != 1:
            raise ValueError("from_concrete_functions takes a list of one concrete function")
        return cls(partial(api.convert, funcs[0]))

    def convert(self) -> bytes:
        """The content of the `.tflite` file, which was run and compared with the model.

        Raises:
            LitesmithError: with everything that stands in the way.
        """
        made: Callable[..., LiteModel] = self.__dict__["_made"]
        refused = self._refused()
        if refused is not None:
            raise LitesmithError([refused, *self._wrong_with_dataset(made)])
        for name, why in self._without_effect():
            warnings.warn(f"{name} makes no difference: {why}", NoEffect, stacklevel=2)
        return bytes(self._of_integers(made) if self._wants_integers() else self._of_reals(made))

    def _of_reals(self, made: Callable[..., LiteModel]) -> LiteModel:
        lite = made(quantize=self._form_of_weights())
        for finding in self._wrong_with_dataset(lambda **_: lite):
            tell(finding)
        return lite

    def _of_integers(self, made: Callable[..., LiteModel]) -> LiteModel:
        wrong = self._wrong_with_dataset(made)
        if any(finding.severity is Severity.ERROR for finding in wrong):
            raise LitesmithError(wrong)
        for finding in wrong:
            tell(finding)
        (face,) = names([self.inference_input_type])
        return made(quantize="int8", calibration=called(self.representative_dataset), inference_type=face)

    def _wrong_with_dataset(self, made: Callable[..., LiteModel]) -> Sequence[Diagnostic]:
        """Findings about `representative_dataset`, which are said whether it makes a difference or not."""
        if self.representative_dataset is None:
            return ()
        try:
            face = made(verify=False).face()
        except LitesmithError as error:
            return [*error.diagnostics, *problems_of(self.representative_dataset, None)]
        return problems_of(self.representative_dataset, face)

    def _wants_integers(self) -> bool:
        """Whether activations are to be integers."""
        types = names(self.target_spec.supported_types)
        measured = self.representative_dataset is not None and FLOAT16 not in types
        asked = names(self.target_spec.supported_ops) & {INT8_SET} or INT8 in types
        return bool(names(self.optimizations)) and bool(measured or asked)

    def _refused(self) -> OtherIntegers | None:
        """C101 for integers of a kind that is not made."""
        spec, optimizations = self.target_spec, names(self.optimizations)
        given, taken = names(self.inference_input_type), names(self.inference_output_type)
        wants = self._wants_integers()
        faces = {FLOAT32, INT8, UINT8} if wants and given == taken else {FLOAT32}
        odd = {
            "optimizations": optimizations & {SPARSITY},
            "target_spec.supported_types": names(spec.supported_types) - {FLOAT32, FLOAT16, INT8},
            "target_spec.supported_ops": names(spec.supported_ops) & ({INT16_SET} if wants else {INT16_SET, INT8_SET}),
            "inference_input_type": given - faces,
            "inference_output_type": taken - faces,
        }
        said = tuple(f"{option}={', '.join(sorted(values))}" for option, values in odd.items() if values)
        return OtherIntegers(said) if said else None

    def _form_of_weights(self) -> str | None:
        """What `optimizations` and `supported_types` ask for, as `litesmith.convert` calls it."""
        if not names(self.optimizations):
            return None
        return "float16" if FLOAT16 in names(self.target_spec.supported_types) else "dynamic_int8"

    def _without_effect(self) -> list[tuple[str, str]]:
        """Options that were set and make no difference, and why."""
        found = [(name, why) for name, (usual, why) in NO_EFFECT.items() if getattr(self, name) != usual]
        if SELECT in names(self.target_spec.supported_ops):
            found.append(
                ("OpsSet.SELECT_TF_OPS", "all operators are builtin, so that any LiteRT runtime takes the file")
            )
        if not names(self.optimizations) and names(self.target_spec.supported_types) - {FLOAT32}:
            found.append(("target_spec.supported_types", "without optimizations all stays float32"))
        if self.representative_dataset is not None and not self._wants_integers():
            found.append(("representative_dataset", "no activations are quantized"))
        deprecated = sorted(names(self.optimizations) & DEPRECATED)
        found += [(f"Optimize.{each}", "it is deprecated, and means DEFAULT") for each in deprecated]
        return found
