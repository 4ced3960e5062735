"""The Tactic report: which tactics were used, how long, for which crime types, where and when; and which never were."""
from dataclasses import replace

import pandas as pd

from ..workspace import delivered
from . import charts, parts, queries, style
from .blocks import Beside, Chart, Column, Figures, Heading, Paragraph, Report, Table, number

TITLE = "Tactic report"
NO_VISIT = "No visit found"
MOST_LISTED = 200
MOST_ACROSS = 5
ABOUT = ("Tactics are what officers log. A use without minutes counts as a use and adds no minutes. Crime type and "
         "beat are those of the visit that a log belongs to; a log without a visit counts under “{}”, and one from a "
         "box that was not planned under “{}”. An entry is not approved when nobody had approved the tactic for its "
         "date, it had expired, it is enforcement, or the agency's list does not know "
         "it.").format(NO_VISIT, parts.NOT_PLANNED)


def build(workspace, first, last, beat="", shift=""):
    """The :class:`~.blocks.Report` of the shift dates ``first`` to ``last``, of one beat and shift if so asked."""
    queries.check_period(workspace, first, last, beat, shift)
    period = delivered.read(workspace, first, last, beat, shift)
    head = queries.page_head(workspace, TITLE, first, last, period.as_of, beat, shift)
    table = delivered.tactic_table(period)
    if period.logs.empty:
        return Report(TITLE, head, [_never(table)],
                      "No tactics are logged in this period and with these filters; import the logs of tactics first.")
    used = table[table["uses"] > 0].sort_values("minutes", ascending=False, kind="stable")
    labels = [queries.clean(name) for name in used["name"]]
    minutes, uses = [charts.Series("Minutes", used["minutes"].tolist())], [charts.Series("Uses", used["uses"].tolist())]
    unapproved = int(table["unapproved"].sum())
    blocks = [
        Figures([(f"{len(period.logs):,}", "uses of tactics"),
                 (parts.minutes(table["minutes"].sum()), "minutes logged"),
                 (f"{len(used)} of {len(table)}", "tactics used"), (f"{unapproved:,}", "entries not approved"),
                 (f"{int(table['no_minutes'].sum()):,}", "uses without minutes")]),
        Heading("Use of each tactic"),
        Beside(((Chart("Minutes", lambda width: charts.bars(labels, minutes, width, "minutes")),),
                (Chart("Uses", lambda width: charts.bars(labels, uses, width, "uses", label_mm=22.0)),)), (3, 2)),
        _use(table), _never(table),
        Heading("When"), *_when(period, first, last),
        Heading("For which crime types, and where"), *_crime_types(workspace, period, table), *_beats(period, table),
        Heading("Entries that were not approved"), *_unapproved(workspace, period, table),
        Paragraph(ABOUT, small=True)]
    return Report(TITLE, head, blocks)


def _use(table):
    return Table("tactics", [
        Column("name", "Tactic"), number("uses", "Uses", 14), parts.share_column("share_of_uses", "Of all uses", 17),
        number("minutes", "Minutes", 17), parts.share_column("share", "Of all minutes", 21),
        number("mean", "Minutes a use", 19, 1), number("unapproved", "Not approved", 19), Column("state", "Now", 25)],
        table, "All tactics of the agency's list, and what else was logged")


def _never(table):
    never = table[table["uses"] == 0]
    return Table("never used", [Column("name", "Tactic"), Column("state", "Now", 40)], never,
                 "Never used in this period", "Every tactic of the list was used.")


def _when(period, first, last):
    hours = delivered.clock_hours(period)
    labels = [f"{hour:02}" for hour in hours["hour"]]
    by_hour = [charts.Series("Uses", hours["uses"].tolist())]
    blocks = [Chart("By hour", lambda width: charts.columns(labels, by_hour, width, 42.0, "uses, by hour of the day"))]
    if first != last:
        dates = [date.strftime("%Y-%m-%d") for date in pd.date_range(first, last)]
        trend = delivered.use_by(period, ["shift_date"]).set_index("shift_date").reindex(dates, fill_value=0)
        days, minutes = [parts.day(date) for date in dates], [charts.Series("Minutes", trend["minutes"].tolist())]
        blocks = [Beside(((Chart("Trend", lambda width: charts.lines(days, minutes, width, 42.0, "minutes, by date")),),
                          tuple(blocks)), (1, 1))]
    return blocks


