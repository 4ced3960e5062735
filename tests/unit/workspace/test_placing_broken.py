"""A layout put in force while a run is killed, the disk is full or somebody else writes: the old boxes or the new."""
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from accounts import as_nobody, every_byte, open_folder
from made_towns import new_town, quarters
from placed_town import CUT, SIDE, full_town, squares_round_the_hot_place

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.forecast.box_transfer import in_jurisdiction
from shotspotter_connect_plugin.workspace.steps import placing
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

ROOT = Path(__file__).resolve().parents[3]

APPLIES = """
import sys
import numpy as np
from placed_town import squares_round_the_hot_place
from shotspotter_connect_plugin.workspace.steps import placing
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

workspace = open_workspace(sys.argv[1])
workspace._store._connection.execute("PRAGMA cache_size = 20")  # the file is written to long before the commit
squares = squares_round_the_hot_place(workspace)
for turn in range(workspace.layout, 1000):
    placing.apply_layout(workspace, squares + [turn % 7, 3 * turn % 5] if turn % 3 < 2 else [], "turn " + str(turn + 1))
    print(turn + 1, flush=True)
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Path of a town with all that knows its box; not to be changed."""
    path = tmp_path_factory.mktemp("made") / "town.gpkg"
    full_town(path).close()
    return path


def check(path, done):
    """Everything tells of one layout: the last one that was reported or, its commit done, the next."""
    with open_workspace(path) as workspace:
        assert workspace.layout in (done, done + 1) and workspace.faults() == []
        reasons = workspace.read("layouts", ["reason"], order_by="layout")["reason"].tolist()
        assert reasons == [f"turn {number + 1}" for number in range(workspace.layout)]
        boxes = workspace.read("boxes", ["box_id", "inside", "where", "geometry"])
        plain = placing.plain_boxes(workspace)
        assert set(boxes["box_id"]) == set(in_jurisdiction(workspace.fishnet, plain, CUT)["box_id"])
        assert sum(shape.area for shape in boxes["geometry"]) == pytest.approx(62_500 * len(plain))
        for table in ("incidents", "gunfire", "places"):
            rows = workspace.read(table, ["box_id", "x", "y"]).dropna()
            ids = workspace.fishnet.ids(*workspace.fishnet.cell(rows["x"], rows["y"]))
            assert (ids == rows["box_id"]).all() and set(ids) <= set(boxes["box_id"])
        assert set(workspace.read("visits")["box_id"]) <= set(boxes["box_id"])
        assert set(workspace.read("sensor_coverage")["boxes"][0]) <= set(boxes["box_id"])
        return workspace.layout


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_killed_in_the_middle(made, tmp_path):
    path = tmp_path / "town.gpkg"
    shutil.copy(made, path)
    before, rng = 0, np.random.default_rng(1)
    for _ in range(6):
        process = subprocess.Popen([sys.executable, "-W", "ignore", "-c", APPLIES, str(path)], stdout=subprocess.PIPE,
                                   text=True, cwd=ROOT, env={
            **os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests" / "made")])})
        said = [process.stdout.readline()]
        time.sleep(rng.uniform(0.0, 1.0))
        process.kill()
        said += process.stdout.read().split()
        process.wait()
        before = check(path, int(said[-1]))
    assert before > 5


@pytest.mark.parametrize("room", [20_000, 100_000, 400_000])
def test_a_full_disk(made, full_disk, room):
    path = full_disk.folder / "town.gpkg"
    shutil.copy(made, path)
    with open_workspace(path) as workspace:
        before = workspace.content_hash()
        squares = squares_round_the_hot_place(workspace)
        limit = room if full_disk.really_full else path.stat().st_size + room // 100
        with full_disk.room_for(limit):
            try:
                placing.apply_layout(workspace, squares, "turn 1")
            except ConnectError as error:
                assert "disk" in error.user and workspace.layout == 0 and workspace.content_hash() == before
        if not workspace.layout:
            placing.apply_layout(workspace, squares, "turn 1")
    assert check(path, 1) == 1


def test_somebody_else_writes(made, tmp_path):
    path = tmp_path / "town.gpkg"
    shutil.copy(made, path)
    with open_workspace(path) as workspace:
        workspace._store._connection.execute("PRAGMA busy_timeout = 100")
        squares, before = squares_round_the_hot_place(workspace), workspace.content_hash()
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ConnectError, match="Another program is writing"):
            placing.apply_layout(workspace, squares, "turn 1")
        other.execute("ROLLBACK")
        assert workspace.layout == 0 and workspace.content_hash() == before
        # Another desk lays the boxes anew between the look and the push of a button.
        found = placing.find_layout(workspace, "2019-01-20T10:00Z")
        with open_workspace(path) as desk:
            placing.apply_layout(desk, squares, "turn 1")
        with pytest.raises(ConnectError, match="laid anew by somebody else since"):
            placing.apply_layout(workspace, found.squares, "turn 2", found)
        other.close()
    assert check(path, 1) == 1


def test_who_can_only_read(made):
    """He may look; nothing is put in force, and not one byte is written."""
    with open_folder() as folder:
        shutil.copy(made, folder)
        (folder / "town.gpkg").chmod(0o644)
        before = every_byte(folder)
        with as_nobody(), open_workspace(folder / "town.gpkg") as workspace:
            found = placing.find_layout(workspace, "2019-01-20T10:00Z")
            assert len(found.squares)
            with pytest.raises(ConnectError, match="read"):
                placing.apply_layout(workspace, found.squares, "turn 1", found)
        assert every_byte(folder) == before


def test_a_town_with_next_to_nothing_in_it(tmp_path):
    """No event, one event, all events at one point: a sentence, or squares where something is."""
    with new_town(tmp_path / "town.gpkg", CUT, quarters(SIDE)) as workspace:
        with pytest.raises(ConnectError, match="No event was known"):
            placing.find_layout(workspace, "2019-01-20T10:00Z")
        assert placing.find_layout(workspace, "2019-01-20T10:00Z", share=0.0).boxes["box_id"].is_unique
        west, south, *_ = CUT.bounds
        at = pd.to_datetime(pd.Series(["2019-01-18T15:00Z"] * 300))
        rows = pd.DataFrame({"incident_id": [str(n) for n in range(300)], "crime_type": "robbery",
                             "occurred_from_utc": at, "occurred_to_utc": at, "source": "made", "discovered": False,
                             "x": west + 1234.0, "y": south + 987.0})
        for count in (1, 300):
            with workspace.transaction() as writer:
                writer.replace("incidents", rows.iloc[:count])
            for share in (0.01, 3.0, 100.0):
                found = placing.find_layout(workspace, "2019-01-20T10:00Z", share=share)
                corner, place = found.squares[0] * 25, [west + 1234, south + 987]
                assert (corner <= place).all() and (corner + 250 > place).all()
                # What is blurred reaches so far; where nothing is, no square is laid.
                assert 1 <= len(found.squares) < 20 and np.isnan(found.gain.gain)
        for share in (-1.0, 100.1, float("nan")):
            with pytest.raises(ConnectError, match="between 0 and 100"):
                placing.find_layout(workspace, "2019-01-20T10:00Z", share=share)
        for smooth in (-1.0, float("nan"), float("inf"), 1e7):
            with pytest.raises(ConnectError, match="smoothing"):
                placing.find_layout(workspace, "2019-01-20T10:00Z", smooth=smooth)
