"""A month of patrols, visits, crews and tactic logs, written straight into a workspace; from one seed, all made up.

Nothing here is drawn or found by the product: tests of reports want known rows, thousands of them, in a second.
"""
import numpy as np
import pandas as pd

TACTICS = ("visible_presence", "talk_to_people", "foot_patrol", "light_check", "never_used")


def fill(workspace, first="2024-03-01", days=30, boxes_per_shift=20, officers=60, seed=1, names=(), crew=0):
    """Fill patrols, visits, roster, officers, tactics and tactic_log -> their row counts.

    ``names`` are put in the place of names of boxes, tactics and officers, one after the other. ``crew`` is how many
    officers each unit has aboard, 0 = one or two.
    """
    rng = np.random.default_rng(seed)
    boxes = workspace.read("boxes")
    kinds = list(workspace.crime_types["crime_type"])
    last = (pd.Timestamp(first) + pd.Timedelta(days=days - 1)).strftime("%Y-%m-%d")
    slots = workspace.calendar.slots(first, last)
    badges = [f"{names[n % len(names)] + str(n)}" if names else f"B{n:04d}" for n in range(officers)]
    patrols, visits, roster, logs = [], [], [], []
    for slot in slots.itertuples(index=False):
        drawn = boxes.iloc[rng.choice(len(boxes), min(boxes_per_shift, len(boxes)), replace=False)]
        units = {beat: f"U-{beat}" for beat in drawn["beat"]}
        crews = {}
        for number, unit in enumerate(units.values()):
            crews[unit] = list(rng.choice(badges, crew or 1 + number % 2, replace=False))
            roster += [{"shift_date": slot.shift_date, "shift": slot.shift, "unit": unit, "officer": officer,
                        "from_utc": slot.start_utc, "to_utc": slot.end_utc} for officer in crews[unit]]
        for order, box in enumerate(drawn.itertuples(index=False)):
            draw = f"{slot.shift_date}.{slot.shift}.1"
            patrol = {"patrol_id": f"{draw}.{box.box_id}", "draw_id": draw, "shift_date": slot.shift_date,
                      "shift": slot.shift, "box_id": box.box_id, "beat": box.beat,
                      "crime_type": kinds[int(rng.integers(len(kinds) - 1))], "harm": float(rng.random()),
                      "chance": 0.05, "chance_low": 0.02, "chance_high": 0.1, "inclusion_probability": 0.2,
                      "target_minutes": 15.0, "visit_order": order, "returns": int(rng.integers(2)), "unit": None,
                      "origin": "drawn", "status": "suppressed" if rng.random() < 0.03 else "planned",
                      "published_utc": slot.start_utc - pd.Timedelta(hours=3), "version": 1}
            patrols.append(patrol)
            planned = patrol["patrol_id"] if patrol["status"] == "planned" else None
            stays = [(box.box_id, planned)] * int(rng.choice([0, 1, 2], p=[0.15, 0.6, 0.25]))
            if rng.random() < 0.1:
                stays.append((boxes["box_id"].iloc[int(rng.integers(len(boxes)))], None))
            for box_id, patrol_id in stays:
                minutes = float(np.round(rng.gamma(6.0, 2.4) + 2.0, 3))
                entered = slot.start_utc + pd.Timedelta(seconds=int(rng.integers(0, 6 * 3600)))
                for officer in crews[units[box.beat]] if rng.random() < 0.97 else ["unknown"]:
                    visits.append({
                        "visit_id": f"v{len(visits)}", "unit": units[box.beat], "officer": officer,
                        "box_id": box_id, "patrol_id": patrol_id, "shift_date": slot.shift_date, "shift": slot.shift,
                        "entered_utc": entered, "left_utc": entered + pd.Timedelta(minutes=minutes),
                        "minutes": minutes,
                        "dosage": "short" if minutes < 10 else "over" if minutes > 20 else "on_target"})
                if rng.random() < 0.7:
                    known = rng.random() < 0.95
                    logs.append({
                        "log_id": f"l{len(logs)}", "officer": visits[-1]["officer"], "unit": units[box.beat],
                        "tactic": TACTICS[int(rng.integers(4))] if known else "arrest everybody",
                        "minutes": minutes / 2 if rng.random() < 0.9 else np.nan,
                        "at_utc": entered + pd.Timedelta(minutes=1),
                        "visit_id": visits[-1]["visit_id"] if rng.random() < 0.95 else None, "approved": bool(known)})
    listed = pd.DataFrame({
        "tactic": list(TACTICS), "name": [code.replace("_", " ").capitalize() for code in TACTICS],
        "description": "", "crime_types": [[] for _ in TACTICS], "approved_by": "supervisor", "reviewed": None,
        "expires": None, "enforcement": False, "source": "", "sort_order": range(len(TACTICS))})
    if names:
        listed["name"] = [names[n % len(names)] for n in range(len(TACTICS))]
        boxes["where"] = [names[n % len(names)] for n in range(len(boxes))]
    frames = {"patrols": patrols, "visits": visits, "roster": roster, "tactic_log": logs,
              "officers": [{"officer": badge, "name": None} for badge in badges]}
    frames = {name: pd.DataFrame(rows) for name, rows in frames.items() if rows}
    frames["roster"] = frames["roster"].drop_duplicates(["unit", "officer", "from_utc"])
    with workspace.transaction() as writer:
        for name, frame in frames.items():
            writer.replace(name, frame)
        writer.replace("tactics", listed)
        writer.upsert("boxes", boxes)
    return {name: len(frame) for name, frame in frames.items()}
