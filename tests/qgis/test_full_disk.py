"""A disk that is full while QGIS writes sheets and plans: the old files stay, and one sentence says why."""

import pytest
import rollcall_frames as frames
from qgis.core import QgsProcessingContext, QgsProcessingOutputLayerDefinition, QgsProject, QgsVectorLayer
from qgis_runs import Failed, Feedback

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.processing import outputs
from shotspotter_connect_plugin.reports.builders import publish
from shotspotter_connect_plugin.reports.plan.plan_project import write_plan_files
from shotspotter_connect_plugin.reports.plan.rollcall_pages import write_rollcall

WRITERS = {
    "pdf": lambda rollcall, folder: write_rollcall(rollcall, str(folder / "sheets.pdf")),
    "png": lambda rollcall, folder: publish.write_sheets([rollcall], str(folder / "sheets.png")),
    "plan": lambda rollcall, folder: write_plan_files([rollcall], folder)}


def below(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


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
def test_an_output_that_qgis_writes_stays_as_it_was(ending, run, sample, full_disk):
    if not full_disk.really_full:
        pytest.skip("the limit would hold for files in between, too")
    output = full_disk.folder / ("boxes." + ending)
    parameters = {"INPUT": str(sample / "jurisdiction.geojson"), "OUTPUT": str(output)}
    run("fishnet", SIZE=2000, **parameters)
    old = below(full_disk.folder)
    told = Feedback()
    with full_disk.room_for(60_000), pytest.raises((Failed, AssertionError)):  # QGIS adds sentences of its own
        run("fishnet", told, SIZE=250, **parameters)
    assert told.errors[-1].startswith("OUTPUT c") and "written" in told.errors[-1] and "the disk" in told.errors[-1]
    assert below(full_disk.folder) == old
    run("fishnet", SIZE=1500, **parameters)
    assert set(below(full_disk.folder)) == set(old) and below(full_disk.folder) != old


@pytest.mark.parametrize("ending", ["geojson", "shp", "csv", "gpkg"])
def test_the_old_output_is_there_until_the_new_one_is_whole(ending, run, full, tmp_path, monkeypatch):
    """So a run that is killed while QGIS writes loses nothing; and what is loaded is the file in its place."""
    folder = tmp_path / "outputs"
    folder.mkdir()
    output = folder / ("boxes." + ending)
    parameters = {"WORKSPACE": str(full), "DATE": "2017-12-14", "SHIFT": "evening", "OUTPUT": str(output)}
    run("score", **parameters)
    old, write, seen = below(folder), outputs.write_features, []

    def looks(*given):
        seen.append(below(folder))
        write(*given)
    monkeypatch.setattr(outputs, "write_features", looks)
    context, project = QgsProcessingContext(), QgsProject()
    wanted = QgsProcessingOutputLayerDefinition(str(output), project)
    made = run("score", context=context, project=project, **{**parameters, "OUTPUT": wanted})
    assert seen == [old] and set(below(folder)) == set(old)
    assert made["OUTPUT"].split("|")[0] == str(output)
    waiting, = context.layersToLoadOnCompletion()
    layer = QgsVectorLayer(waiting, "", "ogr")
    assert waiting == made["OUTPUT"] and layer.isValid() and layer.featureCount() > 100
