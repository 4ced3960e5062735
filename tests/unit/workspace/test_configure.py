"""Configuration: checked before anything is written, round trip without loss, events follow new shifts."""
import json
import re
from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.workspace.steps import configure as room
from shotspotter_connect_plugin.workspace.steps.configure import (DEFAULT_CRIME_TYPES, LISTS, configure,
                                                                  export_configuration)
from shotspotter_connect_plugin.workspace.steps.create import create_workspace
from shotspotter_connect_plugin.workspace.store.defaults import default_rows
from shotspotter_connect_plugin.workspace.store.settings import Settings, check_beats, settings_from
from shotspotter_connect_plugin.workspace.store.tables import TABLES


def test_export_and_configure_go_round(workspace, tmp_path, town):
    exported = export_configuration(workspace)
    through_a_file = json.loads(json.dumps(exported))
    before = workspace.content_hash()
    assert configure(workspace, through_a_file) == []
    assert workspace.content_hash() == before
    with create_workspace(tmp_path / "other.gpkg", town, configuration=through_a_file) as other:
        assert export_configuration(other) == exported


def test_changes_are_told_and_kept(workspace):
    told = configure(workspace, {
        "settings": {"cap": 0.4, "boxes_per_beat": 3}, "crime_types": [{"crime_type": "theft", "severity": 2}],
        "tactics": [{"tactic": "foot", "name": "Walk", "crime_types": ["robbery"], "expires": "2030-01-31"}]})
    assert told[:3] == ["Setting boxes_per_beat: 2 -> 3", "Setting cap: 0.5 -> 0.4",
                        "crime_types theft severity: 1.0 -> 2.0"]
    assert "tactics foot added" in told and "tactics foot_patrol removed" in told
    assert len(told) == 3 + len(default_rows("tactics")) + 1
    assert workspace.settings.cap == 0.4 and workspace.settings.boxes_per_beat == 3
    types = workspace.read("crime_types").set_index("crime_type")
    assert types.loc["theft", "severity"] == 2 and types.loc["theft", "name"] == "Theft" and len(types) == 7
    tactic, = workspace.read("tactics").to_dict("records")
    assert tactic["crime_types"] == ["robbery"] and tactic["enforcement"] is False and tactic["expires"] == "2030-01-31"


