"""The sheet of an Excel file that holds a table, as rows; covers and titles above the header are no rows."""
from __future__ import annotations

import zipfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Iterator, Sequence

import numpy as np
import pandas as pd

from ...errors import ConnectError, some
from ..store.layer_file import check_unpacked
from .cell_texts import cell_text
from .column_names import plain, words_of
from .column_recognition import recognise
from .excel_workbook import Sheet, read_workbook
from .report_lines import judged_columns, report_lines
from .row_source import NoRows, RowSource, distinct_names, limited, marked
from .synonyms import COLUMN_ROLES
from .table_header import SEARCHED, TableHeader, find_header
from .text_source import open_text
from .title_units import unit_above

if TYPE_CHECKING:
    from ...progress import Progress
    from .import_frames import FileRows

_SAMPLE, _LOOKED_AT = 1 << 16, 1 << 24
_OLD_OFFICE = bytes.fromhex("d0cf11e0a1b11ae1")
"""How files of old Office programs begin, and new ones behind a password."""
_NO_EXCEL = "{} cannot be read as an Excel file; save it again or as CSV."
OLD_EXCEL = "{} is in the old Excel format; open it in Excel and save it as .xlsx or CSV."
_LOCKED = ("{} is locked by a password. Open it in Excel, take the password off (File, Info, Protect Workbook, Encrypt "
           "with Password) and save it.")
_MOSTLY = 0.5
"""Share of a table's rows from which on a column of formulas without values is missing, and not some cells of it."""
_SAYS_WHEN = frozenset("date datetime time timestamp when day occurred reported datum fecha data heure".split())
_MOMENTS = frozenset("occurred occurred_from occurred_to reported at shift_date from to date issued".split())
_EPOCH_1904 = datetime(1904, 1, 1)
_DAYS_1904 = (20_000 - 1462, 80_000 - 1462)
"""Numbers that are taken for days of a calendar, as in :mod:`.time_texts`, which counts from 1462 days earlier."""


@dataclass
class SheetSource(RowSource):
    """Cells in memory, below a header that ends with row ``header_rows`` of the sheet."""

    sheet: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    header_rows: int = 1
    kind = "excel"

    def chunks(self, columns: Sequence[str], progress: Progress) -> Iterator[FileRows]:
        looked_at = judged_columns(self.columns, columns)
        for start in range(0, len(self.sheet), self.chunk_rows):
            progress.report(start / max(len(self.sheet), 1))
            cells = self.sheet[looked_at].iloc[start:start + self.chunk_rows]
            chunk = cells.apply(lambda values: values.map(cell_text))
            lines = report_lines(chunk, looked_at)
            chunk.index += 1 + self.header_rows
            yield limited(marked(chunk[list(columns)], lines))


def open_excel(path: Path, table_name: str = "") -> SheetSource:
    """The table of a workbook: of sheets with the same columns all, of others the one that looks most like one of ours;
    a hidden sheet only where no other does.

    Raises
    ------
    ConnectError
        When it cannot be read, is locked, has no rows, or its values were never calculated.
    """
    if not zipfile.is_zipfile(path):
        raise ConnectError(_why_not(path).format(path.name))
    check_unpacked(path)
    _check_without_entities(path)
    try:
        sheets, from_1904 = read_workbook(path)
    except ConnectError:
        raise
    except Exception as error:  # openpyxl raises whatever a broken file happens to trip over
        raise ConnectError(_NO_EXCEL.format(path.name), repr(error)) from error
    tables = {sheet.name: _Table.of(sheet) for sheet in sheets}
    tables = {name: table for name, table in tables.items() if table.rows > 0}
    if not tables:
        raise NoRows(f"{path.name} has no rows.")
    chosen = _most_worth(tables)
    table = tables[chosen]
    columns = distinct_names(table.header.names)
    same = [name for name, other in tables.items() if other.columns_as(columns)
            and (table.sheet.hidden or not other.sheet.hidden)]
    source = SheetSource(path, path.name, columns, header_rows=table.header.rows)
    for name in same:
        tables[name].check_calculated(path.name, tables[name].columns_as(columns))
    source.sheet = pd.concat([tables[name].below(tables[name].columns_as(columns))[columns] for name in same],
                             ignore_index=True)
    if table_name == "gps_fixes":
        _name_units(source, [tables[name] for name in same])
    if table.header.bare:
        source.kind = "bare"
    source.told = [*_sentences(path.name, chosen, same, tables),
                   *(sentence for name in same
                   for sentence in _marks(path.name, tables[name], tables[name].columns_as(columns)))]
    if from_1904:
        source.told += _count_from_1904(source)
    return source


