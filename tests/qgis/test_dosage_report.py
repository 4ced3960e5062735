"""The Crime and Dosage report by its algorithm: pages, tables, an empty period, names that look like commands."""
import csv
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from effect_town import fill
from made_towns import new_town, square
from pdf_eyes import GOLDEN, array_of, difference, pages_of, picture_of
from qgis.core import QgsFontUtils, QgsProject
from qgis_runs import Failed, Feedback

from shotspotter_connect_plugin.reports.builders import dosage_report, publish
from shotspotter_connect_plugin.reports.paper import page_flow
from shotspotter_connect_plugin.reports.paper.report_content import Beside, Chart, PrintedTable
from shotspotter_connect_plugin.workspace.numbers import delivered_period, dosage_figures
from shotspotter_connect_plugin.workspace.numbers import effect_figures as step
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

FIRST, LAST = "2024-03-04", "2024-03-24"
BEATS = ("[% 1 + 1 %]", "=1+1 and a name that is as long as names of beats can be when nobody stops them")


@pytest.fixture(scope="module")
def town(tmp_path_factory, qgis_app):
    """Path of a made town after three weeks of lotteries in which visits prevented half of all events."""
    path = tmp_path_factory.mktemp("dosage") / "town.gpkg"
    with new_town(path, square(0, 0, 8), dict(zip(BEATS, (square(0, 0, 4, 8), square(4, 0, 4, 8))))) as workspace:
        settings = workspace.settings
        settings.agency = "Town <b>Police</b> [% now() %]"
        with workspace.transaction() as writer:
            writer.save_settings(settings)
            boxes = workspace.read("boxes")
            writer.upsert("boxes", boxes[["box_id"]].assign(where="=HYPERLINK(\"x\") [% 2 * 2 %] <i>corner</i>"))
            types = workspace.read("crime_types", where={"crime_type": "theft"})
            writer.upsert("crime_types", types.assign(name="Theft [% 6 * 7 %] <u>and more</u>"))
        fill(workspace, FIRST, LAST, prevented=0.5, mean=0.25, seed=4)
    return path


@pytest.fixture(scope="module")
def composed(town):
    with open_workspace(town) as workspace:
        return dosage_report.build(workspace, FIRST, LAST)


@pytest.fixture(scope="module")
def printed(town, run, tmp_path_factory):
    """The report as PDF, by its algorithm -> (path, outputs)."""
    path = tmp_path_factory.mktemp("printed") / "report.pdf"
    return path, run("dosagereport", WORKSPACE=str(town), FROM=FIRST, TO=LAST, OUTPUT=str(path))


def words(pages):
    return " ".join(" ".join(page.split()) for page in pages)


def test_the_pages_say_what_the_step_found(town, printed):
    path, result = printed
    assert result["OUTPUT"] == str(path) and result["TABLES"] == 4
    text = words(pages_of(path))
    with open_workspace(town) as workspace:
        found = step.effects(workspace, FIRST, LAST)
    row = found.row(step.DRAWN)
    assert "4 to 24 March 2024" in text and "all beats" in text and "Page 1 of" in text
    assert "Incidents and alerts as of" in text
    assert "Drawn boxes had fewer events of reported crime" in text
    assert f"{row['exposed']:,}" in text
    assert f"{-row['percent_low']:.0f} % fewer to {-row['percent_high']:.0f} % fewer" in text
    for part in ("Did patrols change anything?", "An hour of patrol", "Neighbours:", "Check:", "Robbery", "Burglary",
                 "Crime and patrols over time", "Which boxes this speaks of", "How this was done"):
        assert part in text


def test_names_stay_names(town, run, printed, tmp_path):
    text = words(pages_of(printed[0]))
    for name in ("Town <b>Police</b> [% now() %]", "Theft [% 6 * 7 %] <u>and more</u>", "[% 1 + 1 %]",
                 "=1+1 and a name", "=HYPERLINK(\"x\") [% 2 * 2 %]"):
        assert name in text
    table = tmp_path / "report.csv"
    files = run("dosagereport", WORKSPACE=str(town), FROM=FIRST, TO=LAST, OUTPUT=str(table))["FILES"].split("\n")
    cells = [cell for file in files for row in csv.reader(open(file, encoding="utf-8-sig")) for cell in row]
    assert any("HYPERLINK" in cell for cell in cells)
    assert not [cell for cell in cells if cell[:1] in "=+@" and cell] and not [
        cell for cell in cells if cell[:1] == "-" and not cell[1:2].isdigit()]


def test_tables_as_csv_hold_the_numbers_of_the_step(town, run, tmp_path):
    path = tmp_path / "report.csv"
    files = run("dosagereport", WORKSPACE=str(town), FROM=FIRST, TO=LAST, OUTPUT=str(path))["FILES"].split("\n")
    tables = {Path(file).stem.split("_", 1)[1]: pd.read_csv(file) for file in files}
    with open_workspace(town) as workspace:
        found = step.effects(workspace, FIRST, LAST)
        incidents, planned = workspace.read("incidents"), delivered_period.read_delivered(workspace, FIRST, LAST)
    drawn = tables["being_drawn"]
    row = found.row(step.DRAWN)
    assert drawn.iloc[0]["Events"] == row["events"] and drawn.iloc[0]["Drawn boxes"] == row["exposed"]
    assert drawn.iloc[0]["Expected without"] == pytest.approx(row["base"] * row["exposed"])
    over = tables["over_time"]
    assert over["Events"].sum() == (incidents["shift_date"] >= FIRST).sum() and len(over) == 21
    assert tables["boxes"]["Box"].tolist() == found.boxes["box_id"].tolist()
    assert drawn.iloc[0]["Comparable undrawn"] == pytest.approx(row["comparable"])
    period = dosage_figures.by_group(planned, ["shift_date"])
    assert over["Minutes planned"].tolist() == pytest.approx(period["planned_minutes"].tolist())
    assert over["Minutes delivered in planned boxes"].tolist() == pytest.approx(period["minutes"].tolist())
    assert over[dosage_report.ANYWHERE].sum() == pytest.approx(
        dosage_figures.totals(planned)["minutes"] + dosage_figures.totals(planned)["other_minutes"])


