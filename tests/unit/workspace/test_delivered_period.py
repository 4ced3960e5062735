"""What reports count, beside the same questions asked of the workspace's file in plain SQL."""
import sqlite3
from dataclasses import replace

import made_month
import numpy as np
import pandas as pd
import pytest
from made_towns import BEATS_9_AND_10, CUT_TOWN, new_town
from shapely.geometry import LineString

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.workspace.numbers import (delivered_period, dosage_figures, officer_figures,
                                                          report_periods, tactic_figures, unit_tracks)

FIRST, LAST = "2024-03-01", "2024-03-10"
MOST = "shift_date BETWEEN '2024-03-02' AND '2024-03-09'"


@pytest.fixture(scope="module")
def month(tmp_path_factory):
    """A workspace of a small town with ten days of patrols."""
    folder = tmp_path_factory.mktemp("month")
    with new_town(folder / "town.gpkg", CUT_TOWN, BEATS_9_AND_10) as workspace:
        made_month.fill(workspace, FIRST, 10, boxes_per_shift=12, officers=14, seed=3)
        yield workspace


@pytest.fixture(scope="module")
def period(month):
    return delivered_period.read_delivered(month, "2024-03-02", "2024-03-09")


@pytest.fixture
def ask(month):
    """One row of a SELECT, or a frame where there are several."""
    def ask(sql):
        with sqlite3.connect(f"file:{month.address}?mode=ro", uri=True) as connection:
            found = pd.read_sql_query(sql, connection)
        return found.iloc[0] if len(found) == 1 else found
    return ask


def in_boxes(visits):
    """Minutes in which somebody was in boxes, shift by shift: by walking along the visits."""
    total = 0.0
    for _, own in visits.sort_values("entered_utc").groupby(["shift_date", "shift"]):
        ends, sums = [], []
        for entered, left, minutes in zip(pd.to_datetime(own["entered_utc"]), pd.to_datetime(own["left_utc"]),
                                          own["minutes"]):
            if ends and entered <= ends[-1][1]:
                ends[-1], sums[-1] = (ends[-1][0], max(ends[-1][1], left)), sums[-1] + minutes
            else:
                ends.append((entered, left))
                sums.append(minutes)
        total += sum(min((end - begin).total_seconds() / 60, minutes) for (begin, end), minutes in zip(ends, sums))
    return total


def test_totals_are_those_of_the_file(period, ask):
    totals = dosage_figures.totals(period)
    planned = ask("SELECT count(*) AS n, sum(target_minutes * (1 + returns)) AS minutes FROM patrols "
                  f"WHERE status = 'planned' AND {MOST}")
    visited = ask("SELECT count(DISTINCT v.patrol_id) AS n FROM visits v JOIN patrols p USING (patrol_id) "
                  f"WHERE p.status = 'planned' AND p.{MOST}")
    units = ask(f"SELECT count(*) AS n FROM (SELECT DISTINCT unit, box_id, entered_utc FROM visits WHERE {MOST})")
    assert (totals["patrols"], totals["visited"], totals["stays"]) == (planned["n"], visited["n"], units["n"])
    assert totals["planned_minutes"] == pytest.approx(planned["minutes"])
    assert totals["missed"] == totals["patrols"] - totals["visited"] > 0
    assert totals["compliance"] == pytest.approx(visited["n"] / planned["n"])


def test_minutes_count_time_once_where_visits_overlap(period, ask):
    each = ask("SELECT sum(minutes) AS m FROM (SELECT DISTINCT unit, box_id, entered_utc, minutes FROM visits "
               f"WHERE patrol_id IS NOT NULL AND {MOST})")["m"]
    assert 0 < dosage_figures.totals(period)["minutes"] <= each + 1e-6
    # Nobody meets in these boxes but a unit with itself; what overlaps is known from the rows.
    stays = period.stays[period.stays["patrol_id"].notna()].sort_values("entered_utc")
    union = 0.0
    for _, own in stays.groupby("patrol_id"):
        intervals = [(row.entered_utc, row.left_utc) for row in own.itertuples()]
        begin, finish = intervals[0]
        for entered, left in intervals[1:]:
            if entered > finish:
                union += (finish - begin).total_seconds() / 60
                begin, finish = entered, left
            finish = max(finish, left)
        union += (finish - begin).total_seconds() / 60
    assert dosage_figures.totals(period)["minutes"] == pytest.approx(union, rel=1e-6)


