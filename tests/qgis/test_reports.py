"""The reports on delivered patrols, as PDF, pictures, CSV and layouts: right numbers, decent pages, text as text."""
import csv
import re
import shutil
import sqlite3
import subprocess
from dataclasses import replace
from pathlib import Path

import made_month
import numpy as np
import pandas as pd
import pytest
from made_towns import BEATS_9_AND_10, CUT_TOWN, new_town
from pdf_eyes import GOLDEN, array_of, difference, pages_of, picture_of, words_of
from qgis.core import (QgsFontUtils, QgsLayoutItemLabel, QgsLayoutItemMap, QgsLayoutItemPicture, QgsLayoutItemShape,
                       QgsLayoutTable, QgsPrintLayout, QgsProject, QgsReadWriteContext, QgsRectangle)
from qgis.PyQt.QtXml import QDomDocument
from shapely.geometry import LineString, box

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.forecast.box_shapes import BoxShapes
from shotspotter_connect_plugin.reports.builders import (crime_type_report, delivered_map, officer_report, publish,
                                                         registry, shift_maps, shift_report, shift_tables,
                                                         tactic_report)
from shotspotter_connect_plugin.reports.paper import charts, map_layers, page_flow, style
from shotspotter_connect_plugin.reports.paper.report_content import (Beside, Chart, Heading, Map, PageHead, Paragraph,
                                                                     PrintedColumn, PrintedTable, Report, number,
                                                                     table_csv)
from shotspotter_connect_plugin.workspace.numbers import (delivered_period, dosage_figures, officer_figures,
                                                          tactic_figures)
from shotspotter_connect_plugin.workspace.store.runs import recorded
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

FIRST, LAST = "2024-03-01", "2024-03-08"
NASTY = ("[% 1+1 %]", "<b>bold</b> & <script>", "=1+1", "+SUM(A1)", "@cmd|' /C calc'!A0", "it's \"quoted\" \\ [%1+1%]",
         "A very long name that goes on, 2200 block of the north-western side of St Elizabeths Avenue, " * 3, "W" * 200)
BUILDERS = {"shift": shift_report, "tactic": tactic_report, "officer": officer_report, "crimetype": crime_type_report}
ALL = [kind.name for kind in registry.REPORT_KINDS if kind.module]


@pytest.fixture(autouse=True)
def qgis(qgis_app):
    """Every test here needs QGIS."""


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """Path of an empty workspace of a small town with two beats."""
    path = tmp_path_factory.mktemp("town") / "town.gpkg"
    new_town(path, CUT_TOWN, BEATS_9_AND_10).close()
    return path


def filled(town, folder, settings=(), **made):
    """A copy of the town with patrols, opened."""
    path = Path(folder) / "filled.gpkg"
    shutil.copy(town, path)
    workspace = open_workspace(path)
    made_month.fill(workspace, FIRST, **made)
    with workspace.transaction() as writer:
        writer.save_settings(replace(workspace.settings, **{"agency": "Town Police", **dict(settings)}))
    return workspace


@pytest.fixture(scope="module")
def month(town, tmp_path_factory):
    with filled(town, tmp_path_factory.mktemp("month"), days=8, boxes_per_shift=10, officers=12) as workspace:
        yield workspace


@pytest.fixture(scope="module")
def nasty(town, tmp_path_factory):
    """Everything is called like a command, and there are 500 officers."""
    named = {"agency": "[% 1+1 %] <b>Police</b>", "notice": "[% 2+2 %] <i>drill</i>", "page_size": "A4"}
    with filled(town, tmp_path_factory.mktemp("nasty"), named, days=8, boxes_per_shift=16, officers=500,
                names=NASTY, crew=25) as workspace:
        yield workspace


@pytest.fixture(scope="module")
def printed(month, nasty, tmp_path_factory):
    """``printed(name, workspace)``: path of the PDF of a report over all days, made once."""
    made, folder = {}, tmp_path_factory.mktemp("printed")

    def printed(name, workspace):
        key = name, workspace is nasty
        if key not in made:
            report = BUILDERS[name].build(workspace, FIRST, LAST)
            made[key], = publish.write_report(report, str(folder / "{}_{}.pdf".format(*key)))
        return made[key]
    return printed


def text_of(pdf):
    return " ".join(" ".join(pages_of(pdf)).split())


def ask(workspace, sql):
    with sqlite3.connect(f"file:{workspace.address}?mode=ro", uri=True) as connection:
        return connection.execute(sql).fetchone()[0]


def in_boxes(workspace, condition):
    """Minutes in which officers were in boxes, whichever and however many at once: by walking along their visits."""
    with sqlite3.connect(f"file:{workspace.address}?mode=ro", uri=True) as connection:
        visits = pd.read_sql_query("SELECT officer, shift_date, shift, entered_utc, left_utc, minutes FROM visits "
                                   f"WHERE {condition} ORDER BY entered_utc", connection,
                                   parse_dates=["entered_utc", "left_utc"])
    total = 0.0
    for _, own in visits.groupby(["officer", "shift_date", "shift"]):
        runs = []
        for row in own.itertuples():
            if runs and row.entered_utc <= runs[-1][1]:
                runs[-1] = runs[-1][0], max(runs[-1][1], row.left_utc), runs[-1][2] + row.minutes
            else:
                runs.append((row.entered_utc, row.left_utc, row.minutes))
        total += sum(min((end - begin).total_seconds() / 60, minutes) for begin, end, minutes in runs)
    return total


# --- numbers ---------------------------------------------------------------------------------------------------------

