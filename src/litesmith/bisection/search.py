"""Looking for the layer at fault: the whole model first, then its layers, then ever smaller models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from litesmith.bisection.conversions import Conversion
from litesmith.bisection.failing import Failure, without_custom_operators
from litesmith.bisection.files import File
from litesmith.bisection.result import Bisection
from litesmith.bisection.subject import Subject
from litesmith.diagnostics.base import LitesmithError
from litesmith.lite_model import LiteModel
from litesmith.verification.comparison import default_inputs


def bisected(subject: Subject) -> Bisection:
    """Where a conversion, or a given file, goes wrong.

    Raises:
        LitesmithError: V102 where file, model and data do not belong together; what is said of the inputs otherwise.
    """
    subject = _with_nested_data(subject)
    if subject.lite is not None:
        subject = replace(subject, lite=without_custom_operators(subject.lite))
    made = subject.lite or subject.trial.converted(subject.original, True)
    if isinstance(made, Failure) and any(finding.bad_input for finding in made.findings):
        raise LitesmithError(made.findings) from made.cause
    if isinstance(made, Failure):
        return Conversion(subject, made).bisected()
    failure, inputs = _first_failure(subject, made)
    if failure is None:
        return Bisection(None, framework=subject.original.framework)
    return File(subject, made, failure, inputs).bisected()


def _with_nested_data(subject: Subject) -> Subject:
    """Data by name, nested as the model's inputs."""
    if subject.model is None or not isinstance(subject.data, Mapping):
        return subject
    from litesmith.frontends.keras.recording import data_for

    return replace(subject, data=data_for(subject.model, subject.data, subject.inputs, subject.batch)[0])


def _first_failure(subject: Subject, lite: LiteModel) -> tuple[Failure | None, Any]:
    """In which way a file fails, and the inputs on which it does."""
    face, given = lite.face(subject.signature), subject.data
    tried = [given] if given is not None else default_inputs(subject.original, face)
    for inputs in tried:
        failure = subject.trial.numbers(
            subject.original, lite, inputs, subject.signature, made_now=subject.lite is None, isolated=True
        )
        if failure is not None:
            return failure, inputs
    return None, None
