"""READ = ADDED + UPDATED + UNCHANGED + REJECTED and the reasons add up, whatever is in a file, for every importer."""
import json

import pandas as pd
import pytest
from examples import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_towns import area, new_town
from public_exports import adds_up
from shapely.geometry import Point, box, mapping

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.workspace.imports.calendar_import import import_calendar
from shotspotter_connect_plugin.workspace.imports.coverage_import import import_sensor_coverage
from shotspotter_connect_plugin.workspace.imports.gps_import import import_gps
from shotspotter_connect_plugin.workspace.imports.gunfire_import import import_gunfire
from shotspotter_connect_plugin.workspace.imports.incident_import import import_incidents
from shotspotter_connect_plugin.workspace.imports.neighbourhood_import import import_neighbourhoods
from shotspotter_connect_plugin.workspace.imports.place_import import import_places
from shotspotter_connect_plugin.workspace.imports.roster_import import import_roster
from shotspotter_connect_plugin.workspace.imports.tactic_import import import_tactics
from shotspotter_connect_plugin.workspace.store.layers import read_vector

TABLES = ("incidents", "gunfire", "gps_fixes", "roster", "tactic_log", "calendar", "places", "sensor_coverage",
          "neighbourhoods")
_TIMES = ["2023-03-14 08:00", "2023-03-14 08:01", "2023-11-05 01:30", "2023-03-12 02:30", "", "soon",
          "1901-01-01 00:00", "2999-01-01 00:00", "2023-03-14"]
_X, _Y = ["-77.03", "-77.0301", "0", "", "west", "-7.7", "-77.03000001"], ["38.9", "38.9001", "0", "", "138.9"]
COLUMNS = {
    "incidents": {"id": ["1", "2", "", "n/a"], "offense": ["ROBBERY", "THEFT/OTHER", "LOST PROPERTY", "", "BURGLARY"],
                  "occurred": _TIMES, "longitude": _X, "latitude": _Y},
    "gunfire": {"id": ["1", "2", ""], "type": ["Multiple Gunshots", "Single Gunshot", "Fireworks", "", "Not Gunfire"],
                "datetime": _TIMES, "rounds": ["1", "5", "-1", ""], "longitude": _X, "latitude": _Y},
    "gps_fixes": {"unit": ["3A12", "3A14", "", "12.0"], "time": _TIMES, "longitude": _X, "latitude": _Y,
                  "accuracy": ["5", "50", ""]},
    "roster": {"unit": ["3A12", "3A14", ""], "badge": ["4411", "4411, 4412", "4413/Roe", "", "4412"],
               "date": ["2023-03-14", "2023-11-04", "", "soon"], "shift": ["night", "Mids", "day", "lunch", ""],
               "start": ["22", "0030", "", "late"], "end": ["0600", "6:00 AM", "", "never"]},
    "tactic_log": {"id": ["1", "2", ""], "badge": ["4411", "4412/4413", ""], "unit": ["3A12", ""],
                   "tactic": ["Foot patrol", "Standing about", ""], "at": _TIMES,
                   "duration": ["15 min", "0:20", "", "x"]},
    "calendar": {"date": ["2023-07-04", "2023-12-25", "", "soon"], "kind": ["holiday", "event", "x", ""],
                 "name": ["Independence Day", "Game", ""], "value": ["1", "40000", "", "many"]},
}
IMPORTERS = {"incidents": import_incidents, "gunfire": import_gunfire, "gps_fixes": import_gps, "roster": import_roster,
             "tactic_log": import_tactics, "calendar": import_calendar}
