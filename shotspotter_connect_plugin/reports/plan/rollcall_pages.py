"""The roll-call report: one page per beat, made as an atlas over the sheets of a plan GeoPackage.

An atlas, because the agency can open it in QGIS's layout designer and change the one page design. Its labels only name
columns of the sheets layer (``[% "title" %]``); QGIS evaluates such a text once, so what stands in a column is shown as
it is.
"""
from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Iterator, Sequence

import pandas as pd
from qgis.core import QgsCoordinateReferenceSystem, QgsLayoutItemMap, QgsLayoutItemMapOverview
from qgis.PyQt.QtCore import Qt

from ...errors import ConnectError
from ...file_checks import layers as layers_of
from ...files import scratch
from ...progress import SILENT
from ...workspace.steps.shift_plan import drive_in_words
from ..paper import map_layers, page_items, style
from ..paper.report_content import PageHead, PrintedColumn, PrintedTable, Report
from ..paper.wording import date_in_words
from . import sheets
from .plan_file import write_geopackage
from .rollcall_data import RollCall

if TYPE_CHECKING:
    from pathlib import Path

    from qgis.core import QgsFeedback, QgsPrintLayout, QgsProject

    from ...progress import Progress

NAME = "Roll call"
PHONE = "This plan on a phone"
HOW_TO_READ = "On the map: number = order of the visits, letter and colour = the crime type behind most of the harm."


def write_rollcall(rollcall: RollCall | Sequence[RollCall], path: str | Path, progress: Progress = SILENT,
                   feedback: QgsFeedback | None = None) -> str:
    """Write the roll-call PDF of one shift, or of several, in one file; it appears only when it is complete.

    Parameters
    ----------
    rollcall : RollCall or sequence of RollCall
        From :func:`~.rollcall_data.rollcall`; several are of one workspace.
    path : str
        The PDF.
    feedback : qgis.core.QgsFeedback, optional
        Hears how far it is and can cancel. Main thread only, as layouts are.
    """
    rollcalls = [rollcall] if isinstance(rollcall, RollCall) else list(rollcall)
    with laid_out(rollcalls, progress) as layout:
        first = rollcalls[0]
        shift = f"{first.shift_name} shift" if len(rollcalls) == 1 else ""
        title = ", ".join(filter(None, (NAME, first.agency, shift, date_in_words(first.shift_date))))
        return page_items.export_pdf(layout, path, feedback, title)


@contextmanager
def laid_out(rollcalls: Sequence[RollCall], progress: Progress = SILENT) -> Iterator[QgsPrintLayout]:
    """The layout of the sheets, in a project of its own, with all it shows; both are gone afterwards."""
    if not rollcalls:
        raise ConnectError("There is no shift to print: name a shift of this date.")
    with scratch("The plan to print") as folder:
        geopackage = folder / "plan.gpkg"
        layers_of(write_geopackage(geopackage, rollcalls, progress, with_forecast=False))(geopackage)
        project = map_layers.new_project(rollcalls[0].crs)
        try:
            layers = map_layers.plan_layers(project, geopackage, map_layers.in_memory)
            layout = build_layout(project, layers, rollcalls[0].page_size)
            _ask_less(project, layout)
            yield layout
        finally:
            map_layers.let_go(project)


def _ask_less(project: QgsProject, layout: QgsPrintLayout) -> None:
    """For every item it draws QGIS works out what the reference map's CRS is, a sixth of the time; so that has none.

    Nothing on the small map is measured, and its layers are in one CRS.
    """
    small = layout.itemById(map_layers.SMALL_MAP)
    small.setCrs(QgsCoordinateReferenceSystem())
    project.setCrs(QgsCoordinateReferenceSystem())
    layout.setReferenceMap(small)


