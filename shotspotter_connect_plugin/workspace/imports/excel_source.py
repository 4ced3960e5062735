"""The sheet of an Excel file that holds a table, as rows; covers and titles above the header are no rows."""
from __future__ import annotations

import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Iterator, Sequence

import pandas as pd

from ...errors import ConnectError, some
from ..store.layer_file import check_unpacked
from .cell_texts import cell_text
from .report_lines import judged_columns, report_lines
from .row_source import RowSource, distinct_names, limited, marked
from .table_header import SEARCHED, TableHeader, find_header

if TYPE_CHECKING:
    from ...progress import Progress
    from .import_frames import FileRows

_SAMPLE = 1 << 16
_NO_EXCEL = "{} cannot be read as an Excel file; save it again or as CSV."


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


def open_excel(path: Path) -> SheetSource:
    if not zipfile.is_zipfile(path):
        raise ConnectError(_NO_EXCEL.format(path.name))
    check_unpacked(path)
    _check_without_entities(path)
    try:
        sheets = pd.read_excel(path, sheet_name=None, dtype=object, header=None)
    except ImportError as error:
        raise ConnectError(f"Reading Excel needs the Python package openpyxl; install it, or save {path.name} as CSV.",
                           str(error)) from error
    except Exception as error:  # openpyxl raises whatever a broken file happens to trip over
        raise ConnectError(_NO_EXCEL.format(path.name), repr(error)) from error
    tables = {name: _Table.of(cells) for name, cells in sheets.items()}
    tables = {name: table for name, table in tables.items() if table.rows > 0}
    if not tables:
        raise ConnectError(f"{path.name} has no rows.")
    chosen = max(tables, key=lambda name: tables[name].worth)  # of equals the first
    table = tables[chosen]
    same = [name for name, other in tables.items() if other.header.names == table.header.names]
    source = SheetSource(path, path.name, distinct_names(table.header.names), header_rows=table.header.rows)
    source.sheet = pd.concat([tables[name].below(source.columns) for name in same], ignore_index=True)
    if table.header.bare:
        source.kind = "bare"
    source.told = list(_sentences(path.name, chosen, same, tables))
    return source


@dataclass
class _Table:
    """A sheet's cells, the header found in them, and how many rows stand below it."""

    cells: pd.DataFrame
    header: TableHeader
    rows: int

    @classmethod
    def of(cls, cells: pd.DataFrame) -> _Table:
        texts = [[" ".join(cell_text(cell).split()) for cell in row]
                 for row in cells.head(SEARCHED).itertuples(index=False)]
        header = find_header(texts)
        several = cells.iloc[header.rows:].notna().sum(axis=1) > min(1, len(header.names) - 1)
        return cls(cells, header, int(several.sum()) if header.names else 0)

    @property
    def worth(self) -> tuple[int, int]:
        """What is known of its columns, then its size."""
        return self.header.known if self.header.known > 1 else 0, self.rows * len(self.header.names)

    def below(self, columns: list[str]) -> pd.DataFrame:
        """The cells below the header, by column."""
        return self.cells.iloc[self.header.rows:].set_axis(columns, axis=1)


def _sentences(name: str, chosen: str, same: list[str], tables: dict[str, _Table]) -> Iterator[str]:
    """What to tell of the sheets, and of the place of the header."""
    others = [sheet for sheet in tables if sheet not in same]
    if len(same) > 1:
        yield f"The sheets {some(same)} of {name} have the same columns and were read one after the other."
    if others:
        yield f"Of {name} the sheet {chosen} was read; nothing was read of the sheets {some(others)}."
    if tables[chosen].header.titles and not tables[chosen].header.bare:
        yield (f"The header of {name} stands in row {tables[chosen].header.rows:,}; the rows above it were not read as "
               "rows.")


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
