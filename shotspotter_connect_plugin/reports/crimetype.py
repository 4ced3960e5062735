"""The Crime Type report: average, median and total minutes of directed patrol per crime type, planned and delivered."""
from ..workspace import delivered
from . import charts, parts, queries
from .blocks import Chart, Column, Heading, Paragraph, Report, Table, number

TITLE = "Crime type report"
SHOWN_BY_SHIFT = ("patrols", "missed", "short", "on_target", "over", "met", "planned_minutes", "minutes")
ABOUT = ("A patrol counts for the crime type behind most of the harm that was forecast for its box; it serves the "
         "others there as well. Visited is the share of planned boxes with at least one visit, on target the share "
         "whose minutes in all came within the tolerance. Officer minutes count everybody aboard and need a roster. "
         "These are minutes of presence, not crimes prevented; the Crime and Dosage report is about those.")


def build(workspace, first, last, beat="", shift=""):
    """The :class:`~.blocks.Report` of the shift dates ``first`` to ``last``, of one beat and shift if so asked."""
    queries.check_period(workspace, first, last, beat, shift)
    period = delivered.read(workspace, first, last, beat, shift)
    head = queries.page_head(workspace, TITLE, first, last, period.as_of, beat, shift)
    if period.patrols.empty:
        return Report(TITLE, head, (), "No patrols were planned in this period and with these filters.")
    kinds = parts.Kinds(workspace)
    table = kinds.join(delivered.by_crime_type(period, kinds.codes))
    labels = [f"{letter}  {kind}".strip() for letter, kind in zip(table["letter"], table["kind"])]
    totals = [charts.Series("Planned minutes", table["planned_minutes"].tolist()),
              charts.Series("Delivered minutes", table["minutes"].tolist())]
    stay = [charts.Series("Average", table["mean_minutes"].tolist()),
            charts.Series("Median", table["median_minutes"].tolist())]
    blocks = [
        parts.overview(delivered.totals(period)),
        Heading("Minutes of directed patrol"),
        Chart("Planned and delivered",
              lambda width: charts.bars(labels, totals, width, "patrol-minutes in planned boxes")),
        Heading("Minutes of one visit to a planned box"),
        Chart("Minutes of a visit", lambda width: charts.bars(labels, stay, width, "minutes", missing="no visits"),
              "The target of a visit is {:g} minutes; {:g} to {:g} are on target.".format(
                  workspace.settings.target_minutes, workspace.settings.on_target_low,
                  workspace.settings.on_target_high)),
        Table("crime types", [
            *parts.kind_columns(), number("patrols", "Planned boxes", 16),
            parts.share_column("compliance", "Visited", 15), parts.share_column("on_target", "On target", 14),
            number("stays", "Visits", 13),
            number("mean_minutes", "Average minutes", 16, 1), number("median_minutes", "Median minutes", 16, 1),
            parts.share_column("met", "Planned minutes met", 16), number("planned_minutes", "Minutes planned", 16),
            number("minutes", "Minutes delivered", 17), number("officer_minutes", "Officer minutes", 16)], table,
            "Every crime type that is forecast"),
        *_by_shift(workspace, period, kinds),
        Paragraph(ABOUT, small=True), Paragraph(parts.ABOUT_MINUTES, small=True)]
    return Report(TITLE, head, blocks)


def _by_shift(workspace, period, kinds):
    names = queries.shift_names(workspace)
    table = kinds.join(delivered.by_group(period, ["shift", "crime_type"]))
    table = table.assign(name=table["shift"].map(names).fillna(table["shift"]))
    first = [Column("name", "Shift", 24), *parts.kind_columns()]
    shown = [column for column in parts.planned_columns() if column.name in SHOWN_BY_SHIFT]
    return [Table("crime types by shift", [*first, *shown], table, "By shift", in_file=False),
            Table("crime types by shift", [*first, *parts.planned_columns()], table, on_page=False)]
