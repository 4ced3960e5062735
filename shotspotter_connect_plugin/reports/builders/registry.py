"""Every report once: its name, its algorithm, what it can be narrowed to, and the module that composes it.

A module has ``build(workspace, first, last, beat="", ...) -> Report``, with a keyword for each of ``takes``.
"""
from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...workspace.store.workspace import Workspace
    from ..paper.report_content import Report


@dataclass(frozen=True)
class ReportKind:
    """One report; ``takes`` are keywords of its ``build``. Roll call has no ``module``: it is an atlas."""

    name: str
    title: str
    module: str
    takes: tuple[str, ...] = ("beat",)

    @property
    def algorithm(self) -> str:
        """Id of its algorithm."""
        return f"connect:{self.name}"


REPORT_KINDS = (
    ReportKind("shiftreport", "Shift", "shift_report", ("beat", "shift")),
    ReportKind("tacticreport", "Tactic", "tactic_report", ("beat", "shift")),
    ReportKind("officerreport", "Officer", "officer_report", ("beat", "shift", "officer", "rank")),
    ReportKind("crimetypereport", "Crime type", "crime_type_report", ("beat", "shift")),
    ReportKind("dosagereport", "Crime and Dosage", "dosage_report", ("beat", "progress")),
    ReportKind("exposurereport", "Exposure", "exposure_report", ("beat", "progress")),
    ReportKind("rollcall", "Roll call", "", ("beat", "shift")),
)


def kind(name: str) -> ReportKind:
    """The :class:`ReportKind` of a name."""
    return next(kind for kind in REPORT_KINDS if kind.name == name)


def compose(name: str, workspace: Workspace, first: str, last: str, **filters: Any) -> Report:
    """The :class:`~.report_content.Report` of that name; filters that it does not take are left out."""
    found = kind(name)
    module = importlib.import_module(f".{found.module}", __package__)
    return module.build(workspace, first, last, **{key: value for key, value in filters.items() if key in found.takes})
