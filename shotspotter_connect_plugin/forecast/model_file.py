"""The model file: JSON text, checked before a word of it is believed.

A file carries a checksum, so damage is noticed; a stranger can write a right checksum, so every value is checked as
well: known words only, finite numbers within bounds, lists of bounded length. Nothing in the file is ever run.
"""
from __future__ import annotations

import hashlib
import json
import math
import re
from typing import Any

import pandas as pd

from .. import json_text
from ..errors import ConnectError
from .allowed_inputs import check_crime_type, places_may_be_used
from .box_density import TERMS_BESIDE, RungFit
from .citywide_rate import MEMORIES, CitywideRate, coefficients_needed
from .expected_interval import Uncertainty
from .ladder import FAMILIES, Rung
from .listening import Reporting
from .model_content import ModelContent, TypeModel
from .predictors import NEAR_METRES
from .recalibration import AS_IT_IS, Recalibration
from .sources import EVER, OWN, CrimeEvents, Lookback, PlaceDistance, source_of
from .surfaces import Feature
from .trees import MOST_LEAVES, Forest, Tree

FORMAT = "shotspotter-connect-forecast"
# Counts up whenever a file means something else than before.
VERSION = 4
_PLAIN = (2, 3)
"""Had one memory of the level and no recalibration, which a file of now can say as well; 2 took calls about fireworks
into the reporting factor, and means the same as 3 without such a factor."""
# Letters, chosen: a crime type with 60 trees takes 32,000 (measured), and a file may hold 100 types.
LARGEST = 8_000_000
# Chosen: files written here nest 7 deep with their card (measured), and Python's stack is far from this.
_DEEPEST = 12
_OF_TREE = ("feature", "threshold", "left", "right", "value")
_BROKEN = "The model file is damaged or was changed; take it from its source again, or run “Train forecast”."
_OTHER = "The model file is of another version; run “Train forecast” to make one for this version."


def write(model: ModelContent) -> str:
    """Give a model as text."""
    content = {
        "as_of_utc": model.as_of.isoformat(), "seed": model.seed, "size": model.size, "plan_hour": model.plan_hour,
        "shifts": list(model.shifts), "data_hash": model.data_hash, "versions": model.versions, "card": model.card,
        "types": {name: _write_type(item) for name, item in model.types.items()},
    }
    return json.dumps({"format": FORMAT, "version": VERSION, "sha256": _checksum(content), "model": content},
                      separators=(",", ":"), allow_nan=False)


def read(text: str) -> ModelContent:
    """Give what a model's text holds.

    Raises
    ------
    ConnectError
        With one sentence, whatever is wrong with the text.
    """
    if not isinstance(text, str) or len(text) > LARGEST:
        raise ConnectError("That is not a model file: it is larger than any model, or no text.")
    try:
        whole = json_text.parse(text)
    except ValueError as error:
        raise ConnectError(_BROKEN, repr(error)) from error
    if not isinstance(whole, dict) or whole.get("format") != FORMAT:
        raise ConnectError("That is not a model file of ShotSpotter Connect.")
    if whole.get("version") not in (VERSION, *_PLAIN):
        raise ConnectError(_OTHER)
    try:
        content = whole["model"]
        _check_plain(content)
        _fields(whole, "format version sha256 model")
        _need(whole["sha256"] == _checksum(content), "checksum")
        model = _read_model(_as_of_now(content) if whole["version"] in _PLAIN else content)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError, ConnectError) as error:
        raise ConnectError(_BROKEN, repr(error)) from error
    if whole["version"] == _PLAIN[0] and any(item.reporting for item in model.types.values()):
        raise ConnectError(_OTHER)
    return model


def _as_of_now(content: dict[str, Any]) -> dict[str, Any]:
    """Content of an earlier version in the words of this one."""
    new = {"memory": list(MEMORIES[0]), "recalibration": vars(AS_IT_IS)}
    _need(not any(set(new) & set(item) for item in content["types"].values()), "fields")
    return {**content, "types": {name: {**item, **new} for name, item in content["types"].items()}}


