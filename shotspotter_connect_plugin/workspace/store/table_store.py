"""What a workspace stands on: the tables of ``tables.py`` in some home, a file or a database."""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator, Mapping, Protocol, Sequence, Union

import pandas as pd
from numpy.typing import NDArray

from .tables import Table

Value = Union[str, float, bool, pd.Timestamp, None]
"""One value of a column: text (dates too), number, truth, instant, or None for null."""


@dataclass(frozen=True)
class Between:
    """A condition of ``where``: low <= value < high; either may be None."""

    low: Value = None
    high: Value = None


Wanted = Union[Value, Between, "list[Any]", "tuple[Any, ...]", "set[Any]", "frozenset[Any]", "NDArray[Any]", pd.Series,
               pd.DataFrame]
Where = Mapping[Any, Wanted]
"""Column -> value (equal; None is null), several values (one of them), or :class:`Between`; several columns (a tuple)
-> frame of what stands in them together (one of its rows). All must hold."""


@dataclass(frozen=True)
class Counts:
    """What an upsert did; the three sum to the rows given."""

    added: int
    updated: int
    unchanged: int


class Store(Protocol):
    """A home of tables. One object serves one thread at a time; each error of the home is a ``ConnectError``.

    Frames have the types that ``frames.Column`` names, points as ``x`` and ``y``, areas as ``geometry``; frames that
    are given may have any row order. Rows that are ``append_only`` are guarded by the home itself.
    """

    @property
    def name(self) -> str:
        """Its name in sentences."""

    @property
    def address(self) -> str:
        """The address by which it was opened, without secrets."""

    @property
    def folder(self) -> Path:
        """Where relative paths of settings start."""

    @property
    def path_of_seeds(self) -> Path:
        """The file that keeps the seeds of coming draws secret."""

    @property
    def read_only(self) -> bool:
        """Whether this account can only read."""

    @property
    def table_names(self) -> set[str]:
        """Names of the tables that are there."""

    def close(self) -> None:
        """Let go of it."""

    def read(self, table: Table, columns: Sequence[str] | None = None, where: Where | None = None,
             order_by: str | Sequence[str] | None = None) -> pd.DataFrame:
        """A frame of some columns (all if not given), in the order of columns, else as written."""

    def count(self, table: Table, where: Where | None = None) -> int:
        """How many rows meet a condition."""

    def stamp(self, table: Table) -> str:
        """Text that changes with every write to a table, also one of another program."""

    def distinct(self, table: Table, column: str, where: Where | None = None) -> list[Any]:
        """Different values of a column, in order."""

    def totals(self, table: Table, amount: str, by: str, where: Where | None = None) -> pd.DataFrame:
        """Frame [by, amount]: sums of a column by the values of another one, in their order."""

    def rows(self, table: Table) -> Iterator[tuple[Any, ...]]:
        """Every row as a tuple of stored values (see ``columns.encode``), in no order; geometry last."""

    def faults(self) -> list[str]:
        """Sentences about damage, what is missing, what is foreign, what was removed; empty if none."""

    def begin(self, for_good: bool = False) -> None:
        """Begin a transaction, the only one; ``for_good``: nothing of what it removes stays readable."""

    def commit(self) -> None:
        """Keep everything written since :meth:`begin`."""

    def rollback(self) -> None:
        """Keep nothing of it; outside a transaction do nothing."""

    def compact(self) -> None:
        """Give back the room of rows that were removed, so that nothing of them stays."""

    def append(self, table: Table, frame: pd.DataFrame) -> None:
        """Write new rows."""

    def upsert(self, table: Table, frame: pd.DataFrame) -> Counts:
        """Add, change or leave each row, by the table's key; columns that the frame lacks are left as they are.

        A frame that names a key twice is refused.
        """

    def delete(self, table: Table, where: Where | None = None) -> int:
        """Remove rows; gives their number."""

    def reveal(self, table: Table, key_values: Where, value: Value) -> None:
        """Give the reveal column of one row its value, once."""
