"""The tables of ``tables.py`` as layers, indexes and triggers of a GeoPackage; GDAL makes the layers."""
from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Iterator, Sequence

from osgeo import gdal, ogr, osr

from ...frames import Column
from .sql_text import all_of, listed, quoted, sql
from .tables import TABLES, Table

GEOMETRY = "geom"
ROW = "fid"
_DESCRIBE = ("INSERT INTO gpkg_data_columns (table_name, column_name, description) VALUES (?, ?, ?) "
             "ON CONFLICT (table_name, column_name) DO UPDATE SET description = excluded.description")
_FIELD_TYPES = {
    "text": (ogr.OFTString, ogr.OFSTNone), "local": (ogr.OFTString, ogr.OFSTNone),
    "json": (ogr.OFTString, ogr.OFSTJSON), "integer": (ogr.OFTInteger64, ogr.OFSTNone),
    "boolean": (ogr.OFTInteger, ogr.OFSTBoolean), "real": (ogr.OFTReal, ogr.OFSTNone),
    "date": (ogr.OFTDate, ogr.OFSTNone), "utc": (ogr.OFTDateTime, ogr.OFSTNone),
}
_STORED_TYPES = {"text": "TEXT", "local": "TEXT", "json": "TEXT", "integer": "INTEGER", "boolean": "BOOLEAN",
                 "real": "REAL", "date": "DATE", "utc": "DATETIME"}
_GEOMETRY_TYPES = {"Point": ogr.wkbPoint, "Polygon": ogr.wkbPolygon, "MultiPolygon": ogr.wkbMultiPolygon,
                   "LineString": ogr.wkbLineString}
_LIKE = "boxes"
"""The spatial table, in every workspace from the first version on, after which later ones are made."""


def create_layers(path: str | Path, crs: str) -> None:
    """Make a GeoPackage at ``path`` with every table, empty, in the coordinate system ``crs``."""
    system = osr.SpatialReference()
    system.SetFromUserInput(crs)
    try:
        source = ogr.GetDriverByName("GPKG").CreateDataSource(str(path), options=["ADD_GPKG_OGR_CONTENTS=NO"])
    except RuntimeError:  # with GDAL's exceptions on; without them it gives None
        source = None
    if source is None:
        raise OSError(gdal.GetLastErrorMsg())
    source.StartTransaction()
    for table in TABLES.values():
        layer = source.CreateLayer(table.name, system if table.geometry else None,
                                   _GEOMETRY_TYPES.get(table.geometry or "", ogr.wkbNone),
                                   [f"GEOMETRY_NAME={GEOMETRY}", f"FID={ROW}", f"DESCRIPTION={table.help}"])
        for column in table.columns:
            kind, detail = _FIELD_TYPES[column.type]
            definition = ogr.FieldDefn(column.name, kind)
            definition.SetSubType(detail)
            definition.SetNullable(not column.required)
            layer.CreateField(definition)
    source.CommitTransaction()
    source.Release()  # the last reference may be a debugger's: what is not closed now locks the file for others


def add_rules(connection: sqlite3.Connection) -> None:
    """Make indexes and triggers of every table, and describe its columns."""
    for table in TABLES.values():
        for statement in rules(table):
            connection.execute(statement)
        connection.executemany(_DESCRIBE, [(table.name, column.name, column.help) for column in table.columns])


def rules(table: Table) -> Iterator[str]:
    """Statements that make a table keep its key and, where declared, its rows."""
    yield _key(table, table.key)
    for number, columns in enumerate(table.indexes, 1):
        yield _index("INDEX", table, columns, "index" + str(number))
    if not table.append_only:
        return
    refusal = "BEGIN SELECT RAISE(ABORT, 'Rows of " + table.name + " can never be changed or removed.'); END"
    same_key = all_of("IS", table.key, quoted(table.name) + ".", "NEW.")
    yield sql("CREATE TRIGGER", quoted(table.name + "_keep"), "BEFORE DELETE ON", quoted(table.name), refusal)
    # INSERT OR REPLACE removes rows without asking the trigger above.
    yield sql("CREATE TRIGGER", quoted(table.name + "_replace"), "BEFORE INSERT ON", quoted(table.name),
              "WHEN EXISTS (SELECT 1 FROM", quoted(table.name), "WHERE", same_key, "OR",
              all_of("=", [ROW], quoted(table.name) + ".", "NEW."), ")", refusal)
    allowed = []
    if table.reveal:
        others = [ROW] + [name for name in table.column_names if name != table.reveal]
        allowed = ["WHEN NOT ( OLD." + quoted(table.reveal), "IS NULL AND", all_of("IS", others, "OLD.", "NEW."), ")"]
    yield sql("CREATE TRIGGER", quoted(table.name + "_change"), "BEFORE UPDATE ON", quoted(table.name), *allowed,
              refusal)


def present_rules(connection: sqlite3.Connection, table: Table) -> list[str]:
    """As :func:`rules`, with the key that a file made by an earlier version has."""
    wanted, former = _key(table, table.key), _former_key(connection, table)
    return [former if former and statement == wanted else statement for statement in rules(table)]


def renew_keys(connection: sqlite3.Connection) -> None:
    """Give a file made by an earlier version the keys of today; rows that were one of their kind stay so."""
    for table in TABLES.values():
        if _former_key(connection, table):
            connection.execute(sql("DROP INDEX", quoted(table.name + "_key")))
            connection.execute(_key(table, table.key))


