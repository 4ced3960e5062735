"""The one check of a period of shift dates."""
from __future__ import annotations

import pandas as pd

from ...errors import ConnectError


def dates_between(first: str, last: str) -> list[str]:
    """Every date of a period, both ends included, as ``YYYY-MM-DD``.

    Raises
    ------
    ConnectError
        When the dates cannot be read or are the wrong way round.
    """
    try:
        dates = pd.date_range(pd.to_datetime(first, format="%Y-%m-%d"), pd.to_datetime(last, format="%Y-%m-%d"))
    except (ValueError, TypeError) as error:
        raise ConnectError(f"The dates {first} and {last} must be written YYYY-MM-DD.", str(error)) from error
    if dates.empty:
        raise ConnectError("The period ends before it starts; give FROM not after TO.")
    return list(dates.strftime("%Y-%m-%d"))
