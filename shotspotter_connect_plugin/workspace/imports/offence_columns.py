"""Which columns of a file of incidents tell the offence: found by what stands in them, since names mislead.

A column of codes or of one sentence that stands in every row never wins over one of words; a category and its details
are read together; offences that have a yes-or-no column each are read from those.
"""
from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Mapping, Optional, Sequence

from .alert_words import tells_dispositions, tells_reviews
from .column_names import plain, words_of
from .offence_codes import looks_like_code, systems_of
from .offence_reading import BETWEEN_DETAILS, offence_meaning
from .offences import SEVERITY, plain_words, rule_of
from .value_words import is_yes_or_no

if TYPE_CHECKING:
    from .import_frames import FileRows

ROLES = ("offence", "offence_detail", "offence_code", "offence_flag")
_MOST_DETAILS, _LONGEST, _MOST_ROWS = 3, 60, 20_000
_TRIED, _MANY = 40, 500
"""Texts that are tried of a column whose name says nothing, and how many texts such a column has at most."""
_TELLS = re.compile(r"\b(offen[cs]es?|ofns|crimes?|crm|ucr|uc ?\d?|nibrs|ibr|iucr|ncic|fbi|categor\w*|subcat\w*|"
                    r"descript\w*|desc|types?|class\w*|nature|primary|hierarchy\w*|literal|delitos?|delits?|"
                    r"straftat\w*|misdrijf|tipo|subtipo|tipologia|conduct?a|modalidade?|rubrica|desdobramento|natureza|"
                    r"infracc?i?t?i?on|hecho)\b|hierarchy|offen[cs]e|incidenttype|crimetype")
_REPORT_KINDS = frozenset("reporttype reporttypedescription reporttypedesc reportkind typeofreport reportclass "
                          "documenttype recordtype".split())
_SUPPLEMENT = re.compile(r"\bSUPP(L|LEMENT\w*|S)?\b|\bFOLLOW ?UPS?\b|\bADDEND(UM|A)\b")
SUPPLEMENT = "a supplement to a report, no incident of its own"
_TELLS_OTHER = re.compile(r"\b(loc|locations?|premises?|premis|places?|weapons?|status|disp\w*|address|property|report|"
                          r"vehicle|method|vict\w*|susp\w*|district|beat|zone|neighbou?rhood|unit|agency|clear\w*|"
                          r"resolution|against|charges?|arrests?|street|area|zip|source|priority|narrative|notes?|"
                          r"comments?|remarks?|bias|shift|day|sector|precinct|ward|modus|mo)\b")
_CODED = re.compile(r"\b(offen[cs]es?|crimes?|crm|nibrs|ibr|iucr|ncic|fbi|micr|cd|ky|pd)\b|code|ucr|fibr")
_RELATED = tuple(map(frozenset, (
    ("theft", "motor_vehicle_theft"), ("theft", "burglary"), ("burglary", "motor_vehicle_theft"),
    ("robbery", "motor_vehicle_theft"), ("robbery", "aggravated_assault"), ("homicide", "aggravated_assault"),
    ("aggravated_assault", "gunfire"))))
"""Types that a category and its detail may name of one offence."""
_AGREES = 0.9
_BARE = ("complaint", "case", "report", "incident", "event", "occurrence", "vorgangsnummer", "aktenzeichen")
_NUMBERED = re.compile(r"[A-Za-z./ -]*\d[\dA-Za-z./ -]*")


@dataclass(frozen=True)
class OffenceColumns:
    """Role (of :data:`ROLES`, numbered where there are several) -> column; the systems its codes can be of; sentences
    on what was chosen."""

    roles: dict[str, str]
    systems: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)

    def merged(self, found: Mapping[str, str]) -> dict[str, str]:
        """All roles of a file with these in place of those that names told."""
        others = {role: column for role, column in found.items() if role.rstrip("0123456789") not in ROLES}
        return {**self.roles, **{role: column for role, column in others.items() if column not in self.roles.values()}}


class OffenceCandidate:
    """A column, its distinct texts with their counts, and what the rules say of them."""

    def __init__(self, name: str, counts: Counter[str]) -> None:
        self.name, self.counts = name, counts
        self.rows = sum(self.counts.values())
        words = " ".join(words_of(name))
        self.says_offence = bool(_TELLS.search(words)) and not _TELLS_OTHER.search(words)
        self.says_code = bool(_CODED.search(words)) and not _TELLS_OTHER.search(words)
        self.coded = len(self.counts) > 1 and all(looks_like_code(text) for text in self.counts)
        tried = dict(self.counts.most_common(None if self.says_offence else _TRIED))
        long = sum(map(len, tried)) > _LONGEST * max(len(tried), 1)
        skipped = self.coded or long or not self.says_offence and len(self.counts) > _MANY
        self.types = {} if skipped else {text: rule.meaning for text, rule in (
            (text, rule_of(text)) for text in tried) if rule is not None}
        self.named = set(self.types.values()) & set(SEVERITY)
        self.told = sum(tried[text] for text in self.types) / max(sum(tried.values()), 1)
        self.readable = not skipped

    @property
    def may_tell(self) -> bool:
        """Whether its words name crime types: one if its name says that it is about offences, else several."""
        return bool(self.named) and (self.says_offence or len(self.named) > 1 and self.told > 0.5)


