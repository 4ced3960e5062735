"""What was decided of offence words later: the incidents in the workspace follow.

Incidents keep the words by which their type was told. Those whose words no longer count leave, those that count as
another type change; forecasts, draws and reports made before stay as they were.
"""
from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Callable, Mapping, Optional

import numpy as np
import pandas as pd

from ...errors import some
from .event_writing import MADE_HERE

if TYPE_CHECKING:
    from ...forecast.arrays import Bools, Objects
    from ..store.workspace import Workspace, Writer
    from .import_frames import IncidentRows


class OffenceChanges:
    """Changes of what words of a source count as.

    Parameters
    ----------
    header : str
        Fingerprint of the source's columns.
    before, now : mapping
        What was decided for words, earlier and now.
    type_of : function
        ``type_of(words)``: the type that words count as now, "" where they do not.
    this : str
        Name of the file that is imported now, whose rows follow by themselves; "" for none.

    Attributes
    ----------
    left, retyped : int
        Incidents that left the workspace, or changed their type.
    left_here : int
        Those of ``left`` of which the file that is imported now has a row.
    """

    _writer: Writer

    def __init__(self, workspace: Workspace, header: str, before: Mapping[str, str], now: Mapping[str, str],
                 type_of: Callable[[str], str], this: str = "") -> None:
        self._workspace, self._this = workspace, this
        self._types = {words: type_of(words) for words in {*before, *now} if before.get(words) != now.get(words)}
        self._concerned = {*before, *now}
        self._names, self._shared = _files_of(workspace, header) if self._types else ([], [])
        self._stored: Counter[str] = Counter()
        self._gone: Counter[str] = Counter()
        self._gone_keys: set[str] = set()
        self._found_keys: set[str] = set()
        self.sentences: list[str] = []
        self.retyped = 0

    @property
    def left(self) -> int:
        return sum(self._gone.values())

    @property
    def left_here(self) -> int:
        return len(self._found_keys)

    def leave(self, writer: Writer) -> None:
        """Take away the incidents whose words no longer count, and give ids made of a type those of their new type."""
        self._writer = writer
        rows = self._rows()
        self._wordless = bool(self._concerned and self._this) and bool(
            self._workspace.count("incidents", {"offence": None}))
        if rows.empty:
            return
        self._stored.update(rows["offence"])
        wanted = rows["offence"].map(self._types)
        self._remove(rows[wanted == ""])
        self._rename(rows[(wanted != "") & (wanted != rows["crime_type"]) & rows["incident_id"].str.startswith(
            MADE_HERE)], wanted)

    def concern(self, words: Objects) -> Bools:
        """Which words were decided, now or earlier: incidents that were imported with them may have to follow."""
        return np.asarray(pd.Series(words, dtype=object).isin(self._concerned), dtype=bool)

    def follow(self, rows: IncidentRows, made: pd.Series) -> Bools:
        """Let incidents follow that were imported before their words were kept: their rows find them by id.

        Parameters
        ----------
        rows : IncidentRows
            Rows of the file whose words were decided; ``crime_type`` is "" where they do not count.
        made : pandas.Series of text
            For each its id of time and place, without the type, which is theirs where the source has none.

        Returns
        -------
        numpy.ndarray of bool
            Which rows do not count, and their incident has left by this import.
        """
        ids = rows["incident_id"].where(rows["incident_id"] != "", made)
        if self._wordless:
            own = rows["incident_id"] != ""
            self._remove(self._without_words(ids[own & (rows["crime_type"] == "")]), ids, rows["offence"])
            self._follow_made(made[~own], rows[~own])
        keys = _keys(ids, rows["offence"])
        left = np.asarray(keys.isin(self._gone_keys) & (rows["crime_type"] == ""), dtype=bool)
        self._found_keys.update(keys[left])
        return left

    def _follow_made(self, made: pd.Series, rows: IncidentRows) -> None:
        """The same of incidents whose ids were made here: the type in them may be any, their file is this one."""
        types = self._workspace.read("crime_types", ["crime_type"])["crime_type"]
        wanted = pd.Series(rows["crime_type"].to_numpy(object), index=made.to_numpy(object))
        wanted = wanted[~wanted.index.duplicated()]
        stored = self._without_words(pd.Series([f"{one}:{code}" for one in wanted.index for code in types],
                                               dtype=object))
        stored = stored[stored["source"] == self._this]
        if stored.empty:
            return
        now = stored["incident_id"].str.rpartition(":")[0].map(wanted)
        offences = pd.Series(rows["offence"].to_numpy(object), index=rows.index)
        self._remove(stored[now == ""], made, offences)
        self._rename(stored[(now != "") & (now != stored["crime_type"])], now)

    def _without_words(self, ids: pd.Series) -> pd.DataFrame:
        return self._workspace.read("incidents", where={"incident_id": ids.drop_duplicates().tolist(), "offence": None})

    def _remove(self, gone: pd.DataFrame, ids: Optional[pd.Series] = None,
                offences: Optional[pd.Series] = None) -> None:
        """Take incidents away; ``offences`` are the words of rows by ``ids``, for those that have kept none."""
        if gone.empty:
            return
        self._writer.delete("incidents", {"incident_id": gone["incident_id"].tolist()})
        keys = gone["incident_id"].where(~gone["incident_id"].str.startswith(MADE_HERE),
                                         gone["incident_id"].str.rpartition(":")[0])
        words = gone["offence"]
        if ids is not None and offences is not None:
            words = keys.map(pd.Series(offences.to_numpy(object), index=ids.to_numpy(object)).groupby(level=0).first())
        self._gone.update(words)
        self._gone_keys.update(_keys(keys, words))

    def _rename(self, moved: pd.DataFrame, types: pd.Series) -> None:
        """Give incidents whose ids were made here the id of another type."""
        if moved.empty:
            return
        named = moved["incident_id"].str.rpartition(":")[0] + ":" + types[moved.index]
        self._writer.delete("incidents", {"incident_id": moved["incident_id"].tolist()})
        renamed = moved.assign(incident_id=named).drop_duplicates("incident_id")
        there = self._workspace.read("incidents", ["incident_id"], {"incident_id": renamed["incident_id"].tolist()})
        self._writer.upsert("incidents", renamed[~renamed["incident_id"].isin(there["incident_id"])])

    def retype(self, writer: Writer) -> None:
        """Give the incidents of other files the type that their words count as now, and tell what happened, and what
        needs its file."""
        if self.left:
            counts = self._gone.most_common()
            self.sentences.append(f"{self.left:,} incidents left the workspace, because their words no longer count: "
                                  f"{some(f'{words} ({count:,})' for words, count in counts)}.")
        rows = self._rows()
        wanted = rows["offence"].map(self._types)
        changed = rows[["incident_id"]].assign(crime_type=wanted)[(wanted != rows["crime_type"]) & (wanted != "")]
        if len(changed):
            writer.upsert("incidents", changed)
            self.retyped, counts = len(changed), Counter(wanted[changed.index]).most_common()
            self.sentences.append("Incidents of earlier imports changed their type: "
                                  f"{some(f'{count:,} are now {code}' for code, count in counts)}.")
        self._tell_files()

    def _rows(self) -> pd.DataFrame:
        if not self._types or not self._names:
            return pd.DataFrame(columns=["incident_id", "offence", "crime_type"], dtype=object)
        return self._workspace.read("incidents", where={"offence": list(self._types), "source": self._names})

    def _tell_files(self) -> None:
        others = [name for name in self._names if name != self._this]
        counting = [words for words, code in self._types.items() if code and not self._stored[words]]
        if counting and others:
            self.sentences.append(f"Rows with {some(counting)} were not kept as long as they did not count: to get "
                                  f"them, import {some(others)} again.")
        if self._types and others and self._workspace.count("incidents", {"offence": None, "source": others}):
            self.sentences.append("Some incidents of this source were imported before offence words were kept, and "
                                  f"did not change: import {some(others)} once more.")
        if self._shared:
            self.sentences.append(f"Another source has files of the same name, whose incidents did not change: import "
                                  f"{some(self._shared)} again.")


def _keys(ids: pd.Series, words: pd.Series) -> pd.Series:
    """What an incident is known by that has left: its id, or time and place, and its words."""
    return ids + "\0" + words


def _files_of(workspace: Workspace, header: str) -> tuple[list[str], list[str]]:
    """Names of the files of incidents with these columns, and those of them that files of other columns have, too."""
    imports = workspace.read("imports", ["input", "given"], {"table_name": "incidents"}, order_by="at_utc")
    headers: dict[str, set[str]] = {}
    for name, given in zip(imports["input"], imports["given"]):
        headers.setdefault(name, set()).add((given or {}).get("header", ""))
    ours = [name for name, found in headers.items() if header in found]
    return [name for name in ours if len(headers[name]) == 1], [name for name in ours if len(headers[name]) > 1]