def test_numbers_on_the_page_are_those_of_the_file(month, printed):
    period = f"shift_date BETWEEN '{FIRST}' AND '{LAST}'"
    planned = ask(month, f"SELECT count(*) FROM patrols WHERE status = 'planned' AND {period}")
    minutes = ask(month, "SELECT sum(target_minutes * (1 + returns)) FROM patrols WHERE status = 'planned' AND "
                         f"{period}")
    visited = ask(month, f"SELECT count(DISTINCT patrol_id) FROM visits WHERE {period}")
    for name in ("shift", "crimetype"):
        words = text_of(printed(name, month))
        assert f"{visited:,} of {planned:,}" in words and f"of {minutes:,.0f} planned" in words
    logs = delivered_period.read_delivered(month, FIRST, LAST).logs
    words = text_of(printed("tactic", month))
    assert f"{len(logs):,}" in words and f"{logs['minutes'].sum():,.0f}" in words
    for name in ("Foot patrol", "Visible presence", "Never used", "arrest everybody", "not on the list"):
        assert name in words
    met = ask(month, "SELECT sum(min(planned, minutes)) / sum(planned) FROM (SELECT target_minutes * (1 + returns) AS "
                     "planned, (SELECT total(minutes) FROM (SELECT DISTINCT unit, entered_utc, minutes FROM visits v "
                     "WHERE v.patrol_id = p.patrol_id)) AS minutes FROM patrols p "
                     f"WHERE status = 'planned' AND {period})")
    for name in ("shift", "crimetype"):
        assert re.search(rf"{100 * met:.0f} % .*planned minutes met", text_of(printed(name, month)))
    crews = in_boxes(month, f"officer <> 'unknown' AND {period}")
    summed = ask(month, f"SELECT sum(minutes) FROM visits WHERE officer <> 'unknown' AND {period}")
    words = text_of(printed("officer", month))
    assert crews < summed and f"{crews:,.0f}" in words and f"{summed:,.0f}" not in words
    assert "not how well somebody worked" in pages_of(printed("officer", month))[0]


def test_tactics_and_boxes_of_officers_stand_in_full(month, printed, monkeypatch):
    monkeypatch.setattr(officer_report, "CHARACTERS", 100)
    report = officer_report.build(month, FIRST, LAST)
    rows = {part.name: part.rows.groupby("officer")["words"].agg("; ".join)
            for part in report.parts if isinstance(part, PrintedTable) and "words" in part.rows}
    period = delivered_period.read_delivered(month, FIRST, LAST)
    boxes, (by_tactic, by_box) = officer_figures.officer_boxes(period), rows.values()
    words = text_of(printed("officer", month))
    assert boxes.groupby("officer").size().max() > 5 and "…" not in words
    for row in boxes.itertuples():
        assert f"{row.box_id}: {row.minutes:,.0f}" in by_box[row.officer].split("; ") and row.box_id in words
    names = tactic_figures.tactic_table(period).set_index("tactic")["name"]
    use = tactic_figures.use_by(period, ["officer", "tactic"])
    for row in use[use["officer"].isin(by_tactic.index)].itertuples():
        assert f"{names[row.tactic]}: {row.minutes:,.0f}" in by_tactic[row.officer].split("; ")


def test_entries_that_were_not_approved_are_summed_up_and_all_in_the_file(month, monkeypatch):
    monkeypatch.setattr(tactic_report, "MOST_LISTED", 5)
    report = tactic_report.build(month, FIRST, LAST)
    tables = {(table.name, table.on_page): table for table in report.parts if isinstance(table, PrintedTable)}
    logs = delivered_period.read_delivered(month, FIRST, LAST).logs
    wrong = logs[~logs["approved"].astype(bool)]
    assert len(wrong) > tactic_report.MOST_LISTED and len(tables["not approved", False].rows) == len(wrong)
    assert ("not approved", True) not in tables
    for name in ("not approved by tactic", "not approved by unit"):
        table = tables[name, True]
        entries, minutes = (next(column for column in table.columns if column.title == title).name
                            for title in ("Entries", "Minutes"))
        assert table.rows[entries].sum() == len(wrong)
        assert table.rows[minutes].sum() == pytest.approx(wrong["minutes"].sum())
    listed = ask(month, "SELECT count(*) FROM tactics")
    used = ask(month, "SELECT count(*) FROM tactics WHERE tactic IN (SELECT tactic FROM tactic_log)")
    assert f"{used} of {listed}" in [figure for figure, _ in report.parts[0].figures]


def test_a_bar_without_a_number_is_left_blank():
    drawn = charts.bars(["a", "b"], [charts.Series("x", [1.5, float("nan")])], 100.0, missing="no visits")
    said = [word.text for word in drawn.words]
    assert "no visits" in said and said.count("0") == 1 and "1.5" in said  # 0 of the axis only


@pytest.mark.parametrize("name", BUILDERS)
def test_tables_as_csv_hold_the_same_rows(month, name, tmp_path):
    report = BUILDERS[name].build(month, FIRST, LAST)
    paths = publish.write_report(report, str(tmp_path / "report.csv"))
    assert len(set(paths)) == len(report.tables()) > 1
    for path, table in zip(paths, report.tables()):
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == len(table.rows)
        for column in table.columns:
            if column.number and len(rows):
                seen = [float(row[column.title]) if row[column.title] else np.nan for row in rows]
                assert seen == pytest.approx(table.rows[column.name].astype(float).tolist(), nan_ok=True)


