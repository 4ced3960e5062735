"""Names of boxes: short, one box each, the same whatever the order of rows, and never an address."""
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from shotspotter_connect_plugin.workspace.create import create_workspace
from shotspotter_connect_plugin.workspace.layers import VectorTable
from shotspotter_connect_plugin.workspace.where import LONGEST, block_name, box_names, name_boxes

NO_PLACES = pd.DataFrame({"kind": [], "name": [], "x": [], "y": []})
NO_BLOCKS = pd.DataFrame({"box_id": [], "block": []})


def grid(columns=3, rows=3):
    """Boxes "C0R0" to "C2R2" with their centres."""
    cells = [(column, row) for column in range(columns) for row in range(rows)]
    return pd.DataFrame({"box_id": ["C{}R{}".format(*cell) for cell in cells],
                         "x": [column * 250.0 + 125.0 for column, _ in cells],
                         "y": [row * 250.0 + 125.0 for _, row in cells]})


def incidents(**counts):
    """C1R1=[("100 BLOCK OF A ST", 3)] and so on, as one row per incident."""
    rows = [(box_id, block) for box_id, blocks in counts.items() for block, count in blocks for _ in range(count)]
    return pd.DataFrame(rows, columns=["box_id", "block"])


def places(*rows):
    return pd.DataFrame(rows, columns=["kind", "name", "x", "y"])


@pytest.mark.parametrize("published, expected", [
    ("2200 - 2299 BLOCK OF V STREET NE", "2200 block V St NE"),
    ("7400  - 7499 BLOCK OF 9TH STREET NW", "7400 block 9th St NW"),
    ("2855 3200  BLOCK OF BLADENSBURG ROAD NE", "2800 block Bladensburg Rd NE"),
    ("5700- 5703 BLOCK OF NANNIE HELEN BURROUGHS AVENUE NE", "5700 block Nannie Helen Burroughs Ave NE"),
    ("1- 99 BLOCK OF DC VILLAGE LANE SW", "unit block Dc Village Ln SW"),
    ("1200 - 1499 BLOCK OF NORTH CAPITOL STREET", "1200 block North Capitol St"),
    ("2200 B/O ONTARIO RD NW", "2200 block Ontario Rd NW"),
    ("UNIT B/O K ST NW", "unit block K St NW"),
    ("001XX N STATE ST", "100 block N State St"),
    ("MARYLAND AVENUE SW AND 7TH STREET SW", "Maryland Ave SW and 7th St SW"),
    ("14TH ST NW & CONSTITUTION AVE NW", "14th St NW and Constitution Ave NW"),
    ("GRANT CIRCLE (TRAFFIC CIRCLE)", "Grant Cir"),
    ("INTERSTATE 295 NORTHBOUND AND RAMP TO SHEPHERD PARKWAY SW SOUTHBOUND", "Interstate 295 Northbound"),
    ("04:58", ""), ("", ""),
])
def test_blocks_as_people_write_them(published, expected):
    assert block_name(published) == expected


@pytest.mark.parametrize("address", ["2211 V STREET NE", "2211 V St NE Apt 4", "2211 V STREET NE #4660",
                                     "V STREET NE AND 2211 U STREET NE"])
def test_no_house_number_and_no_flat(address):
    assert not re.search(r"2211|\b4\b|4660|apt", block_name(address), re.IGNORECASE)


@given(st.text(max_size=90))
def test_any_text_gives_a_short_name(text):
    assert len(block_name(text)) <= LONGEST


HOUSE = st.sampled_from(["", "UNIT ", "2211 ", "2200 - 2299 ", "001XX ", "5 ", "2855 3200  "])
STREET = st.builds("{}{}{}".format, st.sampled_from(["V ", "16TH ", "O'NEILL ", "MCLEAN ", "AVENUE ", "N Capitol "]),
                   st.sampled_from(["STREET", "Ave", "BOULEVARD", "B"]), st.sampled_from(["", " NE", " APT 4", " #12"]))


@given(st.builds("{}{}{}{}{}".format, HOUSE, st.sampled_from(["", "BLOCK OF ", "B/O "]), STREET,
                 st.sampled_from([" AND ", " & ", "/"]), STREET) | st.builds("{}{}".format, HOUSE, STREET))
def test_a_name_of_a_name_is_the_same_name(text):
    assert block_name(block_name(text)) == block_name(text) != ""


