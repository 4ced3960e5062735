"""Bad input gets one sentence that says what to do, and the workspace stays as it was."""
import json
import shutil
import socket
import sqlite3

import pytest
from qgis.core import (QgsCoordinateReferenceSystem, QgsFeature, QgsGeometry, QgsProcessingContext, QgsProject,
                       QgsVectorFileWriter, QgsVectorLayer)
from qgis_runs import DATE, copied

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.processing.imports import file_of
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace


@pytest.fixture
def unchanged(planned, tmp_path_factory, every_byte):
    """Yields the path of a workspace with everything in it; afterwards every byte must be the same."""
    full = copied(planned, tmp_path_factory.mktemp("unchanged"))
    before, files = every_byte(full), {path.name for path in full.parent.iterdir()}
    yield full
    assert every_byte(full) == before
    assert {path.name for path in full.parent.iterdir()} == files


def layer_of(kind, crs, wkt=None):
    layer = QgsVectorLayer(kind + "?crs=" + crs, "layer", "memory")
    if not crs:
        layer.setCrs(QgsCoordinateReferenceSystem())
    if wkt:
        feature = QgsFeature(layer.fields())
        feature.setGeometry(QgsGeometry.fromWkt(wkt))
        layer.dataProvider().addFeature(feature)
        layer.updateExtents()
    return layer


SQUARE = "Polygon((-77 38.88, -76.98 38.88, -76.98 38.9, -77 38.9, -77 38.88))"


@pytest.mark.parametrize("layer, words", [
    (lambda: "/no/such/file.gpkg", "/no/such/file.gpkg"),
    (lambda: layer_of("Point", "EPSG:4326", "Point(-77 38.9)"), "polygons"),
    (lambda: layer_of("LineString", "EPSG:4326", "LineString(-77 38.9, -76 38.9)"), "polygons"),
    (lambda: layer_of("Polygon", "", SQUARE), "coordinate reference system"),
    (lambda: layer_of("Polygon", "EPSG:4326"), "empty")],
    ids=["missing file", "points", "lines", "no CRS", "empty"])
@pytest.mark.parametrize("algorithm, name", [("fishnet", "INPUT"), ("createworkspace", "JURISDICTION")])
def test_bad_polygon_layers(fails, tmp_path, algorithm, name, layer, words):
    target = tmp_path / "new.gpkg"
    rest = {"OUTPUT": str(target)} if algorithm == "fishnet" else {"WORKSPACE": str(target), "TIMEZONE": "UTC"}
    sentence = fails(algorithm, **{name: layer()}, **rest)
    assert words in sentence
    assert list(tmp_path.iterdir()) == []


def test_a_file_without_a_crs(fails, tmp_path):
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "ESRI Shapefile"
    path = tmp_path / "area.shp"
    QgsVectorFileWriter.writeAsVectorFormatV3(layer_of("Polygon", "EPSG:4326", SQUARE), str(path),
                                              QgsProject.instance().transformContext(), options)
    (tmp_path / "area.prj").unlink()
    sentence = fails("fishnet", INPUT=str(path), OUTPUT=str(tmp_path / "boxes.gpkg"))
    assert "coordinate reference system" in sentence and "area" in sentence
    assert not (tmp_path / "boxes.gpkg").exists()


@pytest.mark.parametrize("layer, words", [
    (lambda: "/no/such/places.geojson", "/no/such/places.geojson"),
    (lambda: layer_of("LineString", "EPSG:4326", "LineString(-77 38.9, -76 38.9)"), "points"),
    (lambda: layer_of("Point", "", "Point(-77 38.9)"), "coordinate reference system"),
    (lambda: layer_of("Point", "EPSG:4326"), "empty")], ids=["missing file", "lines", "no CRS", "empty"])
def test_bad_places(fails, unchanged, layer, words):
    assert words in fails("importplaces", WORKSPACE=str(unchanged), INPUT=layer(), KIND="bar")


@pytest.mark.parametrize("crs, words", [("EPSG:3857", "194"), ("EPSG:4326", "metres"), ("EPSG:2263", "metres")])
def test_a_crs_in_which_250_metres_are_not_250_metres(fails, data, tmp_path, crs, words):
    sentence = fails("fishnet", INPUT=str(data / "beats.gpkg"), CRS=crs, OUTPUT=str(tmp_path / "boxes.gpkg"))
    assert crs in sentence and words in sentence
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("algorithm", ["importincidents", "importgunfire"])
@pytest.mark.parametrize("name, text, words", [
    ("missing.csv", None, "missing.csv"),
    ("empty.csv", "", "empty"),
    ("strange.csv", "a,b,c\n1,2,3\n", "MAPPING"),
    ("dates.csv", "CCN,OFFENSE,ID,TYPE,START_DATE,DATETIME,LATITUDE,LONGITUDE\n"
                  + "1,ROBBERY,1,Single Gunshot,soon,soon,38.89,-76.93\n" * 20, ""),
    ("noise.xlsx", "this is no workbook", "noise.xlsx")],
    ids=["missing file", "empty file", "unknown columns", "dates that do not parse", "no workbook"])