def as_table(rollcalls: Sequence[RollCall]) -> Report:
    """The boxes of some shifts as a :class:`~.report_content.Report` of one table, for files."""
    first = rollcalls[0]
    patrols = pd.concat([rollcall.patrols.assign(shift_name=rollcall.shift_name) for rollcall in rollcalls])
    patrols["kind"] = patrols["crime_type"].map(dict(zip(first.crime_types["crime_type"], first.crime_types["name"])))
    patrols["drive"] = [drive_in_words(*way) for way in zip(patrols["travel_minutes"], patrols["by_street"])]
    table = PrintedTable("boxes", [
        PrintedColumn("shift_date", "Date"), PrintedColumn("shift_name", "Shift"), PrintedColumn("beat", "Beat"),
        PrintedColumn("number", "No."),
        PrintedColumn("box_id", "Box"), PrintedColumn("where", "Where"), PrintedColumn("kind", "Crime type"),
        PrintedColumn("chance", "Chance of any crime"), PrintedColumn("chance_low", "Chance, low"),
        PrintedColumn("chance_high", "Chance, high"), PrintedColumn("inclusion_probability", "Chance of being drawn"),
        PrintedColumn("target_minutes", "Minutes"),
        PrintedColumn("returns", "Come back"), PrintedColumn("drive", "From the box before (~ straight line)"),
        PrintedColumn("unit", "Unit")], patrols)
    return Report(NAME, PageHead(NAME, first.shift_date), (table,), first.message)


def build_layout(project: QgsProject, layers: map_layers.PlanLayers, page_size: str) -> QgsPrintLayout:
    """The roll-call layout over the layers of a plan, in the project's layout manager, which owns it.

    Parameters
    ----------
    project : QgsProject
        Holds ``layers``; keep it for as long as the layout is used.
    layers : maps.PlanLayers
    page_size : str
        ``A4`` or ``Letter``.
    """
    layout = page_items.new_layout(project, NAME, page_size)
    atlas = layout.atlas()
    atlas.setCoverageLayer(layers.sheets)
    atlas.setHideCoverage(True)
    atlas.setSortFeatures(True)
    atlas.setSortExpression('"sheet"')
    atlas.setPageNameExpression('"title"')
    atlas.setEnabled(True)
    page_width, page_height = style.page_size(page_size)
    width = page_width - 2 * style.MARGIN
    first = next(layers.sheets.getFeatures(), None)
    _header(layout, width, first["logo"] if first else "", bool(first and first["qr"]))
    big = _big_map(layout, layers, width)
    _side(layout, layers, big, page_width)
    _table(layout, layers, page_width)
    _notes(layout, width)
    _footer(layout, width, page_height)
    atlas.beginRender()
    atlas.first()
    return layout


def _header(layout: QgsPrintLayout, width: float, logo: str, qr: bool) -> None:
    x, (split, name_width) = style.MARGIN, sheets.header_widths(width, bool(logo), qr)
    page_items.label(layout, "Title", page_items.field("title"), (x, 8, split, 9), style.text_format(19, bold=True))
    page_items.label(layout, "Agency", page_items.field("agency"), (x + split, 9, name_width, 9),
                     style.text_format(sheets.TEXT, style.MUTED), Qt.AlignmentFlag.AlignRight)
    right = x + width
    if qr:
        right -= sheets.QR
        page_items.picture(layout, "QR code of the phone's file", page_items.page_value("qr"),
                           (right, 6, sheets.QR, sheets.QR))
        page_items.label(layout, "Words of the QR code", PHONE, (right - 12, 21.7, sheets.QR + 12, 3),
                         style.text_format(5.5, style.MUTED), Qt.AlignmentFlag.AlignRight)
        right -= 2.0
    if logo:
        page_items.picture(layout, "Logo", logo, (right - sheets.LOGO[0], 8, *sheets.LOGO))
    page_items.label(layout, "Shift", page_items.field("subtitle"), (x, 18, width, 6), style.text_format(11))
    page_items.rule(layout, "Line under the header", (x, 25, width, 0.6))


def _big_map(layout: QgsPrintLayout, layers: map_layers.PlanLayers, width: float) -> QgsLayoutItemMap:
    shown = [layers.patrols, layers.beats, layers.outlines, layers.dimming, *layers.lines, *layers.ground]
    place = (style.MARGIN, sheets.TOP, width - sheets.SIDE - sheets.GAP, sheets.TALLEST_MAP)
    item = page_items.map_item(layout, map_layers.MAIN_MAP, shown, place, height="map_height")
    item.setAtlasDriven(True)
    item.setAtlasScalingMode(QgsLayoutItemMap.AtlasScalingMode.Auto)
    item.setAtlasMargin(0.0)
    return item


