"""The page on what caps cost: charts as vector pictures, and the table behind them."""
from __future__ import annotations

from typing import TYPE_CHECKING, Sequence

from ...patrol.cap_cost import ALL_RULES, CAP_ALONE
from . import web_page

if TYPE_CHECKING:
    import pandas as pd
    from reportlab.graphics.shapes import Drawing

WORDS = {
    "cap": "Cap: largest chance of a box per shift", "rules": "Rules in force",
    "covered_harm": "Covered harm, of the most possible",
    "price_percent": "Price in covered harm, %", "hits": "Events in drawn boxes",
    "hit_rate": "Of all events", "patrols": "Patrols", "boxes_served": "Boxes ever served",
    "effective_boxes": "Boxes in effect", "gini": "Unevenness (Gini)",
    "longest_streak": "Longest run of days in one box", "most_in_28_days": "Most patrols of one box in 28 days",
    "covered_of_all": "Covered harm, of all",
    "minutes_least": "Minutes a week per 1,000 residents, fewest",
    "minutes_most": "The same, most",
    "busy_without": "Shifts without a chance, busy boxes",
    "longest_without": "Longest run of shifts without a chance, a busy box"}
MEANINGS = {
    "cap": "No box has a greater chance than this of getting a patrol in one shift; 1 is no cap.",
    "rules": "“All rules” are the limits in force; “cap alone” leaves out rests, limits in 7 and 28 days, shares and "
             "pace, to show what the cap itself does. The first table names ways to share the same patrols.",
    "covered_harm": "Forecast harm (expected crimes, weighted by how much they harm) in drawn boxes, as a share of "
                    "what the same number of patrols would cover if they always went to the most harmful boxes. Higher "
                    "covers more.",
    "price_percent": "What is missing of the most possible: what the lottery and its limits cost.",
    "hits": "Reported crimes that fell into drawn boxes, on average over all draws that could have come out. They "
            "happened without these patrols; nobody knows how many would have been prevented.",
    "hit_rate": "Those events as a share of all events.",
    "patrols": "Boxes drawn in all shifts together.",
    "boxes_served": "Different boxes that were drawn at least once. More means patrols reached more places.",
    "effective_boxes": "As many boxes as would have the same spread if all had equally many patrols. Fewer means that "
                       "patrols came back to the same boxes.",
    "gini": "0: all boxes have equally many patrols; near 1: a few boxes have nearly all.",
    "longest_streak": "On how many days in a row one box had a patrol, at most.",
    "most_in_28_days": "How many patrols any one box had in 28 days, at most.",
    "covered_of_all": "Forecast harm in drawn boxes as a share of all harm forecast anywhere.",
    "minutes_least": "Expected minutes of directed patrol in a week for every 1,000 residents, in the neighbourhood "
                     "that has fewest; n/a where no residents were imported.",
    "minutes_most": "The same in the neighbourhood that has most. The further the two are apart, the more unevenly "
                    "patrol falls on residents.",
    "busy_without": "In how many of 100 shifts a busy box (the 5 % with most harm) could not be drawn at all, because "
                    "it rested or its limits were used up. Whoever knows that knows where no patrol comes; lower is "
                    "better.",
    "longest_without": "The most shifts in a row in which one of those boxes could not be drawn."}
"""What each figure means, for who has never seen one; under the tables."""
LEGEND = "What the columns mean"
WAYS = ("rules", "covered_of_all", "covered_harm", "hits", "boxes_served", "gini", "minutes_least", "minutes_most",
        "busy_without", "longest_without")
"""Columns of the table of the ways to share patrols, and of that of the caps: as many as a page is wide."""
OF_CAPS = ("cap", "rules", "covered_harm", "price_percent", "hits", "hit_rate", "patrols", "boxes_served",
           "effective_boxes", "gini", "longest_streak", "most_in_28_days")
WAYS_TITLE, CAPS_TITLE = "How patrols can be shared", "What each cap costs"
CHARTS = {"covered_harm": ("Covered harm, % of the most possible", 100.0),
          "effective_boxes": ("Effective number of boxes that share the patrols", 1.0)}
KEY = "Filled points: all rules in force; open points: the cap alone."
NO_CHARTS = "Charts are left out because the Python library reportlab is missing; the table holds the same numbers."
_DIGITS = {"cap": 1, "price_percent": 1, "hits": 1, "effective_boxes": 0, "gini": 3}
_SHARES = ("covered_of_all", "covered_harm", "hit_rate", "busy_without")
_INK, _GRID, _OURS, _ALONE, _PAPER = "#1d2329", "#d5dae0", "#0b5394", "#b45f06", "#ffffff"


