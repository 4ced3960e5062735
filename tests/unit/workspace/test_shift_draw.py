"""Meter, verify, commit and reveal on a workspace file; every way to falsify a draw is found."""
import itertools
import json
import shutil
import sqlite3
import stat
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_towns import new_town, quarters, square
from shapely.geometry import MultiPolygon

from shotspotter_connect_plugin.errors import Cancelled, ConnectError
from shotspotter_connect_plugin.forecast.shifts import ShiftCalendar
from shotspotter_connect_plugin.patrol import metering, seeds, verify
from shotspotter_connect_plugin.progress import Progress
from shotspotter_connect_plugin.workspace.steps.adjusting import adjust
from shotspotter_connect_plugin.workspace.steps.draw_proof import export_draw, verify_draw
from shotspotter_connect_plugin.workspace.steps.seed_promises import SEEDS_LOST, commitments, reveal_ended
from shotspotter_connect_plugin.workspace.steps.shift_draw import meter
from shotspotter_connect_plugin.workspace.steps.shift_plan import harm_reached, planned, publish, unpublished
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

REPLAY = Path(__file__).parents[3] / "docs" / "verify-a-draw.mjs"
PAST = "2019-03-01"
COMING = str((pd.Timestamp.now(tz="UTC") + pd.Timedelta(days=3)).date())
SIDE = 12  # 144 boxes in four beats


@pytest.fixture(autouse=True)
def known_seeds(monkeypatch):
    """Seeds that are the same in every run; tests/unit/patrol/test_seeds.py looks at the real ones."""
    count_seeds(monkeypatch)


def count_seeds(monkeypatch):
    numbers = itertools.count(1)
    monkeypatch.setattr(seeds, "new_seed", lambda: f"{next(numbers):064x}")


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    path = tmp_path_factory.mktemp("planning") / "template.gpkg"
    with new_town(path, square(0, 0, SIDE), quarters(SIDE)) as workspace:
        for date in (PAST, COMING):
            for shift in workspace.calendar.codes:
                forecast(workspace, date, shift)
    return path


@pytest.fixture
def workspace(template, tmp_path):
    path = tmp_path / "w.gpkg"
    shutil.copy(template, path)
    with open_workspace(path) as opened:
        yield opened


def forecast(workspace, date, shift):
    rng = np.random.default_rng(len(shift) + (int(date[-2:]) if date < PAST else 0))
    ids = workspace.read("boxes", ["box_id"])["box_id"]
    frames = [pd.DataFrame({"shift_date": date, "shift": shift, "box_id": ids, "crime_type": code,
                            "expected": rng.gamma(0.5, 0.02, len(ids))})
              for code in workspace.crime_types["crime_type"]]
    frame = pd.concat(frames, ignore_index=True)
    with workspace.transaction() as writer:
        writer.replace("forecasts", frame.assign(low=frame["expected"] / 2, high=frame["expected"] * 2),
                       {"shift_date": date, "shift": shift})


def configure(workspace, **changes):
    settings = workspace.settings
    for name, value in changes.items():
        setattr(settings, name, value)
    with workspace.transaction() as writer:
        writer.save_settings(settings)


def test_a_plan_holds_what_was_drawn_and_every_box_is_kept(workspace):
    result = meter(workspace, COMING, "day")
    assert result.drawn and result.messages == []
    draw = workspace.read("draws").iloc[0]
    boxes = workspace.read("draw_boxes")
    assert len(boxes) == SIDE * SIDE and boxes["selected"].sum() == draw["size"] == 8
    assert boxes.groupby("beat")["inclusion_probability"].sum().tolist() == pytest.approx([2.0] * 4)
    assert boxes.groupby("beat")["selected"].sum().tolist() == [2] * 4
    assert sorted(boxes["draw_rank"]) == list(range(1, SIDE * SIDE + 1))
    assert set(boxes.loc[boxes["draw_rank"] <= 8, "box_id"]) == set(result.patrols["box_id"])
    for beat, reserve in draw["reserve"].items():
        rank = boxes[boxes["beat"] == beat].set_index("box_id")["draw_rank"]
        assert rank[reserve].is_monotonic_increasing and len(reserve) == 34
    plan = result.patrols
    assert (plan["status"] == "planned").all() and (plan["origin"] == "drawn").all()
    assert (plan["target_minutes"] == 15).all() and plan["published_utc"].isna().all()
    assert plan.groupby("beat")["visit_order"].apply(list).tolist() == [[1, 2]] * 4
    # Harm, dominant type and chance of a patrol follow from the forecasts of its box.
    types = workspace.crime_types.set_index("crime_type")
    for patrol in plan.itertuples():
        own = workspace.read("forecasts", where={"shift_date": COMING, "shift": "day", "box_id": patrol.box_id})
        own = own.set_index("crime_type")
        shares = own["expected"] * types["severity"] * types["effectiveness"]
        assert patrol.harm == pytest.approx(shares.sum()) and patrol.crime_type == shares.idxmax()
        assert patrol.chance == pytest.approx(1 - np.exp(-own["expected"].sum()))
        assert patrol.chance_low < patrol.chance < patrol.chance_high


