"""A layout put in force: everything has its new box, what was planned and done keeps its old one."""
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from forecast_town import DATE, HOT, SIDE, add, incidents
from made_towns import new_town, quarters
from placed_town import CUT, full_town, in_boxes, squares_round_the_hot_place, trained_town
from shapely.geometry import LineString, MultiPolygon, box
from shapely.ops import unary_union

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.forecast.box_ids import corners_of, is_remnant
from shotspotter_connect_plugin.forecast.box_layout import BoxLayout
from shotspotter_connect_plugin.forecast.fishnet import Fishnet
from shotspotter_connect_plugin.patrol import metering
from shotspotter_connect_plugin.reports.web import layout_page
from shotspotter_connect_plugin.workspace.exports.shift_package import make_package
from shotspotter_connect_plugin.workspace.exports.views import layout_boxes, plan_boxes, visit_boxes
from shotspotter_connect_plugin.workspace.imports.coverage_import import shares_of_boxes
from shotspotter_connect_plugin.workspace.imports.neighbourhood_import import spread_over_boxes
from shotspotter_connect_plugin.workspace.imports.unreachable_areas import write_shares
from shotspotter_connect_plugin.workspace.numbers.delivered_period import read_delivered
from shotspotter_connect_plugin.workspace.numbers.layout_figures import layout_figures
from shotspotter_connect_plugin.workspace.steps import placing
from shotspotter_connect_plugin.workspace.steps.adjusting import adjust
from shotspotter_connect_plugin.workspace.steps.draw_proof import verify_draw
from shotspotter_connect_plugin.workspace.steps.forecasting import score
from shotspotter_connect_plugin.workspace.steps.patrol_history import history_around
from shotspotter_connect_plugin.workspace.steps.plan_review import plan_view
from shotspotter_connect_plugin.workspace.steps.record_check import record_checks
from shotspotter_connect_plugin.workspace.steps.shift_draw import meter
from shotspotter_connect_plugin.workspace.store.former_boxes import known_boxes, links_of, visits_then
from shotspotter_connect_plugin.workspace.store.roles import account
from shotspotter_connect_plugin.workspace.store.runs import recorded
from shotspotter_connect_plugin.workspace.store.tables import TABLES
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace


@pytest.fixture
def town(tmp_path):
    """A town whose edge cuts boxes, with all that knows its box."""
    with full_town(tmp_path / "town.gpkg") as workspace:
        yield workspace


@pytest.fixture
def trained(tmp_path):
    """The same with a model."""
    with trained_town(tmp_path / "town.gpkg") as workspace:
        yield workspace


def test_everything_gets_its_new_box_in_one_step(town):
    squares = squares_round_the_hot_place(town)
    before = {name: town.read(name) for name in ("boxes", "incidents", "gunfire", "places")}
    applied = placing.apply_layout(town, squares, "more events in the same boxes")
    assert (applied.layout, applied.placed, town.layout) == (1, 2, 1)
    assert town.fishnet == BoxLayout(250, squares)
    boxes = town.read("boxes")
    # The area inside the jurisdiction stays, as does everything about boxes that were not cut.
    assert boxes["inside"].sum() == pytest.approx(before["boxes"]["inside"].sum())
    assert (town.fishnet.ids(boxes["col"], boxes["row"]) == boxes["box_id"]).all()
    assert [shape.area / 62_500 for shape in boxes["geometry"]] == pytest.approx(
        town.fishnet.shares(boxes["col"], boxes["row"]).tolist())
    both = boxes.merge(before["boxes"], on="box_id", suffixes=("", "_before"))
    assert len(both) == len(before["boxes"]) - boxes["box_id"].map(is_remnant).sum()
    assert (both["inside"] == both["inside_before"]).all() and (both["beat"] == both["beat_before"]).all()
    placed = boxes[boxes["box_id"].isin(town.fishnet.ids(*squares.T))]
    assert len(placed) == 2 and (placed["inside"] == 1).all() and placed["beat"].notna().all()
    for name in ("incidents", "gunfire", "places"):
        rows = town.read(name)
        assert rows["box_id"].notna().tolist() == before[name]["box_id"].notna().tolist()
        known = rows[rows["box_id"].notna()]
        assert (town.fishnet.ids(*town.fishnet.cell(known["x"], known["y"])) == known["box_id"]).all()
        assert applied.moved[name] == (rows["box_id"].fillna("") != before[name]["box_id"].fillna("")).sum() > 0
    assert town.faults() == []