_SHAPES = [None, Point(-77.03, 38.9).buffer(0.01), Point(-77.04, 38.9).buffer(0.01), Point(-10, 38.9).buffer(0.01)]
LAYERS = {
    "places": ({"name": ["Corner store", "", "Metro"], "placeid": ["1", "2", ""]},
               [None, Point(-77.03, 38.9), Point(-77.031, 38.9), Point(-10, 38.9)],
               lambda workspace, table: import_places(workspace, table, "bar")),
    "sensor_coverage": ({"area": ["A", "B", ""], "from": ["2020-01-01", "2021-06", "", "soon"],
                         "to": ["2022-01-01", "2019-01-01", ""]}, _SHAPES, import_sensor_coverage),
    "neighbourhoods": ({"name": ["Shaw", "Navy Yard", ""], "pop": ["10", "", "-1", "many"]}, _SHAPES,
                       lambda workspace, table: import_neighbourhoods(workspace, table, "name", "pop")),
}
made_up = settings(max_examples=examples(15), deadline=None,
                   suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    path = tmp_path_factory.mktemp("town") / "town.gpkg"
    with new_town(path, area(box(-77.12, 38.79, -76.9, 39.0), "EPSG:4326"), timezone="America/New_York",
                  size=1000) as workspace:
        yield workspace


def emptied(workspace):
    with workspace.transaction() as writer:
        for table in (*TABLES, "imports"):
            writer.delete(table)
    return workspace


def judge(workspace, take):
    """Import twice: sums hold; a file of which nothing was taken says why and writes nothing; again changes nothing."""
    try:
        result = take()
    except ConnectError as error:
        assert error.user.endswith((".", "}")) and not workspace.count("imports"), error.user
        assert all(workspace.count(table) == 0 for table in TABLES)
        return None
    assert adds_up(result) and sum(result.reasons.values()) == result.rejected, (result.counts, result.reasons)
    assert result.rejected < result.read
    again = take()
    assert adds_up(again) and sum(again.reasons.values()) == again.rejected
    assert (again.added, again.updated) == (0, 0), (again.counts, result.counts)
    assert (again.read, again.rejected) == (result.read, result.rejected)
    return result


def rows_of(columns):
    return st.lists(st.fixed_dictionaries({name: st.sampled_from(values) for name, values in columns.items()}),
                    min_size=1, max_size=12)


@pytest.mark.parametrize("table", IMPORTERS)
def test_files(town, tmp_path, table):
    taken = []

    @made_up
    @given(rows_of(COLUMNS[table]))
    def check(rows):
        pd.DataFrame(rows).to_csv(tmp_path / "made.csv", index=False)
        workspace = emptied(town)
        result = judge(workspace, lambda: IMPORTERS[table](workspace, tmp_path / "made.csv"))
        if result is not None:
            taken.append(result)
            assert result.read <= len(rows)
            rejected = pd.read_csv(result.rejects, keep_default_na=False) if result.rejects else pd.DataFrame()
            assert len(rejected) == result.rejected
            assert list(rejected)[:3] == ["line", "column", "reason"] or not len(rejected)
    check()
    assert taken, "every made file was refused whole: nothing was tested"


@pytest.mark.parametrize("table", LAYERS)
def test_layers(town, tmp_path, table):
    columns, shapes, take = LAYERS[table]

    @made_up
    @given(rows_of({**columns, "geometry": shapes}))
    def check(rows):
        path = tmp_path / "made.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": [
            {"type": "Feature", "properties": {name: row[name] for name in columns},
             "geometry": row["geometry"] and mapping(row["geometry"])} for row in rows]}))
        workspace = emptied(town)
        judge(workspace, lambda: take(workspace, read_vector(path)))
    check()


def test_folders(town, tmp_path):
    folder = tmp_path / "fixes"
    folder.mkdir()

    @made_up
    @given(st.lists(rows_of(COLUMNS["gps_fixes"]), min_size=1, max_size=3))
    def check(files):
        for path in folder.iterdir():
            path.unlink()
        for number, rows in enumerate(files):
            pd.DataFrame(rows).to_csv(folder / f"{number}.csv", index=False)
        workspace = emptied(town)
        judge(workspace, lambda: import_gps(workspace, folder))
    check()


def test_rejects_name_the_word_of_an_offence_and_no_other_value(town, tmp_path):
    pd.DataFrame({
        "id": list("abcde"),
        "offense": ["ROBBERY", "PARKING  METER\nEXPIRED", "=HYPERLINK(1)", "call 555-123-4567", ""],
        "occurred": ["2023-03-14 08:00"] * 5, "longitude": [-77.03] * 5, "latitude": [38.9, 38.9, 38.9, 38.9, 38.9],
        "disposition": ["", "", "", "", ""]}).to_csv(tmp_path / "a.csv", index=False)
    result = import_incidents(emptied(town), tmp_path / "a.csv")
    rows = pd.read_csv(result.rejects, dtype=str, keep_default_na=False)
    assert result.rejected == len(rows) == 4
    words = dict(zip(rows["line"], rows["word"]))
    assert list(words.values()) == ["PARKING METER EXPIRED", "'=HYPERLINK(1)", "", ""]
    assert "555" not in (tmp_path / result.rejects).read_text() and "-77" not in (tmp_path / result.rejects).read_text()