def test_bad_files(run, fails, unchanged, tmp_path, algorithm, name, text, words):
    path = tmp_path / name
    if text is not None:
        path.write_text(text)
    sentence = fails(algorithm, WORKSPACE=str(unchanged), INPUT=str(path), SOURCE_TIMEZONE="America/New_York",
                     SOURCE_CRS="EPSG:4326")
    assert words.lower() in sentence.lower()


@pytest.mark.parametrize("mapping", ["{not json", "[1, 2]", '{"x": 5}', "/no/such/mapping.json", '{"sex": "SEX"}',
                                     '{"x": "NO_SUCH_COLUMN"}'])
def test_bad_mappings(fails, unchanged, data, mapping):
    fails("importincidents", WORKSPACE=str(unchanged), INPUT=str(data / "incidents.csv.gz"), MAPPING=mapping,
          SOURCE_TIMEZONE="America/New_York")


def test_bad_time_zone(fails, unchanged, data):
    assert "Mars/Olympus" in fails("importincidents", WORKSPACE=str(unchanged), INPUT=str(data / "incidents.csv.gz"),
                                   SOURCE_TIMEZONE="Mars/Olympus")


@pytest.mark.parametrize("algorithm, more", [("score", {}), ("meter", {}), ("verifydraw", {}),
                                             ("rollcall", {"OUTPUT": "x.pdf"}), ("daily", {"OUTPUT": "day"})])
@pytest.mark.parametrize("given, words", [
    ({"DATE": "2019-02-30"}, "2019-02-30"), ({"DATE": "tomorrow"}, "YYYY-MM-DD"),
    ({"DATE": "14.12.2017"}, "YYYY-MM-DD")], ids=["no such day", "a word", "another order"])
def test_bad_dates(fails, unchanged, tmp_path, algorithm, more, given, words):
    more = {name: str(tmp_path / value) for name, value in more.items()}
    assert words in fails(algorithm, WORKSPACE=str(unchanged), **given, **more)


@pytest.mark.parametrize("algorithm, more", [("score", {}), ("meter", {}), ("verifydraw", {}),
                                             ("rollcall", {"OUTPUT": "x.pdf"})])
def test_unknown_shift(fails, unchanged, tmp_path, algorithm, more):
    more = {name: str(tmp_path / value) for name, value in more.items()}
    assert "day, evening, midnight" in fails(algorithm, WORKSPACE=str(unchanged), DATE=DATE, SHIFT="graveyard", **more)


@pytest.mark.parametrize("given", [{"AS_OF": "last week"}, {"AS_OF": "2017-13-01"}, {"CRIME_TYPES": "witchcraft"},
                                   {"AS_OF": "1990-01-01"}], ids=str)
def test_bad_training(fails, unchanged, given):
    fails("train", WORKSPACE=str(unchanged), **given)


def test_score_without_a_model_of_that_time(fails, unchanged):
    assert "Train forecast" in fails("score", WORKSPACE=str(unchanged), DATE="2017-01-05")


def test_meter_without_a_forecast(fails, unchanged):
    assert "core" in fails("meter", WORKSPACE=str(unchanged), DATE="2017-12-19", SHIFT="day")


def test_a_coordinate_system_as_an_import_asks_for_it_is_taken_and_one_that_is_none_is_not_passed_over(
        fails, run, fresh, tmp_path):
    path = tmp_path / "west.csv"
    path.write_text("CCN,OFFENSE,Occurred Date,LATITUDE,LONGITUDE\n" + "".join(
        f"{row},ROBBERY,2017-03-15 10:{row},38.88{row},76.94{row}\n" for row in range(10, 40)))
    given = {"WORKSPACE": str(fresh), "INPUT": str(path)}
    assert "EPSG:999999" in fails("importincidents", SOURCE_CRS="EPSG:999999", **given)
    asked = fails("importincidents", **given).partition("set SOURCE_CRS to ")[2].rstrip(".")
    assert run("importincidents", SOURCE_CRS=asked, **given)["ADDED"] == 30


