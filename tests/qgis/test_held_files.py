"""On Windows a file that is open can be neither removed nor replaced: nothing that this package does asks for that."""
import os

import pytest
import rollcall_frames as frames
from held_files import open_files
from qgis.core import QgsFeedback, QgsVectorLayer
from qgis_runs import DATE

from shotspotter_connect_plugin.errors import Cancelled, ConnectError
from shotspotter_connect_plugin.reports.plan.rollcall_pages import write_rollcall


@pytest.fixture(autouse=True)
def held(windows_files, qgis_app, tmp_path):
    """Every test here runs as on Windows; in the end nothing in its folder is open and nothing was refused."""
    yield windows_files
    assert windows_files == []
    assert [path for path in open_files() if path.startswith(str(tmp_path))] == []
    assert list(tmp_path.rglob(".connect-*")) == []


def test_the_harness_holds_what_is_open(tmp_path, held):
    path = tmp_path / "a.gpkg"
    path.write_text("x")
    (tmp_path / "b").write_text("y")
    with open(path):
        for refused in (lambda: os.remove(path), path.unlink, lambda: os.replace(tmp_path / "b", path),
                        lambda: path.rename(tmp_path / "c"), lambda: os.rename(tmp_path, tmp_path.with_name("moved"))):
            with pytest.raises(PermissionError):
                refused()
    assert len(held) == 5
    held.clear()
    path.unlink()


def test_roll_call(sample, tmp_path):
    path = tmp_path / "sheets.pdf"
    for _ in range(2):
        write_rollcall(frames.rollcall(sample, context=str(sample / "context.gpkg")), str(path))
    assert list(tmp_path.iterdir()) == [path]


def test_roll_call_that_is_stopped_or_fails(sample, tmp_path):
    path = tmp_path / "sheets.pdf"
    path.write_bytes(b"old")
    feedback = QgsFeedback()
    feedback.progressChanged.connect(lambda: feedback.cancel())
    with pytest.raises(Cancelled):
        write_rollcall(frames.rollcall(sample), str(path), feedback=feedback)
    with pytest.raises(ConnectError):
        write_rollcall(frames.rollcall(sample), str(path / "below"))
    assert path.read_bytes() == b"old"


def test_the_whole_day_twice(run, full, tmp_path):
    for _ in range(2):
        made = run("daily", WORKSPACE=str(full), DATE=DATE, OUTPUT=str(tmp_path / "day"))
    assert QgsVectorLayer(made["PLAN"] + "|layername=patrols").featureCount() == made["PATROLS"]
