"""The side file of secret seeds: owner only, whole or not at all."""
import json
import os
import stat
import sys

import pytest

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.patrol import seeds
from shotspotter_connect_plugin.patrol.seeds import new_seed  # the real one: elsewhere tests have seeds of their own


def test_seeds_are_256_bits_and_differ():
    made = {new_seed() for _ in range(100)}
    assert len(made) == 100 and all(len(bytes.fromhex(seed)) == 32 for seed in made)


def test_the_file_adds_and_gives_back(tmp_path):
    path = tmp_path / "w.gpkg.seeds.json"
    first, second = [seeds.new_seed() for _ in range(2)], [seeds.new_seed()]
    assert seeds.load(path) == {}
    seeds.keep(path, first)
    seeds.keep(path, second)
    assert seeds.load(path) == {seeds.hash_of(seed): seed for seed in first + second}
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_only_the_owner_may_read_it(tmp_path):
    path = tmp_path / "w.gpkg.seeds.json"
    before = os.umask(0)
    try:
        seeds.keep(path, [seeds.new_seed()])
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "w.gpkg.seeds.json"
    seeds.keep(path, [seeds.new_seed()])
    old = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConnectError, match="cannot be kept"):
        seeds.keep(path, [seeds.new_seed()])
    assert path.read_bytes() == old and os.listdir(tmp_path) == [path.name]


def test_a_damaged_file_is_named_and_kept(tmp_path):
    path = tmp_path / "w.gpkg.seeds.json"
    for content in ("{", "[1]", "\udcff"):
        path.write_bytes(content.encode("utf-8", "surrogateescape"))
        with pytest.raises(ConnectError, match="w.gpkg.seeds.json"):
            seeds.keep(path, [seeds.new_seed()])
        assert path.read_bytes() == content.encode("utf-8", "surrogateescape")
    path.write_text(json.dumps({"not its hash": seeds.new_seed(), "no seed": 5}))
    assert seeds.load(path) == {}


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    with pytest.raises(ConnectError, match="cannot be kept"):
        seeds.keep(tmp_path / "missing" / "seeds.json", [seeds.new_seed()])
