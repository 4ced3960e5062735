"""How the steps' progress reaches QGIS, and how they hear that the user pressed Cancel."""
from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Iterator

from qgis.core import QgsFeedback

from ..errors import Cancelled
from ..progress import Progress

if TYPE_CHECKING:
    from qgis.core import QgsProcessingFeedback


class FeedbackProgress(Progress):
    """A :class:`Progress` that speaks through a ``QgsProcessingFeedback``."""

    def __init__(self, feedback: QgsProcessingFeedback) -> None:
        self._feedback = feedback
        self._percent: int | None = None
        self._text = ""

    def report(self, fraction: float, text: str = "") -> None:
        percent = int(100 * fraction)
        if percent != self._percent:
            self._percent = percent
            self._feedback.setProgress(percent)
        if text and text != self._text:
            self._text = text
            self._feedback.setProgressText(text)
        super().report(fraction)

    def info(self, text: str) -> None:
        self._feedback.pushInfo(text)

    def warn(self, text: str) -> None:
        self._feedback.pushWarning(text)

    def is_cancelled(self) -> bool:
        return self._feedback.isCanceled()


class LayoutFeedback(QgsFeedback):
    """Carries the pages of a layout export to a :class:`Progress`, and its Cancel back to the export."""

    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self._progress = progress
        self.progressChanged.connect(self._pass_on)

    def _pass_on(self, percent: float) -> None:
        try:
            self._progress.report(percent / 100)
        except Cancelled:
            self.cancel()


@contextmanager
def timed(progress: Progress, what: str) -> Iterator[None]:
    """Tell how long the block took."""
    started = time.monotonic()
    yield
    progress.info(f"{what}: {time.monotonic() - started:.1f} s")