def test_shares_of_residents_and_of_sensors_go_with_the_area(town):
    placing.apply_layout(town, squares_round_the_hot_place(town), "test")
    shares, boxes = town.read("neighbourhoods")["boxes"][0], town.read("boxes").set_index("box_id")
    assert sum(shares.values()) == pytest.approx(1.0) and set(shares) <= set(boxes.index)
    covered = town.read("sensor_coverage")["boxes"][0]
    assert set(covered) == set(boxes.index[boxes["inside"] > 0])
    assert covered == pytest.approx(dict.fromkeys(covered, 1.0))
    assert (boxes.loc[list(shares), "neighbourhood"].dropna() == "south").all()


def test_shares_of_areas_do_not_blur_from_layout_to_layout(town):
    """After any way through layouts they are what the areas say, as if imported now."""
    west, south, east, _ = CUT.bounds
    part = box(west - 100, south - 100, east, south + 1137.0)
    with town.transaction() as writer:
        for table in ("neighbourhoods", "sensor_coverage"):
            rows = town.read(table)
            writer.replace(table, rows.assign(geometry=[part] * len(rows)))
    squares = squares_round_the_hot_place(town)
    for corners in (squares, squares + [1, 2], []):
        placing.apply_layout(town, corners, "test")
        boxes = town.read("boxes", ["box_id", "inside"])
        assert town.read("sensor_coverage")["boxes"][0] == shares_of_boxes(town.fishnet, boxes, part)
        told = town.read("neighbourhoods")["boxes"][0]
        assert told == spread_over_boxes(town.fishnet, [part], set(boxes["box_id"]))[0][0]
        assert sum(told.values()) == pytest.approx(1.0)


def test_visits_know_the_box_they_were_in(town):
    old = town.read("visits")["box_id"].tolist()
    placing.apply_layout(town, squares_round_the_hot_place(town), "test")
    visits = town.read("visits")
    assert visits["former_box_id"].tolist() == [old[0], None] and visits["box_id"][1] == old[1]
    assert visits["box_id"].isin(town.read("boxes")["box_id"]).all() and visits["box_id"][0] != old[0]
    placing.apply_layout(town, [], "back to the plain fishnet")
    assert town.read("visits", ["box_id", "former_box_id"])["former_box_id"].tolist() == [old[0], None]


def test_layouts_are_numbered_and_the_way_back_is_open(town):
    before = town.read("boxes")
    squares = squares_round_the_hot_place(town)
    placing.apply_layout(town, squares, "first")
    placing.apply_layout(town, squares + [30, 4], "second")
    placing.apply_layout(town, [], "third")
    assert town.layout == 3 and isinstance(town.fishnet, Fishnet)
    rows = town.read("layouts", order_by="layout")
    assert rows["reason"].tolist() == ["first", "second", "third"] and rows["squares"].tolist() == [
        squares.tolist(), (squares + [30, 4]).tolist(), []]
    assert town.fishnet_of(1) == BoxLayout(250, squares) and isinstance(town.fishnet_of(0), Fishnet)
    after = town.read("boxes")
    key = ["box_id", "col", "row", "inside", "beat"]
    pd.testing.assert_frame_equal(after[key].sort_values("box_id", ignore_index=True),
                                  before[key].sort_values("box_id", ignore_index=True))
    former = town.read("former_boxes")
    assert set(former.loc[former["layout"] == 0, "box_id"]) | set(former.loc[former["layout"] == 1, "box_id"]) >= set(
        town.fishnet_of(1).ids(*squares.T))
    assert set(former["layout"]) == {0, 1, 2} and not former.duplicated(["layout", "box_id"]).any()


