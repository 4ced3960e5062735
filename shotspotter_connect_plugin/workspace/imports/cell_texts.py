"""Values of cells and attributes as texts, without what spreadsheets make of them."""
from __future__ import annotations

import re

_NOTHING = frozenset(
    "null none nan nat na n/a unk unknown - -- ? #ref! #n/a #value! #name? #null! #num! #div/0!".split())


def says_nothing(text: str) -> bool:
    """Whether a text stands for no value: NULL, (null), N/A, a dash, an error of a spreadsheet."""
    return not text[:1].isdecimal() and text.strip(" ()<>[]").casefold() in _NOTHING


def plain_code(text: str) -> str:
    """A code as text; spreadsheets make 117.0 of 117."""
    return re.sub(r"^(\d+)\.0$", r"\1", text)


def attribute_text(value: object) -> str:
    """An attribute of a layer as text in one line; empty where there is none."""
    return " ".join(cell_text(value).split())


def cell_text(value: object) -> str:
    """A cell of a spreadsheet as text; empty where there is none."""
    if value is None or value != value:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