def test_tables_of_one_name_get_files_of_their_own(tmp_path):
    tables = [PrintedTable("same name", [PrintedColumn("a", "A")], pd.DataFrame({"a": [n]})) for n in range(3)]
    paths = publish.write_report(Report("x", PageHead("x", "y"), tables), str(tmp_path / "x.csv"))
    assert [Path(path).name for path in paths] == ["x_same_name.csv", "x_same_name_2.csv", "x_same_name_3.csv"]
    assert [Path(path).read_text(encoding="utf-8-sig").split() for path in paths] == [["A", str(n)] for n in range(3)]


def test_one_shift_shows_every_box_with_what_became_of_it(month, tmp_path):
    pdf, = publish.write_report(shift_report.build(
        month, "2024-03-05", "2024-03-05", shift="day"), str(tmp_path / "s.pdf"))
    words = text_of(pdf)
    patrols = delivered_period.read_delivered(month, "2024-03-05", "2024-03-05", shift="day").patrols
    for patrol in patrols.itertuples():
        assert patrol.box_id in words
    assert "Day shift, Tuesday, 5 March 2024, 07:00 to 15:00" in words and "Who was where, and when" in words
    for outcome in ("Not visited", "Short", "On target", "Over"):
        assert outcome in words
    assert words.count("U-9") > 1  # a row of the timeline, and its stays


def test_shifts_of_a_long_period_are_a_table_and_of_a_short_one_pages(month):
    def printed_tables(report):
        return [part.name for part in report.parts if isinstance(part, PrintedTable) and part.on_page]
    assert printed_tables(shift_report.build(month, FIRST, LAST)) == ["shifts", "beats", "missed", "extreme"]
    assert printed_tables(shift_report.build(month, "2024-03-05", "2024-03-05")) == [
        "shifts", "off_target", "beats", "extreme"] + 3 * ["stays", "boxes", "boxes_on_target"]


@pytest.mark.parametrize("code", ["", "day"])
def test_the_first_page_says_what_was_planned_delivered_and_missed(month, tmp_path, code):
    date = "2024-03-05"
    report = shift_report.build(month, date, date, shift=code)
    first = " ".join(pages_of(publish.write_report(report, str(tmp_path / "s.pdf"))[0])[0].split())
    where = f"FROM patrols WHERE status = 'planned' AND shift_date = '{date}' AND shift LIKE '{code or '%'}'"
    visited = "AND patrol_id IN (SELECT patrol_id FROM visits)"
    planned, seen = (ask(month, f"SELECT count(*) {where} {more}") for more in ("", visited))
    assert f"{seen} of {planned} " in first and planned > seen > 0
    table = next(part for part in report.parts if getattr(part, "name", "") == "off_target")
    counts = table.rows.groupby("outcome")["boxes"].sum()
    off = delivered_period.read_delivered(month, date, date, shift=code).patrols["outcome"].value_counts()
    for outcome, words in (("missed", "Not visited"), ("short", "Short"), ("over", "Over")):
        assert counts.get(words, 0) == off.get(outcome, 0)
    assert len(re.findall(r"\d+[A-Z]", " ".join(table.rows["which"]))) == table.rows["boxes"].sum() > 0
    for outcome, boxes, which in table.rows[["outcome", "boxes", "which"]].itertuples(index=False):
        assert f"{boxes} {which}" in first


def test_the_first_page_says_when_a_box_is_on_target_and_single_stays_are_not_judged(town, tmp_path):
    limits = {"on_target_low": 12.0, "target_minutes": 20.0, "on_target_high": 25.0}
    with filled(town, tmp_path, limits, days=1, boxes_per_shift=6) as workspace:
        pages = pages_of(publish.write_report(shift_report.build(workspace, FIRST, FIRST), str(tmp_path / "s.pdf"))[0])
    first, all_of_it = (" ".join(" ".join(some).split()) for some in (pages[:1], pages))
    assert "On target: 12 to 25 minutes a visit asked for, of 20 planned" in first and "24 to 50 of 40" in first
    assert re.search(r"\d\d:\d\d–\d\d:\d\d \d+ \d[A-Z], \d+ min", all_of_it)
    assert not re.search(r"min (short|over)", all_of_it)


def test_boxes_that_lift_all_totals_are_listed(month, monkeypatch):
    monkeypatch.setattr(shift_tables, "EXTREME", 1.2)
    date = "2024-03-05"
    report = shift_report.build(month, date, date)
    table = next(part for part in report.parts if getattr(part, "name", "") == "extreme")
    planned = dict(zip(table.rows["patrol_id"], table.rows["planned_minutes"]))
    assert len(planned) == len(table.rows) > 0 and list(table.rows["minutes"]) == sorted(table.rows["minutes"])[::-1]
    for patrol, minutes in zip(table.rows["patrol_id"], table.rows["minutes"]):
        target = ask(month, f"SELECT target_minutes * (1 + returns) FROM patrols WHERE patrol_id = '{patrol}'")
        assert planned[patrol] == target and minutes > 1.2 * target
    visits = "SELECT sum(minutes) FROM (SELECT max(minutes) AS minutes FROM visits JOIN patrols USING (patrol_id) " \
             "WHERE patrols.status = 'planned' AND patrols.shift_date = '{}' GROUP BY visits.unit, visits.box_id, " \
             "entered_utc) "
    found, minutes, whole = dosage_figures.extreme(delivered_period.read_delivered(month, date, date), 1.2)
    everyone = delivered_period.read_delivered(month, date, date).patrols
    assert len(found) == (everyone["minutes"] > 1.2 * everyone["planned_minutes"]).sum() < len(everyone)
    assert minutes == pytest.approx(found["minutes"].sum()) and minutes < whole
    assert whole == pytest.approx(everyone["minutes"].sum()) and whole <= ask(month, visits.format(date))  # overlaps
    assert f": {len(found)}, with {minutes:,.0f} of the {whole:,.0f} minutes" in table.title


