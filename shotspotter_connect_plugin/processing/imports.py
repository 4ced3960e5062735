"""What the importers of files share."""
from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Callable, Mapping

from qgis.core import (Qgis, QgsMapLayer, QgsProcessingOutputNumber, QgsProcessingOutputString,
                       QgsProcessingParameterCrs, QgsProcessingParameterFile, QgsProcessingParameterFileDestination,
                       QgsProcessingParameterString, QgsProcessingUtils, QgsProviderRegistry, QgsVectorFileWriter)

from .. import json_text
from ..errors import ConnectError
from .base import IMPORT, ConnectAlgorithm

if TYPE_CHECKING:
    from qgis.core import QgsProcessingContext

    from ..progress import Progress
    from ..workspace.imports.import_result import ImportResult
    from ..workspace.store.runs import Run
    from ..workspace.store.workspace import Workspace

INPUT, MAPPING, SOURCE_CRS, SOURCE_TIMEZONE, REJECTS = "INPUT", "MAPPING", "SOURCE_CRS", "SOURCE_TIMEZONE", "REJECTS"
DATE_ORDER = "DATE_ORDER"
COUNTS = ("READ", "ADDED", "UPDATED", "UNCHANGED", "REJECTED")
DROPPED_COLUMNS = "DROPPED_COLUMNS"


class FileAlgorithm(ConnectAlgorithm):
    """An algorithm that reads the file, or the loaded layer, of INPUT."""

    def checkParameterValues(self, parameters: dict[str, Any],  # noqa: N802
                             context: QgsProcessingContext) -> tuple[bool, str]:
        value = parameters.get(INPUT)
        if isinstance(value, QgsMapLayer):
            parameters = {**parameters, INPUT: value.id()}
        return super().checkParameterValues(parameters, context)

    def read_layers(self, parameters: dict[str, Any], context: QgsProcessingContext, progress: Progress) -> None:
        self.path = file_of(parameters[INPUT], context)

    def inputs(self, parameters: dict[str, Any], context: QgsProcessingContext) -> list[str]:
        return [self.path.partition("|")[0]]


def add_date_order(algorithm: ConnectAlgorithm) -> None:
    """Add the parameter of how dates of three numbers are written."""
    parameter = QgsProcessingParameterString(DATE_ORDER, "Order of day and month", optional=True)
    parameter.setMetadata({"widget_wrapper": {"value_hints": ["month first", "day first", "year first"]}})
    algorithm.add(parameter,
                  "Whether 03/04/2026 is April 3 (day first) or March 4 (month first); year first where 03-04-26 "
                  "begins with the year. Empty = as the file itself shows, else as earlier files with the same columns "
                  "did. Needed once where no day of the file is above 12 and nothing else tells.")


class FileImport(FileAlgorithm):
    """One file into one table, every row accounted for."""

    GROUP = IMPORT
    CHANGES = "import"
    FILE_LABEL = "File"
    FILE_HELP = ""
    COLUMNS_HELP = ""
    CRS_HELP = "CRS of the file's coordinates. Empty = as the file tells, else found from column names and values."

    def step(self) -> Callable[..., ImportResult]:
        """The function of the workspace that does the import."""
        raise NotImplementedError

    def add_said(self) -> None:
        """Add parameters of what else can be said of a file."""

    def said(self, parameters: dict[str, Any], context: QgsProcessingContext) -> dict[str, str]:
        """Their values, by the name under which :meth:`step` takes each."""
        return {}

    def flags_of(self, result: Any) -> dict[str, Any]:
        """Further outputs by name, such as counts of rows that were kept with a mark."""
        return {}

    def after(self, workspace: Workspace, progress: Progress) -> None:
        """What follows an import."""

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: N802
        self.add_workspace()
        self.add(QgsProcessingParameterFile(INPUT, self.FILE_LABEL, fileFilter="All files (*)"),
                 self.FILE_HELP + " CSV (also .gz), Excel, or any file with a table or points that QGIS opens.")
        self.add(QgsProcessingParameterString(MAPPING, "Column mapping", multiLine=True, optional=True),
                 "JSON with our column -> the file's column, where the file's own names are not recognised, or the "
                 "path of a file with such JSON. " + self.COLUMNS_HELP)
        self.add(QgsProcessingParameterCrs(SOURCE_CRS, "CRS of the coordinates", optional=True), self.CRS_HELP)
        self.add(QgsProcessingParameterString(SOURCE_TIMEZONE, "Time zone of the times", optional=True),
                 "Time zone of the file's times, as in America/New_York or UTC. Empty = as the file tells, else the "
                 "agency's.")
        add_date_order(self)
        self.add_said()
        self.add(QgsProcessingParameterFileDestination(REJECTS, "Rejected rows", "CSV files (*.csv)", optional=True,
                                                       createByDefault=False),
                 "Where to list rejected rows with line number, column and reason, and the word of an offence; no "
                 "other value. Empty = beside the workspace.")
        add_counts(self, dropped=True)

    def work(self, workspace: Workspace, parameters: dict[str, Any], context: QgsProcessingContext, progress: Progress,
             run: Run) -> dict[str, Any]:
        rejects = self.parameterAsFileOutput(parameters, REJECTS, context)
        result = self.step()(
            workspace, self.path, mapping=_mapping(self.text(parameters, MAPPING, context)),
            source_crs=self._source_crs(parameters, context),
            source_timezone=self.text(parameters, SOURCE_TIMEZONE, context), rejects=rejects, progress=progress,
            date_order=self.text(parameters, DATE_ORDER, context), **self.said(parameters, context))
        outputs = {**report(result, progress, run, self.flags_of(result)), **report_dropped(result, progress)}
        self.after(workspace, progress)
        if rejects and os.path.exists(rejects):
            outputs[REJECTS] = rejects
        return outputs

    def _source_crs(self, parameters: dict[str, Any], context: QgsProcessingContext) -> str:
        """SOURCE_CRS as text. What QGIS does not know stays as written: an importer may have asked for it, and refuses
        what is none."""
        value = parameters.get(SOURCE_CRS)
        text = value.strip() if isinstance(value, str) else ""
        if text.startswith("+"):
            return text
        crs = self.parameterAsCrs(parameters, SOURCE_CRS, context)
        return (crs.authid() or crs.toWkt(Qgis.CrsWktVariant.Preferred)) if crs.isValid() else text


