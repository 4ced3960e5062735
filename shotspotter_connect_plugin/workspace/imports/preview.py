"""A preview of a file before anything is imported: what it is, what its columns mean, what will not be read.

Only the first rows are looked at. The import itself judges the whole file and may still drop or reject more.
"""
from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Mapping, Optional, Union

import pandas as pd

from ...errors import ConnectError
from ...progress import SILENT
from . import coordinate_systems, coordinates, crews, privacy
from .arrest_files import refuse_arrests
from .census_columns import population_group
from .column_meanings import check_needed, find_columns, find_points, leave_labels, pairs_of
from .column_names import names_utc
from .column_recognition import ColumnMapping, recognise
from .date_order import OrderUnknown, may_need_order, with_date_order
from .earlier_alerts import complete_messages
from .file_kinds import FILE_KINDS, MAPPED, kind_of_file
from .gps_file import GpsFile
from .gps_formats import is_track, open_gps
from .gps_import import files_in
from .logins import refuse_logins
from .occurrence_columns import OCCURRENCE, find_occurrence
from .offence_columns import bare_number, choose_offence_columns, more_dispositions, supplements
from .one_crime_type import type_of_all
from .position_texts import read_positions
from .readers import FIRST_ROWS, first_rows, layers_of, open_source
from .row_source import POSITION_COLUMNS, NoRows
from .source_questions import SourceAnswers, SourceOptions, SourceQuestion, recall
from .synonyms import COLUMN_ROLES

if TYPE_CHECKING:
    from pathlib import Path

    from ...progress import Progress
    from ..store.workspace import Workspace
    from .coordinates import JurisdictionArea
    from .import_frames import FileRows
    from .row_source import RowSource

ROWS = 25
UNKNOWN_KIND = "What this file is cannot be told from its columns; choose it at “What it is”."
_NO_ROWS = "{} has no rows."
_TRIED = 20
"""Files of a folder that are tried before it is given up."""


@dataclass
class Preview:
    """What a first look at a file has found.

    Attributes
    ----------
    kind : str
        A key of :data:`FILE_KINDS`; "" where nothing tells.
    columns : list of str
    mapping : dict
        Role -> column, as the import would take them.
    left_out : dict
        Column -> why nothing of it will be read.
    rows : pandas.DataFrame
        The first rows as texts, without the columns about persons.
    answers : SourceAnswers
        What is not left to guessing, now or from an earlier import.
    question : SourceQuestion or None
        What to ask about it.
    source_crs, timezone : str
        What the file would be taken for; empty where it has no places or no times.
    holds_rows : bool
        Whether there is anything in it to import.
    problems, notes : list of str
        Why it cannot be imported as it is; what else is worth knowing.
    """

    path: str
    kind: str = ""
    columns: list[str] = field(default_factory=list)
    mapping: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    rows: FileRows = field(default_factory=pd.DataFrame)
    answers: SourceAnswers = field(default_factory=SourceAnswers)
    question: Optional[SourceQuestion] = None
    source_crs: str = ""
    timezone: str = ""
    holds_rows: bool = True
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def importable_parts(path: Union[str, Path]) -> list[str]:
    """What a file holds that has to be imported one by one: its layers, those named like our tables if there are any.

    Returns
    -------
    list of str
        The path itself, or ``path|layername=name`` of each layer.
    """
    path = str(path)
    folder = os.path.isdir(path) and not path.lower().endswith(".gdb")
    names = [] if "|layername=" in path or folder else layers_of(path)
    if len(names) < 2 or is_track(path):
        return [path]
    ours = [name for name in names if name in FILE_KINDS]
    return [path + "|layername=" + name for name in ours or names]


def preview_file(workspace: Workspace, path: Union[str, Path], kind: str = "", mapping: ColumnMapping = None,
                 source_crs: str = "", source_timezone: str = "", progress: Progress = SILENT,
                 date_order: str = "", crime_type: str = "") -> Preview:
    """Look at the first rows of a file, and at all its dates where the first can be read in several orders.

    Parameters
    ----------
    workspace : Workspace
    path : str
        File or folder.
    kind : str
        A key of :data:`FILE_KINDS`, if the user said what it is; found out if not.
    mapping, source_crs, source_timezone, date_order, crime_type
        As the importers take them.

    Returns
    -------
    Preview
        What is wrong with the file stands in its ``problems``; no ConnectError leaves this function.
    """
    found, options = Preview(str(path), kind), SourceOptions(
        mapping, source_crs, source_timezone, date_order, crime_type)
    try:
        found.kind = kind or kind_of_file(workspace, str(path), progress)
        if not found.kind:
            found.problems.append(UNKNOWN_KIND)
            _preview_unknown(found, progress)
            return found
        if found.kind == "gps_fixes":
            _preview_gps(workspace, found, options, progress)
        elif found.kind in MAPPED:
            _preview_rows(workspace, found, options, progress)
        else:
            _preview_layer(workspace, found, options, progress)
    except SourceQuestion as unknown:
        _ask(found, unknown)
    except ConnectError as error:
        found.problems.append(error.user)
        found.holds_rows = not isinstance(error, NoRows)
    return found


