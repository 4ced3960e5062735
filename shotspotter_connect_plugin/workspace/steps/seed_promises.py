"""The secret seeds of coming draws: their published hashes, what was promised by them, and their disclosure."""
from __future__ import annotations

import pandas as pd

from ...errors import ConnectError
from ...forecast.shifts import ShiftCalendar
from ...patrol import seeds
from ..store import roles
from ..store.workspace import Workspace, Writer
from .plan_frames import ComingSeeds

SEEDS_LOST = "published hashes not honoured, their seeds were lost"
"""How the reason of a draw begins with which a desk went on without the seeds whose hashes it had published."""


def commitments(workspace: Workspace, shift_date: str, days: int) -> ComingSeeds:
    """Give the published hashes of the shifts that start on ``days`` dates from ``shift_date``, by start."""
    last = (pd.Timestamp(shift_date) + pd.Timedelta(days=days - 1)).strftime("%Y-%m-%d")
    slots = workspace.calendar.slots(shift_date, last)
    published = workspace.read("commitments", where={"shift_date": slots["shift_date"].unique().tolist()},
                               order_by="committed_utc")
    return slots[["shift_date", "shift", "start_utc"]].merge(published, on=["shift_date", "shift"])


def reveal_ended(workspace: Workspace) -> None:
    """Write the seeds of drawn shifts that have ended into ``draws``, where this desk knows them and may write."""
    if workspace.read_only:
        return
    secret = workspace.read("draws", ["draw_id", "shift_date", "shift", "seed_hash"], {"seed": None})
    if secret.empty:
        return
    known = seeds.known(workspace.path_of_seeds)
    secret = secret[secret["seed_hash"].isin(list(known))]
    ended = [_has_ended(workspace.calendar, row.shift_date, row.shift) for row in secret.itertuples()]
    if any(ended):
        with workspace.transaction() as writer:
            for row in secret[ended].itertuples():
                writer.reveal("draws", {"draw_id": row.draw_id}, known[row.seed_hash])


def _has_ended(calendar: ShiftCalendar, shift_date: str, shift: str) -> bool:
    try:
        return calendar.has_ended(shift_date, shift)
    except ConnectError:
        return pd.Timestamp.now(tz="UTC") > end_of_shift(calendar, shift_date, shift)


def end_of_shift(calendar: ShiftCalendar, shift_date: str, shift: str) -> pd.Timestamp:
    try:
        return calendar.bounds(shift_date, shift)[1]
    except ConnectError:  # the agency has changed its shifts since; no shift is longer than a day
        return pd.Timestamp(shift_date, tz="UTC") + pd.Timedelta(days=3)


def commit(workspace: Workspace, writer: Writer, shift_date: str, shift: str, now: pd.Timestamp, reason: str,
           is_test: bool) -> int:
    """Publish the hash of a seed for this shift and those of the coming days that have none.

    A shift whose hash was published and whose seed is lost gets a second hash only with a ``reason``, for a promise is
    broken by it; a test breaks none. Gives the number of those shifts.
    """
    until = str(pd.Timestamp(shift_date).date() + pd.Timedelta(days=workspace.settings.commit_days))
    slots = workspace.calendar.slots(shift_date, until)
    here = ((slots["shift_date"] == shift_date) & (slots["shift"] == shift)).to_numpy().argmax()
    slots = slots.iloc[here:][["shift_date", "shift"]]
    published = workspace.read("commitments", where={"shift_date": slots["shift_date"].unique().tolist()})
    known = seeds.load(workspace.path_of_seeds)
    usable = published[published["seed_hash"].isin(list(known))]
    missing = slots.merge(usable, on=["shift_date", "shift"], how="left")
    missing = missing.loc[missing["seed_hash"].isna(), ["shift_date", "shift"]]
    broken = missing.merge(published.drop_duplicates(["shift_date", "shift"]), on=["shift_date", "shift"])
    if is_test:
        missing = missing.merge(broken, on=["shift_date", "shift"], how="left")
        missing = missing.loc[missing["seed_hash"].isna(), ["shift_date", "shift"]]
        broken = broken.iloc[:0]
    elif len(broken):
        _refuse_second_hashes(workspace, len(broken), reason)
    made = [seeds.new_seed() for _ in range(len(missing))]
    if made:
        seeds.keep(workspace.path_of_seeds, made)
        writer.append("commitments", missing.assign(seed_hash=[seeds.hash_of(seed) for seed in made],
                                                    committed_utc=now))
    return len(broken)


def _refuse_second_hashes(workspace: Workspace, count: int, reason: str) -> None:
    if not reason.strip():
        raise ConnectError(
            f"The secret seeds of {shifts_in_words(count)}, whose hashes were published, are not in "
            f"{workspace.path_of_seeds.name}: restore that file from a backup. To go on without it, meter a shift that "
            "has no draw yet with a REASON; what was published cannot be honoured then, and the record says so.")
    roles.require(workspace, "new_seeds")


def shifts_in_words(count: int) -> str:
    return "1 shift" if count == 1 else f"{count} shifts"


def committed_seed(workspace: Workspace, shift_date: str, shift: str) -> str:
    """The secret seed of a shift's first published hash that this desk knows."""
    published = workspace.read("commitments", where={"shift_date": shift_date, "shift": shift},
                               order_by="committed_utc")
    known = seeds.load(workspace.path_of_seeds)
    return next(known[hash_] for hash_ in published["seed_hash"] if hash_ in known)