def _former_key(connection: sqlite3.Connection, table: Table) -> str:
    """The statement of a key of earlier that a file still has, else empty."""
    for key in table.former_keys:
        statement = _key(table, key)
        if connection.execute("SELECT 1 FROM sqlite_master WHERE sql = ?", (statement,)).fetchone():
            return statement
    return ""


def _key(table: Table, key: Sequence[str]) -> str:
    return _index("UNIQUE INDEX", table, key, "key")


def _index(kind: str, table: Table, columns: Sequence[str], suffix: str) -> str:
    return sql("CREATE", kind, quoted(table.name + "_" + suffix), "ON", quoted(table.name), listed(columns))


def lacking_columns(connection: sqlite3.Connection) -> dict[str, list[Column]]:
    """Table -> columns that may be empty and that a file made by an earlier version does not have yet."""
    lacking = {}
    for table in TABLES.values():
        present = {name for name, in connection.execute("SELECT name FROM pragma_table_info(?)", (table.name,))}
        missing = [column for column in table.columns if column.name not in present and not column.required]
        if present and missing:
            lacking[table.name] = missing
    return lacking


def multi_polygons(connection: sqlite3.Connection) -> set[str]:
    """Names of the tables whose areas are stored as multi-polygons."""
    return {name for name, in connection.execute(
        "SELECT table_name FROM gpkg_geometry_columns WHERE geometry_type_name = 'MULTIPOLYGON'")}


def allow_parts(connection: sqlite3.Connection, table: Table) -> None:
    """Let an empty table of polygons hold areas of several parts."""
    connection.execute("UPDATE gpkg_geometry_columns SET geometry_type_name = 'MULTIPOLYGON' WHERE table_name = ?",
                       (table.name,))


def lacking_tables(connection: sqlite3.Connection) -> list[Table]:
    """Tables that have come since a file was made by an earlier version."""
    present = {name for name, in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return [table for table in TABLES.values() if table.later and table.name not in present]


def add_tables(connection: sqlite3.Connection, lacking: Sequence[Table]) -> None:
    """Give a file made by an earlier version the tables that have come since, as GDAL makes them."""
    for table in lacking:
        columns = [quoted(column.name) + " " + _STORED_TYPES[column.type] + " NOT NULL" * column.required
                   for column in table.columns]
        if table.geometry:
            columns.insert(0, quoted(GEOMETRY) + " " + table.geometry.upper())
        connection.execute(sql("CREATE TABLE", quoted(table.name), "(", ", ".join(
            [quoted(ROW) + " INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL", *columns]), ")"))
        connection.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id) "
            "VALUES (?, 'attributes', ?, ?, 0)", (table.name, table.name, table.help))
        if table.geometry:
            _add_place(connection, table)
        for statement in rules(table):
            connection.execute(statement)
        connection.executemany(_DESCRIBE, [(table.name, column.name, column.help) for column in table.columns])
        connection.executemany("UPDATE gpkg_data_columns SET mime_type = 'application/json' WHERE table_name = ? "
                               "AND column_name = ?", [(table.name, column.name) for column in table.columns
                                                       if column.type == "json"])


def _add_place(connection: sqlite3.Connection, table: Table) -> None:
    """Make an attribute table a spatial one, with the index and the triggers that GDAL gave another one."""
    connection.execute("UPDATE gpkg_contents SET data_type = 'features', srs_id = (SELECT srs_id FROM "
                       "gpkg_geometry_columns WHERE table_name = ?) WHERE table_name = ?", (_LIKE, table.name))
    connection.execute("INSERT INTO gpkg_geometry_columns (table_name, column_name, geometry_type_name, srs_id, z, m) "
                       "SELECT ?, column_name, ?, srs_id, z, m FROM gpkg_geometry_columns WHERE table_name = ?",
                       (table.name, str(table.geometry).upper(), _LIKE))
    connection.execute("INSERT INTO gpkg_extensions (table_name, column_name, extension_name, definition, scope) "
                       "SELECT ?, column_name, extension_name, definition, scope FROM gpkg_extensions "
                       "WHERE table_name = ? AND extension_name = 'gpkg_rtree_index'", (table.name, _LIKE))
    made = connection.execute(
        "SELECT sql FROM sqlite_master WHERE (name = ? AND type = 'table') OR (tbl_name = ? AND type = 'trigger' AND "
        "name LIKE 'rtree%') ORDER BY type, name", (f"rtree_{_LIKE}_{GEOMETRY}", _LIKE)).fetchall()
    for statement, in made:
        statement = statement.replace(f'"rtree_{_LIKE}_', f'"rtree_{table.name}_')
        connection.execute(statement.replace(f' ON "{_LIKE}"', f' ON "{table.name}"'))


def add_columns(connection: sqlite3.Connection, lacking: dict[str, list[Column]]) -> None:
    """Give a file made by an earlier version the columns that have come since."""
    for name, columns in lacking.items():
        for column in columns:
            connection.execute(sql("ALTER TABLE", quoted(name), "ADD COLUMN", quoted(column.name),
                                   _STORED_TYPES[column.type]))
            connection.execute(_DESCRIBE, (name, column.name, column.help))
