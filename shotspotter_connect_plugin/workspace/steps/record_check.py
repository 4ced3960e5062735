"""Do the records of a workspace fit each other: draws, their boxes, published hashes, patrols, adjustments, runs?

Each record leaves traces in others, so that a row that was taken out or moved is missed where it was referred to.
"""
from __future__ import annotations

import re
from itertools import combinations
from typing import Any, Callable

import pandas as pd

from ..store import chain
from ..store.former_boxes import known_boxes
from ..store.workspace import Workspace
from .seed_promises import SEEDS_LOST

_SHIFT = ["shift_date", "shift"]
_ID = re.compile(r"(\d{4}-\d\d-\d\d)\.(.+)\.([1-9]\d{0,5})")
_HASH = re.compile(r"[0-9a-f]{64}")
_DRAWN_BY = ("connect:meter", "connect:daily")
_CLOCKS_DIFFER = pd.Timedelta(hours=1)
_TEST = "test, no lottery"


def record_checks(workspace: Workspace) -> tuple[tuple[str, Callable[[Workspace], list[str]]], ...]:
    """(what is looked at, function of the workspace that gives sentences) of each look."""
    return (("The draws", _of_draws), ("The boxes of draws", _of_draw_boxes), ("The patrols", _of_patrols),
            ("The adjustments", _of_adjustments), ("The published hashes", _of_commitments), ("The runs", _of_runs))


def _of_draws(workspace: Workspace) -> list[str]:
    """Ids fit their shifts, the draws of a shift are numbered without a gap, and times do not run backwards."""
    draws = chain.records(workspace.read("draws", ["draw_id", *_SHIFT, "drawn_utc", "lottery", "reason", "rules",
                                                   "seed_hash", "inputs_hash"]))
    problems: list[str] = []
    numbers: dict[tuple[str, str], list[int]] = {}
    for draw in draws:
        parts = _ID.fullmatch(str(draw["draw_id"]))
        if parts is None or parts.groups()[:2] != (draw["shift_date"], draw["shift"]):
            problems.append(f"The id of the draw {draw['draw_id']} does not fit its shift, {draw['shift_date']} "
                            f"{draw['shift']}: somebody changed one of them.")
            continue
        number = int(parts[3])
        numbers.setdefault((draw["shift_date"], draw["shift"]), []).append(number)
        rules = draw["rules"] if isinstance(draw["rules"], dict) else {}
        if rules.get("draw", number) != number:
            problems.append(f"The draw {draw['draw_id']} was made as draw {rules['draw']} of its shift, by its own "
                            "rules; its id was changed.")
        if number == 1 and draw["lottery"] and _without_loss(draw["reason"]):
            problems.append(f"The draw {draw['draw_id']} bears a reason for drawing again, but is the first on record: "
                            "one before it was removed.")
        if number > 1 and not _again(draw["reason"]):
            problems.append(f"The draw {draw['draw_id']} was drawn again without a reason on record: it was removed.")
        problems += [f"The {name} of the draw {draw['draw_id']} is no SHA-256 in hexadecimal digits."
                     for name in ("seed_hash", "inputs_hash") if not _HASH.fullmatch(str(draw[name]))]
        if draw["drawn_utc"] is None:
            problems.append(f"The draw {draw['draw_id']} has no time at which it was drawn.")
    for (shift_date, shift), present in sorted(numbers.items()):
        gone = sorted(set(range(1, max(present) + 1)) - set(present))
        problems += [f"{shift_date} {shift}: draw {number} is not on record, though a later one is; it was removed."
                     for number in gone]
    return problems + _backwards(draws, "drawn_utc", "The draw {draw_id}", "drawn")


def _again(reason):
    """The reason without the mark of a test."""
    reason = reason or ""
    return reason[len(_TEST):].lstrip("; ") if reason.startswith(_TEST) else reason


def _without_loss(reason):
    return "" if (reason or "").startswith(SEEDS_LOST) else _again(reason)


def _backwards(rows, name, label, verb):
    """Rows that are dated well before the one written ahead of them: a clock differs a little, not by hours."""
    problems, latest = [], None
    for row in rows:
        moment = row[name]
        if moment is None:
            continue
        if latest is not None and moment < latest - _CLOCKS_DIFFER:
            problems.append(f"{label.format(**row)} bears an earlier time ({moment:%Y-%m-%d %H:%M} UTC) than the one "
                            f"{verb} before it: a time was changed.")
        latest = moment if latest is None else max(latest, moment)
    return problems


