"""What must hold for any track, and an independent, slow reading of the same rules."""
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import slow_visits
from examples import examples
from gps_tracks import START, random_tracks, taxis
from hypothesis import given, settings
from hypothesis import strategies as st

from shotspotter_connect_plugin.forecast.fishnet import Fishnet
from shotspotter_connect_plugin.forecast.instants import SECOND, nanoseconds
from shotspotter_connect_plugin.patrol.live_tracker import VisitTracker
from shotspotter_connect_plugin.patrol.tracks import clean_fixes
from shotspotter_connect_plugin.patrol.visits import VisitRules, find_visits

NET = Fishnet(250)
RULES = VisitRules()
MORE_RULES = [RULES, replace(RULES, leave_seconds=0, merge_seconds=0, drive_through_seconds=0),
              replace(RULES, gap_seconds=90, merge_seconds=200, leave_metres=60, leave_seconds=100),
              replace(RULES, leave_metres=0, leave_seconds=20, merge_seconds=30, drive_through_seconds=10)]

walks = st.builds(random_tracks, seed=st.integers(0, 2**32 - 1), units=st.integers(1, 3), fixes=st.integers(1, 200),
                  step=st.sampled_from([5.0, 30.0, 120.0]), every=st.sampled_from([3.0, 20.0, 60.0]))
rules = st.sampled_from(MORE_RULES)


def visits(fixes, rules=RULES, **more):
    return find_visits(fixes["unit"], fixes["at"], fixes["x"].to_numpy(), fixes["y"].to_numpy(), NET, rules, **more)


@settings(max_examples=examples(60), deadline=None)
@given(walks, rules)
def test_minutes_never_exceed_the_time_tracked_and_every_moment_has_one_box(fixes, rules):
    found = visits(fixes, replace(rules, drive_through_seconds=0))
    assert found.frame["minutes"].sum() == pytest.approx(found.counts["minutes_tracked"], abs=1e-6)
    assert found.counts["minutes_tracked"] <= sum(
        (group["at"].max() - group["at"].min()).total_seconds() / 60 for _, group in fixes.groupby("unit")) + 1e-9
    stay = (found.frame["left_utc"] - found.frame["entered_utc"]).dt.total_seconds() / 60
    assert (found.frame["minutes"] <= stay + 1e-9).all() and (found.frame["minutes"] > 0).all()
    lasting = visits(fixes, rules)
    assert len(lasting.frame) + lasting.counts["drive_throughs"] == len(found.frame)


@settings(max_examples=examples(30), deadline=None)
@given(walks, rules, st.integers(0, 2**32 - 1), st.sampled_from(["Asia/Kolkata", "America/New_York", "UTC"]))
def test_order_time_zone_and_chunks_do_not_matter(fixes, rules, seed, zone):
    expected = visits(fixes, rules).frame
    shuffled = fixes.sample(frac=1.0, random_state=seed).assign(at=lambda frame: frame["at"].dt.tz_convert(zone))
    pd.testing.assert_frame_equal(visits(shuffled, rules).frame, expected)
    pd.testing.assert_frame_equal(visits(fixes, rules, chunk=7).frame, expected)
    pd.testing.assert_frame_equal(visits(pd.concat([shuffled, fixes]), rules).frame, expected)


@settings(max_examples=examples(40), deadline=None)
@given(walks, rules, st.integers(0, 2**32 - 1))
def test_fixes_at_one_instant_add_no_time_and_their_order_does_not_matter(fixes, rules, seed):
    """Devices that tell no seconds: every fix of a minute has the same time."""
    known = np.random.default_rng(seed).choice([np.nan, 5.0, 20.0], len(fixes))
    coarse = fixes.assign(at=fixes["at"].dt.floor("min"), accuracy=known)
    found = visits(coarse, rules, accuracy=coarse["accuracy"])
    assert found.counts["used"] + sum(found.counts["dropped"].values()) == len(coarse)
    assert found.counts["minutes_tracked"] <= sum(
        (group["at"].max() - group["at"].min()).total_seconds() / 60 for _, group in coarse.groupby("unit")) + 1e-9
    shuffled = coarse.sample(frac=1.0, random_state=seed % 2**32)
    again = visits(shuffled, rules, accuracy=shuffled["accuracy"])
    pd.testing.assert_frame_equal(again.frame, found.frame)
    assert again.counts == found.counts
    alone = coarse.sort_values(["unit", "at", "accuracy", "x", "y"]).drop_duplicates(["unit", "at"])
    pd.testing.assert_frame_equal(visits(alone, rules, accuracy=alone["accuracy"]).frame, found.frame)


