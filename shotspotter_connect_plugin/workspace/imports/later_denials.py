"""Events of earlier files that a later one, by their own number, says were none: unfounded, cancelled, no gunfire."""
from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..store.tables import TABLES
from .event_writing import MADE_HERE

if TYPE_CHECKING:
    from ...forecast.arrays import Bools, Objects
    from ..store.workspace import Workspace, Writer


class LaterDenials:
    """Events in the workspace that a file, by their own number, says were none: they leave.

    Attributes
    ----------
    left : int
        How many.
    """

    _writer: Writer

    def __init__(self, workspace: Workspace, table: str, noun: str) -> None:
        self._workspace, self._table, self._noun = workspace, table, noun
        self._key, = TABLES[table].key
        self.left = 0

    @property
    def sentences(self) -> list[str]:
        """What to tell of them."""
        return [f"{self.left:,} {self._noun} of earlier files were taken out of the workspace, because this file "
                "says that they were none."] if self.left else []

    def begin(self, writer: Writer) -> None:
        """Begin with the import's transaction."""
        self._writer = writer

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
        return np.asarray(gone, dtype=bool)
