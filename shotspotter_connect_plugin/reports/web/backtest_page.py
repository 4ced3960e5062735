"""The page on a back-test: what each way to forecast would have caught, as vector pictures and tables."""
from __future__ import annotations

from typing import TYPE_CHECKING, Iterator, Sequence

import numpy as np

from ...forecast.accuracy import Calibration
from ...forecast.backtest_scores import METERED, POOLED
from ...forecast.rolling_backtest import CONNECT, CURVE
from ...workspace.steps import patrol_choices as named
from ..paper import charts
from ..paper.box_map import box_map
from . import web_page

if TYPE_CHECKING:
    import pandas as pd

    from ...forecast.lottery_scores import Price
    from ...forecast.rolling_backtest import Replayed
    from ...workspace.steps.backtesting import BackTest
    from ...workspace.steps.plan_frames import BoxPlaces

WORDS = {"method": "Method", "area_share": "Area searched, %", "hits": "Events caught", "per_shift": "Per shift",
         "events": "Events", "hit_rate": "Share caught, %", "pai": "PAI", "ci": "90 % interval of PAI", "pei": "PEI",
         "log_score": "Log score"}
OF_CHOICES = ("Choice", "Boxes in a shift", "Patrol hours in a shift", "Area in these boxes, %",
              "Expected harm they cover, % of all", "90 % interval", "Events in them per 100 patrol hours",
              "90 % interval", "Name in the table of scores")
OF_PRICES = ("Price", "Harm covered, % of all: without it", "with it", "Difference, points", "90 % interval",
             "Events per 100 patrol hours: without it", "with it", "Difference", "90 % interval")
TITLE = "What each choice gives"
_ANEW, _PLAIN = ", on boxes laid anew", ", on the plain fishnet"
CHOICES = {METERED: "The lottery with today's settings", named.EQUAL: "The same number in every beat",
           named.BY_HARM: "Shared by harm", named.BY_HARM_PACED: "Shared by harm, spread over the week",
           named.NO_CAPS: "No limits: always the most harmful boxes",
           named.HOT_SPOT_MAP: "The traditional hot-spot map: always its busiest boxes"}
"""What choices are called, by method; those on boxes laid anew end with the same words."""
PRICES = {named.LIMITS: "Limits cost", named.EQUAL_BEATS: "Equal numbers in every beat cost",
          named.PACING: "Spreading patrols over the week costs", named.THE_FISHNET: "The fishnet costs",
          named.FISHNET_BY_HARM: "The fishnet costs, where boxes are shared by harm",
          named.BOXES_TODAY: "Today's boxes cost, beside boxes laid anew",
          named.OLD_MAP: "The traditional hot-spot map costs, beside today's lottery"}
_CAUGHT, _MISSED = "#0b5394", "#b45f06"


def write_page(result: BackTest, title: str, details: Sequence[str], path: str) -> None:
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
    web_page.save(title, details, parts(result), path)


def in_short(result: BackTest) -> list[str]:
    """One sentence per crime type, one for all together, and one for each price."""
    return [*(sentence(result, crime_type) for crime_type in result.table["crime_type"].unique()),
            *(_price(price) for price in result.compared.prices)]


def _price(price: Price) -> str:
    """What one choice costs beside another, in one sentence."""
    return (f"{PRICES[price.name]}: {_points(price)} of all expected harm covered, "
            f"{_number(100 * price.harm_without, 1)} % without and {_number(100 * price.harm_with, 1)} % with; "
            f"{_more(price.events)}{_span(price.events_low, price.events_high, '+.1f')} events in drawn boxes per 100 "
            f"patrol hours, {_number(price.events_without, 1)} without and {_number(price.events_with, 1)} with.")


def _points(price: Price) -> str:
    return f"{_more(100 * price.harm)} points{_span(100 * price.harm_low, 100 * price.harm_high, '+.1f')}"