def changed_mapping(mapping: Mapping[str, str], given: Mapping[str, Optional[str]], column: str,
                    role: str) -> dict[str, str]:
    """What is given (role -> column or "") after the user gave a column another role, or "" for none.

    Parameters
    ----------
    mapping, given : dict
        Of the :class:`Preview` that the user saw: what every column means, and what of it was given.
    """
    now = {given_role: given_column or "" for given_role, given_column in given.items()}
    for old, used in mapping.items():
        if used == column and old != role:
            now[old] = ""
    if role:
        now[role] = column
    return now


_DATES = {
    "incidents": ("occurred", "occurred_from", "occurred_to", "reported"), "gunfire": ("occurred",),
    "tactic_log": ("at", "to"), "roster": ("shift_date", "from", "to"), "calendar": ("date", "from", "to", "issued"),
    "sensor_coverage": ("from", "to")}
"""Kind -> roles that hold dates."""


def _ask_order(found: Preview, source: RowSource, head: FileRows, date_order: str, progress: Progress) -> None:
    """Find the order of the dates, or raise what to ask about it."""
    columns = [found.mapping[role] for role in _DATES[found.kind] if role in found.mapping]
    if not any(may_need_order(head[column]) for column in columns if column in head):
        return
    found.answers = with_date_order(found.answers, source, columns, date_order, found.notes, progress)


def _ask(found: Preview, unknown: SourceQuestion) -> None:
    found.question = unknown
    found.problems.append(unknown.question)
    if unknown.parameter == "SOURCE_CRS":
        found.source_crs = next(iter(unknown.choices))


def _preview_unknown(found: Preview, progress: Progress) -> None:
    """The columns and first rows of a file of which somebody has to say what it is."""
    source = open_source(found.path, areas=True)
    found.columns, head = list(source.columns), first_rows(source, source.columns, progress, FIRST_ROWS)
    if not len(head):
        found.problems, found.holds_rows = [_NO_ROWS.format(source.name)], False
    else:
        try:
            refuse_arrests(source.name, found.columns, head)
        except ConnectError as error:  # nobody is to be sent to the import of incidents with it
            found.problems.append(error.user)
    _leave_out(found, head, all_known=False)


def _preview_rows(workspace: Workspace, found: Preview, options: SourceOptions, progress: Progress) -> None:
    """Files that are mapped: incidents, gunfire, tactic logs, rosters and the calendar."""
    source = open_source(found.path, found.kind)
    if found.kind == "gunfire":
        complete_messages(workspace, source)
    found.columns = list(source.columns)
    found.answers = recall(workspace, found.kind, source.columns, options, found.notes)
    found.mapping = find_columns(source.columns, found.kind, found.answers.mapping, [])
    columns = [*source.columns, *(POSITION_COLUMNS if source.has_geometry else ())]
    head = first_rows(source, columns, progress, FIRST_ROWS)
    if not len(head):
        raise NoRows(_NO_ROWS.format(source.name))
    leave_labels(source, found.mapping, found.answers.mapping, progress, head)
    find_points(source, found.kind, found.mapping, found.answers.mapping, progress, head)
    if found.kind == "incidents" and not set(OCCURRENCE) & {*found.mapping, *found.answers.mapping}:
        find_occurrence(head[source.columns], found.mapping, found.notes)
    found.notes += source.notes()
    if found.kind == "incidents":
        refuse_arrests(source.name, source.columns, head)
        texts = head[[column for column in source.columns if not privacy.about_persons(column)]]
        chosen = choose_offence_columns(texts, found.mapping, found.answers.mapping)
        found.mapping = chosen.merged(found.mapping)
        found.notes += chosen.notes
        found.mapping.update(more_dispositions(texts, found.mapping, found.answers.mapping))
        found.mapping.update(supplements(texts, found.mapping, found.answers.mapping))
        found.mapping.update(bare_number(texts, found.mapping, found.answers.mapping))
    if found.kind == "gunfire":
        texts = head[[column for column in source.columns if not privacy.about_persons(column)]]
        found.mapping.update(more_dispositions(texts, found.mapping, found.answers.mapping, found.kind))
    for role in [role for role in found.mapping if found.kind in ("roster", "tactic_log") and (
            role == "unit" or role.startswith("officer"))]:
        refuse_logins(crews.codes_of(head[found.mapping[role]].unique(), role != "unit"), source.name,
                      found.mapping[role], role, bool(found.answers.mapping.get(role)))
    _leave_out(found, head)
    moments = [column for role, column in found.mapping.items() if role in (
        "occurred", "occurred_from", "reported", "at", "from")]
    if moments:
        found.timezone = "UTC" if all(names_utc(column) for column in moments) else (
            found.answers.source_timezone or workspace.settings.timezone)
    if found.kind in ("incidents", "gunfire"):
        found.source_crs = _crs(workspace, source, found, head)
    of_all = found.kind == "incidents" and type_of_all(
        workspace, source, found.mapping, found.answers.crime_type, head)
    check_needed(source, found.kind, found.mapping, ("offence",) if of_all else ())
    _ask_order(found, source, head, options.date_order, progress)


