"""Timelines of the Shift report: where each unit was from when to when, and what was logged there."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

import pandas as pd

from ..paper import charts, wording
from ..paper.report_content import Chart, Paragraph
from . import patrol_tables

if TYPE_CHECKING:
    from ..paper.report_content import Part
    from .shift_data import ShiftData

UNITS_PER_CHART = 56


def timelines(data: ShiftData, stays: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> list[Part]:
    """Who was where from when to when: a row for each unit, in as many charts as it takes."""
    if stays.empty:
        return [Paragraph("No visits are recorded in this shift. Are its GPS fixes imported, and its visits "
                          "found?")]
    entered = (stays["entered_utc"] - start).dt.total_seconds() / 60
    left = (stays["left_utc"] - start).dt.total_seconds() / 60
    units = sorted(stays["unit"].unique(), key=wording.natural_key)
    rows: dict[str, list[charts.Span]] = {unit: [] for unit in units}
    letters = _tactic_letters(data, stays)
    for unit, begin, finish, label, code, kind, stay in zip(
            stays["unit"], entered, left, stays["label"], stays["colour"], stays["crime_type"], stays["stay"]):
        planned = isinstance(label, str)
        rows[unit].append(charts.Span(
            begin, finish, code if planned else "", (label, label.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) if planned
            else (), not planned, letters.get(stay, "") if planned else "", _pattern(data, kind)))
    length = (end - start).total_seconds() / 60
    ticks = [(60.0 * hour, f"{start + pd.Timedelta(hours=hour):%H:%M}") for hour in range(int(length // 60) + 1)]
    shown = stays.drop_duplicates("kind").dropna(subset=["kind"]).sort_values("kind")
    key: list[tuple[str, ...]] = [
        (colour, f"{letter}  {kind}", _pattern(data, code)) for colour, letter, kind, code in
        zip(shown["colour"], shown["letter"], shown["kind"], shown["crime_type"])]
    key += [(charts.LOW, patrol_tables.NOT_PLANNED + " (low)")]

    def draw(some: list[str]) -> Callable[[float], charts.Picture]:
        return lambda width: charts.timeline([(unit, rows[unit]) for unit in some], 0.0, length, ticks, width, key)

    charts_needed = -(-len(units) // UNITS_PER_CHART)
    each = -(-len(units) // charts_needed)
    caption = ("Each high strip is a stay in a planned box, with number and letter of the box in it or, where it is "
               "too short, after it; then it has the pattern of its crime type.")
    return [Chart("Timeline", draw(units[place:place + each]), caption + _tactics_key(data, stays))
            for place in range(0, len(units), each)]


def _pattern(data: ShiftData, code: str) -> str:
    """The hatching of a crime type, for strips too short for its letter."""
    codes = data.kinds.codes
    return charts.PATTERNS[codes.index(code) % len(charts.PATTERNS)] if code in codes else ""


def _tactic_letters(data: ShiftData, stays: pd.DataFrame) -> dict[Any, str]:
    """Small letters of the tactics logged in each stay."""
    letters = _letters(data, stays)
    logs = _logs_of(data, stays)
    return logs["tactic"].map(letters).groupby(logs["stay"]).agg(
        lambda used: "".join(sorted(set(used)))).to_dict()


def _letters(data: ShiftData, stays: pd.DataFrame) -> dict[str, str]:
    """A small letter for each tactic that was logged in some stays: of its name where that is free."""
    logged = set(_logs_of(data, stays)["tactic"])
    listed = [code for code in data.period.tactics["tactic"] if code in logged]
    codes = [*listed, *sorted(logged - set(listed))]
    return dict(zip(codes, (letter.lower() for letter in wording.letter_codes([""] * len(codes)))))


def _logs_of(data: ShiftData, stays: pd.DataFrame) -> pd.DataFrame:
    logs = data.period.logs.dropna(subset=["stay"])
    return logs[logs["stay"].isin(stays.loc[stays["patrol_id"].notna(), "stay"])]


def _tactics_key(data: ShiftData, stays: pd.DataFrame) -> str:
    letters, names = _letters(data, stays), dict(zip(data.period.tactics["tactic"], data.period.tactics["name"]))
    words = ", ".join(f"{letter} {wording.clean(names.get(code) or code)}" for code, letter in letters.items())
    return f" Small letters are tactics logged: {words}." if words else ""
