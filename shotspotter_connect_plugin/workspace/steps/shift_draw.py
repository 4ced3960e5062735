"""The draw of a shift: meter it by its forecast, the rules and a committed seed, and write its plan."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, List, Mapping

import numpy as np
import pandas as pd

from ...errors import ConnectError, some
from ...patrol import metering, rounds, seeds
from ...patrol.beat_shares import LEAST_CHANCE, OWN_ASKED, OWN_BOXES, least_asked, of_shortfall, own_numbers
from ...patrol.districts import PER_SHIFT, totals_shared
from ...patrol.draw import NEARLY
from ...patrol.pacing import PACE
from ...patrol.patrol_frames import DrawnBoxes
from ...progress import SILENT, Progress
from ..imports.unreachable_areas import with_ground
from ..store import roles
from ..store.former_boxes import boxes_of
from ..store.rows import Patrols
from ..store.workspace import Workspace, Writer
from .patrol_history import history_around
from .seed_promises import SEEDS_LOST, commit, committed_seed, reveal_ended, shifts_in_words
from .shift_plan import draws_of, grid_to_draw, planned, share_caps

if TYPE_CHECKING:
    from ...forecast.box_grid import BoxGrid

WayFinder = Callable[[List[List[float]]], List[List[float]]]
"""x and y of n places -> n lists of n metres by street between them; infinite where there is no way."""
_NO_LOTTERY = "test, no lottery"


@dataclass(frozen=True)
class MeterResult:
    """The plan of a shift: its newest draw, whether that was drawn just now, the planned patrols, what to tell."""

    draw_id: str
    drawn: bool
    patrols: Patrols
    messages: list[str]


def meter(workspace: Workspace, shift_date: str, shift: str, boxes: int | None = None, cap: float | None = None,
          seed: str | None = None, redraw: bool = False, reason: str = "", progress: Progress = SILENT,
          ways: WayFinder | None = None) -> MeterResult:
    """Draw the boxes of one shift and write its plan, in one transaction.

    A draw's id is ``<date>.<shift>.<number of the draw>``, a patrol's ``<draw_id>.<box_id>``.

    Parameters
    ----------
    workspace : Workspace
    shift_date, shift : str
        A shift with forecasts.
    boxes : int, optional
        Boxes per beat instead of the setting.
    cap : float, optional
        Largest chance of a box instead of the setting.
    seed : str, optional
        For tests: the draw is then marked as no lottery, and the seed is stored openly.
    redraw : bool
        Draw a drawn shift again; needs a ``reason``. Both draws stay, the older one's patrols become suppressed.
    reason : str
        Why it is drawn again, or why it is drawn without seeds that were lost after their hashes were published: then
        new ones are made, the old hashes stay, and the draw says so.
    ways : callable, optional
        Finds the ways by street between the drawn boxes of each beat, which their order follows; straight lines if not
        given.

    Returns
    -------
    MeterResult
        For a shift drawn before, without ``redraw``: the plan as it is, and nothing is written.

    Raises
    ------
    ConnectError
        When the shift does not run, has no forecasts, or a redraw has no reason.
    """
    if redraw:
        roles.require(workspace, "redraw")
    if seed is not None:
        roles.require(workspace, "own_seed")
    workspace.calendar.bounds(shift_date, shift)
    reveal_ended(workspace)
    earlier = draws_of(workspace, shift_date, shift)
    if len(earlier) and not redraw:
        message = f"{shift_date} {shift} was drawn before; its plan stays. Draw it again only for a reason."
        return MeterResult(earlier["draw_id"].iloc[-1], False, planned(workspace, shift_date, shift), [message])
    if len(earlier) and not reason.strip():
        raise ConnectError("A shift is drawn again only with a reason; say why in REASON.")
    progress.report(0.1, f"Forecast of {shift_date} {shift}")
    by_box = _harm(workspace, shift_date, shift)
    with workspace.transaction() as writer:
        # Read again under the lock: another desk may have drawn the shift in the meantime.
        if len(draws_of(workspace, shift_date, shift)) != len(earlier):
            raise ConnectError(f"{shift_date} {shift} has just been drawn by somebody else; open its plan.")
        now = pd.Timestamp.now(tz="UTC").floor("ms")
        lost = commit(workspace, writer, shift_date, shift, now, "" if redraw else reason, seed is not None)
        secret = str(seed) if seed is not None else committed_seed(workspace, shift_date, shift)
        progress.report(0.3, "Metering")
        rules = metering.rules_of(workspace.settings, shift_date, shift, len(earlier) + 1, boxes=boxes, cap=cap,
                                  shares=share_caps(workspace))
        grid = grid_to_draw(workspace, shift_date, shift)
        history = history_around(workspace, shift_date, shift, rules, chances=True, grid=grid)
        drawn = metering.draw_shift(_boxes(workspace, grid), by_box["harm"], history, rules, secret)
        progress.report(0.8, "Writing the plan")
        selected = drawn.boxes[drawn.boxes["selected"]]
        between = None if ways is None else _ways(grid, selected, ways)
        draw_id = f"{shift_date}.{shift}.{len(earlier) + 1}"
        reasons = [_NO_LOTTERY] * (seed is not None) + [SEEDS_LOST] * (lost > 0)
        reasons += [reason.strip()] * bool(len(earlier) or lost)
        messages = [f"What was published for {shifts_in_words(lost)} cannot be honoured, because their seeds were "
                    "lost. New hashes stand beside the old ones, and the record of the draw says so."] * (lost > 0)
        opened = seed is not None or workspace.calendar.has_ended(shift_date, shift, now)
        writer.append("draws", pd.DataFrame([{
            "draw_id": draw_id, "shift_date": shift_date, "shift": shift, "drawn_utc": now,
            "seed_hash": seeds.hash_of(secret), "seed": secret if opened else None, "inputs_hash": drawn.inputs_hash,
            "size": int(drawn.boxes["selected"].sum()), "lottery": seed is None, "reason": "; ".join(reasons),
            "rules": rules, "reserve": drawn.reserve, "ways": between}]))
        writer.append("draw_boxes", drawn.boxes.assign(draw_id=draw_id))
        messages += _suppress_earlier(workspace, writer, shift_date, shift)
        patrols = metering.patrols_of_draw(selected, by_box, rules, between)
        patrols["travel_minutes"] = rounds.travel_minutes(patrols, workspace.settings.size,
                                                          workspace.settings.travel_speed, between)
        writer.append("patrols", patrols.assign(patrol_id=draw_id + "." + patrols["box_id"], draw_id=draw_id,
                                                shift_date=shift_date, shift=shift))
        progress.report(0.95)
    astray = sorted(set(selected["beat"]) - set(selected["beat"] if between is None else between))
    messages += [f"No streets lead from box to box in {some(astray)}, so their rounds go by straight lines; streets "
                 "are taken to meet where their lines share a point."] * bool(astray)
    messages += _limits_in_words(drawn, rules)
    messages += [f"Beat {beat}: its round takes {needed:.0f} minutes with the drives between boxes, and its units have "
                 f"{there:.0f}." for beat, (needed, there) in
                 metering.rounds_too_long(patrols, workspace.settings, shift).items()]
    if drawn.harm_reached.sentence:
        progress.info(f"{shift_date} {shift}: {drawn.harm_reached.sentence}")
    if seed is not None:
        messages.append("Drawn with a given seed: a test, no lottery.")
    progress.report(1.0)
    return MeterResult(draw_id, True, planned(workspace, shift_date, shift), messages)


def _boxes(workspace: Workspace, grid: BoxGrid) -> pd.DataFrame:
    """The boxes of a layout with what a draw asks of them."""
    columns = ["box_id", "beat", "neighbourhood"]
    if grid == workspace.fishnet:
        return workspace.read("boxes", [*columns, *metering.GROUND])
    return with_ground(workspace, grid, boxes_of(workspace, grid, [*columns, "col", "row", "inside", "water"]))


def _ways(grid: BoxGrid, selected: DrawnBoxes, ways: WayFinder) -> dict[str, dict[str, Any]]:
    """Ways by street between the middles of drawn boxes, by beat."""
    points = np.stack(grid.centres(*grid.parse(selected["box_id"])), axis=1)
    metres = np.full((len(points), len(points)), np.inf)
    for rows in selected.groupby("beat").indices.values():
        metres[np.ix_(rows, rows)] = ways(points[rows].tolist())
    return rounds.ways_of(selected, metres)


def _harm(workspace: Workspace, shift_date: str, shift: str) -> pd.DataFrame:
    forecasts = workspace.read("forecasts", ["box_id", "crime_type", "expected", "low", "high"],
                               {"shift_date": shift_date, "shift": shift})
    if forecasts.empty:
        raise ConnectError(f"{shift_date} {shift} has no forecast. Score the shift first: “Score”.")
    return metering.harm_by_box(forecasts, workspace.crime_types)


def _suppress_earlier(workspace: Workspace, writer: Writer, shift_date: str, shift: str) -> list[str]:
    """Take the patrols of earlier draws of the shift out of the plan; they stay as suppressed rows."""
    old = workspace.read("patrols", ["patrol_id", "status", "version"], {
        "shift_date": shift_date, "shift": shift, "status": "planned", "origin": ["drawn", "topped_up"]})
    if old.empty:
        return []
    writer.upsert("patrols", old.assign(status="suppressed", version=old["version"] + 1))
    return [f"{len(old)} patrols of the earlier draw are kept as suppressed."]


def _shared_in_words(drawn: metering.DrawnShift, rules: Mapping[str, Any]) -> list[str]:
    """Between which numbers of boxes beats lie that share a total; what of their least is too much."""
    expected = drawn.boxes.groupby("beat")["inclusion_probability"].sum().sort_values(kind="stable")
    said = []
    for total in totals_shared(rules, expected.index):
        own = expected[expected.index.isin(total.beats)]
        if own.empty:
            continue
        where = f" of district {total.district}" if total.district else ""
        said.append(f"{own.sum():.4g} boxes are shared among the beats{where} by harm: most go to beat {own.index[-1]} "
                    f"({own.iloc[-1]:.2g} expected), fewest to beat {own.index[0]} ({own.iloc[0]:.2g}).")
        least = least_asked(rules, own.index)
        if least > total.boxes + NEARLY:
            said.append(f"The least that the {len(own)} beats{where} are to have comes to {least:g} boxes, more than "
                        f"the {total.boxes:g} there are; every beat got less than its least.")
    return said


def _quiet_in_words(boxes: DrawnBoxes, rules: Mapping[str, Any]) -> list[str]:
    """How many boxes had less than the least chance, and in which beats all of them."""
    may = boxes[boxes["eligible"]]
    quiet = may["cap"] < rules[LEAST_CHANCE] - NEARLY
    whole = quiet.groupby(may["beat"]).all()
    beats = ", ".join(str(name) for name in whole.index[whole])
    return [f"{int(quiet.sum())} boxes would have had a chance below {rules[LEAST_CHANCE]:.0%} and get their part of "
            "the lower-risk share alone." + (f" Quiet beats: {beats}." if beats else "")] if quiet.any() else []


def _limits_in_words(drawn: metering.DrawnShift, rules: Mapping[str, Any]) -> list[str]:
    """Every constraint that bound the draw, and by how much."""
    said = []
    shared = rules.get(PER_SHIFT)
    if not shared and rules["boxes_per_beat"] < rules["boxes_asked"]:
        said.append(f"{rules['boxes_asked']} boxes per beat were asked for; its units have minutes for "
                    f"{rules['boxes_per_beat']}.")
    given = own_numbers(rules, OWN_BOXES)
    said += [f"Beat {beat}: {asked:g} boxes were asked for; its units have minutes for {given[beat]:g}."
             for beat, asked in own_numbers(rules, OWN_ASKED).items()]
    if shared:
        said += _shared_in_words(drawn, rules)
    if rules.get(LEAST_CHANCE):
        said += _quiet_in_words(drawn.boxes, rules)
    said += [limit.sentence for limit in drawn.limited]
    for shortfall in drawn.shortfalls:
        of_it = drawn.boxes[of_shortfall(shortfall, drawn.boxes["beat"], rules)]
        out = ", ".join(f"{reason} ({count})" for reason, count in of_it["why_not"].value_counts().items())
        eligible = of_it[of_it["eligible"]]
        lower = int((eligible["cap"] < rules["cap"] - NEARLY).sum()) - shortfall.quiet
        said.append(shortfall.sentence
                    + (f" {lower} of them may have less than the usual largest chance of {rules['cap']:.0%}: they have "
                       "had, or are still to have, many patrols in 7 or 28 days"
                       + (", or this shift is a small part of their week" if rules.get(PACE) else "")
                       + ", or their neighbourhood is held to its share." if lower else "")
                    + (f" Boxes that could not be drawn: {out}." if out else ""))
    return said
