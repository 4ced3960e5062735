"""What a forecast of one crime type looks back on: its own events, those of related types, and places.

Each is a :class:`history.History`; places are entries that were always known. Which related types and which places
matter is left to the fit of the weights, not decided here.
"""
import numpy as np

from .history import History, spread_places
from .surfaces import OWN, counts_at, recorded_at, roll

PLACES = "places:"
"""Before the kind, in the name of a source of places."""


class Past:
    """Histories by source on one timeline.

    Parameters
    ----------
    own : History
        Of the crime type forecast.
    timeline : Timeline
    others : dict of source -> History, optional
        Related crime types by code, kinds of places by ``PLACES`` + kind.
    """

    def __init__(self, own, timeline, others=None):
        self.own, self.timeline = own, timeline
        self._of = {OWN: own, **(others or {})}

    def counts_at(self, memories, boxes, moment):
        """Remembered counts (boxes, memories, shifts) at a moment, as :func:`surfaces.counts_at`; a source that is not
        there counts nothing."""
        return self._at(counts_at, memories, boxes, moment)

    def recorded_at(self, memories, boxes, moment):
        """The same as they are on record."""
        return self._at(recorded_at, memories, boxes, moment)

    def _at(self, count, memories, boxes, moment):
        counts = np.zeros((boxes, len(memories), len(self.timeline.codes)))
        for history, columns, part in self._parts(memories):
            counts[:, columns] = count(history, self.timeline, part, boxes, moment)
        return counts

    def roll(self, memories, boxes, first, last):
        """Remembered counts at the plan moment of each date, as :func:`surfaces.roll`."""
        counts = np.zeros((boxes, len(memories), len(self.timeline.codes)))
        rolls = []
        for history, columns, part in self._parts(memories):
            in_place = isinstance(columns, slice) and history.listening is None
            rolls.append((in_place, columns, roll(history, self.timeline, part, boxes, first, last,
                                                  counts[:, columns] if in_place else None)))
        for date in range(first, last):
            for in_place, columns, steps in rolls:
                found = next(steps)[1]
                if not in_place:
                    counts[:, columns] = found
            yield date, counts

    def _parts(self, memories):
        """History, positions of its memories and these, for each source that is there."""
        for source in dict.fromkeys(memory.source for memory in memories):
            if source in self._of:
                columns = [place for place, memory in enumerate(memories) if memory.source == source]
                # One source's memories stand side by side in a rung, which makes a slice of them.
                beside = columns == list(range(columns[0], columns[-1] + 1))
                yield (self._of[source], slice(columns[0], columns[-1] + 1) if beside else columns,
                       [memories[place] for place in columns])


def place_histories(places, boxes, size):
    """Histories of admitted places, by source; a kind with no place in the boxes is left out.

    Parameters
    ----------
    places : pandas.DataFrame
        As :func:`inputs.admit_places` gives them.
    """
    histories = {}
    for kind, rows in places.groupby("kind", sort=True):
        nothing = np.zeros(len(rows))
        event, box, share = spread_places(rows["x"].to_numpy(), rows["y"].to_numpy(), nothing, nothing, boxes, size)
        if event.size:
            always = np.full(event.size, np.iinfo(np.int64).min // 4)
            histories[PLACES + kind] = History(np.zeros(event.size, dtype=np.int64), box, share, always)
    return histories
