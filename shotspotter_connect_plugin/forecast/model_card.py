"""The model card: what a training found, used, refused and cannot do; and as a page.

Every word of the page is escaped, because a model file may come from a stranger.
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .allowed_inputs import CALENDAR_INPUTS, DAY_TERMS, INPUTS, NEVER_INPUTS, PLACE_KINDS
from .expected_interval import SHARE
from .gunfire_events import CRIME_TYPE as GUNFIRE
from .sources import OWN, CrimeEvents, PlaceDistance
from .trees import can_grow
from .weekly_intervals import FEWEST_EVENTS, FEWEST_WEEKS, why_none

if TYPE_CHECKING:
    from .context import ForecastContext
    from .event_history import EventHistory
    from .ladder import Rung
    from .model_content import LearntType, ModelContent
    from .sources import Lookback, PredictorSource
    from .surfaces import Feature
    from .validation import TrainingOutcome

_STYLE = ("body{font:15px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222}"
          "table{border-collapse:collapse;margin:.5em 0}td,th{border:1px solid #ccc;padding:.2em .6em;"
          "text-align:left;vertical-align:top}th{background:#f3f3f3;font-weight:600}h1{font-size:1.5em}"
          "h2{font-size:1.2em;margin-top:1.5em}")
# Chosen: more than any card nests, and too little for a file of a stranger to exhaust the stack.
_DEEPEST = 8
# Chosen: two months without data may hide a change of the total that the slow rate (half-life 120 days) still lacks.
_OLD_DAYS = 60
_HOT_SPOT_MAP = "kde_250_all"
# Chosen: as many lines as are read; further ones have hardly any weight.
_MOST = 8


def delays_in_words(crime_types: Sequence[str], unknown: Sequence[str]) -> str:
    """How a replay of the past treated delays of reports: ``unknown`` are the crime types without report times."""
    without = [code.replace("_", " ") for code in crime_types if code in unknown]
    if not without:
        return "with reporting delays replayed"
    taken = "without report times an incident is taken to be known when it was over"
    if len(without) == len(crime_types):
        return f"delays unknown ({taken})"
    return f"with reporting delays replayed, delays unknown of {', '.join(without)} ({taken})"


def make_card(model: ModelContent, context: ForecastContext, refused: Sequence[str],
              learnt: Mapping[str, LearntType | None], ladder: Sequence[Rung],
              delays_unknown: Sequence[str] = ()) -> dict[str, Any]:
    """Tell what a training found.

    Parameters
    ----------
    model : ForecastModel
    context : ForecastContext
    refused : sequence of str
        Columns of the events that were left behind.
    learnt : dict of crime type -> LearntType or None
    ladder : sequence of Rung
    delays_unknown : sequence of str
        Crime types of which no report times are on record.

    Returns
    -------
    dict
        Texts, numbers, lists and dicts alone.
    """
    records = {code: _record(code, one) for code, one in learnt.items()}
    boxes, calendar = context.boxes, context.calendar
    rare = [crime_type for crime_type, record in records.items() if record["verdict"] != "forecast"]
    return {
        "what_it_is": "Expected events of each crime type per box and shift, with a 90 % interval of the expected "
                      "value. It is a chance for a place and a time and says nothing about any person.",
        "in_short": [_in_short(crime_type, record) for crime_type, record in records.items()],
        "limits": _limits(rare) + _bursts(records) + _unsure(records) + _of_sensors(records)
        + _old(records, model.as_of)
        + _missing(context, ladder),
        "how_it_was_scored": "Mean Poisson log-likelihood per event above the uniform forecast's, over validation "
                             "weeks that came after everything a rung was fitted to, "
                             f"{delays_in_words(list(records), delays_unknown)}. "
                             "Intervals (90 %) are from how the weeks differ, and there are none for fewer than "
                             f"{FEWEST_WEEKS} weeks or {FEWEST_EVENTS} events; standard errors of what a rung is "
                             "behind the best are from drawing whole weeks again. The simplest rung within one "
                             "standard error of the best is used.",
        "crime_types": records,
        "features": _features(context), "inputs_used": INPUTS,
        "columns_refused": sorted({*refused, *context.refused}), "kinds_of_places_refused": list(context.kinds_refused),
        "never_an_input": list(NEVER_INPUTS),
        "as_of": model.as_of.isoformat(), "shifts": list(model.shifts), "time_zone": calendar.timezone,
        "plan_hour": model.plan_hour,
        "boxes": {"count": int(len(boxes)), "side_m": model.size,
                  "area_km2": round(float(boxes["inside"].sum()) * model.size ** 2 / 1e6, 3)},
        "seed": model.seed, "data_hash": model.data_hash, "versions": model.versions,
    }


def _record(crime_type: str, learnt: LearntType | None) -> dict[str, Any]:
    """What the card says of one crime type."""
    if learnt is None:
        return {"verdict": "no events on record: not forecast", "events": 0}
    outcome, dates = learnt.outcome, learnt.dates
    record = {
        "verdict": _verdict(outcome), "rung": outcome.rung.name, "what_it_does": outcome.rung.label,
        "why": outcome.reason, "events": learnt.events,
        "weighted_events_in_boxes_and_shifts": round(float(learnt.history.weight.sum()), 2),
        "from": dates[0] if dates else None, "to": dates[-1] if dates else None,
        "days_left_out_because_reports_still_come_in": learnt.delay,
        "strongest_features": _strongest(outcome), "uniform_share": outcome.fit.uniform_share,
        "boosted_trees": _trees(outcome), "level": _rate(outcome.rate.coefficients),
        "level_forgets_half_in_days": list(outcome.rate.memory),
        "recalibrated": {"quiet_to_busy": outcome.fit.recalibration.slope, "busiest": outcome.fit.recalibration.bend},
        "validation": outcome.validation, "ladder": outcome.compared,
        "interval": {"evidence_days": outcome.uncertainty.evidence, "misfit": outcome.uncertainty.misfit,
                     "level": outcome.uncertainty.level},
    }
    if crime_type == GUNFIRE:
        record["sensor_coverage"] = _told_of_coverage(learnt.history, learnt.moment)
    return record


def _told_of_coverage(history: EventHistory, moment: int) -> dict[str, Any] | None:
    """What the card says of sensors; None where nobody told where they listen."""
    listening = history.listening
    if listening is None:
        return None
    now = listening.heard_share(moment)
    return {"share_of_area_in_which_sensors_listen": round(float(np.sum(now * listening.uniform)), 4),
            "reports_on_record": bool(listening.told[listening.at(moment)]),
            "reports_per_alert_inside": listening.reporting.factor,
            "relative_variance_of_it": listening.reporting.variance,
            "reports_inside": listening.reporting.reports, "alerts_inside": listening.reporting.alerts,
            "reports_used_outside": round(float(history.weight[history.heard == np.False_].sum()), 2)}


def _verdict(outcome: TrainingOutcome) -> str:
    if outcome.too_rare:
        return "too rare to forecast"
    chosen = next(row for row in outcome.compared if row["chosen"])
    least = chosen["log_score"] if chosen["low"] is None else chosen["low"]  # without an interval the limits say so
    return "forecast" if least > 0 else "no pattern shown: not surely better than an even spread"


def _strongest(outcome: TrainingOutcome) -> list[dict[str, Any]]:
    weights = outcome.fit.weights
    order = np.argsort(-np.array(weights), kind="stable")[:_MOST]
    return [{"of": _of(feature.lookback.source), "remembers": _remembers(feature.lookback),
             "shifts": "the one forecast" if feature.scope == "shift" else "all", "reach_m": _reach(feature),
             "share": weights[position]}
            for position, feature in ((position, outcome.rung.features[position]) for position in order)
            if weights[position] > 0]


def _of(source: PredictorSource) -> str:
    if source == OWN:
        return "this crime type"
    if isinstance(source, CrimeEvents):
        return source.crime_type.replace("_", " ")
    return ("distance to places: " if isinstance(source, PlaceDistance) else "places: ") + source.kind.replace("_", " ")


def _reach(feature: Feature) -> float:
    """Metres over which a surface spreads."""
    source = feature.lookback.source
    return float(source.metres) if isinstance(source, PlaceDistance) else feature.bandwidth


def _remembers(lookback: Lookback) -> str:
    if not isinstance(lookback.source, CrimeEvents):
        return "as they are"
    if lookback.kind == "decay":
        return f"half after each {lookback.days:g} days"
    return f"the last {lookback.days:g} days" if np.isfinite(lookback.days) else "all of the past"


def _trees(outcome: TrainingOutcome) -> dict[str, Any] | None:
    """What the trees ask about most, and how strongly they count; None where there are none."""
    if outcome.fit.forest is None:
        return None
    names = [f"{_of(feature.lookback.source)}, {_remembers(feature.lookback)}, {_reach(feature):g} m"
             + (", in the shift" if feature.scope == "shift" else "") for feature in outcome.rung.terms]
    names += ["the mixture itself", "shift", "weekday", *DAY_TERMS]
    asked = np.bincount([feature for tree in outcome.fit.forest.trees
                         for feature, left in zip(tree.feature, tree.left) if left >= 0], minlength=len(names))
    order = [place for place in np.argsort(-asked, kind="stable")[:_MOST] if asked[place]]
    return {"power": outcome.fit.power, "number": len(outcome.fit.forest.trees),
            "ask_most_often_about": [{"what": names[place], "times": int(asked[place])} for place in order]}


def _rate(coefficients: Sequence[float]) -> dict[str, float] | str:
    """What kinds of day and weather do to the total of the jurisdiction, as a factor per step."""
    factors = dict(zip(DAY_TERMS, np.exp(coefficients[-len(DAY_TERMS):]).round(3).tolist()))
    return {name: factor for name, factor in factors.items() if factor != 1.0} or "no calendar was imported"


def _features(context: ForecastContext) -> dict[str, str]:
    """What was tried, in words."""
    others = ", ".join(code.replace("_", " ") for code in context.related)
    return {"histories": "of the own crime type at several memories (3 days to ever) and reaches (0 to 500 m), of all "
                         "shifts and of the shift forecast; 3 and 14 days within 125 m are the near repeats",
            "related crime types": f"each of the others ({others}), 60 and 360 days, 125 and 250 m; the fit decides "
                                   "which of them tell anything",
            "places": ", ".join(context.kinds).replace("_", " ") or "none imported",
            "of each kind of places": "how many there are around, at two reaches (125 and 500 m), and how far the "
                                      "nearest is, at two scales (250 and 1000 m)",
            "kinds of places that may be used": ", ".join(PLACE_KINDS).replace("_", " "),
            "calendar": ", ".join(CALENDAR_INPUTS),
            "sensor coverage": "yes" if context.coverage else "not imported"}


def _missing(context: ForecastContext, ladder: Sequence[Rung]) -> list[str]:
    """What this training could not use, and so fell back from."""
    missing = []
    if not can_grow() and any(item.terms for item in ladder):
        missing.append("scikit-learn is not installed here: no boosted trees and no blend; the ladder ends at the "
                       "additive mixtures.")
    if not context.kinds:
        missing.append("No places that may be used are imported (connect:importplaces), so none were tried.")
    if context.days is None or context.days.empty:
        missing.append("No calendar is imported (connect:importcalendar): holidays, school days, events and weather "
                       "are not in it.")
    return missing


def _in_short(crime_type: str, record: dict[str, Any]) -> dict[str, Any]:
    """One line of the card's first table."""
    scores = {row["rung"]: row["log_score"] for row in record.get("ladder", [])}
    figures = record.get("validation", {})
    return {"crime_type": crime_type, "verdict": record["verdict"], "rung": record.get("rung"),
            "events_in_validation": figures.get("events"), "expected": figures.get("expected"),
            "log_score": scores.get(record.get("rung")), f"log_score_of_{_HOT_SPOT_MAP}": scores.get(_HOT_SPOT_MAP),
            "share_of_events_on_1_%_of_the_area": figures.get("hit_rate")}


