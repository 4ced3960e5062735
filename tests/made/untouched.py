"""Watches the public functions of the rooms: what they are given is read only while they work, and the same after.

``Watch`` wraps every public function and method of a package in place. While a call runs, every array, frame, list,
mapping and record among its arguments is held: arrays (those inside frames too) cannot be written, and a picture of
everything is taken before and compared after. A generator is held each time it works, and let go while it waits.
Frames that go in or come out have the columns that the function's annotations declare: see ``declared_frames.py``.
"""
import dataclasses
import functools
import hashlib
import importlib
import inspect
import pickle
import pkgutil
import sys
from collections import Counter

import numpy as np
import pandas as pd
from declared_frames import faults, hints, record_faults

# pandas 1.5 cannot even compare a read-only column of objects; there only the picture of it is compared.
READS_TEXT = int(pd.__version__.split(".")[0]) >= 2


class Watch:
    """The public functions and methods of packages, wrapped.

    Parameters
    ----------
    monkeypatch : pytest.MonkeyPatch
    packages : sequence of str
    calls : int
        How many calls of each are watched; the rest go through as they are.
    given_to_be_filled : mapping of str to set of str
        Arguments that are there to be written, by the full name of the function.
    """

    def __init__(self, monkeypatch, packages, calls=3, given_to_be_filled=None):
        self.names, self.called, self.changed = [], Counter(), []
        self.undeclared, self.declared, self.met = [], set(), set()
        self._calls, self._filled = calls, given_to_be_filled or {}
        for package in packages:
            path = importlib.import_module(package).__path__
            for item in pkgutil.iter_modules(path):
                self._wrap_module(monkeypatch, importlib.import_module(f"{package}.{item.name}"))

    @property
    def never_met(self):
        """Arguments and results that declare a frame and of which none was seen."""
        return sorted(name for name in self.declared - self.met if not name.endswith(" self"))

    @property
    def never_called(self):
        """Public functions and methods of which no call was seen."""
        return [name for name in self.names if not self.called[name]]

    def _wrap_module(self, monkeypatch, module):
        for name, made in list(vars(module).items()):
            if name.startswith("_") or getattr(made, "__module__", None) != module.__name__:
                continue
            full = "{}.{}".format(".".join(module.__name__.split(".")[-2:]), name)
            if inspect.isfunction(made):
                wrapped = self._wrap(made, full)
                for other in list(sys.modules.values()):  # those who imported it by name have it too
                    for theirs, what in list(getattr(other, "__dict__", {}).items()):
                        if what is made:
                            monkeypatch.setattr(other, theirs, wrapped)
            elif inspect.isclass(made) and not issubclass(made, Exception) and not getattr(made, "_is_protocol", False):
                self._wrap_class(monkeypatch, made, full)

    def _wrap_class(self, monkeypatch, made, full):
        frozen = dataclasses.is_dataclass(made) and made.__dataclass_params__.frozen
        for name, member in list(vars(made).items()):
            # What dataclasses write themselves keeps what it is given, no more.
            own = not dataclasses.is_dataclass(made) and name == "__init__"
            if name.startswith("_") and not own:
                continue
            kind, function = type(member), getattr(member, "__func__", member)
            if inspect.isfunction(function):
                owned = kind is not staticmethod and not frozen
                wrapped = self._wrap(function, f"{full}.{name}", owned)
                monkeypatch.setattr(made, name, kind(wrapped) if kind in (staticmethod, classmethod) else wrapped)

    def _wrap(self, function, full, owned=False):
        self.names.append(full)
        names = list(inspect.signature(function).parameters)
        declared = hints(function, function.__module__)
        self.declared |= {f"{full} {name}" for name in declared}

        def look(name, value):
            wrong = record_faults(value)
            if name in declared:
                self.met.add(f"{full} {name}")
                wrong += faults(value, declared[name])
            self.undeclared += [f"{full} {name}: {fault}" for fault in wrong]
            return value

        def given(arguments, more):
            told = {**dict(zip(names, arguments)), **more}
            told.update({f"*{number}": value for number, value in enumerate(arguments[len(names):])})
            # The object itself is the method's own; one that is frozen is not.
            return {name: value for name, value in told.items()
                    if not (owned and name == names[0]) and name not in self._filled.get(full, ())}

        @functools.wraps(function)
        def call(*arguments, **more):
            self.called[full] += 1
            if self.called[full] > self._calls:
                return function(*arguments, **more)
            for name, value in {**dict(zip(names, arguments)), **more}.items():
                look(name, value)
            with Held(full, given(arguments, more), self.changed):
                return look("return", function(*arguments, **more))

        @functools.wraps(function)
        def generate(*arguments, **more):
            self.called[full] += 1
            if self.called[full] <= self._calls:
                for name, value in {**dict(zip(names, arguments)), **more}.items():
                    look(name, value)
            steps, held = function(*arguments, **more), given(arguments, more)
            for number in range(sys.maxsize):
                try:
                    if self.called[full] > self._calls or number > self._calls:
                        found = next(steps)
                    else:
                        with Held(full, held, self.changed):
                            found = next(steps)
                except StopIteration:
                    return
                yield found

        return generate if inspect.isgeneratorfunction(function) else call


