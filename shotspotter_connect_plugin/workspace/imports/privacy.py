"""The privacy filter: what looks like a person never gets behind the importers.

Columns are read only if they have a role (an allow-list); this module is the second fence, for columns that have one.
"""
from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Callable, Iterable, Union

import numpy as np
import pandas as pd

from .column_names import plain, words_of

if TYPE_CHECKING:
    from ...forecast.arrays import Ints, Objects

_SAMPLE = 5000

# What a column's name says about persons, word by word; the first that fits names the kind.
_WHO = """
    victim vict vic suspect susp perpetrator perp offender ofndr complainant complainan compl witness wit arrestee
    defendant subject
""".split()
_WHO_BY_NAME = """
    reporter caller taker owner officer ofcr person people contact resident parent child juvenile guardian
    employee emp manager driver operator patient inmate deputy trooper detective sergeant investigator supervisor
    dispatcher user party occupant tenant student passenger pedestrian citizen informant arrested def rp ao author
    personnel
""".split()
"""Persons of whom only a name says anything."""
_THINGS = """
    vehicle veh car unit device asset tracker radio service station stop street road place site facility store
    business company trade event holiday box beat zone area district precinct sector route line bus cab taxi truck
    fleet resource apparatus sensor file layer table column field city county state crime offense offence incident
    call tactic shift agency department division bureau school branch group type host neighborhood neighbourhood
    tract block intersection landmark computer inventory
""".split()
"""What has a name, an alias or a tag that is no person's."""
_FURTHER = """
    names name nm first last middle given sur full maiden nick legal fore fname lname mname alias aliases aka
    moniker initial initials surname forename email phone phones telephone cellphone mobile cell home work ph tel
    fax dob yob birth birthday birthdate born ssn social security passport drivers driving license licence lic dl
    dln oln sid fbi mni plate plates tag vin race races ethnicity ethnic hispanic descent sex gender age ages
    address addr residence height weight hair eye eyes no num nbr number of id date day year place code group
    range type desc
""".split()
_VOCABULARY = frozenset((*_WHO, *_WHO_BY_NAME, *_FURTHER))
_SOME = rf"\b(?:{'|'.join(_WHO)})s?\b"
_ANYBODY, _ALONE = "|".join((*_WHO, *_WHO_BY_NAME)), "|".join((*_WHO, "owner", "caller", "contact"))
_ANYTHING, _DATUM = "|".join(_THINGS), "fix|gps|data|position|location|record|report|signal|message"
_NUMBER = r"(?: (?:no|num|nbr|number|nr))\b"
_NAMES = tuple((re.compile(pattern), what) for pattern, what in (
    (r"\be ?mails?\b", "e-mail addresses"),
    (r"\b(?:tele|cell)?phones?\b|\b(?:mobile|cell|ph|tel|fax|contact|call ?back)" + _NUMBER +
     r"|\bfax\b", "phone numbers"),
    (r"\b(?:dob|yob|born|birth\w*)\b", "birth dates"),
    (r"\bssn?\b|\bsocial sec\w*|\bpassport\b|\bdriv\w+ lic\w*|\b(?:dl|dln|oln|sid|fbi)" + _NUMBER +
     r"|\b(?:dln|oln|mni)\b", "identity numbers"),
    (r"\bplates?\b|\btags?" + _NUMBER + r"|\bvin\b", "number plates"),
    (r"\braces?\b|\bethnic\w*|\bhispanic\b|\bdescent\b", "race"),
    (r"\bsex\b(?! (?:abuse|assault|crime|offen|traffick))|\bgender\b", "sex"),
    (r"\bages?\b", "age"),
    (_SOME + r".* (?:address|addr|residence|home|height|weight|hair|eyes?)\b|"
     r"\b(?:home|mailing|residen\w+) addr\w*", "descriptions of persons"),
    (r"\b(?:first|last|middle|given|sur|full|maiden|nick|legal|fore) (?:names?|nm|initials?)\b|"
     r"\b(?:names?|nm) (?:first|last|middle)\b|\blast first\b|\b[flm] ?(?:name|nm)\b|"
     r"\b(?:surname|forename|nickname)s?\b|\b(?:alias|aliases|aka|moniker)\b", "names"),
    (rf"\b(?:{_ANYBODY})s?\b.* (?:names?|nm|initials?)\b|\bnames?\b.* (?:{_ANYBODY})s?\b(?! (?:{_ANYTHING})\b)|"
     rf"^(?:(?:{_ALONE})s? ?)+(?:no|num)?$", "names"),
))
_ABOUT_THINGS = re.compile(rf"\b(?:{_ANYTHING})s? (?:(?:full|last|first|nick|short) )?(?:names?|nicknames?|nm|alias|"
                           rf"aliases|aka|initials?|tags?)\b|\b(?:{_DATUM}) age\b|\bage of (?:the )?(?:{_DATUM})\b")
_SHAPEFILE_NAME = 10

_EMAIL = r"[\w.+-]+@[\w-]+\.\w{2,}"
_PHONE = r"(?:\+?1[-. ]?)?(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}"
_SSN = r"\d{3}-\d{2}-\d{4}"
# Tried only where a word begins, so that a long text takes as many steps as it has letters.
_ADDRESS = r"(?<![\w.+-])" + _EMAIL
_CONTACT = re.compile(rf"(?:{_ADDRESS}|(?<![\w-])(?:{_PHONE}|{_SSN}))(?![\w-])")
_LAST_FIRST = re.compile(r"^[A-Z][\w'-]+, ?[A-Z][\w'-]*\.?(?: [A-Z]\.?)?(?: (?:JR|SR|II|III)\.?)?(?: \d+)?$",
                         re.IGNORECASE)
