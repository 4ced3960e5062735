"""The Exposure report and its public pack: pages, tables, and nothing about officers in either."""
import csv
import hashlib
import io
import itertools
import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from made_lotteries import ANALYST, BADGES, NOTE, SERGEANT, UNITS, add_month
from made_towns import LEFT, new_town, square
from pdf_eyes import GOLDEN, array_of, difference, pages_of, picture_of
from qgis.core import QgsFontUtils, QgsVectorLayer
from qgis_runs import DATE, copied
from shapely.geometry import mapping

from shotspotter_connect_plugin.forecast.fishnet import Fishnet
from shotspotter_connect_plugin.patrol import seeds
from shotspotter_connect_plugin.reports.builders import exposure_report
from shotspotter_connect_plugin.workspace.imports.neighbourhood_import import import_neighbourhoods
from shotspotter_connect_plugin.workspace.numbers.exposure_figures import exposure
from shotspotter_connect_plugin.workspace.steps import adjusting
from shotspotter_connect_plugin.workspace.store.layers import VectorTable
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

ROOT = Path(__file__).resolve().parents[2]
FIRST, LAST = "2019-02-04", "2019-02-10"
NASTY = ("[% now() %]", "=HYPERLINK(\"http://x\")", "<b>bold</b>",
         ("A neighbourhood with a very long name " + 12 * "and more ").strip())


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """Path of a made town of 144 boxes whose neighbourhoods have nasty names, with a week of lotteries."""
    path = tmp_path_factory.mktemp("town") / "town.gpkg"
    numbers = itertools.count(1)
    with pytest.MonkeyPatch.context() as patch, \
            new_town(path, square(0, 0, 12), {"W": square(0, 0, 6, 12), "E": square(6, 0, 6, 12)}) as workspace:
        patch.setattr(seeds, "new_seed", lambda: f"{next(numbers):064x}")  # the same town in every run
        settings = workspace.settings
        settings.roles, settings.agency = {SERGEANT: "supervisor"}, "Town [% 1 + 1 %] Police"
        settings.adjustment_reasons = {"series": "=cmd()", "community": "<i>asked</i>"}
        with workspace.transaction() as writer:
            writer.save_settings(settings)
        import_neighbourhoods(workspace, VectorTable(
            pd.DataFrame({"NAME": NASTY, "all": [3000, 500, 40, 900], "a": [1000, 490, 3, 0], "b": [2000, 0, 37, 900]}),
            [square(0, 3 * number, 12, 3) for number in range(4)], "EPSG:32618", "areas"), "NAME", "all, a, b")
        add_month(workspace, FIRST, 7, visits=60, adjustments=9)
    return path


@pytest.fixture
def city(town, tmp_path):
    return copied(town, tmp_path)


def plain(pdf):
    return " ".join(" ".join(pages_of(pdf)).split())


def test_the_report_says_what_the_workspace_holds(run, city, tmp_path):
    outputs = run("exposurereport", WORKSPACE=str(city), FROM=FIRST, TO=LAST, OUTPUT=str(tmp_path / "e.pdf"))
    text, pages = plain(outputs["OUTPUT"]), pages_of(outputs["OUTPUT"])
    with open_workspace(city) as workspace:
        numbers = exposure(workspace, FIRST, LAST)
        head = workspace.read("adjustments", order_by="seq")["hash"].iloc[-1]
    assert 3 <= len(pages) <= 6 and outputs["TABLES"] == 7
    for number in (numbers.totals["patrols"], round(numbers.totals["presence_minutes"]), numbers.agreement.drawn):
        assert f"{number:,.0f}" in text
    assert text.count(head) >= len(pages)
    assert "The chain of 9 adjustments fits" in text and text.count("The plan kept every limit") == 2
    answers = [pages[0].index(question) for question in (
        "On whom do the minutes fall?", "Were the limits kept?", "Was the lottery honest?", "shifts drawn by lottery")]
    assert answers == sorted(answers)
    assert text.count("21 of 21 draws replay to exactly the published boxes") == 2 and " NOT " not in text
    assert "taken by lot" not in text
    assert "All 21 draws were made only after the start of their shift" in text
    assert "is the first draw of this workspace" in text and "of 100 honest periods would be at least as" in text
    assert "no residents counted" not in text and "Minutes of presence" in pages[0]  # every box has residents here
    before_table = pages[0][:pages[0].index("No.")]
    assert "To harm: the neighbourhood's share" in " ".join(before_table.split())
    assert "4 to 10 February 2019" in text and "version" not in text and "Page 1 of" in text
    for name in NASTY[:3]:  # text is text
        assert name in text
    assert "Town [% 1 + 1 %] Police" in text and "=cmd()" in text and "<i>asked</i>" in text
    assert not [word for word in (*UNITS, *BADGES, NOTE, ANALYST, SERGEANT) if word in text]  # not even in the house


