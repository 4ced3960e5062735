"""connect:shiftreport"""
from .reports import ReportAlgorithm


class ShiftReport(ReportAlgorithm):
    """Where units were and what they did over time."""

    NAME = "shiftreport"
    TITLE = "Shift report"
    HELP = ("Where units were and what they did over time: a map of tracks and boxes, a timeline per unit, planned "
            "against delivered minutes, boxes not visited, short and over. A period of more than four shifts gives a "
            "trend, a map of the period, a row per shift and the boxes missed most.")