def _side(layout: QgsPrintLayout, layers: map_layers.PlanLayers, big: QgsLayoutItemMap, page_width: float) -> None:
    """Beside the map: where it is, what its letters and colours mean, its scale."""
    x, y, side = page_width - style.MARGIN - sheets.SIDE, sheets.TOP, sheets.SIDE
    shown = [layers.patrols, layers.beats, layers.outlines, *layers.ground]
    small = page_items.map_item(layout, map_layers.SMALL_MAP, shown, (x, y, side, side))
    page_items.follow_columns(small)
    overview = QgsLayoutItemMapOverview(map_layers.MAIN_MAP, small)
    overview.setLinkedMap(big)
    overview.setFrameSymbol(map_layers.frame_symbol())
    small.overviews().addOverview(overview)
    y += side + sheets.GAP
    page_items.label(layout, "Key title", "Crime types", (x, y, side, sheets.TITLE),
                     style.text_format(sheets.SMALL, style.MUTED, bold=True))
    y += sheets.TITLE
    key_height = layers.key.featureCount() * sheets.KEY_ROW
    page_items.table(layout, "Key", layers.key, (("letter", "", 7.0), ("key", "", side - 7.0)),
                     (x, y, side, key_height), style.text_format(sheets.SMALL), style.text_format(sheets.SMALL), 0.6,
                     centred=("letter",))
    y += key_height + sheets.GAP / 2
    page_items.label(layout, "How to read the map", HOW_TO_READ, (x, y, side, sheets.KEY_NOTE),
                     style.text_format(sheets.TINY + 0.5, style.MUTED))
    y += sheets.KEY_NOTE + sheets.GAP / 2
    page_items.scale_bar(layout, "Scale bar", big, (x, y, side - 10, sheets.SCALE))
    page_items.north_arrow(layout, "North arrow", (x + side - 7, y - 1, 7, sheets.SCALE))


def _table(layout: QgsPrintLayout, layers: map_layers.PlanLayers, page_width: float) -> None:
    widths = sheets.column_widths(page_width)
    columns = [(name, heading, width) for (name, heading, _), width in zip(sheets.COLUMNS, widths)]
    place = (style.MARGIN, 192, sum(widths), page_width / 2)
    page_items.table(layout, "Boxes", layers.rows, columns, place, style.text_format(sheets.TEXT),
                     style.text_format(sheets.SMALL, style.MUTED, bold=True), sheets.PADDING, map_layers.ON_SHEET,
                     "table_top", centred=("letter",))
    page_items.label(layout, "Message", page_items.field("message"), (style.MARGIN, 192, sum(widths), 8),
                     style.text_format(12), top="table_top")


def _notes(layout: QgsPrintLayout, width: float) -> None:
    x, small, heading = style.MARGIN, style.text_format(sheets.SMALL), style.text_format(10, bold=True)
    page_items.label(layout, "What chance means", page_items.field("note"), (x, 212, width, 13),
                     style.text_format(sheets.SMALL, style.MUTED, italic=True), top="note_top")
    page_items.label(layout, "Why title", page_items.field("why_title"), (x, 222, width, sheets.TITLE), heading,
                     top="why_top")
    page_items.label(layout, "Why", page_items.field("why"), (x, 228, width, 120), small, top="why_text_top")
    page_items.label(layout, "Tactics title", page_items.field("tactics_title"), (x, 238, width, sheets.TITLE), heading,
                     top="tactics_top")
    page_items.label(layout, "Tactics", page_items.field("tactics"), (x, 244, width, 80), small, top="tactics_text_top")


def _footer(layout: QgsPrintLayout, width: float, page_height: float) -> None:
    x, top, split = style.MARGIN, page_height - style.MARGIN - sheets.FOOT + 2, 0.75 * width
    tiny = style.text_format(sheets.TINY, style.MUTED)
    page_items.rule(layout, "Line over the footer", (x, top, width, 0.2), style.RULE)
    page_items.label(layout, "Proof of the draw", page_items.field("proof"), (x, top + 1.5, width, 11),
                     style.text_format(sheets.TINY - 0.5, style.MUTED, monospaced=True))
    page_items.label(layout, "Source", page_items.field("source"), (x, top + 12.5, split, 4), tiny)
    page_items.label(layout, "Page", page_items.field("page"), (x + split, top + 12.5, width - split, 4), tiny,
                     Qt.AlignmentFlag.AlignRight)