@settings(max_examples=examples(30), deadline=None)
@given(walks, rules)
def test_a_file_split_at_any_gap_gives_the_same_visits(fixes, rules):
    fixes = fixes[fixes["unit"] == "U0"]
    memory = max(rules.gap_seconds, rules.merge_seconds)
    breaks = np.flatnonzero(fixes["at"].diff().dt.total_seconds() > memory)
    expected = visits(fixes, rules).frame
    for place in breaks:
        parts = [visits(part, rules).frame for part in (fixes.iloc[:place], fixes.iloc[place:])]
        some = [part for part in parts if len(part)] or parts[:1]
        pd.testing.assert_frame_equal(pd.concat(some, ignore_index=True), expected)


EXACT = replace(RULES, leave_seconds=0, merge_seconds=0, drive_through_seconds=0, max_speed=1e9)


@settings(max_examples=examples(40), deadline=None)
@given(walks, st.floats(0.05, 0.95))
def test_a_file_split_anywhere_loses_the_step_at_the_cut_and_nothing_else(fixes, share):
    fixes = fixes[fixes["unit"] == "U0"].sort_values("at", ignore_index=True)
    cut = max(int(share * len(fixes)), 1)
    parts = [visits(part, EXACT) for part in (fixes.iloc[:cut], fixes.iloc[cut:])]
    whole = visits(fixes, EXACT).frame.groupby("box_id")["minutes"].sum()
    both = pd.concat([part.frame for part in parts]).groupby("box_id")["minutes"].sum()
    step = (fixes["at"].iloc[cut] - fixes["at"].iloc[cut - 1]).total_seconds() / 60 if cut < len(fixes) else 0.0
    step = step if step <= RULES.gap_seconds / 60 else 0.0
    lost = whole.subtract(both, fill_value=0)
    assert lost.sum() == pytest.approx(step, abs=1e-6) and (lost > -1e-6).all()


@settings(max_examples=examples(40), deadline=None)
@given(walks)
def test_thinning_moves_only_the_time_of_the_steps_it_makes(fixes):
    fixes = fixes[fixes["unit"] == "U0"].sort_values("at", ignore_index=True)
    keep = np.ones(len(fixes), dtype=bool)
    keep[1:-1:2] = False
    thin = fixes[keep]
    if (thin["at"].diff().dt.total_seconds() > RULES.gap_seconds).any():
        return  # a silence stays a silence, or becomes one: then time is lost, as the rules want it
    whole, half = visits(fixes, EXACT), visits(thin, EXACT)
    assert half.counts["minutes_tracked"] == pytest.approx(whole.counts["minutes_tracked"], abs=1e-6)
    assert half.frame["minutes"].sum() == pytest.approx(whole.frame["minutes"].sum(), abs=1e-6)
    cells = np.floor(fixes[["x", "y"]].to_numpy() / 250)
    dropped = np.flatnonzero(~keep)
    # Only where a dropped fix and its two neighbours are not all in one box can time change its box.
    changes = [at for at in dropped if (cells[at - 1:at + 2] != cells[at]).any()]
    seconds = (fixes["at"] - fixes["at"].iloc[0]).dt.total_seconds().to_numpy()
    most = sum(seconds[at + 1] - seconds[at - 1] for at in changes) / 60
    moved = whole.frame.groupby("box_id")["minutes"].sum().subtract(
        half.frame.groupby("box_id")["minutes"].sum(), fill_value=0).abs().sum() / 2
    assert moved <= most + 1e-6


@settings(max_examples=examples(30), deadline=None)
@given(walks, st.integers(-40, 40), st.integers(-40, 40))
def test_moving_a_track_by_whole_boxes_moves_its_visits(fixes, columns, rows):
    here = visits(fixes).frame
    there = visits(fixes.assign(x=fixes["x"] + columns * 250, y=fixes["y"] + rows * 250)).frame
    col, row = NET.parse(here["box_id"])
    assert there["box_id"].tolist() == NET.ids(col + columns, row + rows).tolist()
    assert np.allclose(here["minutes"], there["minutes"], atol=1e-6)


