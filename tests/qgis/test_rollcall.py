"""The roll-call PDF: as text, as a picture, and as a layout; names that look like commands stay names."""
import dataclasses
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rollcall_frames as frames
from pdf_eyes import GOLDEN, array_of, difference, pages_of, picture_of, words_of
from qgis.core import QgsFeedback, QgsFontUtils, QgsLayoutItemMap, QgsLayoutItemPage, QgsPrintLayout, QgsProject

from shotspotter_connect_plugin.errors import Cancelled, ConnectError
from shotspotter_connect_plugin.progress import Progress
from shotspotter_connect_plugin.reports.paper import map_layers, page_items, style, wording
from shotspotter_connect_plugin.reports.plan import rollcall_data, sheets
from shotspotter_connect_plugin.reports.plan.plan_file import write_geopackage
from shotspotter_connect_plugin.reports.plan.rollcall_pages import build_layout, write_rollcall

NASTY = ("[% now() %]", "<b>bold</b>", "=1+1", "[% 'x' || '%] [%' %]", "it's \\ \"quoted\"", "[%1+1%]")


@pytest.fixture(autouse=True)
def qgis(qgis_app):
    """Every test here needs QGIS."""


class Said(Progress):
    """Keeps the warnings."""

    def __init__(self):
        self.warnings = []

    def warn(self, text):
        self.warnings.append(text)


# --- text ------------------------------------------------------------------------------------------------------------

def test_one_page_per_beat_with_everything_on_it(sample, tmp_path):
    plan = frames.rollcall(sample, chain_head=frames.CHAIN_HEAD)
    path = write_rollcall(plan, str(tmp_path / "sheets.pdf"))
    pages = pages_of(path)
    assert len(pages) == 3
    for number, (beat, page) in enumerate(zip(plan.pages, pages), 1):
        assert f"Roll call — Beat {beat}" in page
        assert "Evening shift · Thursday, 14 December 2017 · 15:00 to 23:00" in page
        assert "Metropolitan Police" in page and f"Page {number} of 3" in page
        assert "Forecast uses data reported until 14 December 2017, 05:00 EST · ShotSpotter Connect 0.1.0" in page
        for value in (frames.SEED_HASH, frames.NEXT_HASH, frames.CHAIN_HEAD):
            assert value in page
        mine = plan.patrols[plan.patrols["beat"] == beat]
        assert ("Chance of any crime" in page) == (len(mine) > 0)
        for patrol in mine.to_dict("records"):
            line = next(line for line in page.splitlines() if patrol["box_id"] in line)
            chance = wording.chance_in_words(patrol["chance"], patrol["chance_low"], patrol["chance_high"])
            name = dict(zip(plan.crime_types["crime_type"], plan.crime_types["name"]))[patrol["crime_type"]]
            for text in (str(patrol["number"]), patrol["where"], name, chance, "15"):
                assert text in line
        others = set(plan.patrols["box_id"]) - set(mine["box_id"])
        assert not any(box in page for box in others)


def test_what_chance_means_reasons_and_tactics(sample, tmp_path):
    page, _, empty = pages_of(write_rollcall(frames.rollcall(sample), str(tmp_path / "sheets.pdf")))
    assert "A forecast is a chance, not a finding about anybody." in " ".join(page.split())
    assert "1G – 3 robberies in this box in the last 365 days" in page
    assert "Foot patrol (G, R) – Walk the block" in page
    assert "Be seen (all) [not yet approved] – Park in view" in page
    assert "Car check" not in page
    assert "No box is assigned to beat 708 in this shift." in empty and "Tactics" not in empty


def test_boxes_without_reasons_say_why_they_are_here(sample, tmp_path):
    plan = frames.rollcall(sample)
    plan = dataclasses.replace(plan, patrols=plan.patrols.assign(reasons=[[] for _ in range(len(plan.patrols))]))
    page, _, empty = pages_of(write_rollcall(plan, str(tmp_path / "sheets.pdf")))
    assert "Why these boxes" in page and sheets.NO_REASONS in " ".join(page.split())
    assert "Why these boxes" not in empty
    for change in ({"lottery": False}, {"patrols": plan.patrols.assign(origin="added")}):
        page = pages_of(write_rollcall(dataclasses.replace(plan, **change), str(tmp_path / "other.pdf")))[0]
        assert sheets.NO_REASONS_ADDED in page and "lottery, which" not in page


def test_what_the_big_map_shows_lies_within_the_small_one(sample):
    pages = sheets.sheets([frames.rollcall(sample)])[0]
    for page in pages.itertuples():
        wide = style.page_size("Letter")[0] - 2 * style.MARGIN - sheets.SIDE - sheets.GAP
        seen = sheets._shown(page.geometry, wide, page.map_height).bounds
        assert (seen[2] - seen[0]) / (seen[3] - seen[1]) == pytest.approx(wide / page.map_height)
        margin = 0.04 * (page.xmax - page.xmin)
        assert page.xmin + margin < seen[0] and seen[2] < page.xmax - margin
        assert page.ymin + margin < seen[1] and seen[3] < page.ymax - margin


