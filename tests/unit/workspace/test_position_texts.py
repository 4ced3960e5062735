"""Every usual way of writing a position is read back to it, and no text ends the reading."""
import json
import struct

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotspotter_connect_plugin.workspace.imports.position_texts import coordinate, holds_points, point, read_positions

NUMBERS = {
    "a decimal comma": lambda v: f"{v:.6f}".replace(".", ","), "a minus of Unicode": lambda v: f"{v:.6f}".replace(
        "-", "\u2212"), "a unit": lambda v: f"{v:.6f}°", "blanks": lambda v: f"  {v:.6f} ",
    "quotes": lambda v: f'"{v:.6f}"', "a degree sign read as Windows-1252": lambda v: f"{v:.6f}\u00c2°",
    "an apostrophe of a spreadsheet": lambda v: f"'{v:.6f}"}
LARGE = {
    "thousands by comma": lambda v: f"{v:,.2f}", "thousands by blank": lambda v: f"{v:,.2f}".replace(",", " "),
    "thousands by narrow blank": lambda v: f"{v:,.2f}".replace(",", "\u202f"),
    "thousands by apostrophe": lambda v: f"{v:,.2f}".replace(",", "’"),
    "thousands by dot": lambda v: f"{v:,.2f}".translate(str.maketrans(",.", ".,")),
    "metres": lambda v: f"{v:.2f} m", "feet": lambda v: f"{v:,.2f} ft"}


def parts(value):
    """Degrees, minutes and seconds of a value, of which the seconds have three decimals."""
    whole = round(abs(value) * 3_600_000)
    return whole // 3_600_000, whole // 60_000 % 60, whole % 60_000 / 1000


def side(value, letters):
    return letters[0] if value >= 0 else letters[1]


SEXAGESIMAL = {
    "signs": lambda v, s: "{}°{:02d}'{:06.3f}\"".format(*parts(v)) + side(v, s),
    "primes": lambda v, s: "{}° {}\u2032 {:.3f}\u2033 ".format(*parts(v)) + side(v, s),
    "two apostrophes": lambda v, s: "{}º{}'{:.3f}'' ".format(*parts(v)) + side(v, s),
    "blanks": lambda v, s: "{} {:02d} {:06.3f} ".format(*parts(v)) + side(v, s),
    "letter first": lambda v, s: side(v, s) + "{} {:02d} {:06.3f}".format(*parts(v)),
    "letters": lambda v, s: "{}d{}m{:.3f}s".format(*parts(v)) + side(v, s),
    "colons": lambda v, s: ("-" if v < 0 else "") + "{}:{:02d}:{:06.3f}".format(*parts(v)),
    "minutes": lambda v, s: f"{int(abs(v))}° {abs(v) % 1 * 60:.6f}' " .replace("60.000000", "59.999999") + side(v, s),
    "degrees": lambda v, s: f"{abs(v):.6f}° " + side(v, s), "letter before degrees": lambda v, s: side(
        v, s) + f"{abs(v):.6f}", "a word": lambda v, s: f"{abs(v):.6f} " + {
            "N": "North", "S": "South", "E": "East", "W": "West"}[side(v, s)]}


@given(st.floats(-179.9, 179.9).filter(lambda v: abs(v) > 1e-3))
def test_every_way_of_writing_a_number_reads_back(value):
    for words, write in NUMBERS.items():
        assert coordinate(write(value)) == (pytest.approx(value, abs=1e-6), False), words
    for words, write in SEXAGESIMAL.items():
        assert coordinate(write(value, "EW"))[0] == pytest.approx(value, abs=3e-7 if words != "degrees" else 1e-6
                                                                  ) or abs(coordinate(write(value, "EW"))[0]
                                                                           - value) < 1e-6, words


@given(st.floats(1000, 9_999_999), st.sampled_from([1, -1]))
def test_thousands_are_parted_in_every_usual_way(size, sign):
    for words, write in LARGE.items():
        assert coordinate(write(size * sign)) == (pytest.approx(size * sign, abs=0.01), False), words


