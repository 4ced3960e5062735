"""Importer of reported crime incidents: any agency's file in, honest rows out, nothing about persons.

A file is read chunk by chunk, so that it may be larger than memory, and judged as a whole: what its columns mean is
decided by all of its rows. One transaction per import: killed or stopped, nothing has changed.
"""
from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Iterator, Optional, Union

import numpy as np
import pandas as pd

from ...errors import ConnectError
from ...forecast.instants import DAY, NAT, nanoseconds, utc_times
from ...progress import SILENT
from . import source_times
from .alert_words import firearms, says_nothing_happened
from .event_writing import (SAME_PLACE, are_true, keep_place, made_ids, reject_absurd_dates, reject_dispositions,
                            stored_events, write_events)
from .import_result import NothingTaken
from .later_denials import LaterDenials
from .occurrence_columns import OCCURRENCE, only_reported
from .offence_changes import OffenceChanges
from .offence_columns import ROLES
from .offence_reading import UNKNOWN
from .offence_words import DECIDED
from .offences import BIASED, NO_CRIME, OTHER, SEVERITY, UNCLEAR
from .placed_rows import PlacedFile
from .report_delays import ASSUMED, ReportDelay, usual_delay
from .source_offences import decide_by_table, distinct_words, offence_words, remember_words
from .source_questions import SourceOptions
from .supplement_reports import SupplementReports
from .taken_back import CountsTakenBack

if TYPE_CHECKING:
    from pathlib import Path

    from ...forecast.arrays import Bools, Ints, Objects
    from ...progress import Progress
    from ..store.workspace import Workspace
    from .column_recognition import ColumnMapping
    from .import_frames import IncidentRows
    from .import_result import ImportResult
    from .offence_words import OffenceWords
    from .placed_chunks import PlacedRows


def import_incidents(workspace: Workspace, path: Union[str, Path], mapping: ColumnMapping = None, source_crs: str = "",
                     source_timezone: str = "", rejects: str = "", progress: Progress = SILENT,
                     date_order: str = "", crime_type: str = "", offences: str = "") -> ImportResult:
    """Import reported crime incidents.

    Parameters
    ----------
    path
        CSV and its like (also ``.gz``), Excel, or a point layer or table that OGR opens.
    mapping
        Role -> column, or the same as JSON, where the columns are not recognised or wrongly; the roles are those of
        ``synonyms.ROLES["incidents"]``.
    source_crs
        Coordinate system of the file; found by where its points fall if not given.
    source_timezone
        Zone of times without an offset; the workspace's if not given. Dates without a time that nobody gave a zone may
        have been cut from a UTC clock and cover the day in both.
    rejects
        CSV for the rows that were not taken; ``<workspace>-rejects-<table>.csv`` beside the workspace if not given.
        Not written when every row was taken.
    date_order
        One of ``date_texts.ORDERS``, for dates of three numbers. Found in the whole file, else as the source has shown
        it earlier, if not given; dates that do not fit it are rejected.
    crime_type
        Code or name of the one type of all rows, for a file in which no column tells the offence.
    offences
        CSV with the offence words of the file. What it says in ``taken_as`` wins over the rules, is remembered for the
        source, and the incidents of earlier imports follow. Written where it does not exist, and whenever words of the
        file wait for a decision.

    Returns
    -------
    ImportResult

    Raises
    ------
    ConnectError
        When the file cannot be read, a column that is needed is missing, no date can be read, nothing tells day from
        month or what its rows are, or no point lies in the jurisdiction. The workspace is then unchanged. When every
        row was rejected; then only what ``offences`` decides is kept.
    """
    options = SourceOptions(mapping, source_crs, source_timezone, date_order, crime_type, offences)
    with PlacedFile(workspace, "incidents", path, options, progress.part(0.0, 0.5)) as file:
        words = offence_words(workspace, file)
        before = dict(words.decided)
        decide_by_table(workspace, file, words, offences)
        changes = OffenceChanges(workspace, file.answers.header, before, words.decided, words.type_of, file.source.name)
        denials = LaterDenials(workspace, "incidents", "incidents")
        rows = _incidents(workspace, file, words, changes, denials, offences, progress.part(0.5, 1.0))
        try:
            return write_events(workspace, file, rows, finish_incidents, rejects, progress.part(0.5, 1.0), denials,
                                changes)
        except NothingTaken as refused:
            if words.decided == before:
                raise
            # What somebody has decided would else have to be said again for the next file.
            with workspace.transaction() as writer:
                refused.result.record(writer, "incidents", file.source.name, file.source.digest(),
                                      file.source.content_digest())
            raise ConnectError(f"{refused.user} What OFFENCES says of its words is kept.") from refused