def choose_offence_columns(head: FileRows, found: Mapping[str, str],
                           given: Mapping[str, Optional[str]]) -> OffenceColumns:
    """Choose the columns that tell the offence.

    Parameters
    ----------
    head : pandas.DataFrame
        First rows, as texts.
    found : dict
        Role -> column, as names tell: columns of other roles are left alone.
    given : dict
        Role -> column, as somebody said: it wins, and then only the detail that was named is read beside it.
    """
    said = {role: column for role, column in given.items() if role.rstrip("0123456789") in ROLES}
    named = {role: column for role, column in said.items() if column and column in head}
    taken = {column for role, column in found.items() if role != "offence"} | set(named.values())
    head = head.head(_MOST_ROWS)
    if "offence" in named or "offence_flag" in named or "offence_code" in named:
        return OffenceColumns(named, _systems_given(head, named))
    columns = [OffenceCandidate(str(name), Counter(filter(None, head[name].tolist())))
               for name in head if name not in taken]
    main = None if "offence" in said else _main(columns, found.get("offence", ""))
    if main is None:
        return _without_words(head, columns, found, said, named)
    roles, notes = {"offence": main.name, **named}, []
    if found.get("offence") not in (None, main.name):
        notes.append(f"The offence was read from column {main.name}, since {found['offence']} does not tell it in "
                     "words.")
    if not any(role.startswith("offence_detail") for role in said):
        details = _details(head, main, columns)
        for number, column in enumerate(details, 1):
            roles["offence_detail" + (str(number) if number > 1 else "")] = column.name
        if details:
            notes.append(f"Column {main.name} was read together with {' and '.join(one.name for one in details)}: "
                         "both tell the offence.")
    code, systems = (None, ()) if "offence_code" in said else _code(head, roles, columns)
    if code is not None:
        roles["offence_code"] = code.name
        notes.append(f"Where words are unclear, the codes in column {code.name} decide ({' or '.join(systems)}).")
    return OffenceColumns(roles, systems, notes)


def _main(columns: Sequence[OffenceCandidate], recognised: str) -> Optional[OffenceCandidate]:
    """The column of words that tells the offence best: the one that names say, if it tells any."""
    telling = [column for column in columns if column.may_tell]
    several = [column for column in telling if len(column.counts) > 1] or telling
    return max(several, key=lambda column: (column.name == recognised, column.told, column.rows), default=None)


def _details(head: FileRows, main: OffenceCandidate, columns: Sequence[OffenceCandidate]) -> list[OffenceCandidate]:
    """Columns that tell more of the same offence: what they name agrees with the category, and they are no copies."""
    details = []
    for column in columns:
        if column is main or not column.readable or not column.says_offence or len(column.counts) < 2:
            continue
        pairs = Counter(zip(head[main.name], head[column.name]))
        if _agree(pairs, main, column) and _add(pairs, main, column):
            details.append(column)
    return sorted(details, key=lambda column: -len(column.counts))[:_MOST_DETAILS]


def _agree(pairs: Counter[tuple[str, str]], main: OffenceCandidate, column: OffenceCandidate) -> bool:
    both = same = 0
    for (category, detail), count in pairs.items():
        types = {main.types.get(category), column.types.get(detail)}
        if types <= set(SEVERITY):
            both += count
            same += count if len(types) == 1 or types in _RELATED else 0
    return same >= _AGREES * both


def _add(pairs: Counter[tuple[str, str]], main: OffenceCandidate, column: OffenceCandidate) -> bool:
    """Whether a detail changes a meaning, or has more words for what the category names."""
    if any(offence_meaning(*pair).crime_type != offence_meaning(pair[0]).crime_type for pair in pairs):
        return True
    return bool(column.named) and len(column.counts) > len(main.counts)


