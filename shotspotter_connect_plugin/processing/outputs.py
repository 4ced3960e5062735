"""From data frames to the layers that algorithms give."""
from __future__ import annotations

import itertools
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any, Mapping

from qgis.core import (QgsCoordinateReferenceSystem, QgsFeature, QgsFeatureRequest, QgsFeatureSink, QgsFields,
                       QgsProcessingException, QgsProcessingLayerPostProcessorInterface,
                       QgsProcessingOutputLayerDefinition, QgsProcessingUtils, QgsProperty, QgsWkbTypes)

from ..errors import ConnectError
from ..progress import SILENT
from .base import OUTPUT
from .inputs import file_of

if TYPE_CHECKING:
    import pandas as pd
    from qgis.core import QgsProcessingContext, QgsProcessingFeedback, QgsVectorLayer

    from ..forecast.box_shapes import BoxShapes
    from ..progress import Progress
    from ..workspace.steps.plan_frames import CrimeTypeLegend
    from ..workspace.store.workspace import Workspace
    from .base import ConnectAlgorithm

_AT_ONCE = 1000
# QGIS does not own Python post-processors, and the algorithm is gone before the layer is loaded.
_KEPT: deque[Styler] = deque(maxlen=64)


def write_features(sink: QgsFeatureSink, fields: QgsFields, frame: pd.DataFrame, shapes: BoxShapes | None = None,
                   progress: Progress = SILENT) -> None:
    """Write one feature per row: a box, or without ``shapes`` no geometry.

    Parameters
    ----------
    sink : QgsFeatureSink or QgsVectorDataProvider
    fields : QgsFields
        As :func:`~.map_layers.fields_of` made them.
    frame : pandas.DataFrame
        Attributes.
    shapes : BoxShapes, optional
        The box of each row, in the sink's CRS.
    """
    from ..reports.paper.map_layers import box_geometries  # here, since QGIS loads this module when it starts

    values = zip(*(_plain(frame[name]) for name in frame.columns))
    drawn = itertools.repeat(None) if shapes is None else box_geometries(shapes)
    features = []
    for number, (row, geometry) in enumerate(zip(values, drawn)):
        feature = QgsFeature(fields)
        feature.setAttributes(list(row))
        if geometry is not None:
            feature.setGeometry(geometry)
        features.append(feature)
        if len(features) == _AT_ONCE:
            _flush(sink, features)
            features = []
            progress.report(number / len(frame))
    _flush(sink, features)


def write_output(algorithm: ConnectAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext,
                 frame: pd.DataFrame, shapes: BoxShapes | None = None, crs: str | None = None,
                 progress: Progress = SILENT) -> dict[str, str]:
    """Write a frame as the layer that ``OUTPUT`` asks for, one feature per row -> {OUTPUT: destination}, {} if none is
    wanted.

    A file is made aside by QGIS, opened again, and moved into its place; anything else (a scratch layer, a database) is
    written where it stands and opened again.

    Parameters
    ----------
    algorithm : QgsProcessingAlgorithm
        It has the parameter ``OUTPUT``.
    frame : pandas.DataFrame
        Attributes.
    shapes : BoxShapes, optional
        The box of each row, in ``crs``; without them features have no geometry.
    crs : str, optional
        Authority id or WKT.

    Raises
    ------
    ConnectError, QgsProcessingException
        When it cannot be written; a file that was there is still there.
    """
    # Here, since QGIS loads this module when it starts.
    from ..file_checks import layers
    from ..files import remove, replacing_together

    wanted = file_of(parameters.get(OUTPUT))
    if not wanted:
        destination = _write(algorithm, parameters, context, frame, shapes, crs, progress)
        if not destination:
            return {}
        _check_written(destination, len(frame), context)
        return {OUTPUT: destination}
    path = Path(wanted if Path(wanted).suffix else f"{wanted}.{QgsProcessingUtils.defaultVectorExtension()}")
    with replacing_together(path.parent, OUTPUT) as new:
        unfinished = new(path.name, layers(len(frame)))
        given = {**parameters, OUTPUT: _elsewhere(parameters[OUTPUT], str(unfinished))}
        made = _write(algorithm, given, context, frame, shapes, crs, progress)
        if not made:
            raise QgsProcessingException(algorithm.invalidSinkError(parameters, OUTPUT))
        for part in unfinished.parent.glob("[!.]*"):  # a shapefile is several files
            if part != unfinished:
                new(part.name)
    if path.suffix.lower() == ".shp":
        for index in (".qix", ".sbn", ".sbx"):  # of the file before
            remove(path.with_suffix(index))
    destination = made.replace(str(unfinished), str(path))
    _load_from(context, made, destination)
    return {OUTPUT: destination}


