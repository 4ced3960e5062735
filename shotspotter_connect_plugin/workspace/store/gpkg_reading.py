"""Reading of the tables in a GeoPackage: frames, counts, sums and rows."""
from __future__ import annotations

from typing import Any, Iterable, Iterator, Sequence

import numpy as np
import pandas as pd

from ...errors import ConnectError
from .columns import decode
from .geometry import read_points, read_polygons
from .gpkg_connection import OpenGeoPackage
from .gpkg_schema import GEOMETRY, ROW
from .sql_text import conditions, quoted, sql
from .table_store import Where
from .tables import Table

_READ_ROWS = 50_000


class ReadGeoPackage(OpenGeoPackage):
    """An open GeoPackage whose tables can be read: the reading half of :class:`~.table_store.Store`."""

    def read(self, table: Table, columns: Sequence[str] | None = None, where: Where | None = None,
             order_by: str | Sequence[str] | None = None) -> pd.DataFrame:
        """A data frame of some columns; see ``Workspace.read``."""
        wanted = [column.name for column in table.frame_columns] if columns is None else list(columns)
        plain = [name for name in wanted if name not in table.place_names]
        stored = self._selected(table, plain)
        if len(plain) < len(wanted):
            stored.append(quoted(GEOMETRY))
        order = [order_by] if isinstance(order_by, str) else list(order_by or [])
        condition, values = conditions(table, where)
        statement = sql("SELECT", ", ".join(stored), "FROM", self._source(table), condition, "ORDER BY",
                        ", ".join([quoted(table.column(name).name) for name in order] + [quoted(ROW)]))
        parts: dict[str, list[pd.Series]] = {name: [] for name in wanted}
        with self._plainly():
            cursor = self._connection.execute(statement, values)
            rows = cursor.fetchmany(_READ_ROWS)
            while rows or not parts[wanted[0]]:
                kept = list(zip(*rows)) or [()] * len(stored)
                for name, column in zip(plain, kept):
                    parts[name].append(_decoded(table, name, column))
                if len(plain) < len(wanted):
                    place = _read_place(table, kept[-1])
                    for name in set(wanted) - set(plain):
                        parts[name].append(place[name])
                rows = cursor.fetchmany(_READ_ROWS)
        return _beside({name: found[0] if len(found) == 1 else pd.concat(found, ignore_index=True)
                        for name, found in parts.items()})

    def count(self, table: Table, where: Where | None = None) -> int:
        """How many rows meet a condition."""
        condition, values = conditions(table, where)
        with self._plainly():
            return int(self._connection.execute(sql("SELECT count(*) FROM", self._source(table), condition),
                                                values).fetchone()[0])

    def stamp(self, table: Table) -> str:
        """Text that changes with every write to a table, also one of another program."""
        if table in self._absent:
            return ""
        with self._plainly():
            changed = self._connection.execute("SELECT last_change FROM gpkg_contents WHERE table_name = ?",
                                               (table.name,)).fetchone()[0]
        return f"{changed} {self.count(table)}"

    def distinct(self, table: Table, column: str, where: Where | None = None) -> list[Any]:
        """Different values of a column, in order."""
        name = table.column(column).name
        condition, values = conditions(table, where)
        with self._plainly():
            found = self._connection.execute(sql("SELECT DISTINCT", *self._selected(table, [name]), "FROM",
                                                 self._source(table), condition, "ORDER BY", quoted(name)),
                                             values).fetchall()
        return list(_decoded(table, name, [value for value, in found]).tolist())

    def totals(self, table: Table, amount: str, by: str, where: Where | None = None) -> pd.DataFrame:
        """Sums of a column by the values of another one; see ``Workspace.totals``."""
        summed, group = quoted(table.column(amount).name), quoted(table.column(by).name)
        condition, values = conditions(table, where)
        with self._plainly():
            found = self._connection.execute(sql("SELECT", group, ", total(", summed, ") FROM", self._source(table),
                                                 condition, "GROUP BY", group), values).fetchall()
        keys, sums = zip(*found) if found else ((), ())
        return pd.DataFrame({by: _decoded(table, by, keys), amount: np.array(sums, dtype=float)})

    def rows(self, table: Table) -> Iterator[tuple[Any, ...]]:
        """Every row as a tuple of stored values, in no order; geometry last."""
        names = table.column_names + ([GEOMETRY] if table.geometry else [])
        with self._plainly():
            yield from self._connection.execute(
                sql("SELECT", ", ".join(self._selected(table, names)), "FROM", self._source(table)))

    def _source(self, table: Table) -> str:
        """What to read a table from; no rows for one that a file made by an earlier version lacks."""
        if table not in self._absent:
            return quoted(table.name)
        names = [ROW, *table.column_names] + ([GEOMETRY] if table.geometry else [])
        columns = ", ".join("NULL AS " + quoted(name) for name in names)
        return sql("( SELECT", columns, "WHERE 0 ) AS", quoted(table.name))

    def _selected(self, table: Table, names: Iterable[str]) -> list[str]:
        """Columns to select; NULL for those that a file made by an earlier version lacks."""
        lacking = [column.name for column in self._lacking.get(table.name, [])]
        return [sql("NULL AS", quoted(name)) if name in lacking else quoted(name) for name in names]


def _beside(columns: dict[str, pd.Series]) -> pd.DataFrame:
    """A frame of columns of one length, under one index: pandas would compare and copy theirs, which takes a third of
    the time of a small table."""
    index = next(iter(columns.values())).index
    for column in columns.values():
        column.index = index
    return pd.DataFrame(columns, index=index)


def _decoded(table: Table, name: str, values: Sequence[Any]) -> pd.Series:
    """A column from what is stored; one sentence where somebody put there what this plugin never writes."""
    try:
        return decode(table.column(name), values)
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ConnectError(f"Table {table.name} holds values in {name} that this plugin never writes; run Check "
                           "workspace, which names their rows.", repr(error)) from error


def _read_place(table: Table, blobs: Sequence[bytes | None]) -> dict[str, pd.Series]:
    """The columns of a frame that hold a table's geometry, from its blobs."""
    if table.geometry == "Point":
        return {name: pd.Series(values) for name, values in zip(("x", "y"), read_points(blobs))}
    return {"geometry": pd.Series(read_polygons(blobs))}