@pytest.mark.parametrize("settings, words", [
    ("{broken", "JSON"), ('{"settings": {"capp": 0.4}}', "cap"), ('{"settings": {"cap": 7}}', "cap"),
    ('{"settings": {"size": 100}}', "size"), ('{"shifts": [{"shift": "a"}]}', ""), ("[]", "")])
def test_bad_settings(fails, unchanged, tmp_path, settings, words):
    path = tmp_path / "settings.json"
    path.write_text(settings)
    assert words in fails("configure", WORKSPACE=str(unchanged), SETTINGS=str(path))


def test_missing_settings_file(fails, unchanged):
    assert "/no/such.json" in fails("configure", WORKSPACE=str(unchanged), SETTINGS="/no/such.json")


ALL_THAT_OPEN = [("configure", {}), ("train", {}), ("score", {"DATE": DATE}), ("meter", {"DATE": DATE}),
                 ("verifydraw", {"DATE": DATE}), ("importincidents", {"INPUT": "incidents.csv.gz"}),
                 ("importgunfire", {"INPUT": "alerts.csv.gz"}), ("rollcall", {"DATE": DATE, "OUTPUT": "sheets.pdf"}),
                 ("daily", {"DATE": DATE, "OUTPUT": "day"})]


@pytest.mark.parametrize("algorithm, given", ALL_THAT_OPEN, ids=[name for name, _ in ALL_THAT_OPEN])
def test_a_workspace_of_another_version(fails, full, data, tmp_path, algorithm, given):
    with sqlite3.connect(full) as connection:
        connection.execute("UPDATE settings SET value = ? WHERE name = 'schema_version'", (json.dumps(99),))
    connection.close()
    before = full.read_bytes()
    given = {name: str(data / value) if name == "INPUT" else str(tmp_path / value) if name == "OUTPUT" else value
             for name, value in given.items()}
    sentence = fails(algorithm, WORKSPACE=str(full), **given)
    assert "version 99" in sentence and "version 1" in sentence
    assert full.read_bytes() == before
    with pytest.raises(ConnectError):
        open_workspace(full)


@pytest.mark.parametrize("make, words", [
    (lambda folder: folder / "missing.gpkg", "missing.gpkg"),
    (lambda folder: folder, "folder"),
    (lambda folder: write(folder / "text.gpkg", "hello"), "GeoPackage"),
    (lambda folder: shutil.copy(folder / "context.gpkg", folder / "other.gpkg"), "not a workspace")],
    ids=["missing", "a folder", "a text file", "another GeoPackage"])
def test_what_is_no_workspace(fails, fresh, make, words):
    assert words in fails("verifydraw", WORKSPACE=str(make(fresh.parent)), DATE=DATE)


def write(path, text):
    path.write_text(text)
    return path


@pytest.mark.parametrize("address", ["postgresql://me:secret@host/db", "postgresql://host/db?password=secret"])
def test_an_address_with_a_password_is_refused_before_it_gets_into_the_history(fails, address):
    sentence = fails("verifydraw", WORKSPACE=address, DATE=DATE)
    assert "password" in sentence and "secret" not in sentence


def test_no_workspace_at_all(fails):
    assert QgsProject.instance().readEntry("shotspotter_connect", "/workspace", "")[0] == ""
    assert "WORKSPACE" in fails("verifydraw", DATE=DATE)


def test_an_existing_workspace_is_never_overwritten(fails, unchanged, data):
    before = unchanged.read_bytes()
    assert "exists" in fails("createworkspace", WORKSPACE=str(unchanged), JURISDICTION=str(data / "beats.gpkg"),
                             TIMEZONE="UTC")
    assert unchanged.read_bytes() == before


def test_beats_need_their_field_and_a_workspace_its_time_zone(fails, data, tmp_path):
    given = {"WORKSPACE": str(tmp_path / "new.gpkg"), "JURISDICTION": str(data / "beats.gpkg")}
    assert "NAME" in fails("createworkspace", BEATS=str(data / "beats.gpkg"), TIMEZONE="UTC", **given)
    assert "zone" in fails("createworkspace", **given)
    assert "Mars" in fails("createworkspace", TIMEZONE="Mars", **given)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("algorithm, name, given", [
    ("fishnet", "OUTPUT", {}), ("rollcall", "OUTPUT", {"DATE": DATE, "SHIFT": "day"}),
    ("configure", "EXPORT", {}), ("train", "MODEL_CARD", {"AS_OF": DATE, "CRIME_TYPES": "homicide"})])