@pytest.mark.parametrize("by", [["shift_date", "shift"], ["beat"], ["crime_type"]])
def test_groups_add_up_to_the_whole(period, by):
    table, totals = dosage_figures.by_group(period, by), dosage_figures.totals(period)
    assert table["patrols"].sum() == totals["patrols"] and table["visited"].sum() == totals["visited"]
    assert table["minutes"].sum() == pytest.approx(totals["minutes"])
    assert table["planned_minutes"].sum() == pytest.approx(totals["planned_minutes"])
    assert (table[list(delivered_period.OUTCOMES)].sum(axis=1) == table["patrols"]).all()


def test_crime_types_are_those_of_the_file(month, period, ask):
    codes = list(month.crime_types["crime_type"])
    table = dosage_figures.by_crime_type(period, codes).set_index("crime_type")
    assert list(table.index) == codes and table.loc["theft", "patrols"] == 0  # nothing was planned for theft
    stays = ask("SELECT p.crime_type, v.unit, v.box_id, v.entered_utc, v.minutes FROM visits v "
                f"JOIN patrols p USING (patrol_id) WHERE v.{MOST}").drop_duplicates(["unit", "box_id", "entered_utc"])
    minutes = stays.groupby("crime_type")["minutes"]
    for code in minutes.groups:
        assert table.loc[code, "stays"] == minutes.size()[code]
        assert table.loc[code, "mean_minutes"] == pytest.approx(minutes.mean()[code])
        assert table.loc[code, "median_minutes"] == pytest.approx(minutes.median()[code])
    crews = ask(f"SELECT sum(minutes) AS m FROM visits WHERE patrol_id IS NOT NULL AND officer <> 'unknown' AND {MOST}")
    assert table["officer_minutes"].sum() == pytest.approx(crews["m"])


def test_outcome_is_of_all_visits_of_a_patrol(period):
    patrols = period.patrols
    scale = patrols["planned_minutes"] / 15.0
    expected = np.select([patrols["visits"] == 0, patrols["minutes"] < 10 * scale, patrols["minutes"] > 20 * scale],
                         ["missed", "short", "over"], "on_target")
    assert list(patrols["outcome"]) == list(expected) and set(expected) == set(delivered_period.OUTCOMES)


def test_a_beat_and_a_shift_are_parts_of_the_whole(month, period):
    beats = [delivered_period.read_delivered(month, "2024-03-02", "2024-03-09", beat) for beat in ("9", "10")]
    assert sum(len(part.patrols) for part in beats) == len(period.patrols)
    assert sum(len(part.stays) for part in beats) == len(period.stays)
    minutes = [dosage_figures.totals(part)["minutes"] for part in beats]
    assert sum(minutes) == pytest.approx(dosage_figures.totals(period)["minutes"])
    shifts = [delivered_period.read_delivered(month, "2024-03-02", "2024-03-09", shift=code)
              for code in month.calendar.codes]
    for name in ("patrols", "visits", "logs", "roster"):
        assert sum(len(getattr(part, name)) for part in shifts) == len(getattr(period, name))


def test_tactics_are_those_of_the_log(month, period, ask):
    table = tactic_figures.tactic_table(period).set_index("tactic")
    slots = month.calendar.slots("2024-03-02", "2024-03-09")
    begin, end = (moment.strftime("%Y-%m-%dT%H:%M:%S.000Z") for moment in (slots["start_utc"].min(),
                                                                           slots["end_utc"].max()))
    logged = ask("SELECT tactic, count(*) AS uses, total(minutes) AS minutes FROM tactic_log WHERE at_utc >= "
                 f"'{begin}' AND at_utc < '{end}' GROUP BY tactic").set_index("tactic")
    assert table.loc[logged.index, "uses"].tolist() == logged["uses"].tolist()
    assert table.loc[logged.index, "minutes"].tolist() == pytest.approx(logged["minutes"].tolist())
    assert logged["uses"].sum() == table["uses"].sum() == len(period.logs) > 100
    own = period.logs.groupby("tactic")
    for code in own.groups:
        assert table.loc[code, "uses"] == own.size()[code]
        assert table.loc[code, "minutes"] == pytest.approx(own["minutes"].sum()[code])
        assert table.loc[code, "no_minutes"] == own["minutes"].apply(lambda minutes: minutes.isna().sum())[code]
    assert table.loc["never_used", "uses"] == 0 and table.loc["never_used", "state"] == "approved"
    assert table.loc["arrest everybody", "state"] == "not on the list"
    assert table.loc["arrest everybody", "unapproved"] == table.loc["arrest everybody", "uses"] > 0
    assert table["share"].sum() == pytest.approx(1.0) and table["share_of_uses"].sum() == pytest.approx(1.0)


