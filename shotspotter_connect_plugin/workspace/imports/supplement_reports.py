"""Reports that add to an earlier one: no incidents of their own, unless the first report of their number is nowhere."""
from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...forecast.instants import nanoseconds
from .event_writing import SAME_PLACE, stored_events
from .offence_columns import SUPPLEMENT, is_supplement

if TYPE_CHECKING:
    import pandas as pd

    from ...forecast.arrays import Bools, Objects
    from ..store.workspace import Workspace
    from .import_frames import IncidentRows
    from .placed_chunks import PlacedRows
    from .placed_rows import PlacedFile


class SupplementReports:
    """The supplements of a file of incidents; without a column of kinds of reports there are none.

    Whether a supplement has the number of its first report is seen from the file and the workspace: some supplement
    shares its number with a first report. Where none does, each report may have a number of its own, and supplements
    count nothing.
    """

    def __init__(self, workspace: Workspace, file: PlacedFile) -> None:
        self._workspace, self._file = workspace, file
        self._alone: set[str] = set()
        self._known: set[str] = set()
        self._are_shared = False
        if {"supplement", "id"} <= set(file.mapping):
            self._compare()

    def _compare(self) -> None:
        """Compare the numbers of all supplements with those of first reports."""
        firsts: set[str] = set()
        others: set[str] = set()
        for digest in self._file.digests():
            more, ids = _are_supplements(digest.words["supplement"]), digest.words["id"]
            for numbers, rows in ((firsts, ~more), (others, more)):
                numbers.update(ids.categories[np.unique(ids.codes[rows])])
        stored = self._workspace.read("incidents", ["incident_id"], {"incident_id": sorted(others - {""})})
        self._known = set(stored["incident_id"]) - firsts
        self._are_shared = bool((others & firsts - {""}) | self._known)
        if self._are_shared:
            self._alone = others - firsts - {""}

    def reject(self, rows: PlacedRows) -> Bools:
        """Reject rows that are supplements to reports of the file; gives those that are supplements and stay."""
        file, words = self._file, self._file.words(rows, "supplement")
        if words is None:
            return np.zeros(len(rows.lines), dtype=bool)
        more, ids = _are_supplements(words), file.texts(rows, "id")
        alone = more & np.isin(ids.astype(str), sorted(self._alone))
        file.tell_words(f"Not counted, {SUPPLEMENT}, by column {file.mapping['supplement']}", words,
                        more & ~alone & rows.kept)
        if not self._are_shared:
            file.tally(f"{{}} supplements share their number in column {file.mapping.get('id', '?')} with no first "
                       "report. If another column has the incident's number, name it in MAPPING, as in "
                       "{\"id\": \"column\"}: supplements whose first report is nowhere then count.",
                       int((more & rows.kept).sum()))
        rows.reject(more & ~alone, SUPPLEMENT, file.mapping["supplement"])
        return alone & rows.kept

    def drop_known(self, rows: IncidentRows) -> IncidentRows:
        """Reject supplements (column ``supplement``) to incidents of earlier files, which stay as they are; those that
        say the same as the incident are its own row again. Gives the others."""
        own = rows["supplement"].to_numpy(bool)
        some = rows[own & rows["incident_id"].isin(self._known).to_numpy()]
        if not some.empty:
            stored = stored_events(self._workspace, "incidents", some["incident_id"])
            same = (stored["crime_type"].to_numpy(object) == some["crime_type"].to_numpy(object)) & (
                nanoseconds(stored["occurred_from_utc"]) == some["low"].to_numpy()) & (
                np.hypot(*(stored[axis].to_numpy(float) - some[axis].to_numpy(float) for axis in ("x", "y")))
                < SAME_PLACE)
            gone = some.index[~same]
            self._file.rejects.add(rows.loc[gone, "line"], self._file.mapping["supplement"], SUPPLEMENT)
            rows = rows.drop(gone)
            own = rows["supplement"].to_numpy(bool)
        self._file.tally("{} supplements count as their incident, because its first report is neither in this file nor "
                         "in the workspace.", int((own & ~rows["incident_id"].isin(self._known).to_numpy()).sum()))
        return rows.drop(columns="supplement")


def _are_supplements(words: pd.Categorical) -> Bools:
    kinds: Objects = words.categories.to_numpy(object)
    return np.array([is_supplement(word) for word in kinds], dtype=bool)[words.codes]
