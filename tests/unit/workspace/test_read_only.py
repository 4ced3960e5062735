"""A workspace of somebody else: it can be read whole, whatever lies beside it, and not one byte is written."""
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from accounts import as_nobody, every_byte, open_folder
from made_towns import new_town, square

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.workspace.steps import draw_proof, shift_draw, shift_plan
from shotspotter_connect_plugin.workspace.steps.checking import check_workspace
from shotspotter_connect_plugin.workspace.store.runs import recorded
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

PAST = "2019-03-01"
COMING = str((pd.Timestamp.now(tz="UTC") + pd.Timedelta(days=3)).date())


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Path of a workspace with an ended and a coming draw, the seeds beside it."""
    path = tmp_path_factory.mktemp("drawn") / "w.gpkg"
    with new_town(path, square(0, 0, 8)) as workspace:
        ids = workspace.read("boxes", ["box_id"])["box_id"]
        for date in (PAST, COMING):
            expected = np.random.default_rng(1).gamma(0.5, 0.02, len(ids))
            with workspace.transaction() as writer:
                writer.append("forecasts", pd.DataFrame({
                    "shift_date": date, "shift": "day", "box_id": ids, "crime_type": "robbery", "expected": expected,
                    "low": expected / 2, "high": expected * 2}))
            shift_draw.meter(workspace, date, "day")
    return path


@pytest.fixture
def place(drawn):
    """A folder others can reach, with the workspace in it: readable by all, its seeds by the owner alone."""
    with open_folder() as folder:
        for part in (drawn, Path(f"{drawn}.seeds.json")):
            shutil.copy(part, folder)
        (folder / "w.gpkg").chmod(0o644)
        (folder / "w.gpkg.seeds.json").chmod(0o600)
        yield folder


def look(path):
    """Read, verify and check as another account does -> (what the ended, what the coming draw says, the check)."""
    with open_workspace(path) as workspace:
        assert workspace.read_only
        with recorded(workspace, "connect:checkworkspace", {}):
            found = (draw_proof.verify_draw(workspace, PAST, "day"), draw_proof.verify_draw(workspace, COMING, "day"),
                     check_workspace(workspace))
        assert shift_plan.publish(workspace, PAST, ["day"]) == 0
        with pytest.raises(ConnectError, match="cannot be written"):
            with workspace.transaction():
                pass
        return found


def judge(found):
    ended, coming, checked = found
    assert ended.verified and ended.waiting == []
    assert not coming.verified and coming.problems == [] and "secret until the shift has ended" in coming.waiting[0]
    assert checked.ok and checked.problems == []


@pytest.mark.parametrize("seeds", ["unreadable", "missing"])
@pytest.mark.parametrize("folder_mode", [0o755, 0o777])
def test_another_account_verifies_what_is_revealed(place, seeds, folder_mode):
    if seeds == "missing":
        (place / "w.gpkg.seeds.json").unlink()
    place.chmod(folder_mode)
    before = every_byte(place)
    with as_nobody():
        found = look(place / "w.gpkg")
    judge(found)
    assert every_byte(place) == before


@pytest.mark.parametrize("open_yet", [False, True])
def test_a_write_ahead_log_is_read_too(place, open_yet):
    """QGIS leaves one while it edits, and when it was killed; what is in it alone must not be missed."""
    path = place / "w.gpkg"
    script = ("import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
              "c.execute('PRAGMA journal_mode = WAL'); c.execute('PRAGMA wal_autocheckpoint = 0');"
              "c.execute('INSERT INTO officers (officer) VALUES (?)', ('only in the log',)); print('ok', flush=True);"
              "sys.stdin.read(1); os._exit(0)")
    with subprocess.Popen([sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as owner:
        assert owner.stdout.readline() == "ok\n"
        if not open_yet:
            owner.communicate("x")
            Path(f"{path}-shm").unlink()
        assert Path(f"{path}-wal").stat().st_size
        for part in place.iterdir():
            part.chmod(0o644)
        before = every_byte(place)
        with as_nobody():
            judge_log = look(path)
            with open_workspace(path) as workspace:
                assert workspace.read("officers")["officer"].tolist() == ["only in the log"]
        if open_yet:
            owner.communicate("x")
    assert judge_log[0].verified and every_byte(place) == before


def test_a_file_in_wal_mode_without_its_log(place):
    connection = sqlite3.connect(place / "w.gpkg")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    assert sorted(part.name for part in place.iterdir()) == ["w.gpkg", "w.gpkg.seeds.json"]
    place.chmod(0o555)
    before = every_byte(place)
    with as_nobody():
        found = look(place / "w.gpkg")
    judge(found)
    assert every_byte(place) == before


def test_a_journal_that_waits_to_be_rolled_back(place):
    """The owner's program was killed while it wrote: half of it is in the file, and must not be read."""
    path = place / "w.gpkg"
    script = ("import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
              "c.execute('PRAGMA cache_size = 2'); c.execute('PRAGMA cache_spill = 1'); c.execute('BEGIN IMMEDIATE');"
              "c.execute(\"UPDATE forecasts SET expected = 99\"); os._exit(0)")
    subprocess.run([sys.executable, "-c", script, str(path)], check=True)
    assert Path(f"{path}-journal").stat().st_size
    for part in place.iterdir():
        part.chmod(0o644)
    before = every_byte(place)
    with as_nobody():
        with open_workspace(path) as workspace:
            assert workspace.read("forecasts")["expected"].max() < 1
        found = look(path)
    assert found[0].verified and found[2].problems == [] and every_byte(place) == before


def test_a_folder_that_refuses_and_a_file_that_takes(place):
    """SQLite needs the folder for its journal."""
    (place / "w.gpkg").chmod(0o666)
    with as_nobody():
        judge(look(place / "w.gpkg"))


def test_what_cannot_even_be_read_is_one_sentence(place):
    (place / "w.gpkg").chmod(0o600)
    with as_nobody():
        with pytest.raises(ConnectError, match="cannot be read; ask its owner for permission"):
            open_workspace(place / "w.gpkg")
    place.chmod(0o700)
    with as_nobody():
        with pytest.raises(ConnectError, match="cannot be read; ask its owner for permission"):
            open_workspace(place / "w.gpkg")


def test_the_owner_of_a_protected_file(place):
    """Mode 0444 protects from its owner too; root is above that."""
    os.chown(place, 65534, 65534) if os.geteuid() == 0 else None
    for part in place.iterdir():
        os.chown(part, 65534, 65534) if os.geteuid() == 0 else None
    (place / "w.gpkg").chmod(0o444)
    with as_nobody():
        with open_workspace(place / "w.gpkg") as workspace:
            assert workspace.read_only and draw_proof.verify_draw(workspace, COMING, "day").verified  # it has the seeds


def test_opening_lets_go_of_no_lock(place):
    """Closing any handle of a file drops this process's locks on it, so none but SQLite's own is opened."""
    path = place / "w.gpkg"
    with open_workspace(path) as writing:
        with writing.transaction() as writer:
            writer.append("officers", pd.DataFrame({"officer": ["o1"]}))
            open_workspace(path).close()
            script = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0).execute('BEGIN IMMEDIATE')"
            other = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True)
            assert "locked" in other.stderr
