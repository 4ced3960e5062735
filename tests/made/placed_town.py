"""A made town whose boxes were laid anew: one shift planned before, one after."""
import itertools

import numpy as np
import pandas as pd
import pytest
from forecast_town import DATE, HOT, SIDE, add, alerts, incidents
from made_towns import new_town, once, quarters, square

from shotspotter_connect_plugin.forecast.box_ids import corners_of, is_remnant
from shotspotter_connect_plugin.forecast.box_placing import Ground
from shotspotter_connect_plugin.patrol import seeds
from shotspotter_connect_plugin.workspace.steps import placing
from shotspotter_connect_plugin.workspace.steps.adjusting import adjust
from shotspotter_connect_plugin.workspace.steps.forecasting import score, train
from shotspotter_connect_plugin.workspace.steps.shift_draw import meter
from shotspotter_connect_plugin.workspace.steps.shift_plan import publish

CUT = square(0, 0, SIDE).buffer(-60)


def full_town(path):
    """An open workspace of a town whose edge cuts boxes, with beats, neighbourhoods, coverage, incidents, alerts,
    places and visits."""
    return once("placed town", path, _full_town)


def trained_town(path):
    """The same, open, with the model that is trained from it before DATE."""
    return once("trained placed town", path, _trained_town)


def _trained_town(path):
    workspace = full_town(path)
    train(workspace, workspace.calendar.as_of(DATE))
    return workspace


def _full_town(path):
    workspace = new_town(path, CUT, quarters(SIDE))
    add(workspace, "incidents", in_boxes(workspace, incidents()))
    add(workspace, "gunfire", in_boxes(workspace, alerts()))
    add(workspace, "places", in_boxes(workspace, pd.DataFrame(
        {"kind": "bar", "place_id": ["a", "b"], "x": [HOT[0], np.nan], "y": [HOT[1], np.nan]})))
    boxes = workspace.read("boxes")
    half = dict.fromkeys(boxes["box_id"][:72], 1 / 72)
    add(workspace, "neighbourhoods", pd.DataFrame({"neighbourhood": ["south"], "residents": [{"all": 100}],
                                                   "boxes": [half], "geometry": [square(0, 0, SIDE, 6)]}))
    add(workspace, "sensor_coverage", pd.DataFrame({
        "area": ["all"], "from_date": ["2018-01-01"], "boxes": [dict.fromkeys(boxes["box_id"], 1.0)],
        "geometry": [CUT]}))
    hot = workspace.fishnet.ids(*workspace.fishnet.cell([HOT[0]], [HOT[1]]))[0]
    at = pd.to_datetime(["2019-01-18T15:00Z", "2019-01-18T16:00Z"])
    add(workspace, "visits", pd.DataFrame({
        "visit_id": ["v1", "v2"], "unit": "u", "officer": "unknown", "box_id": [hot, boxes["box_id"].iloc[0]],
        "shift_date": "2019-01-18", "shift": "day", "entered_utc": at, "left_utc": at + pd.Timedelta(minutes=15),
        "minutes": 15.0}))
    return workspace


def in_boxes(workspace, rows):
    """Rows with the box of their place."""
    known = rows["x"].notna()
    ids = workspace.fishnet.ids(*workspace.fishnet.cell(rows.loc[known, "x"], rows.loc[known, "y"]))
    inside = set(workspace.read("boxes", ["box_id"])["box_id"])
    rows["box_id"] = None
    rows.loc[known, "box_id"] = [box_id if box_id in inside else None for box_id in ids]
    return rows


def squares_round_the_hot_place(workspace):
    """One square with the hot place in its middle and, beside it, one that cuts the same boxes."""
    corner = np.floor(np.array(HOT) / 25).astype(int) - 5
    return np.array([corner, corner + [10, 3]])


def planned_before_and_after(path):
    """A town trained and planned for the day shift of DATE, published, laid anew through boxes of that plan, and
    planned for the evening -> an open workspace."""
    workspace = trained_town(path)
    as_of = workspace.calendar.as_of(DATE)
    numbers = itertools.count(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seeds, "new_seed", lambda: f"{next(numbers):064x}")  # the same town in every run
        return _planned(workspace, as_of)


def _planned(workspace, as_of):
    score(workspace, DATE, "day", as_of)
    meter(workspace, DATE, "day")
    publish(workspace, DATE, ["day"])
    in_plan = np.stack(corners_of(workspace.read("patrols")["box_id"]), axis=1).tolist()
    kept = squares_round_the_hot_place(workspace).tolist()
    _place(workspace, kept, in_plan, [(3, 4)], len(in_plan))
    whole = workspace.read("boxes", ["box_id", "inside"]).query("inside == 1")["box_id"]
    others = [corner for corner in np.stack(corners_of(whole), axis=1).tolist() if corner not in in_plan]
    _place(workspace, kept, others, [(-5, -5), (5, 5)], 2, 20)  # leaves two quarters that share a corner
    _place(workspace, kept, others[::-1], [(0, -3), (2, 7)], 1, 20)  # leaves 2 x 3 cells
    placing.apply_layout(workspace, kept, "test")
    score(workspace, DATE, "evening", as_of)
    meter(workspace, DATE, "evening")
    return workspace


def _place(workspace, kept, corners, offsets, most, apart=10):
    """Add squares that stand off from corners by ``offsets``, at ``most`` of the corners so far from others."""
    plain = workspace.read("boxes", ["col", "row", "inside"])
    for corner in corners:
        new = (np.array(corner) + offsets).tolist()
        free = all(abs(one[0] - col) >= apart or abs(one[1] - row) >= apart for one in new for col, row in kept)
        if most and free and (Ground.of(plain, 250.0).area_of(new) > 0.9).all():
            kept.extend(new)
            most -= 1


def planned_in_parts(workspace):
    """A remnant of two parts, put into the plan of the evening if it is not in it: its id and outline."""
    boxes = workspace.read("boxes", ["box_id", "inside", "geometry"]).merge(
        workspace.read("draw_boxes", ["box_id", "why_not", "selected", "draw_id"]), on="box_id")
    boxes = boxes[boxes["draw_id"].str.contains("evening") & boxes["why_not"].isna() & boxes["box_id"].map(is_remnant)]
    found = next(row for row in boxes.itertuples() if len(getattr(row.geometry, "geoms", [])) > 1)
    if not found.selected:
        adjust(workspace, "add", DATE, "evening", found.box_id, "robbery", reason="event")
    return found