def write_page(table: pd.DataFrame, title: str, details: Sequence[str], path: str) -> None:
    """Write the HTML page; the file is the old one or the new one.

    Parameters
    ----------
    table : pandas.DataFrame
        As :func:`~..workspace.costing.cost_of_caps` gives it.
    title : str
    details : sequence of str
        Sentences on period and settings.
    path : str
    """
    web_page.save(title, details, parts(table), path)


def parts(table: pd.DataFrame) -> list[str]:
    """Charts and tables as HTML: the ways to share patrols first, then the caps."""
    of_caps = table["rules"].isin([ALL_RULES, CAP_ALONE])
    return [web_page.heading(WAYS_TITLE), _table(table.loc[~of_caps, list(WAYS)]), charts(table),
            web_page.heading(CAPS_TITLE), _table(table.loc[of_caps, list(OF_CAPS)]), web_page.heading(LEGEND),
            web_page.definitions((WORDS[name], MEANINGS[name]) for name in dict.fromkeys([*WAYS, *OF_CAPS]))]


def _table(part: pd.DataFrame) -> str:
    rows = [[_cell(name, value) for name, value in zip(part.columns, row)] for row in part.itertuples(index=False)]
    return web_page.table([WORDS[name] for name in part], rows)


def _cell(name: str, value: float | str) -> str:
    if isinstance(value, str):
        return value.replace(" ", "\u00a0")  # a name stays on one line
    if value != value:
        return "n/a"
    if name in _SHARES:
        return f"{100 * value:.1f} %"
    return f"{value:.{_DIGITS.get(name, 0)}f}"


def charts(table: pd.DataFrame) -> str:
    """Covered harm and effective number of boxes against the cap, as SVG; a sentence where reportlab is missing."""
    try:
        from reportlab.graphics import renderSVG
    except ImportError:
        return web_page.paragraph(NO_CHARTS)
    pictures = "".join(web_page.heading(title) + renderSVG.drawToString(_chart(table, name, factor))
                       for name, (title, factor) in CHARTS.items())
    # Not every program that shows SVG takes "None" for the keyword.
    return pictures.replace("fill: None", "fill: none") + web_page.paragraph(KEY)


def _chart(table: pd.DataFrame, name: str, factor: float) -> Drawing:
    """One measure against the cap: a line under all rules, and one for the cap alone."""
    from reportlab.graphics.charts.lineplots import LinePlot
    from reportlab.graphics.shapes import Drawing, String
    from reportlab.graphics.widgets.markers import makeMarker
    from reportlab.lib.colors import HexColor

    plot = LinePlot()
    plot.x, plot.y, plot.width, plot.height = 46, 44, 580, 190
    plot.data = [list(zip(own["cap"].tolist(), (factor * own[name]).tolist()))
                 for own in (table[table["rules"] == rules] for rules in (ALL_RULES, CAP_ALONE))]
    for number, (ink, fill) in enumerate(((_OURS, _OURS), (_ALONE, _PAPER))):
        line = plot.lines[number]
        line.strokeColor, line.strokeWidth = HexColor(ink), 2
        line.symbol = makeMarker("FilledCircle", size=7, fillColor=HexColor(fill), strokeColor=HexColor(ink),
                                 strokeWidth=1.5)
    plot.xValueAxis.valueMin, plot.xValueAxis.valueMax = 0, 1
    plot.xValueAxis.valueSteps = [step / 10 for step in range(11)]
    plot.yValueAxis.valueMin, plot.yValueAxis.avoidBoundFrac = 0, 0.05
    plot.yValueAxis.visibleGrid, plot.yValueAxis.gridStrokeColor = True, HexColor(_GRID)
    for axis in (plot.xValueAxis, plot.yValueAxis):
        axis.labels.fontSize, axis.strokeColor = 10, HexColor(_GRID)
        axis.labelTextFormat = lambda number: f"{number:g}"
    drawing = Drawing(640, 244)
    drawing.add(plot)
    drawing.add(String(plot.x + plot.width / 2, 8, WORDS["cap"], textAnchor="middle", fontSize=10,
                       fillColor=HexColor(_INK)))
    return drawing