def test_a_place_that_cannot_be_written(fails, full, data, tmp_path, algorithm, name, given):
    """A file where a folder would have to be: no account, not even root, can write below it."""
    target = {"rollcall": "x.pdf", "fishnet": "x.gpkg"}.get(algorithm, "x.json")
    blocked = write(tmp_path / "file", "in the way") / target
    first = {"INPUT": str(data / "beats.gpkg")} if algorithm == "fishnet" else {"WORKSPACE": str(full)}
    fails(algorithm, **first, **given, **{name: str(blocked)})


def test_a_fault_of_ours_is_called_so_and_its_details_reach_the_log(run, full, monkeypatch, qgis_app):
    """A bug in a step must neither show a stack trace nor be swallowed."""
    from qgis_runs import Failed

    from shotspotter_connect_plugin.workspace.steps import draw_proof

    def broken(*_):
        raise ZeroDivisionError("deep inside")

    monkeypatch.setattr(draw_proof, "verify_draw", broken)
    logged = []

    def keep(message, tag, level):
        logged.append((message, tag))

    qgis_app.messageLog().messageReceived.connect(keep)
    try:
        with pytest.raises(Failed) as error:
            run("verifydraw", WORKSPACE=str(full), DATE=DATE)
    finally:
        qgis_app.messageLog().messageReceived.disconnect(keep)
    assert "fault of ShotSpotter Connect" in str(error.value) and "deep inside" not in str(error.value)
    assert any(tag == "ShotSpotter Connect" and "Traceback" in message and "deep inside" in message
               for message, tag in logged)


@pytest.fixture
def failing_process(process):
    """As ``fails``, of the real qgis_process, which asks QGIS for the layers of a run before it asks the algorithm."""
    def fails(name, **parameters):
        done = process("run", "connect:" + name, "--", *map("{0[0]}={0[1]}".format, parameters.items()))
        assert done.returncode == 1, done.stdout
    return fails


@pytest.mark.parametrize("way", ["fails", "failing_process"])
def test_a_text_names_a_file_that_reaches_nowhere_else(request, way, fresh, tmp_path):
    """Whatever QGIS could open: only formats that hold their rows themselves are, and nobody is asked anything."""
    fails, asked = request.getfixturevalue(way), []
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.settimeout(0.01)
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/x"
        virtual = write(tmp_path / "areas.shp", "<OGRVRTDataSource><OGRVRTLayer "
                                                f"name='x'><SrcDataSource>/vsicurl/{address}"
                        "</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>")
        linked = write(tmp_path / "areas.geojson", json.dumps({
            "type": "FeatureCollection", "crs": {"type": "link", "properties": {"href": address}}, "features": []}))
        texts = (virtual, linked, "/vsicurl/" + address, address + ".geojson", "WFS:" + address,
                 "postgres://host=127.0.0.1 table=x", str(linked) + "|layername=areas")
        runs = [(name, {"WORKSPACE": str(fresh), "INPUT": str(text), **given}) for text in texts for name, given in (
            ("importneighbourhoods", {"NAME_FIELD": "a"}), ("importplaces", {"KIND": "bar"}),
            ("importsensorcoverage", {}))]
        runs += [("createworkspace", {"WORKSPACE": str(tmp_path / "new.gpkg"), "JURISDICTION": str(text),
                                      "TIMEZONE": "UTC"}) for text in texts]
        # A process takes seconds, so each text there comes to one algorithm, and each algorithm to some.
        for name, given in runs if way == "fails" else runs[::4]:
            fails(name, **given)
        with pytest.raises(TimeoutError):
            asked.append(listening.accept())
    assert asked == []


def test_a_layer_that_is_open_in_qgis_may_come_from_anywhere(run, fresh, sample, tmp_path):
    """A virtual layer of the user's own; the importers of files take a copy of what it gives."""
    places = sample / "places" / "school.geojson"
    virtual = write(tmp_path / "schools.vrt", f"<OGRVRTDataSource><OGRVRTLayer name='school'><SrcDataSource>{places}"
                    "</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>")
    layer = QgsVectorLayer(str(virtual), "schools", "ogr")
    assert layer.isValid()
    QgsProject.instance().addMapLayer(layer)
    try:
        assert run("importplaces", WORKSPACE=str(fresh), INPUT=layer.id(), KIND="school")["ADDED"] > 0
        assert file_of(layer, QgsProcessingContext()).endswith(".gpkg")
    finally:
        QgsProject.instance().removeMapLayer(layer.id())
