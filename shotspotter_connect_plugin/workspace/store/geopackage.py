"""The tables of a workspace in one GeoPackage file: the :class:`~.table_store.Store` of one desk.

GDAL makes the file and its layers, so that every program that reads GeoPackages finds what it expects; SQLite does all
reading and writing afterwards, every write inside one transaction.
"""
from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Iterator, List, Mapping, Optional, Tuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import ConnectError
from ...frames import Column
from .columns import encode
from .geometry import point_blobs, polygon_blobs
from .gpkg_bulk import DeferredChanges, catch_up, put_away
from .gpkg_connection import sentence_of
from .gpkg_reading import ReadGeoPackage
from .gpkg_schema import (GEOMETRY, ROW, add_columns, add_rules, add_tables, allow_parts, create_layers,
                          lacking_columns, lacking_tables, multi_polygons, renew_keys)
from .many_rows import insert_rows
from .sql_text import all_of, conditions, listed, quoted, sql
from .table_store import Counts, Value, Where
from .tables import TABLES, Table

MANY_ROWS = 10_000
_Stored = Tuple[List[str], List[List[Any]], Optional[NDArray[np.float64]]]


def create(path: str | Path, crs: str, frames: Mapping[str, pd.DataFrame]) -> None:
    """Make a GeoPackage at ``path`` with every table of ``tables.py`` in the coordinate system ``crs``.

    ``frames`` maps names of tables to their first rows.
    """
    create_layers(path, crs)
    with closing(sqlite3.connect(path)) as connection, connection:
        add_rules(connection)
    with closing(GeoPackage(path)) as store:
        store.begin()
        for name, frame in frames.items():
            store.append(TABLES[name], frame)
        store.commit()


