"""The chain of adjustments as it is kept: read it, check it, compare it with a printed head."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from ...patrol import adjustments
from .rows import Adjustments

if TYPE_CHECKING:
    from .workspace import Workspace


@dataclass(frozen=True)
class ChainCheck:
    """Whether the chain holds, what is wrong, what else a reader should know, its present head, its length
    (None where it is not told)."""

    verified: bool
    problems: list[str]
    notes: list[str]
    head: str
    length: int | None


def read_chain(workspace: Workspace) -> Adjustments:
    """All adjustments in the order of the chain."""
    return workspace.read("adjustments", order_by="seq")


def verify_chain(workspace: Workspace, head: str = "") -> ChainCheck:
    """Check the chain of adjustments, and that a printed head is one of its rows.

    Parameters
    ----------
    workspace : Workspace
    head : str, optional
        The chain head as printed on a sheet or report, or at least its first 8 characters.

    Returns
    -------
    ChainCheck
        The first row that was tampered with is named in ``problems``.
    """
    rows = records(read_chain(workspace))
    problems = adjustments.chain_problems(rows, head or "")
    after = adjustments.rows_after(rows, head or "")
    notes = [] if after is None else [f"The printed head is in the chain; {after} adjustments came after it."]
    return ChainCheck(not problems, problems, notes, str(rows[-1]["hash"]) if rows else "", len(rows))


def head_of(workspace: Workspace) -> str:
    """The hash of the newest adjustment, the chain's head; empty without any."""
    hashes = workspace.read("adjustments", ["seq", "hash"], order_by="seq")["hash"]
    return "" if hashes.empty else hashes.iloc[-1]


def of_shift(workspace: Workspace, shift_date: str, shift: str) -> list[dict[str, Any]]:
    """The adjustments of one shift as mappings, in the order of the chain."""
    return records(workspace.read("adjustments", where={"shift_date": shift_date, "shift": shift}, order_by="seq"))


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as mappings of plain values, None for null."""
    plain = frame.astype(object)
    return plain.where(frame.notna(), None).to_dict("records")
