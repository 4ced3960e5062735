"""The house keeps its shape: who may import whom, what the package never does, what must be the same twice."""
import ast
import configparser
import functools
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "shotspotter_connect_plugin"
FILES = sorted(path for path in PACKAGE.rglob("*.py"))
ROOMS = ("forecast", "patrol", "workspace", "reports", "processing", "ui")

# Room -> what it may import of the other rooms; errors, progress and files are everybody's.
MAY_IMPORT = {
    "forecast": set(),
    "patrol": {"forecast.arrays", "forecast.box_grid", "forecast.box_ids", "forecast.box_layout", "forecast.fishnet",
               "forecast.instants", "forecast.shifts"},
    "workspace": {"forecast", "patrol"},
    "reports": {"forecast", "patrol", "workspace"},
    "processing": {"forecast", "patrol", "workspace", "reports"},
    "ui": {"forecast", "patrol", "workspace", "reports", "processing"},
}
# Inside these rooms arrows run down the wings only, from the ground up:
WINGS = {
    "workspace": ("store", "imports", "steps", "numbers", "exports"),
    "reports": ("paper", "plan", "builders", "web"),
}
WITHOUT_QGIS = ("forecast", "patrol", "workspace")
NEVER_IMPORTED = {"pickle", "cPickle", "dill", "shelve", "marshal", "joblib", "random", "multiprocessing",
                  "concurrent.futures", "subprocess", "telnetlib", "ftplib", "PyQt5", "PyQt6", "PySide6", "requests",
                  "urllib.request",
                  # Ends QGIS in its worker threads from 3.7 on, and so do those that bring it; forecast/crs.py instead.
                  "pyproj", "geopandas", "fiona", "rasterio"}
GONE_FROM_LIBRARIES = {"applymap", "iteritems", "in1d", "trapz", "row_stack", "float_", "bool8", "is_categorical_dtype",
                       "is_datetime64tz_dtype", "asi8"}
NEVER_CALLED = {"eval", "exec", "compile", "__import__"}


@functools.lru_cache(maxsize=None)
def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"))


@functools.lru_cache(maxsize=None)
def imports(path, top_level_only=False):
    """(absolute dotted name of the module, name taken from it or None, line) of every import of a file."""
    tree = tree_of(path)
    found = []
    package = (PACKAGE.name, *path.relative_to(PACKAGE).parts[:-1])
    for node in tree.body if top_level_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found.append((alias.name, None, node.lineno))
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[:len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, [base, node.module]))
            for alias in node.names:
                found.append((module, alias.name, node.lineno))
    return found


def room_of(path):
    first = path.relative_to(PACKAGE).parts[0]
    return first if first in ROOMS else None


def targets():
    """(file, room, dotted name inside the package, imported name, line) of every import of one of our rooms."""
    for path in FILES:
        for module, name, line in imports(path):
            if module == PACKAGE.name or module.startswith(PACKAGE.name + "."):
                inside = module[len(PACKAGE.name) + 1:]
                full = ".".join(filter(None, [inside, name])) if inside.count(".") == 0 else inside
                yield path, room_of(path), full, name, line


def test_arrows_run_one_way():
    wrong = []
    for path, room, target, _, line in targets():
        other = target.split(".")[0]
        if room is None or other not in ROOMS or other == room:
            continue
        allowed = MAY_IMPORT[room]
        if other not in allowed and ".".join(target.split(".")[:2]) not in allowed:
            wrong.append(f"{path.relative_to(ROOT)}:{line} imports {target}")
    assert wrong == []


def test_the_arrow_test_sees_arrows():
    seen = {(room, target.split(".")[0]) for _, room, target, _, _ in targets()}
    assert {("processing", "workspace"), ("workspace", "forecast"), ("workspace", "patrol")} <= seen


