"""One file of GPS fixes: what its columns mean, decided by its first chunk, and its chunks as fixes."""
from __future__ import annotations

import itertools
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Iterator, Mapping, Optional, Union

import numpy as np
import pandas as pd

from ...errors import ConnectError
from ...forecast.instants import DAY, HOUR, MILLISECOND, NAT, utc_times
from ...forecast.shifts import check_timezone
from ...progress import SILENT
from . import clock_texts, coordinates, crews, privacy, source_times, time_texts, utc_offsets
from .cell_texts import plain_code
from .clock_texts import ColumnClocks
from .column_meanings import check_needed, find_columns, find_points, leave_labels, pairs_of
from .column_names import names_utc, plain
from .column_recognition import of_server
from .coordinate_systems import choose_system, sample_positions
from .coordinates import numbers
from .counted_dates import are_day_numbers, are_seconds
from .date_order import check_order, with_date_order
from .dates_in_names import DateMissing, date_in_name
from .gps_formats import guess_columns, open_gps
from .gps_units import UnitsTogether, are_several, ask_which_column
from .logins import LOGIN, is_login, logins_among, refuse_logins
from .numbered_lines import PROBLEM
from .position_texts import read_positions
from .raw_messages import refuse_raw_messages
from .readers import read_rows
from .row_source import FAULTS, POSITION_COLUMNS, NoRows, faults
from .source_questions import recall
from .synonyms import COLUMN_ROLES
from .time_columns import has_own_times
from .value_words import says_no_fix

if TYPE_CHECKING:
    from pathlib import Path

    from ...forecast.arrays import Bools, Floats, Ints, Objects
    from ...progress import Progress
    from ..store.rows import GpsFixes
    from ..store.workspace import Workspace
    from .coordinates import JurisdictionArea
    from .import_frames import FileRows
    from .source_questions import SourceOptions
    from .time_texts import ParsedTimes

TABLE, KEY = "gps_fixes", ["unit", "at_utc", "x", "y"]
_ROLES = {"unit", "at", "at_time", "accuracy", "hdop", "valid", utc_offsets.ROLE}
NO_TIME, NO_TIME_OF_DAY = "no time", "no time of day"
BEFORE_GPS = "a time before GPS existed: the device's clock was not set"
IN_FUTURE = "a time in the future: the device's clock was wrong"
NO_DATE = "a date or time that cannot be read"
NO_UNIT = "no unit"
NO_FIX = "no position, as the receiver itself says: it repeats an old one"
_FIRST_GPS = pd.Timestamp("1980-01-06", tz="UTC").value
_OFFICERS = frozenset(COLUMN_ROLES["roster"]["officer"])
_SLICE = 50_000
_MOSTLY = 0.9
"""Share of texts that are times of day in a column of times without a date."""
_METRES_PER_HDOP = 5.0
"""Error of a position in metres per unit of HDOP: what receivers' makers assume for civil GPS."""


