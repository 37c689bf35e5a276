"""What is left of the control flow of TensorFlow 1 where loops and branches over functions have taken its place."""

from __future__ import annotations

from typing import Any

from litesmith.frontends.tensorflow.known import Known
from litesmith.frontends.tensorflow.registry import Item, imports
from litesmith.frontends.tensorflow.variables import NOT_TAKEN, NotTaken
from litesmith.ir.types import DType
from litesmith.ops.errors import Unsupported


@imports("Switch", "RefSwitch", outputs=("output_false", "output_true"))
def switch(x: Item, condition: Item) -> tuple[Any, Any]:
    """What is handed on to one side of a branch, which is known."""
    holds = bool(_known(condition).array.all())
    return (NOT_TAKEN, x) if holds else (x, NOT_TAKEN)


@imports("_SwitchN")
def switch_of_many(x: Item, side: Item, *, num_outs: int) -> list[Any]:
    """What is handed on to one of several sides, or to the last one for a number that none has."""
    number = int(_known(side).array.item())
    taken = number if 0 <= number < num_outs else num_outs - 1
    return [x if place == taken else NOT_TAKEN for place in range(num_outs)]


def _known(condition: Any) -> Known:
    if not isinstance(condition, Known) or condition.is_open:
        raise Unsupported(
            "a branch of TensorFlow 1 on a value that the model computes, whose sides do not meet in a Merge "
            "of which only the value is read"
        )
    return condition


@imports("Merge", "RefMerge", outputs=("output", "value_index"))
def merge(*operands: Item) -> tuple[Any, Any]:
    """What comes from the side that was taken."""
    taken = [place for place, operand in enumerate(operands) if not isinstance(operand, NotTaken)]
    if not taken:
        return NOT_TAKEN, NOT_TAKEN
    if len(taken) > 1:
        raise Unsupported("a Merge of TensorFlow 1 whose operands are not the sides of one branch")
    return operands[taken[0]], Known.of(taken[0], DType.INT32)


@imports("LoopCond")
def loop_condition(x: Item) -> Any:
    return x


@imports("Exit", "RefExit")
def left(*operands: Item, problem: str = "it is no output of one") -> list[Any]:
    raise Unsupported(f"a loop of TensorFlow 1 that cannot be followed: {problem}")


@imports("Enter", "RefEnter", "NextIteration", "RefNextIteration")
def inside(*operands: Item) -> list[Any]:
    raise Unsupported("the inside of a loop of TensorFlow 1, read from around it")
