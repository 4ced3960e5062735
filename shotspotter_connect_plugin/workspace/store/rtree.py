"""The R-tree that makes a spatial table quick to search: changed row by row, or packed anew when much has changed.

Inserting a million boxes one by one takes SQLite many times longer than writing all rows. Packing them (sort-tile-
recursive, Leutenegger et al. 1997) and writing the tree's nodes in the form that SQLite documents at
https://www.sqlite.org/rtree.html takes a few seconds and gives a better tree. A test has SQLite's own ``rtreecheck``
look at the result.
"""
from __future__ import annotations

import math
import sqlite3
from typing import Any, Callable

import numpy as np
from numpy.typing import NDArray

from .many_rows import insert_rows

_CELL = np.dtype([("id", ">i8"), ("x_min", ">f4"), ("x_max", ">f4"), ("y_min", ">f4"), ("y_max", ">f4")])
_HEADER = np.dtype([("depth", ">u2"), ("cells", ">u2")])
_ROOT = 1
FEW_ROWS = 10_000
_FILL = 0.75


class RTree:
    """One R-tree of a GeoPackage.

    Parameters
    ----------
    connection : sqlite3.Connection
        In a transaction when something is to be changed.
    name : str
        Name of the virtual table.
    quoted : callable
        Quotes an identifier.
    """

    def __init__(self, connection: sqlite3.Connection, name: str, quoted: Callable[[str], str]) -> None:
        self._connection, self._execute = connection, connection.execute
        self._tree = quoted(name)
        self._node, self._parent, self._rowid = (quoted(name + part) for part in ("_node", "_parent", "_rowid"))

    def extent(self) -> tuple[float | None, ...]:
        """(x_min, y_min, x_max, y_max) of everything in it, to single precision outwards; all None if it is empty."""
        data, = self._execute(" ".join(["SELECT data FROM", self._node, "WHERE nodeno = ?"]), (_ROOT,)).fetchone()
        count = int(np.frombuffer(data, _HEADER, 1)["cells"][0])
        if not count:
            return (None,) * 4
        cells = np.frombuffer(data, _CELL, count, _HEADER.itemsize)
        return (float(cells["x_min"].min()), float(cells["y_min"].min()),
                float(cells["x_max"].max()), float(cells["y_max"].max()))

    def change(self, removed: NDArray[np.int64], ids: NDArray[np.int64], bounds: NDArray[np.float64],
               rows: int) -> None:
        """Take rows out and put rows in.

        Parameters
        ----------
        removed : (k,) array of int
            Rows that are gone or have no geometry any more; unknown ones are ignored.
        ids : (n,) array of int
            Rows that are new or have moved.
        bounds : (n, 4) array
            Their x_min, y_min, x_max, y_max.
        rows : int
            How many rows the table has now: decides whether to pack the tree anew.
        """
        gone = np.concatenate([removed, ids])
        if len(gone) < max(FEW_ROWS, rows // 4):
            self._connection.executemany(" ".join(["DELETE FROM", self._tree, "WHERE id = ?"]),
                                         ((row,) for row in gone.tolist()))
            x_min, y_min, x_max, y_max = bounds.T.tolist()
            insert_rows(self._connection, self._tree, [ids.tolist(), x_min, x_max, y_min, y_max])
            return
        found = self._execute(" ".join(["SELECT id, minx, maxx, miny, maxy FROM", self._tree])).fetchall()
        present: NDArray[Any] = np.array(found, dtype=np.dtype((float, 5))).reshape(-1, 5)
        present = present[~np.isin(present[:, 0].astype(np.int64), gone)]
        self._pack(np.concatenate([_cells(present[:, 0], present[:, [1, 3, 2, 4]]), _cells(ids, bounds)]))

    def _pack(self, cells: NDArray[np.void]) -> None:
        """Write the whole tree, leaves first; the root is always node 1."""
        size, = self._execute(" ".join(["SELECT length(data) FROM", self._node, "WHERE nodeno = ?"]),
                              (_ROOT,)).fetchone()
        for table in (self._node, self._parent, self._rowid):
            self._execute(" ".join(["DELETE FROM", table]))
        capacity = (size - _HEADER.itemsize) // _CELL.itemsize
        depth, last = 0, _ROOT
        while len(cells) > capacity:
            cells, starts = _tiled(cells, int(capacity * _FILL))
            nodes = last + 1 + np.arange(len(starts))
            last = int(nodes[-1])
            self._write(cells, nodes, starts, 0, depth == 0, size)
            cells, depth = _around(cells, nodes, starts), depth + 1
        self._write(cells, np.array([_ROOT]), np.array([0]), depth, depth == 0, size)

    def _write(self, cells: NDArray[np.void], nodes: NDArray[np.int64], starts: NDArray[np.int64], depth: int,
               leaves: bool, size: int) -> None:
        counts = np.diff(starts, append=len(cells))
        owners = self._rowid if leaves else self._parent
        order = np.argsort(cells["id"], kind="stable")
        insert_rows(self._connection, owners, [cells["id"][order].tolist(), np.repeat(nodes, counts)[order].tolist()])
        data = np.zeros((len(nodes), size), dtype=np.uint8)
        header = np.zeros(len(nodes), dtype=_HEADER)
        header["depth"], header["cells"] = depth, counts
        data[:, :_HEADER.itemsize] = header.view(np.uint8).reshape(len(nodes), -1)
        node = np.repeat(np.arange(len(nodes)), counts)
        slot = np.arange(len(cells)) - np.repeat(starts, counts)
        places = data[:, _HEADER.itemsize:][:, :(size - _HEADER.itemsize) // _CELL.itemsize * _CELL.itemsize]
        packed = np.zeros((len(nodes), places.shape[1] // _CELL.itemsize), dtype=_CELL)
        packed[node, slot] = cells
        places[:] = packed.view(np.uint8).reshape(places.shape)
        insert_rows(self._connection, self._node, [nodes.tolist(), [row.tobytes() for row in data]])


def _cells(ids: NDArray[np.int64], bounds: NDArray[np.float64]) -> NDArray[np.void]:
    """Cells of a node; single precision, rounded outwards so that nothing is missed."""
    cells = np.empty(len(ids), dtype=_CELL)
    cells["id"] = ids
    for number, (name, outwards) in enumerate((("x_min", -np.inf), ("y_min", -np.inf), ("x_max", np.inf),
                                               ("y_max", np.inf))):
        exact = bounds[:, number]
        single = exact.astype(np.float32)
        inside = single > exact if outwards < 0 else single < exact
        cells[name] = np.where(inside, np.nextafter(single, np.float32(outwards)), single)
    return cells


def _tiled(cells: NDArray[np.void], fill: int) -> tuple[NDArray[np.void], NDArray[np.int64]]:
    """(cells in an order in which neighbours share nodes, first cell of each node)."""
    nodes = math.ceil(len(cells) / fill)
    in_slice = math.ceil(math.sqrt(nodes)) * fill
    rank = np.empty(len(cells), dtype=np.int64)
    rank[np.argsort(cells["x_min"].astype(float) + cells["x_max"], kind="stable")] = np.arange(len(cells))
    order = np.lexsort((cells["y_min"].astype(float) + cells["y_max"], rank // in_slice))
    return cells[order], np.arange(0, len(cells), fill)


def _around(cells: NDArray[np.void], nodes: NDArray[np.int64], starts: NDArray[np.int64]) -> NDArray[np.void]:
    """One cell per node that covers its cells."""
    around = np.empty(len(nodes), dtype=_CELL)
    around["id"] = nodes
    for name in ("x_min", "y_min"):
        around[name] = np.minimum.reduceat(cells[name], starts)
    for name in ("x_max", "y_max"):
        around[name] = np.maximum.reduceat(cells[name], starts)
    return around
