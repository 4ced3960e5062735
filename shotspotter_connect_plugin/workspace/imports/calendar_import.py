"""Importer of the calendar: holidays, school days, events and weather, one row of the table per date.

A row of a file may tell of several dates (a school break) or of several measures (a day's weather); it counts once: as
added if anything of it is new, else as updated if anything of it changed.
"""
import numpy as np
import pandas as pd

from ... import json_text
from ...errors import ConnectError, some
from ...forecast.event_history import instants
from ...progress import SILENT
from ..store.runs import file_hash
from ..store.workspace import Between
from . import coordinates, privacy, source_times
from .date_order import Dates, settled
from .placed_rows import ImportResult, Rejects, rejects_path
from .readers import FAULTS, GEOMETRY, faults, open_source, read_rows
from .remembered import recall
from .synonyms import WEATHER, day_kind, in_session, plain, recognise


TABLE = "calendar"
KINDS = {"holidays": "holiday", "school": "school", "events": "event", "weather": "weather"}
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
_LINE = "(line)"
_FAULT = "(fault)"
_VALUES = ("value", "from_utc", "to_utc", "x", "y", "known_utc")
_KEY = ["date", "kind", "name"]
_BY_NAME = {name: measure for measure in WEATHER.values() for name in [*measure.words.split(), plain(measure.name)]}
_DAY_KEY = ["day", "kind", "name"]


def import_calendar(workspace, path, mapping=None, rejects="", progress=SILENT, date_order=""):
    """Import holidays, school days, events or weather.

    Parameters
    ----------
    workspace : Workspace
    path : str or pathlib.Path
        CSV and its like (also ``.gz``), Excel, or a table or point layer that OGR opens.
    mapping : str or dict, optional
        What the file holds, one of :data:`KINDS`; or role -> column, the roles being ``synonyms.ROLES["calendar"]``; or
        both, as in ``{"weather": {"temperature": "AIR_TEMP_F"}}``; a dict also as JSON. Found from a column of kinds,
        from the names of the columns or of the file if not given.
    rejects : str, optional
        CSV for the rows that were not taken; ``<workspace>-rejects-calendar.csv`` beside the workspace if not given.
    progress : Progress, optional
    date_order : str, optional
        As :func:`~shotspotter_connect_plugin.workspace.imports.incident_import.import_incidents` takes it.

    Returns
    -------
    ImportResult

    Raises
    ------
    ConnectError
        When the file cannot be read, has no date, or does not tell what it holds or day from month. The workspace is
        then unchanged.
    """
    holds, roles = _contents(mapping)
    source = open_source(path)
    warnings = []
    given = recall(workspace, TABLE, source.columns, roles, "", "", warnings)
    found = _columns(source, given.mapping, holds, warnings)
    wanted = list(dict.fromkeys(found.values())) + (list(GEOMETRY) if source.has_geometry else [])
    chunks = read_rows(source, wanted, progress.part(0.0, 0.5),
                       lambda chunk: chunk.assign(**{_FAULT: faults(chunk)}))
    warnings.extend(source.notes())
    if not chunks:
        raise ConnectError(f"{source.name} has no rows.")
    rows = pd.concat(chunks)
    progress.report(0.5)
    dates = Dates()
    columns = [found[role] for role in ("date", "from", "to", "issued") if role in found]
    for column in columns:
        dates.add(column, rows[column], source_times.parse(rows[column]))
    given = settled(given, source, columns, date_order, warnings, dates=dates)
    reading = _Reading(workspace, source, rows, found, warnings, given.date_order)
    kind = reading.kinds(holds)
    table = pd.concat([reading.days(kind), reading.weather(kind)], ignore_index=True)
    progress.report(0.8)
    return _write(workspace, reading, table, rejects_path(workspace, TABLE, rejects), given, progress)


def _contents(mapping):
    """(kind or "", role -> column) of what MAPPING says."""
    if isinstance(mapping, str):
        text = mapping.strip()
        if text.casefold() in KINDS:
            return KINDS[text.casefold()], None
        try:
            mapping = json_text.parse(text) if text else None
        except ValueError as error:
            raise ConnectError(f"MAPPING must be one of the words {', '.join(KINDS)}, or JSON such as "
                               '{"weather": {"temperature": "AIR_TEMP_F"}}.', str(error)) from error
    if isinstance(mapping, dict) and len(mapping) == 1:
        (name, roles), = mapping.items()
        if name in KINDS and isinstance(roles, dict):
            return KINDS[name], roles
    return "", mapping


