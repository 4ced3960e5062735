"""How many events a slot brings."""

from dataclasses import replace

import numpy as np
import pandas as pd
from made_city import SIZE, make_boxes

from shotspotter_connect_plugin.forecast.allowed_inputs import admit_boxes, admit_events
from shotspotter_connect_plugin.forecast.citywide_rate import RateTerms, fit_rate, observed_at_origins, observed_dates
from shotspotter_connect_plugin.forecast.event_history import Timeline, make_history

BOXES = admit_boxes(make_boxes(2, 2))


def history_of(calendar, timeline, rate, seed=1):
    """Poisson events by slot, known half an hour later."""
    rng = np.random.default_rng(seed)
    number = rng.poisson(rate)
    moment = np.repeat(timeline.start, number) + 3_600_000_000_000
    frame = pd.DataFrame(
        {"crime_type": "theft", "x": 100.0, "y": 100.0, "from_utc": pd.DatetimeIndex(moment).tz_localize("UTC")}
    )
    frame["known_utc"] = frame["from_utc"] + pd.Timedelta(minutes=30)
    return make_history(admit_events(frame)[0], BOXES, SIZE, calendar, timeline)


def fitted(history, timeline, first, last):
    observed = observed_dates(history, timeline, timeline.origin[-1])[timeline.date]
    terms = RateTerms(history, timeline)
    slots, known = terms.at_origins(first, last)
    events = np.bincount(history.slot, history.weight, minlength=timeline.start.size)[slots]
    use = observed[slots]
    rate = fit_rate((known[0][use], known[1][use]), events[use], 3, last - first)
    return slots, rate.expected(known), terms, rate


def test_shift_weekday_and_season_are_learnt(calendar):
    timeline = Timeline(calendar, "2015-01-01", "2018-12-31")
    rate = np.array([1.0, 3.0, 2.0])[timeline.shift] * np.where(timeline.weekday >= 4, 1.3, 0.9)
    rate *= 1.0 + 0.25 * np.cos(2 * np.pi * (timeline.season - 0.55))
    history = history_of(calendar, timeline, 2.0 * rate)
    slots, expected, _, _ = fitted(history, timeline, 60, len(timeline.dates))
    truth = 2.0 * rate[slots]
    late = timeline.date[slots] > 500
    error = np.log(expected[late] / truth[late])
    assert abs(error.mean()) < 0.03 and error.std() < 0.12
    for shift in range(3):
        part = late & (timeline.shift[slots] == shift)
        assert abs(np.log(expected[part].sum() / truth[part].sum())) < 0.04


def test_a_falling_rate_is_followed(calendar):
    timeline = Timeline(calendar, "2015-01-01", "2017-12-31")
    rate = 4.0 * np.exp2(-timeline.date / 400.0)
    slots, expected, _, _ = fitted(history_of(calendar, timeline, rate), timeline, 60, len(timeline.dates))
    late = timeline.date[slots] > 700
    assert abs(np.log(expected[late].sum() / rate[slots][late].sum())) < 0.1


def test_a_gap_in_the_data_is_no_quiet_time(calendar):
    timeline = Timeline(calendar, "2016-01-01", "2017-12-31")
    gone = (timeline.date >= 300) & (timeline.date < 420)
    history = history_of(calendar, timeline, np.where(gone, 0.0, 1.0))
    observed, date = observed_dates(history, timeline, timeline.origin[-1]), np.arange(len(timeline.dates))
    assert not observed[(date > 301) & (date < 418)].any()
    assert observed[(date < 299) | (date > 421)].all()
    slots, expected, _, _ = fitted(history, timeline, 60, len(timeline.dates))
    after = (timeline.date[slots] >= 421) & (timeline.date[slots] < 440)
    assert 0.8 < expected[after].mean() < 1.25


def test_a_rare_type_has_no_false_gaps(calendar):
    timeline = Timeline(calendar, "2016-01-01", "2017-12-31")
    history = history_of(calendar, timeline, np.full(timeline.start.size, 0.02))
    assert observed_dates(history, timeline, timeline.origin[-1]).all()


def test_the_first_event_makes_no_gap_of_the_time_before(calendar):
    """One event on one day is no rate of one a day."""
    timeline = Timeline(calendar, "2016-01-01", "2016-06-30")
    history = history_of(calendar, timeline, np.where(np.arange(timeline.start.size) == 450, 1.0, 0.0))
    assert history.weight.sum() >= 1 and observed_dates(history, timeline, timeline.origin[-1]).all()


def test_what_is_a_gap_is_decided_from_what_was_known_then(calendar):
    """The first days of a silence are quiet days until it is too long; an outage moves no forecast made before."""
    timeline = Timeline(calendar, "2016-01-01", "2017-12-31")
    silent = timeline.date >= 300
    whole = history_of(calendar, timeline, np.full(timeline.start.size, 1.0))
    kept = ~silent[whole.slot]
    cut = replace(whole, slot=whole.slot[kept], box=whole.box[kept], weight=whole.weight[kept], known=whole.known[kept])
    (slots, before), (_, after) = (RateTerms(one, timeline).at_origins(60, 300) for one in (whole, cut))
    np.testing.assert_array_equal(before[0], after[0])
    np.testing.assert_array_equal(before[1], after[1])
    told = dict(observed_at_origins(cut, timeline, 300, 400))
    assert told[303][:304].all()  # nine events that stay away may be luck
    assert not told[310][301:].any() and told[310][:299].all()
    for date, observed in told.items():
        np.testing.assert_array_equal(observed, observed_dates(cut, timeline, timeline.origin[date]))


def test_one_slot_alone_has_the_terms_it_has_among_others(calendar):
    timeline = Timeline(calendar, "2017-01-01", "2017-12-31")
    history = history_of(calendar, timeline, np.full(timeline.start.size, 0.7))
    slots, expected, terms, rate = fitted(history, timeline, 60, len(timeline.dates))
    slot = int(slots[250])
    alone = rate.expected(terms.at(timeline.origin[timeline.date[slot]], slot))[0]
    assert np.isclose(alone, expected[250], rtol=1e-9)


def test_few_events_leave_the_rate_alone(calendar):
    timeline = Timeline(calendar, "2017-01-01", "2017-12-31")
    history = history_of(calendar, timeline, np.full(timeline.start.size, 0.01))
    slots, expected, _, _ = fitted(history, timeline, 60, len(timeline.dates))
    rate = history.weight.sum() / timeline.start.size
    assert (expected > rate / 4).all() and (expected < rate * 4).all()
