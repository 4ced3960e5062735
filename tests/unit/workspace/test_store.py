"""What the store keeps comes back as it was, and nothing else gets in."""
import hashlib
import os
import sqlite3
from contextlib import closing

import numpy as np
import pandas as pd
import pytest
from osgeo import ogr
from pandas.testing import assert_frame_equal
from shapely.geometry import LineString, MultiPolygon, Point, box

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.workspace.store import gpkg_schema
from shotspotter_connect_plugin.workspace.store.sql_text import quoted
from shotspotter_connect_plugin.workspace.store.tables import SCHEMA_VERSION, TABLES
from shotspotter_connect_plugin.workspace.store.workspace import Between, open_workspace

TEXTS = ["", " ", "O'Brien \"x\"; DROP TABLE runs; --", "Straße 北京 🚓", "two\nlines\ttab", "NULL", "nan", "0123"]
NUMBERS = [0.0, -1.5, 1e-300, 1.7976931348623157e308, np.pi, 4_300_000.123456789]
WHOLE = [0, -1, 2**53 + 1, -2**63, 2**63 - 1]
OBJECTS = [{}, [], {"ü": [1, 2.5, None, True], "b": {"c": "d'\""}}, [["a"], {"x": None}], "text", 3, False]
MOMENTS = ["1900-01-01T00:00:00.001Z", "2024-03-10T06:59:59.999Z", "2024-11-03T05:30:00Z", "2199-12-31T23:59:59.5Z"]
SHAPES = [box(0, 0, 1.5, 2), box(-5, -5, 1e7, 3)]


def values_of(column, count, unique):
    """``count`` awkward values of a column's type; all different if ``unique``."""
    def turn(choices):
        return [choices[number % len(choices)] for number in range(count)]

    def apart(texts):
        return [text + str(number) for number, text in enumerate(texts)] if unique else texts

    if column.type == "utc":
        moments = pd.Series([pd.Timestamp(text) for text in turn(MOMENTS)])
        moments = moments + pd.to_timedelta(np.arange(count) if unique else 0, unit="ms")
        return moments.astype("datetime64[ns, UTC]")
    return pd.Series({
        "text": lambda: apart(turn(TEXTS)),
        "local": lambda: turn(["2024-11-03T01:30:00", "1999-12-31T23:59:59"]),
        "date": lambda: turn(["2024-02-29", "1970-01-01"]),
        "json": lambda: turn(OBJECTS),
        "integer": lambda: list(range(count)) if unique else turn(WHOLE),
        "real": lambda: turn(NUMBERS),
        "boolean": lambda: turn([True, False]),
    }[column.type](), dtype={"boolean": "boolean", "integer": "Int64", "real": float}.get(column.type, object))


def full_frame(table, count=24):
    """Rows of a table with awkward values and, where they may be, nulls."""
    frame = pd.DataFrame({column.name: values_of(column, count, column.name in table.key) for column in table.columns})
    for number, column in enumerate(table.columns):
        if not column.required and column.name not in table.key:
            frame.loc[(np.arange(count) + number) % 4 == 0, column.name] = None
    if table.geometry == "Point":
        frame["x"], frame["y"] = np.linspace(-180.123, 5e6, count), np.linspace(0.1, 1e7, count)
        frame.loc[::5, ["x", "y"]] = np.nan
    elif table.geometry:
        frame["geometry"] = [SHAPES[number % 2] for number in range(count)]
        frame.loc[3, "geometry"] = None
    return frame


def comparable(frame):
    """Objects that compare by value: nulls are None, geometries WKT."""
    frame = frame.copy()
    if "geometry" in frame:
        frame["geometry"] = [None if shape is None or shape != shape else shape.wkt for shape in frame["geometry"]]
    for name in frame.columns[frame.dtypes == object]:
        column = frame[name]
        frame[name] = pd.Series([None if isinstance(value, float) and value != value else value for value in column],
                                index=column.index, dtype=object)
    return frame


def write(workspace, method, *arguments):
    with workspace.transaction() as writer:
        return getattr(writer, method)(*arguments)


