"""Who is at the desk is what the operating system says, and what a role may do holds for every step."""
import os
import subprocess
import sys
from pathlib import Path

import pytest

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.workspace.steps.shift_draw import meter
from shotspotter_connect_plugin.workspace.store import roles

ROOT = Path(__file__).resolve().parents[3]
SUPERVISORS = {"boxes", "configure", "redraw", "own_seed", "new_seeds", "purge"}


def set_roles(workspace, **given):
    settings = workspace.settings
    settings.roles = given
    with workspace.transaction() as writer:
        writer.save_settings(settings)


@pytest.mark.skipif(os.name == "nt", reason="variables of POSIX")
def test_no_variable_says_who_it_is():
    names = ("LOGNAME", "USER", "LNAME", "USERNAME")
    asked = subprocess.run(
        [sys.executable, "-c",
            "from shotspotter_connect_plugin.workspace.store.roles import account; print(account())"],
        env={**os.environ, **dict.fromkeys(names, "chief")}, cwd=ROOT, capture_output=True, text=True, check=True)
    assert asked.stdout.strip() == roles.account() != "chief"


@pytest.mark.skipif(os.name == "nt", reason="numbers of POSIX")
def test_an_account_without_a_name_has_its_number(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 4_000_000_001)
    assert roles.account() == "uid 4000000001"


def test_where_no_supervisor_is_named_one_desk_does_everything(workspace):
    for given in ({}, {"front-desk": "officer"}):
        set_roles(workspace, **given)
        assert roles.role_of(workspace, "zoe") == "analyst"
        assert [right for right in roles.RIGHTS if roles.why_not(workspace, right, "zoe")] == []


def test_what_each_role_may(workspace):
    set_roles(workspace, ann="analyst", sue="supervisor", bob="officer", eve="auditor")
    refused = {who: {right for right in roles.RIGHTS if roles.why_not(workspace, right, who)}
               for who in ("ann", "sue", "bob", "eve", "not named")}
    assert refused == {"ann": SUPERVISORS, "sue": set(), "bob": set(roles.RIGHTS) - {"patrol"},
                       "eve": set(roles.RIGHTS), "not named": SUPERVISORS}
    assert roles.why_not(workspace, "redraw", "ann") == (
        "The role of ann in this workspace is analyst; only a supervisor may draw a shift again.")
    assert roles.why_not(workspace, "patrol", "eve") == (
        "The role of eve in this workspace is auditor; only an analyst, a supervisor or an officer may record a "
        "patrol.")
    assert all(roles.why_not(workspace, "", who) == "" for who in refused)


def test_an_officer_draws_neither_again_nor_with_an_own_seed(workspace):
    set_roles(workspace, **{roles.account(): "officer", "sue": "supervisor"})
    for given in ({"seed": "7"}, {"redraw": True, "reason": "x"}):
        with pytest.raises(ConnectError, match="only a supervisor may draw"):
            meter(workspace, "2024-01-01", "day", **given)
