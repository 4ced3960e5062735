"""Sentences of importers speak to somebody at a window: no names of parameters, no JSON, and never long."""
import ast
import re
from pathlib import Path

import pytest

from shotspotter_connect_plugin.workspace.imports.dock_words import spoken

IMPORTS = Path(__file__).parents[3] / "shotspotter_connect_plugin" / "workspace" / "imports"
OUTSIDE = {"dock_words.py"}
"""The list of what is called how."""
BY_HAND = {'MAPPING is not JSON; write it as {"id": "Case No", "offence": "Crime"}.'}
BATCH = re.compile(r'\b(MAPPING|SOURCE_CRS|SOURCE_TIMEZONE|DATE_ORDER|KIND|CRIME_TYPE|'
                   r'OFFENCES|REJECTS|NAME_FIELD|REASON|REASON_FIELD|POPULATION_FIELDS|FROM_FIELD|TO_FIELD)\b|\{"')


def text(node):
    """The words of an expression, … for what is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
    return text(node.left) + text(node.right) if isinstance(node, ast.BinOp) else "…"


def said(tree):
    """Sentences of a module: not its docstrings; a question's second is said in the dock in place of its first."""
    quiet = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "super().__init__" and len(node.args) > 1:
            quiet |= {id(part) for part in ast.walk(node.args[0])}
        if isinstance(node, ast.BinOp):
            quiet |= {id(part) for part in ast.walk(node) if part is not node}
        if isinstance(node, ast.JoinedStr):
            quiet |= {id(part) for part in node.values}
        if isinstance(node, (ast.Constant, ast.JoinedStr, ast.BinOp)) and id(node) not in quiet:
            sentence = text(node)
            if sentence.count(" ") > 4 and sentence.rstrip().endswith((".", "?")):
                yield sentence


@pytest.mark.parametrize("name", sorted(path.name for path in IMPORTS.glob("*.py") if path.name not in OUTSIDE))
def test_the_dock_speaks_no_batch(name):
    sentences = set(said(ast.parse((IMPORTS / name).read_text(encoding="utf-8")))) - BY_HAND
    assert not [spoken(sentence) for sentence in sentences if BATCH.search(spoken(sentence))]
    assert not [sentence for sentence in sentences if len(sentence.replace("…", "")) > 280]


def test_the_check_would_find_them():
    tree = ast.parse("raise ConnectError(f'{name} has no column for it; say so with MAPPING now, I ask.')")
    assert BATCH.search(next(iter(said(tree))))
    assert not list(said(ast.parse("def f():\n    'Is one of all the words.'")))
