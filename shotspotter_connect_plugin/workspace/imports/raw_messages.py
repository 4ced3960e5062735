"""Files of raw messages of trackers, which only the system that receives them can read."""
from __future__ import annotations

import re
from pathlib import Path

from ...errors import ConnectError
from .text_file import decoded, encoding_of, lines_of, start_of

_LINES, _LONGEST, _MOSTLY = 200, 300, 0.8
_RAW = re.compile(
    r"(?:.{0,60}[,;:\t ])?(?:0x)?(?:[0-9A-Fa-f]{2} ?){16,}\W*|"  # bytes as hexadecimal digits
    r"\W{0,4}(?:imei:\d{10}|HQ,\d|\+?(?:RESP|BUFF|ACK):GT|\$\$[A-Za-z]\d|(?:3G|SG|CS)\*\d|!AIVD[MO],).*|"
    r"[A-Z0-9]{3,6}(?:-\d{1,2})?>[A-Z0-9]{3,}[^:]{0,60}:[!=/@].*")
"""Lines of binary protocols, of GPRS trackers, of ships and of amateur radio (APRS)."""


def refuse_raw_messages(path: str | Path) -> None:
    """Raise one sentence where most lines of a text are raw messages of trackers."""
    path = Path(path)
    try:
        start = start_of(path)
        text, _ = decoded(start, encoding_of(start, path.name))
    except (ConnectError, UnicodeError):
        return  # what is wrong with it, its reader says
    lines = [line.strip() for _, line in zip(range(_LINES), lines_of(text)) if line.strip()]
    body = lines[1:] if len(lines) > 1 else lines
    if body and sum(bool(_RAW.fullmatch(line[:_LONGEST])) for line in body) >= _MOSTLY * len(body):
        raise ConnectError(f"{path.name} holds raw messages of trackers, which only the system that receives them can "
                           "read; have it export positions with unit and time, as CSV, GPX or NMEA.")
