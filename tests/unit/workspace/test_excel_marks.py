"""What a spreadsheet knows of its cells beyond values is read as its maker saw it, or told."""
import datetime as dt
import zipfile

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904, to_excel

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.progress import SILENT
from shotspotter_connect_plugin.workspace.imports import time_texts
from shotspotter_connect_plugin.workspace.imports.cell_texts import cell_text
from shotspotter_connect_plugin.workspace.imports.incident_import import import_incidents
from shotspotter_connect_plugin.workspace.imports.readers import open_source, read_whole

HEAD = ["Case No", "Offense", "Date Occurred", "Latitude", "Longitude", "Beat"]
OLD_OFFICE = bytes.fromhex("d0cf11e0a1b11ae1")
SEVERAL = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def rows(count=6, year=2023, first=""):
    return [[f"{first}P{1000 + number}", ["BURGLARY", "ROBBERY"][number % 2],
             dt.datetime(year, 3, 5 + number, 13, 15), round(38.83 + number / 1000, 3), -77.06, "A1"]
            for number in range(count)]


def book(lines, head=HEAD):
    made = openpyxl.Workbook()
    made.active.title = "Incidents"
    for line in [head, *lines]:
        made.active.append(line)
    return made


def read(path):
    """(texts of the rows, what is told)."""
    source = open_source(path)
    return read_whole(source, source.columns, SILENT)[source.columns], " ".join(source.notes())


@SEVERAL
@given(moments=st.lists(st.datetimes(dt.datetime(1999, 1, 1), dt.datetime(2035, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0)), min_size=1, max_size=8), formatted=st.booleans(),
    from_1904=st.booleans())
def test_dates_are_the_same_from_whichever_day_they_count(tmp_path, moments, formatted, from_1904):
    made = openpyxl.Workbook()
    if from_1904:
        made.epoch = CALENDAR_MAC_1904
    made.active.append(["Case No", "Date Occurred", "Feet"])
    for number, moment in enumerate(moments):
        made.active.append([f"P{number}", moment if formatted else to_excel(moment, epoch=made.epoch), 40000.25])
    made.save(tmp_path / "a.xlsx")
    source = open_source(tmp_path / "a.xlsx")
    texts = read_whole(source, source.columns, SILENT)
    found = pd.to_datetime(time_texts.parse(texts["Date Occurred"]).clock)
    assert (abs(found - pd.to_datetime(moments)) < pd.Timedelta(seconds=1)).all()
    assert set(texts["Feet"]) == {"40000.25"}
    told = " ".join(source.notes())
    assert ("count from 1904" in told) == from_1904 and ("should Feet hold dates" in told) == from_1904


def test_a_hidden_sheet_is_read_only_where_no_other_is_known_and_is_called_hidden(tmp_path):
    made = book(rows(3))
    old = made.create_sheet("Last year")
    for line in [HEAD, *rows(20, 2022, "old")]:
        old.append(line)
    old.sheet_state = "hidden"
    made.save(tmp_path / "a.xlsx")
    texts, told = read(tmp_path / "a.xlsx")
    assert len(texts) == 3 and "nothing was read of the sheets Last year (hidden, 20 rows)" in told
    made["Incidents"].delete_rows(1, 9)
    made["Incidents"].append(["See the other sheet"])
    made.active = 0
    made.save(tmp_path / "b.xlsx")
    texts, told = read(tmp_path / "b.xlsx")
    assert len(texts) == 20 and "Last year of b.xlsx, which was read, is hidden there" in told


def test_hidden_rows_and_columns_are_read_and_told(tmp_path):
    made = book(rows(6))
    for row in (3, 4):
        made.active.row_dimensions[row].hidden = True
    made.active.column_dimensions["C"].hidden = True
    made.save(tmp_path / "a.xlsx")
    texts, told = read(tmp_path / "a.xlsx")
    assert len(texts) == 6 and "2 rows of the sheet Incidents of a.xlsx are hidden" in told
    assert "hidden were read like the others: Date Occurred" in told


@SEVERAL
@given(lengths=st.lists(st.integers(1, 5), min_size=1, max_size=5), column=st.integers(0, len(HEAD) - 1),
       titles=st.integers(0, 2))
def test_what_is_merged_over_rows_holds_for_each_of_them(tmp_path, lengths, column, titles):
    made = openpyxl.Workbook()
    for _ in range(titles):
        made.active.append(["Police Department, incidents by day"])
    made.active.append(HEAD)
    wanted = []
    for group, length in enumerate(lengths):
        first = made.active.max_row + 1
        for line in rows(length, 2020 + group, f"G{group}"):
            made.active.append(line)
        wanted += [cell_text(made.active.cell(first, column + 1).value)] * length
        if length > 1:
            made.active.merge_cells(start_row=first, end_row=first + length - 1, start_column=column + 1,
                                    end_column=column + 1)
    made.save(tmp_path / "a.xlsx")
    texts, told = read(tmp_path / "a.xlsx")
    assert texts.iloc[:, column].tolist() == wanted
    assert ("were merged" in told) == any(length > 1 for length in lengths)