def test_columns_side_by_side_hold_every_row_once(tmp_path):
    rows = pd.DataFrame({"a": [f"row{n}" for n in range(500)], "b": range(500)})
    table = PrintedTable("t", [PrintedColumn("a", "Head of it"), number("b", "B", 20)], rows, across=3)
    path, = publish.write_report(Report("x", PageHead("x", "y"), (table,)), str(tmp_path / "x.pdf"))
    pages = pages_of(path)
    assert len(pages) == 4 and all(page.count("Head of it") == 3 for page in pages)
    assert sorted(re.findall(r"row\d+", " ".join(pages))) == sorted(rows["a"])
    assert [page_flow.page_tables.runs([5.0] * count, 100.0, 3) for count in (1, 2, 56, 70)] == [
        [(0, 1)], [(0, 1), (1, 2)], [(0, 19), (19, 38), (38, 56)], [(0, 20), (20, 40), (40, 60)]]
    assert page_flow.page_tables.runs([200.0, 5.0], 100.0, 2) == []


# --- text is text ----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", BUILDERS)
def test_names_that_look_like_commands_stay_names(nasty, printed, name, tmp_path):
    words = text_of(printed(name, nasty))
    assert "[% 1+1 %] <b>Police</b>" in words
    if name in ("tactic", "officer"):
        assert "<b>bold</b> &" in words and "=1+1" in words and "+SUM(A1)" in words
    for path in publish.write_report(BUILDERS[name].build(nasty, FIRST, LAST), str(tmp_path / "report.csv")):
        with open(path, encoding="utf-8-sig", newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        assert not [cell for cell in cells if cell[:1] in "=+@" and cell], path
        assert not [cell for cell in cells if cell[:1] == "-" and not cell[1:].replace(".", "").isdigit()]


def test_labels_and_cells_are_never_evaluated(month):
    rows = pd.DataFrame({"name": list(NASTY), "n": range(len(NASTY))})
    report = Report("[% 1+1 %]", PageHead("[% 1+1 %]", "<b>x</b>", "=1+1"), [
        Heading("[% 2+2 %]"), Paragraph("[% 3+3 %] <i>y</i>"),
        Chart("c", lambda width: charts.bars(list(NASTY), [charts.Series("[% 4+4 %]", range(len(NASTY))),
                                                           charts.Series("<u>z</u>", [1] * len(NASTY))], width)),
        PrintedTable("t", [PrintedColumn("name", "[% 5+5 %]"), number("n", "=2", 20)], rows, "[% 6+6 %]")])
    project = QgsProject()
    layout = page_flow.lay_out(project, report)
    shown = " ".join(item.currentText() for item in layout.items() if isinstance(item, QgsLayoutItemLabel))
    for text in ("[% 1+1 %]", "[% 2+2 %]", "[% 3+3 %] <i>y</i>", "[% 4+4 %]", "[% 6+6 %]", "<u>z</u>"):
        assert text in shown
    assert not [item for item in layout.items() if isinstance(item, QgsLayoutItemLabel)
                and item.mode() != QgsLayoutItemLabel.Mode.ModeFont]
    for table in layout.multiFrames():
        assert isinstance(table, QgsLayoutTable) and not table.contentTextFormat().allowHtmlFormatting()
        cells = [cell.content() for row in table.tableContents() for cell in row]
        assert all(isinstance(content, str) for content in cells) and "[% 5+5 %]" in cells
    assert "'=2" in table_csv(report.tables()[0]).splitlines()[0]


@pytest.mark.parametrize("name", BUILDERS)
def test_the_pdf_holds_text_and_vectors_and_nothing_hidden(month, printed, name):
    pdf = printed(name, month)
    content = Path(pdf).read_bytes()
    assert content.startswith(b"%PDF") and b"/Font" in content
    for word in (b"/EmbeddedFile", b"/AF ", b"/JavaScript", b"/OCG", b"patrol_id"):
        assert word not in content
    if shutil.which("pdfimages"):
        listed = subprocess.run(["pdfimages", "-list", pdf], capture_output=True, text=True, check=True).stdout
        assert len(listed.strip().splitlines()) == 2, "charts and maps must stay vectors"


# --- pages -----------------------------------------------------------------------------------------------------------

def margins_are_empty(picture):
    """Nothing is printed within 8 mm of the paper's left and right edge and 5 mm of the lower one."""
    side, foot = round(8 / 25.4 * 72), round(5 / 25.4 * 72)
    return (picture[:, :side] > 250).all() and (picture[:, -side:] > 250).all() and (picture[-foot:] > 250).all()


@pytest.mark.parametrize("name", BUILDERS)
def test_every_page_has_its_head_and_foot_and_keeps_its_margins(nasty, printed, name, tmp_path):
    pdf = printed(name, nasty)
    pages = pages_of(pdf)
    for place, page in enumerate(pages, 1):
        words = " ".join(page.split())
        assert f"Page {place} of {len(pages)}" in words and "1 to 8 March 2024 · all beats" in words
        assert "[% 2+2 %] <i>drill</i>" in words
        assert "Tracks, logs and plans as of" in words and "ShotSpotter Connect" in words
    for place in {1, 2, len(pages)}:
        if place <= len(pages):
            assert margins_are_empty(picture_of(pdf, place, tmp_path)), f"page {place}"


def test_boxes_visited_without_a_plan_are_on_the_map():
    """Their layer has no attributes, and still a feature for each."""
    squares = BoxShapes(np.array([[0.0, 0.0, 250.0, 250.0], [250.0, 0.0, 500.0, 250.0]]))
    assert delivered_map.other_boxes("EPSG:32618", squares).featureCount() == 2


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("last", [FIRST, LAST])
def test_pages_are_laid_out_when_the_workspace_is_closed(month, tmp_path, name, last):
    """The dock composes a report in a task, records the run, closes the workspace, and opens the designer then."""
    with open_workspace(month.address) as workspace, recorded(workspace, "connect:" + name, {}) as run:
        report = registry.compose(name, workspace, FIRST, last)
        run.counts = {"tables": len(report.tables())}
    assert pages_of(publish.write_report(report, str(tmp_path / "closed.pdf"))[0])


@pytest.mark.parametrize("name", BUILDERS)
def test_nothing_overlaps_the_foot(nasty, printed, name):
    for words in words_of(printed(name, nasty)):
        foot = min(top for word, top, _ in words if word == "Tracks," and top > 700)
        assert max(bottom for _, top, bottom in words if top < foot - 1) <= foot + 1


def test_all_500_rows_of_a_table_are_printed_with_the_header_on_each_page(tmp_path):
    rows = pd.DataFrame({"name": [f"row{n:04d}" + (" word" * (n % 17)) for n in range(500)], "n": range(500)})
    table = PrintedTable("t", [PrintedColumn("name", "Heading", 60), number("n", "N", 30)], rows, "Title of it")
    report = Report("Rows", PageHead("Rows", "all"), [table])
    pdf, = publish.write_report(report, str(tmp_path / "rows.pdf"))
    pages = pages_of(pdf)
    seen = [word for page in pages for word in page.split() if word.startswith("row")]
    assert seen == [f"row{n:04d}" for n in range(500)]
    assert all("Heading" in page for page in pages) and len(pages) > 10


def test_a_row_higher_than_usual_and_a_column_without_room(tmp_path):
    rows = pd.DataFrame({"a": ["word " * 300] * 3, "b": ["W" * 400] * 3})
    report = Report("High", PageHead("High", "x"), [
        Beside(([PrintedTable("t", [PrintedColumn("a", "A" * 80, lines=12), PrintedColumn("b", "B", lines=6)], rows)],
                [Paragraph("text " * 100)]), (1, 1)),
        Beside(([Paragraph("long " * 3000)], [Paragraph("short")]), (1, 1)),
        PrintedTable("none", [PrintedColumn("a", "A")], rows[:0])])
    pdf, = publish.write_report(report, str(tmp_path / "high.pdf"))
    words = text_of(pdf)
    assert words.count("long") > 1500 and "Nothing to show in this period." in words
    assert margins_are_empty(picture_of(pdf, 1, tmp_path))


@pytest.mark.parametrize("name, sentence", [
    ("shift", "No patrols were planned"), ("tactic", "No tactics are logged"), ("officer", "No officer is known"),
    ("crimetype", "No patrols were planned")])
def test_an_empty_period_gives_one_page_that_says_so(month, name, sentence, tmp_path):
    report = BUILDERS[name].build(month, "2023-01-01", "2023-01-31")
    pdf, = publish.write_report(report, str(tmp_path / "empty.pdf"))
    page, = pages_of(pdf)
    assert sentence in " ".join(page.split()) and "Page 1 of 1" in page and "No data yet" in page
    if not report.tables():
        with pytest.raises(ConnectError, match=sentence):
            publish.write_report(report, str(tmp_path / "empty.csv"))


@pytest.mark.parametrize("name", ALL)
def test_one_visit_gives_a_decent_page(town, name, tmp_path):
    with filled(town, tmp_path, days=1, boxes_per_shift=1, officers=1) as workspace:
        stays = delivered_period.read_delivered(workspace, FIRST, FIRST).stays
        report = registry.compose(name, workspace, FIRST, FIRST, shift=stays["shift"].iloc[0])
    pdf, = publish.write_report(report, str(tmp_path / "one.pdf"))
    pages = pages_of(pdf)
    assert 1 <= len(pages) <= 2 and all(margins_are_empty(picture_of(pdf, n + 1, tmp_path)) for n in range(len(pages)))
    for shown in (part for part in report.parts if isinstance(part, Map)):
        x_min, y_min, x_max, y_max = shown.extent
        assert min(x_max - x_min, y_max - y_min) >= 1000, "one box alone tells nobody where it is"


@pytest.mark.parametrize("code", ["", "day"])
def test_pages_of_single_shifts_hold_many_officers_and_names_of_any_kind(nasty, tmp_path, code):
    pdf, = publish.write_report(shift_report.build(
        nasty, "2024-03-05", "2024-03-05", shift=code), str(tmp_path / "s.pdf"))
    words = text_of(pdf)
    assert "[% 1+1 %] <b>Police</b>" in words and "A very long name" in words and "W" * 20 in words
    for place, page in enumerate(words_of(pdf), 1):
        assert margins_are_empty(picture_of(pdf, place, tmp_path)), f"page {place}"
        foot = min(top for word, top, _ in page if word == "Tracks," and top > 700)
        assert max(bottom for _, top, bottom in page if top < foot - 1) <= foot + 1


@pytest.mark.parametrize("name", ALL)
def test_beats_may_have_any_name(tmp_path, name):
    beats = {beat: box(x, 4_300_000, x + 1_000, 4_303_000)
             for beat, x in ((NASTY[6].strip(), 320_000), ("[% 1+1 %]", 321_000), ("=1+1", 322_000))}
    with new_town(tmp_path / "t.gpkg", CUT_TOWN, beats) as workspace:
        made_month.fill(workspace, FIRST, days=1, boxes_per_shift=12)
        pdf, = publish.write_report(registry.compose(name, workspace, FIRST, FIRST), str(tmp_path / "s.pdf"))
    pages = pages_of(pdf)
    if name in ("shiftreport", "tacticreport"):
        assert "[% 1+1 %]" in text_of(pdf) and "A very long" in text_of(pdf)
    for place in range(1, len(pages) + 1):
        assert margins_are_empty(picture_of(pdf, place, tmp_path)), f"page {place}"


def test_500_officers_stand_in_the_order_of_their_codes_unless_a_ranking_is_asked_for(nasty, printed):
    plain = officer_report.build(nasty, FIRST, LAST)
    ranked = officer_report.build(nasty, FIRST, LAST, rank=True)
    table = {name: next(part.rows for part in report.parts
                        if isinstance(part, PrintedTable) and part.name == "officers")
             for name, report in (("plain", plain), ("ranked", ranked))}
    assert len(table["plain"]) > 400 and set(table["plain"]["officer"]) == set(table["ranked"]["officer"])
    assert list(table["ranked"]["per_shift"]) == sorted(table["ranked"]["per_shift"], reverse=True)
    assert not table["plain"]["per_shift"].is_monotonic_decreasing
    assert len(pages_of(printed("officer", nasty))) < 65


def test_one_officer_beside_peers(month, tmp_path):
    who = delivered_period.read_delivered(month, FIRST, LAST).roster["officer"].iloc[0]
    report = officer_report.build(month, FIRST, LAST, officer=who)
    words = text_of(publish.write_report(report, str(tmp_path / "one.pdf"))[0])
    others = set(delivered_period.read_delivered(month, FIRST, LAST).roster["officer"]) - {who}
    assert f"officer {who}" in words and not [other for other in others if other in words]
    minutes = in_boxes(month, f"officer = '{who}'")
    assert f"{minutes:,.0f}" in words and "Median of the peers" in words
    with pytest.raises(ConnectError, match="no officer 'nobody'"):
        officer_report.build(month, FIRST, LAST, officer="nobody")


@pytest.mark.parametrize("page_size, points", [("Letter", (612, 792)), ("A4", (595, 842))])
def test_paper_and_logo(town, page_size, points, tmp_path):
    logo = tmp_path / "logo.svg"
    logo.write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><rect width="10" height="10" '
                    'fill="#ff0000"/></svg>')
    with filled(town, tmp_path, {"page_size": page_size, "logo": "logo.svg"}, days=1, boxes_per_shift=2) as workspace:
        report = crime_type_report.build(workspace, FIRST, FIRST)
    assert report.head.logo == str(logo)
    picture = picture_of(publish.write_report(report, str(tmp_path / "r.pdf"))[0], 1, tmp_path)
    assert abs(picture.shape[1] - points[0]) <= 1 and abs(picture.shape[0] - points[1]) <= 1
    red = (picture[:, :, 0] > 200) & (picture[:, :, 1] < 60) & (picture[:, :, 2] < 60)
    assert red[:70, -140:].sum() > 300 and red[80:].sum() == 0


