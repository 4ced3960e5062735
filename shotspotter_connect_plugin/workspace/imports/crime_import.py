"""Importers of incidents, gunfire alerts and places: any agency's file in, honest rows out, nothing about persons.

A file is read chunk by chunk, so that it may be larger than memory, and judged as a whole: what its columns mean is
decided by all of its rows. One transaction per import: killed or stopped, nothing has changed.
"""
import re

import numpy as np
import pandas as pd

from ...errors import ConnectError
from ...progress import SILENT
from ..store.runs import file_hash
from ..store.workspace import Between, Counts
from . import box_water, privacy, source_times
from .coordinates import Area, numbers
from .offences import (BIASED, NO_ALERT, NO_CRIME, OTHER, SEVERITY, UNCLEAR, alert_kind, crime_type, firearms, is_code,
                       is_no_alert, names_gunfire, reviewed_as_else, says_nothing_happened)
from .placed_rows import ImportResult, Intake, rejects_path
from .synonyms import is_true, recognise

__all__ = ["ImportResult", "import_gunfire", "import_incidents", "import_places"]

_SLICE = 100_000
_OLDEST = pd.Timestamp("1990-01-01", tz="UTC").value
_UNKNOWN_START = source_times.DAY
"""How long before the last moment known an offence is taken to have begun where the source does not tell: 24 hours."""
_MOST_ROUNDS = 10_000
_SAME_PLACE = 1.0
"""Metres within which two records of one event are at the same place."""
_MADE = "at:"
"""Start of ids made here, of time and place."""


def import_incidents(workspace, path, mapping=None, source_crs="", source_timezone="", rejects="", progress=SILENT,
                     date_order=""):
    """Import reported crime incidents.

    Parameters
    ----------
    workspace : Workspace
    path : str or pathlib.Path
        CSV and its like (also ``.gz``), Excel, or a point layer or table that OGR opens.
    mapping : dict or str, optional
        Role -> column, or the same as JSON, where the columns are not recognised or wrongly; the roles are those of
        ``synonyms.ROLES["incidents"]``.
    source_crs : str, optional
        Coordinate system of the file; found by where its points fall if not given.
    source_timezone : str, optional
        Zone of times without an offset; the workspace's if not given. Dates without a time that nobody gave a zone may
        have been cut from a UTC clock and cover the day in both.
    rejects : str, optional
        CSV for the rows that were not taken; ``<workspace>-rejects-incidents.csv`` beside the workspace if not given.
        Not written when every row was taken.
    progress : Progress, optional
    date_order : str, optional
        One of ``times.ORDERS``, for dates of three numbers. Found in the whole file, else as the source has shown it
        earlier, if not given; dates that do not fit it are rejected.

    Returns
    -------
    ImportResult

    Raises
    ------
    ConnectError
        When the file cannot be read, a column that is needed is missing, no date can be read, nothing tells day from
        month, or no point lies in the jurisdiction. The workspace is then unchanged.
    """
    with Intake(workspace, "incidents", path, mapping, source_crs, source_timezone, date_order,
                progress.part(0.0, 0.5)) as intake:
        rows = _incidents(workspace, intake, progress.part(0.5, 1.0))
        return _write(workspace, intake, rows, _finish_incidents, rejects, progress.part(0.5, 1.0))


def import_gunfire(workspace, path, mapping=None, source_crs="", source_timezone="", rejects="", progress=SILENT,
                   date_order=""):
    """Import gunfire alerts of acoustic sensors; parameters, result and errors as :func:`import_incidents`.

    An alert needs a time of day. A time that comes twice on the night when clocks go back means its first coming.
    """
    with Intake(workspace, "gunfire", path, mapping, source_crs, source_timezone, date_order,
                progress.part(0.0, 0.5)) as intake:
        rows = _alerts(workspace, intake, progress.part(0.5, 1.0))
        return _write(workspace, intake, rows, _finish_gunfire, rejects, progress.part(0.5, 1.0))


