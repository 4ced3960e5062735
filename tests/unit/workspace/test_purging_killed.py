"""A purge that is killed, or meets a full disk, is finished by the next one, and then no byte is left."""
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.progress import Progress
from shotspotter_connect_plugin.workspace.steps.checking import check_workspace
from shotspotter_connect_plugin.workspace.steps.configure import configure
from shotspotter_connect_plugin.workspace.steps.purging import purge
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

ROOT = Path(__file__).resolve().parents[3]
SECRET = "BADGE-SECRET-4711"
pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")

PURGES = """
import os, resource, signal, sys
from shotspotter_connect_plugin.workspace.steps.purging import purge
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

path, how, steps = sys.argv[1], sys.argv[2], int(sys.argv[3])
workspace = open_workspace(path)
connection = workspace._store._connection

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def fill():
    with open(os.path.dirname(path) + "/other", "wb", buffering=0) as other:
        try:
            while True:
                other.write(bytes(512))
        except OSError:
            pass

def look(statement):
    if how == "filled" and statement.startswith("VACUUM"):
        fill()
    if statement.startswith(how):
        if steps:
            connection.set_progress_handler(die, steps)
        else:
            die()

if how == "full":
    resource.setrlimit(resource.RLIMIT_FSIZE, (steps, steps))
else:
    connection.set_trace_callback(look)
purge(workspace, dry_run=False)
print("done")
"""


@pytest.fixture
def aged(workspace):
    """A workspace with rows to purge, and others that were deleted carelessly before."""
    old = pd.Timestamp.now(tz="UTC") - pd.Timedelta(days=90)
    count = 3000
    with workspace.transaction() as writer:
        writer.append("visits", pd.DataFrame({
            "visit_id": [f"v{number}" for number in range(count)], "officer": SECRET, "entered_utc": old,
            "left_utc": old}))
        writer.append("visits", pd.DataFrame({
            "visit_id": ["young"], "officer": "o1", "entered_utc": [pd.Timestamp.now(tz="UTC")]}))
    with workspace.transaction() as writer:
        writer.delete("visits", {"visit_id": [f"v{number}" for number in range(0, count, 2)]})
    configure(workspace, {"settings": {"retention_days": {"visits": 30}}})
    path = Path(workspace.address)
    workspace.close()
    return path


def purged_by_another(path, how, steps=0):
    return subprocess.run([sys.executable, "-c", PURGES, str(path), how, str(steps)], cwd=ROOT, capture_output=True,
                          text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})


def bytes_of(path):
    return b"".join(part.read_bytes() for part in path.parent.iterdir() if part.name.startswith(path.name))


class Heard(Progress):
    def __init__(self):
        self.said = []

    def info(self, text):
        self.said.append(text)

    warn = info


def finish(path):
    """Purge again -> what was said; nothing is left of what was removed, and all else is whole."""
    heard = Heard()
    with open_workspace(path) as workspace:
        purge(workspace, dry_run=False, progress=heard)
        assert workspace.unfinished_purge is None and workspace.read("visits")["visit_id"].tolist() == ["young"]
        assert check_workspace(workspace).ok
    content = bytes_of(path)
    assert SECRET.encode() not in content and b"young" in content
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    return heard.said


@pytest.mark.parametrize("how, steps, removed", [
    ("DELETE", 100, False), ("COMMIT", 0, False), ("VACUUM", 0, True), ("VACUUM", 100, True), ("VACUUM", 300, True),
    ("VACUUM", 900, True), ("PRAGMA wal_checkpoint", 0, True), ("DELETE FROM \"settings\"", 0, True)])
def test_killed_at_any_point(aged, how, steps, removed):
    done = purged_by_another(aged, how, steps)
    assert done.returncode == -signal.SIGKILL, done.stderr
    with open_workspace(aged) as workspace:
        assert workspace.count("visits") == (1 if removed else 1501)
        assert (workspace.unfinished_purge is not None) == removed
        assert workspace.settings.retention_days == {"visits": 30}  # the mark is no setting
        if removed:
            assert workspace.unfinished_purge["rows"] == {"visits": 1500}
            checked = check_workspace(workspace)
            assert not checked.ok and "purge that was stopped" in checked.problems[0]
            heard = Heard()
            purge(workspace, progress=heard)
            assert "purge again to finish it" in heard.said[0]
    said = finish(aged)
    assert ("An earlier purge that was stopped is finished now." in said) == removed


@pytest.mark.parametrize("room", [0.3, 0.6, 0.95])
def test_a_full_disk(aged, room):
    """No file may grow beyond a part of the workspace: the journal, the copy that VACUUM makes, the file itself."""
    done = purged_by_another(aged, "full", int(aged.stat().st_size * room))
    assert done.returncode == 1 and "ConnectError: The disk of town.gpkg takes or gives no data" in done.stderr
    finish(aged)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can make a small disk")
def test_a_disk_that_fills_up_before_the_file_is_rewritten(aged, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    size = aged.stat().st_size
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={2 * size}", "tmpfs", disk]).returncode:
        pytest.skip("no small disk can be mounted here")
    try:
        small = disk / aged.name
        small.write_bytes(aged.read_bytes())
        done = purged_by_another(small, "filled")
        assert done.returncode == 1 and "is full; make room" in done.stderr, done.stderr
        with open_workspace(small) as workspace:
            assert workspace.unfinished_purge["rows"] == {"visits": 1500}
        (disk / "other").unlink()
        finish(small)
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_write_ahead_log_is_emptied_too(aged):
    connection = sqlite3.connect(aged, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("INSERT INTO officers (officer) VALUES ('o1')")
    with open_workspace(aged) as workspace:
        purge(workspace, dry_run=False)
        assert SECRET.encode() not in bytes_of(aged)
    connection.close()


def test_another_program_that_reads_the_log_is_named(aged):
    reader = sqlite3.connect(aged, isolation_level=None)
    reader.execute("PRAGMA journal_mode = WAL")
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM visits").fetchone()
    with open_workspace(aged) as workspace:
        workspace._store._connection.execute("PRAGMA busy_timeout = 100")
        with pytest.raises(ConnectError, match="close it there|Another program"):
            purge(workspace, dry_run=False)
        assert workspace.unfinished_purge
    reader.close()
    finish(aged)
