"""Gives a report out: as PDF, as one PNG per page, or its tables as CSV, by the ending of the path.

Each file is the old one or the new one. Layouts are made and exported in the main thread.
"""
import os
from pathlib import Path

from qgis.core import QgsCoordinateReferenceSystem, QgsLayoutExporter, QgsProject

from ..errors import ConnectError
from . import layout as pieces
from .blocks import write_csv
from .frame import lay_out

FORMATS = (".pdf", ".png", ".csv")
PNG_DPI = 150


def check_path(path):
    """Raise one sentence where ``path`` does not end like a format that reports are written in."""
    if Path(path).suffix.lower() not in FORMATS:
        raise ConnectError(f"A report is written to a file that ends in {', '.join(FORMATS[:-1])} or {FORMATS[-1]}; "
                           f"{Path(path).name} does not.")


def write_report(report, path, feedback=None):
    """Write a :class:`~.blocks.Report` -> the paths of the files.

    PNG pages after the first and CSV tables where there are several get a name of their own beside ``path``.
    """
    check_path(path)
    ending = Path(path).suffix.lower()
    if ending == ".csv":
        return write_csv(report, path)
    project = QgsProject()  # never the one that is open on the desktop
    project.setEllipsoid("NONE")
    if report.crs:
        project.setCrs(QgsCoordinateReferenceSystem(report.crs))
    layout = lay_out(project, report)
    try:
        return [pieces.export_pdf(layout, path, feedback)] if ending == ".pdf" else write_pages(layout, path)
    finally:
        project.clear()


def write_pages(layout, path):
    """Write the pages of a layout as PNG: ``name.png``, ``name_2.png`` and so on -> their paths."""
    path = Path(path)
    exporter = QgsLayoutExporter(layout)
    names = [path.name] + [f"{path.stem}_{page}.png" for page in range(2, layout.pageCollection().pageCount() + 1)]
    with pieces.folder_beside(path) as folder:
        for page, name in enumerate(names):  # page by page: exportToImage would write where on earth each picture is
            if not exporter.renderPageToImage(page, dpi=PNG_DPI).save(os.path.join(folder, name)):
                raise ConnectError(f"The report could not be written to {path}: free some space on the disk.")
        for name in names:
            pieces.replace(os.path.join(folder, name), path.with_name(name))
    return [str(path.with_name(name)) for name in names]
