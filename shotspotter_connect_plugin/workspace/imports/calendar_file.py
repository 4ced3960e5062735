"""One file of holidays, school days, events or weather: its rows as rows of the calendar, one per date and name."""
from __future__ import annotations

from typing import TYPE_CHECKING, Sequence, Union

import numpy as np
import pandas as pd

from ...errors import ConnectError
from ...forecast.instants import DAY, NAT
from . import coordinate_systems, coordinates, privacy, source_times, time_texts
from .column_names import plain
from .position_texts import read_positions
from .rejected_rows import RejectedRows
from .row_source import FAULT, FAULTS, POSITION_COLUMNS, NoRows
from .value_words import day_kind, in_session
from .weather_measures import WEATHER

if TYPE_CHECKING:
    from ...forecast.arrays import Bools, Floats, Ints, Objects
    from ..store.workspace import Workspace
    from .import_frames import CalendarRows, FileRows, WeatherValues
    from .row_source import RowSource

CALENDAR_KINDS = {"holidays": "holiday", "school": "school", "events": "event", "weather": "weather"}
"""What MAPPING may say a file holds, and the kind of its rows."""
FORECAST = "weather_forecast"
UNKNOWN_KIND = "a kind that is none of holiday, school, event and weather"
UNREADABLE, NO_DATE, BACKWARDS = "a date or time that cannot be read", "no date", "an end before the start"
TOO_LONG = "a span of more than two years"
NO_NUMBER, NO_VALUE = "a value that is not a number", "no value"
NO_WEEKDAY = "a span of school without a weekday"
_LONGEST_SPAN = 731
_WARMEST = 60.0
_MISSING = frozenset(("", "m", "na", "n/a", "nan", "none", "null", "-", "--", "-9999", "-9999.0", "9999", "9999.9"))
_TRACE = "t"
LINE_COLUMN = "(line)"
_BY_NAME = {name: measure for measure in WEATHER.values() for name in [*measure.words.split(), plain(measure.name)]}
_DAY_KEY = ["day", "kind", "name"]