def test_arrows_inside_a_room_run_down_its_wings():
    arrows = {(path, room, path.relative_to(PACKAGE).parts[1], target.split(".")[1], line)
              for path, room, target, _, line in targets() if room in WINGS and target.split(".")[0] == room
              and target.count(".")}
    assert {("steps", "store"), ("builders", "paper")} <= {(wing, other) for _, _, wing, other, _ in arrows}
    wrong = [f"{path.relative_to(ROOT)}:{line} imports {other}" for path, room, wing, other, line in arrows
             if WINGS[room].index(other) > WINGS[room].index(wing)]
    assert wrong == []


def name_of(path):
    """Dotted name of a module inside the package."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def loaded_by(path):
    """Modules of the package that a file loads, sooner or later; what is imported for types alone is never loaded."""
    known = {name_of(other) for other in FILES}
    tree = tree_of(path)
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            package = path.relative_to(PACKAGE).parts[:-1]
            base = ".".join(filter(None, [*package[:len(package) - node.level + 1], node.module]))
            for alias in node.names:
                full = f"{base}.{alias.name}".lstrip(".")
                yield full if full in known else base


def in_circles(loads):
    """Names that load one another in circles, or stand between two: who loads nobody, or is loaded by nobody, goes."""
    loads = {name: set(others) & set(loads) for name, others in loads.items()}
    while True:
        loaded = set().union(*loads.values()) if loads else set()
        kept = {name: others for name, others in loads.items() if others and name in loaded}
        kept = {name: others & set(kept) for name, others in kept.items()}
        if kept == loads:
            return sorted(kept)
        loads = kept


def test_no_modules_import_each_other_in_a_circle():
    assert in_circles({"a": ["b"], "b": ["c"], "c": ["b"], "d": []}) == ["b", "c"]
    loads = {name_of(path): set(loaded_by(path)) - {name_of(path), ""} for path in FILES}
    assert "workspace.store.workspace" in loads["workspace.store.output_folders"]
    assert in_circles(loads) == []


def test_no_two_modules_share_a_name():
    """Outside processing/, where each file is called after its algorithm, and the __init__ of packages."""
    files = [path for path in FILES if room_of(path) != "processing" and path.name != "__init__.py"]
    names = [path.name for path in files]
    assert sorted(path.relative_to(PACKAGE).as_posix() for path in files if names.count(path.name) > 1) == []


def kinds_of_things(tree):
    """Public classes and types of a module: what it defines with a capital letter and small ones."""
    for node in tree.body:
        names = [node.name] if isinstance(node, ast.ClassDef) else [
            part.id for target in getattr(node, "targets", [getattr(node, "target", None)]) if target is not None
            for part in ast.walk(target) if isinstance(part, ast.Name)]
        yield from (name for name in names if re.match(r"[A-Z]\w*[a-z]", name))


def test_no_two_kinds_of_things_share_a_name():
    """One word means one thing, outside processing/, where each algorithm is called after its id."""
    tree = ast.parse("class A1b: ...\nB: type = int\nCd = Ef, gh = 1, 2\nclass _X: ...\nIJ = 1\nfor x in y: ...")
    assert list(kinds_of_things(tree)) == ["A1b", "Cd", "Ef"]
    homes = {}
    for path in FILES:
        if room_of(path) != "processing":
            for name in kinds_of_things(tree_of(path)):
                homes.setdefault(name, []).append(name_of(path))
    assert {"Table", "Visits", "Boxes"} <= set(homes)
    assert {name: modules for name, modules in homes.items() if len(modules) > 1} == {}


_FILE_NAMED = re.compile(r"``(?:[\w/]*/)?(\w+\.py)``")
_OBJECT_NAMED = re.compile(r":(?:mod|func|class|meth|data|attr):`~?\.*([\w.]+)`")


def names_made(path):
    """Names that a file defines, assigns or imports."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).rpartition(".")[2]


def named_in_vain(text, module, made):
    """What docstrings and comments of a module name and nobody has; ``made`` maps modules to the names they have."""
    wrong = [found for found in _FILE_NAMED.findall(text) if found[:-3] not in made]
    for found in _OBJECT_NAMED.findall(text):
        home, _, name = found.rpartition(".")
        home = home.rpartition(".")[2]
        holders = [made[home or module]] if not home or home in made else [has for has in made.values() if home in has]
        if name not in made and not any(name in has for has in holders):
            wrong.append(found)
    return wrong