def write_boxes(algorithm: ConnectAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext,
                frame: pd.DataFrame, shapes: BoxShapes, crs: str, progress: Progress,
                styler: Styler) -> dict[str, str]:
    """As :func:`write_output`, and have the boxes styled once they are loaded into the project, if they will be."""
    written = write_output(algorithm, parameters, context, frame, shapes, crs, progress)
    if written and context.willLoadLayerOnCompletion(written[OUTPUT]):
        _KEPT.append(styler)
        context.layerToLoadOnCompletionDetails(written[OUTPUT]).setPostProcessor(styler)
    return written


def _write(algorithm: ConnectAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext, frame: pd.DataFrame,
           shapes: BoxShapes | None, crs: str | None, progress: Progress) -> str:
    """Have QGIS write the features -> the destination; the sink is gone after this, which closes its file."""
    from ..reports.paper.map_layers import fields_of  # here, since QGIS loads this module when it starts

    fields = fields_of(frame)
    kind = (QgsWkbTypes.Type.NoGeometry if shapes is None else
            QgsWkbTypes.Type.MultiPolygon if shapes.in_parts else QgsWkbTypes.Type.Polygon)
    sink, destination = algorithm.parameterAsSink(parameters, OUTPUT, context, fields, kind, crs_of(crs))
    if sink is None:
        return ""
    write_features(sink, fields, frame, shapes, progress)
    return destination


def _elsewhere(value: Any, path: str) -> Any:
    """The value of an output with another path, and what else it holds."""
    if not isinstance(value, QgsProcessingOutputLayerDefinition):
        return path
    moved = QgsProcessingOutputLayerDefinition(value)
    moved.sink = QgsProperty.fromValue(path)
    return moved


def _load_from(context: QgsProcessingContext, made: str, destination: str) -> None:
    """Have a layer that will be loaded into the project be loaded from where it came to lie."""
    waiting = context.layersToLoadOnCompletion()
    if made in waiting:
        waiting[destination] = waiting.pop(made)
        context.setLayersToLoadOnCompletion(waiting)


def _flush(sink: QgsFeatureSink, features: list[QgsFeature]) -> None:
    if features and not sink.addFeatures(features, QgsFeatureSink.Flag.FastInsert):
        raise QgsProcessingException("OUTPUT could not be written; check that the disk has room and that you may write "
                                     "there.")


def _check_written(destination: str, count: int, context: QgsProcessingContext) -> None:
    """Open an output that lies where QGIS wrote it again; QGIS tells of no error when it closes one.

    Raises
    ------
    ConnectError
        When it does not hold so many rows.
    """
    layer = QgsProcessingUtils.mapLayerFromString(destination, context, False)
    if layer is None:  # a table of a database, which tells of its errors by itself
        return
    found = sum(1 for _ in layer.getFeatures(QgsFeatureRequest().setNoAttributes()))
    if found < count:
        raise ConnectError(f"OUTPUT could not be written whole ({found} of {count} rows): free some space on the "
                           "disk and run again.")


def _plain(column: pd.Series) -> list[Any]:
    """Values as QGIS takes them: Python's own, None where there is none."""
    return [None if value is None or value != value else value for value in column.tolist()]


def crs_of(text: str | None) -> QgsCoordinateReferenceSystem:
    """A QGIS CRS from an authority id or WKT; without either, none."""
    crs = QgsCoordinateReferenceSystem()
    crs.createFromUserInput(text or "")
    return crs


def crime_type_legend(workspace: Workspace) -> CrimeTypeLegend:
    """The crime types as sheets and maps show them."""
    from ..reports.paper.wording import letter_codes

    kinds = workspace.crime_types[["crime_type", "name", "colour"]].reset_index(drop=True)
    return kinds.assign(letter=letter_codes(list(kinds["name"])))


class Styler(QgsProcessingLayerPostProcessorInterface):
    """Styles a layer of boxes once QGIS has loaded it into the project; runs in the main thread.

    Parameters
    ----------
    style : str
        Name of a function of ``reports/paper/map_layers.py``.
    legend : pandas.DataFrame
        From :func:`crime_type_legend`.
    words : dict
        Column -> the words people read. Set here, because QGIS warns of aliases in a sink that is a scratch layer.
    """

    def __init__(self, style: str, legend: CrimeTypeLegend | None, words: Mapping[str, str]) -> None:
        super().__init__()
        self._style, self._legend, self._words = style, legend, words

    def postProcessLayer(self, layer: QgsVectorLayer, context: QgsProcessingContext,  # noqa: N802
                         feedback: QgsProcessingFeedback) -> None:
        from ..reports.paper import map_layers

        getattr(map_layers, self._style)(layer, self._legend)
        for name, word in self._words.items():
            layer.setFieldAlias(layer.fields().indexOf(name), word)
        layer.setDisplayExpression('"box_id"')
        layer.triggerRepaint()
