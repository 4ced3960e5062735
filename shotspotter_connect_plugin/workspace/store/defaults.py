"""What a new workspace begins with: crime types, shifts and tactics from ``resources/defaults``."""
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).resolve().parents[2] / "resources" / "defaults"


def default_rows(table: str) -> list[dict[str, Any]]:
    """A list of rows (dicts) for the table ``crime_types``, ``shifts`` or ``tactics``."""
    return json.loads((_FOLDER / f"{table}.json").read_text(encoding="utf-8"))["rows"]
