"""What a trained forecast consists of, as :mod:`model_file` writes and reads it."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional

import pandas as pd

from .box_density import RungFit
from .citywide_rate import CitywideRate
from .event_history import EventHistory
from .expected_interval import Uncertainty
from .ladder import Rung
from .listening import Reporting
from .sources import OWN, CrimeEvents
from .validation import TrainingOutcome


@dataclass(frozen=True)
class TypeModel:
    """What is forecast with for one crime type; ``reporting`` where sensor coverage was known."""

    rung: Rung
    fit: RungFit
    rate: CitywideRate
    uncertainty: Uncertainty
    start: str
    too_rare: bool
    reporting: Optional[Reporting] = None

    @property
    def others(self) -> list[str]:
        """Other crime types whose events it looks at."""
        sources = (feature.lookback.source for feature in self.rung.features + self.rung.terms)
        return [source.crime_type for source in dict.fromkeys(sources)
                if isinstance(source, CrimeEvents) and source != OWN]


@dataclass(frozen=True)
class ModelContent:
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
    shifts: tuple[str, ...]
    types: dict[str, TypeModel]
    data_hash: str
    versions: dict[str, str]
    card: dict[str, Any]


@dataclass(frozen=True)
class LearntType:
    """One crime type learnt: what is forecast with, how, from what, the days left out at the end, and when."""

    model: TypeModel
    outcome: TrainingOutcome
    history: EventHistory
    dates: list[str]
    delay: int
    events: int
    moment: int
