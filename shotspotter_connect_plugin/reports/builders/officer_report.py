"""The Officer report: minutes per tactic and box of each officer, beside the peers of the same shifts.

Officers stand under their badge number or pseudonym, in the order of these codes: a ranking by minutes only where it
was asked for. Names that a workspace may hold are never shown.
"""
from __future__ import annotations

from typing import TYPE_CHECKING, Iterable

import pandas as pd

from ...errors import ConnectError
from ...patrol.dosage import UNKNOWN_OFFICER
from ...workspace.numbers import delivered_period, officer_figures, tactic_figures
from ..paper import charts, page_head, wording
from ..paper.report_content import Chart, Figures, Heading, Paragraph, PrintedColumn, PrintedTable, Report, number
from . import patrol_tables

if TYPE_CHECKING:
    from ...workspace.numbers.delivered_period import DeliveredPeriod
    from ...workspace.store.workspace import Workspace
    from ..paper.report_content import Part

TITLE = "Officer report"
LEAST_PEERS = 4
LINES, CHARACTERS = 20, 1200
"""Most lines of a row of tactics or boxes in words, and about how many characters go into them before another row."""
CAVEAT = ("Minutes say where somebody was, not how well somebody worked: they depend on the beat, on calls and on the "
          "plan.")
ABOUT = ("Minutes are officer-minutes in boxes from GPS and roster, directed minutes those in planned boxes. Time in "
         "two boxes at once, as near an edge, counts once in an officer's total and in both boxes. A stay counts for "
         "the shift in which it began, so a total can pass the length of the shift when a stay runs over its end. "
         "Peers are all officers of the same shifts, this one included; the middle half lies between the quartiles. A "
         f"shift with fewer than {LEAST_PEERS} officers has no such distribution.")


def build(workspace: Workspace, first: str, last: str, beat: str = "", shift: str = "", officer: str = "",
          rank: bool = False) -> Report:
    """The :class:`~.report_content.Report` of the shift dates ``first`` to ``last``, of all officers or of one.

    ``rank`` puts officers in the order of their minutes per shift instead of their codes.
    """
    page_head.check_period(workspace, first, last, beat, shift)
    period = delivered_period.read_delivered(workspace, first, last, beat, shift)
    head = page_head.page_head(workspace, TITLE, first, last, period.as_of, beat, shift, officer)
    shifts = officer_figures.officer_shifts(period)
    names = page_head.shift_names(workspace)
    if officer:
        if officer not in set(shifts["officer"]) | set(period.logs["officer"].dropna()):
            known = workspace.count("officers", {"officer": officer}) or workspace.count("roster", {"officer": officer})
            if not known:
                raise ConnectError(f"There is no officer {officer!r} in this workspace; give a badge number or "
                                   "pseudonym as the roster has it, or leave it empty for all officers.")
            return Report(TITLE, head, (), f"Officer {officer} worked no shift in this period and with these filters.")
        return Report(TITLE, head, _one(period, shifts, officer, names))
    if shifts.empty:
        return Report(TITLE, head, (), "No officer is known to have worked in this period and with these filters; "
                                       "import the roster, and then find the visits again.")
    return Report(TITLE, head, _all(period, shifts, names, rank))


# --- all officers ----------------------------------------------------------------------------------------------------

def _all(period: DeliveredPeriod, shifts: pd.DataFrame, names: dict[str, str], rank: bool) -> list[Part]:
    table = officer_figures.by_officer(shifts, LEAST_PEERS)
    table = _ranked(table) if rank else _by_code(table)
    unknown = period.visits.loc[period.visits["officer"] == UNKNOWN_OFFICER, "minutes"].sum()
    return [
        Figures([(f"{len(table):,}", "officers"), (f"{int(table['shifts'].sum()):,}", "officer-shifts"),
                 (patrol_tables.minutes(table["minutes"].sum()), "officer-minutes in boxes"),
                 (patrol_tables.minutes(table["directed_minutes"].sum()), "of these in planned boxes"),
                 (patrol_tables.minutes(unknown), "minutes in boxes of crews the roster does not tell")]),
        Paragraph(CAVEAT), Paragraph(ABOUT, small=True),
        Heading("How minutes are spread"), *_spread(shifts, names),
        Heading("Officers" + (", most minutes per shift first" if rank else "")),
        PrintedTable("officers", [
            PrintedColumn("officer", "Officer"), number("shifts", "Shifts", 12), number("minutes", "Minutes", 16),
            number("per_shift", "Minutes a shift", 16), number("middle", "Peers' median", 15),
            PrintedColumn("half", "Peers' middle half", 21, number=True),
            number("directed_minutes", "Directed minutes", 17),
            number("directed_per_shift", "Directed a shift", 16), number("directed_middle", "Peers' median", 15),
            PrintedColumn("directed_half", "Peers' middle half", 20, number=True),
            patrol_tables.share_column("on_target", "Visits on target", 16)],
            table.assign(half=_half(table), directed_half=_half(table, "directed_")), in_file=False),
        PrintedTable("officers", [
            PrintedColumn("officer", "Officer"), number("shifts", "Shifts"), number("stays", "Visits"),
            number("minutes", "Minutes"), number("directed_minutes", "Directed minutes"),
            number("per_shift", "Minutes a shift"), number("low", "Peers, lower quartile"),
            number("middle", "Peers, median"), number("high", "Peers, upper quartile"),
            number("directed_per_shift", "Directed minutes a shift"),
            number("directed_low", "Peers, lower quartile, directed"),
            number("directed_middle", "Peers, median, directed"),
            number("directed_high", "Peers, upper quartile, directed"),
            patrol_tables.share_column("on_target", "On target")], table, on_page=False),
        Heading("Minutes per tactic"), _words_table(table, _tactics(period), "name", "Tactics, most minutes first"),
        Heading("Minutes per box"), _words_table(table, _boxes(period), "box_id", "Boxes, most minutes first"),
        _tactic_table(_by_code(_tactics(period)), on_page=False), _box_table(_by_code(_boxes(period)), on_page=False)]


