"""The Processing provider ``connect``."""
from __future__ import annotations

import os

from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtGui import QIcon

from ..plugin_name import NAME
from .adjust import Adjust
from .backtest import BackTest
from .base import ICONS
from .capcost import CapCost
from .checkworkspace import CheckWorkspace
from .configure import Configure
from .createworkspace import CreateWorkspace
from .crimetypereport import CrimeTypeReport
from .daily import Daily
from .dosagereport import DosageReport
from .exportplan import ExportPlan
from .exposurereport import ExposureReport
from .fishnet import CreateFishnet
from .importcalendar import ImportCalendar
from .importfolder import ImportFolder
from .importgps import ImportGps
from .importgunfire import ImportGunfire
from .importincidents import ImportIncidents
from .importneighbourhoods import ImportNeighbourhoods
from .importplaces import ImportPlaces
from .importroster import ImportRoster
from .importsensorcoverage import ImportSensorCoverage
from .importtactics import ImportTactics
from .importunreachable import ImportUnreachable
from .meter import Meter
from .officerreport import OfficerReport
from .placeboxes import PlaceBoxes
from .purge import Purge
from .rollcall import RollCall
from .score import Score
from .shiftreport import ShiftReport
from .tacticreport import TacticReport
from .train import Train
from .verifydraw import VerifyDraw
from .visits import Visits

ALGORITHMS = (CreateFishnet, CreateWorkspace, Configure, PlaceBoxes, ImportIncidents, ImportGunfire, ImportPlaces,
              ImportNeighbourhoods, ImportSensorCoverage, ImportUnreachable, ImportCalendar, ImportGps, ImportRoster,
              ImportTactics, ImportFolder,
              Train, Score, BackTest, Meter, CapCost, Adjust, VerifyDraw, CheckWorkspace, Visits, ExportPlan, RollCall,
              ShiftReport, TacticReport, OfficerReport, CrimeTypeReport, DosageReport, ExposureReport,
              Purge, Daily)


class ConnectProvider(QgsProcessingProvider):
    """All algorithms of the plugin; ``written`` gives the id and the outputs of one that wrote files for people."""

    written = pyqtSignal(str, dict)

    def id(self) -> str:
        return "connect"

    def name(self) -> str:
        return NAME

    def longName(self) -> str:  # noqa: N802
        return f"{NAME}: forecast, lottery and roll call for directed patrols"

    def icon(self) -> QIcon:
        return QIcon(self.svgIconPath())

    def svgIconPath(self) -> str:  # noqa: N802
        return os.path.join(ICONS, "connect.svg")

    def loadAlgorithms(self) -> None:  # noqa: N802
        for algorithm in ALGORITHMS:
            self.addAlgorithm(algorithm())
