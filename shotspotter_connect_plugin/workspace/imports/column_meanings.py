"""The header of a file: what its columns are for one of our tables, without those about persons."""
from __future__ import annotations

from typing import TYPE_CHECKING, Collection, Mapping, Optional, Sequence

from ...errors import ConnectError, some
from ...forecast.instants import NAT
from . import privacy, time_texts
from .clock_texts import is_number
from .column_names import NAMES_ZONE, names_utc, plain, words_of
from .column_recognition import ColumnMapping, given_roles, recognise
from .place_columns import add_points
from .readers import FIRST_ROWS, first_rows
from .row_source import POSITION_COLUMNS
from .source_questions import SourceQuestion
from .synonyms import COLUMN_ROLES

if TYPE_CHECKING:
    from ...progress import Progress
    from .import_frames import FileRows
    from .position_texts import Pair
    from .row_source import RowSource

_PLACED = ("incidents", "gunfire", "gps_fixes")
_NEEDED = {
    "incidents": ((("offence", "offence_code", "offence_flag", "murder_flag"), "the offence"),
                  (("occurred", "occurred_from", "occurred_to", "occurred_year", "reported"), "the time")),
    "gunfire": ((("occurred", "occurred_year"), "the time"),),
    "gps_fixes": ((("at",), "the time"),),
    "roster": ((("unit",), "the unit"), (("officer",), "the officer's badge number"),
               (("from", "shift"), "the start or the shift")),
    "tactic_log": ((("tactic",), "the tactic"), (("at",), "the time"),
                   (("officer", "unit"), "the officer's badge number or the unit")),
    "calendar": ((("date", "from"), "the date"),),
}
"""Table -> (roles of which one must be there, what it is)."""
_WORDS = tuple((frozenset(roles.split()), frozenset(words.split())) for roles, words in (
    ("occurred at date from", "date time datetime timestamp dt dttm fecha data datum zeit"),
    ("offence tactic", "offense offence crime nature incident category charge ucr nibrs activity type"),
    ("unit", "unit car vehicle radio device position callsign"), ("officer", "badge officer employee serial member"),
    ("longitude", "longitude lon lng long x point geom geometry coordinates")))
"""What stands in names of columns that may be those of roles, where none is known by its whole name."""
_LATER = frozenset("end ended until closed cleared updated modified".split())
_SHORT = 40


def find_columns(columns: Sequence[str], table: str, mapping: ColumnMapping, warnings: list[str]) -> dict[str, str]:
    """Role -> column, without columns about persons, mapped or not; what was left out is told in ``warnings``.

    Parameters
    ----------
    columns : list of str
    table : str
        A key of ``synonyms.COLUMN_ROLES``.
    mapping : dict or str or None
        As ``synonyms.recognise`` takes it.
    warnings : list of str
    """
    about = {column: privacy.about_persons(column) for column in columns}
    given = given_roles(columns, table, mapping)
    for role, column in given.items():
        if column and about[column]:
            given[role] = None
            warnings.append(f"Column {column} looks like {about[column]} and was not read.")
    found = recognise([column for column in columns if not about[column]], table, given)
    free = [column for column in columns if column not in {*found.values(), *filter(None, given.values())}
            and not about[column]]
    _number_ends(found, free, given, warnings)
    _date_beside_utc(found, free, given)
    _settle_times(found, given)
    if "occurred_time" in found and not {"occurred", "occurred_from", "reported"} & set(found):
        found["occurred"] = found.pop("occurred_time")  # the only time there is: it has a date, or no row can be read
    if {"address", "block"} <= set(found):
        del found["address"]
    personal = [column for column in columns if about[column]]
    if personal:
        kinds = ", ".join(sorted({about[column] for column in personal}))
        warnings.append(f"Columns about persons were left out ({kinds}): {some(personal)}.")
    return found


def _settle_times(found: dict[str, str], given: Mapping[str, Optional[str]]) -> None:
    """Leave out the parts of a date where a column has all of it, and put times of day to the dates they stand beside.
    """
    dated = {"occurred", "occurred_from"} & set(found)
    parts = {"occurred_year", "occurred_month", "occurred_day"}
    if "occurred_month" in found and not dated and not {"occurred_year", "occurred_day"} & set(found):
        found["occurred"] = found.pop("occurred_month")  # 2023-03, as there is no year beside it
    elif dated or not {"occurred_year", "occurred_month"} <= set(found):
        for role in parts - set(given):
            found.pop(role, None)
    others = [role for role in ("occurred_from", "reported") if role in found]
    if "occurred" in found or "occurred_year" in found or not others:
        return
    for part in ("_time", "_hour", "_half"):
        if "occurred" + part in found and others[0] + part not in found:
            found[others[0] + part] = found.pop("occurred" + part)


def _number_ends(found: dict[str, str], free: Sequence[str], given: Mapping[str, Optional[str]],
                 warnings: list[str]) -> None:
    """Take "Date1" and "Date2" for the two ends between which an offence happened."""
    if "occurred" not in found or {"occurred", "occurred_from", "occurred_to"} & {*given} or "occurred_to" in found:
        return
    last = _second(found["occurred"], free)
    if not last:
        return
    first = found["occurred_from"] = found.pop("occurred")
    found["occurred_to"] = last
    if "occurred_time" in found:
        found["occurred_from_time"] = found.pop("occurred_time")
        ends = _second(found["occurred_from_time"], free)
        found.update({"occurred_to_time": ends} if ends else {})
    warnings.append(f"Columns {first} and {last} were taken for the times between which each offence happened. If they "
                    f'are not, say so in MAPPING, as in {{"occurred": "{first}"}}.')


