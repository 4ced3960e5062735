"""The Exposure report: on whom patrol minutes fell, whether caps were kept, whether the lottery was honest."""
from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Sequence

import pandas as pd

from ...files import scratch
from ...patrol import patrol_exposure as measures
from ...progress import SILENT
from ...workspace.exports import public_pack
from ...workspace.imports.census_columns import EVERYBODY
from ...workspace.numbers.exposure_figures import FEWEST_REPORTS, NO_NEIGHBOURHOOD, TOO_FEW_REPORTS, exposure
from ...workspace.numbers.small_numbers import FEW, HIDING_RULE, LEAST
from ...workspace.store.former_boxes import shapes_of
from ..paper import charts, page_head, style
from ..paper.report_content import (Beside, Chart, Figures, Heading, Map, Paragraph, PrintedColumn, PrintedTable,
                                    Report, table_csv)
from ..paper.wording import clean, natural_key
from . import exposure_words, patrol_tables
from .exposure_words import say

if TYPE_CHECKING:
    from qgis.core import QgsFeedback

    from ...progress import Progress
    from ...workspace.numbers.exposure_figures import Exposure
    from ...workspace.store.chain import ChainCheck
    from ...workspace.store.workspace import Workspace
    from ..paper.report_content import Part

TITLE = "Exposure report"
PUBLIC_TITLE = "Exposure report, public"
NOTHING = "Nothing was drawn, planned or visited in this period and with these filters."
NO_RESIDENTS = (
    "No neighbourhoods with residents are in this workspace, so minutes per 1,000 residents cannot be told. Bring "
    "them in with Import neighbourhoods.")
ACTIONS = {"add": "Added", "suppress": "Suppressed", "restore": "Restored", "minutes": "Minutes changed",
           "undo": "Undone"}
LONGEST_LABEL = 4
"""Characters of a name that stands on the map; where one is longer, numbers do."""
NOT_APPLICABLE = "n/a"
ABOUT_MINUTES = (
    "Planned minutes are the target of each planned box and of its returns; delivered minutes the time in which at "
    "least one unit was in a planned box; presence the time in which one was in any box, planned or not, by GPS. A "
    "box belongs to the neighbourhood that holds most of it.")
ABOUT_DRAWN = "Planned is what was drawn, before changes by hand; those are counted by reason below."
ABOUT_RATIOS = (
    "To harm: the neighbourhood's share of all minutes of presence over its share of all forecast harm. 1 = as much of "
    "one as of the other; 2 = twice as many minutes as its harm would give. To reports: the same over reported "
    f"incidents of the forecast crime types; {TOO_FEW_REPORTS} where fewer than {FEWEST_REPORTS} reports stand behind "
    "it. n/a: nobody lives there, or nothing to compare with.")
ABOUT_HIDDEN = (
    f"{FEW}: a count of 1 to {LEAST - 1}. hidden: rests on such a count. Neither is in any sum, rate or ratio here. "
    "The rule is at the end of the report.")
ABOUT_GROUPS = (
    "Residents of a neighbourhood are spread evenly over its area, and a minute in a box is shared by all who live "
    "there alike: E(g) = sum over boxes of minutes × residents of the group / all residents, over all residents of "
    "the group, per 1,000. Groups overlap. To harm and to reports compare a group's presence with the forecast harm "
    "and the reported incidents where it lives, all residents being 1. Residents are read for this report and the "
    "share caps; no forecast and no draw sees them.")
ABOUT_LIMITS = (
    "Planned counts directed patrols that were not suppressed. Counted adds every other visit of two minutes or "
    "more, as the lottery's own caps do for later draws; a unit that answers a call there counts too, so Counted "
    "can pass a limit that the plan kept. Windows of 7 and 28 days end on each date of the period and look back "
    "before it.")
ABOUT_LOTTERY = (
    "Each line is the share that 95 of 100 honest periods would have between its ends, by the variance p × (1 − p) "
    "of each box and shift; the dot is what was drawn. Since a draw fixes how many boxes it takes and spreads them, "
    "true shares vary a little less than that.")


def build(workspace: Workspace, first: str, last: str, beat: str = "", public: bool = False,
          progress: Progress = SILENT) -> Report:
    """The :class:`~.report_content.Report` of the shift dates ``first`` to ``last``, of one beat if so asked.

    ``public`` leaves out shifts that have not ended and hides small counts.
    """
    page_head.check_period(workspace, first, last, beat)
    return _compose(workspace, _numbers(workspace, first, last, beat, public, progress), public)