def test_tables_equal_the_numbers_and_formulas_are_text(run, city, tmp_path):
    outputs = run("exposurereport", WORKSPACE=str(city), FROM=FIRST, TO=LAST, BEAT="W", OUTPUT=str(tmp_path / "e.csv"))
    paths = [Path(path) for path in outputs["FILES"].splitlines()]
    assert {path.name for path in paths} >= {"e_neighbourhoods.csv", "e_groups.csv", "e_limits.csv", "e_lottery.csv"}
    with open_workspace(city) as workspace:
        numbers = exposure(workspace, FIRST, LAST, "W")
    rows = list(csv.DictReader((tmp_path / "e_neighbourhoods.csv").open(encoding="utf-8-sig")))
    assert len(rows) == 5 and rows.pop()["Neighbourhood"] == "All boxes"
    assert not any(value.startswith(("=", "+", "-", "@")) for row in rows for value in row.values())
    found = sorted(float(row["Presence per 1,000"]) for row in rows if row["Presence per 1,000"] != "n/a")
    assert not [value for row in rows for value in row.values() if value == ""]
    assert found == pytest.approx(sorted(numbers.neighbourhoods["presence"].dropna()))
    groups = list(csv.DictReader((tmp_path / "e_groups.csv").open(encoding="utf-8-sig")))
    assert {row["Group"]: float(row["Presence per 1,000"]) for row in groups} == pytest.approx({
        "All residents" if group == "all" else group: value for group, value in zip(
            numbers.groups["group"], numbers.groups["presence"])})


def test_pages_as_pictures_have_a_map_and_charts(run, city, tmp_path):
    outputs = run("exposurereport", WORKSPACE=str(city), FROM=FIRST, TO=LAST, OUTPUT=str(tmp_path / "e.pdf"))
    page = picture_of(outputs["OUTPUT"], 1, tmp_path)
    ramp = [tuple(int(colour[k:k + 2], 16) for k in (1, 3, 5)) for colour in exposure_report.style.RAMP]
    seen = {tuple(pixel) for pixel in page.reshape(-1, 3).tolist()}
    assert len(seen & set(ramp)) >= 3
    shares = [(abs(page.astype(int) - ramp[k]).sum(axis=2) < 6).mean() for k in (0, -1)]
    assert min(shares) > 0.01  # the most and the least of the map cover some of the page
    grey = [0.299 * red + 0.587 * green + 0.114 * blue for red, green, blue in ramp]
    assert all(one - other > 25 for one, other in zip(grey, grey[1:]))  # apart in black and white


def test_the_pages_look_as_they_should(run, city, tmp_path):
    if not QgsFontUtils.fontFamilyOnSystem("Open Sans"):
        pytest.skip("needs the font Open Sans")
    outputs = run("exposurereport", WORKSPACE=str(city), FROM=FIRST, TO=LAST, OUTPUT=str(tmp_path / "e.pdf"))
    for page in (1, 3):
        seen, golden = picture_of(outputs["OUTPUT"], page, tmp_path), array_of(GOLDEN / f"report_exposure_{page}.png")
        assert seen.shape == golden.shape
        assert difference(seen, golden) < 0.01, f"page {page} of {tmp_path} looks different from its golden picture"


@pytest.mark.parametrize("first, last, beat", [("2018-01-01", "2018-01-31", ""), ("2018-01-01", "2018-01-01", "W")])
def test_an_empty_period_gives_a_page_that_says_so(run, city, tmp_path, first, last, beat):
    for ending in (".pdf", ".png"):
        outputs = run("exposurereport", WORKSPACE=str(city), FROM=first, TO=last, BEAT=beat,
                      OUTPUT=str(tmp_path / ("empty" + ending)))
    assert Path(outputs["OUTPUT"]).exists()
    assert "Nothing was drawn, planned or visited" in plain(tmp_path / "empty.pdf")
    assert len(pages_of(tmp_path / "empty.pdf")) == 1


