"""The agency's list of tactics as it is edited: which are offered and why not, what is wrong with a change."""
from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Mapping, Sequence

import pandas as pd

from ...errors import ConnectError
from ...patrol import tactic_rules
from ..imports import privacy
from ..imports.column_names import plain
from ..store import roles
from ..store.runs import recorded
from ..store.tables import TABLES
from ..store.workspace import Workspace
from .configure import DEFAULT_CRIME_TYPES, configure, export_configuration
from .plan_frames import TypeNames

__all__ = ["TacticStanding", "TacticList", "read_list", "save_list", "standings", "whats_wrong"]

OFFERED, MARKED, REFUSED = "offered", "marked", "refused"
_CODE = re.compile(r"[A-Za-z0-9_-]{1,40}")


@dataclass(frozen=True)
class TacticStanding:
    """Whether a tactic is offered to officers: ``mark`` is offered, marked (offered, but a review is due) or refused;
    ``words`` say why."""

    mark: str
    words: str


@dataclass(frozen=True)
class TacticList:
    """What is edited: the tactics as dicts in order, the crime types [crime_type, name, colour], today's date (ISO) on
    the agency's clock, the days after which a review is due, and why this account may not save ("" if it may)."""

    tactics: list[dict[str, Any]]
    crime_types: TypeNames
    today: str
    review_days: int
    refusal: str


def read_list(workspace: Workspace, who: str | None = None) -> TacticList:
    """The :class:`TacticList` of a workspace, for an account (the present one if not given)."""
    refusal = roles.why_not(workspace, "tactics", who)
    today = workspace.calendar.today().isoformat()
    kinds = workspace.read("crime_types", ["crime_type", "name", "colour"], order_by="sort_order")
    return TacticList(export_configuration(workspace)["tactics"], kinds, today, workspace.settings.tactic_review_days,
                      refusal)


def standings(rows: Sequence[Mapping[str, Any]], today: str, review_days: int) -> list[TacticStanding]:
    """A :class:`TacticStanding` for each tactic.

    Offered is what somebody approved, what has not expired and is no enforcement; a review that is due marks it and
    takes it away from nobody: that is what the last date of use is for.
    """
    if not rows:
        return []
    frame = pd.DataFrame(rows, columns=TABLES["tactics"].column_names)
    approved = tactic_rules.approved(frame, today)
    due = tactic_rules.review_due(frame, today, review_days)
    return [_standing(row, *judged, review_days) for row, judged in zip(rows, zip(approved, due))]


def _standing(row, approved, due, review_days):
    if row.get("enforcement"):
        return TacticStanding(REFUSED, "Enforcement: never offered")
    if not (row.get("approved_by") or "").strip():
        return TacticStanding(REFUSED, "Not approved: not offered")
    if not approved:
        return TacticStanding(REFUSED, f"Expired on {row['expires']}: not offered")
    if due and not row.get("reviewed"):
        return TacticStanding(MARKED, "Offered, but never reviewed with the community")
    if due:
        again = date.fromisoformat(row["reviewed"]) + timedelta(days=review_days)
        return TacticStanding(MARKED, f"Offered; its review is due since {again.isoformat()}")
    return TacticStanding(OFFERED, "Offered" + (f" until {row['expires']}" if row.get("expires") else ""))


def whats_wrong(rows: Sequence[Mapping[str, Any]], today: str) -> list[tuple[int, str, str]]:
    """Sentences about what cannot be saved: (place in the list, field, sentence) each.

    Beyond what a configuration may hold, a tactic that is approved here needs the date of its community review, and
    the approval is a body's or an office's, never a person's.
    """
    wrong: list[tuple[int, str, str]] = []
    codes: dict[str, int] = {}
    names: dict[str, int] = {}
    for place, row in enumerate(rows):
        label = (row.get("name") or row.get("tactic") or "").strip() or f"Tactic {place + 1}"
        code, name = row.get("tactic") or "", (row.get("name") or "").strip()
        if not _CODE.fullmatch(code):
            wrong.append((place, "tactic", f"{label} needs a code of letters, digits, - and _, at most 40."))
        elif codes.setdefault(code, place) != place:
            wrong.append((place, "tactic", f"The code {code} is there twice; give each tactic its own."))
        if not name:
            wrong.append((place, "name", f"{label} needs a name, as officers know it."))
        elif names.setdefault(plain(name), place) != place:
            wrong.append((place, "name", f"Two tactics are called {name}; logs could not tell them apart."))
        if not (row.get("description") or "").strip():
            wrong.append((place, "description", f"{label} needs a description of what the officer does."))
        wrong.extend((place, *found) for found in _wrong_approval(label, row, today))
        unknown = [kind for kind in row.get("crime_types") or [] if kind not in DEFAULT_CRIME_TYPES]
        if unknown:
            wrong.append((place, "crime_types", f"{label} names the crime type {unknown[0]}, which does not exist."))
    return wrong


def _wrong_approval(label, row, today):
    who = (row.get("approved_by") or "").strip()
    reviewed, expires = row.get("reviewed") or "", row.get("expires") or ""
    if who and row.get("enforcement"):
        yield "enforcement", f"{label} is enforcement and cannot be approved; empty “approved by”."
    if who and not reviewed:
        yield "reviewed", f"{label} is approved without a community review; give the date of the review."
    if who and privacy.values_about_persons([who]):
        yield "approved_by", f"{label} is approved by a person; give the office or body, as in “Community board”."
    if reviewed > today:
        yield "reviewed", f"The review of {label} lies in the future."
    if expires and reviewed and expires < reviewed:
        yield "expires", f"{label} expires before its review."


def save_list(workspace: Workspace, rows: list[dict[str, Any]], before: list[dict[str, Any]], who: str | None = None,
              versions: Mapping[str, str] | None = None) -> list[str]:
    """Replace the list of tactics, in one transaction with a record of the run.

    Parameters
    ----------
    workspace : Workspace
    rows : list of dict
        The tactics in order, with the columns of the table ``tactics``.
    before : list of dict
        The tactics that were read; if others are there by now nothing is written.
    who : str, optional
        Account; that of the operating system if not given.
    versions : dict, optional
        Versions of programs around, for the record.

    Returns
    -------
    list of str
        One sentence per change.

    Raises
    ------
    ConnectError
        When the account may not, something is wrong, or somebody else changed the list meanwhile.
    """
    now = read_list(workspace, who)
    if now.refusal:
        raise ConnectError(now.refusal)
    if now.tactics != before:
        raise ConnectError("Somebody changed the list of tactics meanwhile; close this window, open it again and "
                           "repeat your changes.")
    wrong = whats_wrong(rows, now.today)
    if wrong:
        raise ConnectError(wrong[0][2])
    rows = [{**row, "sort_order": number} for number, row in enumerate(rows, 1)]
    with recorded(workspace, "connect:configure", {"TACTICS": [row["tactic"] for row in rows]},
                  versions=versions) as run:
        changes = configure(workspace, {"tactics": rows})
        run.counts = {"changes": len(changes)}
    return changes
