"""Many rows into a table: several by each statement, since to run one takes SQLite longer than to bind its values."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Sequence

from .sql_text import placeholders, sql

if TYPE_CHECKING:
    import sqlite3

_MOST_VALUES = 999
"""Values of one statement that every SQLite takes."""


def insert_rows(connection: sqlite3.Connection, into: str, columns: Sequence[Sequence[Any]]) -> None:
    """Insert rows.

    Parameters
    ----------
    into : str
        Table, with the names of its columns if these are not all.
    columns : sequence of sequences
        The values of each column, all of equal length.
    """
    width, count = len(columns), len(columns[0])
    values: list[Any] = [None] * (width * count)
    for place, column in enumerate(columns):
        values[place::width] = column
    several = max(_MOST_VALUES // width, 1)
    first_rest = count - count % several
    for size, first, end in ((several, 0, first_rest), (1, first_rest, count)):
        connection.executemany(sql("INSERT INTO", into, "VALUES", ", ".join([placeholders(width)] * size)),
                               (values[row * width:(row + size) * width] for row in range(first, end, size)))
