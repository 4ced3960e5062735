"""Logins in place of badge numbers and call signs: jroe4411, j.roe, PD\\jroe. They are made of a person's name.

A call sign is a word that many units share, or one of those that agencies use; in logins nearly every value has a word
of its own.
"""
from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Iterable, Optional

from ...errors import ConnectError
from . import privacy
from .source_questions import SourceQuestion

LOGIN = "a login or a name in place of a badge number"
_WRITTEN = re.compile(r"(?P<first>[^\W\d_]+)(?P<sign>[._])(?P<last>[^\W\d_]+)\d*")
"""First and last name, or one of them and an initial."""
_BEHIND_DOMAIN = re.compile(r"[\w.-]+\\[^\W\d_]*[._]?[^\W\d_]{3,}\d*")
_WORD = re.compile(r"\d{0,2}(?P<word>[^\W\d_]{3,})[-_]?\d{1,8}[A-Za-z]?")
_NAME_AND_NUMBER = re.compile(r"[a-z]{4,}\d{4,}")
_LETTERS = re.compile(r"[^\W\d_]{3,}")
_SHORTEST = 4
"""Letters of a word before the number of a unit that may be a name; shorter ones are of agencies and districts."""
_MOSTLY, _SOME = 0.5, 0.25
_CALL_SIGNS = frozenset("""
    adam adams boy charles charlie david edward eddie frank george henry ida john king lincoln mary nora ocean paul
    queen robert sam tom thomas union victor william xray young zebra baker dog easy fox george how item jig love
    mike nan oboe peter roger sugar tare uncle alpha alfa bravo charlie delta echo foxtrot golf hotel india juliet
    juliett kilo lima november oscar papa quebec romeo sierra tango uniform whiskey whisky yankee zulu unit car
    cruiser patrol squad vehicle veh truck van bike bicycle foot motor moto moped motorcycle cycle wagon boat marine
    air helo heli copter drone dispatch desk station post base zone beat sector district precinct area division div
    team task force group watch shift tour detail traffic radar canine kine gang vice narc swat tactical super
    supervisor chief captain capt lieutenant lieut sergeant sgt officer ofcr ofc off corporal cpl detective det
    deputy dep inspector insp constable const trooper marshal ranger warden agent reserve cadet recruit police pol
    sheriff radio portable port mobile device asset tracker modem tablet phone gps avl imei iccid laptop mdt mdc
    mdct camera body bwc badge emp employee staff user member serial payroll person test demo spare pool admin
    system control central north south east west northeast northwest southeast southwest downtown uptown city town
    county metro transit school campus park bus taxi cab fleet charger tahoe explorer impala interceptor crown vic
    taurus durango malibu fusion escape suburban silverado expedition caprice camry prius transit sprinter ranger
    bronco mustang harley ford chevy dodge fire medic engine ladder rescue iphone ipad android samsung galaxy pixel
    cradlepoint airlink calamp garmin panasonic toughbook getac motorola apx teltonika queclink sonim kyocera simcom
    airtag collar shoulder warrant ambulance ems crew apparatus tow sweeper plow engine utility command mobile alert
    event call log row num id no
    """.split())
"""Words that units are called by, also with a number: spelling alphabets, vehicles and their makes, ranks, places."""
_SURNAMES = frozenset("""
    smith johnson williams brown jones garcia miller davis rodriguez martinez hernandez lopez gonzalez wilson
    anderson thomas taylor moore jackson martin lee perez thompson white harris sanchez clark ramirez lewis robinson
    walker young allen wright scott torres nguyen hill flores green adams nelson baker hall rivera campbell mitchell
    carter roberts gomez phillips evans turner diaz parker cruz edwards collins reyes stewart morris morales murphy
    cook rogers gutierrez ortiz morgan cooper peterson bailey reed kelly howard ramos kim cox ward richardson watson
    brooks chavez wood james bennett gray mendoza ruiz hughes price alvarez castillo sanders patel myers long ross
    foster jimenez powell jenkins perry russell sullivan bell coleman butler henderson barnes fisher vasquez simmons
    romero jordan patterson alexander hamilton graham reynolds griffin wallace moreno west cole hayes bryant herrera
    gibson ellis tran medina aguilar stevens murray ford castro marshall owens harrison fernandez mcdonald woods
    kennedy wells vargas
    """.split())


