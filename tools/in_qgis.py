"""What the tools that run inside QGIS (``qgis --code``) share: waiting, a picture of the window, ending QGIS."""
from __future__ import annotations

import os
import traceback
from typing import Callable

from qgis.PyQt.QtCore import QEventLoop, QTimer
from qgis.PyQt.QtWidgets import QApplication
from qgis.utils import iface

FOLDER, WORKSPACE = (os.environ["CONNECT_" + name] for name in ("PICTURES", "WORKSPACE"))


def wait(seconds: float) -> None:
    """Let QGIS go on for a while."""
    loop = QEventLoop()
    QTimer.singleShot(int(seconds * 1000), loop.quit)
    loop.exec()


def wait_until(true: Callable[[], object], seconds: float) -> None:
    """Let QGIS go on until something is true; TimeoutError where it is not so in time."""
    for _ in range(int(seconds / 0.2)):
        if true():
            return
        wait(0.2)
    raise TimeoutError(f"QGIS did not finish in {seconds} seconds")


def keep_picture(name: str) -> None:
    """Keep a picture of the part of the screen that the main window fills."""
    size = iface.mainWindow().size()
    screen = QApplication.primaryScreen().grabWindow(0, 0, 0, size.width(), size.height())
    screen.save(os.path.join(FOLDER, name + ".png"))


def run_and_end(main: Callable[[], None]) -> None:
    """Run ``main`` once QGIS has started, then end QGIS, with code 1 where that failed."""
    def guarded() -> None:
        try:
            main()
        except Exception:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    QTimer.singleShot(4000, guarded)
