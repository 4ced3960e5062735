"""A file in which no column tells the offence: of which crime type all its rows are, somebody must say."""
from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from ...errors import ConnectError, some
from ...forecast.allowed_inputs import may_be_forecast
from .column_meanings import missing_roles
from .offence_columns import ROLES
from .other_offences import other_offence
from .source_questions import SourceQuestion

if TYPE_CHECKING:
    from ..store.workspace import Workspace
    from .import_frames import FileRows
    from .row_source import RowSource

_TELLING = ("offence", "offence_code", "offence_flag", "murder_flag")


class CrimeTypeUnknown(SourceQuestion):
    """No column of a file of incidents tells what they were."""

    parameter = "CRIME_TYPE"


def types_of(workspace: Workspace) -> dict[str, str]:
    """Code -> name of the crime types that incidents may have, in the workspace's order."""
    rows = workspace.read("crime_types", ["crime_type", "name"], order_by="sort_order")
    return {code: name or code for code, name in zip(rows["crime_type"], rows["name"]) if may_be_forecast(code)}


def type_of_all(workspace: Workspace, source: RowSource, found: dict[str, str], given: str,
                head: Optional[FileRows] = None) -> str:
    """The crime type of all rows of a file of incidents, "" where its own columns tell.

    Parameters
    ----------
    found : dict
        Role -> column.
    given : str
        What the user says, now or earlier: a code, or its name.
    head : pandas.DataFrame, optional
        First rows; if not given, the whole file is looked at for offences of other types.

    Raises
    ------
    CrimeTypeUnknown
        When only the offence is missing, and nothing is said.
    ConnectError
        When what is said is no crime type of the workspace, or a column tells the offence, even if it is left out.
    """
    types = types_of(workspace)
    if not given:
        missing = [role for role, _ in missing_roles(source, "incidents", found)]
        if missing == ["offence"] and source.kind != "bare":
            raise _question(source, types)
        return ""
    code = given if given in types else next((code for code, name in types.items() if given.strip().casefold() in (
        code, name.casefold())), "")
    if not code:
        raise ConnectError(f"CRIME_TYPE {given} is no crime type of this workspace; choose one of: "
                           f"{', '.join(types)}.")
    telling = [role for role in _TELLING if role in found]
    others = {role: column for role, column in found.items() if role.rstrip("0123456789") not in ROLES}
    other = other_offence(source, others, code, head)
    if other is not None:
        raise ConnectError(f"Column {other[0]} of {source.name} tells other offences, as “{other[1]}”, so one "
                           "CRIME_TYPE cannot stand for all rows: leave CRIME_TYPE empty, name the column as "
                           "offence in MAPPING, and decide its words in OFFENCES.")
    if telling:
        raise ConnectError(f"Column {found[telling[0]]} of {source.name} tells what its rows are, so one CRIME_TYPE "
                           "cannot stand for them all: leave it empty, or leave the column out with MAPPING "
                           f'{{"{telling[0]}": ""}}.')
    return code


def _question(source: RowSource, types: dict[str, str]) -> CrimeTypeUnknown:
    missing = f"{source.name} has no column for the offence"
    return CrimeTypeUnknown(
        f"{missing}; its columns are: {some(source.columns)}. Set CRIME_TYPE to the one type of all its rows, or name "
        'the column in MAPPING, as in {"offence": "column"}.',
        f"{missing}. Which crime type are all its rows? Choose at Crime type, or say which column tells it.",
        "", "", types)
