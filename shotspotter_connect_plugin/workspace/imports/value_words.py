"""Words that stand in columns of a calendar or of flags: kinds of days, whether school is held, yes."""
from __future__ import annotations

import re
from typing import Optional

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


def is_true(text: object) -> bool:
    """Whether a flag's text means yes, or that an officer began it."""
    return bool(_TRUE.search(str(text).strip()))
