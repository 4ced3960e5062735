"""Plans for other programs, and the shift package: what is in them, where it lies, and what a stranger's may not do."""
import json
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from osgeo import ogr

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.spreadsheet_cells import harmless
from shotspotter_connect_plugin.workspace.exports import shift_package
from shotspotter_connect_plugin.workspace.exports.plan_formats import FORMATS, export_plan
from shotspotter_connect_plugin.workspace.store.layers import read_vector

pytestmark = pytest.mark.usefixtures("windows_files")

DATE, SHIFT = "2026-03-02", "day"
ENDINGS = {"geojson": "geojson", "kml": "kml", "gpx": "gpx", "xlsx": "xlsx", "package": "json"}
BOXES = ("C1282R17202", "C1283R17203")
NASTY = '=HYPERLINK("http://example.org") & <b>"Ü" ]]> [% 1 %] \'quoted\'</b>'
WITHOUT_MARKUP = NASTY.replace("<", "‹").replace(">", "›")


@pytest.fixture
def planned(workspace):
    """Two patrols, one of them in a box with a name that wants to be a formula and markup."""
    boxes = workspace.read("boxes")
    boxes.loc[boxes["box_id"] == BOXES[0], "where"] = NASTY.replace(" & ", "\x07 &\n")
    patrols = pd.DataFrame([{
        "patrol_id": "p" + str(number), "shift_date": DATE, "shift": SHIFT, "box_id": box, "beat": "+1",
        "crime_type": "robbery", "harm": 1.0, "inclusion_probability": 0.25, "target_minutes": 15.0,
        "visit_order": number, "returns": number - 1, "origin": "drawn", "status": status, "version": 1}
        for number, (box, status) in enumerate(zip((*BOXES, "C1284R17202"), ("planned", "planned", "suppressed")), 1)])
    tactics = workspace.read("tactics")
    tactics.loc[tactics["tactic"].isin(["foot_patrol", "near_stops", "tell_neighbours"]), "approved_by"] = "Board"
    tactics.loc[tactics["tactic"] == "tell_neighbours", "expires"] = "2026-03-01"
    with workspace.transaction() as writer:
        writer.upsert("boxes", boxes)
        writer.append("patrols", patrols)
        writer.upsert("tactics", tactics)
    return workspace


@pytest.fixture
def legend(workspace):
    kinds = workspace.crime_types[["crime_type", "name", "colour"]]
    return kinds.assign(letter=kinds["crime_type"].str[0])


@pytest.mark.parametrize("kind", [kind for kind in FORMATS if kind != "package"])
def test_every_format_reads_back(planned, legend, tmp_path, kind):
    path = tmp_path / ("plan." + ENDINGS[kind])
    assert export_plan(planned, DATE, [SHIFT], kind, str(path), legend) == 2
    assert [item.name for item in tmp_path.iterdir() if item.name.startswith("plan")] == [path.name]
    source = ogr.Open(str(path))
    layer = source.GetLayer(0)
    rows = [feature.items() for feature in layer]
    assert len(rows) == 2
    texts = " ".join(str(value) for row in rows for value in row.values())
    assert (WITHOUT_MARKUP if kind == "kml" else NASTY) in texts and "15" in texts and "Robbery" in texts
    if kind == "xlsx":
        assert rows[0]["where"] == "'" + NASTY and rows[0]["beat"] == "'+1" and rows[1]["number"] == 2
        return
    assert rows[0].get("box_id", BOXES[0]) == BOXES[0]
    name = "waypoints" if kind == "gpx" else None
    places = read_vector(path, name).to_crs(planned.settings.crs).geometry
    for place, box in zip(places, BOXES):
        col, row = (value[0] for value in planned.fishnet.parse([box]))
        assert np.hypot(place.centroid.x - 250 * (col + .5), place.centroid.y - 250 * (row + .5)) < 0.5
        assert kind == "gpx" or place.area == pytest.approx(62500, rel=1e-3)


def test_the_way_from_the_box_before_is_told_and_whether_it_is_by_street(planned, legend, tmp_path):
    def told(kind):
        path = tmp_path / ("plan." + ENDINGS[kind])
        export_plan(planned, DATE, [SHIFT], kind, str(path), legend)
        source = ogr.Open(str(path))
        return [feature.items() for feature in source.GetLayer(0)]

    first, second = told("geojson")  # beside each other across a corner: 354 m at 30 km/h
    assert first["travel_minutes"] is None and second["travel_minutes"] == 0.7 and not second["by_street"]
    assert "1 min drive from the box before in a straight line" in told("gpx")[1]["desc"]
    with planned.transaction() as writer:
        writer.append("draws", pd.DataFrame([{
            "draw_id": "d", "shift_date": DATE, "shift": SHIFT, "drawn_utc": pd.Timestamp("2026-03-01T00:00Z"),
            "seed_hash": "", "inputs_hash": "", "size": 2, "lottery": True, "reason": "", "rules": {}, "reserve": {},
            "ways": {"+1": {"boxes": list(BOXES), "metres": [[0.0, 2100.0], [2100.0, 0.0]]}}}]))
        writer.upsert("patrols", planned.read("patrols").assign(draw_id="d"))
    assert told("xlsx")[1]["travel_minutes"] == 4.2 and told("geojson")[1]["by_street"]
    assert told("gpx")[1]["desc"].endswith(", 5 min drive from the box before")
    assert "drive" not in told("gpx")[0]["desc"]


