"""connect:purge on a real workspace: tells first, removes for good, and draws still verify."""
import json

from qgis_runs import DATE

from shotspotter_connect_plugin.workspace.store.workspace import open_workspace


def test_purge_tells_then_removes_and_draws_still_verify(run, fails, full, content, tmp_path):
    assert "No retention limit is set" in fails("purge", WORKSPACE=str(full))
    limits = tmp_path / "limits.json"
    limits.write_text(json.dumps({"settings": {"retention_days": {"forecasts": 30, "gunfire": 36500}}}))
    run("configure", WORKSPACE=str(full), SETTINGS=str(limits))
    with open_workspace(full) as workspace:
        forecasts, alerts = workspace.count("forecasts"), workspace.count("gunfire")
        draws = workspace.read("draws").drop(columns="seed")
    before = content(full)
    told = run("purge", WORKSPACE=str(full))
    assert told["ROWS"] == forecasts > 0 and "would go" in told["TABLES"] and content(full) == before
    size = full.stat().st_size
    done = run("purge", WORKSPACE=str(full), DRY_RUN=False)
    assert done["ROWS"] == forecasts and f"forecasts: {forecasts:,} rows from before" in done["TABLES"]
    assert full.stat().st_size < size
    with open_workspace(full) as workspace:
        assert workspace.count("forecasts") == 0 and workspace.count("gunfire") == alerts
        assert workspace.read("draws").drop(columns="seed").equals(draws)
        runs = workspace.read("runs", where={"algorithm": "connect:purge"})
        assert runs["counts"].tolist() == [{"dry_run": True, "forecasts": forecasts, "gunfire": 0},
                                           {"dry_run": False, "forecasts": forecasts, "gunfire": 0}]
    assert run("verifydraw", WORKSPACE=str(full), DATE=DATE)["VERIFIED"]
    assert run("checkworkspace", WORKSPACE=str(full))["OK"]
