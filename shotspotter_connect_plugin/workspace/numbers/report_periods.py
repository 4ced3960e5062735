"""What a report can be asked about: beats, shifts, officers, and the usual periods, counted from the agency's today."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from ..store.workspace import Workspace

__all__ = ["Period", "ReportChoices", "choices", "periods"]


@dataclass(frozen=True)
class Period:
    """A period by its key; ``first`` and ``last`` are ISO dates, inclusive."""

    key: str
    words: str
    first: str
    last: str


@dataclass(frozen=True)
class ReportChoices:
    """``beats`` and ``officers`` as stored, ``shifts`` as (code, name), ``periods`` that can be offered."""

    beats: tuple[str, ...]
    shifts: tuple[tuple[str, str], ...]
    officers: tuple[str, ...]
    periods: tuple[Period, ...]


def choices(workspace: Workspace) -> ReportChoices:
    """The :class:`ReportChoices` of a workspace."""
    shifts = workspace.read("shifts", ["shift", "name"], order_by="sort_order").drop_duplicates("shift")
    newest = [day for table in ("visits", "patrols") for day in workspace.distinct(table, "shift_date")[-1:]]
    today = workspace.calendar.today()
    return ReportChoices(
        tuple(workspace.distinct("beats", "beat")), tuple((code, name or code) for code, name in shifts.to_numpy()),
        tuple(workspace.distinct("roster", "officer")), tuple(periods(today, newest[0] if newest else "")))


def periods(today: date, newest: str = "") -> list[Period]:
    """The usual periods before ``today`` (a date), and the newest day with visits or patrols if there is one (ISO)."""
    monday = today - timedelta(days=today.weekday())
    last_month = (today.replace(day=1) - timedelta(days=1))
    found = [("newest", "Newest day with visits or patrols", newest, newest)] if newest else []
    found += [(key, words, first.isoformat(), last.isoformat()) for key, words, first, last in (
        ("yesterday", "Yesterday", today - timedelta(days=1), today - timedelta(days=1)),
        ("last_7_days", "Last 7 days", today - timedelta(days=7), today - timedelta(days=1)),
        ("last_week", "Last week, Monday to Sunday", monday - timedelta(days=7), monday - timedelta(days=1)),
        ("this_month", "This month", today.replace(day=1), today),
        ("last_month", "Last month", last_month.replace(day=1), last_month),
        ("last_28_days", "Last 28 days", today - timedelta(days=28), today - timedelta(days=1)))]
    if newest:
        end = date.fromisoformat(newest)
        found.append(("newest_28", "28 days up to the newest", (end - timedelta(days=27)).isoformat(), newest))
    return [Period(*row) for row in found]
