"""Importer of gunfire alerts of acoustic sensors."""
from __future__ import annotations

from typing import TYPE_CHECKING, Iterator, Union

import numpy as np
import pandas as pd

from ...forecast.instants import DAY, NAT, SECOND, nanoseconds, utc_times
from ...progress import SILENT
from ..store.workspace import Between
from .alert_words import NO_ALERT, alert_kind, is_code, is_no_alert, names_gunfire, reviewed_as_else
from .autumn_hour import comings
from .cell_texts import says_nothing
from .coordinates import numbers
from .event_writing import (MADE_HERE, keep_place, made_ids, reject_absurd_dates, reject_dispositions, stored_events,
                            take_out, write_events)
from .later_denials import LaterDenials
from .placed_rows import PlacedFile
from .source_questions import SourceOptions

if TYPE_CHECKING:
    from pathlib import Path

    from ...forecast.arrays import Bools, Floats, Objects
    from ...progress import Progress
    from ..store.workspace import Workspace
    from .column_recognition import ColumnMapping
    from .import_frames import AlertRows
    from .import_result import ImportResult
    from .placed_chunks import PlacedRows

_MOST_ROUNDS = 10_000


def import_gunfire(workspace: Workspace, path: Union[str, Path], mapping: ColumnMapping = None, source_crs: str = "",
                   source_timezone: str = "", rejects: str = "", progress: Progress = SILENT,
                   date_order: str = "") -> ImportResult:
    """Import gunfire alerts of acoustic sensors; all is as of :func:`~.incident_import.import_incidents`.

    An alert needs a time of day. A time that comes twice on the night when clocks go back means its first coming,
    unless the order of the rows or of their numbers tells otherwise.
    """
    with PlacedFile(workspace, "gunfire", path, SourceOptions(mapping, source_crs, source_timezone, date_order),
                    progress.part(0.0, 0.5)) as file:
        denials = LaterDenials(workspace, "gunfire", "alerts")
        rows = _alerts(workspace, file, denials, progress.part(0.5, 1.0))
        return write_events(workspace, file, rows, _finish_gunfire, rejects, progress.part(0.5, 1.0), denials)


def _alerts(workspace: Workspace, file: PlacedFile, denials: LaterDenials,
            progress: Progress) -> Iterator[AlertRows]:
    """One frame of all alerts, each once."""
    for rows in file.chunks(progress, whole=True):
        kinds = _kinds(file, rows, denials)
        when, column = rows.spans["occurred"], file.column_of("occurred")
        rows.reject((when.low == NAT) & ~when.written, "no time", column)
        rows.reject(~when.timed, "no time of day", column)
        # A moment that comes twice is two moments an hour apart; an hour ends a millisecond before the next.
        rows.reject((when.high - when.low) % SECOND != 0, "only the hour is known", column)
        reject_absurd_dates(rows, when, column)
        again, untold = comings(when.low, when.high, rows.kept & (when.low != NAT), file.texts(rows, "id"))
        low = np.where(again, when.high, when.low)
        x, y = file.locate(rows)
        file.tally("{} alerts lie in the hour that comes twice when clocks go back; by the order of the rows or of "
                   "their numbers they are after the clocks were set.", (again & rows.kept).sum())
        file.tally(f"{{}} alerts lie in the hour that comes twice when clocks go back, and {column} does not say which "
                   "of the two is meant: the first was taken, the second is an hour later. Export times in UTC or with "
                   "their offset.", (untold & rows.kept).sum())
        rounds = _rounds(file, rows)
        every = pd.DataFrame({
            "line": rows.lines, "alert_id": file.texts(rows, "id"), "kind": kinds, "low": low, "x": x, "y": y,
            "rounds": rounds})
        denials.tell_unnamed(file, made_ids(every[rows.denied_unnamed & np.isfinite(x) & (low != NAT)]))
        frame = denials.keep_out(file, every[rows.kept].copy())
        frame["rounded_x_m"], frame["rounded_y_m"] = file.system.rounded
        yield _one_row_per_alert(_recorded_before(workspace, frame))


def _rounds(file: PlacedFile, rows: PlacedRows) -> Floats:
    """Rounds of each alert, NaN where none are known. Those that cannot be are rejected; what is no one number, such as
    4-6, is told and left out."""
    words = file.words(rows, "rounds")
    if words is None:
        return np.full(len(rows.lines), np.nan)
    column, found = file.mapping["rounds"], numbers(pd.Series(words.categories))
    unread = np.isnan(found) & ~np.array([text == "" or says_nothing(text) for text in words.categories], dtype=bool)
    file.tell_words(f"Alerts came in without their rounds, which are no one number in column {column}", words,
                    unread[words.codes] & rows.kept)
    rounds = found[words.codes]
    rows.reject((rounds < 0) | (rounds > _MOST_ROUNDS), "a number of rounds that cannot be", column)
    return rounds


