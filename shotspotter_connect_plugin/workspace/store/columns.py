"""Between a data frame and what a store keeps: one function each way per column type, vectorised.

A store keeps text, whole numbers, real numbers, 0/1 for booleans and NULL; geometry is the store's own business.
"""
from __future__ import annotations

import json
import re
from datetime import date
from typing import Any, Callable, Sequence

import numpy as np
import pandas as pd

from ...forecast.arrays import objects
from ...forecast.instants import utc_index
from ...frames import Column

_FIRST, _LAST = np.datetime64("1678-01-01", "ms"), np.datetime64("2262-01-01", "ms")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_KINDS = {"text": str, "local": str, "integer": int}
_FEW = 500
"""Up to so many values are made a column of one by one."""


def encode(column: Column, values: Any) -> list[Any]:
    """What a store keeps for ``values`` of ``column``: a list of str, int, float or None.

    Raises ``ValueError`` where values are not of the column's type: a mistake of the caller, never of a user.
    """
    kind = getattr(getattr(values, "dtype", None), "kind", "O")
    if kind == "M" and column.type == "utc" and not pd.isna(values).all():
        return _texts_of_instants(column, values)
    if kind in "OifbUu":  # as a list they are what they are
        values = list(values.tolist() if hasattr(values, "tolist") else values)
        as_it_stands = _as_it_stands(column, values)
        if as_it_stands is not None:
            return as_it_stands
    series = pd.Series(values, dtype=None if len(values) else object)
    missing = series.isna().to_numpy()
    if missing.all():
        return [None] * len(series)
    stored = np.asarray(_ENCODERS[column.type](column, series), dtype=object)
    return (np.where(missing, np.array(None), stored) if missing.any() else stored).tolist()


def decode(column: Column, values: Sequence[Any]) -> pd.Series:
    """A ``pandas.Series`` of ``column`` from what a store kept."""
    return _DECODERS[column.type](values)


def _as_it_stands(column: Column, values: list[Any]) -> list[Any] | None:
    """The values where a store can keep them as they are, or nearly so; else None. Most columns of most frames are
    so, and pandas takes longer for the way there and back than a store takes to write them."""
    kinds = {*map(type, values)} - {type(None)}
    if kinds == {str, float}:  # what is missing among texts is NaN in pandas 3
        values = [None if value != value else value for value in values]
        kinds = {*map(type, values)} - {type(None)}
    if not kinds or column.type in ("text", "integer", "local") and kinds == {_KINDS[column.type]}:
        return values
    if column.type == "real" and kinds == {float}:
        return [None if value is None or value != value else value for value in values]
    if column.type == "boolean" and kinds == {bool}:
        return [None if value is None else int(value) for value in values]
    if column.type == "date" and kinds == {str} and all(map(_DATE.fullmatch, {*values} - {None})):
        return values
    if column.type == "utc" and kinds == {pd.Timestamp} and all(value is None or value.tzinfo for value in values):
        return [None if value is None else value.tz_convert("UTC").tz_localize(None).isoformat(
            timespec="milliseconds") + "Z" for value in values]
    return None


def _texts_of_instants(column: Column, values: Any) -> list[str | None]:
    """Texts of times that carry a zone."""
    if getattr(values.dtype, "tz", None) is None:
        raise ValueError(f"{column.name} holds instants; these times carry no zone")
    instants = utc_index(values).tz_localize(None).to_numpy().astype("datetime64[ms]")
    texts = np.datetime_as_string(instants, unit="ms", timezone="UTC").astype(object)
    texts[np.isnat(instants)] = None
    return list(texts.tolist())


