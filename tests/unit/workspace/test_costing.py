"""What caps cost on a workspace: forecasts replayed once, lotteries under every cap, and the page."""
import re
import sys
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from made_towns import new_town, square

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.reports.web import web_page
from shotspotter_connect_plugin.reports.web.cap_cost_page import MEANINGS, OF_CAPS, WAYS, WORDS, parts, write_page
from shotspotter_connect_plugin.workspace.steps import costing, forecasting


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    path = tmp_path_factory.mktemp("costing") / "town.gpkg"
    rng = np.random.default_rng(3)
    count = 6000
    start = pd.Timestamp("2022-01-01", tz="UTC") + pd.to_timedelta(rng.integers(0, 420 * 86400, count), unit="s")
    hot = rng.random(count) < 0.5
    frame = pd.DataFrame({
        "incident_id": ["i" + str(number) for number in range(count)],
        "crime_type": rng.choice(["theft", "robbery"], count), "occurred_from_utc": start,
        "occurred_to_utc": start + pd.Timedelta(minutes=5), "reported_utc": start + pd.Timedelta(hours=1),
        "source": "made", "x": np.where(hot, 320_600 + 100 * rng.random(count), 320_100 + 1_900 * rng.random(count)),
        "y": np.where(hot, 4_300_600 + 100 * rng.random(count), 4_300_100 + 800 * rng.random(count))})
    with new_town(path, square(0, 0, 8, 4), {"W": square(0, 0, 4), "E": square(4, 0, 4)}) as workspace:
        with workspace.transaction() as writer:
            writer.append("incidents", frame)
        forecasting.train(workspace, as_of=pd.Timestamp("2023-01-20T10:00Z"), crime_types=["theft", "robbery"])
        yield workspace


def test_the_replay_on_a_workspace_agrees_with_its_forecasts(trained):
    table = costing.cost_of_caps(trained, "2023-01-25", "2023-01-31", caps=(0.1, 0.5))
    assert table["cap"].tolist() == [0.1, 0.5] * 2 + [0.5] * 6
    assert table["rules"].tolist() == ["all rules"] * 2 + ["cap alone"] * 2 + [
        "equal per beat", "in between", "by harm", "equal per beat, paced", "in between, paced", "by harm, paced"]
    # These settings give every beat the same, so that row is the one of all rules under their cap.
    pd.testing.assert_series_equal(table.iloc[4, 2:], table.iloc[1, 2:], check_names=False)
    ways = table.iloc[4:].set_index("rules")
    assert ways["covered_of_all"].between(0.1, 0.3).all() and (ways["hits"] > 0).all()
    assert ways.loc["by harm, paced", "busy_without"] < ways.loc["by harm", "busy_without"]
    assert table[["minutes_least", "minutes_most"]].isna().all(axis=None)  # no neighbourhoods
    assert (table["covered_harm"].between(0.05, 1.0)).all() and (table["hits"] > 0).all()
    alone = table[table["rules"] == "cap alone"]["covered_harm"].tolist()
    assert alone[0] < alone[1]
    # Rate of hits = hits over the events that were reported in those shifts and boxes.
    events = trained.read("incidents")
    inside = events["occurred_from_utc"].between(*[trained.calendar.bounds(date, shift)[end] for date, shift, end in (
        ("2023-01-25", "day", 0), ("2023-01-31", "night", 1))])
    assert table["hits"].iloc[0] / table["hit_rate"].iloc[0] == pytest.approx(inside.sum(), rel=0.15)
    before = trained.content_hash()
    costing.cost_of_caps(trained, "2023-01-25", "2023-01-25", caps=(0.5,))
    assert trained.content_hash() == before


@pytest.mark.parametrize("first, last, sentence", [
    ("2023-01-31", "2023-01-25", "FROM lies after TO"),
    ("2023-01-10", "2023-01-12", "There is no model from 2023-01-10"),
    ("soon", "2023-01-12", "YYYY-MM-DD"),
    ("2023-01-25", "9999-01-01", "too many"),
])
def test_what_cannot_be_replayed_says_why(trained, first, last, sentence):
    with pytest.raises(ConnectError, match=sentence):
        costing.cost_of_caps(trained, first, last)


class Page(HTMLParser):
    """Checks that tags nest, and keeps cells and points."""

    def __init__(self, text):
        super().__init__()
        self.open, self.cells = [], 0
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.cells += tag == "td"
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_has_the_table_and_a_chart_within_its_frame(trained, tmp_path, monkeypatch):
    table = costing.cost_of_caps(trained, "2023-01-25", "2023-01-27", caps=(0.2, 0.6, 1.0))
    text = web_page.page("Caps & <costs>", costing.in_words(trained), parts(table))
    found = Page(text)
    of_caps = table["rules"].isin(["all rules", "cap alone"])
    assert found.open == [] and found.cells == len(OF_CAPS) * of_caps.sum() + len(WAYS) * 6
    assert "Caps &amp; &lt;costs&gt;" in text and "not events prevented" in " ".join(text.split())
    # Every figure of a draw's price is on the page: in one table or the other.
    assert set(OF_CAPS) | set(WAYS) == set(table)
    # Each has its meaning in words, once.
    assert [word for word in WORDS if text.count(f"<dt><b>{WORDS[word]}</b></dt>") != 1] == []
    assert set(MEANINGS) == set(WORDS) == set(table)
    points = [(float(x), float(y)) for x, y in re.findall(r'<circle cx="([^"]+)" cy="([^"]+)"', text)]
    assert all(0 <= x <= 640 and 0 <= y <= 244 for x, y in points) and len(points) == 2 * of_caps.sum() == 12
    assert text.count("<svg") == 2 and "Filled points: all rules in force" in text
    monkeypatch.setitem(sys.modules, "reportlab.graphics", None)
    without = web_page.page("Caps", [], parts(table))
    assert "reportlab is missing" in without and "<svg" not in without and Page(without).cells == found.cells
    write_page(table, "Caps", [], tmp_path / "caps.html")
    assert (tmp_path / "caps.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    with pytest.raises(ConnectError, match="cannot be written"):
        write_page(table, "Caps", [], tmp_path / "missing" / "caps.html")