class MayBeLogins(SourceQuestion):
    """Whether the values of a column are call signs, or logins of persons."""

    parameter = "MAPPING"

    def __init__(self, name: str, column: str, role: str) -> None:
        answer, what = json.dumps({role: column}), "badge numbers" if role.startswith("officer") else "call signs"
        super().__init__(
            f"Column {column[:60]} of {name[:60]} may hold logins, which are made of names and never kept. If they are "
            f"{what}, say so in MAPPING, as in {answer[:100]}; else name a column of badge numbers or unit codes.",
            f"Column {column[:60]} may hold logins, which are made of names and never kept. Which column has {what}?",
            column, "", {answer: f"these are {what}"})


@dataclass(frozen=True)
class FoundLogins:
    """Values that may be logins, those of them that can be nothing else, and whether a column is one of logins:
    perhaps, as most of its values may be, or certainly."""

    values: frozenset[str]
    sure: frozenset[str]
    are_most: bool
    certain: bool


def logins_among(values: Iterable[object], officers: bool) -> FoundLogins:
    """The logins, and names, among the codes of officers or of units.

    Parameters
    ----------
    values : iterable of str
    officers : bool
        Whether they shall be badge numbers: then words without a number are none, either, and words that differ from
        officer to officer are no prefix of an agency.
    """
    texts = {str(value).strip() for value in values} - {""}
    written = {text for text in texts if _BEHIND_DOMAIN.fullmatch(text) or _are_two_names(text, officers) or (
        privacy.looks_like_name(text) and not set(text.casefold().split()) <= _CALL_SIGNS)}
    by_word: defaultdict[str, set[str]] = defaultdict(set)
    for text in texts - written:
        found = _WORD.fullmatch(text)
        word = found["word"].casefold() if found else text.casefold() if officers and _LETTERS.fullmatch(text) else ""
        if len(word) >= (3 if officers else _SHORTEST) and word not in _CALL_SIGNS:
            by_word[word].add(text)
    own = {next(iter(alike)): word for word, alike in by_word.items() if len(alike) == 1}
    sure = written | {text for text, word in own.items() if _is_named(word) or _NAME_AND_NUMBER.fullmatch(text)}
    may_be = frozenset(written.union(own))
    return FoundLogins(may_be, frozenset(sure), bool(may_be) and len(may_be) >= _MOSTLY * len(texts),
                       bool(sure) and len(sure) >= _SOME * len(may_be) or officers and len(own) > 1)


def is_login(name: str) -> bool:
    """Whether the name of a file is a login: an initial, a dot and a name. Other names of files look like much."""
    found = _WRITTEN.fullmatch(name)
    return found is not None and found["sign"] == "." and len(found["first"]) == 1 and _are_two_names(name, True)


def _are_two_names(text: str, officers: bool) -> bool:
    """Whether a text is two names, or a name and an initial, with a dot between; of units, which are called
    bike_patrol, an underscore tells less."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return False
    first, sign, last = (found[name].casefold() for name in ("first", "sign", "last"))
    return len(first) + len(last) > 3 and not {first, last} & _CALL_SIGNS and (
        sign == "." or officers or len(first) == 1)


def _is_named(word: str) -> bool:
    """Whether a word is a common name, or one with an initial."""
    return any(len(part) > 2 and (part in _SURNAMES or privacy.is_given_name(part))
               for part in (word, word[1:], word[:-1]))


def refuse_logins(values: Iterable[object], name: str, column: str, role: str, said: bool,
                  officers: Optional[bool] = None) -> frozenset[str]:
    """The logins that are few among other codes; where they are most, one sentence or a question is raised.

    Parameters
    ----------
    values : iterable of str
        Of the column.
    name, column, role : str
        Of the file, of the column in it, and of what it is.
    said : bool
        Whether somebody has said that it is that.
    officers : bool, optional
        As :func:`logins_among` takes it; the role tells if it is not given.

    Raises
    ------
    MayBeLogins
        Where they may be call signs or badge numbers as well, and nobody has said so.
    ConnectError
        Where they are logins.
    """
    officers = role.startswith("officer") if officers is None else officers
    found = logins_among(values, officers)
    if found.are_most and found.certain:
        raise ConnectError(f"The values of column {column[:60]} look like logins, which are made of names and never "
                           f"kept; give badge numbers or codes of units, and name their column in MAPPING, as in "
                           f'{{"{role}": "column"}}.')
    if found.are_most and not said:
        raise MayBeLogins(name, column, role)
    return found.values if officers and not found.are_most else found.sure