def test_without_neighbourhoods_the_rest_is_there(run, city, tmp_path):
    with open_workspace(city) as workspace:
        with workspace.transaction() as writer:
            writer.delete("neighbourhoods")
            boxes = workspace.read("boxes", ["box_id"])
            writer.upsert("boxes", boxes.assign(neighbourhood=None))
            writer.delete("visits")
    outputs = run("exposurereport", WORKSPACE=str(city), FROM=FIRST, TO=LAST, OUTPUT=str(tmp_path / "e.pdf"))
    text = plain(outputs["OUTPUT"])
    assert "Bring them in with Import neighbourhoods" in text and "Was the lottery honest?" in text


def test_wrong_values_are_one_sentence(fails, city, tmp_path):
    common = {"WORKSPACE": str(city), "OUTPUT": str(tmp_path / "e.pdf")}
    assert "ends before it starts" in fails("exposurereport", FROM=LAST, TO=FIRST, **common)
    assert "no beat 'Q'" in fails("exposurereport", FROM=FIRST, TO=LAST, BEAT="Q", **common)
    assert ".zip" in fails("exposurereport", FROM=FIRST, TO=LAST, PUBLIC_PACK=str(tmp_path / "p.tar"), **common)


# The public pack


def pack_of(path):
    """Name -> bytes, with the text of the PDF as its own entry."""
    with zipfile.ZipFile(path) as pack:
        assert pack.testzip() is None
        files = {name: pack.read(name) for name in pack.namelist()}
    pdf = Path(str(path) + ".pdf")
    pdf.write_bytes(files["exposure.pdf"])
    files["text of the pdf"] = "\f".join(pages_of(pdf)).encode()
    info = subprocess.run(["pdfinfo", str(pdf)], capture_output=True).stdout if shutil.which("pdfinfo") else b""
    files["what the pdf says of itself"] = info
    return files


def nowhere(files, secrets):
    """No secret in a file's bytes, name or, for JSON and CSV, values; nor in the parts of the PDF once unpacked."""
    if shutil.which("qpdf"):
        files = {**files, "unpacked": subprocess.run(["qpdf", "--qdf", "--object-streams=disable", "-", "-"],
                                                     input=files["exposure.pdf"], capture_output=True).stdout}
    for name, content in files.items():
        folded = content.decode("utf-8", "replace").casefold() + name.casefold()
        for secret in secrets:
            assert secret.casefold() not in folded, (secret, name)


def test_the_public_pack_names_no_officer_unit_account_or_note(run, city, tmp_path):
    pack = tmp_path / "pack.zip"
    run("exposurereport", WORKSPACE=str(city), FROM=FIRST, TO=LAST, OUTPUT=str(tmp_path / "e.pdf"),
        PUBLIC_PACK=str(pack))
    files = pack_of(pack)
    nowhere(files, (*UNITS, *BADGES, NOTE, "Elm Street", ANALYST, SERGEANT, "Ann Poe", "visit1", str(tmp_path)))
    with open_workspace(city) as workspace:  # they were there to be found
        assert set(BADGES) <= set(workspace.read("visits")["officer"])
        assert NOTE in set(workspace.read("adjustments")["note"])
        drawn = workspace.read("draws")
        inputs = dict(zip(drawn["draw_id"], drawn["inputs_hash"]))
    names = set(files)
    assert {"README.txt", "SHA256SUMS.txt", "configuration.json", "exposure.pdf", "tables/draws.csv",
            "tables/neighbourhoods.csv"} <= names
    sums = dict(reversed(line.split("  ")) for line in files["SHA256SUMS.txt"].decode().splitlines())
    assert set(sums) == {name for name in names if "pdf" not in name or name == "exposure.pdf"} - {"SHA256SUMS.txt"}
    assert all(hashlib.sha256(files[name]).hexdigest() == digest for name, digest in sums.items())
    draws = list(csv.DictReader(io.StringIO(files["tables/draws.csv"].decode("utf-8-sig"))))
    assert len(draws) == 21
    assert all(hashlib.sha256(row["seed"].encode()).hexdigest() == row["seed_hash"] for row in draws)
    assert {(row["replays"], row["drawn_after_start"]) for row in draws} == {("True", "True")}
    for row in draws:
        kept = json.loads(files["draws/{}.json".format(row["draw_id"])])
        assert hashlib.sha256(kept["inputs"].encode()).hexdigest() == inputs[row["draw_id"]] == row["inputs_hash"]
    text = files["README.txt"].decode()
    assert "<5" in text and "sha256sum" in text and max(map(len, text.splitlines())) <= 130
    settings = json.loads(files["configuration.json"])["settings"]
    assert settings["cap"] == 0.5 and "roles" not in settings and "map_context" not in settings


