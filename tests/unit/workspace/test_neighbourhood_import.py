"""Neighbourhoods: every feature accounted for, boxes named, residents spread, and none of it near a forecast."""
import numpy as np
import pandas as pd
import pytest
from forecast_town import DATE, SIDE, alerts, incidents
from hypothesis import given, settings
from hypothesis import strategies as st
from made_towns import BOTTOM, LEFT, new_town, square
from public_exports import adds_up
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from shotspotter_connect_plugin.errors import Cancelled, ConnectError
from shotspotter_connect_plugin.patrol.metering import harm_by_box
from shotspotter_connect_plugin.progress import Progress
from shotspotter_connect_plugin.workspace.imports.neighbourhood_import import import_neighbourhoods, residents_of_boxes
from shotspotter_connect_plugin.workspace.steps import forecasting, shift_draw, shift_plan
from shotspotter_connect_plugin.workspace.store.layers import VectorTable, read_vector

WEST, EAST = box(320_000, 4_300_000, 321_125, 4_302_250), box(321_125, 4_300_000, 322_250, 4_301_000)


def areas(frame, shapes, crs="EPSG:32618"):
    return VectorTable(pd.DataFrame(frame), shapes, crs, "areas.shp")


def two(**more):
    return areas({"NAME": ["West", "East"], "TOTALPOP": [4000, 1000], "WHITE": [1000, 900],
                  "BLACK": [2500, 50], **more}, [WEST, EAST])


def test_names_residents_and_boxes_by_largest_overlap(workspace):
    result = import_neighbourhoods(workspace, two(OWNER_NAME=["a", "b"]))
    assert adds_up(result) and (result.read, result.added) == (2, 2)
    assert result.mapping == {"name": "NAME", "residents: all": "TOTALPOP", "residents: White": "WHITE",
                              "residents: Black": "BLACK"}
    assert result.dropped_columns == ["OWNER_NAME"]
    stored = workspace.read("neighbourhoods").set_index("neighbourhood")
    assert stored["residents"]["West"] == {"all": 4000, "White": 1000, "Black": 2500}
    boxes = workspace.read("boxes")
    centre = (boxes["col"] + 0.5) * 250
    # The border runs through the middle of a column of boxes: of equal shares the first name in order.
    assert (boxes["neighbourhood"][centre > 321_125] == "East").all()
    assert (boxes["neighbourhood"][centre < 321_125] == "West").all()
    assert workspace.read("imports")["table_name"].tolist() == ["neighbourhoods"]
    again = import_neighbourhoods(workspace, two())
    assert (again.added, again.updated, again.unchanged) == (0, 0, 2)


def test_residents_are_spread_by_area(workspace):
    import_neighbourhoods(workspace, two())
    spread = residents_of_boxes(workspace)
    share = spread["White"] / spread["all"]
    west, east, both = (spread.index.get_loc(name) for name in ("C1282R17201", "C1286R17201", "C1284R17201"))
    boxes = workspace.read("boxes").set_index("box_id")
    lies_on = [MultiPolygon(list(boxes["geometry"])).buffer(0).intersection(shape).area for shape in (WEST, EAST)]
    assert lies_on[0] < WEST.area and lies_on[1] == pytest.approx(EAST.area)
    assert spread["all"].iloc[west] == pytest.approx(4000 * 62_500 / lies_on[0])
    assert spread["all"].iloc[east] == pytest.approx(1000 * 62_500 / EAST.area)
    assert share.iloc[west] == pytest.approx(0.25) and share.iloc[east] == pytest.approx(0.9)
    halves = 4000 * 31_250 / lies_on[0], 1000 * 31_250 / EAST.area
    assert spread["all"].iloc[both] == pytest.approx(sum(halves))
    assert spread["White"].iloc[both] == pytest.approx(0.25 * halves[0] + 0.9 * halves[1])
    assert spread[["all", "White", "Black"]].sum().tolist() == pytest.approx([5000, 1900, 2550])


def test_a_layer_takes_the_place_of_the_one_before_and_caps_stay_with_names(workspace):
    import_neighbourhoods(workspace, two())
    with workspace.transaction() as writer:
        writer.upsert("neighbourhoods", pd.DataFrame({"neighbourhood": ["West"], "share_cap": [0.25]}))
    result = import_neighbourhoods(workspace, areas({"TRACT": ["West", "North"], "P0010001": [10, 20]}, [
        box(320_000, 4_300_000, 321_000, 4_301_000), box(320_000, 4_301_000, 321_000, 4_303_000)]))
    assert (result.added, result.updated) == (1, 1) and "1 neighbourhoods are no longer" in result.warnings[-1]
    stored = workspace.read("neighbourhoods").set_index("neighbourhood")
    assert sorted(stored.index) == ["North", "West"] and stored["share_cap"]["West"] == 0.25
    boxes = workspace.read("boxes")
    assert boxes.loc[boxes["col"] * 250 >= 321_000, "neighbourhood"].isna().all()
    assert shift_plan.share_caps(workspace) == {"West": 0.25}