def _checksum(content: dict[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _need(condition: bool, what: str) -> None:
    if not condition:
        raise ValueError(what)


def _check_plain(value: Any, depth: int = 0) -> None:
    """Only finite numbers of moderate size, and not too deep."""
    _need(depth <= _DEEPEST, "depth")
    if isinstance(value, dict):
        for item in value.values():
            _check_plain(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check_plain(item, depth + 1)
    elif isinstance(value, (int, float)):
        _need(math.isfinite(value) and abs(value) < 2 ** 53, "number")


def _write_type(item: TypeModel) -> dict[str, Any]:
    return {
        "rung": item.rung.name, "family": item.rung.family, "label": item.rung.label,
        "surfaces": [{**_write_surface(feature), "weight": weight}
                     for feature, weight in zip(item.rung.features, item.fit.weights)],
        "uniform_share": item.fit.uniform_share, "forest": _write_forest(item),
        "level": list(item.rate.coefficients), "memory": list(item.rate.memory), "start": item.start,
        "recalibration": vars(item.fit.recalibration),
        "too_rare": item.too_rare, "reporting": vars(item.reporting) if item.reporting else None,
        "uncertainty": {"evidence": item.uncertainty.evidence, "misfit": item.uncertainty.misfit,
                        "level": item.uncertainty.level},
    }


def _write_surface(feature: Feature) -> dict[str, Any]:
    days = feature.lookback.days
    return {"memory": feature.lookback.kind, "days": days if days < EVER else None, "of": feature.lookback.source.text,
            "scope": feature.scope, "bandwidth": feature.bandwidth}


def _write_forest(item: TypeModel) -> dict[str, Any] | None:
    if item.fit.forest is None:
        return None
    return {"terms": [_write_surface(feature) for feature in item.rung.terms], "power": item.fit.power,
            "constant": item.fit.forest.constant,
            "trees": [{name: list(getattr(tree, name)) for name in _OF_TREE} for tree in item.fit.forest.trees]}


def _read_model(content: dict[str, Any]) -> ModelContent:
    _fields(content, "as_of_utc seed size plan_hour shifts data_hash versions card types")
    _need(isinstance(content["shifts"], list) and 1 <= len(content["shifts"]) <= 50, "shifts")
    shifts = tuple(_text(code, 100) for code in content["shifts"])
    _need(isinstance(content["types"], dict) and 1 <= len(content["types"]) <= 100, "types")
    _need(isinstance(content["card"], dict), "card")
    _need(isinstance(content["versions"], dict), "versions")
    versions = {_text(name, 50): _text(version, 50) for name, version in content["versions"].items()}
    as_of = pd.Timestamp(_text(content["as_of_utc"], 40))
    _need(as_of is not pd.NaT and as_of.tzinfo is not None, "as_of_utc")
    types = {check_crime_type(name): _read_type(item, len(shifts)) for name, item in content["types"].items()}
    return ModelContent(
        as_of=as_of.tz_convert("UTC"), seed=_whole(content["seed"]), size=_number(content["size"], 50.0, 2000.0),
        plan_hour=_match(content["plan_hour"], r"([01]\d|2[0-3]):[0-5]\d"), shifts=shifts, types=types,
        data_hash=_match(content["data_hash"], "[0-9a-f]{64}"), versions=versions, card=content["card"])


def _read_type(item: dict[str, Any], shifts: int) -> TypeModel:
    _fields(item, "rung family label surfaces uniform_share forest level memory start too_rare uncertainty reporting "
                  "recalibration")
    _need(isinstance(item["surfaces"], list) and len(item["surfaces"]) <= 500, "surfaces")
    features, weights = [], []
    for surface in item["surfaces"]:
        _need(isinstance(surface, dict) and "weight" in surface, "weight")
        features.append(_read_surface({name: value for name, value in surface.items() if name != "weight"}))
        weights.append(_number(surface["weight"], 0.0, 1.0))
    uniform_share = _number(item["uniform_share"], 0.0, 1.0)
    _need(abs(sum(weights) + uniform_share - 1.0) < 1e-3, "weights")
    _need(isinstance(item["level"], list) and len(item["level"]) == coefficients_needed(shifts), "level")
    _need(isinstance(item["memory"], list) and tuple(item["memory"]) in MEMORIES, "memory")
    rate = CitywideRate(tuple(_number(value, -20.0, 20.0) for value in item["level"]),
                        (float(item["memory"][0]), float(item["memory"][1])))
    _fields(item["uncertainty"], "evidence misfit level")
    uncertainty = Uncertainty(_number(item["uncertainty"]["evidence"], 1e-3, 1e9),
                              _number(item["uncertainty"]["misfit"], 0.0, 100.0),
                              _number(item["uncertainty"]["level"], 0.0, 100.0))
    _need(item["family"] in FAMILIES and isinstance(item["too_rare"], bool), "words")
    forest, power, terms = _read_forest(item["forest"])
    rung = Rung(_text(item["rung"], 50), item["family"], _text(item["label"], 300), tuple(features), terms=terms)
    start = _match(item["start"], r"(19|20|21)\d\d-\d\d-\d\d")
    _need(str(pd.Timestamp(start).date()) == start, "start")
    fit = RungFit(tuple(weights), uniform_share, forest, power, _read_recalibration(item["recalibration"]))
    return TypeModel(rung, fit, rate, uncertainty, start, item["too_rare"], _read_reporting(item["reporting"]))


def _read_recalibration(item: dict[str, Any]) -> Recalibration:
    _fields(item, "middle slope bend bent_from")
    return Recalibration(_number(item["middle"], -20.0, 20.0), _number(item["slope"], -1.0, 5.0),
                         _number(item["bend"], -6.0, 5.0), _number(item["bent_from"], -20.0, 20.0))


def _read_surface(surface: dict[str, Any]) -> Feature:
    _fields(surface, "memory days of scope bandwidth")
    _need(surface["memory"] in ("decay", "window") and surface["scope"] in ("all", "shift"), "words")
    days = surface["days"]
    _need(days is not None or surface["memory"] == "window", "days")
    days = EVER if days is None else _number(days, 0.01, 1e5)
    source = source_of(_text(surface["of"], 100))
    _need(source.text == surface["of"], "source")
    if not isinstance(source, CrimeEvents):
        _need(places_may_be_used(source.kind), "places")
        _need(not isinstance(source, PlaceDistance) or source.metres in NEAR_METRES, "nearest")
    elif source != OWN:
        check_crime_type(source.crime_type)
    return Feature(Lookback(surface["memory"], days, source), surface["scope"],
                   _number(surface["bandwidth"], 0.0, 2000.0))


def _read_forest(item: dict[str, Any] | None) -> tuple[Forest | None, float, tuple[Feature, ...]]:
    """Forest, power and terms; None, 1 and nothing where there is no forest."""
    if item is None:
        return None, 1.0, ()
    _fields(item, "terms power constant trees")
    _need(isinstance(item["terms"], list) and 1 <= len(item["terms"]) <= 200, "terms")
    _need(isinstance(item["trees"], list) and len(item["trees"]) <= 500, "trees")
    terms = tuple(_read_surface(term) for term in item["terms"])
    width = len(terms) + TERMS_BESIDE
    forest = Forest(_number(item["constant"], -50.0, 50.0), tuple(_read_tree(tree, width) for tree in item["trees"]))
    return forest, _number(item["power"], 0.0, 1.0), terms


def _read_tree(item: dict[str, Any], width: int) -> Tree:
    """A tree in which every node but the root is the child of exactly one node before it."""
    _fields(item, " ".join(_OF_TREE))
    nodes = len(item["value"]) if isinstance(item["value"], list) else 0
    _need(1 <= nodes <= 2 * MOST_LEAVES - 1, "nodes")
    _need(all(isinstance(column, list) and len(column) == nodes for column in item.values()), "nodes")
    children = []
    for node in range(nodes):
        left, right = _whole(item["left"][node]), _whole(item["right"][node])
        _need((left == -1 and right == -1) or (node < left < nodes and node < right < nodes), "children")
        children += [left, right] if left >= 0 else []
    _need(sorted(children) == list(range(1, nodes)), "children")
    features = tuple(_whole(value) for value in item["feature"])
    _need(all(0 <= feature < width for feature in features), "feature")
    threshold, value = (tuple(_number(number, -1e6, 1e6) for number in item[name]) for name in ("threshold", "value"))
    return Tree(features, threshold, tuple(item["left"]), tuple(item["right"]), value)


def _read_reporting(item: dict[str, Any] | None) -> Reporting | None:
    if item is None:
        return None
    _fields(item, "factor variance reports alerts")
    return Reporting(_number(item["factor"], 0.0, 1.0), _number(item["variance"], 0.0, 10.0),
                     _number(item["reports"], 0.0, 1e9), _number(item["alerts"], 0.0, 1e9))


def _fields(item: Any, names: str) -> None:
    _need(isinstance(item, dict) and set(item) == set(names.split()), "fields")


def _text(value: Any, longest: int) -> str:
    _need(isinstance(value, str) and len(value) <= longest, "text")
    return value


def _match(value: Any, pattern: str) -> str:
    _need(isinstance(value, str) and re.fullmatch(pattern, value) is not None, "text")
    return value


def _number(value: Any, low: float, high: float) -> float:
    _need(isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high, "number")
    return float(value)


def _whole(value: Any) -> int:
    _need(isinstance(value, int) and not isinstance(value, bool), "whole number")
    return value
