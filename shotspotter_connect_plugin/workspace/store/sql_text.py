"""SQL as text: identifiers come from ``tables.py`` and pass through :func:`quoted`, values are always bound."""
from __future__ import annotations

from typing import Any, Iterable, Sequence

import numpy as np
import pandas as pd

from ...frames import Column
from .columns import encode, to_json
from .table_store import Between, Wanted, Where
from .tables import Table


def quoted(identifier: str) -> str:
    """An SQL identifier in quotes."""
    return '"' + identifier.replace('"', '""') + '"'


def sql(*parts: str) -> str:
    """A statement, or a part of one, from its words."""
    return " ".join(parts)


def listed(names: Iterable[str]) -> str:
    """Columns in brackets."""
    return "( " + ", ".join(quoted(name) for name in names) + " )"


def placeholders(columns: int) -> str:
    """A mark for a bound value for each column, in brackets."""
    return "( " + ", ".join("?" * columns) + " )"


def all_of(operator: str, names: Iterable[str], left: str, right: str, join: str = " AND ") -> str:
    """The same comparison of each column of ``left`` with that of ``right``."""
    return join.join(left + quoted(name) + " " + operator + " " + right + quoted(name) for name in names)


_SEVERAL = (list, tuple, set, frozenset, np.ndarray, pd.Series, pd.Index, pd.api.extensions.ExtensionArray)


def conditions(table: Table, where: Where | None) -> tuple[str, list[Any]]:
    """(text, bound values) of a ``where``; the text is empty where there is none."""
    texts, values = [], []
    for name, wanted in (where or {}).items():
        text, bound = (_condition(table.column(name), wanted) if isinstance(name, str) else
                       _together(table, name, wanted))
        texts.append(text)
        values.extend(bound)
    return (sql("WHERE", " AND ".join(texts)) if texts else ""), values


def _together(table: Table, names: Sequence[str], wanted: Any) -> tuple[str, list[Any]]:
    """Rows whose values in some columns are together those of one of the rows wanted.

    A join, and in this order: for IN of several columns SQLite uses an index by its first column only.
    """
    rows = list(zip(*(encode(table.column(name), wanted[name]) for name in names)))
    each = " AND ".join("found." + quoted(name) + " = json_extract(wanted.value, '$[" + str(place) + "]')"
                        for place, name in enumerate(names))
    return sql("rowid IN (SELECT found.rowid FROM json_each(?) AS wanted CROSS JOIN", quoted(table.name),
               "AS found ON", each, ")"), [to_json(rows)]


def _condition(column: Column, wanted: Wanted) -> tuple[str, list[Any]]:
    name = quoted(column.name)
    if isinstance(wanted, Between):
        ends = [(sign, value) for sign, value in ((">=", wanted.low), ("<", wanted.high)) if value is not None]
        texts = [name + " " + sign + " ?" for sign, _ in ends] or [name + " IS NOT NULL"]
        return " AND ".join(texts), encode(column, [value for _, value in ends])
    if isinstance(wanted, _SEVERAL):
        values = encode(column, list(wanted))
        null = "OR " + name + " IS NULL" if None in values else ""
        # One bound value for any number of them: SQLite limits how many a statement may have.
        return sql("(", name, "IN (SELECT value FROM json_each(?))", null, ")"), [to_json(values)]
    value, = encode(column, [wanted])
    return name + " IS ?", [value]