class CalendarFile:
    """A file's rows on their way into the calendar."""

    def __init__(self, workspace: Workspace, source: RowSource, rows: FileRows, found: dict[str, str],
                 warnings: list[str], order: str) -> None:
        self.workspace, self.source, self.found, self.warnings = workspace, source, found, warnings
        self.zone, self._order = workspace.settings.timezone, order
        self.lines = rows.index.to_numpy()
        self._rows = rows.reset_index(drop=True)
        self._texts = {role: self._rows[column].str.strip() for role, column in found.items()}
        self._forget_persons()
        self.kept = np.ones(len(rows), dtype=bool)
        self.rejects = RejectedRows()
        blank = np.logical_and.reduce([(values == "").to_numpy() for values in self._texts.values()]
                                      + [(rows[FAULT] == 0).to_numpy()])
        if source.kind != "layer" and blank.any():
            # Blank lines at the end of a text file are no rows.
            self.kept[np.flatnonzero(~blank).max(initial=-1) + 1:] = False
        self.read = int(self.kept.sum())
        if not self.read:
            raise NoRows(f"{source.name} has no rows.")
        for number in range(1, len(FAULTS)):
            self._reject((rows[FAULT] == number).to_numpy(), FAULTS[number])
        self._reject(blank, "an empty row")
        self._begin, self._end, self._instants = self._spans()

    def _forget_persons(self) -> None:
        if "name" not in self._texts:
            return
        what = privacy.values_about_persons(self._texts["name"].unique())
        if what:
            self.warnings.append(f"The values of column {self.found.pop('name')} look like {what} and were dropped.")
            del self._texts["name"]
            return
        codes, unique = pd.factorize(self._texts["name"])
        harmless, hidden = privacy.without_contacts([" ".join(text.split()) for text in unique])
        self._texts["name"] = pd.Series(harmless[codes], dtype=object)
        if hidden:
            self.warnings.append(f"{hidden:,} values of column {self.found['name']} look like contacts of persons and "
                                 "were dropped.")

    def _reject(self, rows: Union[Bools, pd.Series], reason: str, role: str = "") -> None:
        rows = np.asarray(rows, dtype=bool) & self.kept
        self.rejects.add(self.lines[rows], self.found.get(role, ""), reason)
        self.kept &= ~rows

    def _text(self, role: str) -> pd.Series:
        return self._texts.get(role, pd.Series("", index=self._rows.index))

    # What it holds

    def kinds(self, holds: str) -> Objects:
        """Kind of each row."""
        size = len(self._rows)
        if holds:
            return np.full(size, holds, dtype=object)
        if "kind" in self.found:
            kind = self._text("kind").map({text: day_kind(text) for text in self._text("kind").unique()})
            if kind.notna().any():
                self._reject(kind.isna(), UNKNOWN_KIND, "kind")
                return kind.to_numpy(object)
        if set(WEATHER) & set(self.found):
            return np.full(size, "weather", dtype=object)
        found = day_kind(" ".join(self.source.columns)) or day_kind(self.source.name)
        if found is None:
            raise ConnectError(f"Say in MAPPING what {self.source.name} holds: {', '.join(CALENDAR_KINDS)}.")
        return np.full(size, found, dtype=object)

    # When

    def _spans(self) -> tuple[Ints, Ints, dict[str, Ints]]:
        """First and last day (number since 1970) and instants of each row; rows without a date are rejected."""
        start, end = ("from", "from_time"), ("to", "to_time")
        if "from" not in self.found:
            start = ("date", "time" if "time" in self.found else "from_time")
        first, begin, _ = self._moments(*start)
        if start[0] == "from" and "date" in self.found:
            # Times of day in the columns of start and end belong to the column of the date.
            alone, hour, _ = self._moments("date", "from")
            first, begin = np.where(first == NAT, alone, first), np.where(
                first == NAT, hour, begin)
        last, finish, midnight = self._moments(*end)
        if "to_time" in self.found and "to" not in self.found:
            last, finish, midnight = self._moments(start[0], "to_time")
        given = np.logical_or.reduce([(self._text(role) != "").to_numpy() for role in ("date", "from")])
        self._reject((first == NAT) & given, UNREADABLE, start[0])
        self._reject(first == NAT, NO_DATE, start[0])
        self._reject((last == NAT) & (self._text("to") != "").to_numpy(), UNREADABLE, "to")
        overnight = (finish != NAT) & (begin != NAT) & (finish < begin) & (last == first)
        last, finish = np.where(overnight, last + 1, last), np.where(overnight, finish + DAY, finish)
        last = np.where(midnight & (last > first), last - 1, last)  # what ends at midnight does not touch the day
        last = np.where(last == NAT, first, last)
        self._reject(last < first, BACKWARDS, "to")
        self._reject(last - first > _LONGEST_SPAN, TOO_LONG, "to")
        return first, last, {"from_utc": begin, "to_utc": finish}

    def _moments(self, role: str, time_role: str) -> tuple[Ints, Ints, Bools]:
        """(local day, instant, whether at local midnight) of each row; NAT where there is none."""
        size = len(self._rows)
        if role not in self.found:
            return np.full(size, NAT), np.full(size, NAT), np.zeros(size, dtype=bool)
        text = self._text(role)
        parsed = time_texts.parse(text, self._text(time_role) if time_role in self.found else None)
        if time_role in self.found:
            whole = time_texts.parse(text)  # a row without an extra time may carry it in the date
            alone = (self._text(time_role) == "").to_numpy()
            for name in ("clock", "timed", "offset", "covers"):
                setattr(parsed, name, np.where(alone, getattr(whole, name), getattr(parsed, name)))
        clock = time_texts.days_in_order(parsed, self._order)
        known = clock != NAT
        instant, wall = np.full(size, NAT), clock.copy()
        clocks, moments = known & parsed.timed & ~parsed.offset, known & parsed.timed & parsed.offset
        instant[clocks] = source_times.to_utc(clock[clocks], self.zone, True)
        instant[moments], wall[moments] = clock[moments], source_times.to_local(clock[moments], self.zone)
        day = np.where(known, wall // DAY, NAT)
        return day, instant, known & parsed.timed & (wall % DAY == 0)

    # Rows of the table

    def days(self, kind: Objects) -> CalendarRows:
        """Rows of holidays, school days and events: one per date."""
        self._reject((kind == "event") & ~self._placed(kind == "event"), coordinates.OUTSIDE_JURISDICTION)
        event = kind == "event"
        people = self._numbers("value", event)
        session = np.array([in_session(value, name) for value, name in zip(self._text("value"), self._text("name"))])
        value = np.where(kind == "school", session, np.where(event, people, np.nan))
        name = self._text("name").to_numpy(object)
        plain_names = {"holiday": "holiday", "event": "event"}
        usual = [plain_names.get(what, "school" if held else "no school") for what, held in zip(kind, session)]
        frame = pd.DataFrame({
            LINE_COLUMN: np.arange(len(kind)), "kind": kind, "name": np.where(name == "", usual, name), "value": value,
            "x": np.where(event, self._x, np.nan), "y": np.where(event, self._y, np.nan),
            **{column: np.where(event, values, NAT) for column, values in self._instants.items()},
            "known_utc": self._moments("issued", "")[1]})
        frame = frame[self.kept & (kind != "weather")]
        length = (self._end - self._begin + 1)[frame[LINE_COLUMN]]
        day = np.repeat(self._begin[frame[LINE_COLUMN]], length) + np.arange(length.sum()) - np.repeat(
            np.cumsum(length) - length, length)
        frame = frame.loc[frame.index.repeat(length)].assign(day=day)
        # A period of school goes on over its weekends, on which no school is held.
        weekday = (frame["day"] + 3) % 7 < 5
        frame = frame[weekday | (frame["kind"] != "school") | (frame["value"] == 0) | (np.repeat(length, length) == 1)]
        self._reject(self.kept & (kind == "school") & ~np.isin(np.arange(len(kind)), frame[LINE_COLUMN]), NO_WEEKDAY)
        return _numbered(frame)

    def _placed(self, rows: Bools) -> Bools:
        """Put x and y of events in place; tells which rows are in the jurisdiction or have no place of their own."""
        pair = next(((self.found[x], self.found[y]) for x, y in (("longitude", "latitude"), ("x", "y"))
                     if {x, y} <= set(self.found)), POSITION_COLUMNS if self.source.has_geometry else None)
        size = len(self._rows)
        self._x, self._y = np.full((2, size), np.nan)
        if pair is None or not rows.any():
            return np.ones(size, dtype=bool)
        positions = read_positions(self._rows, pair)
        given = np.logical_or.reduce([(self._rows[column].astype(str).str.strip() != "").to_numpy() for column in pair])
        if pair == POSITION_COLUMNS:
            given = np.isfinite(positions.x)
        area = coordinates.JurisdictionArea(self.workspace)
        sample = coordinate_systems.sample_positions(positions.taken(np.flatnonzero(rows)))
        system = coordinate_systems.choose_system(area, {pair: sample}, layer_crs=self.source.crs)
        self._x, self._y, reason = coordinates.place_points(area, system, positions, given)
        for why in set(coordinates.REASONS) - {coordinates.NO_PLACE, coordinates.OUTSIDE_JURISDICTION}:
            self._reject(rows & (reason == why), why)
        return reason != coordinates.OUTSIDE_JURISDICTION

    def _numbers(self, role: str, rows: Bools) -> Floats:
        """Numbers of a column for some rows; those that are none are rejected."""
        text = self._text(role).str.casefold()
        missing = text.isin(_MISSING).to_numpy()
        value = coordinates.numbers(text.where(~missing, ""))
        self._reject(rows & ~missing & np.isnan(value), NO_NUMBER, role)
        return value

    def weather(self, kind: Objects) -> CalendarRows:
        """Rows of weather: one per date and measure."""
        rows = kind == "weather"
        parts = []
        for role in [role for role in WEATHER if role in self.found]:
            parts.append(self._measure(role, rows))
        if not parts and rows.any():
            parts.append(self._named_measures(rows))
        line = np.concatenate([part[LINE_COLUMN] for part in parts]) if parts else np.zeros(0, dtype=np.int64)
        self._reject(rows & ~np.isin(np.arange(len(kind)), line), NO_VALUE)
        if not rows.any():
            return pd.DataFrame()
        frame = pd.concat(parts, ignore_index=True)
        frame = frame[self.kept[frame[LINE_COLUMN]]]
        frame["day"] = self._begin[frame[LINE_COLUMN]]
        known = self._moments("issued", "")[1][frame[LINE_COLUMN]]
        after = source_times.to_utc((frame["day"].to_numpy() + 1) * DAY, self.zone, True)
        frame["kind"] = np.where(known == NAT, "weather", FORECAST)
        frame["known_utc"] = np.where(known == NAT, after, known)
        return _summed(self._chosen(frame)).assign(
            x=np.nan, y=np.nan, from_utc=NAT, to_utc=NAT)

    def _measure(self, role: str, rows: Bools) -> WeatherValues:
        """Values of one column of weather."""
        measure, column = WEATHER[role], self.found[role]
        text = self._text(role).str.casefold()
        if measure.summed:
            self._texts[role] = text.where(text != _TRACE, "0")
        value = self._numbers(role, rows)
        factor, offset = measure.conversion(column)
        with np.errstate(invalid="ignore"):
            hot = measure.name.endswith("_c") and (factor, offset) == (1.0, 0.0) and (value[rows] > _WARMEST).any()
        if hot:
            factor, offset = measure.units["f"]
            self.warnings.append(f"Column {column} holds values above {_WARMEST:.0f}, so it was read as degrees "
                                 "Fahrenheit.")
        elif measure.units and not any(plain(column).endswith(unit) for unit in measure.units):
            self.warnings.append(f"Column {column} names no unit; its values were taken for {measure.name}.")
        line = np.flatnonzero(rows & ~np.isnan(value))
        return pd.DataFrame({LINE_COLUMN: line, "name": measure.name, "value": value[line] * factor + offset,
                             "summed": measure.summed})

    def _named_measures(self, rows: Bools) -> WeatherValues:
        """Values of a file that has one row per measure."""
        value = self._numbers("value", rows)
        line = np.flatnonzero(rows & ~np.isnan(value))
        names = self._text("name")[line].map(plain).tolist()
        measures = [_BY_NAME.get(name) for name in names]
        change = np.array([measure.conversion(name) if measure else (1.0, 0.0)
                           for measure, name in zip(measures, names)]).reshape(-1, 2)
        return pd.DataFrame({
            LINE_COLUMN: line, "value": value[line] * change[:, 0] + change[:, 1],
            "name": [measure.name if measure else name or "value" for measure, name in zip(measures, names)],
            "summed": [bool(measure and measure.summed) for measure in measures]})

    def _chosen(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Mark which rows make a date's value: of several forecasts the last before its plan, else the first after."""
        plan = frame["day"].map({day: self.workspace.calendar.as_of(
            dates_of_days([day])[0], self.workspace.settings.plan_hour).value for day in frame["day"].unique()})
        late = frame["known_utc"] > plan
        order = frame.assign(late=late, away=(frame["known_utc"] - plan).abs()).sort_values(["late", "away"])
        best = order.groupby(_DAY_KEY)["known_utc"].transform("first").reindex(frame.index)
        return frame.assign(used=(frame["kind"] != FORECAST) | (frame["known_utc"] == best))


def _summed(frame: pd.DataFrame) -> CalendarRows:
    """One value per date and measure: a sum or a mean over the hours and stations; every row keeps its line."""
    whole = frame[frame["used"]].groupby(_DAY_KEY).agg(
        total=("value", "sum"), mean=("value", "mean"), summed=("summed", "first"), known_utc=("known_utc", "max"))
    whole["value"] = np.where(whole["summed"], whole["total"], whole["mean"]).round(6)
    return frame[[LINE_COLUMN, *_DAY_KEY]].merge(whole[["value", "known_utc"]].reset_index(), on=_DAY_KEY)


def _numbered(frame: CalendarRows) -> CalendarRows:
    """Different events of one name and date get numbers; what is said twice in the same words is one."""
    frame = frame.sort_values(["kind", "day", "name", "from_utc", "x", "y", "value"], kind="stable")
    school = frame["kind"] == "school"
    # A closed day within a period of school of the same name is closed.
    frame.loc[school, "value"] = frame[school].groupby(_DAY_KEY)["value"].transform("min")
    place = frame[_DAY_KEY + ["from_utc", "to_utc", "x", "y"]].fillna(0.0)
    first = ~place.duplicated()
    turn = first.groupby([frame[name] for name in _DAY_KEY]).cumsum()
    many = (turn > 1) & (frame["kind"] == "event")
    frame.loc[many, "name"] = frame.loc[many, "name"] + " (" + turn[many].astype(str) + ")"
    return frame


def dates_of_days(days: Union[Sequence[int], pd.Series]) -> Objects:
    return np.datetime_as_string(np.asarray(days, dtype="datetime64[D]")).astype(object)
