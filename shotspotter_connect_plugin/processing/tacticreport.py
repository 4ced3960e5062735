"""connect:tacticreport"""
from .reports import ReportAlgorithm


class TacticReport(ReportAlgorithm):
    """Which tactics were used, where and when."""

    NAME = "tacticreport"
    TITLE = "Tactic report"
    HELP = ("Uses, minutes and share of each tactic, by crime type, beat and hour, and their trend; tactics never "
            "used, and entries that were not approved for their date.")
