"""Words and letters on sheets; no QGIS."""
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotspotter_connect_plugin.reports.paper import wording


@pytest.mark.parametrize("share, words", [
    (0.0, "0"), (0.0004, "< 0.1"), (0.001, "0.1"), (0.0044, "0.4"), (0.0094, "0.9"), (0.0096, "1"), (0.035, "4"),
    (0.07, "7"), (0.5, "50"), (0.994, "99"), (0.9951, "> 99"), (1.0, "100")])
def test_percent(share, words):
    assert wording.percent(share) == words


@given(st.floats(0, 1), st.floats(0, 1))
def test_percent_never_turns_the_order_around(one, other):
    def number(text):
        return {"< 0.1": 0.05, "> 99": 99.5}.get(text) or float(text)
    low, high = sorted((one, other))
    assert number(wording.percent(low)) <= number(wording.percent(high))


@given(st.floats(0, 1))
def test_certainty_is_claimed_only_where_it_is(share):
    assert (wording.percent(share) == "0") == (share == 0)
    assert wording.percent(share) != "100" or share == 1


def test_chance_in_words():
    assert wording.chance_in_words(0.04, 0.02, 0.07) == "4 % (2–7 %)"
    assert wording.chance_in_words(0.04, np.nan, np.nan) == "4 %"
    assert wording.chance_in_words(np.nan, 0.1, 0.2) == "–"


def test_minutes_in_words():
    assert wording.minutes_in_words(15.0, 0) == "15"
    assert wording.minutes_in_words(12.5, pd.NA) == "12.5"
    assert wording.minutes_in_words(15.0, 1) == "2 × 15"
    assert wording.minutes_in_words(np.nan, 1) == "–"


def test_dates_speak_english_and_name_the_day():
    assert wording.date_in_words("2019-08-06") == "Tuesday, 6 August 2019"
    moment = pd.Timestamp("2019-08-06 09:00", tz="UTC").tz_convert("America/New_York")
    assert wording.moment_in_words(moment) == "6 August 2019, 05:00 EDT"
    assert wording.moment_in_words(pd.NaT) == "" and wording.moment_in_words(None) == ""


def test_hours_name_the_day_on_which_a_shift_ends():
    zone = "America/New_York"
    start, noon, late = (pd.Timestamp(text, tz=zone) for text in
                         ("2019-08-06 07:00", "2019-08-06 15:00", "2019-08-07 07:00"))
    assert wording.hours_in_words(start, noon, "2019-08-06") == "07:00 to 15:00"
    assert wording.hours_in_words(noon, late, "2019-08-06") == "15:00 to 07:00 on Wednesday"


def test_letters_of_the_default_crime_types():
    names = ["Gunfire", "Homicide", "Aggravated assault", "Robbery", "Burglary", "Motor vehicle theft", "Theft"]
    assert wording.letter_codes(names) == list("GHARBMT")


@given(st.lists(st.text(max_size=12), max_size=60))
def test_letters_are_short_and_each_its_own(names):
    codes = wording.letter_codes(names)
    assert len(codes) == len(set(codes)) == len(names)
    assert all(code.isascii() and code.isalnum() and len(code) <= 2 for code in codes)


@given(st.text())
def test_clean_text_is_one_printable_line(text):
    cleaned = wording.clean(text)
    assert cleaned.isprintable() and cleaned == cleaned.strip() and "  " not in cleaned
    assert wording.clean(cleaned) == cleaned


def test_clean_takes_nulls_and_keeps_what_looks_like_a_command():
    assert [wording.clean(value) for value in (None, np.nan, pd.NA, 7)] == ["", "", "", "7"]
    assert wording.clean(" [% now() %]\n<b>=1+1\u202e ") == "[% now() %] <b>=1+1"


def test_beats_in_the_order_of_their_numbers():
    names = ["Beat 10", "beat 9", "101", "9", "North", "20A", "20B", "3 West"]
    assert sorted(names, key=wording.natural_key) == [
                  "3 West", "9", "20A", "20B", "101", "beat 9", "Beat 10", "North"]


@given(st.lists(st.text(max_size=8)))
def test_any_names_can_be_put_in_order(names):
    assert sorted(sorted(names, key=wording.natural_key)) == sorted(names)
