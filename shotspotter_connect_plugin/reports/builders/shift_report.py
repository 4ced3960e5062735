"""The Shift report: where units were and what they did over time, planned against delivered.

The first page answers: what was planned, what was delivered, which boxes were missed, short and over. Then shifts of a
short period each get a map, a timeline per unit and their boxes; a longer period gets what can be read: a trend, a map
of the whole period, a table of shifts and the boxes that were missed most.
"""
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from shapely.geometry import box as rectangle

from ...workspace.numbers import delivered_period, dosage_figures, unit_tracks
from ..paper import charts, page_head, style, wording
from ..paper.report_content import Beside, Chart, Column, Heading, Map, PageBreak, Paragraph, Report, Table, number
from ..plan import sheets
from . import patrol_tables
from .patrol_tables import OUTCOMES

TITLE = "Shift report"
MOST_SHIFTS = 4
UNITS_PER_CHART = 56
MOST_MISSED = 60
EXTREME, MOST_EXTREME = 3.0, 8
MANY = 25  # boxes, of which one map can show the numbers
SWATCH = 3.4  # millimetres, as the key of a map draws it
BOXES_PER_STRIP, STRIPS_PER_PAGE, MOST_STRIPS, PANEL = 40, 3, 6, (95.0, 63.0)
CITY, LEAST_MAP = 178.0, 110.0
_OUTCOME_ORDER = ("missed", "short", "over", "on_target")


def build(workspace, first, last, beat="", shift=""):
    """The :class:`~.report_content.Report` of the dates ``first`` to ``last``, of one beat and shift if so asked."""
    page_head.check_period(workspace, first, last, beat, shift)
    period = delivered_period.read_delivered(workspace, first, last, beat, shift)
    head = page_head.page_head(workspace, TITLE, first, last, period.as_of, beat, shift)
    if period.empty:
        return Report(TITLE, head, (), patrol_tables.NOTHING, workspace.settings.crs)
    page = _Page(workspace, period)
    shifts = page.shifts()
    if len(shifts) == 1:
        blocks = page.one_shift(*shifts[0])
    elif len(shifts) <= MOST_SHIFTS:
        blocks = page.few_shifts(shifts)
    else:
        blocks = page.many_shifts()
    blocks += page.lists()
    blocks.append(Paragraph(patrol_tables.ABOUT_MINUTES, small=True))
    return Report(TITLE, head, tuple(blocks), "", workspace.settings.crs)