@dataclass(frozen=True)
class PublicPack:
    """A public pack ready to be written: its report, and its other files by name."""

    report: Report
    files: dict[str, bytes]


def build_pack(workspace: Workspace, first: str, last: str, beat: str = "", progress: Progress = SILENT) -> PublicPack:
    """The :class:`PublicPack` of a period, read in any thread."""
    page_head.check_period(workspace, first, last, beat)
    numbers = _numbers(workspace, first, last, beat, True, progress.part(0.0, 0.3))
    report = _compose(workspace, numbers, True)
    tables = {re.sub(r"\W+", "_", table.name.lower()): table_csv(table) for table in report.tables()}
    return PublicPack(report, public_pack.contents(workspace, numbers, tables, progress.part(0.3, 1.0)))


def write_pack(pack: PublicPack, path: str, feedback: QgsFeedback | None = None) -> list[str]:
    """Write the zip of a :class:`PublicPack` -> names of the files in it. Main thread only."""
    from . import publish

    with scratch("The report in the public pack") as folder:
        pdf = folder / public_pack.REPORT
        publish.write_report(pack.report, pdf, feedback)
        return public_pack.write_pack(pack.files, pdf, path)


def _numbers(workspace: Workspace, first: str, last: str, beat: str, public: bool, progress: Progress) -> Exposure:
    numbers = exposure(workspace, first, last, beat, public, progress)
    return public_pack.public(numbers) if public else numbers


def _compose(workspace: Workspace, numbers: Exposure, public: bool) -> Report:
    title = PUBLIC_TITLE if public else TITLE
    head = page_head.page_head(workspace, title, numbers.first, numbers.last,
                               numbers.as_of, numbers.beat, of="Visits")
    waiting = [Paragraph(f"{numbers.waiting} shifts of the period have not ended and are left out.")] * bool(
        numbers.waiting)
    if not numbers.totals["shifts"] and not numbers.totals["patrols"] and numbers.totals["visits"] == 0:
        return Report(title, head, waiting, NOTHING, workspace.settings.crs)
    parts = [*_opening(numbers), _figures(numbers), *waiting, *_where(workspace, numbers, public),
             *_groups(numbers), *_limits(numbers),
             *_evenness(numbers), *_lottery(numbers), *_overrides(numbers), *_gunfire(numbers), *_refused(numbers)]
    if public:
        parts += [Heading("Small counts"), Paragraph(HIDING_RULE, small=True)]
    return Report(title, head, parts, crs=workspace.settings.crs)


# --- numbers in words ------------------------------------------------------------------------------------------------

def amount(name: str, title: str, width: float | None, digits: int = 0) -> PrintedColumn:
    """A column of numbers, some of which may be hidden."""
    return PrintedColumn(name, title, width, lambda value: say(value, digits), True)


def _told(table: pd.DataFrame) -> pd.DataFrame:
    """A table that says n/a where there is no value, on the page and in the file."""
    return table.astype(object).where(table.notna(), NOT_APPLICABLE)


# --- who had how much ------------------------------------------------------------------------------------------------

def _opening(numbers: Exposure) -> list[Part]:
    """One answer to each question, first of all."""
    areas = numbers.neighbourhoods
    where = NO_RESIDENTS if set(areas["neighbourhood"]) <= {NO_NEIGHBOURHOOD} else exposure_words.span(
        areas[areas["neighbourhood"] != NO_NEIGHBOURHOOD])
    return [Paragraph("On whom do the minutes fall? " + where),
            Paragraph("Were the limits kept? " + exposure_words.limits(numbers.kept)),
            Paragraph("Was the lottery honest? " + exposure_words.lottery(numbers.replay)),
            *[Paragraph(said) for said in [exposure_words.laid_anew(numbers.laid_anew)] if said]]


def _figures(numbers: Exposure) -> Figures:
    totals = numbers.totals
    where = "boxes, what is hidden left out" if totals["left_out"] else "all boxes"
    return Figures([
        (say(totals["shifts"]), "shifts drawn by lottery"), (say(totals["patrols"]), "directed patrols planned"),
        (say(totals["delivered_minutes"]), f"minutes delivered of {say(totals['planned_minutes'])} planned"),
        (say(totals["presence_minutes"]), f"minutes of presence in {where}, in {say(totals['visits'])} visits"),
        (say(totals["residents"]), "residents")])


