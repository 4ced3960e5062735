"""What a draw depends on, as text that any language can write, and its hash.

One JSON array per line, each line ended by a line feed, UTF-8, no spaces, characters above ASCII as they are. Every
number is the 16 hexadecimal digits of its IEEE 754 double, most significant byte first. The first line holds the rules
as [name, value] pairs in the order of their names; then one line per box in the order of box_id:
[box_id, beat, harm, eligible, why_not, cap, inclusion_probability]. Empty values are null.
"""
from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from ..forecast.arrays import ArrayLike
    from .patrol_frames import DrawInputs

FORMAT, WITH_DISTRICTS = "connect draw 1", "connect draw 2"
"""How a draw is made: the boxes that beats leave over settle the rest together, or first within each district."""
Rules = Mapping[str, Any]
"""The rules of a draw: name -> text or number; share caps under the name of their :class:`.metering.ShareCapRule`."""
_COLUMNS = ("box_id", "beat", "harm", "eligible", "why_not", "cap", "inclusion_probability")


def text_of_inputs(rules: Rules, boxes: DrawInputs) -> str:
    """Give the text.

    Parameters
    ----------
    rules : mapping of str to str or number
    boxes : pandas.DataFrame
        box_id, beat, harm, eligible, why_not, cap, inclusion_probability.
    """
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    boxes = boxes.sort_values("box_id")
    columns = {name: _texts(boxes[name]) for name in ("box_id", "beat", "why_not")}
    columns.update({name: _digits(boxes[name]) for name in ("harm", "cap", "inclusion_probability")})
    columns["eligible"] = boxes["eligible"].astype(bool).tolist()
    # Most words stand in many lines, so each is written once.
    written = {name: {value: encode(value) for value in set(values)} for name, values in columns.items()}
    rows = zip(*([written[name][value] for value in columns[name]] for name in _COLUMNS))
    first = [(name, value if isinstance(value, str) else _digits([value])[0]) for name, value in sorted(rules.items())]
    return "".join([encode(first) + "\n", *("[" + ",".join(row) + "]\n" for row in rows)])


def hash_of_inputs(rules: Rules, boxes: DrawInputs) -> str:
    """Give the SHA-256 (hexadecimal) of :func:`text_of_inputs`."""
    return hashlib.sha256(text_of_inputs(rules, boxes).encode()).hexdigest()


def _texts(column: pd.Series) -> list[str | None]:
    """Each text; None where there is none, whatever stands for it in the column."""
    return [None if missing else value for value, missing in zip(column.tolist(), pd.isna(column).tolist())]


def _digits(numbers: ArrayLike) -> list[str | None]:
    """Each number as 16 hexadecimal digits; None for NaN; minus zero is written as zero."""
    return [None if number != number else struct.pack(">d", number).hex()
            for number in (np.asarray(numbers, dtype=float) + 0.0).tolist()]
