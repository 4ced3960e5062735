"""A workspace: all of an agency's data behind one address. What is kept how is the business of a store below it."""
from __future__ import annotations

import hashlib
import re
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterator, Mapping, Sequence
from urllib.parse import parse_qs, urlsplit

import pandas as pd

from ...errors import ConnectError
from ...forecast.box_layout import grid_of
from ...forecast.shifts import Shift, ShiftCalendar
from .geopackage import GeoPackage
from .roles import account
from .rows import CrimeTypes
from .settings import Settings, settings_from
from .table_store import Between, Counts, Store, Value, Where
from .tables import SCHEMA_VERSION, TABLES

if TYPE_CHECKING:
    from ...forecast.box_grid import BoxGrid

__all__ = ["Between", "Counts", "Workspace", "Writer", "check_address", "open_workspace"]

UNFINISHED_PURGE = "unfinished_purge"
_NOT_SETTINGS = ("schema_version", UNFINISHED_PURGE)
"""Rows of the table ``settings`` that are the workspace's own business."""
_DATABASE = re.compile(r"\s*(postgres(ql)?:|PG:|(service|dbname|host|user|password)\s*=)", re.IGNORECASE)
_PASSWORD = re.compile(r"\bpassword\s*=", re.IGNORECASE)


def check_address(address: str | Path) -> Path:
    """Give the path of a workspace's file, or say in one sentence why the address cannot be used."""
    address = str(address).strip()
    if not address:
        raise ConnectError("No workspace is named; give the path of a workspace's .gpkg file.")
    if _DATABASE.match(address):
        parts = urlsplit(address)
        if parts.password or "password" in parse_qs(parts.query) or _PASSWORD.search(address):
            raise ConnectError("A workspace address must not hold a password, because histories would keep it; use a "
                               "service name or a saved connection.")
        raise ConnectError("This version keeps workspaces in GeoPackage files only, not in PostGIS; give the path of "
                           "a .gpkg file.")
    return Path(address)


def open_workspace(address: str | Path) -> Workspace:
    """Open a workspace.

    Parameters
    ----------
    address
        Path of its file.

    Raises
    ------
    ConnectError
        If it is missing, cannot be read, is no workspace or is of another version.
    """
    store = GeoPackage(check_address(address))
    try:
        return Workspace(store)
    except BaseException:
        store.close()
        raise