def test_tactics_that_nobody_approved_say_so_once(sample, tmp_path):
    plan = frames.rollcall(sample)
    plan = dataclasses.replace(plan, tactics=plan.tactics.assign(approved=False))
    page = pages_of(write_rollcall(plan, str(tmp_path / "sheets.pdf")))[0]
    assert "Tactics (not yet approved by the agency)" in page and "[not yet approved]" not in page


def test_a_second_visit_and_a_test_draw_are_named(sample, tmp_path):
    plan = frames.rollcall(sample, lottery=False)
    plan = dataclasses.replace(plan, patrols=plan.patrols.assign(returns=1, unit="5D21", origin="added"))
    page = pages_of(write_rollcall(plan, str(tmp_path / "sheets.pdf")))[0]
    assert "2 × 15" in page and "come back once" in " ".join(page.split())
    assert "Unit 5D21" in page and "added" in page and "Test with a given seed, no lottery" in page


@pytest.mark.parametrize("streets, note, drives", [
    ([False, True, True], "the nearest box next, along the streets.", ["3 min drive", "5 min drive"]),
    ([False, False, False], "the nearest box next, in a straight line (~); streets take longer.",
     ["~3 min drive", "~5 min drive"]),
    ([False, True, False], "along the streets; ~ in a straight line, streets take longer.",
     ["3 min drive", "~5 min drive"])])
def test_the_drive_stands_at_each_box_and_the_sheet_says_how_it_is_measured(sample, tmp_path, streets, note, drives):
    plan = frames.rollcall(sample, count=3, pages=("507",))
    plan = dataclasses.replace(plan, patrols=plan.patrols.assign(
        travel_minutes=[None, 2.2, 5.04], by_street=streets, returns=1))
    page = pages_of(write_rollcall(plan, str(tmp_path / "sheets.pdf")))[0]
    words = " ".join(page.split())
    assert note in words and all(drive in words for drive in drives) and words.count("min drive") == 2
    assert "come back once" in words and "not a finding about anybody" in words  # nothing was cut off for it


def test_a_sheet_of_one_box_speaks_of_no_drive(sample):
    assert "drive" not in sheets.sheets([frames.rollcall(sample, count=1)])[0]["note"].iloc[0]


@pytest.mark.parametrize("message", [rollcall_data.NO_PLAN, rollcall_data.NO_PATROLS])
def test_a_shift_without_boxes_gives_one_page_that_says_so(sample, tmp_path, message):
    plan = frames.rollcall(sample, without=("302", "507", "708"), message=message)
    pages = pages_of(write_rollcall(plan, str(tmp_path / "sheets.pdf")))
    assert len(pages) == 1 and message in pages[0]


@pytest.mark.parametrize("notice, place", [("Training, no real patrols", "subtitle"), ("Training " * 20, "source")])
def test_the_agencys_notice_stands_on_every_sheet(sample, tmp_path, notice, place):
    plan = dataclasses.replace(frames.rollcall(sample), notice=notice.strip())
    pages = sheets.sheets([plan])[0]
    assert pages[place].str.contains("Training").all()
    assert not pages["subtitle"].str.contains("\n").any()
    for page in pages_of(write_rollcall(plan, str(tmp_path / "sheets.pdf"))):
        assert "Training" in page


def test_several_shifts_in_one_file(sample, tmp_path):
    shifts = [frames.rollcall(sample, pages=("507",), shift=code, name=name)
              for code, name in (("day", "Day"), ("evening", "Evening"))]
    pages = pages_of(write_rollcall(shifts, str(tmp_path / "sheets.pdf")))
    assert ["Day shift" in page for page in pages] == [True, False]
    assert all("Page 1 of 1" in page for page in pages)


# --- text from data never acts ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("nasty", NASTY)
def test_text_from_data_is_text(sample, tmp_path, nasty):
    plan = frames.rollcall(sample, pages=("507",), count=1)
    areas = plan.beats.assign(beat=[nasty if beat == "507" else beat for beat in plan.beats["beat"]])
    kinds = plan.crime_types.assign(name=nasty)
    plan = dataclasses.replace(
        plan, agency=nasty, shift_name=nasty, pages=(nasty,), beats=areas, crime_types=kinds, as_of=nasty,
        tactics=pd.DataFrame([{"name": nasty, "description": nasty, "crime_types": [], "approved": True}]),
        patrols=plan.patrols.assign(beat=nasty, where=nasty, unit=nasty, reasons=[[nasty]]))
    page = pages_of(write_rollcall(plan, str(tmp_path / "sheets.pdf")))
    assert len(page) == 1
    shown = re.sub(r"\s+", "", page[0])
    # agency, shift, beat, where, unit, reason, tactic twice, as-of, crime type in table and key, beat on the map
    assert shown.count(re.sub(r"\s+", "", nasty)) >= 10


