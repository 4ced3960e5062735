"""Do frames have the columns that annotations declare (``frames.Rows``), of the types declared? Asked of what functions
are given and give.

Annotations are read as written, so names that a module imports for them only (under ``TYPE_CHECKING``) are imported
here. Frames are looked for inside tuples, lists, mappings, and the declared fields of records.
"""
import ast
import collections.abc
import dataclasses
import functools
import inspect
import sys
import types
from typing import Annotated, Union, get_args, get_origin

import numpy as np
import pandas as pd

from shotspotter_connect_plugin.frames import Rows

PACKAGE = Rows.__module__.split(".")[0]
_UNIONS = (Union, getattr(types, "UnionType", Union))
_MAPPINGS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)


@functools.lru_cache(maxsize=None)
def namespace(module_name):
    """Every name that annotations of a module may use."""
    module = sys.modules[module_name]
    names = dict(vars(module))
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            exec(compile(ast.Module(node.body, []), module_name, "exec"), names)  # its own imports, nothing else
    return names


def hints(annotated, module_name):
    """Name -> annotation of a function or class, of those that declare a frame somewhere."""
    found = {}
    for name, hint in getattr(annotated, "__annotations__", {}).items():
        value = eval(hint, namespace(module_name)) if isinstance(hint, str) else hint
        if declares(value):
            found[name] = value
    return found


def declares(hint):
    """Whether an annotation names a declared frame somewhere."""
    if get_origin(hint) is Annotated and any(isinstance(one, Rows) for one in hint.__metadata__):
        return True
    return any(declares(inner) for inner in get_args(hint) if not isinstance(inner, list))


def faults(value, hint):
    """What a value lacks of what an annotation declares, as texts; empty where it is as declared."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        rows = next((one for one in hint.__metadata__ if isinstance(one, Rows)), None)
        if rows is None:
            return faults(value, inner[0])
        if not isinstance(value, pd.DataFrame):
            return [f"is a {type(value).__name__}, no frame of rows"]
        missing = rows.missing(value)
        return [f"lacks {', '.join(missing)} of: {rows.help}"] if missing else wrong_types(value, rows)
    if origin in _UNIONS:
        if not isinstance(value, pd.DataFrame) and not all(declares(one) for one in inner):
            tried = [faults(value, one) for one in inner if declares(one) and get_origin(one) is not Annotated]
        else:
            tried = [faults(value, one) for one in inner if declares(one)]
        return min(tried, key=len, default=[])
    if not declares(hint):
        return []
    if isinstance(value, tuple) and origin is tuple and Ellipsis not in inner:
        return [fault for item, one in zip(value, inner) for fault in faults(item, one)]
    if origin in _MAPPINGS and isinstance(value, collections.abc.Mapping):
        return [fault for item in value.values() for fault in faults(item, inner[1])]
    if isinstance(value, (list, tuple)):
        return [fault for item in value for fault in faults(item, inner[0])]
    return []


# Kinds of numpy in which a frame may hold a type: objects hold what may be null, int64 counts nanoseconds.
_KINDS = {"text": "OUST", "date": "OUST", "local": "OUSTM", "json": "O", "geometry": "O", "utc": "MiO", "real": "fiubO",
          "integer": "iufO", "boolean": "biO"}
_OBJECTS = {"real": (int, float, np.number), "integer": (int, np.integer), "boolean": (bool, int, np.bool_),
            "utc": (pd.Timestamp,), "text": (str,), "date": (str,), "local": (str,)}


def wrong_types(frame, rows):
    """Declared columns that hold something of another type, as texts; what is null everywhere has no type."""
    wrong = []
    for column in (*rows.columns, *rows.optional):
        if column.name not in frame or frame[column.name].isna().all():
            continue
        values = frame[column.name]
        kind, objects = values.dtype.kind, _OBJECTS.get(column.type, (object,))
        if kind not in _KINDS[column.type] or kind == "O" and not isinstance(values.dropna().iloc[0], objects):
            wrong.append(f"{column.name} is declared {column.type} and is {values.dtype}")
    return wrong


@functools.lru_cache(maxsize=None)
def fields_of(kind):
    """The declared frames among the fields of a record."""
    if not kind.__module__.startswith(PACKAGE) or not (dataclasses.is_dataclass(kind) or hasattr(kind, "_fields")):
        return {}
    return {name: hint for base in reversed(kind.__mro__) if base.__module__.startswith(PACKAGE)
            for name, hint in hints(base, base.__module__).items()}


def record_faults(value):
    """The same for the fields of a record."""
    return [f"{name} {fault}" for name, hint in fields_of(type(value)).items()
            for fault in faults(getattr(value, name, None), hint)]
