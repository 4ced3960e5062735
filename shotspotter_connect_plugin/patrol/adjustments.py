"""What analysts change in a plan: who may, the chain of hashes that keeps it, and what it does to the patrols.

An adjustment is a mapping with the columns of the table ``adjustments``. Its ``change`` holds ``draw_id`` (the newest
draw of the shift at that moment, or None) and ``patrols``: a list of {patrol_id, box_id, origin, before, after}, where
``before`` (None for a new patrol) and ``after`` hold what the adjustment touches. An undo also holds ``undoes``, the
``seq`` it takes back; a top-up holds ``skipped``, the reserve boxes passed over and why.

The text that is hashed is one JSON array, UTF-8, no spaces, characters above ASCII as they are:
["connect adjustment 1", [name, value], ...] with the columns in the order of ``HASHED``. Every number is the 16
hexadecimal digits of its IEEE 754 double; an object is a list of [name, value] pairs in the order of the names; an
instant is ISO 8601 with milliseconds and Z; an empty value is null. The hash is the SHA-256 of that text.
"""
from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

ACTIONS = ("add", "suppress", "restore", "minutes", "undo")
ROLES = ("analyst", "supervisor", "officer", "auditor")
MAY_ADJUST = ("analyst", "supervisor")
FORMAT = "connect adjustment 1"
FIRST = ""
"""``previous_hash`` of the first row."""
HASHED = ("seq", "at_utc", "who", "role", "action", "patrol_id", "box_id", "shift_date", "shift", "reason", "note",
          "change", "previous_hash")
# Characters, 32 bits: of a million rows another begins alike by 1 in 4,000; shorter heads would meet by luck.
_SHORTEST_HEAD = 8


def adjustment_text(row: Mapping[str, Any]) -> str:
    """The text of an adjustment that is hashed."""
    values = {**row, "at_utc": _instant(row["at_utc"])}
    encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
    return encoder.encode([FORMAT, *([name, _canonical(values[name])] for name in HASHED)])


def adjustment_hash(row: Mapping[str, Any]) -> str:
    """SHA-256 (hexadecimal) of :func:`adjustment_text`; it depends on the row and, through it, on all before."""
    return hashlib.sha256(adjustment_text(row).encode()).hexdigest()


