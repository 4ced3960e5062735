"""Delimited text as rows: CSV and its like, packed or not, with titles above the header, a ``sep=`` line, or none."""
from __future__ import annotations

import csv
import io
import itertools
import re
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Iterator, Sequence

import pandas as pd

from ...errors import ConnectError
from .column_names import plain
from .report_lines import judged_columns, report_lines
from .row_source import EXTRA, NoRows, RowSource, distinct_names, limited, marked
from .table_header import SEARCHED, TableHeader, find_header
from .text_file import CheckedText, decoded, encoding_of, lines_of, start_of, told, unpacked
from .title_units import title_unit, unit_above

if TYPE_CHECKING:
    from ...progress import Progress
    from .import_frames import FileRows

_SAMPLE = 1 << 16
_DELIMITERS = ",;\t|"
_SEP_LINE = re.compile(r'\s*"?sep=(.)"?\s*', re.I)
_GUARD, _SHOWN = re.compile(r'="(.*)"', re.S), 100
"""A guarded cell, and by how many rows it is seen that a column has such cells."""
_TITLES = "The header of {} stands in line {}; the lines above it were not read as rows."


@dataclass
class TextSource(RowSource):
    """Delimited text; ``header_rows`` of the file are its header and what stands above it, 0 where it has none.
    ``title`` is a column -> its one value, where only a title tells it."""

    delimiter: str = ","
    header_rows: int = 1
    title: dict[str, str] = field(default_factory=dict)
    kind = "text"

    @property
    def own_columns(self) -> list[str]:
        """The columns of the table itself, without that of the title above it."""
        return [column for column in self.columns if column not in self.title]

    def chunks(self, columns: Sequence[str], progress: Progress) -> Iterator[FileRows]:
        own = self.own_columns
        looked_at = judged_columns(own, [column for column in columns if column not in self.title])
        wanted = [own.index(column) for column in looked_at] + [len(own)]
        names = sorted(looked_at, key=own.index)
        size = max(self.path.stat().st_size, 1)
        with told(self.name, self.encoding), unpacked(self.path) as (raw, stream):
            headed = _Headed(stream, self)
            with pd.read_csv(headed, sep=self.delimiter, usecols=wanted, index_col=False, dtype=str, na_filter=False,
                             skip_blank_lines=False, chunksize=self.chunk_rows) as reader:
                for chunk in reader:
                    progress.report(min(raw.tell() / size, 1.0))
                    chunk.index += 1 + self.header_rows
                    _unguard(chunk)
                    if len(chunk):
                        chunk = chunk.assign(**self.title)
                        yield limited(marked(chunk[[*columns, EXTRA]], report_lines(chunk, names)))


def _unguard(chunk: FileRows) -> None:
    """Take the guard off cells that were written as a formula of their own text, ="0123", so that Excel leaves them as
    they are: it stands in all cells of a column."""
    for column in chunk.columns:
        texts = chunk[column]
        if any(text.startswith('="') for text in texts.to_numpy()[:_SHOWN]):
            chunk[column] = texts.map(_unguarded)


def _unguarded(text: str) -> str:
    found = _GUARD.fullmatch(text)
    return found[1] if found else text


class _Headed:
    """The text of a file with a header of distinct names and one column more, to which longer rows show, in the place
    of its own."""

    def __init__(self, stream: IO[bytes], source: TextSource) -> None:
        self._text = CheckedText(stream, source.encoding, source.name)
        rows = csv.reader(iter(self._text.readline, ""), delimiter=source.delimiter)
        deque(itertools.islice(rows, source.header_rows), 0)
        header = io.StringIO()
        csv.writer(header, delimiter=source.delimiter, lineterminator="\n").writerow([*source.own_columns, EXTRA])
        self._header = header.getvalue()

    def read(self, size: int = -1) -> str:
        """The next characters."""
        start, self._header = self._header, ""
        return start or self._text.read(size)

    def __iter__(self) -> Iterator[str]:
        return iter(lambda: self.read(_SAMPLE), "")


def open_text(path: Path, table: str = "") -> TextSource:
    """Delimited text; of the usual delimiters the one that parts most of what is known, and the rows most evenly."""
    start = start_of(path)
    text, encoding = decoded(start, encoding_of(start, path.name))
    lines = list(itertools.islice(lines_of(text), SEARCHED))
    first = next((number for number, line in enumerate(lines) if line.strip()), None)
    if first is None:
        raise NoRows(f"{path.name} is empty; export it again.")
    named = _SEP_LINE.fullmatch(lines[first])
    above = first + 1 if named else 0
    found: dict[str, TableHeader] = {}
    with told(path.name):
        for delimiter in named[1] if named else _DELIMITERS:
            rows = _rows(lines[above:], delimiter)
            if not rows and not named and delimiter == _DELIMITERS[-1] and not found:
                raise csv.Error("a field that never ends")
            if rows:
                found[delimiter] = find_header(rows)
    delimiter = max(found, key=lambda one: (found[one].known if found[one].known > 1 else 0, found[one].fit))
    header = found[delimiter]
    source = TextSource(path, path.name, distinct_names(map(_unguarded, header.names)), encoding=encoding,
                        delimiter=delimiter, header_rows=header.rows + above)
    if header.bare:
        source.kind = "bare"
    if table == "gps_fixes" and header.titles and not header.bare:
        _name_unit(source, _rows(lines[above:], delimiter)[:header.rows - 1])
    if header.titles and not header.bare:
        source.told.append(_TITLES.format(source.name, f"{source.header_rows:,}"))
    return source


def _name_unit(source: TextSource, titles: list[list[str]]) -> None:
    """Give the rows a column of the car that a title names; a report of several cars, one below the other, is
    refused."""
    found = unit_above(titles, source.columns)
    if not found or found[0] in source.columns:
        return
    with unpacked(source.path) as (_, stream):
        text = CheckedText(stream, source.encoding, source.name)
        rows = csv.reader(iter(text.readline, ""), delimiter=source.delimiter)
        with told(source.name, source.encoding):
            names = {unit[1] for unit in map(title_unit, rows) if unit and plain(unit[0]) == plain(found[0])}
    if len(names) > 1:
        raise ConnectError(f"{source.name[:60]} holds reports of {len(names):,} cars, one below the other, each named "
                           f"by a title ({found[0]}). Export one file per car, or with a column that names the car.")
    source.title = dict([found])
    source.columns = [*source.columns, found[0]]


def _rows(lines: list[str], delimiter: str) -> list[list[str]]:
    """Rows of some lines, up to where quotation marks do not fit."""
    rows: list[list[str]] = []
    with suppress(csv.Error):
        for row in csv.reader(lines, delimiter=delimiter):
            rows.append(row)
    return rows
