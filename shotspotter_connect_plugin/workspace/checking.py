"""Check a whole workspace: its file and tables, the chain of adjustments, every draw."""
from dataclasses import dataclass
from typing import List

from ..errors import ConnectError
from ..progress import SILENT
from . import chain, planning


@dataclass(frozen=True)
class Checked:
    """Whether everything fits, what does not, what else a reader should know, the chain's head, draws looked at."""

    ok: bool
    problems: List[str]
    notes: List[str]
    chain_head: str
    shifts: int


def check_workspace(workspace, head="", progress=SILENT):
    """Check file, tables, chain and draws; nothing is changed but the seeds of ended shifts revealed.

    Parameters
    ----------
    workspace : Workspace
    head : str, optional
        A chain head as printed on a sheet; it must be one of the chain's rows.

    Returns
    -------
    Checked
    """
    progress.report(0.0, "File and tables")
    try:
        problems = workspace.faults()
    except ConnectError as error:  # too damaged to look further
        return Checked(False, [error.user], [], "", 0)
    progress.report(0.2, "Chain of adjustments")
    of_chain = chain.verify_chain(workspace, head)
    problems += of_chain.problems
    shifts = workspace.read("draws", ["shift_date", "shift"]).drop_duplicates().sort_values(["shift_date", "shift"])
    notes = list(of_chain.notes)
    for number, row in enumerate(shifts.itertuples()):
        progress.report(0.25 + 0.75 * number / len(shifts), f"Draw of {row.shift_date} {row.shift}")
        try:
            found = planning.verify_draw(workspace, row.shift_date, row.shift, chain_problems=[]).problems
        except ConnectError as error:
            found = [error.user]
        problems += [f"{row.shift_date} {row.shift}: {problem}" for problem in found]
    progress.report(1.0)
    return Checked(not problems, problems, notes, of_chain.head, len(shifts))
