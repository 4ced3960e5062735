"""Files as agencies export them, each with what a careful analyst wants to find in the workspace afterwards.

A case is a folder of ``tests/data/exports/cases``: the file, ``case.json`` and ``expected.csv``. ``case.json`` holds:

- ``importer``: incidents, gunfire, gps, roster or tactics; ``file``; ``zone``; ``bounds`` (west, south, east, north);
- ``about``: whose export it is like and what is hard in it;
- ``options`` (optional): what is said of the file from the start, as the importers take it;
- ``asks`` (optional): ``{"parameter": …, "answer": {option: value}}``: the import must first stop with a question
  that names this parameter, and with the answer come out right;
- ``refuses`` (optional): words of the sentence with which it must be refused;
- ``says`` (optional): words each of which must stand in some warning or reason.

``expected.csv`` has longitude, latitude, type, earliest, latest (wall clock of the zone) for events, where ``|`` parts
types of which each is right and ``-`` is a row that must be rejected; unit, utc, longitude, latitude for fixes, where
an empty unit is any; the columns of the table as they stand in it for rosters (unit, officer, shift_date, shift,
from_utc, to_utc) and logs of tactics (officer, unit, tactic, minutes, at_utc).
"""
import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyproj
from made_towns import area, new_town
from public_exports import adds_up
from shapely.geometry import box

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.workspace.imports.gps_import import import_gps
from shotspotter_connect_plugin.workspace.imports.gunfire_import import import_gunfire
from shotspotter_connect_plugin.workspace.imports.incident_import import import_incidents
from shotspotter_connect_plugin.workspace.imports.roster_import import import_roster
from shotspotter_connect_plugin.workspace.imports.tactic_import import import_tactics

CASES = Path(__file__).resolve().parents[1] / "data" / "exports" / "cases"
IMPORT = {"incidents": import_incidents, "gunfire": import_gunfire, "gps": import_gps, "roster": import_roster,
          "tactics": import_tactics}
TABLES = {"incidents": "incidents", "gunfire": "gunfire", "gps": "gps_fixes", "roster": "roster",
          "tactics": "tactic_log"}
PLACE = ["longitude", "latitude"]
NEAR, AT_ONCE = 2e-4, pd.Timedelta(seconds=61)
"""Degrees and time within which a place and a moment are those expected."""


@dataclass
class Case:
    """One case, as its folder says."""

    name: str
    importer: str
    file: str
    zone: str
    bounds: list
    about: str = ""
    options: dict = field(default_factory=dict)
    asks: dict = field(default_factory=dict)
    refuses: str = ""
    says: list = field(default_factory=list)

    @property
    def folder(self):
        return CASES / self.name

    @property
    def expected(self):
        """The expected rows, all as texts; None where there is no such file."""
        path = self.folder / "expected.csv"
        return pd.read_csv(path, dtype=str, keep_default_na=False) if path.exists() else None

    def town(self, path):
        """A new, empty workspace of the case's city, open."""
        return new_town(path, area(box(*self.bounds), "EPSG:4326"), timezone=self.zone, size=1000.0)

    def take(self, workspace, **more):
        """Import its file."""
        return IMPORT[self.importer](workspace, self.folder / self.file, **{**self.options, **more})


def cases(importer=""):
    """All cases, or those of one importer."""
    found = [Case(path.parent.name, **json.loads(path.read_text())) for path in sorted(CASES.glob("*/case.json"))]
    return [case for case in found if importer in ("", case.importer)]


def check(case, workspace):
    """Import a case's file twice -> the first result, checked: the rows, that nothing vanishes, and that a second time
    changes nothing."""
    if case.refuses:
        refusal = refused(case, workspace)
        assert case.refuses in refusal.user, refusal.user
        return None
    more = {}
    if case.asks:
        question = refused(case, workspace)
        assert getattr(question, "parameter", "") == case.asks["parameter"], question.user
        assert case.asks["parameter"] in question.user and len(question.user) < 300
        more = case.asks["answer"]
    result = case.take(workspace, **more)
    assert adds_up(result)
    told = [*result.warnings, *result.reasons]
    for words in case.says:
        assert any(words in sentence for sentence in told), (words, told)
    missing, others = compared(case, workspace)
    assert not missing and not others, f"not found: {missing}; beside them: {others}; told: {told}"
    again = case.take(workspace)
    assert adds_up(again) and (again.added, again.updated) == (0, 0), again.counts
    return result


def refused(case, workspace):
    """The error with which a case's file is not taken; nothing may have been written."""
    try:
        case.take(workspace)
    except ConnectError as error:
        assert workspace.count(TABLES[case.importer]) == 0 and not workspace.count("imports")
        return error
    raise AssertionError(f"{case.name} was taken")


def compared(case, workspace):
    """(expected rows that are not there, rows beside them), as texts."""
    if case.expected is None:
        return [], []
    stored = workspace.read(TABLES[case.importer])
    if case.importer in ("roster", "tactics"):
        return _compared_texts(case.expected, stored)
    back = pyproj.Transformer.from_crs(workspace.settings.crs, "EPSG:4326", always_xy=True)
    stored["longitude"], stored["latitude"] = back.transform(stored["x"].to_numpy(), stored["y"].to_numpy())
    columns = {name: np.array(stored[name].dt.tz_convert(None)) if name.endswith("_utc") else np.array(stored[name])
               for name in (*PLACE, *_columns(case))}
    free = np.ones(len(stored), dtype=bool)
    missing = []
    for row in case.expected.to_dict("records"):
        if row.get("type") == "-":
            continue
        fits = np.flatnonzero(free & _fits(case, columns, row))
        if fits.size:
            free[fits[0]] = False
        else:
            missing.append(row)
    return missing, stored[free].astype(str).to_dict("records")


def _compared_texts(expected, stored):
    """The same for tables without places, value by value; moments to the minute, what is not known is empty."""
    told = pd.DataFrame({name: [_as_text(value) for value in stored[name]] for name in expected})
    wanted, found = (Counter(map(tuple, frame.to_numpy().tolist())) for frame in (expected, told))
    return sorted((wanted - found).elements()), sorted((found - wanted).elements())


def _as_text(value):
    if value is None or value is pd.NaT or value != value:
        return ""
    return value.strftime("%Y-%m-%d %H:%M") if isinstance(value, pd.Timestamp) else \
        f"{value:g}" if isinstance(value, float) else str(value)


def _columns(case):
    """What a row is (unit, kind or type), and its first and last moment."""
    return {"gps": ("unit", "at_utc", "at_utc"), "gunfire": ("kind", "occurred_utc", "occurred_utc")}.get(
        case.importer, ("crime_type", "occurred_from_utc", "occurred_to_utc"))


def _fits(case, columns, row):
    """Which of the rows stored, as name -> array, an expected one can be."""
    fits = np.logical_and.reduce([np.abs(columns[name] - float(row[name])) < NEAR for name in PLACE])
    what, first, last = _columns(case)
    if case.importer == "gps":
        moments, within, wanted = [pd.Timestamp(row["utc"])] * 2, pd.Timedelta(seconds=1), row["unit"]
    else:
        moments, within, wanted = [
            pd.Timestamp(row[name]).tz_localize(case.zone, ambiguous=True, nonexistent="shift_forward").tz_convert(None)
            for name in ("earliest", "latest")], AT_ONCE, row["type"]
    if wanted:
        fits &= np.isin(columns[what], wanted.split("|"))
    for name, moment in zip((first, last), moments):
        fits &= np.abs(columns[name] - moment.to_datetime64()) <= within.to_timedelta64()
    return fits
