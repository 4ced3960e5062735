"""The words by which a source tells its offences: how often each comes, what it is taken as, and why.

A word is what stands in the columns of the offence together: one text, or category, detail and code. What was decided
for a word wins over the rules, but words recorded mostly where police look can never be made to count.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Iterable, Mapping, Sequence

import numpy as np

from ...errors import ConnectError, some
from . import privacy
from .offence_reading import UNKNOWN
from .offences import BIASED, UNCLEAR

if TYPE_CHECKING:
    from ...forecast.arrays import Ints, Objects

NOT_COUNTED = "not counted"
DECIDED = "not counted, as was decided for these words"
_BETWEEN, _INSTEAD = " | ", "; "
_LONGEST, _LONGEST_WHY = 120, 200
_MOST = 5000
"""Words remembered of a source; more are no list of offences."""

Words = tuple[str, ...]
Meaning = tuple[str, str]
"""A crime type or the reason why it does not count, and why."""


@dataclass(frozen=True)
class OffenceWord:
    """A line of the table: words as they stand in the source's columns, rows in the file and the first of them, what
    they are taken as (code of a crime type, :data:`NOT_COUNTED`, or "" as long as nobody has decided) and why.

    ``decided``: somebody said so; ``barred``: they can never count; ``new``: no earlier file of the source had them;
    ``by_rules``: what they would be taken as had nobody said anything.
    """

    words: Words
    count: int
    line: int
    taken_as: str
    why: str
    by_rules: str
    decided: bool = False
    barred: bool = False
    new: bool = False


class OffenceWords:
    """The words of one source, gathered chunk by chunk.

    Parameters
    ----------
    name : str
        Of the file.
    columns : list of str
        Of the source, that tell the offence.
    meaning_of : function
        ``meaning_of(words)``: what the rules say.
    types : sequence of str
        Codes of the workspace's crime types.
    decided : mapping
        Words as :func:`kept_text` -> code or :data:`NOT_COUNTED`, of earlier imports.
    seen : mapping
        The same words -> [rows, line, file] of earlier imports.
    """

    def __init__(self, name: str, columns: Sequence[str], meaning_of: Callable[[Words], Meaning], types: Iterable[str],
                 decided: Mapping[str, str], seen: Mapping[str, Sequence[Any]]) -> None:
        self.name, self.columns, self.types = name, list(columns), list(types)
        # Words of other columns than these are no words of this source any more.
        fits = {text for text in (*decided, *seen) if len(words_of_text(text)) == len(self.columns)}
        self.decided = {text: taken_as for text, taken_as in decided.items() if text in fits}
        self.seen = {text: one for text, one in seen.items() if text in fits}
        self._meaning_of = meaning_of
        self._here: dict[str, list[int]] = {}
        self._nameless = 0

    @property
    def known(self) -> list[Words]:
        """Words of earlier files of the source."""
        return [words_of_text(text) for text in (*self.seen, *self.decided)]

    def decide(self, decisions: Iterable[tuple[Words, str]]) -> None:
        """Take decisions over those of before; a code or :data:`NOT_COUNTED`, "" for what the rules say.

        Raises
        ------
        ConnectError
            When words that are never used in a forecast shall count.
        """
        for words, taken_as in decisions:
            text, rule = kept_text(words), self._line(words)
            if rule.barred and taken_as not in ("", NOT_COUNTED):
                raise ConnectError(f"“{text}” can never count as {taken_as}: it is recorded mostly where police look, "
                                   "so a forecast from it would send them there again. Leave it at “not counted”.")
            self.decided.pop(text, None)
            if text and taken_as not in ("", rule.by_rules):
                self.decided[text] = taken_as

    def take(self, offences: Sequence[Words], number: Ints, lines: Ints) -> tuple[Objects, Objects]:
        """Count the rows of a chunk.

        Parameters
        ----------
        offences : list of tuple of str
            The distinct words of the rows.
        number : array of int
            Place of each row's words in it.
        lines : array of int
            Line of each row in the file.

        Returns
        -------
        (object array, object array)
            For each of ``offences`` its crime type or the reason why it is not counted, and the text that is kept of it
            (None where nothing is).
        """
        counts = np.bincount(number, minlength=len(offences))
        firsts = np.full(len(offences), len(number))
        np.minimum.at(firsts, number, np.arange(len(number)))
        found, texts = np.full(len(offences), None, dtype=object), np.full(len(offences), None, dtype=object)
        for place, words in enumerate(offences):
            text = kept_text(words)
            found[place] = self.meaning(words)
            texts[place] = text or None
            if text and counts[place]:
                known = self._here.setdefault(text, [0, int(lines[firsts[place]])])
                known[0] += int(counts[place])
            elif any(words):
                self._nameless += int(counts[place])
        return found, texts

    def meaning(self, words: Words) -> str:
        """Crime type of words, or the reason why they are not counted."""
        decided = self.decided.get(kept_text(words))
        rule = self._meaning_of(words)[0]
        if decided is None or rule == BIASED:
            return rule
        return DECIDED if decided == NOT_COUNTED else decided

    def why(self, words: Words) -> str:
        """What the rules give as the reason of their meaning."""
        return self._meaning_of(words)[1]

    def type_of(self, text: str) -> str:
        """Code of the crime type that kept words count as, "" where they do not."""
        found = self.meaning(words_of_text(text))
        return found if found in self.types else ""

    def table(self, whole_source: bool = False) -> list[OffenceWord]:
        """The words of the file, or of all files of the source: first those to be decided, then those that no rule
        knows, then the commonest."""
        texts = {**(dict.fromkeys([*self.seen, *self.decided]) if whole_source else {}), **dict.fromkeys(self._here)}
        lines = [self._line(words_of_text(text)) for text in texts]
        return sorted(lines, key=lambda line: (line.taken_as != "", line.why != UNKNOWN, -line.count, line.words))

    def of_before(self) -> list[OffenceWord]:
        """The words of all files of the source, with the counts of the last file that had each."""
        self._here = {text: [int(one[0]), int(one[1])] for text, one in self.seen.items()}
        return self.table(True)

    def remembered(self) -> dict[str, list[Any]]:
        """Words -> [rows, line, file] of the last file that had them: what is kept for the source."""
        now = {text: [count, line, self.name] for text, (count, line) in self._here.items()}
        both: dict[str, list[Any]] = {**{text: list(one) for text, one in self.seen.items()}, **now}
        return dict(sorted(both.items(), key=lambda item: -item[1][0])[:_MOST])

    def is_named(self, words: Words) -> bool:
        """Whether words are told at the end, because they are new or wait for a decision: then not before, too."""
        text = kept_text(words)
        return bool(text) and (bool(self.seen) and text not in self.seen or self.meaning(words) == UNCLEAR)

    def sentences(self) -> list[str]:
        """What to tell of the words: those never seen before, where earlier files had others; without those that wait
        for a decision, which are told for themselves."""
        told = []
        new = [line for line in self.table() if line.new and line.taken_as] if self.seen else []
        if new:
            told.append("Offence words that no earlier file of this source had: " + some(
                f"{_BETWEEN.join(line.words)} ({line.count:,}) {_as(line)}" for line in new) + ".")
        if self._nameless:
            told.append(f"{self._nameless:,} rows tell their offence in words that are very long or hold a contact of "
                        "a person; the rules judge them, and no table of offences lists them.")
        return told

    def _line(self, words: Words) -> OffenceWord:
        text = kept_text(words)
        rule, why = self._meaning_of(words)
        count, line = self._here.get(text, (0, 0))
        by_rules = rule if rule in self.types else "" if rule == UNCLEAR else NOT_COUNTED
        (told,), _ = privacy.without_contacts([f"{BIASED}: {why}" if rule == BIASED else why])
        decided = self.decided.get(text) if rule != BIASED else None
        return OffenceWord(
            words, count, line, by_rules if decided is None else decided,
            str(told)[:_LONGEST_WHY] if decided is None else "decided for this source",
            by_rules, decided is not None, rule == BIASED, text not in self.seen)


def kept_text(words: Words) -> str:
    """The words of an offence as one text that may be kept; "" for a contact of a person or a whole story."""
    parts = [_INSTEAD.join(filter(None, (" ".join(line.split()) for line in part.splitlines()))).replace(
        _BETWEEN, _INSTEAD) for part in words]
    if not any(parts) or any(len(part) > _LONGEST for part in parts):
        return ""
    _, hidden = privacy.without_contacts(parts)
    return "" if hidden else _BETWEEN.join(parts)


def words_of_text(text: str) -> Words:
    """The words of a kept text, column by column."""
    return tuple(text.split(_BETWEEN))


def _as(line: OffenceWord) -> str:
    return f"as {line.taken_as.replace('_', ' ')}" if line.taken_as not in ("", NOT_COUNTED) else "not counted"