@pytest.mark.parametrize("name", [name for name in TABLES if name != "settings"])
def test_every_type_comes_back_as_it_went_in(workspace, name):
    table, frame = TABLES[name], full_frame(TABLES[name])
    if not table.append_only:
        write(workspace, "delete", name)
    write(workspace, "append", name, frame)
    found = workspace.read(name)
    expected = frame.copy()
    if table.geometry == "MultiPolygon":
        expected["geometry"] = [shape and MultiPolygon([shape]) for shape in expected["geometry"]]
    for column in table.columns:
        if column.type == "integer" and not expected[column.name].isna().any():
            expected[column.name] = expected[column.name].astype("int64")
    assert_frame_equal(comparable(found), comparable(expected), check_exact=True)


def test_an_empty_table_has_its_columns_and_types(workspace):
    incidents = workspace.read("incidents")
    assert list(incidents) == TABLES["incidents"].column_names + ["x", "y"]
    assert str(incidents["occurred_from_utc"].dtype) == "datetime64[ns, UTC]"
    assert incidents["x"].dtype == float
    assert list(workspace.read("neighbourhoods")) == ["neighbourhood", "residents", "boxes", "share_cap",
                                                      "geometry"]


def test_columns_can_be_chosen_and_ordered(workspace, made_incidents):
    frame = made_incidents(50)
    write(workspace, "append", "incidents", frame)
    found = workspace.read("incidents", ["y", "incident_id"], order_by=["crime_type", "occurred_from_utc"])
    expected = frame.sort_values(["crime_type", "occurred_from_utc"])[["y", "incident_id"]]
    assert_frame_equal(found, expected.reset_index(drop=True), check_dtype=False)
    with pytest.raises(KeyError, match="incidents has no column no_such"):
        workspace.read("incidents", ["no_such"])


def test_where(workspace, made_incidents):
    frame = made_incidents(400).assign(shift=lambda rows: np.where(rows.index % 3 == 0, None, "day"))
    write(workspace, "append", "incidents", frame)
    start = frame["occurred_from_utc"]
    low, high = start.sort_values().iloc[[100, 300]]

    def ids(**where):
        return sorted(workspace.read("incidents", where=where)["incident_id"])

    def expected(mask):
        return sorted(frame.loc[mask, "incident_id"])

    assert ids(crime_type="theft") == expected(frame["crime_type"] == "theft")
    assert ids(shift=None) == expected(frame["shift"].isna())
    assert ids(shift=["day", None]) == ids()
    assert ids(incident_id=[]) == []
    assert ids(incident_id=set(frame["incident_id"][:33])) == sorted(frame["incident_id"][:33])
    # low <= value < high, and either end may be open
    assert ids(occurred_from_utc=Between(low, high)) == expected((start >= low) & (start < high))
    assert ids(occurred_from_utc=Between(low)) == expected(start >= low)
    assert ids(occurred_from_utc=Between(None, high)) == expected(start < high)
    assert ids(occurred_from_utc=low) == expected(start == low)
    assert ids(occurred_from_utc=list(start[:5]), crime_type=("theft",)) == expected(
        (frame.index < 5) & (frame["crime_type"] == "theft"))
    # Another zone names the same instant.
    tokyo = Between(low.tz_convert("Asia/Tokyo"), high)
    assert ids(occurred_from_utc=tokyo) == ids(occurred_from_utc=Between(low, high))
    assert workspace.count("incidents", {"crime_type": "theft"}) == (frame["crime_type"] == "theft").sum()
    # More values than SQLite lets a statement bind.
    assert len(ids(incident_id=["x" + str(number) for number in range(40_000)] + ["i7"])) == 1


def test_distinct(workspace):
    rows = pd.DataFrame({"date": ["2024-01-01"] * 4, "kind": ["b", "a", "b", "c"], "name": ["1", "2", "3", None],
                         "value": [1.0, None, 1.0, 2.5]})
    write(workspace, "append", "calendar", rows)
    assert workspace.distinct("calendar", "kind") == ["a", "b", "c"]
    assert workspace.distinct("calendar", "kind", {"name": ["1", None]}) == ["b", "c"]
    assert workspace.distinct("incidents", "crime_type") == []


