"""The proof of a draw: check it against all that it rests on, or write a file with which anyone can replay it."""
from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Mapping

import pandas as pd

from ...errors import ConnectError
from ...files import folder_for, replace_text
from ...patrol import adjustments, seeds
from ...patrol.draw_record import text_of_inputs
from ...patrol.verify import as_drawn, problems_of, problems_of_adjusted
from ..store import chain
from ..store.former_boxes import known_boxes
from ..store.rows import Commitments
from ..store.workspace import Workspace
from .seed_promises import SEEDS_LOST, end_of_shift, reveal_ended
from .shift_plan import draws_of

_LONGEST_DRAW = pd.Timedelta(hours=1)


@dataclass(frozen=True)
class Verification:
    """Whether the draws of a shift are what their seeds give; what differs; what else a reader should know.

    ``waiting`` says which draws could not be replayed, because their seed is not known here: they are not ``verified``,
    and nothing is wrong with them as far as can be seen without it.
    """

    verified: bool
    problems: list[str]
    notes: list[str]
    waiting: list[str] = field(default_factory=list)


def verify_draw(workspace: Workspace, shift_date: str, shift: str,
                chain_problems: list[str] | None = None) -> Verification:
    """Check every draw of a shift against its seed, its published hash, its rules, its adjustments and its patrols.

    Seeds that are revealed stand in ``draws``. One that is not is taken from the secret side file, where this account
    can read it, and not shown.
    ``chain_problems`` are those of the whole chain of adjustments, where the caller has checked it already.

    Raises
    ------
    ConnectError
        When the shift has no draw.
    """
    reveal_ended(workspace)
    if not workspace.count("draws", {"shift_date": shift_date, "shift": shift}):
        raise ConnectError(f"{shift_date} {shift} has no draw; meter it first: “Meter”.")
    return verify_shift(workspace, shift_date, shift, chain_problems)


def verify_shift(workspace: Workspace, shift_date: str, shift: str,
                 chain_problems: list[str] | None = None) -> Verification:
    """As :func:`verify_draw`, also of a shift whose patrols were all added by hand, or whose draws are gone."""
    draws = draws_of(workspace, shift_date, shift)
    secrets = seeds.known(workspace.path_of_seeds)
    committed = workspace.read("commitments", where={"shift_date": shift_date, "shift": shift})
    patrols = workspace.read("patrols", where={"shift_date": shift_date, "shift": shift})
    by_hand = patrols["origin"] != "drawn"
    boxes = workspace.read("draw_boxes", where={"draw_id": draws["draw_id"].tolist()})
    rows = chain.of_shift(workspace, shift_date, shift)
    kept = chain.records(draws)
    around = known_boxes(workspace, ["box_id", "neighbourhood"]).set_index("box_id")["neighbourhood"].to_dict()
    of_draw = {draw["draw_id"]: boxes[boxes["draw_id"] == draw["draw_id"]] for draw in kept}
    state, problems = adjustments.replayed([as_drawn(draw, of_draw[draw["draw_id"]]) for draw in kept], rows)
    problems = (chain.verify_chain(workspace).problems if chain_problems is None else chain_problems) + problems
    problems += problems_of_adjusted(state, patrols[by_hand], boxes)
    problems += [f"The patrol of box {box} belongs to no draw of this shift." for box in
                 patrols.loc[~by_hand & ~patrols["draw_id"].isin(draws["draw_id"]), "box_id"]]
    notes: list[str] = []
    waiting: list[str] = []
    for number, draw in enumerate(kept, 1):
        prefix = f"Draw {number}: " if len(kept) > 1 else ""
        own = patrols[~by_hand & (patrols["draw_id"] == draw["draw_id"])]
        seed = draw["seed"] or secrets.get(draw["seed_hash"])
        found = problems_of(draw, of_draw[draw["draw_id"]], own, seed, committed, state, neighbourhood=around,
                            size=workspace.settings.size)
        if seed is None:
            withheld, why = _without_seed(workspace, draw)
            (found if withheld else waiting).append((prefix if not withheld else "") + why)
        problems += [prefix + problem for problem in found]
        notes += [prefix + note for note in _notes(draw, committed)]
    if len(kept) > 1:
        why = "; ".join(f"“{draw['reason']}”" for draw in kept[1:] if draw["reason"])
        notes.append(f"Drawn again {len(kept) - 1} time{'s' if len(kept) > 2 else ''}; only the last draw became the "
                     f"plan, and whoever draws again sees the outcome first. Reasons recorded: {why or 'none'}.")
    if len(committed) > 1:
        notes.append(f"{len(committed)} hashes stood for this shift: whoever knew their seeds could choose; ask why.")
    if rows:
        notes.append(f"{len(rows)} adjustments by hand; they are in the table adjustments.")
    return Verification(not problems and not waiting, problems, notes, waiting)


