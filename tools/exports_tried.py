"""Writes the table of exports tried in docs/data.md: each case of tests/data/exports/cases, imported as tests do it.

usage: .venv/bin/python tools/exports_tried.py    (from the root of the repository; some minutes)
"""
from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "made")]


def main() -> None:
    """Import every case and write the table."""
    from agency_cases import cases, check
    from exports_tried_page import PAGE, in_page, row, table

    rows = []
    for case in cases():
        with tempfile.TemporaryDirectory() as folder, case.town(Path(folder) / "town.gpkg") as workspace:
            rows.append(row(case, check(case, workspace)))
    PAGE.write_text(PAGE.read_text(encoding="utf-8").replace(in_page(), table(rows)), encoding="utf-8")
    print(f"{len(rows)} exports in {PAGE.name}")


if __name__ == "__main__":
    main()