def test_values_are_never_sql(workspace):
    evil = "x'); DROP TABLE incidents; --"
    write(workspace, "append", "places", pd.DataFrame({"kind": [evil, "bar"], "place_id": ["1", "2"]}))
    assert workspace.read("places", ["kind"], {"kind": evil})["kind"].tolist() == [evil]
    assert workspace.count("places", {"kind": [evil, "y' OR '1'='1"]}) == 1
    assert quoted('a"b') == '"a""b"'


@pytest.mark.parametrize("column, value", [
    ("occurred_from_utc", pd.Timestamp("2024-01-01")), ("shift_date", "1 May 2024"), ("crime_type", 5)])
def test_values_of_another_type_are_refused(workspace, made_incidents, column, value):
    frame = made_incidents(3)
    frame[column] = value
    with pytest.raises(ValueError, match=column):
        write(workspace, "append", "incidents", frame)
    assert workspace.count("incidents") == 0


def test_a_failed_transaction_leaves_nothing(workspace, made_incidents):
    write(workspace, "append", "incidents", made_incidents(20))
    before = workspace.content_hash()
    with pytest.raises(ZeroDivisionError):
        with workspace.transaction() as writer:
            writer.append("places", pd.DataFrame({"kind": ["bar"], "place_id": ["1"], "x": [320_500.0], "y": [4.3e6]}))
            writer.upsert("incidents", made_incidents(40, seed=2))
            writer.delete("boxes")
            raise ZeroDivisionError
    assert workspace.content_hash() == before
    # and the next write finds triggers and indexes in their places
    assert write(workspace, "upsert", "incidents", made_incidents(20)).unchanged == 20


def test_a_transaction_is_all_or_nothing_even_if_an_error_is_caught(workspace, made_incidents):
    write(workspace, "append", "incidents", made_incidents(3))
    before = workspace.content_hash()
    with pytest.raises(RuntimeError, match="can only be rolled back"):
        with workspace.transaction() as writer:
            writer.append("places", pd.DataFrame({"kind": ["bar"], "place_id": ["1"]}))
            try:
                writer.append("incidents", made_incidents(3))
            except ConnectError:
                writer.append("places", pd.DataFrame({"kind": ["bar"], "place_id": ["2"]}))
    assert workspace.content_hash() == before


def test_transactions_are_not_nested(workspace, made_incidents):
    with workspace.transaction() as outer:
        outer.append("incidents", made_incidents(3))
        with pytest.raises(RuntimeError, match="one transaction at a time"):
            with workspace.transaction():
                pass
    assert workspace.count("incidents") == 3


def test_content_hash(workspace, made_incidents):
    frame = made_incidents(30)
    empty = workspace.content_hash()
    write(workspace, "append", "incidents", frame)
    one = workspace.content_hash()
    assert one != empty
    write(workspace, "delete", "incidents")
    assert workspace.content_hash() == empty
    write(workspace, "append", "incidents", frame.iloc[::-1])
    assert workspace.content_hash() == one
    frame.loc[0, "x"] += 1e-6
    write(workspace, "upsert", "incidents", frame)
    assert workspace.content_hash() != one


def test_a_row_is_added_once(workspace, made_incidents):
    write(workspace, "append", "incidents", made_incidents(3))
    with pytest.raises(ConnectError, match="same incident_id is in incidents already"):
        write(workspace, "append", "incidents", made_incidents(1))
    with pytest.raises(ConnectError, match="has no crime_type"):
        write(workspace, "append", "incidents", made_incidents(5).drop(columns="crime_type").iloc[3:])
    assert workspace.count("incidents") == 3


DRAW = {"draw_id": ["d1"], "shift_date": ["2024-05-01"], "shift": ["day"], "seed_hash": ["ab"], "size": [2]}


