"""A file that rows can be read from, whatever its form, and what can be wrong with a row whatever its columns mean."""
from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Iterable, Iterator, Mapping, Sequence

import numpy as np

from ...errors import ConnectError
from ..store.runs import data_hash
from .text_file import ASSUMED, UTF8, WINDOWS_1252, content_hash

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...forecast.arrays import Bools
    from ...progress import Progress
    from .import_frames import FileRows

POSITION_COLUMNS = ("(geometry x)", "(geometry y)")
"""Columns of a chunk that hold a layer's positions as numbers, in the layer's CRS."""

CHUNK_ROWS = 100_000
FAULT = "(fault)"
EXTRA, _LONG, _LINE = "(beyond the header)", "(too long)", "(line of a report)"
LONGEST_FIELD = 2000
FAULTS = ("", "more fields than the header", f"a field of more than {LONGEST_FIELD:,} letters",
          "a line of the report that is no row: a total, a page, an end or the header again")
"""What can be wrong with a row whatever its columns mean."""
_LONGEST_NAME = 300


class NoRows(ConnectError):
    """A file holds no rows, or is no file of rows: nothing is lost where it is passed over."""


@dataclass
class RowSource:
    """A file that rows can be read from; each form has its subclass.

    Attributes
    ----------
    name
        File name, for messages and the record.
    columns
        Names as the file gives them.
    crs
        Of a layer with positions, if it tells; else empty.
    has_geometry
        Whether its rows have positions.
    has_areas
        Whether they have polygons; only their attributes are read here.
    told
        Sentences on how its form was understood.
    most_rows
        Of a chunk; 0 for :data:`CHUNK_ROWS`.
    """

    path: Path
    name: str
    columns: list[str]
    crs: str = ""
    has_geometry: bool = False
    has_areas: bool = False
    layer: str = ""
    encoding: str = UTF8
    told: list[str] = field(default_factory=list)
    most_rows: int = 0
    kind = ""

    @property
    def chunk_rows(self) -> int:
        """Rows of a chunk, of which the last may have fewer."""
        return self.most_rows or CHUNK_ROWS

    def chunks(self, columns: Sequence[str], progress: Progress) -> Iterator[FileRows]:
        """Give data frames of texts (empty where there is none), indexed by line.

        The line counts rows from the start of the file, with titles, header and blank rows; for a layer it is the
        number of the feature. Rows of a text file that are longer than the header have a value in the column
        :data:`EXTRA`, see :func:`faults`.
        """
        raise NotImplementedError

    def unused(self, mapping: Mapping[str, str]) -> list[str]:
        """Columns that a mapping (role -> column) does not use."""
        used = set(mapping.values())
        return [column for column in self.columns if column not in used]

    def digest(self) -> str:
        """SHA-256 of its file, or of all the files that it is."""
        return data_hash(self.path)

    def content_digest(self) -> str:
        """SHA-256 of what is packed in its file, by which the same is known unpacked; empty of what is not packed."""
        return content_hash(self.path)

    def notes(self) -> list[str]:
        """Sentences on what had to be assumed when it was read."""
        return ([ASSUMED.format(self.name)] if self.encoding == WINDOWS_1252 else []) + self.told


def faults(chunk: FileRows) -> NDArray[np.uint8]:
    """Number of the :data:`FAULTS` of each row of a chunk; 0 where it has none."""
    found = np.zeros(len(chunk), dtype=np.uint8)
    if EXTRA in chunk:
        found[(chunk[EXTRA] != "").to_numpy()] = 1
    if _LONG in chunk:
        found[chunk[_LONG].to_numpy(bool)] = 2
    if _LINE in chunk:
        found[chunk[_LINE].to_numpy(bool)] = 3
    return found


def marked(chunk: FileRows, lines: Bools) -> FileRows:
    """A chunk of which some rows are ``lines`` of a report."""
    return chunk.assign(**{_LINE: lines}) if lines.any() else chunk


def without_lines(chunk: FileRows) -> FileRows:
    """A chunk without the rows that are lines of a report."""
    return chunk[~chunk[_LINE].to_numpy(bool)] if _LINE in chunk else chunk


def with_empty_lines(chunk: FileRows) -> FileRows:
    """A chunk in which the lines of a report tell nothing: a total below the ids is no id."""
    if _LINE not in chunk:
        return chunk
    texts = [column for column in chunk if column not in (EXTRA, _LONG, _LINE)]
    return chunk.assign(**{column: chunk[column].mask(chunk[_LINE].to_numpy(bool), "") for column in texts})


def unmarked(chunk: FileRows) -> FileRows:
    """A chunk without the columns that say what is wrong with its rows: texts and positions only."""
    return chunk.drop(columns=[mark for mark in (EXTRA, _LONG, _LINE) if mark in chunk])


def limited(chunk: FileRows) -> FileRows:
    """A chunk without texts of absurd length, on which patterns would be tried for minutes."""
    long = np.zeros(len(chunk), dtype=bool)
    for place, column in enumerate(chunk.columns):
        if column in POSITION_COLUMNS or column == _LINE:
            continue
        texts = chunk.iloc[:, place].to_numpy(object)
        if max(map(len, texts), default=0) > LONGEST_FIELD:
            here = np.fromiter(map(len, texts), dtype=np.int64, count=len(chunk)) > LONGEST_FIELD
            chunk = chunk.assign(**{column: chunk[column].where(~here, "")})
            long |= here
    return chunk.assign(**{_LONG: long}) if long.any() else chunk


def distinct_names(names: Iterable[object]) -> list[str]:
    """Names as text in one line, without blanks around them, each only once."""
    seen: Counter[str] = Counter()
    distinct: list[str] = []
    for number, name in enumerate(names, 1):
        name = re.sub(r"\s*[\x00-\x1f\x85\u2028\u2029]+\s*", " ", str(name)[:_LONGEST_NAME])
        name = name.encode("utf-8", "replace").decode("utf-8").strip() or f"column {number}"
        first = name
        while seen[name]:
            again, seen[first] = seen[first], seen[first] + 1
            name = first + ("_" * again if again < 4 else f"_{again}")
        seen[name] += 1
        distinct.append(name)
    return distinct
