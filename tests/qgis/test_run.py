"""Each algorithm on real data, as a user or a model runs it."""
import json
import sqlite3
import subprocess

import pytest
from qgis.core import (QgsApplication, QgsCoordinateReferenceSystem, QgsFeature, QgsGeometry, QgsPointXY,
                       QgsProcessingContext, QgsProcessingModelAlgorithm, QgsProcessingModelChildAlgorithm,
                       QgsProcessingModelChildParameterSource, QgsProcessingModelOutput, QgsProcessingModelParameter,
                       QgsProcessingOutputLayerDefinition, QgsProcessingParameterFeatureSource, QgsProcessingUtils,
                       QgsProject, QgsVectorFileWriter, QgsVectorLayer)
from qgis.PyQt.QtCore import QDate
from qgis_runs import BEATS, DATE, Feedback

from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

SHIFTS = ["day", "evening", "midnight"]


def rows(path, table, **where):
    with open_workspace(path) as workspace:
        return workspace.read(table, where=where or None)


def features(layer):
    return {feature["box_id"]: feature for feature in layer.getFeatures()}


# --- fishnet ---------------------------------------------------------------------------------------------------------

def test_fishnet_is_the_same_in_memory_in_a_geopackage_and_in_another_format(run, data, tmp_path):
    context = QgsProcessingContext()
    given = {"INPUT": str(data / "beats.gpkg"), "BEATS": str(data / "beats.gpkg"), "BEAT_FIELD": "NAME"}
    memory = run("fishnet", context=context, OUTPUT="memory:", **given)
    layers = [context.getMapLayer(memory["OUTPUT"])]
    for name in ("boxes.gpkg", "boxes.geojson"):
        outputs = run("fishnet", OUTPUT=str(tmp_path / name), **given)
        assert outputs["OUTPUT"] == str(tmp_path / name) and outputs["BOXES"] == memory["BOXES"]
        layers.append(QgsVectorLayer(outputs["OUTPUT"], name, "ogr"))
    reference = features(layers[0])
    assert len(reference) == memory["BOXES"] > 100
    assert layers[1].crs() == layers[0].crs() == QgsCoordinateReferenceSystem("EPSG:32618")
    for layer in layers[1:]:
        found = features(layer)
        assert set(found) == set(reference)
        for box, feature in found.items():
            for column in ("col", "row", "inside", "beat"):
                assert feature[column] == reference[box][column] or (
                    column == "inside" and feature[column] == pytest.approx(reference[box][column]))
    assert {feature["beat"] for feature in reference.values()} == set(BEATS)
    assert all(feature.geometry().area() == 62500.0 for feature in reference.values())
    found = features(layers[1])
    assert all(found[box].geometry().equals(reference[box].geometry()) for box in reference)


def test_fishnet_geopackage_answers_spatial_queries_by_its_index(run, data, tmp_path):
    path = run("fishnet", INPUT=str(data / "beats.gpkg"), OUTPUT=str(tmp_path / "boxes.gpkg"))["OUTPUT"]
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT rtreecheck('rtree_boxes_geom')").fetchone() == ("ok",)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    layer = QgsVectorLayer(path, "boxes", "ogr")
    assert layer.hasSpatialIndex() == layer.hasSpatialIndex().SpatialIndexPresent
    one = next(layer.getFeatures())
    inside = one.geometry().boundingBox()
    inside.grow(-10)
    assert [feature["box_id"] for feature in layer.getFeatures(inside)] == [one["box_id"]]
    assert layer.startEditing() and layer.deleteFeature(one.id()) and layer.commitChanges()
    assert [feature["box_id"] for feature in layer.getFeatures(inside)] == []


