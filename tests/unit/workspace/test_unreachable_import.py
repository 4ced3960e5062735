"""Where officers cannot go: areas with a reason, and streets; what is left of a box decides whether it may be drawn."""
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_towns import BOTTOM, BOX, CRS, CUT_TOWN, LEFT, new_town, square
from shapely.geometry import LineString, MultiLineString, Point, Polygon, box
from shapely.ops import transform, unary_union

from shotspotter_connect_plugin.errors import Cancelled, ConnectError
from shotspotter_connect_plugin.patrol import metering
from shotspotter_connect_plugin.progress import Progress
from shotspotter_connect_plugin.workspace.imports import unreachable_areas, unreachable_import
from shotspotter_connect_plugin.workspace.imports.place_import import import_places
from shotspotter_connect_plugin.workspace.imports.unreachable_import import import_unreachable, remove_unreachable
from shotspotter_connect_plugin.workspace.steps.adjusting import adjust
from shotspotter_connect_plugin.workspace.steps.draw_proof import verify_draw
from shotspotter_connect_plugin.workspace.steps.placing import apply_layout
from shotspotter_connect_plugin.workspace.steps.shift_draw import meter
from shotspotter_connect_plugin.workspace.store.layers import VectorTable

DATE, SHIFT, SIDE = "2019-03-01", "day", 6
TOWN = square(0, 0, SIDE)


def layer(shapes, crs=CRS, **columns):
    frame = pd.DataFrame(columns) if columns else pd.DataFrame(index=range(len(shapes)))
    return VectorTable(frame, list(shapes), crs, "ground")


def part(col, row, wide, tall=1.0):
    """So many boxes wide and tall, from a box on."""
    return square(col, row, wide, tall)


def street(col, row, to_col, to_row):
    return LineString([(LEFT + col * BOX, BOTTOM + row * BOX), (LEFT + to_col * BOX, BOTTOM + to_row * BOX)])


@pytest.fixture
def town(tmp_path):
    with new_town(tmp_path / "town.gpkg", TOWN) as made:
        yield made


def forecast(workspace):
    boxes = workspace.read("boxes", ["box_id"])["box_id"]
    with workspace.transaction() as writer:
        writer.append("forecasts", pd.DataFrame({
            "shift_date": DATE, "shift": SHIFT, "box_id": boxes, "expected": np.arange(1, len(boxes) + 1) / 900,
            "low": 0.0, "high": 1.0, "model_id": "m", "crime_type": workspace.crime_types["crime_type"].iloc[0]}))