def _old(records: dict[str, dict[str, Any]], as_of: pd.Timestamp) -> list[str]:
    """A warning for crime types whose newest date to learn from is long gone."""
    ends = {crime_type: record["to"] for crime_type, record in records.items() if record.get("to")}
    old = [f"{crime_type} ({end})" for crime_type, end in ends.items()
           if as_of - pd.Timestamp(end, tz="UTC") > pd.Timedelta(days=_OLD_DAYS)]
    return ["The data of these types end long before AS_OF, so their level may have changed: " + ", ".join(old) + "."
            ] if old else []


def _unsure(records: dict[str, dict[str, Any]]) -> list[str]:
    """Which types were tested too briefly for intervals, and so for a proof that they beat an even spread."""
    without = [f"{crime_type} ({why_none(record['validation']['weeks'], np.inf) or 'all events came in one week'})"
               for crime_type, record in records.items()
               if any(row["chosen"] and row["low"] is None for row in record.get("ladder", []))]
    return ["No intervals of scores, and so no proof that it beats an even spread: " + "; ".join(without) + "."
            ] if without else []


def _bursts(records: dict[str, dict[str, Any]]) -> list[str]:
    """What the chance of at least one event takes for granted, and how far that was so in validation."""
    told = {crime_type: record["validation"].get("events_together") for crime_type, record in records.items()
            if record.get("validation") and record["verdict"] == "forecast"}
    found = ", ".join(f"{_name(crime_type)} {value:.2f}" for crime_type, value in told.items() if value is not None)
    return ["The chance of at least one event, 1 - exp(-expected), takes events to come one by one. Where they come in "
            "bursts it is too high"
            + (f", by as much as a box and shift with any had more of them in validation (1 = none): {found}." if found
               else ".")]


