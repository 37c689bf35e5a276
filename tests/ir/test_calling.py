"""How a signature is called survives the file."""

import json

import pytest

from litesmith.ir.calling import Calling
from litesmith.ir.named_size import NamedSize
from litesmith.ir.nesting import Nesting

TWO = Nesting({"a": 0, "b": [1, None]})
NAMED = ((None, NamedSize("time", 512)), (NamedSize("time", 512),))


@pytest.mark.parametrize("calling", [Calling(Nesting(0), Nesting(0)), Calling(TWO, Nesting(0), NAMED)])
def test_json_keeps_it(calling):
    assert Calling.from_json(json.loads(json.dumps(calling.to_json()))) == calling


def test_one_tensor_without_names_is_plain():
    assert Calling(Nesting(0), Nesting(0)).is_plain
    assert not Calling(TWO, Nesting(0)).is_plain
    assert not Calling(Nesting(0), Nesting(0), ((NamedSize("time"),),)).is_plain
