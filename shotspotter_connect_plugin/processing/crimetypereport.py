"""connect:crimetypereport"""
from .reports import ReportAlgorithm


class CrimeTypeReport(ReportAlgorithm):
    """Minutes of directed patrol per crime type."""

    NAME = "crimetypereport"
    TITLE = "Crime type report"
    HELP = ("Average, median and total minutes of directed patrol per crime type: planned, delivered, visits, and how "
            "many of the planned boxes were visited and on target.")
