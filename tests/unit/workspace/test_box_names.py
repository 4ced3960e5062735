"""Names of boxes: short, one box each, the same whatever the order of rows, and never the name of a shop."""
import numpy as np
import pandas as pd
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from made_towns import new_town
from shapely.geometry import box

from shotspotter_connect_plugin.workspace.imports.box_names import LONGEST, box_names, name_boxes

NO_PLACES = pd.DataFrame({"kind": [], "name": [], "x": [], "y": []})
NO_BLOCKS = pd.DataFrame({"box_id": [], "block": []})


def grid(columns=3, rows=3):
    """Boxes "C0R0" to "C2R2" with their centres."""
    cells = [(column, row) for column in range(columns) for row in range(rows)]
    return pd.DataFrame({"box_id": ["C{}R{}".format(*cell) for cell in cells],
                         "x": [column * 250.0 + 125.0 for column, _ in cells],
                         "y": [row * 250.0 + 125.0 for _, row in cells]})


def incidents(**counts):
    """C1R1=[("100 block A St", 3)] and so on, as one row per incident."""
    rows = [(box_id, block) for box_id, blocks in counts.items() for block, count in blocks for _ in range(count)]
    return pd.DataFrame(rows, columns=["box_id", "block"])


def places(*rows):
    return pd.DataFrame(rows, columns=["kind", "name", "x", "y"])


def test_the_commonest_block_names_a_box_and_no_other():
    names = box_names(grid(), incidents(C0R0=[("100 block A St", 2), ("200 block A St", 1)],
                                        C0R1=[("100 block A St", 3), ("300 block A St", 1)]), NO_PLACES)
    assert names["C0R1"] == "100 block A St"
    assert names["C0R0"] == "200 block A St"


def test_boxes_without_incidents_are_named_from_the_nearest_named_box():
    names = box_names(grid(), incidents(C1R1=[("100 block A St", 1)]), NO_PLACES)
    assert names["C1R2"] == "north of 100 block A St"
    assert names["C0R1"] == "west of 100 block A St"
    assert names["C2R0"] == "south-east of 100 block A St"
    assert names.is_unique and len(names) == 9


def test_distance_is_said_where_the_named_box_is_not_a_neighbour():
    names = box_names(grid(1, 6), incidents(C0R0=[("100 block A St", 1)]), NO_PLACES)
    assert names["C0R1"] == "north of 100 block A St"
    assert names["C0R4"] == "1000 m north of 100 block A St"


def test_a_station_wins_over_a_nearer_school():
    near = places(("school", "Payne Elementary School", 130.0, 130.0),
                  ("metro_station", "Shaw-Howard Univ", 200.0, 200.0),
                  ("Metro Station", "Out of Reach", 2000.0, 2000.0))
    names = box_names(grid(), incidents(C0R0=[("100 block A St", 1)]), near)
    assert names["C0R0"] == "100 block A St, by Shaw-Howard Univ Metro"


def test_a_landmark_alone_names_the_box_it_lies_in():
    names = box_names(grid(), NO_BLOCKS, places(("library", "Deanwood Library @ Center", 400.0, 400.0)))
    assert names["C1R1"] == "by Deanwood Library"
    assert names["C1R0"] == "south of Deanwood Library"


@pytest.mark.parametrize("kind", ["liquor_licence", "bar", "gas_station", "residence", "bus_stop"])
def test_shops_and_homes_name_nothing(kind):
    joe = places((kind, "Joe Miller's", 125.0, 125.0))
    assert len(box_names(grid(), NO_BLOCKS, joe)) == 0
    assert box_names(grid(), incidents(C0R0=[("100 block A St", 1)]), joe)["C0R0"] == "100 block A St"


def test_a_landmark_that_does_not_fit_the_line_is_left_out():
    long = places(("school", "Phelps Architecture and Engineering High School", 125.0, 125.0))
    names = box_names(grid(1, 1), incidents(C0R0=[("5700 block Nannie Helen Burroughs Ave NE", 1)]), long)
    assert names["C0R0"] == "5700 block Nannie Helen Burroughs Ave NE"


def test_incidents_outside_the_fishnet_and_without_block_do_not_matter():
    stray = incidents(C0R0=[("100 block A St", 1), (None, 2)], C9R9=[("100 block A St", 5)])
    stray = pd.concat([stray, pd.DataFrame({"box_id": [None], "block": ["700 block B St"]})])
    assert box_names(grid(), stray, NO_PLACES)["C0R0"] == "100 block A St"


@settings(deadline=None, max_examples=examples(100))
@given(st.integers(0, 2 ** 32 - 1))
def test_the_order_of_rows_does_not_matter(seed):
    order = np.random.default_rng(seed)
    streets = [f"{hundred}00 block {street} St" for hundred in range(1, 4) for street in "AB"]
    boxes = grid(4, 4)
    rows = pd.DataFrame({"box_id": order.choice(boxes["box_id"][::2], 40), "block": order.choice(streets, 40)})
    marks = places(("school", "X School", 130.0, 400.0), ("school", "Y School", 130.0, 400.0))
    names = box_names(boxes, rows, marks)
    shuffled = box_names(boxes.sample(frac=1, random_state=seed), rows.sample(frac=1, random_state=seed), marks[::-1])
    pd.testing.assert_series_equal(names, shuffled)
    blocks = names[names.str.contains("block") & ~names.str.contains(" of ")].str.split(",").str[0]
    assert blocks.is_unique
    assert (names.str.len() <= LONGEST).all() and set(names.index) == set(boxes["box_id"])


def test_a_workspace_is_named_once_and_again_when_something_changes(tmp_path):
    with new_town(tmp_path / "w.gpkg", box(300000, 4000000, 300500, 4000500), timezone="UTC") as workspace:
        ids = workspace.read("boxes", ["box_id"])["box_id"]
        moment = pd.Timestamp("2017-06-01T12:00Z")
        row = {"incident_id": "1", "crime_type": "theft", "occurred_from_utc": moment, "occurred_to_utc": moment,
               "box_id": ids[0], "block": "2200 block V St NE", "x": 300010.0, "y": 4000010.0}
        before = workspace.read("boxes", ["box_id", "geometry", "inside"])
        assert name_boxes(workspace) == 0
        with workspace.transaction() as writer:
            writer.append("incidents", pd.DataFrame([row]))
        assert name_boxes(workspace) == len(ids)
        names = workspace.read("boxes", ["box_id", "where"]).set_index("box_id")["where"]
        assert names[ids[0]] == "2200 block V St NE" and names.notna().all()
        content = workspace.content_hash()
        assert name_boxes(workspace) == 0 and workspace.content_hash() == content
        pd.testing.assert_frame_equal(before, workspace.read("boxes", ["box_id", "geometry", "inside"]))
