"""A made month of patrols on any workspace: forecasts, lotteries, visits and changes by hand, all from one seed."""
import numpy as np
import pandas as pd

from shotspotter_connect_plugin.patrol import dosage
from shotspotter_connect_plugin.workspace.steps import adjusting, shift_draw, shift_plan

NOTE, ANALYST, SERGEANT = "told by Jane Roe of Elm Street", "acct-analyst-7", "acct-sergeant-9"
UNITS = ("UNIT-K9-7", "UNIT-ALFA", "UNIT-BRAVO")
BADGES = ("BADGE-4711", "BADGE-0815", "BADGE-1234")
CRIME_TYPES = ("gunfire", "robbery", "theft")


def add_month(workspace, first, days=28, visits=2000, adjustments=12, seed=1):
    """Draw every shift of some days and let units visit; 9 of 10 visits go to planned boxes."""
    rng = np.random.default_rng(seed)
    boxes = workspace.read("boxes", ["box_id", "col", "row", "beat"])
    base = {code: rng.gamma(0.4, 0.02, len(boxes)) for code in CRIME_TYPES}
    last = str((pd.Timestamp(first) + pd.Timedelta(days=days - 1)).date())
    slots = workspace.calendar.slots(first, last)
    changed = set(np.linspace(0, len(slots) - 1, adjustments).astype(int)) if adjustments else set()
    for number, slot in enumerate(slots.itertuples()):
        draw(workspace, boxes, base, slot.shift_date, slot.shift, rng)
        if number in changed:  # the forecast is still there
            who = (ANALYST, ANALYST, SERGEANT)[number % 3]
            box = rng.choice(shift_plan.planned(workspace, slot.shift_date, slot.shift)["box_id"])
            adjusting.adjust(workspace, "suppress", slot.shift_date, slot.shift, box, note=NOTE, who=who,
                             reason="community" if who == SERGEANT else "series")
    found = made_visits(workspace, slots, boxes, visits, rng)
    with workspace.transaction() as writer:
        writer.append("officers", pd.DataFrame({"officer": BADGES, "name": ["Ann Poe", "Bob Roe", "Cy Doe"]}))
        writer.append("visits", found)


def draw(workspace, boxes, base, date, shift, rng):
    """One lottery on a made forecast, of which nothing is kept but the newest shift's."""
    frames = [pd.DataFrame({"shift_date": date, "shift": shift, "box_id": boxes["box_id"], "crime_type": code,
                            "expected": expected * rng.gamma(20.0, 0.05, len(boxes)), "model_id": "made",
                            "as_of_utc": workspace.calendar.as_of(date)})
              for code, expected in base.items()]
    frame = pd.concat(frames, ignore_index=True)
    with workspace.transaction() as writer:
        writer.replace("forecasts", frame.assign(low=frame["expected"] / 2, high=frame["expected"] * 2))
    shift_draw.meter(workspace, date, shift)


def made_visits(workspace, slots, boxes, count, rng):
    """Visits of three units, most of them to planned boxes of their shift, in ten-minute steps."""
    patrols = workspace.read("patrols", where={"status": "planned"})
    chosen = patrols.iloc[np.sort(rng.choice(len(patrols), count - count // 10, replace=count > len(patrols)))]
    served = chosen[["shift_date", "shift", "box_id", "patrol_id"]]
    stray = slots.iloc[rng.integers(0, len(slots), count // 10)][["shift_date", "shift"]].assign(
        box_id=rng.choice(boxes["box_id"], count // 10), patrol_id=None)
    # One comes back to a box that must rest, whatever was drawn.
    first, then = slots.iloc[0], slots.iloc[1]
    rests = patrols.loc[(patrols["shift_date"] == first["shift_date"]) & (patrols["shift"] == first["shift"]), "box_id"]
    stray.iloc[0] = {"shift_date": then["shift_date"], "shift": then["shift"], "box_id": rests.iloc[0],
                     "patrol_id": None}
    found = pd.concat([served, stray], ignore_index=True).merge(slots[["shift_date", "shift", "start_utc"]])
    step = found.groupby(["shift_date", "shift"]).cumcount()
    minutes = rng.gamma(9.0, 1.5, len(found)).clip(2.5, 40.0)
    number = rng.integers(0, 3, len(found))
    later = pd.to_timedelta(10.0 * (step % 45) + rng.random(len(found)), unit="m")
    entered = (found["start_utc"] + later).dt.floor("s")
    found = found.assign(
        visit_id=[f"visit{n}" for n in range(len(found))], unit=np.array(UNITS)[number],
        officer=np.array(BADGES)[number], entered_utc=entered,
        left_utc=entered + pd.to_timedelta(minutes, unit="m").floor("s"))
    found["minutes"] = (found["left_utc"] - found["entered_utc"]).dt.total_seconds() / 60
    found["dosage"] = dosage.dosage(found["minutes"], 10.0, 20.0)
    return found.drop(columns="start_utc")
