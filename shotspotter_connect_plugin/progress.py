"""How long work reports where it is and hears that it should stop, without knowing QGIS."""
from __future__ import annotations

from .errors import Cancelled


class Progress:
    """Silent progress; ``processing/`` has a subclass that speaks to QGIS.

    Long functions call :meth:`report` at least several times a second of work: it both shows the share done and
    raises :class:`~shotspotter_connect_plugin.errors.Cancelled` when the user asked to stop.
    """

    def report(self, fraction: float, text: str = "") -> None:
        """Show the share done (0 to 1) and, if given, what is being done."""
        if self.is_cancelled():
            raise Cancelled()

    def info(self, text: str) -> None:
        """Tell the user something worth reading in the log."""

    def warn(self, text: str) -> None:
        """Tell the user something that needs attention."""

    def is_cancelled(self) -> bool:
        """True once the user asked to stop."""
        return False

    def part(self, low: float, high: float) -> Progress:
        """A progress whose 0 to 1 fills this one's ``low`` to ``high``."""
        return _Part(self, low, high)


class _Part(Progress):
    def __init__(self, whole: Progress, low: float, high: float) -> None:
        self._whole, self._low, self._high = whole, low, high

    def report(self, fraction: float, text: str = "") -> None:
        self._whole.report(self._low + (self._high - self._low) * fraction, text)

    def info(self, text: str) -> None:
        self._whole.info(text)

    def warn(self, text: str) -> None:
        self._whole.warn(text)

    def is_cancelled(self) -> bool:
        return self._whole.is_cancelled()


SILENT = Progress()
