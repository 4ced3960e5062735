"""Badge numbers in cells: several of one crew, and names beside them, which never get in."""
from __future__ import annotations

import re
from typing import TYPE_CHECKING, Sequence

import numpy as np
import pandas as pd

from .cell_texts import plain_code

if TYPE_CHECKING:
    from ...forecast.arrays import Bools

NAMES = "officers that are not badge numbers: a name, or a word without a digit, beside others"
_BETWEEN = re.compile(r"\s*(?:[,;/&|+\n\r]|\band\b)+\s*", re.IGNORECASE)
_NUMBERS = re.compile(r"\d{2,}(?: +\d{2,})+")
_WORD = re.compile(r"[^\W\d_]+(?:[.'\u2019-]+[^\W\d_]+)*[.,]*")
_NAME = re.compile(r"[^\W\d_]{3}")
_JOINED = re.compile(r"#?(\d{2,})[-_:]+([^\W\d_]{2,}[.,]?)|([^\W\d_]{2,})[-_:]+#?(\d{2,})")
"""A badge number and a word beside it, or a word and the number beside it, joined."""
_MOST_PREFIXES = 3
"""An agency writes its own few letters before badge numbers; of more different words beside them they are names."""


def badges_of(columns: Sequence[pd.Series]) -> tuple[pd.Series, Bools, int]:
    """Badge numbers of rows whose crews stand in one or several columns, each cell with one number or several.

    Several are parted by commas, semicolons, slashes, ampersands, plus signs, bars, lines, "and", or blanks between
    numbers. A word beside a number ("Officer 4411", "4411 Roe", "Roe J #4411") is left out, also if it is joined to it
    ("4411-Roe") and the words differ.

    Returns
    -------
    lists : series of list of str
        Of each row, in order and each once.
    wrong : bool array
        Rows with several officers of which one has no digit.
    words : int
        Cells of which words were left out.
    """
    size = len(columns[0])
    lists: list[list[str]] = [[] for _ in range(size)]
    wrong, words = np.zeros(size, dtype=bool), 0
    for column in columns:
        codes, texts = pd.factorize(column)
        read = [_badges(str(text)) for text in texts]
        counts = np.bincount(codes, minlength=len(texts))
        if _joined_to_names(texts):
            read = [_badges(_JOINED.sub(r"\1\4 \2\3", str(text))) for text in texts]
        words += sum(int(count) for count, (_, _, left) in zip(counts, read) if left)
        for row, code in enumerate(codes):
            lists[row] += [badge for badge in read[code][0] if badge not in lists[row]]
            wrong[row] |= read[code][1]
    return pd.Series(lists, dtype=object), wrong, words


def parts_of(cell: str) -> list[str]:
    """The badge numbers in a cell of several; the cell itself where it holds anything else, to be looked at whole."""
    badges, wrong, _ = _badges(cell)
    return [cell] if wrong or len(badges) < 2 else badges


def codes_of(cells: Sequence[object], officers: bool) -> list[str]:
    """The codes in some cells: as they stand, or, of officers, badge numbers without the words beside them."""
    if not officers:
        return [str(cell) for cell in cells]
    lists, _, _ = badges_of([pd.Series(list(cells), dtype=object)])
    return [badge for badges in lists for badge in badges]


def _joined_to_names(cells: Sequence[object]) -> bool:
    """Whether the words joined to numbers by a hyphen or the like are too many to be an agency's own prefixes."""
    words = {word.casefold() for cell in cells for found in _JOINED.findall(str(cell)) for word in found[1:3] if word}
    return len(words) > _MOST_PREFIXES


def _badges(cell: str) -> tuple[list[str], bool, bool]:
    """(badge numbers, one of several is none, words were left out) of a cell."""
    parts = [part for part in _BETWEEN.split(cell.strip()) if part]
    if len(parts) == 1 and _NUMBERS.fullmatch(parts[0]):
        parts = parts[0].split()
    bare = [_without_words(part) for part in parts]
    wrong = len(parts) > 1 and not all(re.search(r"\d", part) for part in parts)
    return [plain_code(part) for part in bare], wrong, not wrong and bare != parts


def _without_words(part: str) -> str:
    """The one number of a text of words and a number; anything else as it is."""
    tokens = part.split()
    numbers = [token for token in tokens if re.search(r"\d", token)]
    others = [token for token in tokens if token not in numbers]
    are_words = any(map(_NAME.search, others)) and all(map(_WORD.fullmatch, others))
    return numbers[0].strip("()[]#.:") if len(numbers) == 1 and are_words else part
