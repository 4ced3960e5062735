"""Delimited text as rows: CSV and its like, packed or not, with the header in the first row that holds anything."""
from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Iterator, Sequence

import pandas as pd

from ...errors import ConnectError
from . import row_source
from .row_source import EXTRA, RowSource, distinct_names, limited
from .text_file import CheckedText, decoded, encoding_of, header_of, lines_of, start_of, told, unpacked

if TYPE_CHECKING:
    from ...progress import Progress
    from .import_frames import FileRows

_SAMPLE = 1 << 16
_DELIMITERS = ",;\t|"


@dataclass
class TextSource(RowSource):
    """Delimited text with a header."""

    delimiter: str = ","
    kind = "text"

    def chunks(self, columns: Sequence[str], progress: Progress) -> Iterator[FileRows]:
        wanted = [self.columns.index(column) for column in columns] + [len(self.columns)]
        size = max(self.path.stat().st_size, 1)
        with told(self.name, self.encoding), unpacked(self.path) as (raw, stream):
            headed = _Headed(stream, self)
            with pd.read_csv(headed, sep=self.delimiter, usecols=wanted, index_col=False, dtype=str, na_filter=False,
                             skip_blank_lines=False, chunksize=row_source.CHUNK_ROWS) as reader:
                for chunk in reader:
                    progress.report(min(raw.tell() / size, 1.0))
                    chunk.index += 1 + headed.rows
                    if len(chunk):
                        yield limited(chunk)


class _Headed:
    """The text of a file with a header of distinct names and one column more, to which longer rows show; ``rows`` were
    read for the header."""

    def __init__(self, stream: IO[bytes], source: TextSource) -> None:
        self._text = CheckedText(stream, source.encoding, source.name)
        _, self.rows = header_of(iter(self._text.readline, ""), source.delimiter)
        header = io.StringIO()
        csv.writer(header, delimiter=source.delimiter, lineterminator="\n").writerow([*source.columns, EXTRA])
        self._header = header.getvalue()

    def read(self, size: int = -1) -> str:
        """The next characters."""
        start, self._header = self._header, ""
        return start or self._text.read(size)

    def __iter__(self) -> Iterator[str]:
        return iter(lambda: self.read(_SAMPLE), "")


def open_text(path: Path) -> TextSource:
    start = start_of(path)
    text, encoding = decoded(start, encoding_of(start, path.name))
    first = next((line for line in lines_of(text) if line.strip()), "")
    if not first:
        raise ConnectError(f"{path.name} is empty; export it again.")
    delimiter = max(_DELIMITERS, key=first.count)
    with told(path.name):
        header, _ = header_of(lines_of(text), delimiter)
    return TextSource(path, path.name, distinct_names(header), encoding=encoding, delimiter=delimiter)
