"""The phone's project: opened again as QField would, filled in as an officer would, taken back in by the importers."""
import dataclasses
import getpass
import os
import time
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from osgeo import gdal
from qgis.core import (QgsExpressionContextScope, QgsFieldConstraints, QgsGeometry, QgsProject,
                       QgsValueRelationFieldFormatter, QgsVectorLayerUtils)
from qgis.PyQt.QtCore import QDateTime, Qt

from shotspotter_connect_plugin.reports.plan import phone_project, rollcall_data
from shotspotter_connect_plugin.workspace.exports.shift_package import make_package
from shotspotter_connect_plugin.workspace.imports.gps_import import import_gps
from shotspotter_connect_plugin.workspace.imports.tactic_import import import_tactics
from shotspotter_connect_plugin.workspace.steps.visit_finding import find_visits
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

pytestmark = pytest.mark.usefixtures("windows_files")

DATE, SHIFT = "2017-12-14", "evening"
NAME = "phone_2017-12-14_evening"
START = "2017-12-14T21:00:00Z"
TACTICS = pd.DataFrame({
    "tactic": ["walk", "stops", "talk", "old", "arrest", "later"],
    "name": ["Walk <b>the box</b>", "[% now() %] be near stops", "O'Talk", "Expired", "Arrest", "Not approved"],
    "crime_types": [[], ["robbery"], ["theft", "burglary"], [], [], []],
    "approved_by": ["Board", "Board", "Board", "Board", "Board", None],
    "reviewed": "2017-06-01", "expires": [None, None, DATE, "2017-12-13", None, None],
    "enforcement": [False, False, False, False, True, False], "sort_order": range(6)})


@pytest.fixture
def workspace(full):
    """A planned workspace with tactics of every kind, boxes of several types, and a box of a unit of its own."""
    with open_workspace(full) as workspace:
        patrols = workspace.read("patrols", where={"shift_date": DATE, "shift": SHIFT}, order_by=["patrol_id"])
        patrols["crime_type"] = np.resize(["robbery", "theft", "gunfire", "burglary"], len(patrols))
        patrols.loc[0, "unit"] = "7-C"
        with workspace.transaction() as writer:
            writer.delete("tactics", {"tactic": list(workspace.read("tactics")["tactic"])})
            writer.append("tactics", TACTICS)
            writer.upsert("patrols", patrols)
        yield workspace


@pytest.fixture
def unpacked(workspace, tmp_path):
    """The folder of the unpacked ZIP, somewhere else than where it was made."""
    phone_project.write_phone(workspace, DATE, SHIFT, str(tmp_path / "plan.zip"))
    with zipfile.ZipFile(tmp_path / "plan.zip") as archive:
        assert sorted(archive.namelist()) == [NAME + ".gpkg", NAME + ".qgz"]
        archive.extractall(tmp_path / "Imported Projects" / "plan")
    return tmp_path / "Imported Projects" / "plan"


@pytest.fixture
def opened(unpacked):
    """The project, open as QField has it open, since expressions look for layers there."""
    project = QgsProject.instance()
    assert project.read(str(unpacked / (NAME + ".qgz")))
    yield project
    project.clear()


def layer(project, name):
    found, = project.mapLayersByName(name)
    return found


def added(target, place, moment=None, accuracy=None, **values):
    """Add a feature with its default values, as QField does; ``moment`` is what its receiver tells."""
    context = target.createExpressionContext()
    if moment is not None:
        scope = QgsExpressionContextScope()
        scope.setVariable("gnss_timestamp", QDateTime.fromString(moment.isoformat(), Qt.DateFormat.ISODate))
        scope.setVariable("gnss_horizontal_accuracy", accuracy)
        context.appendScope(scope)
    fields = target.fields()
    feature = QgsVectorLayerUtils.createFeature(
        target, place, {fields.indexOf(name): value for name, value in values.items()}, context)
    assert target.addFeature(feature)
    return feature


def tactics_for(logs, feature):
    config = logs.editorWidgetSetup(logs.fields().indexOf("tactic")).config()
    # An item's own key ends Python 3.13 in PyQt5, so the code comes from the list by the name that is shown.
    codes = {row[config["Value"]]: row[config["Key"]] for row in QgsProject.instance().mapLayer(
        config["Layer"]).getFeatures()}
    return {codes[item.value]: item.value for item in QgsValueRelationFieldFormatter.createCache(config, feature)}