def to_json(value: Any) -> str:
    """Compact JSON text of a Python object; numpy numbers and arrays become plain ones."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"no JSON for {type(value).__name__}")


def _encode_text(column: Column, series: pd.Series) -> Any:
    if pd.api.types.is_numeric_dtype(series) or pd.api.types.is_datetime64_any_dtype(series):
        raise ValueError(f"{column.name} holds text, not {series.dtype}")
    return series


def _encode_date(column: Column, series: pd.Series) -> Any:
    wrong = [value for value in _encode_text(column, series).dropna().unique() if not _DATE.fullmatch(str(value))]
    if wrong:
        raise ValueError(f"{column.name} holds dates as YYYY-MM-DD, not {wrong[0]!r}")
    return series


def _encode_local(column: Column, series: pd.Series) -> Any:
    if pd.api.types.is_datetime64_any_dtype(series):
        if series.dt.tz is not None:
            raise ValueError(f"{column.name} holds wall clock times without a zone")
        return np.datetime_as_string(series.to_numpy("datetime64[s]"), unit="s")
    return _encode_text(column, series)


def _encode_utc(column: Column, series: pd.Series) -> Any:
    return _texts_of_instants(column, series if series.dtype.kind == "M" else pd.Series(utc_index(series)))


def _encode_integer(column: Column, series: pd.Series) -> Any:
    return series.astype("Int64")


def _encode_real(column: Column, series: pd.Series) -> Any:
    return series.astype(float)


def _encode_boolean(column: Column, series: pd.Series) -> Any:
    return series.astype("boolean").astype("Int64")


def _encode_json(column: Column, series: pd.Series) -> Any:
    values = series.astype(object)
    return [None if missing else to_json(value) for value, missing in zip(values, values.isna())]


_ENCODERS: dict[str, Callable[[Column, pd.Series], Any]] = {
    "text": _encode_text, "date": _encode_date, "local": _encode_local, "utc": _encode_utc, "integer": _encode_integer,
    "real": _encode_real, "boolean": _encode_boolean, "json": _encode_json,
}


def _decode_text(values: Sequence[Any]) -> pd.Series:
    kept = objects(values)
    if len(values) <= _FEW:
        if not {*map(type, values)} <= {str, type(None)}:
            raise ValueError("text expected")
        return pd.Series(kept, dtype=object)
    # Equal texts share one object: a million rows name few shifts, boxes and sources.
    codes, texts = pd.factorize(kept)
    if not {*map(type, texts)} <= {str}:
        raise ValueError("text expected")
    return pd.Series(np.append(texts, np.array(None))[codes], dtype=object)


def _decode_date(values: Sequence[Any]) -> pd.Series:
    series = _decode_text(values)
    for text in {*values} - {None}:
        date.fromisoformat(text)
    return series


def _decode_utc(values: Sequence[Any]) -> pd.Series:
    instants = np.array([value and value.rstrip("Z") for value in values], dtype="datetime64[ms]")
    if ((instants < _FIRST) | (instants > _LAST)).any():
        raise ValueError("out of the range of nanoseconds")
    return pd.Series(pd.DatetimeIndex(instants.astype("datetime64[ns]")).tz_localize("UTC"))


def _decode_integer(values: Sequence[Any]) -> pd.Series:
    if {*map(type, values)} <= {int}:
        return pd.Series(np.array(values, dtype="int64"))
    series = pd.Series(values, dtype="Int64")
    return series if series.isna().any() else series.astype("int64")


def _decode_real(values: Sequence[Any]) -> pd.Series:
    return pd.Series(np.array(values, dtype=float))


def _decode_boolean(values: Sequence[Any]) -> pd.Series:
    if {*map(type, values)} <= {int, type(None)} and {*values} <= {0, 1, None}:
        missing = np.array([value is None for value in values], dtype=bool)
        return pd.Series(pd.arrays.BooleanArray(np.array(values, dtype=object) == 1, missing))
    return pd.Series(values, dtype="Int64").astype("boolean")


def _decode_json(values: Sequence[Any]) -> pd.Series:
    return pd.Series([None if value is None else json.loads(value) for value in values], dtype=object)


_DECODERS: dict[str, Callable[[Sequence[Any]], pd.Series]] = {
    "text": _decode_text, "date": _decode_date, "local": _decode_text, "utc": _decode_utc, "integer": _decode_integer,
    "real": _decode_real, "boolean": _decode_boolean, "json": _decode_json,
}
