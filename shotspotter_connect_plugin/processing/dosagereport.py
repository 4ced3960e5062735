"""connect:dosagereport"""
from .reports import ReportAlgorithm


class DosageReport(ReportAlgorithm):
    """Crime against dosage, and what patrols did."""

    NAME = "dosagereport"
    TITLE = "Crime and dosage report"
    TAKES_SHIFT = False
    HELP = ("Crime against patrol minutes over time, and what patrols did: boxes that the lottery drew against "
            "comparable boxes that it did not draw, with an interval, for each crime type; per delivered hour of "
            "patrol; in the boxes around a drawn one; and the smallest effect that the data could have shown. Says "
            "plainly when nothing can be concluded. Use a period of many shifts: a few weeks seldom show anything.")