def choices(result: BackTest) -> list[str]:
    """What each choice of how to patrol gives, and what each costs beside another."""
    on_layout = METERED + named.FISHNET in result.compared.sums
    figures = [[_choice(row["method"], on_layout), _number(row["boxes"], 1), _number(row["hours"], 1),
                _number(100 * row["area_share"], 2), _number(100 * row["covered"], 1),
                _ends(100 * row["covered_low"], 100 * row["covered_high"]), _number(row["per_100"], 1),
                _ends(row["per_100_low"], row["per_100_high"]), str(row["method"])]
               for _, row in result.compared.figures.iterrows()]
    prices = [[PRICES[price.name], _number(100 * price.harm_without, 1), _number(100 * price.harm_with, 1),
               _more(100 * price.harm), _ends(100 * price.harm_low, 100 * price.harm_high, "+.1f"),
               _number(price.events_without, 1), _number(price.events_with, 1), _more(price.events),
               _ends(price.events_low, price.events_high, "+.1f")] for price in result.compared.prices]
    why = result.why_no_interval(result.table["crime_type"].iloc[-1])  # of all types together, if there are several
    return [web_page.heading(TITLE), web_page.table(OF_CHOICES, figures, (0, len(OF_CHOICES) - 1)),
            *([web_page.paragraph(f"No intervals: {why}.")] if why else []),
            web_page.paragraph("Each price is one row of this table less another. A plus is what a choice loses, a "
                               "minus what it wins. Where an interval holds 0, nobody can tell the two apart."),
            web_page.table(OF_PRICES, prices), *(web_page.paragraph(text) for text in result.on_choices)]


def _choice(method: str, on_layout: bool) -> str:
    """A choice in words; where a layout is in force, also which boxes it is of if it is not of those."""
    if method.endswith(named.LAYOUT):
        return CHOICES[method[:-len(named.LAYOUT)]] + _ANEW
    of_fishnet = on_layout and method not in (METERED, named.NO_CAPS)
    return CHOICES[method.removesuffix(named.FISHNET)] + (_PLAIN if of_fishnet else "")


def sentence(result: BackTest, crime_type: str) -> str:
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
            f"PAI {_number(row['pai'], 1)}{_span(row['ci_low'], row['ci_high'], '.1f')}")
    for gain in result.gains[crime_type]:
        text += (f"; {gain.ratio:.2f} times that of {gain.method}{_span(gain.low, gain.high, '.2f')}, log score "
                 f"{gain.log_score:+.3f}{_span(gain.log_low, gain.log_high, '+.3f')}")
    if row["pei"] > 0:
        text += (f"; the fixed boxes that afterwards turned out best hold {row['hits'] / row['pei']:.1f} events, which "
                 "nobody could know before")
    verdict = part[0].verdict if len(part) == 1 else ""
    why = result.why_no_interval(crime_type)
    return (text + "." + (f" No intervals: {why}." if why else "")
            + (f" Verdict: {verdict}; read no more into it." if verdict else ""))


def parts(result: BackTest) -> list[str]:
    """Headings, sentences, pictures and tables: the choices, then all types together, then each one."""
    codes = result.table["crime_type"].unique().tolist()
    return [*choices(result),
            *(part for code in sorted(codes, key=lambda code: code != POOLED) for part in _of_type(result, code))]


def _of_type(result: BackTest, crime_type: str) -> Iterator[str]:
    own = result.table[result.table["crime_type"] == crime_type]
    replayed = [one for one in result.replayed if crime_type in (one.crime_type, POOLED)]
    compared = [gain.method for gain in result.gains[crime_type]]
    yield web_page.heading(_name(crime_type))
    yield web_page.paragraph(sentence(result, crime_type))
    yield web_page.chart("Share of events caught against the share of the area searched, %",
                         lambda: _accuracy(own, replayed, compared))
    yield web_page.paragraph(
        "Thin lines: all other rungs of the ladder. “uniform” is an even spread over the whole area.")
    why = result.why_no_interval(crime_type)
    others = set(result.compared.sums) - {METERED}  # they search as much as they are given, and are told above
    yield web_page.chart(f"PAI of every method, without intervals: {why}" if why else
                         "PAI of every method with its 90 % interval", lambda: _pai(own[~own["method"].isin(others)]))
    yield web_page.chart("Events expected and seen, from the quietest boxes to the busiest, in five groups of equal "
                         "expectation", lambda: _calibration(replayed))
    yield web_page.chart("Where events were caught and where they were missed, in the whole period",
                         lambda: _hits_and_misses(result.boxes, replayed))
    if len(replayed) == 1:
        yield web_page.paragraph("Rung used from each training on: "
                                 + "; ".join(f"{date}: {rung}" for date, rung, _ in replayed[0].chosen) + ".")
    yield web_page.table(WORDS.values(), _rows(own, result.shifts))


