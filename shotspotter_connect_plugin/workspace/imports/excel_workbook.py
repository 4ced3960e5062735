"""Sheets of an Excel file as cells, and what a spreadsheet knows beyond values: what is hidden, merged, in error or
never calculated, and from which day its dates count."""
from __future__ import annotations

import re
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Iterator

import pandas as pd

from ...errors import ConnectError

_PART = 1 << 20
_MOST_MERGED = 10_000
"""Merged ranges of a sheet that are looked at; a sheet of more was not laid out by a person."""
_ATTRIBUTE = rb"<(?:\w+:)?%s\b[^<>]*"
_MERGED = re.compile(_ATTRIBUTE % rb"mergeCell" + rb'\bref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_HIDDEN_ROW = re.compile(_ATTRIBUTE % rb"row" + rb'\bhidden="(?:1|true)"')
_ROW_NUMBER = re.compile(rb'\sr="(\d{1,7})"')
_COLUMN = re.compile(_ATTRIBUTE % rb"col" + rb">")
_COLUMN_RANGE = re.compile(rb'\b(min|max|hidden)="(\w{1,5})"')
_UNCALCULATED = re.compile(
    rb'<(?:\w+:)?c\b[^<>]*\br="([A-Z]{1,3})\d{1,7}"[^<>]*>\s*<(?:\w+:)?f\b(?:[^<>]*/>|[^<>]*>[^<]*</(?:\w+:)?f>)\s*'
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>")
_END_OF_ROW = re.compile(rb"</(?:\w+:)?row>")
_EPOCH_1904 = 1904


@dataclass
class Sheet:
    """Cells of a sheet as objects (None where empty), rows and columns counted from 0.

    ``hidden`` is whether the sheet is; ``hidden_rows`` and ``hidden_columns`` are those hidden in it. ``errors`` are
    (column, error) -> how often, ``uncalculated`` column -> formulas without a value, ``merged`` the (column, first
    row, last row) of cells that were merged over several rows; they are filled in ``cells``.
    """

    name: str
    cells: pd.DataFrame
    hidden: bool = False
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    errors: Counter[tuple[int, str]] = field(default_factory=Counter)
    uncalculated: Counter[int] = field(default_factory=Counter)
    merged: list[tuple[int, int, int]] = field(default_factory=list)


def read_workbook(path: Path) -> tuple[list[Sheet], bool]:
    """(the sheets in their order, whether dates count from 1904).

    Raises
    ------
    ConnectError
        When openpyxl is missing; whatever openpyxl raises where the file is broken.
    """
    try:
        import openpyxl
    except ImportError as error:
        raise ConnectError(f"Reading Excel needs the Python package openpyxl; install it, or save {path.name} as CSV.",
                           str(error)) from error
    with open(path, "rb") as file, zipfile.ZipFile(path) as packed:  # of a path openpyxl would judge the ending
        book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        return [_read_sheet(sheet, packed) for sheet in book.worksheets], book.epoch.year == _EPOCH_1904


def _read_sheet(sheet: Any, packed: zipfile.ZipFile) -> Sheet:
    sheet.reset_dimensions()  # what a file says of its own size may be wrong
    errors: Counter[tuple[int, str]] = Counter()
    rows: list[list[Any]] = []
    filled = 0
    for cells in sheet.rows:
        row = [None if cell.value == "" else cell.value for cell in cells]
        for place, cell in enumerate(cells):
            if cell.data_type == "e":
                errors[place, str(cell.value)] += 1
                row[place] = None
        while row and row[-1] is None:
            row.pop()
        rows.append(row)
        filled = len(rows) if row else filled
    found = Sheet(sheet.title, pd.DataFrame(), hidden=sheet.sheet_state != "visible", errors=errors)
    # openpyxl tells the part of a sheet that is read row by row in no other way.
    with packed.open(sheet._worksheet_path.lstrip("/")) as part:
        _look_at_marks(part, found)
    rows = rows[:filled]
    _fill_merged(rows, found.merged)
    width = max(map(len, rows), default=0)
    found.cells = pd.DataFrame([row + [None] * (width - len(row)) for row in rows], dtype=object,
                               columns=range(width))
    return found


def _look_at_marks(part: IO[bytes], found: Sheet) -> None:
    """What stands in a sheet beside values, by its text: a pass through all elements would take longer than reading."""
    for text in _whole_rows(part):
        for row in _HIDDEN_ROW.findall(text):
            number = _ROW_NUMBER.search(row)
            if number:
                found.hidden_rows.add(int(number[1]) - 1)
        for column in _COLUMN.findall(text):
            told = dict(_COLUMN_RANGE.findall(column))
            if told.get(b"hidden") in (b"1", b"true"):
                found.hidden_columns.update(range(int(told[b"min"]) - 1, min(int(told[b"max"]), 1 << 14)))
        found.uncalculated.update(_column(name) for name in _UNCALCULATED.findall(text))
        for first, top, _, bottom in _MERGED.findall(text):
            if int(bottom) > int(top) and len(found.merged) < _MOST_MERGED:
                found.merged.append((_column(first), int(top) - 1, int(bottom) - 1))


def _whole_rows(part: IO[bytes]) -> Iterator[bytes]:
    """The bytes of a sheet, parted where a row ends."""
    before = b""
    for more in iter(lambda: part.read(_PART), b""):
        text = before + more
        end = max((found.end() for found in _END_OF_ROW.finditer(text)), default=0)
        yield text[:end]
        before = text[end:]
    yield before


def _fill_merged(rows: list[list[Any]], merged: list[tuple[int, int, int]]) -> None:
    """Put what stands in the first of cells merged over rows into all of them: that is how they are read."""
    for column, top, bottom in merged:
        value = rows[top][column] if top < len(rows) and column < len(rows[top]) else None
        if value is None:
            continue
        for row in rows[top + 1:bottom + 1]:
            row.extend([None] * (column + 1 - len(row)))
            row[column] = value


def _column(name: bytes) -> int:
    """The place of a column, from 0, by its letters."""
    place = 0
    for letter in name:
        place = place * 26 + letter - ord("A") + 1
    return place - 1