# Incidents


def _incidents(workspace, intake, progress):
    """Frames of incidents, each once; incidents that have several rows in the file come together in the last."""
    known = set(workspace.read("crime_types", columns=["crime_type"])["crime_type"])
    waiting = []
    for rows in intake.chunks(progress):
        types = _crime_types(intake, rows, known)
        low, high, reported = _offence_times(intake, rows)
        x, y = intake.locate(rows)
        block = intake.texts(rows, "block" if "block" in intake.mapping else "address")
        frame = pd.DataFrame({
            "line": rows.lines, "incident_id": intake.texts(rows, "id"), "crime_type": types, "low": low, "high": high,
            "reported": reported, "x": x, "y": y, "block": np.where(block == "", None, block),
            "discovered": _true(intake.words(rows, "discovered"), len(rows.lines)),
            "firearm": _firearms(intake, rows)})[rows.kept]
        again = intake.is_repeated(frame["incident_id"])
        waiting.append(frame[again])
        frame = frame[~again].copy()
        made = frame["incident_id"] == ""
        frame.loc[made, "incident_id"] = _made_ids(frame[made]) + ":" + frame.loc[made, "crime_type"]
        yield _one_row_per_incident(intake, frame)
    yield _one_row_per_incident(intake, pd.concat(waiting, ignore_index=True))


def _crime_types(intake, rows, known):
    """Code of each row; rows of other types are rejected."""
    words = intake.words(rows, "offence")
    if words is not None:
        codes = np.array([crime_type(word) for word in words.categories], dtype=object)
        found, column = codes[words.codes], intake.mapping["offence"]
        rows.reject((words.categories == "")[words.codes], "no offence", column)
    else:
        # A list of shootings that says who died: the others were shot, too.
        died = _true(intake.words(rows, "murder_flag"), len(rows.lines))
        found, column = np.where(died, "homicide", "aggravated_assault").astype(object), intake.mapping["murder_flag"]
    for reason in (NO_CRIME, UNCLEAR):
        if words is not None:
            intake.tell_words(f"Not counted, {reason}, in column {column}", words,
                              (found == reason) & rows.kept)
        rows.reject(found == reason, reason, column)
    _reject_dispositions(intake, rows, NO_CRIME, lambda words, column: [
        says_nothing_happened(word, column) for word in words])
    rows.reject(found == BIASED, BIASED, column)
    rows.reject(~np.isin(found.astype(str), sorted(known)), OTHER, column)
    return found


def _reject_dispositions(intake, rows, reason, are_nothing):
    """Reject rows of which a column beside the offence or the kind says that nothing happened, as ``are_nothing(words,
    column)`` tells."""
    for role in [role for role in intake.mapping if role.startswith("disposition")]:
        words, column = intake.words(rows, role), intake.mapping[role]
        nothing = np.array(are_nothing(words.categories, column), dtype=bool)[words.codes]
        intake.tell_words(f"Not counted, {reason}, in column {column}", words, nothing & rows.kept)
        rows.reject(nothing, reason, column)


def _firearms(intake, rows):
    """Whether a gun was used: as the weapon says, else as the offence does; None where the source does not tell."""
    known = np.full(len(rows.lines), None, dtype=object)
    for role in ("weapon", "offence"):
        words = intake.words(rows, role)
        if words is not None:
            told = np.array(firearms(words.categories, role == "weapon"), dtype=object)[words.codes]
            known = np.where(known == np.array(None), told, known)
    # A list that only says who died is a list of shootings.
    return known if "offence" in intake.mapping else np.full(len(rows.lines), True, dtype=object)


def _true(words, size):
    if words is None:
        return np.zeros(size, dtype=bool)
    return np.array([is_true(word) for word in words.categories], dtype=bool)[words.codes]