def _accuracy(own: pd.DataFrame, replayed: Sequence[Replayed], compared: Sequence[str]) -> charts.Picture:
    """Share of events caught at several shares of the area: what counts with names, other rungs as thin lines."""
    events = own["events"].iloc[0]
    caught = np.sum([one.curve for one in replayed], axis=0)
    curve = dict(zip(replayed[0].methods, 100 * caught / (events or 1.0)))
    named = [name for name in dict.fromkeys((CONNECT, *compared, "uniform")) if name in curve]
    return charts.lines([f"{100 * share:g} %" for share in CURVE],
                        [charts.Series(name, curve[name].tolist()) for name in named], web_page.WIDTH, 80.0, "",
                        others=[values.tolist() for name, values in curve.items() if name not in named])


def _pai(own: pd.DataFrame) -> charts.Picture:
    own = own.sort_values("pai", ascending=False, kind="stable")
    return charts.intervals(own["method"].tolist(), own["pai"].tolist(), own["ci_low"].tolist(),
                            own["ci_high"].tolist(), web_page.WIDTH, "PAI")


def _calibration(replayed: Sequence[Replayed]) -> charts.Picture:
    groups = sum((one.calibration for one in replayed), Calibration()).groups()
    return charts.columns([f"group {number + 1}" for number in range(len(groups))],
                          [charts.Series("expected", [expected for expected, _ in groups]),
                           charts.Series("seen", [seen for _, seen in groups])], web_page.WIDTH, 55.0, "events")


def _hits_and_misses(boxes: BoxPlaces, replayed: Sequence[Replayed]) -> charts.Picture:
    caught = np.sum([one.caught_in for one in replayed], axis=0)
    missed = np.sum([one.missed_in for one in replayed], axis=0)
    return box_map(boxes, [("missed", missed, _MISSED, False), ("caught", caught, _CAUGHT, True)], web_page.WIDTH)


def _rows(own: pd.DataFrame, shifts: int) -> list[list[str]]:
    return [[str(row["method"]), _number(100 * row["area_share"], 2), _number(row["hits"], 1),
             _number(row["hits"] / shifts, 3), _number(row["events"], 1), _number(100 * row["hit_rate"], 1),
             _number(row["pai"], 2), _interval(row), _number(row["pei"], 2), _number(row["log_score"], 3)]
            for _, row in own.iterrows()]


def _interval(row: pd.Series) -> str:
    return _ends(row["ci_low"], row["ci_high"])


def _ends(low: float, high: float, digits: str = ".1f") -> str:
    """An interval; "none" where there is none."""
    return _span(low, high, digits).strip(" ()") or "none"


def _span(low: float, high: float, digits: str) -> str:
    """An interval in brackets; an empty text where there is none."""
    return "" if low != low else f" ({low:{digits}} to {high:{digits}})"


def _more(value: float) -> str:
    """A number with its sign."""
    return "–" if value != value else f"{round(value, 1) + 0.0:+.1f}"


def _number(value: float, digits: int) -> str:
    return "–" if value != value else f"{round(value, digits) + 0.0:.{digits}f}"


def _name(crime_type: str) -> str:
    return "All crime types" if crime_type == POOLED else str(crime_type).replace("_", " ")
