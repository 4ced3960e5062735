"""The one order and numbering of a shift's patrols, which sheets, dock, layers, exports and reports share."""
import numpy as np
import pandas as pd
from declared_frames import faults

from shotspotter_connect_plugin.workspace.steps.plan_frames import OrderedPatrols
from shotspotter_connect_plugin.workspace.steps.shift_plan import in_sheet_order
from shotspotter_connect_plugin.workspace.store.tables import TABLES

BOXES = pd.DataFrame({"box_id": ["C1R1", "C2R1", "C3R1"], "where": ["Here", "There", None]})


def patrols(*rows):
    """Patrols (shift, beat, visit_order, box_id, status) with all columns of the table."""
    frame = pd.DataFrame(rows, columns=["shift", "beat", "visit_order", "box_id", "status"])
    frame = frame.assign(shift_date="2024-03-01", patrol_id=[f"p{number}" for number in range(len(frame))])
    return frame.reindex(columns=TABLES["patrols"].column_names)


def test_by_beat_and_visit_order_numbered_from_one_and_those_of_no_beat_first():
    rows = [("day", "2", 1, "C1R1", "planned"), ("day", "1", 2, "C2R1", "planned"), ("day", "1", 1, "C3R1", "planned"),
            ("day", None, 5, "C2R1", "planned")]
    found = in_sheet_order(patrols(*rows), BOXES)
    assert found["box_id"].tolist() == ["C2R1", "C3R1", "C2R1", "C1R1"]
    assert found["number"].tolist() == [1, 1, 2, 1] and found["number"].dtype == np.int64
    assert found["where"].tolist()[:1] == ["There"] and not faults(OrderedPatrols, found)


def test_a_patrol_that_is_out_has_no_number_and_takes_none():
    found = in_sheet_order(patrols(("day", "1", 1, "C1R1", "planned"), ("day", "1", 2, "C2R1", "suppressed"),
                                   ("day", "1", 3, "C3R1", "planned")), BOXES)
    assert found["number"].fillna(0).tolist() == [1, 0, 2]


def test_shifts_come_in_the_order_given_and_equal_places_by_box():
    rows = [("day", "1", 1, "C2R1", "planned"), ("day", "1", 1, "C1R1", "planned"),
            ("night", "1", 1, "C3R1", "planned")]
    assert in_sheet_order(patrols(*rows), BOXES, ["night", "day"])["box_id"].tolist() == ["C3R1", "C1R1", "C2R1"]
    assert in_sheet_order(patrols(*rows), BOXES)["box_id"].tolist() == ["C1R1", "C2R1", "C3R1"]


def test_a_box_that_nobody_knows_is_left_out_unless_it_is_asked_for():
    rows = patrols(("day", "1", 1, "C9R9", "planned"))
    found = in_sheet_order(rows, BOXES)
    assert found.empty and found["number"].dtype == np.int64
    assert in_sheet_order(rows, BOXES, how="left")["box_id"].tolist() == ["C9R9"]