def test_wrong_beat_shift_dates_and_ending_are_refused_in_one_sentence(month, tmp_path):
    for wrong in ({"beat": "77"}, {"shift": "dawn"}):
        with pytest.raises(ConnectError, match="There is no"):
            shift_report.build(month, FIRST, LAST, **wrong)
    with pytest.raises(ConnectError, match="ends before it starts"):
        tactic_report.build(month, LAST, FIRST)
    with pytest.raises(ConnectError, match="ends in .pdf, .png or .csv"):
        publish.write_report(shift_report.build(month, FIRST, FIRST), str(tmp_path / "report.docx"))


# --- pictures --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", BUILDERS)
def test_the_first_page_looks_as_it_should(month, printed, name, tmp_path):
    if not QgsFontUtils.fontFamilyOnSystem("Open Sans"):
        pytest.skip("needs the font Open Sans")
    pdf = printed(name, month)
    seen, golden = picture_of(pdf, 1, tmp_path), array_of(GOLDEN / f"report_{name}.png")
    assert seen.shape == golden.shape
    assert difference(seen, golden) < 0.01, f"{pdf} looks different from its golden picture"


@pytest.mark.parametrize("code", ["", "day"])
def test_the_first_page_of_one_date_and_of_one_shift_looks_as_it_should(month, tmp_path, code):
    if not QgsFontUtils.fontFamilyOnSystem("Open Sans"):
        pytest.skip("needs the font Open Sans")
    pdf, = publish.write_report(shift_report.build(
        month, "2024-03-05", "2024-03-05", shift=code), str(tmp_path / "s.pdf"))
    seen = picture_of(pdf, 1, tmp_path)
    golden = array_of(GOLDEN / f"report_shift_{'one' if code else 'date'}.png")
    assert seen.shape == golden.shape
    assert difference(seen, golden) < 0.01, f"{pdf} looks different from its golden picture"


