"""Lines of a text with their numbers, for formats that are read line by line."""
from __future__ import annotations

from typing import TYPE_CHECKING, Iterator

from .text_file import CheckedText, told, unpacked

if TYPE_CHECKING:
    from ...progress import Progress
    from .row_source import RowSource

PROBLEM = "(problem)"
"""Column of a chunk that says why a row cannot be used although it was read; empty where it can."""

_ROWS = 200_000


def numbered_lines(source: RowSource, progress: Progress) -> Iterator[tuple[list[int], list[str]]]:
    """(line numbers, texts) of the lines of a file that are not blank, in chunks."""
    size = max(source.path.stat().st_size, 1)
    numbers, rows = [], []
    with told(source.name), unpacked(source.path) as (raw, stream):
        text = CheckedText(stream, source.encoding, source.name, "replace")
        for number, line in enumerate(iter(text.readline, ""), 1):
            if line.strip():
                numbers.append(number)
                rows.append(line)
            if len(rows) == _ROWS:
                progress.report(min(raw.tell() / size, 1.0))
                yield numbers, rows
                numbers, rows = [], []
    if rows:
        yield numbers, rows
