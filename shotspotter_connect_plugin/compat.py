"""Every branch on a QGIS or Qt version lives here."""
try:  # Qt 6 moved QAction from QtWidgets to QtGui
    from qgis.PyQt.QtGui import QAction
except ImportError:
    from qgis.PyQt.QtWidgets import QAction

__all__ = ["QAction"]
