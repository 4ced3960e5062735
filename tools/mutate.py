"""Mutation testing: does a test fail when a line of the package is changed?

    .venv-mutate/bin/python tools/mutate.py [MODULE...] [--each 40] [--tests FILE...]

A module is named as patrol/draw.py; a folder stands for its files.

The changes are those of cosmic-ray's operators below; of each module a fixed sample. First the tests run once under
coverage, to know which of them reach which line. Then each change is made in memory, in a process of its own, and the
tests that reach its line run until one fails, the quickest first and no more than a minute of them. Nothing on the disk
is changed. What is printed: the changes that no test noticed, and of each module how many were noticed.
"""
import argparse
import ast
import hashlib
import importlib.abc
import importlib.machinery
import json
import os
import signal
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import coverage
import hypothesis  # noqa: F401 what the tests import is imported once, before the processes part
import pandas  # noqa: F401
import pytest
import scipy.optimize  # noqa: F401
import scipy.stats  # noqa: F401
import shapely  # noqa: F401
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "shotspotter_connect_plugin"
_WORKSPACE = "tests/unit/workspace/test_"
DOCS = "tests/unit/test_docs.py"
TESTS = {
    "patrol": ["tests/unit/patrol", *(f"{_WORKSPACE}{name}.py" for name in (
        "shift_draw", "shift_plan", "adjusting", "live_patrol", "tactic_list", "visit_finding"))],
    "workspace/store": [DOCS, *(f"{_WORKSPACE}{name}.py" for name in (
        "store", "store_upsert", "store_spatial", "create", "configure", "runs", "roles", "layers", "layer_file",
        "read_only", "adjusting", "rows", "column_values", "many_rows", "full_disk", "second_home"))]}
OPTIONS = ["-q", "-p", "no:cacheprovider", "-p", "no:pytest_qgis"]
LONGEST = 60.0  # seconds of tests for one change
OPERATORS = (
    "ReplaceBinaryOperator_Add_Sub", "ReplaceBinaryOperator_Sub_Add", "ReplaceBinaryOperator_Mul_Div",
    "ReplaceBinaryOperator_Div_Mul", "ReplaceBinaryOperator_FloorDiv_Mul", "ReplaceBinaryOperator_Pow_Mul",
    "ReplaceBinaryOperator_Mod_Add", "ReplaceBinaryOperator_BitAnd_BitOr", "ReplaceBinaryOperator_BitOr_BitAnd",
    "ReplaceComparisonOperator_Lt_LtE", "ReplaceComparisonOperator_LtE_Lt", "ReplaceComparisonOperator_Gt_GtE",
    "ReplaceComparisonOperator_GtE_Gt", "ReplaceComparisonOperator_Eq_NotEq", "ReplaceComparisonOperator_NotEq_Eq",
    "ReplaceComparisonOperator_Is_IsNot", "ReplaceComparisonOperator_IsNot_Is", "ReplaceUnaryOperator_USub_UAdd",
    "ReplaceUnaryOperator_Delete_Not", "ReplaceAndWithOr", "ReplaceOrWithAnd", "ReplaceTrueWithFalse",
    "ReplaceFalseWithTrue", "AddNot", "NumberReplacer", "ExceptionReplacer", "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak", "ZeroIterationForLoop")


class Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module from other text than lies on the disk."""

    def __init__(self, path, text):
        self._path, self._text = path, text
        self._name = ".".join(path.relative_to(ROOT).with_suffix("").parts)

    def find_spec(self, name, path=None, target=None):
        return importlib.machinery.ModuleSpec(name, self, origin=str(self._path)) if name == self._name else None

    def exec_module(self, module):
        module.__file__ = str(self._path)
        exec(compile(self._text, str(self._path), "exec"), vars(module))


class Watch:
    """Tells coverage which test runs, and keeps how long each took."""

    def __init__(self, counter):
        self._counter, self.seconds = counter, {}

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item):
        self._counter.switch_context(item.nodeid)
        begun = time.monotonic()
        yield
        self.seconds[item.nodeid] = time.monotonic() - begun


def reached(tests):
    """Run tests -> ({file: {line: tests}}, {test: seconds})."""
    with tempfile.TemporaryDirectory() as folder:
        counter = coverage.Coverage(data_file=os.path.join(folder, "data"), config_file=False, source=[str(PACKAGE)])
        watch = Watch(counter)
        counter.start()
        code = pytest.main([*OPTIONS, *tests], plugins=[watch])
        counter.stop()
        if code:
            raise SystemExit("The tests fail without a change.")
        data = counter.get_data()
        return {name: data.contexts_by_lineno(name) for name in data.measured_files()}, watch.seconds


def reached_apart(tests):
    """As :func:`reached`, in a process of its own, so that this one has none of the package in it."""
    with tempfile.NamedTemporaryFile() as kept:
        child = os.fork()
        if not child:
            code = 1
            try:
                Path(kept.name).write_text(json.dumps(reached(tests)))
                code = 0
            finally:
                os._exit(code)
        if os.waitpid(child, 0)[1]:
            raise SystemExit("The tests fail without a change.")
        lines, seconds = json.loads(Path(kept.name).read_text())
    return {name: {int(line): tests for line, tests in found.items()} for name, found in lines.items()}, seconds


def noticed(path, text, tests, seconds):
    """Whether one of the tests fails on the changed module, or they go on for much longer than without the change."""
    child = os.fork()
    if not child:
        silent = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(silent, number)
        os.setpgid(0, 0)
        sys.meta_path.insert(0, Changed(path, text))
        os._exit(int(pytest.main([*OPTIONS, "-x", *tests]) != 0))
    until = time.monotonic() + 5 * seconds + 30
    while time.monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status != 0
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def changes(path, each):
    """(line, operator, changed text) of a fixed sample of the changes of a file that change what it does."""
    source = path.read_text(encoding="utf-8")
    same, found = meaning(source), []
    for name in OPERATORS:
        operator = get_operator("core/" + name)()
        places = [start for node in ast_nodes(get_ast(source)) for start, _ in operator.mutation_positions(node)]
        found += [(hashlib.sha256(f"{name} {number} {place}".encode()).hexdigest(), name, number, place[0])
                  for number, place in enumerate(places)]
    taken = 0
    for _, name, number, line in sorted(found):
        try:
            text = mutate_code(source, get_operator("core/" + name)(), number)
            changed = meaning(text) != same
        except (SyntaxError, TypeError, AttributeError):  # the last of an exception with a dotted name
            continue
        if changed and taken < each:
            taken += 1
            yield line, name, text


def meaning(source):
    """A module as a tree without what only type checkers read: annotations, and what is declared for them alone."""
    tree = ast.parse(source)
    tree.body = [node for node in tree.body if not _for_types(node)]
    for node in ast.walk(tree):
        for part in ("annotation", "returns"):
            if getattr(node, part, None) is not None:
                setattr(node, part, ast.Constant(None))
    return ast.dump(tree)


def _for_types(node):
    """Whether it is an ``if TYPE_CHECKING``, or names an annotated type."""
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.dump(node.test)
    return isinstance(node, ast.Assign) and ast.dump(node.value).startswith("Subscript(value=Name(id='Annotated'")


def chosen(lines, line, seconds):
    """The tests that reach a line, the quickest first, at most LONGEST. Of what is declared outside functions none is
    told: then those that reach the file, and those of the pages that are written from it."""
    tests = {name for name in lines.get(line, []) if name} or {
        name for names in lines.values() for name in names if name} | {name for name in seconds if DOCS in name}
    taken, total = [], 0.0
    for name in sorted(tests, key=seconds.get):
        total += seconds[name]
        if total > LONGEST and taken:
            break
        taken.append(name)
    return taken, total


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", default=list(TESTS))
    parser.add_argument("--each", type=int, default=40)
    parser.add_argument("--tests", nargs="+", help="these instead of those that the room has in TESTS")
    asked = parser.parse_args()
    os.chdir(ROOT)
    rooms = defaultdict(list)
    for name in asked.modules:
        path = PACKAGE / name
        for file in sorted(path.glob("*.py")) if path.is_dir() else [path]:
            room = next(room for room in TESTS if file.relative_to(PACKAGE).as_posix().startswith(room))
            rooms[room] += [file] if file.name != "__init__.py" else []
    whole = [0, 0]
    for room, paths in rooms.items():
        lines, seconds = reached_apart(asked.tests or TESTS[room])
        for path in paths:
            found = [0, 0]
            for line, operator, text in changes(path, asked.each):
                tests, total = chosen(lines.get(str(path), {}), line, seconds)
                seen = bool(tests) and noticed(path, text, tests, total)
                found = [found[0] + seen, found[1] + 1]
                if not seen:
                    old, new = path.read_text(encoding="utf-8").splitlines(), text.splitlines()
                    print(f"  {path.name}:{line} {operator}: {old[line - 1].strip()}  ->  {new[line - 1].strip()}")
            whole = [whole[0] + found[0], whole[1] + found[1]]
            print(f"{path.relative_to(PACKAGE)}: {found[0]} of {found[1]} noticed", flush=True)
    print(f"all: {whole[0]} of {whole[1]} noticed, {whole[0] / max(whole[1], 1):.0%}")


if __name__ == "__main__":
    main()