def _of_draw_boxes(workspace: Workspace) -> list[str]:
    draws = set(workspace.read("draws", ["draw_id"])["draw_id"])
    return [f"Boxes of the draw {draw_id} are on record, but the draw is not: it was removed from the table draws."
            for draw_id in workspace.distinct("draw_boxes", "draw_id") if draw_id not in draws]


def _of_patrols(workspace: Workspace) -> list[str]:
    draws = set(workspace.read("draws", ["draw_id"])["draw_id"])
    patrols = chain.records(workspace.read("patrols", ["patrol_id", "draw_id", *_SHIFT, "box_id", "origin"]))
    problems = [f"{patrol['shift_date']} {patrol['shift']}: the patrol of box {patrol['box_id']} was {patrol['origin']}"
                f" from a draw that is not on record ({patrol['draw_id'] or 'none is named'})."
                for patrol in patrols if patrol["origin"] != "added" and patrol["draw_id"] not in draws]
    boxes = set(known_boxes(workspace, ["box_id"])["box_id"])
    return problems + [f"{patrol['shift_date']} {patrol['shift']}: {patrol['box_id']} is no box of this workspace."
                       for patrol in patrols if patrol["box_id"] not in boxes]


def _of_adjustments(workspace: Workspace) -> list[str]:
    draws = set(workspace.read("draws", ["draw_id"])["draw_id"])
    problems = []
    for row in chain.records(chain.read_chain(workspace)):
        draw_id = row["change"].get("draw_id") if isinstance(row["change"], dict) else None
        if draw_id is not None and draw_id not in draws:
            problems.append(f"Adjustment {row['seq']} changed the plan of the draw {draw_id}, which is not on record: "
                            "it was removed.")
    return problems


def _of_commitments(workspace: Workspace) -> list[str]:
    """Hashes are published by a draw, at its very moment, for the shifts to come in their order."""
    rows = chain.records(workspace.read("commitments"))
    drawn = set(workspace.read("draws", ["drawn_utc"])["drawn_utc"].dropna())
    problems = [f"The hash published for {row['shift_date']} {row['shift']} is no SHA-256 in hexadecimal digits."
                for row in rows if not _HASH.fullmatch(str(row["seed_hash"]))]
    problems += [f"The hash published for {row['shift_date']} {row['shift']} has no time of its publication."
                 for row in rows if row["committed_utc"] is None]
    batches: dict[pd.Timestamp, list[dict[str, Any]]] = {}
    for row in rows:
        if row["committed_utc"] is not None:
            batches.setdefault(row["committed_utc"], []).append(row)
    for moment, batch in sorted(batches.items()):
        if moment not in drawn:
            problems.append(f"Hashes were published on {moment:%Y-%m-%d %H:%M:%S} UTC, but no draw of that moment is "
                            "on record: it was removed, or a time was changed.")
        problems += _swapped(moment, batch)
    hashes = pd.Series([row["seed_hash"] for row in rows], dtype=object)
    return problems + [f"The hash {hash_[:8]}... is published for more than one shift: it was copied."
                       for hash_ in hashes[hashes.duplicated()].astype(str).unique()] + _backwards(
        rows, "committed_utc", "The hash published for {shift_date} {shift}", "published")


def _swapped(moment, batch):
    """Hashes of one moment are written by date, and on every date in the same order of shifts."""
    dates = [row["shift_date"] for row in batch]
    pairs: set[tuple[str, str]] = set()
    for day in set(dates):
        pairs.update(combinations([row["shift"] for row in batch if row["shift_date"] == day], 2))
    if dates == sorted(dates) and not any((second, first) in pairs for first, second in pairs):
        return []
    return [f"The hashes published on {moment:%Y-%m-%d %H:%M:%S} UTC are not in the order of their shifts: some were "
            "swapped."]


def _of_runs(workspace: Workspace) -> list[str]:
    """A run says how much it did, so that much must be on record."""
    runs = chain.records(workspace.read("runs", ["algorithm", "counts"]))
    counts = [(run["algorithm"], run["counts"]) for run in runs if isinstance(run["counts"], dict)]
    drawn = sum(count["drawn"] for algorithm, count in counts
                if algorithm in _DRAWN_BY and isinstance(count.get("drawn"), int))
    last = max((count["adjustment"] for algorithm, count in counts
                if algorithm == "connect:adjust" and isinstance(count.get("adjustment"), int)), default=0)
    present = {table: workspace.count(table) for table in ("draws", "adjustments")}
    problems = [f"Runs on record made {told} {table}, but the table {table} holds {present[table]}: rows were removed."
                for table, told in (("draws", drawn), ("adjustments", last)) if told > present[table]]
    nameless = sum(run["algorithm"] is None for run in runs)
    return problems + [f"{nameless} runs on record name no algorithm: they were changed."] * bool(nameless)