def _name_units(source: SheetSource, tables: Sequence[_Table]) -> None:
    """Give the rows of sheets a column of the car that the titles above them name."""
    found = [unit_above(table.titles, source.columns) for table in tables]
    label = next((unit[0] for unit in found if unit), "")
    if label and label not in source.columns:
        names = [unit[1] if unit else "" for unit in found]
        source.sheet[label] = np.repeat(np.array(names, dtype=object), [len(table.below(table.columns_as(
            source.columns))) for table in tables])
        source.columns = [*source.columns, label]


def _most_worth(tables: dict[str, _Table]) -> str:
    """The name of the sheet to be read: of those of which about as much is known, one of the sheets that have the same
    columns and most rows together."""
    best = max(table.worth for table in tables.values())  # of equals the first
    near = {name: table for name, table in tables.items() if table.worth[0] == best[0] and table.worth[1] > 0 and (
        table.worth[1] >= best[1] - 1)}
    if not best[0] or not near:
        return max(tables, key=lambda name: tables[name].worth)

    def rows_together(name: str) -> tuple[int, tuple[bool, int, int]]:
        columns = distinct_names(near[name].header.names)
        return sum(other.rows for other in near.values() if other.columns_as(columns)), near[name].worth
    return max(near, key=rows_together)


@dataclass
class _Table:
    """A sheet, the header found in it, and how many rows stand below it."""

    sheet: Sheet
    header: TableHeader
    rows: int
    titles: list[list[str]] = field(default_factory=list)

    @classmethod
    def of(cls, sheet: Sheet) -> _Table:
        texts = [[" ".join(cell_text(cell).split()) for cell in row]
                 for row in sheet.cells.head(SEARCHED).itertuples(index=False)]
        header = find_header(texts)
        several = sheet.cells.iloc[header.rows:].notna().sum(axis=1) > min(1, len(header.names) - 1)
        titles = texts[:max(header.rows - 1, 0)]
        return cls(sheet, header, int(several.sum()) if header.names else 0, titles)

    @property
    def worth(self) -> tuple[bool, int, int]:
        """Whether it is seen and known, what is known of its columns, then its size."""
        known = self.header.known if self.header.known > 1 else 0
        return bool(known) and not self.sheet.hidden, known, self.rows * len(self.header.names)

    def columns_as(self, columns: list[str]) -> list[str]:
        """The names of its columns, in their order, as another sheet writes them; none where they are others."""
        own, wanted = distinct_names(self.header.names), {plain(name): name for name in columns}
        found = [wanted.get(plain(name), "") for name in own]
        if own == columns:
            return columns
        return found if all(found) and len(set(found)) == len(columns) == len(wanted) else []

    def below(self, columns: list[str]) -> pd.DataFrame:
        """The cells below the header, by column."""
        return self.sheet.cells.iloc[self.header.rows:].set_axis(columns, axis=1)

    def check_calculated(self, name: str, columns: list[str]) -> None:
        """Raise one sentence where a column is of formulas whose values the file does not hold."""
        empty = [columns[place] for place, cells in sorted(self.sheet.uncalculated.items())
                 if place < len(columns) and cells >= _MOSTLY * self.rows]
        if empty:
            raise ConnectError(f"{name} holds formulas that were never calculated, in {some(empty)}: no values are in "
                               "it. Open it in Excel or LibreOffice, save it there, and import it again.")


def _sentences(name: str, chosen: str, same: list[str], tables: dict[str, _Table]) -> Iterator[str]:
    """What to tell of the sheets, and of the place of the header."""
    others = [_called(tables[sheet], True) for sheet in tables if sheet not in same]
    if len(same) > 1:
        yield f"The sheets {some(same)} of {name} have the same columns and were read one after the other."
    if others:
        read = f" the sheet {_called(tables[chosen])} was read;" if len(same) == 1 else ""
        yield (f"Of {name}{read} nothing was read of the sheets {some(others)}. If they hold rows to import, save each "
               "as a file of its own.")
    elif tables[chosen].sheet.hidden:
        yield f"The sheet {chosen} of {name}, which was read, is hidden there."
    if tables[chosen].header.titles and not tables[chosen].header.bare:
        yield (f"The header of {name} stands in row {tables[chosen].header.rows:,}; the rows above it were not read as "
               "rows.")


def _called(table: _Table, with_rows: bool = False) -> str:
    about = ["hidden"] * table.sheet.hidden + [f"{table.rows:,} rows"] * with_rows
    return table.sheet.name + (f" ({', '.join(about)})" if about else "")


