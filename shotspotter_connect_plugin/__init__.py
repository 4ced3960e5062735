"""ShotSpotter Connect for QGIS: directed patrols by a lottery with published odds."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qgis.gui import QgisInterface

    from .plugin import ConnectPlugin
    from .ui.missing_libraries import StubPlugin


def classFactory(iface: QgisInterface | None) -> ConnectPlugin | StubPlugin:  # noqa: N802 (the name QGIS calls)
    """The plugin, or a stand-in that says which library is missing and how to get it.

    ``qgis_process`` has no window to give: ``iface`` is None there.
    """
    from .libraries import missing_required

    missing = missing_required()
    if missing:
        from .ui.missing_libraries import StubPlugin
        return StubPlugin(iface, missing)
    from .plugin import ConnectPlugin
    return ConnectPlugin(iface)
