"""Declared frames: which columns a data frame has, of which type and unit, written once and seen at every call.

``Events = Annotated[pd.DataFrame, Rows("...", COLUMNS)]`` is a type like any other for a reader and a type checker;
tests look whether what a function was promised came. Tables of a workspace are declared in
``workspace/store/tables.py`` out of the same :class:`Column`.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Iterable

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Column:
    """One column: its name, type, what it means with its unit, and whether it must be filled.

    Types: ``text``; ``integer``; ``real``; ``boolean``; ``date`` (ISO ``YYYY-MM-DD``); ``utc`` (an instant; ISO text
    with ``Z`` and milliseconds in a store, ``datetime64[ns, UTC]`` in a frame); ``local`` (wall clock of the agency,
    ISO text without zone); ``json`` (text that holds JSON in a store, a Python object in a frame); ``geometry``
    (shapely, in the workspace's coordinate system).
    """

    name: str
    type: str
    help: str
    required: bool = False


@dataclass(frozen=True)
class Rows:
    """What one row of a frame is, and its columns; ``optional`` columns may be missing as a whole.

    ``index`` says what the index holds where it means something.
    """

    help: str
    columns: tuple[Column, ...]
    optional: tuple[Column, ...] = ()
    index: str = ""

    def missing(self, frame: pd.DataFrame) -> list[str]:
        """Names of declared columns that a frame has not; empty where it is as declared."""
        return [column.name for column in self.columns if column.name not in frame.columns]


def columns(*declared: Iterable[Any]) -> tuple[Column, ...]:
    """Columns from tuples ``(name, type, help[, required])``."""
    return tuple(Column(*one) for one in declared)


def names_of(frame: Any) -> tuple[str, ...]:
    """Names of the columns of a declared frame, in order."""
    return tuple(column.name for column in frame.__metadata__[0].columns)


def joined(frames: Iterable[pd.DataFrame | pd.Series], ignore_index: bool = False) -> Any:
    """Frames or series below each other, as ``pandas.concat``: of those without rows, whose types pandas once took no
    notice of, and later will, only the columns count, and only where all are so."""
    import pandas as pd

    every = list(frames)
    return pd.concat([frame for frame in every if len(frame)] or every[:1], ignore_index=ignore_index)
