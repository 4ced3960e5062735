"""The live patrol in the real QGIS desktop: QGIS crashes in the middle of a visit and starts again."""

import pytest
from qgis_runs import needs_desktop

pytestmark = needs_desktop


def test_the_shift_goes_on_after_a_crash_and_the_plugin_leaves_nothing_behind(desktop, package):
    (before, begun), _ = desktop("live_begins", CONNECT_PACKAGE=str(package))
    assert before["docks"] == 0 and begun["docks"] == 1 and begun["visible"] == [True]
    assert begun["seconds"] == [pytest.approx(590, abs=5)] and begun["said"] == ["6 min to go"]
    assert begun["layers"] == ["My boxes, Evening"]
    (after, unloaded), _ = desktop("live_goes_on")
    assert after["docks"] == 1 and after["visible"] == [True] and after["layers"] == ["My boxes, Evening"]
    assert after["seconds"] == [pytest.approx(590, abs=1)] and after["said"] == ["6 min to go"]
    assert (unloaded["docks"], unloaded["layers"], unloaded["drawn"]) == (0, [], before["drawn"])