def _columns(source, roles, holds, warnings):
    columns = [column for column in source.columns if not privacy.about_persons(column)]
    personal = [column for column in source.columns if column not in columns]
    if personal:
        warnings.append(f"Columns about persons were left out: {some(personal)}.")
    found = recognise(columns, TABLE, roles)
    if holds and holds != "weather":
        found = {role: column for role, column in found.items() if role not in WEATHER}
    if not {"date", "from"} & set(found):
        raise ConnectError(f"{source.name} has no column for the date; its columns are: {some(source.columns)}. "
                           'Name the right one in MAPPING, as in {"date": "column"}.')
    return found


class _Reading:
    """A file's rows on their way into the calendar."""

    def __init__(self, workspace, source, rows, found, warnings, order):
        self.workspace, self.source, self.found, self.warnings = workspace, source, found, warnings
        self.zone, self._order = workspace.settings.timezone, order
        self.lines = rows.index.to_numpy()
        self._rows = rows.reset_index(drop=True)
        self._texts = {role: self._rows[column].str.strip() for role, column in found.items()}
        self._forget_persons()
        self.kept = np.ones(len(rows), dtype=bool)
        self.rejects = Rejects()
        blank = np.logical_and.reduce([(values == "").to_numpy() for values in self._texts.values()])
        if source.kind != "layer" and blank.any():
            # Blank lines at the end of a text file are no rows.
            self.kept[np.flatnonzero(~blank).max(initial=-1) + 1:] = False
        self.read = int(self.kept.sum())
        if not self.read:
            raise ConnectError(f"{source.name} has no rows.")
        for number in range(1, len(FAULTS)):
            self._reject((rows[_FAULT] == number).to_numpy(), FAULTS[number])
        self._reject(blank, "an empty row")
        self._begin, self._end, self._instants = self._spans()

    def _forget_persons(self):
        if "name" not in self._texts:
            return
        what = privacy.values_about_persons(self._texts["name"].unique())
        if what:
            self.warnings.append(f"The values of column {self.found.pop('name')} look like {what} and were dropped.")
            del self._texts["name"]
            return
        codes, unique = pd.factorize(self._texts["name"])
        clean, hidden = privacy.without_contacts([" ".join(text.split()) for text in unique])
        self._texts["name"] = pd.Series(clean[codes], dtype=object)
        if hidden:
            self.warnings.append(f"{hidden:,} values of column {self.found['name']} look like contacts of persons and "
                                 "were dropped.")

    def _reject(self, rows, reason, role=""):
        rows = np.asarray(rows, dtype=bool) & self.kept
        self.rejects.add(self.lines[rows], self.found.get(role, ""), reason)
        self.kept &= ~rows

    def _text(self, role):
        return self._texts.get(role, pd.Series("", index=self._rows.index))

    # What it holds

    def kinds(self, holds):
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
            raise ConnectError(f"Say in MAPPING what {self.source.name} holds: {', '.join(KINDS)}.")
        return np.full(size, found, dtype=object)

    # When

    def _spans(self):
        """First and last day (number since 1970) and instants of each row; rows without a date are rejected."""
        start, end = ("from", "from_time"), ("to", "to_time")
        if "from" not in self.found:
            start = ("date", "time" if "time" in self.found else "from_time")
        first, begin, _ = self._moments(*start)
        if start[0] == "from" and "date" in self.found:
            # Times of day in the columns of start and end belong to the column of the date.
            alone, hour, _ = self._moments("date", "from")
            first, begin = np.where(first == source_times.NAT, alone, first), np.where(
                first == source_times.NAT, hour, begin)
        last, finish, midnight = self._moments(*end)
        if "to_time" in self.found and "to" not in self.found:
            last, finish, midnight = self._moments(start[0], "to_time")
        given = np.logical_or.reduce([(self._text(role) != "").to_numpy() for role in ("date", "from")])
        self._reject((first == source_times.NAT) & given, UNREADABLE, start[0])
        self._reject(first == source_times.NAT, NO_DATE, start[0])
        self._reject((last == source_times.NAT) & (self._text("to") != "").to_numpy(), UNREADABLE, "to")
        overnight = (finish != source_times.NAT) & (begin != source_times.NAT) & (finish < begin) & (last == first)
        last, finish = np.where(overnight, last + 1, last), np.where(overnight, finish + source_times.DAY, finish)
        last = np.where(midnight & (last > first), last - 1, last)  # what ends at midnight does not touch the day
        last = np.where(last == source_times.NAT, first, last)
        self._reject(last < first, BACKWARDS, "to")
        self._reject(last - first > _LONGEST_SPAN, TOO_LONG, "to")
        return first, last, {"from_utc": begin, "to_utc": finish}

    def _moments(self, role, time_role):
        """(local day, instant, whether at local midnight) of each row; NAT where there is none."""
        size = len(self._rows)
        if role not in self.found:
            return np.full(size, source_times.NAT), np.full(size, source_times.NAT), np.zeros(size, dtype=bool)
        text = self._text(role)
        parsed = source_times.parse(text, self._text(time_role) if time_role in self.found else None)
        if time_role in self.found:
            whole = source_times.parse(text)  # a row without an extra time may carry it in the date
            alone = (self._text(time_role) == "").to_numpy()
            for name in ("clock", "timed", "offset"):
                setattr(parsed, name, np.where(alone, getattr(whole, name), getattr(parsed, name)))
        clock = source_times.in_order(parsed, self._order)
        known = clock != source_times.NAT
        instant, wall = np.full(size, source_times.NAT), clock.copy()
        clocks, moments = known & parsed.timed & ~parsed.offset, known & parsed.timed & parsed.offset
        instant[clocks] = source_times.to_utc(clock[clocks], self.zone, True)
        instant[moments], wall[moments] = clock[moments], source_times.to_local(clock[moments], self.zone)
        day = np.where(known, wall // source_times.DAY, source_times.NAT)
        return day, instant, known & parsed.timed & (wall % source_times.DAY == 0)

    # Rows of the table

    def days(self, kind):
        """Rows of holidays, school days and events: one per date."""
        self._reject((kind == "event") & ~self._placed(kind == "event"), coordinates.OUTSIDE)
        event = kind == "event"
        people = self._numbers("value", event)
        session = np.array([in_session(value, name) for value, name in zip(self._text("value"), self._text("name"))])
        value = np.where(kind == "school", session, np.where(event, people, np.nan))
        name = self._text("name").to_numpy(object)
        plain_names = {"holiday": "holiday", "event": "event"}
        usual = [plain_names.get(what, "school" if held else "no school") for what, held in zip(kind, session)]
        frame = pd.DataFrame({
            _LINE: np.arange(len(kind)), "kind": kind, "name": np.where(name == "", usual, name), "value": value,
            "x": np.where(event, self._x, np.nan), "y": np.where(event, self._y, np.nan),
            **{column: np.where(event, values, source_times.NAT) for column, values in self._instants.items()},
            "known_utc": source_times.NAT})
        frame = frame[self.kept & (kind != "weather")]
        length = (self._end - self._begin + 1)[frame[_LINE]]
        day = np.repeat(self._begin[frame[_LINE]], length) + np.arange(length.sum()) - np.repeat(
            np.cumsum(length) - length, length)
        frame = frame.loc[frame.index.repeat(length)].assign(day=day)
        # A period of school goes on over its weekends, on which no school is held.
        weekday = (frame["day"] + 3) % 7 < 5
        frame = frame[weekday | (frame["kind"] != "school") | (frame["value"] == 0) | (np.repeat(length, length) == 1)]
        self._reject(self.kept & (kind == "school") & ~np.isin(np.arange(len(kind)), frame[_LINE]), NO_WEEKDAY)
        return _numbered(frame)

    def _placed(self, rows):
        """Put x and y of events in place; tells which rows are in the jurisdiction or have no place of their own."""
        pair = next((tuple(self.found[role] for role in pair) for pair in (("longitude", "latitude"), ("x", "y"))
                     if set(pair) <= set(self.found)), GEOMETRY if self.source.has_geometry else None)
        size = len(self._rows)
        self._x, self._y = np.full((2, size), np.nan)
        if pair is None or not rows.any():
            return np.ones(size, dtype=bool)
        x, y = (coordinates.numbers(self._rows[column]) for column in pair)
        given = np.logical_or.reduce([(self._rows[column].astype(str).str.strip() != "").to_numpy() for column in pair])
        if pair == GEOMETRY:
            given = np.isfinite(x)
        area = coordinates.Area(self.workspace)
        system = coordinates.choose(area, {pair: coordinates.sample(x[rows], y[rows])}, layer_crs=self.source.crs)
        self._x, self._y, reason = coordinates.place(area, system, x, y, given)
        self._reject(rows & (reason == coordinates.NO_NUMBER), coordinates.NO_NUMBER)
        self._reject(rows & (reason == coordinates.POWER), coordinates.POWER)
        return reason != coordinates.OUTSIDE

    def _numbers(self, role, rows):
        """Numbers of a column for some rows; those that are none are rejected."""
        text = self._text(role).str.casefold()
        missing = text.isin(_MISSING).to_numpy()
        value = coordinates.numbers(text.where(~missing, ""))
        self._reject(rows & ~missing & np.isnan(value), NO_NUMBER, role)
        return value

    def weather(self, kind):
        """Rows of weather: one per date and measure."""
        rows = kind == "weather"
        parts = []
        for role in [role for role in WEATHER if role in self.found]:
            parts.append(self._measure(role, rows))
        if not parts and rows.any():
            parts.append(self._named_measures(rows))
        line = np.concatenate([part[_LINE] for part in parts]) if parts else np.zeros(0, dtype=np.int64)
        self._reject(rows & ~np.isin(np.arange(len(kind)), line), NO_VALUE)
        if not rows.any():
            return pd.DataFrame()
        frame = pd.concat(parts, ignore_index=True)
        frame = frame[self.kept[frame[_LINE]]]
        frame["day"] = self._begin[frame[_LINE]]
        known = self._moments("issued", "")[1][frame[_LINE]] if "issued" in self.found else np.full(len(frame),
                                                                                                    source_times.NAT)
        after = source_times.to_utc((frame["day"].to_numpy() + 1) * source_times.DAY, self.zone, True)
        frame["kind"] = np.where(known == source_times.NAT, "weather", FORECAST)
        frame["known_utc"] = np.where(known == source_times.NAT, after, known)
        return _summed(self._chosen(frame)).assign(
            x=np.nan, y=np.nan, from_utc=source_times.NAT, to_utc=source_times.NAT)

    def _measure(self, role, rows):
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
        return pd.DataFrame({_LINE: line, "name": measure.name, "value": value[line] * factor + offset,
                             "summed": measure.summed})

    def _named_measures(self, rows):
        """Values of a file that has one row per measure."""
        value = self._numbers("value", rows)
        line = np.flatnonzero(rows & ~np.isnan(value))
        names = self._text("name")[line].map(plain).tolist()
        measures = [_BY_NAME.get(name) for name in names]
        change = np.array([measure.conversion(name) if measure else (1.0, 0.0)
                           for measure, name in zip(measures, names)]).reshape(-1, 2)
        return pd.DataFrame({
            _LINE: line, "value": value[line] * change[:, 0] + change[:, 1],
            "name": [measure.name if measure else name or "value" for measure, name in zip(measures, names)],
            "summed": [bool(measure and measure.summed) for measure in measures]})

    def _chosen(self, frame):
        """Mark which rows make a date's value: of several forecasts the last before its plan, else the first after."""
        plan = frame["day"].map({day: self.workspace.calendar.as_of(
            _dates([day])[0], self.workspace.settings.plan_hour).value for day in frame["day"].unique()})
        late = frame["known_utc"] > plan
        order = frame.assign(late=late, away=(frame["known_utc"] - plan).abs()).sort_values(["late", "away"])
        best = order.groupby(_DAY_KEY)["known_utc"].transform("first").reindex(frame.index)
        return frame.assign(used=(frame["kind"] != FORECAST) | (frame["known_utc"] == best))


def _summed(frame):
    """One value per date and measure: a sum or a mean over the hours and stations; every row keeps its line."""
    whole = frame[frame["used"]].groupby(_DAY_KEY).agg(
        total=("value", "sum"), mean=("value", "mean"), summed=("summed", "first"), known_utc=("known_utc", "max"))
    whole["value"] = np.where(whole["summed"], whole["total"], whole["mean"]).round(6)
    return frame[[_LINE, *_DAY_KEY]].merge(whole[["value", "known_utc"]].reset_index(), on=_DAY_KEY)


def _numbered(frame):
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


def _write(workspace, reading, table, rejects, given, progress):
    """All of it in one transaction, with the rejects and the line in ``imports``."""
    if len(table):
        table["date"] = _dates(table["day"])
        for name in ("from_utc", "to_utc", "known_utc"):
            table[name] = pd.to_datetime(table[name].where(table[name] != source_times.NAT), utc=True)
    rows = table.drop_duplicates(_KEY, keep="last") if len(table) else table
    with workspace.transaction() as writer:
        state, gone = _compared(workspace, rows, reading.source.name)
        for row in gone.itertuples():
            writer.delete(TABLE, {"date": row.date, "kind": row.kind, "name": row.name})
        if len(gone):
            reading.warnings.append(f"{len(gone):,} days of an earlier import of {reading.source.name} are no longer "
                                    "in it and were removed.")
        changed = rows[(state < _SAME).to_numpy()] if len(rows) else rows
        if len(changed):
            writer.upsert(TABLE, changed[_KEY + list(_VALUES)].assign(source=reading.source.name))
        progress.report(1.0)
        kept = np.zeros(0, dtype=np.int64)
        if len(table):
            # A row of the file is as new as the newest of what it says.
            kept = pd.Series(state.reindex(pd.MultiIndex.from_frame(table[_KEY])).to_numpy()).groupby(
                table[_LINE].to_numpy()).min().to_numpy()
        added, updated, unchanged = (int((kept == which).sum()) for which in (_NEW, _OTHER, _SAME))
        result = ImportResult(
            read=reading.read, added=added, updated=updated, unchanged=unchanged, rejected=len(reading.rejects),
            dropped_columns=[column for column in reading.source.columns if column not in reading.found.values()],
            warnings=reading.warnings, mapping=reading.found, reasons=dict(reading.rejects.reasons.most_common()),
            rejects=reading.rejects.write(rejects), source_crs=reading.source.crs, crs=workspace.settings.crs,
            timezone=reading.zone, given=given)
        result.check_taken(reading.source.name)
        path = reading.source.path
        result.record(writer, TABLE, reading.source.name, file_hash(path) if path.is_file() else "")
    return result


_NEW, _OTHER, _SAME = 0, 1, 2


def _compared(workspace, rows, source):
    """State of each row against the workspace, by key; and what an earlier import of the file held besides.

    Weather of other dates stays: exports of it go on from day to day under one name.
    """
    if rows.empty:
        return pd.Series(dtype=int), pd.DataFrame()
    last = _dates([int(rows["day"].max()) + 1])[0]
    there = {"kind": sorted(set(rows["kind"])), "date": Between(rows["date"].min(), last)}
    stored = workspace.read(TABLE, where=there).set_index(_KEY)
    keys = pd.MultiIndex.from_frame(rows[_KEY])
    old = stored.reindex(keys)
    state = np.where(keys.isin(stored.index), _SAME, _NEW)
    for name in _VALUES:
        new, before = rows[name].to_numpy(), old[name].to_numpy()
        if name.endswith("_utc"):
            new, before = (instants(pd.DatetimeIndex(pd.to_datetime(values, utc=True)).floor("ms"))
                           for values in (rows[name], old[name]))
            same = new == before
        else:
            new, before = new.astype(float), before.astype(float)
            same = np.isclose(new, before, rtol=1e-9, atol=1e-9, equal_nan=True)
        state = np.where((state == _SAME) & ~same, _OTHER, state)
    gone = stored[(stored["source"] == source) & ~stored.index.isin(keys)].reset_index()
    return pd.Series(state, index=keys), gone[~gone["kind"].isin(["weather", FORECAST])]


def _dates(days):
    return np.datetime_as_string(np.asarray(days, dtype="datetime64[D]")).astype(object)