@pytest.mark.parametrize("first, last, sentence", [
    ("2023-06-01", "2023-06-30", "No shift of this period was drawn"),
    ("2023-06-01", "2023-06-30", "No events and no patrols in this period."),
    ("2024-03-04", "2024-03-04", "Nothing can be concluded")])
def test_empty_and_short_periods_give_a_page_that_says_so(town, run, tmp_path, first, last, sentence):
    path = tmp_path / "report.pdf"
    run("dosagereport", WORKSPACE=str(town), FROM=first, TO=last, OUTPUT=str(path))
    assert sentence in words(pages_of(path))


@pytest.mark.parametrize("late, said", [(3, "Take care: 3 shifts of"), (63, "nothing below says what patrols did")])
def test_draws_after_the_start_are_told_first(town, monkeypatch, tmp_path, late, said):
    effects = step.effects

    def drawn_late(*args):
        found = effects(*args)
        assert found.draws["lotteries"] == 63 and found.draws["after_start"] == 0
        return replace(found, draws={**found.draws, "after_start": late})
    monkeypatch.setattr(step, "effects", drawn_late)
    with open_workspace(town) as workspace:
        report = dosage_report.build(workspace, FIRST, LAST)
    first = words(pages_of(publish.write_report(report, str(tmp_path / "r.pdf"))[0])[:1])
    assert first.index(said) < first.index("Drawn boxes had fewer events")


def test_a_type_without_a_box_has_no_chart_of_minutes(town, tmp_path):
    copy = tmp_path / "copy.gpkg"
    shutil.copy(town, copy)
    with open_workspace(copy) as workspace:
        patrols = workspace.read("patrols")
        with workspace.transaction() as writer:
            writer.upsert("patrols", patrols.assign(crime_type="robbery"))
        report = dosage_report.build(workspace, FIRST, LAST)
    minutes = {part.columns[0][0].name: part.columns[1][0] for part in report.parts if isinstance(part, Beside)}
    for name, part in minutes.items():
        told = name.startswith(("Robbery", dosage_report.EVERYTHING))
        assert isinstance(part, Chart) if told else part.text == dosage_report.NO_BOX
    assert len(minutes) > 2


def test_one_beat(town, run, tmp_path, fails):
    path = tmp_path / "report.pdf"
    run("dosagereport", WORKSPACE=str(town), FROM=FIRST, TO=LAST, BEAT=BEATS[0], OUTPUT=str(path))
    text = words(pages_of(path))
    assert "beat [% 1 + 1 %]" in text and "=1+1 and a name" not in text
    same = {"WORKSPACE": str(town), "OUTPUT": str(path)}
    assert "There is no beat" in fails("dosagereport", **same, FROM=FIRST, TO=LAST, BEAT="9")
    assert "ends before it starts" in fails("dosagereport", **same, FROM=LAST, TO=FIRST)


def test_nothing_leaves_the_page(printed, tmp_path):
    """The picture of each page has a white margin all around, and ink in between."""
    path = printed[0]
    for page in range(1, len(pages_of(path)) + 1):
        pixels = picture_of(path, page, tmp_path)
        edge = 14
        assert (pixels[:edge] > 250).all() and (pixels[-edge:] > 250).all()
        assert (pixels[:, :edge] > 250).all() and (pixels[:, -edge:] > 250).all()
        assert 0.005 < (pixels < 128).any(axis=2).mean() < 0.3


def test_the_first_pages_look_as_they_should(printed, tmp_path):
    if not QgsFontUtils.fontFamilyOnSystem("Open Sans"):
        pytest.skip("needs the font Open Sans")
    path = printed[0]
    for page in (1, 2):
        seen, golden = picture_of(path, page, tmp_path), array_of(GOLDEN / f"report_dosage_{page}.png")
        assert seen.shape == golden.shape
        assert difference(seen, golden) < 0.01, f"page {page} of {path} looks different from its golden picture"


def test_the_layout_is_an_ordinary_one_of_charts_and_tables(composed):
    project = QgsProject()
    layout = page_flow.lay_out(project, composed)
    assert layout in project.layoutManager().layouts() and layout.pageCollection().pageCount() >= 3
    assert sum(isinstance(part, PrintedTable) and part.on_page for part in composed.parts) == 4
    assert sum(isinstance(part, Chart) for part in composed.parts) == 3
    project.clear()


def test_the_report_of_an_agency_without_alerts_speaks_of_none(composed):
    assert "sensor" not in " ".join(getattr(part, "text", "") for part in composed.parts)


def test_a_cancelled_report_leaves_nothing(town, run, tmp_path):
    feedback, path = Feedback(), tmp_path / "report.pdf"
    reached = feedback.cancel_at(10)
    with pytest.raises(Failed, match="topped"):
        run("dosagereport", feedback=feedback, WORKSPACE=str(town), FROM=FIRST, TO=LAST, OUTPUT=str(path))
    assert reached.is_set() and not list(tmp_path.iterdir())


def test_the_report_runs_from_the_command_line(town, process, tmp_path):
    path = tmp_path / "report.pdf"
    process("run", "connect:dosagereport", f"WORKSPACE={town}", f"FROM={FIRST}", f"TO={LAST}", f"OUTPUT={path}")
    assert "Drawn boxes had fewer" in words(pages_of(path))
