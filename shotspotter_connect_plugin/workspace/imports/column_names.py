"""Names of columns as words: in one form, split, and what they say of a zone or an outcome."""
from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_KEPT = 1 << 12
"""Names whose forms are kept: more than a file has columns; each is asked about for every role."""
_LONGEST_KEPT = 300
NAMES_ZONE = re.compile(r"(utc|gmt|zulu)$|^(utc|gmt|zulu)(?=[a-z]{3})")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def plain(name: object) -> str:
    """A column name as synonyms are written: lower case, letters without accents and digits only."""
    text = str(name)
    return _plain(text) if len(text) <= _LONGEST_KEPT else _plain.__wrapped__(text)


@lru_cache(maxsize=_KEPT)
def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", _without_accents(name).casefold())


def _without_accents(text: str) -> str:
    return text if text.isascii() else "".join(
        letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))


def words_of(column: object) -> list[str]:
    """A name's words in lower case, without accents: split at capitals, digits, underscores and punctuation."""
    return list(_words_of(str(column)))


@lru_cache(maxsize=_KEPT)
def _words_of(column: str) -> tuple[str, ...]:
    text = re.sub(r"(?<=[A-Za-z])['\u2019](?=[Ss]\b)", "", _without_accents(column)).replace("#", " no ")
    return tuple(word.casefold() for word in _WORD.findall(text))


_OF_ZONE = re.compile(r"[\s_(\[-]*(?:\b|(?<=_))((?:UTC|GMT) ?[+\u2212-] ?\d{1,2}(?::?\d{2})?|"
                      r"[ECMP][SD]T|AK[SD]T|HST|NZ[SD]T|AE[SD]T|AWST|CES?T|BST)[\s)\]]*$", re.IGNORECASE)


_OF_TIME = re.compile(r"date|time|stamp|occur|report|start|begin|end|_dt|\bdt", re.IGNORECASE)
_GREENWICH = re.compile(r"(UTC|GMT)[+-]0{1,2}(:?00)?")


def named_clock(column: object) -> str:
    """What a column's name says at its end of the clock of its times, as EST or UTC-6; "" where it says nothing."""
    return _named_clock(str(column))


@lru_cache(maxsize=_KEPT)
def _named_clock(column: str) -> str:
    found = _OF_ZONE.search(column)
    if not found or not _OF_TIME.search(column[:found.start()]):
        return ""
    return found[1].upper().replace(" ", "").replace("\u2212", "-")


def without_clock(column: object) -> str:
    """A name without what :func:`named_clock` finds in it."""
    return _OF_ZONE.sub("", str(column)) if named_clock(column) else str(column)


def names_utc(column: str) -> bool:
    """Whether a column says by its name that its times are UTC."""
    return bool(NAMES_ZONE.search(plain(column))) or bool(_GREENWICH.fullmatch(named_clock(column)))


_TELLS_OUTCOME = re.compile(
    r"\b(disp|dispo|disposition|outcome|verdict|determination|adjudication|decision|classification|classified|"
    r"reclassified|reclassification|reviewed|review|validity|unfounded|founded|cancel\w*|duplicate|hoax)\b|"
    r"\b(case|call|incident|event|report|alert|record|publish|published|ucr|closing|closure|clearance) status\b|"
    r"\bfalse (positive|alarm|alert|report)\b|\bno (crime|offen[cs]e)\b|\bground truth\b|"
    r"\b(analyst|audio|sound) label\b|"
    r"^(is )?(valid|test)( (alert|call|event|incident|record))*( (flag|yn|indicator))?$|"
    r"^(is |was |not |non |no )*(gun ?fire|gun ?shots?)( (flag|yn|indicator))?$")
_NOT_OUTCOME = re.compile(r"\b(date|time|dt|tm|utc|by|at|on|id|no|num|number|nbr|count|user|name|officer|comments?|"
                          r"notes?|remarks|(?<!outcome )(?<!disposition )(?<!clearance )(?<!closure )reason|minutes|"
                          r"duration|address)\b"
                          r"(?! (crime|offen[cs]e|gun|disp|dispo|disposition|finding|verdict|determination)\b)")


def tells_outcome(column: str) -> bool:
    """Whether a column, by the words of its name, says what an incident or an alert turned out to be."""
    words = " ".join(words_of(column))
    return bool(_TELLS_OUTCOME.search(words)) and not _NOT_OUTCOME.search(words)