def test_docstrings_name_what_there_is():
    """Files, and objects as :func:`name` of the same module or as :func:`module.name`: a new name leaves no old one."""
    rooms = (PACKAGE, ROOT / "tests", ROOT / "benchmarks")
    made = {path.stem: set() for folder in rooms for path in folder.rglob("*.py")}
    for path in FILES:
        made[path.stem].update(names_made(path))
    wrong = {path.relative_to(PACKAGE).as_posix(): named_in_vain(path.read_text(encoding="utf-8"), path.stem, made)
             for path in FILES}
    assert {path: names for path, names in wrong.items() if names} == {}


def test_the_docstring_test_sees_what_is_gone():
    made = {"a": {"f", "K"}, "b": {"g"}}
    text = ":mod:`b` :func:`f` :func:`g` :func:`.b.g` :meth:`K.g` :class:`~x.b.f` :meth:`L.f` ``c.py`` ``x/b.py``"
    assert named_in_vain(text, "a", made) == ["c.py", "g", "K.g", "x.b.f", "L.f"]


def unannotated(path):
    """Public functions and methods of a file that say nothing of a parameter or of what they give."""
    def look(body, prefix, in_class):
        for node in body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield from look(node.body, f"{prefix}{node.name}.", True)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                if node.name.startswith("_") and node.name not in ("__init__", "__call__"):
                    continue
                given = node.args
                own = 0 if not in_class or "staticmethod" in map(ast.unparse, node.decorator_list) else 1
                asked = [*[*given.posonlyargs, *given.args][own:], *given.kwonlyargs, given.vararg, given.kwarg]
                if node.returns is None or any(item is not None and item.annotation is None for item in asked):
                    yield f"{path.relative_to(ROOT)}:{node.lineno} {prefix}{node.name}"
    return list(look(tree_of(path).body, "", False))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_public_function_is_annotated(path):
    assert unannotated(path) == []


def test_the_annotation_test_sees_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    path = tmp_path / "some.py"
    path.write_text("class A:\n    def __init__(self, x: int):\n        pass\n    def f(self, *, y) -> int: ...\n"
                    "    def _g(self): ...\ndef h(a: int, *b: int) -> None: ...\ndef i(): ...\n")
    assert [text.split(":")[1] for text in unannotated(path)] == ["2 A.__init__", "4 A.f", "7 i"]


def test_other_rooms_are_used_through_public_names():
    wrong = [f"{path.relative_to(ROOT)}:{line} imports {target} {name}"
             for path, room, target, name, line in targets()
             if room != target.split(".")[0] and any(
                 part.startswith("_") and not part.startswith("__") for part in [*target.split("."), name or ""])]
    assert wrong == []


@pytest.mark.parametrize("room", WITHOUT_QGIS)
def test_rooms_without_qgis_import_no_qgis_and_no_qt(room):
    wrong = [f"{path.relative_to(ROOT)}:{line}" for path in FILES if room_of(path) == room
             for module, _, line in imports(path) if module.split(".")[0] in ("qgis", "PyQt5", "PyQt6", "sip")]
    assert wrong == []


def test_skin_holds_no_arithmetic_libraries():
    wrong = [f"{path.relative_to(ROOT)}:{line} imports {module}" for path in FILES
             if room_of(path) in ("processing", "ui") for module, _, line in imports(path)
             if module.split(".")[0] in ("numpy", "scipy", "sklearn", "geopandas")]
    assert wrong == []


