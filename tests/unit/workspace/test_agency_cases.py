"""Files as agencies export them come in as a careful analyst would read them, or are asked about."""
import pytest
from agency_cases import cases, check
from exports_tried_page import in_page, row, table

CASES = cases()
_rows = {}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_file_as_an_agency_exports_it(case, tmp_path):
    with case.town(tmp_path / "town.gpkg") as workspace:
        _rows[case.name] = row(case, check(case, workspace))


def test_the_page_tells_of_every_export_tried():
    if len(_rows) < len(CASES):
        pytest.skip("the cases before it did not all run")
    assert in_page() == table(_rows.values()), "run tools/exports_tried.py"