def test_fishnet_ids_do_not_depend_on_extent_or_crs_of_the_input(run, data, tmp_path):
    layer = QgsVectorLayer(str(data / "beats.gpkg"), "beats", "ogr")
    project = QgsProject()
    project.addMapLayer(layer, False)
    whole = features(QgsVectorLayer(run("fishnet", INPUT=layer, project=project, CRS="EPSG:32618",
                                        OUTPUT=str(tmp_path / "whole.gpkg"))["OUTPUT"], "whole", "ogr"))
    layer.setSubsetString("NAME = '603'")
    part = features(QgsVectorLayer(run("fishnet", INPUT=layer, project=project, CRS="EPSG:32618",
                                       OUTPUT=str(tmp_path / "part.gpkg"))["OUTPUT"], "part", "ogr"))
    assert set(part) < set(whole) and len(part) > 20
    assert all(part[box].geometry().equals(whole[box].geometry()) for box in part)


def test_fishnet_works_as_a_step_of_a_model(provider, data, qgis_processing):
    model = QgsProcessingModelAlgorithm("boxes", "test")
    model.addModelParameter(QgsProcessingParameterFeatureSource("AREA", "Area"), QgsProcessingModelParameter("AREA"))
    child = QgsProcessingModelChildAlgorithm("connect:fishnet")
    child.setChildId("net")
    child.addParameterSources("INPUT", [QgsProcessingModelChildParameterSource.fromModelParameter("AREA")])
    child.addParameterSources("SIZE", [QgsProcessingModelChildParameterSource.fromStaticValue(500)])
    output = QgsProcessingModelOutput("boxes")
    output.setChildId("net")
    output.setChildOutputName("OUTPUT")
    child.setModelOutputs({"boxes": output})
    model.addChildAlgorithm(child)
    context, feedback = QgsProcessingContext(), Feedback()
    valid, reasons = model.validate()
    assert valid, reasons
    results, successful = model.run({"AREA": str(data / "beats.gpkg"), "net:boxes": "memory:"}, context, feedback)
    assert successful, feedback.errors
    layer = context.getMapLayer(results["net:boxes"])
    assert layer.featureCount() > 30
    assert next(layer.getFeatures()).geometry().area() == 250000.0


# --- workspace -------------------------------------------------------------------------------------------------------

def test_create_workspace_lays_boxes_and_records_the_run(created):
    boxes = rows(created, "boxes")
    assert set(boxes["beat"].dropna()) == set(BEATS) and len(boxes) > 100
    runs = rows(created, "runs")
    assert runs["algorithm"].tolist() == ["connect:createworkspace"] and runs["result"].tolist() == ["done"]
    assert runs["versions"][0]["QGIS"].startswith("3.") and runs["counts"][0]["boxes"] == len(boxes)
    assert runs["parameters"][0]["BEAT_FIELD"] == "NAME"


def test_configure_changes_exports_and_takes_its_own_export_back(run, fresh, tmp_path, content):
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"settings": {"agency": "Test agency", "cap": 0.4}}))
    outputs = run("configure", WORKSPACE=str(fresh), SETTINGS=str(settings), EXPORT=str(tmp_path / "all.json"))
    assert outputs["CHANGES"] == 2
    exported = json.loads((tmp_path / "all.json").read_text())
    assert exported["settings"]["agency"] == "Test agency" and exported["settings"]["cap"] == 0.4
    before = content(fresh)
    assert run("configure", WORKSPACE=str(fresh), SETTINGS=str(tmp_path / "all.json"))["CHANGES"] == 0
    assert content(fresh) == before


def test_a_configuration_of_nothing_does_not_end_green(fails, fresh, content):
    before = content(fresh)
    assert "nothing to do" in fails("configure", WORKSPACE=str(fresh)) and content(fresh) == before


