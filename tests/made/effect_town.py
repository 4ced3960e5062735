"""Weeks of lotteries, visits and incidents in a made town, written into a workspace; what patrols do there is known."""
from dataclasses import replace

import numpy as np
import pandas as pd

from shotspotter_connect_plugin.patrol import metering
from shotspotter_connect_plugin.patrol.seeds import hash_of

TYPES = ("theft", "burglary", "robbery")


def fill(workspace, first, last, prevented=0.0, mean=0.1, seed=1, delivered=0.8, moved=0.0):
    """Score, draw, patrol and report every shift of a period; incidents also happen in the week before.

    Chances come from the product's metering of one forecast and are not capped by history, so that every shift is as
    good as another. ``mean`` is events per box and shift; ``prevented`` the share that a visit prevents; ``moved`` the
    share that it moves to each box around. -> (draws, box ids, true rates by box and type)
    """
    rng = np.random.default_rng(seed)
    boxes = workspace.read("boxes", ["box_id", "col", "row", "beat", "inside", "neighbourhood"]).sort_values(
        "box_id", ignore_index=True)
    shares = np.array([0.6, 0.25, 0.15])
    rate = rng.gamma(1.0, 1.0, len(boxes))
    rate = mean * np.outer(rate / rate.mean(), shares)
    expected = rate * np.exp(rng.normal(-0.03, 0.25, rate.shape))
    start = (pd.Timestamp(first) - pd.Timedelta(days=7)).strftime("%Y-%m-%d")
    slots = workspace.calendar.slots(start, last)
    harm = pd.Series(expected.sum(axis=1), index=boxes["box_id"])
    nothing = metering.PatrolHistory(pd.DataFrame(columns=["box_id", "shift_date"]),
                                     pd.DataFrame(columns=["box_id", "shift_date", "inclusion_probability"]))
    metered = None
    tables = {name: [] for name in ("forecasts", "draws", "draw_boxes", "patrols", "visits", "incidents")}
    for number, slot in enumerate(slots.itertuples()):
        key = {"shift_date": slot.shift_date, "shift": slot.shift}
        shown = np.zeros(len(boxes))
        if slot.shift_date >= first:
            rules = metering.rules_of(workspace.settings, slot.shift_date, slot.shift, 1)
            metered = metered or _the_same_everywhere(metering.draw_shift(boxes, harm, nothing, rules, ""))
            drawn = _draw(metered, f"{seed}.{number}")
            draw_id = f"{slot.shift_date}.{slot.shift}.1"
            _write_plan(tables, key, slot, draw_id, drawn, boxes, expected, rules, seed)
            chosen = drawn.boxes.set_index("box_id")["selected"].loc[boxes["box_id"]].to_numpy(dtype=bool)
            shown = (chosen & (rng.random(len(boxes)) < delivered)).astype(float)
            if delivered and not shown.any():
                shown[np.flatnonzero(chosen)[:1]] = 1.0  # each shift tells of its visits
            _write_visits(tables, key, slot, draw_id, boxes, np.flatnonzero(shown), rng)
        beside = _around(boxes, shown > 0)
        _write_incidents(tables, slot, boxes, rate, 1 - prevented * shown[:, None] + moved * beside[:, None], rng)
    with workspace.transaction() as writer:
        for name, parts in tables.items():
            if parts:
                writer.append(name, pd.concat(parts, ignore_index=True))
    return tables["draws"], boxes["box_id"], rate


def _the_same_everywhere(metered):
    """Chances without their last bits, in which logarithms of libraries differ; whole numbers of boxes per beat stay.

    One bit makes another draw, and with it another town.
    """
    table = metered.boxes.copy()
    chance = np.round(table["inclusion_probability"].to_numpy(dtype=float) * 2**30) / 2**30
    for rows in table.groupby("beat").indices.values():
        total = chance[rows].sum()  # exact: all are multiples of 2 ** -30
        chance[rows[np.abs(chance[rows] - 0.5).argmin()]] += np.round(total) - total
    return replace(metered, boxes=table.assign(inclusion_probability=chance))


