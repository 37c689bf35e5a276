"""The command `litesmith`.

Each command imports what it needs when it runs, so that `--help` is quick.
"""

from __future__ import annotations

import gc
from typing import Annotated

import typer

from litesmith import __version__
from litesmith.cli.bisect import bisect
from litesmith.cli.check import check
from litesmith.cli.check_data import check_data
from litesmith.cli.convert import convert
from litesmith.cli.doctor import doctor
from litesmith.cli.embed import embed
from litesmith.cli.explain import explain
from litesmith.cli.fix import fix
from litesmith.cli.inspect import inspect
from litesmith.cli.kernels import kernels
from litesmith.cli.quantize import quantize
from litesmith.cli.run import run
from litesmith.cli.targets import targets
from litesmith.cli.verify import verify

EPILOG = "Exit codes: 0 done, 1 a negative finding (outputs differ, no conversion), 2 a mistake in what was given."

app = typer.Typer(
    name="litesmith",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"litesmith {__version__}")
        raise typer.Exit


@app.callback()
def litesmith(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Keras models onto phones, boards and microcontrollers: convert, look inside, run, compare."""


app.command(epilog="Example: litesmith convert model.keras -o model.tflite")(convert)
app.command(epilog="Example: litesmith inspect model.tflite")(inspect)
app.command(epilog="Example: litesmith quantize model.keras --mode int8 --calibration images.npz")(quantize)
app.command(epilog="Example: litesmith run model.tflite -i images.npz -o scores.npz")(run)
app.command(epilog="Example: litesmith verify model.keras model.tflite --data images.npz")(verify)
app.command(epilog="Example: litesmith bisect model.keras model.tflite --data images.npz")(bisect)
app.command(epilog="Example: litesmith check model.keras --target tflm")(check)
app.command(epilog="Example: litesmith check-data model.keras --data images.npz")(check_data)
app.command(epilog="Example: litesmith embed model.tflite --arena 256k")(embed)
app.command(epilog="Example: litesmith fix model.keras --target gpu -o fixed.keras")(fix)
app.command(epilog="Example: litesmith kernels model.tflite -o kernels")(kernels)
app.command(epilog="Example: litesmith targets --json")(targets)
app.command(epilog="Example: litesmith explain K101")(explain)
app.command(epilog="Example: litesmith doctor --json")(doctor)


def main() -> None:
    """Run the command line."""
    # Looking for garbage among the millions of objects of the frameworks takes a tenth of a command's time.
    gc.set_threshold(100_000)
    app()


if __name__ == "__main__":
    main()
