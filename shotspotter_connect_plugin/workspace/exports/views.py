"""Stored forecasts and plans as people look at them: one row per box or patrol, with names instead of codes."""
import pandas as pd

from ...patrol.dosage import unit_visits
from ...patrol.metering import harm_by_box

_CHANCE = {"chance": "Chance of any event", "chance_low": "Chance, low (90 %)", "chance_high": "Chance, high (90 %)"}
_CRIME_TYPE = {"crime_type": "Crime type code", "crime_type_name": "Crime type", "colour": "Colour", "letter": "Letter"}

FORECAST_WORDS = {
    "box_id": "Box", "shift_date": "Date", "shift": "Shift", "beat": "Beat", "where": "Where", **_CRIME_TYPE,
    "harm": "Expected harm", **_CHANCE, "expected": "Expected, dominant type", "low": "Expected, low (90 %)",
    "high": "Expected, high (90 %)", "percentile": "Percentile of boxes", "reasons": "Reasons",
    "coverage": "Gunshot sensors listen in (share)", "as_of": "As of (UTC)", "model_id": "Model"}
PLAN_WORDS = {
    "patrol_id": "Patrol", "shift_date": "Date", "shift": "Shift", "beat": "Beat", "number": "Number", "box_id": "Box",
    "where": "Where", **_CRIME_TYPE, **_CHANCE, "harm": "Expected harm",
    "inclusion_probability": "Chance of being drawn", "target_minutes": "Minutes", "returns": "Come back",
    "unit": "Unit", "origin": "Origin", "status": "Status"}

VISIT_WORDS = {
    "unit": "Unit", "officers": "Officers", "box_id": "Box", "beat": "Beat", "where": "Where", "shift_date": "Date",
    "shift": "Shift", "entered": "Came in (UTC)", "left": "Left (UTC)", "minutes": "Minutes", "dosage": "Dosage",
    "patrol_id": "Patrol"}


def forecast_boxes(workspace, shift_date, shifts, legend):
    """The stored forecast of some shifts of a date, one row per shift and box.

    Parameters
    ----------
    legend : pandas.DataFrame
        crime_type, name, colour, letter of the crime types.

    Returns
    -------
    (pandas.DataFrame, numpy.ndarray of shape (n, 4))
        Columns of ``FORECAST_WORDS`` (crime_type is the dominant one, with the largest share of the box's harm;
        expected, low, high, percentile and reasons are those of it; coverage is empty where none is known) and
        ``expected_<crime type>`` for each; and the boxes' x_min, y_min, x_max, y_max.
    """
    types = workspace.crime_types
    boxes = workspace.read("boxes", ["box_id", "col", "row", "beat", "where"])
    parts = [_one_shift(workspace.read("forecasts", where={"shift_date": shift_date, "shift": shift}), types, shift)
             for shift in shifts]
    frame = boxes.merge(pd.concat(parts, ignore_index=True), on="box_id")
    frame["shift"] = pd.Categorical(frame["shift"], list(shifts))
    frame = frame.sort_values(["shift", "row", "col"], kind="stable").astype({"shift": object})
    frame["shift_date"] = shift_date
    frame = _with_legend(frame, legend)
    frame["reasons"] = ["; ".join(reasons) if isinstance(reasons, list) else reasons for reasons in frame["reasons"]]
    expected = [name for name in frame if name.startswith("expected_")]
    return (frame[[*FORECAST_WORDS, *expected]].reset_index(drop=True),
            workspace.fishnet.rectangles(frame["col"], frame["row"]))


def plan_boxes(workspace, shift_date, shifts, legend):
    """The planned patrols of some shifts of a date, in the order of the sheets; otherwise as :func:`forecast_boxes`."""
    patrols = workspace.read("patrols", where={"shift_date": shift_date, "shift": list(shifts), "status": "planned"})
    boxes = workspace.read("boxes", ["box_id", "col", "row", "where"])
    frame = patrols.merge(boxes, on="box_id").fillna({"beat": ""})
    frame["shift"] = pd.Categorical(frame["shift"], list(shifts))
    frame = frame.sort_values(["shift", "beat", "visit_order", "box_id"], kind="stable").astype({"shift": object})
    frame["number"] = frame.groupby(["shift", "beat"]).cumcount() + 1
    frame = _with_legend(frame, legend)
    return frame[list(PLAN_WORDS)].reset_index(drop=True), workspace.fishnet.rectangles(frame["col"], frame["row"])


def visit_boxes(workspace, visits):
    """Visits as squares, one row per visit of a unit, however many officers were aboard.

    Parameters
    ----------
    visits : pandas.DataFrame
        As the table ``visits``.

    Returns
    -------
    (pandas.DataFrame, numpy.ndarray of shape (n, 4))
        Columns of ``VISIT_WORDS``, by time of entry, and the boxes' x_min, y_min, x_max, y_max.
    """
    boxes = workspace.read("boxes", ["box_id", "col", "row", "beat", "where"])
    aboard = visits.groupby(["unit", "box_id", "entered_utc"])["officer"].agg(lambda names: ", ".join(sorted(names)))
    frame = unit_visits(visits).drop(columns="officer").merge(aboard.rename("officers").reset_index(),
                                                              on=["unit", "box_id", "entered_utc"])
    frame = frame.merge(boxes, on="box_id").sort_values(["entered_utc", "unit"], kind="stable", ignore_index=True)
    for name in ("entered", "left"):
        frame[name] = frame[name + "_utc"].dt.strftime("%Y-%m-%dT%H:%M:%SZ").astype(object)
    frame["minutes"] = frame["minutes"].round(2)
    return frame[list(VISIT_WORDS)], workspace.fishnet.rectangles(frame["col"], frame["row"])


def _with_legend(frame, legend):
    return frame.merge(legend.rename(columns={"name": "crime_type_name"}), on="crime_type", how="left")


def _one_shift(forecasts, types, shift):
    wide = forecasts.pivot(index="box_id", columns="crime_type", values="expected")
    wide = wide[[code for code in types["crime_type"] if code in wide]].add_prefix("expected_")
    frame = harm_by_box(forecasts, types).join(wide).rename_axis("box_id").reset_index()
    frame = frame.merge(forecasts[["box_id", "crime_type", "expected", "low", "high", "percentile", "reasons",
                                   "model_id", "as_of_utc"]], on=["box_id", "crime_type"], how="left")
    covered = forecasts.groupby("box_id")["coverage"].max()  # only gunfire has any
    frame["coverage"] = frame["box_id"].map(covered).astype(float)
    frame["as_of"] = frame.pop("as_of_utc").dt.strftime("%Y-%m-%dT%H:%M:%SZ").astype(object)
    return frame.assign(shift=shift)
