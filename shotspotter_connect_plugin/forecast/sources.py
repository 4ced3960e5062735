"""What a forecast looks back on: events of a crime type, places around, or how far the nearest is; and how long.

A model file holds each as its ``text``: ``""`` (the crime type forecast), ``robbery``, ``places:bar``,
``nearest 250:bar``.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Union

import numpy as np

if TYPE_CHECKING:
    from .arrays import Floats

EVER = float("inf")
_PLACES, _NEAREST = "places:", "nearest "


@dataclass(frozen=True)
class CrimeEvents:
    """Events of a crime type; of the one that is forecast where none is named."""

    crime_type: str = ""

    @property
    def text(self) -> str:
        """As it is stored."""
        return self.crime_type


@dataclass(frozen=True)
class PlaceCount:
    """How many places of a kind there are around."""

    kind: str

    @property
    def text(self) -> str:
        """As it is stored."""
        return _PLACES + self.kind


@dataclass(frozen=True)
class PlaceDistance:
    """How far the nearest place of a kind is: a nearness that falls by 1 - 1/e each so many metres."""

    kind: str
    metres: int

    @property
    def text(self) -> str:
        """As it is stored."""
        return f"{_NEAREST}{self.metres}:{self.kind}"


PredictorSource = Union[CrimeEvents, PlaceCount, PlaceDistance]
OWN = CrimeEvents()


def source_of(text: str) -> PredictorSource:
    """The source that is stored as a text; ValueError where the metres are no number."""
    if text.startswith(_PLACES):
        return PlaceCount(text[len(_PLACES):])
    if text.startswith(_NEAREST):
        metres, _, kind = text[len(_NEAREST):].partition(":")
        return PlaceDistance(kind, int(metres))
    return CrimeEvents(text)


@dataclass(frozen=True)
class Lookback:
    """``decay`` with a half-life of ``days``, or ``window`` of the last ``days`` (EVER for all of them).

    ``source``: OWN for events of the crime type forecast, else those of another crime type, or places.
    """

    kind: str
    days: float
    source: PredictorSource = OWN

    def weight(self, age: Floats) -> Floats:
        """What an event counts at an age in days."""
        if self.kind == "decay":
            return np.exp2(-age / self.days)
        return (age < self.days).astype(float)