def _by_code(table: pd.DataFrame) -> pd.DataFrame:
    order = sorted(range(len(table)), key=lambda row: wording.natural_key(
        wording.clean(table["officer"].iloc[row])))
    return table.iloc[order].reset_index(drop=True)


def _ranked(table: pd.DataFrame) -> pd.DataFrame:
    return _by_code(table).sort_values("per_shift", ascending=False, kind="stable", ignore_index=True)


def _half(table: pd.DataFrame, prefix: str = "") -> list[str]:
    """The middle half of the peers in words."""
    return ["too few" if pd.isna(low) else f"{low:,.0f}–{high:,.0f}"
            for low, high in zip(table[prefix + "low"], table[prefix + "high"])]


def _beside(table: pd.DataFrame, prefix: str = "") -> list[str]:
    return ["too few" if pd.isna(middle) else f"{middle:,.0f} ({half})"
            for middle, half in zip(table[prefix + "middle"], _half(table, prefix))]


def _spread(shifts: pd.DataFrame, names: dict[str, str]) -> list[Part]:
    """Officer-shifts by minutes, shift by shift, without anybody's code."""
    classes = officer_figures.classes(shifts)
    labels = [f"{low:g}–{high:g}" for low, high in zip(classes["low"], classes["high"])]
    series = [charts.Series(names.get(code, code), classes[code].tolist()) for code in classes.columns[2:]]
    spread = officer_figures.spread(shifts)
    spread = spread.assign(name=spread["shift"].map(names).fillna(spread["shift"]))
    return [Chart("Spread", lambda page_width: charts.columns(labels, series, page_width, 48.0,
                                                              "officer-shifts, by minutes in boxes"),
                  "How many officers were in boxes for how many minutes of a shift."),
            PrintedTable("spread", [
                PrintedColumn("name", "Shift"), number("officers", "Officers", 18),
                number("shifts", "Officer-shifts", 22),
                number("least", "Least minutes", 20), number("low", "Lower quartile", 20),
                number("middle", "Median", 18), number("high", "Upper quartile", 20), number("most", "Most", 16)],
                         spread)]


def _tactics(period: DeliveredPeriod) -> pd.DataFrame:
    """Uses and minutes by officer and tactic; logs that name no officer count for nobody."""
    names = tactic_figures.tactic_table(period)[["tactic", "name"]]
    return tactic_figures.use_by(period, ["officer", "tactic"]).dropna(subset=["officer"]).merge(names, on="tactic")


def _boxes(period: DeliveredPeriod) -> pd.DataFrame:
    return officer_figures.officer_boxes(period)


def _words_table(officers: pd.DataFrame, table: pd.DataFrame, what: str, title: str) -> PrintedTable:
    """One row per officer in the order of ``officers``: all of the table's minutes of theirs, in words."""
    table = table.sort_values("minutes", ascending=False, kind="stable")
    words = {officer: _in_rows([f"{wording.clean(name)}: {minutes:,.0f}"
                                for name, minutes in zip(group[what], group["minutes"])])
             for officer, group in table.groupby("officer", sort=False)}
    rows = pd.DataFrame([(officer, row) for officer in officers["officer"] for row in words.get(officer, ["none"])],
                        columns=["officer", "words"])
    return PrintedTable(title, [PrintedColumn("officer", "Officer", 24), PrintedColumn("words", title, lines=LINES)],
                        rows, in_file=False)