@given(st.integers(1, 179), st.integers(0, 999), st.sampled_from(["", "-"]))
def test_one_comma_before_three_digits_stays_open(whole, rest, sign):
    value, either = coordinate(f"{sign}{whole},{rest:03d}")
    assert either and value == pytest.approx(float(f"{sign}{whole}{rest:03d}"))
    rows = pd.DataFrame({"lon": [f"{sign}{whole},{rest:03d}", "7.5"], "lat": ["1.5", f"{whole},{rest:03d}"]})
    positions = read_positions(rows, ("lon", "lat"))
    x, y = positions.read(decimal_commas=True)
    assert x.tolist() == pytest.approx([float(f"{sign}{whole}.{rest:03d}"), 7.5])
    assert y.tolist() == pytest.approx([1.5, float(f"{whole}.{rest:03d}")])
    assert positions.read(decimal_commas=False)[0][1] == 7.5


def wkb(x, y, order="<", kind=1, srid=None):
    head = struct.pack(order + "BI", order == "<", kind | (0x20000000 if srid else 0))
    return (head + (struct.pack(order + "I", srid) if srid else b"") + struct.pack(order + "2d", x, y)).hex().upper()


CERTAIN = {
    "WKT": lambda x, y: f"POINT ({x:.6f} {y:.6f})", "EWKT": lambda x, y: f"SRID=4326;POINT({x:.6f} {y:.6f})",
    "WKT with a height": lambda x, y: f"POINT Z ({x:.6f} {y:.6f} 12.5)", "lower case": lambda x, y:
    f"Point({x:.6f} {y:.6f})", "WKB": wkb, "EWKB": lambda x, y: wkb(x, y, srid=4326),
    "big-endian WKB": lambda x, y: wkb(x, y, ">"), "WKB of PostgreSQL": lambda x, y: "\\x" + wkb(x, y),
    "GeoJSON": lambda x, y: json.dumps({"type": "Point", "coordinates": [round(x, 6), round(y, 6)]}),
    "GeoJSON in lines": lambda x, y: json.dumps({"type": "Point", "coordinates": [round(x, 6), round(y, 6)]}, indent=4),
    "keys": lambda x, y: str({"latitude": f"{y:.6f}", "longitude": f"{x:.6f}", "human_address": "{}"}),
    "keys in JSON": lambda x, y: json.dumps({"lng": round(x, 6), "lat": round(y, 6)}),
    "labels": lambda x, y: f"Lat: {y:.6f} Lon: {x:.6f}",
    "hemispheres": lambda x, y: SEXAGESIMAL["signs"](y, "NS") + " " + SEXAGESIMAL["signs"](x, "EW"),
    "hemispheres and a comma": lambda x, y: SEXAGESIMAL["degrees"](y, "NS") + ", " + SEXAGESIMAL["degrees"](x, "EW"),
    "hemispheres first": lambda x, y: SEXAGESIMAL["letter first"](y, "NS") + " " + SEXAGESIMAL["letter first"](x, "EW")}
BARE = {
    "brackets": lambda a, b: f"({a:.6f}, {b:.6f})", "a comma": lambda a, b: f"{a:.6f},{b:.6f}",
    "a comma and a blank": lambda a, b: f"{a:.6f}, {b:.6f}", "a blank": lambda a, b: f"{a:.6f} {b:.6f}",
    "a semicolon and decimal commas": lambda a, b: f"{a:.6f};{b:.6f}".replace(".", ","),
    "decimal commas": lambda a, b: f"{a:.6f}, {b:.6f}".replace(", ", "|").replace(".", ",").replace("|", ", "),
    "square brackets": lambda a, b: f"[{a:.6f}, {b:.6f}]",
    "an address": lambda a, b: f"1800 BLOCK N BROAD ST\nPhiladelphia, PA 19121\n({a:.6f}, {b:.6f})",
    "an address in one line": lambda a, b: f"100 MAIN ST ({a:.6f}, {b:.6f})",
    "a link": lambda a, b: f"https://www.google.com/maps?q={a:.6f},{b:.6f}", "a height": lambda a, b:
    f"{a:.6f}, {b:.6f}, 12.5"}
