"""Logs of tactics from files of any header: joined, kept, flagged, counted; never a name."""
import json

import pandas as pd
import pytest

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.workspace.imports.log_minutes import UnitUnknown
from shotspotter_connect_plugin.workspace.imports.tactic_import import import_tactics

BOX = "C1282R17202"


@pytest.fixture
def patrolled(workspace):
    """A workspace with two visits of unit 12 on 2 March 2026, 08:00 to 08:15 and 16:00 to 16:20, New York time."""
    def moment(text):
        return pd.Timestamp(text).tz_localize("America/New_York").tz_convert("UTC")

    stays = pd.DataFrame([
        {"visit_id": "v" + officer + start[:2], "unit": "12", "officer": officer, "box_id": BOX,
         "entered_utc": moment("2026-03-02 " + start), "left_utc": moment("2026-03-02 " + end), "minutes": 15.0,
         "dosage": "on_target", "shift_date": "2026-03-02", "shift": "day"}
        for officer in ("71", "72") for start, end in (("08:00", "08:15"), ("16:00", "16:20"))])
    tactics = workspace.read("tactics")
    tactics["approved_by"] = tactics["approved_by"].mask(tactics["tactic"].isin(
        ["foot_patrol", "talk_respectfully", "report_lighting"]), "Community board")
    tactics["expires"] = tactics["expires"].mask(tactics["tactic"] == "report_lighting", "2026-03-01")
    stop = tactics.iloc[[0]].assign(tactic="stop", name="Field interview", approved_by="Chief", enforcement=True)
    with workspace.transaction() as writer:
        writer.append("visits", stays)
        writer.upsert("tactics", pd.concat([tactics, stop]))
    return workspace


LOG = f"""Badge No.;Car;What was done;Duration (min);Date;Time;Cell
71;12;Walk the box;10;2 Mar 2026;08:02;{BOX}
72.0;;talk_respectfully;;2 Mar 2026;08:20;
;12;TALK WITH PEOPLE;5;2 Mar 2026;16:05;C1R1
71;12;Report dark places;5;2 Mar 2026;16:05;
71;12;Field interview;5;2 Mar 2026;16:05;
71;12;Handing out flyers;5;2 Mar 2026;16:05;
71;12;Walk the box;many;2 Mar 2026;16:05;
71;12;;5;2 Mar 2026;16:05;
71;12;Walk the box;5;soon;16:05;
;;Walk the box;5;2 Mar 2026;16:05;
"""


def read(workspace):
    return workspace.read("tactic_log", order_by=["tactic", "officer", "unit"])