@given(st.integers(1, 99999), st.sampled_from(["V STREET NE", "Main St", "AVENUE B"]))
def test_only_hundreds_remain_of_a_house_number(number, street):
    assert all(int(found) % 100 == 0 for found in re.findall(r"\d+", block_name("{} {}".format(number, street))))


def test_the_commonest_block_names_a_box_and_no_other():
    names = box_names(grid(), incidents(C0R0=[("100 BLOCK OF A ST", 2), ("200 BLOCK OF A ST", 1)],
                                        C0R1=[("100 BLOCK OF A ST", 3), ("300 BLOCK OF A ST", 1)]), NO_PLACES)
    assert names["C0R1"] == "100 block A St"
    assert names["C0R0"] == "200 block A St"


def test_boxes_without_incidents_are_named_from_the_nearest_named_box():
    names = box_names(grid(), incidents(C1R1=[("100 BLOCK OF A ST", 1)]), NO_PLACES)
    assert names["C1R2"] == "north of 100 block A St"
    assert names["C0R1"] == "west of 100 block A St"
    assert names["C2R0"] == "south-east of 100 block A St"
    assert names.is_unique and len(names) == 9


def test_distance_is_said_where_the_named_box_is_not_a_neighbour():
    names = box_names(grid(1, 6), incidents(C0R0=[("100 BLOCK OF A ST", 1)]), NO_PLACES)
    assert names["C0R1"] == "north of 100 block A St"
    assert names["C0R4"] == "1000 m north of 100 block A St"


def test_a_station_wins_over_a_nearer_school():
    near = places(("school", "Payne Elementary School", 130.0, 130.0),
                  ("metro_station", "Shaw-Howard Univ", 200.0, 200.0),
                  ("Metro Station", "Out of Reach", 2000.0, 2000.0))
    names = box_names(grid(), incidents(C0R0=[("100 BLOCK OF A ST", 1)]), near)
    assert names["C0R0"] == "100 block A St, by Shaw-Howard Univ Metro"


def test_a_landmark_alone_names_the_box_it_lies_in():
    names = box_names(grid(), NO_BLOCKS, places(("library", "Deanwood Library @ Center", 400.0, 400.0)))
    assert names["C1R1"] == "by Deanwood Library"
    assert names["C1R0"] == "south of Deanwood Library"


@pytest.mark.parametrize("kind", ["liquor_licence", "bar", "gas_station", "residence", "bus_stop"])
def test_shops_and_homes_name_nothing(kind):
    joe = places((kind, "Joe Miller's", 125.0, 125.0))
    assert len(box_names(grid(), NO_BLOCKS, joe)) == 0
    assert box_names(grid(), incidents(C0R0=[("100 BLOCK OF A ST", 1)]), joe)["C0R0"] == "100 block A St"


def test_a_landmark_that_does_not_fit_the_line_is_left_out():
    long = places(("school", "Phelps Architecture and Engineering High School", 125.0, 125.0))
    names = box_names(grid(1, 1), incidents(C0R0=[("5700 BLOCK OF NANNIE HELEN BURROUGHS AVENUE NE", 1)]), long)
    assert names["C0R0"] == "5700 block Nannie Helen Burroughs Ave NE"


def test_incidents_outside_the_fishnet_and_without_block_do_not_matter():
    stray = incidents(C0R0=[("100 BLOCK OF A ST", 1), (None, 2)], C9R9=[("100 BLOCK OF A ST", 5)])
    stray = pd.concat([stray, pd.DataFrame({"box_id": [None], "block": ["700 BLOCK OF B ST"]})])
    assert box_names(grid(), stray, NO_PLACES)["C0R0"] == "100 block A St"


@given(st.integers(0, 2 ** 32 - 1))
def test_the_order_of_rows_does_not_matter(seed):
    order = np.random.default_rng(seed)
    streets = ["{}00 BLOCK OF {} ST".format(hundred, street) for hundred in range(1, 4) for street in "AB"]
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
    town = VectorTable(pd.DataFrame({"name": ["Town"]}), [box(300000, 4000000, 300500, 4000500)], "EPSG:32618", "town")
    with create_workspace(tmp_path / "w.gpkg", town, timezone="UTC") as workspace:
        ids = workspace.read("boxes", ["box_id"])["box_id"]
        moment = pd.Timestamp("2017-06-01T12:00Z")
        row = {"incident_id": "1", "crime_type": "theft", "occurred_from_utc": moment, "occurred_to_utc": moment,
               "box_id": ids[0], "block": "2211 V STREET NE", "x": 300010.0, "y": 4000010.0}
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