def test_a_draw_of_the_pack_can_be_drawn_again_by_anybody(run, city, tmp_path):
    if shutil.which("node") is None:
        pytest.skip("needs node")
    run("exposurereport", WORKSPACE=str(city), FROM=FIRST, TO=FIRST, OUTPUT=str(tmp_path / "e.pdf"),
        PUBLIC_PACK=str(tmp_path / "pack.zip"))
    with zipfile.ZipFile(tmp_path / "pack.zip") as pack:
        names = [name for name in pack.namelist() if name.startswith("draws/")]
        pack.extractall(tmp_path)
    assert len(names) == 3
    for name in names:
        again = subprocess.run(["node", str(ROOT / "docs" / "verify-a-draw.mjs"), str(tmp_path / name)],
                               capture_output=True, text=True)
        assert (again.returncode, again.stderr) == (0, ""), again.stdout


def test_small_counts_are_hidden_in_tables_and_in_the_pdf(run, city, tmp_path):
    with open_workspace(city) as workspace:
        where = workspace.read("boxes").set_index("box_id")["neighbourhood"]
        visits = workspace.read("visits")
        few = visits[visits["box_id"].map(where) == NASTY[2]]
        with workspace.transaction() as writer:
            writer.delete("visits", {"visit_id": few["visit_id"].tolist()[3:]})
        shown = exposure(workspace, FIRST, LAST).neighbourhoods.set_index("neighbourhood")
    assert shown["visits"][NASTY[2]] == 3
    run("exposurereport", WORKSPACE=str(city), FROM=FIRST, TO=LAST, OUTPUT=str(tmp_path / "e.pdf"),
        PUBLIC_PACK=str(tmp_path / "pack.zip"))
    files = pack_of(tmp_path / "pack.zip")
    rows = {row["Neighbourhood"]: row for row in csv.DictReader(io.StringIO(
        files["tables/neighbourhoods.csv"].decode("utf-8-sig")))}
    hidden = rows[NASTY[2]]
    assert hidden["Visits"] == "<5" and hidden["Presence per 1,000"] == hidden["To harm"] == "hidden"
    shown_rows = {name: row for name, row in rows.items() if name not in (NASTY[2], "All that is shown")}
    assert int(rows["All that is shown"]["Visits"]) == sum(int(row["Visits"]) for row in shown_rows.values())
    assert "The chain of adjustments fits" in files["text of the pdf"].decode().replace("\n", " ")
    for name in ("README.txt", "text of the pdf"):
        assert "9 adjustments" not in files[name].decode() and "(9" not in files[name].decode()
    exact = "{:,.1f}".format(shown["presence"][NASTY[2]])
    assert "hidden: rests on such a count" in files["text of the pdf"].decode().replace("\n", " ")
    assert exact not in files["text of the pdf"].decode() and exact in plain(tmp_path / "e.pdf")
    assert "below" in files["text of the pdf"].decode()


