"""Reports that add to an earlier one: no incidents of their own, unless the first report of their number is nowhere."""
from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...forecast.instants import nanoseconds
from ...progress import SILENT
from .column_names import plain
from .event_writing import SAME_PLACE, stored_events
from .offence_columns import SUPPLEMENT, is_supplement
from .privacy import about_persons
from .readers import first_rows
from .synonyms import COLUMN_ROLES

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
    count nothing; which column to map is then told.
    """

    def __init__(self, workspace: Workspace, file: PlacedFile) -> None:
        self._workspace, self._file = workspace, file
        self._alone: set[str] = set()
        self._known: set[str] = set()
        self._are_shared, self._way_out = False, ""
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

    def _sentence(self) -> str:
        """What to map so that a supplement whose first report is nowhere counts: the column, found by its texts, in
        which supplements share their number with first reports; else what there is to say."""
        file = self._file
        told = f"{{}} supplements share their number in column {file.mapping.get('id', '?')[:40]} with no first report"
        shared = self._shared_number()
        if shared:
            return (f"{told}, but in column {shared[:40]}. If that is the incident's number, say so in MAPPING, as in "
                    f'{{"id": "{shared[:40]}"}}: supplements whose first report is nowhere then count.')
        return (f"{told}. If another column has the incident's number, name it in MAPPING, as in "
                '{"id": "column"}; if each is an incident of its own, leave the kind of report out, as in '
                '{"supplement": ""}.')

    def _shared_number(self) -> str:
        """The column, named as a number of incidents, in which supplements share theirs with first reports; or ""."""
        mapping, source = self._file.mapping, self._file.source
        names = [name for name in source.columns if plain(name) in COLUMN_ROLES["incidents"]["id"]
                 and name not in mapping.values() and not about_persons(name)]
        if not names:
            return ""
        head = first_rows(source, [*names, mapping["supplement"]], SILENT)
        more = head[mapping["supplement"]].map(is_supplement).to_numpy(bool)
        return next((name for name in names if (set(head[name][more]) & set(head[name][~more])) - {""}), "")

    def reject(self, rows: PlacedRows) -> Bools:
        """Reject rows that are supplements to reports of the file; gives those that are supplements and stay."""
        file, words = self._file, self._file.words(rows, "supplement")
        if words is None:
            return np.zeros(len(rows.lines), dtype=bool)
        more, ids = _are_supplements(words), file.texts(rows, "id")
        alone = more & np.isin(ids.astype(str), sorted(self._alone))
        file.tell_words(f"Not counted, {SUPPLEMENT}, by column {file.mapping['supplement']}", words,
                        more & ~alone & rows.kept)
        unknown = int((more & rows.kept).sum())
        if unknown and not self._are_shared:
            self._way_out = self._way_out or self._sentence()
            file.tally(self._way_out, unknown)
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
