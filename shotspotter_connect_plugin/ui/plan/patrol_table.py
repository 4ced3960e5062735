"""The patrols of a shift as a table model: only rows that are looked at are turned into text."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, NamedTuple

from qgis.PyQt.QtCore import QAbstractTableModel, QModelIndex, QRectF, Qt
from qgis.PyQt.QtGui import QColor, QFont, QIcon, QPainter, QPixmap

from ...reports.paper import style, wording
from ..translation import translator

if TYPE_CHECKING:
    from qgis.PyQt.QtCore import QObject

    from ...workspace.steps.plan_frames import CrimeTypeLegend

tr = translator("PlanDock")


def chip(colour: str | None, letter: str | None, size: int = 16) -> QIcon:
    """A square in the colour of a crime type with its letter, as on map and sheets."""
    picture = QPixmap(2 * size, 2 * size)
    picture.fill(QColor(0, 0, 0, 0))
    picture.setDevicePixelRatio(2.0)
    background = style.colour(colour)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(background)
    painter.setPen(background.darker(120))
    painter.drawRoundedRect(QRectF(0.5, 0.5, size - 1, size - 1), 3, 3)
    font = QFont(style.family())
    font.setPixelSize(size * 11 // 16)
    font.setBold(True)
    painter.setFont(font)
    painter.setPen(style.ink_on(background))
    painter.drawText(QRectF(0, 0, size, size), Qt.AlignmentFlag.AlignCenter, letter or "")
    painter.end()
    return QIcon(picture)


def chips(crime_types: CrimeTypeLegend) -> list[tuple[str, str, QIcon]]:
    """(name, code, chip) of each crime type, as lists offer them."""
    return [(kind["name"], kind["crime_type"], chip(kind["colour"], kind["letter"]))
            for kind in crime_types.to_dict("records")]


class PatrolColumn(NamedTuple):
    """One column: field, heading, what it means, width, text of a patrol, what it is sorted by."""

    name: str
    title: str
    help: str
    width: int
    text: Callable
    key: Callable


def _plain(name: str) -> Callable[[dict[str, Any]], Any]:
    return lambda patrol: "" if patrol[name] is None else str(patrol[name])


def _number(name: str, pattern: str) -> Callable[[dict[str, Any]], Any]:
    return lambda patrol: "–" if patrol[name] is None else pattern.format(patrol[name])


def _value(name: str) -> Callable[[dict[str, Any]], Any]:
    return lambda patrol: patrol[name]


def _natural(name: str) -> Callable[[dict[str, Any]], Any]:
    return lambda patrol: wording.natural_key(patrol[name] or "")


def _chance(patrol: dict[str, Any]) -> str:
    chance, low, high = (float("nan") if patrol[name] is None else patrol[name]
                         for name in ("chance", "chance_low", "chance_high"))
    return wording.chance_in_words(chance, low, high)


def patrol_columns() -> list[PatrolColumn]:
    """The columns of the table, in order."""
    statuses = {"planned": tr("planned"), "suppressed": tr("suppressed")}
    origins = {"drawn": tr("drawn"), "topped_up": tr("topped up"), "added": tr("added")}
    return [
        PatrolColumn("number", tr("No."), tr("Number within the beat, as on the sheet"), 36, _number("number", "{}"),
                     _value("number")),
        PatrolColumn("beat", tr("Beat"), tr("Beat"), 48, _plain("beat"), _natural("beat")),
        PatrolColumn("box_id", tr("Box"), tr("Id of the box"), 84, _plain("box_id"), _natural("box_id")),
        PatrolColumn("where", tr("Where"), tr("A name people use"), 170, _plain("where"), _natural("where")),
        PatrolColumn("crime_type", tr("Crime type"), tr("The type with the largest share of the box's expected harm"),
                     130, lambda patrol: patrol["crime_type_name"] or patrol["crime_type"] or "",
                     _plain("crime_type_name")),
        PatrolColumn("chance", tr("Chance"), tr("Chance of at least one event in the shift, with its 90 % interval"),
                     104, _chance, _value("chance")),
        PatrolColumn("harm", tr("Harm"), tr("Expected harm: events × severity × effectiveness, all types"), 52,
                     _number("harm", "{:.2f}"), _value("harm")),
        PatrolColumn("inclusion_probability", tr("Odds"),
                     tr("Its chance of being drawn, fixed before the draw; none where the box was added by hand"),
                     48, _number("inclusion_probability", "{:.3f}"), _value("inclusion_probability")),
        PatrolColumn("target_minutes", tr("Min"), tr("Minutes to stay"), 40, _number("target_minutes", "{:g}"),
                     _value("target_minutes")),
        PatrolColumn("drive", tr("Drive"),
                     tr("The way from the box before on the sheet; ~ where it is a straight line"), 84, _plain("drive"),
                     _value("travel_minutes")),
        PatrolColumn("status", tr("Status"), tr("Planned, or suppressed by an analyst"), 76,
                     lambda patrol: statuses.get(patrol["status"], patrol["status"]), _value("status")),
        PatrolColumn("origin", tr("Origin"), tr("Drawn by the lottery, topped up from its reserve, or added by hand"),
                     72, lambda patrol: origins.get(patrol["origin"], patrol["origin"]), _value("origin")),
        PatrolColumn("streak", tr("Streak"), tr("Days in a row, up to this shift, on which the box had a patrol"), 50,
                     _number("streak", "{}"), _value("streak")),
        PatrolColumn("last_patrols", tr("Last patrols"),
                     tr("The last patrols of the box before this shift, in four weeks"),
                     180, _plain("last_patrols"), _value("last_patrols")),
    ]


class PatrolTableModel(QAbstractTableModel):
    """Patrols as mappings, filtered and sorted here rather than cell by cell through a proxy."""

    _patrols: list[dict[str, Any]]
    _shown: list[dict[str, Any]]
    _chips: dict[tuple[str | None, str | None], QIcon]

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = patrol_columns()
        self._patrols, self._shown, self._chips = [], [], {}
        self._beat = self._crime_type = self._text = ""
        self._sorted = (-1, Qt.SortOrder.AscendingOrder)

    def set_patrols(self, patrols: list[dict[str, Any]]) -> None:
        """Show these patrols (mappings with the columns of ``PlanView.patrols``)."""
        self._patrols = patrols
        self._arrange()

    def set_filter(self, beat: str = "", crime_type: str = "", text: str = "") -> None:
        """Show only patrols of a beat, of a crime type, with a text in box or where; empty = all."""
        self._beat, self._crime_type, self._text = beat, crime_type, text.strip().casefold()
        self._arrange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._sorted = (column, order)
        self._arrange()

    def patrol(self, row: int) -> dict[str, Any]:
        """The patrol of a row as a mapping."""
        return self._shown[row]

    def row_of(self, box_id: str) -> int:
        """The row of a box, -1 if it is not shown."""
        return next((row for row, patrol in enumerate(self._shown) if patrol["box_id"] == box_id), -1)

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: N802, B008
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: N802, B008
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation,  # noqa: N802
                   role: int = Qt.ItemDataRole.DisplayRole) -> str | None:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].title
        return self.columns[section].help if role == Qt.ItemDataRole.ToolTipRole else None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        patrol, column = self._shown[index.row()], self.columns[index.column()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return column.text(patrol)
        if role == Qt.ItemDataRole.DecorationRole and column.name == "crime_type":
            return self._chip(patrol["colour"], patrol["letter"])
        if role == Qt.ItemDataRole.ForegroundRole and patrol["status"] != "planned":
            return QColor(style.UNKNOWN)
        if role == Qt.ItemDataRole.FontRole and patrol["status"] != "planned":
            font = QFont()
            font.setStrikeOut(True)
            return font
        if role == Qt.ItemDataRole.TextAlignmentRole and column.name in (
                "number", "harm", "inclusion_probability", "target_minutes", "streak"):
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None

    def _chip(self, colour: str | None, letter: str | None) -> QIcon:
        if (colour, letter) not in self._chips:
            self._chips[colour, letter] = chip(colour, letter)
        return self._chips[colour, letter]

    def _arrange(self) -> None:
        self.beginResetModel()
        shown = [patrol for patrol in self._patrols if self._passes(patrol)]
        column, order = self._sorted
        if 0 <= column < len(self.columns):
            key = self.columns[column].key
            known = [patrol for patrol in shown if key(patrol) is not None]
            known.sort(key=key, reverse=order == Qt.SortOrder.DescendingOrder)
            shown = known + [patrol for patrol in shown if key(patrol) is None]
        self._shown = shown
        self.endResetModel()

    def _passes(self, patrol: dict[str, Any]) -> bool:
        return (self._beat in ("", patrol["beat"]) and self._crime_type in ("", patrol["crime_type"])
                and (not self._text or self._text in patrol["box_id"].casefold()
                     or self._text in (patrol["where"] or "").casefold()))
