"""Sentences of Crime and Dosage: plain when nothing can be concluded, careful when something can."""
import dataclasses

import numpy as np
import pandas as pd
import pytest

from shotspotter_connect_plugin.frames import names_of
from shotspotter_connect_plugin.reports.builders import effect_words as words
from shotspotter_connect_plugin.workspace.numbers import effect_figures as step
from shotspotter_connect_plugin.workspace.numbers.number_frames import Estimates


def row(low, high, base=0.1, exposed=500, **more):
    """A row of estimates with an interval in events per box and shift."""
    value = (low + high) / 2
    values = {
        "what": step.DRAWN, "crime_type": step.ALL, "value": value, "low": low, "high": high, "base": base,
        "percent": 100 * value / base, "percent_low": max(100 * low / base, -100.0), "percent_high": 100 * high / base,
        "error": 0.01,
        "between_shifts": np.nan, "detectable": 0.03, "detectable_percent": 30.0, "shifts_for_20": 270.0,
        "strength": 400.0, "shifts": 120,
        "exposed": exposed, "events": 40.0, "comparable": base * exposed, "enough": base * exposed >= step.ENOUGH,
        "conclusive": not low <= 0 <= high, "bounded": True, "weak": False}
    return pd.Series({**values, **more})


def made(**changes):
    scope = step.EstimateScope(120, 300, 9000, 500, ("1", "2"), 0.002, 0.5, 40, 7)
    counts = {"draws": 120, "tests": 0, "drawn_again": 0, "lotteries": 120, "after_start": 0, "no_data_yet": 0}
    over = pd.DataFrame([("2024-01-01", "2024-01-07"), ("2024-01-08", "2024-01-10")], columns=["first", "last"])
    none = pd.DataFrame(columns=names_of(Estimates))
    found = step.Effects("2024-01-01", "2024-01-10", "", 7, none, over, none, scope, counts, 0.25, 0.05, 100, 120, 40,
                         False, None)
    return dataclasses.replace(found, **changes)


def test_an_interval_that_holds_no_effect_concludes_nothing():
    said = words.conclusion(row(-0.03, 0.02))
    assert said.startswith("Nothing can be concluded about reported crime.")
    assert "30 % fewer to 20 % more" in said and "30 % or more would have shown" in said and "about 270 shifts" in said


def test_fewer_events_are_told_with_interval_and_total():
    said = words.conclusion(row(-0.04, -0.01))
    assert "fewer events of reported crime" in said and "25 % fewer" in said and "40 % fewer to 10 % fewer" in said
    assert "In the 500 drawn boxes that is 5 to 20 events fewer." in said and "Nothing" not in said


def test_what_is_conclusive_says_that_it_overstates_and_what_would_have_shown():
    lucky = words.conclusion(row(-0.04, -0.01))  # 25 % fewer, where 30 % would have shown
    assert "The true change is probably smaller: only one of 30 % or more would have shown reliably (80" in lucky
    sure = words.conclusion(row(-0.06, -0.03))
    assert "The true change is probably smaller, but hardly by much: one of 30 % or more would have shown" in sure
    assert "30 % or more would have shown reliably" in words.beside(row(0.01, 0.04))
    hour = words.per_hour(row(-0.02, -0.005), made())
    assert "the true change is probably smaller, and only one of 3.0 events or more would have shown" in hour
    for nothing in (row(-0.03, 0.02), row(-0.004, -0.001, base=0.005), None):
        assert "probably smaller" not in words.conclusion(nothing)


def test_an_interval_without_an_end_is_told_in_words():
    wide = {"percent_high": np.inf, "bounded": False, "enough": True}
    for said in (words.conclusion(row(-0.03, 0.02, **wide)), words.interval(row(-0.03, 0.02, **wide)),
                 words.before(row(-0.03, 0.02, **wide)), words.beside(row(-0.03, 0.02, **wide))):
        assert "30 % fewer to any number more" in said and "inf" not in said and "nan" not in said
    more = words.conclusion(row(0.01, np.inf, value=0.04, percent=40.0, **wide))
    assert "10 % more to any number more" in more and "at least 5 events more" in more and "inf" not in more
    assert words.estimate(row(0.01, np.inf, value=0.04)) == "4.00 (1.00 or more)"


def test_more_events_warn_of_reporting():
    said = words.conclusion(row(0.01, 0.04), "gunfire alerts")
    assert "more events of gunfire alerts" in said and "more may also be reported" in said


def test_too_few_events_beat_everything_else():
    said = words.conclusion(row(-0.004, -0.001, base=0.005))
    assert said.startswith("Nothing can be concluded") and "too few events" in said
    assert "500 drawn boxes had 2.5;" in said
    assert words.interval(row(-0.004, -0.001, base=0.005)) == "too few events"
    assert "nothing to compare" in words.conclusion(None)


@pytest.mark.parametrize("estimate, part", [
    (row(-0.02, -0.005), "made 1.2 fewer events in the box, 95 % interval 2.0 fewer to 0.5 fewer"),
    (row(-0.02, 0.005), "Nothing can be concluded about what an hour of patrol does: the data fit 2.0 fewer to 0.5"),
    (row(-2.0, -0.5, weak=True, strength=3.25), "(F = 3.2, below 10 is weak), so nothing can be concluded"),
    (row(-np.inf, np.inf, bounded=False, conclusive=False), "so nothing can be concluded"),
    (row(-2.0, -0.5, base=0.001), "too few events"), (None, "no visits are known")])