EAST, NORTH = st.floats(-179.9, 179.9).filter(lambda v: abs(v) > 1e-3), st.floats(-89.9, 89.9).filter(
    lambda v: abs(v) > 1e-3)


@given(EAST, NORTH)
def test_every_way_of_writing_a_point_reads_back(x, y):
    for words, write in CERTAIN.items():
        assert point(write(x, y))[:2] == pytest.approx((x, y), abs=2e-6), words
        assert holds_points([write(x, y), ""]), words
    for words, write in BARE.items():
        assert point(write(y, x))[:2] == pytest.approx((y, x), abs=2e-6), words
        assert holds_points([write(y, x), ""]), words


@given(st.text(max_size=300) | st.text("0123456789.,-+ °'\"NSEW()[]{}:;/POINTZx\\", max_size=120))
def test_no_text_ends_the_reading(text):
    value, _ = coordinate(text)
    x, y, _, _ = point(text)
    assert np.isnan(value) or np.isfinite(value)
    assert np.isnan(x) == np.isnan(y) and not np.isinf(x)


@pytest.mark.parametrize("text", [
    "12/03/2020", "38 61 00 N", "38°54'61\"N", "abc", "", "1e400", "N", "°", "77.05 W E", "-38.9 N"])
def test_what_is_no_coordinate(text):
    assert np.isnan(coordinate(text)[0])


@pytest.mark.parametrize("texts", [
    ["2023-03-14 08:00:00", "2023-03-14 08:00:30"], ["03/14/2023", "03/15/2023"], ["202-555-1234", "(202) 555-1234"],
    ["100 MAIN ST", "200 MAIN ST"], ["1,234", "2,345"], ["12, 14", "3, 5"], ["08:00", "09:30"], ["", ""], [],
    ["POLYGON ((0 0, 1 1, 1 0, 0 0))"], ["4A", "6D"], ["10 20", "30 40"], ["38.9", "38.8"]])
def test_columns_of_other_things_hold_no_points(texts):
    assert not holds_points(texts)


@pytest.mark.parametrize("text", [
    " " * 2000 + "x", "1" * 2000, "1 " * 1000, "(" * 2000, "N" * 2000, "1.11" + " " * 1900])
def test_long_texts_take_no_time(text):
    assert np.isnan(point(text)[0]) and np.isnan(coordinate(text)[0])


@pytest.mark.parametrize("text,place", [
    ("TQ 30080 80500", (530080.5, 180500.5)), ("tq3008080500", (530080.5, 180500.5)),
    ("TQ 3008,8050", (530085, 180505)), ("SV 007 006", (750, 650)),
    ("HP 60000 10000", (460000.5, 1210000.5)), ("NT-25000-73000", (325000.5, 673000.5)),
    ("O 15904 34671", (315904.5, 234671.5)), ("W6700071000", (167000.5, 71000.5))])
def test_references_of_a_grid_are_the_middle_of_their_square(text, place):
    assert point(text) == (*place, False, False)


@pytest.mark.parametrize("text", ["TQ 3008 80500", "TI 30080 80500", "AA 30080 80500", "TQ 300808050", "TQ",
                                  "TQ 30 80"])
def test_what_is_like_a_reference_of_a_grid_but_none(text):
    assert np.isnan(point(text)[0])


def test_numbers_of_cases_with_a_letter_are_no_places():
    assert not holds_points([f"P2300{number}" for number in range(10, 40)])
    assert holds_points([f"TQ30080805{number}" for number in range(10, 40)])