def test_what_cannot_be_used_is_rejected_with_a_reason_and_the_rest_stays(workspace):
    bowtie = Polygon([(321_000, 4_300_100), (322_000, 4_300_900), (322_000, 4_300_100), (321_000, 4_300_900)])
    bad = areas(
        {"NAME": ["West", None, "Line", "Nothing", "Empty", "Far", "Letters", "Below", "Larger", "Missing", "Bowtie"],
         "TOTALPOP": ["4,000", "1", "1", "1", "1", "1", "many", "-666666666", "10", None, "8"],
         "WHITE": ["1000", "1", "1", "1", "1", "1", "1", "0", "11", "3", "8"]},
        [WEST, EAST, LineString([(0, 0), (1, 1)]), None, Polygon(), box(0, 0, 9, 9), EAST, EAST, EAST, EAST, bowtie])
    result = import_neighbourhoods(workspace, bad)
    assert adds_up(result) and (result.added, result.rejected) == (2, 9)
    assert result.reasons == {"no name": 1, "no polygon": 3, "outside the jurisdiction": 1, "residents below 0": 1,
                              "residents that are no number": 1, "a group larger than all residents": 1,
                              "residents not given": 1}
    assert "3 features of areas.shp were rejected, no polygon: number 3, 4, 5." in result.warnings
    assert "1 invalid polygons of areas.shp were mended." in result.warnings
    listed = pd.read_csv(result.rejects)
    assert listed["line"].tolist() == list(range(2, 11)) and listed["reason"].value_counts().to_dict() == result.reasons
    assert listed.set_index("line")["column"][[2, 3, 8]].tolist() == ["NAME", "geometry", "TOTALPOP, WHITE"]
    assert not any("666" in text for text in [*result.warnings, open(result.rejects).read()])
    stored = workspace.read("neighbourhoods").set_index("neighbourhood")
    assert stored["residents"].to_dict() == {"West": {"all": 4000, "White": 1000}, "Bowtie": {"all": 8, "White": 8}}
    assert all(shape.is_valid for shape in stored["geometry"])
    assert workspace.read("imports")["reasons"].iloc[0] == result.reasons


def test_parts_of_one_name_are_one_neighbourhood_unless_their_residents_differ(workspace):
    left, right = box(320_000, 4_300_000, 320_500, 4_302_250), box(320_500, 4_300_000, 321_125, 4_302_250)
    result = import_neighbourhoods(workspace, areas(
        {"NAME": ["West", "West", "East", "East"], "TOTALPOP": [4000, 4000, 7, 8]}, [left, right, EAST, EAST]))
    assert adds_up(result) and (result.added, result.unchanged, result.rejected) == (2, 1, 1)
    stored = workspace.read("neighbourhoods").set_index("neighbourhood")
    assert stored["geometry"]["West"].area == pytest.approx(WEST.area) and stored["residents"]["East"] == {"all": 7}


@pytest.mark.parametrize("layer, fields, sentence", [
    (areas({"NAME": []}, []), {}, "has no features"),
    (areas({"NAME": ["a"]}, [WEST], ""), {}, "does not say which CRS"),
    (areas({"NAME": ["a"]}, [box(-77.1, 38.8, -76.9, 39.0)], "EPSG:32618"), {}, "outside the jurisdiction; check the"),
    (areas({"NAME": ["a"]}, [Point(320_500, 4_300_500)]), {}, "no polygon; choose a layer with polygons"),
    (areas({"NAME": [""]}, [WEST]), {}, "no name; choose another NAME_FIELD"),
    (areas({"A": ["a"], "B": ["b"]}, [WEST]), {}, "Name the column .* as NAME_FIELD"),
    (two(), {"name_field": "NAM"}, "has no column NAM; its columns are NAME, TOTALPOP"),
    (two(OWNER_NAME=["x", "y"]), {"name_field": "OWNER_NAME"}, "looks like names"),
    (two(), {"population_fields": "TOTALPOP, GREEN"}, "has no column GREEN"),
    (two(), {"population_fields": "TOTALPOP, a=WHITE, a=BLACK"}, "names a twice"),
    (two(), {"population_fields": "TOTALPOP, WHITE, x=WHITE"}, "names WHITE twice"),
    (two(X=["p", "q"]), {"population_fields": "X"}, "no number; check POPULATION_FIELDS"),
])
def test_what_makes_no_sense_is_one_sentence_and_changes_nothing(workspace, layer, fields, sentence):
    import_neighbourhoods(workspace, two())
    before = workspace.content_hash()
    with pytest.raises(ConnectError, match=sentence) as error:
        import_neighbourhoods(workspace, layer, **fields)
    assert error.value.user.endswith(".") and "\n" not in error.value.user
    assert workspace.content_hash() == before


