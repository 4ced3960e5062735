"""The table of a source's offence words as a CSV file, which an analyst reads and edits, and an import takes back."""
from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Iterable, Mapping, Sequence, Union

from ...errors import ConnectError
from ...files import replace_text
from ...progress import SILENT
from ...spreadsheet_cells import bare, harmless
from .offence_words import NOT_COUNTED
from .readers import open_source, read_whole

if TYPE_CHECKING:
    from .offence_words import OffenceWord, Words

_LAST = ("count", "example_line", "taken_as", "why")


def write_offences(path: Union[str, Path], columns: Sequence[str], table: Iterable[OffenceWord]) -> None:
    """Write the table: the columns of the source, then how often, where, what it is taken as and why.

    A word that a spreadsheet would take for a formula begins with an apostrophe.
    """
    rows = [[*columns, *_LAST]] + [[*line.words, str(line.count), str(line.line or ""), line.taken_as, line.why]
                                   for line in table]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([[harmless(cell) for cell in row] for row in rows])
    # With the mark of UTF-8, by which spreadsheets know it.
    replace_text(path, text.getvalue(), "The table of offences (OFFENCES)", encoding="utf-8-sig")


def read_offences(path: Union[str, Path], columns: Sequence[str], types: Mapping[str, str],
                  known: Iterable[Words]) -> list[tuple[Words, str]]:
    """What a table says: (words, code of a crime type, :data:`.NOT_COUNTED` or "") of every line.

    Parameters
    ----------
    path
        As :func:`write_offences` wrote it, or a spreadsheet saved it since.
    columns : list of str
        Of the source, that tell the offence.
    types : mapping
        Code -> name of the workspace's crime types; ``taken_as`` may name either.
    known : iterable of tuple of str
        Words of the source; those that a spreadsheet has changed (0520 to 520) are found among them.

    Raises
    ------
    ConnectError
        When it cannot be read, is no such table, or says of some words what cannot be.
    """
    name = Path(path).name
    try:
        source = open_source(path)
        rows = read_whole(source, source.columns, SILENT)
    except ConnectError as error:
        raise ConnectError(f"The table of offences (OFFENCES) cannot be used: {error.user}", error.log) from error
    wanted = [*columns, "taken_as"]
    missing = [column for column in wanted if harmless(column) not in source.columns and column not in source.columns]
    if missing:
        raise ConnectError(f"{name} is no table of offences of this file: it has no column {missing[0]}. Give OFFENCES "
                           "a new name and run the import, which writes the table; then edit taken_as.")
    texts = [rows[column if column in source.columns else harmless(column)].astype(str).str.strip().tolist()
             for column in wanted]
    found = _Known(known)
    decisions: dict[Words, str] = {}
    for *cells, said in zip(*texts):
        words = found.words(cells)
        taken_as = _taken_as(said, types, name, words)
        if any(words) and decisions.setdefault(words, taken_as) != taken_as:
            raise ConnectError(f"{name} says two things of {' '.join(words)[:60]}; keep one line of each in OFFENCES.")
    return list(decisions.items())


class _Known:
    """Words as the source has them, by what a spreadsheet leaves of them."""

    def __init__(self, known: Iterable[Words]) -> None:
        self._exact: dict[Words, Words] = {}
        self._folded: dict[Words, list[Words]] = {}
        for words in known:
            self._exact[tuple(map(harmless, words))] = words
            self._folded.setdefault(tuple(map(_folded, words)), []).append(words)

    def words(self, cells: Sequence[str]) -> Words:
        """The words that a line of the table means."""
        exact = self._exact.get(tuple(cells))
        alike = self._folded.get(tuple(map(_folded, cells)), [])
        return exact or (alike[0] if len(alike) == 1 else tuple(map(bare, cells)))


def _taken_as(said: str, types: Mapping[str, str], name: str, words: Words) -> str:
    plain = " ".join(said.casefold().replace("_", " ").split())
    for code, title in types.items():
        if plain in (code.replace("_", " "), title.casefold()):
            return code
    if plain in ("", NOT_COUNTED):
        return plain
    raise ConnectError(f"{name} takes {' '.join(words)[:60]} as “{said[:40]}”, which is no crime type here; write one "
                       f"of {', '.join(types)}, or {NOT_COUNTED}, in taken_as.")


def _folded(cell: str) -> str:
    return re.sub(r"^0+(?=\d)", "", " ".join(bare(cell).split()).casefold())