def _offence_times(intake, rows):
    """(earliest, latest, reported) of each row, ns UTC; the report bounds what the source leaves open."""
    size, spans = len(rows.lines), rows.spans
    unknown = source_times.NAT
    nothing = source_times.Spans(*(np.full(size, unknown) for _ in range(2)), *(np.zeros(size, bool) for _ in range(2)))
    report, start, end, single = (spans.get(role, nothing) for role in (
        "reported", "occurred_from", "occurred_to", "occurred"))
    for role, span in spans.items():
        _reject_absurd(rows, span, intake.mapping[role])
    low = np.where(start.low != unknown, start.low, single.low)
    high = np.where(end.high != unknown, end.high, single.high)
    bound = np.where(report.high != unknown, report.high, np.iinfo(np.int64).max)
    open_end = (high == unknown) & (low != unknown)
    high = np.where(open_end, np.where(report.high != unknown, report.high, start.high), high)
    # Only an end, or only a report with a time of day: it began at some time before.
    last = np.where(high != unknown, np.maximum(end.low, single.low), report.low)
    open_start = (low == unknown) & (last != unknown) & ((high != unknown) | report.timed)
    low = np.where(open_start, last - _UNKNOWN_START, np.where(low == unknown, report.low, low))
    high = np.where(high == unknown, report.high, high)
    rows.reject(low == unknown, "no date", " or ".join(intake.mapping[role] for role in spans))
    turned = (end.high != unknown) & (end.high < start.low)
    low, high = np.where(turned, end.low, low), np.where(turned, start.high, high)
    late = (low > bound) & (low != unknown)
    rows.reject(late & (low - bound > source_times.DAY), "an offence that begins after its report",
                intake.mapping.get("occurred_from", intake.mapping.get("occurred", "")))
    high = np.minimum(high, bound)
    low = np.where(late, bound - _UNKNOWN_START, low)
    intake.tally("{} rows end before they begin or begin after their report; their times were widened to what is "
                 "certain.", ((turned | late) & rows.kept).sum())
    return low, high, np.where(report.high != unknown, report.high, high)


def _reject_absurd(rows, span, column):
    now = pd.Timestamp.now(tz="UTC").value
    rows.reject((span.low != source_times.NAT) & (span.low < _OLDEST), "a date before 1990", column)
    rows.reject((span.low != source_times.NAT) & (span.low > now + source_times.DAY), "a date in the future", column)


def _made_ids(rows):
    """Ids of time and place for rows whose source has none."""
    return _MADE + _seconds(rows["low"]) + ":" + rows["x"].round().astype(int).astype(str) + ":" + \
        rows["y"].round().astype(int).astype(str)


def _seconds(ns):
    texts = np.datetime_as_string(ns.to_numpy().astype("datetime64[ns]").astype("datetime64[s]"), timezone="UTC")
    return pd.Series(texts.astype(object), index=ns.index, dtype=object)


def _one_row_per_incident(intake, rows):
    """The most serious offence of each incident, and of equals the one whose time is known best."""
    if not rows["incident_id"].duplicated().any():
        return rows
    if "offence" not in intake.mapping:
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
    column = intake.mapping.get("id", "")
    for chosen, reason in ((~same_type, "a less serious offence of an incident that another row holds"),
                           (same_type & ~same, "the number of another row with another time or place")):
        intake.rejects.add(others["line"][chosen], column, reason)
    return rows.sort_values("line")


def _same_place(one, other):
    return (np.abs(one["x"].to_numpy() - other["x"].to_numpy()) < _SAME_PLACE) & (
        np.abs(one["y"].to_numpy() - other["y"].to_numpy()) < _SAME_PLACE)


