"""How the live patrol looks by day and by night: large, and at night so dark that it does not blind the driver."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Mapping

from ...patrol import live_patrol
from ...reports.paper import style

if TYPE_CHECKING:
    from qgis.PyQt.QtGui import QColor


@dataclass(frozen=True)
class Theme:
    """Colours of the dock; ``verdicts`` are those behind what the timer says."""

    paper: str
    raised: str
    edge: str
    ink: str
    muted: str
    done: str
    dark: bool
    verdicts: Mapping[str, str]

    @property
    def sheet(self) -> str:
        """The style sheet of the dock's widgets, sized for fingers."""
        return _SHEET.format(**{name: getattr(self, name) for name in (
            "paper", "raised", "edge", "ink", "muted", "done")})

    def behind(self, verdict: str) -> str:
        """Style of the panel with the timer."""
        colour = self.verdicts.get(verdict, self.raised)
        return (f"QFrame#panel {{ background: {colour}; border-radius: 8px; }} "
                "QFrame#panel QLabel "
                f"{{ background: transparent; color: {style.ink_on(style.colour(colour)).name()}; }}")

    def seen(self, colour: str) -> QColor:
        """The colour of a crime type as a ``QColor``, at night so light that it stands out from the dark."""
        seen = style.colour(colour)
        if self.dark and seen.lightnessF() < _LIGHT_AT_NIGHT:
            seen.setHslF(max(seen.hslHueF(), 0.0), seen.hslSaturationF(), _LIGHT_AT_NIGHT)
        return seen

    def band(self, colour: str) -> str:
        """Style of the band in the colour of a crime type; at night only its edge is bright."""
        seen = self.seen(colour)
        if self.dark:
            return f"background: {self.raised}; color: {self.ink}; border-left: 16px solid {seen.name()};"
        return f"background: {seen.name()}; color: {style.ink_on(seen).name()}; border-radius: 8px;"


_LIGHT_AT_NIGHT = 0.55
_SHEET = """
QWidget {{ background: {paper}; color: {ink}; }}
QLabel#muted {{ color: {muted}; }}
QPushButton, QToolButton {{ background: {raised}; border: 1px solid {edge}; border-radius: 8px; padding: 6px 10px; }}
QPushButton:pressed, QToolButton:checked {{ background: {edge}; }}
QPushButton[done="true"] {{ background: {done}; color: #ffffff; border-color: {done}; }}
QPushButton:disabled {{ color: {muted}; }}
QLineEdit, QComboBox, QListWidget {{
    background: {raised}; border: 1px solid {edge}; border-radius: 6px; padding: 4px; }}
QLineEdit, QComboBox {{ min-height: 32px; }}
QComboBox QAbstractItemView {{ background: {raised}; color: {ink}; }}
QListWidget::item {{ padding: 6px 2px; }}
QProgressBar {{ background: {edge}; border: 0; border-radius: 5px; }}
QProgressBar::chunk {{ background: {ink}; border-radius: 5px; }}
QScrollArea, QScrollArea > QWidget > QWidget {{ background: {paper}; border: 0; }}
"""

DAY_THEME = Theme("#f7f7f5", "#ffffff", style.RULE, style.INK, style.MUTED, "#2a7f62", False, {
    live_patrol.ENOUGH: style.DOSAGE["on_target"][0], live_patrol.OVER: style.DOSAGE["short"][0],
    live_patrol.TAKEN_OFF: "#b9c0c6"})
NIGHT_THEME = Theme("#0d1013", "#1a2026", "#3a444e", "#c9d1d8", "#87929c", "#1d5a46", True, {
    live_patrol.ENOUGH: "#1f6b52", live_patrol.OVER: "#7a5210", live_patrol.TAKEN_OFF: "#3f4a54"})