def test_the_hour_of_patrol(estimate, part):
    said = words.per_hour(estimate, made())
    assert part in said
    assert estimate is None or "A drawn box got 15.0 minutes of patrol, a comparable undrawn one 3.0 minutes" in said


@pytest.mark.parametrize("estimate, part", [
    (row(0.01, 0.04), "more, as if crime had moved there"), (row(-0.04, -0.01), "fewer, as if the patrol had worked"),
    (row(-0.04, 0.02), "nothing can be concluded"), (row(-0.04, -0.02, base=0.001), "too few events"),
    (None, "cannot be told")])
def test_neighbours(estimate, part):
    assert part in words.beside(estimate)


@pytest.mark.parametrize("estimate, part", [
    (row(-0.01, 0.02), "shows nothing, as it should (95 % interval 10 % fewer to 20 % more)"),
    (row(0.01, 0.02), "Read the other results with caution"), (None, "could not be made"),
    (row(-0.01, 0.02, percent_low=np.nan, percent_high=np.nan), "0.01 fewer to 0.02 more events")])
def test_the_check_before(estimate, part):
    assert part in words.before(estimate)


def test_the_scope_names_its_boxes():
    said = words.scope(made())
    for part in ("300 boxes of beats 1, 2", "120 shifts", "neither 0 nor 1", "0.2 % and 50 %", "9,000", "500 were",
                 "40 boxes make up half", "7 boxes and of other times they say nothing"):
        assert part in said
    many = dataclasses.replace(made().scope, beats=tuple(str(n) for n in range(30)), boxes=1, half=1, other_boxes=1)
    said = words.scope(made(scope=many))
    assert "1 box of 30 beats (0 to 29)" in said and "1 box makes up half" in said and "other 1 box and" in said


def test_names_stay_names():
    scope = dataclasses.replace(made().scope, beats=("[% now() %]\n", "<b>"))
    assert "beats [% now() %], <b>:" in words.scope(made(scope=scope))


def test_what_was_left_out_is_told():
    counts = {"draws": 9, "tests": 1, "drawn_again": 2, "lotteries": 6, "after_start": 3, "no_data_yet": 4}
    said = " ".join(words.method(made(draws=counts)))
    for part in ("1 draw with a seed", "2 lotteries were drawn again; the first counts", "4 drawn shifts left out",
                 "40 more times"):
        assert part in said
    said = " ".join(words.method(made()))
    assert "drawn again" not in said and "sensors" not in said
    assert "sensors" in " ".join(words.method(made(alerts=True)))


@pytest.mark.parametrize("late, lotteries, part", [
    (1, 9, "1 shift of 9 was drawn only after the start"), (3, 9, "3 shifts of 9 were drawn only after the start"),
    (9, 9, "All 9 shifts were drawn only after the start"), (1, 1, "The only shift was drawn only after the start")])
def test_draws_made_too_late_are_told(late, lotteries, part):
    said = words.late(made(draws={"lotteries": lotteries, "after_start": late}))
    assert part in said and ("nothing below says what patrols did" in said) == (late == lotteries)
    assert words.late(made()) == ""


def test_a_change_larger_than_all_of_it_is_called_so():
    assert "could not have shown that patrols prevent crime" in words.conclusion(row(-0.1, 0.1,
                                                                                     detectable_percent=129.0))
    assert "could not" not in words.conclusion(row(-0.03, 0.02))
    assert words.smallest(129.0) == "more than all" and words.smallest(44.2) == "44 %"


def test_the_rule_for_too_few_events_and_ties_are_told():
    assert "at least 5 events" in words.rule() and words.tied(made(), 12) == ""
    scope = dataclasses.replace(made().scope, tied=139, most_chances=4.0)
    assert "139 boxes share the greatest sum of chances, 4.00" in words.tied(made(scope=scope), 12)
    assert words.estimate(row(-0.04, -0.01)) == "-2.50 (-4.00 to -1.00)"
    assert words.estimate(row(-0.04, -0.01, enough=False)) == "too few events"


def test_both_errors_are_told():
    one = pd.DataFrame([row(-0.03, 0.02, error=0.0123, between_shifts=0.0135)])
    said = " ".join(words.method(made(estimates=one)))
    assert "is 1.2 events per 100 drawn boxes by the draws; by the differences between the 120 shifts it" in said
    assert "standard error" not in " ".join(words.method(made()))


def test_a_short_last_week_is_told():
    assert "The last week has 3 days only." in words.over_time(made(), [])
    assert "Without events and patrols: Theft, Homicide." in words.over_time(made(days_each=1), ["Theft", "Homicide"])


@pytest.mark.parametrize("percent, said", [
    (-12.4, "12 % fewer"), (0.3, "no change"), (1234.0, "1,234 % more"), (np.nan, "an unknown share")])
def test_changes(percent, said):
    assert words.change(percent) == said
