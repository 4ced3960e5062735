"""The honesty of the lottery, one part of the exposure report: draws of a period that has ended, drawn again.

What is read here is the stored draw; nothing of who was where. ``draw_proof.verify_draw`` goes further and follows the
plan through its adjustments.
"""
from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Sequence, Tuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import ConnectError
from ...forecast.shifts import ShiftCalendar
from ...patrol import seeds
from ...patrol.verify import problems_of_replay
from ...progress import SILENT, Progress
from ..steps import shift_plan
from ..store.chain import records
from ..store.rows import Draws
from ..store.workspace import Workspace
from .exposure_data import SHIFT, PeriodData, between
from .number_frames import DrawnAgain, PublishedHashes, ReplayedDraws, SeveralHashes

BEFORE, WITH, AFTER, NEVER = "before", "with the draw", "after the draw", "never"
"""When the hash of a seed was published."""
WHOLE, SOME = 21, 12
"""Up to so many draws, a week of three shifts a day, a report draws all again; of more than that so many, chosen by
lot."""


@dataclass(frozen=True)
class LotteryReplay:
    """What became of drawing every lottery again.

    ``draws`` has those of shifts that have ended, earlier ones of a shift drawn again included. ``tests`` draws had a
    given seed and ``open_yet`` are of shifts that have not ended; neither is among them.
    """

    draws: ReplayedDraws
    tests: int
    open_yet: int
    again: DrawnAgain
    several: SeveralHashes

    def named(self, which: Any) -> list[tuple[str, str]]:
        """The shifts of some draws as (shift_date, shift), in order, each once."""
        rows = self.draws.loc[np.asarray(which, dtype=bool), SHIFT]
        return list(dict.fromkeys(rows.itertuples(index=False, name=None)))

    @property
    def counts(self) -> Tuple[int, int, int, int]:
        """Lotteries drawn again; of them those that replay, that do not, and whose seed is not known."""
        replays = self.draws.loc[self.draws["asked"], "replays"].tolist()
        return (len(replays), sum(value is True for value in replays), sum(value is False for value in replays),
                sum(value is None for value in replays))

    @property
    def late(self) -> int:
        """How many were drawn only when their shift had begun."""
        return int(self.draws["late"].sum())

    @property
    def before(self) -> int:
        """How many of those that replay had the hash of their seed published before."""
        return int(((self.draws["published"] == BEFORE) & self.draws["replays"].eq(True)).sum())

    @property
    def kept(self) -> bool:
        """Whether every lottery replays from a seed that was settled before, the workspace's first draw excepted."""
        settled = self.draws["published"].isin([BEFORE]) | (self.draws["first"] & (self.draws["published"] == WITH))
        replayed = self.draws["replays"].eq(True) | ~self.draws["asked"]
        return bool((settled & replayed).all()) and len(self.draws) > 0

    @property
    def plain(self) -> bool:
        """Whether nobody had a choice that shows: all lotteries :attr:`kept`, each the first and only draw of its
        shift, from the one hash that stood for it, published before the draw; and no draw a test."""
        return (self.kept and self.again.empty and self.several.empty and not self.tests
                and bool(self.draws["published"].eq(BEFORE).all()))

    @property
    def unknown(self) -> pd.Series:
        """(draws,) whether it was to be drawn again and its seed is not known."""
        return self.draws["asked"] & self.draws["replays"].isna()


