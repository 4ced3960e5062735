"""The forecast of an agency: trained from events, kept as text, scored for a shift.

``train`` looks at everything known at AS_OF and chooses a rung of the ladder for each crime type.
``ForecastModel.score`` makes the surfaces anew from the events known when it is asked, so a new alert changes the
forecast without a training.
"""
import hashlib
import platform
from dataclasses import dataclass, replace
from typing import Optional

import numpy as np
import pandas as pd

from ..errors import ConnectError
from ..progress import SILENT
from .coverage import Coverage, Reporting, listened
from .gunfire import CRIME_TYPE as GUNFIRE
from .history import DAY, History, Timeline
from .inputs import BOX_COLUMNS, CALENDAR_INPUTS, EVENT_COLUMNS, NEVER, admit_boxes, admit_events, check_crime_type
from .interval import SHARE, Uncertainty
from .ladder import RUNGS, Rung
from .level import Level, LevelTerms, observed_slots
from .reasons import explain, outside_coverage
from .surfaces import Memory, Smoother, SurfaceSet, counts_at
from .validation import FEWEST_EVENTS, Outcome, events_by_slot, expected_in, replay, train_type

EXPLAINED = 0.10
"""Share of the boxes, those with the highest values of a crime type, that get reasons."""
_LONGEST_DELAY_DAYS = 28
_EVENTS_FOR_OWN_START = 100
_OLD_DAYS = 60
_LEAST_EXPOSURE = 0.01
_HOT_SPOT_MAP = "kde_250_all"


@dataclass(frozen=True)
class TypeModel:
    """What is forecast with for one crime type; ``reporting`` where sensor coverage was known."""

    rung: Rung
    weights: tuple
    uniform_share: float
    level: Level
    uncertainty: Uncertainty
    start: str
    too_rare: bool
    reporting: Optional[Reporting] = None


