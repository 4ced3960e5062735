"""What an import says of a file leads, answered word by word, to the rows of a careful analyst, and to none twice."""
import re

import pandas as pd
import pytest
from agency_cases import cases, compared

from shotspotter_connect_plugin.workspace.imports.incident_import import import_incidents

CASES = {case.name: case for case in cases()}


def answered(case, workspace, said):
    """Import a case as it is, then again with the answer found in the one sentence that holds ``said``."""
    case.options = {}
    (told,) = [one for one in case.take(workspace).warnings if said in one]
    assert len(told) < 300
    return told


def test_dates_of_two_clocks_become_days_of_the_zone_that_is_named(tmp_path):
    case = CASES["montreal"]
    with case.town(tmp_path / "town.gpkg") as workspace:
        told = answered(case, workspace, "cut from a clock in UTC")
        assert compared(case, workspace)[0]
        result = case.take(workspace, source_timezone=re.search(r"set SOURCE_TIMEZONE to (\S+)\.", told)[1])
        assert compared(case, workspace) == ([], [])
        assert not any("cut from a clock" in one for one in result.warnings)


def test_reports_become_the_moments_of_the_column_that_is_named(tmp_path):
    case = CASES["philadelphia"]
    with case.town(tmp_path / "town.gpkg") as workspace:
        told = answered(case, workspace, "tells only when offences were reported")
        column = re.search(r"reported \((\w+)\)", told)[1]
        answer = told[told.index("{"):told.index("}") + 1].replace("column", column)
        result = case.take(workspace, mapping=answer)
        assert any("it was read otherwise now" in one for one in result.warnings)
        stored, wanted = workspace.read("incidents"), case.expected.query("type != '-'")
        assert (stored["occurred_from_utc"] == stored["occurred_to_utc"]).all()
        assert sorted(stored["occurred_to_utc"]) == sorted(
            pd.to_datetime(wanted["latest"]).dt.tz_localize(case.zone).dt.tz_convert("UTC"))


@pytest.mark.parametrize("name,answers", [("day_first_ambiguous", {"date_order": "day first"})])
def test_what_is_refused_names_the_answer(tmp_path, name, answers):
    case = CASES[name]
    with case.town(tmp_path / "town.gpkg") as workspace:
        with pytest.raises(Exception, match="set DATE_ORDER to month first or day first"):
            case.take(workspace)
        case.take(workspace, **answers)
        assert compared(case, workspace) == ([], [])


def test_other_files_of_the_source_that_were_read_otherwise_are_named(tmp_path):
    case = CASES["montreal"]
    rows = (case.folder / case.file).read_text(encoding="utf-8").splitlines()
    case.options = {}
    with case.town(tmp_path / "town.gpkg") as workspace:
        for name, some in (("march.csv", rows[1:12]), ("april.csv", rows[12:])):
            (tmp_path / name).write_text("\n".join([rows[0], *some]) + "\n", encoding="utf-8")
        march, april = (lambda **more: import_incidents(workspace, tmp_path / "march.csv", **more),
                        lambda **more: import_incidents(workspace, tmp_path / "april.csv", **more))
        march()
        (told,) = [one for one in april(source_timezone=case.zone).warnings if "read otherwise" in one]
        assert "march.csv" in told and len(told) < 300
        assert any("10 incidents that this file had brought" in one for one in march().warnings)
        assert compared(case, workspace) == ([], [])
        assert not any("read otherwise" in one for one in [*march().warnings, *april().warnings])
