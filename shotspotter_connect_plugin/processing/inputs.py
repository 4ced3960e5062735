"""From parameter values to what the rooms take: layers as tables, dates and moments as ISO text."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Sequence

from qgis.core import (Qgis, QgsFeatureRequest, QgsProcessing, QgsProcessingOutputLayerDefinition,
                       QgsProcessingParameterDateTime, QgsProcessingParameterFeatureSource, QgsProcessingUtils,
                       QgsProperty, QgsVariantUtils, QgsWkbTypes)
from qgis.PyQt.QtCore import QDate, QDateTime, Qt, QTime

from ..errors import ConnectError

if TYPE_CHECKING:
    import pandas as pd
    from qgis.core import QgsProcessingContext, QgsProcessingFeatureSource, QgsProcessingParameterDefinition

    from ..forecast.shifts import ShiftCalendar
    from ..progress import Progress
    from ..workspace.store.layers import VectorTable

_KINDS = {Qgis.GeometryType.Point: "points", Qgis.GeometryType.Line: "lines", Qgis.GeometryType.Polygon: "polygons"}


class LayerParameter(QgsProcessingParameterFeatureSource):
    """A layer of the project, or a file.

    QGIS opens whatever a text names when it is asked whether the text will do, and qgis_process asks before it asks the
    algorithm. Here a text will do as such; what it names is looked at by :func:`what_is_wrong`.
    """

    def checkValueIsAcceptable(self, value: Any, context: QgsProcessingContext | None = None) -> bool:  # noqa: N802
        return super().checkValueIsAcceptable(value)

    def can_be_opened(self, value: Any, context: QgsProcessingContext) -> bool:
        """Whether QGIS can open what a value names."""
        return super().checkValueIsAcceptable(value, context)


def file_of(value: Any) -> str:
    """The path if the value of an output is a plain file, else ""."""
    if isinstance(value, QgsProcessingOutputLayerDefinition):
        value = value.sink
    if isinstance(value, QgsProperty):
        value = value.staticValue() if value.propertyType() == Qgis.PropertyType.Static else ""
    plain = isinstance(value, str) and value != QgsProcessing.TEMPORARY_OUTPUT
    return value if plain and ":" not in value[2:] else ""


def what_is_wrong(definition: QgsProcessingParameterDefinition, value: Any, context: QgsProcessingContext) -> str:
    """One sentence on a value that a parameter cannot take, or "" when nothing is wrong with it."""
    if value is None or value == "" or isinstance(value, QgsProperty):
        return ""
    name = definition.name()
    if isinstance(definition, QgsProcessingParameterDateTime) and isinstance(value, str):
        if not QDateTime.fromString(value.strip(), Qt.DateFormat.ISODate).isValid():
            form = "YYYY-MM-DD, as in 2019-03-01" if _wants_date(definition) else \
                "YYYY-MM-DD or YYYY-MM-DDTHH:MM, as in 2019-03-01T05:00"
            return f"{name} “{value}” is not a date: write it as {form}."
    if isinstance(definition, LayerParameter):
        cannot = (f"{name}: “{getattr(value, 'source', value)}” cannot be opened as a layer; give a layer of the "
                  "project or a file that exists.")
        return "" if _may_be_opened(value, context) and definition.can_be_opened(value, context) else cannot
    return ""


def _may_be_opened(value: Any, context: QgsProcessingContext) -> bool:
    """Whether a value is a layer that is open already, or a file that no stranger can reach out of.

    A layer that the user has opened in QGIS is the user's own, from wherever it comes; a text is opened here, and names
    a file of one of the formats that hold their rows themselves.

    Raises
    ------
    ConnectError
        When the file is of such a format, and yet names what lies elsewhere.
    """
    from ..workspace.store.layer_file import open_layers

    source = getattr(value, "source", value)
    text = source.staticValue() if isinstance(source, QgsProperty) else source
    if not isinstance(text, str) or QgsProcessingUtils.mapLayerFromString(text, context, False) is not None:
        return True
    return open_layers(text.partition("|")[0]) is not None


def iso_date(value: Any) -> str:
    """``YYYY-MM-DD`` of a date in any form a parameter takes; "" if none was given."""
    return _moment(value).date().toString(Qt.DateFormat.ISODate) if _given(value) else ""


def iso_moment(value: Any) -> str:
    """ISO text of a moment, with its offset or ``Z`` if it had one; a date alone stays a date; "" if none was given."""
    if not _given(value):
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, QDate):
        return value.toString(Qt.DateFormat.ISODate)
    return _moment(value).toString(Qt.DateFormat.ISODate)


def utc_moment(text: str, calendar: ShiftCalendar, plan_hour: str) -> pd.Timestamp:
    """The instant (UTC) of an ISO text: the planning hour of a date alone, the wall clock where it has no offset."""
    import pandas as pd

    if len(text) == len("YYYY-MM-DD"):
        return calendar.as_of(text, plan_hour)
    moment = pd.Timestamp(text)
    return calendar.to_utc([moment])[0] if moment.tz is None else moment.tz_convert("UTC")


def today(calendar: ShiftCalendar) -> str:
    """The date on the agency's wall clock now, ISO."""
    return calendar.today().isoformat()


