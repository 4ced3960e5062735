"""Logs of vehicle modems, and files that say what they are only by what stands in them."""
import datetime as dt
from functools import reduce
from operator import xor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.progress import SILENT
from shotspotter_connect_plugin.workspace.imports.gps_formats import open_gps
from shotspotter_connect_plugin.workspace.imports.gps_import import import_gps
from shotspotter_connect_plugin.workspace.imports.numbered_lines import PROBLEM
from shotspotter_connect_plugin.workspace.imports.preview import UNKNOWN_KIND, preview_file
from shotspotter_connect_plugin.workspace.imports.readers import read_whole

SAMPLE = ">RPV15714+3739438-1220384601512612;ID=1234;*7F<"
"""As the receiver's maker prints it."""
SEVERAL = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def taip(body):
    text = f">{body};*"
    return f"{text}{reduce(xor, text.encode()):02X}<"


def rows_of(path):
    source = open_gps(path)
    return read_whole(source, source.columns, SILENT)


def test_the_makers_own_sample_is_whole_and_placed(tmp_path):
    assert taip(SAMPLE[1:].partition(";*")[0]) == SAMPLE
    (tmp_path / "a.log").write_text(f"2023-03-14 04:22:00 {SAMPLE}\n")
    row = rows_of(tmp_path / "a.log").iloc[0]
    assert (row["unit"], row["time"], row["latitude"], row["longitude"]) == (
        "1234", "2023-03-14T04:21:54Z", "37.39438", "-122.03846")


@SEVERAL
@given(start=st.datetimes(dt.datetime(2001, 1, 1), dt.datetime(2035, 1, 1)),
       steps=st.lists(st.integers(1, 6 * 3600), min_size=1, max_size=15),
       latitude=st.floats(-89, 89), longitude=st.floats(-179, 179), joined=st.booleans())
def test_positions_after_an_event_have_its_date_past_any_midnight(tmp_path, start, steps, latitude, longitude, joined):
    moment = start.replace(microsecond=0)
    days = (moment.date() - dt.date(1980, 1, 6)).days
    place = f"{round(latitude * 1e5):+08d}{round(longitude * 1e5):+09d}01509012;ID=7"
    wanted, lines = [], []
    for number, step in enumerate([0, *steps]):
        moment += dt.timedelta(seconds=step)
        second = moment.hour * 3600 + moment.minute * 60 + moment.second
        head = f"REV01{days // 7:04d}{days % 7}" if number == 0 else "RPV"
        lines.append(taip(f"{head}{second:05d}{place}"))
        wanted.append(f"{moment:%Y-%m-%dT%H:%M:%S}Z")
    (tmp_path / "a.log").write_text(("" if joined else "\n").join(lines))
    rows = rows_of(tmp_path / "a.log")
    assert rows["time"].tolist() == wanted and set(rows[PROBLEM]) == {""}
    assert abs(rows["latitude"].astype(float) - latitude).max() < 1e-5
    assert abs(rows["longitude"].astype(float) - longitude).max() < 1e-5


@SEVERAL
@given(cut=st.integers(6, len(SAMPLE) - 2), letter=st.sampled_from("059+A;"))
def test_a_changed_or_cut_sentence_is_never_a_position(tmp_path, cut, letter):
    changed = SAMPLE[:cut] + letter + SAMPLE[cut + 1:]
    (tmp_path / "a.log").write_text(f"2023-03-14 04:22:00 {SAMPLE}\n{changed}\n{SAMPLE[:cut]}\n")
    problems = rows_of(tmp_path / "a.log")[PROBLEM].tolist()
    assert problems[0] == "" and (changed == SAMPLE or ";*" not in changed or problems[1] == "a damaged sentence")
    assert cut >= 34 or problems[2] == "a damaged sentence"


CODES = "".join(f"{240100 + number},{code},20240{1 + number}05,{800 + number * 7},{38.83 + number / 1e3:.5f},"
                f"{-77.06 + number / 1e3:.5f}\n" for number, code in enumerate("0486 0910 0320 0610 0820".split()))
NUMBERED = "".join(f"2024-{number:05d};220;2024-03-{number + 1:02d} 1{number}:00;{38.83 + number / 1e3:.5f};"
                   f"{-77.06 + number / 1e3:.5f}\n" for number in range(8))
FIXES = "".join(f"401,{38.83 + number / 1e5:.5f},{-77.06:.5f},2024-03-05 12:{number:02d}:00\n" for number in range(8))
SECONDS = "".join(f"{1709640000 + number * 15},{38.83 + number / 1e5:.5f},{-77.06:.5f}\n" for number in range(8))


@pytest.mark.parametrize("text, kind", [(CODES, ""), (NUMBERED, ""), (FIXES, "gps_fixes"), (SECONDS, "gps_fixes")])
def test_a_file_without_a_header_is_a_track_only_where_its_times_follow_closely(workspace, tmp_path, text, kind):
    (tmp_path / "a.csv").write_text(text)
    found = preview_file(workspace, tmp_path / "a.csv")
    assert found.kind == kind and (UNKNOWN_KIND in found.problems) == (kind == "")


HEX = "".join(f"{number:04d},787822{number:02X}1F1218030C{number:04X}CC026B3F3E0C22AD650D0A\n" for number in range(6))
COBAN = "".join(f"imei:35900600123456{number},tracker,24030512000,,F,120000.000,A,3854.00,N,07701.20,W,0.00,0;\n"
                for number in range(6))
APRS = "".join(f"N0CALL-{number}>APRS,WIDE1-1:/0512{number:02d}z3854.10N/07701.20W>088/036\n" for number in range(6))


@pytest.mark.parametrize("text", [HEX, COBAN, APRS, "stamp,payload\n" + HEX])
@pytest.mark.parametrize("kind", ["", "gps_fixes"])
def test_raw_messages_of_trackers_say_what_to_export(workspace, tmp_path, text, kind):
    (tmp_path / "a.txt").write_text(text)
    problems = preview_file(workspace, tmp_path / "a.txt", kind).problems
    assert len(problems) == 1 and "raw messages of trackers" in problems[0] and "export positions" in problems[0]
    with pytest.raises(ConnectError, match="raw messages of trackers"):
        import_gps(workspace, tmp_path / "a.txt")


def test_positions_beside_a_column_of_bytes_are_read(workspace, tmp_path):
    (tmp_path / "a.csv").write_text("unit,time,lat,lon,payload\n" + "".join(
        f"401,2024-03-05 12:{number:02d}:00,38.8300{number},-77.06,787822{number:02X}1F1218030C0001CC026B3F3E3F\n"
        for number in range(6)))
    assert import_gps(workspace, tmp_path / "a.csv").added == 6