@pytest.mark.parametrize("configuration, says", [
    ({"setings": {}}, "no part setings; did you mean settings?"),
    ([], "one JSON object"), ({"settings": []}, "Part settings of a configuration must be an object"),
    ({"shifts": {}}, "Part shifts of a configuration must be a list"),
    ({"settings": {"window_7_had": 3}}, "no setting window_7_had; did you mean window_7_hard?"),
    ({"settings": {"cap": 1.5}}, "cap is 1.5; it must be 0.01 to 1"),
    ({"settings": {"cap": float("nan")}}, "cap must be a number"),
    ({"settings": {"cap": True}}, "cap must be a number"), ({"settings": {"cap": "0.5"}}, "cap must be a number"),
    ({"settings": {"boxes_per_beat": 2.5}}, "boxes_per_beat must be a whole number"),
    ({"settings": {"window_7_hard": -1}}, "window_7_hard is -1; it must be at least 0"),
    ({"settings": {"include_probable": 1}}, "include_probable must be true or false"),
    ({"settings": {"agency": None}}, "agency must be text"),
    ({"settings": {"page_size": "A3"}}, "must be A4 or Letter"),
    ({"settings": {"beat_boxes": {"Nowhere": 2}}}, "beat_boxes names Nowhere, which is no beat"),
    ({"settings": {"beat_boxes": {"All": {"nite": 2}}}}, "of All names nite, which is no shift; did you mean night?"),
    ({"settings": {"beat_boxes": {"All": 1.5}}}, "beat_boxes of All must be a whole number"),
    ({"settings": {"beat_units": {"All": {"day": True}}}}, "beat_units of All must be a whole number"),
    ({"settings": {"districts": {"North": ["All"]}}}, "boxes_per_shift is one number for all; give it a number for"),
    ({"settings": {"boxes_per_shift": {"North": 3}}}, "names the district North, which is not among the districts"),
    ({"settings": {"boxes_per_shift": {"Nort": 3, "North": 1}, "districts": {"North": ["All"]}}},
     "names the district Nort, which is not among the districts; did you mean North?"),
    ({"settings": {"boxes_per_shift": {"North": 3}, "districts": {"North": ["All"], "South": ["B"]}}},
     "gives no boxes to the district South"),
    ({"settings": {"boxes_per_shift": {"North": 1.5}, "districts": {"North": ["All"]}}}, "of North must be a whole"),
    ({"settings": {"boxes_per_shift": {"North": 0}, "districts": {"North": ["All"]}}}, "gives no district a box"),
    ({"settings": {"boxes_per_shift": "3"}}, "boxes_per_shift must be a whole number"),
    ({"settings": {"boxes_per_shift": -1}}, "boxes_per_shift is -1; it must be 0 to 100000"),
    ({"settings": {"boxes_per_shift": {"North": 1}, "districts": {"North": ["Al"]}}},
     "names Al in North, which is no beat; did you mean All?"),
    ({"settings": {"boxes_per_shift": {"N": 1}, "districts": {"N": ["All", "All"]}}}, "names beat All in N twice"),
    ({"settings": {"boxes_per_shift": {"N": 1, "S": 1}, "districts": {"N": ["All"], "S": ["All"]}}},
     "names beat All in both N and S; every beat must be in just one"),
    ({"settings": {"boxes_per_shift": {"N": 1}, "districts": {"N": "All"}}}, "must give N a list of beats"),
    ({"settings": {"boxes_per_shift": {"N": 1}, "districts": {"N": []}}}, "must give N a list of beats"),
    ({"settings": {"boxes_per_shift": {" ": 1}, "districts": {" ": ["All"]}}}, "a district without a name"),
    ({"settings": {"least_per_beat": 3, "most_per_beat": 2}}, "most_per_beat is below least_per_beat"),
    ({"settings": {"plan_hour": "5 am"}}, "plan_hour is 5 am; it must be HH:MM"),
    ({"settings": {"plan_hour": "24:00"}}, "must be HH:MM"),
    ({"settings": {"firework_days": ["07-01"]}}, "each range as MM-DD/MM-DD"),
    ({"settings": {"firework_days": ["02-30/03-01"]}}, "each range as MM-DD/MM-DD"),
    ({"settings": {"firework_days": [5]}}, "each range as MM-DD/MM-DD"),
    ({"settings": {"retention_days": {"gps_fix": 30}}}, "did you mean gps_fixes?"),
    ({"settings": {"retention_days": {"draws": 30}}}, "no table that can be purged"),
    ({"settings": {"retention_days": {"gps_fixes": 0}}}, "at least 1"),
    ({"settings": {"target_minutes": 30}}, "target_minutes must lie between"),
    ({"settings": {"timezone": "Mars/Base"}}, "Time zone Mars/Base is not known"),
    ({"settings": {"timezone": "../etc/passwd"}}, "is not known"),
    ({"settings": {"crs": "EPSG:26985"}}, "crs is fixed when a workspace is made"),
    ({"settings": {"size": 500}}, "size is fixed when a workspace is made"),
    ({"crime_types": ["theft"]}, "Each entry of crime_types must be an object"),
    ({"crime_types": [{"severity": 1}]}, "needs a crime_type"),
    ({"crime_types": [{"crime_type": "drugs"}]}, "There is no crime type drugs"),
    ({"crime_types": [{"crime_type": "theft", "severity": -1}]}, "severity must be 0 or more"),
    ({"crime_types": [{"crime_type": "theft", "severity": "high"}]}, "severity must be a number"),
    ({"crime_types": [{"crime_type": "theft", "effectiveness": 1.1}]}, "effectiveness must be 0 to 1"),
    ({"crime_types": [{"crime_type": "theft", "colour": "red"}]}, "colour must be written #rrggbb"),
    ({"crime_types": [{"crime_type": "theft", "colour": None}]}, "colour must be written #rrggbb"),
    ({"crime_types": [{"crime_type": "theft", "color": "#112233"}]}, "no field color; did you mean colour?"),
    ({"crime_types": [{"crime_type": "theft"}, {"crime_type": "theft"}]}, "crime_types names theft twice"),
    ({"crime_types": [{"crime_type": code, "enabled": False} for code in DEFAULT_CRIME_TYPES]},
     "No crime type is enabled"),
    ({"shifts": []}, "There are no shifts"),
    ({"shifts": [{"shift": "a b", "start": "07:00", "end": "15:00"}]}, "made of letters, digits"),
    ({"shifts": [{"shift": "a", "start": "07:00"}]}, "shifts a needs a end written HH:MM"),
    ({"shifts": [{"shift": "a", "start": "7", "end": "15:00"}]}, "The time 7 of shift a must be written HH:MM"),
    ({"shifts": [{"shift": "a", "start": "07:00", "end": "15:00", "weekdays": "8"}]}, "digits from 1"),
    ({"shifts": [{"shift": "a", "start": "07:00", "end": "15:00"}, {"shift": "b", "start": "14:00", "end": "20:00"}]},
     "Shifts a and b overlap"),
    ({"tactics": [{"tactic": "x", "crime_types": ["drugs"]}]}, "names the crime type drugs"),
    ({"tactics": [{"tactic": "x", "crime_types": "robbery"}]}, "crime_types must be a list"),
    ({"tactics": [{"tactic": "x", "expires": "31 January"}]}, "expires must be a date"),
    ({"tactics": [{"tactic": "x", "enforcement": "no"}]}, "enforcement must be true or false"),
])
def test_what_does_not_fit_changes_nothing(workspace, configuration, says):
    before = workspace.content_hash()
    # Something good beside it is not taken over either.
    if isinstance(configuration, dict) and isinstance(configuration.get("settings", {}), dict):
        configuration = {**configuration, "settings": {"agency": "New", **configuration.get("settings", {})}}
    with pytest.raises(ConnectError, match=re.escape(says)) as error:
        configure(workspace, configuration)
    assert error.value.user.endswith((".", "?")) and "\n" not in error.value.user
    assert workspace.content_hash() == before