def test_it_opens_with_all_its_layers_and_nobody_can_change_the_plan(opened, workspace):
    layers = opened.mapLayers().values()
    assert layers and all(one.isValid() and NAME in one.source() for one in layers)
    mine = {"My track", "Tactics used"}
    for one in layers:
        assert one.readOnly() is (one.name() not in mine), one.name()
        assert one.startEditing() is (one.name() in mine)
        one.rollBack()
        locks = {one.customProperty("QFieldSync/" + name) for name in (
            "is_geometry_locked", "is_feature_addition_locked", "is_attribute_editing_locked",
            "is_geometry_editing_locked", "is_feature_deletion_locked")}
        assert one.name() in mine or locks == {True}
    order = [one.name() for one in opened.layerTreeRoot().layerOrder()]
    assert order == ["Tactics used", "My track", "Boxes to patrol", "Beats", "Roads", "Railroads", "Water", "Parks"]
    boxes = layer(opened, "Boxes to patrol")
    patrols = workspace.read("patrols", where={"shift_date": DATE, "shift": SHIFT, "status": "planned"})
    assert {feature["box_id"] for feature in boxes.getFeatures()} == set(patrols["box_id"])
    assert all(feature.geometry().area() == pytest.approx(62500) for feature in boxes.getFeatures())
    assert layer(opened, "Beats").featureCount() == 4
    assert opened.crs().authid() == workspace.settings.crs and opened.title() == "Evening, 2017-12-14"


def test_boxes_have_the_colours_of_the_map_the_dock_and_the_sheets(opened, workspace):
    boxes = layer(opened, "Boxes to patrol")
    colours = dict(workspace.crime_types[["crime_type", "colour"]].to_numpy())
    assert {category.value(): category.symbol().color().name()
            for category in boxes.renderer().categories()} == colours
    package = make_package(workspace, DATE, SHIFT)
    assert {patrol.box_id: colours[patrol.crime_type] for patrol in package.patrols} == {
        feature["box_id"]: feature["colour"] for feature in boxes.getFeatures()}


def test_qfields_own_settings(opened):
    boxes, logs, track = (layer(opened, name) for name in ("Boxes to patrol", "Tactics used", "My track"))
    assert opened.readBoolEntry("qfieldsync", "/geofencingIsActive") == (True, True)
    assert opened.readEntry("qfieldsync", "/geofencingLayer")[0] == boxes.id()
    assert opened.readNumEntry("qfieldsync", "/geofencingBehavior")[0] == 3
    assert opened.readEntry("qfieldsync", "/initialActiveLayer")[0] == logs.id()
    assert track.customProperty("QFieldSync/tracking_session_active") is True
    assert track.customProperty("QFieldSync/tracking_time_requirement_active") is True
    assert int(track.customProperty("QFieldSync/tracking_time_requirement_interval_seconds")) == 5
    assert boxes.displayExpression() == '"title"'
    titles = [feature["title"] for feature in boxes.getFeatures()]
    assert len(set(titles)) == len(titles) and all(" · " in title for title in titles)


def test_the_form_knows_box_unit_and_time_and_offers_the_approved_tactics_only(opened):
    boxes, logs = layer(opened, "Boxes to patrol"), layer(opened, "Tactics used")
    logs.startEditing()
    wanted = {"robbery": {"walk", "stops"}, "theft": {"walk", "talk"}, "burglary": {"walk", "talk"}}
    seen = set()
    for box in boxes.getFeatures():
        feature = added(logs, box.geometry().centroid(), pd.Timestamp(START))
        assert feature["box_id"] == box["box_id"] and feature["crime_type"] == box["crime_type"]
        assert feature["unit"] == box["unit"] and feature["at_utc"] == START
        assert set(tactics_for(logs, feature)) == wanted.get(box["crime_type"], {"walk"})
        assert not feature["tactic"], "nothing is chosen beforehand"
        seen.add(box["crime_type"])
    assert len(seen) > 1 and any(box["unit"] == "7-C" for box in boxes.getFeatures())
    config = logs.editorWidgetSetup(logs.fields().indexOf("tactic")).config()
    constraints = logs.fieldConstraints(logs.fields().indexOf("tactic"))
    assert config["AllowNull"] is True and constraints & QgsFieldConstraints.Constraint.ConstraintNotNull
    outside = added(logs, QgsGeometry.fromWkt("POINT (0 0)"))
    assert not outside["box_id"] and set(tactics_for(logs, outside)) == {"walk"}
    logs.rollBack()