def _incidents(workspace: Workspace, file: PlacedFile, words: OffenceWords, changes: OffenceChanges,
               denials: LaterDenials, offences: str, progress: Progress) -> Iterator[IncidentRows]:
    """Frames of incidents, each once; incidents that have several rows in the file come together in the last."""
    known = set(workspace.read("crime_types", columns=["crime_type"])["crime_type"])
    waiting, counts, delay = [], CountsTakenBack(file), _usual_delay(workspace, file)
    supplements = SupplementReports(workspace, file)
    for rows in file.chunks(progress):
        written = file.texts(rows, "offence")
        counts.reject(rows, written)
        more = supplements.reject(rows)
        types, texts, told = _crime_types(file, rows, words, changes, denials, known)
        low, high, reported, named = _offence_times(file, rows, delay)
        x, y = file.locate(rows)
        block = file.texts(rows, "block" if "block" in file.mapping else "address")
        every = pd.DataFrame({
            "line": rows.lines, "incident_id": file.texts(rows, "id"), "crime_type": types, "low": low, "high": high,
            "named": named, "reported": reported, "x": x, "y": y, "block": np.where(block == "", np.array(None), block),
            "discovered": are_true(file.words(rows, "discovered"), len(rows.lines)), "written": written,
            "firearm": _firearms(file, rows), "offence": texts, "supplement": more})
        denied = every[rows.denied_unnamed & np.isfinite(x) & (named != NAT)]
        denied = denied[denied["crime_type"].isin(known)]
        denials.tell_unnamed(file, made_ids(denied, "named") + ":" + denied["crime_type"])
        frame = _still_counting(file, every[rows.kept], changes, told, known)
        frame = supplements.drop_known(denials.keep_out(file, frame))
        again = file.is_repeated(frame["incident_id"])
        waiting.append(frame[again])
        frame = frame[~again].copy()
        made = frame["incident_id"] == ""
        frame.loc[made, "incident_id"] = made_ids(frame[made], "named") + ":" + frame.loc[made, "crime_type"]
        yield _one_row_per_incident(file, frame)
    counts.tell(workspace)
    yield _one_row_per_incident(file, counts.drop(pd.concat(waiting, ignore_index=True)))
    remember_words(file, words, offences)


def _crime_types(file: PlacedFile, rows: PlacedRows, offences: OffenceWords, changes: OffenceChanges,
                 denials: LaterDenials, known: set[str]) -> tuple[Objects, Objects, Optional[pd.Categorical]]:
    """(code, words kept of its offence, all its words) of each row. Rows of other types are rejected, apart from those
    whose words were decided: their incidents may be in the workspace, see :func:`_still_counting`."""
    texts = np.full(len(rows.lines), None, dtype=object)
    if file.crime_type:
        return np.full(len(rows.lines), file.crime_type, dtype=object), texts, None
    words = None
    if not _is_list_of_shootings(file):
        distinct, number = distinct_words(file, rows)
        codes, kept = offences.take(distinct, number, rows.lines)
        found, texts = codes[number], kept[number]
        column = next(file.mapping[role] for role in ROLES if role in file.mapping)
        words = pd.Categorical(np.array([" ".join(filter(None, told)) for told in distinct], dtype=object)[number])
        rows.reject((words.categories == "")[words.codes], "no offence", column)
        later = np.array([offences.is_named(told) for told in distinct], dtype=bool)[number]
        unknown = (found == OTHER) & np.array([offences.why(told) == UNKNOWN for told in distinct], dtype=bool)[number]
        file.tell_words(f"Not counted, since {UNKNOWN}, in column {column}", words, unknown & rows.kept & ~later)
    else:
        # A list of shootings that says who died: the others were shot, too.
        died = are_true(file.words(rows, "murder_flag"), len(rows.lines))
        found, column = np.where(died, "homicide", "aggravated_assault").astype(object), file.mapping["murder_flag"]
    settled = ~changes.concern(texts)
    for reason in (NO_CRIME, UNCLEAR):
        if words is not None:
            file.tell_words(f"Not counted, {reason}, in column {column}", words,
                            (found == reason) & rows.kept & ~later)
        rows.reject((found == reason) & settled, reason, column, words)
    reject_dispositions(file, rows, NO_CRIME, lambda words, column: [
        says_nothing_happened(word, column) for word in words], denials)
    for reason in (BIASED, DECIDED):
        rows.reject((found == reason) & settled, reason, column, words)
    rows.reject(~np.isin(found.astype(str), sorted(known)) & settled, OTHER, column, words)
    return found, texts, words


