"""Is a workspace's file what this plugin made: whole, with its own tables and rules, nothing foreign, no row missing?

Nothing is decoded here before it was looked at, so that no value, however it came into the file, stops the check.
"""
from __future__ import annotations

import re
import sqlite3
from typing import Any, Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from ...frames import Column
from .columns import decode
from .tables import Table

_NAMED = 3
"""Rows of one kind that are named one by one."""
_FIRST_YEAR, _LAST_YEAR = "1900", "2200"
_OF_QGIS = ("layer_styles", "qgis_projects")
"""Tables that QGIS makes in a GeoPackage when a user saves a style or a project in it."""
_WHAT = {"text": "text", "integer": "a whole number", "real": "a number", "boolean": "yes or no", "date": "a date",
         "utc": "a moment in time", "local": "a wall clock time", "json": "a structure in JSON"}
# What is surely right, so that only the rest is looked at one by one; SQL, with {} for the column. Only with something
# to add does SQLite count a 30 February on into March.
_RIGHT = {
    "text": "typeof({}) = 'text'", "integer": "typeof({}) = 'integer'",
    "real": "typeof({}) IN ('real', 'integer') AND abs({}) < 1e300",
    "boolean": "typeof({}) = 'integer' AND {} IN (0, 1)",
    "date": "typeof({}) = 'text' AND date({}, '+0 days') = {}",
    "utc": "typeof({}) = 'text' AND strftime('%Y-%m-%dT%H:%M:%fZ', {}, '+0 days') = {}",
    "local": "typeof({}) = 'text' AND strftime('%Y-%m-%dT%H:%M:%S', {}, '+0 days') = {}",
    "json": "typeof({}) = 'text' AND json_valid({})",
}
_ONLY_INDEX = re.compile(r"(INSERT OR REPLACE INTO|UPDATE|DELETE FROM) \"?rtree_\w+\"? ", re.IGNORECASE)
_ONLY_REFUSE = re.compile(r"SELECT RAISE ?\(", re.IGNORECASE)


class FileCheck:
    """Looks at one file.

    Parameters
    ----------
    connection : sqlite3.Connection
    tables : mapping of str to Table
    rules : mapping of str to list of str
        The statements that make the indexes and triggers of each table.
    lacking : mapping of str to list of Column
        Columns that a file of an earlier version need not have.
    quoted : callable
        Quotes an identifier.
    """

    def __init__(self, connection: sqlite3.Connection, tables: Mapping[str, Table], rules: Mapping[str, Sequence[str]],
                 lacking: Mapping[str, Sequence[Column]], quoted: Callable[[str], str]) -> None:
        self._execute, self._tables, self._rules, self._quoted = connection.execute, tables, rules, quoted
        self._lacking = {name: [column.name for column in columns] for name, columns in lacking.items()}
        self._objects = self._execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()

    def faults(self) -> list[str]:
        """Sentences on everything that is wrong; empty if nothing is."""
        found = [text for text, in self._execute("PRAGMA integrity_check(10)") if text != "ok"]
        faults = [f"The file is damaged: {text}." for text in found] + self._strangers()
        statements = {sql for _, _, _, sql in self._objects}
        for table in self._tables.values():
            present = {name for name, in self._execute("SELECT name FROM pragma_table_info(?)", (table.name,))}
            absent = [name for name in table.column_names if name not in present]
            wrong = [name for name in absent if name not in self._lacking.get(table.name, [])]
            if wrong:
                faults.append(f"Table {table.name} lacks {', '.join(wrong)}.")
            for statement in self._rules[table.name]:
                if statement not in statements:
                    name = statement.split('"')[1]
                    faults.append(f"Table {table.name} lost one of the rules that guard its rows ({name}).")
            for column in table.columns:
                if column.name in present:
                    faults += self._wrong_values(table, column)
            if set(table.key) <= present:
                faults += self._twice(table)
            if table.append_only:
                faults += self._removed(table)
        return faults

    def _strangers(self) -> list[str]:
        """What neither this plugin nor the format of the file has put there."""
        ours = {statement for statements in self._rules.values() for statement in statements}
        faults = []
        for kind, name, owner, sql in self._objects:
            if kind == "table" and (name in self._tables or _is_of_format(name, self._tables)):
                continue
            if kind == "table" and name in _OF_QGIS:
                continue
            if kind in ("table", "view"):
                faults.append(f"The {kind} {name} is not one of a workspace; somebody added it.")
            elif kind == "trigger" and sql not in ours and not _is_harmless(name, owner, sql or ""):
                faults.append(f"The trigger {name} on {owner} is not one of a workspace: it can change rows whenever "
                              "others are written.")
        return faults

    def _wrong_values(self, table: Table, column: Column) -> list[str]:
        """Values that are not of their column's type, by row."""
        name = self._quoted(column.name)
        right = _RIGHT[column.type].replace("{}", name)
        if column.type in ("date", "utc", "local"):
            # substr: with the numbers that a DATE or DATETIME column makes of years, no text would be right.
            right += " AND substr(" + name + ", 1, 4) BETWEEN ? AND ?"
        bound = (_FIRST_YEAR, _LAST_YEAR) if "?" in right else ()
        open_ = "" if column.required else name + " IS NOT NULL AND "
        rows = self._execute(" ".join([
            "SELECT fid,", name, "FROM", self._quoted(table.name), "WHERE", open_, "NOT coalesce(", right, ", 0)",
            "ORDER BY fid"]),
            bound).fetchall()
        wrong = [row for row, value in rows if value is None or not _can_be(column, value)]
        return _by_row(table.name, wrong, f"{column.name} is not {_WHAT[column.type]}", f"{column.name}: the same")

    def _twice(self, table: Table) -> list[str]:
        key = ", ".join(self._quoted(name) for name in table.key)
        rows = self._execute(" ".join(["SELECT max(fid) FROM", self._quoted(table.name), "GROUP BY", key,
                                       "HAVING count(*) > 1"])).fetchall()
        named = " and ".join(table.key)
        return _by_row(table.name, [row for row, in rows], f"another row has the same {named}", "the same")

    def _removed(self, table: Table) -> list[str]:
        """Numbers of rows that are gone from a table that only ever grows, by one row at a time."""
        count, least, last = self._execute(" ".join(["SELECT count(*), min(fid), max(fid) FROM",
                                                     self._quoted(table.name)])).fetchone()
        given = self._execute("SELECT max(seq) FROM sqlite_sequence WHERE name = ?", (table.name,)).fetchone()[0]
        try:
            given = int(given or 0)
        except (TypeError, ValueError):
            return [f"The counter of table {table.name} is no number; somebody changed it."]
        faults = []
        if count and given < last:
            faults.append(f"The counter of table {table.name} stands at {given}, below its last row {last}; somebody "
                          "changed it.")
        if count == last == max(given, last or 0) and (least or 1) == 1 or not (count or given):
            return faults
        gone = max(given, last or 0) - count
        if gone <= 0:
            return [*faults, f"The rows of table {table.name} are not numbered as they were written."]
        present = {row for row, in self._execute(" ".join(["SELECT fid FROM", self._quoted(table.name)]))}
        which = [number for number in range(1, max(given, last or 0) + 1) if number not in present]
        named = ", ".join(str(number) for number in which[:_NAMED]) + (", ..." if len(which) > _NAMED else "")
        rows = "1 row was" if gone == 1 else f"{gone} rows were"
        return [*faults, f"Table {table.name}: {rows} removed (number {named}), from where no row is ever removed."]