def test_logs_know_their_shift_hour_and_box(month, period):
    assigned = month.calendar.assign(period.logs["at_utc"])
    assert list(period.logs["shift_date"]) == list(assigned[0]) and list(period.logs["shift"]) == list(assigned[1])
    local = period.logs["at_utc"].dt.tz_convert("America/New_York")
    assert list(period.logs["hour"]) == list(local.dt.hour)
    joined = period.logs.dropna(subset=["visit_id"]).merge(period.visits, on="visit_id", suffixes=("", "_visit"))
    assert len(joined) and (joined["box_id"] == joined["box_id_visit"]).all()
    hours = tactic_figures.clock_hours(period)
    assert list(hours["hour"]) == list(range(24)) and hours["uses"].sum() == len(period.logs)


def test_a_matrix_holds_the_same_minutes(period):
    use = tactic_figures.use_by(period, ["tactic", "beat"])
    wide = tactic_figures.crossed(use, "tactic", "beat", ["10", "9"])
    known = use.dropna(subset=["beat"])
    assert list(wide.columns[:4]) == ["tactic", "total", "10", "9"]
    assert wide["total"].sum() == pytest.approx(known["minutes"].sum())
    for row in known.itertuples():
        assert wide.set_index("tactic").loc[row.tactic, row.beat] == pytest.approx(row.minutes)
    merged = tactic_figures.crossed(use, "tactic", "beat", ["10"], "others")
    assert list(merged.columns) == ["tactic", "total", "10", "others"]
    assert merged["total"].sum() == pytest.approx(use["minutes"].sum())


def test_officers_are_those_of_roster_and_visits(month, period, ask):
    shifts = officer_figures.officer_shifts(period)
    rostered = ask(f"SELECT DISTINCT shift_date, shift, officer FROM roster WHERE {MOST}")
    assert {*zip(rostered["shift_date"], rostered["shift"], rostered["officer"])} <= {
        *zip(shifts["shift_date"], shifts["shift"], shifts["officer"])}
    assert "unknown" not in set(shifts["officer"])
    summed = ask("SELECT officer, sum(minutes) AS minutes, count(*) AS stays FROM visits "
                 f"WHERE officer <> 'unknown' AND {MOST} GROUP BY officer").set_index("officer")
    visits = ask(f"SELECT * FROM visits WHERE officer <> 'unknown' AND {MOST}")
    table = officer_figures.by_officer(shifts).set_index("officer")
    assert list(table.index) == sorted(table.index)  # in the order of codes, not of minutes
    for officer in summed.index:
        own = visits[visits["officer"] == officer]
        assert table.loc[officer, "minutes"] == pytest.approx(in_boxes(own))
        assert table.loc[officer, "directed_minutes"] == pytest.approx(in_boxes(own[own["patrol_id"].notna()]))
        assert table.loc[officer, "stays"] == summed.loc[officer, "stays"]
    assert table["minutes"].sum() < summed["minutes"].sum()  # some stays of this town overlap
    boxes = officer_figures.officer_boxes(period)
    assert boxes["minutes"].sum() == pytest.approx(summed["minutes"].sum())
    classes = officer_figures.classes(shifts)
    assert classes.iloc[:, 2:].to_numpy().sum() == len(shifts)


