"""Questions about a source, in one place: what the user says of a file, what was answered before, what must be asked.

A reader that is not sure of something raises a :class:`SourceQuestion` instead of guessing. What was said about a file
is kept with its import, and serves the next file that has the same columns.
"""
from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Optional, Sequence

from ...errors import ConnectError, some
from .column_recognition import ColumnMapping, given_roles

if TYPE_CHECKING:
    from ..store.workspace import Workspace


_OF_WORDS = {"offences", "words", "words_columns", "code_systems"}


class SourceQuestion(ConnectError):
    """What only somebody who knows the source can tell.

    ``parameter`` names the parameter that answers it in batch; ``column`` and ``example`` are where and what is
    unclear, ``choices`` the answer -> how the example then reads, and ``question`` what to ask somebody who can choose.
    """

    parameter = ""

    def __init__(self, sentence: str, question: str, column: str, example: str, choices: dict[str, str]) -> None:
        super().__init__(sentence)
        self.question, self.column, self.example, self.choices = question, column, example, choices


@dataclass(frozen=True)
class SourceOptions:
    """What the user says of a file now; empty where nothing is said.

    ``mapping`` is role -> column, or the same as JSON; ``offences`` the path of a table of its offence words; the
    others are as in :class:`SourceAnswers`. ``as_before`` has the file read once more as it was read then.
    """

    mapping: ColumnMapping = None
    source_crs: str = ""
    source_timezone: str = ""
    date_order: str = ""
    crime_type: str = ""
    offences: str = ""
    as_before: Optional[SourceAnswers] = None


@dataclass(frozen=True)
class SourceAnswers:
    """How a file is to be read, where that is not left to guessing.

    ``mapping`` is role -> column, None for a role that shall be left out; ``header`` is the fingerprint of the file's
    columns, by which all this is found again. ``date_order`` is the order of its dates, as given or as the source has
    shown it once; ``crime_type`` the type of all its rows where no column tells one. ``offences`` is what was decided
    for offence words, ``words`` which words its files had, both as ``offence_words.py`` has them; ``words_columns``
    which part of an offence each column tells, ``code_systems`` of which systems its codes are.
    """

    header: str = ""
    mapping: dict[str, Optional[str]] = field(default_factory=dict)
    source_crs: str = ""
    source_timezone: str = ""
    date_order: str = ""
    crime_type: str = ""
    offences: dict[str, str] = field(default_factory=dict)
    words: dict[str, list[Any]] = field(default_factory=dict)
    words_columns: list[list[str]] = field(default_factory=list)
    code_systems: list[str] = field(default_factory=list)

    @property
    def said(self) -> dict[str, Any]:
        """By name what was said of the file, or it has shown once; without what is only remembered of its words."""
        return {name: value for name, value in vars(self).items()
                if value and name not in ("header", "words", "words_columns", "code_systems")}


def fingerprint(columns: Sequence[str]) -> str:
    """SHA-256 of a file's columns: their names in order."""
    return hashlib.sha256("\0".join(columns).encode("utf-8", "surrogatepass")).hexdigest()


def recall(workspace: Workspace, table: str, columns: Sequence[str], options: SourceOptions,
           warnings: list[str]) -> SourceAnswers:
    """What is said of a file, completed by what was said at the newest import of a file with the same columns.

    Parameters
    ----------
    table : str
        The table to be filled.
    columns : list of str
        Of the file.
    options : SourceOptions
        What is empty stands for what was said before. A mapping, even one of no roles (``{}``), says all there is to
        say: then CRS, zone and crime type are not taken from before either; the order of dates is, unless the mapping
        is empty. Offence words stay as decided, whatever their columns are called.
        The order of dates is checked where the dates are known, see :func:`.date_order.with_date_order`.
    warnings : list of str
        Gets a sentence if anything was said before and not now.
    """
    if options.as_before is not None:
        return options.as_before
    header = fingerprint(columns)
    now: dict[str, Any] = {"mapping": given_roles(columns, table, options.mapping), "source_crs": options.source_crs,
                           "source_timezone": options.source_timezone, "crime_type": options.crime_type}
    before = _before(workspace, table, header)
    if options.mapping not in (None, ""):
        # What the source has shown of its dates does not hang on what its columns mean.
        kept = {"date_order"} | _OF_WORDS if now["mapping"] else _OF_WORDS
        before = {name: value for name, value in before.items() if name in kept}
    taken = {name: value for name, value in before.items() if value and not now.get(name)}
    told = {name: value for name, value in taken.items() if name not in _OF_WORDS | {"date_order"}}
    if told:
        warnings.append("Columns are the same as in an earlier import and were read as then: "
                        f"{'; '.join(_in_words(*item) for item in told.items())}. Give MAPPING {{}} to have them "
                        "guessed anew.")
    if taken.get("offences"):
        decided = (f"{words} is {taken_as.replace('_', ' ')}" for words, taken_as in taken["offences"].items())
        warnings.append(f"Offence words were taken as decided for earlier files of this source: {some(decided)}.")
    return SourceAnswers(header, **{**now, **taken})


def table_before(workspace: Workspace, columns: Sequence[str]) -> str:
    """The table that the newest import of a file with the same columns filled, "" if there was none."""
    header = fingerprint(columns)
    imports = workspace.read("imports", ["table_name", "given"], order_by="at_utc").iloc[::-1]
    return next((table for table, answers in zip(imports["table_name"], imports["given"])
                 if answers and answers.get("header") == header), "")


def _before(workspace: Workspace, table: str, header: str) -> dict[str, Any]:
    """What was answered at the newest import of a file with this header."""
    imports = workspace.read("imports", ["given"], {"table_name": table}, order_by="at_utc")
    for answers in reversed(imports["given"].tolist()):
        if answers and answers.get("header") == header:
            return {name: answers.get(name) for name in ("mapping", "source_crs", "source_timezone", "date_order",
                                                         "crime_type", *sorted(_OF_WORDS))}
    return {}


def _in_words(name: str, value: Any) -> str:
    if name == "mapping":
        return ", ".join(f"{column} is {role}" if column else f"no {role}"
                         for role, column in value.items())
    return {"source_crs": "CRS", "source_timezone": "time zone", "crime_type": "crime type"}[name] + f" {value}"