def test_append_only_rows_stay(workspace):
    write(workspace, "append", "draws", pd.DataFrame(DRAW))
    before = workspace.content_hash()
    with pytest.raises(ConnectError, match="draws can never be changed"):
        write(workspace, "upsert", "draws", pd.DataFrame({**DRAW, "size": [3]}))
    with pytest.raises(ConnectError, match="draws can never be changed"):
        write(workspace, "delete", "draws")
    with pytest.raises(ConnectError, match="draws can never be changed"):
        write(workspace, "replace", "draws", pd.DataFrame(DRAW), {"draw_id": "d1"})
    assert workspace.content_hash() == before
    assert write(workspace, "upsert", "draws", pd.DataFrame(DRAW)).unchanged == 1


@pytest.mark.parametrize("name", [name for name, table in TABLES.items() if table.append_only])
def test_no_program_can_change_append_only_rows(workspace, name):
    table = TABLES[name]
    write(workspace, "append", name, full_frame(table))
    before = workspace.content_hash(), workspace.read(name)
    other = sqlite3.connect(workspace.address)
    columns = [column.name for column in table.columns if column.name != table.reveal]
    attempts = [f"UPDATE {name} SET {quoted(column)} = 'changed'" for column in columns]
    attempts += ["UPDATE {t} SET fid = fid + 1000", "DELETE FROM {t}", "DELETE FROM {t} WHERE fid = 1",
                 "INSERT OR REPLACE INTO {t} SELECT * FROM {t} WHERE fid = 1",
                 "INSERT OR REPLACE INTO {t} SELECT fid + 9000, " + ", ".join(
                     quoted(column.name) for column in table.columns) + " FROM {t} WHERE fid = 1"]
    for attempt in attempts:
        with pytest.raises(sqlite3.IntegrityError, match="can never be changed"):
            other.execute(attempt.format(t=name))
    other.close()
    assert workspace.content_hash() == before[0]
    assert_frame_equal(comparable(workspace.read(name)), comparable(before[1]))


def test_a_seed_is_revealed_once(workspace):
    write(workspace, "append", "draws", pd.DataFrame({**DRAW, "draw_id": ["d1"]}))
    write(workspace, "append", "draws", pd.DataFrame({**DRAW, "draw_id": ["d2"]}))
    write(workspace, "reveal", "draws", {"draw_id": "d1"}, "5eed")
    assert workspace.read("draws", ["draw_id", "seed"]).values.tolist() == [["d1", "5eed"], ["d2", None]]
    with pytest.raises(ConnectError, match="can never be changed"):
        write(workspace, "reveal", "draws", {"draw_id": "d1"}, "other")
    with pytest.raises(ConnectError, match="no row of draws"):
        write(workspace, "reveal", "draws", {"draw_id": "d3"}, "other")
    other = sqlite3.connect(workspace.address)
    for attempt in ("UPDATE draws SET seed = NULL WHERE draw_id = 'd1'",
                    "UPDATE draws SET seed = 'x', size = 9 WHERE draw_id = 'd2'"):
        with pytest.raises(sqlite3.IntegrityError, match="can never be changed"):
            other.execute(attempt)
    other.close()
    assert workspace.read("draws", ["draw_id", "seed"]).values.tolist() == [["d1", "5eed"], ["d2", None]]


def test_replace_takes_out_what_meets_the_condition_only(workspace):
    rows = pd.DataFrame({"date": ["2024-07-04", "2024-12-25", "2024-05-01"], "kind": ["holiday", "holiday", "event"],
                         "name": ["Fourth", "Christmas", "Fair"]})
    write(workspace, "append", "calendar", rows)
    new = pd.DataFrame({"date": ["2025-01-01"], "kind": ["holiday"], "name": ["New"]})
    write(workspace, "replace", "calendar", new, {"kind": "holiday"})
    assert sorted(workspace.read("calendar")["name"]) == ["Fair", "New"]


def test_settings_are_fresh_after_a_write(workspace):
    settings = workspace.settings
    settings.size, settings.cap = 250.0, 0.25
    write(workspace, "save_settings", settings)
    assert workspace.settings.cap == 0.25
    with open_workspace(workspace.address) as again:
        assert again.settings == workspace.settings