def test_a_failure_while_writing_changes_nothing(workspace, made_incidents, monkeypatch):
    with workspace.transaction() as writer:
        writer.append("incidents", made_incidents(10))
    before = workspace.content_hash()

    def fails(*_):
        raise OSError("disk")

    monkeypatch.setattr(room, "_reassign", fails)
    with pytest.raises(OSError):
        configure(workspace, {"settings": {"timezone": "Asia/Tokyo", "cap": 0.2}})
    assert workspace.content_hash() == before
    assert workspace.settings.cap == 0.5 and workspace.calendar.timezone == "America/New_York"


def test_events_follow_new_shifts_and_zones(workspace):
    moments = pd.to_datetime(["2024-03-10T11:30Z", "2024-03-10T12:30Z", "2024-07-04T02:00Z", "2024-07-04T02:00Z"])
    ends = moments + pd.to_timedelta([0, 0, 0, 540], unit="min")
    local = workspace.calendar.to_local(moments)
    frame = pd.DataFrame({"incident_id": list("abcd"), "crime_type": "theft", "occurred_from_utc": moments,
                          "occurred_to_utc": ends, "occurred_from_local": local,
                          "occurred_to_local": workspace.calendar.to_local(ends)})
    frame["shift_date"], frame["shift"] = workspace.calendar.assign_span(moments, ends)
    alerts = pd.DataFrame({"alert_id": list("abcd"), "occurred_utc": moments, "occurred_local": local})
    alerts["shift_date"], alerts["shift"] = workspace.calendar.assign(moments)
    assert frame["shift"].tolist()[:3] == ["day", "day", "evening"] and pd.isna(frame["shift"][3])
    with workspace.transaction() as writer:
        writer.append("incidents", frame)
        writer.append("gunfire", alerts)
    told = configure(workspace, {"shifts": [{"shift": "A", "start": "08:00", "end": "20:00"},
                                            {"shift": "B", "start": "20:00", "end": "08:00"}]})
    found = workspace.read("incidents")
    assert found["shift"].tolist() == ["B", "A", "B", "B"]
    assert found["shift_date"].tolist() == ["2024-03-09", "2024-03-10", "2024-07-03", "2024-07-03"]
    assert workspace.read("gunfire")["shift"].tolist() == ["B", "A", "B", "B"]
    assert "4 of 4 rows of incidents were given another wall clock or shift." in told
    assert found["occurred_from_local"].tolist()[0] == "2024-03-10T07:30:00"
    told = configure(workspace, {"settings": {"timezone": "UTC"}})
    found = workspace.read("incidents")
    assert found["occurred_from_local"].tolist()[0] == "2024-03-10T11:30:00"
    assert found["shift"].tolist() == ["A", "A", "B", None]
    assert found["shift_date"].tolist() == ["2024-03-10", "2024-03-10", "2024-07-03", None]
    assert found["occurred_from_utc"].tolist() == moments.tolist()
    assert told[-1].startswith("Forecasts and plans made before keep")


def test_no_event_is_touched_when_shifts_stay(workspace, made_incidents):
    with workspace.transaction() as writer:
        writer.append("incidents", made_incidents(10).assign(shift="of old"))
    told = configure(workspace, {"settings": {"cap": 0.4}, "shifts": export_configuration(workspace)["shifts"]})
    assert told == ["Setting cap: 0.5 -> 0.4"]
    assert set(workspace.read("incidents")["shift"]) == {"of old"}