@settings(max_examples=examples(30), deadline=None)
@given(walks, st.integers(2, 5))
def test_fixes_between_two_others_on_a_straight_way_change_nothing(fixes, parts):
    sparse = visits(fixes.assign(), replace(RULES, max_speed=1e9))
    dense = []
    for unit, group in fixes.groupby("unit"):
        seconds = (group["at"] - START).dt.total_seconds().to_numpy()
        if len(seconds) < 2:
            continue
        # A silence stays a silence: only steps that are part of a track get fixes between.
        extra = [np.linspace(a, b, parts, endpoint=False)[1:] for a, b in zip(seconds[:-1], seconds[1:])
                 if b - a <= 300]
        moments = np.unique(np.concatenate([seconds, *extra]))
        dense.append(pd.DataFrame({"unit": unit, "at": START + pd.to_timedelta(moments, unit="s"),
                                   "x": np.interp(moments, seconds, group["x"]),
                                   "y": np.interp(moments, seconds, group["y"])}))
    if dense:
        found = visits(pd.concat(dense), replace(RULES, max_speed=1e9))
        assert found.counts["minutes_tracked"] == pytest.approx(sparse.counts["minutes_tracked"], abs=1e-6)
        assert found.frame["minutes"].sum() == pytest.approx(sparse.frame["minutes"].sum(), abs=0.05)


@settings(max_examples=examples(40), deadline=None)
@given(walks, rules)
def test_the_slow_reading_of_the_rules_agrees(fixes, rules):
    fixes = fixes.sort_values(["unit", "at"], ignore_index=True)
    at, x, y = nanoseconds(fixes["at"]), fixes["x"].to_numpy(), fixes["y"].to_numpy()
    keep, track, _ = clean_fixes(pd.factorize(fixes["unit"])[0], at, x, y, None, rules)
    origin = START.value
    for unit in fixes["unit"].unique():
        own = keep[(fixes["unit"].to_numpy()[keep] == unit)]
        numbers = track[(fixes["unit"].to_numpy()[keep] == unit)]
        tracks = [[((at[i] - origin) / SECOND, x[i], y[i]) for i in own[numbers == number]]
                  for number in np.unique(numbers)]
        slow = slow_visits.visits(tracks, 250, rules)
        fast = visits(fixes[fixes["unit"] == unit], rules).frame
        assert sorted((f"C{cell[0]}R{cell[1]}" for cell, *_ in slow)) == sorted(fast["box_id"])
        slow = sorted((entered, left, minutes) for _, entered, left, minutes in slow)
        quick = sorted(zip((fast["entered_utc"] - START).dt.total_seconds(),
                           (fast["left_utc"] - START).dt.total_seconds(), fast["minutes"]))
        assert np.allclose(np.array(slow).reshape(-1, 3), np.array(quick).reshape(-1, 3), atol=1e-5)


def live(fixes, rules):
    """Visits that a tracker calls final, and all its events."""
    unit = fixes["unit"].iloc[0]
    tracker, events = VisitTracker(unit, NET, rules), []
    for row in fixes.itertuples():
        events += tracker.feed(row.at, row.x, row.y)
    events += tracker.advance(fixes["at"].max() + pd.Timedelta(days=1))
    final = pd.DataFrame([vars(event.visit) for event in events if event.kind == "final"],
                         columns=["unit", "box_id", "entered_utc", "left_utc", "minutes"])
    return final.sort_values(["entered_utc", "box_id"], ignore_index=True), events


@settings(max_examples=examples(40), deadline=None)
@given(walks, rules)
def test_the_live_patrol_ends_with_the_same_visits(fixes, rules):
    fixes = fixes[fixes["unit"] == "U0"]
    final, events = live(fixes, rules)
    expected = visits(fixes, rules).frame.sort_values(["entered_utc", "box_id"], ignore_index=True)
    assert final.values.tolist() == expected.values.tolist()
    state = {}
    for event in events:
        key = (event.visit.box_id, event.visit.entered_utc)
        before = state.get(key)
        allowed = {"opened": (None,), "updated": ("opened", "updated", "closed"),
                   "closed": ("opened", "updated", "closed"), "final": ("closed", "opened", "updated"),
                   "dropped": ("closed", "opened", "updated")}
        assert before in allowed[event.kind]
        state[key] = event.kind
    assert set(state.values()) <= {"final", "dropped"}


@pytest.mark.parametrize("unit", ["abboip", "eytups", "upthin", "eoydba"])
def test_the_live_patrol_ends_with_the_same_visits_on_real_tracks(unit):
    fixes = taxis().query("unit == @unit").sort_values("at").head(1500)
    final, _ = live(fixes, RULES)
    expected = visits(fixes).frame.sort_values(["entered_utc", "box_id"], ignore_index=True)
    assert final.values.tolist() == expected.values.tolist()
    assert len(expected) > 10
