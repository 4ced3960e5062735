"""Files as agencies export them come in as a careful analyst would read them, or are asked about."""
import pytest
from agency_cases import cases, check

WAITING = """
    alerts_cincinnati_cfs alerts_date_only_at_midnight atlanta_cobra austin boston_2015_2018 datetime_and_time_column
    day_first_ambiguous denver detroit_2024 dst_fallback_descending gpx_utf16 hour_column kml_gx_track
    london_police_uk military_time_unpadded montreal nmea_gll_only_rmc_sparse offset_that_lies philadelphia pittsburgh
    report_time_instead_of_occurred seattle_2008_present tactics_durations utc_datetime_local_time_column vancouver
""".split()
"""Cases that do not hold yet; one that holds must leave this list."""


def _marked():
    return [pytest.param(case, id=case.name, marks=[pytest.mark.xfail(strict=True)] if case.name in WAITING else [])
            for case in cases()]


@pytest.mark.parametrize("case", _marked())
def test_a_file_as_an_agency_exports_it(case, tmp_path):
    with case.town(tmp_path / "town.gpkg") as workspace:
        check(case, workspace)