def _where(workspace: Workspace, numbers: Exposure, public: bool) -> list[Part]:
    """Map and table of neighbourhoods."""
    table = numbers.neighbourhoods
    order = sorted(range(len(table)), key=lambda row: (table["neighbourhood"].iloc[row] == NO_NEIGHBOURHOOD,
                                                       natural_key(clean(table["neighbourhood"].iloc[row]))))
    table = table.iloc[order].reset_index(drop=True)
    if set(table["neighbourhood"]) <= {NO_NEIGHBOURHOOD}:
        return []  # the first page says why
    numbered = any(len(clean(name)) > LONGEST_LABEL for name in table["neighbourhood"] if name != NO_NEIGHBOURHOOD)
    table = table.assign(label=range(1, len(table) + 1) if numbered else table["neighbourhood"].map(clean))
    columns = [PrintedColumn("label", "No.", 9.0)] * numbered + [
        PrintedColumn("neighbourhood", "Neighbourhood"), amount("residents", "Residents", 17),
        amount("patrols", "Patrols planned", 16), amount("planned", "Planned per 1,000", 16, 1),
        amount("delivered", "Delivered per 1,000", 17, 1), amount("visits", "Visits", 12),
        amount("presence", "Presence per 1,000", 17, 1), amount("to_harm", "To harm", 14, 2),
        amount("to_incidents", "To reports", 14, 2)]
    to_harm = exposure_words.span_to_harm(table[table["neighbourhood"] != NO_NEIGHBOURHOOD])
    notes = [ABOUT_MINUTES, *[ABOUT_DRAWN] * public, ABOUT_RATIOS, *[ABOUT_HIDDEN] * public]
    return [Heading("Minutes by neighbourhood"), _map(workspace, table), *[Paragraph(to_harm)] * bool(to_harm),
            *[Paragraph(note, small=True) for note in notes],
            PrintedTable("neighbourhoods", columns, _told(pd.concat([table, _whole(numbers)], ignore_index=True)))]


def _whole(numbers: Exposure) -> pd.DataFrame:
    """The row of all boxes."""
    totals = numbers.totals
    row = {name: totals[name] for name in ("residents", "patrols", "planned", "delivered", "visits", "presence")}
    name = "All that is shown" if totals["left_out"] else "All boxes"
    return pd.DataFrame([{"label": "", "neighbourhood": name, **row, "to_harm": 1.0, "to_incidents": 1.0}],
                        dtype=object)


def _map(workspace: Workspace, table: pd.DataFrame) -> Map:
    shapes = workspace.read("neighbourhoods", ["neighbourhood", "geometry"]).merge(table, on="neighbourhood")
    values = pd.to_numeric(shapes["presence"], errors="coerce").to_numpy(dtype=float)
    edges, which = measures.classes(values)
    colours = style.ramp(len(edges) + 1)
    shapes["colour"] = [colours[number] if number >= 0 else style.PAPER for number in which]
    shapes["label"] = shapes["label"].astype(str)
    bounds = pd.DataFrame([shape.bounds for shape in shapes["geometry"]])
    extent = (*bounds[[0, 1]].min(), *bounds[[2, 3]].max())
    words = _classes_in_words(edges) if (which >= 0).any() else []
    key = [("", "", "Minutes of presence"), ("", "", "per 1,000 residents")]
    key += [(colour, "", text) for colour, text in zip(colours, words)]
    key += [(style.PAPER, "", "not known or hidden")] * bool((which < 0).any())
    boxes = workspace.read("boxes", ["box_id", "beat", "neighbourhood"])
    nobody = boxes[boxes["beat"].notna() & boxes["neighbourhood"].isna()]
    key += [(style.NOBODY, "", "no residents counted")] * (len(nobody) > 0)
    crs = workspace.settings.crs
    empty = shapes_of(workspace, nobody["box_id"])

    def layers():
        from . import delivered_map

        return [delivered_map.areas(crs, shapes[["label", "colour"]], shapes["geometry"]),
                *[delivered_map.boxes_without_residents(crs, empty)] * (len(nobody) > 0)]

    return Map("Neighbourhoods", layers, extent, crs, 76.0, key,
               "Darker is more, and the table tells which is which. Few residents make a high rate.")


def _classes_in_words(edges: Sequence[float]) -> list[str]:
    texts = [say(edge, 0 if edge >= 10 else 1) for edge in edges]
    if not texts:
        return ["all alike"]
    return [f"below {texts[0]}", *(f"{low} to {high}" for low, high in zip(texts, texts[1:])), f"{texts[-1]} and more"]