def test_a_model_stays_and_what_is_planned_stays(trained):
    as_of = trained.calendar.as_of(DATE)
    for shift in ("day", "evening"):
        score(trained, DATE, shift, as_of)
    meter(trained, DATE, "day")
    kept = {name: trained.read(name) for name in ("draws", "draw_boxes", "patrols", "models")}
    placing.apply_layout(trained, squares_round_the_hot_place(trained), "test")
    for name, rows in kept.items():
        pd.testing.assert_frame_equal(trained.read(name), rows)
    assert trained.distinct("forecasts", "shift", {"shift_date": DATE}) == ["day"]
    score(trained, DATE, "evening", as_of)
    found = trained.read("forecasts", where={"shift": "evening"})
    assert set(found["box_id"]) == set(trained.read("boxes")["box_id"])
    drawn = meter(trained, DATE, "evening")
    assert set(trained.read("draw_boxes", where={"draw_id": drawn.draw_id})["box_id"]) == set(found["box_id"])


def test_limits_carry_over_by_shared_area(town):
    squares = squares_round_the_hot_place(town)
    hot = town.read("visits")["box_id"][0]
    add(town, "patrols", pd.DataFrame({
        "patrol_id": ["p1", "p2"], "shift_date": ["2019-01-17", "2019-01-19"], "shift": "night", "box_id": hot,
        "origin": "drawn", "status": "planned"}))
    rules = metering.rules_of(town.settings, DATE, "day", 1)
    before = history_around(town, DATE, "day", rules, chances=True)
    assert hot in before.resting and "share" not in before.patrols
    placing.apply_layout(town, squares, "test")
    links = links_of(town, [hot]).set_index("new_id")
    assert links["of_old"].sum() == pytest.approx(1.0) and len(links) > 1
    after = history_around(town, DATE, "day", rules, chances=True)
    shares = after.patrols.groupby("box_id")["share"].sum()
    # Two planned patrols and one visit of its own shift.
    assert shares[links.index].to_numpy() == pytest.approx(3 * links["of_new"].to_numpy())
    assert after.minutes.groupby("box_id")["minutes"].sum()[links.index].to_numpy() == pytest.approx(
        15.0 * links["of_old"].to_numpy())
    assert after.resting - {hot} == set(links.index[links["of_new"] >= 0.5])
    assert after.minutes["minutes"].sum() == pytest.approx(before.minutes["minutes"].sum())
    placing.apply_layout(town, [], "back")
    again = history_around(town, DATE, "day", rules, chances=True)
    assert again.resting == before.resting
    pd.testing.assert_frame_equal(again.patrols.drop(columns="share", errors="ignore").sort_values(
        ["shift_date", "shift", "box_id"], ignore_index=True), before.patrols.sort_values(
            ["shift_date", "shift", "box_id"], ignore_index=True))


def test_what_was_added_or_suppressed_by_hand_stays_so_on_new_boxes(trained):
    """A box added to a shift that is not drawn yet is not drawn there once more under another name."""
    as_of, squares = trained.calendar.as_of(DATE), squares_round_the_hot_place(trained)
    hot = trained.read("visits")["box_id"][0]
    adjust(trained, "add", DATE, "night", hot, "robbery", reason="event")
    placing.apply_layout(trained, squares, "test")
    links = links_of(trained, [hot])
    same = set(links.loc[links["of_new"] >= 0.5, "new_id"])
    assert same and len(same) < len(links)
    score(trained, DATE, "night", as_of)
    drawn = meter(trained, DATE, "night")
    boxes = trained.read("draw_boxes", where={"draw_id": drawn.draw_id}).set_index("box_id")
    small = "too little of it is left beside placed boxes"
    assert set(boxes.loc[sorted(same), "why_not"]) <= {"added by hand", small}
    assert (boxes["why_not"] == "added by hand").any() and not boxes.loc[sorted(same), "selected"].any()
    with pytest.raises(ConnectError, match=f"{hot} of the boxes before were added by hand.*suppress them, add the"):
        make_package(trained, DATE, "night")
    adjust(trained, "suppress", DATE, "night", hot, reason="event")
    make_package(trained, DATE, "night")