def test_an_empty_workspace_parameter_means_the_open_projects(run, fresh, tmp_path):
    from shotspotter_connect_plugin.processing import addresses

    project = QgsProject()
    addresses.set_in_project(project, str(fresh))
    export = str(tmp_path / "all.json")
    assert run("configure", project=project, EXPORT=export)["WORKSPACE"] == str(fresh)
    # It goes with the project when both are moved.
    project.write(str(tmp_path / "analyst.qgz"))
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in ("analyst.qgz", fresh.name):
        (tmp_path / name).rename(moved / name)
    other = QgsProject()
    assert other.read(str(moved / "analyst.qgz"))
    assert run("configure", project=other, EXPORT=export)["WORKSPACE"] == str(moved / fresh.name)


# --- imports ---------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("algorithm, name, zone, table", [
    ("importincidents", "incidents.csv.gz", "America/New_York", "incidents"),
    ("importgunfire", "alerts.csv.gz", "UTC", "gunfire")])
def test_import_accounts_for_every_row_and_never_doubles(run, fresh, data, tmp_path, content, algorithm, name, zone,
                                                         table):
    given = {"WORKSPACE": str(fresh), "INPUT": str(data / name), "SOURCE_TIMEZONE": zone,
             "REJECTS": str(tmp_path / "rejects.csv")}
    first = run(algorithm, **given)
    assert first["READ"] == first["ADDED"] + first["UPDATED"] + first["UNCHANGED"] + first["REJECTED"] > 500
    assert len(rows(fresh, table)) == first["ADDED"] > 500
    if first["REJECTED"]:
        assert len((tmp_path / "rejects.csv").read_text().splitlines()) == first["REJECTED"] + 1
    before = content(fresh)
    second = run(algorithm, **given)
    assert (second["ADDED"], second["UPDATED"], second["REJECTED"]) == (0, 0, first["REJECTED"])
    assert rows(fresh, table).equals(rows(fresh, table)) and len(rows(fresh, table)) == first["ADDED"]
    assert len(rows(fresh, "imports")) >= 1
    with open_workspace(fresh) as workspace:
        assert workspace.count("runs", {"algorithm": "connect:" + algorithm}) == 2
        hashes = workspace.read("runs", where={"algorithm": "connect:" + algorithm})["input_hashes"]
    assert hashes[0] == hashes[1] and list(hashes[0]) == [name]
    assert before  # the record of the second import is new; the table itself was compared above


def test_import_takes_a_mapping_as_json_and_as_a_file(run, fresh, tmp_path):
    source = tmp_path / "odd.csv"
    source.write_text("k;what;begun;east;north\nA1;ROBBERY;2017-05-01 10:00;-76.93;38.89\n"
                      "A2;ROBBERY;2017-05-02 11:00;-76.93;38.89\n")
    mapping = {"incident_id": "k", "crime_type": "what", "occurred_from": "begun", "x": "east", "y": "north"}
    given = {"WORKSPACE": str(fresh), "INPUT": str(source), "SOURCE_CRS": "EPSG:4326",
             "SOURCE_TIMEZONE": "America/New_York"}
    assert run("importincidents", MAPPING=json.dumps(mapping), **given)["ADDED"] == 2
    (tmp_path / "mapping.json").write_text(json.dumps(mapping))
    assert run("importincidents", MAPPING=str(tmp_path / "mapping.json"), **given)["UNCHANGED"] == 2
    assert rows(fresh, "incidents")["crime_type"].tolist() == ["robbery", "robbery"]