def _groups(numbers: Exposure) -> list[Part]:
    table = numbers.groups.assign(name=["All residents" if group == EVERYBODY else clean(group)
                                        for group in numbers.groups["group"]])
    if len(table) < 2:
        return []
    groups = table[table["group"] != EVERYBODY]
    series = [charts.Series("presence", pd.to_numeric(table["presence"], errors="coerce").tolist())]
    columns = [PrintedColumn("name", "Group"), amount("residents", "Residents", 20),
               amount("planned", "Planned per 1,000", 22, 1), amount("delivered", "Delivered per 1,000", 22, 1),
               amount("presence", "Presence per 1,000", 22, 1),
               amount("to_harm", "To harm", 20, 2), amount("to_incidents", "To reports", 20, 2)]
    return [Heading("Minutes by group of residents"),
            Chart("Groups", lambda width: charts.bars(table["name"].tolist(), series, width,
                                                      "minutes of presence per 1,000 residents of the group")),
            PrintedTable("groups", columns, _told(table)), Paragraph(_four_fifths(groups)),
            Paragraph(f"{say(numbers.totals['minutes_on_nobody'])} minutes of presence were in boxes where nobody "
                      "lives; they fall on no group.", small=True), Paragraph(ABOUT_GROUPS, small=True)]


def _four_fifths(groups: pd.DataFrame) -> str:
    said = []
    for column, words in (("presence", "minutes of presence per resident"), ("to_harm", "the same against harm")):
        ratio = measures.lowest_to_highest(pd.to_numeric(groups[column], errors="coerce"))
        if pd.notna(ratio):
            said.append(f"{ratio:.2f} for {words}")
    if not said:
        return "Groups cannot be compared in this period."
    return (f"The lowest group has, against the highest: {'; '.join(said)}. The mark of four fifths (0.80), borrowed "
            "from employment law, says where to look closer. It is no verdict: where groups live, what is reported "
            "there and what residents want differ too.")


# --- limits, evenness, lottery ---------------------------------------------------------------------------------------

def _limits(numbers: Exposure) -> list[Part]:
    table = numbers.limits
    columns = [PrintedColumn("limit", "Limit"), PrintedColumn("allowed", "Allowed", 18, _plain, True),
               PrintedColumn("planned_most", "Most planned", 20, _plain, True),
               amount("planned_over", "Planned over", 20),
               PrintedColumn("counted_most", "Most counted", 20, _plain, True),
               amount("counted_over", "Counted over", 20), amount("of", "Cases", 20)]
    return [Heading("Were the limits kept?"), Paragraph(exposure_words.limits(numbers.kept)),
            PrintedTable("limits", columns, _told(table)),
            Paragraph(ABOUT_LIMITS, small=True)]


def _plain(value: float | str) -> str:
    """A number without needless digits, or the word that stands for none."""
    return value if isinstance(value, str) else f"{round(float(value), 2):g}"


def _evenness(numbers: Exposure) -> list[Part]:
    table = numbers.evenness
    columns = [PrintedColumn("what", ""), amount("boxes", "Boxes with any", 17),
               amount("effective", "Effective number", 18),
               amount("gini", "Gini, boxes", 15, 2), amount("gini_residents", "Gini, residents", 18, 2)]
    curves = [(what, *curve) for what, curve in numbers.curves.items()]
    note = ("Gini is 0 where all boxes (or all residents) have the same and near 1 where one has all. The effective "
            "number is how many equally served boxes would be as spread out. Chances follow harm to the power of the "
            "focus, a setting, so they can be more concentrated than harm; caps spread them out again.")
    shown = PrintedTable("evenness", columns, _told(table))
    if not curves:
        return [Heading("How evenly is it spread?"), shown]
    chart = Chart("Lorenz curves", lambda width: charts.lorenz(
        curves, width, 72.0, "boxes, from the least to the most", "share of all"))
    return [Heading("How evenly is it spread?"), Beside([[shown, Paragraph(note, small=True)], [chart]], [1.15, 1.0])]


