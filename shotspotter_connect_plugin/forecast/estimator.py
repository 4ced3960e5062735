"""The forecast for those who know scikit-learn: an estimator with fit, predict, score, get_params and set_params.

It needs no scikit-learn to exist, and stands on :func:`forecast_model.train` and
:class:`forecast_model.ForecastModel` alone.
"""
from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import ConnectError
from .forecast_model import train
from .instants import utc_index
from .ladder import RUNGS
from .trees import can_grow

if TYPE_CHECKING:
    from .arrays import ArrayLike, Floats
    from .forecast_frames import AskedBoxes, Boxes, CalendarDays, Events, Places, SensorAreas
    from .ladder import Rung
    from .shifts import ShiftCalendar

ROW = ("shift_date", "shift", "box_id", "crime_type")


class Forecaster:
    """Expected events of crime types per box and shift.

    Parameters
    ----------
    boxes : pandas.DataFrame
        box_id, col, row, inside.
    calendar : ShiftCalendar
    as_of : instant, optional
        Nothing known later is learnt; the last moment at which an event became known if not given.
    size : float
        Side of a box in metres.
    plan_hour : str
        Local time at which the plan of a date is made: a shift is predicted from what was known then.
    coverage, places, days : pandas.DataFrame, optional
        As for :func:`forecast_model.train`.
    ladder : sequence of Rung
        Ways to forecast to choose from.
    random_state : int
        Seed of everything random: the same data and seed give the same bits.

    Attributes
    ----------
    model_ : ForecastModel
    card_ : dict
        The model card.
    crime_types_ : list of str
    feature_names_in_ : numpy.ndarray
        Columns of the events it was fitted to.
    n_features_in_ : int
    """

    def __init__(self, boxes: Boxes | None = None, calendar: ShiftCalendar | None = None, as_of: Any = None,
                 size: float = 250.0, plan_hour: str = "05:00", coverage: SensorAreas | None = None,
                 places: Places | None = None, days: CalendarDays | None = None, ladder: Sequence[Rung] = RUNGS,
                 random_state: int = 1) -> None:
        self.boxes = boxes
        self.calendar = calendar
        self.as_of = as_of
        self.size = size
        self.plan_hour = plan_hour
        self.coverage = coverage
        self.places = places
        self.days = days
        self.ladder = ladder
        self.random_state = random_state

    @classmethod
    def _names(cls) -> list[str]:
        return sorted(name for name in inspect.signature(cls.__init__).parameters if name != "self")

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters of the constructor by name; ``deep`` changes nothing, as none of them is an estimator."""
        return {name: getattr(self, name) for name in self._names()}

    def set_params(self, **params: Any) -> Forecaster:
        """Change parameters; ValueError for a name that is none."""
        for name, value in params.items():
            if name not in self._names():
                raise ValueError(f"Invalid parameter {name!r} for estimator {type(self).__name__}. Valid parameters "
                                 f"are: {self._names()!r}.")
            setattr(self, name, value)
        return self

    def fit(self, X: Events, y: Any = None) -> Forecaster:  # noqa: N803
        """Learn from events, of which one row is one event; ``y`` is not used.

        Parameters
        ----------
        X : pandas.DataFrame
            As the events of :func:`forecast_model.train`.

        Returns
        -------
        Forecaster
            Itself.
        """
        if self.boxes is None or self.calendar is None:
            raise ConnectError("Give boxes and calendar to the Forecaster before fitting it.")
        as_of = utc_index(X["known_utc"]).max() if self.as_of is None else self.as_of
        self.model_ = train(X, self.boxes, self.calendar, as_of, size=self.size, seed=self.random_state,
                            plan_hour=self.plan_hour, ladder=self.ladder, coverage=self.coverage, places=self.places,
                            days=self.days)
        self.card_, self.crime_types_ = self.model_.card, list(self.model_.types)
        self.feature_names_in_ = np.array([str(name) for name in X.columns], dtype=object)
        self.n_features_in_ = len(X.columns)
        self._events = X
        return self

    def predict(self, X: AskedBoxes, events: Events | None = None) -> Floats:  # noqa: N803
        """Expected events of rows.

        Parameters
        ----------
        X : pandas.DataFrame
            shift_date, shift, box_id, crime_type.
        events : pandas.DataFrame, optional
            What is known by now; those it was fitted to if not given. A shift looks only at what was known at the plan
            hour of its date, or at ``as_of`` where that was later.

        Returns
        -------
        numpy.ndarray
            (rows,)

        Raises
        ------
        ConnectError
            When a box or crime type of a row is not forecast.
        """
        self._check_fitted()
        calendar, boxes = self.calendar, self.boxes
        if calendar is None or boxes is None:
            raise ConnectError("Give boxes and calendar to the Forecaster before fitting it.")
        rows = X[list(ROW)].reset_index(drop=True)
        expected = np.full(len(rows), np.nan)
        for (date, shift), part in rows.groupby(["shift_date", "shift"], sort=False):
            moment = max(calendar.as_of(date, self.plan_hour), self.model_.as_of)
            found = self.model_.score(self._events if events is None else events, boxes, calendar, date,
                                      shift, moment, coverage=self.coverage, places=self.places, days=self.days)
            found = found.set_index(["box_id", "crime_type"])["expected"]
            expected[part.index] = found.reindex(pd.MultiIndex.from_frame(part[["box_id", "crime_type"]])).to_numpy()
        if np.isnan(expected).any():
            row = rows.iloc[int(np.flatnonzero(np.isnan(expected))[0])]
            raise ConnectError(f"Box {row['box_id']} and crime type {row['crime_type']} are not forecast; the types "
                               f"are {', '.join(self.crime_types_)}.")
        return expected

    def score(self, X: AskedBoxes, y: ArrayLike) -> float:  # noqa: N803
        """Share of the Poisson deviance that the forecast explains (D², at most 1), as scikit-learn's Poisson
        regressors give it; ``y`` (rows,) are the events that came."""
        expected, y = self.predict(X), np.asarray(y, dtype=float)
        whole = _deviance(y, np.full(y.size, y.mean()))
        return 1.0 - _deviance(y, expected) / whole if whole > 0 else 0.0

    def _check_fitted(self) -> None:
        if hasattr(self, "model_"):
            return
        sentence = "This Forecaster is not fitted yet; call fit with events first."
        if can_grow():
            from sklearn.exceptions import NotFittedError

            raise NotFittedError(sentence)
        raise ConnectError(sentence)


def _deviance(observed: Floats, expected: Floats) -> float:
    """Poisson deviance."""
    logs = np.where(observed > 0, observed * np.log(np.where(observed > 0, observed, 1.0) / expected), 0.0)
    return float(2.0 * np.sum(logs - observed + expected))