def test_import_takes_a_loaded_layer_with_and_without_a_file(run, fresh, data, tmp_path):
    memory = QgsVectorLayer("Point?crs=EPSG:4326&field=ID:string&field=TYPE:string&field=DATETIME:string", "alerts",
                            "memory")
    for number in range(3):
        feature = QgsFeature(memory.fields())
        feature.setAttributes([str(number), "Multiple Gunshots", f"2017-06-0{number + 1}T02:00:00Z"])
        feature.setGeometry(QgsGeometry.fromPointXY(QgsPointXY(-76.93, 38.89)))
        memory.dataProvider().addFeature(feature)
    given = {"WORKSPACE": str(fresh), "SOURCE_TIMEZONE": "UTC"}
    project = QgsProject()
    project.addMapLayer(memory, False)
    assert run("importgunfire", project=project, INPUT=memory, **given)["ADDED"] == 3
    assert run("importgunfire", project=project, INPUT=memory.id(), **given)["UNCHANGED"] == 3
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName, options.layerName = "GPKG", "night"
    path = str(tmp_path / "alerts.gpkg")
    QgsVectorFileWriter.writeAsVectorFormatV3(memory, path, project.transformContext(), options)
    stored = QgsVectorLayer(path + "|layername=night", "stored", "ogr")
    project.addMapLayer(stored, False)
    assert run("importgunfire", project=project, INPUT=stored, **given)["UNCHANGED"] == 3
    assert rows(fresh, "imports")["input"].tolist()[-1].startswith("alerts.gpkg")
    stored.setSubsetString("ID = '1'")
    assert run("importgunfire", project=project, INPUT=stored, **given)["READ"] == 1


def test_import_places_names_boxes(run, fresh, sample):
    outputs = run("importplaces", WORKSPACE=str(fresh), INPUT=str(sample / "places" / "metro_station.geojson"),
                  KIND="metro_station")
    assert outputs["READ"] == outputs["ADDED"] + outputs["REJECTED"] == 40
    assert outputs["ADDED"] == len(rows(fresh, "places", kind="metro_station")) > 0
    assert rows(fresh, "boxes")["where"].notna().any()
    again = run("importplaces", WORKSPACE=str(fresh), INPUT=str(sample / "places" / "metro_station.geojson"),
                KIND="metro_station")
    assert (again["ADDED"], again["UNCHANGED"]) == (0, outputs["ADDED"])


# --- forecast and draw -----------------------------------------------------------------------------------------------

def test_train_again_gives_the_same_model(run, full, tmp_path):
    given = {"WORKSPACE": str(full), "AS_OF": DATE, "CRIME_TYPES": "robbery, theft", "SEED": 7}
    one = run("train", MODEL_CARD=str(tmp_path / "card.html"), **given)["MODEL_ID"]
    assert run("train", **given)["MODEL_ID"] == one
    assert "robbery" in (tmp_path / "card.html").read_text().lower()
    assert len(rows(full, "models", model_id=one)) == 1


def test_score_gives_a_layer_of_boxes(run, full, tmp_path):
    outputs = run("score", WORKSPACE=str(full), DATE=QDate(2017, 12, 14), SHIFT="evening",
                  OUTPUT=str(tmp_path / "forecast.gpkg"))
    layer = QgsVectorLayer(outputs["OUTPUT"], "forecast", "ogr")
    boxes, types = rows(full, "boxes"), rows(full, "crime_types", enabled=True)
    assert layer.featureCount() == len(boxes)
    assert outputs["ROWS"] == len(boxes) * len(types)
    names = layer.fields().names()
    assert {"box_id", "where", "crime_type", "expected", "low", "high", "percentile", "reasons", "harm",
            *("expected_" + code for code in types["crime_type"])} <= set(names)
    stored = rows(full, "forecasts", shift_date=DATE, shift="evening").set_index(["box_id", "crime_type"])
    for feature in layer.getFeatures():
        row = stored.loc[(feature["box_id"], feature["crime_type"])]
        assert (feature["expected"], feature["low"], feature["high"]) == (row["expected"], row["low"], row["high"])
        assert feature["low"] <= feature["expected"] <= feature["high"]
        assert feature["expected_theft"] == stored.loc[(feature["box_id"], "theft")]["expected"]
        assert feature.geometry().area() == 62500.0