def test_the_unit_typed_for_the_track_is_that_of_the_form(opened):
    boxes, logs, track = (layer(opened, name) for name in ("Boxes to patrol", "Tactics used", "My track"))
    place = next(boxes.getFeatures()).geometry().centroid()
    track.startEditing()
    for minute, unit in enumerate(("9-Z", "12-A")):
        added(track, place, pd.Timestamp(START) + pd.Timedelta(minutes=minute), 4.0, unit=unit)
    logs.startEditing()
    assert added(logs, place)["unit"] == "12-A"
    for one in (track, logs):
        one.rollBack()


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata"])
def test_without_a_receivers_time_the_phones_clock_counts_in_utc(opened, monkeypatch, zone):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        logs = layer(opened, "Tactics used")
        logs.startEditing()
        told = pd.Timestamp(added(logs, QgsGeometry.fromWkt("POINT (0 0)"))["at_utc"])
        logs.rollBack()
    finally:
        monkeypatch.undo()
        time.tzset()
    assert abs(told - pd.Timestamp.now(tz="UTC")) < pd.Timedelta(seconds=10)


@pytest.fixture
def used(opened, unpacked, workspace):
    """(GeoPackage after a patrol, box): ten minutes in a box, a fix every five seconds, and one tactic."""
    box = next(layer(opened, "Boxes to patrol").getFeatures())
    track, logs = layer(opened, "My track"), layer(opened, "Tactics used")
    begin, place = pd.Timestamp(START), box.geometry().centroid()
    for one in (track, logs):
        one.startEditing()
    for number in range(121):
        added(track, place, begin + pd.Timedelta(seconds=5 * number), 4.5, unit="12-A")
    added(logs, place, begin + pd.Timedelta(minutes=3), tactic="walk", officer="71")
    for one in (track, logs):
        assert one.commitChanges(), one.commitErrors()
    box_id = box["box_id"]
    opened.clear()
    return unpacked / (NAME + ".gpkg"), box_id


def taken_in(workspace, path, box_id):
    """Import both tables without a word on columns, twice; check what is in the workspace then."""
    for added_now in (True, False):
        fixes = import_gps(workspace, path)
        assert (fixes.read, fixes.rejected) == (121, 0) and fixes.added == 121 * added_now
        visits = find_visits(workspace, DATE, DATE)
        visit, = visits[visits["unit"] == "12-A"].to_dict("records")
        assert visit["box_id"] == box_id and visit["minutes"] == pytest.approx(10.0)
        assert visit["entered_utc"] == pd.Timestamp(START) and visit["patrol_id"].endswith(box_id)
        logs = import_tactics(workspace, path)
        assert (logs.read, logs.rejected, logs.unmatched, logs.unapproved) == (1, 0, 0, 0)
    log, = workspace.read("tactic_log").to_dict("records")
    assert (log["tactic"], log["unit"], log["officer"]) == ("walk", "12-A", "71")
    assert log["at_utc"] == pd.Timestamp(START) + pd.Timedelta(minutes=3) and log["visit_id"] == visit["visit_id"]
    assert workspace.read("gps_fixes")["accuracy"].eq(4.5).all()


def test_what_comes_back_is_taken_in_without_a_mapping(used, workspace):
    taken_in(workspace, *used)


def test_the_folder_as_the_phone_packs_it_is_taken_in(used, workspace, tmp_path):
    packed = tmp_path / "sent.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in used[0].parent.iterdir():
            archive.write(file, "plan/" + file.name)
    taken_in(workspace, packed, used[1])
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr("plan/" + NAME + ".gpkg-wal", b"not yet in the GeoPackage")
    with pytest.raises(Exception, match="close the project on the phone"):
        import_gps(workspace, packed)