def linked(row: Mapping[str, Any], chain: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A new adjustment as the next row of a chain (list of rows): with seq, previous_hash and hash."""
    row = {**row, "seq": chain[-1]["seq"] + 1 if chain else 1, "previous_hash": chain[-1]["hash"] if chain else FIRST}
    return {**row, "hash": adjustment_hash(row)}


def chain_problems(chain: Sequence[Mapping[str, Any]], head: str = "") -> list[str]:
    """Name the first row of a chain that does not fit, and whether a printed head is one of its rows.

    Parameters
    ----------
    chain : list of mapping
        All adjustments in the order of ``seq``.
    head : str, optional
        A head as printed on a sheet, or at least its first 8 characters.

    Returns
    -------
    list of str
        Sentences; empty when everything fits. Rows after the first wrong one rest on it and are not judged.
    """
    problems, previous = [], FIRST
    for place, row in enumerate(chain, 1):
        what = _wrong(row, place, previous)
        if what:
            problems.append(f"Adjustment {place} of the chain ({row['action']} of box {row['box_id']}, "
                            f"{row['shift_date']} {row['shift']}): {what}.")
            break
        previous = row["hash"]
    head = head.strip().lower()
    if head and (len(head) < _SHORTEST_HEAD or set(head) - set("0123456789abcdef")):
        problems.append("The printed head must be given as its hexadecimal characters, the first 8 at least.")
    elif head and not any(str(row["hash"]).startswith(head) for row in chain):
        problems.append("The printed head is in no row of the chain: rows were changed or removed since, or it "
                        "comes from another workspace.")
    return problems


def rows_after(chain: Sequence[Mapping[str, Any]], head: str) -> int | None:
    """How many rows of a chain came after a printed head; None if it is not in it."""
    places = [place for place, row in enumerate(chain) if head and str(row["hash"]).startswith(head.strip().lower())]
    return len(chain) - 1 - places[0] if places else None


def _wrong(row: Mapping[str, Any], place: int, previous: str) -> str:
    if row["seq"] != place:
        return f"it bears the number {row['seq']}, so a row was removed, added or moved"
    if row["previous_hash"] != previous:
        return "it does not follow from the row before, so a row before it was changed or removed"
    try:
        hashed = adjustment_hash(row)
    except (ValueError, TypeError, OverflowError, RecursionError):  # what no adjustment can hold
        hashed = None
    if row["hash"] != hashed:
        return "its content does not give its hash, so it was changed after it was written"
    return ""


def _canonical(value: Any) -> Any:
    if value is None or value is pd.NaT or value != value:
        return None
    if isinstance(value, (str, bool)):
        return value
    if isinstance(value, dict):
        return [[name, _canonical(item)] for name, item in sorted(value.items())]
    if isinstance(value, (list, tuple)):
        return [_canonical(item) for item in value]
    return struct.pack(">d", float(value) + 0.0).hex()


def _instant(moment: Any) -> str | None:
    return None if pd.isna(moment) else pd.Timestamp(moment).tz_convert("UTC").strftime("%Y-%m-%dT%H:%M:%S.") + (
        f"{pd.Timestamp(moment).microsecond // 1000:03d}Z")


# What holds in one shift. ``rows`` are its adjustments in the order of ``seq``.

def standing(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those that hold: not undone, and no undo themselves. The last of them is what an undo takes back."""
    undone = {_change(row).get("undoes") for row in rows if row["action"] == "undo"}
    return [row for row in rows if row["action"] != "undo" and row["seq"] not in undone]


def suppressed_boxes(rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """Boxes that an analyst took out of the shift and nobody restored; no draw of the shift may take them."""
    boxes = set()
    for row in standing(rows):
        if row["action"] == "suppress":
            boxes.add(row["box_id"])
        elif row["action"] == "restore":
            boxes.discard(row["box_id"])
    return boxes


def suppression_of(rows: Sequence[Mapping[str, Any]], box_id: str) -> Mapping[str, Any] | None:
    """The standing adjustment that took a box out of the shift, or None."""
    last = [row for row in standing(rows) if row["box_id"] == box_id and row["action"] in ("suppress", "restore")][-1:]
    return last[0] if last and last[0]["action"] == "suppress" else None


def top_ups(rows: Sequence[Mapping[str, Any]], suppression: Mapping[str, Any] | None) -> list[str]:
    """Patrols that replaced a suppressed one, the first, then the one that replaced that, and so on."""
    found = []
    while suppression is not None:
        added = [item for item in _change(suppression).get("patrols", ()) if item["before"] is None]
        found += [item["patrol_id"] for item in added]
        suppression = suppression_of(rows, added[0]["box_id"]) if added else None
    return found


def replayed(draws: Sequence[Mapping[str, Any]],
             rows: Sequence[Mapping[str, Any]]) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Give the plan that draws and adjustments make, patrol by patrol.

    Parameters
    ----------
    draws : list of mapping
        The shift's draws in their order: draw_id, patrols (mapping patrol_id -> mapping of box_id, status and
        target_minutes as drawn), reserve (beat -> box ids).
    rows : list of mapping
        The shift's adjustments.

    Returns
    -------
    state : dict
        patrol_id -> mapping of box_id, origin, status and target_minutes.
    problems : list of str
        Adjustments that do not fit the plan before them.
    """
    state: dict[str, dict[str, Any]] = {}
    problems: list[str] = []
    waiting = list(draws)

    def draw_next(earlier: Sequence[Mapping[str, Any]]) -> None:
        out = suppressed_boxes(earlier)
        for patrol in state.values():
            if patrol["origin"] != "added":  # a draw again takes the place of what was drawn and topped up before
                patrol["status"] = "suppressed"
        for key, patrol in waiting.pop(0)["patrols"].items():
            state[key] = {"origin": "drawn", **patrol}
            if patrol["box_id"] in out:
                problems.append(f"Box {patrol['box_id']} was drawn although an analyst had suppressed it.")

    numbers = {draw["draw_id"]: number for number, draw in enumerate(draws, 1)}
    for place, row in enumerate(rows):
        change = _change(row)
        if not _is_change(row["change"]):
            problems.append(f"The change of adjustment {row['seq']} is not in the form in which changes are written.")
        while len(draws) - len(waiting) < numbers.get(change.get("draw_id"), 0):
            draw_next(rows[:place])
        for item in change.get("patrols", ()):
            problem = _apply(state, item)
            if problem:
                problems.append(f"Adjustment {row['seq']} ({row['action']} of box {row['box_id']}) {problem}.")
        problems += _wrong_top_ups(row, draws)
    while waiting:
        draw_next(rows)
    return state, problems


def _apply(state: dict[str, dict[str, Any]], item: Mapping[str, Any]) -> str:
    key, before, after = item["patrol_id"], item["before"], item["after"]
    if before is None:
        if key in state:
            return "makes a patrol that was there before"
        state[key] = {"box_id": item["box_id"], "origin": item["origin"], **after}
        return ""
    if key not in state or any(state[key].get(name) != value for name, value in before.items()):
        return "does not fit the plan before it"
    state[key].update(after)
    return ""


def _wrong_top_ups(row: Mapping[str, Any], draws: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A top-up comes from the reserve, and whoever stood before it there was passed over for a recorded reason."""
    change = _change(row)
    reserve = {draw["draw_id"]: draw["reserve"] for draw in draws}.get(change.get("draw_id")) or {}
    for item in change.get("patrols", ()):
        if item["before"] is None and item["origin"] == "topped_up":
            order = next((boxes for boxes in reserve.values() if item["box_id"] in boxes), None)
            skipped = change.get("skipped") or {}
            if order is None:
                yield f"The top-up {item['box_id']} of adjustment {row['seq']} is not in the draw's reserve."
            elif not set(order[:order.index(item["box_id"])]) <= set(skipped):
                yield f"The top-up {item['box_id']} of adjustment {row['seq']} is not the next of the draw's reserve."


def _change(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return row["change"] if _is_change(row["change"]) else {}


def _is_change(change: Any) -> bool:
    """Whether a change is in the form in which adjustments are written."""
    if not isinstance(change, dict):
        return False
    patrols = change.get("patrols", [])
    return (isinstance(patrols, list) and all(_is_item(item) for item in patrols)
            and isinstance(change.get("draw_id") or "", str) and isinstance(change.get("undoes") or 0, int)
            and isinstance(change.get("skipped") or {}, dict))


def _is_item(item: Any) -> bool:
    return (isinstance(item, dict) and {"patrol_id", "box_id", "origin", "before", "after"} <= set(item)
            and all(isinstance(item[name], str) for name in ("patrol_id", "box_id", "origin"))
            and isinstance(item["after"], dict) and (item["before"] is None or isinstance(item["before"], dict)))
