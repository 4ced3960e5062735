"""The exposure report's numbers equal plain queries on the workspace, and nothing about officers is among them."""
import dataclasses
import io
import shutil
import sqlite3

import numpy as np
import pandas as pd
import pytest
from made_lotteries import ANALYST, BADGES, NOTE, SERGEANT, UNITS, add_month
from made_towns import new_town, quarters, square
from shapely.geometry import MultiPolygon

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.patrol import seeds
from shotspotter_connect_plugin.reports.builders.exposure_words import late
from shotspotter_connect_plugin.reports.builders.exposure_words import limits as limits_in_words
from shotspotter_connect_plugin.reports.builders.exposure_words import lottery, luck, problems, publication, reasons
from shotspotter_connect_plugin.workspace.exports.public_pack import contents, public, public_configuration
from shotspotter_connect_plugin.workspace.imports.neighbourhood_import import import_neighbourhoods, residents_of_boxes
from shotspotter_connect_plugin.workspace.numbers import lottery_replay
from shotspotter_connect_plugin.workspace.numbers.exposure_figures import NO_NEIGHBOURHOOD, exposure
from shotspotter_connect_plugin.workspace.steps import adjusting, draw_proof, shift_draw, shift_plan
from shotspotter_connect_plugin.workspace.store.layers import VectorTable
from shotspotter_connect_plugin.workspace.store.runs import account
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

