"""How long before its report an offence may have happened, where its source tells only the report."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Iterable

import numpy as np

from ...forecast.instants import DAY, HOUR, NAT, nanoseconds

if TYPE_CHECKING:
    from ...forecast.arrays import Ints
    from ..store.workspace import Workspace
    from .source_times import TimeSpans

ASSUMED = DAY
"""What is assumed, and said, where nothing shows how late a source reports."""
_SHARE = 0.95
_LEAST, _LONGEST = HOUR, 30 * DAY
_ROWS = 50
_SAMPLE = 200_000


@dataclass(frozen=True)
class ReportDelay:
    """ns before the report in which an offence lies, and what shows it."""

    width: int
    why: str

    @property
    def words(self) -> str:
        """The width as people say it."""
        hours = -(-self.width // HOUR)
        return f"{hours} hours" if hours <= 72 else f"{-(-hours // 24)} days"


def usual_delay(spans: Iterable[dict[str, TimeSpans]], workspace: Workspace) -> ReportDelay:
    """The time in which 95 % of offences were reported whose own time is known: of the file, else of the workspace.

    Parameters
    ----------
    spans : iterable of dict
        Role -> spans, chunk by chunk, of the file's rows; the first 200,000 are looked at.
    workspace : Workspace
        Its incidents speak for a file that knows no time but the report's.

    Returns
    -------
    ReportDelay
        Between an hour and 30 days; 24 hours, said to be assumed, where fewer than 50 rows show both times.
    """
    found, seen = [], 0
    for chunk in spans:
        found.append(_of_rows(chunk))
        seen += len(chunk["reported"].low)
        if seen >= _SAMPLE:
            break
    for delays, whose in ((np.concatenate(found) if found else np.zeros(0), "of its other rows"),
                          (_of_workspace(workspace), "of the incidents imported before")):
        if delays.size >= _ROWS:
            width = int(np.clip(np.quantile(delays, _SHARE), _LEAST, _LONGEST))
            return ReportDelay(-(-width // HOUR) * HOUR, f"within which {_SHARE:.0%} {whose} were reported")
    return ReportDelay(ASSUMED, "which is assumed: nothing shows how late this source reports")


def _of_rows(spans: dict[str, TimeSpans]) -> Ints:
    """Delays of rows whose time is known to the hour."""
    report = spans["reported"]
    found = [np.zeros(0, dtype=np.int64)]
    for role in ("occurred", "occurred_from"):
        if role in spans:
            one = spans[role]
            rows = (one.low != NAT) & (report.low != NAT) & one.timed & report.timed & (report.low >= one.low)
            found.append(report.low[rows] - one.low[rows])
    return np.concatenate(found)


def _of_workspace(workspace: Workspace) -> Ints:
    stored = workspace.read("incidents", ["occurred_from_utc", "occurred_to_utc", "reported_utc"])
    first, last, report = (nanoseconds(stored[name]) for name in stored)
    # Where no report is known, the end of the offence stands for it.
    return (report - first)[(last - first <= HOUR) & (report > last)]