def _kinds(file: PlacedFile, rows: PlacedRows, denials: LaterDenials) -> Objects:
    """Kind of each alert; those that were none, and other calls in a list of mixed calls, are rejected.

    Where no word speaks of gunfire, codes that cannot be known are taken for gunfire, and told; words are not.
    """
    words, known = file.words(rows, "kind"), np.full(len(rows.lines), "unknown", dtype=object)
    if words is not None:
        column, texts = file.mapping["kind"], words.categories
        kinds = np.array([alert_kind(word) for word in texts], dtype=object)
        denied = np.array([is_no_alert(word, column) for word in texts], dtype=bool)
        if any(names_gunfire(word) or kind for word, kind in zip(texts, kinds) if word):
            denied |= kinds == np.array(None)
        elif (texts != "").any():
            denied |= np.array([not is_code(word) for word in texts], dtype=bool)
            file.tell_words(f"No word of column {column} speaks of gunfire; its rows were taken for gunfire of "
                            "unknown kind",
                            words, ~denied[words.codes] & rows.kept)
        file.tell_words(f"Not counted, {NO_ALERT}, by column {column}", words,
                        denied[words.codes] & rows.kept)
        take_out(file, rows, denied[words.codes], denials)
        rows.reject(denied[words.codes], NO_ALERT, column, words)
        known = np.where(kinds == np.array(None), "unknown", kinds)[words.codes]
    reject_dispositions(file, rows, NO_ALERT, lambda words, column: [
        is_no_alert(word, column) or other for word, other in zip(words, reviewed_as_else(words, column))], denials)
    return _reviewed(file, rows, known)


def _reviewed(file: PlacedFile, rows: PlacedRows, kinds: Objects) -> Objects:
    """Kinds of alerts, fireworks where a review calls them so."""
    for _, words in file.dispositions(rows):
        fireworks = np.array([word != "" and alert_kind(word) == "firecracker" for word in words.categories])
        kinds = np.where(fireworks[words.codes], "firecracker", kinds)
    return kinds


def _recorded_before(workspace: Workspace, rows: AlertRows) -> AlertRows:
    """Alerts with their ids; where one side has no id of its own it is found again by time and place.

    Exports round or cut off fractions of a second, so that both are tried, and then a second more or less.
    """
    if rows.empty:
        return rows
    around = Between(pd.Timestamp(rows["low"].min() - DAY, tz="UTC"),
                     pd.Timestamp(rows["low"].max() + DAY, tz="UTC"))
    stored = workspace.read("gunfire", columns=["alert_id", "occurred_utc", "x", "y"], where={"occurred_utc": around})
    stored["low"] = nanoseconds(stored["occurred_utc"])
    waiting = rows[~rows["alert_id"].isin(stored["alert_id"])]
    stored = stored[~stored["alert_id"].isin(rows["alert_id"])]
    half = SECOND // 2
    for new_later, old_later in ((half, half), (0, 0), (SECOND, 0), (-SECOND, 0)):
        for nameless in (True, False):
            new = waiting[(waiting["alert_id"] == "") == nameless]
            old = stored if nameless else stored[stored["alert_id"].str.startswith(MADE_HERE)]
            pairs = _same_moment(new, new_later, old, old_later)
            rows.loc[pairs["index_x"], "alert_id"] = pairs["alert_id_y"].to_numpy()
            waiting, stored = waiting.drop(pairs["index_x"]), stored.drop(pairs["index_y"])
    return rows


def _same_moment(new: pd.DataFrame, new_later: int, old: pd.DataFrame, old_later: int) -> pd.DataFrame:
    """Pairs of alerts of two frames in one second and place, each moved by some ns; an alert is in one pair at most."""
    sides = []
    for side, later in ((new, new_later), (old, old_later)):
        place = {axis: side[axis].round() for axis in ("x", "y")}
        side = side[["alert_id"]].assign(second=(side["low"] + later) // SECOND, **place)
        sides.append(side.assign(turn=side.groupby(["second", "x", "y"]).cumcount()).reset_index())
    return sides[0].merge(sides[1], on=["second", "x", "y", "turn"])


def _one_row_per_alert(rows: AlertRows) -> AlertRows:
    """Each alert once: the same id at the same second and place is the same alert, at another it is another alert."""
    made = rows["alert_id"] == ""
    rows.loc[made, "alert_id"] = made_ids(rows[made])
    moment = rows[["alert_id"]].assign(second=rows["low"] // SECOND,
                                       x=rows["x"].round(), y=rows["y"].round())
    rows = rows[~moment.duplicated()].copy()
    again = rows["alert_id"].duplicated()
    rows.loc[again, "alert_id"] += "@" + made_ids(rows[again]).str[len(MADE_HERE):]
    return rows


def _finish_gunfire(workspace: Workspace, rows: AlertRows, _: object) -> tuple[pd.DataFrame, pd.DataFrame, Bools]:
    """Columns of the table, with what the workspace knows better."""
    stored = stored_events(workspace, "gunfire", rows["alert_id"])
    found = stored["occurred_utc"].notna().to_numpy()
    old = nanoseconds(stored["occurred_utc"])
    coarser = found & (rows["low"] % SECOND == 0) & (np.abs(rows["low"] - old) <= SECOND)
    rows["low"] = np.where(coarser, old, rows["low"])
    told = stored["kind"].notna().to_numpy()
    rows["kind"] = np.where(told & (rows["kind"] == "unknown"), stored["kind"], rows["kind"])
    for name in ("rounds", "rounded_x_m", "rounded_y_m"):
        rows[name] = rows[name].where(rows[name].notna(), stored[name].to_numpy(dtype=float, na_value=np.nan))
    keep_place(rows, stored, found)
    table = pd.DataFrame({name: rows[name] for name in (
        "alert_id", "kind", "rounded_x_m", "rounded_y_m", "x", "y")})
    table["rounds"] = rows["rounds"].round().astype("Int64")
    table["occurred_utc"] = utc_times(rows["low"])
    table["occurred_local"] = workspace.calendar.to_local(table["occurred_utc"])
    table["shift_date"], table["shift"] = workspace.calendar.assign(table["occurred_utc"])
    return table, stored, found
