"""JSON from somebody else: plain values of moderate size and depth, or a ValueError; never another exception."""
from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, NoReturn

DEEPEST = 50
LARGEST = 2 ** 63
_LONGEST = 200_000_000


def parse(text: str | bytes) -> Any:
    """The value of a JSON text.

    Raises
    ------
    ValueError
        When it is no JSON, is nested more than 50 deep, holds a number that is not finite or needs more than 64 bits,
        or letters that are none (halves of a surrogate pair).
    """
    try:
        value = json.loads(text, parse_constant=_refused, parse_int=_whole, parse_float=_finite)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    _check(value)
    return value


def read(path: str | Path) -> Any:
    """The value of a JSON file in UTF-8, with or without a mark of the byte order.

    Raises
    ------
    OSError
        When it cannot be read.
    ValueError
        As :func:`parse`, or when it is absurdly large.
    """
    with open(path, encoding="utf-8-sig") as file:
        text = file.read(_LONGEST + 1)
    if len(text) > _LONGEST:
        raise ValueError("larger than 200 MB")
    return parse(text)


def _check(value: Any) -> None:
    """Walk through a value without recursion."""
    level = [value]
    for _ in range(DEEPEST):
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inner.extend(item)
                inner.extend(item.values())
            elif isinstance(item, list):
                inner.extend(item)
            elif isinstance(item, str) and not item.isascii():
                item.encode("utf-8")  # UnicodeEncodeError is a ValueError
        if not inner:
            return
        level = inner
    raise ValueError("nested too deeply")


def _refused(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def _whole(text: str) -> int:
    number = int(text) if len(text) <= 20 else LARGEST
    if abs(number) >= LARGEST:
        raise ValueError("a number of more than 64 bits")
    return number


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number that is too large")
    return number
