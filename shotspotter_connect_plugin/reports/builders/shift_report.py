"""The Shift report: where units were and what they did over time, planned against delivered.

The first page answers: what was planned, what was delivered, which boxes were missed, short and over. Then shifts of a
short period each get a map, a timeline per unit and their boxes; a longer period gets what can be read: a trend, a map
of the whole period, a table of shifts and the boxes that were missed most.
"""
from __future__ import annotations

from typing import TYPE_CHECKING, Sequence

from ...workspace.numbers import delivered_period
from ..paper import page_head, wording
from ..paper.report_content import Heading, PageBreak, Paragraph, Report
from . import patrol_tables, shift_tables
from .delivered_map import MANY
from .shift_data import ShiftData
from .shift_maps import ShiftMaps
from .shift_timeline import timelines

if TYPE_CHECKING:
    from ...workspace.store.workspace import Workspace
    from ..paper.report_content import Part

TITLE = "Shift report"
MOST_SHIFTS = 4


def build(workspace: Workspace, first: str, last: str, beat: str = "", shift: str = "") -> Report:
    """The report of the dates ``first`` to ``last``, of one beat and shift if so asked."""
    page_head.check_period(workspace, first, last, beat, shift)
    period = delivered_period.read_delivered(workspace, first, last, beat, shift)
    head = page_head.page_head(workspace, TITLE, first, last, period.as_of, beat, shift)
    if period.empty:
        return Report(TITLE, head, (), patrol_tables.NOTHING, workspace.settings.crs)
    data = ShiftData(workspace, period)
    maps, shifts = ShiftMaps(data), data.shifts()
    if len(shifts) == 1:
        parts = _only_shift(data, maps, *shifts[0])
    elif len(shifts) <= MOST_SHIFTS:
        parts = _few_shifts(data, maps, shifts)
    else:
        parts = _many_shifts(data, maps)
    parts += shift_tables.lists_for_files(data)
    parts.append(Paragraph(patrol_tables.ABOUT_MINUTES, small=True))
    return Report(TITLE, head, tuple(parts), "", workspace.settings.crs)


def _few_shifts(data: ShiftData, maps: ShiftMaps, shifts: Sequence[tuple[str, str]]) -> list[Part]:
    """One page about all of them, their map, then each on its own."""
    parts: list[Part] = [
        shift_tables.big_numbers(data), shift_tables.limits(data), shift_tables.shifts_table(data),
        shift_tables.off_target(data, shifts), shift_tables.beats_table(data), *shift_tables.trend(data),
        *maps.of_period(138.0), shift_tables.extreme_boxes(data)]
    for date, code in shifts:
        parts += [PageBreak(), *_shift(data, maps, date, code, (shift_tables.big_numbers(data, date, code),))]
    return parts


def _many_shifts(data: ShiftData, maps: ShiftMaps) -> list[Part]:
    return [shift_tables.big_numbers(data), shift_tables.limits(data), Heading("The whole period"),
            *shift_tables.trend(data), *maps.of_period(150.0), shift_tables.shifts_table(data),
            shift_tables.beats_table(data), shift_tables.missed_most(data), shift_tables.extreme_boxes(data), Paragraph(
                f"Timelines per unit and the list of boxes are printed for at most {MOST_SHIFTS} shifts; choose "
                "one date or one shift to see them.", small=True)]


def _only_shift(data: ShiftData, maps: ShiftMaps, date: str, code: str) -> list[Part]:
    """The only shift of a report: what was missed stands before the map; so do its beats where the map is large."""
    first: list[Part] = [shift_tables.big_numbers(data), shift_tables.limits(data),
                         shift_tables.off_target(data, [(date, code)])]
    more: list[Part] = [shift_tables.beats_table(data), shift_tables.extreme_boxes(data)]
    if len(data.patrols) > MANY:
        return _shift(data, maps, date, code, [*first, *more])
    return _shift(data, maps, date, code, first, more)


def _shift(data: ShiftData, maps: ShiftMaps, date: str, code: str, above_map: Sequence[Part],
           above_boxes: Sequence[Part] = ()) -> list[Part]:
    patrols, stays = data.of_shift(date, code)
    start, end = (moment.tz_convert(data.zone) for moment in data.workspace.calendar.bounds(date, code))
    hours = wording.hours_in_words(start, end, date)
    return [Heading(f"{data.names.get(code, code)} shift, {wording.date_in_words(date)}, {hours}"),
            *above_map, *maps.of_shift(date, code, patrols, stays),
            Heading("Who was where, and when"), *timelines(data, stays, start, end),
            shift_tables.stays_table(data, stays), Heading("Planned against delivered"),
            shift_tables.outcomes(patrols), *above_boxes, *shift_tables.boxes_tables(patrols)]