def test_what_qgis_loads_at_start_imports_nothing_heavy():
    heavy = {"numpy", "pandas", "scipy", "sklearn", "geopandas", "shapely", "pyproj", "osgeo", "reportlab"}
    wrong = []
    for path in FILES:
        if room_of(path) not in (None, "processing"):
            continue
        for module, _, line in imports(path, top_level_only=True):
            inside = module[len(PACKAGE.name) + 1:] if module.startswith(PACKAGE.name + ".") else ""
            if module.split(".")[0] in heavy or inside.split(".")[0] in ("forecast", "patrol", "workspace", "reports"):
                wrong.append(f"{path.relative_to(ROOT)}:{line} imports {module}")
    assert wrong == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_forbidden_constructs(path):
    wrong = [f"line {line} imports {module}" for module, name, line in imports(path)
             if NEVER_IMPORTED & {module, module.split(".")[0], ".".join(filter(None, [module, name]))}]
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Assert):
            wrong.append(f"line {node.lineno} asserts")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in NEVER_CALLED:
            wrong.append(f"line {node.lineno} calls {node.func.id}")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and (
                node.func.attr in ("read_pickle", "to_pickle") or ast.unparse(node.func) in ("os.system", "os.popen")):
            wrong.append(f"line {node.lineno} calls {ast.unparse(node.func)}")
        elif isinstance(node, ast.Attribute) and node.attr in GONE_FROM_LIBRARIES:
            wrong.append(f"line {node.lineno} uses {node.attr}, which newer libraries lack")
        elif isinstance(node, ast.Compare) and re.search(r"dtype (==|!=|is|is not) (object|'object')|"
                                                         r"object (==|!=) .*dtype", ast.unparse(node)):
            wrong.append(f"line {node.lineno} takes object for text; ask dtype.kind")
        elif isinstance(node, ast.ExceptHandler) and all(
                isinstance(item, (ast.Pass, ast.Continue)) for item in node.body):
            if node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"):
                wrong.append(f"line {node.lineno} swallows every error")
        elif isinstance(node, ast.keyword) and node.arg == "n_jobs" and ast.unparse(node.value) != "1":
            wrong.append(f"line {node.value.lineno} starts processes")
    assert wrong == []


def formatted_literals(text):
    """Lines on which ``.format`` is taken from a text written there; what tr() translates is filled in afterwards."""
    return [node.lineno for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Attribute) and node.attr in ("format", "format_map")
            and isinstance(node.value, (ast.Constant, ast.JoinedStr, ast.BinOp, ast.IfExp))]


def test_texts_are_f_strings():
    wrong = [f"{path.relative_to(ROOT)}:{line}" for path in FILES
             for line in formatted_literals(path.read_text(encoding="utf-8"))]
    assert wrong == [], "write an f-string; only templates that are kept or translated are filled in by .format"


def test_the_test_of_f_strings_sees_format():
    text = """a = "{}".format(1)
b = tr("{} of {}").format(1, 2) + TEMPLATE.format(3) + WORDS["d"].format(4) + f"{5:,}"
c = ("{} " "{}"
     .format(1, 2))
d = ("{}" + b).format(1)
e = map("{}".format, [])
g = (f"{a} {{}}" if a else "{}").format(1)
"""
    assert formatted_literals(text) == [1, 3, 5, 6, 7]


def numbers_of(tree):
    """Assignments of constants that hold a number, of a module and of its classes."""
    for body in [tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))]:
        for place, node in enumerate(body):
            names = [name.id for target in getattr(node, "targets", [getattr(node, "target", None)]) if target
                     for name in ast.walk(target) if isinstance(name, ast.Name)]
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value and any(map(str.isupper, names)) and any(
                    isinstance(part, ast.Constant) and type(part.value) in (int, float)
                    for part in ast.walk(node.value)):
                following = body[place + 1] if place + 1 < len(body) else None
                told = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
                yield ", ".join(names), node, told


