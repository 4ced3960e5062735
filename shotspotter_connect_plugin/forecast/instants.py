"""Instants as whole nanoseconds since 1970 in UTC (int64), and back, whatever unit a version of pandas keeps."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

SECOND = 1_000_000_000  # nanoseconds of a second: what instants are counted in
MILLISECOND = SECOND // 1000  # of a millisecond
MINUTE = 60 * SECOND  # of a minute
HOUR = 60 * MINUTE  # of an hour
DAY = 24 * HOUR  # of a day of UTC, or of a wall clock without its changes
NAT: int = np.iinfo(np.int64).min
"""What stands for an instant that is not known: numpy's own NaT."""


def utc_index(moments: Any) -> pd.DatetimeIndex:
    """``DatetimeIndex`` in UTC of instants of any kind; times without a zone are UTC, texts are ISO 8601."""
    moments = moments if isinstance(moments, (pd.Series, np.ndarray)) else pd.Index(moments)
    if getattr(moments.dtype, "kind", "") == "M":  # to_datetime would give the same, ten times as slowly for few
        times = pd.DatetimeIndex(moments)
        return times.tz_localize("UTC") if times.tz is None else times.tz_convert("UTC")
    try:
        return pd.DatetimeIndex(pd.to_datetime(moments, utc=True, cache=False))
    except ValueError:  # from pandas 2 on, all must be written as the first one is, unless they are said to be ISO 8601
        return pd.DatetimeIndex(pd.to_datetime(moments, utc=True, cache=False, format="ISO8601"))


def nanoseconds(moments: Any) -> NDArray[np.int64]:
    """Nanoseconds of instants of any kind: numbers are nanoseconds, times without a zone UTC (or wall clocks)."""
    is_time = getattr(getattr(moments, "dtype", None), "kind", "") == "M"
    if not is_time and (pd.api.types.is_integer_dtype(moments) or pd.api.types.infer_dtype(moments) == "integer"):
        return np.asarray(moments, dtype=np.int64)
    times: NDArray[Any] = utc_index(moments).tz_localize(None).to_numpy()
    return times.astype("datetime64[ns]").astype(np.int64)


def utc_times(ns: ArrayLike) -> pd.DatetimeIndex:
    """``DatetimeIndex`` in UTC of nanoseconds."""
    return wall_clocks(ns).tz_localize("UTC")


def wall_clocks(ns: ArrayLike) -> pd.DatetimeIndex:
    """``DatetimeIndex`` without a zone of the nanoseconds of wall clocks."""
    return pd.DatetimeIndex(np.asarray(ns).astype("datetime64[ns]"))


def iso_texts(ns: ArrayLike, unit: str) -> NDArray[np.str_]:
    """ISO 8601 texts of nanoseconds, cut off at a ``unit`` of numpy: ``D`` gives dates, ``s`` and ``ms`` end in Z."""
    times = np.asarray(ns).astype("datetime64[ns]").astype(f"datetime64[{unit}]")
    return np.datetime_as_string(times, timezone="naive" if unit == "D" else "UTC")