def test_reports_and_proofs_of_before_stay_as_they_were(trained):
    as_of = trained.calendar.as_of(DATE)
    legend = trained.crime_types[["crime_type", "name", "colour"]].assign(letter="L")
    score(trained, DATE, "day", as_of)
    meter(trained, DATE, "day")
    planned = trained.read("patrols")
    start = trained.calendar.bounds(DATE, "day")[0]
    add(trained, "visits", pd.DataFrame({
        "visit_id": planned["patrol_id"], "unit": "u", "officer": "unknown", "box_id": planned["box_id"],
        "patrol_id": planned["patrol_id"], "shift_date": DATE, "shift": "day",
        "entered_utc": start + pd.to_timedelta(20 * np.arange(len(planned)), unit="min"),
        "left_utc": start + pd.to_timedelta(20 * np.arange(len(planned)) + 15, unit="min"), "minutes": 15.0}))
    delivered, exposed = read_delivered(trained, DATE, DATE), visit_boxes(trained, trained.read("visits"))
    assert verify_draw(trained, DATE, "day").verified
    # Squares that take from a box with a patrol.
    squares = np.stack(corners_of(planned["box_id"].iloc[:1]), axis=1) + [[3, 4]]
    placing.apply_layout(trained, squares, "test")
    assert not set(planned["box_id"]) <= set(trained.read("boxes")["box_id"])
    after = read_delivered(trained, DATE, DATE)
    for name in ("patrols", "stays", "visits"):
        pd.testing.assert_frame_equal(getattr(after, name).drop(columns="former_box_id", errors="ignore"),
                                      getattr(delivered, name).drop(columns="former_box_id", errors="ignore"))
    assert verify_draw(trained, DATE, "day").verified
    assert [text for _, check in record_checks(trained) for text in check(trained)] == []
    shown = plan_boxes(trained, DATE, ["day"], legend)
    assert sorted(shown[0]["box_id"]) == sorted(planned["box_id"]) and np.isfinite(shown[1].rectangles).all()
    assert len(exposed[0]) == len(visit_boxes(trained, visits_then(trained, TABLES["visits"].column_names))[0])
    known = known_boxes(trained, ["box_id", "geometry"])
    assert [shape.area for shape in known["geometry"]] == pytest.approx(
        [62_500.0 if "~" not in box else shape.area for box, shape in zip(known["box_id"], known["geometry"])])
    view = plan_view(trained, DATE, "day", legend)
    assert sorted(view.patrols["box_id"]) == sorted(planned["box_id"])
    assert len(view.rectangle(planned["box_id"][0])) == 4


def test_what_is_no_layout_changes_nothing(town):
    hash_before = town.content_hash()
    squares = squares_round_the_hot_place(town)
    for wrong, reason, sentence in ((squares, " ", "Say why"), (squares[:1].repeat(2, axis=0), "test", "overlap"),
                                    (squares - 4000, "test", "half inside"), ([], "test", "in force already")):
        with pytest.raises(ConnectError, match=sentence):
            placing.apply_layout(town, wrong, reason)
    assert town.content_hash() == hash_before and town.layout == 0


def test_an_id_stands_for_one_shape_in_all_layouts(town, monkeypatch):
    squares = squares_round_the_hot_place(town)
    monkeypatch.setattr("shotspotter_connect_plugin.forecast.box_layout.mark_of", lambda free: "~aaaaaa")
    placing.apply_layout(town, squares, "first")
    before = town.content_hash()
    with pytest.raises(ConnectError, match="same id and another shape; move a square"):
        placing.apply_layout(town, squares + [1, 0], "second")
    assert town.content_hash() == before