def _without_seed(workspace: Workspace, draw: Mapping[str, Any]) -> tuple[bool, str]:
    """(whether that is wrong, one sentence) on a draw whose seed is not known here.

    Every draw reveals the seeds of the shifts that had ended by then. So a seed that is not in the record although
    later shifts were drawn was lost, which a desk that goes on has to say, or somebody took it out.
    """
    ended = end_of_shift(workspace.calendar, draw["shift_date"], draw["shift"])
    if ended > pd.Timestamp.now(tz="UTC"):
        return False, ("Its seed stays secret until the shift has ended, so the draw cannot be replayed yet; all else "
                       "was checked.")
    later = workspace.read("draws", ["drawn_utc", "reason"])
    if later["reason"].str.contains(SEEDS_LOST, regex=False, na=False).any():
        return False, "Its seed was lost, as the record of a later draw says, so the draw can never be replayed."
    if (later["drawn_utc"] > ended + _LONGEST_DRAW).any():
        return True, ("The shift has ended and its seed is not in the record, although later shifts were drawn: the "
                      "seed was lost, or taken out of the record, so the draw cannot be replayed.")
    return False, ("Its seed is not revealed yet, so the draw cannot be replayed here; the account that drew it "
                   "reveals it with its next draw or check.")


def export_draw(workspace: Workspace, shift_date: str, shift: str, path: str | Path) -> None:
    """Write the newest draw of a shift to a JSON file with which anyone can replay it (docs/verify-a-draw.md).

    A folder that is missing is made.

    The seed is in it once it is revealed; before, it is null.

    Raises
    ------
    ConnectError
        When the shift has no draw or the file cannot be written.
    """
    reveal_ended(workspace)
    draws = draws_of(workspace, shift_date, shift)
    if draws.empty:
        raise ConnectError(f"{shift_date} {shift} has no draw; meter it first: “Meter”.")
    content = draw_file(workspace, draws["draw_id"].iloc[-1])
    folder_for(path, "The draw")
    replace_text(path, json.dumps(content, ensure_ascii=False, indent=1), "The draw")


def draw_file(workspace: Workspace, draw_id: str) -> dict[str, Any]:
    """What the file of one draw holds, any of its shift: a dict, as docs/verify-a-draw.md describes it."""
    draw, = chain.records(workspace.read("draws", where={"draw_id": draw_id}))
    boxes = workspace.read("draw_boxes", where={"draw_id": draw_id})
    selected = boxes[boxes["selected"].astype(bool)].sort_values("draw_rank")["box_id"].tolist()
    content = {name: draw[name] for name in ("draw_id", "shift_date", "shift", "seed_hash", "seed", "inputs_hash")}
    content.update(drawn_utc=draw["drawn_utc"].isoformat(), lottery=bool(draw["lottery"]), reason=draw["reason"],
                   selected=selected, reserve=draw["reserve"], inputs=text_of_inputs(draw["rules"], boxes))
    return content


def _notes(draw: Mapping[str, Any], committed: Commitments) -> list[str]:
    notes = []
    if not draw["lottery"]:
        notes.append("Drawn with a given seed: a test, no lottery.")
        return notes
    published = committed[committed["seed_hash"] == draw["seed_hash"]]
    if (published["committed_utc"] == draw["drawn_utc"]).any():
        notes.append("The hash of its seed was published with the draw itself, not before.")
    return notes