def _finish_incidents(workspace, rows):
    """Columns of the table, with what the workspace knows better."""
    stored = workspace.read("incidents", where={"incident_id": rows["incident_id"].tolist()})
    stored = stored.set_index("incident_id").reindex(rows["incident_id"])
    found = stored["crime_type"].notna().to_numpy()
    old_low, old_high = _ns(stored["occurred_from_utc"]), _ns(stored["occurred_to_utc"])
    finer = found & (old_high - old_low < (rows["high"] - rows["low"]).to_numpy())
    for name, old in (("low", old_low), ("high", old_high), ("reported", _ns(stored["reported_utc"]))):
        rows[name] = np.where(finer, old, rows[name])
    rows["block"] = rows["block"].where(rows["block"].notna(), stored["block"].to_numpy())
    _keep_place(rows, stored, found)
    calendar = workspace.calendar
    table = pd.DataFrame({name: rows[name] for name in ("incident_id", "crime_type", "x", "y", "block", "discovered")})
    table["firearm"] = rows["firearm"].where(rows["firearm"].notna(), stored["firearm"].to_numpy(object)).where(
        lambda told: told.notna(), None)
    for name, column in (("occurred_from", "low"), ("occurred_to", "high")):
        table[name + "_utc"] = _instants(rows[column])
        table[name + "_local"] = calendar.to_local(table[name + "_utc"])
    table["reported_utc"] = _instants(rows["reported"])
    table["shift_date"], table["shift"] = calendar.assign_span(table["occurred_from_utc"], table["occurred_to_utc"])
    return table, stored, found


# Gunfire


def _alerts(workspace, intake, progress):
    """One frame of all alerts, each once."""
    for rows in intake.chunks(progress, whole=True):
        kinds = _kinds(intake, rows)
        when, column = rows.spans["occurred"], intake.mapping["occurred"]
        rows.reject((when.low == source_times.NAT) & ~when.given, "no time", column)
        rows.reject(~when.timed, "no time of day", column)
        _reject_absurd(rows, when, column)
        x, y = intake.locate(rows)
        rounds = intake.words(rows, "rounds")
        rounds = (np.full(len(rows.lines), np.nan) if rounds is None else
                  numbers(pd.Series(rounds.categories))[rounds.codes])
        rows.reject((rounds < 0) | (rounds > _MOST_ROUNDS), "a number of rounds that cannot be",
                    intake.mapping.get("rounds", ""))
        frame = pd.DataFrame({
            "alert_id": intake.texts(rows, "id"), "kind": kinds, "low": when.low, "x": x, "y": y,
            "rounds": rounds})[rows.kept]
        frame["rounded_x_m"], frame["rounded_y_m"] = intake.system.rounded
        yield _one_row_per_alert(_recorded_before(workspace, frame))


def _kinds(intake, rows):
    """Kind of each alert; those that were none, and other calls in a list of mixed calls, are rejected.

    Where no word speaks of gunfire, codes that cannot be known are taken for gunfire, and told; words are not.
    """
    words, known = intake.words(rows, "kind"), np.full(len(rows.lines), "unknown", dtype=object)
    if words is not None:
        column, texts = intake.mapping["kind"], words.categories
        kinds = np.array([alert_kind(word) for word in texts], dtype=object)
        denied = np.array([is_no_alert(word, column) for word in texts], dtype=bool)
        if any(names_gunfire(word) or kind for word, kind in zip(texts, kinds) if word):
            denied |= kinds == np.array(None)
        elif (texts != "").any():
            denied |= np.array([not is_code(word) for word in texts], dtype=bool)
            intake.tell_words(f"No word of column {column} speaks of gunfire; its rows were taken for gunfire of "
                              "unknown kind",
                              words, ~denied[words.codes] & rows.kept)
        intake.tell_words(f"Not counted, {NO_ALERT}, by column {column}", words,
                          denied[words.codes] & rows.kept)
        rows.reject(denied[words.codes], NO_ALERT, column)
        known = np.where(kinds == np.array(None), "unknown", kinds)[words.codes]
    _reject_dispositions(intake, rows, NO_ALERT, lambda words, column: [
        is_no_alert(word, column) or other for word, other in zip(words, reviewed_as_else(words, column))])
    return _reviewed(intake, rows, known)