def test_what_has_not_ended_stays_secret(run, city, tmp_path):
    today = pd.Timestamp.now(tz="UTC").tz_convert("America/New_York")
    first, last = (str((today + pd.Timedelta(days=days)).date()) for days in (-1, 1))
    with open_workspace(city) as workspace:
        with workspace.transaction() as writer:
            for table in ("visits", "officers"):
                writer.delete(table)
        add_month(workspace, first, 3, visits=20, adjustments=0)
        coming = workspace.read("draws", where={"seed": None})
        planned = workspace.read("patrols", where={"draw_id": coming["draw_id"].tolist()})
        secret = json.loads(Path(workspace.path_of_seeds).read_text())
    assert len(coming) >= 3 and len(planned)
    run("exposurereport", WORKSPACE=str(city), FROM=first, TO=last, OUTPUT=str(tmp_path / "e.pdf"),
        PUBLIC_PACK=str(tmp_path / "pack.zip"))
    files = pack_of(tmp_path / "pack.zip")
    nowhere(files, [seed for text, seed in secret.items() if text in set(coming["seed_hash"])])
    assert not [name for name in files for draw in coming["draw_id"] if draw in name]
    assert "have not ended" in files["text of the pdf"].decode() and "not ended" in files["README.txt"].decode()


def test_the_pack_of_a_real_plan_has_its_model_card(run, full, simulated, sample, tmp_path):
    run("importgps", WORKSPACE=str(full), INPUT=str(simulated / "fixes.csv.gz"))
    run("importroster", WORKSPACE=str(full), INPUT=str(simulated / "roster.csv"))
    run("visits", WORKSPACE=str(full), FROM=DATE, TO=DATE)
    areas = QgsVectorLayer(str(sample / "neighbourhoods.geojson"), "areas", "ogr")
    outputs = run("importneighbourhoods", WORKSPACE=str(full), INPUT=areas)
    assert outputs["READ"] == 39 and outputs["ADDED"] >= 4 and outputs["ADDED"] + outputs["REJECTED"] == 39
    with open_workspace(full) as workspace:
        box_id = workspace.read("patrols", where={"shift": "evening"})["box_id"].iloc[0]
        adjusting.adjust(workspace, "suppress", DATE, "evening", box_id, reason="community", note=NOTE, who=ANALYST)
        units, officers = workspace.distinct("visits", "unit"), workspace.distinct("visits", "officer")
        model = workspace.read("models")["model_id"].iloc[0]
    assert units and officers and officers != ["unknown"]
    run("exposurereport", WORKSPACE=str(full), FROM=DATE, TO=DATE, OUTPUT=str(tmp_path / "e.pdf"),
        PUBLIC_PACK=str(tmp_path / "pack.zip"))
    files = pack_of(tmp_path / "pack.zip")
    nowhere(files, (*units, *officers, NOTE, ANALYST))
    assert b"race, ethnicity" in files[f"model_cards/{model}.html"]


# Import through Processing


def test_neighbourhoods_through_processing(run, fails, city, tmp_path, content):
    layer = tmp_path / "areas.geojson"
    halves = VectorTable(pd.DataFrame(), [square(0, 0, 6, 12), square(6, 0, 6, 12)], "EPSG:32618", "halves")
    features = [{"type": "Feature", "geometry": mapping(shape),
                 "properties": {"Area": name, "People": people, "Green": 1}}
                for name, people, shape in zip("AB", ("1,200", "800"), halves.to_crs("EPSG:4326").geometry)]
    features.append({"type": "Feature", "geometry": None, "properties": {"Area": "C", "People": "5", "Green": 1}})
    layer.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    before = content(city)
    assert "has no column Grey" in fails("importneighbourhoods", WORKSPACE=str(city), INPUT=str(layer),
                                         NAME_FIELD="Area", POPULATION_FIELDS="People, Grey")
    assert content(city) == before
    outputs = run("importneighbourhoods", WORKSPACE=str(city), INPUT=str(layer), NAME_FIELD="Area",
                  POPULATION_FIELDS="People, Green=Green")
    assert [outputs[name] for name in ("READ", "ADDED", "UPDATED", "UNCHANGED", "REJECTED")] == [3, 2, 0, 0, 1]
    with open_workspace(city) as workspace:
        stored = workspace.read("neighbourhoods").set_index("neighbourhood")
        assert stored["residents"].to_dict() == {"A": {"all": 1200, "Green": 1}, "B": {"all": 800, "Green": 1}}
        boxes = workspace.read("boxes")
        col, _ = Fishnet.parse(boxes["box_id"])
        west = col < LEFT // 250 + 6
        assert set(boxes["neighbourhood"][west]) == {"A"} and set(boxes["neighbourhood"][~west]) == {"B"}
        assert re.fullmatch(r"[0-9a-f]{64}", workspace.read("imports")["input_hash"].iloc[-1])