def test_a_date_merged_over_its_rows_gives_all_incidents(workspace, tmp_path):
    lines = rows(6)
    for number, line in enumerate(lines):
        line[2] = dt.date(2023, 3, 5) if number in (0, 3) else None
        line.append(f"{10 + number}:15")
    made = book(lines, [*HEAD, "Time Occurred"])
    made.active.merge_cells("C2:C4")
    made.active.merge_cells("C5:C7")
    made.save(tmp_path / "a.xlsx")
    assert import_incidents(workspace, tmp_path / "a.xlsx").counts["added"] == 6


def test_errors_of_excel_are_empty_and_told_by_column(tmp_path):
    made = book(rows(6))
    for place, error in (("D3", "#N/A"), ("D4", "#N/A"), ("C5", "#REF!")):
        made.active[place] = error
        made.active[place].data_type = "e"
    made.save(tmp_path / "a.xlsx")
    texts, told = read(tmp_path / "a.xlsx")
    assert (texts == "").sum().sum() == 3
    assert "3 cells of the sheet Incidents of a.xlsx show an error" in told
    assert "Latitude (#N/A)" in told and "Date Occurred (#REF!)" in told


@pytest.mark.parametrize("column", ["C", "D"])
def test_formulas_without_values_are_one_sentence_that_says_so(workspace, tmp_path, column):
    made = book(rows(6))
    for row in range(2, 8):
        made.active[f"{column}{row}"] = f"=1*{row}"
    made.save(tmp_path / "a.xlsx")
    with pytest.raises(ConnectError, match="never calculated, in (Latitude|Date Occurred)"):
        import_incidents(workspace, tmp_path / "a.xlsx")
    assert workspace.count("incidents") == 0


def test_a_few_formulas_without_values_are_told(tmp_path):
    made = book(rows(6))
    made.active["F3"] = "=UPPER(\"a1\")"
    made.save(tmp_path / "a.xlsx")
    texts, told = read(tmp_path / "a.xlsx")
    assert len(texts) == 6 and "1 cells of the sheet Incidents of a.xlsx are formulas" in told


@pytest.mark.parametrize("name, content, words", [
    ("a.xls", OLD_OFFICE + b"\0" * 900, "old Excel format"),
    ("a.xlsx", OLD_OFFICE + b"\0" * 900, "old Excel format"),
    ("a.xlsx", OLD_OFFICE + b"\0" * 900 + "EncryptedPackage".encode("utf-16-le"), "locked by a password"),
    ("a.xls", OLD_OFFICE + b"\0" * 900 + "EncryptedPackage".encode("utf-16-le"), "locked by a password"),
    ("a.xls", b"<html><table><tr><td>1</td></tr></table></html>", "web page"),
    ("a.xls", b"\xef\xbb\xbf<?xml version='1.0'?><Workbook/>", "web page or XML"),
    ("a.xlsb", b"PK\3\4", "binary format"), ("a.numbers", b"PK\3\4", "Apple Numbers"),
    ("a.mdb", b"\0\1\0\0Standard Jet DB", "Access")])
def test_other_spreadsheets_are_one_sentence_that_says_what_to_do(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ConnectError, match=words) as refused:
        open_source(tmp_path / name)
    assert name in refused.value.user and "save" in refused.value.user and len(refused.value.user) < 300


def test_what_is_only_named_xls_is_read(tmp_path):
    lines = [[cell_text(cell) for cell in line] for line in [HEAD, *rows(6)]]
    (tmp_path / "tabs.xls").write_text("\n".join(map("\t".join, lines)))
    (tmp_path / "wide.xls").write_text("\n".join(map("\t".join, lines)), encoding="utf-16")
    book(rows(6)).save(tmp_path / "new.xlsx")
    (tmp_path / "new.xlsx").rename(tmp_path / "new.xls")
    for name in ("tabs.xls", "wide.xls", "new.xls"):
        texts, _ = read(tmp_path / name)
        assert texts.to_numpy().tolist() == lines[1:]


def test_prefixed_sheets_of_other_programs_have_their_marks(tmp_path):
    made = book(rows(4))
    made.active.row_dimensions[3].hidden = True
    made.save(tmp_path / "a.xlsx")
    with zipfile.ZipFile(tmp_path / "a.xlsx") as old, zipfile.ZipFile(tmp_path / "b.xlsx", "w") as new:
        for part in old.infolist():
            content = old.read(part)
            if part.filename.endswith("sheet1.xml"):
                content = content.replace(b"<", b"<x:").replace(b"<x:/", b"</x:").replace(b"<x:?", b"<?").replace(
                    b"xmlns=", b"xmlns:x=")
            new.writestr(part, content)
    texts, told = read(tmp_path / "b.xlsx")
    assert len(texts) == 4 and "1 rows of the sheet Incidents of b.xlsx are hidden" in told
