"""Times of fixes without a date: the name of their file may tell it, else it is asked."""
from __future__ import annotations

import re

from .source_questions import SourceQuestion

_DATE = re.compile(r"(?<!\d)((?:19|20)\d{2})([-_.]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)")


class DateMissing(SourceQuestion):
    """The times of a file have no date, and its name tells none."""

    parameter = "MAPPING"

    def __init__(self, name: str, column: str) -> None:
        super().__init__(
            f"The times in column {column[:40]} of {name[:60]} have no date. Name the column of dates in MAPPING, as "
            f'in {{"at": "date", "at_time": "{column[:40]}"}}; if there is none, put the date into the file\'s name, '
            "as in units_2024-03-05.csv.",
            f"The times in column {column[:60]} have no date. Which column has it? If there is none, put the date into "
            "the file's name, as in units_2024-03-05.csv.", "", "", {})


def date_in_name(name: str) -> str:
    """The one date in a file's name, written year first, as ISO text; "" where there is none, or several."""
    found = {"-".join((year, month, day)) for year, _, month, day in _DATE.findall(name)}
    return found.pop() if len(found) == 1 else ""
