"""Texts of docks and dialogs in the language of QGIS."""
from __future__ import annotations

from typing import Callable

from qgis.PyQt.QtCore import QCoreApplication


def translator(context: str) -> Callable[[str], str]:
    """What gives a text of a dock or dialog, the ``context`` of Qt's translations, in the language of QGIS."""
    return lambda text: QCoreApplication.translate(context, text)
