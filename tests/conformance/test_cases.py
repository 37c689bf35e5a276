"""Every public layer and operation of Keras, in all the ways of `cases/`, on the backend that `KERAS_BACKEND` names.

With `CONFORMANCE=few` only the first case of each name runs that Keras computes right on this backend, with
`CONFORMANCE=handful` that of some names.
"""

import os
from collections import Counter

import keras
import numpy as np
import pytest
from cases import table
from cases.case import Case
from cases.measuring import converted, error_of
from cases.otherwise import OTHERWISE, reason

import litesmith
from litesmith.diagnostics.base import LitesmithError, Severity
from litesmith.frontends.keras.running import CallFailed

BACKEND = keras.backend.backend()
CHOICE = os.environ.get("CONFORMANCE")
HANDFUL = (
    *("layers.BatchNormalization", "layers.Conv2DTranspose", "layers.Embedding", "layers.GRU", "layers.Resizing"),
    *("layers.MultiHeadAttention", "layers.RMSNormalization", "layers.SeparableConv2D", "ops.argmax", "ops.einsum"),
    *("ops.fft", "ops.cholesky", "ops.image.map_coordinates", "ops.layer_normalization", "ops.logsumexp", "ops.mod"),
    *("ops.nan_to_num", "ops.rms_normalization", "ops.scan", "ops.scatter", "ops.take_along_axis", "ops.while_loop"),
)


def is_right(case: Case) -> bool:
    """Whether Keras' own result is right in this backend."""
    return (not case.backends or BACKEND in case.backends) and reason(BACKEND, case.id) is None


def chosen() -> list[Case]:
    """The cases that Keras computes right."""
    if CHOICE is None:
        return [case for case in table.CASES if is_right(case)]
    names = HANDFUL if CHOICE == "handful" else table.names()
    first = [next(filter(is_right, table.cases_of(name)), None) for name in names]
    return [case for case in first if case is not None]


CASES = chosen()
CONVERTED = [case for case in CASES if not case.refused]
REFUSED = [case for case in CASES if case.refused]


def test_every_public_name_has_a_case():
    assert table.missing() == []


def test_every_case_is_there_once():
    assert [name for name, count in Counter(case.id for case in table.ALL).items() if count > 1] == []


@pytest.mark.parametrize("case", CONVERTED, ids=lambda case: case.id)
def test_open_batch(case):
    check(case, open_sizes=False)


@pytest.mark.parametrize("case", [case for case in CONVERTED if case.has_open_sizes], ids=lambda case: case.id)
def test_open_sizes(case):
    check(case, open_sizes=True)


def check(case, open_sizes):
    with np.errstate(all="ignore"):
        error, lite = error_of(case, open_sizes)
    assert error <= case.bound
    assert [str(finding) for finding in litesmith.check(lite).findings if finding.severity is Severity.ERROR] == []


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.id)
def test_finding(case):
    with pytest.raises(LitesmithError) as error:
        converted(case, open_sizes=False)
    assert case.refused in {finding.code for finding in error.value.diagnostics}


@pytest.mark.parametrize("case", [case for case in table.CASES if reason(BACKEND, case.id)], ids=lambda case: case.id)
def test_keras_computes_otherwise(case):
    """As `otherwise.py` says of this backend; where Keras does no longer, the line has to go."""
    with pytest.raises((AssertionError, CallFailed)):
        check(case, open_sizes=False)


def test_what_keras_computes_otherwise_has_a_case():
    assert {name for names in OTHERWISE.values() for name in names} <= {case.id for case in table.ALL}
