"""Columns that hold both numbers of a position: told by what is in them, not by their names."""
from __future__ import annotations

from typing import TYPE_CHECKING, Optional, Sequence

from . import privacy
from .column_names import plain
from .place_names import ELSEWHERE, words_in
from .position_texts import holds_points
from .readers import first_rows

if TYPE_CHECKING:
    from ...progress import Progress
    from .import_frames import FileRows
    from .row_source import RowSource

_TAKEN_FOR_TEXT = ("address", "block")
_MOST_COLUMNS, _ROWS = 3, 2000


def _points_in(head: FileRows, columns: Sequence[str], names: Sequence[str]) -> list[str]:
    """Columns of some first rows that hold positions, those named like places first."""
    found = [column for column in columns if column in head and not ELSEWHERE.search(words_in(column))
             and holds_points(head[column])]
    return sorted(found, key=lambda column: plain(column) not in names)[:_MOST_COLUMNS]


def add_points(source: RowSource, found: dict[str, str], names: Sequence[str], progress: Progress,
               head: Optional[FileRows] = None) -> None:
    """Find the columns that hold both numbers of a position in a source that has no other: roles ``point``,
    ``point2`` and so on are added to role -> column. ``head`` are its first rows, read if not given."""
    if source.has_geometry or {"longitude", "latitude"} <= set(found) or {"x", "y"} <= set(found) or "point" in found:
        return
    columns = [column for column in source.columns if not privacy.about_persons(column) and not any(
        column == used and role not in _TAKEN_FOR_TEXT for role, used in found.items())]
    rows = first_rows(source, columns, progress, _ROWS) if head is None else head
    for number, column in enumerate(_points_in(rows.head(_ROWS), columns, names), 1):
        for role in [role for role, used in found.items() if used == column]:
            del found[role]
        found["point" + str(number) * (number > 1)] = column
