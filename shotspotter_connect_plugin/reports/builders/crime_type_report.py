"""The Crime Type report: average, median and total minutes of directed patrol per crime type, planned and delivered."""
from __future__ import annotations

from typing import TYPE_CHECKING

from ...workspace.numbers import delivered_period, dosage_figures
from ..paper import charts, page_head
from ..paper.report_content import Chart, Heading, Paragraph, PrintedColumn, PrintedTable, Report, number
from . import patrol_tables

if TYPE_CHECKING:
    from ...workspace.numbers.delivered_period import DeliveredPeriod
    from ...workspace.store.workspace import Workspace
    from ..paper.report_content import Part

TITLE = "Crime type report"
SHOWN_BY_SHIFT = ("patrols", "missed", "short", "on_target", "over", "met", "planned_minutes", "minutes")
ABOUT = ("A patrol counts for the crime type behind most of the harm that was forecast for its box; it serves the "
         "others there as well. Visited is the share of planned boxes with at least one visit, on target the share "
         "whose minutes in all came within the tolerance. Officer minutes count everybody aboard and need a roster. "
         "These are minutes of presence, not crimes prevented; the Crime and Dosage report is about those.")


def build(workspace: Workspace, first: str, last: str, beat: str = "", shift: str = "") -> Report:
    """The :class:`~.report_content.Report` of the dates ``first`` to ``last``, of one beat and shift if so asked."""
    page_head.check_period(workspace, first, last, beat, shift)
    period = delivered_period.read_delivered(workspace, first, last, beat, shift)
    head = page_head.page_head(workspace, TITLE, first, last, period.as_of, beat, shift)
    if period.patrols.empty:
        return Report(TITLE, head, (), "No patrols were planned in this period and with these filters.")
    kinds = patrol_tables.CrimeTypeSigns(workspace)
    table = kinds.join(dosage_figures.by_crime_type(period, kinds.codes))
    labels = [f"{letter}  {kind}".strip() for letter, kind in zip(table["letter"], table["kind"])]
    totals = [charts.Series("Planned minutes", table["planned_minutes"].tolist()),
              charts.Series("Delivered minutes", table["minutes"].tolist())]
    stay = [charts.Series("Average", table["mean_minutes"].tolist()),
            charts.Series("Median", table["median_minutes"].tolist())]
    parts = [
        patrol_tables.overview(dosage_figures.totals(period)),
        Heading("Minutes of directed patrol"),
        Chart("Planned and delivered",
              lambda width: charts.bars(labels, totals, width, "patrol-minutes in planned boxes")),
        Heading("Minutes of one visit to a planned box"),
        Chart("Minutes of a visit", lambda width: charts.bars(labels, stay, width, "minutes", missing="no visits"),
              f"The target of a visit is {workspace.settings.target_minutes:g} minutes; "
              f"{workspace.settings.on_target_low:g} to {workspace.settings.on_target_high:g} are on target."),
        PrintedTable("crime types", [
            *patrol_tables.kind_columns(), number("patrols", "Planned boxes", 16),
            patrol_tables.share_column("compliance", "Visited", 15), patrol_tables.share_column(
                "on_target", "On target", 14),
            number("stays", "Visits", 13),
            number("mean_minutes", "Average minutes", 16, 1), number("median_minutes", "Median minutes", 16, 1),
            patrol_tables.share_column("met", "Planned minutes met", 16), number(
                "planned_minutes", "Minutes planned", 16),
            number("minutes", "Minutes delivered", 17), number("officer_minutes", "Officer minutes", 16)], table,
            "Every crime type that is forecast"),
        *_by_shift(workspace, period, kinds),
        Paragraph(ABOUT, small=True), Paragraph(patrol_tables.ABOUT_MINUTES, small=True)]
    return Report(TITLE, head, parts)


def _by_shift(workspace: Workspace, period: DeliveredPeriod, kinds: patrol_tables.CrimeTypeSigns) -> list[Part]:
    names = page_head.shift_names(workspace)
    table = kinds.join(dosage_figures.by_group(period, ["shift", "crime_type"]))
    table = table.assign(name=table["shift"].map(names).fillna(table["shift"]))
    first = [PrintedColumn("name", "Shift", 24), *patrol_tables.kind_columns()]
    shown = [column for column in patrol_tables.planned_columns() if column.name in SHOWN_BY_SHIFT]
    return [PrintedTable("crime types by shift", [*first, *shown], table, "By shift", in_file=False),
            PrintedTable("crime types by shift", [*first, *patrol_tables.planned_columns()], table, on_page=False)]
