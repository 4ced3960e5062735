"""The forecast of an agency: trained from events, kept as text, scored for a shift.

``train`` looks at everything known at AS_OF and chooses a rung of the ladder for each crime type.
``ForecastModel.score`` makes the surfaces anew from the events known when it is asked, so a new alert changes the
forecast without a training.
"""
from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import ConnectError
from ..progress import SILENT
from . import model_file
from .allowed_inputs import admit_events, check_crime_type, may_be_forecast
from .box_density import BoxDensity
from .citywide_rate import RateTerms, observed_dates
from .context import ForecastContext
from .instants import DAY
from .ladder import RUNGS, ladder_for
from .model_card import make_card
from .model_content import LearntType, ModelContent, TypeModel
from .predictors import Predictors
from .reasons import explain, outside_coverage
from .sources import CrimeEvents, Lookback, PredictorSource
from .trees import can_grow
from .validation import events_by_slot, expected_in, replay_slots, train_type

if TYPE_CHECKING:
    from ..progress import Progress
    from .arrays import Floats
    from .box_density import RungFit
    from .event_history import EventHistory, Timeline
    from .forecast_frames import AdmittedEvents, Boxes, CalendarDays, Events, Places, ScoredBoxes, SensorAreas
    from .ladder import Rung
    from .listening import Reporting
    from .shifts import ShiftCalendar

# Chosen: several times the boxes that a plan draws; reasons of all boxes would cost every score their time.
EXPLAINED = 0.10
"""Share of the boxes, those with the highest values of a crime type, that get reasons."""
# Chosen: four weeks; a source whose reports take longer would otherwise leave out most of the newest past.
_LONGEST_DELAY_DAYS = 28
# Chosen: with fewer events the first of them says little of when a source began to report.
_EVENTS_FOR_OWN_START = 100
# Chosen: a hundredth of what a box with sensors has; keeps the interval of a box without any finite, and wide.
_LEAST_EXPOSURE = 0.01


class ForecastModel(ModelContent):
    """A trained forecast; its attributes are those of :class:`model_content.ModelContent`."""

    def to_json(self) -> str:
        """Give the model file: text without any code in it; the same model gives the same text."""
        return model_file.write(self)

    @staticmethod
    def from_json(text: str) -> ForecastModel:
        """Read a model file; ConnectError with one sentence if it is not exactly as it was written."""
        return ForecastModel(**vars(model_file.read(text)))

    @property
    def model_id(self) -> str:
        """Id made of the content."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]

    @property
    def event_types(self) -> list[str]:
        """Crime types whose events it needs: those forecast, and those that tell of them."""
        return list(dict.fromkeys([*self.types, *(code for item in self.types.values() for code in item.others)]))

    def score(self, events: Events, boxes: Boxes, calendar: ShiftCalendar, shift_date: str, shift: str, as_of: Any, *,
              progress: Progress = SILENT, coverage: SensorAreas | None = None, places: Places | None = None,
              days: CalendarDays | None = None, firework_days: Sequence[str] = ()) -> ScoredBoxes:
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
        coverage, places, days, firework_days : optional
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
            raise ConnectError("The shifts have changed since the model was trained; run “Train forecast” again.")
        as_of = _moment(as_of)
        self._check_as_of(as_of)
        context = ForecastContext.of(boxes, calendar, self.size, plan_hour=self.plan_hour,
                                     coverage=coverage, places=places, days=days, moment=as_of.value,
                                     firework_days=firework_days)
        events = _known(admit_events(events)[0], as_of)
        last = max(_local_date(calendar, as_of), str(shift_date))
        widest = context.timeline(min((item.start for item in self.types.values()), default=last), last)
        histories, parts = _Histories(events, context, widest, self._reporting, as_of.value), []
        for number, (crime_type, model) in enumerate(self.types.items()):
            progress.report(number / len(self.types))
            timeline = widest if model.start == widest.dates[0] else context.timeline(model.start, last)
            timeline = context.seen_by(crime_type, timeline)
            predictors = histories.predictors(crime_type, model, timeline)
            parts.append(_score_type(crime_type, model, predictors, context, shift_date, shift, as_of.value))
        columns = ["box_id", "crime_type", "expected", "low", "high", "percentile", "reasons", "coverage"]
        return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)

    @property
    def _reporting(self) -> dict[str, Reporting]:
        return {crime_type: item.reporting for crime_type, item in self.types.items() if item.reporting}

    def replay(self, events: Events, boxes: Boxes, calendar: ShiftCalendar, crime_type: str, first: str, last: str, *,
               coverage: SensorAreas | None = None, places: Places | None = None, days: CalendarDays | None = None,
               firework_days: Sequence[str] = ()) -> Iterator[tuple[str, str, Floats, Floats]]:
        """Forecast every shift of some dates of the past as the plan of each date would have, and tell what happened.

        The same values as :meth:`score` at the plan moments, but at a fraction of the cost of a call each.

        Parameters
        ----------
        events, boxes, calendar, coverage, places, days, firework_days
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
        context = ForecastContext.of(boxes, calendar, self.size, plan_hour=self.plan_hour,
                                     coverage=coverage, places=places, days=days, firework_days=firework_days)
        timeline = context.seen_by(crime_type, context.timeline(model.start, last))
        begin, stop = timeline.dates.index(first), len(timeline.dates)
        self._check_as_of(pd.Timestamp(timeline.origin[begin], tz="UTC"))
        admitted = admit_events(events)[0]
        for span in context.spans_of_record(admitted, [crime_type, *model.others], timeline, begin, stop):
            yield from self._replay_span(admitted, crime_type, context, timeline, span)

    def _replay_span(self, events: AdmittedEvents, crime_type: str, context: ForecastContext, timeline: Timeline,
                     span: tuple[int, int]) -> Iterator[tuple[str, str, Floats, Floats]]:
        model, (begin, stop), count = self.types[crime_type], span, len(context.smoother)
        predictors = context.predictors(events, crime_type, timeline, model.others, reporting=self._reporting,
                                        moment=timeline.origin[begin])
        rates = RateTerms(predictors.own, timeline, timeline.origin[begin], model.rate.memory)
        slots, terms = rates.at_origins(begin, stop)
        rate_of = np.full(timeline.start.size, np.nan)
        rate_of[slots] = model.rate.expected(terms)
        happened, nothing = events_by_slot(predictors.own, timeline, count, begin, stop), np.zeros(count)
        box_density = BoxDensity(model.rung, context.smoother, timeline)
        for slot, expected in replay_slots(box_density, predictors, begin, stop, lambda date: model.fit, rate_of,
                                           rates.share_heard):
            yield (timeline.dates[timeline.date[slot]], timeline.codes[timeline.shift[slot]], expected,
                   happened.get(slot, nothing))

    def _check_as_of(self, as_of: pd.Timestamp) -> None:
        if as_of < self.as_of:
            raise ConnectError(f"The model knows what was reported until {self.as_of:%Y-%m-%d %H:%M} UTC, which is "
                               "later than AS_OF; train one with an earlier AS_OF.")


