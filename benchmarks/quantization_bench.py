"""What the parts of the benchmark share: environments, trained nets, and the files that quantizers make of them."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import quantization_nets as nets
from quantization_jobs import Job, Result, run_jobs
from run import install

OUT = Path("bench-out") / "quantization"
CALIBRATION, IMAGES = OUT / "calibration.npz", 200
"""Images of the training set that calibrate."""
SCRIPTS = {
    "ours": "quantization_ours.py",
    "official": "quantization_official.py",
    "ai-edge-quantizer": "quantization_edge.py",
}


class Bench:
    """One run of the benchmark.

    Attributes:
        seeds: one net of each kind is trained with each.
        only: what is in the names of the cases that are measured.
    """

    def __init__(self, seeds: int, keep_rivals: bool = False, only: str = "") -> None:
        self.seeds, self.keep_rivals, self.only = range(1, seeds + 1), keep_rivals, only
        self.pythons = {
            "ours": sys.executable,
            "official": install(Path(".venv-official"), "tensorflow-cpu", "keras"),
            "ai-edge-quantizer": install(Path(".venv-rivals"), "ai-edge-quantizer==0.10.0"),
        }

    @property
    def training_backend(self) -> str:
        """The backend that our environment trains with: TensorFlow's where it has it, JAX's otherwise."""
        return "tensorflow" if importlib.util.find_spec("tensorflow") else "jax"

    def about(self) -> dict[str, Any]:
        """Versions of the rivals, and how much was measured."""
        code = "from importlib.metadata import version; print(version({!r}))"
        packages = {"official": "tensorflow_cpu", "ai-edge-quantizer": "ai-edge-quantizer"}
        versions = {
            name: subprocess.run(
                [self.pythons[who], "-c", code.format(name)], capture_output=True, text=True, check=True
            ).stdout.strip()
            for who, name in packages.items()
        }
        return {"rivals": versions, "seeds": len(self.seeds), "calibration_images": IMAGES}

    def train(self, names: Iterable[str]) -> None:
        """Trains the nets that are missing, on TensorFlow, which was quickest at small convolutions on processors."""
        data = OUT / "digits.npz"
        if not data.exists():
            np.savez(data, **nets.digits())
        np.savez(CALIBRATION, x=np.load(data)["xt"][:IMAGES])
        trained = dict.fromkeys("v2_relu" if name in nets.RESCALED else name for name in names)
        jobs = [
            {"key": f"{name}_seed{seed}", "folder": str(OUT), "net": name, "seed": seed}
            for seed in self.seeds
            for name in trained
            if not nets.path(OUT, name, seed).with_suffix(".npz").exists()
        ]
        made = run_jobs(self.pythons["official"], "quantization_training.py", jobs, "tensorflow")
        if failed := {key: result["error"] for key, result in made.items() if "error" in result}:
            raise RuntimeError(f"not trained: {failed}")

    def files(self, who: str, jobs: Sequence[Job], part: str = "digits") -> dict[str, Result]:
        """The results of jobs that write files; of rivals, those of the last run if they are kept."""
        kept = OUT / f"{part}.{who}.json"
        known: dict[str, Result] = json.loads(kept.read_text()) if kept.exists() else {}
        if who == "ours" or not self.keep_rivals:
            known = {}
        backend = "tensorflow" if who == "official" else "numpy"
        waiting = [job for job in jobs if job["key"] not in known]
        known |= run_jobs(self.pythons[who], SCRIPTS[who], waiting, backend)
        kept.write_text(json.dumps(known, indent=1))
        return {job["key"]: known[job["key"]] for job in jobs}

    def judged(self, jobs: Sequence[Job]) -> dict[str, Result]:
        """What files compute on the images held out."""
        return run_jobs(sys.executable, "quantization_judging.py", jobs)
