"""The first sheet with rows of an Excel file as rows."""
from __future__ import annotations

import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Iterator, Sequence

import pandas as pd

from ...errors import ConnectError
from ..store.layer_file import check_unpacked
from . import row_source
from .cell_texts import cell_text
from .row_source import RowSource, distinct_names, limited

if TYPE_CHECKING:
    from ...progress import Progress
    from .import_frames import FileRows

_SAMPLE = 1 << 16
_NO_EXCEL = "{} cannot be read as an Excel file; save it again or as CSV."


@dataclass
class SheetSource(RowSource):
    """A sheet of cells that is in memory."""

    sheet: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    kind = "excel"

    def chunks(self, columns: Sequence[str], progress: Progress) -> Iterator[FileRows]:
        for start in range(0, len(self.sheet), row_source.CHUNK_ROWS):
            progress.report(start / max(len(self.sheet), 1))
            cells = self.sheet[list(columns)].iloc[start:start + row_source.CHUNK_ROWS]
            chunk = cells.apply(lambda values: values.map(cell_text))
            chunk.index += 2
            yield limited(chunk)


def open_excel(path: Path) -> SheetSource:
    if not zipfile.is_zipfile(path):
        raise ConnectError(_NO_EXCEL.format(path.name))
    check_unpacked(path)
    _check_without_entities(path)
    try:
        sheets = pd.read_excel(path, sheet_name=None, dtype=object)
    except ImportError as error:
        raise ConnectError(f"Reading Excel needs the Python package openpyxl; install it, or save {path.name} as CSV.",
                           str(error)) from error
    except Exception as error:  # openpyxl raises whatever a broken file happens to trip over
        raise ConnectError(_NO_EXCEL.format(path.name), repr(error)) from error
    sheet = next((sheet for sheet in sheets.values() if len(sheet)), None)
    if sheet is None:
        raise ConnectError(f"{path.name} has no rows.")
    sheet.columns = distinct_names(sheet.columns)
    return SheetSource(path, path.name, list(sheet.columns), sheet=sheet.reset_index(drop=True))


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