def _second(column: str, free: Sequence[str]) -> str:
    """The free column named as one that bears a 1, with a 2 in its place; "" where there is none."""
    name = plain(column)
    return next((other for other in free if name.count("1") == 1 and plain(other) == name.replace("1", "2")), "")


def _date_beside_utc(found: dict[str, str], free: Sequence[str], given: Mapping[str, Optional[str]]) -> None:
    """Put a time of a fix that is named as a time of day in UTC beside the column of dates."""
    roles = COLUMN_ROLES["gps_fixes"]
    at = found.get("at", "")
    if "at" in given or "at_time" in {*found, *given} or not names_utc(at) or \
            NAMES_ZONE.sub("", plain(at)) not in roles["at_time"]:
        return
    dates = [name for name in roles["at"] if "date" in name and "time" not in name]
    date = next((column for column in free if plain(column) in dates), "")
    if date:
        found.update({"at": date, "at_time": at})


def find_points(source: RowSource, table: str, found: dict[str, str], given: dict[str, Optional[str]],
                progress: Progress, head: Optional[FileRows] = None) -> None:
    """Complete the columns of a table with places by those that hold both numbers of a position, unless others were
    found or ``given`` says otherwise: the first rows (``head``, read if not given) are looked at."""
    if table in _PLACED and not {"longitude", "latitude", "x", "y", "point"} & set(given):
        add_points(source, found, COLUMN_ROLES[table]["point"], progress, head)


def leave_labels(source: RowSource, found: dict[str, str], given: Mapping[str, Optional[str]], progress: Progress,
                 head: Optional[FileRows] = None) -> None:
    """Leave out columns that are named like times of day and hold none, but labels (Night): an hour or a time in the
    date would else be passed over for them. The first rows (``head``, read if not given) are looked at."""
    roles = [role for role in found if role.endswith("_time") and role not in given]
    if not roles:
        return
    rows = first_rows(source, [found[role] for role in roles], progress, FIRST_ROWS) if head is None else head
    for role in roles:
        clocks = time_texts.parse_clocks(rows[found[role]])
        are_times = (clocks.clock != NAT) | is_number(clocks.numbers)
        if clocks.written.any() and not are_times.any() and (time_texts.parse(rows[found[role]]).clock == NAT).all():
            del found[role]


def pairs_of(source: RowSource, found: dict[str, str]) -> list[Pair]:
    """The columns of every position of a source: (x column, y column), degrees first, then (column of both,)."""
    pairs: list[Pair] = [POSITION_COLUMNS] if source.has_geometry else []
    if "longitude" in found and "latitude" in found:
        pairs.append((found["longitude"], found["latitude"]))
    number = ""
    while "x" + number in found and "y" + number in found:
        pairs.append((found["x" + number], found["y" + number]))
        number = str(int(number or 1) + 1)
    return pairs + [(column,) for role, column in found.items() if role.rstrip("0123456789") == "point"]


class HeaderMissing(SourceQuestion):
    """A file without a header was given for a table whose columns are known by their names.

    ``missing`` is (role, what it is) of what cannot be known.
    """

    parameter = "MAPPING"

    def __init__(self, name: str, columns: Sequence[str], missing: Sequence[tuple[str, str]]) -> None:
        roles = ", ".join(f'"{role}": "{column}"' for (role, _), column in zip(missing, columns))
        super().__init__(
            f"{name} has no header; its first line is a row already. Say in MAPPING which of column 1 to column "
            f"{len(columns)} is {' and '.join(what for _, what in missing)}, as in {{{roles}}}.",
            f"{name} has no header. Say what each of its columns is.", "", "", {})


def missing_roles(source: RowSource, table: str, found: dict[str, str]) -> list[tuple[str, str]]:
    """(role, what it is) of every column that is missing without which no row of a source can be taken in."""
    missing = [(roles[0], what) for roles, what in _NEEDED[table] if not set(roles) & set(found)]
    if table in _PLACED and not pairs_of(source, found):
        missing.append(("longitude", "a position (longitude and latitude, x and y, or point)"))
    return missing


def check_needed(source: RowSource, table: str, found: dict[str, str], told: Collection[str] = ()) -> None:
    """Raise one sentence if a column is missing without which no row of a source can be taken in; what stands in the
    columns of the roles in ``told`` the user has said."""
    missing = [one for one in missing_roles(source, table, found) if one[0] not in told]
    if missing and source.kind == "bare":
        raise HeaderMissing(source.name, source.columns, missing)
    if missing:
        likely = _likely(source.columns, missing[0][0], found)
        columns = [*likely, *(column for column in source.columns if column not in likely)]
        raise ConnectError(f"{source.name} has no column for {' and '.join(what for _, what in missing)}; its columns "
                           f"are: {some(columns)}. Name the right one in MAPPING, as in "
                           f'{{"{missing[0][0]}": "{likely[0] if likely and len(likely[0]) < _SHORT else "column"}"}}.')


def _likely(columns: Sequence[str], role: str, found: dict[str, str]) -> list[str]:
    """Columns without a role that are named, in some word, as those of a role are."""
    about = next((words for roles, words in _WORDS if role in roles), frozenset())
    named = {column: set(words_of(column)) for column in columns
             if column not in found.values() and not privacy.about_persons(column)}
    return [column for column, words in named.items() if words & about and not words & _LATER]
