"""A file is written whole or not at all."""

import errno
import os
import stat
from pathlib import Path

import pytest

from litesmith import LitesmithError
from litesmith.runtime.saving import check_writable, save_bytes


def test_the_content_replaces_what_was_there(tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(b"old and longer")
    assert save_bytes(b"new", path) == path
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["model.tflite"]


def test_permissions_are_those_of_any_new_file(tmp_path):
    path = save_bytes(b"content", tmp_path / "model.tflite")
    (other := tmp_path / "other").touch()
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(other.stat().st_mode)


def test_a_link_is_followed(tmp_path):
    target = tmp_path / "target.tflite"
    link = tmp_path / "link.tflite"
    link.symlink_to(target)
    save_bytes(b"content", link)
    assert link.is_symlink()
    assert target.read_bytes() == b"content"


def test_a_device_stays_a_device():
    save_bytes(b"content", Path(os.devnull))
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the device that is always full is Linux'")
def test_a_full_device_is_a_finding():
    with pytest.raises(LitesmithError, match="F201: Cannot write /dev/full: no space left on device"):
        save_bytes(b"content", Path("/dev/full"))


@pytest.mark.parametrize("call", ["fdopen", "chmod", "replace"])
@pytest.mark.parametrize("was_there", [True, False])
def test_a_disk_that_fills_up_leaves_what_was_there(tmp_path, monkeypatch, call, was_there):
    path = tmp_path / "model.tflite"
    if was_there:
        path.write_bytes(b"old")
    original = os.fdopen

    class Full:
        def __init__(self, descriptor, mode):
            self.file = original(descriptor, mode)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.file.close()

        def write(self, _):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def fail(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, call, Full if call == "fdopen" else fail)
    with pytest.raises(LitesmithError, match=r"F201.*no space left on device"):
        save_bytes(b"content", path)
    assert os.listdir(tmp_path) == (["model.tflite"] if was_there else [])
    if was_there:
        assert path.read_bytes() == b"old"


def test_an_interruption_leaves_nothing(tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save_bytes(b"content", tmp_path / "model.tflite")
    assert os.listdir(tmp_path) == []


def test_what_cannot_be_written_is_known_before_the_work(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    for path, reason in (
        (tmp_path, "it is a folder"),
        (tmp_path / "nowhere" / "model.tflite", "does not exist"),
        (tmp_path / "file" / "model.tflite", "is not a folder"),
    ):
        with pytest.raises(LitesmithError, match=f"F201.*{reason}"):
            check_writable(path)
    check_writable(tmp_path / "model.tflite")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(LitesmithError, match=r"F201.*permission denied"):
        check_writable(tmp_path / "model.tflite")


def test_names_as_long_as_names_may_be_are_written(tmp_path):
    path = tmp_path / ("m" * 248 + ".tflite")
    assert save_bytes(b"content", path).read_bytes() == b"content"