def state(workspace):
    boxes = workspace.read("boxes", ["box_id", "col", "row", "beat", *metering.GROUND])
    return boxes.set_index(pd.MultiIndex.from_arrays([boxes["col"] - LEFT // BOX, boxes["row"] - BOTTOM // BOX]))


def counts(result):
    assert result.read == result.added + result.updated + result.unchanged + result.rejected
    return result.added, result.updated, result.unchanged, result.rejected


def test_boxes_that_are_mostly_out_of_reach_are_not_drawn_and_the_draw_says_why(town):
    forecast(town)
    result = import_unreachable(town, layer([part(0, 0, 1.6), part(3, 3, 1), part(3, 3, .4)],
                                            why=["rail yard", "private ground", "Private ground"]))
    assert counts(result) == (3, 0, 0, 0) and result.mapping == {"reason": "why"}
    assert "3 of 36 boxes are not drawn" in result.warnings[0] and "2 mostly rail yard" in result.warnings[0]
    boxes = state(town)
    assert boxes.loc[(0, 0), "unreachable"] == 1 and boxes.loc[(0, 0), "reachable"] == 0
    assert boxes.loc[(1, 0), ["unreachable", "reachable"]].astype(float).tolist() == pytest.approx([0.6, 0.4])
    assert boxes.loc[(5, 5), "unreachable"] == 0 and pd.isna(boxes.loc[(5, 5), "unreachable_why"])
    meter(town, DATE, SHIFT, boxes=10)
    drawn = town.read("draw_boxes").set_index("box_id")
    why = drawn.loc[boxes["box_id"], "why_not"].set_axis(boxes.index)
    assert why[why.notna()].to_dict() == {(0, 0): "mostly rail yard", (1, 0): "mostly rail yard",
                                          (3, 3): "mostly private ground"}
    assert drawn["eligible"].sum() == 33 and drawn["selected"].sum() == 10
    found = verify_draw(town, DATE, SHIFT)
    assert found.verified, found.problems
    told = adjust(town, "add", DATE, SHIFT, box_id=boxes.loc[(1, 0), "box_id"], reason="series").messages
    assert any("60 % rail yard" in text and "make sure" in text for text in told)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(*[st.integers(-400, 1900)] * 4), min_size=1, max_size=5), st.booleans())
def test_ground_counts_once_and_is_taken_off_what_is_inside(tmp_path_factory, corners, outlined):
    path = tmp_path_factory.getbasetemp() / "ground.gpkg"
    shapes = [box(LEFT + min(a, c), BOTTOM + min(b, d), LEFT + max(a, c) + 1, BOTTOM + max(b, d) + 1)
              for a, b, c, d in corners]
    with new_town(path, CUT_TOWN) as town:
        if not outlined:
            with town.transaction() as writer:
                writer.delete("jurisdiction")
        try:
            import_unreachable(town, layer(shapes + [shapes[0].buffer(5)]), "yard")
        except ConnectError:
            assert not unary_union(shapes).intersects(box(*CUT_TOWN.bounds).buffer(-1))
            return
        boxes = state(town)
    whole = unary_union([*shapes, shapes[0].buffer(5)])
    outlines = [square(col, row, 1) for col, row in boxes.index]
    assert boxes["unreachable"].to_numpy() == pytest.approx([whole.intersection(one).area / BOX ** 2
                                                             for one in outlines], abs=1e-6)
    left = np.array([CUT_TOWN.intersection(one).difference(whole).area / BOX ** 2 for one in outlines])
    if outlined:
        assert boxes["reachable"].to_numpy() == pytest.approx(left, abs=1e-6)
    else:  # what a workspace of an earlier version can tell: no less than that
        assert (boxes["reachable"].to_numpy() >= left - 1e-6).all()
    assert (boxes["reachable"] <= boxes["inside"] + 1e-9).all()


def test_a_later_import_replaces_the_areas_of_its_reasons_alone(town):
    import_unreachable(town, layer([part(0, 0, 1)]), "rail yard")
    import_places(town, layer([part(2, 2, 1)], name=["river"]), "water")
    again = import_unreachable(town, layer([part(0, 0, 1)]), " Rail  Yard ")
    assert counts(again) == (0, 0, 1, 0) and any("stay as they were: water" in text for text in again.warnings)
    moved = import_unreachable(town, layer([part(4, 4, 1), part(0, 9, 99)], kind=["RAIL YARD", ""]), "base", "kind")
    assert counts(moved) == (0, 1, 0, 1) and moved.reasons == {"outside the jurisdiction": 1}
    assert town.read("unreachable")["reason"].tolist() == ["water", "rail yard"]
    boxes = state(town)
    assert boxes["unreachable"].sum() == pytest.approx(2) and boxes.loc[(4, 4), "unreachable_why"] == "rail yard"
    assert boxes["water"].sum() == 1 and boxes.loc[(2, 2), "water"] == 1
    assert remove_unreachable(town, "WATER")[0] == 1 and state(town)["water"].isna().all()
    assert remove_unreachable(town, "rail yard")[0] == 1
    assert state(town)[["unreachable", "reachable", "unreachable_why"]].isna().all(axis=None)
    with pytest.raises(ConnectError, match="no areas are stored"):
        remove_unreachable(town, "rail yard")


def test_reasons_that_share_a_box_are_both_named(town):
    import_unreachable(town, layer([part(0, 0, .5), part(.5, 0, .3), part(.8, 0, .1)], why=["yard", "base", "lake"]))
    assert state(town).loc[(0, 0), "unreachable_why"] == "yard and base"


BOW = Polygon([(LEFT, BOTTOM), (LEFT + 250, BOTTOM + 250), (LEFT + 250, BOTTOM), (LEFT, BOTTOM + 250)])


def test_broken_areas_are_mended_and_what_cannot_be_used_is_rejected(town, tmp_path):
    shapes = [BOW, None, Point(LEFT, BOTTOM), part(60, 60, 1), part(1, 1, 1), part(2, 1, 1)]
    result = import_unreachable(town, layer(shapes, why=["a", "a", "a", "a", "", "b" * 80]), "", "why",
                                rejects=str(tmp_path / "no.csv"))
    assert counts(result) == (1, 0, 0, 5) and state(town)["unreachable"].sum() == pytest.approx(0.5)
    assert result.reasons == {"no polygon": 2, "outside the jurisdiction": 1, "no reason": 1,
                              "a reason that is too long": 1}
    assert "b" * 9 not in (tmp_path / "no.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("given, reason, words", [
    (layer([part(0, 0, 1)]), "", "Say in REASON"),
    (layer([part(0, 0, 1)], crs=""), "yard", "which CRS"),
    (layer([part(0, 0, 1)], crs="EPSG:32633"), "yard", "outside the jurisdiction"),
    (layer([part(50, 50, 1)]), "yard", "outside the jurisdiction"),
    (layer([]), "yard", "no features"),
    (layer([Point(LEFT, BOTTOM)]), "yard", "no polygon"),
    (layer([street(0, 0, 9, 9)]), "yard", "taken for streets"),
    (layer([part(0, 0, 1)] * 2, why=["John Smith", "Mary Jones"]), "", "look like names"),
    (layer([part(0, 0, 1)]), "ask bob@example.org", "e-mail"),
    (layer([part(0, 0, 1)]), "y" * 61, "longer than 60"),
    (layer([part(0, 0, 1)] * 50, why=[f"parcel {n}" for n in range(50)]), "", "50 different reasons"),
    (layer([street(90, 90, 99, 90)]), "", "outside the jurisdiction")])
