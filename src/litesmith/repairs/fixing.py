"""`litesmith.fix`: a Keras model, repaired for a target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from litesmith.conversion import converted
from litesmith.diagnostics.base import LitesmithError
from litesmith.diagnostics.repairs import CannotRebuild
from litesmith.diagnostics.targets import BadProfile
from litesmith.frontends.options import Options
from litesmith.frontends.original import Original, original_of
from litesmith.lite_model import LiteModel
from litesmith.opening import open_model
from litesmith.preprocessing.pipeline import Preprocessing
from litesmith.repairs.plan import Array, Fixed, Verdict, Workshop
from litesmith.targets.assessment import assess
from litesmith.targets.profile import Profile
from litesmith.targets.profile import load as load_target
from litesmith.verification.comparison import Report, compare
from litesmith.verification.conversions import require_same

if TYPE_CHECKING:
    from litesmith.frontends.keras.repairs.repair import Repair


def fix(
    model: Any,
    target: str = "cpu",
    inputs: Any = None,
    batch: int | None = None,
    data: Any = None,
    allow_approximate: bool = False,
    fine_tune: Callable[[Any], Any] | None = None,
    custom_objects: Mapping[str, Any] | str | Path | None = None,
    architecture: Any = None,
) -> Fixed:
    """Repair a Keras model so that it runs on a target: exactly where that can be done, and proven.

    Args:
        model: a live Keras model, or the path of its file, trained or not. It is not changed.
        target: the name of one that comes with Litesmith, or the path of a `.toml` file that describes another.
        inputs, batch: sizes to fix in the model's inputs, as for `convert`.
        data: inputs nested as the model's, to measure changes on; by default seeded ones. Some approximate repairs
            are made of it.
        allow_approximate: whether repairs may be applied that change what the model computes; each says by how much.
        fine_tune: called with the repaired Keras model if it was changed so; trains it, and returns it or None.
        custom_objects, architecture: as for `convert`.

    Returns:
        The repaired model, what was done, and what is left; true where it runs on the target.

    Raises:
        LitesmithError: M101 for a model whose layers cannot be put together anew, D1.. for a target that there is not,
            M105 for a `fine_tune` that fails, and what stands in the way of opening the model.
    """
    profile = load_target(target)
    original = open_model(model, custom_objects, architecture=architecture)
    if original.framework != "Keras":
        raise LitesmithError(CannotRebuild(f"a graph of {original.framework}", "it has no layers of Keras"))
    return _workshop(original, profile, inputs, batch, data, allow_approximate).fix(_model_of(original), fine_tune)


def _model_of(original: Original) -> Any:
    return original.model  # type: ignore[attr-defined]


def _workshop(
    original: Original, profile: Profile, inputs: Any, batch: int | None, data: Any, allow_approximate: bool
) -> Workshop:
    from litesmith.frontends.keras.face import model_inputs
    from litesmith.frontends.keras.repairs.rebuilding import functional_of
    from litesmith.frontends.keras.repairs.repair import Trouble

    model = _model_of(original)
    said = inputs is not None or batch is not None
    sizes = model_inputs(functional_of(model), inputs, batch) if said else None
    known = Trouble(sizes=sizes, data=data, cut=lambda: _cut(original))
    return Workshop(
        profile.name,
        lambda model: _judged(model, profile),
        _outputs,
        _behind,
        _verified,
        _allowed(profile),
        known,
        allow_approximate,
    )


def _allowed(profile: Profile) -> list[Repair]:
    """The repairs that a target's profile permits."""
    from litesmith.frontends.keras.repairs.repair import repairs

    known = [repair.name for repair in repairs()]
    for name in profile.repairs or ():
        if name not in known:
            raise LitesmithError(BadProfile(profile.name, f"there is no repair {name!r}; there are {', '.join(known)}"))
    return [repair for repair in repairs() if profile.repairs is None or repair.name in profile.repairs]


def _judged(model: Any, profile: Profile) -> Verdict:
    """What becomes of a Keras model; open batches are 1 where the target must know them."""
    from litesmith.frontends.keras.repairs.python_code import holds_code
    from litesmith.frontends.keras.repairs.rebuilding import layers_of

    code = sum(holds_code(layer) for _, layer in layers_of(model))
    original = original_of(model)
    batch = 1 if profile.static_shapes and _is_open(model) else None
    try:
        lite, imported = converted(original, None, batch, Options(), None, profile=profile)
    except LitesmithError as error:
        return Verdict(None, None, tuple(error.diagnostics), code)
    return Verdict(lite, assess(imported.model, len(bytes(lite)), profile), (), code)


def _is_open(model: Any) -> bool:
    from keras import tree

    from litesmith.frontends.keras.face import model_inputs

    return any(leaf.shape[:1] == (None,) for leaf in tree.flatten(model_inputs(model)))


def _outputs(model: Any, inputs: Any) -> list[Array]:
    from litesmith.frontends.keras.running import run_keras

    return _leaves(run_keras(model, inputs))


def _leaves(outputs: Any) -> list[Array]:
    from keras import tree

    return [np.asarray(leaf) for leaf in tree.flatten(outputs) if leaf is not None]


def _verified(model: Any, lite: LiteModel) -> Report:
    """The comparison of the repaired model with its file, which must be the same."""
    report = compare(original_of(model), lite)
    require_same(report, lite)
    return report


def _cut(original: Original) -> Preprocessing | None:
    """The steps of texts that a conversion would leave to the app; None where there are none that it can leave."""
    try:
        lite, _ = converted(original, None, None, Options(split_preprocessing=True), None)
    except LitesmithError:
        return None
    return lite.preprocessing


def _behind(model: Any, preprocessing: Preprocessing) -> Callable[[Any], list[Array]]:
    """What a model computes of the numbers that texts become."""
    from litesmith.frontends.keras.halves import numeric_half

    half = numeric_half(original_of(model), preprocessing)
    assert half is not None
    return lambda inputs: _leaves(half(inputs))