def test_the_seed_is_committed_before_kept_secret_and_revealed_after(workspace, monkeypatch):
    meter(workspace, COMING, "day")
    published = workspace.read("commitments")
    assert len(published) == 3 * 8 and not published.duplicated(["shift_date", "shift"]).any()
    stored = seeds.load(workspace.path_of_seeds)
    assert set(stored) == set(published["seed_hash"])
    assert stat.S_IMODE(workspace.path_of_seeds.stat().st_mode) == 0o600
    meter(workspace, COMING, "evening")
    assert len(workspace.read("commitments")) == 3 * 8
    draws = workspace.read("draws", order_by="drawn_utc")
    assert draws["seed"].isna().all()
    assert not any(seed in Path(workspace.address).read_bytes().decode("latin1") for seed in stored.values())
    evening = published[(published["shift_date"] == COMING) & (published["shift"] == "evening")]
    assert draws["seed_hash"].iloc[1] == evening["seed_hash"].iloc[0]
    assert evening["committed_utc"].iloc[0] < draws["drawn_utc"].iloc[1]
    check = verify_draw(workspace, COMING, "evening")
    assert check.verified and check.notes == []
    assert verify_draw(workspace, COMING, "day").notes == [
        "The hash of its seed was published with the draw itself, not before."]
    assert workspace.read("draws")["seed"].isna().all()

    monkeypatch.setattr(ShiftCalendar, "has_ended", lambda *_: True)
    reveal_ended(workspace)
    draws = workspace.read("draws")
    assert [seeds.hash_of(seed) for seed in draws["seed"]] == draws["seed_hash"].tolist()
    workspace.path_of_seeds.unlink()
    assert verify_draw(workspace, COMING, "evening").verified


def test_shifts_that_have_ended_are_revealed_at_once(workspace):
    meter(workspace, PAST, "night")
    draw = workspace.read("draws").iloc[0]
    assert seeds.hash_of(draw["seed"]) == draw["seed_hash"] and draw["lottery"]
    assert verify_draw(workspace, PAST, "night").verified


def test_metering_twice_changes_nothing(workspace):
    first = meter(workspace, COMING, "day")
    before = workspace.content_hash(), workspace.path_of_seeds.read_bytes()
    again = meter(workspace, COMING, "day", boxes=5)
    assert not again.drawn and again.draw_id == first.draw_id and "was drawn before" in again.messages[0]
    pd.testing.assert_frame_equal(again.patrols, first.patrols)
    assert (workspace.content_hash(), workspace.path_of_seeds.read_bytes()) == before


def test_drawing_again_needs_a_reason_and_keeps_both(workspace):
    first = meter(workspace, COMING, "day")
    before = workspace.content_hash()
    with pytest.raises(ConnectError, match="only with a reason"):
        meter(workspace, COMING, "day", redraw=True, reason=" ")
    assert workspace.content_hash() == before
    second = meter(workspace, COMING, "day", redraw=True, reason="street festival")
    assert second.messages == ["8 patrols of the earlier draw are kept as suppressed."]
    draws = workspace.read("draws", order_by="drawn_utc")
    assert draws["reason"].tolist() == ["", "street festival"] and draws["seed_hash"].nunique() == 1
    assert draws["inputs_hash"].nunique() == 2
    patrols = workspace.read("patrols")
    assert patrols.groupby("draw_id")["status"].unique().str[0].to_dict() == {
        first.draw_id: "suppressed", second.draw_id: "planned"}
    assert set(second.patrols["box_id"]) != set(first.patrols["box_id"])
    assert verify_draw(workspace, COMING, "day").verified
    assert len(second.patrols) == 8


def test_a_given_seed_is_a_test_and_no_lottery(workspace):
    first = meter(workspace, COMING, "day", seed=7)
    draw = workspace.read("draws").iloc[0]
    assert not draw["lottery"] and draw["seed"] == "7" and draw["reason"] == "test, no lottery"
    assert first.messages == ["Drawn with a given seed: a test, no lottery."]
    check = verify_draw(workspace, COMING, "day")
    assert check.verified and check.notes == ["Drawn with a given seed: a test, no lottery."]
    second = meter(workspace, COMING, "day", redraw=True, reason="the real one")
    assert workspace.read("draws", where={"draw_id": second.draw_id})["lottery"].all()
    assert verify_draw(workspace, COMING, "day").verified


def test_boxes_and_cap_replace_the_settings_and_are_recorded(workspace):
    result = meter(workspace, COMING, "day", boxes=3, cap=0.25)
    assert result.patrols.groupby("beat").size().tolist() == [3] * 4
    assert workspace.read("draw_boxes")["inclusion_probability"].max() == 0.25
    rules = workspace.read("draws")["rules"].iloc[0]
    assert rules["boxes_per_beat"] == 3 and rules["cap"] == 0.25


def test_what_the_caps_do_not_allow_is_said(workspace):
    result = meter(workspace, COMING, "day", boxes=20, cap=0.5)
    assert len(result.patrols) == 72 and len(result.messages) == 4
    assert result.messages[0].startswith("Beat NE: 20 boxes were asked for") and "2 fewer" in result.messages[0]
    assert verify_draw(workspace, COMING, "day").verified