def test_what_a_workspace_knows(workspace, tmp_path):
    assert workspace.folder == tmp_path
    assert workspace.path_of_seeds == tmp_path / "town.gpkg.seeds.json"
    assert workspace.calendar.codes == ["day", "evening", "night"]
    assert workspace.calendar.timezone == "America/New_York"
    assert workspace.fishnet.size == 250.0
    assert workspace.crime_types["crime_type"].tolist()[:2] == ["gunfire", "homicide"]
    write(workspace, "upsert", "crime_types", pd.DataFrame({"crime_type": ["homicide"], "enabled": [False]}))
    assert "homicide" not in workspace.crime_types["crime_type"].tolist()


def test_another_program_that_writes_is_named(workspace, made_incidents, monkeypatch):
    monkeypatch.setattr("shotspotter_connect_plugin.workspace.store.gpkg_connection.WAIT_SECONDS", 0.2)
    other = sqlite3.connect(workspace.address, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with open_workspace(workspace.address) as second:
        assert second.count("incidents") == 0
        with pytest.raises(ConnectError, match="Another program is writing town.gpkg"):
            write(second, "append", "incidents", made_incidents(1))
        other.execute("ROLLBACK")
        other.close()
        write(second, "append", "incidents", made_incidents(1))
    assert workspace.count("incidents") == 1


def test_a_desk_that_reads_sees_the_last_whole_state(workspace, made_incidents):
    with open_workspace(workspace.address) as reader:
        with workspace.transaction() as writer:
            writer.append("incidents", made_incidents(5))
            assert reader.count("incidents") == 0
        assert reader.count("incidents") == 5


def test_a_workspace_in_wal_mode_as_qgis_sets_it_works(workspace, made_incidents):
    address = workspace.address
    workspace.close()
    other = sqlite3.connect(address)
    assert other.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",)
    other.close()
    with open_workspace(address) as again:
        write(again, "append", "incidents", made_incidents(7))
        assert again.count("incidents") == 7


@pytest.mark.parametrize("address, says", [
    ("", "No workspace is named"), ("postgresql://host/db", "GeoPackage files only"),
    ("postgres://me@host/db", "GeoPackage files only"), ("service=connect", "GeoPackage files only"),
    ("PG:dbname=connect", "GeoPackage files only"), ("postgresql://me:s3cret@host/db", "must not hold a password"),
    ("postgresql://me@host/db?password=s3cret", "must not hold a password"),
    ("service=connect password=s3cret", "must not hold a password"),
    ("host=h user=me password='s3cret x'", "must not hold a password")])
def test_addresses_that_are_refused(address, says):
    with pytest.raises(ConnectError, match=says) as error:
        open_workspace(address)
    assert "s3cret" not in error.value.user + error.value.log


def test_files_that_are_no_workspace(workspace, tmp_path, town):
    workspace.close()
    path = tmp_path / "town.gpkg"
    (tmp_path / "folder.gpkg").mkdir()
    (tmp_path / "empty.gpkg").write_bytes(b"")
    (tmp_path / "text.gpkg").write_text("a,b\n1,2\n")
    (tmp_path / "half.gpkg").write_bytes(path.read_bytes()[:200_000])
    plain = sqlite3.connect(tmp_path / "plain.gpkg")
    plain.execute("CREATE TABLE t (a)")
    plain.close()
    for name, says in (("missing.gpkg", "There is no workspace .*missing.gpkg"), ("folder.gpkg", "is a folder"),
                       ("empty.gpkg", "not a GeoPackage"), ("text.gpkg", "not a GeoPackage"),
                       ("plain.gpkg", "not a GeoPackage"), ("half.gpkg", "damaged")):
        before = contents(tmp_path)
        with pytest.raises(ConnectError, match=says) as error:
            with open_workspace(tmp_path / name) as half:
                half.content_hash()
        assert error.value.user.count("\n") == 0
        assert contents(tmp_path) == before


def test_a_geopackage_of_something_else(tmp_path):
    from osgeo import ogr
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(tmp_path / "other.gpkg"))
    source.CreateLayer("roads", None, ogr.wkbLineString)
    source = None
    with pytest.raises(ConnectError, match="other.gpkg is not a workspace"):
        open_workspace(tmp_path / "other.gpkg")


