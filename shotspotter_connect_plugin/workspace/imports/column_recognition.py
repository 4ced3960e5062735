"""Which column has which role: as a MAPPING says, else by the names that agencies give it."""
from __future__ import annotations

import re
from functools import lru_cache
from typing import Mapping, Optional, Sequence, Union

from ... import json_text
from ...errors import ConnectError, some
from .column_names import NAMES_ZONE, names_utc, plain, tells_outcome, without_clock
from .place_names import paired_by_words, words_in
from .synonyms import BY_CONTENT, COLUMN_ROLES, NUMBERED, SEVERAL

_ALIASES = {"incident_id": "id", "alert_id": "id", "place_id": "id", "crime_type": "offence", "offense": "offence",
            "occurred_utc": "occurred", "reported_utc": "reported", "occurred_from_utc": "occurred_from",
            "occurred_to_utc": "occurred_to"}
"""Names of the tables' own columns, which MAPPING may use for a role."""
_NESTED = re.compile(r"\w+(\.\w+)+")
_UNIT = re.compile(r"(?<=[a-z])\d+(m|meters?|metres?|ft|feet)?$")
_LOCAL = re.compile(r"local$|^local(?=[a-z]{3})")
_HOUR = re.compile(r"hr$")
_THROUGH, _STAMP = re.compile("through|thru"), re.compile("timestamp$|dttm$")
_SHORT_BEGIN, _SLIP = re.compile("^beg(?=date|time|dt)"), re.compile("oc+ur+(?=ed|ence|ance)")
_OF_ANOTHER = {"gps_fixes": re.compile(r"\b(call|incident|scene|job|order)\b"),
               **dict.fromkeys(("incidents", "gunfire"), re.compile(r"\b(unit|vehicle|car|avl)\b"))}
"""What says of coordinates that they are of the call and not of the car, or the other way round."""
_NAMING = ("unit", "officer")
_NOTHING = re.compile("$^")
_DIGITS = re.compile(r"\d+")
_SHAPEFILE_NAME = 10

ColumnMapping = Union[Mapping[str, Optional[str]], str, None]
"""Role -> column, empty to leave the role out, or the same as JSON; nothing where columns are to be recognised."""


def recognise(columns: Sequence[str], table: str, mapping: ColumnMapping = None) -> dict[str, str]:
    """Find the column of each role.

    Parameters
    ----------
    columns : list of str
        Of the source, in order.
    table : str
        A key of :data:`COLUMN_ROLES`.
    mapping : dict or str, optional
        Role -> column, or the same as JSON; wins over what is recognised; an empty column leaves a role out.

    Returns
    -------
    dict
        Role -> column; roles not found are left out. Each column serves one role. Where several pairs of coordinates
        are found, the further ones follow as ``x2``, ``y2`` and so on; so do further columns of :data:`SEVERAL` and
        :data:`NUMBERED`.
    """
    given = given_roles(columns, table, mapping)
    found = {role: column for role, column in given.items() if column}
    free = [column for column in columns if column not in found.values()]
    for role, names in COLUMN_ROLES[table].items():
        if role in given or role in ("x", "y", *BY_CONTENT):
            continue
        column, number = _further(free, names, role), 1
        while column is not None:
            found[role + (str(number) if number > 1 else "")] = column
            free.remove(column)
            column, number = _further(free, names, role) if role in SEVERAL else None, number + 1
    for role in NUMBERED:
        if role in found and role + "2" not in given:
            _add_numbered(free, role, found)
    if "x" in COLUMN_ROLES[table] and not {"x", "y"} & set(given):
        _pairs(free, COLUMN_ROLES[table], found)
    if "x" in COLUMN_ROLES[table] and not {"longitude", "latitude", "x", "y", *BY_CONTENT} & set(given):
        _by_words([column for column in free if not _OF_ANOTHER.get(table, _NOTHING).search(words_in(column))], found)
    return found


def _by_words(free: list[str], found: dict[str, str]) -> None:
    """Add the pair of coordinates that the words of names tell, where no pair is known by its whole names."""
    if {"longitude", "latitude"} <= set(found) or "x" in found:
        return
    alone = [role for role in ("longitude", "latitude") if role in found]
    pair = paired_by_words([*free, *(found[role] for role in alone)])
    if pair:
        for role in alone:
            del found[role]
        east, *columns = pair
        found.update(zip(("longitude", "latitude") if east == "longitude" else ("x", "y"), columns))


