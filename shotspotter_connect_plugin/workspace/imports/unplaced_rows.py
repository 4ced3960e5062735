"""A file of rows without places on its way into a table: a roster, a log of tactics."""
from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Callable, Sequence, TypeVar, Union

import numpy as np
import pandas as pd

from ...errors import ConnectError
from ...forecast.shifts import check_timezone
from . import crews, privacy, source_times, utc_offsets
from .cell_texts import plain_code
from .column_meanings import check_needed, find_columns
from .column_names import names_utc
from .date_order import with_date_order
from .earlier_readings import FormerReadings
from .import_result import ImportResult
from .logins import LOGIN, refuse_logins
from .readers import open_source, read_whole
from .rejected_rows import RejectedRows, rejects_path
from .row_source import FAULT, FAULTS, NoRows
from .source_questions import recall

if TYPE_CHECKING:
    from pathlib import Path

    from ...forecast.arrays import Bools, Objects
    from ...progress import Progress
    from ..store.workspace import Counts, Workspace, Writer
    from .source_questions import SourceOptions
    from .time_texts import ParsedTimes

Result = TypeVar("Result", bound=ImportResult)


class UnplacedFile:
    """All rows of a file as texts by role, and which of them were not rejected yet.

    Parameters
    ----------
    table
        A key of ``synonyms.ROLES``.
    path
        As :func:`~.incident_import.import_incidents` takes it.
    options : SourceOptions
    codes : list of str
        Roles that hold badge numbers or codes of units; a file that has names of persons there is refused.
    dates : list of str
        Roles that hold dates.

    Raises
    ------
    ConnectError
        When the file cannot be read or has no rows, a column that is needed is missing, or codes look like persons.
    """

    def __init__(self, workspace: Workspace, table: str, path: Union[str, Path], options: SourceOptions,
                 codes: Sequence[str], dates: Sequence[str], progress: Progress) -> None:
        self._workspace, self._table = workspace, table
        self.source, self.rejects = open_source(path, table), RejectedRows()
        self.warnings: list[str] = []
        self.answers = recall(workspace, table, self.source.columns, options, self.warnings)
        self.zone = check_timezone(self.answers.source_timezone or workspace.settings.timezone)
        self._zone_named = bool(self.answers.source_timezone)
        self.mapping = find_columns(self.source.columns, table, self.answers.mapping, self.warnings)
        check_needed(self.source, table, self.mapping)
        rows = read_whole(self.source, self.mapping.values(), progress)
        self.warnings.extend(self.source.notes())
        texts = rows[list(dict.fromkeys(self.mapping.values()))].apply(lambda column: column.str.strip())
        blank = ((texts == "").all(axis=1) & (rows[FAULT] == 0)).to_numpy()
        if self.source.kind != "layer":
            # Blank lines at the end of a text file are no rows.
            filled = slice(np.flatnonzero(~blank).max(initial=-1) + 1)
            rows, texts, blank = rows[filled], texts[filled], blank[filled]
        if rows.empty:
            raise NoRows(f"{self.source.name} has no rows.")
        self.lines = rows.index.to_numpy()
        self._texts = {role: texts[column].reset_index(drop=True) for role, column in self.mapping.items()}
        logins = {one: self._refuse_persons(one, role) for role in codes for one in self.roles(role)}
        columns = [self.mapping[role] for role in dates if role in self.mapping]
        self.answers = with_date_order(self.answers, self.source, columns, options.date_order, self.warnings,
                                       rows=rows)
        self.date_order = self.answers.date_order
        self.good = np.ones(len(rows), dtype=bool)
        self.reject(blank, "an empty row")
        for number in range(1, len(FAULTS)):
            self.reject(rows[FAULT] == number, FAULTS[number])
        for role, values in logins.items():
            if values:
                self.reject([not values.isdisjoint(crews.parts_of(cell)) for cell in self.texts(role)], LOGIN, role)

    def __len__(self) -> int:
        return len(self.lines)

    def _refuse_persons(self, role: str, named: str) -> frozenset[str]:
        """Raise one sentence where codes are persons; gives the few of them that may be."""
        cells = self.texts(role).unique()
        what = privacy.values_about_persons([part for cell in cells for part in crews.parts_of(cell)]
                                            if named == "officer" else cells)
        if what and what != "number plates":
            raise ConnectError(f'The values of column {self.mapping[role]} look like {what}; give badge numbers or '
                               f'codes of units, and name their column in MAPPING, as in {{"{named}": "column"}}.')
        if role not in self.mapping:
            return frozenset()
        return refuse_logins(crews.codes_of(cells, named == "officer"), self.source.name, self.mapping[role], role,
                             bool(self.answers.mapping.get(role)))

    def roles(self, role: str) -> list[str]:
        """A role, and the further ones that are numbered after it: ``officer``, ``officer2`` and so on."""
        return [role, *(name for name in self.mapping if re.fullmatch(role + r"\d+", name))]

    def texts(self, role: str) -> pd.Series:
        """Texts of a role without blanks around them; empty where the source has none."""
        return self._texts.get(role, pd.Series("", index=range(len(self.lines)), dtype=object))

    def codes(self, role: str) -> Objects:
        """Codes of a role, None where there is none."""
        codes = self.texts(role).map(plain_code)
        return codes.where(codes != "", None).to_numpy(object)

    def reject(self, rows: Union[Bools, pd.Series, list[bool]], reason: str, role: str = "") -> None:
        """Reject rows (a mask) that are not rejected yet, for what stands in a role's column."""
        rows = np.asarray(rows, dtype=bool) & self.good
        self.rejects.add(self.lines[rows], self.mapping.get(role, ""), reason)
        self.good &= ~rows

    def instants(self, role: str, parsed: ParsedTimes) -> pd.Series:
        """Series of instants of parsed texts of a role; NaT where no time of day is known."""
        column = self.mapping.get(role, "")
        zone = "UTC" if names_utc(column) else self.zone
        said = "" if self._zone_named else utc_offsets.named_otherwise(column, zone)
        if said and (parsed.timed & ~parsed.offset).any():
            raise utc_offsets.ZoneContradicted(self.source.name, column, said, zone)
        return source_times.instants(parsed, zone, self.date_order, self._zone_named and zone == self.zone)

    def take_in(self, rejects: str, write: Callable[[Writer], tuple[Counts, dict[str, Any]]],
                leave: Callable[[Writer, SourceOptions], int], noun: str, result: type[Result]) -> Result:
        """Write everything in one transaction -> the result.

        Parameters
        ----------
        rejects : str
            Where rejected rows go; beside the workspace if empty.
        write : function
            ``write(writer)`` writes the good rows and gives the store's counts and a dict of further attributes.
        leave : function
            ``leave(writer, options)`` removes what the file gives as it is read with these options and did not give to
            ``write``, and tells how many rows (``noun``) that were.
        result : type
            :class:`ImportResult` or a subclass that has these attributes.
        """
        former = FormerReadings(self._workspace, self._table, self.source, noun)
        with self._workspace.transaction() as writer:
            done, more = write(writer)
            gone = sum(leave(writer, options) for options in former.options(self.answers))
            self.warnings.extend(former.told(self.answers, gone))
            found = result(
                read=len(self), added=done.added, updated=done.updated, rejected=len(self.rejects),
                unchanged=len(self) - len(self.rejects) - done.added - done.updated,
                dropped_columns=self.source.unused(self.mapping),
                warnings=self.warnings, mapping=self.mapping, reasons=dict(self.rejects.reasons.most_common()),
                crs=self._workspace.settings.crs, timezone=self.zone, answers=self.answers, **more)
            found.record(writer, self._table, self.source.name, former.digest, former.content)
            found.rejects = self.rejects.write(rejects_path(self._workspace, self._table, rejects))
            found.check_taken(self.source.name)
        return found
