"""What a store keeps for the values of a column, and what it makes of what somebody else wrote there."""
import pandas as pd
import pytest

from shotspotter_connect_plugin.workspace.store.columns import decode, encode, to_json
from shotspotter_connect_plugin.workspace.store.tables import TABLES

DATE, MOMENT = TABLES["draws"].column("shift_date"), TABLES["draws"].column("drawn_utc")


def test_a_moment_beyond_what_nanoseconds_reach_is_none():
    read = decode(MOMENT, ["2023-05-01T12:00:00.000Z", None])
    assert read.tolist() == [pd.Timestamp("2023-05-01 12:00", tz="UTC"), pd.NaT]
    for moment in ("1677-12-31T23:59:59.999Z", "2262-01-01T00:00:00.001Z"):
        with pytest.raises(ValueError, match="out of the range"):
            decode(MOMENT, ["2023-05-01T12:00:00.000Z", moment])


def test_the_first_date_that_is_none_is_named():
    assert encode(DATE, ["2023-05-01", None]) == ["2023-05-01", None]
    with pytest.raises(ValueError, match="shift_date .* not '5/1/2023'"):
        encode(DATE, ["2023-05-01", "5/1/2023", "soon"])


def test_json_keeps_letters_as_they_are():
    assert to_json({"name": "Fußweg 3. Straße", "boxes": {"b", "a"}}) == (
        '{"name":"Fußweg 3. Straße","boxes":["a","b"]}')
