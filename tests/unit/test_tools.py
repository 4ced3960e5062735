"""The commands of the Makefile: what the package holds, what the demo runs, what the install script refuses."""
import ast
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = "shotspotter_connect_plugin"


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="the package is made of what git knows")
def test_the_package_holds_the_plugin_and_nothing_else(tmp_path):
    copy = tmp_path / "copy"
    subprocess.run(["git", "clone", "-q", "--no-hardlinks", str(ROOT), str(copy)], check=True)
    done = subprocess.run([sys.executable, str(copy / "tools" / "package.py")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    package, = (copy / "dist").glob("*.zip")
    with zipfile.ZipFile(package) as content:
        names = content.namelist()
        assert content.testzip() is None
    assert all(name.startswith(PLUGIN + "/") and "\\" not in name for name in names)
    for needed in ("__init__.py", "metadata.txt", "LICENSE", "resources/icons/connect.svg", "resources/help.html",
                   "resources/sample/README.md", "resources/defaults/crime_types.json"):
        assert PLUGIN + "/" + needed in names
    assert [name for name in names if re.search(r"__pycache__|\.pyc$|/tests?/|\.git|\.sh$", name)] == []
    first = package.read_bytes()
    subprocess.run([sys.executable, str(copy / "tools" / "package.py")], check=True, capture_output=True)
    assert package.read_bytes() == first


def test_make_mutate_names_rooms_and_tests_that_exist():
    """Read, not imported: cosmic-ray is not among the test tools."""
    named = {target.id: node.value for node in ast.parse((ROOT / "tools" / "mutate.py").read_text()).body
             if isinstance(node, ast.Assign) for target in node.targets if isinstance(target, ast.Name)}
    tests = eval(compile(ast.Expression(named["TESTS"]), "mutate.py", "eval"),
                 {name: ast.literal_eval(named[name]) for name in ("_WORKSPACE", "DOCS")})
    assert [room for room in tests if not (ROOT / PLUGIN / room).is_dir()] == []
    assert [path for paths in tests.values() for path in paths if not (ROOT / path).exists()] == []


def test_the_steps_of_the_sample_name_files_that_exist_and_skip_what_is_made(tmp_path):
    from shotspotter_connect_plugin.processing import sample

    folder = tmp_path / "demo"
    sample.prepare(str(folder))
    steps = sample.steps(str(folder))
    ids = [algorithm for algorithm, _ in steps]
    assert ids[0] == "connect:createworkspace" and ids[-1] == "connect:daily"
    order = ["connect:createworkspace", "connect:configure", "connect:importincidents", "connect:importgunfire",
             "connect:importplaces", "connect:train", "connect:score", "connect:meter", "connect:verifydraw",
             "connect:rollcall", "connect:daily"]
    assert [algorithm for algorithm in dict.fromkeys(ids) if algorithm in order] == order
    for _, parameters in steps:
        for name in ("INPUT", "JURISDICTION", "BEATS", "SETTINGS"):
            assert name not in parameters or os.path.exists(parameters[name])
    Path(sample.workspace_in(str(folder))).touch()
    assert [algorithm for algorithm, _ in sample.steps(str(folder))] == ids[1:]


def script(*lines, folder="/etc/apt"):
    """Run lines of bash after the functions of install.sh, which look for sources in ``folder``."""
    text = (ROOT / "tools" / "install.sh").read_text().replace('\nmain "$@"\n', "\n").replace("/etc/apt", str(folder))
    return subprocess.run(["bash", "-c", text + "\n" + "\n".join(lines)], capture_output=True, text=True)


DEB822 = """Types: deb
# a snapshot
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
"""
ONE_LINE = """# comment
deb http://other.example/tool bookworm stable
deb [signed-by=/a.gpg] http://mirror.example/debian bookworm main contrib
deb http://mirror.example/debian-security bookworm-security main
"""


@pytest.mark.parametrize("name, text, wanted", [
    ("sources.list.d/debian.sources", DEB822, [
        "Types: deb", "# a snapshot", "URIs: http://mirror.example/debian", "Suites: bookworm-backports",
        "Components: main", "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg"]),
    ("sources.list", ONE_LINE, ["deb [signed-by=/a.gpg] http://mirror.example/debian bookworm-backports main "
                                "contrib"])])
def test_backports_are_taken_from_the_machines_own_source(tmp_path, name, text, wanted):
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / name).write_text(text)
    done = script("as_root() { \"$@\"; }", "apt-cache() { :; }", "add_backports", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    made, = (tmp_path / "sources.list.d").glob("shotspotter-connect-backports.*")
    assert made.suffix == (".sources" if name.endswith(".sources") else ".list")
    assert made.read_text().split("\n")[:-1] == wanted


def test_without_a_source_it_says_what_to_do(tmp_path):
    done = script("apt-cache() { :; }", "add_backports", folder=tmp_path)
    assert done.returncode == 1 and "add bookworm-backports by hand" in done.stderr


@pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="needs dpkg")
def test_on_another_system_it_says_so_and_changes_nothing():
    done = script("qgis_is_enough() { return 1; }", "apt-get() { echo CALLED; }", ". () { ID=fedora; "
                                                                                  "PRETTY_NAME=Fedora; }",
                  "as_root() { echo CALLED; }", "main")
    assert done.returncode == 1 and "CALLED" not in done.stdout
    assert "Debian 12 (bookworm) and Debian 13 (trixie) only" in " ".join(done.stderr.split())
    assert "Fedora" in done.stderr


@pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="needs dpkg")
@pytest.mark.parametrize("release, has, has_not", [
    ("bookworm", ["-t bookworm-backports qgis ", "python3-renderpm"], []),
    ("trixie", ["--no-install-recommends qgis "], ["backports", "renderpm"])])
def test_each_release_gets_its_own_packages(release, has, has_not):
    done = script("installed() { return 1; }", "add_backports() { :; }", "as_root() { echo \"$*\"; }",
                  ". () { ID=debian; VERSION_CODENAME=" + release + "; }", "main")
    assert done.returncode == 0, done.stderr
    assert all(words in done.stdout for words in has), done.stdout
    assert not any(words in done.stdout for words in has_not), done.stdout


def test_scripts_name_no_package_host():
    for path in [*(ROOT / "tools").glob("*.sh"), ROOT / "Makefile", ROOT / ".ci" / "run"]:
        assert not re.search(r"https?://", path.read_text()), path
