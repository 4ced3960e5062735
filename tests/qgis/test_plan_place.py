"""What stands on the screen is what was opened: the plan's own workspace, date and shift, in every dock and dialog."""
import getpass
import shutil

import pytest
from dock_hands import DATE, settle, shown, told
from qgis.core import QgsProject, QgsSettings
from qgis.PyQt.QtCore import QDate, Qt
from qgis.PyQt.QtTest import QTest

from shotspotter_connect_plugin import plan_place
from shotspotter_connect_plugin.plan_place import PLAN_OF, Place
from shotspotter_connect_plugin.processing import addresses
from shotspotter_connect_plugin.reports.plan import plan_project as plans
from shotspotter_connect_plugin.ui import menu_actions
from shotspotter_connect_plugin.ui.imports.import_dock import ImportDock
from shotspotter_connect_plugin.ui.live.live_dock import LiveDock
from shotspotter_connect_plugin.ui.reports.reports_dock import ReportsDock
from shotspotter_connect_plugin.ui.tactics.tactics_dialog import TacticsDialog
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

OTHER = "2017-12-15"


@pytest.fixture(scope="module")
def cities(tmp_path_factory, planned, run):
    """Paths of two workspaces agency.gpkg, north and south, each with a plan that the other did not draw."""
    made = []
    for city, date in (("north", DATE), ("south", OTHER)):
        folder = tmp_path_factory.mktemp("cities") / city
        folder.mkdir()
        for part in planned.parent.iterdir():
            if part.is_file():
                shutil.copy(part, folder)
        path = folder / planned.name
        if date == OTHER:
            run("score", WORKSPACE=str(path), DATE=date)
            run("meter", WORKSPACE=str(path), DATE=date)
        write_plan(path, date)
        made.append(path)
    return made


def write_plan(path, date, folder=None):
    folder = str(folder or path.parent / "plans" / date)
    with open_workspace(path) as workspace:
        return plans.write_plan(workspace, date, ["evening", "day"], folder).project


def plan_of(path):
    return str(next((path.parent / "plans").rglob("*.qgz")))


@pytest.fixture(autouse=True)
def clean(qgis_new_project):
    """No workspace is remembered or was listed, and the project is empty before and after."""
    addresses._shown.clear()  # a dock's timer may have listed that of another test
    for name in ("recent_workspaces", "live/plan", "live/running", "reports/shift"):
        QgsSettings().remove("shotspotter_connect/" + name)
    QgsProject.instance().clear()
    yield
    QgsProject.instance().clear()


@pytest.fixture
def docks(open_dock, cities, qgis_canvas):
    """Every dock, looking at the other city."""
    north, south = map(str, cities)
    addresses.remember(south)
    made = {"plan": open_dock(south), "reports": ReportsDock(lambda layout: None), "import": ImportDock(),
            "live": LiveDock(), "tactics": TacticsDialog(south)}
    made["tactics"].show()
    wait(made)
    yield made
    for name in ("reports", "import", "live"):
        made[name].take_away()
        made[name].deleteLater()
    made["tactics"].close()


def wait(docks):
    settle(docks["plan"], docks["reports"], docks["import"], docks["tactics"])


def seen(docks):
    """(address, date, shift) that each dock shows."""
    live, reports = docks["live"].first, docks["reports"]
    return {"plan": docks["plan"].place,
            "reports": Place(reports.address, reports.first.date().toString("yyyy-MM-dd"),
                             reports.shift.currentData()),
            "import": docks["import"].queue.address, "live": (live.plan, live.shift.currentData()),
            "tactics": docks["tactics"].address}


def test_opening_a_plan_moves_every_dock(docks, cities):
    for path, date in zip(cities, (DATE, OTHER)):
        assert QgsProject.instance().read(plan_of(path))
        wait(docks)
        here = Place(str(path), date, "evening")
        assert seen(docks) == {"plan": here, "reports": here, "import": str(path), "tactics": str(path),
                               "live": (str(path), date + " evening")}
        assert docks["reports"].last.date() == QDate.fromString(date, "yyyy-MM-dd")
        view = docks["plan"].view
        assert (view.shift_date, view.shift) == (date, "evening") and shown(docks["plan"])
        names = [node.layer().name() for node in QgsProject.instance().layerTreeRoot().findLayers()
                 if node.isVisible() and node.layer().customProperty(PLAN_OF)]
        assert names == ["Boxes to patrol, Evening"] and docks["plan"].map_link.layer is None
        assert not QgsProject.instance().isDirty()


def test_a_folder_that_was_moved_works(cities, tmp_path):
    shutil.copytree(cities[0].parent, tmp_path / "moved")
    cities[0].rename(cities[0].with_suffix(".away"))
    try:
        project = QgsProject()
        assert project.read(plan_of(tmp_path / "moved" / "agency.gpkg"))
        assert addresses.place_of(project) == Place(str(tmp_path / "moved" / "agency.gpkg"), DATE, "evening")
    finally:
        cities[0].with_suffix(".away").rename(cities[0])


