"""What a forecast stands on beside the events: boxes, shifts, sensor coverage, places, calendar."""
from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from ..progress import SILENT
from .allowed_inputs import BOX_COLUMNS, DAY_TERMS, admit_boxes, admit_calendar, admit_places
from .calendar_terms import make_timeline
from .gunfire_events import CRIME_TYPE as GUNFIRE
from .gunfire_events import on_days
from .instants import NAT, nanoseconds
from .predictors import Predictors, place_histories
from .sensor_coverage import SensorCoverage, history_with_coverage, spans_of_record
from .shifts import ShiftCalendar
from .sources import CrimeEvents, PlaceCount
from .surfaces import Smoother

if TYPE_CHECKING:
    from ..progress import Progress
    from .event_history import EventHistory, Timeline
    from .forecast_frames import AdmittedDays, AdmittedEvents, Boxes, CalendarDays, Places, SensorAreas
    from .listening import Reporting
    from .sources import PredictorSource


_Context = TypeVar("_Context", bound="ForecastContext")


@dataclass(frozen=True)
class ForecastContext:
    """Admitted inputs, the same for all crime types.

    ``coverage`` crime type -> :class:`sensor_coverage.SensorCoverage`; ``places`` source -> its history; ``days`` the
    admitted calendar; ``related`` crime types whose events may tell of others; ``refused`` columns and
    ``kinds_refused`` kinds of places that were left behind; ``firework_days`` as :mod:`gunfire_events` takes them.
    """

    boxes: Boxes
    smoother: Smoother
    calendar: ShiftCalendar
    size: float
    plan_hour: str = "05:00"
    coverage: dict[str, SensorCoverage] = field(default_factory=dict)
    places: dict[PredictorSource, EventHistory] = field(default_factory=dict)
    days: AdmittedDays | None = None
    related: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    kinds_refused: Sequence[str] = ()
    firework_days: Sequence[str] = ()

    @classmethod
    def of(cls: type[_Context], boxes: Boxes, calendar: ShiftCalendar, size: float, *, plan_hour: str = "05:00",
           coverage: SensorAreas | None = None, places: Places | None = None, days: CalendarDays | None = None,
           related: Sequence[str] = (), moment: int | None = None, **more: Any) -> _Context:
        """From frames as :func:`forecast_model.train` takes them; what may not enter is left out, and with a
        ``moment`` (nanoseconds of UTC) what only became known of dates after it."""
        refused = [str(name) for name in boxes.columns if name not in BOX_COLUMNS]
        boxes = admit_boxes(boxes)
        places, refused_places, kinds = admit_places(places)
        days, refused_days = admit_calendar(days)
        if days is not None and moment is not None:
            known = nanoseconds(days["known_utc"])
            days = days[(known == NAT) | (known <= moment)].reset_index(drop=True)
        covered = None if coverage is None else SensorCoverage.of(coverage, boxes)
        return cls(boxes, Smoother(boxes, size), calendar, float(size), plan_hour,
                   {} if covered is None else {GUNFIRE: covered}, place_histories(places, boxes, size), days,
                   tuple(related), (*refused, *refused_places, *refused_days), kinds, **more)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of places that have a place in the boxes."""
        return tuple(source.kind for source in self.places if isinstance(source, PlaceCount))

    def others(self, crime_type: str) -> tuple[str, ...]:
        """Crime types that may tell of one."""
        return tuple(code for code in self.related if code != crime_type)

    def timeline(self, first: str, last: str) -> Timeline:
        """Timeline of some dates, with the calendar's terms."""
        return make_timeline(self.calendar, first, last, self.plan_hour, self.days)

    def seen_by(self, crime_type: str, timeline: Timeline) -> Timeline:
        """A timeline as a crime type learns from it: a holiday on a day of fireworks is none for gunfire, of which
        nobody can tell how much was heard then."""
        if crime_type != GUNFIRE or not len(self.firework_days) or timeline.days is None:
            return timeline
        fireworks = on_days(timeline.dates, self.firework_days)[timeline.date]
        if not fireworks.any():
            return timeline
        changed, days = copy(timeline), timeline.days.copy()
        days[fireworks, list(DAY_TERMS).index("holiday")] = 0.0
        changed.days = days
        return changed

    def history(self, events: AdmittedEvents, crime_type: str, timeline: Timeline,
                reporting: Reporting | None = None, moment: int | None = None) -> EventHistory:
        """History of one crime type from admitted events of any; ``reporting`` and ``moment`` as
        :func:`sensor_coverage.history_with_coverage` takes them."""
        return history_with_coverage(events[events["crime_type"] == crime_type], self.boxes, self.size, self.calendar,
                                     timeline, self.coverage.get(crime_type), reporting, moment)

    def spans_of_record(self, events: AdmittedEvents, crime_types: Sequence[str], timeline: Timeline, first: int,
                        last: int) -> list[tuple[int, int]]:
        """Spans (start, stop) of dates that one set of :meth:`predictors` of some crime types, made as of the plan
        moment of its start, serves: what is known of gaps in coverage stays the same."""
        cuts = {first, last}
        for code in set(crime_types) & set(self.coverage):
            own = events[events["crime_type"] == code]
            spans = spans_of_record(own, self.boxes, self.size, self.calendar, timeline, first, last)
            cuts.update(start for start, _ in spans)
        ordered = sorted(cuts)
        return list(zip(ordered[:-1], ordered[1:]))

    def predictors(self, events: AdmittedEvents, crime_type: str, timeline: Timeline, others: Sequence[str] = (), *,
                   reporting: dict[str, Reporting] | None = None, moment: int | None = None,
                   progress: Progress = SILENT) -> Predictors:
        """What the forecast of a crime type looks back on.

        Parameters
        ----------
        events : pandas.DataFrame
            Admitted, of any type.
        others : sequence of str
            Crime types wanted beside it.
        reporting : dict of crime type -> sensor_coverage.Reporting, optional
            Learnt from the events where it is not given.
        moment : int, optional
            As for :meth:`history`.
        """
        known = reporting or {}
        histories: dict[PredictorSource, EventHistory] = {}
        for code in (crime_type, *others):
            progress.report(0.0)
            histories[CrimeEvents(code)] = self.history(events, code, timeline, known.get(code), moment)
        return Predictors(histories.pop(CrimeEvents(crime_type)), timeline, {**self.places, **histories})
