"""Every public layer and operation of Keras, in all the ways of `cases/`, on the backend that `KERAS_BACKEND` names.

With `CONFORMANCE=few` only the first case of each name runs.
"""

import os
from collections import Counter

import keras
import numpy as np
import pytest
from cases import table
from cases.case import Case
from cases.measuring import converted, error_of

from litesmith.diagnostics.base import LitesmithError

BACKEND = keras.backend.backend()


def chosen() -> list[Case]:
    """The cases whose result is right in this backend of Keras."""
    right = [case for case in table.CASES if not case.backends or BACKEND in case.backends]
    return [table.cases_of(name)[0] for name in table.names() if table.cases_of(name)] if FEW else right


FEW = os.environ.get("CONFORMANCE") == "few"
CASES = [case for case in chosen() if not case.backends or BACKEND in case.backends]
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
        error, _ = error_of(case, open_sizes)
    assert error <= case.bound


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.id)
def test_finding(case):
    with pytest.raises(LitesmithError) as error:
        converted(case, open_sizes=False)
    assert case.refused in {finding.code for finding in error.value.diagnostics}