def _in_rows(texts: Iterable[str]) -> list[str]:
    """Texts in as few rows as hold about :data:`CHARACTERS` each."""
    rows: list[list[str]] = [[]]
    for text in texts:
        if rows[-1] and sum(map(len, rows[-1])) + len(text) > CHARACTERS:
            rows.append([])
        rows[-1].append(text)
    return ["; ".join(row) for row in rows]


def _tactic_table(table: pd.DataFrame, on_page: bool = True) -> PrintedTable:
    return PrintedTable("tactics", [
        PrintedColumn("officer", "Officer", 30), PrintedColumn("name", "Tactic"), number("uses", "Uses", 18),
        number("minutes", "Minutes", 20)], table, "Minutes per tactic", "No tactics are logged.", on_page=on_page)


def _box_table(table: pd.DataFrame, on_page: bool = True) -> PrintedTable:
    return PrintedTable("boxes", [
        PrintedColumn("officer", "Officer", 30), PrintedColumn("box_id", "Box", 30), PrintedColumn("where", "Where"),
        number("stays", "Visits", 16), number("minutes", "Minutes", 18),
        number("directed_minutes", "Directed", 18)], table, "Minutes per box", "No visits are recorded.",
        on_page=on_page)


# --- one officer -----------------------------------------------------------------------------------------------------

def _one(period: DeliveredPeriod, shifts: pd.DataFrame, officer: str, names: dict[str, str]) -> list[Part]:
    mine = shifts[shifts["officer"] == officer].merge(
        officer_figures.peers(shifts, LEAST_PEERS), on=["shift_date", "shift"])
    mine = mine.assign(name=mine["shift"].map(names).fillna(mine["shift"]),
                       day=mine["shift_date"].map(patrol_tables.day))
    tactics, boxes = (frame[frame["officer"] == officer].sort_values("minutes", ascending=False, kind="stable")
                      for frame in (_tactics(period), _boxes(period)))
    totals = officer_figures.by_officer(shifts, LEAST_PEERS)
    totals = totals[totals["officer"] == officer]
    parts: list[Part] = []
    if len(totals):
        row = totals.iloc[0]
        parts.append(Figures([
            (f"{row['shifts']:,.0f}", "shifts worked"), (patrol_tables.minutes(row["minutes"]), "minutes in boxes"),
            (patrol_tables.minutes(row["directed_minutes"]), "of these in planned boxes"),
            (patrol_tables.minutes(row["per_shift"]), "minutes a shift; peers: " + _beside(totals)[0]),
            (patrol_tables.minutes(row["directed_per_shift"]),
             "directed a shift; peers: " + _beside(totals, "directed_")[0])]))
    parts += [Paragraph(CAVEAT), Paragraph(ABOUT, small=True)]
    if len(mine):
        labels = [f"{day} {name}" for day, name in zip(mine["day"], mine["name"])]
        series = [charts.Series(f"Officer {wording.clean(officer)}", mine["minutes"].tolist()),
                  charts.Series("Median of the peers of the same shift", mine["middle"].tolist(), "#5c666f")]
        band = (mine["low"].tolist(), mine["high"].tolist(), "#8a8f94")
        parts += [Heading("Minutes in boxes beside the peers of the same shifts"),
                  Chart("Beside peers",
                        lambda width: charts.lines(labels, series, width, 60.0, "minutes in boxes", [band]),
                        "The band holds the middle half of the peers.")]
    beside = PrintedTable("shifts", [
        PrintedColumn("day", "Date", 26), PrintedColumn("name", "Shift"), number("stays", "Visits", 16),
        number("minutes", "Minutes", 16), number("directed_minutes", "Directed", 16),
        number("officers", "Officers", 16), number("middle", "Peers, median", 22),
        PrintedColumn("half", "Middle half", 20, number=True), number("directed_middle", "Directed, peers' median", 22),
        PrintedColumn("directed_half", "Directed, middle half", 20, number=True)],
        mine.assign(half=_half(mine), directed_half=_half(mine, "directed_")), "Shift by shift",
        "No shift is recorded for this officer.")
    by_tactic = [charts.Series("Minutes", tactics["minutes"].tolist())]
    labels_of_tactics = [wording.clean(name) for name in tactics["name"]]
    drawn = [Chart("Minutes per tactic", lambda width: charts.bars(
        labels_of_tactics, by_tactic, width, "minutes", label_mm=patrol_tables.label_room(labels_of_tactics)))]
    return [*parts, Heading("Tactics"), *(drawn if len(tactics) else []), _tactic_table(tactics), Heading("Boxes"),
            _box_table(boxes), Heading("Shifts"), beside]