@dataclass(frozen=True)
class ForecastModel:
    """A trained forecast.

    Attributes
    ----------
    as_of : pandas.Timestamp
        UTC; nothing known later was used.
    seed : int
    size : float
        Side of a box in metres.
    plan_hour : str
    shifts : tuple of str
        Codes, in the calendar's order.
    types : dict of crime type -> TypeModel
    data_hash : str
        SHA-256 of the events and boxes it was trained on.
    versions : dict
    card : dict
        The model card.
    """

    as_of: pd.Timestamp
    seed: int
    size: float
    plan_hour: str
    shifts: tuple
    types: dict
    data_hash: str
    versions: dict
    card: dict

    def to_json(self):
        """Give the model file: text without any code in it; the same model gives the same text."""
        from .modelfile import write

        return write(self)

    @staticmethod
    def from_json(text):
        """Read a model file; ConnectError with one sentence if it is not exactly as it was written."""
        from .modelfile import read

        return read(text)

    @property
    def model_id(self):
        """Id made of the content."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]

    def score(self, events, boxes, calendar, shift_date, shift, as_of, progress=SILENT, coverage=None):
        """Forecast one shift.

        Parameters
        ----------
        events : pandas.DataFrame
            As for :func:`train`; those known later than ``as_of`` are not looked at.
        boxes : pandas.DataFrame
        calendar : ShiftCalendar
        shift_date, shift : str
        as_of : instant
            The moment at which the plan is made.
        coverage : pandas.DataFrame, optional
            As for :func:`train`.

        Returns
        -------
        pandas.DataFrame
            box_id, crime_type, expected (events in the shift), low and high (90 % interval of expected), percentile
            (share of boxes with a lower value, 0 to 100), reasons (list of str; empty outside the highest tenth, but
            for boxes outside sensor coverage), coverage (share of the box in which sensors listen in the shift; NaN
            where that does not matter). A crime type of which no event was known at training is not in it.

        Raises
        ------
        ConnectError
            When the shift does not run or its code was unknown at training.
        """
        calendar.bounds(shift_date, shift)
        if tuple(calendar.codes) != self.shifts:
            raise ConnectError("The shifts have changed since the model was trained; run connect:train again.")
        as_of = _moment(as_of)
        self._check_as_of(as_of)
        boxes = admit_boxes(boxes)
        events = _known(admit_events(events)[0], as_of)
        by_type = dict(iter(events.groupby("crime_type")))
        covered = coverage_of(coverage, boxes)
        smoother, timelines, parts = Smoother(boxes, self.size), {}, []
        for number, (crime_type, model) in enumerate(self.types.items()):
            progress.report(number / len(self.types))
            last = max(_local_date(calendar, as_of), str(shift_date))
            if model.start not in timelines:
                timelines[model.start] = Timeline(calendar, model.start, last, self.plan_hour)
            own = by_type.get(crime_type, events.iloc[:0])
            parts.append(_score_type(crime_type, model, own, boxes, smoother, calendar, timelines[model.start],
                                     shift_date, shift, as_of.value, self.size, covered.get(crime_type)))
        columns = ["box_id", "crime_type", "expected", "low", "high", "percentile", "reasons", "coverage"]
        return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)

    def replay(self, events, boxes, calendar, crime_type, first, last, coverage=None):
        """Forecast every shift of some dates of the past as the plan of each date would have, and tell what happened.

        The same values as :meth:`score` at the plan moments, but at a fraction of the cost of a call each.

        Parameters
        ----------
        events, boxes, calendar
            As for :meth:`score`; the events may reach beyond the dates.
        crime_type : str
        first, last : str
            Dates, both included; no plan moment may lie before the model's ``as_of``.

        Yields
        ------
        shift_date, shift, expected, observed : str, str, numpy.ndarray, numpy.ndarray
            Arrays over the boxes by row and column; observed counts the events known in the end.
        """
        model = self.types[crime_type]
        boxes = admit_boxes(boxes)
        events = admit_events(events)[0]
        timeline = Timeline(calendar, model.start, last, self.plan_hour)
        first, stop = timeline.dates.index(first), len(timeline.dates)
        self._check_as_of(pd.Timestamp(timeline.origin[first], tz="UTC"))
        history = listened(events[events["crime_type"] == crime_type], boxes, self.size, calendar, timeline,
                           coverage_of(coverage, boxes).get(crime_type), model.reporting)
        observed = observed_slots(history.until(timeline.origin[-1]), timeline, stop)
        levels = LevelTerms(history, timeline, observed, timeline.origin[first])
        slots, terms = levels.at_origins(first, stop)
        level_of = np.full(timeline.start.size, np.nan)
        level_of[slots] = model.level.expected(terms)
        happened, nothing = events_by_slot(history, timeline, len(boxes), first, stop), np.zeros(len(boxes))
        for slot, expected in replay(model.rung.features, history, timeline, Smoother(boxes, self.size), first, stop,
                                     lambda date: (model.weights, model.uniform_share), level_of,
                                     levels.share_heard):
            yield (timeline.dates[timeline.date[slot]], timeline.codes[timeline.shift[slot]], expected,
                   happened.get(slot, nothing))

    def _check_as_of(self, as_of):
        if as_of < self.as_of:
            raise ConnectError(f"The model knows what was reported until {self.as_of:%Y-%m-%d %H:%M} UTC, which is "
                               "later than AS_OF; train one with an earlier AS_OF.")


def coverage_of(areas, boxes):
    """Crime type -> :class:`coverage.Coverage` of those that sensors tell of; none where no coverage is known."""
    found = None if areas is None else Coverage.of(areas, boxes)
    return {} if found is None else {GUNFIRE: found}


def _score_type(crime_type, model, events, boxes, smoother, calendar, timeline, shift_date, shift, moment, size,
                coverage):
    history = listened(events, boxes, size, calendar, timeline, coverage, model.reporting)
    surfaces = SurfaceSet(model.rung.features, smoother)
    counts = counts_at(history, timeline, surfaces.memories, len(boxes), moment)
    code = timeline.codes.index(shift)
    density = surfaces.mixture(counts, model.weights, model.uniform_share)[:, code]
    observed = observed_slots(history, timeline, timeline.dates.index(_local_date(calendar, moment)) + 1)
    slot = timeline.position(shift_date, shift)
    levels = LevelTerms(history, timeline, observed)
    total = model.level.expected(levels.at(moment, slot))[0]
    expected = expected_in(total, density, history, levels.share_heard[slot], timeline.start[slot])
    exposure, unsure, covered = _exposure(history, model, moment, timeline.start[slot], len(boxes))
    low, high = model.uncertainty.interval(expected, exposure=exposure, unsure=unsure)
    order = np.sort(expected)
    reasons = np.empty(len(boxes), dtype=object)
    reasons[:] = [[] for _ in range(len(boxes))]
    top = np.argsort(-expected, kind="stable")[:int(np.ceil(EXPLAINED * len(boxes)))]
    for box, texts in zip(top, explain(crime_type, surfaces, np.array(model.weights), model.uniform_share, counts,
                                       history, timeline, moment, top, code, size)):
        reasons[box] = texts
    for box in np.flatnonzero(covered < 0.5):
        reasons[box] = outside_coverage(reasons[box], history.listening.reporting.factor > 0)
    return pd.DataFrame({"box_id": boxes["box_id"], "crime_type": crime_type, "expected": expected, "low": low,
                         "high": high, "percentile": 100.0 * np.searchsorted(order, expected) / len(boxes),
                         "reasons": reasons, "coverage": covered})


def _exposure(history, model, moment, start, boxes):
    """For the interval: exposure of each box and what reports leave unsure; and the share of it that sensors cover."""
    listening = history.listening
    if listening is None:
        return 1.0, 0.0, np.full(boxes, np.nan)
    memory = [Memory("window", float(np.clip(model.uncertainty.evidence, 28.0, 3650.0)))]
    exposure = np.maximum(listening.exposure(memory, moment)[:, 0], _LEAST_EXPOSURE)
    heard = listening.exposure(memory, moment, listening.heard)[:, 0]
    return exposure, (1.0 - heard) * listening.reporting.variance, listening.heard_share(start)


def train(events, boxes, calendar, as_of, size=250.0, crime_types=None, seed=1, plan_hour="05:00", progress=SILENT,
          ladder=RUNGS, coverage=None):
    """Train a forecast.

    Parameters
    ----------
    events : pandas.DataFrame
        crime_type, x, y (metres), from_utc, to_utc, known_utc, weight and, where the source rounded the place,
        rounded_x_m, rounded_y_m. Other columns are refused and named on the card; rows known later than ``as_of`` are
        not looked at.
    boxes : pandas.DataFrame
        box_id, col, row, inside.
    calendar : ShiftCalendar
    as_of : instant
        Nothing known later is used.
    size : float
        Side of a box in metres.
    crime_types : sequence of str, optional
        All that have events if not given.
    seed : int
        Of the bootstrap that chooses rungs.
    plan_hour : str
        Local time at which the plan of a date is made; validation replays it.
    ladder : sequence of Rung
        The rungs to choose from; a single one to see what it alone would do.
    coverage : pandas.DataFrame, optional
        Where and when gunshot sensors listen: from_date, to_date (ISO or None), boxes (dict of box id to the share of
        it). Without it, or empty, everywhere and always.

    Returns
    -------
    ForecastModel

    Raises
    ------
    ConnectError
        When a column is missing, a crime type may not be forecast, or no event is known.
    """
    if seed < 0:
        raise ConnectError("The seed must be 0 or a larger whole number.")
    as_of = _moment(as_of)
    refused_of_boxes = [str(name) for name in boxes.columns if name not in BOX_COLUMNS]
    events, refused = admit_events(events)
    events = _known(events, as_of)
    boxes = admit_boxes(boxes)
    crime_types = sorted(set(events["crime_type"])) if crime_types is None else list(dict.fromkeys(crime_types))
    for crime_type in crime_types:
        check_crime_type(crime_type)
    events = events[events["crime_type"].isin(crime_types)]
    if events.empty:
        raise ConnectError("No events are known at that moment; import incidents or gunfire alerts first, or choose "
                           "a later AS_OF.")
    smoother = Smoother(boxes, size)
    covered = coverage_of(coverage, boxes)
    earliest = first_date(calendar, events)
    types, records = {}, {}
    for number, crime_type in enumerate(crime_types):
        part = progress.part(number / len(crime_types), (number + 1) / len(crime_types))
        part.report(0.0, "Training " + crime_type.replace("_", " "))
        own = events[events["crime_type"] == crime_type]
        if own.empty:
            records[crime_type] = {"verdict": "no events on record: not forecast", "events": 0}
            continue
        learnt = learn_type(own, earliest, boxes, smoother, calendar, as_of, size, seed, plan_hour, part, ladder,
                            coverage=covered.get(crime_type))
        types[crime_type] = learnt.model
        records[crime_type] = _record(learnt.outcome, own[own["heard"] > 0], learnt.history, learnt.dates, learnt.delay)
        if crime_type == GUNFIRE:
            records[crime_type]["sensor_coverage"] = _told_of_coverage(learnt.history, as_of.value)
    model = ForecastModel(as_of, int(seed), float(size), plan_hour, tuple(calendar.codes), types, _hash(events, boxes),
                          _versions(), {})
    return replace(model, card=_card(model, boxes, calendar, refused + refused_of_boxes, records))


@dataclass(frozen=True)
class Learnt:
    """One crime type learnt: what is forecast with, how it was found, from what, and the days left out at the end."""

    model: TypeModel
    outcome: Outcome
    history: History
    dates: list
    delay: int


def learn_type(own, earliest, boxes, smoother, calendar, as_of, size, seed, plan_hour, progress=SILENT, ladder=RUNGS,
               every_rung=False, coverage=None):
    """Learn one crime type from its admitted events known at ``as_of``, at least one.

    ``earliest`` is the :func:`first_date` of all crime types, used where this one has too few events to tell its own;
    ``every_rung`` also keeps the fit of each rung not chosen (``outcome.fits``). The rest as for :func:`train`.
    """
    start = first_date(calendar, own) if len(own) >= _EVENTS_FOR_OWN_START else earliest
    timeline = Timeline(calendar, start, _local_date(calendar, as_of), plan_hour)
    history = listened(own, boxes, size, calendar, timeline, coverage)
    delay = _delay(own)
    last = _end(history, timeline, as_of, delay)
    rng = _generator(seed, own["crime_type"].iloc[0])
    outcome = train_type(ladder, history, timeline, smoother, last, rng, progress, every_rung)
    model = TypeModel(outcome.rung, outcome.weights, outcome.uniform_share, outcome.level, outcome.uncertainty, start,
                      outcome.too_rare, history.listening.reporting if history.listening else None)
    return Learnt(model, outcome, history, timeline.dates[:last], delay)


def _moment(as_of):
    moment = pd.Timestamp(as_of)
    if moment is pd.NaT:
        raise ConnectError("AS_OF must be a moment, as in 2017-12-14T05:00:00-05:00.")
    return moment.tz_localize("UTC") if moment.tzinfo is None else moment.tz_convert("UTC")


def _known(events, as_of):
    return events[events["known_utc"] <= as_of.value]


def _local_date(calendar, moment):
    return str(calendar.to_local([pd.Timestamp(moment)])[0].date())


def first_date(calendar, events):
    """Date from which the source of admitted events reports: a stray old record does not count."""
    known = np.sort(events["known_utc"].to_numpy())
    return _local_date(calendar, pd.Timestamp(known[int(0.002 * known.size)], tz="UTC"))


def _delay(events):
    """Days until nine of ten events are known, 1 to 28: so much of the newest past is still filling up."""
    events = events[events["heard"] > 0]
    if events.empty:
        return _LONGEST_DELAY_DAYS
    delay = (events["known_utc"] - events["from_utc"]).to_numpy() / DAY
    return int(np.clip(np.ceil(np.quantile(delay, 0.9)), 1, _LONGEST_DELAY_DAYS))


def _end(history, timeline, as_of, delay):
    """Position of the first date too late to learn from: reports still come in, or the source had ended."""
    last = max(int(np.searchsorted(timeline.origin, as_of.value, side="right")) - 1 - delay, 0)
    observed = timeline.date[observed_slots(history, timeline, last)]
    return int(observed.max()) + 1 if observed.size else last


def _generator(seed, crime_type):
    digest = hashlib.sha256(crime_type.encode()).digest()
    return np.random.default_rng([int(seed), int.from_bytes(digest[:8], "big")])


def _hash(events, boxes):
    whole = hashlib.sha256()
    for frame in (events, boxes):
        for name in frame.columns:
            column = frame[name].to_numpy()
            whole.update(name.encode())
            whole.update("\n".join(column).encode() if column.dtype == object else column.tobytes())
    return whole.hexdigest()


def _versions():
    import scipy

    return {"python": platform.python_version(), "numpy": np.__version__, "pandas": pd.__version__,
            "scipy": scipy.__version__}


def _record(outcome, events, history, dates, delay):
    """What the card says of one crime type."""
    return {
        "verdict": _verdict(outcome), "rung": outcome.rung.name, "what_it_does": outcome.rung.label,
        "why": outcome.reason, "events": int(len(events)),
        "weighted_events_in_boxes_and_shifts": round(float(history.weight.sum()), 2),
        "from": dates[0] if dates else None, "to": dates[-1] if dates else None,
        "days_left_out_because_reports_still_come_in": delay,
        "validation": outcome.validation, "ladder": outcome.compared,
        "uniform_share": outcome.uniform_share, "strongest_surfaces": _strongest(outcome),
        "interval": {"evidence_days": outcome.uncertainty.evidence, "misfit": outcome.uncertainty.misfit,
                     "level": outcome.uncertainty.level},
    }


def _told_of_coverage(history, moment):
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
            "reports_used_outside": round(float(history.weight[~history.heard].sum()), 2)}


def _verdict(outcome):
    if outcome.too_rare:
        return "too rare to forecast"
    chosen = next(row for row in outcome.compared if row["chosen"])
    return "forecast" if chosen["low"] > 0 else "no pattern shown: not surely better than an even spread"


def _strongest(outcome, count=5):
    order = np.argsort(-np.array(outcome.weights), kind="stable")[:count]
    return [{"memory": feature.memory.kind, "days": feature.memory.days if np.isfinite(feature.memory.days) else "all",
             "scope": feature.scope, "bandwidth_m": feature.bandwidth, "share": outcome.weights[position]}
            for position, feature in ((position, outcome.rung.features[position]) for position in order)
            if outcome.weights[position] > 0]


def _in_short(crime_type, record):
    """One line of the card's first table."""
    scores = {row["rung"]: row["log_score"] for row in record.get("ladder", [])}
    figures = record.get("validation", {})
    return {"crime_type": crime_type, "verdict": record["verdict"], "rung": record.get("rung"),
            "events_in_validation": figures.get("events"), "expected": figures.get("expected"),
            "log_score": scores.get(record.get("rung")), f"log_score_of_{_HOT_SPOT_MAP}": scores.get(_HOT_SPOT_MAP),
            "share_of_events_on_1_%_of_the_area": figures.get("hit_rate")}


