"""Every written file is the old one or the new one, whole, and nothing is left beside it."""
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shotspotter_connect_plugin import files
from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.files import (copy, folder_for, replace_bytes, replace_text, replacing,
                                              replacing_together)

ON_POSIX = pytest.mark.skipif(os.name != "posix", reason="modes and locks as on POSIX systems")


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_new_files_take_the_place_of_old_ones(tmp_path):
    path = tmp_path / "a.txt"
    replace_text(path, "one\r\ntwö\n")
    assert path.read_bytes() == "one\r\ntwö\n".encode()
    replace_bytes(path, b"")
    with replacing(path) as unfinished:
        assert unfinished.name == path.name and not unfinished.exists()
        unfinished.write_text("new")
        assert path.read_bytes() == b""
    copy(path, tmp_path / "b.txt")
    assert (tmp_path / "b.txt").read_text() == "new" and len(list(tmp_path.iterdir())) == 2


def refuses(made):
    raise KeyError("a page is missing")


@pytest.mark.parametrize("check", [None, refuses])
def test_what_is_not_whole_leaves_the_old_file(check, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(ConnectError, match="^The plan cannot be written to .*a.txt") as told:
        with replacing(path, "The plan", check) as unfinished:
            if check:
                unfinished.write_text("new")  # else nothing was made at all
    assert ("free some space" in told.value.user) == bool(check)
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_an_error_of_the_writer_goes_on_as_it_is(tmp_path):
    path = tmp_path / "a.txt"
    with pytest.raises(ZeroDivisionError), replacing(path) as unfinished:
        unfinished.write_text("half")
        1 / 0
    with pytest.raises(ConnectError, match="^my own words$"), replacing(path, check=lambda made: own_words()) as other:
        other.write_text("half")
    assert list(tmp_path.iterdir()) == []


def own_words():
    raise ConnectError("my own words")


def test_folders_that_are_missing_are_made_only_where_that_is_asked(tmp_path):
    path = tmp_path / "a" / "b" / "c.txt"
    with pytest.raises(ConnectError, match="choose a folder"):
        replace_text(path, "x")
    folder_for(path)
    replace_text(path, "x")
    with pytest.raises(ConnectError, match="choose a folder"):
        folder_for(path / "below a file")
    with pytest.raises(ConnectError, match="choose a folder"):
        replace_text(path / "below a file", "x")
    with pytest.raises(ConnectError, match="cannot be written"):
        replace_text(path.parent, "in place of a folder")


@ON_POSIX
def test_a_device_is_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConnectError, match="cannot be written"):
        replace_text(tmp_path / "pipe", "x")
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


@ON_POSIX
def test_modes(tmp_path):
    before = os.umask(0o022)
    try:
        replace_text(tmp_path / "shared", "x")
        replace_text(tmp_path / "own", "x", private=True)
        assert (mode(tmp_path / "shared"), mode(tmp_path / "own")) == (0o644, 0o600)
        for name, private in (("shared", True), ("own", False)):
            os.chmod(tmp_path / name, 0o640)
            replace_text(tmp_path / name, "y", private=private)
            assert mode(tmp_path / name) == 0o640
        with replacing(tmp_path / "own") as unfinished:
            assert mode(unfinished.parent) == 0o700
            unfinished.write_text("z")
    finally:
        os.umask(before)


def test_several_files_are_all_new_or_all_old(tmp_path, monkeypatch):
    for name in "abc":
        (tmp_path / name).write_text("old")

    def write(refused="", check=None):
        with replacing_together(tmp_path, "The plan") as new:
            for name in "abcd":
                new(name, check if name == "d" else None).write_text("new")
            monkeypatch.setattr(os, "replace", holding(refused))

    def holding(refused, replace=os.replace):
        def held(source, target):
            if Path(target).name == refused and Path(source).name == refused:
                raise PermissionError(13, "held", str(source), None, str(target))
            replace(source, target)
        return held

    monkeypatch.setattr(files, "WAITS", (0.0,))
    for refused in "abd":
        with pytest.raises(ConnectError, match=f"{refused} is open in a program"):
            write(refused)
        monkeypatch.undo()
        monkeypatch.setattr(files, "WAITS", (0.0,))
        assert {path.name: path.read_text() for path in tmp_path.iterdir()} == dict.fromkeys("abc", "old")
    with pytest.raises(ConnectError, match="The plan cannot be written"):
        write(check=refuses)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == dict.fromkeys("abc", "old")
    write()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == dict.fromkeys("abcd", "new")


KILLED = """
import sys, time
from shotspotter_connect_plugin.files import replacing
with replacing(sys.argv[1]) as unfinished:
    unfinished.write_text("half")
    print("writing", flush=True)
    time.sleep(60)
"""


@ON_POSIX
def test_leftovers_of_killed_runs_are_swept_and_those_of_living_ones_are_not(root, tmp_path):
    path = tmp_path / "a.txt"
    other = subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE,
                             env={**os.environ, "PYTHONPATH": str(root)})
    assert other.stdout.readline() == b"writing\n"
    left, = tmp_path.iterdir()
    with replacing(path) as unfinished:
        unfinished.write_text("mine")
        replace_text(tmp_path / "b.txt", "beside")
        assert unfinished.exists() and (left / path.name).read_text() == "half"
    other.send_signal(signal.SIGKILL)
    other.wait()
    assert left.exists()
    replace_text(path, "new")
    assert sorted(item.name for item in tmp_path.iterdir()) == ["a.txt", "b.txt"]


def test_an_old_folder_without_a_lock_is_swept_and_one_that_is_being_made_is_not(tmp_path):
    for name in (".connect-old", ".connect-now"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "half.pdf").write_text("half")
    long_ago = time.time() - 2 * 24 * 3600
    os.utime(tmp_path / ".connect-old", (long_ago, long_ago))
    (tmp_path / ".connect-file").write_text("no folder of ours")
    replace_text(tmp_path / "a.txt", "x")
    assert sorted(item.name for item in tmp_path.iterdir()) == [".connect-file", ".connect-now", "a.txt"]


def test_a_full_disk_leaves_the_old_file(full_disk):
    path = full_disk.folder / "a.txt"
    replace_text(path, "old")
    with full_disk.room_for(20_000):
        with pytest.raises(ConnectError, match="^The plan cannot be written to .*: free some space") as told:
            replace_bytes(path, bytes(100_000), "The plan")
    assert "\n" not in told.value.user
    assert path.read_text() == "old" and list(full_disk.folder.iterdir()) == [path]
    replace_bytes(path, bytes(100_000))
    assert path.stat().st_size == 100_000
