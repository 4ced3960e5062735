"""Errors that carry one sentence for the user and one for the log."""
import re

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

    def __init__(self, user, log=""):
        user = _one_line(user)
        super().__init__(user)
        self.user = user
        self.log = log


class Cancelled(ConnectError):
    """The user stopped the work; nothing was changed."""

    def __init__(self):
        super().__init__("Stopped before it was finished. Nothing was changed.")


def some(names):
    """The first of some names with commas between them, and how many more there are; for sentences."""
    names = [_one_line(str(name), 40, 10) for name in names]
    told = 1
    while told < len(names) and len(", ".join(names[:told + 1])) <= _LISTED:
        told += 1
    more = len(names) - told
    return ", ".join(names[:told]) + (f" and {more:,} more" if more > 0 else "")


def _one_line(text, longest=_LONGEST, end=_END):
    text = re.sub(r"[\x00-\x1f\x7f\x85\u2028\u2029]+", " ", str(text)).encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= longest else text[:longest - end - 3].rstrip() + " … " + text[-end:].lstrip()