def _reviewed(intake, rows, kinds):
    """Kinds of alerts, fireworks where a review calls them so."""
    for role in [role for role in intake.mapping if role.startswith("disposition")]:
        words = intake.words(rows, role)
        fireworks = np.array([word != "" and alert_kind(word) == "firecracker" for word in words.categories])
        kinds = np.where(fireworks[words.codes], "firecracker", kinds)
    return kinds


def _recorded_before(workspace, rows):
    """Alerts with their ids; where one side has no id of its own it is found again by time and place.

    Exports round or cut off fractions of a second, so that both are tried, and then a second more or less.
    """
    if rows.empty:
        return rows
    around = Between(pd.Timestamp(rows["low"].min() - source_times.DAY, tz="UTC"),
                     pd.Timestamp(rows["low"].max() + source_times.DAY, tz="UTC"))
    stored = workspace.read("gunfire", columns=["alert_id", "occurred_utc", "x", "y"], where={"occurred_utc": around})
    stored["low"] = _ns(stored["occurred_utc"])
    waiting = rows[~rows["alert_id"].isin(stored["alert_id"])]
    stored = stored[~stored["alert_id"].isin(rows["alert_id"])]
    half = source_times.SECOND // 2
    for new_later, old_later in ((half, half), (0, 0), (source_times.SECOND, 0), (-source_times.SECOND, 0)):
        for nameless in (True, False):
            new = waiting[(waiting["alert_id"] == "") == nameless]
            old = stored if nameless else stored[stored["alert_id"].str.startswith(_MADE)]
            pairs = _same_moment(new, new_later, old, old_later)
            rows.loc[pairs["index_x"], "alert_id"] = pairs["alert_id_y"].to_numpy()
            waiting, stored = waiting.drop(pairs["index_x"]), stored.drop(pairs["index_y"])
    return rows


