"""What a write puts off to the commit: indexes and the R-tree are brought up to date once, not for each row."""
from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .gpkg_schema import GEOMETRY
from .rtree import RTree
from .sql_text import quoted, sql
from .tables import Table


@dataclass
class DeferredChanges:
    """What a transaction has yet to do for one table: statements to run, and changes of place in order.

    ``placed`` holds (rows, their bounds (n, 4)); bounds are NaN where a row has no place any more.
    """

    statements: list[str]
    placed: list[tuple[NDArray[np.int64], NDArray[np.float64]]] = field(default_factory=list)

    def last_places(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """(rows without place, rows with place, their bounds): each row once, as it was placed last."""
        rows = np.concatenate([rows for rows, _ in self.placed])
        bounds = np.concatenate([bounds for _, bounds in self.placed])
        rows, last = np.unique(rows[::-1], return_index=True)
        bounds = bounds[::-1][last]
        known = np.isfinite(bounds).all(axis=1)
        return rows[~known], rows[known], bounds[known]


def put_away(connection: sqlite3.Connection, table: Table, kind: str) -> list[str]:
    """Drop the spatial triggers ("trigger"), the key's index ("key") or the other indexes ("index") of a table.

    Gives statements that bring them back.
    """
    pattern = {"trigger": "rtree%", "key": f"{table.name}_key", "index": f"{table.name}_index%"}[kind]
    found = connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE type = ? AND tbl_name = ? AND name LIKE ?",
        ("trigger" if kind == "trigger" else "index", table.name, pattern)).fetchall()
    for what, name, _ in found:
        connection.execute(sql("DROP", what, quoted(name)))
    return [statement for _, _, statement in found]


def catch_up(connection: sqlite3.Connection, table: Table, put_off: DeferredChanges, rows: int) -> None:
    """Bring the R-tree, indexes, triggers and the contents row of a table of so many ``rows`` up to date."""
    extent: tuple[float | None, ...] = (None,) * 4
    if table.geometry:
        tree = RTree(connection, f"rtree_{table.name}_{GEOMETRY}", quoted)
        if put_off.placed:
            tree.change(*put_off.last_places(), rows)
        extent = tree.extent()
    for statement in put_off.statements:
        connection.execute(statement)
    connection.execute(
        "UPDATE gpkg_contents SET last_change = strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), "
        "min_x = ?, min_y = ?, max_x = ?, max_y = ? WHERE table_name = ?", (*extent, table.name))