def replay_lotteries(workspace: Workspace, data: PeriodData, every: bool = False,
                     progress: Progress = SILENT) -> LotteryReplay:
    """Draw the lotteries of a period again: :class:`LotteryReplay`.

    Parameters
    ----------
    workspace : Workspace
    data : PeriodData
        Its period; boxes of all beats are drawn, since a draw is one for all of them.
    every : bool
        All of them, however many; otherwise of more than ``WHOLE`` only ``SOME``, chosen by a lot that nobody who
        makes a draw can steer.
    """
    draws = data.scoped(workspace.read("draws", where=between(data.first, data.last), order_by="drawn_utc"))
    lottery = draws["lottery"].fillna(False).astype(bool)
    tests = int((~lottery).sum())
    bounds = [_bounds(workspace.calendar, *key) for key in draws[SHIFT].itertuples(index=False, name=None)]
    ended = np.array([end <= pd.Timestamp.now(tz="UTC") for _, end in bounds], dtype=bool)
    late = [drawn >= start for (start, _), drawn in zip(bounds, draws["drawn_utc"])]
    again, several = _again(draws[ended]), _several(draws[ended], data.commitments)
    draws = draws.assign(late=np.array(late, dtype=bool))[(lottery & ended).to_numpy()].reset_index(drop=True)
    secrets = seeds.known(workspace.path_of_seeds)
    patrols = workspace.read("patrols", ["draw_id", "box_id", "origin"], between(data.first, data.last))
    patrols = patrols[patrols["origin"] == "drawn"].groupby("draw_id")["box_id"].agg(list).to_dict()
    asked = _by_lot(draws["seed_hash"], len(draws) if every or len(draws) <= WHOLE else SOME)
    problems: list[list[str] | None] = []
    for number, draw in enumerate(records(draws)):
        if not asked[number]:
            problems.append(None)
            continue
        progress.report(number / len(draws), f"Drawing {draw['shift_date']} {draw['shift']} again")
        seed = draw["seed"] or secrets.get(draw["seed_hash"])
        problems.append(None if seed is None else problems_of_replay(
            draw, workspace.read("draw_boxes", where={"draw_id": draw["draw_id"]}),
            patrols.get(draw["draw_id"], []), seed))
    started = workspace.read("draws", ["drawn_utc"])["drawn_utc"].min()
    found = draws[["draw_id", *SHIFT, "late"]].assign(
        asked=asked, published=_published(workspace, draws), first=draws["drawn_utc"] == started,
        replays=pd.Series([None if named is None else not named for named in problems], dtype=object),
        problems=pd.Series([named or [] for named in problems], dtype=object))
    return LotteryReplay(found.sort_values([*SHIFT, "draw_id"], ignore_index=True), tests,
                         int((lottery.to_numpy() & ~ended).sum()), again, several)


def _again(draws: Draws) -> DrawnAgain:
    """Shifts that were drawn more than once; a first draw that is not on record any more counts."""
    draws = draws.assign(number=shift_plan.draw_numbers(draws)).sort_values([*SHIFT, "number"])
    rows = [(*key, max(len(rows), rows["number"].max()) - 1,
             [reason for reason in rows.loc[rows["number"] > 1, "reason"].fillna("") if reason])
            for key, rows in draws.groupby(SHIFT)]
    table = pd.DataFrame(rows, columns=[*SHIFT, "times", "reasons"])
    return table[table["times"] > 0].reset_index(drop=True)


def _several(draws: Draws, commitments: PublishedHashes) -> SeveralHashes:
    """Drawn shifts for which more than one hash stood."""
    hashes = commitments.groupby(SHIFT)["seed_hash"].nunique().rename("hashes").reset_index()
    return draws[SHIFT].drop_duplicates().merge(hashes[hashes["hashes"] > 1], on=SHIFT).sort_values(
        SHIFT, ignore_index=True)


def _by_lot(hashes: Sequence[str], count: int) -> NDArray[np.bool_]:
    """Which of some draws are taken: by the hashes of all of them together, which no single draw can steer."""
    seed = int.from_bytes(hashlib.sha256("".join(sorted(hashes)).encode()).digest()[:8], "big")
    chosen = np.zeros(len(hashes), dtype=bool)
    chosen[np.random.default_rng(seed).permutation(len(hashes))[:count]] = True
    return chosen


def _bounds(calendar: ShiftCalendar, date: str, shift: str) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Start and end of a shift; the latest they can be where the agency has changed its shifts since."""
    try:
        return calendar.bounds(date, shift)
    except ConnectError:
        day = pd.Timestamp(date, tz="UTC")
        return day + pd.Timedelta(days=2), day + pd.Timedelta(days=3)


def _published(workspace: Workspace, draws: Draws) -> pd.Series:
    """When the hash of each draw's seed was published for its shift, against the draw."""
    told = workspace.read("commitments", [*SHIFT, "seed_hash", "committed_utc"],
                          {"seed_hash": draws["seed_hash"].tolist()})
    earliest = told.groupby([*SHIFT, "seed_hash"])["committed_utc"].min().to_dict()
    words = []
    for *key, drawn in draws[[*SHIFT, "seed_hash", "drawn_utc"]].itertuples(index=False, name=None):
        moment = earliest.get(tuple(key))
        words.append(NEVER if moment is None else BEFORE if moment < drawn else WITH if moment == drawn else AFTER)
    return pd.Series(words, index=draws.index, dtype=object)