def given_roles(columns: Sequence[str], table: str, mapping: ColumnMapping) -> dict[str, Optional[str]]:
    """Role -> column of the source, None to leave it out, as a MAPPING (dict or JSON) says; or ConnectError."""
    if isinstance(mapping, str) and mapping.strip():
        try:
            mapping = json_text.parse(mapping)
        except ValueError as error:
            raise ConnectError('MAPPING is not JSON; write it as {"id": "Case No", "offence": "Crime"}.',
                               str(error)) from error
    if not mapping:
        return {}
    if not isinstance(mapping, dict):
        raise ConnectError('MAPPING must name a column for each role, as in {"id": "Case No", "offence": "Crime"}.')
    given: dict[str, Optional[str]] = {}
    for named, wanted in mapping.items():
        role = _ALIASES.get(str(named), str(named))
        several = {*SEVERAL, *NUMBERED} & set(COLUMN_ROLES[table])
        if role not in COLUMN_ROLES[table] and role.rstrip("0123456789") not in several:
            raise ConnectError(f"MAPPING has no role {role}; the roles are {', '.join(COLUMN_ROLES[table])}.")
        if wanted in (None, ""):
            given[role] = None
            continue
        if not isinstance(wanted, str):
            raise ConnectError('MAPPING must name a column for each role, as in {"id": "Case No", "offence": "Crime"}.')
        same = [column for column in columns if column == wanted] or [
            column for column in columns if plain(column) == plain(wanted)]
        if len(same) != 1:
            raise ConnectError(f"MAPPING names the column {wanted} for {role}, but the columns are: {some(columns)}.")
        given[role] = same[0]
    return given


def _best(columns: Sequence[str], names: Sequence[str]) -> Optional[str]:
    """The column that fits the earliest of the names: a UTC column first, a name cut off by a shapefile last; a clock
    of the server that stored a row only where there is no other."""
    ranked = []
    for order, column in enumerate(columns):
        for stage, name in enumerate(_forms(column)):
            rank = _rank(name, names)
            if rank is not None:
                ranked.append((of_server(column), not names_utc(column), 0 if stage < 2 else 1, rank, order, column))
                break
        else:
            cut = _cut_rank(column, names)
            if cut is not None:
                ranked.append((of_server(column), True, 2, cut, order, column))
    return min(ranked)[-1] if ranked else None


def of_server(column: str) -> bool:
    """Whether a column is named as the clock of a server, which runs behind that of the device."""
    return plain(column).startswith("server")


def _further(columns: Sequence[str], names: Sequence[str], role: str) -> Optional[str]:
    """The same; a disposition is told by the words of a name, too, and what is named as UTC is no unit."""
    if role in _NAMING:
        columns = [column for column in columns if not names_utc(column)]
    told = filter(tells_outcome, columns) if role == "disposition" else iter(())
    return _best(columns, names) or next(told, None)


def _add_numbered(free: list[str], role: str, found: dict[str, str]) -> None:
    """Add the columns that are named as the one found but for a number: "Officer 2" beside "Officer 1"."""
    stem = _DIGITS.sub("", plain(found[role]))
    further = [column for column in free if plain(column) in NUMBERED[role]
               or _DIGITS.sub("", plain(column)) == stem and re.search(r"\d", column)]
    for number, column in enumerate(further, 2):
        found[f"{role}{number}"] = column
        free.remove(column)


@lru_cache(maxsize=1 << 12)
def _forms(column: str) -> tuple[str, ...]:
    """A name, the same without what it says of a zone or a unit, in other words of times, and the ends of one that is
    nested."""
    name = plain(column)
    bare = _LOCAL.sub("", NAMES_ZONE.sub("", plain(without_clock(column))))
    other = _HOUR.sub("hour", bare)
    other = _THROUGH.sub("to", _STAMP.sub("datetime", _SLIP.sub("occurr", _SHORT_BEGIN.sub("begin", other))))
    nested = str(column).split(".") if _NESTED.fullmatch(str(column)) else []
    return name, bare, _UNIT.sub("", bare), other, *(plain("".join(nested[-parts:])) for parts in (2, 1) if nested)


def _rank(name: str, names: Sequence[str]) -> Optional[int]:
    return names.index(name) if name in names else None


def _cut_rank(column: str, names: Sequence[str]) -> Optional[int]:
    """Shapefiles cut names to ten characters."""
    name = plain(column)
    if len(str(column)) != _SHAPEFILE_NAME or len(name) < 6:
        return None
    return next((rank for rank, full in enumerate(names) if full.startswith(name)), None)


def _pairs(free: list[str], roles: Mapping[str, Sequence[str]], found: dict[str, str]) -> None:
    """Add every x column together with the y column named like it."""
    number = 1
    while True:
        x = _best(free, roles["x"])
        if x is None:
            return
        free.remove(x)
        twin = [column for column in free if plain(column) == plain(x).replace("x", "y", 1)
                or plain(column) == "y".join(plain(x).rsplit("x", 1))]
        y = twin[0] if twin else _best(free, roles["y"])
        if y is None:
            return
        free.remove(y)
        suffix = "" if number == 1 else str(number)
        found["x" + suffix], found["y" + suffix] = x, y
        number += 1
