"""What a report consists of: a head and its parts in reading order, as plain data.

A report is composed of these in any thread, without QGIS; :mod:`.page_flow` lays it out and :mod:`.publish` exports it.
All text is text: nothing in a part is ever read as an expression, HTML or a formula.
"""
from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Iterator, Optional, Sequence, Union

import pandas as pd

from ...errors import ConnectError
from ...file_checks import has_lines
from ...files import replacing_together
from ...spreadsheet_cells import harmless
from .wording import clean

if TYPE_CHECKING:
    from qgis.core import QgsMapLayer, QgsSymbol

    from .drawing import Picture

KeyEntry = tuple[Union[str, Callable[[], "QgsSymbol"]], str, str]
"""Of a map's key: a colour or what makes the very symbol of the map, a letter, words."""


@dataclass(frozen=True)
class PageHead:
    """What stands on every page: ``title``, ``subtitle`` (period and filters), ``agency``, ``notice`` (the agency's own
    words, in bold), ``logo`` (path of a picture, empty = none), ``data`` (which data go up to when, in words),
    ``chain_head`` of the adjustments (empty = none was ever made), ``version`` of the plugin."""

    title: str
    subtitle: str
    agency: str = ""
    notice: str = ""
    logo: str = ""
    data: str = ""
    chain_head: str = ""
    version: str = ""
    page_size: str = "Letter"


@dataclass(frozen=True)
class Heading:
    """A heading; it never stands alone at the foot of a page."""

    text: str


@dataclass(frozen=True)
class Paragraph:
    """Text that wraps and goes on over pages; ``small`` for notes on method."""

    text: str
    small: bool = False


@dataclass(frozen=True)
class Figures:
    """A row of big numbers: (number as text, caption) each, at most five; smaller where one is long."""

    figures: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class PrintedColumn:
    """One column of a table.

    ``name`` of the frame's column; ``title`` above it; ``width`` in mm, None = an equal share of what is left;
    ``words`` makes the text of a value, which is also what decides its side: numbers stand right. ``lines`` is the
    most lines a cell takes before it is elided. ``colour`` names a column of the frame with #rrggbb behind the cell;
    such columns are not exported.
    """

    name: str
    title: str
    width: Optional[float] = None
    words: Optional[Callable[[Any], str]] = None
    number: bool = False
    lines: int = 2
    colour: str = ""

    def text(self, value: Any) -> str:
        """The text of a value; an empty one for null."""
        if value is None or (not isinstance(value, (list, tuple, dict)) and pd.isna(value)):
            return ""
        return clean(self.words(value) if self.words else value)


def number(name: str, title: str, width: Optional[float] = None, digits: int = 0, unit: str = "") -> PrintedColumn:
    """A column of numbers with ``digits`` decimals, thousands apart, and a unit such as `` %`` after them."""
    return PrintedColumn(name, title, width, lambda value: f"{value:,.{digits}f}{unit}", True)


@dataclass(frozen=True)
class PrintedTable:
    """A table over as many pages as it needs, its header on each.

    ``name`` is part of the CSV's file name. ``rows`` holds values, not texts: the CSV gets them as they are.
    ``empty`` stands instead of a table without rows. A table that is not ``on_page`` is for the CSV only, one that
    is not ``in_file`` for the page only. Its rows go on in ``across`` columns side by side, as in a newspaper.
    """

    name: str
    columns: Sequence[PrintedColumn]
    rows: pd.DataFrame
    title: str = ""
    empty: str = "Nothing to show in this period."
    on_page: bool = True
    in_file: bool = True
    across: int = 1


@dataclass(frozen=True)
class Chart:
    """A vector chart; ``draw(width in mm)`` gives a :class:`.charts.Picture`. Called when laid out, in the main thread.

    ``caption`` says how to read it. Where the charts' library is missing the chart is left out and the report says so.
    """

    name: str
    draw: Callable[[float], Picture]
    caption: str = ""


@dataclass(frozen=True)
class Map:
    """A map; ``layers()`` makes and styles its layers, top one first, when laid out, in the main thread.

    ``extent`` is (xmin, ymin, xmax, ymax) in ``crs``; ``key`` are (symbol, letter, words) beside or below it, a symbol
    being a colour or a function that makes, when laid out, the very symbol of the map (a fill or a line). Where a page
    has room for ``least`` mm of height but not for all of it, the map is as high as the room.
    """

    name: str
    layers: Callable[[], Sequence[QgsMapLayer]]
    extent: tuple[float, float, float, float]
    crs: str
    height: float = 110.0
    key: Sequence[KeyEntry] = ()
    caption: str = ""
    least: float = 0.0


@dataclass(frozen=True)
class PageBreak:
    """What follows begins a page."""


@dataclass(frozen=True)
class Beside:
    """Columns of parts next to each other, ``shares`` of the width each; below each other where a page is too low."""

    columns: Sequence[Sequence[Inner]]
    shares: Sequence[float]


Inner = Union[Heading, Paragraph, Figures, PrintedTable, Chart, Map]
"""What may stand in a column of :class:`Beside`."""
Part = Union[Heading, Paragraph, Figures, PrintedTable, Chart, Map, PageBreak, Beside]


@dataclass(frozen=True)
class Report:
    """A report ready to be laid out or exported.

    ``name`` is that of the layout; ``message`` says why it is empty; ``crs`` is that of its maps.
    """

    name: str
    head: PageHead
    parts: Sequence[Part] = field(default_factory=tuple)
    message: str = ""
    crs: str = ""

    def tables(self) -> list[PrintedTable]:
        """Its tables for files, in reading order."""
        return [table for table in _tables(self.parts) if table.in_file]


def _tables(parts: Sequence[Part]) -> Iterator[PrintedTable]:
    for part in parts:
        if isinstance(part, PrintedTable):
            yield part
        elif isinstance(part, Beside):
            for column in part.columns:
                yield from _tables(column)


def table_csv(table: PrintedTable) -> str:
    """A table as CSV text, numbers as they are and formula characters neutralised: the one way a report makes CSV."""
    columns = [column for column in table.columns if column.title or not column.colour]
    frame = pd.DataFrame({column.name: [_cell(value) for value in table.rows[column.name]] for column in columns},
                         dtype=object)
    frame.columns = [harmless(column.title or column.name) for column in columns]
    return frame.to_csv(index=False)


def _cell(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        value = ", ".join(str(part) for part in value)
    if value is None or pd.isna(value):
        return None
    return harmless(clean(value)) if isinstance(value, str) else value


def write_csv(report: Report, path: Union[str, Path]) -> list[str]:
    """Write the tables of a report as CSV: one to ``path``, several beside it with the table's name -> paths.

    Raises
    ------
    ConnectError
        When the report has no table, or a file cannot be written.
    """
    tables = report.tables()
    if not tables:
        raise ConnectError(report.message or "This report has no table to write as CSV in this period.")
    path = Path(path)
    names = [re.sub(r"\W+", "_", table.name.lower()) for table in tables]
    names = [name + (f"_{names[:place].count(name) + 1}" if name in names[:place] else "")
             for place, name in enumerate(names)]
    paths = [path] if len(tables) == 1 else [path.with_name(f"{path.stem}_{name}.csv") for name in names]
    with replacing_together(path.parent, "The table") as new:
        for target, table in zip(paths, tables):
            content = table_csv(table).encode("utf-8-sig")
            new(target.name, has_lines(content.count(b"\n"))).write_bytes(content)
    return [str(target) for target in paths]
