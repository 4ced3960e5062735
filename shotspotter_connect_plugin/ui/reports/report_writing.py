"""From what the Reports dock asks to a file or a layout: reading in any thread, laying out in the main thread."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Union

from ...processing import destinations
from ...processing.base import VERSIONS
from ...reports.builders import exposure_report, opened_report, publish, registry
from ...reports.paper import map_layers, page_flow
from ...reports.paper.report_content import Report
from ...reports.plan import rollcall_data, rollcall_pages
from ...reports.plan.plan_file import write_geopackage
from ...workspace.store.runs import recorded

if TYPE_CHECKING:
    from qgis.core import QgsPrintLayout, QgsProject

    from ...reports.plan.rollcall_data import RollCall
    from ...workspace.store.workspace import Workspace

PUBLIC, PACK = "exposurereport", ".zip"
"""The report that has a public pack, and the ending of that."""


Made = Union[Report, exposure_report.PublicPack, "list[RollCall]"]
"""What was read for a report: the report itself, a public pack, or the sheets of roll call."""


@dataclass(frozen=True)
class ReportRequest:
    """A report of :mod:`~...reports.registry`, its dates (ISO, inclusive) and what it is narrowed to."""

    kind: registry.ReportKind
    first: str
    last: str
    given: dict[str, Any] = field(default_factory=dict)

    @property
    def filters(self) -> dict[str, Any]:
        """What it is narrowed to, as far as the report takes it."""
        return {name: value for name, value in self.given.items() if name in self.kind.takes and value}


def file_name(request: ReportRequest) -> str:
    """A name that says what is in the file, without its ending."""
    dates = request.first if request.last == request.first else f"{request.first}_{request.last}"
    words = [request.kind.name, dates, *(str(value) for name, value in request.filters.items() if name != "rank")]
    return destinations.file_name(*words)


def read(workspace: Workspace, request: ReportRequest, path: str) -> Made:
    """Read what the report needs, and record the run under the report's algorithm."""
    output = "PUBLIC_PACK" if path.endswith(PACK) else "OUTPUT"
    parameters = {"FROM": request.first, "TO": request.last, output: path,
                  **{name.upper(): value for name, value in request.filters.items()}}
    with recorded(workspace, request.kind.algorithm, parameters, versions=VERSIONS) as run:
        if path.endswith(PACK):
            pack = exposure_report.build_pack(workspace, request.first, request.last, **request.filters)
            run.counts = {"files": len(pack.files)}
            return pack
        if request.kind.module:
            report = registry.compose(request.kind.name, workspace, request.first, request.last, **request.filters)
            run.counts = {"tables": len(report.tables())}
            return report
        sheets = _sheets(workspace, request)
        run.counts = {"sheets": sum(len(sheet.pages) for sheet in sheets)}
        return sheets


def _sheets(workspace: Workspace, request: ReportRequest) -> list[RollCall]:
    codes = list(workspace.calendar.slots(request.first, request.first)["shift"])
    wanted = request.filters.get("shift")
    return [rollcall_data.rollcall(workspace, request.first, code, request.filters.get("beat", ""))
            for code in ([wanted] if wanted else codes)]


def write(made: Made, path: str) -> list[str]:
    """Write the report -> the paths of the files."""
    if isinstance(made, exposure_report.PublicPack):
        exposure_report.write_pack(made, path)
        return [path]
    return publish.write_sheets(made, path) if isinstance(made, list) else publish.write_report(made, path)


def lay_out(made: Made, project: QgsProject, request: ReportRequest, address: str) -> QgsPrintLayout:
    """Lay the report that was asked for of a workspace out in the user's project -> the layout."""
    return opened_report.open_report(project, file_name(request) + " " + address,
                                     lambda project, path: _lay_out(made, project, path))


def _lay_out(made: Made, project: QgsProject, geopackage: str) -> QgsPrintLayout:
    if not isinstance(made, list):
        return page_flow.lay_out(project, made.report if isinstance(made, exposure_report.PublicPack) else made)
    write_geopackage(geopackage, made, with_forecast=False)
    return rollcall_pages.build_layout(project, map_layers.plan_layers(project, geopackage), made[0].page_size)


def message(made: Made) -> str:
    """Why there is nothing to show, if so."""
    made = made.report if isinstance(made, exposure_report.PublicPack) else made
    sheets = made if isinstance(made, list) else [made]
    return next((sheet.message for sheet in sheets if sheet.message), "")
