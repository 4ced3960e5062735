"""The Officer report: minutes per tactic and box of each officer, beside the peers of the same shifts.

Officers stand under their badge number or pseudonym, in the order of these codes: a ranking by minutes only where it
was asked for. Names that a workspace may hold are never shown.
"""
import pandas as pd

from ..errors import ConnectError
from ..patrol.dosage import UNKNOWN
from ..workspace import delivered
from . import charts, parts, queries
from .blocks import Chart, Column, Figures, Heading, Paragraph, Report, Table, number

TITLE = "Officer report"
LEAST_PEERS = 4
TACTICS_IN_ROW, BOXES_IN_ROW = 3, 2
ABOUT = ("Minutes are officer-minutes in boxes from GPS and roster, directed minutes those in planned boxes. Peers are "
         "all officers of the same shifts, this one included; the middle half lies between the quartiles. A shift with "
         "fewer than {} officers has no such distribution. Minutes depend on the beat, on calls and on the plan: they "
         "say where somebody was, not how well somebody worked.").format(LEAST_PEERS)


def build(workspace, first, last, beat="", shift="", officer="", rank=False):
    """The :class:`~.blocks.Report` of the shift dates ``first`` to ``last``, of all officers or of one.

    ``rank`` puts officers in the order of their minutes per shift instead of their codes.
    """
    queries.check_period(workspace, first, last, beat, shift)
    period = delivered.read(workspace, first, last, beat, shift)
    head = queries.page_head(workspace, TITLE, first, last, period.as_of, beat, shift, officer)
    shifts = delivered.officer_shifts(period)
    names = queries.shift_names(workspace)
    if officer:
        if officer not in set(shifts["officer"]) | set(period.logs["officer"].dropna()):
            known = workspace.count("officers", {"officer": officer}) or workspace.count("roster", {"officer": officer})
            if not known:
                raise ConnectError(f"There is no officer {officer!r} in this workspace; give a badge number or "
                                   "pseudonym as the roster has it, or leave it empty for all officers.")
            return Report(TITLE, head, (), f"Officer {officer} worked no shift in this period and with these filters.")
        return Report(TITLE, head, [*_one(period, shifts, officer, names), Paragraph(ABOUT, small=True)])
    if shifts.empty:
        return Report(TITLE, head, (), "No officer is known to have worked in this period and with these filters; "
                                       "import the roster, and then find the visits again.")
    return Report(TITLE, head, [*_all(period, shifts, names, rank), Paragraph(ABOUT, small=True)])


# --- all officers ----------------------------------------------------------------------------------------------------

def _all(period, shifts, names, rank):
    table = delivered.by_officer(shifts, LEAST_PEERS)
    table = table.merge(_in_words(_tactics(period), "name", "tactics", TACTICS_IN_ROW), on="officer", how="left")
    table = table.merge(_in_words(_boxes(period), "box_id", "boxes", BOXES_IN_ROW), on="officer", how="left")
    table = _ranked(table) if rank else _by_code(table)
    unknown = period.visits.loc[period.visits["officer"] == UNKNOWN, "minutes"].sum()
    blocks = [
        Figures([(f"{len(table):,}", "officers"), (f"{int(table['shifts'].sum()):,}", "officer-shifts"),
                 (parts.minutes(table["minutes"].sum()), "officer-minutes in boxes"),
                 (parts.minutes(table["directed_minutes"].sum()), "of these in planned boxes"),
                 (parts.minutes(unknown), "minutes in boxes of crews the roster does not tell")]),
        Heading("How minutes are spread"), *_spread(shifts, names),
        Heading("Officers" + (", most minutes per shift first" if rank else "")),
        Table("officers", [
            Column("officer", "Officer", 21), number("shifts", "Shifts", 13), number("minutes", "Minutes", 15),
            number("directed_minutes", "Directed", 16), number("per_shift", "Minutes a shift", 15),
            Column("beside", "Peers: median (middle half)", 25, number=True),
            parts.share_column("on_target", "On target", 14), Column("tactics", "Minutes per tactic", None, lines=3),
            Column("boxes", "Minutes per box", None, lines=3)], table.assign(beside=_beside(table)), in_file=False),
        Table("officers", [
            Column("officer", "Officer"), number("shifts", "Shifts"), number("stays", "Visits"),
            number("minutes", "Minutes"), number("directed_minutes", "Directed minutes"),
            number("per_shift", "Minutes a shift"), number("low", "Peers, lower quartile"),
            number("middle", "Peers, median"), number("high", "Peers, upper quartile"),
            parts.share_column("on_target", "On target")], table, on_page=False),
        _tactic_table(_by_code(_tactics(period)), on_page=False), _box_table(_by_code(_boxes(period)), on_page=False)]
    return blocks


def _by_code(table):
    order = sorted(range(len(table)), key=lambda row: queries.natural_key(queries.clean(table["officer"].iloc[row])))
    return table.iloc[order].reset_index(drop=True)


def _ranked(table):
    return _by_code(table).sort_values("per_shift", ascending=False, kind="stable", ignore_index=True)


def _beside(table):
    return ["too few peers" if pd.isna(middle) else f"{middle:,.0f} ({low:,.0f}–{high:,.0f})"
            for low, middle, high in zip(table["low"], table["middle"], table["high"])]