def test_an_officer_in_two_boxes_at_once_counts_once(month, period):
    who, start = "B0001", pd.Timestamp("2024-03-04 13:00", tz="UTC")

    def stay(box, first, last, minutes=None, patrol=None, shift="day"):
        entered, left = (start + pd.Timedelta(minutes=minute) for minute in (first, last))
        return {"officer": who, "unit": "U-1", "box_id": box, "entered_utc": entered, "left_utc": left,
                "minutes": last - first if minutes is None else minutes, "patrol_id": patrol, "where": box,
                "shift_date": "2024-03-04", "shift": shift, "dosage": "on_target", "stay": first}
    visits = pd.DataFrame([
        stay("a", 0, 30, patrol="p"), stay("b", 20, 50), stay("c", 25, 28),  # the second begins before the first ends
        stay("d", 60, 90, 20), stay("e", 65, 75),  # ten minutes of the first were elsewhere, as it says
        stay("f", 100, 110), stay("a", 470, 560, patrol="p", shift="evening")])  # ends an hour after its shift
    shifts = officer_figures.officer_shifts(replace(period, visits=visits, roster=period.roster[:0])).set_index("shift")
    assert shifts["minutes"].to_dict() == {"day": pytest.approx(50 + 30 + 10), "evening": pytest.approx(90)}
    assert shifts["directed_minutes"].to_dict() == {"day": pytest.approx(30), "evening": pytest.approx(90)}
    assert shifts["stays"].to_dict() == {"day": 6, "evening": 1}


def test_planned_minutes_are_met_box_by_box(period, ask):
    totals = dosage_figures.totals(period)
    assert totals["met"] < totals["compliance"] and totals["met"] <= min(1.0, totals["share"])
    patrols = period.patrols
    assert (patrols["minutes"] > patrols["planned_minutes"]).any()
    met = sum(min(row.minutes, row.planned_minutes) for row in patrols.itertuples())
    assert totals["met"] * totals["planned_minutes"] == pytest.approx(met)
    table = dosage_figures.by_group(period, ["beat"])
    assert (table["met"] * table["planned_minutes"]).sum() == pytest.approx(met)
    two = replace(period, patrols=pd.DataFrame({
        "beat": ["1", "1"], "visits": [1, 1], "minutes": [150.0, 5.0], "planned_minutes": [15.0, 15.0],
        "outcome": ["over", "short"]}))
    assert dosage_figures.totals(two)["share"] > 5 and dosage_figures.totals(two)["met"] == pytest.approx(20 / 30)