def yesterday(calendar: ShiftCalendar) -> str:
    """The date before :func:`today`, ISO."""
    return QDate.fromString(today(calendar), Qt.DateFormat.ISODate).addDays(-1).toString(Qt.DateFormat.ISODate)


def _given(value: Any) -> bool:
    return not (value is None or value == "" or QgsVariantUtils.isNull(value))


def _moment(value: Any) -> QDateTime:
    if isinstance(value, QDateTime):
        return value
    if isinstance(value, QDate):
        return QDateTime(value, QTime(0, 0))
    return QDateTime.fromString(str(value).strip(), Qt.DateFormat.ISODate)


def _wants_date(definition: QgsProcessingParameterDateTime) -> bool:
    return definition.dataType() == Qgis.ProcessingDateTimeParameterDataType.Date


def vector_table(source: QgsProcessingFeatureSource | None, name: str, kinds: Sequence[Qgis.GeometryType],
                 progress: Progress) -> VectorTable:
    """A processing source as a ``VectorTable``.

    Parameters
    ----------
    source : QgsProcessingFeatureSource or None
    name : str
        Parameter name, for the sentence of an error.
    kinds : sequence of Qgis.GeometryType
        Geometry types it may have.

    Raises
    ------
    ConnectError
        When the source cannot be opened, has another geometry type, no CRS or no features.
    """
    import pandas as pd
    from shapely import wkb

    from ..workspace.store.layers import VectorTable

    if source is None:
        raise ConnectError(f"{name}: the layer cannot be opened; give a layer of the project or a file that exists.")
    kind = QgsWkbTypes.geometryType(source.wkbType())
    if kind not in kinds:
        raise ConnectError(f"{name}: layer “{source.sourceName()}” holds {_KINDS.get(kind, 'no geometry')}, but "
                           f"{' or '.join(_KINDS[kind] for kind in kinds)} are needed; choose another layer.")
    crs = source.sourceCrs()
    if not crs.isValid():
        raise ConnectError(f"{name}: layer “{source.sourceName()}” has no coordinate reference system; set the one "
                           "it was made in (Layer, Set CRS of Layer) and run again.")
    rows, shapes = [], []
    total = max(source.featureCount(), 1)
    features = source.getFeatures(QgsFeatureRequest(), Qgis.ProcessingFeatureSourceFlag.SkipGeometryValidityChecks)
    for number, feature in enumerate(features):
        if number % 500 == 0:
            progress.report(min(number / total, 1.0))
        rows.append([_plain(value) for value in feature.attributes()])
        shapes.append(wkb.loads(bytes(feature.geometry().asWkb())) if feature.hasGeometry() else None)
    if not rows:
        raise ConnectError(f"{name}: layer “{source.sourceName()}” is empty; choose a layer with features.")
    frame = pd.DataFrame(rows, columns=source.fields().names())
    return VectorTable(frame, shapes, crs.authid() or crs.toWkt(Qgis.CrsWktVariant.Preferred), source.sourceName())


def _plain(value: Any) -> Any:
    """An attribute as Python knows it; NULL becomes None, dates and times ISO text."""
    if QgsVariantUtils.isNull(value):
        return None
    if isinstance(value, (QDate, QDateTime, QTime)):
        return value.toString(Qt.DateFormat.ISODate)
    return value