def _spread(shifts, names):
    """Officer-shifts by minutes, shift by shift, without anybody's code."""
    classes = delivered.classes(shifts)
    labels = [f"{low:g}–{high:g}" for low, high in zip(classes["low"], classes["high"])]
    series = [charts.Series(names.get(code, code), classes[code].tolist()) for code in classes.columns[2:]]
    spread = delivered.spread(shifts)
    spread = spread.assign(name=spread["shift"].map(names).fillna(spread["shift"]))
    return [Chart("Spread", lambda page_width: charts.columns(labels, series, page_width, 48.0,
                                                              "officer-shifts, by minutes in boxes"),
                  "How many officers were in boxes for how many minutes of a shift."),
            Table("spread", [
                Column("name", "Shift"), number("officers", "Officers", 18), number("shifts", "Officer-shifts", 22),
                number("least", "Least minutes", 20), number("low", "Lower quartile", 20),
                number("middle", "Median", 18), number("high", "Upper quartile", 20), number("most", "Most", 16)],
                  spread)]


def _tactics(period):
    """Uses and minutes by officer and tactic; logs that name no officer count for nobody."""
    names = delivered.tactic_table(period)[["tactic", "name"]]
    return delivered.use_by(period, ["officer", "tactic"]).dropna(subset=["officer"]).merge(names, on="tactic")


def _boxes(period):
    return delivered.officer_boxes(period)


def _in_words(table, what, column, most):
    """One row per officer: the most minutes first, in words."""
    table = table.sort_values(["officer", "minutes"], ascending=[True, False], kind="stable")
    words = {}
    for officer, group in table.groupby("officer", sort=False):
        said = [f"{queries.clean(name)} {minutes:,.0f}" for name, minutes in
                zip(group[what].head(most), group["minutes"].head(most))]
        words[officer] = "; ".join(said + ([f"and {len(group) - most} more"] if len(group) > most else []))
    return pd.DataFrame({"officer": list(words), column: list(words.values())}, dtype=object)


def _tactic_table(table, on_page=True):
    return Table("tactics", [Column("officer", "Officer", 30), Column("name", "Tactic"), number("uses", "Uses", 18),
                             number("minutes", "Minutes", 20)], table, "Minutes per tactic",
                 "No tactics are logged.", on_page=on_page)


def _box_table(table, on_page=True):
    return Table("boxes", [
        Column("officer", "Officer", 30), Column("box_id", "Box", 30), Column("where", "Where"),
        number("stays", "Visits", 16), number("minutes", "Minutes", 18),
        number("directed_minutes", "Directed", 18)], table, "Minutes per box", "No visits are recorded.",
        on_page=on_page)


# --- one officer -----------------------------------------------------------------------------------------------------

def _one(period, shifts, officer, names):
    mine = shifts[shifts["officer"] == officer].merge(delivered.peers(shifts, LEAST_PEERS), on=["shift_date", "shift"])
    mine = mine.assign(name=mine["shift"].map(names).fillna(mine["shift"]), day=mine["shift_date"].map(parts.day))
    tactics, boxes = (frame[frame["officer"] == officer].sort_values("minutes", ascending=False, kind="stable")
                      for frame in (_tactics(period), _boxes(period)))
    totals = delivered.by_officer(shifts, LEAST_PEERS)
    totals = totals[totals["officer"] == officer]
    blocks = []
    if len(totals):
        row = totals.iloc[0]
        blocks.append(Figures([
            (f"{row['shifts']:,.0f}", "shifts worked"), (parts.minutes(row["minutes"]), "minutes in boxes"),
            (parts.minutes(row["directed_minutes"]), "of these in planned boxes"),
            (parts.minutes(row["per_shift"]), "minutes a shift; peers: " + _beside(totals)[0]),
            (parts.share(row["on_target"]), "of visits to planned boxes on target")]))
    if len(mine):
        labels = [f"{day} {name}" for day, name in zip(mine["day"], mine["name"])]
        series = [charts.Series(f"Officer {queries.clean(officer)}", mine["minutes"].tolist()),
                  charts.Series("Median of the peers of the same shift", mine["middle"].tolist(), "#5c666f")]
        band = (mine["low"].tolist(), mine["high"].tolist(), "#8a8f94")
        blocks += [Heading("Minutes in boxes beside the peers of the same shifts"),
                   Chart("Beside peers",
                         lambda width: charts.lines(labels, series, width, 60.0, "minutes in boxes", [band]),
                         "The band holds the middle half of the peers.")]
    beside = Table("shifts", [
        Column("day", "Date", 26), Column("name", "Shift"), number("stays", "Visits", 16),
        number("minutes", "Minutes", 18), number("directed_minutes", "Directed", 18),
        number("officers", "Officers", 18), number("middle", "Peers, median", 22),
        number("low", "Lower quartile", 22), number("high", "Upper quartile", 22)],
        mine, "Shift by shift", "No shift is recorded for this officer.")
    by_tactic = [charts.Series("Minutes", tactics["minutes"].tolist())]
    labels_of_tactics = [queries.clean(name) for name in tactics["name"]]
    drawn = [Chart("Minutes per tactic", lambda width: charts.bars(labels_of_tactics, by_tactic, width, "minutes"))]
    return [*blocks, Heading("Tactics"), *(drawn if len(tactics) else []), _tactic_table(tactics), Heading("Boxes"),
            _box_table(boxes), Heading("Shifts"), beside]