def test_golden_pictures_are_not_alike():
    pictures = [array_of(GOLDEN / f"report_{name}.png") for name in BUILDERS]
    assert all(difference(one, other) > 0.03 for n, one in enumerate(pictures) for other in pictures[:n])


def test_series_differ_without_colour():
    """In greys, bars of the same height still differ: by their hatching."""
    drawn = charts.columns(["a"], [charts.Series(str(n), [10.0], "#777777") for n in range(7)], 100.0)
    paths = [part for part in drawn.svg.split("<path")[1:] if "rgb(100%" in part]
    assert len(paths) >= 2 * 6  # legend and bar of every series but the plain one
    assert all(name in charts.PATTERNS for name in ("", "/", "x")) and len(set(charts.PATTERNS)) == 7


def test_charts_take_anything():
    """Nothing, zeros, NaN and one value give pictures with finite places."""
    nan = float("nan")
    for drawn in (
            charts.bars([], [charts.Series("a", [])], 80.0), charts.bars(["x"], [charts.Series("a", [nan])], 80.0),
            charts.columns([], [], 80.0), charts.columns(["x"], [charts.Series("a", [0.0])], 80.0),
            charts.lines(["x"], [charts.Series("a", [nan])], 80.0), charts.lines([], [charts.Series("a", [])], 80.0),
            charts.timeline([], 0.0, 0.0, [], 80.0), charts.lorenz([], 80.0),
            charts.intervals(["x"], [nan], [nan], [nan], 80.0), charts.intervals([], [], [], [], 80.0),
            charts.intervals(["x"], [2.0], [nan], [nan], 80.0)):
        assert "nan" not in drawn.svg and "inf" not in drawn.svg.replace("info", "") and drawn.height > 0


