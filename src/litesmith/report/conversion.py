"""What a conversion did: from which model to which file, how long it took, and how close it came."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.text import Text

from litesmith.diagnostics.quantities import seconds_text, size_text
from litesmith.report.deviations import written_out_lines
from litesmith.report.firmware import firmware_lines
from litesmith.report.quantization import quantization_lines
from litesmith.report.stored_weights import weights_lines
from litesmith.report.summary import Summary

if TYPE_CHECKING:
    from litesmith.diagnostics.base import Diagnostic
    from litesmith.firmware.sources import Firmware
    from litesmith.frontends.backends import BackendChoice
    from litesmith.verification.comparison import Report

SHOWN_OPERATORS = 4
SHOWN_LOOPS = 4
SHOWN_LAYERS = 3


@dataclass(frozen=True)
class Conversion:
    """One model converted.

    Attributes:
        model_bytes: of its file; None for a model that Python code made.
        layers: how many the model has; None for one without layers.
        framework: what computes the original.
        backend: what Keras runs on; None where Keras does not compute the original.
        seconds: of each step, by name: `load`, `convert`, `verify`.
        verification: None where it was left out.
        not_compared: why the two were not compared, where they were not.
        findings: what the file does otherwise than the model.
        firmware: the sources that were written beside the file, for a target that takes them.
        compared_real: whether it was compared before its numbers became integers, and found the same.
        app_file: where what is left to the app was written; None where nothing is.
        app_steps: what is left to the app, in words.
    """

    model: str
    model_bytes: int | None
    layers: int | None
    file: str
    summary: Summary
    framework: str
    backend: BackendChoice | None
    seconds: dict[str, float]
    verification: Report | None
    app_file: str | None = None
    app_steps: tuple[str, ...] = ()
    not_compared: str | None = None
    firmware: Firmware | None = None
    findings: tuple[Diagnostic, ...] = ()
    compared_real: bool = False

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
            **self.summary.types_json(),
            **(self.summary.through_json() if self.framework == "Keras" else {}),
            **(
                {"stored_weights": [asdict(each) for each in stored]} if (stored := self.summary.stored_weights) else {}
            ),
            **({"losses": [asdict(each) for each in losses]} if (losses := self.summary.losses) else {}),
            **({} if (done := self.summary.quantization) is None else {"quantization": done.to_json()}),
            "framework": self.framework,
            "backend": self.backend.to_json() if self.backend else None,
            "seconds": {step: round(seconds, 4) for step, seconds in self.seconds.items()},
            "verification": None if self.verification is None else self.verification.to_json(),
            **({} if self.not_compared is None else {"not_compared": self.not_compared}),
            "findings": [finding.to_json() for finding in self.findings],
            **({} if self.firmware is None else {"firmware": self.firmware.to_json()}),
            **({} if self.app_file is None else {"preprocessing": self.app_file, "in_app": list(self.app_steps)}),
        }

    def layout(self) -> RenderableType:
        """A few lines for people."""
        return Group(*(Text("  ").append_text(line) if i else line for i, line in enumerate(self._lines())))

    def _lines(self) -> list[Text]:
        steps = " and ".join(f"{_PAST[step]} in {seconds_text(seconds)}" for step, seconds in self.seconds.items())
        lines = [
            Text.assemble(("✓ ", "bold green"), (self.file, "bold"), f"  {size_text(self.summary.bytes)}"),
            Text(f"{self.model}: {self._model()} -> {self._operators()}"),
            Text(steps.replace(" and ", ", ", len(self.seconds) - 2)),
            self._verdict(),
            *self._loops(),
        ]
        lines += map(Text, written_out_lines(self.findings, SHOWN_LAYERS))
        lines += [Text(line) for line in self.summary.types_lines(SHOWN_LAYERS)]
        lines += map(Text, (*self.summary.through_lines(), *weights_lines(self.summary.stored_weights)))
        lines += map(Text, quantization_lines(self.summary.quantization))
        lines += [Text(str(loss)) for loss in self.summary.losses]
        if self.firmware is not None:
            lines += map(Text, firmware_lines(self.firmware))
        if self.app_file is not None:
            lines.append(Text.assemble("in the app, before the file: ", (self.app_file, "bold")))
            lines.extend(Text(f"  {step}") for step in self.app_steps)
        if self.backend is not None and self.backend.reason:
            lines.append(Text(f"Keras ran on {self.backend.backend}: {self.backend.reason}", style="dim"))
        return lines

    def _model(self) -> str:
        size = [] if self.model_bytes is None else [size_text(self.model_bytes)]
        layers = [self._kind() if self.layers is None else f"{self.layers} layers"]
        return ", ".join([*size, *layers])

    def _kind(self) -> str:
        return f"a function of {self.framework}" if self.model_bytes is None else f"a graph of {self.framework}"

    def _operators(self) -> str:
        counts = self.summary.operators
        shown = [f"{count} {name}" for name, count in list(counts.items())[:SHOWN_OPERATORS]]
        more = [f"{len(counts) - SHOWN_OPERATORS} other kinds"] if len(counts) > SHOWN_OPERATORS else []
        count = sum(counts.values())
        return f"{count} operator{'s' * (count != 1)} ({', '.join([*shown, *more])})"

    def _loops(self) -> list[Text]:
        """What became of the loops; `lite.summary()` and --json tell of all of them."""
        loops = self.summary.loops
        lines = [Text(f"loop {loop}") for loop in loops[:SHOWN_LOOPS]]
        return [*lines, Text(f"{len(loops) - SHOWN_LOOPS} other loops")] if len(loops) > SHOWN_LOOPS else lines

    def _verdict(self) -> Text:
        if self.compared_real:
            return Text(f"same as {self.framework} before its numbers became integers")
        if self.verification is None:
            return Text(f"not compared with {self.framework} ({self.not_compared or '--no-verify'})", style="yellow")
        worst = max(self.verification.outputs, key=lambda output: output.max_abs / max(output.allowed, 1e-30))
        averaged = [f"'{output.name}'" for output in self.verification.outputs if output.averaged]
        drawn = f"; drawn at random, so that averages were compared: {', '.join(averaged)}" if averaged else ""
        found = f"'{worst.name}' differs by at most {worst.max_abs:.1e} ({worst.allowed:.1e} allowed)"
        return Text(f"same as {self.framework}: {found}{drawn}")


_PAST = {"load": "loaded", "convert": "converted", "verify": "verified"}
