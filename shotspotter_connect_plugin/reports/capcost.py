"""The page on what caps cost: a chart as a vector picture, and the table behind it."""
import html

from ..files import replacing
from ..patrol.capcost import ALL_RULES, CAP_ALONE

WORDS = {
    "cap": "Cap: largest chance of a box per shift", "rules": "Rules in force",
    "covered_harm": "Covered harm, share of the most possible",
    "price_percent": "Price of the lottery in covered harm, %", "hits": "Events expected in drawn boxes",
    "hit_rate": "Share of all events", "patrols": "Patrols", "boxes_served": "Boxes ever served",
    "effective_boxes": "Effective number of boxes", "gini": "Gini of patrols over boxes",
    "longest_streak": "Longest run of days in one box", "most_in_28_days": "Most patrols of one box in 28 days"}
_DIGITS = {"cap": 1, "covered_harm": 3, "price_percent": 1, "hits": 1, "hit_rate": 4, "effective_boxes": 0, "gini": 3}
_SIZE, _LEFT, _TOP, _WIDE, _HIGH = (720, 350), 60, 30, 560, 230
_INK, _GRID, _COVERED, _EFFECTIVE = "#1d2329", "#d5dae0", "#0b5394", "#b45f06"


def write_page(table, title, details, path):
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
    save(page(table, title, details), path)


def save(text, path):
    """Write a page as a file, which is the old one or the new one; ConnectError where it cannot be written."""
    with replacing(path, "The report") as unfinished:
        unfinished.write_text(text, encoding="utf-8")


def page(table, title, details):
    """The page as text; it needs no other file."""
    heads = "".join(f"<th>{html.escape(WORDS[name])}</th>" for name in table)
    rows = "".join("<tr>" + "".join(f"<td>{_cell(name, value)}</td>"
                                    for name, value in zip(table.columns, row)) + "</tr>\n"
                   for row in table.itertuples(index=False))
    return (f"<!DOCTYPE html>\n<html lang='en'><head><meta charset='utf-8'><title>{html.escape(title)}</title><style>"
            "body{font:15px/1.5 sans-serif;color:#1d2329;max-width:60em;margin:2em auto;padding:0 1em}"
            "table{border-collapse:collapse;font-size:13px}th,td{border:1px solid #d5dae0;padding:.3em .5em;"
            "text-align:right;vertical-align:bottom}svg{max-width:100%;height:auto}</style></head><body>"
            f"<h1>{html.escape(title)}</h1>"
            + "".join(f"<p>{html.escape(text)}</p>" for text in details)
            + chart(table) + f"<table><thead><tr>{heads}</tr></thead><tbody>\n{rows}</tbody></table></body></html>\n")


def _cell(name, value):
    return html.escape(value) if isinstance(value, str) else f"{value:.{_DIGITS.get(name, 0)}f}"


def chart(table):
    """Covered harm and effective number of boxes against the cap, as SVG text; dashed where the cap stands alone."""
    most = max(float(table["effective_boxes"].max()), 1.0)
    parts = [f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {_SIZE[0]} {_SIZE[1]}' width='{_SIZE[0]}' "
             f"height='{_SIZE[1]}' font-family='sans-serif' font-size='12' role='img'>"
             "<title>Covered harm and effective number of boxes against the cap</title>"]
    for step in range(6):
        height = _TOP + _HIGH * (1 - step / 5)
        parts += [_line([(_LEFT, height), (_LEFT + _WIDE, height)], _GRID, 1),
                  _text(_LEFT - 8, height + 4, f"{20 * step} %", "end", _COVERED),
                  _text(_LEFT + _WIDE + 8, height + 4, f"{most * step / 5:.0f}", "start", _EFFECTIVE)]
    parts += [_text(_across(cap), _TOP + _HIGH + 18, f"{cap:g}", "middle", _INK) for cap in table["cap"].unique()]
    parts.append(_text(_LEFT + _WIDE / 2, _TOP + _HIGH + 40, WORDS["cap"], "middle", _INK))
    for name, whole, colour, place, anchor in (
            ("covered_harm", 1.0, _COVERED, _LEFT, "start"),
            ("effective_boxes", most, _EFFECTIVE, _LEFT + _WIDE, "end")):
        parts.append(_text(place, _TOP - 12, WORDS[name], anchor, colour))
        for rules, dashes in ((ALL_RULES, "none"), (CAP_ALONE, "6 4")):
            own = table[table["rules"] == rules]
            points = [(_across(cap), _TOP + _HIGH * (1 - value / whole)) for cap, value in zip(own["cap"], own[name])]
            parts.append(_line(points, colour, 2.5, dashes))
            parts += [f"<circle cx='{x:.1f}' cy='{y:.1f}' r='3.5' fill='{colour}'/>" for x, y in points]
    parts.append(_text(_LEFT + _WIDE / 2, _TOP + _HIGH + 56, "solid: all rules in force; dashed: the cap alone",
                       "middle", _INK))
    return "".join(parts) + "</svg>"


def _across(cap):
    return _LEFT + _WIDE * cap


def _line(points, colour, width, dashes="none"):
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return (f"<polyline points='{path}' fill='none' stroke='{colour}' stroke-width='{width}' "
            f"stroke-dasharray='{dashes}'/>")


def _text(x, y, words, anchor, colour):
    return f"<text x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}' fill='{colour}'>{html.escape(words)}</text>"