def test_a_layout_is_found_where_the_events_are(town):
    found = placing.find_layout(town, "2019-01-20T10:00Z")
    corners = found.squares * 25
    hot = ((corners <= HOT) & (corners + 250 > HOT)).all(axis=1)
    assert hot.sum() == 1 and len(found.squares) == round(len(town.read("boxes")) * 0.03)
    assert 25 < found.smooth < 40 and np.isnan(found.gain.gain)  # nothing was known a year before
    applied = placing.apply_layout(town, found.squares, "test", found)
    row = town.read("layouts").iloc[0]
    assert applied.placed == len(found.squares) and row["smooth"] == found.smooth and np.isnan(row["gain"])
    with pytest.raises(ConnectError, match="No event was known"):
        placing.find_layout(town, "2017-01-01T00:00Z")


@pytest.fixture(scope="module")
def two_years(tmp_path_factory):
    """Path of a town with two years of incidents, a third of them at one place; not to be changed."""
    path = tmp_path_factory.mktemp("placing") / "town.gpkg"
    with new_town(path, CUT, quarters(SIDE)) as workspace:
        add(workspace, "incidents", in_boxes(workspace, incidents(4000, days=730)))
    return path


def test_the_gain_is_told_of_the_year_the_squares_did_not_know(two_years):
    with open_workspace(two_years) as town:
        before = town.content_hash()
        found = placing.find_layout(town, "2020-04-28T10:00Z")
        assert found.judged == ("robbery",) and found.judged_from == pd.Timestamp("2019-04-28T10:00Z")
        assert found.gain.low < found.gain.gain < found.gain.high and 1500 < found.gain.events < 2500
        assert found.boxes["inside"].sum() == pytest.approx(town.read("boxes")["inside"].sum())
        plain = placing.find_layout(town, "2020-04-28T10:00Z", share=0.0)
        assert not len(plain.squares) and set(plain.boxes["box_id"]) == set(town.read("boxes")["box_id"])
        shown, drawn = layout_boxes(town, found)
        assert (shown["kind"] == "placed").sum() == len(found.squares) and (shown["kind"] == "remnant").any()
        # One row per box, with its own area, and nothing is there twice.
        assert shown["box_id"].is_unique and len(shown) == len(drawn) == len(found.boxes)
        grid, outlines = BoxLayout(250, found.squares), drawn.outlines()
        areas = np.array([shape.area for shape in outlines]) / 62_500
        assert areas == pytest.approx(grid.shares(*grid.parse(shown["box_id"])))
        assert unary_union(outlines).area == pytest.approx(62_500 * areas.sum())
        assert set(layout_boxes(town, plain)[0]["kind"]) == {"fishnet"}
        assert town.content_hash() == before


