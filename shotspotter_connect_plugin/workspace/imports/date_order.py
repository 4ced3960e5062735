"""Whether the day or the month comes first in a source's dates: shown by all of the source, or asked, never assumed.

A date that only one order makes a date shows the order; so does a weekday or an unmistakable date beside it. What was
shown or answered once is kept with the import and serves the next file with the same columns: ``source_questions``.
"""
from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Callable, Iterable, Optional, Sequence, Union

import numpy as np
import pandas as pd

from ...errors import ConnectError
from ...forecast.instants import DAY, NAT
from ...progress import SILENT
from . import date_texts, privacy, time_texts
from .column_names import plain
from .counted_dates import CountedDates, are_day_numbers, are_seconds
from .date_texts import DAY_FIRST, MONTH_FIRST, ORDERS, YEAR_FIRST
from .readers import read_rows
from .source_questions import SourceQuestion
from .synonyms import COLUMN_ROLES

if TYPE_CHECKING:
    from ...forecast.arrays import Bools, Ints
    from ...progress import Progress
    from .import_frames import FileRows
    from .row_source import RowSource
    from .source_questions import SourceAnswers
    from .time_texts import ParsedTimes

_WRITTEN = {MONTH_FIRST: "monthfirst month mdy mmddyyyy mmddyy us american",
            DAY_FIRST: "dayfirst day dmy ddmmyyyy ddmmyy", YEAR_FIRST: "yearfirst year ymd yymmdd yyyymmdd"}
_WEEKDAYS = frozenset(COLUMN_ROLES["incidents"]["weekday"])
_MONTHS = frozenset([*COLUMN_ROLES["incidents"]["occurred_month"], "monthnumber", "monthname", "reportmonth"])
_NUMBERS = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}")
_DAY_SECOND = re.compile(r"[12]\d{3}([-/.]?)(1[3-9]|2\d|3[01])\1(0?[1-9]|1[0-2])(?!\d)")
"""A year of four digits, a day that is no month, and a month."""
_BESIDE = 6
_NEAR = 3 * DAY
_CLEARLY = 3
_PACKED = 100_000_000
"""The packed numbers of a date are below this, see ``date_texts``."""
_MONTHS_OF_YEAR = 12
_SWAPPED = 5
"""So many different dates of either kind are no chance: with days as they come, one file in a thousand has them."""


class OrderUnknown(SourceQuestion):
    """Nothing tells the order of a source's dates."""

    parameter = "DATE_ORDER"


class OrderRefused(OrderUnknown):
    """The dates contradict each other, or what earlier files with these columns have shown."""


def check_order(text: Optional[str]) -> str:
    """One of ``date_texts.ORDERS`` for what a user wrote, "" for nothing; or ConnectError."""
    word = re.sub(r"[^a-z]", "", str(text or "").casefold())
    found = next((order for order, words in _WRITTEN.items() if word in words.split()), "")
    if word and not found:
        raise ConnectError(f"DATE_ORDER is {text}; write one of: {', '.join(ORDERS)}.")
    return found


