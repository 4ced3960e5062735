"""Pieces of words and tables that the reports on delivered patrols share."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterable, Mapping

import pandas as pd

from ..paper import style
from ..paper.drawing import SIZE as LABEL_POINTS
from ..paper.page_head import crime_types
from ..paper.report_content import Figures, PrintedColumn, number
from ..paper.wording import clean, natural_key

if TYPE_CHECKING:
    from ...workspace.store.workspace import Workspace

OUTCOME_WORDS = {"missed": "Not visited", "short": "Short", "on_target": "On target", "over": "Over"}
NOT_PLANNED, NO_TYPE, NO_BEAT = "Not a planned box", "No crime type", "Outside the beats"
NOTHING = "No patrols were planned and no visits or tactics are recorded in this period and with these filters."
ABOUT_MINUTES = ("Minutes of a box are patrol-minutes: time in which at least one unit was there. Planned minutes are "
                 "the target of a patrol and of its returns. Planned minutes met counts each patrol only up to its "
                 "planned minutes, so that long stays in a few boxes do not make up for short ones elsewhere; share "
                 "delivered counts all minutes. Visits come from GPS; a shift whose fixes are not "
                 "imported shows as not visited.")


class CrimeTypeSigns:
    """Names, letters and colours of crime types, the same as on maps and sheets."""

    def __init__(self, workspace: Workspace) -> None:
        self.frame = crime_types(workspace)
        self.codes = list(self.frame["crime_type"])
        self._by_code = self.frame.set_index("crime_type").to_dict("index")

    def of(self, code: str | None, otherwise: str = NO_TYPE) -> dict[str, str]:
        """Name, letter and colour of a code; grey and without a letter for one that is not forecast."""
        return self._by_code.get(code) or {"name": clean(code) or otherwise, "letter": "", "colour": ""}

    def join(self, frame: pd.DataFrame, otherwise: str = NO_TYPE) -> pd.DataFrame:
        """A frame with ``kind``, ``letter`` and ``colour`` for its ``crime_type``."""
        found = [self.of(code, otherwise) for code in frame["crime_type"]]
        return frame.assign(kind=[one["name"] for one in found], letter=[one["letter"] for one in found],
                            colour=[one["colour"] for one in found])


def kind_columns(width: float | None = None) -> list[PrintedColumn]:
    """The two columns of a crime type: its letter in its colour, and its name."""
    return [PrintedColumn("letter", "", 6.5, colour="colour"), PrintedColumn("kind", "Crime type", width)]


def share(value: float | None) -> str:
    """A share of one in whole per cent; a dash where there is none."""
    return "–" if value is None or pd.isna(value) else f"{100 * value:.0f} %"


def share_column(name: str, title: str, width: float | None = 18.0) -> PrintedColumn:
    """A column of shares of one, shown in per cent."""
    return PrintedColumn(name, title, width, share, True)


def minutes(value: float) -> str:
    """Minutes as a big number."""
    return f"{value:,.0f}"


def planned_columns() -> list[PrintedColumn]:
    """Columns of planned against delivered, as :func:`~...workspace.numbers.dosage_figures.by_group` counts them."""
    return [number("patrols", "Planned boxes", 15), number("visited", "Visited", 14),
            number("missed", "Not visited", 14), number("short", "Short", 11.5),
            number("on_target", "On target", 13), number("over", "Over", 10.5),
            share_column("compliance", "Share visited", 14), share_column("met", "Planned minutes met", 16),
            number("planned_minutes", "Minutes planned", 15.5), number("minutes", "Minutes delivered", 17.5),
            share_column("share", "Share delivered", 17.5)]


def overview(totals: Mapping[str, Any]) -> Figures:
    """The big numbers of planned against delivered."""
    return Figures([
        (f"{totals['visited']:,} of {totals['patrols']:,}",
         f"planned boxes visited; {totals['units']:,} units seen in boxes"),
        (share(totals["met"]), "of planned minutes met, each box up to its own"),
        (minutes(totals["minutes"]),
         f"patrol-minutes in planned boxes, of {minutes(totals['planned_minutes'])} planned"),
        (share(totals["on_target"]), "of planned boxes on target"),
        (minutes(totals["other_minutes"]), "minutes elsewhere (ordinary patrol and calls)")])


def label_room(labels: Iterable[str], most: float = 70.0) -> float:
    """Millimetres that the longest label beside bars needs, ``most`` at most."""
    return min(most, 3.0 + max([style.text_width(clean(label), LABEL_POINTS) for label in labels] or [0.0]))


def beats_in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame with words in ``beat``, beat 9 before beat 10, nulls last."""
    frame = frame.assign(beat=[clean(beat) for beat in frame["beat"]])
    names = frame["beat"].tolist()
    order = sorted(range(len(frame)), key=lambda row: (not names[row], natural_key(names[row])))
    frame = frame.iloc[order].reset_index(drop=True)
    return frame.assign(beat=[beat or NO_BEAT for beat in frame["beat"]])


def day(date: str) -> str:
    """``Thu 14 Dec`` of an ISO date, in English whatever the machine speaks."""
    moment = pd.Timestamp(date)
    return f"{moment.day_name()[:3]} {moment.day} {moment.month_name()[:3]}"


def cut_name(name: str) -> str:
    """A beat's name, which stands before each of its boxes, no longer than it takes to know it."""
    return name if len(name) <= 24 else name[:23].rstrip() + "…"
