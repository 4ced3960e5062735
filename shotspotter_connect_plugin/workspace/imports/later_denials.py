"""Events of earlier files that a later one, by their own number, says were none: unfounded, cancelled, no gunfire."""
from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pandas as pd

from ..store.tables import TABLES
from .event_writing import MADE_HERE

if TYPE_CHECKING:
    from ...forecast.arrays import Bools, Objects
    from ..store.workspace import Workspace, Writer
    from .import_frames import AlertRows, IncidentRows
    from .placed_rows import PlacedFile

    Rows = TypeVar("Rows", IncidentRows, AlertRows)

CALLED_NONE = "called none by a later file"


class LaterDenials:
    """Events in the workspace that a file, by their own number, says were none: they leave, and do not come back with
    a file that was there before.

    Attributes
    ----------
    left : int
        How many leave.
    taken_out : list of str
        Their numbers.
    noun : str
        What the table holds, for messages.
    """

    _writer: Writer
    taken_out: list[str]

    def __init__(self, workspace: Workspace, table: str, noun: str) -> None:
        self._workspace, self._table, self.noun = workspace, table, noun
        self._key, = TABLES[table].key
        self.left, self.taken_out, self._stay_out = 0, [], frozenset[str]()

    @property
    def sentences(self) -> list[str]:
        """What to tell of them."""
        return [f"{self.left:,} {self.noun} of earlier files were taken out of the workspace, because this file "
                "says that they were none."] if self.left else []

    def begin(self, writer: Writer, digests: set[str]) -> None:
        """Begin with the import's transaction of a file with these SHA-256, packed and unpacked."""
        self._writer = writer
        imports = self._workspace.read("imports", ["input_hash", "content_hash", "taken_out"],
                                       {"table_name": self._table}, order_by="at_utc")
        before = np.flatnonzero(imports["input_hash"].isin(digests) | imports["content_hash"].isin(digests))
        if len(before):
            self._stay_out = frozenset(str(number) for numbers in imports["taken_out"].iloc[before[0] + 1:]
                                       for number in (numbers if isinstance(numbers, list) else ()))

    def keep_out(self, file: PlacedFile, rows: Rows) -> Rows:
        """Reject rows of a file that was imported before, of which a later one said that they were none; gives the
        others. What is in the workspace nevertheless came back with a file that was newer still, and stays."""
        names = rows[self._key]
        wanted = names[names.isin(self._stay_out)].unique().tolist()
        if not wanted:
            return rows
        there = self._workspace.read(self._table, [self._key], {self._key: wanted})[self._key]
        gone = (names.isin(wanted) & ~names.isin(there)).to_numpy()
        file.rejects.add(rows["line"][gone], file.mapping.get("id", ""), CALLED_NONE)
        return rows[~gone].copy()

    def tell_unnamed(self, file: PlacedFile, ids: pd.Series) -> None:
        """Tell of events in the workspace that rows without a number of their own call none; they stay, since another
        event may have been at the same time and place.

        Parameters
        ----------
        ids : pandas.Series
            Ids made of time and place of such rows, as their events would have them.
        """
        if not ids.empty:
            there = self._workspace.read(self._table, [self._key], {self._key: ids.unique().tolist()})
            file.tally(f"{{}} {self.noun} of earlier files lie at the time and place of rows that say it was none, "
                       "but have no number of their own; which is meant is not certain, so they stay in the workspace.",
                       len(there))

    def take_out(self, ids: Objects, denied: Bools) -> Bools:
        """Take the events of rows that are ``denied`` out; gives the rows whose event was there.

        Parameters
        ----------
        ids : array of str
            The source's own numbers of the rows, empty where there is none.
        denied : array of bool
            Of rows whose number no other row of the file has.
        """
        names = pd.Series(ids, dtype=object)
        own = denied & (names != "").to_numpy() & ~names.str.startswith(MADE_HERE).to_numpy(bool)
        if not own.any():
            return own
        wanted = names[own].unique().tolist()
        there = self._workspace.read(self._table, [self._key], {self._key: wanted})[self._key]
        gone = own & names.isin(there).to_numpy()
        if len(there):
            self._writer.delete(self._table, {self._key: there.tolist()})
            self.left += int(gone.sum())
            self.taken_out += [str(number) for number in there]
        return np.asarray(gone, dtype=bool)