class _Page:
    """Blocks about one period."""

    def __init__(self, workspace, period):
        self._workspace, self._period = workspace, period
        self._kinds = patrol_tables.Kinds(workspace)
        self._names = page_head.shift_names(workspace)
        self._crs, self._zone = workspace.settings.crs, workspace.settings.timezone
        context = workspace.settings.map_context
        self._context = str(Path(workspace.folder) / context) if context else ""
        beats = workspace.read("beats", ["beat", "geometry"])
        self._beats = beats[beats["beat"] == period.beat] if period.beat else beats
        self._boxes = workspace.read("boxes", ["box_id", "col", "row"]).set_index("box_id")
        patrols = period.patrols.sort_values(["shift_date", "shift", "beat", "visit_order", "box_id"], kind="stable")
        patrols["number"] = patrols.groupby(["shift_date", "shift", "beat"], dropna=False).cumcount() + 1
        self._patrols = self._kinds.join(patrols)
        self._patrols["label"] = [f"{place}{letter}" for place, letter in
                                  zip(self._patrols["number"], self._patrols["letter"])]
        self._stays = period.stays.merge(self._patrols[["patrol_id", "label", "colour", "kind", "letter"]],
                                         on="patrol_id", how="left")
        self._stays["tactics"] = self._stays["stay"].map(self._tactics()).fillna("")

    def _tactics(self):
        """What was logged in each stay, in words."""
        names = dict(zip(self._period.tactics["tactic"], self._period.tactics["name"]))
        logs = self._period.logs.dropna(subset=["stay"])
        words = logs["tactic"].map(names).fillna(logs["tactic"])
        return words.groupby(logs["stay"]).agg(lambda used: ", ".join(dict.fromkeys(map(wording.clean, used))))

    def shifts(self):
        """(date, shift) in which something was planned or done, in the order in which they start."""
        slots = self._workspace.calendar.slots(self._period.first, self._period.last)
        some = {*zip(self._patrols["shift_date"], self._patrols["shift"]),
                *zip(self._stays["shift_date"], self._stays["shift"])}
        return [slot for slot in zip(slots["shift_date"], slots["shift"]) if slot in some]

    # several shifts

    def few_shifts(self, shifts):
        """One page about all of them, their map, then each on its own."""
        blocks = [self._numbers(), self._limits(), self._shifts_table(), self._off_target(shifts), self._beats_table(),
                  *self._trend(), *self._map_of_period(138.0), self._extreme()]
        for date, code in shifts:
            blocks += [PageBreak(), *self._one_shift(date, code, (self._numbers(date, code),))]
        return blocks

    def many_shifts(self):
        return [self._numbers(), self._limits(), Heading("The whole period"), *self._trend(),
                *self._map_of_period(150.0), self._shifts_table(), self._beats_table(), self._missed(),
                self._extreme(), Paragraph(
                    f"Timelines per unit and the list of boxes are printed for at most {MOST_SHIFTS} shifts; choose "
                    "one date or one shift to see them.", small=True)]

    def _numbers(self, date="", code=""):
        """The big numbers of the whole period, or of one shift."""
        period = delivered_period.read_delivered(
            self._workspace, date, date, self._period.beat, code) if date else self._period
        return patrol_tables.overview(dosage_figures.totals(period))

    def _limits(self):
        """When a box is on target, in the numbers of the settings."""
        settings = self._workspace.settings
        low, target, high = settings.on_target_low, settings.target_minutes, settings.on_target_high
        return Paragraph(
            f"On target: {low:g} to {high:g} minutes a visit asked for, of {target:g} planned, all visits to a box "
            f"together: {2 * low:g} to {2 * high:g} of {2 * target:g}. Less is short, more is over.", small=True)

    def _extreme(self):
        """The boxes that lift all totals, since somebody was there most of the shift."""
        table, minutes, whole = dosage_figures.extreme(self._period, EXTREME)
        shown = table.head(MOST_EXTREME).assign(
            name=table["shift"].map(self._names), day=table["shift_date"].map(patrol_tables.day))
        shown["beat"] = shown["beat"].map(wording.clean)
        title = f"Boxes with more than {EXTREME:g} times their planned minutes"
        many = f"; the first {MOST_EXTREME}" if len(table) > MOST_EXTREME else ""
        return Table("extreme", [
            Column("day", "Date", 19), Column("name", "Shift", 18), Column("beat", "Beat", 15, lines=1),
            Column("box_id", "Box", 24), Column("where", "Where", lines=1),
            number("planned_minutes", "Planned", 16), number("minutes", "Delivered", 18),
            number("visits", "Visits", 13)], shown,
            title if table.empty else f"{title}: {len(table):,}, with {minutes:,.0f} of the {whole:,.0f} "
            f"minutes in planned boxes{many}", "None.", in_file=False)

    def _shifts_table(self):
        table = dosage_figures.by_group(self._period, ["shift_date", "shift"])
        table = table.assign(name=table["shift"].map(self._names), day=table["shift_date"].map(patrol_tables.day))
        columns = [Column("day", "Date", 22), Column("name", "Shift"), *patrol_tables.planned_columns()]
        return Table("shifts", columns, table,
                     "Planned against delivered by shift", "No patrols were planned in this period.")

    def _beats_table(self):
        """As many columns side by side as the names of the beats allow, so that those of a city stand on one page."""
        table = self._by_beat()
        table["of"] = [f"{visited} of {planned}" for visited, planned in zip(table["visited"], table["patrols"])]
        table["of_planned"] = [f"{minutes:,.0f} of {planned:,.0f}" for minutes, planned in
                               zip(table["minutes"], table["planned_minutes"])]
        longest, minutes = (max(map(len, table[name]), default=0) for name in ("beat", "of_planned"))
        wide = minutes > 10  # thousands of minutes
        return Table("beats", [
            Column("beat", "Beat", lines=1), Column("of", "Visited", 18 if wide else 14),
            Column("of_planned", "Minutes", 32 if wide else 21)], table,
            "Boxes visited of those planned, and minutes delivered of those planned, by beat",
            "No patrols were planned.", in_file=False,
            across=(3 if wide else 4) if longest <= 5 else 2 if longest <= 24 else 1)

    def _by_beat(self):
        return patrol_tables.beats_in_order(dosage_figures.by_group(self._period, ["beat"]))

    def _off_target(self, shifts):
        """Which boxes were missed, short and over, in the words of roll call: the beat, then number and letter."""
        patrols = patrol_tables.beats_in_order(self._patrols)
        found = {key: boxes for key, boxes in patrols.groupby(["outcome", "shift_date", "shift"])}
        one_date = len({date for date, _ in shifts}) == 1
        rows = []
        for outcome, (date, code) in product(_OUTCOME_ORDER[:-1], shifts):
            boxes = found.get((outcome, date, code), ())
            name = self._names.get(code, code)
            if len(boxes):
                rows.append((OUTCOMES[outcome], name if one_date else f"{patrol_tables.day(date)}, {name}", len(boxes),
                             _by_their_beat(boxes)))
        when = [Column("when", "Shift", 18 if one_date else 34)] if len(shifts) > 1 else []
        return Table("off_target", [
            Column("outcome", "Outcome", 19), *when, number("boxes", "Boxes", 13),
            Column("which", "Which: beat, then number and letter of the box", lines=12)],
            pd.DataFrame(rows, columns=["outcome", "when", "boxes", "which"]), "Boxes not visited, short and over",
            "Every planned box was visited and on target." if len(patrols) else "No patrols were planned.",
            in_file=False)

    def _trend(self):
        table = dosage_figures.by_group(self._period, ["shift_date"])
        if len(table) < 2:
            return []
        labels = [patrol_tables.day(date) for date in table["shift_date"]]
        series = [charts.Series("Planned minutes", table["planned_minutes"].tolist()),
                  charts.Series("Delivered minutes", table["minutes"].tolist())]
        return [Chart("Minutes by date", lambda width: charts.lines(labels, series, width, 52.0, "patrol-minutes"))]

    def _map_of_period(self, height):
        boxes = self._patrols.groupby("box_id")[["planned_minutes", "minutes", "visits"]].sum().reset_index()
        outcome = self._patrols.groupby(["box_id", "outcome"]).size().unstack(fill_value=0)
        boxes["outcome"] = boxes["box_id"].map(outcome.reindex(columns=_OUTCOME_ORDER, fill_value=0).idxmax(axis=1))
        # Pages are laid out when the workspace is closed again, so nothing is asked of it then.
        rectangles, size = self._rectangles(boxes["box_id"]), self._workspace.fishnet.size

        def layers():
            from . import delivered_map

            return [delivered_map.amounts(self._crs, boxes, rectangles, size),
                    *delivered_map.ground(self._context, self._beats, self._crs)]

        key = [(partial(_outcome_swatch, name), "", f"{words} ({_SIGNS[name]})") for name, words in OUTCOMES.items()]
        return [Heading("Where boxes were visited"),
                Map("Boxes of the period", layers, self._extent(rectangles), self._crs, height, key,
                    "Each planned box by what happened most often to its patrols.", LEAST_MAP)]

    def _missed(self):
        missed = self._patrols[self._patrols["outcome"] == "missed"]
        grouped = missed.groupby(["box_id", "beat", "where"], dropna=False, sort=False)
        table = grouped.size().rename("missed").reset_index()
        planned = self._patrols.groupby("box_id").size()
        table["planned"] = table["box_id"].map(planned)
        table = table.sort_values(["missed", "box_id"], ascending=[False, True], kind="stable").head(MOST_MISSED)
        return Table("missed", [Column("beat", "Beat", 24), Column("box_id", "Box", 28), Column("where", "Where"),
                                number("planned", "Times planned", 22), number("missed", "Not visited", 22)], table,
                     "Boxes not visited most often", "Every planned box was visited.")

    # one shift

    def one_shift(self, date, code):
        """The only shift of a report: what was missed stands before the map; so do its beats where the map is large."""
        first = [self._numbers(), self._limits(), self._off_target([(date, code)])]
        more = [self._beats_table(), self._extreme()]
        if len(self._patrols) > MANY:
            return self._one_shift(date, code, [*first, *more])
        return self._one_shift(date, code, first, more)

    def _one_shift(self, date, code, above_map, above_boxes=()):
        patrols = self._patrols[(self._patrols["shift_date"] == date) & (self._patrols["shift"] == code)]
        stays = self._stays[(self._stays["shift_date"] == date) & (self._stays["shift"] == code)]
        start, end = (moment.tz_convert(self._zone) for moment in self._workspace.calendar.bounds(date, code))
        hours = wording.hours_in_words(start, end, date)
        return [Heading(f"{self._names.get(code, code)} shift, {wording.date_in_words(date)}, {hours}"),
                *above_map, *self._maps(date, code, patrols, stays),
                Heading("Who was where, and when"), *self._timelines(stays, start, end), self._stays_table(stays),
                Heading("Planned against delivered"), self._outcomes(patrols), *above_boxes,
                *self._boxes_tables(patrols)]

    def _maps(self, date, code, patrols, stays):
        """One map where its boxes can be numbered, else one of the city without numbers and one of each area."""
        rectangles = self._rectangles(patrols["box_id"])
        elsewhere = self._rectangles(stays.loc[stays["patrol_id"].isna(), "box_id"].drop_duplicates())
        tracks = unit_tracks.tracks(self._workspace, date, code,
                                    stays["unit"].unique().tolist() if self._period.beat else None,
                                    8.0 if len(patrols) <= MANY else 20.0)
        whole = () if self._period.beat else self._beats["geometry"]
        made = []

        def layers(numbers):
            """Made once each: all areas show the same layers."""
            from . import delivered_map

            if not made:
                made.extend([delivered_map.other_boxes(self._crs, elsewhere),
                             *delivered_map.ground(self._context, self._beats, self._crs)])
            return [delivered_map.planned_boxes(self._crs, patrols, rectangles, numbers),
                    delivered_map.track_lines(self._crs, tracks, whole, bool(numbers)), *made]

        shown = patrols.drop_duplicates("crime_type")
        key = [(colour, letter, kind) for kind, letter, colour in
               zip(*(self._kinds.join(shown.sort_values("kind"))[name] for name in ("kind", "letter", "colour")))]
        key += [(_missed_swatch, "", "Planned, not visited"), (style.UNKNOWN, "", patrol_tables.NOT_PLANNED),
                (_track_swatch, "", "Track of a unit")]
        city = Map("Tracks and boxes", partial(layers, 7), self._extent(rectangles if len(rectangles) else elsewhere),
                   self._crs, 160.0, key, "Number and letter of a box are those of its sheet at roll call.", LEAST_MAP)
        areas = _areas(rectangles, self._whole_strips(len(rectangles)))
        if not areas:
            return [Heading("Where units were"), city]
        city = replace(city, layers=lambda: [self._frames(areas), *layers(0)], height=CITY, least=0.0,
                       caption="Each frame has a map of its own below, with numbers and names of units.")
        numbered = []

        def close():
            """The layers of every area, made once."""
            if not numbered:
                numbered.extend(layers(5.5))
            return numbered

        panels = [Map(f"Area {name}", close, _of_shape(_with_surroundings(*extent)), self._crs, PANEL[1],
                      caption=f"{name}: {self._beats_of(patrols, rectangles, members)}")
                  for name, extent, members in areas]
        blocks = [Heading("Where units were"), city]
        for first in range(0, len(panels), 2 * STRIPS_PER_PAGE):
            page = panels[first:first + 2 * STRIPS_PER_PAGE]
            blocks += [Heading("Tracks and boxes by area"), Beside((page[::2], page[1::2]), (1, 1))]
        return blocks

    def _whole_strips(self, boxes):
        """Into how many strips of two areas each a map of so many boxes is cut; 0 where one map shows them."""
        return min(max(2, -(-boxes // BOXES_PER_STRIP)), MOST_STRIPS) if boxes > MANY else 0

    def _frames(self, areas):
        from . import delivered_map

        frame = pd.DataFrame([name for name, _, _ in areas], columns=["label"])
        return delivered_map.frames(self._crs, frame, [rectangle(*extent) for _, extent, _ in areas])

    def _beats_of(self, patrols, rectangles, members):
        """Beats of some boxes, for the words below their map."""
        beats = patrol_tables.beats_in_order(patrols.iloc[members][["beat"]].drop_duplicates())["beat"]
        return "beats " + ", ".join(map(_cut, beats)) if len(beats) > 1 else f"beat {_cut(beats.iloc[0])}"

    def _timelines(self, stays, start, end):
        if stays.empty:
            return [Paragraph("No visits are recorded in this shift. Are its GPS fixes imported, and its visits "
                              "found?")]
        entered = (stays["entered_utc"] - start).dt.total_seconds() / 60
        left = (stays["left_utc"] - start).dt.total_seconds() / 60
        units = sorted(stays["unit"].unique(), key=wording.natural_key)
        rows = {unit: [] for unit in units}
        letters = self._tactic_letters(stays)
        for unit, begin, finish, label, code, kind, stay in zip(
                stays["unit"], entered, left, stays["label"], stays["colour"], stays["crime_type"], stays["stay"]):
            planned = isinstance(label, str)
            rows[unit].append(charts.Span(
                begin, finish, code if planned else "", (label, label.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) if planned
                else (), not planned, letters.get(stay, "") if planned else "", self._pattern(kind)))
        length = (end - start).total_seconds() / 60
        ticks = [(60.0 * hour, f"{start + pd.Timedelta(hours=hour):%H:%M}") for hour in range(int(length // 60) + 1)]
        shown = stays.drop_duplicates("kind").dropna(subset=["kind"]).sort_values("kind")
        key = [(colour, f"{letter}  {kind}", self._pattern(code)) for colour, letter, kind, code in
               zip(shown["colour"], shown["letter"], shown["kind"], shown["crime_type"])]
        key += [(charts.LOW, patrol_tables.NOT_PLANNED + " (low)")]
        made = []
        charts_needed = -(-len(units) // UNITS_PER_CHART)
        each = -(-len(units) // charts_needed)
        for place in range(0, len(units), each):
            some = [(unit, rows[unit]) for unit in units[place:place + each]]
            made.append(Chart("Timeline",
                              lambda width, some=some: charts.timeline(some, 0.0, length, ticks, width, key),
                              "Each high strip is a stay in a planned box, with number and letter of the box in it or, "
                              "where it is too short, after it; then it has the pattern of its crime type."
                              + self._tactics_key(stays)))
        return made

    def _pattern(self, code):
        """The hatching of a crime type, for strips too short for its letter."""
        codes = self._kinds.codes
        return charts.PATTERNS[codes.index(code) % len(charts.PATTERNS)] if code in codes else ""

    def _tactic_letters(self, stays):
        """Small letters of the tactics logged in each stay."""
        letters = self._letters(stays)
        logs = self._logs_of(stays)
        return logs["tactic"].map(letters).groupby(logs["stay"]).agg(
            lambda used: "".join(sorted(set(used)))).to_dict()

    def _letters(self, stays):
        """A small letter for each tactic that was logged in some stays: of its name where that is free."""
        logged = set(self._logs_of(stays)["tactic"])
        listed = [code for code in self._period.tactics["tactic"] if code in logged]
        codes = [*listed, *sorted(logged - set(listed))]
        return dict(zip(codes, (letter.lower() for letter in wording.letter_codes([""] * len(codes)))))

    def _logs_of(self, stays):
        logs = self._period.logs.dropna(subset=["stay"])
        return logs[logs["stay"].isin(stays.loc[stays["patrol_id"].notna(), "stay"])]

    def _tactics_key(self, stays):
        letters, names = self._letters(stays), dict(zip(self._period.tactics["tactic"], self._period.tactics["name"]))
        words = ", ".join(f"{letter} {wording.clean(names.get(code) or code)}" for code, letter in letters.items())
        return f" Small letters are tactics logged: {words}." if words else ""

    def _outcomes(self, patrols):
        counts = patrols["outcome"].value_counts()
        beats = patrol_tables.beats_in_order(patrols.groupby("beat", dropna=False)[["planned_minutes", "minutes"]].sum()
                                             .reset_index())
        labels, series = beats["beat"].tolist(), [
            charts.Series("Planned minutes", beats["planned_minutes"].tolist()),
            charts.Series("Delivered minutes", beats["minutes"].tolist())]
        words = [OUTCOMES[name] for name in OUTCOMES]
        outcome = [charts.Series("Boxes", [int(counts.get(name, 0)) for name in OUTCOMES])]
        by_outcome = Chart("Boxes by outcome", lambda width: charts.bars(words, outcome, width, "boxes", label_mm=22.0))
        by_beat = Chart("Minutes by beat",
                        lambda width: charts.columns(labels, series, width, 46.0, "minutes, by beat"))
        return Beside(((by_outcome,), (by_beat,)), (1, 2))

    def _boxes_tables(self, patrols):
        """Every box: those to talk about with all there is, those on target in two columns."""
        rank = {name: place for place, name in enumerate(_OUTCOME_ORDER)}
        patrols = patrol_tables.beats_in_order(patrols)
        patrols = patrols.assign(rank=patrols["outcome"].map(rank), words=patrols["outcome"].map(OUTCOMES))
        patrols = patrols.sort_values("rank", kind="stable")
        on_target = patrols["outcome"] == "on_target"
        beat, where = Column("beat", "Beat", 18), Column("where", "Where")
        label, box = Column("label", "No.", 10, colour="colour"), Column("box_id", "Box", 24)
        numbers = [number("planned_minutes", "Planned", 17), number("minutes", "Delivered", 18)]
        tables = [Table("boxes", [
            Column("words", "Outcome", 19), beat, label, box, where, *numbers, number("visits", "Visits", 13)],
            patrols[~on_target], "Boxes: not visited first, then short and over",
            "Every planned box was visited and on target." if len(patrols) else
            "No patrols were planned in this shift.", in_file=False)]
        if on_target.any():
            tables.append(Table("boxes_on_target", [
                replace(beat, width=15, lines=1), label, box, replace(where, lines=1),
                number("minutes", "Minutes", 16)],
                patrols[on_target], "Boxes on target", in_file=False, across=2))
        return tables

    def _stays_table(self, stays):
        """A row per unit with all its stays in planned boxes: when, where, how long, and what was logged."""
        stays = self._clock(stays[stays["patrol_id"].notna()])
        stays = stays.assign(text=[_stay(stay) for stay in stays.itertuples()])
        table = stays.groupby("unit", sort=False)["text"].agg(count="size", text=" · ".join).reset_index()
        return Table("stays", [
            Column("unit", "Unit", 22), number("count", "Stays", 12),
            Column("text", "When, in which box, minutes, and what was logged", lines=60)],
            table, "Stays in planned boxes, unit by unit", "No planned box was visited.", in_file=False)

    def lists(self):
        """What only a table in a file can hold: every beat, every patrol and every stay of the period."""
        patrols = self._patrols.assign(words=self._patrols["outcome"].map(OUTCOMES))
        stays = self._clock(self._stays).assign(letter="", colour="")
        shift = [Column("shift_date", "Date"), Column("shift", "Shift")]
        return [
            Table("beats", [Column("beat", "Beat"), *patrol_tables.planned_columns()], self._by_beat(), on_page=False),
            Table("patrols", [
                *shift, Column("beat", "Beat"), Column("box_id", "Box"), Column("where", "Where"),
                Column("kind", "Crime type"), Column("words", "Outcome"), number("planned_minutes", "Minutes planned"),
                number("minutes", "Minutes delivered"), number("officer_minutes", "Officer-minutes"),
                number("visits", "Visits")], patrols, on_page=False),
            Table("stays", [
                *shift, Column("unit", "Unit"), Column("came", "Came"), Column("gone", "Left"), Column("box_id", "Box"),
                Column("where", "Where"), Column("kind", "Crime type"), number("minutes", "Minutes"),
                Column("tactics", "Tactics")], stays, on_page=False)]

    def _clock(self, stays):
        """Stays with times of day of the agency, by unit and time."""
        order = sorted(range(len(stays)), key=lambda row: (wording.natural_key(stays["unit"].iloc[row] or ""),
                                                           stays["entered_utc"].iloc[row]))
        stays = stays.iloc[order]
        return stays.assign(
            came=stays["entered_utc"].dt.tz_convert(self._zone).dt.strftime("%H:%M"),
            gone=stays["left_utc"].dt.tz_convert(self._zone).dt.strftime("%H:%M"))

    # places

    def _rectangles(self, box_ids):
        found = self._boxes.reindex(box_ids).dropna()
        return self._workspace.fishnet.rectangles(found["col"].to_numpy("int64"), found["row"].to_numpy("int64"))

    def _extent(self, rectangles):
        if len(rectangles) and not (self._period.beat and len(self._beats)):
            bounds = rectangles.tolist()
        else:
            bounds = [shape.bounds for shape in self._beats["geometry"]] or [(0.0, 0.0, 1000.0, 1000.0)]
        x_min, y_min, x_max, y_max = zip(*bounds)
        return _with_surroundings(min(x_min), min(y_min), max(x_max), max(y_max))


def _with_surroundings(x_min, y_min, x_max, y_max):
    """An extent that shows some streets around, also where there is only one box."""
    x, y = (sheets.LEAST_VIEW - (x_max - x_min)) / 2, (sheets.LEAST_VIEW - (y_max - y_min)) / 2
    return x_min - max(x, 0.0), y_min - max(y, 0.0), x_max + max(x, 0.0), y_max + max(y, 0.0)


def _by_their_beat(boxes):
    """``101 1A, 2B · 102 1C`` of boxes in the order of their beats."""
    grouped = boxes.groupby("beat", sort=False)["label"]
    return " · ".join(f"{_cut(beat)} {', '.join(labels)}" for beat, labels in grouped)


def _cut(name):
    """A beat's name, which stands before each of its boxes, no longer than it takes to know it."""
    return name if len(name) <= 24 else name[:23].rstrip() + "…"


def _stay(stay):
    """``07:14–07:29 101 1A, 15 min`` of a stay, with what was logged; one stay alone is never short or over."""
    box = f"{_cut(wording.clean(stay.beat))} {stay.label}".strip()
    logged = f" ({stay.tactics})" if stay.tactics else ""
    return f"{stay.came}–{stay.gone} {box}, {stay.minutes:.0f} min{logged}"


def _areas(rectangles, strips):
    """Areas with about as many boxes each, in ``strips`` from north to south of a western and an eastern one:
    (letter, extent of the boxes, their rows)."""
    centres = (rectangles[:, :2] + rectangles[:, 2:]) / 2
    found = []
    for strip in np.array_split(np.argsort(-centres[:, 1], kind="stable"), strips) if strips else ():
        for half in np.array_split(strip[np.argsort(centres[strip, 0], kind="stable")], 2):
            low, high = rectangles[half, :2].min(axis=0), rectangles[half, 2:].max(axis=0)
            found.append(("ABCDEFGHIJKLMNOPQRSTUVWXYZ"[len(found)], (*low, *high), half))
    return found


def _of_shape(extent):
    """An extent grown to the shape of a panel."""
    x_min, y_min, x_max, y_max = extent
    width, height = PANEL
    x = max(0.0, (y_max - y_min) * width / height - (x_max - x_min)) / 2
    y = max(0.0, (x_max - x_min) * height / width - (y_max - y_min)) / 2
    return x_min - x, y_min - y, x_max + x, y_max + y


def _missed_swatch():
    from . import delivered_map

    return delivered_map.planned_not_visited()


def _track_swatch():
    from . import delivered_map

    return delivered_map.track_symbol()


def _outcome_swatch(outcome):
    from . import delivered_map

    return delivered_map.outcome_symbol(outcome, SWATCH, "MM")


_SIGNS = {"missed": "hollow, crossed", "short": "half full", "on_target": "full", "over": "full, white plus"}