class _Histories:
    """Histories of all crime types, each made once on the widest timeline and cut for those that begin later."""

    def __init__(self, events: AdmittedEvents, context: ForecastContext, widest: Timeline,
                 reporting: dict[str, Reporting], moment: int) -> None:
        self._events, self._context, self._widest = events, context, widest
        self._reporting, self._moment = reporting, moment
        self._made: dict[str, EventHistory] = {}

    def predictors(self, crime_type: str, model: TypeModel, timeline: Timeline) -> Predictors:
        """What the forecast of a type looks back on."""
        others: dict[PredictorSource, EventHistory] = {
            CrimeEvents(code): self._of(code, timeline) for code in model.others}
        return Predictors(self._of(crime_type, timeline), timeline, {**self._context.places, **others})

    def _of(self, crime_type: str, timeline: Timeline) -> EventHistory:
        if crime_type in self._context.coverage:
            return self._context.history(self._events, crime_type, timeline, self._reporting.get(crime_type),
                                         self._moment)
        if crime_type not in self._made:
            self._made[crime_type] = self._context.history(self._events, crime_type, self._widest)
        return self._made[crime_type].since(self._widest.start.size - timeline.start.size)


def _score_type(crime_type: str, model: TypeModel, predictors: Predictors, context: ForecastContext, shift_date: str,
                shift: str, moment: int) -> ScoredBoxes:
    history, timeline, boxes = predictors.own, predictors.timeline, context.boxes
    box_density = BoxDensity(model.rung, context.smoother, timeline)
    counts = predictors.counts_at(box_density.lookbacks, len(boxes), moment)
    slot = timeline.position(shift_date, shift)
    density = box_density.density(counts, model.fit, np.array([slot]))[:, 0]
    rates = RateTerms(history, timeline, memory=model.rate.memory)
    total = model.rate.expected(rates.at(moment, slot))[0]
    expected = expected_in(total, density, history, rates.share_heard[slot], timeline.start[slot])
    exposure, unsure, covered = _exposure(history, model, moment, timeline.start[slot], len(boxes))
    low, high = model.uncertainty.interval(expected, exposure=exposure, unsure=unsure)
    order = np.sort(expected)
    reasons = np.empty(len(boxes), dtype=object)
    reasons[:] = [[] for _ in range(len(boxes))]
    top = np.argsort(-expected, kind="stable")[:int(np.ceil(EXPLAINED * len(boxes)))]
    told = explain(crime_type, box_density.surfaces, model.fit, counts, predictors, moment, top, slot, context.size)
    for box, texts in zip(top, told):
        reasons[box] = texts
    for box in np.flatnonzero(covered < 0.5):
        listening = history.listening
        reasons[box] = outside_coverage(reasons[box], listening is not None and listening.reporting.factor > 0)
    return pd.DataFrame({"box_id": boxes["box_id"], "crime_type": crime_type, "expected": expected, "low": low,
                         "high": high, "percentile": 100.0 * np.searchsorted(order, expected) / len(boxes),
                         "reasons": reasons, "coverage": covered})