@pytest.mark.parametrize("version", [SCHEMA_VERSION + 1, 0, "old"])
def test_a_workspace_of_another_version(workspace, tmp_path, version):
    write(workspace, "upsert", "settings", pd.DataFrame({"name": ["schema_version"], "value": [version]}))
    workspace.close()
    before = contents(tmp_path)
    with pytest.raises(ConnectError) as error:
        open_workspace(workspace.address)
    assert "version " + str(version) + "," in error.value.user
    assert "version " + str(SCHEMA_VERSION) in error.value.user
    assert contents(tmp_path) == before


def test_a_workspace_that_lacks_a_table(workspace):
    workspace.close()
    other = sqlite3.connect(workspace.address)
    other.executescript("DROP TABLE tactic_log; DELETE FROM gpkg_contents WHERE table_name = 'tactic_log'")
    other.close()
    with pytest.raises(ConnectError, match="lacks the tables tactic_log"):
        open_workspace(workspace.address)


@pytest.mark.skipif(os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() == 0,
                    reason="the account may read and write every file")
def test_a_file_that_may_not_be_read_or_written(workspace, made_incidents):
    os.chmod(workspace.address, 0o400)
    with open_workspace(workspace.address) as reader:
        assert reader.count("incidents") == 0
        with pytest.raises(ConnectError, match="cannot be written"):
            write(reader, "append", "incidents", made_incidents(1))
    os.chmod(workspace.address, 0)
    with pytest.raises(ConnectError, match="cannot be read"):
        open_workspace(workspace.address)


def contents(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.is_file()}


def test_points_that_another_program_wrote_are_read(workspace, made_incidents):
    """OGR may write the same point in other forms than ours: with an envelope, or empty."""
    from osgeo import ogr
    write(workspace, "append", "incidents", made_incidents(4))
    workspace.close()
    source = ogr.Open(workspace.address, 1)
    layer = source.GetLayerByName("incidents")
    feature = layer.GetFeature(2)
    feature.SetGeometry(ogr.CreateGeometryFromWkt("POINT (320777.5 4300888.25)"))
    layer.SetFeature(feature)
    feature = layer.GetFeature(3)
    feature.SetGeometry(ogr.CreateGeometryFromWkt("POINT EMPTY"))
    layer.SetFeature(feature)
    feature = layer.GetFeature(4)
    feature.SetField("occurred_from_utc", "2024/05/01 12:00:00+00")
    layer.SetFeature(feature)
    feature = layer = source = None
    with open_workspace(workspace.address) as again:
        found = again.read("incidents", ["x", "y", "occurred_from_utc"])
    assert found.loc[1, ["x", "y"]].tolist() == [320777.5, 4300888.25]
    assert found.loc[2, ["x", "y"]].isna().all()
    assert found.loc[3, "occurred_from_utc"] == pd.Timestamp("2024-05-01T12:00Z")
    expected = made_incidents(4)
    assert Point(found.loc[0, ["x", "y"]]).equals(Point(expected.loc[0, ["x", "y"]]))


def test_a_file_of_an_earlier_version_gets_its_new_columns_at_the_first_write(workspace):
    rows = pd.DataFrame({"date": ["2024-07-04"], "kind": ["holiday"], "name": ["Independence Day"]})
    write(workspace, "append", "calendar", rows)
    with closing(sqlite3.connect(workspace.address)) as connection, connection:
        for column in ("source", "known_utc", "x"):
            connection.execute("ALTER TABLE calendar DROP COLUMN " + column)
    with open_workspace(workspace.address) as old:
        assert old.faults() == []
        read = old.read("calendar")
        assert read["name"].tolist() == ["Independence Day"] and read[["source", "known_utc", "x"]].isna().all(None)
        before = old.content_hash()
        with pytest.raises(RuntimeError, match="stop"), old.transaction():
            raise RuntimeError("stop")
        assert old.content_hash() == before
        write(old, "upsert", "calendar", rows.assign(source="days.csv", x=1.0))
        assert old.read("calendar", ["source", "x"]).values.tolist() == [["days.csv", 1.0]]
    with open_workspace(workspace.address) as again:
        assert again.read("calendar")["known_utc"].isna().all() and again.faults() == []