@given(st.data())
def test_any_settings_in_range_are_taken(data):
    """Values drawn from each setting's own limits pass, come back equal, and pass again through JSON."""
    values = {}
    for item in fields(Settings):
        low, high = item.metadata["low"], item.metadata["high"]
        if item.type is float and item.name not in ("target_minutes", "on_target_low", "on_target_high"):
            values[item.name] = data.draw(st.floats(low, 1e6 if high is None else high))
        elif item.type is int:
            values[item.name] = data.draw(st.integers(low, 10**6 if high is None else high))
        elif item.type is bool:
            values[item.name] = data.draw(st.booleans())
    if values["most_per_beat"]:  # these two must not be at odds
        values["least_per_beat"] = min(values["least_per_beat"], values["most_per_beat"])
    values["boxes_per_shift"] = data.draw(st.integers(0, 100_000))
    settings = settings_from(values)
    assert {name: getattr(settings, name) for name in values} == values
    assert settings_from(json.loads(json.dumps(vars(settings)))) == settings


def test_districts_are_kept_through_a_file_and_every_beat_must_be_in_one(workspace):
    beats = workspace.read("beats", ["beat"])["beat"].tolist()
    given = {"boxes_per_shift": {"Whole": 5}, "districts": {"Whole": beats}}
    assert len(configure(workspace, {"settings": given})) == 2
    assert configure(workspace, json.loads(json.dumps(export_configuration(workspace)))) == []
    assert workspace.settings.boxes_per_shift == {"Whole": 5}
    configure(workspace, {"settings": {"boxes_per_shift": 5, "districts": {}}})
    assert workspace.settings.boxes_per_shift == 5
    lost = Settings(boxes_per_shift={"N": 1}, districts={"N": ["A"]})
    with pytest.raises(ConnectError, match="leaves out B, C; every beat must be in exactly one"):
        check_beats(lost, ["A", "B", "C"], ["day"])


def test_the_defaults_fit_their_own_checks():
    assert settings_from(vars(Settings())) == Settings()
    assert Settings().firework_days is not Settings().firework_days
    room.checked_configuration({name: default_rows(name) for name in LISTS},
                               {name: pd.DataFrame(default_rows(name)) for name in LISTS})
    for name in LISTS:
        assert all(set(row) == set(TABLES[name].column_names) for row in default_rows(name))
    assert [row["crime_type"] for row in default_rows("crime_types")] == list(DEFAULT_CRIME_TYPES)
    assert all(row["severity_source"] and row["effectiveness_source"] for row in default_rows("crime_types"))
    assert [row["severity"] for row in default_rows("crime_types") if row["crime_type"] == "theft"] == [1.0]


def test_default_tactics_claim_no_approval_and_no_enforcement():
    tactics = default_rows("tactics")
    assert 8 <= len(tactics) <= 12
    assert all(row["approved_by"] == "" and row["reviewed"] is None and row["enforcement"] is False for row in tactics)
    assert all(row["source"] for row in tactics)
    words = re.compile(r"\b(arrest|citation|frisk|search|warrant|summons|ticket)", re.IGNORECASE)
    assert not [row["tactic"] for row in tactics if words.search(row["name"] + row["description"])]


# Linear sRGB seen with protanopia, deuteranopia and tritanopia: Machado, Oliveira and Fernandes 2009, severity 1.
VISION = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def lab(linear):
    """CIELAB (D65) of linear sRGB."""
    to_xyz = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
                       [0.0193339, 0.1191920, 0.9503041]])
    xyz = linear @ to_xyz.T / [0.95047, 1.0, 1.08883]
    part = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * part[:, 1] - 16, 500 * (part[:, 0] - part[:, 1]), 200 * (part[:, 1] - part[:, 2])], axis=1)


@pytest.mark.parametrize("vision", VISION)
def test_default_colours_stay_apart(vision):
    hexes = [row["colour"] for row in default_rows("crime_types")]
    srgb = np.array([[int(colour[place:place + 2], 16) / 255 for place in (1, 3, 5)] for colour in hexes])
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    seen = lab(np.clip(linear @ np.array(VISION[vision]).T, 0, 1))
    apart = np.linalg.norm(seen[:, None] - seen[None], axis=2)[np.triu_indices(len(seen), 1)]
    assert apart.min() >= 20
    if vision == "normal":
        assert np.diff(np.sort(seen[:, 0])).min() >= 10  # in black and white