@pytest.mark.parametrize("algorithm, renderer_field", [("score", "crime_type"), ("meter", "crime_type")])
def test_output_is_styled_when_qgis_loads_it(run, full, algorithm, renderer_field):
    """As the desktop does it: a sink that is loaded on completion, then the post-processor."""
    context, feedback, project = QgsProcessingContext(), Feedback(), QgsProject()
    context.setProject(project)
    definition = QgsProcessingOutputLayerDefinition("memory:", project)
    alg = QgsApplication.processingRegistry().createAlgorithmById("connect:" + algorithm)
    results, successful = alg.run({"WORKSPACE": str(full), "DATE": DATE, "SHIFT": "day", "OUTPUT": definition}, context,
                                  feedback)
    assert successful, feedback.errors
    (layer_id, details), = context.layersToLoadOnCompletion().items()
    layer = QgsProcessingUtils.mapLayerFromString(layer_id, context)
    details.postProcessor().postProcessLayer(layer, context, feedback)
    assert layer.renderer().classAttribute() == renderer_field
    assert {category.value() for category in layer.renderer().categories()} >= {"gunfire", "theft", "robbery"}


def test_meter_draws_once_and_the_layer_is_the_plan(run, full, tmp_path):
    given = {"WORKSPACE": str(full), "DATE": DATE, "OUTPUT": str(tmp_path / "plan.gpkg")}
    before = rows(full, "patrols")
    outputs = run("meter", **given)
    assert (outputs["DRAWN"], outputs["PATROLS"]) == (0, len(before)) and len(before) == 2 * len(BEATS) * 3
    layer = QgsVectorLayer(outputs["OUTPUT"], "plan", "ogr")
    assert {feature["patrol_id"] for feature in layer.getFeatures()} == set(before["patrol_id"])
    assert {feature["shift"] for feature in layer.getFeatures()} == set(SHIFTS)
    assert rows(full, "patrols").equals(before)


def test_meter_takes_boxes_cap_and_a_test_seed(run, full):
    run("score", WORKSPACE=str(full), DATE="2017-12-20", SHIFT="day")
    outputs = run("meter", WORKSPACE=str(full), DATE="2017-12-20", SHIFT="day", BOXES=1, CAP=0.3, SEED="abc")
    assert outputs["PATROLS"] == len(BEATS)
    draw = rows(full, "draws", shift_date="2017-12-20").iloc[0]
    assert not draw["lottery"] and draw["seed"] == "abc"
    boxes = rows(full, "draw_boxes", draw_id=draw["draw_id"])
    assert boxes["inclusion_probability"].max() <= 0.3 + 1e-12


def test_a_redraw_needs_a_reason_and_keeps_both_draws(run, fails, full, content):
    before = content(full)
    assert "REASON" in fails("meter", WORKSPACE=str(full), DATE=DATE, SHIFT="day", REDRAW=True)
    assert content(full) == before
    assert run("meter", WORKSPACE=str(full), DATE=DATE, SHIFT="day", REDRAW=True, REASON="Road closed")["DRAWN"] == 1
    draws = rows(full, "draws", shift_date=DATE, shift="day")
    assert len(draws) == 2 and "Road closed" in draws["reason"].tolist()
    assert run("verifydraw", WORKSPACE=str(full), DATE=DATE)["VERIFIED"] is True


@pytest.mark.parametrize("statement", [
    "UPDATE draw_boxes SET inclusion_probability = inclusion_probability * 1.01 WHERE selected",
    "UPDATE draw_boxes SET selected = NOT selected",
    "UPDATE draw_boxes SET harm = harm + 1 WHERE rowid = (SELECT min(rowid) FROM draw_boxes WHERE eligible)",
    "UPDATE draws SET seed = 'changed'",
    "DELETE FROM patrols WHERE rowid = (SELECT min(rowid) FROM patrols)"])
def test_verify_draw_is_true_and_false_after_any_change(run, full, statement):
    given = {"WORKSPACE": str(full), "DATE": DATE}
    assert run("verifydraw", **given)["VERIFIED"] is True
    with sqlite3.connect(full) as connection:
        # Whoever forges a file can drop its triggers; that is why a draw can be replayed.
        for name, in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN "
                                        "('draw_boxes', 'draws', 'patrols')").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        assert connection.execute(statement).rowcount > 0
    connection.close()
    feedback = Feedback()
    assert run("verifydraw", feedback=feedback, **given)["VERIFIED"] is False
    assert feedback.warnings


