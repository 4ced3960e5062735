"""Sentences of importers for somebody at a window: what batch calls by the name of a parameter, the dock calls else."""
from __future__ import annotations

import re
from typing import Callable

from ...errors import ConnectError
from .source_questions import SourceQuestion

# What batch calls by the name of a parameter -> what stands for it in the dock.
_SPOKEN = tuple((re.compile(pattern), words) for pattern, words in (
    (r"\bGive MAPPING \{\} to have", "Press “Guess anew” to have"),
    (r"\bgive DATE_ORDER where", "press “Guess anew” where"),
    (r"\bSay in MAPPING what", "Choose at “It holds” what"),
    (r"\bMAPPING must be one of the words (.*), or JSON such as .*$", r"Choose at “It holds” one of \1."),
    (r"\b(with|[Gg]ive) MAPPING \{[^}]+\}", r"\1 “–” at “Means”"),
    (r", as in \{[^}]*\}", ""), (r"\bin MAPPING\b", "at “Means”"),
    (r"\bMAPPING\b", "“Means”"), (r"\bSOURCE_CRS\b", "“CRS”"),
    (r"\bSOURCE_TIMEZONE\b", "“Time zone”"), (r"\bDATE_ORDER\b", "“Dates”"), (r"\bKIND\b", "“Kind of place”"),
    (r"\bCRIME_TYPE\b", "“Crime type”"), (r" \((REJECTS|OFFENCES)\)", ""),
    (r"\bin OFFENCES\b", "at “Offence words”"), (r"\bWhat OFFENCES says\b", "What was chosen"),
    (r"\bNAME_FIELD\b", "“Column with names”"), (r"\bPOPULATION_FIELDS\b", "“Columns with residents”"),
    (r"\bREASON_FIELD\b", "“Column with the reason”"), (r"\bREASON\b", "“Reason”"),
    (r"\bFROM_FIELD\b", "“Column with the first date”"), (r"\bTO_FIELD\b", "“Column with the last date”"),
    (r"\bAll words are listed in .*$", "Choose at “Offence words” what they are taken as, and import the file again."),
    (r"^The offence words of .* are listed in .*$", "All words stand at “Offence words”."),
    (r"\bGive OFFENCES .*$", "Choose at “Offence words” what they are taken as, and import the file again.")))


def spoken(sentence: str, tr: Callable[[str], str] = str) -> str:
    """A sentence of an importer with the words of the dock, translated by ``tr``, in place of names of parameters."""
    for pattern, words in _SPOKEN:
        sentence = pattern.sub(tr(words), sentence)
    return sentence


def words_of_error(error: ConnectError, in_window: bool) -> str:
    """What to tell of an error: in a window what is asked, else the sentence that names the parameter."""
    if not in_window:
        return error.user
    return spoken(error.question if isinstance(error, SourceQuestion) else error.user)
