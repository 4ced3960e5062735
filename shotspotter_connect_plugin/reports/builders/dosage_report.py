"""Crime and Dosage: crime against patrol minutes over time, and what being drawn did, by the lottery's own chances."""
from __future__ import annotations

import math
from typing import TYPE_CHECKING, Callable

import pandas as pd

from ...workspace.numbers import effect_figures as step
from ..paper import charts
from ..paper.box_map import shade_map
from ..paper.page_head import check_period, page_head
from ..paper.report_content import (Beside, Chart, Figures, Heading, Paragraph, PrintedColumn, PrintedTable, Report,
                                    number)
from . import effect_words as words

if TYPE_CHECKING:
    from ...progress import Progress
    from ...workspace.store.workspace import Workspace
    from ..paper.report_content import Part

TITLE = "Crime and Dosage"
EVERYTHING, SENSORS = "All reported crime", "Gunfire (sensor alerts)"
MOST_BOXES = 12
"""Boxes that the page names."""
SHADES = ("#c6dbef", "#6baed6", "#2171b5", "#08306b")
HUNDRED = 100.0
"""Estimates are shown for a hundred boxes drawn for a shift, which reads better than for one."""
INTERVAL = f"{100 * step.LEVEL:.0f} % interval"
ANYWHERE = "Minutes in any box, ordinary patrol included"
NO_BOX = "No box was planned for this type in this period."
_CHANGE = (PrintedColumn("change", "Change", 21, None, True), PrintedColumn("interval", INTERVAL, 40, None, True),
           PrintedColumn("shown", "Smallest change that would have shown", 29, words.smallest, True))


_PATROLS = ["planned_minutes", "patrol_minutes"]
_BUSY = ["events", "planned_minutes", "patrol_minutes", "any_minutes"]


def build(workspace: Workspace, first: str, last: str, beat: str = "", progress: Progress = step.SILENT) -> Report:
    """The report of the shift dates ``first`` to ``last``, inclusive, of all beats or of one -> :class:`Report`."""
    check_period(workspace, first, last, beat)
    found = step.effects(workspace, first, last, beat, progress)
    head = page_head(workspace, TITLE, first, last, found.as_of, beat, of="Incidents and alerts")
    types = workspace.crime_types[["crime_type", "name", "colour"]].to_dict("records")
    names = {step.ALL: EVERYTHING, **{one["crime_type"]: one["name"] or one["crime_type"] for one in types}}
    if found.alerts:
        names["gunfire"] = SENSORS
    parts = [] if found.message else _what_draws_did(found, names)
    busy = found.over_time[_BUSY].fillna(0.0).to_numpy().any()
    if busy:
        parts += _over_time(found, names, {one["crime_type"]: one["colour"] for one in types})
    if not found.message:
        parts += [part for part in _for_whom(found) if part is not None]
    parts.append(_table_over_time(found, busy))
    return Report(TITLE, head, parts, found.message, workspace.settings.crs)


def _what_draws_did(found: step.Effects, names: dict[str, str]) -> list[Part]:
    first = found.row(step.DRAWN)
    rows = _rows(found, step.DRAWN, names)
    side = pd.concat([_rows(found, what, names, label) for what, label in (
        (step.BESIDE, "Beside a drawn box"), (step.BEFORE, "Check, a week before"))], ignore_index=True)
    side = side.assign(rate=side["rate"] * HUNDRED, would=side["base"] * HUNDRED)
    late = words.late(found)
    parts: list[Part | None] = [Heading("Did patrols change anything?"), Paragraph(late) if late else None,
                                Paragraph(words.conclusion(first))]
    if first is not None:
        parts.append(Figures([
            (f"{first['exposed']:,}", "boxes drawn, counted shift by shift"),
            (f"{first['events']:,.0f}", "reported events in them"),
            (f"{first['base'] * first['exposed']:,.0f}", "events to be expected there without the draw"),
            (words.minutes(found.hours_drawn, "min"), "of patrol in a drawn box"),
            (words.minutes(found.hours_undrawn, "min"), "in a comparable undrawn box")]))
    parts += [
        Chart("Effect of being drawn", _intervals(rows),
              f"Change in events per 100 boxes drawn, with {INTERVAL}; left of 0 are fewer. An interval that holds 0 "
              "fits no effect, too. No line where there were too few events."),
        Paragraph(words.rule(), small=True),
        PrintedTable("being drawn", [
            PrintedColumn("name", "Crime"), number("exposed", "Drawn boxes", 16), number("events", "Events", 15, 1),
            number("comparable", "Comparable undrawn", 23, 1), number("would", "Expected without", 19, 1), *_CHANGE],
                     rows, "Events in drawn boxes"),
        Paragraph(words.conclusion(found.row(step.DRAWN, "gunfire"), "gunfire alerts")) if found.alerts else None,
        Heading("An hour of patrol, neighbours, and a check"),
        Paragraph(words.per_hour(found.row(step.PER_HOUR), found)),
        Paragraph(words.beside(found.row(step.BESIDE))), Paragraph(words.before(found.row(step.BEFORE))),
        PrintedTable("neighbours and check", [
            PrintedColumn("name", "Comparison"), number("exposed", "Boxes", 20), number("rate", "Per 100 boxes", 18, 2),
            number("would", "Expected without", 20, 2), *_CHANGE], side,
            "Neighbours and check, events per 100 boxes of a shift")]
    return [part for part in parts if part is not None]


