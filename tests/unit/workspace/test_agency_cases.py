"""Files as agencies export them come in as a careful analyst would read them, or are asked about."""
import pytest
from agency_cases import cases, check

WAITING = """
    montreal
""".split()
"""Cases that do not hold yet; one that holds must leave this list."""


def _marked():
    return [pytest.param(case, id=case.name, marks=[pytest.mark.xfail(strict=True)] if case.name in WAITING else [])
            for case in cases()]


@pytest.mark.parametrize("case", _marked())
def test_a_file_as_an_agency_exports_it(case, tmp_path):
    with case.town(tmp_path / "town.gpkg") as workspace:
        check(case, workspace)