def _card(model, boxes, calendar, refused, records):
    rare = [crime_type for crime_type, record in records.items() if record["verdict"] != "forecast"]
    return {
        "what_it_is": "Expected events of each crime type per box and shift, with a 90 % interval of the expected "
                      "value. It is a chance for a place and a time and says nothing about any person.",
        "in_short": [_in_short(crime_type, record) for crime_type, record in records.items()],
        "limits": _limits(rare) + _of_sensors(records) + _old(records, model.as_of),
        "how_it_was_scored": "Mean Poisson log-likelihood per event above the uniform forecast's, over validation "
                             "weeks that came after everything a rung was fitted to, with reporting delays replayed. "
                             "Intervals (90 %) and standard errors: paired bootstrap of whole weeks. The simplest rung "
                             "within one standard error of the best is used.",
        "crime_types": records,
        "inputs_used": {**EVENT_COLUMNS, **BOX_COLUMNS, "calendar": ", ".join(CALENDAR_INPUTS)},
        "columns_refused": sorted(set(refused)), "never_an_input": list(NEVER),
        "as_of": model.as_of.isoformat(), "shifts": list(model.shifts), "time_zone": calendar.timezone,
        "plan_hour": model.plan_hour,
        "boxes": {"count": int(len(boxes)), "side_m": model.size,
                  "area_km2": round(float(boxes["inside"].sum()) * model.size ** 2 / 1e6, 3)},
        "seed": model.seed, "data_hash": model.data_hash, "versions": model.versions,
    }


def _old(records, as_of):
    """A warning for crime types whose newest date to learn from is long gone."""
    ends = {crime_type: record["to"] for crime_type, record in records.items() if record.get("to")}
    old = [f"{crime_type} ({end})" for crime_type, end in ends.items()
           if as_of - pd.Timestamp(end, tz="UTC") > pd.Timedelta(days=_OLD_DAYS)]
    return ["The data of these types end long before AS_OF, so their level may have changed: " + ", ".join(old) + "."
            ] if old else []


def _of_sensors(records):
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


def _limits(rare):
    limits = ["It learns from reports and alerts: what is not reported, or not heard by a sensor, is not in it.",
              f"The interval ({SHARE:.0%}) is about the expected value; the number of events varies around it by "
              "chance.",
              "Patrols change what is reported; a forecast used for long needs the lottery's unpatrolled boxes to stay "
              "honest."]
    if rare:
        limits.append(f"Too rare to forecast (fewer than {FEWEST_EVENTS} events in validation), without events or "
                      "without a pattern: " + ", ".join(rare) + ". Their values are broad averages, not hot spots.")
    return limits
