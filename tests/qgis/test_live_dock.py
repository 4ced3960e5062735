"""The live patrol dock, touched as an officer does."""
import json
import os
import time

import pandas as pd
import pytest
from live_parts import INSIDE, OUTSIDE, buttons, drive, press
from pyproj import Transformer
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QApplication, QLabel

from shotspotter_connect_plugin.patrol import live_patrol
from shotspotter_connect_plugin.reports.paper import style
from shotspotter_connect_plugin.workspace.imports.gps_import import import_gps
from shotspotter_connect_plugin.workspace.imports.tactic_import import import_tactics
from shotspotter_connect_plugin.workspace.steps.visit_finding import find_visits
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace


def test_entry_starts_the_timer_and_brings_the_tactics_leaving_ends_both(open_live_dock, package):
    dock = open_live_dock(package)
    assert dock.page.header.text() == "Evening, 2026-03-02 · unit 12-A"
    drive(dock, OUTSIDE, 0, 1)
    assert not dock.page.timer.isVisible() and not buttons(dock) and "Not in a box" in dock.page.verdict.text()
    drive(dock, INSIDE, 3, 0.5)
    assert dock.page.timer.isVisible() and dock.page.band.text() == "4400 block Hunt Pl NE\nRobbery"
    assert list(buttons(dock)) == ["tactic_foot_patrol", "tactic_near_stops"]
    assert all(button.height() >= 64 for button in buttons(dock).values())
    assert dock.page.verdict.text() == "15 min to go"
    drive(dock, INSIDE, 3.5, 16)
    assert dock.page.verdict.text() == "Target reached: move on"
    drive(dock, INSIDE, 19.5, 6)
    assert dock.page.verdict.text() == "Longer than planned: move on"
    drive(dock, OUTSIDE, 27, 1)
    assert not dock.page.timer.isVisible() and not buttons(dock) and not dock.page.band.isVisible()
    assert dock.page.boxes.item(0).text().startswith("603 1 · 4400 block Hunt Pl NE · 2")


def test_a_touch_logs_the_tactic_on_disk_at_once(open_live_dock, package):
    dock = open_live_dock(package)
    drive(dock, INSIDE, 0, 3)
    button = buttons(dock)["tactic_foot_patrol"]
    press(button)
    assert "✓ 15:32" in button.text(), "the agency's wall clock"
    written = (package.parent / "journal_2026-03-02_evening_12-A_tactics.csv").read_text().splitlines()
    assert written[1:] == ["12-A,71,2026-03-02T20:32:45.000Z,foot_patrol,," + dock.package.patrols[0].box_id]
    fixes = (package.parent / "journal_2026-03-02_evening_12-A_gps.csv").read_text().splitlines()
    assert len(fixes) == 1 + 12


def test_a_restart_in_the_middle_of_a_visit_loses_nothing(open_live_dock, package):
    dock = open_live_dock(package)
    drive(dock, INSIDE, 0, 10)
    press(buttons(dock)["tactic_near_stops"])
    before = dock.patrol.situation()
    dock.take_away()            # QGIS ends; a crash does less than this
    again = open_live_dock()
    assert again.patrol.situation() == before and before.verdict == live_patrol.STAY
    assert "✓" in buttons(again)["tactic_near_stops"].text()
    drive(again, INSIDE, 10, 6)
    assert again.page.verdict.text() == "Target reached: move on"
    press(again.page.end)
    assert "import it" in again.first.complaint.text()
    assert open_live_dock().patrol is None, "an ended shift does not go on"


def test_a_box_suppressed_meanwhile_loses_nothing(open_live_dock, package):
    dock = open_live_dock(package)
    drive(dock, INSIDE, 0, 6)
    content = json.loads(package.read_text())
    package.write_text(json.dumps({**content, "patrols": content["patrols"][1:]}))
    press(dock.page.end)
    press(dock.first.begin)
    drive(dock, INSIDE, 6, 6)
    visit, = dock.patrol.visits
    assert visit.minutes == pytest.approx(11.75) and "Not in a box" in dock.page.verdict.text()