def _code(head: FileRows, roles: Mapping[str, str], columns: Sequence[OffenceCandidate],
          ) -> tuple[Optional[OffenceCandidate], tuple[str, ...]]:
    """The column of codes whose system is known and agrees with the words beside it, and its systems."""
    best: tuple[Optional[OffenceCandidate], tuple[str, ...]] = (None, ())
    details = [column for role, column in roles.items() if role.startswith("offence_detail")]
    for column in columns:
        if not column.coded or not column.says_code or not roles:
            continue
        words = Counter(zip(head[column.name], *(head[name] for name in (roles["offence"], *details))))
        meant: dict[str, str] = {}
        for (code, category, *told), _ in words.most_common():
            meaning = offence_meaning(category, BETWEEN_DETAILS.join(filter(None, told))).crime_type
            meant[code] = meant.get(code) or (meaning if meaning in SEVERITY else "")
        systems = systems_of(list(column.counts), column.name, [meant.get(code, "") for code in column.counts])
        if systems and (not best[1] or len(systems) < len(best[1])):
            best = column, systems
    return best


def _without_words(head: FileRows, columns: Sequence[OffenceCandidate], found: Mapping[str, str],
                   said: Mapping[str, Optional[str]], named: dict[str, str]) -> OffenceColumns:
    """A file in which no column names crimes in words: yes-or-no columns, or codes of a known system."""
    flags = [] if "offence_flag" in said else flags_of(columns)
    if flags:
        roles = {"offence_flag" + (str(number) if number > 1 else ""): name for number, name in enumerate(flags, 1)}
        return OffenceColumns({**roles, **named}, (), [
            f"Every offence has a yes-or-no column of its own; read: {', '.join(flags)}."])
    coded = [] if "offence_code" in said else [column for column in columns if column.coded and (
        column.says_code or column.name == found.get("offence"))]
    read = [(column, systems) for column, systems in (
        (column, systems_of(list(column.counts), column.name)) for column in coded) if systems]
    if read:
        column, systems = min(read, key=lambda item: len(item[1]))
        return OffenceColumns({"offence_code": column.name, **named}, systems, [
            f"No column tells the offence in words; the codes in column {column.name} were read "
            f"({' or '.join(systems)})."])
    by_name = found.get("offence", "") if "offence" not in said else ""
    return OffenceColumns({**({"offence": by_name} if by_name else {}), **named})


def flags_of(columns: Sequence[OffenceCandidate]) -> list[str]:
    """Columns named after offences in which only yes and no stand."""
    named = [(column.name, rule_of(column.name)) for column in columns if column.rows and all(
        is_yes_or_no(text) for text in column.counts)]
    types = [rule.meaning for _, rule in named if rule is not None and rule.meaning in SEVERITY]
    return [name for name, rule in named if rule is not None] if len(types) > 2 and len(set(types)) > 1 else []


def _systems_given(head: FileRows, named: Mapping[str, str]) -> tuple[str, ...]:
    column = named.get("offence_code") or named.get("offence", "")
    if column not in head:
        return ()
    texts = sorted({text for text in head[column] if text})
    return systems_of(texts, column) if texts and all(map(looks_like_code, texts)) else ()


def bare_number(head: FileRows, found: Mapping[str, str], given: Mapping[str, Optional[str]]) -> dict[str, str]:
    """The column of the incident's number where its name is a bare Complaint or Case, and numbers stand in it."""
    if "id" in found or "id" in given:
        return {}
    for column in [name for name in head if plain(name) in _BARE and name not in found.values()]:
        texts = {text for text in head[column] if text}
        if len(texts) > 1 and all(_NUMBERED.fullmatch(text) for text in texts):
            return {"id": str(column)}
    return {}


def supplements(head: FileRows, found: Mapping[str, str], given: Mapping[str, Optional[str]]) -> dict[str, str]:
    """The column that tells first reports from supplements to them: a supplement has a number of its own in some
    systems, and is no second incident."""
    if "supplement" in given:
        return {}
    for column in [name for name in head if plain(name) in _REPORT_KINDS and name not in found.values()]:
        told = {is_supplement(text) for text in set(head[column]) if text}
        if told == {True, False}:
            return {"supplement": str(column)}
    return {}


def is_supplement(text: str) -> bool:
    """Whether a kind of report is one to an earlier report."""
    return bool(_SUPPLEMENT.search(plain_words(text)))


def more_dispositions(head: FileRows, found: Mapping[str, str], given: Mapping[str, Optional[str]],
                      table: str = "incidents") -> dict[str, str]:
    """Role -> column of what came of incidents, or alerts of the table ``gunfire``, where the name of the column does
    not say so, but its texts do."""
    if any(role.startswith("disposition") for role in given):
        return {}
    number = sum(role.startswith("disposition") for role in found)
    roles: dict[str, str] = {}
    for column in [name for name in head if name not in found.values()]:
        texts = sorted({text for text in head[column] if text})
        if tells_dispositions(texts) if table == "incidents" else tells_reviews(texts, column):
            number += 1
            roles["disposition" + (str(number) if number > 1 else "")] = str(column)
    return roles
