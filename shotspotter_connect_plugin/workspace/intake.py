"""One file on its way into a table: its columns recognised, filtered and parsed, and the rows that cannot be used."""
import csv
import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, List

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from ..errors import ConnectError
from . import coordinates, privacy, times
from .readers import GEOMETRY, open_source, read_rows, too_long
from .synonyms import ROLES, names_utc, recognise

_MOMENTS = ("reported", "occurred_from", "occurred_to", "occurred")
_BLANK_IDS = frozenset("nan none null na n/a unk unknown - -- #ref! #n/a #value! #name? #null! #num! #div/0!".split())
_OLDEST = pd.Timestamp("1990-01-01", tz="UTC").value


@dataclass
class ImportResult:
    """What an import did; read = added + updated + unchanged + rejected.

    Attributes
    ----------
    dropped_columns : list of str
        Columns of the source that were never read, or dropped by the privacy filter.
    warnings : list of str
        Sentences the user should see.
    mapping : dict
        Role -> column of the source that was used.
    reasons : dict
        Reason -> rejected rows.
    rejects : str
        File with the rejected rows, empty if none was written.
    source_crs, crs : str
        Coordinate system the file was taken for, and the workspace's.
    timezone : str
        Zone of the times without an offset.
    """

    read: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    dropped_columns: List[str] = field(default_factory=list)
    warnings: List[str] = field(default_factory=list)
    mapping: Dict[str, str] = field(default_factory=dict)
    reasons: Dict[str, int] = field(default_factory=dict)
    rejects: str = ""
    source_crs: str = ""
    crs: str = ""
    timezone: str = ""

    @property
    def counts(self):
        """The five numbers as a dict."""
        return {name: getattr(self, name) for name in ("read", "added", "updated", "unchanged", "rejected")}