def _draw(metered, seed):
    """Another draw of the same chances."""
    table = metered.boxes.copy()
    inputs_hash = hash_of("made town")  # not of the inputs, whose last bits are in it
    table["draw_rank"], table["selected"], reserve = metering.draw_from_chances(table, seed, inputs_hash)
    return replace(metered, boxes=table, reserve=reserve, inputs_hash=inputs_hash)


def _write_plan(tables, key, slot, draw_id, drawn, boxes, expected, rules, seed):
    for place, code in enumerate(TYPES):
        tables["forecasts"].append(pd.DataFrame({
            **key, "box_id": boxes["box_id"], "crime_type": code, "expected": expected[:, place],
            "as_of_utc": slot.start_utc - pd.Timedelta(hours=2)}))
    tables["draws"].append(pd.DataFrame([{
        **key, "draw_id": draw_id, "drawn_utc": slot.start_utc - pd.Timedelta(hours=1), "seed_hash": hash_of(draw_id),
        "inputs_hash": drawn.inputs_hash, "size": int(drawn.boxes["selected"].sum()), "lottery": True, "reason": "",
        "rules": rules, "reserve": drawn.reserve}]))
    tables["draw_boxes"].append(drawn.boxes.assign(draw_id=draw_id))
    chosen = drawn.boxes.loc[drawn.boxes["selected"], ["box_id", "beat", "inclusion_probability"]]
    tables["patrols"].append(chosen.assign(
        **key, draw_id=draw_id, patrol_id=draw_id + "." + chosen["box_id"], target_minutes=15.0,
        crime_type=np.resize(TYPES, len(chosen)), visit_order=np.arange(len(chosen)) + 1, returns=1, origin="drawn",
        status="planned", version=1))


def _write_visits(tables, key, slot, draw_id, boxes, places, rng):
    length = (slot.end_utc - slot.start_utc).total_seconds() / 60
    minutes = rng.uniform(8, 24, places.size)
    entered = slot.start_utc + pd.to_timedelta(rng.uniform(0, length - 30, places.size), unit="min")
    ids = boxes["box_id"].to_numpy()[places]
    tables["visits"].append(pd.DataFrame({
        **key, "visit_id": [f"{draw_id}.{box}" for box in ids], "unit": ["U" + str(n) for n in range(places.size)],
        "officer": "unknown", "box_id": ids, "patrol_id": [f"{draw_id}.{box}" for box in ids],
        "entered_utc": pd.DatetimeIndex(entered).floor("ms"),
        "left_utc": pd.DatetimeIndex(entered + pd.to_timedelta(minutes, unit="min")).floor("ms"),
        "minutes": minutes, "dosage": "on_target"}))


def _write_incidents(tables, slot, boxes, rate, factor, rng):
    number = rng.poisson(rate * factor)
    box, kind = np.nonzero(number)
    times = number[box, kind]
    box, kind = np.repeat(box, times), np.repeat(kind, times)
    length = (slot.end_utc - slot.start_utc).total_seconds()
    moment = pd.DatetimeIndex(slot.start_utc + pd.to_timedelta(rng.uniform(0, length, box.size), unit="s")).floor("ms")
    size = 250.0
    place = boxes.iloc[box]
    tables["incidents"].append(pd.DataFrame({
        "incident_id": [f"{slot.shift_date}.{slot.shift}.{n}" for n in range(box.size)],
        "crime_type": np.array(TYPES, dtype=object)[kind], "occurred_from_utc": moment, "occurred_to_utc": moment,
        "reported_utc": moment + pd.Timedelta(hours=1), "shift_date": slot.shift_date, "shift": slot.shift,
        "box_id": place["box_id"].to_numpy(), "source": "made", "discovered": False,
        "x": (place["col"].to_numpy() + 0.5) * size, "y": (place["row"].to_numpy() + 0.5) * size}))


def _around(boxes, shown):
    """How many boxes around each one had a visit, where it had none itself."""
    col, row = boxes["col"].to_numpy(), boxes["row"].to_numpy()
    near = (np.abs(col[:, None] - col[None]) <= 1) & (np.abs(row[:, None] - row[None]) <= 1)
    return np.where(shown, 0.0, (near & shown[None]).sum(axis=1))
