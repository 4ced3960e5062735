"""Only the allow-list reaches a forecast."""

import numpy as np
import pandas as pd
import pytest

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.forecast.allowed_inputs import (ALLOWED_CRIME_TYPES, EVENT_COLUMNS, admit_boxes,
                                                                admit_events, check_crime_type)
from shotspotter_connect_plugin.forecast.forecast_model import train


def test_other_columns_change_no_bit_of_model_or_forecast(city):
    rng = np.random.default_rng(3)
    extra = city.events.assign(
        victim_race=rng.choice(["a", "b"], len(city.events)),
        suspect_name="Jane Roe",
        arrests=rng.integers(0, 9, len(city.events)),
        population=rng.integers(0, 9999, len(city.events)),
        discovered=True,
    )
    boxes = city.boxes.assign(residents=rng.integers(0, 5000, len(city.boxes)), neighbourhood="x", beat="1")
    model = train(extra, boxes, city.calendar, city.as_of)
    assert model.types == city.model.types and model.data_hash == city.model.data_hash
    assert model.card["columns_refused"] == [
        "arrests",
        "beat",
        "discovered",
        "neighbourhood",
        "population",
        "residents",
        "suspect_name",
        "victim_race",
    ]
    plain, full = (
        item.score(frame, area, city.calendar, city.date, "day", city.as_of)
        for item, frame, area in ((city.model, city.events, city.boxes), (model, extra, boxes))
    )
    pd.testing.assert_frame_equal(plain, full, check_exact=True)


def test_the_order_of_rows_changes_no_bit(city):
    shuffled = city.events.sample(frac=1.0, random_state=5)
    boxes = city.boxes.sample(frac=1.0, random_state=6)
    assert train(shuffled, boxes, city.calendar, city.as_of).to_json() == city.model.to_json()


def test_admitted_are_the_columns_of_the_table_and_no_other():
    frame = pd.DataFrame(
        {
            "crime_type": ["theft"],
            "x": [1.0],
            "y": [2.0],
            "from_utc": ["2020-01-01T00:00Z"],
            "known_utc": ["2020-01-02T00:00Z"],
            "sex": ["?"],
            "age": [3],
        }
    )
    admitted, refused = admit_events(frame)
    assert list(admitted.columns) == list(EVENT_COLUMNS)
    assert refused == ["age", "sex"]
    assert admitted["to_utc"].tolist() == admitted["from_utc"].tolist()
    assert admitted["weight"].tolist() == [1.0]


def test_rows_without_place_time_or_knowledge_are_left_out():
    good = {
        "crime_type": "theft",
        "x": 1.0,
        "y": 2.0,
        "from_utc": "2020-01-01T00:00Z",
        "known_utc": "2020-01-02T00:00Z",
    }
    bad = [
        {"x": np.nan},
        {"y": np.inf},
        {"from_utc": None},
        {"known_utc": None},
        {"crime_type": None},
        {"weight": 0.0},
        {"weight": -1.0},
        {"weight": np.inf},
    ]
    admitted, _ = admit_events(pd.DataFrame([good] + [{**good, **change} for change in bad]))
    assert len(admitted) == 1


def test_nothing_happens_after_it_was_known():
    frame = pd.DataFrame(
        {
            "crime_type": ["theft"] * 3,
            "x": 0.0,
            "y": 0.0,
            "from_utc": ["2020-01-05T00:00Z"] * 3,
            "to_utc": ["2020-01-09T00:00Z", "2020-01-01T00:00Z", None],
            "known_utc": ["2020-01-07T00:00Z", "2020-01-07T00:00Z", "2020-01-02T00:00Z"],
        }
    )
    admitted, _ = admit_events(frame)
    assert (admitted["to_utc"] <= admitted["known_utc"]).all()
    assert (admitted["from_utc"] <= admitted["to_utc"]).all()


def test_a_missing_column_is_named():
    with pytest.raises(ConnectError, match="known_utc"):
        admit_events(pd.DataFrame({"crime_type": [], "x": [], "y": [], "from_utc": []}))
    with pytest.raises(ConnectError, match="inside"):
        admit_boxes(pd.DataFrame({"box_id": ["a"], "col": [1], "row": [1]}))
    with pytest.raises(ConnectError, match="no boxes"):
        admit_boxes(pd.DataFrame({"box_id": [], "col": [], "row": [], "inside": []}))


@pytest.mark.parametrize(
    "code",
    [
        "drugs",
        "prostitution",
        "disorder",
        "traffic",
        "narcotics_theft",
        "theft ",
        "Theft",
        "",
        "weapons",
        "robbery; drop table",
    ],
)
def test_types_open_to_enforcement_bias_are_refused(code, city):
    with pytest.raises(ConnectError):
        check_crime_type(code)
    with pytest.raises(ConnectError, match="is not forecast"):
        train(city.events.assign(crime_type=code), city.boxes, city.calendar, city.as_of)


def test_finer_types_are_allowed():
    for code in (*ALLOWED_CRIME_TYPES, "theft_from_auto", "burglary_residential"):
        assert check_crime_type(code) == code