def test_a_track_as_gpx_is_taken_in(used, workspace, tmp_path):
    path = tmp_path / "12-A.gpx"
    assert gdal.VectorTranslate(
        str(path), str(used[0]), format="GPX", layerName="track_points", geometryType="POINT", dstSRS="EPSG:4326",
        reproject=True, SQLStatement="SELECT geom, 0 AS track_fid, 0 AS track_seg_id, fid AS track_seg_point_id, "
                                     "at_utc AS time FROM gps_fixes") is not None
    done = import_gps(workspace, path)
    assert (done.added, done.rejected) == (121, 0)
    visits = find_visits(workspace, DATE, DATE)
    visit, = visits[visits["unit"] == "12-A"].to_dict("records")
    assert visit["box_id"] == used[1] and visit["minutes"] == pytest.approx(10.0)


def test_text_from_data_never_acts(workspace, tmp_path, monkeypatch):
    nasty = "<img src=x> [% 1 + 1 %] it's \"quoted\""
    real = rollcall_data.rollcall(workspace, DATE, SHIFT)
    bad = dataclasses.replace(
        real, agency=nasty, shift_name=nasty, crime_types=real.crime_types.assign(name=nasty),
        patrols=real.patrols.assign(where=nasty, beat=nasty, reasons=[[nasty]] * len(real.patrols)))
    monkeypatch.setattr(rollcall_data, "rollcall", lambda *_: bad)
    phone_project.write_phone(workspace, DATE, SHIFT, str(tmp_path / "plan.zip"))
    with zipfile.ZipFile(tmp_path / "plan.zip") as archive:
        archive.extractall(tmp_path / "out")
    project = QgsProject()
    assert project.read(str(tmp_path / "out" / (NAME + ".qgz")))
    boxes = layer(project, "Boxes to patrol")
    for feature in boxes.getFeatures():
        for name in ("title", "where", "reasons", "crime_type_name"):
            assert "<" not in feature[name] and "1 + 1" in feature[name]
    for category in boxes.renderer().categories():
        assert "<" not in category.label() and "[%" not in category.label()
    assert "<" not in project.title() and "[%" not in project.title()
    names = [feature["name"] for feature in layer(project, "Approved tactics").getFeatures()]
    assert "Walk ‹b›the box‹/b›" in names and not any("<" in name for name in names)
    project.clear()


def test_neither_a_person_nor_a_place_of_this_machine_is_in_it(unpacked, tmp_path):
    with zipfile.ZipFile(unpacked / (NAME + ".qgz")) as archive:
        text = "".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
    assert "saveUser" not in text and "<author></author>" in text
    assert str(tmp_path) not in text and ".connect-" not in text and "shotspotter_connect_plugin" not in text
    assert getpass.getuser() not in text[:text.index(">", text.index("<qgis"))]


def test_the_algorithm_writes_it_and_leaves_the_open_project_alone(run, fails, full, tmp_path):
    project = QgsProject.instance()
    before = (project.title(), project.fileName(), project.isDirty(), sorted(project.mapLayers()))
    path = tmp_path / "plan.zip"
    common = {"WORKSPACE": str(full), "DATE": DATE, "FORMAT": "qfield"}
    outputs = run("exportplan", SHIFT=SHIFT, OUTPUT=str(path), **common)
    with open_workspace(full) as workspace:
        assert outputs["PATROLS"] == workspace.count("patrols", {"shift_date": DATE, "shift": SHIFT}) > 0
    assert [name for name in os.listdir(tmp_path) if "plan" in name or name.startswith(".")] == ["plan.zip"]
    assert (project.title(), project.fileName(), project.isDirty(), sorted(project.mapLayers())) == before
    old = Path(path).read_bytes()
    assert "one shift" in fails("exportplan", OUTPUT=str(path), **common)
    assert "must end in .zip" in fails("exportplan", SHIFT=SHIFT, OUTPUT=str(tmp_path / "plan.qgz"), **common)
    assert "no plan" in fails("exportplan", SHIFT=SHIFT, OUTPUT=str(path), **{**common, "DATE": "2017-12-20"})
    assert Path(path).read_bytes() == old