def _exposure(history: EventHistory, model: TypeModel, moment: int, start: int, boxes: int) -> tuple[Any, Any, Floats]:
    """For the interval: exposure of each box and what reports leave unsure; and the share of it that sensors cover."""
    listening = history.listening
    if listening is None:
        return 1.0, 0.0, np.full(boxes, np.nan)
    lookback = [Lookback("window", float(np.clip(model.uncertainty.evidence, 28.0, 3650.0)))]
    exposure = np.maximum(listening.exposure(lookback, moment)[:, 0], _LEAST_EXPOSURE)
    heard = listening.exposure(lookback, moment, listening.heard)[:, 0]
    return exposure, (1.0 - heard) * listening.reporting.variance, listening.heard_share(start)


def train(events: Events, boxes: Boxes, calendar: ShiftCalendar, as_of: Any, *, size: float = 250.0,
          crime_types: Sequence[str] | None = None, seed: int = 1, plan_hour: str = "05:00",
          progress: Progress = SILENT, ladder: Sequence[Rung] = RUNGS, coverage: SensorAreas | None = None,
          places: Places | None = None, days: CalendarDays | None = None,
          firework_days: Sequence[str] = (), delays_unknown: Sequence[str] = ()) -> ForecastModel:
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
        Those to forecast; all that have events if not given. Events of others may tell of them.
    seed : int
        Of everything random: the bootstrap that chooses rungs, the sample of places, the trees.
    plan_hour : str
        Local time at which the plan of a date is made; validation replays it.
    ladder : sequence of Rung
        The rungs to choose from; a single one to see what it alone would do.
    coverage : pandas.DataFrame, optional
        Where and when gunshot sensors listen: from_date, to_date (ISO or None), boxes (dict of box id to the share of
        it). Without it, or empty, everywhere and always.
    places : pandas.DataFrame, optional
        kind, x, y (metres). Kinds that are not in ``allowed_inputs.PLACE_KINDS`` are refused and named on the card.
    days : pandas.DataFrame, optional
        Calendar of holidays, school days, events and weather: date, kind, name, value, known_utc.
    firework_days : sequence of str
        ``MM-DD/MM-DD``: days on which gunfire takes no holiday from the calendar.
    delays_unknown : sequence of str
        Crime types of which no report times are on record, so that ``known_utc`` is a guess; the card says so.

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
    events, refused = admit_events(events)
    events = _known(events, as_of)
    crime_types = sorted(set(events["crime_type"])) if crime_types is None else list(dict.fromkeys(crime_types))
    for crime_type in crime_types:
        check_crime_type(crime_type)
    events = events[events["crime_type"].map(may_be_forecast).astype(bool)]
    if not events["crime_type"].isin(crime_types).any():
        raise ConnectError("No events are known at that moment; import incidents or gunfire alerts first, or choose "
                           "a later AS_OF.")
    context = ForecastContext.of(boxes, calendar, size, plan_hour=plan_hour, coverage=coverage, places=places,
                                 days=days, moment=as_of.value, firework_days=firework_days,
                                 related=sorted({*events["crime_type"], *crime_types}))
    learnt = {}
    for number, crime_type in enumerate(crime_types):
        part = progress.part(number / len(crime_types), (number + 1) / len(crime_types))
        part.report(0.0, "Training " + crime_type.replace("_", " "))
        learnt[crime_type] = learn_type(events, crime_type, context, as_of, seed=seed, progress=part, ladder=ladder)
    model = ForecastModel(as_of, int(seed), float(size), plan_hour, tuple(calendar.codes),
                          {code: one.model for code, one in learnt.items() if one}, _hash(events, context), _versions(),
                          {})
    return replace(model, card=make_card(model, context, refused, learnt, ladder, delays_unknown))


