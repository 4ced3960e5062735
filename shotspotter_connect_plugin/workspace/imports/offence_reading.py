"""What an incident's offence is: its words, their detail and its code read together, with the reason in words.

:func:`offence_meaning` is the one place that says what a row is taken for; :func:`distinct_offences` finds the distinct
combinations of a file's rows, so that it is asked once for each.
"""
from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Iterator, Mapping, NamedTuple, Optional, Sequence

import numpy as np
import pandas as pd

from .alert_words import says_nothing_happened
from .offence_codes import code_meaning, looks_like_code
from .offences import BIASED, NO_CRIME, OTHER, SEVERITY, UNCLEAR, OffenceRule, crime_type, plain_words, rule_of

if TYPE_CHECKING:
    from ...forecast.arrays import Bools, Ints

BETWEEN_DETAILS = " · "
"""What stands between the details of an incident that has several."""
UNKNOWN = "no rule knows these words"
"""Why something counts as another offence although nothing says that it is one: it is told with its count."""


class Offence(NamedTuple):
    """How a source names an offence: category, detail in further columns, code; empty where there is none."""

    category: str
    detail: str = ""
    code: str = ""

    @property
    def words(self) -> str:
        """Its words, or its code where it has none."""
        return BETWEEN_DETAILS.join(filter(None, (self.category, self.detail))) or self.code


class OffenceMeaning(NamedTuple):
    """What an offence is taken for: the code of a crime type, or the reason for which it is not counted (``BIASED``,
    ``NO_CRIME``, ``UNCLEAR``, ``OTHER``), and why."""

    crime_type: str
    why: str


@lru_cache(maxsize=1 << 16)
def offence_meaning(category: str, detail: str = "", code: str = "", disposition: str = "",
                    systems: tuple[str, ...] = ()) -> OffenceMeaning:
    """What an incident is taken for, and why.

    Parameters
    ----------
    category, detail : str
        Words of the offence; several details are parted by :data:`BETWEEN_DETAILS`. Which of two columns is called the
        category does not matter.
    code : str
        Its code. It decides only where the words are unclear, or no rule knows them.
    disposition : str
        What came of it.
    systems : tuple of str
        Keys of ``offence_codes.SYSTEMS``: what the code can be of; without any it is not read.
    """
    if disposition and says_nothing_happened(disposition):
        return OffenceMeaning(NO_CRIME, f"its disposition says so: {disposition}")
    texts = [text for text in (category, *detail.split(BETWEEN_DETAILS)) if text]
    by_words = _by_words(texts)
    if by_words is not None and by_words.crime_type != UNCLEAR:
        return by_words
    by_code = next(filter(None, (code_meaning(text, systems) for text in (code, *texts) if text and systems)), None)
    if by_code is not None:
        return OffenceMeaning(*by_code)
    if by_words is None and any(looks_like_code(text) for text in (code, *texts) if text):
        return OffenceMeaning(UNCLEAR, "a code of no system that its column can be")
    return by_words or OffenceMeaning(OTHER, UNKNOWN)


def _by_words(texts: Sequence[str]) -> Optional[OffenceMeaning]:
    """What words of one incident mean together; ``None`` where no rule knows any of them."""
    rules = [(text, rule) for text, rule in ((text, rule_of(text)) for text in texts) if rule is not None]
    texts = _without_repeats(texts)
    if len(texts) > 1:
        joined = [(text, rule_of(text)) for text in (" ".join(texts), " ".join(reversed(texts)))]
        rules.extend((text, rule) for text, rule in joined if rule is not None)
    for decide in (_excluded, _named, _otherwise):
        found = decide(rules)
        if found is not None:
            return found
    return None


def _without_repeats(texts: Sequence[str]) -> list[str]:
    """Texts whose words do not all stand in another: FROM VEHICLE beside THEFT FROM VEHICLE is no VEHICLE THEFT."""
    words = [f" {plain_words(text)} " for text in texts]
    return [text for place, text in enumerate(texts)
            if not any(words[place] in other and (words[place] != other or place > beside)
                       for beside, other in enumerate(words) if beside != place)]


def _excluded(rules: Sequence[tuple[str, OffenceRule]]) -> Optional[OffenceMeaning]:
    """A firm rule against it: no crime, or none of the seven, whatever else is said."""
    for meaning in (NO_CRIME, BIASED, OTHER):
        for text, rule in rules:
            if rule.firm and rule.meaning == meaning:
                return OffenceMeaning(meaning, f"{rule.why}: {text}")
    return None


def _named(rules: Sequence[tuple[str, OffenceRule]]) -> Optional[OffenceMeaning]:
    """The crime type that is named. Of several a firm rule decides, else the most serious."""
    named = [(not rule.firm, SEVERITY[rule.meaning], text, rule) for text, rule in rules if rule.meaning in SEVERITY]
    if not named:
        return None
    _, _, text, rule = min(named, key=lambda item: item[:2])
    # An assault that one column calls simple and another aggravated.
    denied = next((other for _, other in rules if other.meaning == OTHER and not other.firm), None)
    if denied and rule.meaning == "aggravated_assault" and not rule.firm:
        return OffenceMeaning(UNCLEAR, f"{rule.why} by one column, {denied.why} by another")
    return OffenceMeaning(rule.meaning, f"{rule.why}: {text}")


def _otherwise(rules: Sequence[tuple[str, OffenceRule]]) -> Optional[OffenceMeaning]:
    """What remains: said to be something else, unclear, or recorded mostly where police look."""
    for meaning in (OTHER, UNCLEAR, NO_CRIME, BIASED):
        for text, rule in rules:
            if rule.meaning == meaning:
                return OffenceMeaning(meaning, f"{rule.why}: {text}")
    return None


def most_serious(flags: Mapping[str, Bools]) -> pd.Categorical:
    """Of offences that have a yes-or-no column each the most serious of every row, as the name of its column; empty
    where all say no."""
    order = sorted(flags, key=lambda name: SEVERITY.get(crime_type(name), len(SEVERITY)), reverse=True)
    codes = np.zeros(len(next(iter(flags.values()))), dtype=np.int64)
    for number, name in enumerate(order, 1):
        codes[flags[name]] = number
    return pd.Categorical.from_codes(codes, ["", *order])


def distinct_offences(category: pd.Categorical, details: Sequence[pd.Categorical] = (),
                      code: Optional[pd.Categorical] = None) -> tuple[list[Offence], Ints]:
    """The distinct offences of some rows.

    Returns
    -------
    (list of Offence, array of int)
        And the place of each row's in the list.
    """
    columns = [column for column in (category, *details, code) if column is not None]
    number = np.zeros(len(category), dtype=np.int64)
    for column in columns:
        number, distinct = pd.factorize(number * (len(column.categories) + 1) + column.codes)
    first = np.zeros(int(number.max(initial=-1)) + 1, dtype=np.int64)
    first[number[::-1]] = np.arange(len(number))[::-1]
    return list(_offences_at(first, category, details, code)), number


def _offences_at(rows: Ints, category: pd.Categorical, details: Sequence[pd.Categorical],
                 code: Optional[pd.Categorical]) -> Iterator[Offence]:
    for row in rows:
        told = [str(column.categories[column.codes[row]]) for column in details]
        yield Offence(str(category.categories[category.codes[row]]), BETWEEN_DETAILS.join(filter(None, told)),
                      "" if code is None else str(code.categories[code.codes[row]]))