def test_a_file_of_an_earlier_version_gets_the_key_of_today_at_the_first_write(workspace):
    """Fixes were known by unit and moment once, so that of two places at one moment one was lost."""
    fix = pd.DataFrame({"unit": ["3A12"], "at_utc": [pd.Timestamp("2024-07-04T12:00Z")], "x": [320000.0], "y": [4.3e6]})
    write(workspace, "append", "gps_fixes", fix)
    with closing(sqlite3.connect(workspace.address)) as connection, connection:
        connection.execute('DROP INDEX "gps_fixes_key"')
        connection.execute('CREATE UNIQUE INDEX "gps_fixes_key" ON "gps_fixes" ( "unit", "at_utc" )')
    with open_workspace(workspace.address) as old:
        assert old.faults() == []
        with pytest.raises(RuntimeError, match="stop"), old.transaction():
            raise RuntimeError("stop")
        assert old.faults() == [] and old.count("gps_fixes") == 1
        write(old, "upsert", "gps_fixes", pd.concat([fix, fix.assign(x=320500.0)]))
        assert old.read("gps_fixes")["x"].tolist() == [320000.0, 320500.0] and old.faults() == []
        with pytest.raises(ConnectError, match="same unit and at_utc and x and y"):
            write(old, "append", "gps_fixes", fix)


def test_a_lost_key_is_a_fault_and_not_brought_back_in_silence(workspace):
    with closing(sqlite3.connect(workspace.address)) as connection, connection:
        connection.execute('DROP INDEX "gps_fixes_key"')
    with open_workspace(workspace.address) as robbed:
        write(robbed, "append", "officers", pd.DataFrame({"officer": ["4411"]}))
        assert any("gps_fixes_key" in fault for fault in robbed.faults())


def test_two_may_bring_a_file_of_an_earlier_version_up_to_date(workspace):
    """One had it open for minutes, as a training has, while the other wrote first."""
    rows = pd.DataFrame({"date": ["2024-07-04"], "kind": ["holiday"], "name": ["Independence Day"]})
    with closing(sqlite3.connect(workspace.address)) as connection, connection:
        connection.execute("ALTER TABLE calendar DROP COLUMN source")
    with open_workspace(workspace.address) as long_open, open_workspace(workspace.address) as quick:
        write(quick, "append", "calendar", rows.assign(source="days.csv"))
        write(long_open, "append", "calendar", rows.assign(date="2024-12-25", source="more.csv"))
        assert long_open.read("calendar", ["source"])["source"].tolist() == ["days.csv", "more.csv"]


def without_later_tables(workspace):
    """The workspace as an earlier version made it."""
    path = workspace.address
    workspace.close()
    with closing(sqlite3.connect(path)) as other, other:
        for name in [name for name, table in TABLES.items() if table.later]:
            if TABLES[name].geometry:
                other.execute(f"DROP TABLE {quoted('rtree_' + name + '_geom')}")
            other.execute(f"DROP TABLE {quoted(name)}")
            for kept in ("gpkg_extensions", "gpkg_geometry_columns", "gpkg_data_columns", "gpkg_contents"):
                other.execute(f"DELETE FROM {kept} WHERE table_name = ?", (name,))
    return open_workspace(path)


