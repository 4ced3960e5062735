"""Tables, numbers and charts of the Shift report: planned against delivered of the period and of each shift."""
from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any, Sequence

import pandas as pd

from ...workspace.numbers import delivered_period, dosage_figures
from ..paper import charts, wording
from ..paper.report_content import Beside, Chart, Figures, Paragraph, PrintedColumn, PrintedTable, number
from . import patrol_tables
from .patrol_tables import OUTCOME_WORDS, cut_name

if TYPE_CHECKING:
    from .shift_data import ShiftData

MOST_MISSED = 60
EXTREME, MOST_EXTREME = 3.0, 8
OUTCOME_ORDER = ("missed", "short", "over", "on_target")


def big_numbers(data: ShiftData, date: str = "", code: str = "") -> Figures:
    """The big numbers of the whole period, or of one shift."""
    period = data.period
    if date:
        period = delivered_period.read_delivered(data.workspace, date, date, period.beat, code)
    return patrol_tables.overview(dosage_figures.totals(period))


def limits(data: ShiftData) -> Paragraph:
    """When a box is on target, in the numbers of the settings."""
    settings = data.workspace.settings
    low, target, high = settings.on_target_low, settings.target_minutes, settings.on_target_high
    return Paragraph(
        f"On target: {low:g} to {high:g} minutes a visit asked for, of {target:g} planned, all visits to a box "
        f"together: {2 * low:g} to {2 * high:g} of {2 * target:g}. Less is short, more is over.", small=True)


def extreme_boxes(data: ShiftData) -> PrintedTable:
    """The boxes that lift all totals, since somebody was there most of the shift."""
    table, minutes, whole = dosage_figures.extreme(data.period, EXTREME)
    shown = table.head(MOST_EXTREME).assign(
        name=table["shift"].map(data.names), day=table["shift_date"].map(patrol_tables.day))
    shown["beat"] = shown["beat"].map(wording.clean)
    title = f"Boxes with more than {EXTREME:g} times their planned minutes"
    many = f"; the first {MOST_EXTREME}" if len(table) > MOST_EXTREME else ""
    return PrintedTable("extreme", [
        PrintedColumn("day", "Date", 19), PrintedColumn("name", "Shift", 18),
        PrintedColumn("beat", "Beat", 15, lines=1),
        PrintedColumn("box_id", "Box", 24), PrintedColumn("where", "Where", lines=1),
        number("planned_minutes", "Planned", 16), number("minutes", "Delivered", 18),
        number("visits", "Visits", 13)], shown,
        title if table.empty else f"{title}: {len(table):,}, with {minutes:,.0f} of the {whole:,.0f} "
        f"minutes in planned boxes{many}", "None.", in_file=False)


def shifts_table(data: ShiftData) -> PrintedTable:
    """Planned against delivered of each shift."""
    table = dosage_figures.by_group(data.period, ["shift_date", "shift"])
    table = table.assign(name=table["shift"].map(data.names), day=table["shift_date"].map(patrol_tables.day))
    columns = [PrintedColumn("day", "Date", 22), PrintedColumn("name", "Shift"), *patrol_tables.planned_columns()]
    return PrintedTable("shifts", columns, table,
                        "Planned against delivered by shift", "No patrols were planned in this period.")


def beats_table(data: ShiftData) -> PrintedTable:
    """As many columns side by side as the names of the beats allow, so that those of a city stand on one page."""
    table = _by_beat(data)
    table["of"] = [f"{visited} of {planned}" for visited, planned in zip(table["visited"], table["patrols"])]
    table["of_planned"] = [f"{minutes:,.0f} of {planned:,.0f}" for minutes, planned in
                           zip(table["minutes"], table["planned_minutes"])]
    longest, minutes = (max(map(len, table[name]), default=0) for name in ("beat", "of_planned"))
    wide = minutes > 10  # thousands of minutes
    return PrintedTable("beats", [
        PrintedColumn("beat", "Beat", lines=1), PrintedColumn("of", "Visited", 18 if wide else 14),
        PrintedColumn("of_planned", "Minutes", 32 if wide else 21)], table,
        "Boxes visited of those planned, and minutes delivered of those planned, by beat",
        "No patrols were planned.", in_file=False,
        across=(3 if wide else 4) if longest <= 5 else 2 if longest <= 24 else 1)


