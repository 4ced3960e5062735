"""Two moments in one cell are parted as they were written, whatever stands between them; one moment never is."""
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotspotter_connect_plugin.forecast.instants import NAT
from shotspotter_connect_plugin.workspace.imports import time_texts
from shotspotter_connect_plugin.workspace.imports.date_ranges import hold_ranges, split_ranges, starts_of
from shotspotter_connect_plugin.workspace.imports.time_texts import in_order

FORMS = ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%m/%d/%Y", "%m/%d/%Y %H%M", "%m/%d/%Y %I:%M %p", "%d.%m.%Y %H:%M", "%Y%m%d",
         "%B %d, %Y", "%d %B %Y")
AROUND = (("", " - "), ("", "-"), ("", " to "), ("", " thru "), ("between ", " and "), ("", "; "), ("", " \u2013 "),
          ("du ", " au "), ("", "\n"), ("entre el ", " y el "))
moments = st.datetimes(pd.Timestamp("2001-01-01").to_pydatetime(), pd.Timestamp("2023-12-31").to_pydatetime())


@given(moments, st.integers(1, 4000), st.sampled_from(FORMS), st.sampled_from(AROUND))
def test_two_moments_are_parted_whatever_stands_between_them(first, minutes, form, around):
    last = first + pd.Timedelta(minutes=minutes)
    before, between = around
    text = before + first.strftime(form) + between + last.strftime(form)
    assert time_texts.parse([text]).clock[0] == NAT and hold_ranges([text])
    ends = split_ranges(pd.Series([text], dtype=object))
    order = "day first" if form.startswith("%d") else "month first"
    for (end,), moment in zip(ends, (first, last)):
        read = time_texts.parse([end])
        assert in_order(read, order)[0] == pd.Timestamp(pd.Timestamp(moment).strftime("%Y-%m-%d %H:%M")).value \
            if read.timed[0] else in_order(read, order)[0] == pd.Timestamp(moment).normalize().value


@pytest.mark.parametrize("text", [
    "13-14 March 2024", "13 - 14 March 2024", "13/14 March 2024", "night of 13/14 March 2024", "March 13-14, 2024",
    "Mar. 13/14, 2024", "13th-14th March 2024", "between the 13th and 14th of March 2024", "13. - 14. M\u00e4rz 2024",
    "du 13 au 14 mars 2024", "March 13th to 14th, 2024", "13/14 March 2024 22:00"])
def test_two_days_of_one_month_are_parted(text):
    first, last = split_ranges(pd.Series([text], dtype=object))
    assert [time_texts.parse(end).clock[0] for end in (first, last)] == [
        pd.Timestamp(end).value for end in ("2024-03-13", "2024-03-14" + text[16:] * (":" in text))]


@pytest.mark.parametrize("text", [
    "14-13 March 2024", "3/13/2024", "13 March 2024", "March 13-14", "12-14-2024", "13-14 weeks", "2024-03-01",
    "3/1/2024 22:00", "unknown", "", "06/15/2023 - Present", "1200-1400 block", "3/1/2024 22:00 - 06:00",
    "24-001234", "38.9, -77.03", "12-34-56-78-90"])
def test_what_is_not_two_dates_is_no_range(text):
    assert not hold_ranges([text])
    assert list(starts_of(pd.Series([text], dtype=object))) == [text]


def test_dates_without_a_year_are_the_last_before_their_report():
    texts = pd.Series(["between 3/1 and 3/2", "12/31 - 1/1", "March 30 to April 2", "3/1 - 3/2/2021"], dtype=object)
    reports = np.array([pd.Timestamp(day).value for day in ("2023-03-04", "2023-01-02", "2023-04-03", "2023-05-01")])
    first, last = split_ranges(texts, None, reports)
    assert list(first) == ["3/1/2023", "12/31/2022", "March 30 2023", "3/1/2021"]
    assert list(last) == ["3/2/2023", "1/1/2023", "April 2 2023", "3/2/2021"]
    unknown = np.full(4, NAT)
    assert list(split_ranges(texts, None, unknown)[0]) == ["", "", "", "3/1/2021"]
