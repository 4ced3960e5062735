"""Files of arrests and citations: they say where police were, and never enter a forecast."""
from __future__ import annotations

import re
from typing import TYPE_CHECKING, Sequence

from ...errors import ConnectError, some
from .column_names import words_of
from .value_words import is_yes_or_no

if TYPE_CHECKING:
    from .import_frames import FileRows

_KEYS = re.compile(r"\b(arrests?|arrestee|bookings?|citations?|tickets?|summons|summonses)\b.*"
                   r"\b(no|num|number|nbr|id|key|type|date|time|datetime|dt)\b|"
                   r"\b(date|time|type|number|no) of (arrest|citation|booking)\b|"
                   r"^(arrest|citation|booking)s?(date|time|number|num|no|id|key|type|year|yr)?$")
_CHARGES = re.compile(r"\bcharges?\b|\bstatute\b|\blaw (code|cat)")
_INCIDENT = re.compile(r"\b(occur\w*|incidents?|offen[cs]es?|crimes?|report\w*|rptd?|rpt|complaint|cmplnt|from|start|"
                       r"beg\w*|call|dispatch\w*)\b.*\b(date|time|datetime|dt|at|on|ts)\b|"
                       r"\b(date|time|datetime)\b.*\b(occ\w*|rptd?|rpt|report\w*|incident|offen[cs]e|crime|from)\b|"
                       r"\boccurred\b")
_OFFENCE = re.compile(r"\b(offen[cs]es?|crimes?|incidents?)\b")
_VALUES = re.compile(r"\b(ON[- ]?VIEW ARREST|TAKEN INTO CUSTODY|SUMMON(S|ED)/?(CITED)?|CITED|ARRESTED ON WARRANT)\b",
                     re.IGNORECASE)
_LOOKED_AT, _ALWAYS = 2000, 0.95
"""Rows that are looked at; share of them that tell of an arrest in a list of arrests. Most incidents have none."""


def refuse_arrests(name: str, columns: Sequence[str], head: FileRows) -> None:
    """Raise one sentence if a file of this name, taken for incidents, is a list of arrests or citations.

    It is one where nearly every row has a number, a date or a type of an arrest; or where charges stand without
    anything about the incident. A yes or no, or the charge, beside an incident makes none.

    Parameters
    ----------
    columns : sequence of str
        All of the file, also those about persons.
    head : pandas.DataFrame
        First rows, as texts.
    """
    head = head.head(_LOOKED_AT)
    words = {column: " ".join(words_of(column)) for column in columns}
    always = [column for column in columns if column in head and _always(head[column])]
    keys = [column for column in always if _KEYS.search(words[column])]
    keys += [column for column in always if column not in keys and sum(
        bool(_VALUES.search(str(text))) for text in head[column]) > _ALWAYS * len(head)]
    of_incident = any(_INCIDENT.search(text) for column, text in words.items() if column not in keys and not re.search(
        r"\b(arrest|citation|booking|ticket)", text))
    charges = [column for column in always if _CHARGES.search(words[column])]
    of_incident |= not keys and any(_OFFENCE.search(text) for text in words.values())
    if keys and (not of_incident or len(keys) > 1) or charges and not of_incident:
        raise ConnectError(f"{name} is a list of arrests or citations ({some(keys or charges)}), and those never "
                           "enter a forecast: they show where police were. Export the incidents that were reported.")


def _always(texts: Sequence[str]) -> bool:
    filled = [str(text) for text in texts if text != ""]
    return len(filled) > _ALWAYS * len(texts) and not all(map(is_yes_or_no, filled))