class Held:
    """Holds arguments read only, and says which have changed all the same."""

    def __init__(self, full, arguments, changed):
        self._full, self._arguments, self._changed = full, arguments, changed

    def __enter__(self):
        self._before = {name: picture(value) for name, value in self._arguments.items()}
        self._arrays = [array for array in arrays_in(list(self._arguments.values())) if array.flags.writeable]
        for array in self._arrays:
            array.setflags(write=False)

    def __exit__(self, kind, error, trace):
        for _ in range(2):  # a view can be written again only when what it looks at can
            for array in self._arrays:
                if array.base is None or getattr(array.base, "flags", array.flags).writeable:
                    array.setflags(write=True)
        if isinstance(error, ValueError) and "read-only" in str(error):
            self._changed.append(f"{self._full}: {error}")
        self._changed += [f"{self._full} changed its {name}" for name, value in self._arguments.items()
                          if picture(value) != self._before[name]]


def children(value):
    """What a container, a frame or a record holds, and a name for how it is laid out; None for anything else."""
    if isinstance(value, pd.DataFrame):
        return [value.index, *(value.iloc[:, place] for place in range(value.shape[1]))], list(value.columns)
    if isinstance(value, pd.Series):
        return [value.index, value.array], value.name
    if isinstance(value, (dict, set, frozenset, list, tuple)):
        if isinstance(value, dict):
            return list(value.values()), list(value)
        return (list(value) if isinstance(value, (list, tuple)) else sorted(value, key=repr)), type(value).__name__
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [getattr(value, item.name, None) for item in dataclasses.fields(value)], type(value).__name__
    return None


def picture(value):
    """What a value holds, short and comparable; objects that keep a state of their own are left out."""
    if isinstance(value, np.ndarray):
        content = value.tobytes() if value.dtype != object else pickle.dumps(value.tolist())
        return str(value.dtype), value.shape, hashlib.sha1(content).hexdigest()
    if isinstance(value, (pd.Index, pd.api.extensions.ExtensionArray)):
        return str(value.dtype), len(value), hashlib.sha1(pickle.dumps(list(value))).hexdigest()
    if isinstance(value, (str, bytes, int, float, bool, type(None), pd.Timestamp, np.generic)):
        return repr(value)
    inside = children(value)
    return None if inside is None else (inside[1], [picture(item) for item in inside[0]])


def arrays_in(value):
    """The numpy arrays inside a value, those under frames and series themselves."""
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, (pd.DataFrame, pd.Series)):
        for block in value._mgr.blocks:  # pandas keeps its data here, in every version from 1.5 to 3
            if block.dtype != object or READS_TEXT:
                yield from arrays_in(block.values)
        yield from arrays_in(value.index.array)
    elif isinstance(value, pd.api.extensions.ExtensionArray):
        for name in ("_ndarray", "_data", "_mask", "_codes"):
            part = getattr(value, name, None)
            if isinstance(part, np.ndarray):
                yield part
    else:
        inside = children(value)
        for item in inside[0] if inside else ():
            yield from arrays_in(item)
