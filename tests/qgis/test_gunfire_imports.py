"""Sensor coverage and calendar through Processing."""
import pytest
from qgis.core import QgsFeature, QgsGeometry, QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import QDate

from shotspotter_connect_plugin.workspace.store.workspace import open_workspace


def rows(path, table):
    with open_workspace(path) as workspace:
        return workspace.read(table)


def areas(*features):
    layer = QgsVectorLayer("Polygon?crs=EPSG:4326&field=zone:string&field=live:date&field=gone:date", "areas", "memory")
    for west, zone, live in features:
        feature = QgsFeature(layer.fields())
        feature.setAttributes([zone, live, None])
        feature.setGeometry(QgsGeometry.fromWkt(
            f"Polygon(({west} 38.85, {west + .02} 38.85, {west + .02} 38.95, {west} 38.95, {west} 38.85))"))
        layer.dataProvider().addFeature(feature)
    return layer


def test_sensor_coverage_from_a_layer_with_dates(run, fresh):
    layer = areas((-76.96, "east", QDate(2016, 1, 1)), (-76.98, "west", None))
    given = {"WORKSPACE": str(fresh), "INPUT": layer, "FROM_FIELD": "live", "TO_FIELD": "gone"}
    outputs = run("importsensorcoverage", **given)
    assert (outputs["READ"], outputs["ADDED"], outputs["REJECTED"]) == (2, 2, 0)
    kept = rows(fresh, "sensor_coverage").set_index("area")
    assert kept["from_date"].to_dict() == {"east": "2016-01-01", "west": None} and kept["to_date"].isna().all()
    assert run("importsensorcoverage", **given)["UNCHANGED"] == 2
    record = rows(fresh, "runs").iloc[-1]
    assert record["algorithm"] == "connect:importsensorcoverage" and record["counts"]["unchanged"] == 2


@pytest.mark.parametrize("layer, words", [
    (lambda: QgsVectorLayer("Point?crs=EPSG:4326", "points", "memory"), "polygons"),
    (lambda: areas(), "empty"), (lambda: areas((12.5, "Rome", None)), "outside the jurisdiction")])
def test_bad_coverage_gets_one_sentence(fails, fresh, every_byte, layer, words):
    before = every_byte(fresh)
    assert words in fails("importsensorcoverage", WORKSPACE=str(fresh), INPUT=layer())
    assert every_byte(fresh) == before


def test_calendar_from_a_file_and_from_a_layer(run, fresh, tmp_path):
    path = tmp_path / "school.csv"
    path.write_text("period,first day,last day,contact phone\nWinter break,2017-12-23,2018-01-01,202-555-0143\n")
    outputs = run("importcalendar", WORKSPACE=str(fresh), INPUT=str(path), MAPPING="school")
    assert (outputs["READ"], outputs["ADDED"], outputs["DROPPED_COLUMNS"]) == (1, 1, "contact phone")
    assert len(rows(fresh, "calendar")) == 10
    layer = QgsVectorLayer("Point?crs=EPSG:4326&field=event:string&field=date:date&field=attendance:integer", "events",
                           "memory")
    feature = QgsFeature(layer.fields())
    feature.setAttributes(["Game", QDate(2017, 12, 14), 20000])
    feature.setGeometry(QgsGeometry.fromWkt("Point(-76.955 38.89)"))
    layer.dataProvider().addFeature(feature)
    project = QgsProject()
    project.addMapLayer(layer, False)
    outputs = run("importcalendar", project=project, WORKSPACE=str(fresh), INPUT=layer)
    assert outputs["ADDED"] == 1
    event = rows(fresh, "calendar").set_index("kind").loc["event"]
    assert (event["date"], event["value"]) == ("2017-12-14", 20000) and event["x"] > 0
    assert run("importcalendar", project=project, WORKSPACE=str(fresh), INPUT=layer)["UNCHANGED"] == 1


def test_a_calendar_that_does_not_tell_what_it_holds(fails, fresh, tmp_path, every_byte):
    path = tmp_path / "some.csv"
    path.write_text("date,thing\n2017-01-01,A\n")
    before = every_byte(fresh)
    assert "MAPPING" in fails("importcalendar", WORKSPACE=str(fresh), INPUT=str(path))
    assert every_byte(fresh) == before
