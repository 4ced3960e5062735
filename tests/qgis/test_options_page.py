"""The options page: what it shows, what it keeps, what it forgets."""
import pytest
from qgis.core import QgsProject, QgsSettings
from qgis.PyQt.QtGui import QIcon

from shotspotter_connect_plugin.processing import addresses
from shotspotter_connect_plugin.ui.options_factory import OptionsFactory


@pytest.fixture
def page(qgis_new_project):
    QgsSettings().remove("shotspotter_connect")
    factory = OptionsFactory(QIcon())
    assert factory.title() == "ShotSpotter Connect"
    return lambda: factory.createWidget(None)


def test_what_is_set_is_kept_and_shown_again(page, created):
    first = page()
    assert {name: box.isChecked() for name, box in first.choices.items()} == {
        "plan/on_map": True, "live/night": False, "live/sound": True}
    first.workspace.setFilePath(str(created))
    first.choices["plan/on_map"].setChecked(False)
    first.choices["live/night"].setChecked(True)
    assert addresses.current() == ""  # nothing is kept before OK or Apply
    first.apply()
    assert addresses.current() == str(created) and not QgsProject.instance().isDirty()
    again = page()
    assert again.workspace.filePath() == str(created)
    assert not again.choices["plan/on_map"].isChecked() and again.choices["live/night"].isChecked()


def test_a_workspace_that_is_not_there_is_said_and_left_out(page, tmp_path):
    options = page()
    options.workspace.setFilePath(str(tmp_path / "gone.gpkg"))
    assert "no such file" in options.remark.text()
    options.apply()
    assert addresses.recent() == []


def test_what_is_remembered_can_be_forgotten(page, created):
    addresses.remember(str(created))
    for name in ("header", "shift", "reason"):
        QgsSettings().setValue("shotspotter_connect/plan/" + name, "x")
    options = page()
    options.forget.click()
    options.apply()
    assert addresses.recent() == [] and not QgsSettings().contains("shotspotter_connect/plan/reason")