def _preview_gps(workspace: Workspace, found: Preview, options: SourceOptions, progress: Progress) -> None:
    """One file of fixes, or the first of a folder that can be read: the others are skipped by the import, too."""
    files = files_in(found.path)
    area = coordinates.JurisdictionArea(workspace)
    for number, path in enumerate(files):
        try:
            source = open_gps(path)
            found.columns, head = list(source.columns), first_rows(source, source.columns, progress, FIRST_ROWS)
            _leave_out(found, head)
            file = _gps_file(workspace, found, files, path, options, area, progress)
        except ConnectError:
            if number == min(len(files), _TRIED) - 1:
                raise
        else:
            break
    if os.path.isdir(found.path):
        found.notes.append(f"{len(files):,} files in this folder; these are the columns of {os.path.basename(path)}.")
    found.answers, found.mapping, found.source_crs, found.timezone = file.answers, file.mapping, file.crs, file.zone
    found.notes += file.warnings + file.source.notes()
    _leave_out(found, head)
    if not file.is_near():
        found.notes.append("None of the first positions lies in the jurisdiction.")
    if "unit" not in found.mapping:
        found.notes.append("No column of units: the file is one unit, named like the file.")


def _gps_file(workspace: Workspace, found: Preview, files: list[str], path: str, options: SourceOptions,
              area: JurisdictionArea, progress: Progress) -> GpsFile:
    """One file of fixes; what to ask about its dates is put into ``found``, unless another file of the folder tells."""
    try:
        return GpsFile(workspace, path, options, area, progress)
    except OrderUnknown as unknown:
        for other in files[:_TRIED]:
            try:
                order = GpsFile(workspace, other, options, area, progress).answers.date_order
            except ConnectError:
                continue
            if order in unknown.choices:
                return GpsFile(workspace, path, replace(options, date_order=order), area, progress)
        _ask(found, unknown)
        return GpsFile(workspace, path, replace(options, date_order=next(iter(unknown.choices))), area, progress)


def _preview_layer(workspace: Workspace, found: Preview, options: SourceOptions, progress: Progress) -> None:
    source = open_source(found.path, areas=True)
    found.columns = list(source.columns)
    if found.kind in COLUMN_ROLES:
        found.mapping = recognise([column for column in source.columns if not privacy.about_persons(column)],
                                  found.kind)
    head = first_rows(source, source.columns, progress, FIRST_ROWS)
    _leave_out(found, head, found.kind in COLUMN_ROLES)
    if found.kind in _DATES:
        found.answers = recall(workspace, found.kind, source.columns, SourceOptions(), found.notes)
        _ask_order(found, source, head, options.date_order, progress)


def _leave_out(found: Preview, head: FileRows, all_known: bool = True) -> None:
    """Say of every column that is not used why; of columns about persons nothing is shown."""
    found.left_out = {}
    for column in found.columns:
        # Residents are counted by group, and no value of them is a person's.
        counted = found.kind == "neighbourhoods" and population_group(column)
        about = "" if counted else privacy.about_persons(column)
        if not about and not counted and column in head:
            about = privacy.values_about_persons(head[column])
            about = "" if about == "number plates" and found.kind not in ("incidents", "gunfire") else about
        if about:
            found.left_out[column] = f"looks like {about}: never read"
            found.mapping = {role: used for role, used in found.mapping.items() if used != column}
        elif all_known and column not in found.mapping.values():
            found.left_out[column] = "not needed"
    hidden = [column for column in found.columns if found.left_out.get(column, "").startswith("looks")]
    found.rows = head[[column for column in found.columns if column in head and column not in hidden]].head(ROWS)


def _crs(workspace: Workspace, source: RowSource, found: Preview, head: FileRows) -> str:
    samples = {pair: coordinate_systems.sample_positions(read_positions(head, pair))
               for pair in pairs_of(source, found.mapping)}
    if not samples:
        return ""
    area = coordinates.JurisdictionArea(workspace)
    system = coordinate_systems.choose_system(area, samples, found.answers.source_crs, source.crs)
    found.notes += system.told()
    if not system.share:
        found.notes.append(coordinate_systems.no_point_inside(area, system, found.answers.source_crs or source.crs))
    return system.crs
