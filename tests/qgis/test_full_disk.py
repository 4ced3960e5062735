"""A disk that is full while QGIS writes sheets and plans: the old files stay, and one sentence says why."""

import pytest
import rollcall_frames as frames
from qgis_runs import Failed, Feedback

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.reports.builders import publish
from shotspotter_connect_plugin.reports.plan.plan_project import write_plan_files
from shotspotter_connect_plugin.reports.plan.rollcall_pages import write_rollcall

WRITERS = {
    "pdf": lambda rollcall, folder: write_rollcall(rollcall, str(folder / "sheets.pdf")),
    "png": lambda rollcall, folder: publish.write_sheets([rollcall], str(folder / "sheets.png")),
    "plan": lambda rollcall, folder: write_plan_files([rollcall], folder)}


def below(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("share", [0.1, 0.8])
@pytest.mark.parametrize("kind", WRITERS)
def test_the_old_files_stay(kind, share, sample, full_disk, qgis_app):
    if not full_disk.really_full:
        pytest.skip("the limit would hold for files in between, too")
    rollcall = frames.rollcall(sample)
    WRITERS[kind](rollcall, full_disk.folder)
    old = below(full_disk.folder)
    with full_disk.room_for(int(share * sum(map(len, old.values())))):
        with pytest.raises(ConnectError, match="free some space") as told:
            WRITERS[kind](rollcall, full_disk.folder)
    assert "\n" not in told.value.user and len(told.value.user) < 300
    assert below(full_disk.folder) == old
    WRITERS[kind](rollcall, full_disk.folder)
    assert set(below(full_disk.folder)) == set(old)


@pytest.mark.parametrize("ending", ["geojson", "shp", "csv"])
def test_an_output_that_qgis_writes_comes_back(ending, run, sample, full_disk):
    if not full_disk.really_full:
        pytest.skip("the limit would hold for files in between, too")
    output = full_disk.folder / ("boxes." + ending)
    parameters = {"INPUT": str(sample / "jurisdiction.geojson"), "OUTPUT": str(output)}
    run("fishnet", SIZE=2000, **parameters)
    old = below(full_disk.folder)
    told = Feedback()
    with full_disk.room_for(100_000), pytest.raises((Failed, AssertionError)):  # QGIS adds sentences of its own
        run("fishnet", told, SIZE=250, **parameters)
    assert "could not be written" in told.errors[-1]
    assert below(full_disk.folder) == old
    run("fishnet", SIZE=1500, **parameters)
    assert set(below(full_disk.folder)) == set(old) and below(full_disk.folder) != old