@pytest.mark.parametrize("nasty", NASTY)
def test_fixed_text_of_a_label_is_text(nasty):
    project = QgsProject()  # the layout does not keep it alive
    item = QgsPrintLayout(project)
    item.initializeDefaults()
    label = page_items.label(item, "x", page_items.as_text(nasty), (0, 0, 10, 10), style.text_format(8))
    assert label.currentText() == nasty


def test_the_pdf_holds_no_attributes_and_its_text_is_text(sample, tmp_path):
    path = Path(write_rollcall(frames.rollcall(sample), str(tmp_path / "sheets.pdf")))
    content = path.read_bytes()
    assert content.startswith(b"%PDF") and b"/Font" in content
    for word in (b"/EmbeddedFile", b"/AF ", b"/JavaScript", b"/OCG", b"inclusion_probability"):
        assert word not in content


# --- pages -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("page_size, points", [("Letter", (612, 792)), ("A4", (595, 842))])
def test_paper(sample, tmp_path, page_size, points):
    path = write_rollcall(frames.rollcall(sample, page_size=page_size, pages=("507",)), str(tmp_path / "sheets.pdf"))
    height, width, _ = picture_of(path, 1, tmp_path).shape
    assert (abs(width - points[0]) <= 1) and (abs(height - points[1]) <= 1)


@pytest.mark.parametrize("count, page_size, where", [
    (30, "Letter", "700 block H St NE"), (12, "A4", "A very long name of a place " * 20), (12, "Letter", "W" * 300)])
def test_many_boxes_go_on_further_pages_without_overlap(sample, tmp_path, count, page_size, where):
    plan = frames.rollcall(sample, count=count, pages=("507",), page_size=page_size)
    plan = dataclasses.replace(plan, patrols=plan.patrols.assign(where=where))
    pages, rows, patrols = sheets.sheets([plan])
    assert len(pages) > 1 and len(rows) == len(patrols) == count
    assert sorted(rows["number"].astype(int)) == list(range(1, count + 1))
    assert list(pages["title"]) == [f"Roll call — Beat 507 (sheet {part} of {len(pages)})"
                                    for part in range(1, len(pages) + 1)]
    assert (pages["map_height"] >= sheets.side_height(3)).all()

    seen = []
    for words in words_of(write_rollcall(plan, str(tmp_path / "sheets.pdf"))):
        boxes = [word for word in words if re.fullmatch(r"C\d+R\d+", word[0])]
        note = next(word for word in words if word[0] == "Chance" and word[1] > boxes[-1][1])
        tactics = next(word for word in words if word[0] == "Tactics")
        last_tactic = next(word for word in words if word[0] == "view")
        footer = next(word for word in words if word[0] == "Seed")
        table = [word for word in words if boxes[0][1] - 15 < word[1] < note[1] - 1]
        assert max(word[2] for word in table) <= note[1] + 1
        assert note[2] <= tactics[1] and tactics[2] <= last_tactic[1] + 2 and last_tactic[2] <= footer[1]
        tops = sorted({round(word[1]) for word in table})
        assert all(low - high >= 4 or low - high <= 1 for high, low in zip(tops, tops[1:])), "lines overlap"
        seen += boxes
    assert [word[0] for word in seen] == list(plan.patrols["box_id"])


def test_the_table_is_as_wide_as_the_page_allows():
    for width, _ in style.PAGES.values():
        widths = sheets.column_widths(width)
        assert sum(widths) == pytest.approx(width - 2 * style.MARGIN) and min(widths) > 0


def test_the_layout_is_one_editable_design(sample, tmp_path):
    plan = frames.rollcall(sample)
    geopackage = str(tmp_path / "plan.gpkg")
    write_geopackage(geopackage, [plan])
    project = map_layers.new_project(plan.crs)
    printed = build_layout(project, map_layers.plan_layers(project, geopackage), plan.page_size)
    assert printed.atlas().enabled() and printed.atlas().count() == 3
    assert len([item for item in printed.items() if isinstance(item, QgsLayoutItemPage)]) == 1
    assert printed.itemById("Map").keepLayerSet() and isinstance(printed.itemById("Whole beat"), QgsLayoutItemMap)
    assert project.layoutManager().layoutByName("Roll call") == printed


# --- pictures --------------------------------------------------------------------------------------------------------

