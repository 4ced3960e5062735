"""Files of arrests, citations, stops and field interviews: they say where police were, and never enter a forecast."""
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
_STOPS = re.compile(
    r"\b(stop|frisk|stop and (frisk|search)|terry( stop)?|field (interview|contact)|fi|fio|isr|street check)s? "
    r"(id|no|num|number|nbr|key|date|time|datetime|type|reason|result|resolution|outcome|duration|location|cause|"
    r"purpose|action|made|report|flag)\b|"
    r"\b(reason|basis|purpose|cause|grounds|type|date|time|location) (for|of) (the )?(stop|contact|interview|search)\b|"
    r"\b(contact|interview|encounter) (date|time|type|reason|officer|purpose)\b|\b(fc|fi|fio) num\b|"
    r"\bstop(type|date|time|reason|id|number|outcome|purpose)\b")
"""What a list of stops, searches or field interviews has columns for."""
_SEARCHES = re.compile(
    r"\b(frisk(ed)?|patted? down|pat ?down|searched|search (conducted|type|basis|performed|flag|made|consent)|"
    r"consent (search|given)|contraband|object of search|removal of more|outer clothing|suspected crime|handcuffed|"
    r"subject (race|sex|age|stopped)|individual (frisked|searched|contraband)|person stopped|perceived race|"
    r"enforcement action|policing operation)\b")
"""What such a list tells of those who were stopped."""
_STOP_WORDS = re.compile(
    r"\b(TRAFFIC|VEHICLE|PEDESTRIAN|PED|SUBJECT|TERRY|PERSON|BICYCLE|BIKE|INVESTIGAT\w*|SUSPICIOUS) STOPS?\b|"
    r"\bFIELD (INTERVIEW|CONTACT|INTERROGATION|OBSERVATION)|\bF\.?I\.?[OC]?\b|\bSTOP(PED)? (AND|&) (FRISK|SEARCH)|"
    r"\b(PERSON|VEHICLE) SEARCH|\bSTREET CHECK|\bCONSENSUAL (CONTACT|ENCOUNTER)|\bINVESTIGATORY DETENTION|"
    r"\b(CITIZEN|SUBJECT) (CHECK|CONTACT)", re.IGNORECASE)
"""How a stop or a field interview is called where an offence should stand."""
_LOOKED_AT, _ALWAYS = 2000, 0.95
"""Rows that are looked at; share of them that tell of an arrest in a list of arrests. Most incidents have none."""


def refuse_arrests(name: str, columns: Sequence[str], head: FileRows) -> None:
    """Raise one sentence if a file of this name, taken for incidents, is a list of arrests, citations or stops,
    whatever its columns are said to be.

    It is one where nearly every row has a number, a date or a type of an arrest; or where charges stand without
    anything about the incident. A yes or no, or the charge, beside an incident makes none. One of stops has two columns
    that only such lists have, or words of stops in nearly every row.

    Parameters
    ----------
    columns : sequence of str
        All of the file, also those about persons.
    head : pandas.DataFrame
        First rows, as texts.
    """
    head = head.head(_LOOKED_AT)
    _refuse_stops(name, columns, head)
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


def _refuse_stops(name: str, columns: Sequence[str], head: FileRows) -> None:
    words = {column: " ".join(words_of(column)) for column in columns}
    stops = [column for column in columns if _STOPS.search(words[column])]
    searches = [column for column in columns if _SEARCHES.search(words[column])]
    told = [column for column in head if _mostly_stops(head[column])]
    of_incident = any(_INCIDENT.search(text) for column, text in words.items() if column not in stops)
    if told or len(stops) > 1 and not of_incident or stops and searches or len(searches) > 2:
        by = list(dict.fromkeys([*told, *stops, *searches]))[:3]
        raise ConnectError(f"{name[:60]} is a list of stops or field interviews ({some(by)}), and those never "
                           "enter a forecast: they show where police were. Export the incidents that were reported.")


def _mostly_stops(texts: Sequence[str]) -> bool:
    filled = [str(text) for text in texts if text != ""]
    return len(filled) > _ALWAYS * len(texts) and sum(
        bool(_STOP_WORDS.search(text)) for text in filled) > _ALWAYS * len(filled)


def _always(texts: Sequence[str]) -> bool:
    filled = [str(text) for text in texts if text != ""]
    return len(filled) > _ALWAYS * len(texts) and not all(map(is_yes_or_no, filled))