class GpsFile:
    """What one file's columns mean, and its chunks as fixes; parameters as of :func:`.gps_import.import_gps`.

    ``shown`` is the order of dates that other files have shown: fingerprint of their columns -> order.

    Raises
    ------
    ConnectError
        When it cannot be read, a column that is needed is missing, or units look like persons.
    """

    def __init__(self, workspace: Workspace, path: Union[str, Path], options: SourceOptions, area: JurisdictionArea,
                 progress: Progress, shown: Optional[Mapping[str, str]] = None) -> None:
        self.source = open_gps(path)
        self.warnings: list[str] = []
        self.answers = recall(workspace, TABLE, self.source.columns, options, self.warnings)
        self._area = area
        self._future = pd.Timestamp.now(tz="UTC").value + DAY
        self._begin(self.answers.mapping, progress)
        self._places = pairs_of(self.source, self.mapping)[0]
        layer_crs = self.source.crs if self.source.has_geometry else ""
        self._system = choose_system(area, {self._places: sample_positions(read_positions(self._head, self._places))},
                                     self.answers.source_crs, layer_crs)
        self.crs = self._system.crs
        self.warnings.extend(self._system.told())
        by_form = "UTC" if self.source.kind in ("nmea", "track") or self.source.layer == "track_points" else ""
        named = check_timezone(self.answers.source_timezone or by_form or workspace.settings.timezone)
        self._split = self._is_split()
        self._clocks = self._column_clocks()
        self._day = self._day_of_name()
        in_utc = any(names_utc(self.mapping[role]) for role in self._time_roles)
        self.zone = "UTC" if in_utc else named
        self._zone_wins = bool(self.answers.source_timezone) and self.zone == named and not by_form
        self._zone_told = bool(self.answers.source_timezone) or self.zone == "UTC"
        self._check_units()
        self._said, self._shown = options.date_order, dict(shown or {})
        self.answers = replace(self.answers, date_order=check_order(options.date_order) or self.answers.date_order)
        self._settled = self.source.kind == "nmea"
        self._settle(time_texts.parse(self._head[self.mapping["at"]]), self._head)
        if not by_form and not in_utc:
            self._check_zone()
        if "unit" not in self.mapping and "unit" not in self.answers.mapping:
            self._ask_if_far_apart()
        self._comings: dict[str, tuple[int, bool]] = {}
        self._newest_first: Optional[bool] = None

    def _begin(self, mapping: dict[str, Optional[str]], progress: Progress) -> None:
        """Open the file and find its columns; without a header they are known by the first rows only."""
        bare = self.source.kind == "bare"
        if not bare:
            self.mapping = self._recognise(mapping, None)
        columns = self.source.columns if bare else list(dict.fromkeys(self.mapping.values()))
        self._rest = self.source.chunks(columns, progress)
        self._head: FileRows = next(self._rest, pd.DataFrame())
        if self._head.empty:
            raise NoRows(f"{self.source.name} has no rows.")
        if bare:
            self.mapping = self._recognise(mapping, self._head)

    def is_near(self) -> bool:
        """Whether any of the first positions lies in the jurisdiction."""
        x, y, _ = self._placed(self._head)
        return bool(self._area.near(x, y).any())

    def chunks(self) -> Iterator[FileRows]:
        """The rows of the file, once, few enough at a time to stop within a second."""
        head, self._head = self._head, pd.DataFrame()
        for chunk in itertools.chain([head], self._rest):
            for start in range(0, len(chunk), _SLICE):
                yield chunk.iloc[start:start + _SLICE]

    # Columns

    def _recognise(self, mapping: dict[str, Optional[str]], head: Optional[FileRows]) -> dict[str, str]:
        found = find_columns(self.source.columns, TABLE, mapping, self.warnings)
        if head is not None:
            found = self._guess(found, head)
        leave_labels(self.source, found, mapping, SILENT, head)
        find_points(self.source, TABLE, found, mapping, SILENT, head)
        if not pairs_of(self.source, found) and self.source.kind in ("text", "bare"):
            refuse_raw_messages(self.source.path)
        check_needed(self.source, TABLE, found)
        if of_server(found["at"]):
            self.warnings.append(f"Column {found['at']} tells when a server got the fixes, later than they were made. "
                                 'If another tells that, name it in MAPPING, as in {"at": "column"}.')
        place = pairs_of(self.source, found)[0]
        return {role: column for role, column in found.items() if role in _ROLES or column in place}

    def _guess(self, named: dict[str, str], head: FileRows) -> dict[str, str]:
        """Columns of a file without a header."""
        found = {role: column for role, column in guess_columns(head).items() if column not in named.values()}
        return {**found, **named}

    @property
    def dropped_columns(self) -> list[str]:
        """Columns of the source that were never read."""
        return self.source.unused(self.mapping)

    def _check_units(self) -> None:
        """Units must be codes, not persons: a unit that is left out would mix the tracks of all of them."""
        if "unit" not in self.mapping:
            stem = _stem(self.source.name)
            if privacy.values_about_persons([re.sub("[_-]+", " ", stem)]) == "names" or is_login(stem):
                raise ConnectError(f"{self.source.name} is named like a person; rename it to the unit's code.")
            is_track = self.source.kind in ("bare", "nmea", "track") or self.source.layer == "track_points"
            if not is_track and self.answers.mapping.get("unit", "column"):
                ask_which_column(self.source, self.dropped_columns)
            if self.dropped_columns and not is_track:
                self.warnings.append("No column of units was recognised, so each file was taken for one unit named "
                                     "like the file; if a file holds several, name their column in MAPPING, as in "
                                     '{"unit": "column"}.')
            return
        column = self.mapping["unit"]
        units = self._head[column].unique()
        what = privacy.values_about_persons(_badges(units) if self._names_officers() else units)
        if what == "number plates":
            self.warnings.append(f"The units in column {column} look like number plates; if they are, name a column "
                                 "with unit codes in MAPPING.")
        elif what:
            raise ConnectError(f"The units in column {column} look like {what}; name a column with badge numbers or "
                               'unit codes in MAPPING, as in {"unit": "column"}.')
        refuse_logins(crews.codes_of(units, self._names_officers()), self.source.name, column, "unit",
                      bool(self.answers.mapping.get("unit")), self._names_officers())

    def _names_officers(self) -> bool:
        """Whether the column of the unit is one of officers, where names may stand beside badge numbers."""
        return plain(self.mapping["unit"]) in _OFFICERS

    def _first_clocks(self) -> tuple[ParsedTimes, Ints]:
        """The times of the first fixes, and their clocks (ns)."""
        parsed = self._parsed(self._head)
        return parsed, time_texts.in_order(parsed, self.answers.date_order)

    def _check_zone(self) -> None:
        """Raise a question where a column says that the clocks are of another zone, and nobody has named one."""
        for named in [self.mapping[role] for role in self._time_roles if not self.answers.source_timezone]:
            parsed, _ = self._first_clocks()
            said = utc_offsets.named_otherwise(named, self.zone)
            if said and (parsed.timed & ~parsed.offset).any():
                raise utc_offsets.ZoneContradicted(self.source.name, named, said, self.zone)
        if utc_offsets.ROLE in self.mapping and not self.answers.source_timezone:
            column, (parsed, clock) = self.mapping[utc_offsets.ROLE], self._first_clocks()
            said = utc_offsets.contradicted(self._head[column], clock, parsed.timed & ~parsed.offset, self.zone)
            if said:
                raise utc_offsets.ZoneContradicted(self.source.name, column, said, self.zone)

    def _ask_if_far_apart(self) -> None:
        """Raise a question where the first fixes cannot be of one car."""
        parsed, at = self._first_clocks()
        x, y, misplaced = self._placed(self._head)
        known = (at != NAT) & parsed.timed & (misplaced == np.array(None))
        if are_several(at[known], x[known], y[known]):
            raise UnitsTogether(self.source.name, self.dropped_columns)

    # Times

    @property
    def _time_roles(self) -> list[str]:
        return [role for role in ("at", "at_time") if role in self.mapping]

    def _is_split(self) -> bool:
        """Whether the time of day stands in a column of its own."""
        split = "at_time" in self.mapping and not has_own_times(
            time_texts.parse(self._head[self.mapping["at"]]), "UTC")
        if not split:
            self.mapping.pop("at_time", None)
        return split

    def _column_clocks(self) -> ColumnClocks:
        """The bare numbers among the times of day of the whole file, where its first rows do not show what they are: of
        a fleet, which tells a night minute by minute, those of the first hour have all fewer digits."""
        clocks, column = ColumnClocks(), self.mapping["at_time" if self._split else "at"]

        def add(chunk: FileRows) -> None:
            if self._split:
                clocks.add(time_texts.parse_clocks(chunk[column]).numbers)
            else:
                time_texts.parse(chunk[column], clocks=clocks)
        if self.source.kind in ("nmea", "track"):
            return clocks
        add(self._head)
        if clocks and clocks.form != clock_texts.SECONDS:
            read_rows(self.source, [column], SILENT, add)
        return clocks

    def _parsed(self, chunk: FileRows) -> ParsedTimes:
        """The times of a chunk as written."""
        texts = chunk[self.mapping["at"]]
        if self._day:
            return time_texts.parse(np.full(len(chunk), self._day), texts, self._clocks)
        return time_texts.parse(texts, chunk[self.mapping["at_time"]] if self._split else None, self._clocks)

    def _day_of_name(self) -> str:
        """The date in the file's name where its times have none; "" where they have. Or a question."""
        texts = self._head[self.mapping["at"]]
        beside = time_texts.parse_clocks(texts)
        timed = (beside.clock != NAT) | clock_texts.is_number(beside.numbers)
        if self._split or self.source.kind in ("nmea", "track") or not timed.any() or timed.sum() < _MOSTLY * (
                beside.written.sum()) or (time_texts.parse(texts).clock != NAT).any():
            return ""
        day = date_in_name(self.source.name)
        if not day:
            raise DateMissing(self.source.name, self.mapping["at"])
        self._clocks.add(beside.numbers)
        self.warnings.insert(0, f"The times in column {self.mapping['at']} have no date; that in the file's name was "
                                f"taken: {day}.")
        return day

    def _check_midnight(self, wall: Ints, unit: Objects) -> None:
        """Refuse times that pass midnight, of which only the file's name tells the date."""
        steps = pd.Series(wall).groupby(unit, sort=False).diff().abs()
        if self._day and (steps > DAY // 2).any():
            raise ConnectError(f"The times of {self.source.name} pass midnight, and only the file's name tells a date; "
                               "export them with their dates.")

    def _settle(self, parsed: ParsedTimes, chunk: FileRows) -> None:
        """Find the order of the dates in the whole file as soon as some of its rows have dates that need one, or are
        numbers of days or seconds."""
        texts = chunk[self.mapping["at"]]
        if self._settled or not (parsed.parts.any() or are_day_numbers(texts).any()
                                 or are_seconds(texts, parsed).any()):
            return
        self._settled = True
        before = self.answers.date_order or self._shown.get(self.answers.header, "")
        self.answers = with_date_order(replace(self.answers, date_order=before), self.source, [self.mapping["at"]],
                                       self._said, self.warnings)

    def _instants(self, chunk: FileRows, unit: Objects) -> tuple[Ints, Objects]:
        """int64 nanoseconds UTC and, where there is none, why."""
        parsed = self._parsed(chunk)
        self._settle(parsed, chunk)
        wall = time_texts.in_order(parsed, self.answers.date_order)
        known = (wall != NAT) & parsed.timed
        self._check_midnight(wall[known], unit[known])
        reason = np.full(len(chunk), None, dtype=object)
        reason[~parsed.written] = NO_TIME
        reason[parsed.written & (wall == NAT)] = NO_DATE
        reason[(wall != NAT) & ~parsed.timed] = NO_TIME_OF_DAY
        instant = np.where(known, wall, 0)
        # Receivers keep UTC; what a portal writes with a Z the user may know better.
        in_utc = parsed.offset & ~(parsed.zulu & ~parsed.unix & self._zone_wins)
        local = known & ~in_utc
        if local.any():
            instant[local] = self._from_wall(wall[local], unit[local])
        instant = instant // MILLISECOND * MILLISECOND
        reason[known & (instant < _FIRST_GPS)] = BEFORE_GPS
        reason[known & (instant > self._future)] = IN_FUTURE
        return instant, reason

    def _from_wall(self, wall: Ints, unit: Objects) -> Ints:
        """Instants of wall clocks; in the hour that comes twice, a unit's jump back begins the second coming, or, in a
        file that runs from the newest fix to the oldest, its jump ahead ends it."""
        if not self._zone_told:
            self._zone_told = True
            self.warnings.append(f"Times without an offset were read as local time of {self.zone}; name "
                                 "SOURCE_TIMEZONE if they are not.")
        first, second = source_times.to_utc(wall, self.zone, True), source_times.to_utc(wall, self.zone, False)
        if self._newest_first is None:
            self._newest_first = _runs_back(wall, unit)
        for row in np.flatnonzero(first != second):
            last, again = self._comings.get(unit[row], (wall[row], self._newest_first))
            again = again if abs(wall[row] - last) < 12 * HOUR else self._newest_first
            if self._newest_first:
                again = again and wall[row] < last + HOUR // 2
            else:
                again = again or wall[row] <= last - HOUR // 2
            self._comings[unit[row]] = wall[row], again
            first[row] = second[row] if again else first[row]
        return first

    # Rows

    def fixes(self, chunk: FileRows) -> tuple[GpsFixes, Objects, Objects]:
        """(fixes in the workspace's CRS, reason or None per row, column at fault per row)."""
        unit = self._units(chunk)
        at, reason = self._instants(chunk, unit)
        column = np.full(len(chunk), self.mapping["at"], dtype=object)
        x, y, misplaced = self._placed(chunk)
        reasons = [(unit == "", NO_UNIT, self.mapping.get("unit", ""))]
        if "unit" in self.mapping:
            few = logins_among(pd.unique(unit), self._names_officers()).sure
            reasons.append((np.isin(unit, sorted(few)), LOGIN, self.mapping["unit"]))
        if "valid" in self.mapping:
            reasons.append((_without_fix(chunk[self.mapping["valid"]]), NO_FIX, self.mapping["valid"]))
        reasons += [(misplaced == why, why, " and ".join(self._places)) for why in coordinates.REASONS]
        for rows, why, at_fault in reasons:
            rows = np.asarray(rows) & (reason == np.array(None))
            reason[rows], column[rows] = why, at_fault
        told = chunk[PROBLEM].to_numpy(object) if PROBLEM in chunk else np.full(len(chunk), "", dtype=object)
        fault = faults(chunk)
        told = np.where(fault > 0, np.array(FAULTS, dtype=object)[fault], told)
        reason[told != ""], column[told != ""] = told[told != ""], ""
        return pd.DataFrame({"unit": unit, "at_utc": utc_times(at),
                             "x": x, "y": y, "accuracy": self._accuracy(chunk)}), reason, column

    def _placed(self, chunk: FileRows) -> tuple[Floats, Floats, Objects]:
        """(x, y, reason why not) of the rows of a chunk, in the workspace's CRS."""
        given = np.logical_or.reduce([
            chunk[name].notna() if name in POSITION_COLUMNS else chunk[name].map(str.strip) != ""
            for name in self._places])
        # A fleet may be elsewhere for hours: its places are no slips of a key.
        return coordinates.place_points(self._area, self._system, read_positions(chunk, self._places), given,
                                        powers=False)

    def _units(self, chunk: FileRows) -> Objects:
        if "unit" not in self.mapping:
            return np.full(len(chunk), _stem(self.source.name), dtype=object)
        codes, names = pd.factorize(chunk[self.mapping["unit"]])
        if self._names_officers():
            names = _badges(names)
        return np.array([plain_code(str(name).strip()) for name in names], dtype=object)[codes]

    def _accuracy(self, chunk: FileRows) -> Floats:
        for role, metres in (("accuracy", 1.0), ("hdop", _METRES_PER_HDOP)):
            if role in self.mapping:
                values = numbers(chunk[self.mapping[role]].map(str.strip))
                return np.where(values > 0, values * metres, np.nan)
        return np.full(len(chunk), np.nan)


def _badges(cells: Objects) -> list[str]:
    """The badge number of each cell without the words beside it; a cell that has not just one as it is."""
    lists, wrong, _ = crews.badges_of([pd.Series(cells, dtype=object)])
    return [badges[0] if len(badges) == 1 and not bad else cell for badges, bad, cell in zip(lists, wrong, cells)]


def _without_fix(words: pd.Series) -> Bools:
    """Rows of which a column says that the receiver had no position."""
    codes, unique = pd.factorize(words)
    return np.array([says_no_fix(word) for word in unique], dtype=bool)[codes]


def _runs_back(wall: Ints, unit: Objects) -> bool:
    """Whether most steps from a unit's fix to its next lead back in time, as portals export that list the newest first.
    """
    steps = pd.Series(wall).groupby(unit, sort=False).diff().to_numpy()
    return bool((steps < 0).sum() > (steps > 0).sum())


def _stem(name: str) -> str:
    """A file's name without its endings, as the name of a unit."""
    return re.sub(r"(\.(gz|csv|txt|tsv|gpx|nmea|log|json|geojson|gpkg|shp|xlsx|kml|kmz|zip|jsonl|ndjson|xml))+$", "",
                  name, flags=re.IGNORECASE)