def test_cancelled_nothing_is_changed(workspace):
    class Stop(Progress):
        def is_cancelled(self):
            return self.done > 0.5

        def report(self, fraction, text=""):
            self.done = fraction
            super().report(fraction, text)

    before = workspace.content_hash()
    with pytest.raises(Cancelled):
        import_neighbourhoods(workspace, two(), progress=Stop())
    assert workspace.content_hash() == before


def test_without_residents_there_are_names_and_a_warning(workspace):
    result = import_neighbourhoods(workspace, areas({"Cluster": ["A", "B"], "x": [1, 2]}, [WEST, EAST]))
    assert result.added == 2 and "without residents" in result.warnings[0] and result.dropped_columns == ["x"]
    assert residents_of_boxes(workspace).empty and workspace.read("boxes")["neighbourhood"].notna().all()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1800), st.floats(0, 1800), st.floats(5, 900), st.floats(5, 900),
                          st.integers(0, 10**6)), min_size=1, max_size=6))
def test_residents_are_neither_made_nor_lost(fishnet_town, rectangles):
    shapes = [box(320_100 + x, 4_300_100 + y, 320_100 + x + w, 4_300_100 + y + h) for x, y, w, h, _ in rectangles]
    people = [row[-1] for row in rectangles]
    try:
        import_neighbourhoods(fishnet_town, areas({"NAME": [f"n{i}" for i in range(len(shapes))], "pop": people,
                                                   "half": [count // 2 for count in people]}, shapes), "NAME",
                              "pop, half")
    except ConnectError as error:
        assert "outside the jurisdiction" in error.user
        return
    stored = fishnet_town.read("neighbourhoods")
    assert stored["boxes"].map(lambda boxes: sum(boxes.values())).to_numpy() == pytest.approx(1.0)
    spread = residents_of_boxes(fishnet_town)
    assert spread["all"].sum() == pytest.approx(stored["residents"].map(lambda r: r["all"]).sum(), abs=1e-6)
    assert (spread["half"] <= spread["all"] + 1e-9).all()


@pytest.fixture(scope="module")
def fishnet_town(tmp_path_factory):
    path = tmp_path_factory.mktemp("areas") / "town.gpkg"
    with new_town(path, box(320_100, 4_300_100, 322_100, 4_302_100)) as made:
        yield made


def test_washingtons_tracts_hold_its_residents(city, real_data):
    workspace = city("dc")
    result = import_neighbourhoods(workspace, read_vector(real_data / "dc/places/census-tracts-2010.geojson.gz"))
    assert adds_up(result) and result.added == 179
    spread = residents_of_boxes(workspace)
    assert spread["all"].sum() == pytest.approx(601_723)  # the census of 2010
    assert spread["Black"].sum() == pytest.approx(305_125)
    assert workspace.read("boxes")["neighbourhood"].notna().mean() > 0.95


def test_residents_change_not_one_bit_of_forecast_harm_and_lottery(tmp_path):
    """The same incidents, three towns: no neighbourhoods, and two in which other people live."""
    half = SIDE * 125
    shapes = [box(LEFT, BOTTOM, LEFT + half, BOTTOM + 2 * half),
              MultiPolygon([box(LEFT + half, BOTTOM, LEFT + 2 * half, BOTTOM + 2 * half)])]
    people = [None, {"TOTALPOP": [5000, 5000], "WHITE": [5000, 0], "BLACK": [0, 5000]},
              {"TOTALPOP": [9, 90_000], "WHITE": [0, 90_000], "BLACK": [9, 0]}]
    results = []
    for number, residents in enumerate(people):
        with new_town(tmp_path / f"{number}.gpkg", square(0, 0, SIDE)) as town:
            if residents:
                import_neighbourhoods(town, areas({"NAME": ["A", "B"], **residents}, shapes))
            with town.transaction() as writer:
                writer.upsert("incidents", incidents())
                writer.upsert("gunfire", alerts())
            model = forecasting.train(town, town.calendar.as_of(DATE), ["robbery", "gunfire"])
            rows = forecasting.score(town, DATE, "evening")
            harm = harm_by_box(town.read("forecasts"), town.crime_types)
            shift_draw.meter(town, DATE, "evening", seed="a test")
            drawn = town.read("draw_boxes")
            card = town.read("models")["card"].iloc[0]
            results.append((model, rows, harm, drawn, str(card)))
    for model, rows, harm, drawn, card in results[1:]:
        assert model == results[0][0] and card == results[0][4]
        pd.testing.assert_frame_equal(rows, results[0][1], check_exact=True)
        pd.testing.assert_frame_equal(harm, results[0][2], check_exact=True)
        pd.testing.assert_frame_equal(drawn, results[0][3], check_exact=True)
    assert np.isfinite(results[0][2]["harm"]).all() and results[0][3]["selected"].sum() > 0
