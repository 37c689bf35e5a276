"""Files and folders that people take for models: what each is, and what to do with it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from litesmith.diagnostics.wording import by_face

CHECKPOINT = (
    "a checkpoint of TensorFlow, which holds weights without the model",
    "Make the model in Python, restore the weights, model.load_weights(path) or "
    "tf.train.Checkpoint(model=model).restore(path), and convert the live model (on the command line FILE.py:NAME).",
)
ONNX = (
    "a model of ONNX",
    "Convert the model that it was exported from: Litesmith takes models of Keras, TensorFlow, JAX and torch.",
)
TENSORFLOW_JS = (
    "a model of TensorFlow.js",
    "Convert the model that it was made from, or make a Keras file of it: tensorflowjs_converter "
    "--input_format tfjs_layers_model --output_format keras model.json model.h5.",
)
WEIGHTS = "Load them into the model in Python, and convert the live model (on the command line FILE.py:NAME)."
SAVED_MODEL_ALONE = (
    "the graphs of a TensorFlow SavedModel, without its folder",
    "Its weights are in a folder variables/ that was beside it. Put this file there under the name saved_model.pb, "
    "and give the path of the folder that has both.",
)
NUMPY = ("an array file of numpy", "Arrays are data for a model, or weights of one that is made in Python.")
BEGINNINGS = {
    b"\x93NUMPY": NUMPY,
    b"GGUF": ("a language model of llama.cpp (.gguf)", "Convert the Keras or torch model that it was made from."),
    b"\x1f\x8b": ("a packed archive (.gz)", "Unpack it, tar -xf, and give the path of what was in it."),
    b"BZh": ("a packed archive (.bz2)", "Unpack it, tar -xf, and give the path of what was in it."),
    b"7z\xbc\xaf\x27\x1c": ("a packed archive (.7z)", "Unpack it, and give the path of what was in it."),
}
"""By the bytes that files begin with."""
TABLE_ENDS = bytes.fromhex("57fb808b247547db")
"""How tables of checkpoints (.index) end."""
TAR, TAR_PLACE = b"ustar", 257
MODELS = (".keras", ".h5", ".hdf5", ".pb", ".tflite")
MOST_LISTED, MOST_SEEN = 5, 1000
LONGEST_TEXT = 1 << 12

Told = tuple[str, str]
"""What it is, as in "it is ...", and what to do; the second may be empty."""


def file_told(path: Path, head: bytes) -> Told:
    """What a file is that is no archive and no HDF5 file."""
    for beginning, told in BEGINNINGS.items():
        if head.startswith(beginning):
            return told
    with path.open("rb") as file:
        start = file.read(LONGEST_TEXT)
        file.seek(max(0, path.stat().st_size - len(TABLE_ENDS)))
        end = file.read()
    if end == TABLE_ENDS or re.search(r"\.data-\d{5}-of-\d{5}$", path.name):
        return CHECKPOINT
    if start[TAR_PLACE : TAR_PLACE + len(TAR)] == TAR:
        return "a packed archive (.tar)", "Unpack it, tar -xf, and give the path of what was in it."
    if head.startswith(b"\x80") and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return "a Python pickle, which can run code and is not opened", WEIGHTS.replace("them", "what is in it")
    if head[:2] == b"\x08\x01" and start[2:3] == b"\x12":
        return SAVED_MODEL_ALONE
    if head[:1] == b"\x08" and 3 <= head[1] <= 32 and start[2:3] in (b"\x12", b"\x1a", b":"):
        return ONNX
    if start[8:9] == b"{" and 2 <= int.from_bytes(head, "little") <= 1 << 27:
        return "weights of torch or JAX (.safetensors), without the model", WEIGHTS
    if all(byte in b"\t\n\r" or 32 <= byte < 127 for byte in head):
        return _text_told(start)
    return "none of the formats .keras, .h5 and .tflite", ""


def _text_told(start: bytes) -> Told:
    text = start.decode("utf-8", "replace").lstrip()
    if text.startswith("version https://git-lfs"):
        return "a pointer of Git LFS to the file, not the file", "Get the file itself: git lfs pull."
    if text[:15].lower().startswith(("<!doctype", "<html", "<?xml")):
        return "a web page", "The download got a page in place of the file: download the file itself."
    if text.startswith("model_checkpoint_path:"):
        return CHECKPOINT
    if text.startswith("{") and '"modelTopology"' in text:
        return TENSORFLOW_JS
    if text.startswith("{") and '"class_name"' in text:
        return (
            "a model's description (model.to_json()), without its weights",
            by_face(
                "Give the file of the weights, and this one as architecture=.",
                "Give the file of the weights, and this one as --architecture.",
            ),
        )
    if re.search(r"^class_name:", text, re.MULTILINE):
        return (
            "a model's description in YAML, without its weights",
            "Keras 3 reads no YAML: make the model in Python, load the weights, and convert it (FILE.py:NAME).",
        )
    return "a text file", ""


def zip_told(names: Iterable[str]) -> Told:
    """What a ZIP archive is that holds no model, by the names in it."""
    listed = sorted(names)
    graphs = [name for name in listed if name.rpartition("/")[2] == "saved_model.pb"]
    if graphs:
        folder = graphs[0].rpartition("/")[0] or "the folder"
        return (
            "a ZIP archive of a SavedModel",
            f"Unpack it, and give the path of {folder}, which has the saved_model.pb.",
        )
    if listed and all(name.endswith(".npy") for name in listed):
        return NUMPY
    models = [name for name in listed if name.endswith(MODELS)]
    if models:
        return f"a ZIP archive with {_several(models)} in it", "Unpack it, and give the path of the model."
    return "a ZIP archive without a Keras model", ""


def hdf5_told(names: Iterable[str]) -> Told:
    """What an HDF5 file is that holds no model and no weights of Keras, by its groups."""
    listed = sorted(names)
    held = f" (it holds {_several(listed)})" if listed else " (it is empty)"
    return f"an HDF5 file without a Keras model{held}", ""


def folder_told(path: Path) -> Told:
    """What a folder is that is no SavedModel: what in it is a model, or what it lacks."""
    entries = sorted(islice(path.rglob("*"), MOST_SEEN))
    names = {entry.name for entry in entries if entry.parent == path}
    inner = [entry.parent for entry in entries if entry.name == "saved_model.pb"]
    if inner:
        return (
            f"a folder around {_several(each.relative_to(path) for each in inner[:1])}, which is a SavedModel",
            f"Give the path of that one: {inner[0]}.",
        )
    if {"config.json", "model.weights.h5"} <= names:
        packing = f"(cd {path} && zip -r ../{path.name}.keras .)"
        return "a .keras file that was unpacked", f"Pack it again, {packing}, and give the path of that file."
    if "model.json" in names and any(name.endswith(".bin") for name in names):
        return TENSORFLOW_JS
    if "checkpoint" in names or any(name.endswith(".index") for name in names):
        return CHECKPOINT
    if "variables.index" in names or "variables" in names:
        return (
            "a SavedModel without its saved_model.pb",
            "Copy the whole folder: saved_model.pb holds the model, variables/ its weights.",
        )
    models = [entry for entry in entries if entry.suffix in MODELS]
    if models:
        return (
            f"a folder with {_several(each.relative_to(path) for each in models)} in it",
            f"Give the path of a file: {models[0]}.",
        )
    return ("a folder without a model in it" if entries else "an empty folder"), "Check the spelling, and the folder."


def _several(items: Iterable[object]) -> str:
    """The first of some names."""
    listed = [re.sub(r"[^\w./ -]", "_", str(item))[:80] for item in items]
    more = f" and {len(listed) - MOST_LISTED} more" if len(listed) > MOST_LISTED else ""
    return ", ".join(listed[:MOST_LISTED]) + more


def is_checkpoint(path: Path) -> bool:
    """Whether a path is what TensorFlow calls a checkpoint: how the names of its files begin."""
    return path.with_name(f"{path.name}.index").is_file()
