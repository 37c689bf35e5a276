"""Names in C."""

import re

import pytest

from litesmith.firmware.names import identifier


@pytest.mark.parametrize(
    ("file", "name"),
    [("model", "model"), ("my-model.2", "my_model_2"), ("2nd", "model_2nd"), ("größe", "gr__e"), ("--", "model")],
)
def test_names_are_names_in_c(file, name):
    assert identifier(file) == name
    assert re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII)
