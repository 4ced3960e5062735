"""What a forecast of one crime type looks back on: its own events, those of related types, and places.

Each is a :class:`event_history.EventHistory`; places are entries that were always known. They tell in two ways: how
many there are around a box, and how far the nearest one is. Which related types and which places matter is left to the
fit of the weights, not decided here.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .box_layout import grid_of_boxes
from .event_history import EventHistory, spread_places
from .sources import OWN, PlaceCount, PlaceDistance
from .surfaces import counts_at, recorded_at, roll

if TYPE_CHECKING:
    from .arrays import Floats, Ints
    from .event_history import Timeline
    from .forecast_frames import Boxes, Places
    from .sources import Lookback, PredictorSource

NEAR_METRES = (250, 1000)
"""Nearness falls by 1 - 1/e each so many metres to the nearest place."""
# Chosen: the surfaces' own prior (1 event, 20 in a shift) is less than a ten-thousandth beside so many entries.
_SURELY = 1e6


class Predictors:
    """Histories by source on one timeline.

    Parameters
    ----------
    own : EventHistory
        Of the crime type forecast.
    timeline : Timeline
    others : dict of Source -> EventHistory, optional
        Related crime types and places.
    """

    def __init__(self, own: EventHistory, timeline: Timeline,
                 others: Mapping[PredictorSource, EventHistory] | None = None) -> None:
        self.own, self.timeline = own, timeline
        self._of = {OWN: own, **(others or {})}

    def counts_at(self, lookbacks: Sequence[Lookback], boxes: int, moment: int) -> Floats:
        """Remembered counts (boxes, lookbacks, shifts) at a moment, as :func:`surfaces.counts_at`; a source that is not
        there counts nothing."""
        return self._at(counts_at, lookbacks, boxes, moment)

    def recorded_at(self, lookbacks: Sequence[Lookback], boxes: int, moment: int) -> Floats:
        """The same as they are on record."""
        return self._at(recorded_at, lookbacks, boxes, moment)

    def _at(self, count: Callable[..., Floats], lookbacks: Sequence[Lookback], boxes: int, moment: int) -> Floats:
        counts = np.zeros((boxes, len(lookbacks), len(self.timeline.codes)))
        for history, columns, part in self._parts(lookbacks):
            counts[:, columns] = count(history, self.timeline, part, boxes, moment)
        return counts

    def metres_to(self, kind: str) -> Floats:
        """(boxes,) metres to the closest place of a kind."""
        return self._of[PlaceDistance(kind, NEAR_METRES[0])].metres  # type: ignore[attr-defined]

    def roll(self, lookbacks: Sequence[Lookback], boxes: int, first: int, last: int) -> Iterator[tuple[int, Floats]]:
        """Remembered counts at the plan moment of each date, as :func:`surfaces.roll`."""
        counts = np.zeros((boxes, len(lookbacks), len(self.timeline.codes)))
        rolls = []
        for history, columns, part in self._parts(lookbacks):
            in_place = isinstance(columns, slice) and history.listening is None
            rolls.append((in_place, columns, roll(history, self.timeline, part, boxes, first, last,
                                                  counts[:, columns] if in_place else None)))
        for date in range(first, last):
            for in_place, columns, steps in rolls:
                found = next(steps)[1]
                if not in_place:
                    counts[:, columns] = found
            yield date, counts

    def _parts(self, lookbacks: Sequence[Lookback]) -> Iterator[tuple[EventHistory, slice | list[int], list[Lookback]]]:
        """History, positions of its lookbacks and these, for each source that is there."""
        columns_of: dict[PredictorSource, list[int]] = {}
        for place, lookback in enumerate(lookbacks):
            columns_of.setdefault(lookback.source, []).append(place)
        for source, columns in columns_of.items():
            if source in self._of:
                # One source's memories stand side by side in a rung, which makes a slice of them.
                beside = columns == list(range(columns[0], columns[-1] + 1))
                yield (self._of[source], slice(columns[0], columns[-1] + 1) if beside else columns,
                       [lookbacks[place] for place in columns])


def place_histories(places: Places, boxes: Boxes, size: float) -> dict[PredictorSource, EventHistory]:
    """Histories of admitted places, by source; a kind with no place in the boxes is left out.

    Parameters
    ----------
    places : pandas.DataFrame
        As :func:`allowed_inputs.admit_places` gives them.
    """
    histories: dict[PredictorSource, EventHistory] = {}
    near: dict[PredictorSource, EventHistory] = {}
    for kind, rows in places.groupby("kind", sort=True):
        nothing = np.zeros(len(rows))
        event, box, share = spread_places(rows["x"].to_numpy(), rows["y"].to_numpy(), nothing, nothing, boxes, size)
        if event.size:
            histories[PlaceCount(kind)] = _always(box, share)
            near.update(_nearness(kind, rows, boxes, size))
    return {**histories, **near}


def _nearness(kind: str, rows: Places, boxes: Boxes, size: float) -> dict[PredictorSource, EventHistory]:
    """How near the centre of each box is to the closest place, beyond the border too: ``exp(-metres / scale) x inside``
    as shares of so many entries that nothing else counts in the surface."""
    from scipy.spatial import cKDTree

    centres = np.stack(grid_of_boxes(size, boxes["box_id"]).centres(boxes["col"], boxes["row"]), axis=1)
    distance = cKDTree(rows[["x", "y"]].to_numpy()).query(centres)[0]
    inside = np.maximum(boxes["inside"].to_numpy(dtype=float), 1e-6)
    found: dict[PredictorSource, EventHistory] = {}
    for metres in NEAR_METRES:
        # Closer than half a box there is no telling: the events of a box lie anywhere in it.
        near = np.maximum(np.exp(-np.maximum(distance, size / 2) / metres), 1e-9) * inside
        found[PlaceDistance(kind, metres)] = _always(np.arange(len(boxes)), _SURELY * near / near.sum(), Nearness,
                                                     metres=distance)
    return found


@dataclass(frozen=True)
class Nearness(EventHistory):
    """``metres`` (boxes,) from the centre of each box to the closest place, beside what surfaces make of it."""

    metres: Floats | None = None


def _always(box: Ints, weight: Floats, of: type[EventHistory] = EventHistory, **more: Any) -> EventHistory:
    """Entries that were always known."""
    known = np.full(box.size, np.iinfo(np.int64).min // 4)
    return of(np.zeros(box.size, dtype=np.int64), box, weight, known, **more)