def _crime_types(workspace, period, table):
    kinds = parts.Kinds(workspace)
    logs = replace(period, logs=_with_kind(period.logs))
    found = delivered.use_by(logs, ["tactic", "crime_type"]).merge(table[["tactic", "name"]], on="tactic")
    wide = delivered.crossed(found, "tactic", "crime_type", [*kinds.codes, parts.NOT_PLANNED, NO_VISIT])
    wide = wide.merge(table[["tactic", "name"]], on="tactic")
    codes = list(wide.columns[2:-1])
    greys = {parts.NOT_PLANNED: style.UNKNOWN, NO_VISIT: style.RULE}
    series = [charts.Series(kind["name"], wide[code].tolist(), kind["colour"] or greys.get(code, ""))
              for code, kind in zip(codes, map(kinds.of, codes))]
    labels = [queries.clean(name) for name in wide["name"]]
    return [Chart("Minutes by crime type", lambda width: charts.bars(labels, series, width, "minutes", stacked=True)),
            Table("matrix of crime types", [
                Column("name", "Minutes of"), *(number(code, kinds.of(code)["name"], 19) for code in codes),
                number("total", "All", 16)], wide, "Minutes by crime type of the box", in_file=False),
            Table("tactics by crime type", [
                Column("name", "Tactic"), Column("kind", "Crime type"), number("uses", "Uses"),
                number("minutes", "Minutes")], kinds.join(found), on_page=False)]


def _with_kind(logs):
    """Logs whose crime type says where there is none, why."""
    elsewhere = logs["stay"].notna().map({True: parts.NOT_PLANNED, False: NO_VISIT})
    return logs.assign(crime_type=logs["crime_type"].where(logs["crime_type"].notna(), elsewhere))


def _beats(period, table):
    found = delivered.use_by(period, ["beat", "tactic"]).merge(table[["tactic", "name"]], on="tactic")
    found = parts.beats_in_order(found.sort_values(["beat", "name"], kind="stable"))
    found["beat"] = found["beat"].replace(parts.NO_BEAT, NO_VISIT)
    most_used = table.sort_values("minutes", ascending=False, kind="stable")["tactic"].head(MOST_ACROSS)
    wide = delivered.crossed(found, "beat", "tactic", list(most_used), "others")
    names = {**dict(zip(table["tactic"], table["name"])), "others": "Others"}
    return [Table("matrix of beats", [
                Column("beat", "Beat"), *(number(code, names[code], 25) for code in wide.columns[2:]),
                number("total", "All", 16)], wide, "Minutes by beat", in_file=False),
            Table("tactics by beat", [Column("beat", "Beat"), Column("name", "Tactic"), number("uses", "Uses"),
                                      number("minutes", "Minutes")], found, on_page=False)]


def _unapproved(workspace, period, table):
    logs = period.logs[~period.logs["approved"].fillna(False).astype(bool)]
    logs = logs.merge(table[["tactic", "name", "state"]], on="tactic").sort_values("at_utc", kind="stable")
    local = logs["at_utc"].dt.tz_convert(workspace.settings.timezone)
    logs = logs.assign(at=local.dt.strftime("%Y-%m-%d %H:%M"))
    columns = [Column("at", "When", 28), Column("unit", "Unit", 24), Column("beat", "Beat", 24),
               Column("name", "Tactic"), number("minutes", "Minutes", 16), Column("state", "Now", 28)]
    everything = Table("not approved", columns, logs, "", "Every entry was approved for its date.")
    if len(logs) <= MOST_LISTED:
        return [everything]
    return [Paragraph(f"The first {MOST_LISTED} of {len(logs):,}; the table as CSV holds them all."),
            Table("not approved", columns, logs.head(MOST_LISTED), in_file=False),
            replace(everything, on_page=False)]