class Intake:
    """All rows of a file as arrays: texts by role, moments, positions, and for each row why it is rejected, if it is.

    Parameters
    ----------
    workspace : Workspace
    table : str
        ``incidents`` or ``gunfire``.
    path, mapping, source_crs, source_timezone
        As :func:`~shotspotter_connect_plugin.workspace.importers.import_incidents` takes them.
    needed : list of (list of roles, str)
        Of each list one role must be there; the text says what it is.
    """

    def __init__(self, workspace, table, path, mapping, source_crs, source_timezone, needed, progress):
        self.table, self.source = table, open_source(path)
        self.warnings = []
        self.zone = times.check_zone(source_timezone or workspace.settings.timezone)
        self._zone_named = bool(source_timezone)
        self._source_crs = source_crs
        self.mapping = self._recognise(mapping, needed)
        self._read(progress)
        self.reason = np.full(len(self.lines), None, dtype=object)
        self.column = np.full(len(self.lines), "", dtype=object)
        self.reject(self._long, "more fields than the header", "")
        self.reject(self._empty, "an empty row", "")
        self.spans = self._moments(needed)

    # Columns

    def _recognise(self, mapping, needed):
        source = self.source
        about = {column: privacy.about_persons(column) for column in source.columns}
        found = recognise(source.columns, self.table, mapping)
        for role, column in list(found.items()):
            if about[column]:
                del found[role]
                self.warnings.append("Column {} looks like {} and was not read.".format(column, about[column]))
        if {"occurred_time", "reported"} <= set(found) and not {"occurred", "reported_time"} & set(found):
            found["reported_time"] = found.pop("occurred_time")
        if {"address", "block"} <= set(found):
            del found["address"]
        personal = sorted({what for column, what in about.items() if what})
        if personal:
            self.warnings.append("Columns about persons were left out ({}): {}.".format(
                ", ".join(personal), ", ".join(column for column in source.columns if about[column])))
        self._need(found, needed)
        return found

    def _need(self, found, needed):
        missing = [what for roles, what in needed if not set(roles) & set(found)]
        if not self._pairs(found):
            missing.append("a position (longitude and latitude, or x and y)")
        if not missing:
            return
        role = {what: roles[0] for roles, what in needed}.get(missing[0], "longitude")
        raise ConnectError("{} has no column for {}; its columns are: {}. Name the right one in MAPPING, as in "
                           '{{"{}": "column"}}.'.format(self.source.name, " and ".join(missing),
                                                        ", ".join(self.source.columns), role))

    def _pairs(self, found):
        """(x column, y column) of every pair of coordinates, degrees first."""
        pairs = [GEOMETRY] if self.source.has_geometry else []
        if "longitude" in found and "latitude" in found:
            pairs.append((found["longitude"], found["latitude"]))
        number = ""
        while "x" + number in found and "y" + number in found:
            pairs.append((found["x" + number], found["y" + number]))
            number = str(int(number or 1) + 1)
        return pairs

    # Rows

    def _read(self, progress):
        self._places = self._pairs(self.mapping)
        coordinates_used = {column for pair in self._places for column in pair}
        self._texts = [role for role in self.mapping if role in ROLES[self.table]
                       and not role.startswith(_MOMENTS) and self.mapping[role] not in coordinates_used]
        columns = list(dict.fromkeys(self.mapping.values()))
        chunks = read_rows(self.source, columns, progress, self._digest)
        if not chunks:
            raise ConnectError("{} has no rows.".format(self.source.name))
        self.lines = np.concatenate([chunk["lines"] for chunk in chunks])
        blank = np.concatenate([chunk["blank"] for chunk in chunks])
        # Blank lines at the end of a text file are no rows.
        last = len(blank) if self.source.kind == "layer" else len(blank) - int(np.argmin(blank[::-1])) if (
            not blank.all()) else 0
        if not last:
            raise ConnectError("{} has no rows.".format(self.source.name))
        self.lines, self._empty = self.lines[:last], blank[:last]
        self._long = np.concatenate([chunk["long"] for chunk in chunks])[:last]
        self._placed = np.concatenate([chunk["placed"] for chunk in chunks])[:last]
        self._parsed = {role: times.Parsed.join([chunk["moments"][role] for chunk in chunks]).take(slice(0, last))
                        for role in chunks[0]["moments"]}
        self._positions = {pair: tuple(np.concatenate([chunk["positions"][pair][axis] for chunk in chunks])[:last]
                                       for axis in (0, 1)) for pair in self._places}
        self._words = {role: union_categoricals([chunk["words"][role] for chunk in chunks])[:last]
                       for role in self._texts}

    def _digest(self, chunk):
        """The little that is kept of a chunk of texts."""
        texts = {column: chunk[column] for column in chunk if column not in GEOMETRY}
        positions = {pair: tuple(coordinates.numbers(chunk[column]) for column in pair) for pair in self._places}
        placed = np.zeros(len(chunk), dtype=bool)
        for pair in self._places:
            for column in pair:
                placed |= chunk[column].notna().to_numpy() if column in GEOMETRY else (texts[column] != "").to_numpy()
        moments = {role: times.parse(texts[self.mapping[role]], texts.get(self.mapping.get(role + "_time")))
                   for role in _MOMENTS if role in self.mapping}
        words = {role: _categorical(texts[self.mapping[role]]) for role in self._texts}
        written = [placed, *(parsed.given for parsed in moments.values()),
                   *((values.categories != "")[values.codes] for values in words.values())]
        return {"lines": chunk.index.to_numpy(), "long": too_long(chunk), "placed": placed, "positions": positions,
                "blank": ~np.logical_or.reduce(written), "moments": moments, "words": words}

    def words(self, role):
        """Texts of a role as a categorical, or None if the source has none."""
        return self._words.get(role)

    def ids(self):
        """Ids of the rows, "" where the source has none; a column that looks like persons is not used."""
        words = self.private("id")
        if words is None:
            return np.full(len(self.lines), "", dtype=object)
        names, hidden = privacy.without_contacts(words.categories.map(_plain_id))
        if hidden:
            self.warnings.append("{} ids in column {} look like contacts of persons and were replaced.".format(
                hidden, self.mapping["id"]))
        return names[words.codes]

    def private(self, role):
        """Texts of a role that are to be stored; None, with a warning, if they look like persons."""
        words = self._words.get(role)
        if words is None:
            return None
        what = privacy.values_about_persons(words.categories)
        if what:
            self.warnings.append("The values of column {} look like {} and were dropped.".format(
                self.mapping[role], what))
            del self.mapping[role], self._words[role]
            return None
        return words

    @property
    def dropped_columns(self):
        """Columns of the source that nothing was kept of."""
        used = set(self.mapping.values())
        return [column for column in self.source.columns if column not in used]

    # Times

    def _moments(self, needed):
        for role in [role for role in self._parsed if _like_births(self._parsed[role])]:
            self.warnings.append("The values of column {} look like birth dates and were dropped.".format(
                self.mapping[role]))
            del self._parsed[role], self.mapping[role]
        self._need(self.mapping, needed)
        if not any((parsed.clock != times.NAT).any() for parsed in self._parsed.values()):
            raise ConnectError("No date in {} of {} can be read; check MAPPING, and write dates as 2019-03-01 14:30."
                               .format(" or ".join(self.mapping[role] for role in self._parsed), self.source.name))
        local = self._zulu_is_local()
        found = {}
        for role, parsed in self._parsed.items():
            utc = names_utc(self.mapping[role])
            reading = times.Reading("UTC", True) if utc else times.Reading(self.zone, self._zone_named, local)
            found[role] = times.spans(parsed, reading)
            self.reject(parsed.given & (parsed.clock == times.NAT), "a date or time that cannot be read",
                        self.mapping[role])
        self._parsed = None
        return found

    def _zulu_is_local(self):
        labels = self._words.pop("shift_label", None)
        role = next((role for role in _MOMENTS if role in self._parsed), None)
        if labels is None or role is None:
            return False
        rows, local, utc = times.fit_of_labels(self._parsed[role], labels, self.zone)
        if times.labels_say_local(rows, local, utc):
            self.warnings.append(
                "The times in {} end in Z, which means UTC, but were read as local time ({}): read so, {:.0%} of {:,} "
                "rows fit the shift their column {} names, read as UTC {:.0%}.".format(
                    self.mapping[role], self.zone, local, rows, self.mapping["shift_label"], utc))
            return True
        return False

    # Places

    def locate(self, area):
        """Positions in the workspace's CRS; rows without one, or outside the jurisdiction, are rejected."""
        if not self._placed.any():
            raise ConnectError("No row of {} has coordinates in {}.".format(
                self.source.name, " or ".join(" and ".join(pair) for pair in self._places)))
        found = coordinates.locate(area, self._positions, self._placed, self._source_crs, self.source.crs)
        for reason in (coordinates.NO_PLACE, coordinates.NO_NUMBER, coordinates.OUTSIDE, coordinates.POWER):
            self.reject(found.reason == reason, reason, " and ".join(found.columns))
        if found.share < 0.5:
            self.warnings.append("Only {:.0%} of the points fall into the jurisdiction when {} and {} are read as {}; "
                                 "check SOURCE_CRS.".format(found.share, *found.columns, found.crs))
        unused = [role for role, column in self.mapping.items()
                  if any(column in pair for pair in self._places) and column not in found.columns]
        for role in unused:
            del self.mapping[role]
        self._positions = None
        return found

    # Rejects

    def reject(self, rows, reason, column):
        """Reject rows (a mask) that are not rejected yet."""
        rows = np.asarray(rows) & self.kept
        self.reason[rows], self.column[rows] = reason, column

    @property
    def kept(self):
        """Mask of the rows that are not rejected."""
        return self.reason == np.array(None)

    def result(self, workspace, counts, rejects):
        """Write the rejects and sum up."""
        rejected = np.flatnonzero(~self.kept)
        return ImportResult(
            read=len(self.lines), added=counts.added, updated=counts.updated,
            unchanged=len(self.lines) - counts.added - counts.updated - rejected.size, rejected=int(rejected.size),
            dropped_columns=self.dropped_columns, warnings=self.warnings, mapping=dict(self.mapping),
            reasons=dict(Counter(self.reason[rejected]).most_common()), timezone=self.zone,
            crs=workspace.settings.crs)

    def write_rejects(self, path):
        """Write line, column and reason of the rejected rows, never a value; gives the path, "" if there are none."""
        rejected = np.flatnonzero(~self.kept)
        if not rejected.size:
            return ""
        path = Path(path)
        temporary = path.with_name(path.name + ".part")
        try:
            with open(temporary, "w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(["line", "column", "reason"])
                writer.writerows(zip(self.lines[rejected].tolist(), self.column[rejected], self.reason[rejected]))
            os.replace(temporary, path)
        except OSError as error:
            raise ConnectError("The rejects file {} cannot be written; choose another folder in REJECTS.".format(path),
                               str(error)) from error
        return str(path)


def _categorical(texts):
    """Texts without blanks around them; the categories are not sorted, which would take long for ids."""
    codes, unique = pd.factorize(texts.to_numpy(object))
    stripped = pd.Index(unique, dtype=object).map(str.strip)
    again, unique = pd.factorize(stripped)
    return pd.Categorical.from_codes(again[codes], unique)


def _plain_id(name):
    """An id as text; spreadsheets make 17187047.0 of 17187047 and #REF! of what they lost."""
    if name.endswith(".0") and name[:-2].isdigit():
        return name[:-2]
    return "" if name.casefold() in _BLANK_IDS else name


def _like_births(parsed):
    known = parsed.clock != times.NAT
    return known.any() and np.mean(parsed.clock[known] < _OLDEST) > 0.3
