"""From data frames to the layers that algorithms give."""
import os
from collections import deque

from qgis.core import (QgsCoordinateReferenceSystem, QgsFeature, QgsFeatureRequest, QgsFeatureSink, QgsField, QgsFields,
                       QgsGeometry, QgsProcessingException, QgsProcessingLayerPostProcessorInterface,
                       QgsProcessingUtils, QgsRectangle, QgsVectorLayer)
from qgis.PyQt.QtCore import QMetaType

from ..errors import ConnectError

_TYPES = {"b": QMetaType.Type.Bool, "i": QMetaType.Type.LongLong, "u": QMetaType.Type.LongLong,
          "f": QMetaType.Type.Double}
_AT_ONCE = 1000


def fields_of(frame):
    """Fields for the columns of a frame."""
    fields = QgsFields()
    for name in frame.columns:
        fields.append(QgsField(name, _TYPES.get(frame[name].dtype.kind, QMetaType.Type.QString)))
    return fields


def write_boxes(sink, fields, frame, rectangles, progress):
    """Write one square per row.

    Parameters
    ----------
    sink : QgsFeatureSink
    fields : QgsFields
        As :func:`fields_of` made them.
    frame : pandas.DataFrame
        Attributes.
    rectangles : numpy.ndarray of shape (n, 4)
        x_min, y_min, x_max, y_max of each row, in the sink's CRS.
    """
    values = zip(*(_plain(frame[name]) for name in frame.columns))
    features = []
    for number, (row, bounds) in enumerate(zip(values, rectangles.tolist())):
        feature = QgsFeature(fields)
        feature.setAttributes(list(row))
        feature.setGeometry(QgsGeometry.fromRect(QgsRectangle(*bounds)))
        features.append(feature)
        if len(features) == _AT_ONCE:
            _flush(sink, features)
            features = []
            progress.report(number / len(frame))
    _flush(sink, features)


def write_rows(sink, fields, frame):
    """Write one feature without geometry per row; parameters as of :func:`write_boxes`."""
    for row in zip(*(_plain(frame[name]) for name in frame.columns)):
        feature = QgsFeature(fields)
        feature.setAttributes(list(row))
        _flush(sink, [feature])


def _flush(sink, features):
    if features and not sink.addFeatures(features, QgsFeatureSink.Flag.FastInsert):
        raise QgsProcessingException("OUTPUT could not be written; check that the disk has room and that you may write "
                                     "there.")


def check_written(destination, count, context):
    """Open an output that QGIS wrote again, once its sink is gone, which is what closes it.

    Parameters
    ----------
    destination : str
        As ``parameterAsSink`` gave it.
    count : int
        How many features were written.

    Raises
    ------
    ConnectError
        When it does not hold so many. QGIS itself writes these files and tells of no error when it closes them.
    """
    layer = QgsProcessingUtils.mapLayerFromString(destination, context, False)
    if layer is None and os.path.exists(destination.split("|")[0]):
        layer = QgsVectorLayer(destination, "", "ogr")
    if layer is None:  # a table of a database, which tells of its errors by itself
        return
    found = sum(1 for _ in layer.getFeatures(QgsFeatureRequest().setNoAttributes()))
    if found < count:
        raise ConnectError(f"OUTPUT could not be written whole ({found} of {count} rows): free some space on the "
                           "disk and run "
                           "again.")


def _plain(column):
    """Values as QGIS takes them: Python's own, None where there is none."""
    return [None if value is None or value != value else value for value in column.tolist()]


def crs_of(text):
    """A QGIS CRS from an authority id or WKT."""
    crs = QgsCoordinateReferenceSystem()
    crs.createFromUserInput(text)
    return crs


def crime_type_legend(workspace):
    """Data frame of the crime types [crime_type, name, colour, letter] as sheets and maps show them."""
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

    # QGIS does not own Python post-processors, and the algorithm is gone before the layer is loaded.
    _kept = deque(maxlen=64)

    def __init__(self, style, legend, words):
        super().__init__()
        self._kept.append(self)
        self._style, self._legend, self._words = style, legend, words

    def postProcessLayer(self, layer, context, feedback):  # noqa: N802
        from ..reports.paper import map_layers

        getattr(map_layers, self._style)(layer, self._legend)
        for name, word in self._words.items():
            layer.setFieldAlias(layer.fields().indexOf(name), word)
        layer.setDisplayExpression('"box_id"')
        layer.triggerRepaint()


def style_on_load(context, destination, style, legend, words):
    """Have the output styled once it is loaded, if it will be; parameters as of :class:`Styler`."""
    if context.willLoadLayerOnCompletion(destination):
        context.layerToLoadOnCompletionDetails(destination).setPostProcessor(Styler(style, legend, words))