def test_what_cannot_be_taken_gets_one_sentence_and_nothing_changes(town, given, reason, words):
    before = town.content_hash()
    with pytest.raises(ConnectError, match=words) as told:
        import_unreachable(town, given, reason)
    assert town.content_hash() == before and len(told.value.user) < 300


def test_boxes_without_a_street_are_not_drawn(town):
    forecast(town)
    lines = [street(0, row + .5, SIDE, row + .5) for row in range(4)] + [
        MultiLineString([street(0, 5, 3, 5), street(1, 9, 1.5, 9)]), street(0, 4.05, 0.1, 4.05)]
    result = import_unreachable(town, layer(lines, name=["a"] * 6))
    assert counts(result) == (6, 0, 0, 0) and "5 no street" in " ".join(result.warnings)
    boxes = state(town)
    assert boxes.loc[(2, 1), "streets"] == pytest.approx(BOX) and boxes.loc[(5, 5), "streets"] == 0
    assert boxes.loc[(1, 4), "streets"] == pytest.approx(BOX)  # along its upper edge
    meter(town, DATE, SHIFT, boxes=10)
    drawn = town.read("draw_boxes").set_index("box_id")
    without = boxes.loc[boxes["streets"] == 0, "box_id"]
    assert set(drawn.loc[without, "why_not"]) == {"no street"} and not drawn.loc[without, "eligible"].any()
    told = adjust(town, "add", DATE, SHIFT, box_id=without.iloc[0], reason="series").messages
    assert any("has no street" in text for text in told)
    assert counts(import_unreachable(town, layer(lines[:4]))) == (0, 0, 4, 0)
    assert (state(town)["streets"] == 0).sum() == 12
    assert remove_unreachable(town, "no street")[0] == 4 and state(town)["streets"].isna().all()


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, SIDE * BOX)] * 4), min_size=1, max_size=6))
def test_metres_of_street_are_those_of_the_lines(tmp_path_factory, ends):
    lines = [LineString([(LEFT + a, BOTTOM + b), (LEFT + c + .5, BOTTOM + d)]) for a, b, c, d in ends]
    with new_town(tmp_path_factory.getbasetemp() / "streets.gpkg", TOWN) as town:
        import_unreachable(town, layer(lines))
        boxes = state(town)
    lines = list({line.wkt: line for line in lines}.values())
    for (col, row), metres in boxes["streets"].items():
        shape = square(col, row, 1)
        assert metres >= sum(line.intersection(shape.buffer(-.1)).length for line in lines) - 11 * len(lines)
        assert metres <= sum(line.intersection(shape.buffer(40)).length for line in lines) + 1e-6


def test_a_layer_that_lacks_most_streets_is_refused(town):
    boxes = town.read("boxes", ["box_id"])["box_id"]
    at = pd.Timestamp("2019-02-01", tz="UTC")
    with town.transaction() as writer:
        writer.append("incidents", pd.DataFrame({
            "incident_id": boxes, "crime_type": "theft", "occurred_from_utc": at, "occurred_to_utc": at,
            "box_id": boxes, "x": 1.0, "y": 1.0}))
    before = town.content_hash()
    with pytest.raises(ConnectError, match="30 of 36 boxes that had incidents"):
        import_unreachable(town, layer([street(0, .5, SIDE, .5)]))
    assert town.content_hash() == before
    told = import_unreachable(town, layer([street(0, row + .5, SIDE, row + .5) for row in range(5)])).warnings
    assert any("6 of 36 boxes that had incidents have no street" in text for text in told)


