"""The Tactic report: which tactics were used, how long, for which crime types, where and when; and which never were."""
from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from ...workspace.numbers import delivered_period, tactic_figures
from ..paper import charts, page_head, style, wording
from ..paper.report_content import (Beside, Chart, Figures, Heading, Paragraph, PrintedColumn, PrintedTable, Report,
                                    number)
from . import patrol_tables

if TYPE_CHECKING:
    from ...workspace.numbers.delivered_period import DeliveredPeriod
    from ...workspace.store.workspace import Workspace
    from ..paper.report_content import Part

TITLE = "Tactic report"
NO_VISIT = "No visit found"
MOST_LISTED = 20
MOST_ACROSS = 5
MOST_DATES = 8
ABOUT = ("Tactics are what officers log. A use without minutes counts as a use and adds no minutes. Crime type and "
         f"beat are those of the visit that a log belongs to; a log without a visit counts under “{NO_VISIT}”, and "
         "one from a "
         f"box that was not planned under “{patrol_tables.NOT_PLANNED}”. An entry is not approved when nobody had "
         "approved the tactic for its "
         "date, it had expired, it is enforcement, or the agency's list does not know "
         "it.")


def build(workspace: Workspace, first: str, last: str, beat: str = "", shift: str = "") -> Report:
    """The :class:`~.report_content.Report` of the dates ``first`` to ``last``, of one beat and shift if so asked."""
    page_head.check_period(workspace, first, last, beat, shift)
    period = delivered_period.read_delivered(workspace, first, last, beat, shift)
    head = page_head.page_head(workspace, TITLE, first, last, period.as_of, beat, shift)
    table = tactic_figures.tactic_table(period)
    if period.logs.empty:
        return Report(TITLE, head, [_never(table)],
                      "No tactics are logged in this period and with these filters; import the logs of tactics first.")
    used = table[table["uses"] > 0].sort_values("minutes", ascending=False, kind="stable")
    labels = [wording.clean(name) for name in used["name"]]
    room = patrol_tables.label_room(labels)
    minutes, uses = [charts.Series("Minutes", used["minutes"].tolist())], [charts.Series("Uses", used["uses"].tolist())]
    counts = tactic_figures.tactic_counts(period, table)
    others = f"; {counts['unlisted']:,} logged that {'is' if counts['unlisted'] == 1 else 'are'} not on it"
    parts = [
        Figures([(f"{counts['uses']:,}", "uses of tactics"),
                 (patrol_tables.minutes(counts["minutes"]), "minutes logged"),
                 (f"{counts['listed_used']} of {counts['listed']}",
                  "tactics of the list used" + (others if counts["unlisted"] else "")),
                 (f"{counts['unapproved']:,}", "entries not approved"),
                 (f"{counts['no_minutes']:,}", "uses without minutes")]),
        *([Paragraph(f"{counts['longer']:,} of {counts['with_stay']:,} entries with a visit tell more minutes than the "
                     "visit lasted by GPS. They are counted here as they were logged.")] if counts["longer"] else []),
        Paragraph(ABOUT, small=True),
        Heading("Use of each tactic"),
        Beside(((Chart("Minutes", lambda width: charts.bars(labels, minutes, width, "minutes", label_mm=room)),),
                (Chart("Uses", lambda width: charts.bars([""] * len(labels), uses, width, "uses", label_mm=2.0)),)),
               (7, 3)),
        _use(table), _never(table),
        Heading("When"), *_when(period, first, last), *_each_when(period, table),
        Heading("For which crime types, and where"), *_crime_types(workspace, period, table), *_beats(period, table),
        Heading("Entries that were not approved"), *_unapproved(workspace, period, table)]
    return Report(TITLE, head, parts)


def _use(table: pd.DataFrame) -> PrintedTable:
    return PrintedTable("tactics", [
        PrintedColumn("name", "Tactic"), number("uses", "Uses", 14), patrol_tables.share_column(
            "share_of_uses", "Of all uses", 17),
        number("minutes", "Minutes", 17), patrol_tables.share_column("share", "Of all minutes", 21),
        number("mean", "Minutes a use", 19, 1), number("unapproved", "Not approved", 19),
        PrintedColumn("state", "Now", 25)], table, "All tactics of the agency's list, and what else was logged")


def _never(table: pd.DataFrame) -> PrintedTable:
    never = table[table["uses"] == 0]
    return PrintedTable("never used", [PrintedColumn("name", "Tactic"), PrintedColumn("state", "Now", 40)], never,
                        "Never used in this period", "Every tactic of the list was used.")


def _when(period: DeliveredPeriod, first: str, last: str) -> list[Part]:
    hours = tactic_figures.clock_hours(period)
    labels = [f"{hour:02}" for hour in hours["hour"]]
    by_hour = [charts.Series("Uses", hours["uses"].tolist())]
    by_hours = Chart("By hour", lambda width: charts.columns(labels, by_hour, width, 42.0, "uses, by hour of the day"))
    if first == last:
        return [by_hours]
    dates = [date.strftime("%Y-%m-%d") for date in pd.date_range(first, last)]
    trend = tactic_figures.use_by(period, ["shift_date"]).set_index("shift_date").reindex(dates, fill_value=0)
    days, minutes = [patrol_tables.day(date) for date in dates], [charts.Series("Minutes", trend["minutes"].tolist())]
    by_date = Chart("Trend", lambda width: charts.lines(days, minutes, width, 42.0, "minutes, by date"))
    return [Beside(((by_date,), (by_hours,)), (1, 1))]


