"""The Shift report: where units were and what they did over time, planned against delivered.

Shifts of a short period each get a map, a timeline per unit and their boxes; a longer period gets what can be read:
a trend, a map of the whole period, a table of shifts and the boxes that were missed most.
"""
from pathlib import Path

import pandas as pd

from ..workspace import delivered
from . import charts, parts, queries, style
from .blocks import Beside, Chart, Column, Heading, Map, PageBreak, Paragraph, Report, Table, number
from .parts import OUTCOMES

TITLE = "Shift report"
MOST_SHIFTS = 4
UNITS_PER_CHART = 36
MOST_MISSED = 60
_OUTCOME_ORDER = ("missed", "short", "over", "on_target")


def build(workspace, first, last, beat="", shift=""):
    """The :class:`~.blocks.Report` of the shift dates ``first`` to ``last``, of one beat and shift if so asked."""
    queries.check_period(workspace, first, last, beat, shift)
    period = delivered.read(workspace, first, last, beat, shift)
    head = queries.page_head(workspace, TITLE, first, last, period.as_of, beat, shift)
    if period.empty:
        return Report(TITLE, head, (), parts.NOTHING, workspace.settings.crs)
    page = _Page(workspace, period)
    shifts = page.shifts()
    blocks = [] if len(shifts) == 1 else page.overview(shifts)
    if len(shifts) <= MOST_SHIFTS:
        for place, (date, code) in enumerate(shifts):
            blocks += ([PageBreak()] if place or len(shifts) > 1 else []) + page.one_shift(date, code)
    blocks += page.lists()
    return Report(TITLE, head, (*blocks, Paragraph(parts.ABOUT_MINUTES, small=True)), "", workspace.settings.crs)