def made_by(workspace):
    """Statements that made the later tables, their rules and what describes them."""
    names = [name for name, table in TABLES.items() if table.later]
    execute = workspace._store._connection.execute
    return {name: (sorted(text.replace(" )", ")") for text, in execute(
        "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL", (name,))),
        execute("SELECT * FROM gpkg_data_columns WHERE table_name = ? ORDER BY column_name", (name,)).fetchall(),
        execute("SELECT data_type, identifier, description, srs_id FROM gpkg_contents WHERE table_name = ?",
                (name,)).fetchall(),
        execute("SELECT * FROM gpkg_geometry_columns WHERE table_name = ?", (name,)).fetchall(),
        execute("SELECT * FROM gpkg_extensions WHERE table_name = ? AND extension_name LIKE '%rtree%'",
                (name,)).fetchall()) for name in names}


def test_a_workspace_of_an_earlier_version_gets_the_tables_that_came_since(workspace):
    write(workspace, "delete", "jurisdiction")  # an earlier version did not keep it
    made = made_by(workspace)
    before = workspace.content_hash()
    with without_later_tables(workspace) as older:
        assert older.faults() == [] and older.content_hash() == before
        assert older.read("layouts").empty and older.count("layouts") == 0
        assert older.distinct("layouts", "reason") == []
        assert older.totals("layouts", "gain", "who").empty and older.stamp("layouts") == ""
        assert list(older.read("layouts")) == TABLES["layouts"].column_names
        assert list(older.read("unreachable")) == [*TABLES["unreachable"].column_names, "geometry"]
        with pytest.raises(RuntimeError, match="stop"), older.transaction() as writer:
            writer.append("layouts", full_frame(TABLES["layouts"]))
            raise RuntimeError("stop")
        assert older.read("layouts").empty and older.faults() == []
        write(older, "append", "layouts", full_frame(TABLES["layouts"]))
        assert len(older.read("layouts")) == 24
        lines = pd.DataFrame({"street_id": ["a"], "geometry": [LineString([(1, 1), (9, 4)])]})
        write(older, "append", "streets", lines)
        assert older.read("streets")["geometry"][0].wkt == "LINESTRING (1 1, 9 4)"
        assert older._store._connection.execute("SELECT minx, maxy FROM rtree_streets_geom").fetchall() == [(1, 4)]
        assert made_by(older) == made


def test_boxes_may_have_several_parts_once_all_of_them_are_written_again(workspace):
    boxes = workspace.read("boxes")
    parts = boxes.assign(geometry=[MultiPolygon([box(0, 0, 1, 2), box(3, 0, 4, 2)]), *boxes["geometry"][1:]])
    with pytest.raises(ValueError, match="one part"):
        write(workspace, "append", "boxes", parts.assign(box_id="other" + parts["box_id"]))
    with pytest.raises(RuntimeError, match="stop"), workspace.transaction() as writer:
        writer.replace("boxes", parts)
        raise RuntimeError("stop")
    assert {shape.geom_type for shape in workspace.read("boxes")["geometry"]} == {"Polygon"}
    write(workspace, "replace", "boxes", parts)
    assert workspace.read("boxes")["geometry"][0].equals(parts["geometry"][0])
    assert {shape.geom_type for shape in workspace.read("boxes")["geometry"]} == {"MultiPolygon"}
    with open_workspace(workspace.address) as again:
        write(again, "replace", "boxes", boxes)
        assert all(one.equals(other) for one, other in zip(again.read("boxes")["geometry"], boxes["geometry"]))
        assert again.faults() == []


def test_layers_are_closed_although_somebody_holds_them(tmp_path, monkeypatch):
    """As a debugger or a program that counts branches does: GDAL's lock on the file must not outlive the making."""
    path, held, create = tmp_path / "w.gpkg", [], ogr.Driver.CreateDataSource

    def create_and_hold(*args, **more):
        held.append(create(*args, **more))
        return held[-1]

    monkeypatch.setattr(ogr.Driver, "CreateDataSource", create_and_hold)
    gpkg_schema.create_layers(path, "EPSG:32618")
    assert held
    with closing(sqlite3.connect(path, timeout=0)) as connection:
        assert connection.execute("SELECT count(*) FROM rtree_beats_geom").fetchone() == (0,)
        connection.execute("BEGIN EXCLUSIVE")