@pytest.mark.parametrize("date, shift, change, sentence", [
    ("2019-03-02", "day", {}, "Score the shift first: “Score”"),
    (COMING, "swing", {}, "no shift swing"),
    ("1 March", "day", {}, "YYYY-MM-DD"),
    (COMING, "day", {"cap": 1.5}, "cap must be"),
    (COMING, "day", {"boxes": -1}, "0 or more"),
])
def test_what_cannot_be_metered_says_why_and_changes_nothing(workspace, date, shift, change, sentence):
    before = workspace.content_hash()
    with pytest.raises(ConnectError, match=sentence):
        meter(workspace, date, shift, **change)
    assert workspace.content_hash() == before


def test_a_shift_without_draw_cannot_be_verified(workspace):
    with pytest.raises(ConnectError, match="meter it first"):
        verify_draw(workspace, COMING, "day")
    with pytest.raises(ConnectError, match="meter it first"):
        export_draw(workspace, COMING, "day", "draw.json")


def test_a_run_that_dies_leaves_the_old_state(workspace, monkeypatch):
    before = workspace.content_hash()
    monkeypatch.setattr(metering, "patrols_of_draw", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        meter(workspace, COMING, "day")
    assert workspace.content_hash() == before
    monkeypatch.undo()

    class Stopped(Progress):
        def report(self, fraction, text=""):
            if fraction > 0.9:
                raise Cancelled()

    with pytest.raises(Cancelled):
        meter(workspace, COMING, "day", progress=Stopped())
    assert workspace.content_hash() == before
    meter(workspace, COMING, "day")
    assert verify_draw(workspace, COMING, "day").verified


def test_two_desks_do_not_draw_the_same_shift_twice(workspace, monkeypatch):
    from shotspotter_connect_plugin.workspace.steps import shift_draw
    harm = shift_draw._harm

    def meanwhile(*arguments):
        monkeypatch.undo()
        with open_workspace(workspace.address) as other:
            meter(other, COMING, "day")
        return harm(*arguments)

    monkeypatch.setattr(shift_draw, "_harm", meanwhile)
    with pytest.raises(ConnectError, match="just been drawn by somebody else"):
        meter(workspace, COMING, "day")
    assert workspace.count("draws") == 1 and workspace.count("patrols") == 8


def test_lost_seeds_stop_the_draw_until_somebody_says_to_go_on(workspace):
    """No second hash for a coming shift without a word: it would break what was published."""
    meter(workspace, COMING, "day")
    workspace.path_of_seeds.unlink()
    check = verify_draw(workspace, COMING, "day")
    assert not check.verified and check.problems == [] and "secret until the shift has ended" in check.waiting[0]
    before = workspace.content_hash()
    for given in ({}, {"redraw": True, "reason": "street festival"}):  # a reason for something else is no consent
        with pytest.raises(ConnectError, match="of 2[34] shifts, whose hashes .* restore that file from a backup"):
            meter(workspace, COMING, "day" if given else "evening", **given)
    assert workspace.content_hash() == before and not workspace.path_of_seeds.exists()

    test = meter(workspace, COMING, "night", seed="7")  # a test breaks no promise
    assert test.drawn and workspace.read("commitments").duplicated(["shift_date", "shift"]).sum() == 0

    result = meter(workspace, COMING, "evening", reason="the disk of the desk died")
    assert result.messages[0].startswith("What was published for 23 shifts cannot be honoured")
    draw = workspace.read("draws", where={"draw_id": result.draw_id}).iloc[0]
    assert draw["reason"] == SEEDS_LOST + "; the disk of the desk died" and draw["lottery"]
    check = verify_draw(workspace, COMING, "evening")
    assert check.verified
    assert any(note.startswith("2 hashes stood for this shift") for note in check.notes)
    assert meter(workspace, COMING, "day").messages == [
        f"{COMING} day was drawn before; its plan stays. Draw it again only for a reason."]


def test_a_file_of_seeds_that_is_damaged_is_never_written_over(workspace):
    meter(workspace, COMING, "day")
    for content in ("{", "[]", "[" * 100_000, "\udcff"):
        workspace.path_of_seeds.write_text(content, encoding="utf-8", errors="surrogateescape")
        kept = workspace.path_of_seeds.read_bytes()
        with pytest.raises(ConnectError, match="is damaged; restore it from a backup.$"):
            meter(workspace, COMING, "evening", reason="go on")
        check = verify_draw(workspace, COMING, "day")
        assert check.problems == [] and len(check.waiting) == 1
        assert workspace.path_of_seeds.read_bytes() == kept


def test_whom_the_agency_let_read_the_seeds_may_read_them_on(workspace):
    meter(workspace, COMING, "day")
    workspace.path_of_seeds.chmod(0o640)
    seeds.keep(workspace.path_of_seeds, ["a" * 64])
    assert stat.S_IMODE(workspace.path_of_seeds.stat().st_mode) == 0o640
    workspace.path_of_seeds.chmod(0o644)
    seeds.keep(workspace.path_of_seeds, ["b" * 64])
    assert stat.S_IMODE(workspace.path_of_seeds.stat().st_mode) == 0o640  # never everybody


def test_a_seed_that_is_not_in_the_record_although_later_shifts_were_drawn_is_wrong(workspace, tmp_path):
    """Whoever empties ``seed`` and takes the side file away does not make a draw "not yet verified"."""
    meter(workspace, PAST, "day")
    meter(workspace, PAST, "evening")
    path = tmp_path / "x.gpkg"
    shutil.copy(workspace.address, path)
    connection = sqlite3.connect(path)
    connection.execute("DROP TRIGGER draws_change")
    connection.execute("UPDATE draws SET seed = NULL")
    connection.commit()
    connection.close()
    with open_workspace(path) as opened:
        check = verify_draw(opened, PAST, "day")
    assert "although later shifts were drawn" in check.problems[0]


def test_the_hashes_of_coming_shifts_can_be_printed(workspace):
    meter(workspace, COMING, "day")
    tomorrow = str((pd.Timestamp(COMING) + pd.Timedelta(days=1)).date())
    coming = commitments(workspace, tomorrow, 2)
    assert coming["shift"].tolist() == ["day", "evening", "night"] * 2
    assert coming["start_utc"].is_monotonic_increasing and coming["seed_hash"].str.fullmatch("[0-9a-f]{64}").all()
    assert commitments(workspace, "2031-01-01", 7).empty


def test_what_keeps_boxes_out_of_a_beat_that_falls_short_is_counted(workspace):
    configure(workspace, window_7_hard=1, window_7_expected=20.0, cool_down_shifts=1)
    meter(workspace, PAST, "day", boxes=30, cap=1.0)
    result = meter(workspace, PAST, "night", boxes=9, cap=0.5)
    assert len(result.messages) == 4 and result.messages[0] == (
        "Beat NE: 9 boxes were asked for, but the 6 boxes that may be drawn may each be patrolled only so often, which "
        "allows 3 on average, 6 fewer. Boxes that could not be drawn: most patrols in 7 days reached (30).")
    result = meter(workspace, PAST, "evening", boxes=9, cap=0.5)
    assert "cooling down (33)" in result.messages[0] and verify_draw(workspace, PAST, "evening").verified


def test_a_plan_that_goes_out_is_dated_and_a_later_change_shows(workspace):
    plan = meter(workspace, COMING, "day").patrols
    meter(workspace, COMING, "evening")

    def dates(shift="day"):
        return planned(workspace, COMING, shift)["published_utc"]
    assert publish(workspace, COMING, ["day"]) == 8 and dates().nunique() == 1 and dates("evening").isna().all()
    first, before = dates().iloc[0], workspace.content_hash()
    assert publish(workspace, COMING, ["day"]) == 0 and workspace.content_hash() == before
    adjust(workspace, "suppress", COMING, "day", plan["box_id"].iloc[0], reason="event")
    assert unpublished(workspace, COMING, "day") == (1, 1) and dates().isna().sum() == 1
    assert publish(workspace, COMING, ["day", "evening"]) == 16 and unpublished(workspace, COMING, "day") == (0, 0)
    assert dates().nunique() == 1 and dates().iloc[0] >= first and verify_draw(workspace, COMING, "day").verified


def test_windows_and_rest_hold_in_the_workspace(workspace):
    configure(workspace, window_7_hard=2, window_7_expected=1.2, cool_down_shifts=2, boxes_per_beat=1, focus=8.0)
    slots = workspace.calendar.slots("2019-04-01", "2019-04-05")
    for slot in slots.itertuples():
        forecast(workspace, slot.shift_date, slot.shift)
        assert meter(workspace, slot.shift_date, slot.shift).messages == []
    redrawn = meter(workspace, "2019-04-03", "day", redraw=True, reason="try")
    assert redrawn.drawn
    patrols = workspace.read("patrols", where={"status": "planned"})
    assert len(patrols) == 4 * len(slots)
    assert patrols.groupby("box_id").size().max() == 2
    newest = [f"{slot.shift_date}.{slot.shift}.1" for slot in slots.itertuples()]
    newest[newest.index("2019-04-03.day.1")] = redrawn.draw_id
    expected = workspace.read("draw_boxes", where={"draw_id": newest}).groupby("box_id")["inclusion_probability"].sum()
    assert expected.max() == pytest.approx(1.2)
    place = {(slot.shift_date, slot.shift): number for number, slot in enumerate(slots.itertuples())}
    for _, own in patrols.groupby("box_id"):
        places = sorted(place[pair] for pair in zip(own["shift_date"], own["shift"]))
        assert (np.diff(places) > 2).all()
    reasons = set(workspace.read("draw_boxes")["why_not"].dropna())
    assert reasons == {"cooling down", "expected patrols in 7 days used up"} | (
        reasons & {"most patrols in 7 days reached"})
    for slot in slots.itertuples():
        assert verify_draw(workspace, slot.shift_date, slot.shift).verified


def test_only_the_newest_draw_of_other_shifts_counts(workspace):
    configure(workspace, window_7_hard=1, window_7_expected=0.5, cool_down_shifts=0)
    meter(workspace, COMING, "day", boxes=18, cap=0.5)
    again = meter(workspace, COMING, "day", boxes=2, cap=0.2, redraw=True, reason="too many")
    boxes = workspace.read("draw_boxes", where={"draw_id": again.draw_id})
    assert boxes["eligible"].all()  # its own first draw does not count against it
    meter(workspace, COMING, "evening", boxes=2, cap=0.5)
    evening = workspace.read("draw_boxes", where={"draw_id": COMING + ".evening.1"}).set_index("box_id")
    assert set(evening.index[evening["why_not"] == "most patrols in 7 days reached"]) == set(again.patrols["box_id"])
    left = 0.5 - boxes.set_index("box_id")["inclusion_probability"]
    free = evening["eligible"].astype(bool)
    assert free.sum() == 144 - 8
    pd.testing.assert_series_equal(evening["cap"][free], left[free], check_names=False)


def test_boxes_added_by_hand_are_not_drawn_again_on_top(workspace):
    ids = workspace.read("boxes")["box_id"].tolist()[:100]
    with workspace.transaction() as writer:
        writer.append("patrols", pd.DataFrame({
            "patrol_id": ids, "shift_date": COMING, "shift": "day", "box_id": ids, "origin": "added",
            "status": "planned"}))
    result = meter(workspace, COMING, "day")
    drawn = result.patrols[result.patrols["origin"] == "drawn"]
    assert not set(drawn["box_id"]) & set(ids) and len(result.patrols) == 100 + len(drawn)
    assert set(workspace.read("draw_boxes", where={"box_id": ids})["why_not"]) == {"added by hand"}


# One stored value after another is falsified, past the triggers that protect it.

DRAWN = "(SELECT box_id FROM draw_boxes WHERE selected ORDER BY box_id LIMIT 1)"
MISSED = "(SELECT box_id FROM draw_boxes WHERE NOT selected ORDER BY box_id LIMIT 1)"


def change(table, what, of=""):
    return "UPDATE " + table + " SET " + what + (" WHERE box_id = " + of if of else "")


FALSIFICATIONS = {
    "probability": (change("draw_boxes", "inclusion_probability = inclusion_probability + 1e-15", MISSED),
                    "do not give the recorded inputs hash"),
    "probability, visibly": (change("draw_boxes", "inclusion_probability = 0.3", MISSED),
                             "C1280R17200 has a probability that does not follow"),
    "probability above cap": (change("draw_boxes", "inclusion_probability = 0.9", MISSED),
                              "C1280R17200 has a probability above its cap"),
    "probability that is none": (change("draw_boxes", "inclusion_probability = 1.5", MISSED),
                                 "C1280R17200 has a probability that is none"),
    "cap": (change("draw_boxes", "cap = 1.0", MISSED), "C1280R17200 has a cap above that of the rules"),
    "harm": (change("draw_boxes", "harm = harm * 3", MISSED), "does not follow from the harms"),
    "eligible": (change("draw_boxes", "eligible = 0", MISSED), "C1280R17200 is not eligible but has"),
    "why not": (change("draw_boxes", "why_not = 'closed'", MISSED), "inputs hash"),
    "beat": (change("draw_boxes", "beat = 'NE'", MISSED), "inputs hash"),
    "box": (change("draw_boxes", "box_id = 'C1R1'", MISSED), "inputs hash"),
    "box left out": ("DELETE FROM draw_boxes WHERE box_id = " + MISSED, "inputs hash"),
    "selected": (change("draw_boxes", "selected = 1", MISSED),
                 "C1280R17200 is drawn in the record but not in the replay"),
    "not selected": (change("draw_boxes", "selected = 0", DRAWN),
                     "is drawn in the replay but not in the record"),
    "rank": (change("draw_boxes", "draw_rank = 0", MISSED), "C1280R17200 has another rank"),
    "reserve": (change("draws", "reserve = '{}'"), "reserve is in another order"),
    "harm that is none": (change("draw_boxes", "harm = -1", MISSED), "C1280R17200 has a harm that is none"),
    "no beat": (change("draw_boxes", "beat = NULL", MISSED), "C1280R17200 has a chance but no beat"),
    "box that is none": (change("draw_boxes", "box_id = 'here'", MISSED), "box id must look like"),
    "rules left out": (change("draws", "rules = NULL"), "rules of the draw lack"),
    "size left out": (change("draws", "size = NULL"), "size of the draw is recorded as None"),
    "time left out": (change("draws", "drawn_utc = NULL"), "published only after the draw"),
    "size": (change("draws", "size = 9"), "size of the draw is recorded as 9; the replay draws 8"),
    "seed": (change("draws", "seed = replace(seed, '1', '2')"), "seed does not give the recorded seed hash"),
    "seed hash": (change("draws", "seed_hash = replace(seed_hash, 'a', 'b')"), "never published"),
    "inputs hash": (change("draws", "inputs_hash = replace(inputs_hash, 'a', 'b')"), "inputs hash"),
    "rules": (change("draws", "rules = json_set(rules, '$.cap', 0.6)"), "inputs hash"),
    "date": (change("draws", "rules = json_set(rules, '$.shift_date', '2019-03-02')"), "not that of its rules"),
    "time": (change("draws", "drawn_utc = '2000-01-01T00:00:00.000Z'"), "published only after the draw"),
    "commitment": ("DELETE FROM commitments", "never published"),
    "patrol's box": (change("patrols", "box_id = " + MISSED, DRAWN), "C1280R17200 was not drawn"),
    "patrol left out": ("DELETE FROM patrols WHERE box_id = " + DRAWN, "was drawn but has no patrol"),
    "patrol's probability": (change("patrols", "inclusion_probability = 0.01"), "differs from its draw in inclusion"),
    "patrol's harm": (change("patrols", "harm = 0"), "differs from its draw in harm"),
    "patrol's beat": (change("patrols", "beat = 'NE'"), "differs from its draw in beat"),
    "patrol's minutes": (change("patrols", "target_minutes = 90"), "differs from its draw in target_minutes"),
    "patrol's order": (change("patrols", "visit_order = 3 - visit_order"), "differs from its draw in visit_order"),
    "patrol's way": (change("patrols", "travel_minutes = travel_minutes + 1 WHERE visit_order = 2 AND beat = 'NE'"),
                     "has minutes of the way to it that do not follow from its round"),
    "all ways": (change("patrols", "travel_minutes = travel_minutes / 9"),
                 "has minutes of the way to it that do not follow from its round"),
    "patrol's returns": (change("patrols", "returns = 9"), "differs from its draw in returns"),
    "patrol suppressed": (change("patrols", "status = 'suppressed'", DRAWN), "differs from its draw in status"),
    "patrol twice": ("INSERT INTO patrols (patrol_id, draw_id, shift_date, shift, box_id, origin) SELECT 'more', "
                     "draw_id, shift_date, shift, box_id, origin FROM patrols LIMIT 1", "more than one patrol"),
    "patrol of no draw": (change("patrols", "draw_id = 'none'", DRAWN), "belongs to no draw"),
}


def test_the_round_goes_by_street_where_ways_are_found_and_the_record_shows_them(workspace):
    def along_one_street(places):
        """Whoever wants to go east or west goes round by the south."""
        points = np.array(places)
        assert points.shape == (4, 2)
        apart = np.abs(points[:, None] - points[None]).sum(axis=2)
        return np.where(points[:, None, 0] == points[None, :, 0], apart, apart + 9000.0)
    meter(workspace, PAST, "day", boxes=4, ways=along_one_street)
    ways = workspace.read("draws")["ways"].iloc[0]
    plan = workspace.read("patrols", order_by=["beat", "visit_order"])
    first = plan["visit_order"] == 1
    assert plan["travel_minutes"].isna().tolist() == first.tolist() and (plan.loc[~first, "travel_minutes"] > 0).all()
    for beat, rows in plan.groupby("beat"):
        places = [ways[beat]["boxes"].index(box_id) for box_id in rows["box_id"]]
        steps = [ways[beat]["metres"][one][other] for one, other in zip(places, places[1:])]
        assert rows["travel_minutes"].iloc[1:].tolist() == pytest.approx([step / 500 for step in steps])
        assert steps[0] == min(ways[beat]["metres"][places[0]][other] for other in places[1:])
    assert verify_draw(workspace, PAST, "day").verified
    meter(workspace, COMING, "day")
    straight = workspace.read("patrols", where={"shift_date": COMING}, order_by=["beat", "visit_order"])
    assert workspace.read("draws", where={"shift_date": COMING})["ways"].isna().all()
    assert straight["travel_minutes"].isna().sum() == 4 and straight["travel_minutes"].max() < 10


@pytest.fixture(scope="module")
def drawn(template, tmp_path_factory):
    path = tmp_path_factory.mktemp("drawn") / "w.gpkg"
    shutil.copy(template, path)
    with pytest.MonkeyPatch.context() as monkeypatch, open_workspace(path) as opened:
        count_seeds(monkeypatch)
        meter(opened, PAST, "day")
        assert verify_draw(opened, PAST, "day").verified
    return path


@pytest.mark.parametrize("what", FALSIFICATIONS)
def test_every_falsification_is_found_and_named(drawn, tmp_path, what):
    statement, sentence = FALSIFICATIONS[what]
    path = tmp_path / "w.gpkg"
    shutil.copy(drawn, path)
    shutil.copy(str(drawn) + ".seeds.json", str(path) + ".seeds.json")
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.Error, match="never be changed"):
        for table in ("draws", "draw_boxes", "commitments"):
            connection.execute("DELETE FROM " + table)
    for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute('DROP TRIGGER "' + trigger + '"')
    connection.execute(statement)
    connection.commit()
    connection.close()
    with open_workspace(path) as opened:
        check = verify_draw(opened, PAST, "day")
    assert not check.verified
    assert any(sentence in problem for problem in check.problems), check.problems