class Workspace:
    """An agency's tables, settings, fishnet and shifts. A context manager; use it from one thread at a time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.changes = 0
        """How many transactions were kept since it was opened here."""
        self._check_version()

    def _check_version(self) -> None:
        name = self._store.name
        versions = [] if "settings" not in self._store.table_names else \
            self.read("settings", where={"name": "schema_version"})["value"].tolist()
        if not versions:
            raise ConnectError(f"{name} is not a workspace; make one with Create workspace.")
        if versions != [SCHEMA_VERSION]:
            raise ConnectError(
                f"{name} is a workspace of version {versions[0]}, and this plugin reads version {SCHEMA_VERSION}; use "
                "the plugin that fits it, or create a new workspace and import again.")
        missing = sorted({table.name for table in TABLES.values() if not table.later} - self._store.table_names)
        if missing:
            raise ConnectError(f"{name} lacks the tables {', '.join(missing)}; restore it from a copy.")

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of its home."""
        self._store.close()

    @property
    def address(self) -> str:
        """The address it was opened by."""
        return self._store.address

    @property
    def folder(self) -> Path:
        """Folder in which its file lies; relative paths of settings start here."""
        return self._store.folder

    @property
    def read_only(self) -> bool:
        """Whether the account that opened it can only read it."""
        return self._store.read_only

    @property
    def why_read_only(self) -> str:
        """One sentence on a workspace that can only be read."""
        return (f"{self._store.name} can only be read by {account()}, so nothing was changed; work on it where you "
                "may write the file and its folder.")

    @property
    def path_of_seeds(self) -> Path:
        """The side file that keeps the seeds of coming draws secret."""
        return self._store.path_of_seeds

    @cached_property
    def settings(self) -> Settings:
        """The agency's settings."""
        rows = self.read("settings")
        return settings_from({name: value for name, value in zip(rows["name"], rows["value"])
                              if name not in _NOT_SETTINGS})

    @cached_property
    def layout(self) -> int:
        """Number of the layout of boxes in force; 0 is the plain fishnet."""
        numbers = self.distinct("layouts", "layout")
        return int(numbers[-1]) if numbers else 0

    @cached_property
    def fishnet(self) -> BoxGrid:
        """Its boxes by arithmetic: those of the layout in force."""
        return self.fishnet_of(self.layout)

    def fishnet_of(self, layout: int) -> BoxGrid:
        """The boxes of a numbered layout; 0 is the plain fishnet."""
        squares = self.read("layouts", ["squares"], {"layout": layout})["squares"].tolist() if layout else []
        return grid_of(self.settings.size, squares[0] if squares else [])

    @cached_property
    def calendar(self) -> ShiftCalendar:
        """Its shifts on the wall clock."""
        rows = self.read("shifts", ["shift", "name", "start", "end", "weekdays"], order_by="sort_order")
        return ShiftCalendar([Shift(*row) for row in rows.itertuples(index=False)], self.settings.timezone)

    @cached_property
    def crime_types(self) -> CrimeTypes:
        """The crime types that are forecast, in order."""
        return self.read("crime_types", where={"enabled": True}, order_by="sort_order")

    def read(self, table: str, columns: Sequence[str] | None = None, where: Where | None = None,
             order_by: str | Sequence[str] | None = None) -> pd.DataFrame:
        """Rows of a table.

        Parameters
        ----------
        table
            Its name.
        columns
            All if not given; ``x``, ``y`` of a point table or ``geometry`` of a polygon table count as columns.
        order_by
            Columns; rows as written if not given.

        Returns
        -------
        pandas.DataFrame
            The rows of ``rows.py`` with the columns asked for.
        """
        return self._store.read(TABLES[table], columns, where, order_by)

    def count(self, table: str, where: Where | None = None) -> int:
        """How many rows of a table meet a condition."""
        return self._store.count(TABLES[table], where)

    def stamp(self, table: str) -> str:
        """Text that changes with every write to a table."""
        return self._store.stamp(TABLES[table])

    def distinct(self, table: str, column: str, where: Where | None = None) -> list[Any]:
        """List of the different values of a column, in order."""
        return self._store.distinct(TABLES[table], column, where)

    def totals(self, table: str, amount: str, by: str, where: Where | None = None) -> pd.DataFrame:
        """Data frame [by, amount]: sums of the column ``amount`` for each value of the column ``by``, in its order."""
        return self._store.totals(TABLES[table], amount, by, where)

    @contextmanager
    def transaction(self, for_good: bool = False) -> Iterator[Writer]:
        """A :class:`Writer`: everything written inside ``with`` is kept, or after any error nothing.

        ``for_good``: zeros are written over what it removes.
        """
        self._store.begin(for_good)
        self._forget()  # somebody else may have changed them since they were read
        try:
            yield Writer(self._store)
            self._store.commit()
            self.changes += 1
        except BaseException:
            self._store.rollback()
            raise
        finally:
            self._forget()

    def _forget(self) -> None:
        for name in ("settings", "layout", "fishnet", "calendar", "crime_types"):
            self.__dict__.pop(name, None)

    @property
    def unfinished_purge(self) -> dict[str, Any] | None:
        """What a purge has removed that did not come to rewrite the file: {at, who, rows}; None if there is none."""
        kept = self.read("settings", ["value"], {"name": UNFINISHED_PURGE})["value"].tolist()
        return kept[0] if kept else None

    def finish_purge(self) -> None:
        """Rewrite the file so that nothing of what was purged stays in it, and forget that this was still to be done.

        Raises
        ------
        ConnectError
            When the file cannot be rewritten now; it stays to be done.
        """
        self._store.compact()
        with self.transaction() as writer:
            writer.delete("settings", {"name": UNFINISHED_PURGE})

    def faults(self) -> list[str]:
        """Sentences about a damaged file, missing columns and lost rules of append-only tables; empty if none."""
        return self._store.faults()

    def content_hash(self) -> str:
        """SHA-256 (hexadecimal) of all rows of all tables except ``runs``.

        The order of rows in the store does not matter. ``runs`` is left out because a run that finds nothing to do is
        recorded there too: two equal hashes mean that nothing but the record of runs has changed.
        """
        whole = hashlib.sha256()
        for name, table in sorted(TABLES.items()):
            if name == "runs":
                continue
            total = sum(int.from_bytes(hashlib.sha256(repr(row).encode()).digest(), "big")
                        for row in self._store.rows(table))
            whole.update(f"{name}:{total};".encode())
        return whole.hexdigest()


class Writer:
    """Writes to tables inside a transaction; frames as :meth:`Workspace.read` gives them, in any row order."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def append(self, table: str, frame: pd.DataFrame) -> None:
        """Add rows; a ConnectError where a key is there already."""
        self._store.append(TABLES[table], frame)

    def upsert(self, table: str, frame: pd.DataFrame) -> Counts:
        """Add or change rows by the table's key -> :class:`Counts`; columns not in the frame stay as they are."""
        return self._store.upsert(TABLES[table], frame)

    def replace(self, table: str, frame: pd.DataFrame, where: Where | None = None) -> None:
        """Delete the rows that meet ``where`` (all if not given), then add the frame's."""
        self._store.delete(TABLES[table], where)
        self._store.append(TABLES[table], frame)

    def delete(self, table: str, where: Where | None = None) -> int:
        """Remove rows (all if no ``where``) -> their number."""
        return self._store.delete(TABLES[table], where)

    def reveal(self, table: str, key_values: Where, value: Value) -> None:
        """Give the one reveal column of an append-only row its value; ``key_values`` is a mapping as ``where``."""
        self._store.reveal(TABLES[table], key_values, value)

    def note_purge(self, what: Mapping[str, Any]) -> None:
        """Keep with the rows that are purged that the file is still to be rewritten: :attr:`~.unfinished_purge`."""
        self._store.upsert(TABLES["settings"], pd.DataFrame({"name": [UNFINISHED_PURGE], "value": [what]}))

    def save_settings(self, settings: Settings) -> None:
        """Keep the settings."""
        values = vars(settings)
        self._store.upsert(TABLES["settings"], pd.DataFrame({"name": list(values), "value": list(values.values())}))
