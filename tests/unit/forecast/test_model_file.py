"""A model file from a stranger is read exactly or refused with one sentence."""

import hashlib
import json
from html import escape
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.forecast.forecast_model import ForecastModel
from shotspotter_connect_plugin.forecast.model_card import card_html
from shotspotter_connect_plugin.forecast.sources import PlaceDistance

KEEP = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def text(city):
    return city.model.to_json()


def test_a_file_written_before_means_the_same_and_is_written_again_in_the_words_of_now():
    """Of 30 November 2026, when sources were plain texts: trees that ask for places, other types and distances. There
    was one memory of the level then, and nothing was recalibrated."""
    text = (Path(__file__).resolve().parents[2] / "data" / "model_of_version_3.json").read_text(encoding="utf-8")
    model = ForecastModel.from_json(text)
    content = json.loads(model.to_json())["model"]
    for item in content["types"].values():
        assert item.pop("memory") == [120.0, 28.0]
        assert item.pop("recalibration") == {"middle": 0.0, "slope": 0.0, "bend": 0.0, "bent_from": 0.0}
    assert signed(content, version=3) == signed(json.loads(text)["model"], version=3)
    assert ForecastModel.from_json(model.to_json()).to_json() == model.to_json()
    assert model.event_types == ["gunfire", "aggravated_assault", "homicide", "motor_vehicle_theft", "burglary",
                                 "robbery", "theft"]
    assert PlaceDistance("bar", 250) in {term.lookback.source for term in model.types["gunfire"].rung.terms}


def refused(text):
    with pytest.raises(ConnectError) as caught:
        ForecastModel.from_json(text)
    assert caught.value.user.count("\n") == 0 and len(caught.value.user) < 250


def signed(content, version=4):
    """A file with the right checksum, as a stranger would write it."""
    plain = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return json.dumps(
        {
            "format": "shotspotter-connect-forecast",
            "version": version,
            "model": content,
            "sha256": hashlib.sha256(plain.encode()).hexdigest(),
        }
    )


def test_the_helper_signs_what_the_reader_believes(text):
    assert ForecastModel.from_json(signed(json.loads(text)["model"])).to_json() == text


def before(content):
    """Content as it was written before version 4."""
    types = {name: {key: value for key, value in item.items() if key not in ("memory", "recalibration")}
             for name, item in content["types"].items()}
    return {**content, "types": types}


def test_older_models_are_still_right_or_refused_with_one_sentence(text):
    content = json.loads(text)["model"]
    assert ForecastModel.from_json(signed(before(content), version=2)).to_json() == ForecastModel.from_json(
        signed(before(content), version=3)).to_json()
    for version in (2, 3):
        refused(signed(content, version))
    for version in (1, 5, None, "3", True):
        with pytest.raises(ConnectError, match="run “Train forecast”"):
            ForecastModel.from_json(signed(content, version=version))
    reporting = {"factor": 0.3, "variance": 0.1, "reports": 9.0, "alerts": 30.0}
    next(iter(content["types"].values()))["reporting"] = reporting
    assert ForecastModel.from_json(signed(content))
    with pytest.raises(ConnectError, match="another version; run “Train forecast”"):
        ForecastModel.from_json(signed(before(content), version=2))


def tree_of(model):
    return model["types"]["robbery"]["forest"]["trees"][0]


def test_layout_does_not_matter_but_content_does(text):
    whole = json.loads(text)
    assert ForecastModel.from_json(json.dumps(whole, indent=3)).to_json() == text
    whole["model"]["seed"] += 1
    refused(json.dumps(whole))


@KEEP
@given(position=st.integers(0, 10**9), letter=st.characters(blacklist_categories=("Cs",)))
def test_one_altered_letter_is_refused_or_changes_nothing(text, position, letter):
    position %= len(text)
    altered = text[:position] + letter + text[position + 1:]
    try:
        same = json.loads(altered) == json.loads(text)
    except ValueError:
        same = False
    if same:
        assert ForecastModel.from_json(altered).to_json() == text
    else:
        refused(altered)


@KEEP
@given(st.integers(0, 10**9))
def test_a_truncated_file_is_refused(text, length):
    refused(text[: length % len(text)])


