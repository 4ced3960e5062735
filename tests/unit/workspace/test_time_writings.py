"""Every way of writing a moment reads back within what it states, and nothing that is written raises."""
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shotspotter_connect_plugin.forecast.instants import HOUR, MINUTE
from shotspotter_connect_plugin.workspace.imports import clock_texts, unknown_times
from shotspotter_connect_plugin.workspace.imports.source_times import TimeReading, settle, survey, time_spans
from shotspotter_connect_plugin.workspace.imports.time_texts import NAT, parse, parse_clocks

MONTHS = {"French": "janv. févr. mars avril mai juin juil. août sept. oct. nov. déc.",
          "German": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
          "Spanish": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"}
EXACT = [
    "{0:%Y-%m-%d %H:%M:%S}", "{0:%Y%m%dT%H%M%S}", "{0:%Y%m%d%H%M%S}", "{0:%a %Y-%m-%d %H:%M:%S}",
    "{0:%d%b%Y:%H:%M:%S}", "{0:%d-%b-%y %I.%M.%S.000000 %p}", "{0:%a %b %d %H:%M:%S %Y}", "{0:%d/%b/%Y:%H:%M:%S}",
    "{0:%B %d, %Y at %I:%M:%S %p}", "{0:%H:%M:%S %Y-%m-%d}", "{0:%G-W%V-%u %H:%M:%S}", "{0:%Y-%jT%H:%M:%S}",
    "{0:%Y-%m-%d %H:%M:%S} ({0:%a})", "/Date({1}000)/", "{1}", "{1}.0", "{1}000", "{1}000000", "{1}000000000"]
COARSE = ["{0:%Y-%m-%dT%H:%M}", "{0:%Y%m%dT%H%M}", "{0:%Y-%m-%d}", "{0:%G-W%V-%u}", "{0:%G-W%V}", "{0:%Y-%m}",
          "{0:%m/%Y}", "{0:%B %Y}", "{0:%Y-%m-%d %I %p}", "{0:%Y%m%d}", "{0:%Y-%j}", "{0:%Y%m}"]
MOMENTS = st.datetimes(datetime(2001, 9, 10), datetime(2026, 1, 1)).map(lambda moment: moment.replace(microsecond=0))


def span(text, clock=None):
    parsed = parse([text], None if clock is None else [clock])
    reading = settle(TimeReading("UTC", True), survey(parsed, TimeReading("UTC", True)))
    found = time_spans(parsed, reading)
    return found.low[0], found.high[0]


def ns(moment):
    return pd.Timestamp(moment, tz="UTC").value


def seconds(moment):
    return ns(moment) // 10**9


@pytest.mark.parametrize("form", EXACT)
@given(moment=MOMENTS)
@settings(max_examples=25, deadline=None)
def test_exact_writings_read_back_to_the_second(form, moment):
    low, high = span(form.format(moment, seconds(moment)))
    # A time of midnight alone in its column may be a date.
    assert low == ns(moment) and (high == low or moment.time() == datetime.min.time())


@pytest.mark.parametrize("form", COARSE)
@given(moment=MOMENTS)
@settings(max_examples=25, deadline=None)
def test_coarse_writings_hold_the_moment_and_no_more_than_they_say(form, moment):
    low, high = span(form.format(moment, seconds(moment)))
    # A minute is read as its first second, as everywhere.
    assert low <= ns(moment) <= high + timedelta(minutes=1).total_seconds() * 10**9
    assert high - low < 32 * 86_400 * 10**9


@pytest.mark.parametrize("language", MONTHS)
@given(moment=MOMENTS)
@settings(max_examples=25, deadline=None)
def test_months_have_names_in_other_languages(language, moment):
    name = MONTHS[language].split()[moment.month - 1]
    joined = " de " if language == "Spanish" else ". " if language == "German" else " "
    text = f"{moment.day}{joined}{name}{' de ' if language == 'Spanish' else ' '}{moment.year} {moment:%H:%M:%S}"
    assert span(text)[0] == ns(moment)


@given(st.lists(st.one_of(st.text(max_size=40), st.floats().map(str), st.integers().map(str),
                          st.from_regex(r"[0-9TZ:/. +-]{0,24}", fullmatch=True)), max_size=12))
@settings(max_examples=150, deadline=None)
def test_nothing_that_is_written_raises(texts):
    parsed, clocks = parse(texts, texts), parse_clocks(texts)
    spans = time_spans(parsed, TimeReading("America/New_York"))
    assert ((spans.low == NAT) == (spans.high == NAT)).all() and (spans.low <= spans.high).all()
    assert len(clocks.clock) == len(texts)


@given(st.lists(st.times().map(lambda time: time.hour * 100 + time.minute), min_size=1, max_size=20))
@settings(max_examples=60, deadline=None)
def test_hours_and_minutes_without_zeros_are_told_from_hours(times):
    column = [*times, 1430]
    clocks = parse_clocks([str(time) for time in column])
    read = clocks.settled(clock_texts.form_of(clock_texts.counts_of(clocks.numbers)))
    assert (read.clock == [(time // 100 * 60 + time % 100) * 60 * 10**9 for time in column]).all()
    assert (read.covers == 0).all()
    hours = parse_clocks([str(time // 100) for time in times])
    read = hours.settled(clock_texts.form_of(clock_texts.counts_of(hours.numbers)))
    assert (read.clock == [time // 100 * 3600 * 10**9 for time in times]).all() and (read.covers == 3600).all()


@pytest.mark.parametrize("text,start,hours", [
    ("14:00-14:59", 14, 1), ("14-15", 14, 1), ("2 PM - 4 PM", 14, 2), ("2300-0059", 23, 2), ("14h", 14, 1)])
def test_hours_from_one_time_to_another(text, start, hours):
    day = pd.Timestamp("2023-03-14", tz="UTC")
    low, high = span("2023-03-14", text)
    assert low == (day + pd.Timedelta(hours=start)).value
    assert high == (day + pd.Timedelta(hours=start + hours)).value - 10**6


def test_times_that_come_too_often_stand_for_nothing():
    rng = np.random.default_rng(4)
    minutes = rng.integers(0, 1440, 600)
    counts = unknown_times.histogram(minutes * 60 * 10**9)
    assert unknown_times.stand_for_nothing(counts) == ()
    counts[43_200] += 60
    counts[60] += 60
    assert unknown_times.stand_for_nothing(counts) == (60, 43_200)
    assert unknown_times.stand_for_nothing(counts, only_midnight=True) == ()


def test_a_few_numbers_that_do_not_fit_leave_the_form_of_a_column_as_it_is():
    for others, slips, form in (([1830, 945, 37, 2359], ["9999", "2530"], clock_texts.MINUTES),
                                ([18, 9, 0, 23], ["99", "37"], clock_texts.HOURS),
                                ([183005, 94501, 3700, 235959], ["999999", "990000"], clock_texts.SECONDS)):
        texts = [str(number) for number in others * 10] + slips
        clocks = parse_clocks(texts)
        assert clock_texts.form_of(clock_texts.counts_of(clocks.numbers)) == form
        read = clocks.settled(form)
        assert (read.clock[:40] != NAT).all() and (read.clock[40:] == NAT).all() and read.written.all()


def test_hours_from_1_to_24_are_told_by_their_beginning_or_their_end():
    """Where a column has a 24 and never a 0, both ways of telling an hour lie within what is read."""
    def read(hours):
        clocks = parse_clocks([str(hour) for hour in hours])
        return clocks.settled(clock_texts.form_of(clock_texts.counts_of(clocks.numbers)))

    to_24 = read([*range(1, 25)] * 3)
    assert (to_24.clock[:24] == np.arange(24) * HOUR).all() and (to_24.covers == 7200).all()
    plain = read([*range(24)] * 3)
    assert (plain.clock[:24] == np.arange(24) * HOUR).all() and (plain.covers == 3600).all()
    assert (read([*range(25)] * 3).covers == 3600).all()  # 0 and 24 are both midnight
    assert read([24, 13]).clock.tolist() == [24 * HOUR, 13 * HOUR]  # too few to tell


def test_words_behind_a_time_of_day_are_read():
    clocks = parse_clocks(["14:30 hrs", "1430 hours", "14:30 Uhr", "'1430", "1430h", "evening", ""]).settled(
        clock_texts.MINUTES)
    assert (clocks.clock[:5] == 14 * HOUR + 30 * MINUTE).all()
    assert (clocks.clock[5:] == NAT).all() and clocks.written.tolist() == [True] * 6 + [False]
