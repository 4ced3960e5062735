"""From data frames to the layers that algorithms give."""
from qgis.core import (QgsCoordinateReferenceSystem, QgsFeature, QgsFeatureSink, QgsField, QgsFields, QgsGeometry,
                       QgsProcessingException, QgsProcessingLayerPostProcessorInterface, QgsRectangle)
from qgis.PyQt.QtCore import QMetaType

_TYPES = {"b": QMetaType.Type.Bool, "i": QMetaType.Type.LongLong, "u": QMetaType.Type.LongLong,
          "f": QMetaType.Type.Double}
_AT_ONCE = 1000


def fields_of(frame, aliases=None):
    """Fields for the columns of a frame; ``aliases`` are the words people read."""
    fields = QgsFields()
    for name in frame.columns:
        field = QgsField(name, _TYPES.get(frame[name].dtype.kind, QMetaType.Type.QString))
        field.setAlias((aliases or {}).get(name, ""))
        fields.append(field)
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


def _flush(sink, features):
    if features and not sink.addFeatures(features, QgsFeatureSink.Flag.FastInsert):
        raise QgsProcessingException("OUTPUT could not be written; check that the disk has room and that you may write "
                                     "there.")


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
    from ..reports.queries import letter_codes

    kinds = workspace.crime_types[["crime_type", "name", "colour"]].reset_index(drop=True)
    return kinds.assign(letter=letter_codes(list(kinds["name"])))


class Styler(QgsProcessingLayerPostProcessorInterface):
    """Styles a layer of boxes once QGIS has loaded it into the project; runs in the main thread.

    The algorithm keeps it as a member: QGIS does not own Python post-processors.

    Parameters
    ----------
    style : str
        Name of a function of ``reports/maps.py``.
    legend : pandas.DataFrame
        From :func:`crime_type_legend`.
    """

    def __init__(self, style, legend):
        super().__init__()
        self._style, self._legend = style, legend

    def postProcessLayer(self, layer, context, feedback):  # noqa: N802
        from ..reports import maps

        getattr(maps, self._style)(layer, self._legend)
        layer.setDisplayExpression('"box_id"')
        layer.triggerRepaint()


def style_on_load(context, destination, styler):
    """Have ``styler`` style the output once it is loaded, if it will be."""
    if context.willLoadLayerOnCompletion(destination):
        context.layerToLoadOnCompletionDetails(destination).setPostProcessor(styler)
