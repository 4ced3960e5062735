"""A file of which somebody says the one crime type of all rows: whether a column of it tells other offences."""
from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Iterator, Optional

from ...progress import SILENT
from . import privacy
from .offence_codes import systems_of
from .offence_columns import OffenceCandidate, flags_of
from .offence_reading import UNKNOWN, offence_meaning
from .offences import BIASED, SEVERITY, UNCLEAR
from .readers import read_rows
from .value_words import is_true

if TYPE_CHECKING:
    from .import_frames import FileRows
    from .row_source import RowSource

_MOST = 5000
"""Texts of a column that are looked at; offences have fewer."""
_MOSTLY = 0.5
"""Share of a column's rows that name offences, from which on it tells offences whatever it is called."""


def other_offence(source: RowSource, found: dict[str, str], code: str,
                  head: Optional[FileRows] = None) -> Optional[tuple[str, str]]:
    """A column that tells offences, and a word of it that is not of the type said of all rows; None if there is none.

    Columns that were left out on purpose are looked at, too: what was recorded where police look could else be counted
    as anything. Words that no rule knows, or that do not say clearly which crime it was, say nothing.

    Parameters
    ----------
    found : dict
        Role -> column: what these columns are is known.
    code : str
        The crime type.
    head : pandas.DataFrame, optional
        First rows, to look at these alone; the whole file if not given.
    """
    columns = [column for column in source.columns
               if column not in found.values() and not privacy.about_persons(column)]
    if not columns:
        return None
    counts: dict[str, Counter[str]] = {column: Counter() for column in columns}

    def count(rows: FileRows) -> None:
        for column, texts in counts.items():
            if len(texts) < _MOST:
                texts.update({str(text): int(rows) for text, rows in rows[column].value_counts().items() if text})
    if head is None:
        read_rows(source, columns, SILENT, count)
    else:
        count(head)
    candidates = [OffenceCandidate(column, texts) for column, texts in counts.items()]
    told = next(_others(candidates, code), None)
    if told is None:
        return None
    (word,), _ = privacy.without_contacts([" ".join(told[1].split())[:40]])
    return told[0], str(word)


def _others(candidates: list[OffenceCandidate], code: str) -> Iterator[tuple[str, str]]:
    """(column, word) of everything that tells another offence."""
    flags = flags_of(candidates)
    for candidate in candidates:
        if candidate.name in flags:
            if offence_meaning(candidate.name).crime_type != code and any(map(is_true, candidate.counts)):
                yield candidate.name, candidate.name
        elif candidate.coded and candidate.says_code:
            yield from _codes(candidate, code)
        elif candidate.readable and (candidate.says_offence or candidate.told > _MOSTLY):
            yield from _words(candidate, code)


def _codes(candidate: OffenceCandidate, code: str) -> Iterator[tuple[str, str]]:
    systems = systems_of(list(candidate.counts), candidate.name)
    for text in candidate.counts if systems else ():
        if offence_meaning("", "", text, systems=systems).crime_type not in (code, UNCLEAR):
            yield candidate.name, text


def _words(candidate: OffenceCandidate, code: str) -> Iterator[tuple[str, str]]:
    for text in candidate.counts:
        meaning = offence_meaning(text)
        known = meaning.crime_type not in (code, UNCLEAR) and meaning.why != UNKNOWN
        if known and (candidate.says_offence or meaning.crime_type in (BIASED, *SEVERITY)):
            yield candidate.name, text