def _lottery(numbers: Exposure) -> list[Part]:
    found = numbers.replay
    if numbers.draws.empty:
        return [Heading("Was the lottery honest?"), Paragraph("No shift was drawn in this period.")]
    table = numbers.classes
    labels = [f"{100 * low:g} to {100 * high:g} %" for low, high in zip(table["above"], table["up_to"])]
    table = table.assign(words=labels)
    columns = [PrintedColumn("words", "Chance"), amount("box_shifts", "Boxes and shifts", 24),
               amount("expected", "Expected", 20, 1), amount("drawn", "Drawn", 18),
               PrintedColumn("chance", "Mean chance", 20, _percent, True),
               PrintedColumn("share", "Share drawn", 20, _percent, True),
               PrintedColumn("low", "Range from", 20, _percent, True), PrintedColumn("high", "to", 16, _percent, True),
               amount("z", "z", 14, 1)]
    drawn = [f"{_percent(share)} drawn" for share in table["share"]]
    share, low, high = ([100 * value for value in table[name]] for name in ("share", "low", "high"))
    said = [exposure_words.lottery(found), *exposure_words.problems(found), exposure_words.publication(found),
            exposure_words.late(found), exposure_words.left_out(found), exposure_words.reasons(found),
            _chain_in_words(numbers.chain), exposure_words.luck(numbers.agreement)]
    return [Heading("Was the lottery honest?"), *[Paragraph(text) for text in said if text],
            Chart("Chances and draws", lambda width: charts.intervals(
                labels, share, low, high, width, "per cent of boxes and shifts of that chance that were drawn", 32.0,
                drawn)),
            PrintedTable("lottery", columns, _told(table)), Paragraph(ABOUT_LOTTERY, small=True)]


def _percent(share: float | str) -> str:
    return share if isinstance(share, str) else f"{100 * share:.1f} %"


def _chain_in_words(chain: ChainCheck) -> str:
    if chain.length is None:  # how many there are is not for the public
        return (f"The chain of adjustments {'fits from the first to the last' if chain.verified else 'does NOT fit'}. "
                f"Its head is {chain.head}." if chain.head else "The chain of adjustments is empty.")
    if not chain.length:
        return "No plan was ever changed by hand in this workspace; the chain of adjustments is empty."
    state = "fits from the first to the last" if chain.verified else "does NOT fit: " + " ".join(chain.problems)
    return f"The chain of {chain.length} adjustments {state}. Its head is {chain.head}."


# --- changes, gunfire, what was refused ------------------------------------------------------------------------------

def _overrides(numbers: Exposure) -> list[Part]:
    table = numbers.overrides.assign(what=[ACTIONS.get(action, action) for action in numbers.overrides["action"]])
    columns = [PrintedColumn("what", "What", 34), PrintedColumn("words", "Reason"), PrintedColumn("reason", "Code", 36),
               PrintedColumn("role", "By", 30), amount("count", "Times", 20)]
    return [Heading("Changes by hand"),
            PrintedTable("overrides", columns, table, empty="No plan of this period was changed by hand.")]


def _gunfire(numbers: Exposure) -> list[Part]:
    count, inside = numbers.gunfire
    if not count:
        text = "Gunfire was the dominant type in none of the planned boxes."
    elif inside is None:
        text = (f"Gunfire was the dominant type in {say(count)} planned boxes. No sensor coverage was imported, so it "
                "is not known how many of them lie where sensors listen.")
    else:
        text = (f"Gunfire was the dominant type in {say(count)} planned boxes; {say(inside)} of them "
                f"({patrol_tables.share(inside / count)}) lie where sensors listened on that date. Elsewhere the "
                "forecast rests on calls and reported shootings.")
    return [Heading("Gunfire and sensors"), Paragraph(text)]


def _refused(numbers: Exposure) -> list[Part]:
    found = numbers.refused
    table = found.assign(
        table=[name.replace("_", " ") for name in found["table"]],
        columns=[", ".join(clean(column) for column in columns) or "none" for columns in found["columns"]],
        reasons=["; ".join(f"{reason}: {say(count)}" for reason, count in reasons.items()) or "none"
                 for reasons in found["reasons"]])
    columns = [PrintedColumn("table", "Table", 25), PrintedColumn("columns", "Columns never read", lines=2),
               PrintedColumn("reasons", "Why rows were rejected", 55), amount("imports", "Imports", 15),
               amount("read", "Rows read", 18), amount("rejected", "Rejected", 17)]
    return [Heading("What imports refused"),
            Paragraph("Columns that are not on the list of what may enter are never read; what looks like a person is "
                      "dropped even where it is mapped. All imports of this workspace so far.", small=True),
            PrintedTable("refused", columns, table, empty="Nothing was imported yet.")]