_VALUES = (
    (re.compile(_ADDRESS), "e-mail addresses", 0.02),
    (re.compile(r"^\s*" + _PHONE), "phone numbers", 0.1),
    (re.compile(r"^\s*" + _SSN + r"\s*$"), "identity numbers", 0.1),
    (_LAST_FIRST, "names", 0.5),
)
_PLATE = re.compile(r"^(?:[A-Z]{2,3}[- ]?\d{3,4}|\d{3}[- ]?[A-Z]{3}|\d[A-Z]{3}\d{3})$")
_GIVEN_NAMES = frozenset("""
    james robert john michael david william richard joseph thomas charles christopher daniel matthew anthony mark
    donald steven paul andrew joshua kenneth kevin brian george timothy ronald edward jason jeffrey ryan jacob gary
    nicholas eric jonathan stephen larry justin scott brandon benjamin samuel gregory alexander frank patrick
    raymond jack dennis jerry tyler aaron jose adam nathan henry douglas zachary peter kyle ethan walter noah jeremy
    carlos luis juan miguel mary patricia jennifer linda elizabeth barbara susan jessica sarah karen lisa nancy
    betty margaret sandra ashley kimberly emily donna michelle carol amanda dorothy melissa deborah stephanie
    rebecca sharon laura cynthia kathleen amy angela shirley anna brenda pamela emma nicole helen samantha katherine
    christine debra rachel carolyn janet catherine maria heather diane ruth julie olivia joyce virginia victoria
    kelly lauren christina joan evelyn judith megan andrea cheryl hannah jacqueline martha gloria teresa ann sara
    madison frances kathryn janice jean alice julia jamal darnell tyrone malik dwayne andre terrence latoya keisha
    tamika jesus manuel jorge pedro ahmed mohammed muhammad ali
    """.split())


@lru_cache(maxsize=1 << 12)
def about_persons(column: str) -> str:
    """What a column's name says it holds about persons, or "".

    Its words count, not its letters: "Device Name" is no victim's. Words written together are taken apart where they
    consist of words that names of such columns are made of.
    """
    split = [part for word in words_of(column) for part in _parts(word) or [word]]
    if len(str(column)) == _SHAPEFILE_NAME:
        split[-1:] = [_completed(word) for word in split[-1:]]
    written = (" ".join(split), " ".join(_parts(plain(column))))
    return next((what for pattern, what in _NAMES for words in written if pattern.search(
        _ABOUT_THINGS.sub("thing", words))), "")


@lru_cache(maxsize=1 << 12)
def _parts(word: str) -> list[str]:
    """The words of the vocabulary that a word consists of, longest first; none where it does not."""
    if word in _VOCABULARY or word.endswith("s") and word[:-1] in _VOCABULARY:
        return [word]
    for end in range(len(word) - 1, 1, -1):
        if word[:end] in _VOCABULARY or word[:end].endswith("s") and word[:end - 1] in _VOCABULARY:
            rest = _parts(word[end:])
            if rest:
                return [word[:end], *rest]
    return []


def _completed(word: str) -> str:
    """The last word of a name that a shapefile cut off at ten characters."""
    whole = ("name", "birth", "number", "phone", "address", "license", "ethnicity", "gender")
    return next((full for full in whole if len(word) > 1 and word not in _VOCABULARY and full.startswith(word)), word)


def values_about_persons(values: Union[Iterable[str], pd.Series]) -> str:
    """What a sample of a column's values looks like, or "": "names", "phone numbers" and so on.

    Parameters
    ----------
    values : sequence of str
        Empty ones do not count. Up to 5,000 of them, evenly taken, are looked at.
    """
    codes, texts = pd.factorize(pd.Series(values, dtype=object).dropna().astype(str).to_numpy(object))
    texts = np.array([text.strip() for text in texts], dtype=object)
    codes = codes[(texts != "")[codes]]
    if not len(codes):
        return ""
    sample = codes[np.linspace(0, len(codes) - 1, min(len(codes), _SAMPLE)).astype(int)]
    distinct, rows = np.unique(sample, return_counts=True)
    words = texts[distinct].tolist()
    for pattern, what, share in _VALUES:
        if _share(pattern.search, words, rows) > share:
            return what
    if _share(_is_full_name, words, rows) > 0.5:
        return "names"
    return "number plates" if _are_plates(words, rows) else ""


def _share(tells: Callable[[str], object], words: list[str], rows: Ints) -> float:
    """The share of rows whose words tell something."""
    return float(rows[np.array([bool(tells(word)) for word in words], dtype=bool)].sum() / rows.sum())


def _are_plates(words: list[str], rows: Ints) -> bool:
    """Plates differ in their letters; numbers of cases share them."""
    letters = {re.sub(r"[^A-Z]", "", word) for word in words}
    return _share(_PLATE.search, words, rows) > 0.8 and len(letters) > rows.sum() / 2


def without_contacts(texts: Iterable[str]) -> tuple[Objects, int]:
    """Distinct texts, those that hold an e-mail address, a phone number or a social security number emptied.

    Returns
    -------
    (object array, count)
    """
    texts = np.array(texts, dtype=object)
    found = np.array([not text.isalnum() and bool(_CONTACT.search(text)) for text in texts], dtype=bool)
    texts[found] = ""
    return texts, int(found.sum())


def is_given_name(word: str) -> bool:
    """Whether a word in lower case is a common first name."""
    return word in _GIVEN_NAMES


def looks_like_name(text: str) -> bool:
    """Whether a text is a person's name: Roe, J, or a common first name and another word."""
    return bool(_LAST_FIRST.search(text)) or _is_full_name(text)


def _is_full_name(text: str) -> bool:
    words = text.replace(".", "").casefold().split()
    return 2 <= len(words) <= 3 and words[0] in _GIVEN_NAMES and all(word.isalpha() for word in words)
