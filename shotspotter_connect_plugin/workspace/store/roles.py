"""Who sits at this computer, and what their role may do.

In a file roles prevent mistakes, not attacks: whoever can write the file can write anything into it. So the rules are
kept short, and nobody can lock an agency out: while no account is called supervisor, an analyst may do what a
supervisor may.
"""
from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Mapping

from ...errors import ConnectError
from ...patrol.adjustments import MAY_ADJUST

if TYPE_CHECKING:
    from .workspace import Workspace

__all__ = ["RIGHTS", "Right", "account", "require", "role_of", "why_not"]

_ANALYST, _SUPERVISOR = MAY_ADJUST
DEFAULT_ROLE = _ANALYST
_LONGEST_NAME = 257  # what Windows allows for an account's name, and the zero behind it


@dataclass(frozen=True)
class Right:
    """The roles that have it, and what it is, after "only ... may"."""

    roles: tuple[str, ...]
    words: str


RIGHTS = {
    "import": Right(MAY_ADJUST, "bring in data"),
    "forecast": Right(MAY_ADJUST, "train and score forecasts"),
    "visits": Right(MAY_ADJUST, "find visits"),
    "draw": Right(MAY_ADJUST, "draw the boxes of a shift"),
    "adjust": Right(MAY_ADJUST, "change a plan"),
    "publish": Right(MAY_ADJUST, "date a plan as published"),
    "tactics": Right(MAY_ADJUST, "change the list of tactics"),
    "patrol": Right((*MAY_ADJUST, "officer"), "record a patrol"),
    "configure": Right((_SUPERVISOR,), "configure the workspace"),
    "boxes": Right((_SUPERVISOR,), "lay the boxes anew"),
    "redraw": Right((_SUPERVISOR,), "draw a shift again"),
    "own_seed": Right((_SUPERVISOR,), "draw with a seed of their own"),
    "new_seeds": Right((_SUPERVISOR,), "draw without the seeds whose hashes were published"),
    "purge": Right((_SUPERVISOR,), "purge"),
}


def account() -> str:
    """Name of the account of the operating system that runs this program, whatever its environment says."""
    if os.name == "nt":
        return _windows_account()
    import pwd  # not there on Windows
    number = os.geteuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"uid {number}"


def _windows_account() -> str:
    import ctypes  # GetUserNameW reads the token of this thread, no variable
    name, length = ctypes.create_unicode_buffer(_LONGEST_NAME), ctypes.c_ulong(_LONGEST_NAME)
    asked = ctypes.windll.advapi32.GetUserNameW(name, ctypes.byref(length))  # type: ignore[attr-defined]  # there
    return name.value if asked else "unknown"


def role_of(workspace: Workspace, who: str | None = None) -> str:
    """The role of an account of the operating system (the present one if not given), by the setting ``roles``.

    An account that the setting does not name is an analyst: a file cannot tell who holds it.
    """
    return _role(workspace.settings.roles, account() if who is None else who)


def why_not(workspace: Workspace, right: str, who: str | None = None) -> str:
    """One sentence that says why an account (the present one if not given) may not do something; empty if it may.

    Parameters
    ----------
    workspace : Workspace
    right : str
        A key of ``RIGHTS``; empty for what only reads.
    """
    if not right:
        return ""
    if workspace.read_only:
        return workspace.why_read_only
    return _refusal(workspace.settings.roles, right, account() if who is None else who)


def require(workspace: Workspace, right: str, who: str | None = None) -> None:
    """Raise the sentence of :func:`why_not`, where there is one."""
    refusal = why_not(workspace, right, who)
    if refusal:
        raise ConnectError(refusal)


def _role(roles: Mapping[str, str], who: str) -> str:
    if os.name == "nt":  # where the case of a name does not count
        roles, who = {name.casefold(): role for name, role in roles.items()}, who.casefold()
    return roles.get(who, DEFAULT_ROLE)


def _refusal(roles: Mapping[str, str], right: str, who: str) -> str:
    role, allowed = _role(roles, who), RIGHTS[right].roles
    if _SUPERVISOR not in roles.values() and _SUPERVISOR in allowed and _ANALYST not in allowed:
        allowed = (_ANALYST, *allowed)
    if role in allowed:
        return ""
    each = [("an " if name[0] in "aeiou" else "a ") + name for name in allowed]
    named = f"{', '.join(each[:-1])} or {each[-1]}" if len(each) > 1 else each[0]
    return f"The role of {who} in this workspace is {role}; only {named} may {RIGHTS[right].words}."
