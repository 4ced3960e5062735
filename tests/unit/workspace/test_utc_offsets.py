"""A column of offsets from UTC beside clocks: checked against the zone in which they would be read."""
import numpy as np
import pandas as pd
import pytest

from shotspotter_connect_plugin.forecast.instants import nanoseconds
from shotspotter_connect_plugin.workspace.imports.utc_offsets import contradicted

SUMMER, WINTER, AUTUMN = "2023-07-04 12:00", "2023-01-04 12:00", "2023-11-05 01:30"


def said(texts, moments, zone="America/New_York"):
    wall = nanoseconds(pd.DatetimeIndex(moments))
    return contradicted(texts, wall, np.ones(len(wall), dtype=bool), zone)


@pytest.mark.parametrize("summer, winter", [
    ("-04:00", "-05:00"), ("-4", "-5"), ("UTC-4", "UTC-5"), ("-0400", "-0500"), ("-240", "-300"), ("240", "300"),
    ("\u22124", "\u22125"), ("-14400", "-18000"), ("GMT-04:00", "GMT-05:00"), ("-4.0", "-5.0")])
def test_every_writing_of_the_zones_own_offset_fits(summer, winter):
    assert said([summer, winter], [SUMMER, WINTER]) == ""
    assert said([winter, winter, summer], [SUMMER, SUMMER, WINTER]) == winter


def test_half_hours_and_the_hour_that_comes_twice():
    assert said(["+05:30", "5.5", "330"], [SUMMER] * 3, "Asia/Kolkata") == ""
    assert said(["+05:00"], [SUMMER], "Asia/Kolkata") == "+05:00"
    assert said(["-04:00", "-05:00"], [AUTUMN] * 2) == ""


def test_what_is_no_offset_tells_nothing():
    assert said(["", "n/a", "EST", "99999999"], [SUMMER] * 4) == ""
    assert said(["+00:00", "Z", ""], [SUMMER] * 3) == "+00:00"
    wall = nanoseconds(pd.DatetimeIndex([SUMMER]))
    assert contradicted(["+00:00"], wall, np.array([False]), "America/New_York") == ""
