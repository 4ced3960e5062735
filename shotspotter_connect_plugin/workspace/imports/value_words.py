"""Words that stand in cells: kinds of days, whether school is held, yes, parts of the day as names of shifts."""
from __future__ import annotations

import re
from typing import Callable, Iterable, Optional

_DAY_KINDS = tuple((re.compile(pattern), kind) for pattern, kind in (
    (r"HOLIDAY", "holiday"), (r"SCHOOL", "school"), (r"WEATHER|METEO|CLIMATE|TEMPERATURE|PRECIP|\bNOAA\b", "weather"),
    (r"EVENT|GAME|CONCERT|FESTIVAL|PARADE|MATCH|GATHERING|MARCH\b|\bRUN\b", "event"),
))
_NO_SCHOOL = re.compile(r"BREAK|HOLIDAY|NO SCHOOL|NO CLASS|CLOSED|CLOSURE|VACATION|RECESS|DAY OFF|TEACHER|DEVELOPMENT|"
                        r"CONFERENCE|SNOW|WORK ?DAY|NON ?(INSTRUCTION|SCHOOL|STUDENT)")
_NO = re.compile(r"^(0|0\.0|N|NO|F|FALSE|CLOSED|OFF)$", re.IGNORECASE)


def day_kind(text: object) -> Optional[str]:
    """holiday, school, event or weather; ``None`` where the words speak of none."""
    text = " ".join(re.sub(r"[^A-Z0-9]+", " ", str(text).upper()).split())
    return next((kind for pattern, kind in _DAY_KINDS if pattern.search(text)), None)


def in_session(value: object, name: object) -> float:
    """1.0 where school is held, 0.0 where not: as the value says, else as the name of the day or period suggests."""
    value = str(value).strip()
    if value:
        return 0.0 if _NO.match(value) else 1.0
    return 0.0 if _NO_SCHOOL.search(str(name).upper()) else 1.0


_TRUE = re.compile(r"^(1|Y|YES|T|TRUE|X)$|OFFICER|SELF|ON[- ]?VIEW|PRO[- ]?ACTIVE", re.IGNORECASE)


_YES_OR_NO = re.compile(r"^(0|1|Y|N|YES|NO|T|F|TRUE|FALSE|X)$", re.IGNORECASE)


def is_yes_or_no(text: object) -> bool:
    """Whether a text is nothing but an answer."""
    return bool(_YES_OR_NO.match(str(text).strip()))


_NO_FIX = re.compile(r"^(0|0\.0|N|NO|F|FALSE|V|VOID|INVALID|NOT VALID|NO ?(GPS )?FIX)$", re.IGNORECASE)


def says_no_fix(text: object) -> bool:
    """Whether a receiver's own word on a position is that it has none: false, 0, V as in NMEA."""
    return bool(_NO_FIX.match(str(text).strip()))


_OFF_DUTY = re.compile(r"\b(SICK|ILL|VACATION|LEAVE|ABSENT|AWOL|FMLA|PTO|NO SHOW|DAY OFF|OFF( DUTY)?|CANCEL\w*|"
                       r"SUSPENDED|BEREAVEMENT|COMP TIME)\b", re.IGNORECASE)


def says_off_duty(text: object) -> bool:
    """Whether a word of a roster says that an officer was not aboard: sick, on leave, off."""
    return bool(_OFF_DUTY.search(str(text)))


def is_true(text: object) -> bool:
    """Whether a flag's text means yes, or that an officer began it."""
    return bool(_TRUE.search(str(text).strip()))


_SHIFTS = tuple(re.compile(rf"^(?:{words})(?: shifts?| watch| tour)?$", re.IGNORECASE) for words in (
    "days?|mornings?|first|1st", "eves?|evenings?|swings?|afternoons?|second|2nd",
    "nights?|mids?|midnights?|graveyard|overnights?|third|3rd"))


def shift_codes(codes: Iterable[str], names: Iterable[str]) -> Callable[[str], Optional[str]]:
    """What gives the code of a shift from a roster's word for it, or None.

    A code or a name of the agency's own; else another word for the same part of the day ("Midnight" for Night), where
    one of its shifts alone is called after that part.
    """
    own: dict[str, str] = {}
    parts: dict[int, set[str]] = {}
    for code, name in zip(codes, names):
        for word in (name, code):
            own[str(word).casefold()] = code
            for part in _parts_of_day(word):
                parts.setdefault(part, set()).add(code)
    alone = {part: next(iter(found)) for part, found in parts.items() if len(found) == 1}
    return lambda text: own.get(text.casefold()) or next(
        (alone[part] for part in _parts_of_day(text) if part in alone), None)


def _parts_of_day(word: object) -> list[int]:
    return [part for part, pattern in enumerate(_SHIFTS) if pattern.match(str(word).strip())]