def test_the_journal_tells_of_every_visit_at_once(open_live_dock, package):
    dock = open_live_dock(package)
    path, box = dock.journal.visits_path, dock.package.patrols[0].box_id

    def lines():
        return [line.split(",")[2:4] for line in path.read_text().splitlines()[1:] if box in line]
    drive(dock, INSIDE, 0, 0.5)
    assert lines() == [["opened", box]], "as soon as two fixes tell of a time inside"
    drive(dock, INSIDE, 0.5, 5)
    drive(dock, OUTSIDE, 6, 1)
    assert lines() == [["opened", box], ["closed", box]]
    drive(dock, OUTSIDE, 7, 4)
    assert lines() == [["opened", box], ["closed", box], ["final", box]], "when the merge gap has passed"
    drive(dock, INSIDE, 12, 0.5)
    drive(dock, OUTSIDE, 13, 5)
    assert lines()[-1] == ["dropped", box], "a drive-through"


def test_a_package_exported_again_is_taken_in_and_a_box_taken_off_keeps_its_timer(open_live_dock, package):
    dock, said = open_live_dock(package), []
    dock.told.connect(said.append)
    drive(dock, INSIDE, 0, 6)
    content = json.loads(package.read_text())
    time.sleep(0.01)
    package.write_text("{")                    # half written
    dock.tick()
    assert dock.page.verdict.text() == "10 min to go" and said == []
    package.write_text(json.dumps({**content, "patrols": content["patrols"][1:]}))
    os.utime(package, ns=(1, 1))
    dock.tick()
    assert dock.page.verdict.text() == "Taken off the plan: you may leave"
    assert said == ["The plan has changed: boxes taken off 1, added 0.", dock.page.verdict.text()] and buttons(dock)
    drive(dock, INSIDE, 6, 1)
    assert dock.page.timer.text().startswith("6:") and dock.patrol.situation().verdict == live_patrol.TAKEN_OFF
    press(buttons(dock)["tactic_foot_patrol"])
    assert len(dock.journal.tactics()) == 1
    package.write_text(json.dumps(content))
    dock.tick()
    assert dock.page.verdict.text() == "9 min to go", "the box is on the plan again"
    drive(dock, OUTSIDE, 8, 1)
    assert dock.patrol.minutes(dock.package.patrols[0].box_id) >= 6.75


def test_the_end_of_the_shift_is_told_and_the_visit_goes_on(open_live_dock, package):
    dock = open_live_dock(package)
    drive(dock, INSIDE, 445, 4)
    assert "ended" not in dock.page.header.text()
    drive(dock, INSIDE, 449, 4)                       # 20:30 and 450 minutes are 04:00, the end
    assert dock.page.header.text() == "Evening, 2026-03-02 · unit 12-A · this shift has ended"
    assert dock.patrol.situation().visit_seconds == pytest.approx(465)


def test_the_signal_is_lost_and_the_dock_says_so(open_live_dock, package, monkeypatch):
    dock = open_live_dock(package)
    drive(dock, INSIDE, 0, 6)

    class Clock:
        def __init__(self, seconds):
            self.seconds = seconds

        def isValid(self):
            return True

        def elapsed(self):
            return 1000 * self.seconds

        def restart(self):
            self.seconds = 0
    monkeypatch.setattr(type(dock.gps), "name", property(lambda _: "gpsd"))
    dock.since_fix = Clock(60)
    dock.tick()
    assert "no position for 60 seconds" in dock.page.gps_label.text()
    assert dock.page.timer.text() == "6:45", "the timer runs on"
    dock.since_fix.seconds = 400
    dock.tick()
    assert not dock.page.timer.isVisible() and "Not in a box" in dock.page.verdict.text()
    visit, = dock.patrol.visits
    assert visit.minutes == pytest.approx(5.75), "silence adds nothing"
    drive(dock, INSIDE, 14, 2)
    assert dock.page.timer.isVisible() and len(dock.patrol.visits) == 2


