"""Gives a report out: as PDF, as one PNG per page, or its tables as CSV, by the ending of the path.

Each file is the old one or the new one. Layouts are made and exported in the main thread.
"""
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Sequence

from qgis.core import QgsLayoutExporter

from ...errors import ConnectError
from ...file_checks import png
from ...files import NotWhole, folder_for, replacing_together
from ...progress import SILENT
from ..paper import map_layers, page_items
from ..paper.page_flow import lay_out
from ..paper.report_content import write_csv
from ..plan import rollcall_pages

if TYPE_CHECKING:
    from qgis.core import QgsFeedback, QgsPrintLayout

    from ...progress import Progress
    from ..paper.report_content import PageHead, Report
    from ..plan.rollcall_data import RollCall

FORMATS = (".pdf", ".png", ".csv")
PNG_DPI = 150


def check_path(path: str | Path) -> None:
    """Raise one sentence where ``path`` does not end like a format that reports are written in."""
    if Path(path).suffix.lower() not in FORMATS:
        raise ConnectError(f"A report is written to a file that ends in {', '.join(FORMATS[:-1])} or {FORMATS[-1]}; "
                           f"{Path(path).name} does not.")


def write_report(report: Report, path: str | Path, feedback: QgsFeedback | None = None) -> list[str]:
    """Write a :class:`~.report_content.Report` -> the paths of the files.

    PNG pages after the first and CSV tables where there are several get a name of their own beside ``path``.
    """
    check_path(path)
    ending = Path(path).suffix.lower()
    if ending == ".csv":
        return write_csv(report, path)
    project = map_layers.new_project(report.crs)
    layout = lay_out(project, report)
    try:
        if ending == ".pdf":
            return [page_items.export_pdf(layout, path, feedback, _name(report.head))]
        return write_pages(layout, path)
    finally:
        map_layers.let_go(project)


def _name(head: PageHead) -> str:
    """What a PDF calls itself: the report, the agency, period and filters."""
    return ", ".join(filter(None, (head.title, head.agency, head.subtitle)))


def write_sheets(rollcalls: Sequence[RollCall], path: str | Path, progress: Progress = SILENT,
                 feedback: QgsFeedback | None = None) -> list[str]:
    """Write roll-call sheets of some shifts -> the paths of the files; otherwise as :func:`write_report`."""
    check_path(path)
    ending = Path(path).suffix.lower()
    if ending == ".csv":
        return write_csv(rollcall_pages.as_table(rollcalls), path)
    if ending == ".pdf":
        return [rollcall_pages.write_rollcall(rollcalls, path, progress, feedback)]
    with rollcall_pages.laid_out(rollcalls, progress) as layout:
        return write_pages(layout, path)


def write_pages(layout: QgsPrintLayout, path: str | Path) -> list[str]:
    """Write the pages of a layout, or of its atlas, as PNG: ``name.png``, ``name_2.png`` and so on -> their paths."""
    path = Path(path)
    folder_for(path, "The report")
    exporter, atlas = QgsLayoutExporter(layout), layout.atlas()
    made: list[str] = []
    with replacing_together(path.parent, "The report") as new:
        more = atlas.enabled() and atlas.beginRender() and atlas.first()
        while True:
            for page in range(layout.pageCollection().pageCount()):
                made.append(path.name if not made else f"{path.stem}_{len(made) + 1}.png")
                # Page by page: exportToImage would also write where on earth each picture is.
                if not exporter.renderPageToImage(page, dpi=PNG_DPI).save(str(new(made[-1], png))):
                    raise NotWhole(made[-1])
            if not more or not atlas.next():
                break
        if more:
            atlas.endRender()
    return [str(path.with_name(name)) for name in made]