def _of_sensors(records: dict[str, dict[str, Any]]) -> list[str]:
    """What gunfire values mean where no sensor listens."""
    if GUNFIRE not in records:
        return []
    told = records[GUNFIRE].get("sensor_coverage")
    if told is None:
        return ["Warning: no sensor coverage was imported, so the whole jurisdiction is taken to be covered all the "
                "time. Where no sensor listens there are no alerts: a low gunfire value there does not mean little "
                "gunfire."]
    if told["reports_per_alert_inside"] > 0:
        return [f"Outside sensor coverage ({1 - told['share_of_area_in_which_sensors_listen']:.0%} of the area) the "
                f"gunfire forecast rests on calls and shootings: {told['reports_per_alert_inside']:.2f} reports stand "
                "for one alert, as inside. How many people report differs from place to place, so the intervals are "
                "wider there. Accuracy is judged only where sensors listen."]
    return ["Outside sensor coverage there were no reports to learn from: gunfire values there are those of the "
            "places around. Accuracy is judged only where sensors listen."]


def _limits(rare: list[str]) -> list[str]:
    limits = ["It learns from reports and alerts: what is not reported, or not heard by a sensor, is not in it.",
              f"The interval ({SHARE:.0%}) is about the expected value; the number of events varies around it by "
              "chance.",
              "Patrols change what is reported; a forecast used for long needs the lottery's unpatrolled boxes to stay "
              "honest."]
    if rare:
        limits.append(f"Too rare to forecast (fewer than {FEWEST_EVENTS} events in validation), without events or "
                      "without a pattern: " + ", ".join(rare) + ". Their values are broad averages, not hot spots.")
    return limits