def test_the_target_is_said_once_loud_and_large(open_live_dock, package, monkeypatch):
    beeps, said = [], []
    monkeypatch.setattr(QApplication, "beep", lambda *_: beeps.append(1))
    dock = open_live_dock(package)
    dock.told.connect(said.append)
    drive(dock, INSIDE, 0, 15)
    assert said == [] and not beeps
    drive(dock, INSIDE, 15, 2)
    assert said == ["Target reached: move on"] and len(beeps) == 1
    assert style.DOSAGE["on_target"][0] in dock.page.panel.styleSheet()
    usual = QLabel().font().pointSizeF()
    assert dock.page.timer.font().pointSizeF() >= 5 * usual and dock.page.verdict.font().pointSizeF() >= 1.5 * usual
    drive(dock, OUTSIDE, 18, 5)
    dock.page.sound.setChecked(False)
    drive(dock, INSIDE, 24, 16)
    assert said == ["Target reached: move on"] * 2 and len(beeps) == 1


def test_night_is_dark_and_is_remembered(open_live_dock, package):
    dock = open_live_dock(package)
    drive(dock, INSIDE, 0, 2)

    def brightness():
        picture = dock.grab().toImage()
        points = [(x, y) for x in range(5, picture.width(), 25) for y in range(5, picture.height(), 25)]
        return sum(picture.pixelColor(*point).lightness() for point in points) / len(points)
    day = brightness()
    dock.page.night.setChecked(True)
    night = brightness()
    assert night < 60 < 170 < day
    assert open_live_dock().page.night.isChecked()


def test_text_from_data_is_shown_as_it_is(open_live_dock, package):
    nasty = "<b>x</b> & [% 1 %]"
    content = json.loads(package.read_text())
    content["patrols"][0].update(where=nasty, crime_type_name=nasty)
    content["tactics"][0].update(name=nasty, description=nasty)
    package.write_text(json.dumps({**content, "shift_name": nasty}))
    dock = open_live_dock(package)
    drive(dock, INSIDE, 0, 2)
    for label in (dock.page.header, dock.page.band, dock.page.warning, dock.first.complaint):
        assert label.textFormat() == Qt.TextFormat.PlainText
    assert nasty in dock.page.band.text() and nasty in dock.page.header.text()
    button = buttons(dock)["tactic_foot_patrol"]
    assert button.text().replace("\n", " ").replace("&&", "&") == nasty and "<" not in button.toolTip()


def test_what_is_wrong_is_said_and_nothing_starts(open_live_dock, package, tmp_path):
    dock = open_live_dock(tmp_path / "none.json")
    assert "FORMAT=package" in dock.first.complaint.text() and dock.patrol is None
    dock.first.path.setText(str(package))
    dock.first.unit.setText("../12")
    press(dock.first.begin)
    assert "unit" in dock.first.complaint.text() and dock.patrol is None
    dock.first.unit.setText("12")
    press(dock.first.begin)
    dock.page.host.setText("nowhere")
    press(dock.page.connect_gps)
    assert "host:port" in dock.page.warning.text()


def test_the_journal_gives_the_workspace_the_same_visits(open_live_dock, package, fresh):
    with open_workspace(fresh) as workspace:
        change = json.loads(package.read_text())
        change["crs"] = workspace.settings.crs
        middle = workspace.read("boxes").query("inside == 1").iloc[0]
        x, y = workspace.fishnet.centres(*(pd.Series([middle[name]]).to_numpy() for name in ("col", "row")))
        place = Transformer.from_crs(workspace.settings.crs, "EPSG:4326", always_xy=True).transform(x[0], y[0])
        change["patrols"][0]["box_id"] = middle["box_id"]
        package.write_text(json.dumps(change))
        dock = open_live_dock(package)
        drive(dock, place, 0, 12)
        press(buttons(dock)["tactic_foot_patrol"])
        shown = dock.patrol.visits
        dock.take_away()
        folder = package.parent
        assert import_gps(workspace, folder / "journal_2026-03-02_evening_12-A_gps.csv").added == 48
        found = find_visits(workspace, "2026-03-02", "2026-03-02")
        assert found["box_id"].tolist() == [visit.box_id for visit in shown]
        assert found["minutes"].tolist() == pytest.approx([visit.minutes for visit in shown])
        assert import_tactics(workspace, folder / "journal_2026-03-02_evening_12-A_tactics.csv").unmatched == 0
