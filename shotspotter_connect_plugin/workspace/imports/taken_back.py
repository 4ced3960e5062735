"""Rows that count nothing, or less: with a count of -1 a source takes back an incident that it had told before."""
from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .coordinates import numbers
from .source_questions import SourceQuestion

if TYPE_CHECKING:
    from ...forecast.arrays import Floats, Objects
    from ..store.workspace import Workspace
    from .placed_chunks import PlacedRows
    from .placed_rows import PlacedFile

TAKEN_BACK = "no incident: its count is zero or less, or another row takes it back"
_COUNTS = 1
_MOSTLY = 0.5
"""Share of the counted rows with more than one from which on a count is of incidents, even beside numbers of rows."""


class RowsSumUp(SourceQuestion):
    """Whether the rows of a file each sum up several incidents, of which none could be told from the other."""

    parameter = "MAPPING"

    def __init__(self, name: str, column: str, example: str, share: int) -> None:
        super().__init__(
            f"{share:,} rows of {name[:40]} have numbers above 1 in {column[:30]}: they may sum up several incidents, "
            'which cannot be taken apart. Export each incident as a row; {"count": ""} in MAPPING says that each row '
            "is one incident, as where victims are counted.",
            f"Does {column[:60]} count incidents? A row that sums up several cannot be taken apart: then export each "
            "incident as a row of its own.", column, example, {'{"count": ""}': "each row is one incident"})


class CountsTakenBack:
    """The counts of a file of incidents, chunk by chunk; without a column of counts every row is one incident."""

    def __init__(self, file: PlacedFile) -> None:
        self._file = file
        self._less: list[pd.Series] = []
        if "count" in file.mapping and "count" not in file.answers.mapping:
            self._ask_of_sums()

    def _ask_of_sums(self) -> None:
        """Raise a question where rows may sum up several incidents: none has a number of its own, or most count
        several. Beside numbers of incidents a count of a few is one of victims or offences."""
        several = counted = 0
        example = ""
        for digest in self._file.digests():
            words = digest.words["count"]
            counts = np.nan_to_num(numbers(pd.Series(words.categories)), nan=0.0)
            rows = np.bincount(words.codes, minlength=len(counts))
            several += int(rows[counts > _COUNTS].sum())
            counted += int(rows[counts > 0].sum())
            example = example or next((words.categories[code] for code in np.flatnonzero(counts > _COUNTS)), "")
        if several and ("id" not in self._file.mapping or several > _MOSTLY * counted):
            raise RowsSumUp(self._file.source.name, self._file.mapping["count"], example, several)

    def _tell_several(self, rows: PlacedRows, counts: Floats) -> None:
        self._file.tally(f"{{}} rows count several in column {self._file.mapping['count']}; each was taken for one "
                         "incident. If a row sums up several incidents, export each for itself.",
                         int(((np.nan_to_num(counts, nan=_COUNTS) > _COUNTS) & rows.kept).sum()))

    def reject(self, rows: PlacedRows, offences: Objects) -> None:
        """Reject rows that count nothing, and remember which incident (by id and words of the offence) they take
        back."""
        words = self._file.words(rows, "count")
        if words is None:
            return
        counts = numbers(pd.Series(words.categories))[words.codes]
        self._tell_several(rows, counts)
        less = ~(np.nan_to_num(counts, nan=_COUNTS) > 0)
        ids = self._file.texts(rows, "id")
        named = less & (counts < 0) & (ids != "")
        self._less.append(pd.Series(_keys(ids[named], offences[named])))
        rows.reject(less, TAKEN_BACK, self._file.mapping["count"])

    def drop(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Rows of which another took back as many as there are are rejected; gives the others."""
        if not self._less or rows.empty:
            return rows
        back = pd.concat(self._less).value_counts()
        keys = pd.Series(_keys(rows["incident_id"], rows["written"]), index=rows.index)
        gone = (keys.map(back).fillna(0) >= keys.map(keys.value_counts())).to_numpy(bool)
        self._file.rejects.add(rows["line"][gone], self._file.mapping["count"], TAKEN_BACK)
        return rows[~gone]

    def tell(self, workspace: Workspace) -> None:
        """Say of incidents in the workspace that they were taken back by this file."""
        ids = sorted({key.partition("\0")[0] for part in self._less for key in part})
        if ids:
            stored = workspace.read("incidents", ["incident_id"], {"incident_id": ids})
            self._file.tally("{} incidents of an earlier file are taken back by rows with a negative count; they are "
                             "still in the workspace.", len(stored))


def _keys(ids: Objects, offences: Objects) -> Objects:
    return np.array([f"{name}\0{offence}" for name, offence in zip(ids, offences)], dtype=object)
