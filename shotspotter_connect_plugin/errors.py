"""Errors that carry one sentence for the user and one for the log."""
from __future__ import annotations

import re
from typing import Iterable

_LONGEST, _END = 300, 110
_LISTED = 100


class ConnectError(Exception):
    """Something the user can mend.

    Parameters
    ----------
    user : str
        One plain sentence that says what is wrong and what to do. It stays one: line breaks become blanks, and of one
        that a name in a file has made longer than 300 letters the middle is left out.
    log : str, optional
        What a developer wants to know; never shown in a dialog.
    """

    def __init__(self, user: object, log: str = "") -> None:
        user = _one_line(user)
        super().__init__(user)
        self.user = user
        self.log = log


class Cancelled(ConnectError):
    """The user stopped the work; nothing was changed."""

    def __init__(self) -> None:
        super().__init__("Stopped before it was finished. Nothing was changed.")


def some(names: Iterable[object]) -> str:
    """The first of some names with commas between them, and how many more there are; for sentences."""
    lines = [_one_line(str(name), 40, 10) for name in names]
    told = 1
    while told < len(lines) and len(", ".join(lines[:told + 1])) <= _LISTED:
        told += 1
    more = len(lines) - told
    return ", ".join(lines[:told]) + (f" and {more:,} more" if more > 0 else "")


def _one_line(text: object, longest: int = _LONGEST, end: int = _END) -> str:
    text = re.sub(r"[\x00-\x1f\x7f\x85\u2028\u2029]+", " ", str(text)).encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= longest else f"{text[:longest - end - 3].rstrip()} … {text[-end:].lstrip()}"
