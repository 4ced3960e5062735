"""What was decided of offence words later: the incidents in the workspace follow.

Incidents keep the words by which their type was told. Those whose words no longer count leave, those that count as
another type change; forecasts, draws and reports made before stay as they were.
"""
from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Callable, Mapping

import pandas as pd

from ...errors import some
from .event_writing import MADE_HERE

if TYPE_CHECKING:
    from ..store.workspace import Workspace, Writer


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
    """

    def __init__(self, workspace: Workspace, header: str, before: Mapping[str, str], now: Mapping[str, str],
                 type_of: Callable[[str], str], this: str = "") -> None:
        self._workspace, self._this = workspace, this
        self._types = {words: type_of(words) for words in {*before, *now} if before.get(words) != now.get(words)}
        self._names, self._shared = _files_of(workspace, header) if self._types else ([], [])
        self._stored: Counter[str] = Counter()
        self.sentences: list[str] = []
        self.left = self.retyped = 0

    def leave(self, writer: Writer) -> None:
        """Take away the incidents whose words no longer count, and give ids made of a type those of their new type."""
        rows = self._rows()
        if rows.empty:
            return
        self._stored.update(rows["offence"])
        wanted = rows["offence"].map(self._types)
        gone = rows[wanted == ""]
        if len(gone):
            writer.delete("incidents", {"incident_id": gone["incident_id"].tolist()})
            self.left, counts = len(gone), Counter(gone["offence"]).most_common()
            self.sentences.append(f"{len(gone):,} incidents left the workspace, because their words no longer count: "
                                  f"{some(f'{words} ({count:,})' for words, count in counts)}.")
        moved = rows[(wanted != "") & (wanted != rows["crime_type"]) & rows["incident_id"].str.startswith(MADE_HERE)]
        if len(moved):
            named = moved["incident_id"].str.rpartition(":")[0] + ":" + wanted[moved.index]
            writer.delete("incidents", {"incident_id": moved["incident_id"].tolist()})
            renamed = moved.assign(incident_id=named).drop_duplicates("incident_id")
            there = self._workspace.read("incidents", ["incident_id"], {"incident_id": renamed["incident_id"].tolist()})
            writer.upsert("incidents", renamed[~renamed["incident_id"].isin(there["incident_id"])])

    def retype(self, writer: Writer) -> None:
        """Give the incidents of other files the type that their words count as now, and tell what needs its file."""
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
            self.sentences.append(f"Rows with {some(counting)} were not kept as long as they did not count: import "
                                  f"{some(others)} again, as far as they hold such rows.")
        if self._types and self._names and self._workspace.count(
                "incidents", {"offence": None, "source": self._names}):
            self.sentences.append("Some incidents of this source were imported before offence words were kept, and "
                                  f"did not change: import {some(self._names)} once more.")
        if self._shared:
            self.sentences.append(f"Another source has files of the same name, whose incidents did not change: import "
                                  f"{some(self._shared)} again.")


def _files_of(workspace: Workspace, header: str) -> tuple[list[str], list[str]]:
    """Names of the files of incidents with these columns, and those of them that files of other columns have, too."""
    imports = workspace.read("imports", ["input", "given"], {"table_name": "incidents"}, order_by="at_utc")
    headers: dict[str, set[str]] = {}
    for name, given in zip(imports["input"], imports["given"]):
        headers.setdefault(name, set()).add((given or {}).get("header", ""))
    ours = [name for name, found in headers.items() if header in found]
    return [name for name in ours if len(headers[name]) == 1], [name for name in ours if len(headers[name]) > 1]