def _still_counting(file: PlacedFile, frame: IncidentRows, changes: OffenceChanges, words: Optional[pd.Categorical],
                    known: set[str]) -> IncidentRows:
    """Rows of the types that are known. Of the others those whose incident leaves the workspace by this import were
    taken, too; the rest is rejected."""
    concern = changes.concern(frame["offence"].to_numpy(object))
    if words is None or not concern.any():
        return frame
    counting = frame["crime_type"].isin(known).to_numpy()
    left = np.zeros(len(frame), dtype=bool)
    some = frame[concern].copy()
    some["crime_type"] = some["crime_type"].where(counting[concern], "")
    left[concern] = changes.follow(some, made_ids(some, "named"))
    column = next(file.mapping[role] for role in ROLES if role in file.mapping)
    for reason in frame["crime_type"][~counting & ~left].unique():
        rejected = ~counting & ~left & (frame["crime_type"] == reason).to_numpy()
        file.rejects.add(frame["line"][rejected], column, reason if reason in (NO_CRIME, UNCLEAR, BIASED, DECIDED)
                         else OTHER, words[frame.index[rejected]])
    return frame[counting].copy()


def _firearms(file: PlacedFile, rows: PlacedRows) -> Objects:
    """Whether a gun was used: as the weapon says, else as the offence does; None where the source does not tell."""
    known = np.full(len(rows.lines), None, dtype=object)
    for role in ("weapon", "offence"):
        words = file.words(rows, role)
        if words is not None:
            told = np.array(firearms(words.categories, role == "weapon"), dtype=object)[words.codes]
            known = np.where(known == np.array(None), told, known)
    return np.full(len(rows.lines), True, dtype=object) if _is_list_of_shootings(file) else known


def _is_list_of_shootings(file: PlacedFile) -> bool:
    """Whether a list only says who died: then it is one of shootings."""
    return not set(ROLES) & set(file.mapping) and not file.crime_type


def _usual_delay(workspace: Workspace, file: PlacedFile) -> ReportDelay:
    """How long before its report an offence may have happened that tells nothing else; said first if none does."""
    if file.knows_all_times():
        return ReportDelay(ASSUMED, "")
    delay = usual_delay(file.spans(), workspace)
    if not set(OCCURRENCE) & set(file.mapping):
        file.tell_first(only_reported(file.source.name, file.column_of("reported"), delay.words, delay.why,
                                      file.dates_aside))
    return delay


def _offence_times(file: PlacedFile, rows: PlacedRows, delay: ReportDelay) -> tuple[Ints, Ints, Ints, Ints]:
    """(earliest, latest, reported, the moment that names it where the source does not) of each row, ns UTC; the report
    bounds what the source leaves open."""
    size, spans = len(rows.lines), rows.spans
    unknown = NAT
    nothing = source_times.TimeSpans(*(np.full(size, unknown) for _ in range(2)),
                                     *(np.zeros(size, bool) for _ in range(2)))
    report, start, end, single = (spans.get(role, nothing) for role in (
        "reported", "occurred_from", "occurred_to", "occurred"))
    for role, span in spans.items():
        reject_absurd_dates(rows, span, file.column_of(role))
    low = np.where(start.low != unknown, start.low, single.low)
    high = np.where(end.high != unknown, end.high, single.high)
    bound = np.where(report.high != unknown, report.high, np.iinfo(np.int64).max)
    open_end = (high == unknown) & (low != unknown)
    high = np.where(open_end, np.where(report.high != unknown, report.high, start.high), high)
    # Only an end, or only a report: it began at some time before.
    last = np.where(high != unknown, np.maximum(end.low, single.low), report.low)
    open_start = (low == unknown) & (last != unknown)
    alone = open_start & (high == unknown)
    low = np.where(open_start, last - np.where(alone, delay.width, ASSUMED), low)
    high = np.where(high == unknown, report.high, high)
    rows.reject(low == unknown, "no date", " or ".join(map(file.column_of, spans)))
    turned = (end.high != unknown) & (end.high < start.low)
    low, high = np.where(turned, end.low, low), np.where(turned, start.high, high)
    late = (low > bound) & (low != unknown)
    rows.reject(late & (low - bound > DAY), "an offence that begins after its report",
                file.column_of("occurred_from") or file.column_of("occurred"))
    high = np.minimum(high, bound)
    low = np.where(late, bound - ASSUMED, low)
    file.tally("{} rows end before they begin or begin after their report; their times were widened to what is "
               "certain.", ((turned | late) & rows.kept).sum())
    if set(OCCURRENCE) & set(file.mapping):
        file.tally(f"{{}} rows tell only when they were reported: they were taken to lie in the {delay.words} before, "
                   f"{delay.why}.", (alone & rows.kept).sum())
    file.tally("{} rows tell only when the offence ended: it was assumed to have begun within 24 hours before.",
               (open_start & ~alone & rows.kept).sum())
    file.tell_unread_clocks(rows)
    # What is known of delays grows with the workspace; the name of a row must not change with it.
    named = np.where(alone, np.where(report.timed, report.low - ASSUMED, report.low), low)
    return low, high, np.where(report.high != unknown, report.high, high), named