def card_html(card: Mapping[str, Any]) -> str:
    """Give the model card as one HTML page without scripts or links: first in sentences, then every figure.

    Parameters
    ----------
    card : dict
        What ``ForecastModel.card`` holds; any nested dicts, lists, texts and numbers are shown.

    Returns
    -------
    str
    """
    plain = _in_plain_words(card)
    said = "limits" if plain and isinstance(card.get("limits"), list) else None  # all of them are in plain words
    sections = plain + "".join(f"<h2>{_words(name)}</h2>{_show(value)}" for name, value in card.items()
                               if said is None or name != said)
    return ("<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Model card</title><style>" + _STYLE
            + "</style></head><body><h1>Model card</h1>" + sections + "</body></html>")


_FOR_SPECIALISTS = (
    "Everything below is for specialists. A rung is one model of a ladder from simple to complex; the simplest that "
    "does about as well as the best is used. count_28 counts the events of the last 28 days in a box; kde_250_364 "
    "spreads those of the last 364 days over about 250 m, a usual hot-spot map; decay_60_125 lets an event count half "
    "after 60 days and spreads it over 125 m. Searched area is the share of the area that was looked at, hit rate the "
    "share of events found there, PAI (predictive accuracy index) the one over the other. A log score tells how much "
    "better than an even spread the forecast was; more is better, 0 is no better.")