def test_dates_are_taken_as_text_and_as_qt_dates_and_an_empty_one_is_today(run, fails, full):
    for date in (DATE, QDate(2017, 12, 14)):
        assert run("verifydraw", WORKSPACE=str(full), DATE=date)["VERIFIED"] is True
    with open_workspace(full) as workspace:
        import pandas as pd
        today = workspace.calendar.to_local([pd.Timestamp.now(tz="UTC")])[0].date().isoformat()
    assert today in fails("verifydraw", WORKSPACE=str(full))


# --- sheets and the whole day ----------------------------------------------------------------------------------------

def text_of(pdf):
    return subprocess.run(["pdftotext", "-layout", str(pdf), "-"], capture_output=True, text=True, check=True).stdout


def test_roll_call_prints_a_page_per_beat(run, full, tmp_path):
    outputs = run("rollcall", WORKSPACE=str(full), DATE=DATE, SHIFT="evening", OUTPUT=str(tmp_path / "sheets.pdf"))
    text = text_of(outputs["OUTPUT"])
    patrols = rows(full, "patrols", shift_date=DATE, shift="evening")
    assert outputs["PATROLS"] == len(patrols)
    assert text.count("\f") >= len(BEATS)
    assert all(beat in text for beat in BEATS) and all(box in text for box in patrols["box_id"])
    one = run("rollcall", WORKSPACE=str(full), DATE=DATE, SHIFT="evening", BEAT="603", OUTPUT=str(tmp_path / "one.pdf"))
    assert one["PATROLS"] == 2 and text_of(one["OUTPUT"]).count("\f") == 1


def test_daily_does_a_date_once_and_may_be_run_again(run, full, tmp_path):
    date, folder = "2017-12-15", tmp_path / "day"
    given = {"WORKSPACE": str(full), "DATE": date, "OUTPUT": str(folder)}
    first = run("daily", **given)
    assert (first["DRAWN"], first["PATROLS"]) == (3, 2 * len(BEATS) * 3)
    names = {path.name for path in folder.iterdir()}
    assert names == {f"plan_{date}.gpkg", f"plan_{date}.qgz",
                     *(f"rollcall_{date}_{shift}.pdf" for shift in SHIFTS)}
    tables = ("draws", "draw_boxes", "patrols", "forecasts", "commitments", "models")
    before = {table: rows(full, table) for table in tables}
    second = run("daily", **given)
    assert (second["DRAWN"], second["PATROLS"]) == (0, first["PATROLS"])
    assert all(rows(full, table).equals(before[table]) for table in tables)
    assert {path.name for path in folder.iterdir()} == names
    project = QgsProject()
    assert project.read(second["PROJECT"])
    layers = project.mapLayers().values()
    assert len(layers) > 5 and all(layer.isValid() for layer in layers)
    from shotspotter_connect_plugin.workspace.steps.daily_run import newest_plan
    with open_workspace(full) as workspace:
        assert newest_plan(workspace)[::2] == (date, second["PROJECT"])


def test_daily_trains_when_there_is_no_model(run, fresh, data, tmp_path):
    run("importincidents", WORKSPACE=str(fresh), INPUT=str(data / "incidents.csv.gz"),
        SOURCE_TIMEZONE="America/New_York")
    feedback = Feedback()
    outputs = run("daily", feedback=feedback, WORKSPACE=str(fresh), DATE=DATE, OUTPUT=str(tmp_path / "day"))
    assert outputs["DRAWN"] == 3 and len(rows(fresh, "models")) == 1
    assert any("raining" in line for line in feedback.said)
    assert rows(fresh, "models")["as_of_utc"].iloc[0].isoformat() == "2017-12-14T10:00:00+00:00"
