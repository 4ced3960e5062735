"""Dates, moments, shares and chances as people read them, and text from data made fit for a page."""
from __future__ import annotations

import re
from typing import Iterable, Sequence

import pandas as pd


def clean(text: object) -> str:
    """Text from data on one line: no control characters, no line breaks, an empty text for null."""
    if text is None or (not isinstance(text, str) and pd.isna(text)):
        return ""
    return " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())


def natural_key(text: str) -> list[tuple[int, int, str]]:
    """Sort key by which beat 9 comes before beat 10."""
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part.casefold())
            for part in re.split(r"(\d+)", text) if part]


def date_in_words(date: str) -> str:
    """``2019-08-06`` as ``Tuesday, 6 August 2019``, in English whatever the machine speaks."""
    day = pd.Timestamp(date)
    return f"{day.day_name()}, {day.day} {day.month_name()} {day.year}"


def moment_in_words(moment: pd.Timestamp | None) -> str:
    """A zoned moment as ``6 August 2019, 05:00 EDT``; an empty text for none."""
    if moment is None or pd.isna(moment):
        return ""
    return f"{moment.day} {moment.month_name()} {moment.year}, {moment:%H:%M} {moment:%Z}".strip()


def period_in_words(first: str, last: str) -> str:
    """``1 to 31 August 2019``; one date as :func:`date_in_words`."""
    if first == last:
        return date_in_words(first)
    start, end = pd.Timestamp(first), pd.Timestamp(last)
    left_out = (start.year == end.year) + (start.year == end.year and start.month == end.month)
    opening = " ".join([str(start.day), start.month_name(), str(start.year)][:3 - left_out])
    return f"{opening} to {end.day} {end.month_name()} {end.year}"


def hours_in_words(start: pd.Timestamp, end: pd.Timestamp, shift_date: str) -> str:
    """Local hours of a shift as ``15:00 to 23:00``, naming the day of the end when it is another one."""
    later = "" if f"{end:%Y-%m-%d}" == shift_date else f" on {end.day_name()}"
    return f"{start:%H:%M} to {end:%H:%M}{later}"


def percent(share: float) -> str:
    """A share of one in per cent: whole from 1 %, one digit below, ``< 0.1`` and ``> 99`` at the ends."""
    value = 100.0 * share
    if value < 0.1:
        return "0" if value == 0 else "< 0.1"
    if value < 0.95:
        return f"{value:.1f}"
    return "> 99" if 99.5 <= value < 100 else f"{value:.0f}"


def chance_in_words(chance: float, low: float, high: float) -> str:
    """``4 % (2–7 %)``; a dash where there is no chance, no bracket where there is no interval."""
    if pd.isna(chance):
        return "–"
    if pd.isna(low) or pd.isna(high):
        return f"{percent(chance)} %"
    return f"{percent(chance)} % ({percent(low)}–{percent(high)} %)"


def minutes_in_words(minutes: float, returns: float) -> str:
    """``15``, or ``2 × 15`` where the unit shall come back once."""
    if pd.isna(minutes):
        return "–"
    return f"{minutes:g}" if pd.isna(returns) or returns < 1 else f"{1 + returns:.0f} × {minutes:g}"


def letter_codes(names: Sequence[str]) -> list[str]:
    """One short code per crime type name, so that sheets are readable without colour.

    The first letter of the name where it is free, else another letter of it, else the first free letter or number.
    """
    codes = []
    for name in names:
        own = [c.upper() for c in name if c.isascii() and c.isalpha()]
        spare = [chr(c) for c in range(ord("A"), ord("Z") + 1)] + [str(n) for n in range(1, len(names) + 1)]
        codes.append(next(code for code in own + spare if code not in codes))
    return codes


def first_few(names: Iterable[object]) -> str:
    named = [str(name) for name in names]
    return ", ".join(named[:8]) + (" …" if len(named) > 8 else "")