def _by_beat(data: ShiftData) -> pd.DataFrame:
    return patrol_tables.beats_in_order(dosage_figures.by_group(data.period, ["beat"]))


def off_target(data: ShiftData, shifts: Sequence[tuple[str, str]]) -> PrintedTable:
    """Which boxes were missed, short and over, in the words of roll call: the beat, then number and letter."""
    patrols = patrol_tables.beats_in_order(data.patrols)
    found = {key: boxes for key, boxes in patrols.groupby(["outcome", "shift_date", "shift"])}
    one_date = len({date for date, _ in shifts}) == 1
    rows = []
    for outcome, (date, code) in product(OUTCOME_ORDER[:-1], shifts):
        boxes = found.get((outcome, date, code), ())
        name = data.names.get(code, code)
        if len(boxes):
            rows.append((OUTCOME_WORDS[outcome], name if one_date else f"{patrol_tables.day(date)}, {name}", len(boxes),
                         _by_their_beat(boxes)))
    when = [PrintedColumn("when", "Shift", 18 if one_date else 34)] if len(shifts) > 1 else []
    return PrintedTable("off_target", [
        PrintedColumn("outcome", "Outcome", 19), *when, number("boxes", "Boxes", 13),
        PrintedColumn("which", "Which: beat, then number and letter of the box", lines=12)],
        pd.DataFrame(rows, columns=["outcome", "when", "boxes", "which"]), "Boxes not visited, short and over",
        "Every planned box was visited and on target." if len(patrols) else "No patrols were planned.",
        in_file=False)


def trend(data: ShiftData) -> list[Chart]:
    """Minutes by date; nothing where there is only one date."""
    table = dosage_figures.by_group(data.period, ["shift_date"])
    if len(table) < 2:
        return []
    labels = [patrol_tables.day(date) for date in table["shift_date"]]
    series = [charts.Series("Planned minutes", table["planned_minutes"].tolist()),
              charts.Series("Delivered minutes", table["minutes"].tolist())]
    return [Chart("Minutes by date", lambda width: charts.lines(labels, series, width, 52.0, "patrol-minutes"))]


def missed_most(data: ShiftData) -> PrintedTable:
    """The boxes that were not visited most often."""
    missed = data.patrols[data.patrols["outcome"] == "missed"]
    grouped = missed.groupby(["box_id", "beat", "where"], dropna=False, sort=False)
    table = grouped.size().rename("missed").reset_index()
    planned = data.patrols.groupby("box_id").size()
    table["planned"] = table["box_id"].map(planned)
    table = table.sort_values(["missed", "box_id"], ascending=[False, True], kind="stable").head(MOST_MISSED)
    return PrintedTable("missed", [
        PrintedColumn("beat", "Beat", 24), PrintedColumn("box_id", "Box", 28), PrintedColumn("where", "Where"),
        number("planned", "Times planned", 22), number("missed", "Not visited", 22)],
        table, "Boxes not visited most often", "Every planned box was visited.")


def outcomes(patrols: pd.DataFrame) -> Beside:
    """How many boxes of a shift were missed, short, on target and over, and its minutes by beat."""
    counts = patrols["outcome"].value_counts()
    beats = patrol_tables.beats_in_order(patrols.groupby("beat", dropna=False)[["planned_minutes", "minutes"]].sum()
                                         .reset_index())
    labels, series = beats["beat"].tolist(), [
        charts.Series("Planned minutes", beats["planned_minutes"].tolist()),
        charts.Series("Delivered minutes", beats["minutes"].tolist())]
    words = [OUTCOME_WORDS[name] for name in OUTCOME_WORDS]
    outcome = [charts.Series("Boxes", [int(counts.get(name, 0)) for name in OUTCOME_WORDS])]
    by_outcome = Chart("Boxes by outcome", lambda width: charts.bars(words, outcome, width, "boxes", label_mm=22.0))
    by_beat = Chart("Minutes by beat",
                    lambda width: charts.columns(labels, series, width, 46.0, "minutes, by beat"))
    return Beside(((by_outcome,), (by_beat,)), (1, 2))