@pytest.mark.parametrize("path", [path for path in FILES if room_of(path) in ("forecast", "patrol")],
                         ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_number_has_its_reason_beside_it(path):
    """A comment on its line or directly above, or a text directly below."""
    text = path.read_text(encoding="utf-8")
    lines = ["", *text.splitlines()]
    wrong = [f"line {node.lineno}: {names}" for names, node, told in numbers_of(ast.parse(text))
             if not told and "#" not in lines[node.lineno] + lines[node.end_lineno]
             and not lines[node.lineno - 1].lstrip().startswith("#")]
    assert wrong == []


def test_instants_and_nanoseconds_have_one_place():
    """What pandas counts instants in differs by version: to and from nanoseconds through forecast/instants.py."""
    own = {"forecast/instants.py", "workspace/store/columns.py"}
    wrong = [f"{path.relative_to(ROOT)}:{number}" for path in FILES
             if path.relative_to(PACKAGE).as_posix() not in own
             for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
             if re.search(r"""["']datetime64\[ns|\.view\(["']i|1_000_000_000\b|/ 1e9|60e9""", line)]
    assert wrong == []


def metadata(path):
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(path, encoding="utf-8")
    return dict(parser["general"])


def test_metadata_copies_are_identical():
    assert (ROOT / "metadata.txt").read_bytes() == (PACKAGE / "metadata.txt").read_bytes()
    assert (ROOT / "LICENSE").read_bytes() == (PACKAGE / "LICENSE").read_bytes()


def test_metadata_is_what_the_plugin_repository_asks_for():
    about = metadata(ROOT / "metadata.txt")
    needed = ("name", "description", "version", "qgisminimumversion", "author", "email", "about", "tracker",
              "repository", "homepage", "license")
    assert [name for name in needed if not about.get(name)] == []
    assert (about["qgisminimumversion"], about["qgismaximumversion"]) == ("3.40", "4.99")
    assert about["hasprocessingprovider"] == "yes"
    assert "supportsqt6" not in about
    assert "plugin" not in about["name"].lower()
    assert (PACKAGE / about["icon"]).exists()
    assert all(library in about["about"] for library in ("numpy", "pandas", "shapely", "GDAL"))


def test_versions_agree():
    version = metadata(ROOT / "metadata.txt")["version"]
    assert re.search(r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text(), re.M)[1] == version


def test_resources_compile_and_hold_every_icon(tmp_path):
    listed = set(re.findall(r">(shotspotter_connect_plugin/[^<]+)</file>", (ROOT / "resources.qrc").read_text()))
    assert listed == {str(path.relative_to(ROOT)) for path in (PACKAGE / "resources" / "icons").glob("*.svg")}
    compiler = shutil.which("pyrcc5")
    if compiler is None:
        pytest.skip("pyrcc5 is not installed")
    target = tmp_path / "resources.py"
    done = subprocess.run([compiler, str(ROOT / "resources.qrc"), "-o", str(target)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "qInitResources" in target.read_text()


def test_package_holds_nothing_that_blocks_publication():
    refused = {".exe", ".dll", ".so", ".dylib", ".bat", ".sh", ".ps1", ".cmd", ".pyc", ".ui.py"}
    files = [path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert [str(path) for path in files if path.suffix in refused] == []
    assert [str(path) for path in files if path.is_symlink()] == []
    assert [str(path) for path in files if path.name.startswith("test") and path.suffix == ".py"] == []
    assert sum(path.stat().st_size for path in files) < 25e6


def test_ci_runs_make_test():
    assert "make test" in (ROOT / ".ci" / "run").read_text()
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


# How files are written: by files.py alone, which makes them aside, syncs them, opens them again and moves them.
WRITERS = {
    "files.py": {"write_bytes", "os.replace", "os.link", "os.unlink", "os.chmod", "os.chown", "shutil.rmtree",
                 "os.open", "shutil.copy2", "open w"},
    "workspace/steps/patrol_journal.py": {"os.open"},  # added to for hours, line by line, each synced
    # The workspace, made through files.py:
    "workspace/store/gpkg_schema.py": {"CreateDataSource"},
    "workspace/store/geopackage.py": {"sqlite3.connect"},
    # What writes to the path that files.py gave it, or to a folder of files.scratch:
    "workspace/exports/box_file.py": {"CreateDataSource", "sqlite3.connect"},
    "workspace/exports/plan_formats.py": {"CreateDataSource"},
    "workspace/steps/backtesting.py": {"open w"},
    "workspace/imports/rejected_rows.py": {"open w", "shutil.copyfileobj"},
    "workspace/exports/public_pack.py": {"ZipFile w", "TemporaryDirectory"},
    "reports/paper/report_content.py": {"write_bytes"},
    "reports/paper/page_items.py": {"exportToPdf", "os.replace"},
    "reports/plan/phone_project.py": {"ZipFile w"},
    "reports/plan/plan_file.py": {"QgsVectorFileWriter.create", "gdal.VectorTranslate"},
    "reports/plan/plan_project.py": {"project.write", "save", "os.replace", "ZipFile w"},
    "reports/builders/publish.py": {"save"},
    # Copies of layers that QGIS holds, for an import to read:
    "processing/imports.py": {"QgsVectorFileWriter.writeAsVectorFormatV3"},
    # Layers of a report in the designer, in a file that QGIS attached to the open project and packs when it is saved:
    "reports/builders/opened_report.py": {"QgsVectorFileWriter.writeAsVectorFormatV3", "os.remove"},
    # What reads, from copies that nobody keeps where it must:
    "file_checks.py": {"sqlite3.connect"},
    "workspace/store/layer_file.py": {"sqlite3.connect", "NamedTemporaryFile"},
    # an Excel file in a ZIP, for as long as it is opened
    "workspace/imports/readers.py": {"NamedTemporaryFile", "shutil.copyfileobj"},
    "workspace/store/file_access.py": {"sqlite3.connect", "TemporaryDirectory", "shutil.copyfile"},
}
_WRITING = {
    "write_text", "write_bytes", "CreateDataSource", "exportToPdf", "exportToImage", "exportToSvg", "savefig",
    "writeAsVectorFormatV3", "VectorTranslate", "unlink", "rmtree", "copyfile", "copy2", "copyfileobj", "mkstemp",
    "NamedTemporaryFile", "TemporaryDirectory", "to_file", "to_parquet", "to_excel", "saveNamedStyle", "imwrite"}
_OF_MODULES = {"os.open", "os.replace", "os.rename", "os.remove", "os.unlink", "os.link", "os.chmod", "os.chown",
               "shutil.copy", "shutil.move", "sqlite3.connect", "project.write", "QgsVectorFileWriter.create"}


def writing(call):
    """What a call writes with, or "" where it does not write to the disk."""
    name = ast.unparse(call.func)
    last = name.split(".")[-1]
    mode = next((ast.unparse(item) for item in [*call.args[1:2], *(word.value for word in call.keywords
                                                                   if word.arg == "mode")]), "''").strip("'\"")
    if name in ("open", "io.open", "gzip.open", "os.fdopen") or last == "ZipFile":
        return f"{last} w" if set(mode) & set("wax") else ""
    if last == "to_csv":
        return last if call.args else ""
    if last == "save" and not name.startswith(("painter.", "web.", "np.", "digest.")):
        return last if call.args and "new(" in ast.unparse(call) else ""
    return name if name in _OF_MODULES else (name if name.startswith(("QgsVectorFileWriter", "gdal", "shutil"))
                                             and last in _WRITING else last if last in _WRITING else "")


def test_files_are_written_in_one_way():
    found = {}
    for path in FILES:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and writing(node):
                found.setdefault(path.relative_to(PACKAGE).as_posix(), set()).add(writing(node))
    assert {name: ways - WRITERS.get(name, set()) for name, ways in found.items() if ways - WRITERS.get(name, set())} \
        == {}, "write through files.replacing, or say here why not"


def test_every_import_within_the_package_names_a_module_that_is_there():
    """Those for type checkers too: nothing else fails where one is gone."""
    gone = []
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ImportFrom) and node.level:
                folder = path.parents[node.level - 1]
                module = folder.joinpath(*(node.module or "").split("."))
                if not (module.is_dir() or module.with_suffix(".py").exists()):
                    gone.append(f"{path.name}: {node.module}")
    assert gone == []