def _is_of_format(name: str, tables: Mapping[str, Table]) -> bool:
    """Whether a table belongs to SQLite or GeoPackage, or is part of the spatial index of one of ours."""
    if name.startswith(("sqlite_", "gpkg_")):
        return True
    spatial = [f"rtree_{table.name}_geom" for table in tables.values() if table.geometry]
    return name in {index + part for index in spatial for part in ("", "_node", "_parent", "_rowid")}


def _is_harmless(name: str, owner: str, sql: str) -> bool:
    """Whether a trigger only keeps a spatial index, or only refuses values in the tables of the format."""
    body = re.search(r"\bBEGIN\b(.*)\bEND\b", sql, re.IGNORECASE | re.DOTALL)
    steps = [step.strip() for step in body[1].split(";") if step.strip()] if body else [""]
    if name.startswith("rtree_"):
        return all(_ONLY_INDEX.match(step) for step in steps)
    return owner.startswith("gpkg_") and all(_ONLY_REFUSE.match(step) for step in steps)


def _can_be(column: Column, value: Any) -> bool:
    """Whether an unusual value is one of the column's type after all, such as a time without milliseconds."""
    kinds: dict[str, Any] = {"integer": int, "boolean": int, "real": (int, float)}
    if not isinstance(value, kinds.get(column.type, str)):
        return False
    try:
        decoded = decode(column, [value])[0]
    except (ValueError, TypeError, OverflowError, RecursionError):
        return False
    if column.type in ("date", "local"):
        decoded = pd.Timestamp(np.datetime64(value)) if re.match(r"\d{4}-\d\d-\d\d", value) else pd.NaT
    if column.type in ("date", "utc", "local"):
        return not pd.isna(decoded) and _FIRST_YEAR <= value[:4] <= _LAST_YEAR and (
            column.type != "date" or len(value) == len("YYYY-MM-DD"))
    if column.type == "real":
        return abs(value) < 1e300
    return column.type != "boolean" or value in (0, 1)


def _by_row(table: str, rows: Sequence[int], what: str, rest: str) -> list[str]:
    faults = [f"Table {table}, row {row}: {what}." for row in rows[:_NAMED]]
    return faults + [f"Table {table}, {len(rows) - _NAMED} more rows: {rest}."] * (len(rows) > _NAMED)