def _one_row_per_incident(file: PlacedFile, rows: IncidentRows) -> IncidentRows:
    """The most serious offence of each incident, and of equals the one whose time is known best."""
    if not rows["incident_id"].duplicated().any():
        return rows
    if _is_list_of_shootings(file):
        # One row per victim: an incident in which anybody died is a homicide.
        worst = rows["crime_type"].map(SEVERITY).groupby(rows["incident_id"]).transform("min")
        rows["crime_type"] = worst.map({rank: code for code, rank in SEVERITY.items()}).to_numpy(object)
    order = rows.assign(severity=rows["crime_type"].map(SEVERITY), width=rows["high"] - rows["low"])
    rows = rows.loc[order.sort_values(["severity", "width", "line"]).index]
    others = rows[rows["incident_id"].duplicated()]
    rows = rows[~rows["incident_id"].duplicated()]
    kept = rows.set_index("incident_id").loc[others["incident_id"]]
    same_type = others["crime_type"].to_numpy() == kept["crime_type"].to_numpy()
    same = same_type & _same_place(others, kept) & np.logical_and.reduce(
        [others[name].to_numpy() == kept[name].to_numpy() for name in ("low", "high", "reported")])
    column = file.mapping.get("id", "")
    for chosen, reason in ((~same_type, "a less serious offence of an incident that another row holds"),
                           (same_type & ~same, "the number of another row with another time or place")):
        file.rejects.add(others["line"][chosen], column, reason)
    return rows.sort_values("line")


def _same_place(one: pd.DataFrame, other: pd.DataFrame) -> Bools:
    return (np.abs(one["x"].to_numpy() - other["x"].to_numpy()) < SAME_PLACE) & (
        np.abs(one["y"].to_numpy() - other["y"].to_numpy()) < SAME_PLACE)


def finish_incidents(workspace: Workspace, rows: IncidentRows,
                     replaces: Callable[[pd.Series], Bools]) -> tuple[pd.DataFrame, pd.DataFrame, Bools]:
    """Columns of the table, with what the workspace knows better; ``replaces`` tells which ids it knows from a file
    that was read otherwise, and so not better."""
    stored = stored_events(workspace, "incidents", rows["incident_id"])
    found = stored["crime_type"].notna().to_numpy()
    old_low, old_high = nanoseconds(stored["occurred_from_utc"]), nanoseconds(stored["occurred_to_utc"])
    finer = found & (old_high - old_low < (rows["high"] - rows["low"]).to_numpy())
    if finer.any():
        finer &= ~replaces(rows["incident_id"])
    for name, old in (("low", old_low), ("high", old_high), ("reported", nanoseconds(stored["reported_utc"]))):
        rows[name] = np.where(finer, old, rows[name])
    rows["block"] = rows["block"].where(rows["block"].notna(), stored["block"].to_numpy())
    keep_place(rows, stored, found)
    calendar = workspace.calendar
    table = pd.DataFrame({name: rows[name] for name in (
        "incident_id", "crime_type", "x", "y", "block", "discovered", "offence")})
    table["firearm"] = rows["firearm"].where(rows["firearm"].notna(), stored["firearm"].to_numpy(object)).where(
        lambda told: told.notna(), None)
    for name, column in (("occurred_from", "low"), ("occurred_to", "high")):
        table[name + "_utc"] = utc_times(rows[column])
        table[name + "_local"] = calendar.to_local(table[name + "_utc"])
    table["reported_utc"] = utc_times(rows["reported"])
    table["shift_date"], table["shift"] = calendar.assign_span(table["occurred_from_utc"], table["occurred_to_utc"])
    return table, stored, found