def test_tactics_by_hour_date_and_what_was_not_approved(period, ask):
    table = tactic_figures.tactic_table(period)
    counts = tactic_figures.tactic_counts(period, table)
    listed = ask("SELECT count(*) AS n FROM tactics")["n"]
    assert counts["listed"] == listed and counts["listed_used"] < listed and counts["unlisted"] >= 1
    assert counts["listed_used"] + counts["unlisted"] == (table["uses"] > 0).sum()
    logged = period.logs.merge(period.visits[["visit_id", "minutes"]], on="visit_id", suffixes=("", "_stay"))
    assert counts["longer"] == (logged["minutes"] > logged["minutes_stay"] + 0.5).sum() <= counts["with_stay"]
    hours, (dates, each) = tactic_figures.tactic_hours(period), tactic_figures.tactic_dates(period, 4)
    assert each == 2 and list(dates.columns[2:]) == ["2024-03-02", "2024-03-04", "2024-03-06", "2024-03-08"]
    for wide in (hours, dates):
        minutes = wide.set_index("tactic").iloc[:, 1:].sum(axis=1)
        assert minutes.to_dict() == pytest.approx(period.logs.groupby("tactic")["minutes"].sum().to_dict())
    one = period.logs[(period.logs["hour"] // 3 == 4) & (period.logs["tactic"] == hours["tactic"].iloc[0])]
    assert hours["12–15"].iloc[0] == pytest.approx(one["minutes"].sum())
    wrong = tactic_figures.unapproved(period, table)
    assert wrong["uses"].sum() == counts["unapproved"] > 0
    assert wrong["minutes"].sum() == pytest.approx(period.logs.loc[~period.logs["approved"].astype(bool),
                                                                   "minutes"].sum())


def test_peers_are_the_officers_of_the_same_shift_and_few_of_them_stay_hidden(period):
    shifts = officer_figures.officer_shifts(period)
    table = officer_figures.peers(shifts, least=2)
    date, code = table.loc[0, "shift_date"], table.loc[0, "shift"]
    own = shifts[(shifts["shift_date"] == date) & (shifts["shift"] == code)]["minutes"]
    assert table.loc[0, "middle"] == pytest.approx(own.median())
    assert table.loc[0, ["low", "high"]].tolist() == pytest.approx(own.quantile([0.25, 0.75]).tolist())
    own = shifts[(shifts["shift_date"] == date) & (shifts["shift"] == code)]["directed_minutes"]
    assert table.loc[0, ["directed_low", "directed_middle", "directed_high"]].tolist() == pytest.approx(
        own.quantile([0.25, 0.5, 0.75]).tolist())
    hidden = officer_figures.peers(shifts, least=1000)
    assert hidden[["low", "middle", "high"]].isna().all().all() and (hidden["officers"] == table["officers"]).all()
    spread = officer_figures.spread(shifts)
    assert spread["shifts"].sum() == len(shifts)


def test_an_empty_period_and_one_visit(month):
    nothing = delivered_period.read_delivered(month, "2023-01-01", "2023-01-31")
    assert nothing.empty and nothing.as_of is None
    totals = dosage_figures.totals(nothing)
    assert totals["patrols"] == 0 and np.isnan(totals["compliance"]) and totals["minutes"] == 0.0
    assert dosage_figures.by_group(nothing, ["beat"]).empty and officer_figures.officer_shifts(nothing).empty
    assert len(dosage_figures.by_crime_type(nothing, ["theft"])) == 1
    assert officer_figures.by_officer(officer_figures.officer_shifts(nothing)).empty
    assert (tactic_figures.tactic_table(nothing)["uses"] == 0).all()
    assert officer_figures.spread(officer_figures.officer_shifts(nothing)).empty


def test_the_newest_moment(month, period):
    moments = [period.visits["left_utc"].max(), period.logs["at_utc"].max()]
    assert period.as_of >= max(moments)


def test_bad_dates(month):
    for first, last in (("2024-03-02", "2024-03-01"), ("yesterday", "2024-03-01"), (None, "2024-03-01")):
        with pytest.raises(ConnectError):
            delivered_period.read_delivered(month, first, last)


def test_tracks_leave_out_what_cannot_be_true(month):
    start, _ = month.calendar.bounds("2024-03-05", "day")
    seconds = np.arange(0, 1200, 10)
    fixes = pd.DataFrame({"unit": "U-9", "at_utc": start + pd.to_timedelta(seconds, unit="s"),
                          "x": 320_500.0 + seconds, "y": 4_300_500.0, "accuracy": 5.0})
    fixes.loc[50, "x"] += 20_000.0
    fixes.loc[80:, "at_utc"] += pd.Timedelta(minutes=20)
    other = fixes.assign(unit="U-10", y=4_300_900.0)
    with month.transaction() as writer:
        writer.replace("gps_fixes", pd.concat([fixes, other], ignore_index=True))
    tracks = unit_tracks.tracks(month, "2024-03-05", "day")
    assert list(tracks["unit"]) == ["U-10", "U-10", "U-9", "U-9"]
    assert all(isinstance(line, LineString) and line.bounds[2] < 322_000 for line in tracks["geometry"])
    assert len(unit_tracks.tracks(month, "2024-03-05", "day", ["U-9"])) == 2
    assert unit_tracks.tracks(month, "2024-03-06", "day").empty


def test_usual_periods():
    from datetime import date

    found = {period.key: (period.first, period.last)
             for period in report_periods.periods(date(2024, 3, 13), "2024-02-29")}
    assert found == {
        "newest": ("2024-02-29", "2024-02-29"), "yesterday": ("2024-03-12", "2024-03-12"),
        "last_7_days": ("2024-03-06", "2024-03-12"), "last_week": ("2024-03-04", "2024-03-10"),
        "this_month": ("2024-03-01", "2024-03-13"), "last_month": ("2024-02-01", "2024-02-29"),
        "last_28_days": ("2024-02-14", "2024-03-12"), "newest_28": ("2024-02-02", "2024-02-29")}
    assert "newest" not in {period.key for period in report_periods.periods(date(2024, 1, 1))}


def test_what_can_be_chosen(month):
    choices = report_periods.choices(month)
    assert set(choices.beats) == {"9", "10"} and [code for code, _ in choices.shifts] == list(month.calendar.codes)
    assert set(choices.officers) <= {f"B{number:04d}" for number in range(14)} and choices.officers
    assert choices.periods[0].key == "newest" and choices.periods[0].first == LAST