def test_the_page_looks_as_it_should(sample, tmp_path):
    if not QgsFontUtils.fontFamilyOnSystem("Open Sans"):
        pytest.skip("needs the font Open Sans")
    path = write_rollcall(frames.rollcall(sample), str(tmp_path / "sheets.pdf"))
    for page in (1, 3):
        seen, golden = picture_of(path, page, tmp_path), array_of(GOLDEN / f"rollcall_{page}.png")
        assert seen.shape == golden.shape
        assert difference(seen, golden) < 0.01, f"page {page} of {path} looks different from its golden picture"


def test_the_picture_test_sees_changes(sample, tmp_path):
    golden = array_of(GOLDEN / "rollcall_1.png")
    assert difference(golden, array_of(GOLDEN / "rollcall_3.png")) > 0.03
    moved = golden.copy()
    moved[200:270, 100:170] = (178, 24, 43)
    assert difference(golden, moved) > 0.01


def test_boxes_have_the_colour_of_their_crime_type(sample, tmp_path):
    plan = frames.rollcall(sample, pages=("507",), count=1, context="")
    picture = picture_of(write_rollcall(plan, str(tmp_path / "sheets.pdf")), 1, tmp_path)
    red = (np.abs(picture - np.array([0xb2, 0x18, 0x2b])) < 12).all(axis=2)
    on_map = red[100:400, 30:400]
    rows, columns = np.flatnonzero(on_map.any(axis=1)), np.flatnonzero(on_map.any(axis=0))
    tall, wide = rows[-1] - rows[0], columns[-1] - columns[0]
    assert 30 < tall < 120 and abs(tall - wide) <= 2, "the outline of one square box"


def test_a_page_without_colour_still_tells_crime_types_apart(sample, tmp_path):
    plan = frames.rollcall(sample, pages=("507",), count=3)
    page = pages_of(write_rollcall(plan, str(tmp_path / "sheets.pdf")))[0]
    for mark in ("1G", "2R", "3T"):
        assert mark in page


# --- context, cancel, files ------------------------------------------------------------------------------------------

def test_without_map_context_the_page_still_works(sample, tmp_path):
    said = Said()
    write_rollcall(frames.rollcall(sample, context=""), str(tmp_path / "none.pdf"), said)
    assert said.warnings == []
    lost = frames.rollcall(sample, context=str(tmp_path / "lost.gpkg"))
    assert len(pages_of(write_rollcall(lost, str(tmp_path / "lost.pdf"), said))) == 3
    assert len(said.warnings) == 1 and "lost.gpkg" in said.warnings[0]


def test_the_map_context_is_only_read(sample, tmp_path):
    context = tmp_path / "context.gpkg"
    shutil.copy(sample / "context.gpkg", context)
    before = context.read_bytes()
    write_rollcall(frames.rollcall(sample, context=str(context)), str(tmp_path / "out" / "sheets.pdf"))
    assert context.read_bytes() == before
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["context.gpkg", "out", "sheets.pdf"]


def test_a_stopped_run_keeps_the_old_file(sample, tmp_path):
    path = tmp_path / "sheets.pdf"
    path.write_bytes(b"old")
    feedback = QgsFeedback()
    feedback.progressChanged.connect(lambda: feedback.cancel())
    with pytest.raises(Cancelled):
        write_rollcall(frames.rollcall(sample), str(path), feedback=feedback)
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_made_gives_one_sentence(sample, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConnectError, match="choose a folder in which you may write"):
        write_rollcall(frames.rollcall(sample), str(tmp_path / "file" / "sheets.pdf"))


def test_no_shift_gives_one_sentence(tmp_path):
    with pytest.raises(ConnectError, match="no shift"):
        write_rollcall([], str(tmp_path / "sheets.pdf"))


# --- fitting ---------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("text", ["", "short", "two words", "word " * 60, "W" * 200, "x " * 3 + "y" * 90 + " z"])
@pytest.mark.parametrize("lines", [1, 2, 3])
def test_fitted_text_fits(text, lines):
    fitted = style.fit(text, 40.0, 9.0, lines)
    assert len(fitted) <= lines
    metrics = layout_width(fitted)
    assert all(width <= 40.0 for width in metrics)
    whole = "".join(text.split())
    joined = "".join("".join(fitted).split())
    assert joined == whole or (joined.endswith("…") and whole.startswith(joined[:-1]))


def layout_width(lines):
    """Widths in mm as QGIS draws the lines."""
    from qgis.core import QgsRenderContext, QgsTextRenderer
    context = QgsRenderContext()
    context.setScaleFactor(300 / 25.4)
    return [QgsTextRenderer.textWidth(context, style.text_format(9.0), [line]) / (300 / 25.4) for line in lines]


@pytest.mark.parametrize("colour, ink", [("#000000", "#ffffff"), ("#ffffff", "#000000"), ("#fdae61", "#000000"),
                                         ("#2166ac", "#ffffff"), ("nonsense", "#000000")])
def test_letters_read_on_their_colour(colour, ink):
    assert style.ink_on(style.colour(colour)).name() == ink