class AmbiguousDates:
    """The dates of a source that can be read in several orders, or are numbers of days, gathered chunk by chunk."""

    def __init__(self) -> None:
        self._texts: dict[int, tuple[str, str]] = {}
        self._days_beside: dict[str, set[int]] = {}
        self._day_second: dict[str, str] = {}
        self._day_last: set[str] = set()
        self.counted = CountedDates()

    def add(self, column: str, texts: Union[Sequence[str], pd.Series], parsed: ParsedTimes) -> None:
        """Take in a column's texts and what :func:`time_texts.parse` made of them."""
        self.counted.add(column, texts, parsed)
        self._add_year_first(column, texts, parsed)
        _, rows = np.unique(parsed.parts, return_index=True)
        for row in np.sort(rows).tolist():  # the first of the file is the example
            part = int(parsed.parts[row])
            if part:
                text = str(np.asarray(texts, dtype=object)[row])
                self._texts.setdefault(part, (column, (_NUMBERS.findall(text) or [text])[0]))
        plain_dates = (parsed.parts == 0) & (parsed.clock != NAT)
        if parsed.parts.any() and plain_dates.any():
            days = np.unique(parsed.clock[plain_dates] // DAY).tolist()
            self._days_beside.setdefault(column, set()).update(days)

    def _add_year_first(self, column: str, texts: Union[Sequence[str], pd.Series], parsed: ParsedTimes) -> None:
        """Take in what shows that the day stands second after a year, and what shows that it does not."""
        if column in self._day_last:
            return
        alone = (parsed.parts == 0) & (parsed.clock != NAT) & ~parsed.unix & (parsed.covers <= time_texts.DATE)
        if (_day_of_month(parsed.clock[alone] // DAY) > _MONTHS_OF_YEAR).any():
            self._day_last.add(column)
        elif column not in self._day_second:
            unread = np.unique(np.asarray(texts, dtype=object)[parsed.written & (parsed.clock == NAT)].astype(str))
            found = next((text.strip() for text in unread.tolist() if _DAY_SECOND.match(text.strip())), "")
            if found:
                self._day_second[column] = found

    def add_columns(self, rows: FileRows, columns: Sequence[str]) -> None:
        """Take in some columns of rows of texts."""
        for column in columns:
            self.add(column, rows[column], time_texts.parse(rows[column]))

    def order(self, name: str, given: str = "", before: str = "",
              beside: Optional[Callable[[list[str]], str]] = None) -> str:
        """The order, or "" where no date needs any.

        Parameters
        ----------
        name : str
            Of the source, for messages.
        given, before : str
            What the user says, and what the source has shown or was answered earlier, which it must not contradict.
        beside : function, optional
            ``beside(orders) -> order or ""`` looks for evidence in other columns.

        Raises
        ------
        OrderUnknown
            When nothing tells.
        ConnectError
            When the dates contradict each other, or what is given or was shown; when the day stands behind the year.
        """
        self._check_day_second(name)
        parts = np.array(list(self._texts), dtype=np.int64)
        days = date_texts.readings(parts)
        possible = [order for row, order in enumerate(ORDERS) if (days[row] != NAT).all()]
        if not parts.size:
            return given
        if not given:
            self._check_swapped(name)
        if not possible and not given:
            self._contradiction(name, parts, days)
        if not possible:
            return given
        self._check(name, parts, days, possible, given or before, bool(given))
        if given or len(possible) == 1:
            return given or possible[0]
        meant = np.array([days[ORDERS.index(order)] for order in possible])
        unclear = np.flatnonzero((meant != meant[0]).any(axis=0))
        if not unclear.size:
            return ""
        found = beside(possible) if beside else ""
        column, text = self._texts[int(parts[unclear[0]])]
        choices = {order: _in_words(meant[row, unclear[0]], order) for row, order in enumerate(possible)}
        if found and before not in ("", found):
            raise self._not_as_before(name, parts[unclear[0]], before, {found: choices[found]})
        if found:
            return found
        readings = " or ".join(choices.values())
        raise OrderUnknown(
            f"Nothing in {name} tells whether {text} in column {column} is {readings}; set DATE_ORDER to "
            f"{' or '.join(choices)}, once for files of this kind.",
            f"Is {text} in column {column} {readings}? Choose at Dates.", column, text, choices)

    def _check_day_second(self, name: str) -> None:
        """Refuse a column whose dates have the year, then the day, then the month: no day above 12 stands last in any,
        and in some one stands second. Those with days up to 12 would come in with day and month swapped."""
        for column, text in self._day_second.items():
            if column not in self._day_last:
                raise ConnectError(
                    f"Column {column[:40]} of {name[:40]} has the day before the month, behind the year: {text[:30]}. "
                    "Dates of this kind are not read; export them with the month before the day, as 2017-12-31.")

    def _check_swapped(self, name: str) -> None:
        """Refuse a column in which all dates of three numbers have a day above 12, and all others one below 13: a
        spreadsheet of another country kept as text what it could not read, and swapped day and month of the rest."""
        for column, found in self._days_beside.items():
            days = _day_of_month(np.array(sorted(found)))
            told = [(divmod(abs(part) % _PACKED // 10_000, 100), text) for part, (own, text) in self._texts.items()
                    if own == column]
            for row, order in ((0, DAY_FIRST), (1, MONTH_FIRST)):
                if min(len(told), len(days)) >= _SWAPPED and days.max() <= _MONTHS_OF_YEAR and all(
                        numbers[row] > _MONTHS_OF_YEAR for numbers, _ in told):
                    short, text = column[:40], told[0][1]
                    raise OrderRefused(
                        f"In column {short} of {name[:40]} all dates kept as text have a day above 12 ({text}), and "
                        "all others one below 13: a spreadsheet has swapped day and month of those. Export them as "
                        f"text; or, if all are right, set DATE_ORDER to {order}.",
                        f"All dates in column {short} that are text have a day above 12 ({text}), and all others one "
                        "below 13: a spreadsheet may have swapped day and month of those. Are they right?",
                        column, text, {order: "all are right as they stand"})

    def _check(self, name: str, parts: Ints, days: Ints, possible: list[str], order: str,
               is_given: bool) -> None:
        """Refuse an order in which some date is none although another fits them all."""
        if order in ("", *possible):
            return
        part = parts[np.flatnonzero(days[ORDERS.index(order)] == NAT)[0]]
        if is_given:
            raise ConnectError(f"{self._words(part)} of {name} is no date with the {order}, as DATE_ORDER says; set it "
                               f"to {' or '.join(possible)}.")
        raise self._not_as_before(name, part, order, {
            fitting: _in_words(date_texts.readings([part])[ORDERS.index(fitting)][0], fitting)
            for fitting in possible})

    def _not_as_before(self, name: str, part: int, before: str, choices: dict[str, str]) -> OrderRefused:
        column, text = self._texts[int(part)]
        return OrderRefused(
            f"{self._words(part)} of {name} is not written with the {before}, as earlier files with these columns "
            f"were; if this file differs, set DATE_ORDER to {' or '.join(choices)}.",
            f"{text} in column {column} is not written with the {before}, as in earlier files. If this file differs, "
            "say so at Dates.", column, text, choices)

    def _contradiction(self, name: str, parts: Ints, days: Ints) -> None:
        """Raise one sentence with two dates that no order fits."""
        known = days != NAT
        shared = [~(known & known[:, [row]]).any(axis=0) for row in range(parts.size)]
        row = next((row for row, apart in enumerate(shared) if apart.any()), 0)
        other = np.flatnonzero(shared[row])[0] if shared[row].any() else parts.size - 1
        column, text = self._texts[int(parts[row])]
        raise OrderRefused(
            f"The dates of {name} contradict each other: {self._words(parts[row])} and {self._words(parts[other])} "
            "have no order in common; mend the file, or set DATE_ORDER and those that do not fit are rejected.",
            f"{text} and {self._texts[int(parts[other])][1]} have no order of day and month in common. Mend the file, "
            "or choose at Dates: the others are rejected.", column, text,
            {order: order for order in (MONTH_FIRST, DAY_FIRST)})

    def _words(self, part: int) -> str:
        column, text = self._texts[int(part)]
        return f"{text} (column {column})"


def _day_of_month(days: Ints) -> Ints:
    """Days of their months, from 1, of days since 1970."""
    dates = np.asarray(days, dtype=np.int64).astype("datetime64[D]")
    return (dates - dates.astype("datetime64[M]")).astype(np.int64) + 1


def may_need_order(texts: Sequence[str]) -> bool:
    """Whether some of a column's first dates can be read in several orders, have the day behind the year, or are
    numbers of days or seconds."""
    parsed = time_texts.parse(texts)
    return bool(any(_DAY_SECOND.match(str(text).strip()) for text in texts) or parsed.parts.any()
                or are_day_numbers(texts).any() or are_seconds(texts, parsed).any())


def _in_words(day: int, order: str) -> str:
    """A date in words, in the way people write it who write numbers in that order."""
    moment = pd.Timestamp(int(day))
    words = "{0} {1}, {2}" if order == MONTH_FIRST else "{1} {0} {2}"
    return words.format(moment.strftime("%B"), moment.day, moment.year)


def with_date_order(answers: SourceAnswers, source: RowSource, columns: Sequence[str], date_order: str,
                    warnings: list[str], progress: Progress = SILENT, dates: Optional[AmbiguousDates] = None,
                    rows: Optional[FileRows] = None) -> SourceAnswers:
    """What is answered for a source, with the order of its dates.

    Parameters
    ----------
    answers : SourceAnswers
        With the order of earlier imports.
    source
    columns : list of str
        Columns of dates.
    date_order
        What the user says; "" for nothing.
    warnings : list of str
        Gets a sentence where only an earlier file tells, and of dates that are numbers of days.
    dates : AmbiguousDates, optional
    rows : DataFrame, optional
        The dates of all rows, or the rows, if they were read already.

    Returns
    -------
    SourceAnswers

    Raises
    ------
    ConnectError
        As :meth:`AmbiguousDates.order`, and :meth:`.counted_dates.CountedDates.told`.
    """
    columns = list(dict.fromkeys(columns))
    if dates is None:
        dates = AmbiguousDates()
        if rows is None:
            read_rows(source, columns, progress, lambda chunk: dates.add_columns(chunk, columns))
        else:
            dates.add_columns(rows, columns)

    def beside(possible: list[str]) -> str:
        return _beside(source.columns, lambda wanted: source.chunks(wanted, progress), columns, possible)
    try:
        order = dates.order(source.name, check_order(date_order), answers.date_order, beside)
    except OrderRefused:
        raise
    except OrderUnknown:
        if not answers.date_order:
            raise
        order = answers.date_order
        warnings.append(f"Nothing in {source.name} tells day from month; its dates were read with the {order}, as "
                        "those of earlier files with these columns; give DATE_ORDER where that is wrong.")
    if dates.counted and source.kind != "excel":  # a workbook tells from when its days count
        warnings.extend(dates.counted.told(source.name, source.columns,
                                           lambda wanted: source.chunks(wanted, progress)))
    return replace(answers, date_order=order or answers.date_order)


def _beside(all_columns: Sequence[str], chunks: Callable[[Sequence[str]], Iterable[FileRows]], columns: Sequence[str],
            possible: list[str]) -> str:
    """The order under which dates agree with what stands beside them: weekdays, months, unmistakable dates; or ""."""
    others = [column for column in all_columns if column not in columns and not privacy.about_persons(column) and (
        plain(column) in _WEEKDAYS | _MONTHS or "date" in plain(column))][:_BESIDE]
    fitting, compared = np.zeros(len(possible), dtype=int), 0
    for chunk in chunks([*columns, *others]):
        parsed = {column: time_texts.parse(chunk[column]) for column in [*columns, *others]}
        for column in columns:
            days = date_texts.readings(parsed[column].parts)[[ORDERS.index(order) for order in possible]]
            unclear = (parsed[column].parts != 0) & (days != days[0]).any(axis=0)
            for other in [other for other in [*columns, *others] if other != column]:
                known, fits = _agree(days, other, chunk[other], parsed[other])
                fitting += (fits & known & unclear).sum(axis=1)
                compared += int((known & unclear).sum())
    best, *rest = np.argsort(-fitting, kind="stable")
    clear = compared and fitting[best] > compared / 2 and all(_CLEARLY * fitting[row] <= fitting[best] for row in rest)
    return possible[best] if clear else ""


def _agree(days: Ints, other: str, texts: pd.Series, parsed: ParsedTimes) -> tuple[Bools, Bools]:
    """(rows in which another column tells a date, a weekday or a month; which of them fit it in each order)."""
    if plain(other) in _WEEKDAYS:
        told = texts.str.strip().str[:3].str.lower().map(date_texts.WEEKDAYS).to_numpy(float)
        return ~np.isnan(told), date_texts.weekday_of(days) == told
    if plain(other) in _MONTHS:
        told = texts.map(lambda text: date_texts.month_number(text) or np.nan).fillna(
            pd.to_numeric(texts, errors="coerce")).to_numpy(float)
        months = (np.where(days == NAT, 0, days) // DAY).astype("datetime64[D]").astype("datetime64[M]").astype(int)
        return ~np.isnan(told), months % 12 + 1 == told
    known = (parsed.parts == 0) & (parsed.clock != NAT)
    return known, np.abs(days - np.where(known, parsed.clock, 0)) <= _NEAR