def test_a_qr_code_keeps_its_quiet_zone_and_is_black_on_white():
    drawn = charts.qr_code("https://files.example.gov/plans/phone_2024-03-05_day.zip", 20.0)
    assert drawn.width == drawn.height == 20.0 and not drawn.words
    numbers = [float(value) for value in drawn.svg.split(' d="')[1].split('"')[0].replace("M", " ").replace(
        "L", " ").replace("Z", " ").split()]
    size = 20.0 / charts.POINT
    assert min(numbers) > 0.08 * size and max(numbers) < 0.92 * size


# --- layouts ---------------------------------------------------------------------------------------------------------

def test_it_is_an_ordinary_layout_that_can_be_saved_and_opened_again(month, tmp_path):
    project = QgsProject.instance()
    project.clear()
    report = shift_report.build(month, "2024-03-05", "2024-03-05", shift="day")
    layout = page_flow.lay_out(project, report)
    again = page_flow.lay_out(project, report)
    assert isinstance(layout, QgsPrintLayout) and layout.name() == "Shift report" and again.name() == "Shift report (2)"
    assert layout.itemById("Title").currentText() == "Shift report" and layout.itemById("Tracks and boxes").layers()
    assert project.layerTreeRoot().findLayers() == [] and project.mapLayers()
    document = QDomDocument()
    element = layout.writeXml(document, QgsReadWriteContext())
    copy = QgsPrintLayout(project)
    assert copy.readXml(element, document, QgsReadWriteContext())
    assert copy.pageCollection().pageCount() == layout.pageCollection().pageCount()
    pictures = [item for item in copy.items() if isinstance(item, QgsLayoutItemPicture)]
    assert pictures and all(item.picturePath().startswith("base64:") for item in pictures if "arrow" not in item.id())
    project.clear()


def test_tracks_are_never_written_to_disk(month):
    project = QgsProject()
    layout = page_flow.lay_out(project, shift_report.build(month, "2024-03-05", "2024-03-05", shift="day"))
    layers = {layer.name(): layer for layer in layout.itemById("Tracks and boxes").layers()}
    assert layers["Tracks"].dataProvider().name() == layers["Planned boxes"].dataProvider().name() == "memory"


def test_a_city_is_cut_into_areas_in_which_each_box_is_once():
    rows = np.random.default_rng(3).integers(0, 60, (109, 2))
    rectangles = np.column_stack([250.0 * rows, 250.0 * rows + 250.0])
    areas = shift_maps.cut_in_areas(rectangles, 3)
    assert [name for name, _, _ in areas] == list("ABCDEF") and {len(members) for _, _, members in areas} <= {18, 19}
    assert sorted(np.concatenate([members for _, _, members in areas])) == list(range(109))
    for _, extent, members in areas:
        grown = shift_maps.of_panel_shape(shift_maps.with_surroundings(*extent))
        assert QgsRectangle(*grown).contains(QgsRectangle(*extent))
        assert (rectangles[members, :2] >= extent[:2]).all() and (rectangles[members, 2:] <= extent[2:]).all()
        wide, high = shift_maps.PANEL
        assert (grown[2] - grown[0]) / (grown[3] - grown[1]) == pytest.approx(wide / high)
    assert shift_maps.cut_in_areas(rectangles, 0) == []


def test_many_boxes_get_a_map_per_area_with_numbers_and_few_get_one(town, month, tmp_path):
    with filled(town, tmp_path, days=1, boxes_per_shift=30) as workspace:
        project = map_layers.new_project(workspace.settings.crs)
        layout = page_flow.lay_out(project, shift_report.build(workspace, FIRST, FIRST, shift="day"))
        shown = {item.id(): item for item in layout.items() if isinstance(item, QgsLayoutItemMap)}
        assert sorted(shown) == ["Area A", "Area B", "Area C", "Area D", "Tracks and boxes"]
        labels = {name: next(layer for layer in item.layers() if layer.name() == "Planned boxes").labelsEnabled()
                  for name, item in shown.items()}
        assert not labels.pop("Tracks and boxes") and all(labels.values())
        assert len({layer.id() for name in labels for layer in shown[name].layers()}) == len(shown["Area A"].layers())
    project = map_layers.new_project(month.settings.crs)
    one = page_flow.lay_out(project, shift_report.build(month, FIRST, FIRST, shift="day"))
    assert [item.id() for item in one.items() if isinstance(item, QgsLayoutItemMap)] == ["Tracks and boxes"]