def test_a_patrol_changed_past_the_adjustments_is_a_difference(drawn, tmp_path):
    """A row in ``adjustments`` that merely names the patrol excuses nothing: the change itself must be in the chain."""
    path = tmp_path / "w.gpkg"
    shutil.copy(drawn, path)
    with open_workspace(path) as opened:
        patrol = opened.read("patrols").iloc[[0]]
        with opened.transaction() as writer:
            writer.upsert("patrols", patrol[["patrol_id"]].assign(status="suppressed", version=2))
        assert not verify_draw(opened, PAST, "day").verified
        with opened.transaction() as writer:
            writer.append("adjustments", patrol[["patrol_id", "shift_date", "shift"]].assign(
                seq=1, at_utc=pd.Timestamp.now(tz="UTC"), action="suppress"))
        check = verify_draw(opened, PAST, "day")
    assert any("Adjustment 1 of the chain" in problem for problem in check.problems)
    assert any("differs from its draw in status" in problem for problem in check.problems)


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed; it replays the draw outside Python")
def test_another_language_replays_the_draw(workspace, tmp_path):
    configure(workspace, window_7_expected=20.0)
    for shift, boxes, cap in (("day", 2, 0.5), ("evening", 30, 0.75), ("night", 36, 1.0)):
        meter(workspace, PAST, shift, boxes, cap)
        path = tmp_path / (shift + ".json")
        export_draw(workspace, PAST, shift, path)
        run = subprocess.run(["node", str(REPLAY), str(path)], capture_output=True, text=True)
        content = json.loads(path.read_text(encoding="utf-8"))
        assert (run.returncode, run.stderr) == (0, "")
        assert run.stdout.split() == content["selected"]
    content["selected"][:2] = content["selected"][1::-1]
    path.write_text(json.dumps(content), encoding="utf-8")
    run = subprocess.run(["node", str(REPLAY), str(path)], capture_output=True, text=True)
    assert run.returncode == 1 and "differs" in run.stdout