def learn_type(events: AdmittedEvents, crime_type: str, context: ForecastContext, as_of: pd.Timestamp, *, seed: int = 1,
               progress: Progress = SILENT, ladder: Sequence[Rung] = RUNGS,
               every_rung: bool = False) -> LearntType | None:
    """Learn one crime type.

    Parameters
    ----------
    events : pandas.DataFrame
        Admitted, known at ``as_of``, of all crime types.
    context : ForecastContext
    every_rung : bool
        Also keep the fit of each rung not chosen (``outcome.fits``).

    Returns
    -------
    Learnt or None
        None where no event of the type is known.
    """
    own = events[events["crime_type"] == crime_type]
    if own.empty:
        return None
    # A type with too few events to tell since when its source reports goes by all types.
    start = first_date(context.calendar, own if len(own) >= _EVENTS_FOR_OWN_START else events)
    timeline = context.seen_by(crime_type, context.timeline(start, _local_date(context.calendar, as_of)))
    predictors = context.predictors(events, crime_type, timeline, context.others(crime_type), progress=progress)
    history, delay = predictors.own, _delay(own)
    last = _end(history, timeline, as_of, delay)
    usable = ladder_for(ladder, context.others(crime_type), context.kinds)
    outcome = train_type(usable, predictors, context.smoother, last, _generator(seed, crime_type), progress, every_rung)
    model = TypeModel(*_pruned(outcome.rung, outcome.fit), outcome.rate, outcome.uncertainty, start, outcome.too_rare,
                      history.listening.reporting if history.listening else None)
    counted = int((own["heard"] > 0).sum())
    return LearntType(model, outcome, history, timeline.dates[:last], delay, counted, as_of.value)


def _pruned(item: Rung, fit: RungFit) -> tuple[Rung, RungFit]:
    """A rung and its fit without the surfaces that have no weight."""
    kept = [place for place, weight in enumerate(fit.weights) if weight > 0]
    terms = item.terms if fit.forest is not None else ()
    return (replace(item, features=tuple(item.features[place] for place in kept), terms=terms),
            replace(fit, weights=tuple(fit.weights[place] for place in kept)))


def _moment(as_of: Any) -> pd.Timestamp:
    moment = pd.Timestamp(as_of)
    if moment is pd.NaT:
        raise ConnectError("AS_OF must be a moment, as in 2017-12-14T05:00:00-05:00.")
    return moment.tz_localize("UTC") if moment.tzinfo is None else moment.tz_convert("UTC")


def _known(events: AdmittedEvents, as_of: pd.Timestamp) -> AdmittedEvents:
    return events[events["known_utc"] <= as_of.value]


def _local_date(calendar: ShiftCalendar, moment: Any) -> str:
    return str(calendar.to_local([pd.Timestamp(moment)])[0].date())


def first_date(calendar: ShiftCalendar, events: AdmittedEvents) -> str:
    """Date from which the source of admitted events reports: a stray old record does not count."""
    known = np.sort(events["known_utc"].to_numpy())
    return _local_date(calendar, pd.Timestamp(known[int(0.002 * known.size)], tz="UTC"))


def _delay(events: AdmittedEvents) -> int:
    """Days until nine of ten events are known, 1 to 28: so much of the newest past is still filling up."""
    events = events[events["heard"] > 0]
    if events.empty:
        return _LONGEST_DELAY_DAYS
    delay = (events["known_utc"] - events["from_utc"]).to_numpy() / DAY
    return int(np.clip(np.ceil(np.quantile(delay, 0.9)), 1, _LONGEST_DELAY_DAYS))


def _end(history: EventHistory, timeline: Timeline, as_of: pd.Timestamp, delay: int) -> int:
    """Position of the first date too late to learn from: reports still come in, or the source had ended."""
    last = max(int(np.searchsorted(timeline.origin, as_of.value, side="right")) - 1 - delay, 0)
    observed = np.flatnonzero(observed_dates(history, timeline, as_of.value)[:last])
    return int(observed[-1]) + 1 if observed.size else last


def _generator(seed: int, crime_type: str) -> np.random.Generator:
    digest = hashlib.sha256(crime_type.encode()).digest()
    return np.random.default_rng([int(seed), int.from_bytes(digest[:8], "big")])


def _hash(events: AdmittedEvents, context: ForecastContext) -> str:
    whole = hashlib.sha256()
    for frame in (events, context.boxes, *([] if context.days is None else [context.days])):
        for name in frame.columns:
            column = np.asarray(frame[name])
            whole.update(name.encode())
            whole.update("\n".join(map(str, column)).encode() if column.dtype.kind == "O" else column.tobytes())
    for source, history in context.places.items():
        whole.update(source.text.encode() + history.box.tobytes() + history.weight.tobytes())
    return whole.hexdigest()


def _versions() -> dict[str, str]:
    import scipy

    found = {"python": platform.python_version(), "numpy": np.__version__, "pandas": pd.__version__,
             "scipy": scipy.__version__}
    if can_grow():
        import sklearn

        found["scikit-learn"] = sklearn.__version__
    return found