def test_tracks_end_near_the_jurisdiction(month):
    area = box(0, 0, 1_000, 1_000)
    lines = pd.DataFrame({"unit": ["1", "2"], "geometry": [
        LineString([(500, 500), (900, 500), (1_400, 500), (9_000, 500), (1_200, 600), (600, 600)]),
        LineString([(5_000, 5_000), (6_000, 6_000)])]})
    layer = delivered_map.track_lines("EPSG:32618", lines, [area])
    extent = layer.extent()
    assert (extent.xMinimum(), extent.xMaximum()) == (500, 1_400)
    assert [len(feature.geometry().asMultiPolyline()) for feature in layer.getFeatures()] == [2]
    assert delivered_map.track_lines("EPSG:32618", lines).extent().xMaximum() == 9_000


def test_outcomes_differ_without_colour_and_the_key_shows_the_maps_own_symbols(month, tmp_path):
    project = map_layers.new_project(month.settings.crs)
    layout = page_flow.lay_out(project, shift_report.build(month, FIRST, LAST))
    boxes = next(layer for layer in layout.itemById("Boxes of the period").layers() if layer.name() == "Boxes")
    categories = boxes.renderer().categories()  # which own their symbols
    on_map = {category.value(): category.symbol() for category in categories}
    swatches = [item for item in layout.items() if isinstance(item, QgsLayoutItemShape)
                and item.id().startswith("Symbol of the key")]
    assert len(swatches) == len(on_map) == 4

    def marks(symbol):
        parts = [symbol.symbolLayer(0).color().name()]
        for place in range(1, symbol.symbolLayerCount()):
            mark = symbol.symbolLayer(place).subSymbol().symbolLayer(0)
            parts += [mark.shape(), mark.color().name()]
        return tuple(map(str, parts))
    assert {marks(item.symbol()) for item in swatches} == {marks(symbol) for symbol in on_map.values()}
    assert len({marks(symbol)[1:2] for symbol in on_map.values()}) == 4


def test_short_strips_are_named_beside_or_hatched():
    spans = [charts.Span(0, 100, "#4169c8", ("1R", "1"), note="ab", pattern="x"),
             charts.Span(200, 203, "#4169c8", ("2R", "2"), note="c", pattern="x"),
             charts.Span(300, 303, "#4169c8", ("3R", "3"), note="c", pattern="x"),
             charts.Span(303, 480, "#4169c8", ("4R", "4"))]
    drawn = charts.timeline([("U", spans)], 0.0, 480.0, [], 196.0)
    words = {words.text: words for words in drawn.words}
    assert set(words) == {"U", "1R ab", "2R c", "4R"}
    plain = charts.timeline([("U", [replace(span, pattern="") for span in spans])], 0.0, 480.0, [], 196.0)
    assert len(drawn.svg) > len(plain.svg), "strips without a text are hatched"
    middle = next(place for place in drawn.words if place.text == "1R ab")
    assert 0.3 * 15 * charts.POINT < middle.y - 3 * charts.POINT < 0.9 * 15 * charts.POINT


@pytest.mark.parametrize("name", BUILDERS)
def test_a_pdf_is_called_by_report_agency_and_period(month, printed, name):
    if shutil.which("pdfinfo") is None:
        pytest.skip("needs pdfinfo (poppler-utils)")
    told = subprocess.run(["pdfinfo", printed(name, month)], capture_output=True, check=True).stdout.decode()
    title = re.search(r"Title: +(.*)", told)[1]
    assert title.startswith(("Shift report, ", "Tactic report, ", "Officer report, ", "Crime type report, "))
    assert "Town Police" in title and "1 to 8 March 2024" in title


def test_png_pages(month, printed, tmp_path):
    pages = publish.write_report(tactic_report.build(month, FIRST, LAST), str(tmp_path / "t.png"))
    assert len(pages) == len(pages_of(printed("tactic", month))) and pages[1].endswith("t_2.png")
    assert array_of(pages[0]).shape == (1650, 1275, 3)


def test_without_reportlab_tables_are_printed_and_the_page_says_so(month, monkeypatch, tmp_path):
    monkeypatch.setattr(charts, "available", lambda: False)
    words = text_of(publish.write_report(crime_type_report.build(month, FIRST, LAST), str(tmp_path / "r.pdf"))[0])
    assert charts.MISSING in words and "Every crime type that is forecast" in words and "Motor vehicle theft" in words


def test_every_report_is_registered_with_an_algorithm(provider):
    ids = {algorithm.id() for algorithm in provider.algorithms()}
    assert {kind.algorithm for kind in registry.REPORT_KINDS} <= ids


def test_maps_keep_to_the_crime_types_colours(month, tmp_path):
    project = map_layers.new_project(month.settings.crs)
    layout = page_flow.lay_out(project, shift_report.build(month, "2024-03-05", "2024-03-05", shift="day"))
    boxes = next(layer for layer in layout.itemById("Tracks and boxes").layers() if layer.name() == "Planned boxes")
    colours = {row["colour"] for row in boxes.getFeatures()}
    assert colours and colours <= set(month.crime_types["colour"])
    filled = [category.symbol().color().name() for category in boxes.renderer().categories()
              if not category.value().startswith("missed")]
    assert set(filled) <= {style.colour(code).name() for code in colours}


def test_a_band_is_broken_where_nothing_is_known_of_it():
    nan = float("nan")
    both = charts.lines("abcdef", [charts.Series("One", [1.0] * 6)], 80.0, bands=[
        ([1.0, 1.0, nan, 2.0, 2.0, nan], [3.0, 3.0, nan, 4.0, 4.0, 5.0], "#888888")])
    none = charts.lines("ab", [charts.Series("One", [1.0, 2.0])], 80.0, bands=[([nan, nan], [nan, nan], "#888888")])
    assert "nan" not in both.svg.lower() and "nan" not in none.svg.lower()
    assert both.svg.count("<polygon") == none.svg.count("<polygon") + 2
