"""Killed at any moment, a workspace holds the old state or the new one."""
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")

WRITES = """
import sys
import numpy as np
import pandas as pd
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

workspace = open_workspace(sys.argv[1])
# Make SQLite write to the file long before the commit, as it does when a transaction outgrows its memory.
workspace._store._connection.execute("PRAGMA cache_size = 20")
start = workspace.count("imports")
for turn in range(start, start + 10_000):
    rng = np.random.default_rng(turn)
    ids = ["i" + str(number) for number in range(turn % 5, 2500, 1 + turn % 2)]
    moment = pd.Timestamp("2024-01-01", tz="UTC")
    frame = pd.DataFrame({"incident_id": ids, "crime_type": "theft", "occurred_from_utc": moment,
                          "occurred_to_utc": moment, "source": "turn " + str(turn), "block": "x" * 40,
                          "x": 320_000 + 3000 * rng.random(len(ids)), "y": 4_300_000 + 3000 * rng.random(len(ids))})
    with workspace.transaction() as writer:
        writer.append("imports", pd.DataFrame({"import_id": [str(turn)], "counts": [{"rows": len(ids)}]}))
        if turn % 3 == 0:
            writer.replace("incidents", frame)
        else:
            writer.delete("incidents", {"incident_id": ["i" + str(number) for number in range(2500)]})
            writer.upsert("incidents", frame)
    print(turn, flush=True)
"""

CREATES = """
import sys
import pandas as pd
from pathlib import Path
from shapely.geometry import box
from shotspotter_connect_plugin.workspace.steps.create import create_workspace
from shotspotter_connect_plugin.workspace.store.layers import VectorTable

town = VectorTable(pd.DataFrame({"a": [1]}), [box(320_000, 4_300_000, 325_000, 4_305_000)], "EPSG:32618", "town")
for turn in range(1000):
    create_workspace(Path(sys.argv[1]) / (str(turn) + ".gpkg"), town, timezone="UTC").close()
    print(turn, flush=True)
"""


def killed(script, argument, seconds):
    """Run a script, kill it that many seconds after its first line, and give its lines."""
    process = subprocess.Popen([sys.executable, "-c", script, str(argument)], stdout=subprocess.PIPE, text=True,
                               cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    first = process.stdout.readline()
    assert first, "the script ended before its first line"
    time.sleep(seconds)
    process.kill()
    rest = process.stdout.read()
    assert process.wait() == -signal.SIGKILL
    return (first + rest).split()


def check(path, turns_done):
    """The file is whole and every table tells of the same turn: the last one reported or, its commit done, the next."""
    with open_workspace(path) as workspace:
        imports = workspace.read("imports")
        incidents = workspace.read("incidents")
        last = len(imports) - 1
        assert last in (turns_done - 1, turns_done)
        assert set(incidents["source"]) == {"turn " + str(last)}
        assert len(incidents) == imports["counts"].iloc[-1]["rows"]
        assert incidents["x"].notna().all()
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert connection.execute("SELECT rtreecheck('rtree_incidents_geom')").fetchone() == ("ok",)
    in_tree, = connection.execute("SELECT count(*) FROM rtree_incidents_geom").fetchone()
    assert in_tree == len(incidents)
    names = [name for name, in connection.execute(
        "SELECT name FROM sqlite_master WHERE tbl_name = 'incidents' AND type IN ('index', 'trigger')")]
    connection.close()
    assert len([name for name in names if name.startswith("rtree_")]) == 6
    assert {"incidents_key", "incidents_index1", "incidents_index2"} <= set(names)


def test_killed_while_writing(workspace):
    """Some kills leave a journal that has to be played back; the test makes sure that this was seen."""
    path, moments, rolled_back = Path(workspace.address), random.Random(1), 0
    workspace.close()
    done = 0
    for _ in range(6):
        done = int(killed(WRITES, path, moments.uniform(0.0, 0.4))[-1]) + 1
        rolled_back += path.with_name(path.name + "-journal").exists()
        check(path, done)
    assert rolled_back


def test_killed_while_creating(tmp_path):
    for number, seconds in enumerate((0.05, 0.2)):
        folder = tmp_path / str(number)
        folder.mkdir()
        turns = killed(CREATES, folder, seconds)
        made = [path for path in folder.glob("*.gpkg") if not path.name.startswith(".")]
        assert len(made) in (len(turns), len(turns) + 1)
        for path in made:
            with open_workspace(path) as workspace:
                assert workspace.count("boxes") == 400
                assert workspace.crime_types.shape[0] == 7