def _each_when(period: DeliveredPeriod, table: pd.DataFrame) -> list[Part]:
    """Tactic by tactic: minutes by hour of the day, and over time."""
    names = table[["tactic", "name"]]
    hours = names.merge(tactic_figures.tactic_hours(period), on="tactic")
    dates, each = tactic_figures.tactic_dates(period, MOST_DATES)
    steps = list(dates.columns[2:])
    parts: list[Part] = [PrintedTable("tactics by hour", [
        PrintedColumn("name", "Minutes of"), *(number(name, name, 15) for name in hours.columns[3:]),
        number("total", "All", 16)], hours, "Minutes by hour of the day")]
    if len(steps) > 1:
        title = "Minutes by date" if each == 1 else f"Minutes by {each} dates each, from the first on"
        parts.append(PrintedTable("tactics by date", [
            PrintedColumn("name", "Minutes of"), *(number(date, patrol_tables.day(date), 17) for date in steps),
            number("total", "All", 16)], names.merge(dates, on="tactic"), title))
    return parts


def _crime_types(workspace: Workspace, period: DeliveredPeriod, table: pd.DataFrame) -> list[Part]:
    kinds = patrol_tables.CrimeTypeSigns(workspace)
    logs = replace(period, logs=_with_kind(period.logs))
    found = tactic_figures.use_by(logs, ["tactic", "crime_type"]).merge(table[["tactic", "name"]], on="tactic")
    wide = tactic_figures.crossed(found, "tactic", "crime_type", [*kinds.codes, patrol_tables.NOT_PLANNED, NO_VISIT])
    codes = list(wide.columns[2:])
    wide = table[["tactic", "name"]].merge(wide, on="tactic")  # in the order of the list
    greys = {patrol_tables.NOT_PLANNED: style.UNKNOWN, NO_VISIT: style.RULE}
    series = [charts.Series(kind["name"], wide[code].tolist(), kind["colour"] or greys.get(code, ""))
              for code, kind in zip(codes, map(kinds.of, codes))]
    labels = [wording.clean(name) for name in wide["name"]]
    return [Chart("Minutes by crime type", lambda width: charts.bars(
                labels, series, width, "minutes", stacked=True, label_mm=patrol_tables.label_room(labels))),
            PrintedTable("matrix of crime types", [
                PrintedColumn("name", "Minutes of"), *(number(code, kinds.of(code)["name"], 19) for code in codes),
                number("total", "All", 16)], wide, "Minutes by crime type of the box", in_file=False),
            PrintedTable("tactics by crime type", [
                PrintedColumn("name", "Tactic"), PrintedColumn("kind", "Crime type"), number("uses", "Uses"),
                number("minutes", "Minutes")], kinds.join(found), on_page=False)]


def _with_kind(logs: pd.DataFrame) -> pd.DataFrame:
    """Logs whose crime type says where there is none, why."""
    elsewhere = logs["stay"].notna().map({True: patrol_tables.NOT_PLANNED, False: NO_VISIT})
    return logs.assign(crime_type=logs["crime_type"].where(logs["crime_type"].notna(), elsewhere))


def _beats(period: DeliveredPeriod, table: pd.DataFrame) -> list[Part]:
    found = tactic_figures.use_by(period, ["beat", "tactic"]).merge(table[["tactic", "name"]], on="tactic")
    found = patrol_tables.beats_in_order(found.sort_values(["beat", "name"], kind="stable"))
    found["beat"] = found["beat"].replace(patrol_tables.NO_BEAT, NO_VISIT)
    most_used = table.sort_values("minutes", ascending=False, kind="stable")["tactic"].head(MOST_ACROSS)
    wide = tactic_figures.crossed(found, "beat", "tactic", list(most_used), "others")
    names = {**dict(zip(table["tactic"], table["name"])), "others": "Others"}
    return [PrintedTable("matrix of beats", [
                PrintedColumn("beat", "Beat"), *(number(code, names[code], 25) for code in wide.columns[2:]),
                number("total", "All", 16)], wide, "Minutes by beat", in_file=False),
            PrintedTable("tactics by beat", [
                PrintedColumn("beat", "Beat"), PrintedColumn("name", "Tactic"), number("uses", "Uses"),
                number("minutes", "Minutes")], found, on_page=False)]


def _unapproved(workspace: Workspace, period: DeliveredPeriod, table: pd.DataFrame) -> list[Part]:
    logs = period.logs[~period.logs["approved"].fillna(False).astype(bool)]
    logs = logs.merge(table[["tactic", "name", "state"]], on="tactic").sort_values("at_utc", kind="stable")
    local = logs["at_utc"].dt.tz_convert(workspace.settings.timezone)
    logs = logs.assign(at=local.dt.strftime("%Y-%m-%d %H:%M"))
    columns = [PrintedColumn("at", "When", 28), PrintedColumn("unit", "Unit", 24), PrintedColumn("beat", "Beat", 24),
               PrintedColumn("name", "Tactic"), number("minutes", "Minutes", 16), PrintedColumn("state", "Now", 28)]
    everything = PrintedTable("not approved", columns, logs, "", "Every entry was approved for its date.")
    if len(logs) <= MOST_LISTED:
        return [everything]
    tactics = table[table["unapproved"] > 0]
    return [PrintedTable("not approved by tactic", [
                PrintedColumn("name", "Tactic"), PrintedColumn("state", "Now", 34), number("unapproved", "Entries", 20),
                number("unapproved_minutes", "Minutes", 20)], tactics, "By tactic"),
            PrintedTable("not approved by unit", [
                PrintedColumn("name", "Tactic"), PrintedColumn("unit", "Unit", 22), number("uses", "Entries", 15),
                number("minutes", "Minutes", 17)], tactic_figures.unapproved(period, table),
                         f"By unit; the table as CSV holds all {len(logs):,} entries", across=2),
            replace(everything, on_page=False)]