@pytest.mark.parametrize("known", [True, False])
def test_no_square_lies_mostly_in_water_or_outside(town, known):
    """The hot place lies on a bank: squares keep to the bank, and what is judged is the ground officers can go to."""
    bank, (_, south, _, north) = HOT[0] + 40, CUT.bounds
    with town.transaction() as writer:
        river = MultiPolygon([box(bank, south - 100, bank + 600, north + 100)])
        writer.append("unreachable", pd.DataFrame({"reason": ["water"], "source": "made", "geometry": [river]}))
        if not known:
            writer.delete("jurisdiction")
    found = placing.find_layout(town, "2019-01-20T10:00Z")
    outlines = BoxLayout(250, found.squares).outlines(*found.squares.T)
    dry = [shape.difference(river) for shape in outlines]
    assert min(shape.area for shape in dry) >= 0.51 * 62_500 - 1e-6
    if known:
        assert min(shape.intersection(CUT).area for shape in dry) >= 0.51 * 62_500 - 1e-6
        assert found.ground.area.sum() == pytest.approx(CUT.difference(river).area / 62_500)
    hot = ((found.squares * 25 <= HOT) & (found.squares * 25 + 250 > HOT)).all(axis=1)
    assert hot.sum() == 1  # what lies on the bank still has its square, moved inland
    assert len(found.squares) == round(len(town.read("boxes")) * 0.03)  # others take the place of those in the water
    placing.apply_layout(town, found.squares, "test", found)
    boxes = town.read("boxes").set_index("box_id")
    ids = town.fishnet.ids(*found.squares.T)
    assert (boxes.loc[ids, "reachable"] >= 0.5).all() and not boxes.loc[ids, "unreachable"].gt(0.5).any()
    with pytest.raises(ConnectError, match="half inside the jurisdiction where officers can go"):
        placing.apply_layout(town, [[int(bank // 25) + 5, int(south // 25) + 40]], "into the river")


def test_no_square_lies_where_there_is_no_street(town):
    """The hot place lies in a park: the square beside it that a street passes is the one that is laid."""
    x_min, south, x_max, north = CUT.bounds
    street = float(HOT[0]) + 180
    with town.transaction() as writer:
        lines = [LineString([(x, south - 100), (x, north + 100)]) for x in np.arange(street, x_max, 500)]
        writer.append("streets", pd.DataFrame({"street_id": [str(n) for n in range(len(lines))], "geometry": lines}))
        write_shares(town, writer)
    found = placing.find_layout(town, "2019-01-20T10:00Z")
    placing.apply_layout(town, found.squares, "test", found)
    boxes = town.read("boxes").set_index("box_id")
    assert (boxes.loc[town.fishnet.ids(*found.squares.T), "streets"] > 0).all() and (boxes["streets"] == 0).any()
    hot = ((found.squares * 25 <= HOT) & (found.squares * 25 + 250 > HOT)).all(axis=1)
    assert hot.sum() == 1
    with pytest.raises(ConnectError, match="have no street"):
        placing.apply_layout(town, [[int(x_min // 25) + 12, int(south // 25) + 40]], "into the park")


def test_no_square_lies_in_water_that_only_boxes_know(town):
    """As in workspaces that kept no areas of it."""
    boxes = town.read("boxes", ["box_id", "col", "row"])
    wet = boxes["col"] == HOT[0] // 250
    with town.transaction() as writer:
        writer.upsert("boxes", boxes[["box_id"]].assign(water=np.where(wet, 0.9, np.nan)))
    found = placing.find_layout(town, "2019-01-20T10:00Z")
    placing.apply_layout(town, found.squares, "test", found)
    laid = town.read("boxes").set_index("box_id").loc[town.fishnet.ids(*found.squares.T)]
    assert metering.may_be_drawn(laid, metering.rules_of(town.settings, "", "", 1)).all()


def test_what_is_inside_is_told_by_the_outline(town):
    before = town.read("boxes", ["box_id", "inside"])
    corner = np.stack(corners_of(before["box_id"][(before["inside"] < 1)][3:4]), axis=1) + [[0, 4]]
    placing.apply_layout(town, corner, "a square at the edge")
    boxes = town.read("boxes")
    assert [shape.intersection(CUT).area / 62_500 for shape in boxes["geometry"]] == pytest.approx(
        boxes["inside"].tolist(), abs=1e-9)
    assert boxes["inside"].sum() == pytest.approx(before["inside"].sum())
    # Ground of the boxes there were is in a box still, so no point beside the outline loses its box.
    assert unary_union(boxes["geometry"].tolist()).area == pytest.approx(62_500 * len(before))
    assert boxes["beat"].notna().all()


def test_what_does_no_harm_places_no_boxes(town):
    with town.transaction() as writer:
        types = town.read("crime_types")
        types["severity"] = types["severity"].where(types["crime_type"] == "gunfire", 0.0)
        writer.upsert("crime_types", types)
    assert set(placing.find_layout(town, "2019-01-20T10:00Z").density) == {"gunfire"}


def test_figures_and_words_say_what_is_gained_and_where(two_years):
    with open_workspace(two_years) as town:
        found = placing.find_layout(town, "2020-04-28T10:00Z")
    figures = layout_figures(found)
    assert len(figures.squares) == len(figures.busiest) == len(found.squares) and len(figures.fishnet) == 144
    hot = np.array(HOT) / 250 - found.ground.first / 10
    assert ((figures.squares[0] <= hot) & (hot < figures.squares[0] + 1)).all()
    assert figures.cells[:, 2].max() > 0.2 and (figures.near[2:] - figures.near[:2] == 8).all()
    for low, high, words in ((0.9, 1.3, "Not worth it here: no gain at all is within"), (1.05, 1.3, "Worth it here:"),
                             (np.nan, np.nan, "Nothing can be told yet: too little"),
                             (0.8, 0.9, "Not worth it here: placed boxes held fewer")):
        gain = replace(found.gain, low=low, moved_low=low, high=high, moved_high=high)
        assert layout_page.verdict(replace(found, gain=gain)).startswith(words)
    assert "cells of 25 m" in layout_page.circles_in_words(found)
    larger = replace(found, ground=replace(found.ground, size=400.0))
    assert "cells of 40 m" in layout_page.circles_in_words(larger)
    unknown = replace(found, gain=replace(found.gain, gain=np.nan, moved=np.nan))
    assert layout_page.in_short(unknown)[0].startswith("Nothing can be told yet: no crime type")


def test_a_new_layout_is_told_of_only_where_it_gains(two_years, tmp_path, monkeypatch):
    shutil.copy(two_years, tmp_path / "town.gpkg")
    with open_workspace(tmp_path / "town.gpkg") as town:
        as_of = pd.Timestamp("2020-04-28T10:00Z")
        gain = placing.find_layout(town, as_of).gain
        sure = replace(gain, gain=1.2, low=1.1, moved=1.25, moved_low=1.1)
        little, unsure = replace(sure, gain=1.02, low=1.01), replace(sure, low=0.99)
        for told, words in ((sure, "20 % more"), (unsure, ""), (little, "")):
            monkeypatch.setattr(placing.box_placing, "judge", lambda *args, told=told: told)
            word = placing.word_on_a_new_layout(town, as_of)
            assert words in word and bool(word) == bool(words)
        monkeypatch.setattr(placing, "_MOST_BOXES", 100)
        assert "too many boxes" in placing.word_on_a_new_layout(town, as_of)
        monkeypatch.undo()
        monkeypatch.setattr(placing.box_placing, "judge", lambda *args: sure)
        placing.apply_layout(town, squares_round_the_hot_place(town), "test",
                             replace(placing.find_layout(town, as_of), as_of=as_of))
        assert placing.word_on_a_new_layout(town, as_of) == ""  # in force for less than a year
        # Squares as good as the new ones leave nothing to gain.
        assert placing.word_on_a_new_layout(town, as_of + pd.DateOffset(years=2)) == ""


def test_a_quarter_is_told_once(town):
    assert placing.quarter_of("2019-03-31") == "2019Q1" and placing.quarter_of("2019-04-01") == "2019Q2"
    assert not placing.told_this_quarter(town, "2019-03-31")
    with recorded(town, "connect:daily", {}) as run:
        run.counts = {placing.QUARTER: placing.quarter_of("2019-01-02")}
    assert placing.told_this_quarter(town, "2019-03-31") and not placing.told_this_quarter(town, "2019-04-01")


def test_only_who_may_puts_boxes_in_force(town):
    settings = town.settings
    settings.roles = {account(): "analyst", "chief": "supervisor"}
    with town.transaction() as writer:
        writer.save_settings(settings)
    with pytest.raises(ConnectError, match="only a supervisor may lay the boxes anew"):
        placing.apply_layout(town, squares_round_the_hot_place(town), "test")
    assert town.layout == 0


def test_another_desk_sees_the_layout(town):
    with open_workspace(town.address) as other:
        assert isinstance(other.fishnet, Fishnet)
    placing.apply_layout(town, squares_round_the_hot_place(town), "test")
    with open_workspace(town.address) as other:
        assert other.fishnet == town.fishnet and other.layout == 1
