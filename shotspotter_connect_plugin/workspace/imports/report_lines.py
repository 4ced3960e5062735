"""Lines of a report that are no rows: totals, numbers of pages, ends, counts, rules, and headers that come again."""
from __future__ import annotations

import re
from typing import TYPE_CHECKING, Sequence

import numpy as np

from .privacy import about_persons

if TYPE_CHECKING:
    from ...forecast.arrays import Bools
    from .import_frames import FileRows

_RULE = re.compile(r"[-=_*]{2,}")
_LINE = re.compile(
    r"\W*(((grand|sub|page|report|overall) ?-?)?(totals?|sum)\b(?! \w+ \w+ \w+)|(summe|gesamt\w*|insgesamt|seite) ?:?|"
    r"end ?of ?(the )?(report|file|data|list|query|page|results?)\b|end$|page:? \d+|-- ?\d+ ?--|"
    r"(number|count|total) of [a-z ]{3,30}:?|"
    r"[\d,.]+ (rows?|records?|lines?|entries|results?|incidents?|zeilen|datens.tze)\b.{0,30}|"
    r"(rows?|records?|record count|row count|count):? ?[\d,.]*$|"
    r"(report )?(generated|printed|exported|created|produced|run)( (on|at|by|date|time))?\b.{0,80}|"
    r"report (date|id|run)\b|run date|as of \d|source: |filters?( applied)?:|copyright|\u00a9|confidential|"
    r"completion time|\(?continued\)?|notes?: )", re.I)


def judged_columns(all_columns: Sequence[str], columns: Sequence[str]) -> list[str]:
    """Columns to read for :func:`report_lines`: those wanted, and the file's first, which tells totals and ends, unless
    it is about persons."""
    first = [column for column in all_columns[:1] if not about_persons(column)]
    return list(dict.fromkeys([*first, *columns]))


def report_lines(chunk: FileRows, columns: Sequence[str]) -> Bools:
    """Which rows of a chunk of texts are lines of a report.

    Most of such a row is empty, and its first text says what it is; or it is a rule; or it repeats the names of the
    columns, as the next page does. ``columns`` are those of the chunk by name, that of the file first if it is there.
    """
    if not columns:
        return np.zeros(len(chunk), dtype=bool)
    texts = [chunk[column].to_numpy(object) for column in columns]
    empty = np.zeros(len(chunk), dtype=np.int64)
    for column in texts:
        empty += column == ""
    first = texts[0]
    suspects = np.flatnonzero((empty >= max(len(texts) - 2, len(texts) / 2)) & (empty < len(texts))
                              | (first == columns[0]) | np.isin(first, _rules([*first[:5], *first[-5:]])))
    found = np.zeros(len(chunk), dtype=bool)
    for row in suspects:
        cells = [column[row].strip() for column in texts]
        written = [cell for cell in cells if cell]
        found[row] = bool(written) and (
            len(texts) > 2 and len(written) <= len(texts) / 2 and bool(_LINE.match(written[0]))
            or len(written) > 1 and all(cell == str(name).strip() for cell, name in zip(cells, columns) if cell)
            or all(map(_RULE.fullmatch, written)))
    return found


def _rules(cells: Sequence[str]) -> list[str]:
    """Cells that are rules, as they stand below the header or the last row of what a database prints."""
    return [cell for cell in cells if _RULE.fullmatch(cell.strip())]
