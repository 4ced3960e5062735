"""The documentation: its generated pages are current and its links lead somewhere."""
import ast
import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "shotspotter_connect_plugin"
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md"),
                *ROOT.glob("shotspotter_connect_plugin/**/*.md")])


@pytest.mark.parametrize("name", ["settings.md", "tables.md"])
def test_generated_pages_are_current(name):
    spec = importlib.util.spec_from_file_location("make_reference", ROOT / "tools" / "make_reference.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == tool.PAGES[name](), "run tools/make_reference.py"


@pytest.mark.parametrize("page", [page for page in PAGES if page.exists()], ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if not re.match("https?:", link) and not (page.parent / link).exists()]
    assert not missing


def test_pictures_are_small_and_used():
    pictures = sorted((ROOT / "docs" / "images").glob("*.png"))
    assert pictures and all(picture.stat().st_size < 300_000 for picture in pictures)
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert not [picture.name for picture in pictures if "images/" + picture.name not in text]


def names_in(path):
    """What a module defines, with the methods of its classes as ``Class.method``."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        for part in node.body if isinstance(node, ast.ClassDef) else ():
            if isinstance(part, ast.FunctionDef):
                yield f"{node.name}.{part.name}"
        for target in getattr(node, "targets", [getattr(node, "target", None)]):
            if isinstance(target, ast.Name):
                yield target.id


@pytest.mark.parametrize("page", ["docs/architecture.md", "docs/follow-a-gunshot.md", "CONTRIBUTING.md",
                                  "docs/testing.md"])
def test_every_file_and_function_that_is_told_of_is_there(page):
    """As sqlite-utils holds its documentation against its code."""
    text = (ROOT / page).read_text(encoding="utf-8")
    told = re.findall(r"`([\w./]+\.(?:py|json|sh)|[\w.]+/[\w./]*)(?::([\w.]+))?`", text)
    assert len(told) > 3
    folders = [ROOT, PACKAGE, *PACKAGE.glob("*/"), *PACKAGE.glob("*/*/"), ROOT / "tests" / "made"]
    for name, defined in told:
        found = [folder / name for folder in folders if (folder / name).exists()]
        assert found, f"{page}: {name} is not there"
        assert not defined or defined in names_in(found[0]), f"{page}: {name} has no {defined}"


def test_the_picture_of_the_house_is_drawn_from_the_imports_of_today():
    import draw_house
    assert draw_house.PICTURE.read_text(encoding="utf-8") == draw_house.picture(), "run tools/draw_house.py"
