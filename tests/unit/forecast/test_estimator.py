"""The estimator behaves as users of scikit-learn expect."""

import numpy as np
import pandas as pd
import pytest
from made_city import HOT_AT_NIGHT
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import estimator_checks

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.forecast.estimator import Forecaster
from shotspotter_connect_plugin.forecast.ladder import rung

LADDER = (rung("kde_250_all"), rung("count_all"))


@pytest.fixture(scope="module")
def fitted(city):
    return Forecaster(city.boxes, city.calendar, city.as_of, ladder=LADDER).fit(city.events)


def rows(city, shift="night"):
    return pd.DataFrame(
        {"shift_date": city.date, "shift": shift, "box_id": city.boxes["box_id"], "crime_type": "robbery"}
    )


@pytest.mark.parametrize(
    "check",
    [
        estimator_checks.check_no_attributes_set_in_init,
        estimator_checks.check_get_params_invariance,
        estimator_checks.check_set_params,
    ],
)
def test_checks_of_scikit_learn(check):
    check("Forecaster", Forecaster())


def test_a_clone_has_the_parameters_and_no_fit(fitted, city):
    copy = clone(fitted)
    assert copy.get_params().keys() == fitted.get_params().keys() and copy.size == fitted.size
    with pytest.raises(NotFittedError):
        copy.predict(rows(city))
    assert copy.fit(city.events).model_.to_json() == fitted.model_.to_json()


def test_a_fit_ends_with_underscores_and_gives_itself(fitted, city):
    assert fitted.crime_types_ == ["robbery"] and fitted.card_["seed"] == 1
    assert fitted.n_features_in_ == len(city.events.columns) == len(fitted.feature_names_in_)


def test_predictions_are_the_model_s(fitted, city):
    expected = fitted.predict(rows(city))
    scored = fitted.model_.score(city.events, city.boxes, city.calendar, city.date, "night", city.as_of)
    assert (expected == scored["expected"].to_numpy()).all()
    assert city.boxes["box_id"].iloc[int(expected.argmax())] == "C{}R{}".format(*HOT_AT_NIGHT)
    mixed = pd.concat([rows(city), rows(city, "day")]).sample(frac=1.0, random_state=1)
    again = pd.Series(fitted.predict(mixed), index=[mixed["shift"], mixed["box_id"]])
    assert np.array_equal(again["night"][city.boxes["box_id"]].to_numpy(), expected)


def test_a_good_forecast_explains_deviance(fitted, city):
    expected = fitted.predict(rows(city))
    drawn = np.random.default_rng(1).poisson(expected * 50)
    assert 0.0 < fitted.score(rows(city), drawn / 50) < 1.0


def test_what_is_not_forecast_or_no_parameter_is_refused(fitted, city):
    with pytest.raises(ConnectError, match="not forecast"):
        fitted.predict(rows(city).assign(crime_type="arson"))
    with pytest.raises(ValueError, match="Invalid parameter"):
        fitted.set_params(depth=3)
    with pytest.raises(ConnectError, match="boxes and calendar"):
        Forecaster().fit(city.events)
