"""What a conversion did: from which model to which file, how long it took, and how close it came."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.text import Text

from litesmith.report.quantities import seconds_text, size_text
from litesmith.report.summary import Summary

if TYPE_CHECKING:
    from litesmith.frontends.backends import BackendChoice
    from litesmith.verification.comparison import Report

SHOWN_OPERATORS = 4
SHOWN_LOOPS = 4


@dataclass(frozen=True)
class Conversion:
    """One model converted.

    Attributes:
        seconds: of each step, by name: `load`, `convert`, `verify`.
        verification: None where it was left out.
        app_file: where what is left to the app was written; None where nothing is.
        app_steps: what is left to the app, in words.
    """

    model: str
    model_bytes: int
    layers: int
    file: str
    summary: Summary
    backend: BackendChoice
    seconds: dict[str, float]
    verification: Report | None
    app_file: str | None = None
    app_steps: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "model_bytes": self.model_bytes,
            "layers": self.layers,
            "file": self.file,
            "bytes": self.summary.bytes,
            "weight_bytes": self.summary.weight_bytes,
            "operators": self.summary.operators,
            "loops": [asdict(loop) for loop in self.summary.loops],
            **({"through_jax": list(self.summary.through_jax)} if self.summary.through_jax else {}),
            "backend": self.backend.to_json(),
            "seconds": {step: round(seconds, 4) for step, seconds in self.seconds.items()},
            "verification": None if self.verification is None else self.verification.to_json(),
            **({} if self.app_file is None else {"preprocessing": self.app_file, "in_app": list(self.app_steps)}),
        }

    def layout(self) -> RenderableType:
        """A few lines for people."""
        return Group(*(Text("  ").append_text(line) if i else line for i, line in enumerate(self._lines())))

    def _lines(self) -> list[Text]:
        steps = " and ".join(f"{_PAST[step]} in {seconds_text(seconds)}" for step, seconds in self.seconds.items())
        lines = [
            Text.assemble(("✓ ", "bold green"), (self.file, "bold"), f"  {size_text(self.summary.bytes)}"),
            Text(f"{self.model}: {size_text(self.model_bytes)}, {self.layers} layers -> {self._operators()}"),
            Text(steps.replace(" and ", ", ", len(self.seconds) - 2)),
            self._verdict(),
            *self._loops(),
        ]
        if self.summary.through_jax:
            lines.append(Text(f"followed through JAX: {', '.join(self.summary.through_jax)}"))
        if self.app_file is not None:
            lines.append(Text.assemble("in the app, before the file: ", (self.app_file, "bold")))
            lines.extend(Text(f"  {step}") for step in self.app_steps)
        if self.backend.reason:
            lines.append(Text(f"Keras ran on {self.backend.backend}: {self.backend.reason}", style="dim"))
        return lines

    def _operators(self) -> str:
        counts = self.summary.operators
        shown = [f"{count} {name}" for name, count in list(counts.items())[:SHOWN_OPERATORS]]
        more = [f"{len(counts) - SHOWN_OPERATORS} other kinds"] if len(counts) > SHOWN_OPERATORS else []
        return f"{sum(counts.values())} operators ({', '.join([*shown, *more])})"

    def _loops(self) -> list[Text]:
        """What became of the loops; `lite.summary()` and --json tell of all of them."""
        loops = self.summary.loops
        lines = [Text(f"loop {loop}") for loop in loops[:SHOWN_LOOPS]]
        return [*lines, Text(f"{len(loops) - SHOWN_LOOPS} other loops")] if len(loops) > SHOWN_LOOPS else lines

    def _verdict(self) -> Text:
        if self.verification is None:
            return Text("not compared with Keras (--no-verify)", style="yellow")
        worst = max(self.verification.outputs, key=lambda output: output.max_abs / max(output.allowed, 1e-30))
        averaged = [f"'{output.name}'" for output in self.verification.outputs if output.averaged]
        drawn = f"; drawn at random, so that averages were compared: {', '.join(averaged)}" if averaged else ""
        return Text(
            f"same as Keras: '{worst.name}' differs by at most {worst.max_abs:.1e} ({worst.allowed:.1e} allowed){drawn}"
        )


_PAST = {"load": "loaded", "convert": "converted", "verify": "verified"}
