"""The moments of a file of events: which columns tell them, what their clocks mean, judged by all rows of the file."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Container, Iterable, Iterator, Mapping, Optional

import numpy as np
import pandas as pd

from ...errors import ConnectError, some
from ...forecast.instants import NAT, nanoseconds
from . import clock_evidence, clock_texts, date_ranges, source_times, time_columns, time_texts, unknown_times
from .clock_evidence import LOCAL, UTC
from .clock_texts import ColumnClocks
from .column_names import names_utc
from .source_times import TimeReading

if TYPE_CHECKING:
    from ...forecast.arrays import Bools, Ints
    from .date_order import AmbiguousDates
    from .import_frames import FileRows
    from .placed_chunks import ChunkDigest
    from .time_texts import ParsedClocks, ParsedTimes

_FIRST, _LAST = "occurred_from", "occurred_to"
ROLES = ("reported", "occurred_from", "occurred_to", "occurred")
PARTS_OF_MOMENTS = ("_time", "_half", *(f"_{part}" for part in time_columns.PARTS))
"""What follows a role's name in those of the columns beside its own."""
_TIMES_TOLD = 4
_NOTHING = nanoseconds(["1753-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "1970-01-01"])
"""Midnights of the days from which databases and spreadsheets count."""


@dataclass
class TimeEvidence:
    """Counts of rows of a part of a file, which add up: dates known and before 1990 by role, those of
    ``time_columns.evidence`` and of ``clock_texts.counts_of`` by role, and of ``clock_evidence.fit_of_labels``."""

    dates: dict[str, Ints] = field(default_factory=dict)
    own_times: dict[str, Ints] = field(default_factory=dict)
    numbers: dict[str, Ints] = field(default_factory=dict)
    labels: Ints = field(default_factory=lambda: np.zeros(3, dtype=np.int64))

    @classmethod
    def total(cls, parts: list[TimeEvidence]) -> TimeEvidence:
        """That of all parts of a file."""
        def added(name: str) -> dict[str, Ints]:
            return {role: np.sum([getattr(part, name)[role] for part in parts], axis=0)
                    for role in getattr(parts[0], name)}

        return cls(added("dates"), added("own_times"), added("numbers"),
                   np.sum([part.labels for part in parts], axis=0))


@dataclass
class _Verdict:
    """What the clocks of a role are, in how many rows that was compared, in how many it fits, and which column told."""

    says: str
    rows: int
    fit: int
    beside: str


class FileMoments:
    """Roles of moments in a file, with their columns.

    Parameters
    ----------
    mapping : dict
        Role -> column.
    zone : str
        Of clocks without an offset.
    zone_named : bool
        Whether the user named it.
    sensed : bool
        Whether a sensor took the times.
    ranged : bool
        Whether cells of ``occurred`` may hold two moments, which then are the earliest and the latest.

    Attributes
    ----------
    holds_ranges : bool
        Whether some cell of a chunk parsed holds two moments, while ``ranged`` was not said.
    """

    def __init__(self, mapping: Mapping[str, str], zone: str, zone_named: bool, sensed: bool,
                 ranged: bool = False) -> None:
        self._mapping, self._zone, self._zone_named, self._sensed = mapping, zone, zone_named, sensed
        self.holds_ranges, self._ranged = False, ranged
        if ranged:
            mapping = {**mapping, _FIRST: mapping["occurred"], _LAST: mapping["occurred"]}
        self.columns = {role: columns for role in ROLES
                        if (columns := time_columns.MomentColumns(role, mapping)).known}
        self._clocks = {role: ColumnClocks() for role in ROLES}
        self.known_reports = self.known_occurrences = 0

    def forget(self, role: str) -> None:
        """Leave a role out, whose values are none of an event."""
        self.columns.pop(role, None)

    def name(self, role: str) -> str:
        """The column of a role, for messages."""
        return self.columns[role].name if role in self.columns else self._mapping.get(role, "")

    # Chunk by chunk

    def parse(self, chunk: FileRows, dates: AmbiguousDates) -> tuple[dict[str, ParsedTimes], dict[str, ParsedClocks]]:
        """(role -> its dates, role -> the times of day beside them); ``dates`` takes in those of unclear order."""
        moments, clocks = {}, {}
        ends = self._ends(chunk) if self._ranged else {}
        for role, columns in self.columns.items():
            texts, beside = ends.get(role, columns.dates(chunk)), columns.clocks(chunk)
            moments[role] = time_texts.parse(texts, clocks=self._clocks[role])
            dates.add(columns.name, texts, moments[role])
            if beside is not None:
                clocks[role] = beside
            self._look_for_ranges(role, texts, moments[role])
        return moments, clocks

    def _ends(self, chunk: FileRows) -> dict[str, pd.Series]:
        """role -> texts of its moments, of a chunk whose cells may hold two."""
        texts, reports = self.columns["occurred"].dates(chunk), None
        if "reported" in self.columns:
            reports = time_texts.parse(self.columns["reported"].dates(chunk)).clock
        beside = self._mapping.get("occurred_time")
        first, last = date_ranges.split_ranges(texts, chunk[beside] if beside else None, reports)
        return {"occurred": texts.where(first == "", ""), _FIRST: pd.Series(first, index=chunk.index, dtype=object),
                _LAST: pd.Series(last, index=chunk.index, dtype=object)}

    def _look_for_ranges(self, role: str, texts: pd.Series, parsed: ParsedTimes) -> None:
        """See whether what cannot be read as a moment is two of them."""
        if self._sensed or self._ranged or self.holds_ranges or role not in ("occurred", _FIRST) or (
                _LAST in self.columns or {"occurred", _FIRST} <= set(self.columns)):
            return
        unread = parsed.written & (parsed.clock == NAT)
        self.holds_ranges = bool(unread.any()) and date_ranges.hold_ranges(texts[unread])

    def evidence(self, moments: dict[str, ParsedTimes], clocks: dict[str, ParsedClocks],
                 labels: Optional[pd.Categorical]) -> TimeEvidence:
        """What a chunk tells; ``labels`` are those of its shifts."""
        found = TimeEvidence({role: _known_and_old(parsed) for role, parsed in moments.items()},
                             {role: time_columns.evidence(parsed, self._zone) if role in clocks else np.zeros(3, int)
                              for role, parsed in moments.items()},
                             {role: clock_texts.counts_of(beside.numbers) for role, beside in clocks.items()})
        if moments and labels is not None:
            found.labels = clock_evidence.fit_of_labels(next(iter(moments.values())), labels, self._zone)
        return found

    # The file as a whole

    def settle(self, evidence: TimeEvidence) -> None:
        """Decide how the columns of each role go together."""
        known = {role: int(evidence.dates[role][0]) for role in self.columns}
        self.known_reports = known.get("reported", 0)
        self.known_occurrences = max((count for role, count in known.items() if role != "reported"), default=0)
        nothing = np.zeros(clock_texts.COUNTS, dtype=np.int64)
        for role, columns in self.columns.items():
            columns.settle(evidence.own_times[role], evidence.numbers.get(role, nothing), self._zone)

    def joined(self, digest: ChunkDigest) -> dict[str, ParsedTimes]:
        """role -> its moments in a chunk; after :meth:`settle`."""
        return {role: columns.joined(digest.moments[role], digest.clocks.get(role))
                for role, columns in self.columns.items()}

    def unread_clocks(self, digest: ChunkDigest) -> dict[str, Bools]:
        """role -> rows of a chunk whose date is known, while the time of day written beside it cannot be read."""
        return {role: unread for role, beside in digest.clocks.items()
                if (unread := self.columns[role].unread(digest.moments[role], beside)).any()}

    def read(self, digests: Iterable[ChunkDigest], again: Iterable[ChunkDigest], labels: Ints, order: str,
             warnings: list[str]) -> dict[str, TimeReading]:
        """role -> Reading of its moments.

        Parameters
        ----------
        digests, again : iterables of ChunkDigest
            All chunks of the file, twice.
        labels : array
            Of the :class:`TimeEvidence` of the whole file.
        order : str
            Of the dates.
        warnings : list of str
            Gets what was decided against the way in which the file writes its times.
        """
        readings = self._zones(self._told_beside(digests, order), labels, order, warnings)
        counts: dict[str, list[Ints]] = {role: [] for role in readings}
        dated = set()
        for digest in again:
            for role, parsed in self.joined(digest).items():
                counts[role].append(source_times.survey(parsed, readings[role]))
                if ((parsed.covers == time_texts.DATE) & (parsed.clock != NAT)).any():
                    dated.add(role)
        settled = {role: self._settled(role, reading, np.sum(counts[role], axis=0), warnings)
                   for role, reading in readings.items()}
        self._tell_days_of_two_clocks(settled, dated, warnings)
        return settled

    def _tell_days_of_two_clocks(self, readings: Mapping[str, TimeReading], dated: Container[str],
                                 warnings: list[str]) -> None:
        """Say which dates cover their day both here and in UTC; ``dated`` are the roles with days without a time."""
        names = [self.name(role) for role, reading in readings.items() if role != "reported" and not self._sensed
                 and not reading.certain and (reading.midnights or role in dated)]
        if names:
            columns = some([name[:40] for name in dict.fromkeys(names)])
            warnings.append(f"Dates without a time in {columns} may have been cut from a clock in UTC, so each covers "
                            f"its day both here and in UTC. If they are days of {self._zone}, set SOURCE_TIMEZONE to "
                            f"{self._zone}.")

    def _zones(self, told: dict[str, _Verdict], labels: Ints, order: str,
               warnings: list[str]) -> dict[str, TimeReading]:
        """role -> Reading with the zone of its clocks: as the user says, else as what stands beside them shows."""
        if not told and clock_evidence.verdict(labels, clock_evidence.LABELLED) == LOCAL:
            told = {next(iter(self.columns)): _Verdict(LOCAL, int(labels[0]), int(labels[1]),
                                                       self._mapping["shift_label"])}
        zulu_is_local = any(one.says == LOCAL for one in told.values())
        readings = {}
        for role, columns in self.columns.items():
            by_name = names_utc(columns.name)
            if not by_name and not columns.is_whole and names_utc(columns.beside_name):
                by_name = True
                warnings.append(f"Column {columns.beside_name} says that it is in UTC; so was the date beside it "
                                f"({columns.name}) taken to be.")
            in_utc = by_name or (role in told and told[role].says == UTC and not self._zone_named)
            readings[role] = TimeReading(
                "UTC" if in_utc else self._zone, in_utc or self._zone_named, zulu_is_local and not by_name, order,
                self._zone_named and not by_name, self._sensed or role == "reported")
        warnings.extend(sentence for role, one in told.items() if (sentence := self._in_words(role, one)))
        return readings

    def _told_beside(self, digests: Iterable[ChunkDigest], order: str) -> dict[str, _Verdict]:
        """role -> what its clocks are, where a time, an hour or a weekday beside them clearly says otherwise than they
        are written."""
        found: dict[tuple[str, str], Ints] = {}
        zulu: dict[str, bool] = {}
        weekdays = next((role for role in reversed(self.columns) if role != "occurred_to"), "")
        for digest in digests:
            for role, columns in self.columns.items():
                for beside, fits, some_zulu in self._fits(digest, role, columns, order, role == weekdays):
                    found[role, beside] = found.get((role, beside), 0) + fits
                    zulu[role] = zulu.get(role, False) or some_zulu
        told: dict[str, _Verdict] = {}
        for (role, beside), counts in found.items():
            says = clock_evidence.verdict(counts)
            if says == (LOCAL if zulu[role] else UTC) and role not in told:
                told[role] = _Verdict(says, int(counts[0]), int(counts[1 if says == LOCAL else 2]), beside)
        return told

    def _fits(self, digest: ChunkDigest, role: str, columns: time_columns.MomentColumns, order: str,
              with_weekday: bool) -> Iterator[tuple[str, Ints, bool]]:
        parsed = digest.moments[role]
        clock, rows = time_texts.in_order(parsed, order), clock_evidence.can_tell(parsed)
        rows &= clock != NAT
        some_zulu = bool(parsed.zulu[rows].any())
        if role in digest.clocks and columns.is_whole:
            beside = columns.beside(digest.clocks[role])
            yield columns.beside_name, clock_evidence.fit_of_clocks(clock, rows, beside, self._zone), some_zulu
        if "weekday" in digest.words and with_weekday:
            yield self._mapping["weekday"], clock_evidence.fit_of_weekdays(
                clock, rows, digest.words["weekday"], self._zone), some_zulu

    def _in_words(self, role: str, told: _Verdict) -> str:
        """Say what was decided against the way in which clocks are written; "" where the user had decided before."""
        share = f"in {told.fit / told.rows:.0%} of {told.rows:,} rows that fits column {told.beside}"
        name = self.name(role)
        if told.says == UTC:
            return (f"The times in {name} name no zone, but were read as UTC: {share}. "
                    "If they are local, name their zone in SOURCE_TIMEZONE.") if not self._zone_named else ""
        return "" if self._zone_named else (
            f"The times in {name} end in Z or +00, which means UTC, but were read as local time "
            f"({self._zone}): {share}. If they are UTC, set SOURCE_TIMEZONE to UTC.")

    def _settled(self, role: str, reading: TimeReading, counts: Ints, warnings: list[str]) -> TimeReading:
        if source_times.lack_halves(counts):
            column = self.columns[role].beside_name or self.name(role)
            raise ConnectError(f"All {counts[1]:,} times in column {column[:60]} lie between 1:00 and 12:59: AM and "
                               "PM are missing, and half of them would come in twelve hours early. Export them with AM "
                               "and PM or in 24 hours, or leave a column of times out in MAPPING.")
        settled = source_times.settle(reading, counts)
        if settled.midnights == source_times.IN_UTC:
            warnings.append(f"The times in column {self.name(role)} are midnights of {reading.zone} written in UTC: "
                            "only their dates count.")
        often = sorted(settled.unknown, key=lambda second: -counts[source_times.FIRST_SECOND + second])
        if often:
            words = ", ".join(f"{unknown_times.in_words(second)} ({counts[source_times.FIRST_SECOND + second]:,} rows)"
                              for second in often[:_TIMES_TOLD])
            warnings.append(f"Far too often to be true, column {self.name(role)} holds {words}"
                            f"{' and others' if len(often) > _TIMES_TOLD else ''}: taken for a time that is not known, "
                            "so that only the date counts.")
        return settled


def _known_and_old(parsed: ParsedTimes) -> Ints:
    """How many dates are known, and how many of them lie before 1990; the first days of calendars, which databases put
    where nothing is known, are none."""
    known = (parsed.clock != NAT) & ~np.isin(parsed.clock, _NOTHING)
    return np.array([known.sum(), (known & (parsed.clock < source_times.OLDEST_EVENT)).sum()])