def test_beats_share_a_total_by_harm_and_the_record_proves_it(workspace, tmp_path):
    configure(workspace, boxes_per_shift=9, least_per_beat=1.0, beat_boxes={"NE": {"day": 3}})
    result = meter(workspace, PAST, "day")
    counts = result.patrols.groupby("beat").size()
    assert counts.sum() == 9 and counts["NE"] == 3 and counts.min() >= 1
    assert len(result.messages) == 1 and result.messages[0].startswith("9 boxes are shared among the beats by harm")
    assert verify_draw(workspace, PAST, "day").verified
    export_draw(workspace, PAST, "day", tmp_path / "draw.json")
    done = subprocess.run(["node", str(REPLAY), str(tmp_path / "draw.json")], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    # Whoever says afterwards that another total was shared is found out.
    rules = workspace.read("draws")["rules"].iloc[0]
    assert rules["boxes_per_shift"] == 9 and rules["beat_boxes: NE"] == 3
    draw = {"rules": {**rules, "boxes_per_shift": 10}, "reserve": workspace.read("draws")["reserve"].iloc[0],
            **workspace.read("draws", ["seed", "seed_hash", "inputs_hash", "size"]).iloc[0].to_dict()}
    problems = verify.problems_of_replay(draw, workspace.read("draw_boxes"), result.patrols["box_id"].tolist(),
                                         draw["seed"])
    assert any("does not follow from the harms of the shift" in problem for problem in problems)
    # Another number of boxes for this draw is one of every beat, as it says.
    again = meter(workspace, PAST, "night", boxes=1)
    assert again.patrols.groupby("beat").size().tolist() == [1] * 4
    assert verify_draw(workspace, PAST, "night").verified


def test_a_least_of_beats_that_is_more_than_the_total_is_said(workspace):
    configure(workspace, boxes_per_shift=4, least_per_beat=3.0, beat_units={"SW": 0})
    result = meter(workspace, PAST, "day")
    assert len(result.patrols) == 4 and not (result.patrols["beat"] == "SW").any()
    assert "The least that the 4 beats are to have comes to 9 boxes, more than the 4 there are" in " ".join(
        result.messages)
    assert verify_draw(workspace, PAST, "day").verified


def test_a_beat_with_its_own_number_says_what_its_units_have_no_time_for(workspace):
    configure(workspace, beat_boxes={"NE": 6}, beat_units={"NE": 1}, minutes_per_unit=120.0)
    result = meter(workspace, PAST, "day")
    assert result.patrols.groupby("beat").size().to_dict() == {"NE": 3, "NW": 2, "SE": 2, "SW": 2}
    assert result.messages == ["Beat NE: 6 boxes were asked for; its units have minutes for 3."]
    assert verify_draw(workspace, PAST, "day").verified


def test_a_round_that_takes_longer_than_its_units_have_is_told(workspace):
    """Before the draw a way counts as long as settings say; what the drawn boxes' ways take is known after it."""
    configure(workspace, units_per_beat=1, minutes_per_unit=80.0, travel_minutes=5.0, returns=1, boxes_per_beat=2)
    far = meter(workspace, PAST, "day", ways=lambda places: np.full((len(places), len(places)), 9000.0).tolist())
    assert len(far.patrols) == 8 and [text for text in far.messages if "round takes" in text] == [
        f"Beat {beat}: its round takes 96 minutes with the drives between boxes, and its units have 80."
        for beat in ("NE", "NW", "SE", "SW")]  # 2 x (15 + 15 + 18)
    near = meter(workspace, PAST, "night", ways=lambda places: np.full((len(places), len(places)), 900.0).tolist())
    assert not any("round takes" in text for text in near.messages)


def test_quiet_boxes_and_beats_are_told_and_proved(workspace):
    forecasts = workspace.read("forecasts", where={"shift_date": PAST, "shift": "day"})
    west = forecasts["box_id"].isin(workspace.read("boxes", ["box_id"], {"beat": "NW"})["box_id"])
    with workspace.transaction() as writer:
        writer.replace("forecasts", forecasts.assign(expected=np.where(west, 0.001, forecasts["expected"])),
                       {"shift_date": PAST, "shift": "day"})
    configure(workspace, least_chance=0.06)
    result = meter(workspace, PAST, "day")
    told, short = result.messages
    assert "would have had a chance below 6% and get their part of the lower-risk share alone. Quiet beats: NW." in told
    assert short.startswith("Beat NW: 2 boxes were asked for; 36 of the 36 boxes that may be drawn had too")
    assert harm_reached(workspace, PAST, "day")[1][0].sentence in short  # the dock's, from what is stored
    assert verify_draw(workspace, PAST, "day").verified


def test_a_paced_draw_follows_the_harm_that_earlier_draws_of_the_week_recorded(workspace):
    configure(workspace, pace=0.9, cool_down_shifts=0)
    for number, date in enumerate(("2019-02-22", "2019-02-23", "2019-02-27")):
        forecast(workspace, date, "night" if number else "day")  # other forecasts than those of PAST
        meter(workspace, date, "night" if number else "day")
    meter(workspace, "2019-02-27", "night", redraw=True, reason="newer forecast")
    meter(workspace, PAST, "day")
    drawn = workspace.read("draw_boxes")
    harm = drawn.pivot(index="box_id", columns="draw_id", values="harm")
    # The 22nd is more than six days before. Days are known by this one, nights by two draws, evenings by neither.
    night = (harm["2019-02-23.night.1"] + harm["2019-02-27.night.2"]) / 2
    whole = 7 * (harm[PAST + ".day.1"] + night) * len(workspace.calendar.codes) / 2
    own = drawn[drawn["draw_id"] == PAST + ".day.1"].set_index("box_id")
    expected = 0.9 * 3.5 * (own["harm"] / whole)
    expected = np.clip(expected, 0.9 * 3.5 * 0.1 / (7 * len(workspace.calendar.codes)), 0.5)
    np.testing.assert_allclose(own.loc[own["eligible"], "cap"], expected[own["eligible"]], rtol=1e-9)
    assert (own["cap"] < 0.5).sum() > 100 and workspace.read("draws")["rules"].iloc[-1]["pace"] == 0.9
    assert verify_draw(workspace, PAST, "day").verified


def test_the_file_of_a_draw_keeps_the_seed_until_the_end(workspace, tmp_path):
    meter(workspace, COMING, "day")
    export_draw(workspace, COMING, "day", tmp_path / "draw.json")
    content = json.loads((tmp_path / "draw.json").read_text(encoding="utf-8"))
    assert content["seed"] is None and content["lottery"] is True
    with pytest.raises(ConnectError, match="cannot be written"):
        export_draw(workspace, COMING, "day", tmp_path / "draw.json" / "below a file.json")


def test_share_caps_minutes_of_units_and_the_bound_in_the_workspace(workspace):
    class Heard(Progress):
        said = []

        def info(self, text):
            self.said.append(text)

    boxes = workspace.read("boxes", ["box_id", "row"])
    boxes["neighbourhood"] = np.where(boxes["row"] % 12 < 8, "Old Town", "Harbour")
    areas = pd.DataFrame({"neighbourhood": ["Old Town", "Harbour"], "share_cap": [0.25, None],
                          "geometry": [MultiPolygon([square(0, 0, 8)]), MultiPolygon([square(0, 8, 4)])]})
    with workspace.transaction() as writer:
        writer.append("neighbourhoods", areas)
        writer.upsert("boxes", boxes[["box_id", "neighbourhood"]])
    configure(workspace, units_per_beat=1, minutes_per_unit=45.0, returns=0)
    result = meter(workspace, PAST, "day", boxes=3, progress=Heard())
    assert len(result.patrols) == 8 and (result.patrols["returns"] == 0).all()
    assert result.messages[0] == "3 boxes per beat were asked for; its units have minutes for 2."
    assert result.messages[1].startswith("Neighbourhood Old Town: ") and "allows 2;" in result.messages[1]
    assert len(result.messages) == 2
    drawn = workspace.read("draw_boxes").merge(boxes, on="box_id")
    assert drawn.groupby("neighbourhood")["inclusion_probability"].sum()["Old Town"] == pytest.approx(2.0)
    said, = [text for text in Heard.said if "% of the most harm that could be covered under" in text]
    assert said == f"{PAST} day: {harm_reached(workspace, PAST, 'day')[0].sentence}"  # the dock's, from what is stored
    assert verify_draw(workspace, PAST, "day").verified
    # Who moves boxes into the neighbourhood afterwards is heard.
    with workspace.transaction() as writer:
        writer.upsert("boxes", boxes[["box_id"]].assign(neighbourhood="Old Town"))
    assert "Neighbourhood Old Town has 8 boxes expected" in verify_draw(workspace, PAST, "day").problems[0]