def _in_plain_words(card: Mapping[str, Any]) -> str:
    """The card in sentences; empty for one that lacks what they tell. A card may come from a stranger."""
    records, never, limits = (card.get(name) for name in ("crime_types", "never_an_input", "limits"))
    if not isinstance(records, dict) or not records:
        return ""
    good = [_how_good(name, record) for name, record in records.items() if isinstance(record, dict)]
    weeks = [one["validation"].get("weeks") for one in records.values()
             if isinstance(one, dict) and isinstance(one.get("validation"), dict)]
    weeks = [number for number in weeks if _is_number(number)]
    tested = f" It was tested on {max(weeks):,.0f} weeks after everything it had learnt from." if weeks else ""
    parts = [f"<h2>What it forecasts</h2><p>{escape(_what(card, records))}</p>",
             "<h2>How good it was</h2><p>One box in a hundred, chosen without any knowledge, holds about one event in "
             f"a hundred.{tested}</p>{_show(good)}"]
    if isinstance(never, list) and never:
        parts.append(f"<h2>What it never uses</h2>{_show(never)}")
    if isinstance(limits, list) and limits:
        parts.append(f"<h2>What it cannot do</h2>{_show(limits)}")
    return "".join(parts) + f"<h2>Details</h2><p>{escape(_FOR_SPECIALISTS)}</p>"


def _what(card: Mapping[str, Any], records: Mapping[str, Any]) -> str:
    boxes: dict[str, Any] = card["boxes"] if isinstance(card.get("boxes"), dict) else {}
    box = "each box of a grid over the city"
    if _is_number(boxes.get("count")) and _is_number(boxes.get("side_m")):
        box = f"each of {boxes['count']:,.0f} boxes of {boxes['side_m']:g} by {boxes['side_m']:g} m"
    names = ", ".join(_name(name) for name in records)
    return (f"For {box} and each shift it estimates how many events of these types to expect: {names}. It speaks of "
            "places and times and says nothing about any person.")


def _how_good(crime_type: str, record: Mapping[str, Any]) -> str:
    """One sentence on how well a crime type was forecast."""
    name, verdict = _name(crime_type), str(record.get("verdict", ""))
    figures = record.get("validation")
    name = name[:1].upper() + name[1:]
    if verdict != "forecast" or not isinstance(figures, dict):
        return f"{name}: {verdict or 'not forecast'}. Its values are broad averages, not hot spots."
    found, area, came, expected = (figures.get(one, "") for one in ("hit_rate", "searched_area", "events",
                                                                    "expected"))
    said = []
    if _is_number(found) and _is_number(area) and area > 0:
        against = f"{found / area:.2g} times what chance would give" if found > 0 else "so it found none of them"
        said.append(f"the {100 * area:.2g} % of the area that it ranked highest held {100 * found:.2g} % of the "
                    f"events, {against}")
    if _is_number(came) and _is_number(expected):
        said.append(f"it expected {expected:,.0f} events in all and {came:,.0f} came")
    return f"{name}: {'; '.join(said) or 'forecast'}."


def _name(code: str) -> str:
    return str(code).replace("_", " ")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and bool(np.isfinite(value))


def _words(name: Any) -> str:
    text = str(name).replace("_", " ")
    return escape(text[:1].upper() + text[1:])


def _show(value: Any, depth: int = 0) -> str:
    if depth > _DEEPEST:
        return "..."
    if isinstance(value, dict) and depth == 0 and value and all(isinstance(item, dict) for item in value.values()):
        return "".join(f"<h3>{_words(name)}</h3>{_show(item, 1)}" for name, item in value.items())
    if isinstance(value, dict):
        # Tables stand below the plain values of a crime type, not squeezed into one of its cells.
        below = {name: item for name, item in value.items() if depth == 1 and isinstance(item, (dict, list)) and item}
        rows = "".join(f"<tr><th>{_words(name)}</th><td>{_show(item, depth + 1)}</td></tr>"
                       for name, item in value.items() if name not in below)
        return f"<table>{rows}</table>" + "".join(
            f"<h4>{_words(name)}</h4>{_show(item, depth + 1)}" for name, item in below.items())
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        names = list(dict.fromkeys(name for item in value for name in item))
        head = "".join(f"<th>{_words(name)}</th>" for name in names)
        rows = "".join("<tr>" + "".join(f"<td>{_show(item.get(name, ''), depth + 1)}</td>" for name in names) + "</tr>"
                       for item in value)
        return f"<table><tr>{head}</tr>{rows}</table>"
    if isinstance(value, list):
        return "<ul>" + "".join(f"<li>{_show(item, depth + 1)}</li>" for item in value) + "</ul>"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return escape(format(value, ".4g") if abs(value) < 1000 else format(value, ",.0f"))
    return "" if value is None else escape(str(value))