class GeoPackage(ReadGeoPackage):
    """The tables in one file, to be read and, between :meth:`begin` and :meth:`commit`, written."""

    _put_off: dict[str, DeferredChanges]
    _failed: bool
    _lacked: dict[str, list[Column]]
    _absent_before: list[Table]

    def begin(self, for_good: bool = False) -> None:
        """Begin a transaction; ``for_good`` also writes zeros over what it removes."""
        if self._connection.in_transaction:
            raise RuntimeError("one transaction at a time")
        if self.read_only:
            raise ConnectError(sentence_of("readonly", self.path.name))
        self._put_off, self._failed = {}, False
        with self._plainly():
            self._connection.execute("PRAGMA secure_delete = " + ("ON" if for_good else "OFF"))
            self._connection.execute("BEGIN IMMEDIATE")
            # Somebody else may have added them since the file was opened.
            self._lacked = self._lacking = lacking_columns(self._connection) if self._lacking else {}
            add_columns(self._connection, self._lacking)
            self._lacking = {}
            self._absent_before = self._absent = lacking_tables(self._connection) if self._absent else []
            add_tables(self._connection, self._absent)
            self._absent = []
            self._read_places()
            renew_keys(self._connection)

    def commit(self) -> None:
        """Keep everything written since :meth:`begin`."""
        if self._failed:
            raise RuntimeError("a write of this transaction has failed: it can only be rolled back")
        with self._plainly():
            for name, put_off in self._put_off.items():
                catch_up(self._connection, TABLES[name], put_off, self.count(TABLES[name]) if put_off.placed else 0)
            self._connection.execute("COMMIT")

    def compact(self) -> None:
        """Give back the room of rows that were removed, so that nothing of them stays in the file."""
        with self._plainly():
            self._connection.execute("VACUUM")
            # In the mode with a write-ahead log the old pages are in the file, and the new ones in the log, until here.
            busy, *_ = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise ConnectError(f"Another program has {self.path.name} open, so what was removed is still in it; close "
                               "it there, then run this again.")

    def rollback(self) -> None:
        """Keep nothing of what was written since :meth:`begin`; outside a transaction do nothing."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
            self._lacking, self._absent = self._lacked, self._absent_before
            self._multi = multi_polygons(self._connection)

    def append(self, table: Table, frame: pd.DataFrame) -> None:
        """Write new rows."""
        self._insert(table, *self._stored(table, frame))

    def upsert(self, table: Table, frame: pd.DataFrame) -> Counts:
        """Add, change or leave each row, by the table's key; columns that the frame lacks are left as they are."""
        names, rows, bounds = self._stored(table, frame)
        _check_keys(table, names, rows)
        if not self.count(table):
            self._insert(table, names, rows, bounds)
            return Counts(len(frame), 0, 0)
        stored, execute = quoted(table.name), self._connection.execute
        given = ", ".join(quoted(name) for name in names)
        others = [name for name in names if name not in table.key]
        changes = all_of("IS NOT", others, stored + ".", "incoming.", " OR ") or "0"
        with self._writing(table, len(frame)):
            first = self._last_row(table) + 1
            execute(sql("CREATE TEMP TABLE incoming ( _position INTEGER PRIMARY KEY, _row INTEGER,", given, ")"))
            insert_rows(self._connection, "temp.incoming " + listed(["_position", *names]), [range(len(frame)), *rows])
            execute(sql("UPDATE temp.incoming SET _row = ( SELECT", quoted(ROW), "FROM", stored, "WHERE",
                        all_of("IS", table.key, stored + ".", "incoming."), ")"))
            found = stored + "." + quoted(ROW) + " = incoming._row"
            placed = []
            if bounds is not None:
                placed = execute(sql(
                    "SELECT _position, _row FROM temp.incoming JOIN", stored, "ON", found, "WHERE",
                    all_of("IS NOT", [GEOMETRY], stored + ".", "incoming."),
                    "UNION ALL SELECT _position, ? + _position FROM temp.incoming WHERE _row IS NULL"),
                    (first,)).fetchall()
            updated = execute(sql(
                "UPDATE", stored, "SET", ", ".join(quoted(name) + " = incoming." + quoted(name) for name in names),
                "FROM temp.incoming WHERE", found, "AND (", changes, ")")).rowcount
            added = execute(sql("INSERT INTO", stored, listed([ROW, *names]), "SELECT ? + _position,", given,
                                "FROM temp.incoming WHERE _row IS NULL"), (first,)).rowcount
            execute("DROP TABLE temp.incoming")
            if placed and bounds is not None:
                positions, row_ids = np.array(placed, dtype=np.int64).T
                self._place(table, row_ids, bounds[positions])
        return Counts(added, updated, len(frame) - added - updated)

    def delete(self, table: Table, where: Where | None = None) -> int:
        """Remove rows; gives their number."""
        condition, values = conditions(table, where)
        execute = self._connection.execute
        with self._writing(table):
            if table.geometry:
                gone = np.array(execute(sql("SELECT", quoted(ROW), "FROM", quoted(table.name), condition),
                                        values).fetchall(), dtype=np.int64).reshape(-1)
                self._place(table, gone, np.full((len(gone), 4), np.nan))
            return execute(sql("DELETE FROM", quoted(table.name), condition), values).rowcount

    def reveal(self, table: Table, key_values: Where, value: Value) -> None:
        """Give the reveal column of one row its value, once."""
        condition, values = conditions(table, key_values)
        column = table.column(table.reveal or "").name
        with self._writing(table):
            changed = self._connection.execute(
                sql("UPDATE", quoted(table.name), "SET", quoted(column), "= ?", condition), [value, *values])
            if changed.rowcount != 1:
                raise ConnectError(f"There is no row of {table.name} to reveal {column} of.",
                                   f"{changed.rowcount} rows")

    def _stored(self, table: Table, frame: pd.DataFrame) -> _Stored:
        """(names, one list of stored values per name, bounds or None) of a frame."""
        names = [name for name in table.column_names if name in frame]
        place = table.place_names
        extra = set(frame) - set(names) - set(place)
        if extra:
            raise ValueError(f"No such columns in {table.name}: {', '.join(sorted(map(str, extra)))}")
        rows = [encode(table.column(name), frame[name].reset_index(drop=True)) for name in names]
        if not place or place[0] not in frame:
            return names, rows, None
        if table.geometry == "Point":
            blobs, bounds = point_blobs(frame["x"], frame["y"], self._srs[table.name])
        else:
            if table.name not in self._multi and any(
                    getattr(shape, "geom_type", "") == "MultiPolygon" for shape in frame["geometry"]):
                self._allow_parts(table)
            blobs, bounds = polygon_blobs(frame["geometry"], self._srs[table.name], table.name in self._multi)
        return [*names, GEOMETRY], [*rows, blobs], bounds

    def _allow_parts(self, table: Table) -> None:
        """Make a table of polygons one of multi-polygons, from its first row on."""
        if self.count(table):
            raise ValueError(f"{table.name} holds polygons of one part")
        with self._writing(table):
            allow_parts(self._connection, table)
        self._multi = {*self._multi, table.name}

    def _insert(self, table: Table, names: list[str], rows: list[list[Any]],
                bounds: NDArray[np.float64] | None) -> None:
        count = len(rows[0]) if rows else 0
        first = self._last_row(table) + 1
        with self._writing(table, count):
            key = put_away(self._connection, table, "key") if self._is_bulk(table, count) else []
            insert_rows(self._connection, sql(quoted(table.name), listed([ROW, *names])),
                        [range(first, first + count), *rows])
            for statement in key:
                self._connection.execute(statement)
            if bounds is not None:
                self._place(table, np.arange(first, first + count), bounds)

    def _last_row(self, table: Table) -> int:
        return int(self._connection.execute(
            sql("SELECT coalesce(max(", quoted(ROW), "), 0) FROM", quoted(table.name))).fetchone()[0])

    @contextmanager
    def _writing(self, table: Table, new_rows: int = 0) -> Iterator[None]:
        """Around every write. What costs time per row is put off to the commit.

        The R-tree's triggers call functions that plain SQLite does not have, so they are away from the first write to
        the commit, and ``rtree.py`` does their work in bulk. To sort an index once is several times faster than to keep
        it in order for each of many rows.
        """
        with self._plainly():
            if table.name not in self._put_off:
                self._put_off[table.name] = DeferredChanges(put_away(self._connection, table, "trigger"))
            if self._is_bulk(table, new_rows):
                self._put_off[table.name].statements.extend(put_away(self._connection, table, "index"))
            try:
                yield
            except BaseException:
                self._failed = True
                raise

    def _is_bulk(self, table: Table, new_rows: int) -> bool:
        # The triggers of append-only tables need their index for every row.
        return new_rows >= MANY_ROWS and not table.append_only and new_rows >= self.count(table)

    def _place(self, table: Table, rows: NDArray[np.int64], bounds: NDArray[np.float64]) -> None:
        """Remember rows that are new, have moved or, with bounds NaN, have no place any more, for the R-tree."""
        self._put_off[table.name].placed.append((rows, bounds))


def _check_keys(table: Table, names: list[str], rows: list[list[Any]]) -> None:
    missing = [name for name in table.key if name not in names]
    if missing:
        raise ValueError(f"The key of {table.name} needs {', '.join(missing)}")
    keys = pd.DataFrame({name: pd.Series(rows[names.index(name)], dtype=object) for name in table.key})
    twice = int(keys.duplicated().sum())
    if twice:
        raise ConnectError(f"{twice} rows for {table.name} repeat the {' and '.join(table.key)} of another; keep one "
                           "of each.")