def _marks(name: str, table: _Table, columns: list[str]) -> Iterator[str]:
    """What to tell of cells that are hidden, merged, errors or formulas without a value."""
    sheet, last = table.sheet, len(table.sheet.cells)
    where = f"the sheet {sheet.name} of {name}"
    hidden = sum(table.header.rows <= row < last for row in sheet.hidden_rows)
    if hidden:
        yield (f"{hidden:,} rows of {where} are hidden, as by a filter; they were read as well. If they should not "
               "count, copy those you see into a new sheet.")
    concealed = [columns[place] for place in sorted(sheet.hidden_columns) if place < len(columns)]
    if concealed:
        yield f"Columns of {where} that are hidden were read like the others: {some(concealed)}."
    merged = [columns[place] for place in sorted({column for column, first, end in sheet.merged
                                                  if end >= table.header.rows and first >= table.header.rows})
              if place < len(columns)]
    if merged:
        yield f"Cells of {where} that were merged hold for each of their rows: {some(merged)}."
    for told, cells in (("show an error of Excel and were read as empty: ",
                         [(columns[place], f" ({error})", count) for (place, error), count in sheet.errors.items()
                          if place < len(columns)]),
                        ("are formulas that were never calculated and were read as empty: ",
                         [(columns[place], "", count) for place, count in sheet.uncalculated.items()
                          if place < len(columns)])):
        if cells:
            of = some(column + error for column, error, _ in cells)
            yield f"{sum(count for *_, count in cells):,} cells of {where} {told}{of}."


def _count_from_1904(source: SheetSource) -> Iterator[str]:
    """Turn numbers of days since 1904 into dates where a column's name says that it holds dates -> what to tell.

    Cells that are formatted as dates are read right anyway; a bare number would be four years off.
    """
    dated, unsure = [], []
    for place, column in enumerate(source.columns):
        cells = source.sheet.iloc[:, place]
        days = cells.map(_is_days)
        if not days.any():
            continue
        if _SAYS_WHEN & set(words_of(column)) or _names_moment(column):
            dated.append(column)
            source.sheet[column] = cells.where(~days, cells[days].map(_date_since_1904))
        elif days.sum() == cells.notna().sum():
            unsure.append(column)
    if dated:
        yield (f"Dates of {source.name} count from 1904, as on older Macs; the numbers in {some(dated)} were read so.")
    if unsure:
        yield (f"Dates of {source.name} count from 1904: should {some(unsure)} hold dates, format them as dates in "
               "Excel, or they are read four years too early.")


def _names_moment(column: str) -> bool:
    return any(_MOMENTS & set(recognise([column], table)) for table in COLUMN_ROLES)


def _is_days(cell: object) -> bool:
    return isinstance(cell, (int, float)) and not isinstance(cell, bool) and _DAYS_1904[0] <= cell < _DAYS_1904[1]


def _date_since_1904(days: float) -> object:
    moment = _EPOCH_1904 + timedelta(milliseconds=round(days * 86_400_000))
    return moment if days % 1 else moment.date()


def open_named_xls(path: Path, table: str = "") -> RowSource:
    """What is called ``.xls``: many a program gives this name to its tables of text, and some people to new workbooks.

    Raises
    ------
    ConnectError
        When it is a workbook of the old format, a web page, or as :func:`open_excel`.
    """
    if zipfile.is_zipfile(path):
        return open_excel(path, table)
    with open(path, "rb") as file:
        start = file.read(_SAMPLE)
    if b"\0" in start and not start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ConnectError(_why_not(path).format(path.name))
    if start.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t").startswith(b"<"):
        raise ConnectError(f"{path.name} is a web page or XML that is only named .xls; open it in Excel and save it as "
                           ".xlsx or CSV.")
    return open_text(path, table)


def _why_not(path: Path) -> str:
    """What to say of a file that is no workbook of today."""
    with open(path, "rb") as file:
        content = file.read(_LOOKED_AT)
    if not content.startswith(_OLD_OFFICE):
        return _NO_EXCEL
    return _LOCKED if "EncryptedPackage".encode("utf-16-le") in content else OLD_EXCEL


def _check_without_entities(path: Path) -> None:
    """A part that declares entities was made by hand: the format forbids it, and they can grow without end."""
    try:
        with zipfile.ZipFile(path) as packed:
            declares = next((part.filename for part in packed.infolist() if _declares_entities(packed, part)), "")
    except Exception as error:  # zipfile raises whatever a broken file happens to trip over
        raise ConnectError(_NO_EXCEL.format(path.name), repr(error)) from error
    if declares:
        raise ConnectError(_NO_EXCEL.format(path.name), "a document type in " + declares)


def _declares_entities(packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    with packed.open(part) as file:
        return b"<!DOCTYPE" in file.read(_SAMPLE).replace(b"\0", b"").upper()  # also of UTF-16
