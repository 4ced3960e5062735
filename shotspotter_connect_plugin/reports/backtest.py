"""The page on a back-test: what each way to forecast would have caught, as vector pictures and a table."""
import html

from ..forecast.accuracy import Calibration
from ..forecast.backtest import CONNECT
from ..forecast.backtest_scores import METERED, POOLED
from .capcost import save

WORDS = {"method": "Method", "area_share": "Area searched, %", "hits": "Events caught", "per_shift": "Per shift",
         "events": "Events", "hit_rate": "Share caught, %", "pai": "PAI", "ci": "90 % interval of PAI", "pei": "PEI",
         "log_score": "Log score"}
_INK, _GRID, _RUNG, _OURS, _LOTTERY = "#1d2329", "#d5dae0", "#7a8794", "#0b5394", "#b45f06"
_STYLE = ("body{font:15px/1.5 sans-serif;color:#1d2329;max-width:60em;margin:2em auto;padding:0 1em}"
          "table{border-collapse:collapse;font-size:13px}th,td{border:1px solid #d5dae0;padding:.3em .5em;"
          "text-align:right;vertical-align:bottom}svg{max-width:100%;height:auto}")


def write_page(result, title, details, path):
    """Write the HTML page; the file is the old one or the new one.

    Parameters
    ----------
    result : BackTest
        As :func:`~..workspace.backtesting.backtest` gives it.
    title : str
    details : sequence of str
        Sentences on how it was made.
    path : str
    """
    save(page(result, title, details), path)


def in_short(result):
    """One sentence per crime type, and one for all together."""
    return [sentence(result, crime_type) for crime_type in result.table["crime_type"].unique()]


def sentence(result, crime_type):
    """What the forecast caught of a crime type, what it expected to catch, and what it gained over other methods."""
    own = result.table[result.table["crime_type"] == crime_type]
    row = own[own["method"] == CONNECT].iloc[0]
    name = _name(crime_type)
    if not row["events"] > 0:
        return f"{name}: no events in the period."
    part = [one for one in result.replayed if crime_type in (one.crime_type, POOLED)]
    promised = sum(one.promised for one in part)
    text = (f"{name}: {row['hits']:.1f} of {row['events']:.0f} events on {row['area_percent']:g} % of the area, "
            f"{row['hits'] / result.shifts:.3f} per shift where the forecast expected {promised / result.shifts:.3f}, "
            f"PAI {_number(row['pai'], 1)} ({_interval(row)})")
    for gain in result.gains[crime_type]:
        text += (f"; {gain.ratio:.2f} times that of {gain.method} ({gain.low:.2f} to {gain.high:.2f}), log score "
                 f"{gain.log_score:+.3f}")
    verdict = part[0].verdict if len(part) == 1 else ""
    return text + "." + (f" Verdict: {verdict}; read no more into it." if verdict else "")


def page(result, title, details):
    """The page as text; it needs no other file."""
    parts = []
    for crime_type in result.table["crime_type"].unique():
        own = result.table[result.table["crime_type"] == crime_type]
        part = [one for one in result.replayed if crime_type in (one.crime_type, POOLED)]
        parts += [f"<h2>{html.escape(_name(crime_type))}</h2><p>{html.escape(sentence(result, crime_type))}</p>",
                  chart(own), calibration_chart(sum((one.calibration for one in part), Calibration()).groups())]
        if len(part) == 1:
            rungs = "; ".join(f"{date}: {rung}" for date, rung, _ in part[0].chosen)
            parts.append(f"<p>{html.escape('Rung used from each training on: ' + rungs + '.')}</p>")
        parts.append(_table(own, result.shifts))
    return (f"<!DOCTYPE html>\n<html lang='en'><head><meta charset='utf-8'><title>{html.escape(title)}</title>"
            f"<style>{_STYLE}</style></head><body><h1>{html.escape(title)}</h1>"
            + "".join(f"<p>{html.escape(text)}</p>" for text in details) + "\n".join(parts) + "</body></html>\n")


