"""SavedModels and frozen graphs that TensorFlows of seven years wrote, with and without TensorFlow installed."""

from pathlib import Path

import pytest

import graph_files
import litesmith
from graph_files import FILES, GRAPHS, differences, label, unpacked
from hidden_tensorflow import without_tensorflow

REFUSED = {
    "tf_2.21/texts.zip": {"serving_default": {"P102", "tf.AsString", "tf.StringJoin", "tf.StringLength"}},
    "tf_2.21/vocabulary.zip": {"serving_default": {"P102", "tf.LookupTableFindV2"}},
}
"""What has no form: by file and signature, words of the findings. Other signatures of the same file convert."""


def unexpected(path, found):
    """What is wrong, less what must be refused; and what should have been refused."""
    refused = REFUSED.get(label(path), {})
    wrong = {name: text for name, text in found.items() if not refused.get(name, {None}) <= set(text.split())}
    return wrong | dict.fromkeys(refused.keys() - found.keys(), "is not refused")


def test_the_corpus_is_there():
    assert len(FILES) >= 30
    assert {path.parent.name for path in FILES} >= {"tf_1.15", "tf_2.3", "tf_2.8", "tf_2.12", "tf_2.15", "keras_3"}


@pytest.mark.parametrize("path", FILES, ids=label)
def test_every_file_computes_what_it_did(path, tmp_path):
    assert unexpected(path, differences(unpacked(path, tmp_path), path, verify=False)) == {}


@pytest.mark.parametrize(
    "name",
    ["tf_1.15/network_v1.zip", "tf_1.15/dense_v1.pb", "tf_2.3/custom.zip", "keras_3/several_inputs_and_outputs.zip"],
)
def test_files_are_compared_with_the_tensorflow_that_is_installed(name, tmp_path):
    pytest.importorskip("tensorflow")
    source = unpacked(GRAPHS / name, tmp_path)
    report = litesmith.verify(source, litesmith.convert(source, verify=False))
    assert report.framework == "TensorFlow"


WITHOUT_TENSORFLOW = """
    import tempfile
    from pathlib import Path

    warnings.simplefilter("ignore")

    from graph_files import FILES, differences, label, unpacked

    found = {}
    for path in FILES:
        with tempfile.TemporaryDirectory() as folder:
            found[label(path)] = differences(unpacked(path, Path(folder)), path)
    modules = [name for name in ("tensorflow", "keras", "tf_keras") if name in sys.modules]
    print(json.dumps({"found": found, "modules": modules}))
"""


def test_every_file_is_read_where_there_is_no_tensorflow():
    home = Path(graph_files.__file__).parent
    said = without_tensorflow(WITHOUT_TENSORFLOW, home, timeout=300)
    assert said["modules"] == []
    assert said["found"].keys() == set(map(label, FILES))
    assert {name: wrong for name, found in said["found"].items() if (wrong := unexpected(GRAPHS / name, found))} == {}
