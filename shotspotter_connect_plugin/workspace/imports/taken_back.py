"""Rows that count nothing, or less: with a count of -1 a source takes back an incident that it had told before."""
from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .coordinates import numbers

if TYPE_CHECKING:
    from ...forecast.arrays import Floats, Objects
    from ..store.workspace import Workspace
    from .placed_chunks import PlacedRows
    from .placed_rows import PlacedFile

TAKEN_BACK = "no incident: its count is zero or less, or another row takes it back"
_COUNTS = 1


class CountsTakenBack:
    """The counts of a file of incidents, chunk by chunk; without a column of counts every row is one incident."""

    def __init__(self, file: PlacedFile) -> None:
        self._file = file
        self._less: list[pd.Series] = []

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
