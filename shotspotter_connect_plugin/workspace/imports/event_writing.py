"""What importers of incidents and of gunfire alerts share: which rows they reject, ids made here, and writing."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Iterable, Optional, Union

import numpy as np
import pandas as pd

from ...forecast.instants import DAY, NAT, iso_texts, nanoseconds
from ..store.tables import TABLES
from ..store.workspace import Counts
from . import source_times
from .earlier_readings import EarlierReadings
from .offence_words import DECIDED
from .offences import OTHER, UNCLEAR
from .rejected_rows import rejects_path
from .value_words import is_true

if TYPE_CHECKING:
    from ...forecast.arrays import Bools
    from ...progress import Progress
    from ..store.workspace import Workspace
    from .import_frames import AlertRows, IncidentRows
    from .import_result import ImportResult
    from .later_denials import LaterDenials
    from .offence_changes import OffenceChanges
    from .placed_chunks import PlacedRows
    from .placed_rows import PlacedFile
    from .source_times import TimeSpans

SLICE_ROWS = 100_000
SAME_PLACE = 1.0
"""Metres within which two records of one event are at the same place."""
BY_WORDS = dict.fromkeys((UNCLEAR, OTHER, DECIDED), "Decide in OFFENCES what its words are taken as")
"""Reason -> what to do where most rows of a file were rejected for it."""
MADE_HERE = "at:"
"""Start of ids made here, of time and place."""


def reject_dispositions(file: PlacedFile, rows: PlacedRows, reason: str,
                        are_nothing: Callable[[pd.Index, str], list[bool]], denials: LaterDenials) -> None:
    """Reject rows of which a column beside the offence or the kind says that nothing happened, as ``are_nothing(words,
    column)`` tells; events of earlier files about which they say so leave the workspace."""
    for column, words in file.dispositions(rows):
        nothing = np.array(are_nothing(words.categories, column), dtype=bool)[words.codes]
        file.tell_words(f"Not counted, {reason}, in column {column}", words, nothing & rows.kept)
        take_out(file, rows, nothing, denials)
        rows.reject(nothing, reason, column, words)


def take_out(file: PlacedFile, rows: PlacedRows, nothing: Bools, denials: LaterDenials) -> None:
    """Take the events of earlier files out that rows say were none, by a number that no other row has."""
    ids = file.texts(rows, "id")
    rows.denied_unnamed |= nothing & rows.kept & (ids == "")
    rows.set_aside(denials.take_out(ids, nothing & rows.kept & ~file.is_repeated(pd.Series(ids, dtype=object))))


def are_true(words: Optional[pd.Categorical], size: int) -> Bools:
    if words is None:
        return np.zeros(size, dtype=bool)
    return np.array([is_true(word) for word in words.categories], dtype=bool)[words.codes]


def reject_absurd_dates(rows: PlacedRows, span: TimeSpans, column: str) -> None:
    now = pd.Timestamp.now(tz="UTC").value
    rows.reject((span.low != NAT) & (span.low < source_times.OLDEST_EVENT), "a date before 1990", column)
    rows.reject((span.low != NAT) & (span.low > now + DAY), "a date in the future", column)


def made_ids(rows: Union[IncidentRows, AlertRows], moment: str = "low") -> pd.Series:
    """Ids of time (the column ``moment``, ns) and place for rows whose source has none."""
    return MADE_HERE + _seconds(rows[moment]) + ":" + rows["x"].round().astype(int).astype(str) + ":" + \
        rows["y"].round().astype(int).astype(str)


def _seconds(ns: pd.Series) -> pd.Series:
    return pd.Series(iso_texts(ns, "s").astype(object), index=ns.index, dtype=object)


def stored_events(workspace: Workspace, table: str, ids: pd.Series) -> pd.DataFrame:
    """What the workspace holds of events, a row for each id, empty where it knows none; without their file, and without
    wall clocks, which follow from the instants."""
    key, = TABLES[table].key
    columns = [column.name for column in TABLES[table].frame_columns
               if column.type != "local" and column.name != "source"]
    return workspace.read(table, columns, {key: ids.tolist()}, order_by=key).set_index(key).reindex(ids)


def keep_place(rows: Union[IncidentRows, AlertRows], stored: pd.DataFrame, found: Bools) -> None:
    """Where a record moved by less than a metre it stays."""
    for axis in ("x", "y"):
        old = stored[axis].to_numpy()
        with np.errstate(invalid="ignore"):
            near = found & (np.abs(old - rows[axis].to_numpy()) < SAME_PLACE)
        rows[axis] = np.where(near, old, rows[axis])


def write_events(workspace: Workspace, file: PlacedFile, frames: Iterable[Any],
                 finish: Callable[..., tuple[pd.DataFrame, pd.DataFrame, Bools]], rejects: str,
                 progress: Progress, denials: LaterDenials, changes: Optional[OffenceChanges] = None) -> ImportResult:
    """All rows of an import in one transaction, with what follows from decisions on offence words and for events that
    were none, its rejects, and its line in ``imports``."""
    table, digest, content = file.table, file.source.digest(), file.source.content_digest()
    counts, digests = Counts(0, 0, 0), {digest, content} - {""}
    earlier = EarlierReadings(workspace, file, denials.noun, digests)
    with workspace.transaction() as writer:
        denials.begin(writer, digests)
        if changes:
            changes.leave(writer)
        for rows in frames:
            for start in range(0, len(rows), SLICE_ROWS):
                frame, stored, found = finish(workspace, rows.iloc[start:start + SLICE_ROWS].copy(),
                                              earlier.replaces)
                frame["box_id"] = file.area.box_ids(frame["x"].to_numpy(), frame["y"].to_numpy())
                frame["source"] = file.source.name
                earlier.add(frame[TABLES[table].key[0]])
                changed = found.copy()
                changed[found] = ~_same(frame[found], stored[found])
                writer.append(table, frame[~found])
                done = writer.upsert(table, frame[changed])
                counts = Counts(counts.added + int((~found).sum()), counts.updated + done.updated,
                                counts.unchanged + int((found & ~changed).sum()) + done.unchanged)
        if changes:
            changes.retype(writer)
            counts = Counts(counts.added, counts.updated + changes.left_here, counts.unchanged)
            file.warnings.extend(changes.sentences)
        earlier.leave(writer)
        counts = Counts(counts.added, counts.updated + denials.left, counts.unchanged)
        file.warnings.extend(denials.sentences)
        progress.report(1.0)
        result = file.result(workspace, counts, rejects_path(workspace, table, rejects))
        if not changes or not (changes.left or changes.retyped):
            result.check_taken(file.source.name, BY_WORDS)
        result.record(writer, table, file.source.name, digest, content, denials.taken_out)
    return result


def _same(frame: pd.DataFrame, stored: pd.DataFrame) -> Bools:
    """Whether each row says the same as the workspace's, apart from where it came from."""
    same = np.ones(len(frame), dtype=bool)
    for name in frame.columns.intersection(stored.columns):
        new, old = frame[name], stored[name]
        if name.endswith("_utc"):
            new, old = nanoseconds(new), nanoseconds(old)
        new, old = (pd.Series(np.asarray(values, dtype=object), dtype=object) for values in (new, old))
        differ = np.flatnonzero(new != old)
        same[differ] &= (new[differ].isna() & old[differ].isna()).to_numpy()
    return same