def _same_moment(new, new_later, old, old_later):
    """Pairs of alerts of two frames in one second and place, each moved by some ns; an alert is in one pair at most."""
    sides = []
    for side, later in ((new, new_later), (old, old_later)):
        place = {axis: side[axis].round() for axis in ("x", "y")}
        side = side[["alert_id"]].assign(second=(side["low"] + later) // source_times.SECOND, **place)
        sides.append(side.assign(turn=side.groupby(["second", "x", "y"]).cumcount()).reset_index())
    return sides[0].merge(sides[1], on=["second", "x", "y", "turn"])


def _one_row_per_alert(rows):
    """Each alert once: the same id at the same second and place is the same alert, at another it is another alert."""
    made = rows["alert_id"] == ""
    rows.loc[made, "alert_id"] = _made_ids(rows[made])
    moment = rows[["alert_id"]].assign(second=rows["low"] // source_times.SECOND,
                                       x=rows["x"].round(), y=rows["y"].round())
    rows = rows[~moment.duplicated()].copy()
    again = rows["alert_id"].duplicated()
    rows.loc[again, "alert_id"] += "@" + _made_ids(rows[again]).str[len(_MADE):]
    return rows


def _finish_gunfire(workspace, rows):
    """Columns of the table, with what the workspace knows better."""
    stored = workspace.read("gunfire", where={"alert_id": rows["alert_id"].tolist()})
    stored = stored.set_index("alert_id").reindex(rows["alert_id"])
    found = stored["kind"].notna().to_numpy()
    old = _ns(stored["occurred_utc"])
    coarser = found & (rows["low"] % source_times.SECOND == 0) & (np.abs(rows["low"] - old) <= source_times.SECOND)
    rows["low"] = np.where(coarser, old, rows["low"])
    rows["kind"] = np.where(found & (rows["kind"] == "unknown"), stored["kind"], rows["kind"])
    for name in ("rounds", "rounded_x_m", "rounded_y_m"):
        rows[name] = rows[name].where(rows[name].notna(), stored[name].to_numpy(dtype=float, na_value=np.nan))
    _keep_place(rows, stored, found)
    table = pd.DataFrame({name: rows[name] for name in (
        "alert_id", "kind", "rounded_x_m", "rounded_y_m", "x", "y")})
    table["rounds"] = rows["rounds"].round().astype("Int64")
    table["occurred_utc"] = _instants(rows["low"])
    table["occurred_local"] = workspace.calendar.to_local(table["occurred_utc"])
    table["shift_date"], table["shift"] = workspace.calendar.assign(table["occurred_utc"])
    return table, stored, found


# Writing


def _keep_place(rows, stored, found):
    """Where a record moved by less than a metre it stays."""
    for axis in ("x", "y"):
        old = stored[axis].to_numpy()
        with np.errstate(invalid="ignore"):
            near = found & (np.abs(old - rows[axis].to_numpy()) < _SAME_PLACE)
        rows[axis] = np.where(near, old, rows[axis])


def _write(workspace, intake, frames, finish, rejects, progress):
    """All rows of an import in one transaction, its rejects, and its line in ``imports``."""
    table, path = intake.table, intake.source.path
    digest = file_hash(path) if path.is_file() else ""
    counts = Counts(0, 0, 0)
    with workspace.transaction() as writer:
        for rows in frames:
            for start in range(0, len(rows), _SLICE):
                frame, stored, found = finish(workspace, rows.iloc[start:start + _SLICE].copy())
                frame["box_id"] = intake.area.box_ids(frame["x"].to_numpy(), frame["y"].to_numpy())
                same = np.flatnonzero(found)[_same(frame[found], stored[found])]
                source = np.full(len(frame), intake.source.name, dtype=object)
                source[same] = stored["source"].to_numpy()[same]
                frame["source"] = source
                done = writer.upsert(table, frame)
                counts = Counts(counts.added + done.added, counts.updated + done.updated,
                                counts.unchanged + done.unchanged)
        progress.report(1.0)
        result = intake.result(workspace, counts, rejects_path(workspace, table, rejects))
        result.check_taken(intake.source.name)
        result.record(writer, table, intake.source.name, digest)
    return result


def _same(frame, stored):
    """Whether each row says the same as the workspace's, apart from where it came from."""
    same = np.ones(len(frame), dtype=bool)
    for name in frame.columns.intersection(stored.columns):
        new, old = frame[name], stored[name]
        if name.endswith("_local"):
            continue
        if name.endswith("_utc"):
            new, old = _ns(new), _ns(old)
        new, old = pd.Series(np.asarray(new, dtype=object)), pd.Series(np.asarray(old, dtype=object))
        same &= ((new == old) | (new.isna() & old.isna())).to_numpy(dtype=bool, na_value=False)
    return same


def _ns(instants):
    """int64 nanoseconds of instants; unknown is :data:`source_times.NAT`."""
    return pd.DatetimeIndex(instants).tz_localize(None).to_numpy().astype("datetime64[ns]").astype(np.int64)


def _instants(ns):
    return pd.Series(pd.DatetimeIndex(ns.to_numpy().astype("datetime64[ns]")).tz_localize("UTC"), index=ns.index)


# Places


def import_places(workspace, vector_table, kind, progress=SILENT):
    """Import places of one kind; those of the same kind that are no longer in the layer are removed.

    Parameters
    ----------
    workspace : Workspace
    vector_table : VectorTable
        Points; of lines and areas a point on them is taken. Only an id and the name of the place are read of it.
    kind : str
        Such as ``bar`` or ``bus_stop``; written in lower case with underscores. The areas of ``water`` also tell how
        much of each box is water; see :mod:`.box_water`.
    progress : Progress, optional

    Returns
    -------
    ImportResult

    Raises
    ------
    ConnectError
        When the layer has no CRS or no features, no place lies in the jurisdiction, no kind is given, or water has no
        areas.
    """
    kind = re.sub(r"[^a-z0-9]+", "_", kind.strip().casefold()).strip("_")
    if not kind:
        raise ConnectError("Name the KIND of the places, such as bar or bus_stop.")
    name = vector_table.name or "The layer"
    if not vector_table.geometry:
        raise ConnectError(f"{name} has no features; choose a layer with places.")
    progress.report(0.0)
    area = Area(workspace)
    moved = vector_table.to_crs(area.crs)
    progress.report(0.4)
    frame = vector_table.frame.reset_index(drop=True)
    warnings = []
    found = _place_columns(frame, warnings)
    shapes, without = moved.geometry, "no coordinates"
    if kind == box_water.KIND:
        shapes, without = box_water.areas_near(area.bounds, shapes, name), "no area in the jurisdiction"
    points = [None if shape is None or shape.is_empty else
              shape if shape.geom_type == "Point" else shape.representative_point() for shape in shapes]
    x, y = (np.array([np.nan if point is None else getattr(point, axis) for point in points]) for axis in ("x", "y"))
    near = area.near(x, y)
    reasons = {without: int(np.isnan(x).sum()), "outside the jurisdiction": int((~near & ~np.isnan(x)).sum())}
    if not near.any():
        raise ConnectError(f"No place of {name} was taken: {max(reasons, key=reasons.get)}; check the layer and its "
                           "CRS.")
    texts = {role: frame[column].map(_place_text) for role, column in found.items()}
    names = texts.get("name", pd.Series("", index=frame.index))
    ids = texts.get("id")
    if ids is None:
        ids = _MADE + pd.Series(["{:.0f}:{:.0f}:{}".format(*place) for place in zip(x, y, names)], dtype=object)
    rows = pd.DataFrame({"kind": kind, "place_id": ids, "name": names, "box_id": area.box_ids(x, y), "x": x, "y": y})
    rows["name"] = rows["name"].where(rows["name"] != "", None)
    rows = rows[near].drop_duplicates("place_id")
    with workspace.transaction() as writer:
        old = workspace.read("places", columns=["place_id"], where={"kind": kind})["place_id"]
        gone = sorted(set(old) - set(rows["place_id"]))
        if gone:
            writer.delete("places", {"kind": kind, "place_id": gone})
            warnings.append(f"{len(gone):,} places of kind {kind} are no longer in the layer and were removed.")
        counts = writer.upsert("places", rows)
        if kind == box_water.KIND:
            warnings += box_water.write_shares(workspace, writer, shapes)
        progress.report(1.0)
        rejected = sum(reasons.values())
        result = ImportResult(
            read=len(frame), added=counts.added, updated=counts.updated, rejected=rejected,
            unchanged=len(frame) - counts.added - counts.updated - rejected, warnings=warnings, mapping=found,
            dropped_columns=[column for column in frame if column not in found.values()],
            reasons={reason: count for reason, count in reasons.items() if count}, source_crs=vector_table.crs,
            crs=area.crs)
        result.record(writer, "places", name, vector_table.sha256(found.values()))
    return result


def _place_columns(frame, warnings):
    """Columns of the id and of the name, without those that look like persons and without ids that repeat."""
    columns = [column for column in frame if not privacy.about_persons(column)]
    while True:
        found = recognise(columns, "places")
        for role, column in found.items():
            texts = frame[column].map(_place_text)
            what = privacy.values_about_persons(texts)
            if what:
                warnings.append(f"The values of column {column} look like {what} and were dropped.")
            if what or (role == "id" and ((texts == "").any() or texts.duplicated().any())):
                columns.remove(column)
                break
        else:
            return found


def _place_text(value):
    if value is None or value != value:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return " ".join(str(value).split())