def test_another_citys_workspace_of_the_same_name_is_not_taken(docks, cities, created, tmp_path):
    """The plan's folder alone was copied to where another city keeps a workspace of the same name."""
    shutil.copytree(cities[0].parent / "plans", tmp_path / "plans")
    shutil.copy(created, tmp_path / "agency.gpkg")
    QgsSettings().remove("shotspotter_connect/recent_workspaces")
    assert QgsProject.instance().read(plan_of(tmp_path / "agency.gpkg"))
    wait(docks)
    assert addresses.current() == "" and docks["plan"].view is None and not shown(docks["plan"])
    assert "was not found" in told(docks["plan"]) and docks["reports"].address == ""
    assert docks["import"].queue.address == ""
    # It is found among those used lately; and who chooses another one decides.
    addresses.remember(str(cities[0]))
    assert addresses.current() == str(cities[0])
    assert addresses.is_foreign(QgsProject.instance(), str(tmp_path / "agency.gpkg"))
    addresses.set_in_project(QgsProject.instance(), str(tmp_path / "agency.gpkg"))
    assert addresses.current() == str(tmp_path / "agency.gpkg")


def test_a_plan_of_an_earlier_version_is_known_by_its_layers(cities, tmp_path):
    project = QgsProject()
    assert project.read(plan_of(cities[0]))
    for entry in ("workspace", "date", "shifts"):
        project.removeEntry("shotspotter_connect", "/" + entry)
    for marks in (True, False):  # before layers had the property, too
        for layer in project.mapLayers().values():
            if not marks:
                layer.removeCustomProperty(PLAN_OF)
        assert addresses.place_of(project) == Place(str(cities[0]), DATE, "evening")


def test_the_way_to_the_workspace_names_nobody(cities, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(cities[0].parent))  # as if it were /home/somebody
    for folder in (cities[0].parent / "plans" / "again", tmp_path / "share"):
        project = QgsProject()
        assert project.read(write_plan(cities[0], DATE, folder))
        entry = project.readEntry(plan_place.SCOPE, plan_place.WORKSPACE)[0]
        assert entry == ("../../agency.gpkg" if "again" in str(folder) else "./agency.gpkg")
        assert getpass.getuser() not in entry
    shutil.rmtree(cities[0].parent / "plans" / "again")


def test_names_that_clash_show_their_folder(docks, cities):
    north, south = map(str, cities)
    addresses.remember(north)
    docks["plan"].open_workspace(north)
    docks["reports"].open_workspace(north)
    wait(docks)
    for combo in (docks["plan"].form.workspace, docks["reports"].workspace):
        assert {combo.itemData(row): combo.itemText(row) for row in range(combo.count())} == {
            north: "agency.gpkg (north)", south: "agency.gpkg (south)"}
        assert combo.currentData() == north
    dialog = TacticsDialog(south)
    dialog.show()
    assert dialog.windowTitle() == "Tactics of agency.gpkg (south)"
    dialog.close()


def test_names(tmp_path):
    paths = [str(tmp_path / part) for part in ("a/x/w.gpkg", "b/x/w.gpkg", "other.gpkg")]
    assert list(addresses.names(paths).values()) == ["w.gpkg (a/x)", "w.gpkg (b/x)", "other.gpkg"]


def test_dialogs_start_from_the_shift_on_the_screen(cities):
    here = Place(str(cities[0]), DATE, "evening")
    given = menu_actions.given_values
    assert given("connect:rollcall", here) == {"WORKSPACE": here.address, "DATE": DATE, "SHIFT": "evening"}
    assert given("connect:shiftreport", here) == {
        "WORKSPACE": here.address, "FROM": DATE, "TO": DATE, "SHIFT": "evening"}
    assert given("connect:createworkspace", here) == {} == given("connect:rollcall", Place())
    # Yesterday's plan stands there in the morning: the whole day is run for today.
    assert given("connect:daily", here) == {"WORKSPACE": here.address}
    assert given("connect:daily", here._replace(date="2999-01-01"))["DATE"] == "2999-01-01"


def test_print_asks_for_the_shift_of_the_dock(docks):
    asked = []
    docks["plan"].print_wanted.connect(lambda: asked.append(docks["plan"].place))
    docks["plan"].go_to(OTHER, "day")
    wait(docks)
    QTest.mouseClick(docks["plan"].form.print, Qt.MouseButton.LeftButton)
    assert asked == [docks["plan"].place] and asked[0][1:] == (OTHER, "day")


def test_a_plan_that_is_still_being_read_does_not_come_up_in_another_workspace(docks, cities):
    dock = docks["plan"]
    dock.reload()
    dock.open_workspace(str(cities[0]), DATE, "evening")
    assert not shown(dock) and dock.view is None
    wait(docks)
    assert dock.view.shift_date == DATE
    dock.open_workspace(str(cities[0].parent / "gone.gpkg"))
    wait(docks)
    assert not shown(dock) and dock.view is None and "gone.gpkg" in told(dock)


def test_workspaces_whose_plans_were_only_looked_at_are_told_apart(docks, cities):
    north, south = map(str, cities)
    combo = docks["plan"].form.workspace
    for address in (north, south):
        QgsSettings().remove("shotspotter_connect/recent_workspaces")
        addresses.set_in_project(QgsProject.instance(), address)
        docks["plan"].follow_project()
        wait(docks)
    assert combo.currentText() == "agency.gpkg (south)" and combo.findData(north) >= 0