def _rows(found: step.Effects, what: str, names: dict[str, str], label: str = "") -> pd.DataFrame:
    """Rows of the estimates with their names, in the order of the crime types."""
    order = {code: place for place, code in enumerate(names)}
    rows = found.estimates[found.estimates["what"] == what]
    rows = rows.iloc[rows["crime_type"].map(order).argsort(kind="stable")]
    named = [names[code] for code in rows["crime_type"]]
    return rows.assign(
        name=[f"{label}: {name}" if label else name for name in named], would=rows["base"] * rows["exposed"],
        interval=[words.interval(row) for _, row in rows.iterrows()],
        change=[words.change(row["percent"]) if row["enough"] else "" for _, row in rows.iterrows()],
        shown=rows["detectable_percent"].where(rows["enough"])).reset_index(drop=True)


def _intervals(rows: pd.DataFrame) -> Callable[[float], charts.Picture]:
    drawn = rows["enough"] & (rows["high"] < math.inf)  # an interval without an end is told in words alone
    value, low, high = (rows[name].where(drawn if name != "value" else rows["enough"]) * HUNDRED
                        for name in ("value", "low", "high"))
    texts = [words.estimate(row) for _, row in rows.iterrows()]
    return lambda width: charts.intervals(
        list(rows["name"]), value, low, high, width, "events per 100 boxes drawn", 48.0, texts)


def _over_time(found: step.Effects, names: dict[str, str], colours: dict[str, str]) -> list[Part]:
    """Events and forecast beside planned and delivered minutes, for all and for each crime type that has any."""
    table = found.over_time
    busy = table.groupby("crime_type")[_BUSY].sum().any(axis=1)
    quiet = [name for code, name in names.items() if code != step.ALL and not busy[code]]
    parts: list[Part] = [Heading("Crime and patrols over time"), Paragraph(words.over_time(found, quiet), small=True)]
    for code, name in names.items():
        if name not in quiet:
            rows = table[table["crime_type"] == code]
            labels = [words.short_date(date) for date in rows["first"]]
            minutes = Chart(f"{name}, minutes", _minutes(labels, rows)) if rows[_PATROLS].any(axis=None) else (
                Paragraph(NO_BOX, small=True))
            parts.append(Beside([[Chart(f"{name}, events", _events(name, labels, rows, colours.get(code, "")))],
                                 [minutes]], [0.5, 0.5]))
    everything = table[table["crime_type"] == step.ALL]
    labels = [words.short_date(date) for date in everything["first"]]
    anywhere = [charts.Series(ANYWHERE, list(everything["any_minutes"]), "#5c666f")]
    return [*parts, Chart(ANYWHERE, lambda width: charts.columns(labels, anywhere, width, 38.0, ANYWHERE.lower()))]


def _events(name: str, labels: list[str], rows: pd.DataFrame, colour: str) -> Callable[[float], charts.Picture]:
    series = [charts.Series(name, list(rows["events"]), colour),
              charts.Series("Forecast", list(rows["expected"]), "#5c666f")]
    return lambda width: charts.lines(labels, series, width, 42.0, "events")


def _minutes(labels: list[str], rows: pd.DataFrame) -> Callable[[float], charts.Picture]:
    series = [charts.Series("Planned", list(rows["planned_minutes"])),
              charts.Series("Delivered in planned boxes", list(rows["patrol_minutes"]))]
    return lambda width: charts.columns(labels, series, width, 42.0, "minutes")


def _for_whom(found: step.Effects) -> list[Part | None]:
    columns = [PrintedColumn("box_id", "Box", 26), PrintedColumn("where", "Where"), PrintedColumn("beat", "Beat", 16),
               number("shifts", "Shifts with a chance", 20), number("chances", "Sum of chances", 20, 2),
               number("times_drawn", "Times drawn", 18), number("patrol_minutes", "Minutes delivered", 20)]
    tied = words.tied(found, MOST_BOXES)
    classes = step.chance_classes(found.boxes)
    shades = [(name, found.boxes[which], colour) for (name, which), colour in zip(classes, SHADES)]
    return [Heading("Which boxes this speaks of"), Paragraph(words.scope(found)),
            Chart("Boxes by chance", lambda width: shade_map(found.ground, shades, width),
                  "Sum of a box's chances over the shifts; boxes in the lightest grey had none that is compared."),
            Paragraph(tied) if tied else None,
            PrintedTable("boxes", columns, found.boxes.head(MOST_BOXES),
                         f"The boxes with the greatest chances, {MOST_BOXES} at most", in_file=False),
            PrintedTable("boxes", columns, found.boxes, on_page=False),
            Heading("How this was done"), *(Paragraph(text, small=True) for text in words.method(found))]


def _table_over_time(found: step.Effects, busy: bool) -> PrintedTable:
    each = "day" if found.days_each == 1 else "week"
    return PrintedTable("over time", [
        PrintedColumn("first", "From"), PrintedColumn("last", "To"), number("events", "Events", None, 1),
        number("expected", "Forecast", None, 1), number("planned_minutes", "Minutes planned"),
        number("patrol_minutes", "Minutes delivered in planned boxes"), number("any_minutes", ANYWHERE)],
        found.over_time[(found.over_time["crime_type"] == step.ALL) & busy], f"{EVERYTHING} by {each}",
        "No events and no patrols in this period.")