def _name(crime_type):
    return "All crime types" if crime_type == POOLED else str(crime_type).replace("_", " ")


def chart(own):
    """PAI of every method of one crime type with its interval, as SVG text."""
    own = own.sort_values("pai", ascending=False, kind="stable")
    most = max(own[["pai", "ci_high"]].max().max(), 1.0)
    high = 18 * len(own) + 50
    parts = [_svg(high, "PAI of every method with its 90 % interval")]
    for step in range(6):
        x = 150 + 520 * step / 5
        parts += [_line(x, 20, x, high - 30, _GRID, 1), _text(x, high - 14, f"{most * step / 5:.1f}", "middle")]
    for number, row in enumerate(own.itertuples()):
        y = 30 + 18 * number
        colour = _OURS if row.method == CONNECT else _LOTTERY if row.method == METERED else _RUNG
        parts.append(_text(142, y + 4, row.method, "end", colour))
        if row.ci_low == row.ci_low:
            parts.append(_line(150 + 520 * row.ci_low / most, y, 150 + 520 * row.ci_high / most, y, colour, 2))
        if row.pai == row.pai:
            parts.append(f"<circle cx='{150 + 520 * row.pai / most:.1f}' cy='{y}' r='4' fill='{colour}'/>")
    return "".join(parts) + "</svg>"


def calibration_chart(groups):
    """Expected and observed events in groups of equal expected events, as SVG text."""
    if not groups:
        return ""
    most = max(max(pair) for pair in groups) or 1.0
    parts = [_svg(200, "Expected and observed events, from the quietest boxes to the busiest")]
    for number, (expected, observed) in enumerate(groups):
        for place, (value, colour) in enumerate(((expected, _RUNG), (observed, _OURS))):
            x, tall = 60 + 120 * number + 45 * place, 120 * value / most
            parts += [f"<rect x='{x}' y='{150 - tall:.1f}' width='40' height='{tall:.1f}' fill='{colour}'/>",
                      _text(x + 20, 145 - tall, f"{value:.1f}", "middle", colour)]
        parts.append(_text(60 + 120 * number + 42, 168, f"group {number + 1}", "middle"))
    parts.append(_text(360, 190, "grey: expected by connect; blue: observed; group 1 has the quietest boxes", "middle"))
    return "".join(parts) + "</svg>"


def _table(own, shifts):
    heads = "".join(f"<th>{html.escape(word)}</th>" for word in WORDS.values())
    rows = []
    for _, row in own.iterrows():
        cells = [str(row["method"]), _number(100 * row["area_share"], 2), _number(row["hits"], 1),
                 _number(row["hits"] / shifts, 3), _number(row["events"], 1), _number(100 * row["hit_rate"], 1),
                 _number(row["pai"], 2), _interval(row), _number(row["pei"], 2), _number(row["log_score"], 3)]
        rows.append("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>")
    return f"<table><thead><tr>{heads}</tr></thead><tbody>\n" + "\n".join(rows) + "</tbody></table>"


def _interval(row):
    if row["ci_low"] != row["ci_low"]:
        return "no interval"
    return f"{row['ci_low']:.1f} to {row['ci_high']:.1f}"


def _number(value, digits):
    return "–" if value != value else f"{value:.{digits}f}"


def _svg(high, title):
    return (f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 720 {high}' width='720' height='{high}' "
            f"font-family='sans-serif' font-size='12' role='img'><title>{html.escape(title)}</title>"
            + _text(10, 12, title, "start"))


def _line(x, y, to_x, to_y, colour, width):
    return (f"<line x1='{x:.1f}' y1='{y:.1f}' x2='{to_x:.1f}' y2='{to_y:.1f}' stroke='{colour}' "
            f"stroke-width='{width}'/>")


def _text(x, y, words, anchor, colour=_INK):
    return f"<text x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}' fill='{colour}'>{html.escape(words)}</text>"
