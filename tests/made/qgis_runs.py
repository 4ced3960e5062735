"""What tests inside QGIS say about the small real workspace of conftest.py, and how they run an algorithm on it."""
import shutil
import threading

import pytest
from qgis.core import QgsProcessingFeedback

BEATS = ("602", "603", "604", "608")
DATE = "2017-12-14"
ZONE = "America/New_York"

needs_desktop = pytest.mark.skipif(shutil.which("xvfb-run") is None or shutil.which("qgis") is None,
                                   reason="needs qgis and xvfb-run")


class Feedback(QgsProcessingFeedback):
    """Keeps what an algorithm says."""

    def __init__(self):
        super().__init__(False)
        self.errors, self.said, self.warnings = [], [], []

    def cancel_at(self, percent):
        """Cancel as soon as so much is done; tells whether it was."""
        reached = threading.Event()

        def cancel(done):
            if done >= percent:
                reached.set()
                self.cancel()
        self.progressChanged.connect(cancel)
        return reached

    def reportError(self, error, fatalError=False):
        self.errors.append(error)

    def pushInfo(self, info):
        self.said.append(info)

    def pushWarning(self, warning):
        self.warnings.append(warning)


class Failed(Exception):
    """An algorithm did not succeed; holds what it said."""


def copied(path, folder):
    """A copy of a workspace, with its secret seeds and map background, in a folder -> its path."""
    for part in path.parent.iterdir():
        if part.is_file():
            shutil.copy(part, folder)
    return folder / path.name
