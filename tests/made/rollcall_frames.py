"""A shift's plan made by hand, on real beats and streets of the sample, for tests of sheets and projects."""
import hashlib

import pandas as pd
from shapely.geometry import box

from shotspotter_connect_plugin.forecast.fishnet import Fishnet
from shotspotter_connect_plugin.reports.paper import wording
from shotspotter_connect_plugin.reports.plan import rollcall_data
from shotspotter_connect_plugin.workspace.store.layers import read_vector

CRS = "EPSG:26985"
SEED_HASH = hashlib.sha256(b"this draw").hexdigest()
NEXT_HASH = hashlib.sha256(b"next draw").hexdigest()
CHAIN_HEAD = hashlib.sha256(b"adjustments").hexdigest()
COLOURS = (("gunfire", "Gunfire", "#b2182b"), ("robbery", "Robbery", "#2166ac"), ("theft", "Theft", "#fdae61"))


def crime_types():
    frame = pd.DataFrame(COLOURS, columns=["crime_type", "name", "colour"])
    return frame.assign(letter=wording.letter_codes(list(frame["name"])))


def beats(sample):
    layer = read_vector(str(sample / "police_service_areas.geojson")).to_crs(CRS)
    return pd.DataFrame({"beat": [str(name) for name in layer.frame["NAME"]], "geometry": layer.geometry})


def patrols(beat, boxes, shift="evening"):
    """Patrols of one beat from (column, row) of their boxes, in visit order."""
    rows = []
    for number, (column, row) in enumerate(boxes, 1):
        code = COLOURS[(number - 1) % 3][0]
        chance = 0.04 / number
        rows.append({
            "patrol_id": f"{shift}.{beat}.{number}", "draw_id": f"d.{shift}", "shift_date": "2017-12-14",
            "shift": shift, "beat": beat, "number": number,
            "box_id": f"C{column}R{row}", "where": f"{number}00 block V St NE",
            "crime_type": code, "chance": chance, "chance_low": chance / 2, "chance_high": 2 * chance,
            "inclusion_probability": 0.25, "harm": 1.0 / number, "target_minutes": 15.0, "returns": 0, "unit": None,
            "travel_minutes": None, "by_street": False,
            "origin": "drawn", "version": 1, "reasons": ["3 robberies in this box in the last 365 days"],
            "geometry": box(250.0 * column, 250.0 * row, 250.0 * (column + 1), 250.0 * (row + 1))})
    return pd.DataFrame(rows, columns=list(rollcall_data.PATROL_COLUMNS))


def boxes_in(shape, count):
    """(column, row) of the first boxes whose middle is in a polygon."""
    cover = Fishnet(250.0).cover(shape)
    inside = cover[cover["inside"] > 0.99]
    return list(zip(inside["col"], inside["row"]))[:count]


def rollcall(sample, count=2, shift="evening", name="Evening", pages=("302", "507", "708"), without=("708",), **change):
    """Beats of the sample with ``count`` boxes each, but for those in ``without``; ``change`` overrules any field."""
    areas = beats(sample)
    shapes = dict(zip(areas["beat"], areas["geometry"]))
    drawn = [patrols(beat, boxes_in(shapes[beat], count), shift) for beat in pages if beat not in without]
    planned = pd.concat(drawn, ignore_index=True) if drawn else patrols("", [])
    forecast = planned[["box_id", "beat", "where", "crime_type", "harm", "chance", "chance_low", "chance_high",
                        "inclusion_probability"]].assign(eligible=True, why_not=None, geometry=planned["geometry"],
                                                         expected_robbery=0.01)
    fields = dict(
        agency="Metropolitan Police", page_size="Letter", crs=CRS, shift_date="2017-12-14", shift=shift,
        shift_name=name, hours="15:00 to 23:00", pages=tuple(pages), area=(389500.0, 124750.0, 407750.0, 147250.0),
        crime_types=crime_types(), beats=areas, patrols=planned, forecast=forecast,
        tactics=pd.DataFrame([
            {"name": "Foot patrol", "description": "Walk the block", "crime_types": ["gunfire", "robbery"],
             "approved": True},
            {"name": "Car check", "description": "", "crime_types": ["motor_vehicle_theft"], "approved": True},
            {"name": "Be seen", "description": "Park in view", "crime_types": [], "approved": False}]),
        coming=pd.DataFrame([{"shift_date": "2017-12-14", "shift_name": "Midnight", "seed_hash": NEXT_HASH}]),
        seed_hash=SEED_HASH, lottery=True, chain_head="", as_of="14 December 2017, 05:00 EST", version="0.1.0",
        context=str(sample / "context.gpkg"))
    return rollcall_data.RollCall(**{**fields, **change})
