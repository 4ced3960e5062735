"""The sheet for the community review: every tactic of the list in full, with room to judge it, comment and sign."""
from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Mapping

import pandas as pd

from ...workspace.steps import tactic_list
from ..paper import page_head, wording
from ..paper.report_content import Beside, Heading, Paragraph, PrintedColumn, PrintedTable, Report

if TYPE_CHECKING:
    from ...workspace.store.workspace import Workspace
    from ..paper.report_content import Inner, Part

TITLE = "Tactics for community review"
ABOUT = ("These are the things officers may do in the places to which they are sent. Only what is on this list, is "
         "approved, has not expired and is no enforcement is offered to them. Please say of each whether it should "
         "stay as it is, be changed, or leave the list, and what could go wrong where you live.")
EMPTY = "The list of tactics is empty; add tactics first."
_QUESTIONS = ("☐ keep it as it is", "☐ change it, and how:", "☐ take it off the list",
              "What could go wrong here, and for whom?")
_SIGNATURES = ("For the community",) * 3 + ("For the police",) * 2


def build(workspace: Workspace) -> Report:
    """The :class:`~.report_content.Report` of the list of tactics as it stands today."""
    read = tactic_list.read_list(workspace)
    count, today = len(read.tactics), wording.date_in_words(read.today)
    head = replace(page_head.page_head(workspace, TITLE, read.today, read.today), data=f"The list as of {today}",
                   subtitle=f"As of {today} · {count} tactic{'' if count == 1 else 's'}")
    if not read.tactics:
        return Report(TITLE, head, message=EMPTY)
    names = dict(zip(read.crime_types["crime_type"], read.crime_types["name"]))
    standings = tactic_list.standings(read.tactics, read.today, read.review_days)
    parts: list[Part] = [Paragraph(ABOUT)]
    for number, (row, standing) in enumerate(zip(read.tactics, standings), 1):
        parts.append(_tactic(number, row, standing, names))
    parts.append(Beside(([Heading("Reviewed by"), _signatures()],), (1,)))
    return Report(TITLE, head, parts)


def _tactic(number: int, row: Mapping[str, Any], standing: tactic_list.TacticStanding,
            names: Mapping[str, str]) -> Beside:
    kinds = ", ".join(names.get(code, code) for code in row["crime_types"] or []) or "all crime types"
    dates = [f"approved by {row['approved_by']}" if (row["approved_by"] or "").strip() else "approved by nobody",
             f"last reviewed {row['reviewed']}" if row["reviewed"] else "never reviewed with the community",
             f"may be used until {row['expires']}" if row["expires"] else "without an end"]
    answers = PrintedTable(f"tactic {number}",
                           [PrintedColumn("question", "Our view", 30.0, lines=3), PrintedColumn("answer", "Comments")],
                           pd.DataFrame({"question": _QUESTIONS, "answer": ""}), in_file=False)
    parts: list[Inner] = [
        Heading(f"{number}. {row['name'] or row['tactic']}"), Paragraph(row["description"] or "No description."),
        Paragraph(f"For: {kinds}. {standing.words} ({'; '.join(dates)}). "
                  f"Behind it: {row['source'] or 'no source is named'}.", small=True), answers]
    return Beside((parts,), (1,))  # so that a tactic is not torn apart


def _signatures() -> PrintedTable:
    columns = [PrintedColumn("side", "", 20.0), PrintedColumn("name", "Name"),
               PrintedColumn("group", "Organisation or neighbourhood"),
               PrintedColumn("date", "Date", 26.0), PrintedColumn("signature", "Signature", 50.0)]
    rows = pd.DataFrame({column.name: "" for column in columns}, index=range(len(_SIGNATURES)))
    return PrintedTable("signatures", columns, rows.assign(side=_SIGNATURES), in_file=False)
