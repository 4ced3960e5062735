"""The documentation: its generated pages are current and its links lead somewhere."""
import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("shotspotter_connect_plugin/**/*.md")])


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
