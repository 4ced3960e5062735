"""Check a whole workspace: its file and tables, its settings, that its records fit each other, chain and draws.

It is made for files that somebody may have tampered with: whatever is stored, it ends with sentences.
"""
from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, Callable

import pandas as pd

from ...errors import Cancelled, ConnectError
from ...progress import SILENT, Progress
from ..store import chain
from ..store.workspace import Workspace
from . import draw_proof, record_check, seed_promises

_SHIFT = ["shift_date", "shift"]


@dataclass(frozen=True)
class WorkspaceCheck:
    """Whether everything fits, what does not, what else a reader should know, the chain's head, shifts looked at, and
    what ``waiting`` could not be judged yet, because a seed is not known here."""

    ok: bool
    problems: list[str]
    notes: list[str]
    chain_head: str
    shifts: int
    waiting: list[str]


def check_workspace(workspace: Workspace, head: str = "", progress: Progress = SILENT) -> WorkspaceCheck:
    """Check file, tables, records, chain and draws; nothing is changed but the seeds of ended shifts revealed.

    Parameters
    ----------
    workspace : Workspace
    head : str, optional
        A chain head as printed on a sheet; it must be one of the chain's rows.

    Returns
    -------
    WorkspaceCheck
    """
    looks = _Looks()
    progress.report(0.0, "File and tables")
    looks.at("The file", workspace.faults)
    looks.at("The settings", lambda: _of_settings(workspace))
    progress.report(0.2, "Records")
    for what, look in record_check.record_checks(workspace):
        looks.at(what, partial(look, workspace))
    progress.report(0.25, "Chain of adjustments")
    found = looks.at("The chain of adjustments", lambda: _Found(chain.verify_chain(workspace, head)), _Found(None))
    looks.at("The seeds of ended shifts", partial(_revealed, workspace))
    shifts = looks.at("The shifts on record", lambda: _Found(_shifts(workspace)), _Found([])).found
    waiting = []
    for number, (shift_date, shift) in enumerate(shifts):
        progress.report(0.3 + 0.7 * number / len(shifts), f"Draw of {shift_date} {shift}")
        look = partial(_verified, workspace, shift_date, shift)
        verified = looks.at(f"{shift_date} {shift}", look, _Found(None)).found
        if verified is not None:
            looks.problems += [f"{shift_date} {shift}: {problem}" for problem in verified.problems]
            waiting += [f"{shift_date} {shift}: {sentence}" for sentence in verified.waiting]
    progress.report(1.0)
    of_chain = found.found
    if of_chain is not None:
        looks.problems += of_chain.problems
    return WorkspaceCheck(not looks.problems, looks.problems, [] if of_chain is None else list(of_chain.notes),
                          "" if of_chain is None else of_chain.head, len(shifts), waiting)


def _revealed(workspace: Workspace) -> list[str]:
    seed_promises.reveal_ended(workspace)
    return []


def _verified(workspace: Workspace, shift_date: str, shift: str) -> _Found:
    return _Found(draw_proof.verify_shift(workspace, shift_date, shift, chain_problems=[]))


class _Found(list):
    """No sentences, and what a look has found."""

    def __init__(self, found: Any) -> None:
        super().__init__()
        self.found = found


class _Looks:
    """Gathers sentences; a look that stumbles over what is stored gives one too."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def at(self, what: str, look: Callable[[], Any], otherwise: Any = ()) -> Any:
        """Call ``look``, keep the sentences it gives -> what it gave, or ``otherwise``."""
        try:
            found = look()
        except Cancelled:
            raise
        except ConnectError as error:
            self.problems.append(f"{what}: {error.user}")
            return otherwise
        except Exception as error:  # whatever else somebody wrote into the file
            self.problems.append(f"{what}: this could not be checked, because what is stored is not in the form in "
                                 f"which this plugin writes it ({type(error).__name__}).")
            return otherwise
        self.problems += found
        return found


def _of_settings(workspace: Workspace) -> list[str]:
    """What is wrong with the settings and lists on which everything rests, and what was left undone."""
    for what in ("settings", "calendar", "crime_types"):
        getattr(workspace, what)  # reading is the check
    purge = workspace.unfinished_purge
    return [] if purge is None else [
        "A purge that was stopped removed rows and did not rewrite the file, in which they may still be found; purge "
        "again to finish it."]


def _shifts(workspace: Workspace) -> list[tuple[str, str]]:
    """(date, shift) of every shift with a draw, a patrol or an adjustment, in order."""
    frames = [workspace.read(table, _SHIFT) for table in ("draws", "patrols", "adjustments")]
    rows = pd.concat(frames).dropna().drop_duplicates().sort_values(_SHIFT)
    return list(rows.itertuples(index=False, name=None))