def boxes_tables(patrols: pd.DataFrame) -> list[PrintedTable]:
    """Every box: those to talk about with all there is, those on target in two columns."""
    rank = {name: place for place, name in enumerate(OUTCOME_ORDER)}
    patrols = patrol_tables.beats_in_order(patrols)
    patrols = patrols.assign(rank=patrols["outcome"].map(rank), words=patrols["outcome"].map(OUTCOME_WORDS))
    patrols = patrols.sort_values("rank", kind="stable")
    on_target = patrols["outcome"] == "on_target"
    beat, where = PrintedColumn("beat", "Beat", 18), PrintedColumn("where", "Where")
    label, box = PrintedColumn("label", "No.", 10, colour="colour"), PrintedColumn("box_id", "Box", 24)
    numbers = [number("planned_minutes", "Planned", 17), number("minutes", "Delivered", 18)]
    tables = [PrintedTable("boxes", [
        PrintedColumn("words", "Outcome", 19), beat, label, box, where, *numbers, number("visits", "Visits", 13)],
        patrols[~on_target], "Boxes: not visited first, then short and over",
        "Every planned box was visited and on target." if len(patrols) else
        "No patrols were planned in this shift.", in_file=False)]
    if on_target.any():
        tables.append(PrintedTable("boxes_on_target", [
            replace(beat, width=15, lines=1), label, box, replace(where, lines=1),
            number("minutes", "Minutes", 16)],
            patrols[on_target], "Boxes on target", in_file=False, across=2))
    return tables


def stays_table(data: ShiftData, stays: pd.DataFrame) -> PrintedTable:
    """A row per unit with all its stays in planned boxes: when, where, how long, and what was logged."""
    stays = data.in_order_of_units(stays[stays["patrol_id"].notna()])
    stays = stays.assign(text=[_stay(stay) for stay in stays.itertuples()])
    table = stays.groupby("unit", sort=False)["text"].agg(count="size", text=" · ".join).reset_index()
    return PrintedTable("stays", [
        PrintedColumn("unit", "Unit", 22), number("count", "Stays", 12),
        PrintedColumn("text", "When, in which box, minutes, and what was logged", lines=60)],
        table, "Stays in planned boxes, unit by unit", "No planned box was visited.", in_file=False)


def lists_for_files(data: ShiftData) -> list[PrintedTable]:
    """What only a table in a file can hold: every beat, every patrol and every stay of the period."""
    patrols = data.patrols.assign(words=data.patrols["outcome"].map(OUTCOME_WORDS))
    stays = data.in_order_of_units(data.stays).assign(letter="", colour="")
    shift = [PrintedColumn("shift_date", "Date"), PrintedColumn("shift", "Shift")]
    return [
        PrintedTable("beats", [PrintedColumn("beat", "Beat"), *patrol_tables.planned_columns()], _by_beat(data),
                     on_page=False),
        PrintedTable("patrols", [
            *shift, PrintedColumn("beat", "Beat"), PrintedColumn("box_id", "Box"), PrintedColumn("where", "Where"),
            PrintedColumn("kind", "Crime type"), PrintedColumn("words", "Outcome"),
            number("planned_minutes", "Minutes planned"),
            number("minutes", "Minutes delivered"), number("officer_minutes", "Officer-minutes"),
            number("visits", "Visits")], patrols, on_page=False),
        PrintedTable("stays", [
            *shift, PrintedColumn("unit", "Unit"), PrintedColumn("came", "Came"), PrintedColumn("gone", "Left"),
            PrintedColumn("box_id", "Box"),
            PrintedColumn("where", "Where"), PrintedColumn("kind", "Crime type"), number("minutes", "Minutes"),
            PrintedColumn("tactics", "Tactics")], stays, on_page=False)]


def _by_their_beat(boxes: pd.DataFrame) -> str:
    """``101 1A, 2B · 102 1C`` of boxes in the order of their beats."""
    grouped = boxes.groupby("beat", sort=False)["label"]
    return " · ".join(f"{cut_name(beat)} {', '.join(labels)}" for beat, labels in grouped)


def _stay(stay: Any) -> str:
    """``07:14–07:29 101 1A, 15 min`` of a stay, with what was logged; one stay alone is never short or over."""
    box = f"{cut_name(wording.clean(stay.beat))} {stay.label}".strip()
    logged = f" ({stay.tactics})" if stay.tactics else ""
    return f"{stay.came}–{stay.gone} {box}, {stay.minutes:.0f} min{logged}"