@pytest.mark.parametrize("kind", ["geojson", "kml", "xlsx"])
def test_hours_are_told_with_their_zone_and_every_column_is_there(planned, legend, tmp_path, kind):
    path = tmp_path / ("plan." + ENDINGS[kind])
    export_plan(planned, DATE, [SHIFT], kind, str(path), legend)
    source = ogr.Open(str(path))
    row = source.GetLayer(0).GetNextFeature().items()
    if kind == "geojson":  # OGR would make its own kind of time of it
        row = json.loads(path.read_text())["features"][0]["properties"]
    start, end = planned.calendar.bounds(DATE, SHIFT)
    assert row["shift_start"].endswith("-05:00") and pd.Timestamp(row["shift_start"]) == start
    assert pd.Timestamp(row["shift_end"]) == end
    assert (row["crime_type"], row["colour"]) == ("robbery", legend.set_index("crime_type")["colour"]["robbery"])
    assert {"patrol_id", "box_id", "where", "inclusion_probability", "target_minutes", "unit"} <= set(row)
    assert row["unit"] is None


@pytest.mark.parametrize("kind", ["kml", "gpx"])
def test_xml_is_whole_and_nothing_in_it_is_markup(planned, legend, tmp_path, kind):
    path = tmp_path / ("plan." + ENDINGS[kind])
    export_plan(planned, DATE, [SHIFT], kind, str(path), legend)
    elements = list(ElementTree.parse(path).iter())
    texts = [element.text for element in elements if "HYPERLINK" in (element.text or "")]
    assert texts and all((WITHOUT_MARKUP if kind == "kml" else NASTY) in text for text in texts)
    described = [element.text for element in elements if element.tag.endswith(("desc", "description"))]
    assert described[1].startswith("day, 2026-03-02 ") and " EST to " in described[1]
    assert "Robbery, 2 x 15 minutes, box " + BOXES[1] in described[1] and "Robbery, 15 minutes" in described[0]
    if kind == "kml":
        red, green, blue = (legend.set_index("crime_type")["colour"]["robbery"][at:at + 2] for at in (1, 3, 5))
        assert f"<color>ff{blue}{green}{red}</color>".lower() in path.read_text().lower()


def test_a_workbook_holds_no_formula(planned, legend, tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    path = tmp_path / "plan.xlsx"
    export_plan(planned, DATE, [SHIFT], "xlsx", str(path), legend)
    cells = [cell for row in openpyxl.load_workbook(path).active.iter_rows() for cell in row]
    assert len(cells) > 20 and not any(cell.data_type == "f" for cell in cells)


@pytest.mark.parametrize("text, safe", [("=1+1", "'=1+1"), (" =1", "' =1"), ("+1", "'+1"), ("-1", "'-1"), ("@a", "'@a"),
                                        ("\t=1", "'\t=1"), ("K St", "K St"), ("", ""), (5, 5), (None, None)])
def test_cells_that_would_be_formulas(text, safe):
    assert harmless(text) == safe


def test_what_cannot_be_written_leaves_the_old_file(planned, legend, tmp_path):
    with pytest.raises(ConnectError, match="cannot be written"):
        export_plan(planned, DATE, [SHIFT], "geojson", str(tmp_path / "no folder" / "plan.geojson"), legend)
    path = tmp_path / "plan.geojson"
    path.write_text("old")
    with pytest.raises(ConnectError, match="no plan"):
        export_plan(planned, DATE, ["night"], "geojson", str(path), legend)
    with pytest.raises(ConnectError, match="one shift"):
        export_plan(planned, DATE, ["day", "night"], "package", str(path), legend)
    assert path.read_text() == "old"


def test_a_package_comes_back_as_it_was_made(planned, legend, tmp_path):
    path = tmp_path / "shift.json"
    export_plan(planned, DATE, [SHIFT], "package", str(path), legend)
    found = shift_package.read_package(path)
    assert found == shift_package.make_package(planned, DATE, SHIFT)
    assert [patrol.box_id for patrol in found.patrols] == list(BOXES)
    assert [tactic.tactic for tactic in found.tactics] == ["foot_patrol", "near_stops"], "approved and not expired only"
    assert [tactic.tactic for tactic in found.tactics_for("burglary")] == ["foot_patrol"]
    text = path.read_text()
    assert "seed" not in text and "roster" not in text and "badge" not in text


def test_a_damaged_package_is_one_sentence(planned, tmp_path):
    path = tmp_path / "shift.json"
    shift_package.write_package(shift_package.make_package(planned, DATE, SHIFT), path)
    good = json.loads(path.read_text())
    for change in ({"shift_package": 2}, {"size": -1}, {"size": "250"}, {"patrols": 5}, {"rules": {}},
                   {"start_utc": "2026-03-02T12:00:00"}, {"start_utc": "soon"}, {"more": 1},
                   {"patrols": [{**good["patrols"][0], "box_id": "nowhere"}]},
                   {"patrols": [{**good["patrols"][0], "colour": "red;}*{"}]}):
        path.write_text(json.dumps({**good, **change}))
        with pytest.raises(ConnectError) as error:
            shift_package.read_package(path)
        assert "FORMAT=package" in error.value.user
    with pytest.raises(ConnectError):
        shift_package.read_package(tmp_path / "none.json")


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_file_is_a_package_or_one_sentence(tmp_path, data):
    value = data.draw(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda inner: st.lists(inner)
                                   | st.dictionaries(st.sampled_from(["shift_package", "patrols", "rules", "size",
                                                                      "tactics"]), inner), max_leaves=8))
    if isinstance(value, dict):
        value["shift_package"] = 1
    path = tmp_path / "any.json"
    path.write_text(json.dumps(value))
    with pytest.raises(ConnectError):
        shift_package.read_package(path)