FIRST, LAST, DAYS = "2019-02-04", "2019-02-10", 7


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A city of 144 boxes in four beats with two weeks of lotteries, 300 visits and residents in half of it."""
    path = tmp_path_factory.mktemp("exposure") / "city.gpkg"
    with new_town(path, square(0, 0, 12), quarters(12)) as workspace:
        settings = workspace.settings
        settings.roles = {SERGEANT: "supervisor"}
        with workspace.transaction() as writer:
            writer.save_settings(settings)
        import_neighbourhoods(workspace, VectorTable(
            pd.DataFrame({"NAME": ["North", "South West"], "all": [3000, 5000], "a": [1000, 500], "b": [2, 4000]}),
            [square(0, 6, 12).intersection(square(0, 6, 6).union(square(6, 6, 6))), square(0, 0, 6)], "EPSG:32618",
            "areas"), "NAME", "all, a, b")
        add_month(workspace, FIRST, DAYS, visits=300)
    return path


@pytest.fixture
def city(made, tmp_path):
    for part in made.parent.iterdir():
        shutil.copy(part, tmp_path)
    with open_workspace(tmp_path / made.name) as workspace:
        yield workspace


@pytest.fixture(scope="module")
def found(made):
    with open_workspace(made) as workspace:
        yield workspace, exposure(workspace, FIRST, LAST)


def test_totals_and_neighbourhoods_equal_queries(found):
    workspace, numbers = found
    patrols, visits = workspace.read("patrols", where={"status": "planned"}), workspace.read("visits")
    where = workspace.read("boxes").set_index("box_id")["neighbourhood"].fillna(NO_NEIGHBOURHOOD)
    table = numbers.neighbourhoods.set_index("neighbourhood")
    assert list(table.index) == ["North", "South West", NO_NEIGHBOURHOOD]
    assert table["boxes"].tolist() == [72, 36, 36]
    planned = (patrols["target_minutes"] * (1 + patrols["returns"])).groupby(patrols["box_id"].map(where)).sum()
    assert table["planned_minutes"].to_dict() == planned.to_dict()
    assert table["patrols"].sum() == numbers.totals["patrols"] == len(patrols)
    assert table["visits"].to_dict() == visits["box_id"].map(where).value_counts().to_dict()
    served = visits[visits["patrol_id"].isin(patrols["patrol_id"])]
    assert 0 < numbers.totals["delivered_minutes"] <= served["minutes"].sum() + 1e-6
    assert table["presence_minutes"].sum() == pytest.approx(numbers.totals["presence_minutes"])
    assert numbers.totals["presence_minutes"] <= visits["minutes"].sum() + 1e-6
    assert (table["residents"][:2] == [3000, 5000]).all() and np.isnan(table["residents"][NO_NEIGHBOURHOOD])
    assert table["planned"]["North"] == pytest.approx(1000 * planned["North"] / 3000)
    assert np.isnan(table["planned"][NO_NEIGHBOURHOOD])
    harm = workspace.read("draw_boxes", ["box_id", "harm"])
    assert table["harm"].to_dict() == pytest.approx(harm["harm"].groupby(harm["box_id"].map(where)).sum().to_dict())
    share = table["presence_minutes"] / table["presence_minutes"].sum()
    assert table["to_harm"].to_dict() == pytest.approx((share / (table["harm"] / table["harm"].sum())).to_dict())


def test_groups_equal_the_formula_written_out(found):
    workspace, numbers = found
    residents = residents_of_boxes(workspace)
    visits = workspace.read("visits")
    each = pd.Series(0.0, index=residents.index)
    for box, part in visits.sort_values("entered_utc").groupby("box_id"):
        until = pd.Timestamp(0, tz="UTC")
        for visit in part.itertuples():  # somebody present, however many
            if box in each.index:
                each[box] += max((visit.left_utc - max(visit.entered_utc, until)).total_seconds(), 0.0) / 60
            until = max(until, visit.left_utc)
    table = numbers.groups.set_index("group")
    slow = 1000 * (each * residents["a"] / residents["all"]).sum() / residents["a"].sum()
    assert table["presence"]["a"] == pytest.approx(slow)
    assert table["residents"].to_dict() == pytest.approx({"all": 8000, "a": 1500, "b": 4002})
    assert table["to_harm"]["all"] == 1.0
    assert numbers.totals["residents"] == pytest.approx(8000)
    assert numbers.totals["minutes_on_nobody"] > 0


def test_limits_of_the_lottery_were_kept_and_visits_beside_it_show(found):
    _, numbers = found
    limits = numbers.limits.set_index("limit")
    assert limits["planned_over"].dropna().sum() == 0
    for days in (7, 28):
        row = limits.loc[f"Patrols in {days} days"]
        assert row["planned_most"] <= row["allowed"] and row["counted_most"] >= row["planned_most"]
        assert limits["planned_most"][f"Expected patrols in {days} days"] <= row["allowed"]
    assert limits["planned_most"]["Longest run of shifts"] == 1  # a box rests a shift
    assert limits["counted_over"]["Shifts of rest after a patrol"] > 0


def test_limits_that_were_broken_show(city):
    patrols = city.read("patrols", where={"status": "planned"})
    box = patrols["box_id"].iloc[0]
    slots = city.calendar.slots(FIRST, LAST).iloc[:21]
    with city.transaction() as writer:
        writer.upsert("patrols", pd.DataFrame({
            "patrol_id": [f"forced{n}" for n in range(21)], "shift_date": slots["shift_date"], "shift": slots["shift"],
            "box_id": box, "beat": "NW", "status": "planned", "target_minutes": 15.0, "returns": 0, "origin": "added"}))
    limits = exposure(city, FIRST, LAST).limits.set_index("limit")
    assert limits["planned_most"]["Patrols in 7 days"] >= 21 and limits["planned_over"]["Patrols in 7 days"] > 0
    assert limits["planned_over"]["Shifts of rest after a patrol"] >= 20
    assert limits["planned_most"]["Longest run of shifts"] >= 21
    assert limits["planned_most"]["Longest run of days"] >= 7


def test_the_lottery_was_honest_and_its_hashes_were_out_before(found):
    workspace, numbers = found
    boxes = workspace.read("draw_boxes", where={"eligible": True})
    assert numbers.agreement.box_shifts == len(boxes)
    assert numbers.agreement.expected == pytest.approx(boxes["inclusion_probability"].sum())
    assert numbers.agreement.drawn == boxes["selected"].sum() and numbers.agreement.luck > 0.002
    assert numbers.classes["box_shifts"].sum() == (boxes["inclusion_probability"] > 0).sum()
    draws = numbers.draws
    assert len(draws) == 3 * DAYS == numbers.totals["shifts"] and draws["fits"].eq(True).all()
    assert draws["committed"].sum() >= 3 * (DAYS - 1) and not draws["redrawn"].any()
    assert [seeds.hash_of(seed) for seed in draws["seed"]] == draws["seed_hash"].tolist()


def test_every_draw_replays_from_its_seed(found):
    workspace, numbers = found
    assert numbers.replay.counts == (3 * DAYS, 3 * DAYS, 0, 0) and numbers.replay.kept
    draws = numbers.replay.draws
    assert numbers.replay.before == (draws["published"] == "before").sum() >= 3 * (DAYS - 1)
    assert draws["first"].sum() == 1 and (draws.loc[draws["first"], "published"] == "with the draw").all()
    assert draws["late"].all() and numbers.replay.late == 3 * DAYS  # of shifts long ago, drawn just now
    assert lottery(numbers.replay).startswith("Yes, except for the first draw, whose hash came with it: 21 of 21 "
                                              "draws replay to exactly the published boxes")
    assert not numbers.replay.plain and "who could read the secret seeds" in lottery(numbers.replay)
    rest = dataclasses.replace(numbers.replay, draws=draws[~draws["first"]].reset_index(drop=True))
    assert rest.plain and lottery(rest).startswith("Yes: 20 of 20 draws") and "who could read" in lottery(rest)
    assert not dataclasses.replace(rest, tests=1).plain
    assert lottery(dataclasses.replace(rest, tests=1)).startswith("Not plainly: ")
    assert "is the first draw of this workspace" in publication(numbers.replay)
    assert late(numbers.replay).startswith("All 21 draws were made only after the start")
    tests = dataclasses.replace(numbers.replay, draws=draws.iloc[:0], tests=2)
    assert "was a test with a given seed" in lottery(tests) and "No lottery" in lottery(
        dataclasses.replace(tests, open_yet=1))
    assert problems(numbers.replay) == [] and "NOT" not in lottery(numbers.replay) + luck(numbers.agreement)


def test_of_very_many_draws_some_are_taken_by_lot_and_the_public_gets_all(found, monkeypatch):
    workspace, _ = found
    monkeypatch.setattr(lottery_replay, "WHOLE", 20)
    monkeypatch.setattr(lottery_replay, "SOME", 5)
    some, every = (exposure(workspace, FIRST, LAST, ended_only=public).replay for public in (False, True))
    assert some.counts == (5, 5, 0, 0) and some.kept and len(some.draws) == 3 * DAYS and some.late == 3 * DAYS
    assert lottery(some).startswith("Yes, except for the first draw") and "taken by lot from all 21" in lottery(some)
    assert every.counts == (3 * DAYS, 3 * DAYS, 0, 0) and "by lot" not in lottery(every)
    again = exposure(workspace, FIRST, LAST).replay.draws
    assert again["asked"].tolist() == some.draws["asked"].tolist(), "the same report asks the same draws"
    assert late(some).startswith("All 21 draws")


@pytest.fixture
def falsified(made, tmp_path):
    """The numbers of a copy of the city after some (statement, values), past the triggers that protect it."""
    def change(*statements):
        for part in made.parent.iterdir():
            shutil.copy(part, tmp_path)
        connection = sqlite3.connect(tmp_path / made.name)
        rules = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        connection.execute("BEGIN")  # else each rule that goes is written to the disk by itself
        for (trigger,) in rules:
            connection.execute('DROP TRIGGER "' + trigger + '"')
        for statement, values in statements:
            connection.execute(statement, values)
        connection.commit()
        connection.close()
        with open_workspace(tmp_path / made.name) as workspace:
            return exposure(workspace, FIRST, LAST)
    return change


def favoured(boxes):
    """Statements that draw the rarest box of each beat in every shift, in place of one drawn there, plan included."""
    chances = boxes[boxes["inclusion_probability"] > 0]
    rarest = chances.groupby(["beat", "box_id"])["inclusion_probability"].sum().groupby("beat").idxmin()
    for beat, box in rarest:
        for draw_id, own in boxes[boxes["beat"] == beat].groupby("draw_id"):
            given = own.loc[own["selected"].astype(bool), "box_id"].tolist()
            if box not in given:
                yield "UPDATE draw_boxes SET selected = 1 WHERE draw_id = ? AND box_id = ?", (draw_id, box)
                yield "UPDATE draw_boxes SET selected = 0 WHERE draw_id = ? AND box_id = ?", (draw_id, given[0])
                yield "UPDATE patrols SET box_id = ? WHERE draw_id = ? AND box_id = ?", (box, draw_id, given[0])


def test_boxes_that_were_favoured_are_caught_in_every_draw_and_named(found, falsified):
    numbers = falsified(*favoured(found[0].read("draw_boxes")))
    drawn, right, wrong, unknown = numbers.replay.counts
    assert drawn == 3 * DAYS == wrong and right == unknown == 0 and not numbers.replay.kept
    text = lottery(numbers.replay)
    assert text.startswith("No: ") and "do NOT replay: " in text and "February 2019" in text and "16 more" in text
    assert "in the record but not in the replay" in problems(numbers.replay)[0]
    assert numbers.agreement.luck < 0.05 and "comes by luck alone" in luck(numbers.agreement)


def test_a_draw_from_another_seed_and_one_that_was_never_promised_are_caught(found, falsified):
    ids, seed = found[0].read("draws", order_by="drawn_utc")["draw_id"].tolist(), "5" * 64
    numbers = falsified(
        ("UPDATE draws SET seed = ? WHERE draw_id = ?", (seed, ids[3])),  # does not give its hash
        ("UPDATE draws SET seed = ?, seed_hash = ? WHERE draw_id = ?", (seed, seeds.hash_of(seed), ids[4])),
        ("UPDATE draws SET seed = NULL, seed_hash = ? WHERE draw_id = ?", ("0" * 64, ids[5])))
    by_id = numbers.replay.draws.set_index("draw_id").loc[ids]
    assert numbers.replay.counts == (21, 18, 2, 1) and not numbers.replay.kept
    assert by_id["replays"].tolist()[3:6] == [False, False, None]
    assert "does not give the recorded seed hash" in by_id["problems"].iloc[3][0]
    assert by_id["published"].tolist()[4:6] == ["never", "never"]  # nobody saw these hashes
    assert "the hash was published never for" in publication(numbers.replay)
    assert "The seed of 1 is not known here" in lottery(numbers.replay)


def test_a_patrol_that_was_not_drawn_and_a_hash_published_late_are_seen(found, falsified):
    workspace, _ = found
    draws, patrols = workspace.read("draws", order_by="drawn_utc"), workspace.read("patrols")
    some = patrols.loc[(patrols["draw_id"] == draws["draw_id"].iloc[6]) & (patrols["origin"] == "drawn"), "box_id"]
    free = sorted(set(workspace.read("boxes")["box_id"]) - set(some))[0]
    numbers = falsified(
        ("UPDATE patrols SET box_id = ? WHERE draw_id = ? AND box_id = ?",
         (free, draws["draw_id"].iloc[6], some.iloc[0])),
        ("UPDATE commitments SET committed_utc = '2250-01-01T00:00:00.000Z' WHERE seed_hash = ?",
         (draws["seed_hash"].iloc[9],)))
    by_id = numbers.replay.draws.set_index("draw_id").loc[draws["draw_id"]]
    assert f"The patrol of box {free} was not drawn." in by_id["problems"].iloc[6]
    assert by_id["published"].iloc[9] == "after the draw" and by_id["replays"].iloc[9] is True
    assert numbers.replay.counts == (21, 20, 1, 0) and not numbers.replay.kept
    assert "only after the draw" in publication(numbers.replay)


def test_limits_that_visits_passed_are_told_with_those_the_plan_kept(found):
    workspace, numbers = found
    kept, table = numbers.kept, numbers.limits.set_index("limit")
    assert kept.planned_over == table["planned_over"].sum() == 0
    assert (kept.over, kept.most) == tuple(table.loc[kept.limit, ["counted_over", "counted_most"]])
    text = limits_in_words(dataclasses.replace(kept, over=7, most=9, allowed=5, of=1008, limit="Patrols in 7 days",
                                               rests_broken=3, rests=99))
    assert text.startswith("The plan kept every limit, but") and "up to 9 patrols in 7 days where 5 are" in text
    assert "7 of 1,008" in text and "3 of 99" in text and "no plan asked for" in text
    assert "no box was patrolled more often" in limits_in_words(dataclasses.replace(kept, over=0, rests_broken=0))
    assert "itself passed a limit in 2 cases" in limits_in_words(dataclasses.replace(kept, planned_over=2))


def test_a_ratio_to_few_reports_is_not_shown(city):
    where = city.read("boxes").set_index("box_id")["neighbourhood"]
    some = [where.index[where == name][0] for name in ("North", "South West")]
    moment = pd.Timestamp(FIRST, tz="UTC")
    with city.transaction() as writer:
        writer.append("incidents", pd.DataFrame({
            "box_id": [some[0]] * 20 + [some[1]] * 19, "crime_type": "theft", "shift_date": FIRST, "discovered": False,
            "incident_id": [f"i{n}" for n in range(39)], "occurred_from_utc": moment, "occurred_to_utc": moment}))
    table = exposure(city, FIRST, LAST).neighbourhoods.set_index("neighbourhood")
    assert table["incidents"].to_dict()["North"] == 20 and isinstance(table["to_incidents"]["North"], float)
    assert table["to_incidents"]["South West"] == "<20"


def test_a_tampered_draw_and_chain_show(city):
    with city.transaction() as writer:
        writer.append("draws", city.read("draws").iloc[:1].assign(
            draw_id=f"{FIRST}.day.2", seed="0" * 64, lottery=True))
    draws = exposure(city, FIRST, LAST).draws
    assert draws["redrawn"].sum() == 1 and not draws.loc[draws["redrawn"], "fits"].iloc[0]
    rows = city.read("adjustments")
    with city.transaction() as writer:
        writer.append("adjustments", rows.iloc[-1:].assign(seq=rows["seq"].max() + 1, reason="data_error"))
    chain = exposure(city, FIRST, LAST).chain
    assert not chain.verified and chain.length == len(rows) + 1


def test_overrides_are_counted_by_reason_and_role(found):
    workspace, numbers = found
    rows = workspace.read("adjustments")
    assert numbers.overrides["count"].sum() == len(rows) == 12
    assert set(numbers.overrides["role"]) == {"analyst", "supervisor"}
    assert numbers.overrides.set_index("reason")["words"]["community"] == "Asked for by the community"
    assert numbers.chain.verified and numbers.chain.head == rows["hash"].iloc[-1]


def test_nothing_about_officers_is_in_the_numbers(found):
    _, numbers = found
    everything = "".join(value.to_json(default_handler=str) if isinstance(value, pd.DataFrame) else str(value)
                         for value in vars(numbers).values())
    for secret in (*UNITS, *BADGES, NOTE, ANALYST, SERGEANT, "Ann Poe", "Jane"):
        assert secret not in everything
    assert "South West" in everything


def test_one_beat_counts_its_own_boxes_and_residents(found):
    workspace, whole = found
    parts = [exposure(workspace, FIRST, LAST, beat) for beat in ("NW", "NE", "SW", "SE")]
    for name in ("patrols", "visits", "presence_minutes", "residents", "minutes_on_nobody"):
        assert sum(part.totals[name] for part in parts) == pytest.approx(whole.totals[name])
    north = [part.neighbourhoods.set_index("neighbourhood")["residents"]["North"] for part in parts[:2]]
    assert sum(north) == pytest.approx(3000) and north[0] == pytest.approx(1500)
    assert parts[0].agreement.box_shifts < whole.agreement.box_shifts


def test_an_empty_period_is_empty_and_not_an_error(found):
    workspace, _ = found
    numbers = exposure(workspace, "2018-06-01", "2018-06-30")
    assert numbers.totals["patrols"] == numbers.totals["presence_minutes"] == numbers.totals["shifts"] == 0
    assert numbers.classes.empty and numbers.draws.empty and numbers.overrides.empty and not numbers.curves
    assert numbers.as_of is None and np.isnan(numbers.agreement.luck) and numbers.replay.draws.empty
    assert not numbers.kept.planned_over and not numbers.replay.kept and len(numbers.neighbourhoods) == 3
    assert (numbers.evenness["gini"] == 0).all() and numbers.limits["planned_over"].dropna().sum() == 0


def test_shifts_that_have_not_ended_stay_out_of_the_public_numbers(city):
    today = pd.Timestamp.now(tz="UTC").tz_convert("America/New_York")
    yesterday, later = (str((today + pd.Timedelta(days=days)).date()) for days in (-2, 1))
    with city.transaction() as writer:
        writer.delete("visits")
    add_month(_without_officers(city), yesterday, days=4, visits=20, adjustments=12)
    whole, public = (exposure(city, yesterday, later, ended_only=only) for only in (False, True))
    ended = [city.calendar.has_ended(row.shift_date, row.shift) for row in whole.draws.itertuples()]
    # Between midnight and seven the last shift of yesterday still runs: 3 + 2; before midnight 3 + 3 + 2.
    assert 5 <= sum(ended) <= 8 and public.totals["shifts"] == sum(ended) == len(public.draws)
    assert public.waiting == 12 - sum(ended) and public.draws["seed"].notna().all()
    coming = whole.draws[~np.array(ended)]
    assert coming["seed"].isna().all() and not set(coming["draw_id"]) & set(public.draws["draw_id"])
    assert public.totals["patrols"] < whole.totals["patrols"]
    assert public.overrides["count"].sum() < whole.overrides["count"].sum() == 12
    assert public.agreement.box_shifts < whole.agreement.box_shifts


def _without_officers(workspace):
    with workspace.transaction() as writer:
        writer.delete("officers")
    return workspace


def test_gunfire_boxes_inside_sensor_coverage(city):
    assert exposure(city, FIRST, LAST).gunfire[1] is None
    patrols = city.read("patrols", where={"status": "planned", "crime_type": "gunfire"})
    with city.transaction() as writer:
        writer.append("sensor_coverage", pd.DataFrame({
            "area": ["west", "late"], "from_date": ["2018-01-01", "2019-02-08"], "to_date": [None, "2019-02-09"],
            "geometry": [MultiPolygon([square(0, 0, 6), square(0, 6, 6)]), MultiPolygon([square(6, 0, 6)])]}))
    count, inside = exposure(city, FIRST, LAST).gunfire
    beat, date = patrols["beat"], patrols["shift_date"]
    west = beat.isin(["NW", "SW"])
    late = (beat == "SE") & date.isin(["2019-02-08", "2019-02-09"])
    assert count == len(patrols) > 0 and inside == (west | late).sum() and 0 < inside < count


def test_what_imports_refused_is_told_without_values(city):
    layer = VectorTable(pd.DataFrame({"NAME": ["North", "x"], "all": [5, "p"], "OWNER": ["Jo Doe", "Al Poe"]}),
                        [square(0, 6, 6), square(0, 0, 6)], "EPSG:32618", "again")
    import_neighbourhoods(city, layer, "NAME", "all")
    refused = exposure(city, FIRST, LAST).refused.set_index("table").loc["neighbourhoods"]
    assert refused["imports"] == 2 and refused["rejected"] == 1 and refused["columns"] == ["OWNER"]
    assert refused["reasons"] == {"residents that are no number": 1} and "Jo Doe" not in str(refused)


def test_every_field_is_described():
    text = " ".join(exposure.__doc__.split()) + exposure.__globals__["Exposure"].__doc__
    assert [field.name for field in dataclasses.fields(exposure.__globals__["Exposure"])
            if field.name not in text and field.name not in ("chain", "as_of")] == []


def without_visits(workspace, keep):
    """Leave so many visits in a neighbourhood, those of the earliest ids."""
    where = workspace.read("boxes").set_index("box_id")["neighbourhood"]
    visits = workspace.read("visits", order_by="visit_id")
    with workspace.transaction() as writer:
        for name, count in keep.items():
            there = visits[visits["box_id"].map(where) == name]
            assert len(there) > count
            writer.delete("visits", {"visit_id": there["visit_id"].tolist()[count:]})


def test_the_public_numbers_hold_no_small_count_and_no_sum_tells_one(city):
    before = public(exposure(city, FIRST, LAST, ended_only=True))
    assert before.totals["left_out"] == 0 and not before.neighbourhoods["visits"].eq("<5").any()
    shown = {}
    for count in (4, 2):
        without_visits(city, {"South West": count})
        whole, numbers = exposure(city, FIRST, LAST), public(exposure(city, FIRST, LAST, ended_only=True))
        areas = numbers.neighbourhoods.set_index("neighbourhood")
        assert whole.neighbourhoods.set_index("neighbourhood").loc["South West", "visits"] == count
        assert areas["visits"]["South West"] == "<5" and areas["presence"]["South West"] == "hidden"
        assert areas["to_harm"]["South West"] == "hidden" and isinstance(areas["visits"]["North"], int)
        assert numbers.totals["left_out"] == 1
        assert numbers.totals["visits"] == areas["visits"].drop("South West").sum() < whole.totals["visits"]
        assert numbers.totals["presence_minutes"] == pytest.approx(
            whole.neighbourhoods.set_index("neighbourhood")["presence_minutes"].drop("South West").sum(), abs=1e-3)
        shown[count] = (numbers.totals, areas.to_dict(), numbers.groups.to_dict(), numbers.evenness.to_dict(),
                        {name: curve[1].tolist() for name, curve in numbers.curves.items()},
                        numbers.limits.to_dict(), numbers.kept, numbers.as_of)
    assert str(shown[4]) == str(shown[2])  # four visits or two: nothing that is published can tell


def test_the_public_numbers_do_not_tell_how_many_boxes_were_changed_by_hand(city):
    """Planned patrols beside the drawn boxes of the same pack would, in all and by neighbourhood."""
    def shown():
        numbers = public(exposure(city, FIRST, LAST, ended_only=True))
        drawn = city.read("draws", ["size"])["size"].sum()
        assert numbers.totals["patrols"] == numbers.neighbourhoods["patrols"].sum() == drawn
        return str((numbers.totals, numbers.neighbourhoods.to_dict(), numbers.groups.to_dict(), numbers.gunfire,
                    numbers.evenness.to_dict(), numbers.limits.to_dict(), numbers.kept))

    before = shown()
    date, shift = city.read("draws", order_by="drawn_utc")[["shift_date", "shift"]].iloc[-1]
    planned = shift_plan.planned(city, date, shift)["box_id"]
    apart = [box for box in city.read("boxes", ["box_id"])["box_id"] if box not in set(planned)]
    added = 0
    for box in apart:
        try:
            adjusting.adjust(city, "add", date, shift, box, reason="event")
        except ConnectError:  # a limit
            continue
        added += 1
        if added == 2:
            break
    adjusting.adjust(city, "minutes", date, shift, planned.iloc[0], minutes=5, reason="event")
    adjusting.adjust(city, "suppress", date, shift, planned.iloc[1], reason="unsafe")
    assert added == 2 and shown() == before


def test_residents_of_a_small_neighbourhood_are_in_no_sum(made, tmp_path):
    def totals(residents):
        folder = tmp_path / str(residents)
        folder.mkdir()
        for part in made.parent.iterdir():
            shutil.copy(part, folder)
        with open_workspace(folder / made.name) as workspace:
            import_neighbourhoods(workspace, VectorTable(
                pd.DataFrame({"NAME": ["North", "South West"], "all": [3000, residents], "a": [1000, residents // 2]}),
                [square(0, 6, 12).intersection(square(0, 6, 6).union(square(6, 6, 6))), square(0, 0, 6)],
                "EPSG:32618", "areas"), "NAME", "all, a")
            numbers = public(exposure(workspace, FIRST, LAST, ended_only=True))
        return str((numbers.totals, numbers.neighbourhoods.to_dict(), numbers.groups.to_dict(),
                    numbers.evenness.to_dict()))

    assert totals(2) == totals(3) != totals(300)


def test_changes_by_hand_are_counted_without_a_sum(found):
    _, numbers = found
    changes = numbers.overrides.iloc[:2].assign(count=[2, 5])
    shown = public(dataclasses.replace(numbers, overrides=changes))
    assert shown.overrides["count"].tolist() == ["<5", 5]
    assert shown.chain.length is None and shown.chain.head == numbers.chain.head


def test_draws_again_and_second_hashes_take_the_plain_yes_away(city):
    """Six draws again of one shift, five hashes for another: all are counted, said and in the pack."""
    forecast = city.read("forecasts")
    date, shift = forecast[["shift_date", "shift"]].iloc[0]
    moment = pd.Timestamp("2019-01-01", tz="UTC")
    settings = city.settings
    settings.roles = {**settings.roles, account(): "supervisor"}
    with city.transaction() as writer:
        writer.save_settings(settings)
        writer.append("commitments", pd.DataFrame({"shift_date": FIRST, "shift": "day", "committed_utc": moment,
                                                   "seed_hash": [f"{n:064d}" for n in range(4)]}))
    for number in range(6):
        shift_draw.meter(city, date, shift, redraw=True, reason=f"Jane Roe asked {number}")
    numbers = exposure(city, FIRST, LAST)
    assert numbers.replay.counts[0] in (27, lottery_replay.SOME) and not numbers.replay.plain
    assert len(numbers.replay.draws) == len(numbers.draws) == 27 and numbers.draws["stands"].sum() == 21
    assert numbers.agreement.box_shifts == city.count("draw_boxes", {"eligible": True})
    text = lottery(numbers.replay)
    assert text.startswith("Not plainly: ") and "was drawn again 6 times" in text and "5 hashes stood for" in text
    assert "All these draws are counted here" in text and "Jane Roe asked 5" in reasons(numbers.replay)
    shown = public(exposure(city, FIRST, LAST, ended_only=True))
    assert reasons(shown.replay) == "" and "drawn again 6 times" in lottery(shown.replay)
    files = contents(city, shown, {})
    rows = pd.read_csv(io.BytesIO(files["tables/draws.csv"]), encoding="utf-8-sig", dtype=str, keep_default_na=False)
    assert len(rows) == 27 + 4 and (rows["draw_id"] == "").sum() == 4
    assert set(rows["seed_hash"]) >= set(city.read("commitments", where={"shift_date": FIRST})["seed_hash"])
    assert set(rows.loc[(rows["shift_date"] == FIRST) & (rows["shift"] == "day"), "hashes_of_shift"]) == {"5"}
    assert rows["became_the_plan"].value_counts().to_dict() == {"True": 21, "False": 6, "": 4}
    assert (rows.loc[rows["draw_id"] != "", "replays"] == "True").all()
    assert {f"draws/{draw_id}.json" for draw_id in numbers.draws["draw_id"]} <= set(files)
    assert not any(b"Jane Roe" in content for content in files.values())
    notes = draw_proof.verify_draw(city, date, shift).notes
    assert any("Drawn again 6 times" in note and "Jane Roe asked 0" in note for note in notes)


def test_a_first_draw_that_is_gone_from_the_record_is_a_draw_again(found, falsified):
    draw_id = found[0].read("draws", order_by="drawn_utc")["draw_id"].iloc[5]
    numbers = falsified(("UPDATE draws SET draw_id = ? WHERE draw_id = ?", (draw_id[:-1] + "3", draw_id)),
                        ("UPDATE draw_boxes SET draw_id = ? WHERE draw_id = ?", (draw_id[:-1] + "3", draw_id)))
    assert numbers.replay.again["times"].tolist() == [2] and not numbers.replay.plain


def test_an_id_that_no_draw_has_is_told_in_one_sentence(found, falsified):
    draw_id = found[0].read("draws", ["draw_id"])["draw_id"].iloc[0]
    with pytest.raises(ConnectError, match="is not one that this plugin gives"):
        falsified(("UPDATE draws SET draw_id = ? WHERE draw_id = ?", (draw_id[:-1] + "x", draw_id)))


def test_what_is_public_of_the_configuration(city):
    settings = city.settings
    settings.map_context, settings.roles = "/home/jane/secret.gpkg", {"jane": "supervisor"}
    with city.transaction() as writer:
        writer.save_settings(settings)
        writer.upsert("tactics", city.read("tactics").iloc[:1].assign(approved_by="Lt. Jane Roe"))
    text = str(public_configuration(city))
    assert "jane" not in text.casefold() and "Lt." not in text
    assert public_configuration(city)["settings"]["window_28_hard"] == 16
    assert public_configuration(city)["settings"]["timezone"] == "America/New_York"
