"""A disk that is full in the middle: every writer leaves the old file as it was, says so, and leaves nothing beside."""
import numpy as np
import pandas as pd
import pytest

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.patrol import seeds
from shotspotter_connect_plugin.reports.paper.report_content import (PageHead, PrintedColumn, PrintedTable, Report,
                                                                     write_csv)
from shotspotter_connect_plugin.reports.web import web_page
from shotspotter_connect_plugin.workspace.exports import box_file, public_pack
from shotspotter_connect_plugin.workspace.exports.plan_formats import export_plan
from shotspotter_connect_plugin.workspace.imports import rejected_rows
from shotspotter_connect_plugin.workspace.steps import forecasting
from shotspotter_connect_plugin.workspace.steps.backtesting import rank_writer
from shotspotter_connect_plugin.workspace.steps.create import create_workspace

DATE, SHIFT = "2026-03-02", "day"
MANY = 2000


@pytest.fixture
def planned(workspace):
    """A plan of many boxes."""
    boxes = workspace.read("boxes", ["box_id"])["box_id"]
    with workspace.transaction() as writer:
        writer.append("patrols", pd.DataFrame([{
            "patrol_id": "p" + str(number), "shift_date": DATE, "shift": SHIFT, "box_id": box_id, "beat": "All",
            "crime_type": "robbery", "harm": 1.0, "inclusion_probability": 0.25, "target_minutes": 15.0,
            "visit_order": number, "returns": 0, "origin": "drawn", "status": "planned", "version": 1}
            for number, box_id in enumerate(boxes)]))
    return workspace


def export(kind):
    def write(path, workspace):
        kinds = workspace.crime_types[["crime_type", "name", "colour"]]
        export_plan(workspace, DATE, [SHIFT], kind, str(path), kinds.assign(letter="A"))
    return write


def boxes(path, workspace):
    rows = np.arange(MANY)
    box_file.write_boxes(str(path), pd.DataFrame({"row": rows}), np.stack([rows, rows, rows + 1, rows + 1], axis=1),
                         "EPSG:32618")


def rejects(path, workspace):
    found = rejected_rows.RejectedRows()
    found.add(np.arange(MANY), "at", "no time")
    found.write(str(path))


def gps_rejects(path, workspace):
    with rejected_rows.SpooledRejects(path) as found:
        found.write("a.csv", np.arange(MANY), ["at"] * MANY, ["no time"] * MANY)
        found.close()


def ranks(path, workspace):
    boxes = pd.DataFrame({"box_id": [f"C1R{number}" for number in range(MANY)]})
    with rank_writer(str(path)) as ranked:
        ranked(DATE, SHIFT, "robbery", "connect", np.arange(MANY), np.arange(MANY), np.linspace(0, 1, MANY), boxes)


def table(path, workspace):
    rows = pd.DataFrame({"a": np.arange(MANY)})
    write_csv(Report("R", PageHead("R", DATE), (PrintedTable("t", [PrintedColumn("a", "A")], rows),)), str(path))


def pack(path, workspace):
    pdf = path.parent.parent / "report.pdf"
    if not pdf.exists():
        pdf.write_bytes(np.random.default_rng(1).bytes(50_000))
    public_pack.write_pack({"a.txt": b"a" * MANY}, pdf, path)


def secret_seeds(path, workspace):
    seeds.keep(path, [seeds.new_seed() for _ in range(MANY // 10)])


WRITERS = {
    "plan.geojson": export("geojson"), "plan.kml": export("kml"), "plan.gpx": export("gpx"),
    "plan.xlsx": export("xlsx"), "plan.json": export("package"), "boxes.gpkg": boxes, "rejects.csv": rejects,
    "gps.csv": gps_rejects, "ranks.csv": ranks, "table.csv": table, "pack.zip": pack, "w.seeds.json": secret_seeds,
    "card.json": lambda path, workspace: forecasting._write_card({"text": "x" * 20 * MANY}, path),
    "page.html": lambda path, workspace: web_page.save("T", ["x" * 20 * MANY], [], path)}


def below(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("share", [0.0, 0.4, 0.9])
@pytest.mark.parametrize("name", WRITERS)
def test_the_old_file_stays(name, share, full_disk, planned):
    path = full_disk.folder / name
    WRITERS[name](path, planned)
    old = below(full_disk.folder)
    with full_disk.room_for(int(share * len(old[name]))):
        with pytest.raises(ConnectError) as told:
            WRITERS[name](path, planned)
    assert "free some space" in told.value.user, told.value.user
    assert "\n" not in told.value.user and len(told.value.user) < 300
    assert below(full_disk.folder) == old
    WRITERS[name](path, planned)
    assert list(below(full_disk.folder)) == [name]


@pytest.mark.parametrize("room", [0, 20_000, 100_000, 300_000])
def test_a_workspace_is_made_whole_or_not_at_all(room, full_disk, town):
    with full_disk.room_for(room):
        with pytest.raises(ConnectError) as told:
            create_workspace(full_disk.folder / "a.gpkg", town, timezone="UTC")
    assert "fault" not in told.value.user and "free some space" in told.value.user, told.value.user
    assert below(full_disk.folder) == {}
    create_workspace(full_disk.folder / "a.gpkg", town, timezone="UTC").close()


def test_a_journal_says_that_the_disk_is_full(full_disk):
    from shotspotter_connect_plugin.workspace.steps.patrol_journal import Journal
    journal = Journal(full_disk.folder, DATE, SHIFT, "12")
    with full_disk.room_for(0):
        with pytest.raises(ConnectError, match="free some space"):
            for second in range(10_000):
                journal.fix(pd.Timestamp(DATE, tz="UTC") + pd.Timedelta(seconds=second), -77.0, 38.9, 5.0)
    kept = len(journal.fixes())
    journal.close()
    # The fix that found no room is written when there is some again.
    assert len(Journal(full_disk.folder, DATE, SHIFT, "12").fixes()) in (kept, kept + 1)