class _Page:
    """Blocks about one period."""

    def __init__(self, workspace, period):
        self._workspace, self._period = workspace, period
        self._kinds = parts.Kinds(workspace)
        self._names = queries.shift_names(workspace)
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
        return words.groupby(logs["stay"]).agg(lambda used: ", ".join(dict.fromkeys(map(queries.clean, used))))

    def shifts(self):
        """(date, shift) in which something was planned or done, in the order in which they start."""
        slots = self._workspace.calendar.slots(self._period.first, self._period.last)
        some = {*zip(self._patrols["shift_date"], self._patrols["shift"]),
                *zip(self._stays["shift_date"], self._stays["shift"])}
        return [slot for slot in zip(slots["shift_date"], slots["shift"]) if slot in some]

    # several shifts

    def overview(self, shifts):
        table = delivered.by_group(self._period, ["shift_date", "shift"])
        table = table.assign(name=table["shift"].map(self._names), day=table["shift_date"].map(parts.day))
        blocks = [parts.overview(delivered.totals(self._period)), Heading("The whole period"), *self._trend(),
                  self._map_of_period(), Table("shifts", [
                      Column("day", "Date", 22), Column("name", "Shift"), *parts.planned_columns()], table,
                      "Planned against delivered by shift", "No patrols were planned in this period.")]
        if len(shifts) > MOST_SHIFTS:
            blocks += [self._missed(), Paragraph(
                f"Timelines per unit and the list of boxes are printed for at most {MOST_SHIFTS} shifts; choose one "
                "date or one shift to see them.", small=True)]
        return blocks

    def _trend(self):
        table = delivered.by_group(self._period, ["shift_date"])
        if len(table) < 2:
            return []
        labels = [parts.day(date) for date in table["shift_date"]]
        series = [charts.Series("Planned minutes", table["planned_minutes"].tolist()),
                  charts.Series("Delivered minutes", table["minutes"].tolist())]
        return [Chart("Minutes by date", lambda width: charts.lines(labels, series, width, 52.0, "patrol-minutes"))]

    def _map_of_period(self):
        boxes = self._patrols.groupby("box_id")[["planned_minutes", "minutes", "visits"]].sum().reset_index()
        outcome = self._patrols.groupby(["box_id", "outcome"]).size().unstack(fill_value=0)
        boxes["outcome"] = boxes["box_id"].map(outcome.reindex(columns=_OUTCOME_ORDER, fill_value=0).idxmax(axis=1))
        boxes["label"] = ""
        rectangles = self._rectangles(boxes["box_id"])

        def layers():
            from . import delivered_map

            return [delivered_map.amounts(self._crs, boxes, rectangles),
                    *delivered_map.ground(self._context, self._beats, self._crs)]

        key = [(style.DOSAGE[name][0] if name in style.DOSAGE else "", "", f"{words} ({_SIGNS[name]})")
               for name, words in OUTCOMES.items()]
        return Map("Boxes of the period", layers, self._extent(rectangles), self._crs, 120.0, key,
                   "Each planned box by what happened most often to its patrols.")

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
        patrols = self._patrols[(self._patrols["shift_date"] == date) & (self._patrols["shift"] == code)]
        stays = self._stays[(self._stays["shift_date"] == date) & (self._stays["shift"] == code)]
        start, end = (moment.tz_convert(self._zone) for moment in self._workspace.calendar.bounds(date, code))
        hours = queries.hours_in_words(start, end, date)
        one = delivered.read(self._workspace, date, date, self._period.beat, code)
        return [Heading(f"{self._names.get(code, code)} shift, {queries.date_in_words(date)}, {hours}"),
                parts.overview(delivered.totals(one)), self._map(date, code, patrols, stays),
                Heading("Who was where, and when"), *self._timelines(stays, start, end),
                Heading("Planned against delivered"), self._outcomes(patrols), self._boxes_table(patrols),
                self._stays_table(stays)]

    def _map(self, date, code, patrols, stays):
        rectangles = self._rectangles(patrols["box_id"])
        elsewhere = self._rectangles(stays.loc[stays["patrol_id"].isna(), "box_id"].drop_duplicates())
        tracks = delivered.tracks(self._workspace, date, code,
                                  stays["unit"].unique().tolist() if self._period.beat else None)

        def layers():
            from . import delivered_map

            return [delivered_map.planned_boxes(self._crs, patrols, rectangles),
                    delivered_map.track_lines(self._crs, tracks), delivered_map.other_boxes(self._crs, elsewhere),
                    *delivered_map.ground(self._context, self._beats, self._crs)]

        shown = patrols.drop_duplicates("crime_type")
        key = [(colour, letter, kind) for kind, letter, colour in
               zip(*(self._kinds.join(shown.sort_values("kind"))[name] for name in ("kind", "letter", "colour")))]
        key += [("", "- -", "Planned, not visited"), (style.UNKNOWN, "", parts.NOT_PLANNED),
                ("", "—", "Track of a unit")]
        return Map("Tracks and boxes", layers, self._extent(rectangles if len(rectangles) else elsewhere), self._crs,
                   160.0, key, "Number and letter of a box are those of its sheet at roll call.")

    def _timelines(self, stays, start, end):
        if stays.empty:
            return [Paragraph("No visits are recorded in this shift. Are its GPS fixes imported, and its visits "
                              "found?")]
        entered = (stays["entered_utc"] - start).dt.total_seconds() / 60
        left = (stays["left_utc"] - start).dt.total_seconds() / 60
        units = sorted(stays["unit"].unique(), key=queries.natural_key)
        rows = {unit: [] for unit in units}
        for unit, begin, finish, label, colour, tactics in zip(
                stays["unit"], entered, left, stays["label"], stays["colour"], stays["tactics"]):
            planned = isinstance(label, str)
            rows[unit].append(charts.Span(begin, finish, colour if planned else "", (label if planned else "") + (
                " •" if tactics else ""), low=not planned))
        length = (end - start).total_seconds() / 60
        ticks = [(60.0 * hour, f"{start + pd.Timedelta(hours=hour):%H:%M}") for hour in range(int(length // 60) + 1)]
        shown = stays.drop_duplicates("kind").dropna(subset=["kind"]).sort_values("kind")
        key = [(colour, f"{letter}  {kind}") for colour, letter, kind in
               zip(shown["colour"], shown["letter"], shown["kind"])]
        key += [(charts.LOW, parts.NOT_PLANNED + " (low)")]
        made = []
        for place in range(0, len(units), UNITS_PER_CHART):
            some = [(unit, rows[unit]) for unit in units[place:place + UNITS_PER_CHART]]
            made.append(Chart("Timeline",
                              lambda width, some=some: charts.timeline(some, 0.0, length, ticks, width, key),
                              "Each strip is a stay in a box; a dot marks a stay in which a tactic was logged."))
        return made

    def _outcomes(self, patrols):
        counts = patrols["outcome"].value_counts()
        beats = parts.beats_in_order(patrols.groupby("beat", dropna=False)[["planned_minutes", "minutes"]].sum()
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

    def _boxes_table(self, patrols):
        rank = {name: place for place, name in enumerate(_OUTCOME_ORDER)}
        patrols = parts.beats_in_order(patrols)
        patrols = patrols.assign(rank=patrols["outcome"].map(rank), words=patrols["outcome"].map(OUTCOMES))
        patrols = patrols.sort_values("rank", kind="stable")
        return Table("boxes", [
            Column("words", "Outcome", 19), Column("beat", "Beat", 18), number("number", "No.", 9),
            Column("box_id", "Box", 24), Column("where", "Where"),
            Column("letter", "", 6.5, colour="colour"), number("planned_minutes", "Planned", 17),
            number("minutes", "Delivered", 18), number("visits", "Visits", 13)], patrols,
            "Boxes: not visited first, then short, over and on target",
            "No patrols were planned in this shift.", in_file=False)

    def _stays_table(self, stays):
        stays = self._clock(stays[stays["patrol_id"].notna()])
        return Table("stays", [
            Column("unit", "Unit", 22), Column("came", "Came", 12), Column("gone", "Left", 12),
            Column("box_id", "Box", 24), Column("where", "Where"),
            Column("letter", "", 6.5, colour="colour"), number("minutes", "Minutes", 17), Column("words", "Dosage", 18),
            *([Column("tactics", "Tactics", 40, lines=3)] if stays["tactics"].any() else [])],
            stays, "Stays in planned boxes, unit by unit", "No planned box was visited.", in_file=False)

    def lists(self):
        """What only a table in a file can hold: every patrol and every stay of the period."""
        patrols = self._patrols.assign(words=self._patrols["outcome"].map(OUTCOMES))
        stays = self._clock(self._stays).assign(letter="", colour="")
        shift = [Column("shift_date", "Date"), Column("shift", "Shift")]
        return [Table("patrols", [
            *shift, Column("beat", "Beat"), Column("box_id", "Box"), Column("where", "Where"),
            Column("kind", "Crime type"), Column("words", "Outcome"), number("planned_minutes", "Minutes planned"),
            number("minutes", "Minutes delivered"), number("officer_minutes", "Officer-minutes"),
            number("visits", "Visits")], patrols, on_page=False), Table("stays", [
                *shift, Column("unit", "Unit"), Column("came", "Came"), Column("gone", "Left"), Column("box_id", "Box"),
                Column("where", "Where"), Column("kind", "Crime type"), number("minutes", "Minutes"),
                Column("words", "Dosage"), Column("tactics", "Tactics")], stays, on_page=False)]

    def _clock(self, stays):
        """Stays with times of day of the agency and words for their dosage, by unit and time."""
        order = sorted(range(len(stays)), key=lambda row: (queries.natural_key(stays["unit"].iloc[row] or ""),
                                                           stays["entered_utc"].iloc[row]))
        stays = stays.iloc[order]
        return stays.assign(
            came=stays["entered_utc"].dt.tz_convert(self._zone).dt.strftime("%H:%M"),
            gone=stays["left_utc"].dt.tz_convert(self._zone).dt.strftime("%H:%M"),
            words=stays["dosage"].map(OUTCOMES))

    # places

    def _rectangles(self, box_ids):
        found = self._boxes.reindex(box_ids).dropna()
        return self._workspace.fishnet.rectangles(found["col"].to_numpy("int64"), found["row"].to_numpy("int64"))

    def _extent(self, rectangles):
        if len(rectangles) and not (self._period.beat and len(self._beats)):
            return (*rectangles[:, :2].min(axis=0).tolist(), *rectangles[:, 2:].max(axis=0).tolist())
        bounds = [shape.bounds for shape in self._beats["geometry"]] or [(0.0, 0.0, 1000.0, 1000.0)]
        low, high = zip(*((bound[:2], bound[2:]) for bound in bounds))
        return (min(x for x, _ in low), min(y for _, y in low), max(x for x, _ in high), max(y for _, y in high))


_SIGNS = {"missed": "hollow", "short": "light", "on_target": "full", "over": "framed"}
