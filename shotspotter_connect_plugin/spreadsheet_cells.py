"""Cells of files that people open in a spreadsheet."""
from __future__ import annotations

import re
from typing import Any

_FORMULA = re.compile(r"^[\s]*[=+\-@|%]|^[\t\r\n]")


def harmless(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula: texts that begin like one get an apostrophe in front."""
    return f"'{value}" if isinstance(value, str) and _FORMULA.search(value) else value


def bare(text: str) -> str:
    """A text as it was before :func:`harmless`."""
    return text[1:] if text.startswith("'") and _FORMULA.search(text[1:]) else text