def test_joined_flagged_and_counted(patrolled, tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(LOG)
    result = import_tactics(patrolled, path, mapping={"minutes": "Duration (min)"})
    assert (result.read, result.added, result.rejected) == (10, 7, 3)
    assert (result.unmatched, result.unapproved) == (2, 3)
    assert result.reasons == {"minutes that are no number from 0 to 1440": 1, "no tactic": 1,
                              "a date or time that cannot be read": 1}
    told = {(row.tactic, row.officer, row.unit): (row.visit_id, row.approved) for row in read(patrolled).itertuples()}
    assert told == {
        ("foot_patrol", "71", "12"): ("v7108", True),
        ("talk_respectfully", "72", None): ("v7208", True),       # logged five minutes after leaving
        ("talk_respectfully", None, "12"): (None, True),          # names another box
        ("report_lighting", "71", "12"): ("v7116", False),        # expired the day before
        ("stop", "71", "12"): ("v7116", False),                   # enforcement, whoever approved it
        ("Handing out flyers", "71", "12"): ("v7116", False),     # not in the list
        ("foot_patrol", None, None): (None, True)}
    assert any("3 rows name a tactic that was not approved" in text for text in result.warnings)
    assert any("2 rows belong to no visit" in text for text in result.warnings)
    again = import_tactics(patrolled, path, mapping={"minutes": "Duration (min)"})
    assert (again.added, again.updated, again.unchanged, again.rejected) == (0, 0, 7, 3)
    counts = patrolled.read("imports", order_by="at_utc")["counts"].iloc[-1]
    assert (counts["unmatched"], counts["unapproved"]) == (2, 3)


@pytest.mark.parametrize("rename", [str.upper, lambda name: name.replace(" ", "_"), lambda name: '"' + name + '"'])
def test_any_header_and_order(patrolled, tmp_path, rename):
    plain, strange = tmp_path / "plain.csv", tmp_path / "strange.csv"
    rows = [line.split(";") for line in LOG.splitlines()]
    rows[0][3] = "Minutes"
    plain.write_text("\n".join(",".join(row) for row in rows))
    turned = [row[::-1] for row in rows]
    strange.write_text("\n".join("\t".join(row) for row in [[rename(name) for name in turned[0]], *turned[1:]]))
    first = import_tactics(patrolled, plain)
    again = import_tactics(patrolled, strange)
    assert (first.added, again.added, again.unchanged) == (7, 0, 7)


def test_imported_again_after_visits_were_found_it_is_joined(patrolled, tmp_path):
    with patrolled.transaction() as writer:
        visits = patrolled.read("visits")
        writer.replace("visits", visits.iloc[:0], {"unit": "12"})
    (tmp_path / "log.csv").write_text("badge,tactic,at\n71,foot_patrol,2026-03-02T08:03:00-05:00\n")
    assert import_tactics(patrolled, tmp_path / "log.csv").unmatched == 1
    with patrolled.transaction() as writer:
        writer.append("visits", visits)
    again = import_tactics(patrolled, tmp_path / "log.csv")
    assert (again.added, again.updated, again.unmatched) == (0, 1, 0)


def test_names_never_get_in(patrolled, tmp_path):
    before = patrolled.content_hash()
    (tmp_path / "log.csv").write_text("officer,tactic,at\n" + "James Smith,foot_patrol,2026-03-02 08:03\n" * 3)
    with pytest.raises(ConnectError, match="names"):
        import_tactics(patrolled, tmp_path / "log.csv")
    (tmp_path / "log.csv").write_text("badge,tactic,at,Officer Name,Subject,Notes\n"
                                      "71,call 202-555-0142,2026-03-02 08:03,James Smith,Jane Doe,seen here\n")
    assert patrolled.content_hash() == before
    result = import_tactics(patrolled, tmp_path / "log.csv")
    assert {"Officer Name", "Subject", "Notes"} <= set(result.dropped_columns)
    assert read(patrolled)["tactic"].tolist() == [""]


@pytest.mark.parametrize("text, words", [("a,b\n1,2\n", "the tactic and the time"), ("badge,tactic,at\n", "no rows"),
                                         ("tactic,at\nx,2026-03-02 08:03\n", "badge number or the unit")])
def test_files_that_are_no_logs(patrolled, tmp_path, text, words):
    before = patrolled.content_hash()
    (tmp_path / "log.csv").write_text(text)
    with pytest.raises(ConnectError, match=words):
        import_tactics(patrolled, tmp_path / "log.csv")
    assert patrolled.content_hash() == before


def test_after_midnight_the_list_of_the_shifts_date_counts(patrolled, tmp_path):
    # report_lighting expires on 1 March: it was offered to the night shift that began on that date.
    assert patrolled.calendar.bounds("2026-03-01", "night")[1] > pd.Timestamp("2026-03-02 06:00", tz="UTC")
    path = tmp_path / "log.csv"
    path.write_text("unit,tactic,at\n12,report_lighting,2026-03-02 00:30\n12,report_lighting,2026-03-02 23:30\n")
    import_tactics(patrolled, path)
    assert patrolled.read("tactic_log", order_by="at_utc")["approved"].tolist() == [True, False]


@pytest.mark.parametrize("column, unit, values, minutes", [
    ("Hours", "hours", (0.25, 1.5), (15, 90)), ("Duration (h)", "hours", (0.25, 1.5), (15, 90)),
    ("duration_hrs", "hours", (0.25, 1.5), (15, 90)), ("Seconds", "seconds", (900, 1200), (15, 20)),
    ("Duration [s]", "seconds", (900, 1200), (15, 20)), ("Elapsed (sec)", "seconds", (90, 30), (1.5, 0.5)),
    ("Duration (min)", "minutes", (5, 7), (5, 7)), ("Duration", "minutes", (15, 20), (15, 20)),
    ("Duration", "minutes", ("15 min", "1h 5m"), (15, 65))])
def test_the_unit_of_minutes_is_told_by_the_header_or_the_values(patrolled, tmp_path, column, unit, values, minutes):
    path = tmp_path / "log.csv"
    path.write_text(f"unit,tactic,at,{column}\n" + "".join(
        f"7,foot patrol,2023-05-01T1{number}:00:00Z,{value}\n" for number, value in enumerate(values)))
    told = import_tactics(patrolled, path).warnings
    assert tuple(read(patrolled).sort_values("at_utc")["minutes"]) == pytest.approx(minutes)
    assert any(f"were read as {unit}" in sentence for sentence in told) == (unit != "minutes")


@pytest.mark.parametrize("values", [(0.25, 1.5), (1, 2), (900, 1200)])
def test_a_unit_that_nothing_tells_is_asked_once(patrolled, tmp_path, values):
    path = tmp_path / "log.csv"
    path.write_text("unit,tactic,at,Duration\n" + "".join(
        f"7,foot patrol,2023-05-01T1{number}:00:00Z,{value}\n" for number, value in enumerate(values)))
    with pytest.raises(UnitUnknown) as asked:
        import_tactics(patrolled, path)
    assert len(read(patrolled)) == 0 and len(asked.value.user) < 300
    assert [json.loads(answer) for answer in asked.value.choices] == [
        {"minutes": "Duration"}, {"hours": "Duration"}, {"seconds": "Duration"}]
    import_tactics(patrolled, path, mapping={"seconds": "Duration"})
    assert sorted(read(patrolled)["minutes"]) == pytest.approx([value / 60 for value in sorted(values)])
    assert import_tactics(patrolled, path).unchanged == 2  # without saying so again


def test_rows_whose_end_cannot_be_are_rejected_and_a_contradiction_is_told(patrolled, tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("unit,tactic,start,end,minutes\n7,foot patrol,2023-05-01 10:00,2023-05-01 09:50,\n"
                    "7,foot patrol,2023-05-01 11:00,soon,\n7,foot patrol,2023-05-01 12:00,2023-05-01 12:20,45\n"
                    "7,foot patrol,2023-05-01 13:00,2023-05-03 13:00,\n")
    result = import_tactics(patrolled, path)
    assert result.reasons == {"an end that cannot be read": 1, "it ends before it starts": 1,
                              "minutes that are no number from 0 to 1440": 1}
    assert read(patrolled)["minutes"].tolist() == [45]
    assert any("In 1 rows column minutes is not the time from start to end" in one for one in result.warnings)


def test_rows_taken_before_their_end_was_read_are_the_same_rows(patrolled, tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("unit,tactic,start,end\n7,foot patrol,2023-05-01 10:00,2023-05-01 10:20\n"
                    "7,foot patrol,2023-05-01 11:00,2023-05-01 11:30\n")
    import_tactics(patrolled, path, mapping={"to": ""})
    assert read(patrolled)["minutes"].isna().all()
    result = import_tactics(patrolled, path, mapping={"to": "end"})
    assert (result.added, result.updated) == (0, 2) and sorted(read(patrolled)["minutes"]) == [20, 30]
    assert import_tactics(patrolled, path).unchanged == 2