def test_boxes_that_are_no_squares_have_shares_of_their_own_area(town):
    """A placed square and what it leaves of four boxes of the fishnet."""
    ground = part(1, 1, 1.2, .5)
    import_unreachable(town, layer([ground]), "yard")
    import_unreachable(town, layer([street(0, 1.5, 6, 1.5)]))
    apply_layout(town, [[LEFT // BOX * 10 + 14, BOTTOM // BOX * 10 + 14]], "try")
    boxes = town.read("boxes", ["box_id", "col", "row"])
    outlines = town.fishnet.outlines(boxes["col"], boxes["row"])
    kept = town.read("boxes", ["box_id", *metering.GROUND]).set_index("box_id").loc[boxes["box_id"]]
    assert kept["unreachable"].to_numpy() == pytest.approx([one.intersection(ground).area / one.area
                                                            for one in outlines], abs=1e-6)
    assert kept["reachable"].to_numpy() == pytest.approx([one.difference(ground).area / BOX ** 2
                                                          for one in outlines], abs=1e-6)
    assert kept["unreachable"].between(0.05, 0.95).sum() >= 3
    line = street(0, 1.5, 6, 1.5)
    assert kept["streets"].to_numpy() == pytest.approx([line.intersection(one).length for one in outlines], abs=12)


class Stopping(Progress):
    """Cancels at one of the reports; counts them."""

    def __init__(self, at=10 ** 9):
        self.heard, self.at = 0, at

    def report(self, fraction, text=""):
        assert 0 <= fraction <= 1
        self.heard += 1
        super().report(fraction, text)

    def is_cancelled(self):
        return self.heard >= self.at


def test_cancel_is_heard_between_a_few_hundred_polygons_in_every_part_of_the_work(town, monkeypatch):
    for room in (unreachable_areas, unreachable_import):
        monkeypatch.setattr(room, "_AT_ONCE", 20)
    rng = np.random.default_rng(3)
    ponds = [Point(*place).buffer(9.0, 2) for place in rng.uniform(0, SIDE * BOX, (400, 2)) + [LEFT, BOTTOM]]
    before, whole = town.content_hash(), Stopping()
    for at in (2, 15, 30, 60, 90, 110, 125):
        with pytest.raises(Cancelled):
            import_unreachable(town, layer(ponds), "pond", progress=Stopping(at))
        assert town.content_hash() == before
    result = import_unreachable(town, layer(ponds), "pond", progress=whole)
    assert whole.heard > 130 and result.read == 400
    left = [state(town)["unreachable"].sum(), unary_union(ponds).intersection(TOWN).area / BOX ** 2]
    assert left[0] == pytest.approx(left[1], rel=1e-6)
    again = Stopping()
    assert counts(import_unreachable(town, layer(ponds[::-1]), "pond", progress=again)) == (0, 0, 400, 0)


@pytest.mark.parametrize("shapes, share", [
    ([Polygon([(0, 0), (2, 0), (2, 2), (0, 2)], [[(.5, .5), (1.5, .5), (1.5, 1.5), (.5, 1.5)]])], 3.0),  # a hole
    ([Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])], 2.0),  # a bow tie
    ([Polygon([(0, 0, 7), (1, 0, 8), (1, 1, 9), (0, 1, 7)])], 1.0),  # of three dimensions
    ([Polygon([(0, 0), (1, 0), (1, 1), (0, 1)])] * 3, 1.0),  # three times the same
    ([Polygon([(-900, -900), (900, -900), (900, 900), (-900, 900)])], SIDE * SIDE)])  # everything
def test_areas_of_any_make_in_any_crs_take_their_ground_once_and_go_again(town, shapes, share):
    for crs in (CRS, "EPSG:4326"):
        places = [transform(lambda *xyz: (LEFT + BOX * np.asarray(xyz[0]), BOTTOM + BOX * np.asarray(xyz[1]), *xyz[2:]),
                            shape) for shape in shapes]
        table = layer(places)
        if crs != CRS:
            table = VectorTable(table.frame, places, CRS, "ground").to_crs(crs)
        for added in (len(shapes), 0):
            result = import_unreachable(town, table, "base")
            assert counts(result) == (added, 0, len(shapes) - added, 0)
        assert state(town)["unreachable"].sum() == pytest.approx(share, abs=1e-3)
        if share == SIDE * SIDE:
            assert any("36 of 36 boxes are not drawn because of where officers cannot go: 36 mostly base" in text
                       for text in import_unreachable(town, layer(places), "base again").warnings)
            remove_unreachable(town, "base again")
        remove_unreachable(town, "BASE")
        assert state(town)["unreachable"].isna().all() and town.count("unreachable") == 0


def test_a_box_half_water_is_never_drawn(town):
    forecast(town)
    import_unreachable(town, layer([part(0, 0, SIDE, 0.5), part(0, 3, SIDE, 0.49)]), "water")
    for number in range(12):
        meter(town, DATE, SHIFT, boxes=12, cap=1.0, seed=f"{number}", redraw=number > 0, reason="again")
        drawn = town.read("draw_boxes", ["box_id", "selected"], {"draw_id": f"{DATE}.{SHIFT}.{number + 1}"})
        water = state(town).set_index("box_id").loc[drawn["box_id"][drawn["selected"]], "water"]
        assert len(water) > 0 and (water.fillna(0) < 0.5 - 1e-9).all()