@pytest.mark.parametrize(
    "hostile",
    [
        "",
        "null",
        "[]",
        "{}",
        "0",
        '"text"',
        '{"format":"shotspotter-connect-forecast"}',
        "[" * 100_000,
        '{"a":' * 50_000,
        "NaN",
        "1e999",
        "9" * 10_000,
        "\x00",
        "\ud800",
        "cos\nsystem\n(S'echo'\ntR.",
        " " * 8_000_001,
    ],
)
def test_things_that_are_no_model_are_refused(hostile):
    refused(hostile)


@pytest.mark.parametrize("thing", [None, b"bytes", 3, [], {}])
def test_other_things_than_text_are_refused(thing):
    refused(thing)


def paths(value, at=()):
    """Every place in a nested structure, the card left out: it is shown, never used."""
    yield at
    if isinstance(value, dict):
        for key in value:
            if at or key != "card":
                yield from paths(value[key], at + (key,))
    elif isinstance(value, list):
        for index in range(min(len(value), 2)):
            yield from paths(value[index], at + (index,))


STRANGE = [None, True, [], {}, "", "x" * 1000, "../../etc/passwd", "<script>", -1, 1e300, 2**60, -1e-9, [[]], {"": 0}]


def test_any_strange_value_with_a_right_checksum_is_refused_or_harmless(text, city):
    """Each place of the file gets each strange value; what is accepted must still score to finite numbers."""
    content = json.loads(text)["model"]
    accepted, in_forest = 0, []
    assert content["types"]["robbery"]["forest"], "the made city is forecast with trees"
    bare = json.dumps({**content, "card": {}})
    for path in list(paths(content))[1:]:
        for value in STRANGE:
            changed = json.loads(bare)  # a copy
            target = changed
            for key in path[:-1]:
                target = target[key]
            if target[path[-1]] == value and type(target[path[-1]]) is type(value):
                continue
            target[path[-1]] = value
            try:
                model = ForecastModel.from_json(signed(changed))
            except ConnectError:
                continue
            accepted += 1
            if "forest" in path:
                in_forest.append(model)
                continue
            assert path[-1] in (
                "seed",
                "label",
                "rung",
                "numpy",
                "pandas",
                "python",
                "scipy",
                "scikit-learn",
                "versions",
                "shifts",
                "card",
                "memory",
                "middle",
                "slope",
                "bend",
                "bent_from",
                "too_rare",
                0,
                1,
                2,
            ) or path[-1] in ("bandwidth", "days"), (path, value)
            assert model.types and model.size == 250.0
    assert accepted < 150 and len(in_forest) > 5
    for model in in_forest[:: len(in_forest) // 5]:
        rows = model.score(city.events, city.boxes, city.calendar, city.date, "day", city.as_of)
        assert np.isfinite(rows["expected"]).all() and (rows["expected"] >= 0).all()


@pytest.mark.parametrize(
    "change",
    [
        lambda model: model["types"]["robbery"]["surfaces"].extend(model["types"]["robbery"]["surfaces"] * 500),
        lambda model: model["types"]["robbery"]["surfaces"][0].update(bandwidth=1e6),
        lambda model: model["types"]["robbery"]["surfaces"][0].update(days=0),
        lambda model: model["types"]["robbery"]["surfaces"][0].update(weight=0.9),
        lambda model: model["types"]["robbery"].update(level=[0.0] * 3),
        lambda model: model["types"]["robbery"]["surfaces"][0].update(of="drugs"),
        lambda model: model["types"]["robbery"]["surfaces"][0].update(of="places:public_housing"),
        lambda model: model["types"]["robbery"]["surfaces"][0].update(of="nearest 250:public_housing"),
        lambda model: model["types"]["robbery"]["surfaces"][0].update(of="nearest 77:bar"),
        lambda model: model["types"]["robbery"]["forest"].update(power=1.5),
        lambda model: model["types"]["robbery"]["forest"].update(trees="exec"),
        lambda model: tree_of(model)["left"].__setitem__(0, 0),
        lambda model: tree_of(model)["left"].__setitem__(0, 10**6),
        lambda model: tree_of(model)["right"].__setitem__(0, tree_of(model)["left"][0]),
        lambda model: tree_of(model)["feature"].__setitem__(0, 10**6),
        lambda model: tree_of(model)["feature"].__setitem__(0, -1),
        lambda model: tree_of(model)["value"].pop(),
        lambda model: tree_of(model)["threshold"].__setitem__(0, "x"),
        lambda model: tree_of(model).update({name: [0] * 10**5 for name in tree_of(model)}),
        lambda model: model["types"]["robbery"]["forest"].update(trees=[tree_of(model)] * 501),
        lambda model: model["types"]["robbery"].update(start="0001-01-01"),
        lambda model: model["types"]["robbery"].update(start="2018-02-30"),
        lambda model: model["types"]["robbery"].update(uniform_share=-0.5),
        lambda model: model.update(types={}),
        lambda model: model["types"].update(drugs=model["types"]["robbery"]),
        lambda model: model.update(as_of_utc="2018-01-01"),
        lambda model: model.update(extra="field"),
        lambda model: model.pop("data_hash"),
        lambda model: model.update(size=1.0),
        lambda model: model.update(card={"deep": [[[[[[[[[[[[[[1]]]]]]]]]]]]]]}),
    ],
)
def test_values_out_of_bounds_are_refused_whatever_the_checksum(text, change):
    content = json.loads(text)["model"]
    change(content)
    refused(signed(content))


def test_the_card_is_shown_with_every_word_escaped(city):
    page = card_html(city.model.card)
    assert "<script" not in page and "Robbery" in page and escape(city.model.types["robbery"].rung.label) in page
    evil = "<script>alert(1)</script>\"'&"
    hostile = {
        evil: evil,
        "list": [evil, {evil: evil}],
        "rows": [{evil: evil}, {"b": [evil]}],
        "none": None,
        "deep": [[[[[[[[[[[[evil]]]]]]]]]]]],
        "number": 1e308,
        "yes": True,
    }
    page = card_html(hostile)
    assert "<script" not in page and "&lt;script&gt;" in page and "alert(1)</" not in page


def test_the_card_opens_in_sentences_without_codes(city):
    page = card_html(city.model.card)
    plain, details = page.split("<h2>Details</h2>")
    for heading in ("What it forecasts", "How good it was", "What it never uses", "What it cannot do"):
        assert plain.count(f"<h2>{heading}</h2>") == 1
    assert not [code for code in ("kde_", "decay_", "count_", "Pai", "Rung", "rung", "log score") if code in plain]
    assert "Robbery: the 1 % of the area that it ranked highest held" in plain and "events in all and" in plain
    assert "race, ethnicity" in plain and escape(city.model.card["limits"][0]) in plain
    assert "kde_250_364 spreads" in details and "<h2>Crime types</h2>" in details


@pytest.mark.parametrize("records", [
    {"<i>": {"verdict": "<b>", "validation": "<u>"}}, {"<i>": "<b>"}, {"<i>": {"verdict": "forecast", "validation": {
        "hit_rate": "<u>", "searched_area": 0, "events": float("nan"), "weeks": [1]}}}, ["<u>"], {"<i>": None}])
def test_a_strange_card_is_shown_too(records):
    page = card_html({"crime_types": records, "never_an_input": ["<s>"], "limits": "<s>", "boxes": {"count": "<s>"}})
    assert not [tag for tag in ("<i>", "<b>", "<u>", "<s>") if tag in page] and "&lt;" in page


def test_the_card_says_what_it_must(city):
    card = city.model.card
    for needed in (
        "as_of",
        "seed",
        "data_hash",
        "versions",
        "inputs_used",
        "columns_refused",
        "never_an_input",
        "limits",
        "crime_types",
        "how_it_was_scored",
    ):
        assert card[needed] is not None
    record = card["crime_types"]["robbery"]
    assert record["verdict"] == "forecast" and record["why"] and record["from"].startswith("2018-01-0")
    assert record["validation"]["weeks"] >= 8 and record["validation"]["events"] > 30
    assert len(record["validation"]["calibration"]) == 5
    assert json.loads(json.dumps(card)) == card