def add_counts(algorithm: ConnectAlgorithm, dropped: bool = False) -> None:
    """Add the outputs of :func:`report`, and that of :func:`report_dropped`."""
    for name in COUNTS:
        algorithm.addOutput(QgsProcessingOutputNumber(name, "Rows " + name.lower()))
    if dropped:
        algorithm.addOutput(QgsProcessingOutputString(DROPPED_COLUMNS, "Columns that were not read"))


def report(result: ImportResult, progress: Progress, run: Run,
           flags: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Tell what an import did -> its counts by output name, and its ``flags``, both kept with the run,
    and so is what was said of the file."""
    for warning in result.warnings:
        progress.warn(warning)
    counts = {name: getattr(result, name.lower()) for name in COUNTS}
    progress.info(f"{result.read} rows read: {result.added} added, {result.updated} updated, "
                  f"{result.unchanged} unchanged, {result.rejected} rejected.")
    counts.update(flags or {})
    run.counts = {name.lower(): number for name, number in counts.items()}
    run.answers = result.answers.said
    return counts


def report_columns(result: ImportResult, progress: Progress) -> None:
    """Tell which columns were read as what."""
    for role, column in result.mapping.items():
        progress.info(f"Read {column} as {role}.")


def report_dropped(result: ImportResult, progress: Progress) -> dict[str, str]:
    """Tell which columns were not read -> the output that says so."""
    dropped = ", ".join(result.dropped_columns)
    progress.info(f"Columns that were not read: {dropped or 'none'}.")
    return {DROPPED_COLUMNS: dropped}


def name_boxes(workspace: Workspace, progress: Progress) -> None:
    """Give boxes the names that new incidents and places suggest."""
    from ..workspace.imports import box_names

    renamed = box_names.name_boxes(workspace)
    if renamed:
        progress.info(f"{renamed} boxes got a name or a better one.")


def file_of(value: Any, context: QgsProcessingContext) -> str:
    """The path of a file parameter; a loaded layer stands for its file, or for a copy of it where it has none.

    Raises
    ------
    ConnectError
        When a layer that has no file has no CRS either, or cannot be copied.
    """
    layer = value
    if not isinstance(value, QgsMapLayer):
        layer = QgsProcessingUtils.mapLayerFromString(str(value), context, False)
    if layer is None:
        return str(value).strip()
    parts = QgsProviderRegistry.instance().decodeUri(layer.providerType(), layer.source())
    if layer.providerType() == "ogr" and not layer.subsetString() and _is_read_here(parts.get("path")):
        return parts["path"] + ("|layername=" + parts["layerName"] if parts.get("layerName") else "")
    if layer.isSpatial() and not layer.crs().isValid():
        raise ConnectError(f"Layer “{layer.name()}” has no coordinate reference system; set the one it was made in "
                           "(Layer, Set CRS of Layer) and run again.")
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "GPKG"
    path = QgsProcessingUtils.generateTempFilename("input.gpkg", context)
    error, message, _, _ = QgsVectorFileWriter.writeAsVectorFormatV3(layer, path, context.transformContext(), options)
    if error != QgsVectorFileWriter.WriterError.NoError:
        raise ConnectError(f"Layer “{layer.name()}” cannot be read; save it as a file and give that.", message)
    return path


def _is_read_here(path: str | None) -> bool:
    """Whether a path is of a file that the importers read themselves; what else the user has open is copied."""
    from ..workspace.store.layer_file import is_readable

    return bool(path) and is_readable(path)


def _mapping(text: str) -> dict[str, str] | None:
    """The mapping in JSON text or in a file; None when there is none."""
    if not text:
        return None
    try:
        mapping = json_text.parse(text) if text.startswith("{") else json_text.read(text)
    except (OSError, ValueError) as error:
        raise ConnectError("MAPPING is neither JSON nor a file with JSON; write it as {\"crime_type\": \"OFFENSE\"}.",
                           str(error)) from error
    if not isinstance(mapping, dict) or not all(isinstance(column, str) for column in mapping.values()):
        raise ConnectError("MAPPING must be one JSON object of names, as in {\"crime_type\": \"OFFENSE\"}.")
    return mapping
