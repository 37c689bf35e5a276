"""The passes, in the order they run."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

from litesmith.ir.graph import Model
from litesmith.ir.verify import verify_model
from litesmith.passes.base import Pass, Record
from litesmith.passes.cancel_transposes import CancelTransposes
from litesmith.passes.copy_variables_read_twice import CopyVariablesReadTwice
from litesmith.passes.decompose_for_target import DecomposeForTarget, decomposable, lacking
from litesmith.passes.drop_broadcasts import DropBroadcasts
from litesmith.passes.eliminate_dead_code import EliminateDeadCode
from litesmith.passes.fill_uniform_states import FillUniformStates
from litesmith.passes.fold_constants import FoldConstants
from litesmith.passes.fold_pad import FoldPad
from litesmith.passes.fold_scale_shift import FoldScaleShift
from litesmith.passes.fold_scale_shift_into_next import FoldScaleShiftIntoNext
from litesmith.passes.fold_subsampling import FoldSubsampling
from litesmith.passes.fold_transpose_into_matmul import FoldTransposeIntoMatmul
from litesmith.passes.fuse_activation import FuseActivation
from litesmith.passes.keep_factors_apart import KeepFactorsApart
from litesmith.passes.keep_leading_axes import KeepLeadingAxes
from litesmith.passes.keep_loop_values_apart import KeepLoopValuesApart
from litesmith.passes.keep_reduced_axes import KeepReducedAxes
from litesmith.passes.keep_shared_memory_whole import KeepSharedMemoryWhole
from litesmith.passes.legalize_floats import LegalizeFloats
from litesmith.passes.legalize_integers import LegalizeIntegers
from litesmith.passes.legalize_ranks import LegalizeRanks
from litesmith.passes.merge_casts import MergeCasts
from litesmith.passes.merge_common_subexpressions import MergeCommonSubexpressions
from litesmith.passes.merge_reshapes import MergeReshapes
from litesmith.passes.merge_scale_shift import MergeScaleShift
from litesmith.passes.order_operations import OrderOperations
from litesmith.passes.recognize_gelu import RecognizeGelu
from litesmith.passes.recognize_hard_swish import RecognizeHardSwish
from litesmith.passes.recognize_l2_normalization import RecognizeL2Normalization
from litesmith.passes.recognize_leaky_relu import RecognizeLeakyRelu
from litesmith.passes.recognize_softmax import RecognizeSoftmax
from litesmith.passes.recognize_squared_difference import RecognizeSquaredDifference
from litesmith.passes.remove_identities import RemoveIdentities
from litesmith.passes.replace_strided_slices import ReplaceStridedSlices
from litesmith.passes.replace_transposes import ReplaceTransposes
from litesmith.passes.sharing import of_model
from litesmith.passes.sink_depth_to_space import SinkDepthToSpace
from litesmith.passes.sink_reshapes import SinkReshapes
from litesmith.passes.sink_transposes import SinkTransposes


@dataclass(frozen=True)
class Stage:
    """Passes that run in turn until none of them changes anything, `rounds` times at most."""

    name: str
    passes: tuple[Pass, ...]
    rounds: int = 1


PIPELINE: tuple[Stage, ...] = (
    Stage("legalize", (LegalizeFloats(), LegalizeIntegers(), LegalizeRanks())),
    Stage("clean", (EliminateDeadCode(), FoldConstants(), MergeCommonSubexpressions())),
    Stage("simplify", (RemoveIdentities(), MergeCasts(), DropBroadcasts()), rounds=4),
    Stage(
        "recognize",
        (
            RecognizeGelu(),
            RecognizeHardSwish(),
            RecognizeLeakyRelu(),
            RecognizeL2Normalization(),
            RecognizeSoftmax(),
            RecognizeSquaredDifference(),
        ),
    ),
    Stage(
        "layout",
        (
            CancelTransposes(),
            SinkTransposes(),
            FoldTransposeIntoMatmul(),
            MergeReshapes(),
            MergeCommonSubexpressions(),
        ),
        rounds=8,
    ),
    Stage(
        "shapes",
        (
            ReplaceTransposes(),
            ReplaceStridedSlices(),
            MergeReshapes(),
            SinkReshapes(),
            KeepLeadingAxes(),
            KeepReducedAxes(),
        ),
        rounds=8,
    ),
    Stage(
        "fold",
        (
            FoldScaleShift(),
            SinkDepthToSpace(),
            FoldPad(),
            FoldSubsampling(),
            MergeScaleShift(),
            FoldScaleShiftIntoNext(),
        ),
        rounds=4,
    ),
    Stage("fuse", (FuseActivation(), FillUniformStates())),
    Stage("ranks", (LegalizeRanks(), MergeReshapes())),
    Stage("loops", (KeepLoopValuesApart(), CopyVariablesReadTwice(), KeepFactorsApart(), KeepSharedMemoryWhole())),
    Stage("order", (OrderOperations(),)),
)


def pipeline_for(operators: Container[str]) -> tuple[Stage, ...]:
    """The passes for a target that has these operators only: what it lacks is written out where that can be done."""
    missing = lacking(operators)
    if not missing & decomposable():
        return PIPELINE
    written_out = Stage("target", (DecomposeForTarget(missing), FoldConstants(), MergeReshapes()), rounds=2)
    place = next(i for i, stage in enumerate(PIPELINE) if stage.name == "ranks")
    return (*PIPELINE[:place], written_out, *PIPELINE[place:])


def optimize(model: Model, stages: Sequence[Stage] = PIPELINE, check: bool = False) -> Record:
    """Simplify every graph of a model without changing what it computes.

    `check` verifies the invariants after every pass rather than only at the end.
    """
    record = Record()
    with of_model(model):
        for stage in stages:
            for _ in range(stage.rounds):
                if not _run_stage(model, stage, record, check):
                    break
    verify_model(model)
    return record


def _run_stage(model: Model, stage: Stage, record: Record, check: bool) -> int:
    changes = 0
    for step in stage.passes:
        for graph in list(model.all_graphs()):
            changes += step.run(graph, record)
        if check:
            verify_model(model)
    return changes
