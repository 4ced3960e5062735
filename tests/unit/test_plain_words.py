"""What the lottery, plans and rounds say on screens and sheets names no setting, and no word of a statistician."""
import ast
import re
from dataclasses import fields
from pathlib import Path

import pytest

from shotspotter_connect_plugin.workspace.store.settings import Settings

PACKAGE = Path(__file__).parents[2] / "shotspotter_connect_plugin"
ROOMS = [*(str(path.relative_to(PACKAGE)) for room in ("ui", "reports", "workspace/steps")
           for path in sorted((PACKAGE / room).rglob("*.py")) if path.name != "purging.py"),  # it asks for a setting
         "patrol/chances.py", "patrol/metering.py", "patrol/limits.py", "patrol/rounds.py", "patrol/beat_shares.py",
         "patrol/districts.py", "patrol/pacing.py", "workspace/imports/unreachable_import.py",
         "workspace/imports/unreachable_areas.py", "processing/meter.py", "processing/capcost.py",
         "processing/importunreachable.py"]
SETTINGS = {item.name for item in fields(Settings) if "_" in item.name}
METHODS = re.compile(r"linear program|inclusion prob|pivotal|stratum|marginal|least_squares|probabilit", re.IGNORECASE)


def sentences(path):
    """Texts of a module that are said: no docstrings, no names of columns."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    quiet = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        text = getattr(node, "value", None) if isinstance(node, ast.Constant) and id(node) not in quiet else None
        if isinstance(text, str) and " " in text:
            yield text


@pytest.mark.parametrize("name", ROOMS)
def test_no_setting_and_no_method_is_named(name):
    said = list(sentences(PACKAGE / name))
    assert not [text for text in said if METHODS.search(text)]
    assert not [text for text in said if SETTINGS & set(re.findall(r"[a-z0-9_]+", text))]


def test_the_check_would_find_them():
    assert METHODS.search("could cover (3 of 4; a linear program)")
    assert SETTINGS & set(re.findall(r"[a-z0-9_]+", "allow 3 (cap, window_7_expected)"))
