"""connect:backtest inside QGIS on four real police service areas."""
import csv
from types import SimpleNamespace
from xml.etree import ElementTree

import pandas as pd
import pytest
from qgis.core import QgsVectorLayer
from qgis_runs import Failed, Feedback

from shotspotter_connect_plugin.reports.paper import charts
from shotspotter_connect_plugin.reports.web import backtest_page, web_page

PERIOD = {"FROM": "2017-11-20", "TO": "2017-12-03", "CRIME_TYPES": "gunfire, burglary"}
COLUMNS = ["crime_type", "method", "area_percent", "area_share", "hits", "events", "hit_rate", "pai", "pei",
           "log_score", "ci_low", "ci_high"]


def test_csv_ranks_and_report(run, full, tmp_path, content):
    before = content(full)
    output, ranks, report = (tmp_path / name for name in ("scores.csv", "ranks.csv", "report.html"))
    feedback = Feedback()
    seen = []
    feedback.progressChanged.connect(seen.append)
    outputs = run("backtest", feedback=feedback, WORKSPACE=str(full), AREA_PERCENT=5.0, OUTPUT=str(output),
                  RANKS=str(ranks), REPORT=str(report), **PERIOD)
    assert content(full) == before
    assert outputs["RANKS"] == str(ranks) and outputs["REPORT"] == str(report)
    table = pd.read_csv(output)
    assert list(table) == COLUMNS
    assert set(table["crime_type"]) == {"gunfire", "burglary", "all"}
    own = table[table["crime_type"] == "gunfire"].set_index("method")
    assert {"connect", "connect_layout", "metered", "metered_layout", "metered_equal", "metered_by_harm_paced_layout",
            "no_caps", "hot_spot_map", "kde_250_all", "additive"} <= set(own.index)
    assert own.loc["connect", "events"] > 5
    assert (table["hits"] <= table["events"] + 1e-9).all()
    with open(ranks, newline="") as file:
        assert next(csv.reader(file)) == ["shift_date", "shift", "crime_type", "method", "rank", "box_id", "expected"]
    dates = pd.read_csv(ranks, usecols=["shift_date"])["shift_date"]
    assert (dates.min(), dates.max()) == (PERIOD["FROM"], PERIOD["TO"]) and dates.nunique() == 14
    text = report.read_text()
    ElementTree.fromstring(text[text.index("<svg"):text.index("</svg>") + 6])
    assert text.count("<svg") == 12 and text.count("<table") == 5  # two types, both together, choices, prices
    assert "All crime types" in text and "kde_250_all" in text and "group 5" in text and "missed" in text
    for words in ("What each choice gives", "The lottery with today&#x27;s settings, on boxes laid anew", "Limits cost",
                  "Equal numbers in every beat cost", "The fishnet costs", "Events in them per 100 patrol hours"):
        assert words in text, words
    assert any(line.startswith("Limits cost: ") and "points of all expected harm covered" in line
               for line in feedback.said)
    assert any("gunfire" in line and "PAI" in line for line in feedback.said)
    # Two weeks are too few for intervals: the file has none, and log and page say why in words.
    assert table[["ci_low", "ci_high"]].isna().all(axis=None)
    why = "only 2 weeks, at least 8 are needed"
    assert text.count(f"No intervals: {why}.") == 4 and f"PAI of every method, without intervals: {why}" in text
    assert "90 % interval of PAI</th>" in text and "<td>none</td>" in text and "nan" not in text.lower()
    assert any(f"No intervals: {why}." in line for line in feedback.said)
    assert seen == sorted(seen) and seen[-1] >= 90
    # Without a name of its own the table is a layer.
    layer = QgsVectorLayer(str(output), "scores", "ogr")
    assert layer.isValid() and layer.featureCount() == len(table)


@pytest.mark.parametrize("given, words", [
    ({"FROM": "2017-12-03", "TO": "2017-11-20"}, "FROM lies after TO"),
    ({"FROM": "yesterday", "TO": "2017-11-20"}, "is not a date"),
    ({"FROM": "2017-11-20", "TO": "2999-01-01"}, "is not over yet"),
    ({"FROM": "2010-11-20", "TO": "2010-12-01"}, "Nothing was known"),
    ({"FROM": "2022-11-20", "TO": "2022-11-21", "CRIME_TYPES": "homicide"}, "No events"),
    ({**PERIOD, "CRIME_TYPES": "drugs"}, "drugs"),
    ({**PERIOD, "REPORT": "/no/such/folder/report.html"}, "REPORT"),
    ({**PERIOD, "RANKS": "/no/such/folder/ranks.csv"}, "RANKS")], ids=str)
def test_bad_input(fails, full, content, given, words):
    before = content(full)
    assert words in fails("backtest", WORKSPACE=str(full), **given)
    assert content(full) == before


def test_cancelled_in_the_middle(run, full, tmp_path, content):
    before, feedback = content(full), Feedback()
    reached = feedback.cancel_at(30)
    with pytest.raises(Failed) as error:
        run("backtest", feedback=feedback, WORKSPACE=str(full), RANKS=str(tmp_path / "gone.csv"),
            **{**PERIOD, "CRIME_TYPES": ""})
    assert reached.is_set(), "it ended before the click: " + str(error.value)
    assert "topped" in str(error.value)
    assert content(full) == before and not list(tmp_path.glob("gone*"))


def test_nothing_on_a_page_acts():
    """Titles, names and cells show markup as text; pictures too."""
    parts = [web_page.heading("<b>"), web_page.table(["<i>"], [["<script>", "a & b"]]),
             web_page.chart("<u>", lambda: charts.lines(["<s>"], [charts.Series("<q>", [1.0])] * 2, 100.0))]
    text = web_page.page("<em>", ["x < y"], parts)
    for word in ("b", "i", "script", "u", "s", "q", "em"):
        assert f"<{word}>" not in text and f"&lt;{word}&gt;" in text


def test_where_a_layout_is_in_force_the_page_says_which_choices_are_of_the_plain_fishnet():
    methods = ["metered", "metered_fishnet", "metered_equal", "metered_equal_layout", "metered_by_harm", "no_caps",
               "hot_spot_map"]
    numbers = ("boxes", "hours", "area_share", "covered", "covered_low", "covered_high", "per_100", "per_100_low",
               "per_100_high")

    def page(methods):
        figures = pd.DataFrame({"method": methods, **dict.fromkeys(numbers, 0.5)})
        compared = SimpleNamespace(figures=figures, sums=dict.fromkeys(methods), prices=[])
        table = pd.DataFrame({"crime_type": ["theft"]})
        return " ".join(backtest_page.choices(SimpleNamespace(
            compared=compared, on_choices=[], why_no_interval=lambda crime_type: "", table=table)))
    own, others = "The lottery with today&#x27;s settings", ("The same number in every beat", "Shared by harm")
    on_layout, plain = page(methods), page([name for name in methods if name != "metered_fishnet"])
    for name in (own, *others):
        assert f">{name}, on the plain fishnet<" in on_layout and f">{name}<" in plain
    assert f">{own}<" in on_layout and not any(f">{name}<" in on_layout for name in others)
    assert "on the plain fishnet" not in plain
